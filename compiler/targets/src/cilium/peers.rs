//! The peers of rules, each disjunct once, and how any two of them relate (cilium-lowering.md §4,
//! §6.2).

use std::sync::Arc;

use npl_policy::{
    addr::{AddrSet, Net},
    label::Cube,
    model::{ControlPlane, Entity, Set},
    name::NamePattern,
};
use rustc_hash::FxHashMap;

use super::{selector, shape::Spelled};

/// One disjunct of a set. Two peers with one id have one selector in Cilium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PeerId(u32);

#[derive(Clone, Debug)]
pub(super) enum Peer {
    Pods(Arc<Cube>, Arc<Spelled>),
    Net(Net, AddrSet),
    Name(NamePattern),
    Entity(Entity),
}

/// One disjunct of a set, with what the set said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) peer: PeerId,
    /// Position among the pod parts of the set that it came from.
    pub(super) part: Option<u32>,
}

/// Every peer of the program.
#[derive(Debug, Default)]
pub(super) struct PeerTable {
    peers: Vec<Peer>,
    pods: FxHashMap<Arc<Cube>, PeerId>,
    /// The disjuncts of a cube, by the address of its allocation: most parts share one.
    known: FxHashMap<usize, Vec<PeerId>>,
    sets: FxHashMap<usize, Arc<[Member]>>,
    nets: FxHashMap<Net, PeerId>,
    names: FxHashMap<NamePattern, PeerId>,
    entities: FxHashMap<Entity, PeerId>,
    pub(super) control_plane: ControlPlane,
}

impl PeerTable {
    pub(super) fn get(&self, id: PeerId) -> Option<&Peer> {
        self.peers.get(id.0 as usize)
    }

    /// The disjuncts of a set, in order: pods, networks, names, entities. Empty ones are left out;
    /// a part that falls into too many is left out too, and whoever checks reports it.
    pub(super) fn lower(&mut self, set: &Arc<Set>) -> Arc<[Member]> {
        let address = Arc::as_ptr(set).addr();
        if let Some(done) = self.sets.get(&address) {
            return done.clone();
        }
        let mut out = Vec::new();
        for (part, pods) in set.pods.iter().enumerate() {
            for peer in self.pods(&pods.pods) {
                let part = u32::try_from(part).ok();
                out.push(Member { peer, part });
            }
        }
        for net in set.nets.iter().filter(|n| !n.is_empty()) {
            let peer = match self.nets.get(net) {
                Some(id) => *id,
                None => {
                    let id = self.add(Peer::Net(net.clone(), AddrSet::from_nets([net])));
                    self.nets.insert(net.clone(), id);
                    id
                }
            };
            out.push(Member { peer, part: None });
        }
        for name in &set.names {
            let peer = match self.names.get(&name.pattern) {
                Some(id) => *id,
                None => {
                    let id = self.add(Peer::Name(name.pattern.clone()));
                    self.names.insert(name.pattern.clone(), id);
                    id
                }
            };
            out.push(Member { peer, part: None });
        }
        for entity in &set.entities {
            let peer = self.entity(*entity);
            out.push(Member { peer, part: None });
        }
        // One peer once: a group may name it twice.
        let mut seen = rustc_hash::FxHashSet::default();
        out.retain(|m| seen.insert(m.peer));
        let out: Arc<[Member]> = out.into();
        self.sets.insert(address, out.clone());
        out
    }

    fn pods(&mut self, cube: &Arc<Cube>) -> Vec<PeerId> {
        let address = Arc::as_ptr(cube).addr();
        if let Some(ids) = self.known.get(&address) {
            return ids.clone();
        }
        let disjuncts = selector::disjuncts(cube).unwrap_or_default();
        let mut ids = Vec::with_capacity(disjuncts.len());
        for disjunct in disjuncts {
            if disjunct.is_empty() {
                continue;
            }
            let pods = match disjunct {
                std::borrow::Cow::Borrowed(_) => cube.clone(),
                std::borrow::Cow::Owned(own) => Arc::new(own),
            };
            ids.push(match self.pods.get(&pods) {
                Some(id) => *id,
                None => {
                    let spelled = Arc::new(Spelled::new(selector::peer(&pods)));
                    let id = self.add(Peer::Pods(pods.clone(), spelled));
                    self.pods.insert(pods, id);
                    id
                }
            });
        }
        self.known.insert(address, ids.clone());
        ids
    }

