//! The parts of sets, each known by a number, and which part holds which whole.

use ipnet::IpNet;
use rustc_hash::FxHashMap;

use crate::{
    addr::{AddrSet, Net},
    label::Cube,
    limits::LINT_CANDIDATES_MAX,
    model::{Entity, Set},
    name::NamePattern,
    overlap::OverlapIndex,
};

pub(super) type PartId = u32;

/// One part of a set; equal parts have one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part<'m> {
    Pods(&'m Cube),
    Net(&'m Net),
    Name(&'m NamePattern),
    Entity(Entity),
}

impl Part<'_> {
    /// Some endpoint may be in both. A name and a network share addresses that nobody knows: they
    /// count as apart unless the network is everything.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pods(a), Self::Pods(b)) => !a.disjoint(b),
            (Self::Net(a), Self::Net(b)) => {
                !AddrSet::from_nets([*a]).disjoint(&AddrSet::from_nets([*b]))
            }
            (Self::Name(a), Self::Name(b)) => a.intersects(b),
            (Self::Entity(a), Self::Entity(b)) => entity_holds(*a, *b) || entity_holds(*b, *a),
            (Self::Entity(e), part) | (part, Self::Entity(e)) => holds_kind(*e, part),
            (Self::Net(net), Self::Name(_)) | (Self::Name(_), Self::Net(net)) => {
                net.cidr.prefix_len() == 0
            }
            _ => false,
        }
    }
}

/// Every endpoint of `inner` is in `outer`, whatever the cluster (language.md §5.11).
pub(super) fn entity_holds(outer: Entity, inner: Entity) -> bool {
    outer == inner
        || outer == Entity::All
        || (outer == Entity::Cluster && !matches!(inner, Entity::World | Entity::All))
}

/// An entity holds whatever is of the part's kind.
fn holds_kind(entity: Entity, part: &Part<'_>) -> bool {
    match part {
        Part::Pods(_) => matches!(entity, Entity::All | Entity::Cluster),
        Part::Net(_) | Part::Name(_) => matches!(entity, Entity::All | Entity::World),
        Part::Entity(inner) => entity_holds(entity, *inner),
    }
}

/// Numbers for the parts of all sets of a model.
#[derive(Default)]
pub(super) struct Parts<'m> {
    pub(super) list: Vec<Part<'m>>,
    by_value: FxHashMap<Part<'m>, PartId>,
    /// Most parts are shared declarations: found without being hashed.
    by_cube: FxHashMap<*const Cube, PartId>,
    /// For each part those that hold it whole, itself included; sorted.
    holders: Vec<Vec<PartId>>,
}

impl<'m> Parts<'m> {
    /// The numbers of a set's parts, sorted.
    pub(super) fn of(&mut self, set: &'m Set) -> Vec<PartId> {
        let mut out = self.pods(set);
        out.extend(set.nets.iter().map(|n| self.intern(Part::Net(n))));
        out.extend(
            set.names
                .iter()
                .map(|n| self.intern(Part::Name(&n.pattern))),
        );
        out.extend(set.entities.iter().map(|&e| self.intern(Part::Entity(e))));
        sorted(out)
    }

    /// The same of those parts at which a rule binds.
    pub(super) fn binding(&mut self, set: &'m Set) -> Vec<PartId> {
        let mut out = self.pods(set);
        if set.entities.contains(&Entity::All) {
            out.push(self.intern(Part::Entity(Entity::All)));
        }
        sorted(out)
    }

    fn pods(&mut self, set: &'m Set) -> Vec<PartId> {
        let mut out = Vec::with_capacity(set.pods.len() + 1);
        for part in &set.pods {
            let pointer = std::ptr::from_ref::<Cube>(&part.pods);
            let id = match self.by_cube.get(&pointer) {
                Some(&id) => id,
                None => {
                    let id = self.intern(Part::Pods(&part.pods));
                    self.by_cube.insert(pointer, id);
                    id
                }
            };
            out.push(id);
        }
        out
    }

    fn intern(&mut self, part: Part<'m>) -> PartId {
        let next = PartId::try_from(self.list.len()).unwrap_or(PartId::MAX);
        *self.by_value.entry(part).or_insert_with(|| {
            self.list.push(part);
            next
        })
    }

