//! The plan: which pods are sealed, and what of each rule holds for which of them. Both the check
//! half and the emitter read it.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{
    addr::{AddrSet, Net},
    label::{Cube, covers},
    model::{Direction, EndRule, Entity, Model, Ownership, Set, Verdict, Workload},
    overlap::{GroupId, OverlapIndex},
    port::PortSet,
};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{
    cluster,
    findings::{Findings, Reason},
    lower::{self, Denied, Peer},
    selector,
    settings::{ClusterWideSeals, Settings},
    subtract::Subtraction,
};
use crate::cilium::{Stage, name::object_name};

/// Position among the owned workloads.
pub(super) type OwnedId = usize;

/// Pieces that one allow may fall into, and cubes that one region may.
const PIECES_MAX: usize = 500;

pub(super) struct Owned<'m> {
    pub(super) workload: &'m Workload,
    pub(super) observed: bool,
}

impl Owned<'_> {
    /// Pods of it are sealed in this direction.
    pub(super) fn closes(&self, direction: Direction) -> bool {
        let open = match direction {
            Direction::Ingress => self.workload.open_ingress,
            Direction::Egress => self.workload.open_egress,
        };
        !open && !self.observed
    }
}

/// What of an allow holds at pods of one workload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    /// Position in `Model::rules`.
    pub(super) rule: u32,
    /// Pods of the workload that the piece stands at.
    pub(super) subject: Arc<Cube>,
    pub(super) peer: Peer,
    pub(super) ports: Arc<PortSet>,
    /// The denies that it leaves out, in the order of their positions in `Model::rules`.
    pub(super) without: Vec<u32>,
}

/// What of a deny a ClusterNetworkPolicy says at pods of one workload.
#[derive(Clone, Debug)]
pub(super) struct ClusterDeny {
    pub(super) rule: u32,
    pub(super) direction: Direction,
    pub(super) subject: Arc<Cube>,
    pub(super) pods: Vec<Arc<Cube>>,
    pub(super) nets: Vec<Net>,
    pub(super) ports: Arc<PortSet>,
}

pub(super) struct Plan<'m> {
    pub(super) model: &'m Model,
    pub(super) settings: &'m Settings,
    pub(super) owned: Vec<Owned<'m>>,
    index: OverlapIndex,
    /// By group of the index: of those workloads that seal alike and are in one stage, the first.
    kinds: Vec<Vec<OwnedId>>,
    /// By owned workload: ingress and egress. What a NetworkPolicy says.
    pub(super) pieces: Vec<[Vec<Piece>; 2]>,
    /// The same of pods whose namespaces are not named: what a ClusterNetworkPolicy says.
    pub(super) accepts: Vec<[Vec<Piece>; 2]>,
    /// By owned workload.
    pub(super) denies: Vec<Vec<ClusterDeny>>,
    /// Denies that were taken out of allows: ingress and egress.
    pub(super) subtracted: [Vec<Subtraction>; 2],
}

pub(super) fn side(direction: Direction) -> usize {
    match direction {
        Direction::Ingress => 0,
        Direction::Egress => 1,
    }
}

impl<'m> Plan<'m> {
    pub(super) fn new(
        model: &'m Model,
        settings: &'m Settings,
        stage: Stage,
    ) -> (Self, Vec<Diagnostic<Place>>) {
        let owned: Vec<Owned<'m>> = model
            .workloads
            .iter()
            .filter(|workload| workload.ownership == Ownership::Owned)
            .map(|workload| Owned {
                workload,
                observed: workload.observed || stage == Stage::Observe,
            })
            .collect();
        let cubes: Vec<&Cube> = owned.iter().map(|own| &*own.workload.pods).collect();
        let index = OverlapIndex::new(&cubes);
        let closes =
            |own: &Owned<'_>| [Direction::Ingress, Direction::Egress].map(|d| own.closes(d));
        let kind = |at: OwnedId| owned.get(at).map(|own| (own.observed, closes(own)));
        let mut plan = Self {
            kinds: index.firsts(kind),
            index,
            pieces: owned.iter().map(|_| Default::default()).collect(),
            accepts: owned.iter().map(|_| Default::default()).collect(),
            denies: owned.iter().map(|_| Vec::new()).collect(),
            subtracted: Default::default(),
            model,
            settings,
            owned,
        };
        let mut findings = Findings::default();
        plan.subjects(&mut findings);
        for end in &model.ends {
            if end.verdict == Verdict::Deny {
                plan.deny(end, &mut findings);
            }
        }
        for end in &model.ends {
            if end.verdict == Verdict::Allow {
                plan.allow(end, &mut findings);
            }
        }
        for list in plan.pieces.iter_mut().chain(&mut plan.accepts).flatten() {
            list.sort();
            list.dedup();
        }
        let diagnostics = findings.into_diagnostics(&plan);
        (plan, diagnostics)
    }

