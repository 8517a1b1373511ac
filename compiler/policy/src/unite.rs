//! Two models as one: seals, allows and denies of both hold (language.md §5.1).
//!
//! A rule binds at the pods that its own model owns, and at no others: what one of two packages
//! does not own, it writes no policy for.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

use crate::{
    label::Cube,
    model::{EndRule, Entity, Model, Ownership, PodPart, Set, Workload, WorkloadName},
    overlap::OverlapIndex,
};

impl Model {
    /// Adds all of another model behind what is here. A workload of it whose name is taken gets a
    /// number behind its name.
    pub fn unite(&mut self, mut other: Self) {
        self.bind_to_own();
        other.bind_to_own();
        let mut taken: FxHashSet<SmolStr> = self.workloads.iter().map(|w| w.name.clone()).collect();
        let mut renamed: FxHashMap<WorkloadName, WorkloadName> = FxHashMap::default();
        for mut workload in other.workloads {
            if !taken.insert(workload.name.clone()) {
                let old = workload.name.clone();
                let mut number = 2_u32;
                while !taken.insert(format_smolstr!("{old}-{number}")) {
                    number += 1;
                }
                workload.name = format_smolstr!("{old}-{number}");
                workload.short = format_smolstr!("{}-{number}", workload.short);
                renamed.insert(old, workload.name.clone());
            }
            self.workloads.push(workload);
        }
        let first = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        self.rules.extend(other.rules);
        self.ends.extend(other.ends.into_iter().map(|end| EndRule {
            rule: first.saturating_add(end.rule),
            subject: named(&end.subject, &renamed),
            peers: named(&end.peers, &renamed),
            ..end
        }));
        self.claims.extend(other.claims);
        self.tests.extend(other.tests);
    }
}

impl Model {
    /// Narrows every subject to the pods that this model owns, which changes nothing by itself.
    fn bind_to_own(&mut self) {
        let owned: Vec<&Workload> = self
            .workloads
            .iter()
            .filter(|w| w.ownership == Ownership::Owned)
            .collect();
        let cubes: Vec<&Cube> = owned.iter().map(|w| &*w.pods).collect();
        let index = OverlapIndex::new(&cubes);
        for end in &mut self.ends {
            if let Some(subject) = bound(&end.subject, &owned, &index) {
                end.subject = Arc::new(subject);
            }
        }
    }
}

/// `None`: it binds at owned pods only as it stands.
fn bound(subject: &Set, owned: &[&Workload], index: &OverlapIndex) -> Option<Set> {
    let all = subject.entities.contains(&Entity::All);
    let inside = |part: &PodPart| !index.holding(&part.pods).is_empty();
    if !all && subject.pods.iter().all(inside) {
        return None;
    }
    let whole = |workload: &&Workload| PodPart {
        pods: Arc::clone(&workload.pods),
        workload: Some(workload.name.clone()),
        resolved: None,
    };
    let mut out = subject.clone();
    out.entities.retain(|entity| *entity != Entity::All);
    out.pods = match all {
        true => owned.iter().map(whole).collect(),
        false => Vec::new(),
    };
    for part in subject.pods.iter().filter(|_| !all) {
        if inside(part) {
            out.pods.push(part.clone());
            continue;
        }
        for at in index.candidates(&part.pods) {
            let Some(workload) = owned.get(at) else {
                continue;
            };
            out.pods.push(match workload.pods.implies(&part.pods) {
                true => whole(workload),
                false => PodPart {
                    pods: Arc::new(part.pods.intersect(&workload.pods)),
                    workload: None,
                    resolved: part.resolved.clone(),
                },
            });
        }
    }
    Some(out)
}

fn named(set: &Arc<Set>, renamed: &FxHashMap<WorkloadName, WorkloadName>) -> Arc<Set> {
    let new = |name: &Option<WorkloadName>| name.as_ref().and_then(|name| renamed.get(name));
    if !set.pods.iter().any(|part| new(&part.workload).is_some()) {
        return Arc::clone(set);
    }
    let mut set = Set::clone(set);
    for part in &mut set.pods {
        if let Some(name) = new(&part.workload) {
            part.workload = Some(name.clone());
        }
    }
    Arc::new(set)
}

#[cfg(test)]
mod tests {
    use crate::{
        builder::{Builder, pod},
        interpret::{Answer, By, Endpoint, Flow, Interpreter},
        model::{Facts, FlowPort},
    };

    #[test]
    fn seals_allows_and_denies_of_both_hold() {
        let one = Builder::new()
            .workload("web", "app=web")
            .workload("db", "app=db")
            .allow("web", "db", "80 443")
            .build();
        let other = Builder::new()
            .workload("web", "app=web")
            .foreign("db", "app=db")
            .deny("web", "db", "80")
            .build();
        let mut both = one.clone();
        both.unite(other);
        let names: Vec<&str> = both.workloads.iter().map(|w| w.name.as_str()).collect();
        assert_eq!(names, ["web", "db", "web-2", "db-2"]);
        let judged = |port: u16| {
            let flow = Flow {
                src: Endpoint::Pod(pod("app=web")),
                dst: Endpoint::Pod(pod("app=db")),
                port: FlowPort::Tcp(port),
                facts: Facts::default(),
            };
            let verdict = Interpreter::new(&both).judge(&flow);
            (verdict.verdict, verdict.egress.by)
        };
        assert_eq!(judged(443), (Answer::Allow, By::Rule(0)));
        assert_eq!(judged(80), (Answer::Deny, By::Rule(1)));
        let egress = both.ends.iter().find(|end| end.rule == 1);
        let subject = egress.map(|end| &end.subject.pods);
        let named = subject.and_then(|pods| pods.first());
        assert_eq!(
            named.and_then(|part| part.workload.as_deref()),
            Some("web-2")
        );
    }

    #[test]
    fn a_rule_binds_only_at_pods_that_its_own_model_owns() {
        let npl = Builder::new()
            .workload("web", "app=web")
            .foreign("db", "app=db")
            .allow("web", "db", "80")
            .allow("all", "db", "81")
            .build();
        let yaml = Builder::new()
            .workload("db", "app=db")
            .foreign("web", "app=web")
            .allow("web", "db", "443")
            .build();
        let mut both = npl;
        both.unite(yaml);
        let judged = |port: u16| {
            let flow = Flow {
                src: Endpoint::Pod(pod("app=web")),
                dst: Endpoint::Pod(pod("app=db")),
                port: FlowPort::Tcp(port),
                facts: Facts::default(),
            };
            let verdict = Interpreter::new(&both).judge(&flow);
            (verdict.egress.verdict, verdict.ingress.verdict)
        };
        assert_eq!(judged(80), (Answer::Allow, Answer::Deny));
        assert_eq!(judged(81), (Answer::Allow, Answer::Deny));
        assert_eq!(judged(443), (Answer::Deny, Answer::Allow));
    }
}