    pub(super) fn get(&self, id: PartId) -> Option<&Part<'m>> {
        self.list.get(id as usize)
    }

    pub(super) fn holders(&self, id: PartId) -> &[PartId] {
        self.holders.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// Finds out who holds whom; after the last set is known.
    pub(super) fn relate(&mut self) {
        let mut holders: Vec<Vec<PartId>> = vec![Vec::new(); self.list.len()];
        self.relate_pods(&mut holders);
        self.relate_nets(&mut holders);
        self.relate_names(&mut holders);
        let entities = self.entities();
        for (part, list) in self.list.iter().zip(&mut holders) {
            let wide = entities.iter().filter(|(e, _)| holds_kind(*e, part));
            list.extend(wide.map(|(_, id)| *id));
            list.sort_unstable();
            list.dedup();
        }
        self.holders = holders;
    }

    fn numbered(&self) -> impl Iterator<Item = (PartId, &Part<'m>)> {
        (0..).zip(&self.list)
    }

    fn entities(&self) -> Vec<(Entity, PartId)> {
        self.numbered()
            .filter_map(|(id, part)| match part {
                Part::Entity(entity) => Some((*entity, id)),
                _ => None,
            })
            .collect()
    }

    fn relate_pods(&self, holders: &mut [Vec<PartId>]) {
        let pods: Vec<(PartId, &Cube)> = self
            .numbered()
            .filter_map(|(id, part)| match part {
                Part::Pods(cube) => Some((id, *cube)),
                _ => None,
            })
            .collect();
        let cubes: Vec<&Cube> = pods.iter().map(|(_, cube)| *cube).collect();
        let index = OverlapIndex::new(&cubes);
        for (id, cube) in &pods {
            let found = index.holders(cube);
            let ids = found.into_iter().filter_map(|i| pods.get(i)).map(|p| p.0);
            if let Some(list) = holders.get_mut(*id as usize) {
                list.extend(ids.take(LINT_CANDIDATES_MAX));
            }
        }
    }

    /// A prefix is held by itself and by those it lies in: at most one for each length.
    fn relate_nets(&self, holders: &mut [Vec<PartId>]) {
        let mut by_prefix: FxHashMap<IpNet, Vec<(PartId, &Net)>> = FxHashMap::default();
        for (id, part) in self.numbered() {
            if let Part::Net(net) = part {
                by_prefix.entry(net.cidr).or_default().push((id, net));
            }
        }
        for (id, part) in self.numbered() {
            let (Part::Net(net), Some(list)) = (part, holders.get_mut(id as usize)) else {
                continue;
            };
            let exact = AddrSet::from_nets([*net]);
            let mut prefix = Some(net.cidr);
            while let Some(cidr) = prefix {
                let near = by_prefix.get(&cidr).map_or(&[][..], Vec::as_slice);
                let near = near.iter().take(LINT_CANDIDATES_MAX);
                let wide = near.filter(|(_, wide)| {
                    wide.except.is_empty() || exact.implies(&AddrSet::from_nets([*wide]))
                });
                list.extend(wide.map(|(id, _)| *id).take(LINT_CANDIDATES_MAX));
                prefix = cidr.supernet();
            }
        }
    }

    /// Patterns are filed under what follows their last `*`: only there can one hold another.
    fn relate_names(&self, holders: &mut [Vec<PartId>]) {
        let mut by_tail: FxHashMap<&str, Vec<(PartId, &NamePattern)>> = FxHashMap::default();
        for (id, part) in self.numbered() {
            if let Part::Name(pattern) = part {
                let wide = by_tail.entry(tail(pattern.as_str())).or_default();
                wide.push((id, pattern));
            }
        }
        for (id, part) in self.numbered() {
            let (Part::Name(pattern), Some(list)) = (part, holders.get_mut(id as usize)) else {
                continue;
            };
            let mut rest = Some(pattern.as_str());
            while let Some(text) = rest {
                let near = by_tail.get(text).map_or(&[][..], Vec::as_slice);
                let near = near.iter().take(LINT_CANDIDATES_MAX);
                let wide = near.filter(|(_, wide)| wide.contains(pattern));
                list.extend(wide.map(|(id, _)| *id).take(LINT_CANDIDATES_MAX));
                rest = text.split_once('.').map(|(_, rest)| rest).or(
                    // After the last label comes the tail of `*`.
                    (!text.is_empty()).then_some(""),
                );
            }
        }
    }
}

fn sorted(mut ids: Vec<PartId>) -> Vec<PartId> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The labels after the last one with a `*`; empty if there are none.
fn tail(pattern: &str) -> &str {
    match pattern.rsplit_once('*') {
        None => pattern,
        Some((_, after)) => after.split_once('.').map_or("", |(_, rest)| rest),
    }
}