    pub(super) fn entity(&mut self, entity: Entity) -> PeerId {
        match self.entities.get(&entity) {
            Some(id) => *id,
            None => {
                let id = self.add(Peer::Entity(entity));
                self.entities.insert(entity, id);
                id
            }
        }
    }

    fn add(&mut self, peer: Peer) -> PeerId {
        let id = PeerId(u32::try_from(self.peers.len()).unwrap_or(u32::MAX));
        self.peers.push(peer);
        id
    }

    /// Everything in `inner` is in `outer`, provably.
    pub(super) fn contains(&self, outer: PeerId, inner: PeerId) -> bool {
        if outer == inner {
            return true;
        }
        let (Some(outer), Some(inner)) = (self.get(outer), self.get(inner)) else {
            return false;
        };
        match (outer, inner) {
            (Peer::Entity(Entity::All), _) => true,
            (Peer::Entity(Entity::Cluster), inner) => match inner {
                Peer::Pods(..) => true,
                Peer::Entity(e) => !matches!(e, Entity::All | Entity::World),
                Peer::Net(..) | Peer::Name(_) => false,
            },
            (Peer::Entity(Entity::World), inner) => match inner {
                Peer::Net(..) | Peer::Name(_) => true,
                Peer::Entity(Entity::KubeApiserver) => self.control_plane == ControlPlane::External,
                _ => false,
            },
            (Peer::Pods(outer, _), Peer::Pods(inner, _)) => inner.implies(outer),
            (Peer::Net(_, outer), Peer::Net(_, inner)) => inner.implies(outer),
            (Peer::Name(outer), Peer::Name(inner)) => outer.contains(inner),
            _ => false,
        }
    }

    /// No endpoint is in both, provably.
    pub(super) fn disjoint(&self, a: PeerId, b: PeerId) -> bool {
        if a == b {
            return false;
        }
        let (Some(a), Some(b)) = (self.get(a), self.get(b)) else {
            return false;
        };
        match (a, b) {
            (Peer::Entity(a), Peer::Entity(b)) => self.entities_disjoint(*a, *b),
            (Peer::Entity(e), other) | (other, Peer::Entity(e)) => self.apart(*e, other),
            (Peer::Pods(a, _), Peer::Pods(b, _)) => a.disjoint(b),
            (Peer::Pods(..), _) | (_, Peer::Pods(..)) => true,
            (Peer::Net(_, a), Peer::Net(_, b)) => a.disjoint(b),
            // Two names may have one address, and a name any address outside the cluster.
            (Peer::Name(_), _) | (_, Peer::Name(_)) => false,
        }
    }

    fn entities_disjoint(&self, a: Entity, b: Entity) -> bool {
        use Entity::{All, Cluster, Host, KubeApiserver, RemoteNode, World};
        let outside = self.control_plane == ControlPlane::External;
        let on_nodes = self.control_plane == ControlPlane::Nodes;
        match (a.min(b), a.max(b)) {
            (a, b) if a == b => false,
            (All, _) => false,
            // The API server is in `cluster` wherever it stands.
            (World, Cluster | KubeApiserver) => on_nodes,
            (Cluster, _) => false,
            (Host | RemoteNode, KubeApiserver) => outside,
            _ => true,
        }
    }

    fn apart(&self, entity: Entity, other: &Peer) -> bool {
        let on_nodes = self.control_plane == ControlPlane::Nodes;
        match (entity, other) {
            (Entity::All, _) => false,
            (Entity::Cluster, Peer::Pods(..)) => false,
            (Entity::World, Peer::Net(..) | Peer::Name(_)) => false,
            (Entity::KubeApiserver | Entity::Cluster, Peer::Net(..) | Peer::Name(_)) => on_nodes,
            _ => true,
        }
    }

    /// The two have a selector of Cilium's in common, so that it merges what stands beside them.
    pub(super) fn share_selector(&self, a: PeerId, b: PeerId) -> bool {
        if a == b {
            return true;
        }
        match (self.get(a), self.get(b)) {
            (Some(Peer::Entity(a)), Some(Peer::Entity(b))) => {
                // `cluster` is written out as a list of the others.
                let other = match (a, b) {
                    (Entity::Cluster, other) | (other, Entity::Cluster) => other,
                    _ => return false,
                };
                !matches!(other, Entity::All | Entity::World)
            }
            _ => false,
        }
    }
}
