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
    overlap::OverlapIndex,
    port::{PortSet, partition},
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    bind::{OwnedId, Subject},
    findings::Finding,
    limits::PIECES_MAX,
    peers::{Peer, PeerId},
    plan::{Piece, Plan},
    shape::Clauses,
};

/// Fewer pieces than this are compared one by one.
const INDEX_FROM: usize = 32;

/// One peer of one allow rule at one subject.
#[derive(Clone, Copy, Debug)]
struct Entry<'p> {
    /// Position in the side's `bound`.
    bound: usize,
    rule: u32,
    subject: &'p Subject,
    peer: PeerId,
    ports: &'p PortSet,
    /// The clause as it stands here.
    clause: Option<&'p Arc<Via>>,
    /// The clause as it was written, wherever it is checked.
    declared: Option<ViaKind>,
}

/// The allow rules of one workload and direction, by peer.
#[derive(Debug, Default)]
pub(super) struct Table<'p> {
    entries: Vec<Entry<'p>>,
    clauses: bool,
    /// Of the entries whose peer is pods: an index over them, with their positions.
    pods: Option<(OverlapIndex, Vec<usize>)>,
    others: Vec<usize>,
}

impl<'p> Table<'p> {
    pub(super) fn new(plan: &'p Plan<'_>, id: OwnedId, direction: Direction) -> Self {
        let mut out = Self::default();
        let Some(side) = plan.side(id, direction) else {
            return out;
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
                out.clauses |= clause.is_some();
                out.entries.push(Entry {
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
        if out.entries.len() >= INDEX_FROM {
            out.index(plan);
        }
        out
    }

    fn index(&mut self, plan: &Plan<'_>) {
        let mut cubes = Vec::new();
        let mut positions = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            match plan.peers.get(entry.peer) {
                Some(Peer::Pods(cube, _)) => {
                    cubes.push(&**cube);
                    positions.push(at);
                }
                _ => self.others.push(at),
            }
        }
        self.pods = Some((OverlapIndex::new(&cubes), positions));
    }

    /// The entries whose peer and ports may meet those of `one`, in order.
    fn meeting<'t>(&'t self, plan: &Plan<'_>, one: &Entry<'_>) -> Vec<&'t Entry<'p>> {
        let meets = |other: &&Entry<'_>| {
            !other.ports.disjoint(one.ports) && !plan.peers.disjoint(other.peer, one.peer)
        };
        match (&self.pods, plan.peers.get(one.peer)) {
            (Some((index, positions)), Some(Peer::Pods(cube, _))) => {
                let pods = index.candidates(cube);
                let pods = pods.iter().filter_map(|i| positions.get(*i));
                let mut found: Vec<usize> = pods.chain(&self.others).copied().collect();
                found.sort_unstable();
                let entries = found.into_iter().filter_map(|at| self.entries.get(at));
                entries.filter(meets).collect()
            }
            _ => self.entries.iter().filter(meets).collect(),
        }
    }
}

type Changed = FxHashMap<usize, Vec<Piece>>;

/// What a rule with a clause keeps of itself.
#[derive(Debug)]
struct Kept {
    ports: PortSet,
    /// Of a `dns` clause: where a rule without clause admits every name.
    any_name: PortSet,
    respelled: bool,
}