    pub(super) fn get(&self, id: OwnedId) -> Option<&Owned<'m>> {
        self.owned.get(id)
    }

    /// Sealed workloads have to be in named namespaces, be told apart by labels, and have names of
    /// their own.
    fn subjects(&self, findings: &mut Findings) {
        let mut taken: FxHashMap<(Option<SmolStr>, String), OwnedId> = FxHashMap::default();
        for (id, own) in self.owned.iter().enumerate() {
            let name = object_name(&self.model.package, own.workload);
            for namespace in own.workload.pods.namespace().listed() {
                let before = taken.insert((namespace.clone(), name.clone()), id);
                let other = before.and_then(|other| self.get(other));
                // A name that is declared twice is one mistake, and was reported as that.
                if let Some(other) = other.filter(|o| o.workload.name != own.workload.name) {
                    findings.workload(id, Reason::Name(other.workload.place));
                }
            }
            let pods = &own.workload.pods;
            let closes = |direction: &Direction| own.closes(*direction);
            let mut closed = [Direction::Ingress, Direction::Egress]
                .into_iter()
                .filter(closes)
                .peekable();
            if closed.peek().is_none() {
                continue;
            }
            let unsealed = |direction| cluster::seal(direction, self.settings).err();
            let reason = match selector::namespaced(pods) {
                true => None,
                false => closed.find_map(unsealed),
            };
            if let Some(reason) = reason.or_else(|| lower::pods(pods).err()) {
                findings.workload(id, reason);
            }
        }
    }

    /// Of each of the predicates the first workload that passes a test, which may look at stage and
    /// seals alone; in order.
    fn passing(
        &self,
        groups: impl Iterator<Item = GroupId>,
        test: impl Fn(&Owned<'m>) -> bool,
    ) -> Vec<(OwnedId, &Owned<'m>)> {
        let passing = groups.filter_map(|group| {
            let kinds = self.kinds.get(group)?.iter();
            let mut kinds = kinds.filter_map(|id| Some((*id, self.get(*id)?)));
            kinds.find(|(_, own)| test(own))
        });
        let mut out: Vec<_> = passing.collect();
        out.sort_unstable_by_key(|(id, _)| *id);
        out
    }

    /// Where a set's pods are owned by what passes the test. What lies in one workload stands there
    /// alone, for that one's objects hold all its pods; so does what lies in several alike.
    fn homes(&self, set: &Set, test: impl Fn(&Owned<'m>) -> bool) -> Vec<(OwnedId, Arc<Cube>)> {
        let mut out: Vec<(OwnedId, Arc<Cube>)> = Vec::new();
        if set.entities.contains(&Entity::All) {
            let passing = self.passing(0..self.index.group_count(), test).into_iter();
            out.extend(passing.map(|(id, own)| (id, own.workload.pods.clone())));
            return out;
        }
        for part in &set.pods {
            let passing = self.passing(self.index.groups(&part.pods).into_iter(), &test);
            // A NetworkPolicy can say more than a ClusterNetworkPolicy, and the workload's own
            // object comes before one of a part.
            let holds = |(_, own): &&(OwnedId, &Owned<'m>)| part.pods.implies(&own.workload.pods);
            let home = passing.iter().filter(holds).min_by_key(|(_, own)| {
                let pods = &own.workload.pods;
                (!selector::namespaced(pods), *pods != part.pods)
            });
            if let Some((id, _)) = home {
                out.push((*id, part.pods.clone()));
                continue;
            }
            for (id, own) in passing {
                let both = own.workload.pods.intersect(&part.pods);
                if both == *own.workload.pods {
                    out.push((id, own.workload.pods.clone()));
                } else if !both.is_empty() {
                    out.push((id, Arc::new(both)));
                }
            }
        }
        out.sort();
        out.dedup();
        out
    }

    fn allow(&mut self, end: &EndRule, findings: &mut Findings) {
        let direction = end.direction;
        let homes = self.homes(&end.subject, |own| own.closes(direction));
        if homes.is_empty() {
            return;
        }
        let peers = match lower::allow(end, self.settings) {
            Ok(peers) => peers,
            Err(reason) => return findings.rule(end.rule, reason),
        };
        for (id, subject) in homes {
            let namespaced = selector::namespaced(&subject);
            let whole = self.get(id).is_some_and(|o| o.workload.pods == subject);
            // What cannot be said of a whole workload was said there.
            if let Some(reason) = lower::pods(&subject).err().filter(|_| !whole) {
                return findings.rule(end.rule, reason);
            }
            let unsaid = |peer| cluster::sayable(peer, direction, self.settings).err();
            let unsaid = match namespaced {
                true => None,
                false => peers.iter().find_map(unsaid),
            };
            match unsaid {
                None => {}
                Some(_) if whole && findings.has_workload(id) => continue,
                Some(reason) => return findings.rule(end.rule, reason),
            }
            for peer in &peers {
                let piece = Piece {
                    rule: end.rule,
                    subject: subject.clone(),
                    peer: peer.clone(),
                    ports: end.ports.clone(),
                    without: Vec::new(),
                };
                match self.without_denies(piece, direction) {
                    Ok(left) => self.put(id, direction, left),
                    Err(deny) => findings.rule(deny, Reason::Inexact(end.rule)),
                }
            }
        }
    }

    fn put(&mut self, id: OwnedId, direction: Direction, pieces: Vec<Piece>) {
        for piece in pieces {
            let lists = match selector::namespaced(&piece.subject) {
                true => &mut self.pieces,
                false => &mut self.accepts,
            };
            let list = lists
                .get_mut(id)
                .and_then(|both| both.get_mut(side(direction)));
            if let Some(list) = list {
                list.push(piece);
            }
        }
    }

    /// The error is the deny that cannot be taken out.
    fn without_denies(&self, piece: Piece, direction: Direction) -> Result<Vec<Piece>, u32> {
        let mut left = vec![piece];
        for deny in self.subtracted.get(side(direction)).into_iter().flatten() {
            let mut next = Vec::with_capacity(left.len());
            for piece in left {
                next.extend(deny.cut(piece, self.settings).map_err(|_| deny.rule)?);
            }
            // What is left may stand at pods of namespaces that are not named.
            let unsaid = |piece: &Piece| {
                !selector::namespaced(&piece.subject)
                    && cluster::sayable(&piece.peer, direction, self.settings).is_err()
            };
            if next.len() > PIECES_MAX || next.iter().any(unsaid) {
                return Err(deny.rule);
            }
            left = next;
        }
        Ok(left)
    }

    fn deny(&mut self, end: &EndRule, findings: &mut Findings) {
        let homes = self.homes(&end.subject, |own| !own.observed);
        if homes.is_empty() || end.ports.is_empty() {
            return;
        }
        let named = |entity| end.peers.entities.contains(&entity);
        let whole = named(Entity::All) || named(Entity::Cluster);
        if named(Entity::Host) || (whole && end.direction == Direction::Ingress) {
            return findings.rule(end.rule, Reason::Node);
        }
        let denied = Denied::of(&end.peers);
        let subjects = homes.iter().map(|(_, cube)| cube);
        let split = cluster::deny(end, subjects, denied, self.settings);
        if split.is_said() {
            for (id, subject) in &homes {
                if let Some(list) = self.denies.get_mut(*id) {
                    list.push(ClusterDeny {
                        rule: end.rule,
                        direction: end.direction,
                        subject: subject.clone(),
                        pods: split.pods.clone(),
                        nets: split.nets.clone(),
                        ports: end.ports.clone(),
                    });
                }
            }
        }
        let (rest, why) = (split.rest, split.why);
        if rest.is_empty() {
            return;
        }
        if let Some(open) = self.open_to(end, &rest) {
            let told = homes.iter().any(|(id, _)| findings.has_workload(*id));
            let named = |own: &Owned<'m>| selector::namespaced(&own.workload.pods);
            let reason = match why {
                // Sealed, its allows leave out what is denied.
                Some(Reason::ClusterPeer(_)) if self.get(open).is_some_and(named) => None,
                Some(Reason::Account) if told => return,
                why => why,
            };
            let reason = reason.unwrap_or(Reason::Open(open, end.direction));
            return findings.rule(end.rule, reason);
        }
        let all = end.subject.entities.contains(&Entity::All);
        let cubes = end.subject.pods.iter().map(|part| part.pods.clone());
        let subtraction = Subtraction {
            rule: end.rule,
            subject: (!all).then(|| cubes.collect()),
            peers: rest,
            ports: end.ports.clone(),
        };
        if let Some(list) = self.subtracted.get_mut(side(end.direction)) {
            list.push(subtraction);
        }
    }

    /// Its seal holds for all that a deny names.
    fn closes_to(&self, own: &Owned<'_>, rest: &Denied) -> bool {
        selector::namespaced(&own.workload.pods)
            || self.settings.cluster_wide_seals == ClusterWideSeals::Exact
            || rest.pods_only()
    }

    /// A workload with pods that the deny binds at and that nothing seals.
    fn open_to(&self, end: &EndRule, rest: &Denied) -> Option<OwnedId> {
        let all = end.subject.entities.contains(&Entity::All);
        let parts: Vec<&Cube> = end.subject.pods.iter().map(|part| &*part.pods).collect();
        let closes = |own: &Owned<'m>| own.closes(end.direction) && self.closes_to(own, rest);
        let unsealed = |own: &Owned<'m>, cube: &Cube| {
            let pods = own.workload.pods.intersect(cube);
            let near = self.passing(self.index.groups(&pods).into_iter(), closes);
            let closers = near
                .into_iter()
                .map(|(_, own)| (*own.workload.pods).clone());
            let closers: Vec<Cube> = closers.collect();
            !pods.is_empty() && covers(&closers, &pods) != Ok(true)
        };
        let bound = self.passing(0..self.index.group_count(), |own| !own.observed);
        let found = bound.into_iter().find(|(_, own)| match all {
            true => unsealed(own, &own.workload.pods),
            false => parts.iter().any(|cube| unsealed(own, cube)),
        });
        found.map(|(id, _)| id)
    }
}

/// The prefixes of networks, without exceptions.
pub(super) fn prefixes(nets: &[Net]) -> Vec<ipnet::IpNet> {
    AddrSet::from_nets(nets).to_cidrs()
}
