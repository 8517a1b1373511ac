//! Regions: products of pods, peers, ports and a clause.

use std::sync::Arc;

use crate::{
    addr::AddrSet,
    interpret::seals,
    label::{Cube, compatible},
    model::{Direction, EndRule, Entity, Model, Ownership, Set, Verdict, Via},
    name::NamePattern,
    overlap::OverlapIndex,
    port::PortSet,
};

/// Endpoints of one kind at the far end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Pods(Arc<Cube>),
    /// Addresses; of a query those that have one name that the pattern admits, and no other.
    Addr {
        ips: AddrSet,
        api_server: bool,
        name: Option<NamePattern>,
    },
    Host(bool),
    RemoteNode(bool),
    Health,
    CiliumIngress,
}

impl Peer {
    /// Endpoints that together are all there are. Addresses without names: a name only adds.
    pub(super) fn everything() -> Vec<Self> {
        let mut out = Vec::new();
        entity(Entity::All, &mut out);
        out
    }

    pub(super) fn is_host(&self) -> bool {
        matches!(self, Self::Host(_))
    }

    pub(super) fn intersect(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Pods(a), Self::Pods(b)) => {
                (!a.disjoint(b)).then(|| Self::Pods(Arc::new(a.intersect(b))))
            }
            (
                Self::Addr {
                    ips,
                    api_server,
                    name,
                },
                Self::Addr {
                    ips: theirs,
                    api_server: api,
                    name: other,
                },
            ) => {
                let both = ips.intersect(theirs);
                let name = match (name, other) {
                    (Some(a), Some(b)) if a.contains(b) => Some(b.clone()),
                    (Some(a), Some(b)) if b.contains(a) => Some(a.clone()),
                    (Some(_), Some(_)) => return None,
                    (a, b) => a.clone().or_else(|| b.clone()),
                };
                (api_server == api && !both.is_empty()).then_some(Self::Addr {
                    ips: both,
                    api_server: *api,
                    name,
                })
            }
            _ => (self == other).then(|| self.clone()),
        }
    }

    /// What of this one lies inside and outside of another, as a query against it; `None`: nothing
    /// inside.
    pub(super) fn cut(&self, by: &Self) -> Option<(Self, Vec<Self>)> {
        match (self, by) {
            (Self::Pods(a), Self::Pods(b)) => {
                if a.implies(b) {
                    return Some((self.clone(), Vec::new()));
                }
                if a.disjoint(b) {
                    return None;
                }
                let outside = a.subtract(b).into_iter().map(|c| Self::Pods(Arc::new(c)));
                Some((Self::Pods(Arc::new(a.intersect(b))), outside.collect()))
            }
            (
                Self::Addr {
                    ips,
                    api_server,
                    name,
                },
                Self::Addr {
                    ips: theirs,
                    api_server: api,
                    name: wanted,
                },
            ) => {
                let named = match (name, wanted) {
                    (_, None) => true,
                    (Some(name), Some(wanted)) => wanted.contains(name),
                    (None, Some(_)) => false,
                };
                if api_server != api || !named || ips.disjoint(theirs) {
                    return None;
                }
                let part = |ips: AddrSet| Self::Addr {
                    ips,
                    api_server: *api,
                    name: name.clone(),
                };
                let outside = ips.subtract(theirs);
                let inside = part(ips.intersect(theirs));
                let outside = (!outside.is_empty()).then(|| part(outside));
                Some((inside, outside.into_iter().collect()))
            }
            _ => (self == by).then(|| (self.clone(), Vec::new())),
        }
    }
}

/// What one end rule says of one kind of peers.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) subject: Cube,
    pub(super) peer: Peer,
    pub(super) ports: PortSet,
    pub(super) via: Option<Arc<Via>>,
    pub(super) rule: Option<u32>,
}

impl Region {
    pub(super) fn everything(subject: Cube, peer: Peer) -> Self {
        Self {
            subject,
            peer,
            ports: PortSet::all(),
            via: None,
            rule: None,
        }
    }

    /// A pod of each side can exist at once, and some packet goes to the ports: none goes to 0.
    pub(super) fn can_be(&self) -> bool {
        if self.ports.implies(&PortSet::any(0, 0)) {
            return false;
        }
        match &self.peer {
            Peer::Pods(peer) => compatible(&self.subject, peer),
            _ => !self.subject.is_empty(),
        }
    }

    /// A region inside both; of two clauses the one of `other`.
    pub(super) fn intersect(&self, other: &Self) -> Option<Self> {
        if self.subject.disjoint(&other.subject) || self.ports.disjoint(&other.ports) {
            return None;
        }
        Some(Self {
            subject: self.subject.intersect(&other.subject),
            peer: self.peer.intersect(&other.peer)?,
            ports: self.ports.intersect(&other.ports),
            via: other.via.clone().or_else(|| self.via.clone()),
            rule: self.rule,
        })
    }
}

