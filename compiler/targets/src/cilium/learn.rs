//! Names that no rule lets Cilium learn (cilium-lowering.md §7.2).
//!
//! An address is learned from DNS answers that Cilium's proxy saw for that pod, so every name of an
//! external must be inside some `via dns` of the same pods. A resolver rule without it counts not.

use npl_diagnostics::{Diagnostic, Place, codes::cilium as codes};
use npl_policy::{
    label::Cube,
    model::{Direction, Verdict, Via},
    name::{NamePattern, union_contains},
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    bind::OwnedId,
    class::ClassId,
    findings::at,
    plan::{End, Plan},
};

pub(super) fn check(plan: &Plan<'_>) -> Vec<Diagnostic<Place>> {
    let mut out = Vec::new();
    let mut said = FxHashSet::default();
    let mut learned = Learned::new(plan);
    for (id, own) in plan.binder.owned.iter().enumerate() {
        let Some(side) = plan.side(id, Direction::Egress).filter(|s| !s.stripped) else {
            continue;
        };
        for bound in &side.bound {
            let Some(end) = plan.ends.get(bound.end) else {
                continue;
            };
            if end.rule.verdict == Verdict::Deny || end.rule.peers.names.is_empty() {
                continue;
            }
            let pods = bound.subject.cube(own.workload);
            let known = learned.by(id, pods);
            let names = end.rule.peers.names.iter();
            let unknown = { names }.find(|n| !known.hold(&n.pattern));
            if let Some(part) = unknown
                && said.insert(end.rule.rule)
            {
                out.push(never_learned(end, &own.workload.short, &part.pattern));
            }
        }
    }
    out
}

/// Names that pods may ask for.
#[derive(Debug, Default)]
struct Names {
    patterns: Vec<NamePattern>,
    /// What was asked, with the answer: rules that name one external ask the same.
    answers: FxHashMap<NamePattern, bool>,
}

impl Names {
    fn add(&mut self, name: &NamePattern) {
        if self.answers.insert(name.clone(), true).is_none() {
            self.patterns.push(name.clone());
        }
    }

    fn hold(&mut self, pattern: &NamePattern) -> bool {
        if let Some(known) = self.answers.get(pattern) {
            return *known;
        }
        let known = union_contains(&self.patterns, pattern);
        self.answers.insert(pattern.clone(), known);
        known
    }
}

/// What pods may ask, as far as every one of them may.
struct Learned<'p> {
    plan: &'p Plan<'p>,
    /// By class: the names that its rules with `via dns` let pods of a subject ask.
    asked: Vec<FxHashMap<&'p Cube, FxHashSet<&'p NamePattern>>>,
    /// By class, and by the pods that ask.
    known: FxHashMap<(ClassId, &'p Cube), Names>,
}

impl<'p> Learned<'p> {
    fn new(plan: &'p Plan<'p>) -> Self {
        let classes = &plan.binder.classes;
        let mut asked: Vec<FxHashMap<&Cube, FxHashSet<&NamePattern>>> = Vec::new();
        asked.resize_with(classes.count(), FxHashMap::default);
        for (id, own) in plan.binder.owned.iter().enumerate() {
            let side = plan.side(id, Direction::Egress);
            for bound in side.into_iter().flat_map(|side| &side.bound) {
                let via = plan.ends.get(bound.end).map(|end| end.rule.via.as_deref());
                if let Some(Some(Via::Dns(names))) = via
                    && let Some(by_subject) = classes.of(id).and_then(|id| asked.get_mut(id))
                {
                    let subject = bound.subject.cube(own.workload);
                    by_subject.entry(subject).or_default().extend(names);
                }
            }
        }
        Self {
            plan,
            asked,
            known: FxHashMap::default(),
        }
    }

    fn by(&mut self, id: OwnedId, pods: &'p Cube) -> &mut Names {
        let binder = &self.plan.binder;
        let class = binder.classes.of(id).unwrap_or_default();
        self.known.entry((class, pods)).or_insert_with(|| {
            let mut out = Names::default();
            // A subject that holds the pods lies in a class that does.
            let classes = binder.classes.holding(pods);
            let asked = classes.iter().filter_map(|id| self.asked.get(*id));
            for (_, names) in asked.flatten().filter(|(subject, _)| pods.implies(subject)) {
                names.iter().for_each(|name| out.add(name));
            }
            out
        })
    }
}

fn never_learned(end: &End<'_>, workload: &str, pattern: &NamePattern) -> Diagnostic<Place> {
    at(
        &codes::NAME_NEVER_LEARNED,
        end.origin,
        format!("the addresses of `{pattern}` are never learned for `{workload}`"),
    )
    .note(
        "Cilium learns them from answers that its DNS proxy sees, and no `via dns` rule of these \
         pods holds the name",
    )
    .help(format!(
        "add `allow {workload} -> kube_dns:53/any via dns \"{pattern}\"`, with `use \
         std.kubernetes.kube_dns`"
    ))
}
