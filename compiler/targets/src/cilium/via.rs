//! Which end checks a clause (cilium-lowering.md §6.1).
//!
//! A clause costs a proxy, so of a rule with both ends only the source carries it, where that is
//! enough: the destination may then have the plain form. It is enough for a part of the source only
//! if every pod of the part is of an owned workload that closes its egress, and no other rule lets
//! it through more widely. What cannot be proved is checked at both ends.

use std::sync::Arc;

use npl_policy::{
    model::{Direction, EndRule, Entity, Set, Verdict, Via},
    port::PortSet,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    bind::{Binding, Owned},
    class::ClassId,
    findings::{Finding, Findings},
    peers::{Peer, PeerId},
    plan::{ClauseAt, EndId, Plan},
    settings::ViaEnds,
};

pub(super) fn decide(plan: &mut Plan<'_>, findings: &mut Findings) {
    let suspects = suspects(plan);
    let mut egress: FxHashMap<u32, EndId> = FxHashMap::default();
    for (id, end) in plan.ends.iter().enumerate() {
        if end.rule.direction == Direction::Egress && end.rule.via.is_some() {
            egress.insert(end.rule.rule, id);
        }
    }
    // Where neither end has an effect, a lint says so.
    let stands_elsewhere = |rule: u32| {
        let end = egress.get(&rule).and_then(|id| plan.ends.get(*id));
        end.is_some_and(|e| standing(plan, e.rule) > Standing::Open)
    };
    let mut decided = Vec::new();
    for (id, end) in plan.ends.iter().enumerate() {
        let Some(via) = end.rule.via.as_deref() else {
            continue;
        };
        let there = standing(plan, end.rule);
        if end.rule.direction == Direction::Egress || there == Standing::Nowhere {
            continue;
        }
        let dns = matches!(via, Via::Dns(_));
        let both = plan.settings.via_ends == ViaEnds::Both && !dns;
        let marked: FxHashSet<PeerId> = end
            .peers
            .iter()
            .map(|member| member.peer)
            .filter(|peer| {
                both || !end.rule.both_ends || !checked_at_source(plan, &suspects, end.rule, *peer)
            })
            .collect();
        match there {
            Standing::Closed if dns && !marked.is_empty() => {
                findings.add(Finding::DnsNeedsOwnedSource(end.rule.rule));
            }
            // Names are read at the asking pod or not at all: of an open resolver nothing is
            // expected.
            Standing::Open if dns => {}
            Standing::Open if !both && !marked.is_empty() && stands_elsewhere(end.rule.rule) => {
                findings.add(Finding::NothingChecks(end.rule.rule));
            }
            _ => {}
        }
        let clause = if marked.is_empty() || dns {
            ClauseAt::None
        } else if marked.len() == end.peers.len() {
            ClauseAt::All
        } else {
            ClauseAt::Some(marked)
        };
        decided.push((id, clause));
    }
    for (id, clause) in decided {
        if let Some(end) = plan.ends.get_mut(id) {
            end.clause = clause;
        }
    }
}

/// What an end can do about a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Nowhere,
    /// At workloads that are open in this direction, alone.
    Open,
    /// At some that is sealed, but in stage observe.
    Observed,
    Closed,
}

fn standing(plan: &Plan<'_>, end: &EndRule) -> Standing {
    let direction = end.direction;
    let one = |binding: &Binding| {
        if plan.binder.any_over(binding, |own| own.closes(direction)) {
            Standing::Closed
        } else if plan.binder.any_over(binding, |own| own.seals(direction)) {
            Standing::Observed
        } else {
            Standing::Open
        }
    };
    let bindings = plan.binder.bind(end);
    bindings.iter().map(one).max().unwrap_or(Standing::Nowhere)
}

/// By class of owned workloads: egress allows that its destinations may not have as well, since
/// they are written at one end or their peers bind nowhere. All others admit at the destination
/// what they admit at the source.
fn suspects(plan: &Plan<'_>) -> Vec<Vec<EndId>> {
    let classes = &plan.binder.classes;
    let of = |class: ClassId| {
        let sides = classes.members(class).iter();
        let sides = sides.filter_map(|id| plan.side(*id, Direction::Egress));
        let mut alike: FxHashMap<Said<'_>, Vec<EndId>> = FxHashMap::default();
        for bound in sides.flat_map(|side| &side.bound) {
            let Some(end) = plan.ends.get(bound.end).map(|end| end.rule) else {
                continue;
            };
            if end.verdict == Verdict::Deny || !one_sided(end) {
                continue;
            }
            let known = alike.entry(Said::by(end)).or_default();
            let rule = |id: &EndId| plan.ends.get(*id).map(|e| e.rule.rule);
            // One is enough for every rule but itself, and the second is for that one.
            if known.len() < 2 && !known.iter().any(|id| rule(id) == Some(end.rule)) {
                known.push(bound.end);
            }
        }
        alike.into_values().flatten().collect()
    };
    (0..classes.count()).map(of).collect()
}

fn one_sided(end: &EndRule) -> bool {
    !end.both_ends || end.peers.entities.contains(&Entity::Cluster)
}

/// All that `harmless` looks at, but for the rule's number.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Said<'m> {
    /// Rules that name the same peers share the set.
    peers: *const Set,
    ports: &'m PortSet,
    via: Option<&'m Via>,
}

impl<'m> Said<'m> {
    fn by(end: &'m EndRule) -> Self {
        Self {
            peers: Arc::as_ptr(&end.peers),
            ports: &end.ports,
            via: end.via.as_deref(),
        }
    }
}

fn checked_at_source(
    plan: &Plan<'_>,
    suspects: &[Vec<EndId>],
    rule: &EndRule,
    source: PeerId,
) -> bool {
    let Some(Peer::Pods(cube, _)) = plan.peers.get(source) else {
        return false;
    };
    let holding = plan.binder.classes.holding(cube);
    let closes = |own: &Owned<'_>| own.closes(Direction::Egress);
    plan.binder.any_of(&holding, closes)
        && plan.binder.meeting(cube).iter().all(|class| {
            let ends = suspects.get(*class).into_iter().flatten();
            ends.filter_map(|end| plan.ends.get(*end))
                .all(|other| harmless(plan, other.rule, rule))
        })
}

/// An egress allow that lets nothing through to the rule's destinations but what the rule's clause
/// admits. `rule` is the ingress end: its subject is the destination.
fn harmless(plan: &Plan<'_>, other: &EndRule, rule: &EndRule) -> bool {
    if other.rule == rule.rule || other.ports.disjoint(&rule.ports) {
        return true;
    }
    let narrower = match (&other.via, &rule.via) {
        (Some(theirs), Some(ours)) => theirs.implies(ours),
        _ => false,
    };
    narrower || !plan.may_meet(&other.peers, &rule.subject)
}