/// One direction of one model.
#[derive(Default)]
pub(super) struct Side {
    pub(super) seals: Vec<Cube>,
    pub(super) allows: Vec<Region>,
    pub(super) denies: Vec<Region>,
}

impl Side {
    pub(super) fn of(model: &Model, direction: Direction) -> Self {
        let mut out = Self::default();
        let (mut owned, mut sealing) = (Vec::new(), Vec::new());
        for workload in &model.workloads {
            if workload.ownership == Ownership::Owned && !workload.pods.is_empty() {
                if !workload.observed {
                    owned.push(&*workload.pods);
                }
                if seals(workload, direction) {
                    sealing.push(&*workload.pods);
                }
            }
        }
        let (owned, sealing) = (Binding::new(&owned), Binding::new(&sealing));
        out.seals = sealing.cubes().cloned().collect();
        for end in model.ends.iter().filter(|end| end.direction == direction) {
            match end.verdict {
                Verdict::Deny => regions(end, &owned, &mut out.denies),
                Verdict::Allow => regions(end, &sealing, &mut out.allows),
            }
        }
        out
    }
}

/// The pods at which a rule can bind, each predicate once.
struct Binding {
    index: OverlapIndex,
}

impl Binding {
    fn new(cubes: &[&Cube]) -> Self {
        Self {
            index: OverlapIndex::new(cubes),
        }
    }

    fn cubes(&self) -> impl Iterator<Item = &Cube> {
        let groups = 0..self.index.group_count();
        groups.filter_map(|group| self.index.cube(group))
    }

    fn subjects(&self, set: &Set) -> Vec<Cube> {
        if set.entities.contains(&Entity::All) {
            return self.cubes().cloned().collect();
        }
        let mut out: Vec<Cube> = Vec::new();
        for part in &set.pods {
            let meeting = self.index.groups(&part.pods);
            let cubes = || meeting.iter().filter_map(|group| self.index.cube(*group));
            if cubes().any(|cube| part.pods.implies(cube)) {
                out.push(Cube::clone(&part.pods));
            } else {
                out.extend(cubes().map(|cube| part.pods.intersect(cube)));
            }
        }
        out
    }
}

fn regions(end: &EndRule, binding: &Binding, out: &mut Vec<Region>) {
    let peers = peers(&end.peers);
    for subject in binding.subjects(&end.subject) {
        out.extend(peers.iter().map(|peer| Region {
            subject: subject.clone(),
            peer: peer.clone(),
            ports: PortSet::clone(&end.ports),
            via: end.via.clone(),
            rule: Some(end.rule),
        }));
    }
}

fn peers(set: &Set) -> Vec<Peer> {
    let mut out = Vec::new();
    for entity in &set.entities {
        self::entity(*entity, &mut out);
    }
    let pods = set.pods.iter().filter(|part| !part.pods.is_empty());
    out.extend(pods.map(|part| Peer::Pods(Arc::clone(&part.pods))));
    let ips = AddrSet::from_nets(&set.nets);
    if !ips.is_empty() {
        addresses(&ips, None, &mut out);
    }
    for part in &set.names {
        addresses(&AddrSet::all(), Some(&part.pattern), &mut out);
    }
    out
}

fn addresses(ips: &AddrSet, name: Option<&NamePattern>, out: &mut Vec<Peer>) {
    out.extend([false, true].map(|api_server| Peer::Addr {
        ips: ips.clone(),
        api_server,
        name: name.cloned(),
    }));
}

/// Language.md §5.11.
fn entity(entity: Entity, out: &mut Vec<Peer>) {
    let api = |out: &mut Vec<Peer>| {
        out.push(Peer::Addr {
            ips: AddrSet::all(),
            api_server: true,
            name: None,
        });
    };
    match entity {
        Entity::All => {
            self::entity(Entity::Cluster, out);
            out.push(Peer::Addr {
                ips: AddrSet::all(),
                api_server: false,
                name: None,
            });
        }
        Entity::World => addresses(&AddrSet::all(), None, out),
        Entity::Cluster => {
            api(out);
            out.push(Peer::Pods(Arc::new(Cube::every())));
            out.extend([Peer::Host(false), Peer::Host(true)]);
            out.extend([Peer::RemoteNode(false), Peer::RemoteNode(true)]);
            out.extend([Peer::Health, Peer::CiliumIngress]);
        }
        Entity::Host => out.extend([Peer::Host(false), Peer::Host(true)]),
        Entity::RemoteNode => out.extend([Peer::RemoteNode(false), Peer::RemoteNode(true)]),
        Entity::KubeApiserver => {
            api(out);
            out.extend([Peer::Host(true), Peer::RemoteNode(true)]);
        }
        Entity::Health => out.push(Peer::Health),
        Entity::CiliumIngress => out.push(Peer::CiliumIngress),
    }
}
