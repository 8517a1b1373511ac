//! The union normal form of rules with clauses (cilium-lowering.md §6.2, §6.3).
//!
//! Cilium merges by exactly (selector, port, protocol). A rule with SNI beside one without would
//! leave the name mandatory for both; HTTP beside SNI lets requests past; DNS filters see one port
//! only. So the rules of a workload are cut into pieces and united here, and what no spelling keeps
//! exact is an error.

use std::sync::Arc;

use npl_policy::{
    http::ViaKind,
    model::{Direction, Verdict, Via},
    name::NamePattern,
    port::{PortSet, partition},
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    beside::{self, Respelled},
    bind::{OwnedId, Subject},
    findings::Finding,
    joint::{Effect, Found, Joint, Place, Users},
    limits::PIECES_MAX,
    peers::PeerId,
    plan::{Piece, Plan},
    shape::Clauses,
};

/// One peer of one allow rule at one subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'p> {
    /// Position in the side's `bound`.
    bound: usize,
    pub(super) rule: u32,
    pub(super) subject: &'p Subject,
    pub(super) peer: PeerId,
    pub(super) ports: &'p PortSet,
    /// The clause as it stands here.
    pub(super) clause: Option<&'p Arc<Via>>,
    /// The clause as it was written, wherever it is checked.
    pub(super) declared: Option<ViaKind>,
}

/// The allow rules of one workload and direction, by peer.
#[derive(Debug, Default)]
pub(super) struct Table<'p> {
    pub(super) entries: Vec<Entry<'p>>,
    pub(super) clauses: bool,
}

impl<'p> Table<'p> {
    pub(super) fn new(plan: &'p Plan<'_>, id: OwnedId, direction: Direction) -> Self {
        let mut entries = Vec::new();
        let Some(side) = plan.side(id, direction) else {
            return Self::default();
        };
        for (bound, at) in side.bound.iter().enumerate() {
            let Some(end) = plan.ends.get(at.end) else {
                continue;
            };
            if end.rule.verdict == Verdict::Deny {
                continue;
            }
            for member in end.peers.iter() {
                let clause = end.clause_at(member.peer).filter(|_| !side.stripped);
                entries.push(Entry {
                    bound,
                    rule: end.rule.rule,
                    subject: &at.subject,
                    peer: member.peer,
                    ports: &end.rule.ports,
                    clause,
                    declared: end
                        .rule
                        .via
                        .as_ref()
                        .map(|v| v.kind())
                        .filter(|_| !side.stripped),
                });
            }
        }
        Self {
            clauses: entries.iter().any(|entry| entry.clause.is_some()),
            entries,
        }
    }
}

type Changed = FxHashMap<usize, Vec<Piece>>;

/// What a rule with a clause keeps of itself.
#[derive(Clone, Debug)]
struct Kept {
    ports: PortSet,
    /// Of a `dns` clause: where a rule without clause admits every name.
    any_name: PortSet,
    respelled: bool,
}

pub(super) fn normalise(
    plan: &Plan<'_>,
    table: &Table<'_>,
    id: OwnedId,
    respelled: &Respelled,
) -> (Changed, Vec<Finding>) {
    let mut found = Found::default();
    if !table.clauses {
        return (Changed::default(), found.findings);
    }
    let respelled = |at: usize| {
        respelled
            .get(&id)
            .is_some_and(|marked| marked.contains(&at))
    };
    let mut kept: FxHashMap<usize, Kept> = FxHashMap::default();
    let joint = Joint::new(plan, std::iter::once((id, table)));
    for (entry, users) in joint.shapes().filter(|(entry, _)| entry.clause.is_some()) {
        let own = keep(plan, &joint, id, (entry, users), &mut found);
        for user in &users.list {
            let mut own = own.clone();
            own.respelled |= respelled(user.at);
            kept.insert(user.at, own);
        }
    }
    let mut found = found.findings;
    let groups = groups(table, &mut kept);
    let merged = merge(table, &kept, groups, &mut found);
    (changes(table, &kept, merged), found)
}

