//! One rule at one end, in Cilium's shape: peers by kind, ports by list, ICMP apart.

use std::sync::Arc;

use npl_policy::{
    addr::Net,
    model::{Direction, Entity, Verdict, Via},
    name::NamePattern,
    port::PortSet,
};

use super::{
    l7,
    peers::{Peer, PeerId},
    plan::{End, Piece, Plan},
    ports,
    selector::respelled,
    shape::{EgressPeers, NonEmpty, Peers, Plain, Rule, Section, Spelled, Traffic},
};

/// Peers that share their ports and clauses.
struct Group<'a> {
    peers: Vec<(PeerId, bool)>,
    ports: &'a PortSet,
    clauses: &'a [Arc<Via>],
}

/// The section of an end rule as it was written, or without its clause. `None`: no peer is left.
pub(super) fn written(plan: &Plan<'_>, end: &End<'_>, stripped: bool) -> Option<Section> {
    let clauses: &[Arc<Via>] = end.rule.via.as_slice();
    let mut with = Vec::new();
    let mut without = Vec::new();
    for member in end.peers.iter() {
        if !stripped && end.clause_at(member.peer).is_some() {
            with.push((member.peer, false));
        } else {
            without.push((member.peer, false));
        }
    }
    let ports = &*end.rule.ports;
    let groups = [
        Group {
            peers: without,
            ports,
            clauses: &[],
        },
        Group {
            peers: with,
            ports,
            clauses,
        },
    ];
    section(plan, end, &groups)
}

/// The section of an end rule that was cut into pieces.
pub(super) fn cut(plan: &Plan<'_>, end: &End<'_>, pieces: &[Piece]) -> Option<Section> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for piece in pieces {
        let peer = (piece.peer, piece.respelled);
        let same = |g: &&mut Group<'_>| *g.ports == *piece.ports && g.clauses == piece.clauses;
        match groups.iter_mut().find(same) {
            Some(group) => group.peers.push(peer),
            None => groups.push(Group {
                peers: vec![peer],
                ports: &piece.ports,
                clauses: &piece.clauses,
            }),
        }
    }
    section(plan, end, &groups)
}

fn section(plan: &Plan<'_>, end: &End<'_>, groups: &[Group<'_>]) -> Option<Section> {
    match (end.rule.verdict, end.rule.direction) {
        (Verdict::Deny, direction) => {
            let rules = rules(plan, groups, |peers, _| known(peers), |_| Some(Plain));
            let rules = NonEmpty::new(rules)?;
            Some(match direction {
                Direction::Ingress => Section::IngressDeny(rules),
                Direction::Egress => Section::EgressDeny(rules),
            })
        }
        (Verdict::Allow, Direction::Ingress) => {
            let rules = rules(plan, groups, |peers, _| known(peers), l7::ingress);
            NonEmpty::new(rules).map(Section::Ingress)
        }
        (Verdict::Allow, Direction::Egress) => {
            let rules = rules(
                plan,
                groups,
                |peers, names| {
                    let mut out: Vec<EgressPeers> =
                        known(peers).into_iter().map(EgressPeers::Known).collect();
                    out.extend(NonEmpty::new(names).map(EgressPeers::Names));
                    out
                },
                l7::egress,
            );
            NonEmpty::new(rules).map(Section::Egress)
        }
    }
}

#[derive(Default)]
struct ByKind {
    pods: Vec<Arc<Spelled>>,
    nets: Vec<Net>,
    entities: Vec<Entity>,
}

fn known(peers: ByKind) -> Vec<Peers> {
    let pods = NonEmpty::new(peers.pods).map(Peers::Endpoints);
    let nets = NonEmpty::new(peers.nets).map(Peers::Cidrs);
    let entities = NonEmpty::new(peers.entities).map(Peers::Entities);
    [pods, nets, entities].into_iter().flatten().collect()
}

fn rules<P: Clone, L: Clone>(
    plan: &Plan<'_>,
    groups: &[Group<'_>],
    kinds: impl Fn(ByKind, Vec<NamePattern>) -> Vec<P>,
    clause: impl Fn(&[Arc<Via>]) -> Option<L>,
) -> Vec<Rule<P, L>> {
    let mut out = Vec::new();
    for group in groups.iter().filter(|g| !g.peers.is_empty()) {
        let Some(clause) = clause(group.clauses) else {
            continue;
        };
        let lowered = match group.clauses.is_empty() {
            true => ports::lower(group.ports),
            false => ports::lower(&ports::without_zero(group.ports)),
        };
        let (by_kind, names) = sort_peers(plan, &group.peers);
        for peers in kinds(by_kind, names) {
            let rule = |traffic| Rule {
                peers: peers.clone(),
                traffic,
            };
            if lowered.all {
                out.push(rule(Traffic::All));
            }
            if let Some(lists) = &lowered.ports {
                out.push(rule(Traffic::Ports(lists.clone(), clause.clone())));
            }
            for fields in &lowered.icmp {
                out.push(rule(Traffic::Icmp(fields.clone())));
            }
        }
    }
    out
}

fn sort_peers(plan: &Plan<'_>, peers: &[(PeerId, bool)]) -> (ByKind, Vec<NamePattern>) {
    let mut out = ByKind::default();
    let mut names = Vec::new();
    for (id, respell) in peers {
        match plan.peers.get(*id) {
            Some(Peer::Pods(_, selector)) => {
                let other = respell.then(|| respelled(&selector.selector)).flatten();
                let other = other.map(|other| Arc::new(Spelled::new(other)));
                out.pods.push(other.unwrap_or_else(|| selector.clone()));
            }
            Some(Peer::Net(net, _)) => out.nets.push(net.clone()),
            Some(Peer::Name(pattern)) => names.push(pattern.clone()),
            Some(Peer::Entity(entity)) => out.entities.push(*entity),
            None => {}
        }
    }
    out.pods.sort_by(|a, b| a.selector.cmp(&b.selector));
    out.pods.dedup_by(|a, b| a.selector == b.selector);
    out.nets.sort();
    out.entities.sort();
    names.sort();
    (out, names)
}