pub(super) fn normalise(
    plan: &Plan<'_>,
    tables: &[Table<'_>],
    id: OwnedId,
) -> (Changed, Vec<Finding>) {
    let mut found = Vec::new();
    let Some(table) = tables.get(id).filter(|t| t.clauses) else {
        return (Changed::default(), found);
    };
    let mut kept: FxHashMap<usize, Kept> = FxHashMap::default();
    for (at, entry) in table.entries.iter().enumerate() {
        if entry.clause.is_some() {
            kept.insert(at, keep(plan, tables, id, entry, &mut found));
        }
    }
    let groups = groups(table, &mut kept);
    let merged = merge(table, &kept, groups, &mut found);
    (changes(table, &kept, merged), found)
}

/// Compares one rule with a clause with everything that may hold for the same pod.
fn keep(
    plan: &Plan<'_>,
    tables: &[Table<'_>],
    id: OwnedId,
    entry: &Entry<'_>,
    found: &mut Vec<Finding>,
) -> Kept {
    let mut kept = Kept {
        ports: entry.ports.clone(),
        any_name: PortSet::default(),
        respelled: false,
    };
    let own = plan.binder.get(id);
    let cube = own.map(|own| entry.subject.cube(own.workload));
    let own_table = tables.get(id);
    for other in own_table.into_iter().flat_map(|t| t.meeting(plan, entry)) {
        // Every pod of a part has what stands at the whole workload.
        let held = matches!(other.subject, Subject::Whole)
            && other.clause.is_none()
            && plan.peers.contains(other.peer, entry.peer);
        if other.subject == entry.subject || held {
            same_pods(plan, entry, other, &mut kept, found);
        } else if let (Some(own), Some(cube)) = (own, cube)
            && !cube.disjoint(other.subject.cube(own.workload))
        {
            other_pods(plan, entry, other, &mut kept, found);
        }
    }
    for neighbour in own.into_iter().flat_map(|own| &own.neighbours) {
        let theirs = plan.binder.get(*neighbour);
        let table = tables.get(*neighbour);
        for other in table.into_iter().flat_map(|t| t.meeting(plan, entry)) {
            if let (Some(theirs), Some(cube)) = (theirs, cube)
                && !cube.disjoint(other.subject.cube(theirs.workload))
            {
                other_pods(plan, entry, other, &mut kept, found);
            }
        }
    }
    kept
}

fn clash(entry: &Entry<'_>, other: &Entry<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(a), Some(b)) = (entry.declared, other.declared) else {
        return false;
    };
    if a == b {
        return false;
    }
    let (first, second) = (entry.rule.min(other.rule), entry.rule.max(other.rule));
    once(found, Finding::KindsClash(first, second));
    true
}

/// Two rules of one subject: every pod that has one has the other.
fn same_pods(
    plan: &Plan<'_>,
    entry: &Entry<'_>,
    other: &Entry<'_>,
    kept: &mut Kept,
    found: &mut Vec<Finding>,
) {
    if clash(entry, other, found) || other.clause.is_some() {
        return;
    }
    let both = entry.ports.intersect(other.ports);
    let dns = entry.clause.is_some_and(|v| v.kind() == ViaKind::Dns);
    if plan.peers.contains(other.peer, entry.peer) {
        if dns {
            kept.any_name = kept.any_name.union(&both);
        }
        kept.ports = kept.ports.subtract(&both);
    } else if dns {
        if !any_name(entry) && !same_key(entry.ports, other.ports) {
            once(found, Finding::DnsInexact(entry.rule, other.rule));
        }
    } else if is_http(entry) {
        once(found, Finding::HttpClosesTheRest(entry.rule, other.rule));
    } else if is_tls(entry) && plan.peers.share_selector(entry.peer, other.peer) {
        once(found, Finding::ViaInexact(entry.rule, other.rule));
    }
}

/// Two rules whose subjects overlap: a pod may have one or both, so nothing is dropped or widened.
fn other_pods(
    plan: &Plan<'_>,
    entry: &Entry<'_>,
    other: &Entry<'_>,
    kept: &mut Kept,
    found: &mut Vec<Finding>,
) {
    if clash(entry, other, found) || other.clause.is_some() {
        return;
    }
    match entry.clause.map(|v| v.kind()) {
        Some(ViaKind::Dns) if !any_name(entry) && !same_key(entry.ports, other.ports) => {
            once(found, Finding::DnsInexact(entry.rule, other.rule));
        }
        Some(ViaKind::Http) => {
            once(found, Finding::HttpClosesTheRest(entry.rule, other.rule));
        }
        Some(ViaKind::Tls) if plan.peers.share_selector(entry.peer, other.peer) => {
            match plan.peers.get(entry.peer) {
                Some(Peer::Pods(_, selector))
                    if super::selector::respelled(&selector.selector).is_some() =>
                {
                    kept.respelled = true;
                }
                _ => once(found, Finding::ViaInexact(entry.rule, other.rule)),
            }
        }
        _ => {}
    }
}

/// A rule that meets many of one sort is reported with the first.
fn once(found: &mut Vec<Finding>, finding: Finding) {
    let same = |last: &Finding| {
        std::mem::discriminant(last) == std::mem::discriminant(&finding)
            && last.rule() == finding.rule()
    };
    if !found.last().is_some_and(same) {
        found.push(finding);
    }
}

fn is_tls(entry: &Entry<'_>) -> bool {
    entry.clause.is_some_and(|v| v.kind() == ViaKind::Tls)
}

fn is_http(entry: &Entry<'_>) -> bool {
    entry.clause.is_some_and(|v| v.kind() == ViaKind::Http)
}

fn any_name(entry: &Entry<'_>) -> bool {
    match entry.clause.map(|v| &**v) {
        Some(Via::Dns(names)) => names.iter().any(NamePattern::is_any),
        _ => false,
    }
}

/// Where the two meet, the plain rule names the very port: then Cilium unites them itself.
fn same_key(dns: &PortSet, plain: &PortSet) -> bool {
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
