//! What rules of different workloads do to each other at pods that both select (cilium-lowering.md
//! §6.2): a pod may have one or both, so nothing is dropped or widened.

use npl_policy::{http::ViaKind, label::Cube};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    bind::{OwnedId, Subject},
    class::ClassId,
    findings::Finding,
    joint::{Effect, Found, Joint, Place},
    normal::{Entry, Table, any_name, clashes, same_key},
    peers::Peer,
    plan::Plan,
    selector::respelled,
};

/// Entries that have to be spelled in another way: positions in the table of their workload.
pub(super) type Respelled = FxHashMap<OwnedId, FxHashSet<usize>>;

/// Compares the rules with a clause with those of the neighbours of their workloads.
pub(super) fn compare(plan: &Plan<'_>, tables: &[Table<'_>]) -> (Respelled, Vec<Finding>) {
    let classes = &plan.binder.classes;
    let clauses = |id: &OwnedId| tables.get(*id).is_some_and(|table| table.clauses);
    let asking: Vec<ClassId> = (0..classes.count())
        .filter(|class| classes.members(*class).iter().any(clauses))
        .filter(|class| neighbours(plan, *class).next().is_some())
        .collect();
    let met: FxHashSet<ClassId> = { asking.iter() }
        .flat_map(|class| neighbours(plan, *class).chain([*class]))
        .collect();
    let met: FxHashMap<ClassId, Joint<'_>> = met
        .into_par_iter()
        .map(|class| {
            let members = classes.members(class).iter();
            let members = members.filter_map(|id| Some((*id, tables.get(*id)?)));
            (class, Joint::new(plan, members))
        })
        .collect();
    let results: Vec<Found> = asking
        .into_par_iter()
        .map(|class| of_class(plan, &met, class))
        .collect();
    let mut spelled = Respelled::default();
    let mut findings = Vec::new();
    for found in results {
        for user in found.respelled {
            spelled.entry(user.owner).or_default().insert(user.at);
        }
        findings.extend(found.findings);
    }
    (spelled, findings)
}

/// The classes with workloads beside one of a class; its own only if it has several.
fn neighbours(plan: &Plan<'_>, class: ClassId) -> impl Iterator<Item = ClassId> {
    let classes = &plan.binder.classes;
    let several = classes.members(class).len() > 1;
    let all = classes.get(class).into_iter().flat_map(|c| &c.neighbours);
    all.copied().filter(move |other| several || *other != class)
}

fn of_class(plan: &Plan<'_>, met: &FxHashMap<ClassId, Joint<'_>>, class: ClassId) -> Found {
    let mut found = Found::default();
    let cube = |class: ClassId| plan.binder.classes.cube(class);
    let (Some(own), Some(pods)) = (met.get(&class), cube(class)) else {
        return found;
    };
    for (entry, users) in own.shapes().filter(|(entry, _)| entry.clause.is_some()) {
        for neighbour in neighbours(plan, class) {
            let (Some(joint), Some(theirs)) = (met.get(&neighbour), cube(neighbour)) else {
                continue;
            };
            for (other, others) in joint.meeting(plan, entry) {
                let (ours, theirs) = (narrowed(entry, pods), narrowed(other, theirs));
                if let Some(effect) = effect(plan, entry, other)
                    && !ours.disjoint(theirs)
                {
                    found.say(effect, users, others, Place::Other);
                }
            }
        }
    }
    found
}

/// The pods at which an entry of a class stands.
fn narrowed<'a>(entry: &Entry<'a>, class: &'a Cube) -> &'a Cube {
    match entry.subject {
        Subject::Whole => class,
        Subject::Part(cube) => cube,
    }
}

/// What a rule does to one with a clause at a pod that may have one or both of them.
pub(super) fn effect(plan: &Plan<'_>, entry: &Entry<'_>, other: &Entry<'_>) -> Option<Effect> {
    if clashes(entry, other) {
        return Some(Effect::KindsClash);
    }
    if other.clause.is_some() {
        return None;
    }
    match entry.clause.map(|v| v.kind())? {
        ViaKind::Dns => {
            let exact = any_name(entry) || same_key(entry.ports, other.ports);
            (!exact).then_some(Effect::DnsInexact)
        }
        ViaKind::Http => Some(Effect::HttpClosesTheRest),
        ViaKind::Tls if !plan.peers.share_selector(entry.peer, other.peer) => None,
        ViaKind::Tls => match plan.peers.get(entry.peer) {
            Some(Peer::Pods(_, selector)) if respelled(&selector.selector).is_some() => {
                Some(Effect::Respelled)
            }
            _ => Some(Effect::ViaInexact),
        },
    }
}
