//! Names that no rule lets Cilium learn (cilium-lowering.md §7.2).
//!
//! An address is learned from DNS answers that Cilium's proxy saw for that pod, so every name of an
//! external must be inside some `via dns` of the same pods. A resolver rule without it counts not,
//! and none whose every query a deny of the same pods stops.

use npl_diagnostics::{Diagnostic, Place, codes::cilium as codes};
use npl_policy::{
    addr::AddrSet,
    label::Cube,
    model::{Direction, EndRule, Entity, Verdict, Via},
    name::{NamePattern, union_contains},
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    bind::OwnedId,
    class::ClassId,
    findings::at,
    plan::{End, EndId, Plan},
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

#[derive(Debug, Default)]
struct OfPods<'p> {
    asks: FxHashSet<Asks<'p>>,
    denies: Vec<&'p EndRule>,
}

/// Names, and the rule that lets pods ask for them.
type Asks<'p> = (&'p NamePattern, EndId);

/// What pods may ask, as far as every one of them may.
struct Learned<'p> {
    plan: &'p Plan<'p>,
    /// By class: the rules with `via dns` of pods of a subject, and the denies.
    asked: Vec<FxHashMap<&'p Cube, OfPods<'p>>>,
    /// By class, and by the pods that ask.
    known: FxHashMap<(ClassId, &'p Cube), Names>,
}

impl<'p> Learned<'p> {
    fn new(plan: &'p Plan<'p>) -> Self {
        let classes = &plan.binder.classes;
        let mut asked: Vec<FxHashMap<&Cube, OfPods<'_>>> = Vec::new();
        asked.resize_with(classes.count(), FxHashMap::default);
        for (id, own) in plan.binder.owned.iter().enumerate() {
            let side = plan.side(id, Direction::Egress);
            for bound in side.into_iter().flat_map(|side| &side.bound) {
                let Some(rule) = plan.ends.get(bound.end).map(|end| end.rule) else {
                    continue;
                };
                let names = match (rule.verdict, rule.via.as_deref()) {
                    (Verdict::Deny, _) => &[],
                    (_, Some(Via::Dns(names))) => names.as_slice(),
                    _ => continue,
                };
                if let Some(by_subject) = classes.of(id).and_then(|id| asked.get_mut(id)) {
                    let subject = bound.subject.cube(own.workload);
                    let of_pods = by_subject.entry(subject).or_default();
                    let asks = names.iter().map(|name| (name, bound.end));
                    of_pods.asks.extend(asks);
                    if rule.verdict == Verdict::Deny {
                        of_pods.denies.push(rule);
                    }
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
            let of_pods = asked.flatten().filter(|(subject, _)| pods.implies(subject));
            let of_pods: Vec<&OfPods<'_>> = of_pods.map(|(_, of_pods)| of_pods).collect();
            let mut stopped: FxHashMap<EndId, bool> = FxHashMap::default();
            for (name, end) in of_pods.iter().flat_map(|of_pods| &of_pods.asks) {
                let stopped = stopped.entry(*end).or_insert_with(|| {
                    let rule = self.plan.ends.get(*end).map(|end| end.rule);
                    let mut denies = of_pods.iter().flat_map(|of_pods| &of_pods.denies);
                    rule.is_some_and(|rule| denies.any(|deny| stops(deny, rule)))
                });
                if !*stopped {
                    out.add(name);
                }
            }
            out
        })
    }
}

/// Whether a deny covers every flow of an allow of the same pods.
fn stops(deny: &EndRule, rule: &EndRule) -> bool {
    let (of, all) = (&rule.peers, &deny.peers);
    let everything = all.entities.contains(&Entity::All);
    let cluster = everything || all.entities.contains(&Entity::Cluster);
    let pods = |cube: &Cube| cluster || all.pods.iter().any(|part| cube.implies(&part.pods));
    let entity = |entity: &Entity| everything || all.entities.contains(entity);
    let nets = || {
        everything
            || of.nets.is_empty()
            || AddrSet::from_nets(&of.nets).implies(&AddrSet::from_nets(&all.nets))
    };
    of.names.is_empty()
        && of.entities.iter().all(entity)
        && of.pods.iter().all(|part| pods(&part.pods))
        && rule.ports.implies(&deny.ports)
        && nets()
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