/// Compares one rule with a clause with everything of its workload that may hold for the same pod.
fn keep(
    plan: &Plan<'_>,
    joint: &Joint<'_>,
    id: OwnedId,
    (entry, users): (&Entry<'_>, &Users),
    found: &mut Found,
) -> Kept {
    let mut kept = Kept {
        ports: entry.ports.clone(),
        any_name: PortSet::default(),
        respelled: false,
    };
    let own = plan.binder.get(id);
    let cube = own.map(|own| entry.subject.cube(own.workload));
    for (other, others) in joint.meeting(plan, entry) {
        // Every pod of a part has what stands at the whole workload.
        let held = matches!(other.subject, Subject::Whole)
            && other.clause.is_none()
            && plan.peers.contains(other.peer, entry.peer);
        let effect = if other.subject == entry.subject || held {
            same_pods(plan, entry, other, &mut kept)
        } else if let (Some(own), Some(cube)) = (own, cube)
            && !cube.disjoint(other.subject.cube(own.workload))
        {
            beside::effect(plan, entry, other)
        } else {
            None
        };
        match effect {
            Some(Effect::Respelled) => kept.respelled = true,
            Some(effect) => found.say(effect, users, others, Place::Same),
            None => {}
        }
    }
    kept
}

/// Two kinds of clauses are asked for.
pub(super) fn clashes(entry: &Entry<'_>, other: &Entry<'_>) -> bool {
    entry.declared.is_some() && other.declared.is_some() && entry.declared != other.declared
}

/// Two rules of one subject: every pod that has one has the other.
fn same_pods(
    plan: &Plan<'_>,
    entry: &Entry<'_>,
    other: &Entry<'_>,
    kept: &mut Kept,
) -> Option<Effect> {
    if clashes(entry, other) {
        return Some(Effect::KindsClash);
    }
    if other.clause.is_some() {
        return None;
    }
    let both = entry.ports.intersect(other.ports);
    let dns = entry.clause.is_some_and(|v| v.kind() == ViaKind::Dns);
    if plan.peers.contains(other.peer, entry.peer) {
        if dns {
            kept.any_name = kept.any_name.union(&both);
        }
        kept.ports = kept.ports.subtract(&both);
        None
    } else if dns {
        let exact = any_name(entry) || same_key(entry.ports, other.ports);
        (!exact).then_some(Effect::DnsInexact)
    } else if is_http(entry) {
        Some(Effect::HttpClosesTheRest)
    } else {
        let merged = is_tls(entry) && plan.peers.share_selector(entry.peer, other.peer);
        merged.then_some(Effect::ViaInexact)
    }
}

fn is_tls(entry: &Entry<'_>) -> bool {
    entry.clause.is_some_and(|v| v.kind() == ViaKind::Tls)
}

fn is_http(entry: &Entry<'_>) -> bool {
    entry.clause.is_some_and(|v| v.kind() == ViaKind::Http)
}

pub(super) fn any_name(entry: &Entry<'_>) -> bool {
    match entry.clause.map(|v| &**v) {
        Some(Via::Dns(names)) => names.iter().any(NamePattern::is_any),
        _ => false,
    }
}

/// Where the two meet, the plain rule names the very port: then Cilium unites them itself.
pub(super) fn same_key(dns: &PortSet, plain: &PortSet) -> bool {
    let exact = |dns: &npl_policy::port::Ranges, plain: &npl_policy::port::Ranges| {
        dns.as_slice().iter().all(|range| {
            plain.disjoint(&npl_policy::port::Ranges::new([*range]))
                || plain.as_slice().contains(range)
        })
    };
    !plain.all
        && exact(&dns.tcp, &plain.tcp)
        && exact(&dns.udp, &plain.udp)
        && exact(&dns.sctp, &plain.sctp)
}

/// What a `dns` rule is written for. No query comes by SCTP: of `/any` it is written with the
/// others, and by itself it would only take the packets from a plain rule.
fn with_queries(mut ports: PortSet) -> PortSet {
    ports.sctp = ports.sctp.intersect(&ports.tcp.union(&ports.udp));
    ports
}

/// Pieces that several rules of one subject, peer and kind make together, by the entry that they
/// stand at. An entry that is not there stands alone.
type Merged = FxHashMap<usize, Vec<(PortSet, Clauses, Vec<u32>)>>;

/// The entries with a clause of one subject and peer, which Cilium would merge. They are spelled
/// alike.
fn groups(table: &Table<'_>, kept: &mut FxHashMap<usize, Kept>) -> Vec<Vec<usize>> {
    let mut groups: FxHashMap<(&Subject, PeerId), Vec<usize>> = FxHashMap::default();
    for (at, entry) in table.entries.iter().enumerate() {
        if kept.contains_key(&at) {
            groups
                .entry((entry.subject, entry.peer))
                .or_default()
                .push(at);
        }
    }
    let mut out: Vec<Vec<usize>> = groups.into_values().filter(|g| g.len() > 1).collect();
    out.sort_unstable();
    for group in &out {
        let respelled = group
            .iter()
            .any(|at| kept.get(at).is_some_and(|k| k.respelled));
        for at in group {
            if let Some(kept) = kept.get_mut(at) {
                kept.respelled = respelled;
            }
        }
    }
    out
}

fn merge(
    table: &Table<'_>,
    kept: &FxHashMap<usize, Kept>,
    groups: Vec<Vec<usize>>,
    found: &mut Vec<Finding>,
) -> Merged {
    let ports = |at: &usize| kept.get(at).map(|k| &k.ports);
    let mut out = Merged::default();
    for group in groups {
        let mut seen = FxHashSet::default();
        let sets: Vec<&PortSet> = group
            .iter()
            .filter_map(ports)
            .filter(|p| seen.insert(*p))
            .collect();
        let pieces = if sets.len() > PIECES_MAX {
            Vec::new()
        } else {
            partition(&sets)
        };
        if sets.len() > PIECES_MAX || pieces.len() > PIECES_MAX {
            let first = group.first().and_then(|at| table.entries.get(*at));
            found.extend(first.map(|e| Finding::TooManyPieces(e.rule)));
            continue;
        }
        for at in &group {
            out.insert(*at, Vec::new());
        }
        for piece in pieces {
            let of_piece = |at: &&usize| ports(at).is_some_and(|p| !p.disjoint(&piece));
            let members: Vec<&usize> = group.iter().filter(of_piece).collect();
            let entries = members.iter().filter_map(|at| table.entries.get(**at));
            let clauses = entries.clone().filter_map(|e| e.clause.cloned()).collect();
            let mut with: Vec<u32> = entries.skip(1).map(|e| e.rule).collect();
            with.dedup();
            if let Some(list) = members.first().and_then(|at| out.get_mut(*at)) {
                list.push((piece, clauses, with));
            }
        }
    }
    out
}

/// The pieces of every bound rule that does not stand as it was written.
fn changes(table: &Table<'_>, kept: &FxHashMap<usize, Kept>, mut merged: Merged) -> Changed {
    let mut touched: FxHashMap<usize, bool> = FxHashMap::default();
    for (at, entry) in table.entries.iter().enumerate() {
        let Some(kept) = kept.get(&at) else {
            continue;
        };
        let alone = merged.get(&at).is_none_or(|m| match m.as_slice() {
            [(ports, _, with)] => with.is_empty() && ports == entry.ports,
            _ => false,
        });
        let changed = !alone || kept.respelled || kept.ports != *entry.ports;
        *touched.entry(entry.bound).or_default() |= changed;
    }
    let mut out = Changed::default();
    for (at, entry) in table.entries.iter().enumerate() {
        if touched.get(&entry.bound) != Some(&true) {
            continue;
        }
        let list = out.entry(entry.bound).or_default();
        let mut push = |ports: PortSet, clauses: Clauses, respelled: bool, with: Vec<u32>| {
            let dns = clauses.iter().any(|via| via.kind() == ViaKind::Dns);
            let ports = if dns { with_queries(ports) } else { ports };
            if !ports.is_empty() {
                list.push(Piece {
                    peer: entry.peer,
                    ports: Arc::new(ports),
                    clauses,
                    respelled,
                    with,
                });
            }
        };
        let Some(kept) = kept.get(&at) else {
            push(entry.ports.clone(), Clauses::new(), false, Vec::new());
            continue;
        };
        if !kept.any_name.is_empty() {
            let any = Arc::new(Via::Dns(vec![NamePattern::any()]));
            push(kept.any_name.clone(), vec![any], kept.respelled, Vec::new());
        }
        match merged.remove(&at) {
            Some(pieces) => {
                for (ports, clauses, with) in pieces {
                    push(ports, clauses, kept.respelled, with);
                }
            }
            None => {
                let clauses = entry.clause.cloned().into_iter().collect();
                push(kept.ports.clone(), clauses, kept.respelled, Vec::new());
            }
        }
    }
    out
}
