//! The owned workloads by their predicates. What depends on the predicate alone is asked once for
//! all workloads that have it, so that thousands with one selector are no more work than one.

use npl_policy::{
    label::Cube,
    limits::LISTED_MAX,
    model::{Direction, Model},
    overlap::OverlapIndex,
};

use super::{
    assumed::Asserted,
    bind::{Owned, OwnedId},
    plan::side_of,
};

/// A distinct predicate of the owned workloads; in order of the first that has it.
pub(super) type ClassId = usize;

/// Of ten thousand workloads each may share pods with each, so what needs all pairs is asked and
/// not kept.
#[derive(Debug, Default)]
pub(super) struct Class {
    /// Others that may select one pod with it, and are asserted to be disjoint; in order.
    parted: Vec<ClassId>,
    /// Others that hold all its pods.
    pub(super) holders: Vec<ClassId>,
    /// The members that seal ingress, and those that seal egress.
    sealing: [Vec<OwnedId>; 2],
}

/// Pairs of workloads, in order. Of many with one predicate the first few stand for the others.
#[derive(Debug, Default)]
pub(super) struct Assumed {
    pub(super) pairs: Vec<(OwnedId, OwnedId)>,
    /// How many are not in the list.
    pub(super) more: usize,
}

#[derive(Debug, Default)]
pub(super) struct Classes {
    list: Vec<Class>,
    index: OverlapIndex,
    /// By class: of those members that seal alike and are in one stage, the first.
    kinds: Vec<Vec<OwnedId>>,
    /// Asserted pairs that kept two workloads apart, for the header.
    pub(super) assumed: Assumed,
}

impl Classes {
    pub(super) fn new(model: &Model, owned: &[Owned<'_>]) -> Self {
        let cubes: Vec<&Cube> = owned.iter().map(|own| &*own.workload.pods).collect();
        let index = OverlapIndex::new(&cubes);
        let seals = |own: &Owned<'_>| [Direction::Ingress, Direction::Egress].map(|d| own.seals(d));
        let kind = |at: OwnedId| owned.get(at).map(|own| (own.observed, seals(own)));
        let mut out = Self {
            list: Vec::with_capacity(index.group_count()),
            kinds: index.firsts(kind),
            index,
            assumed: Assumed::default(),
        };
        let asserted = Asserted::new(model);
        for id in 0..out.index.group_count() {
            let class = out.class(id, owned, &asserted);
            out.list.push(class);
        }
        out.assumed.pairs.sort_unstable();
        out
    }

    fn class(&mut self, id: ClassId, owned: &[Owned<'_>], asserted: &Asserted) -> Class {
        let sealing = |direction: Direction| {
            let members = self.members(id).iter().copied();
            let seals = |at: &OwnedId| owned.get(*at).is_some_and(|own| own.seals(direction));
            members.filter(seals).collect()
        };
        let mut out = Class {
            sealing: [sealing(Direction::Ingress), sealing(Direction::Egress)],
            ..Class::default()
        };
        let Some(pods) = self.index.cube(id) else {
            return out;
        };
        let holds = |other: &ClassId| {
            let theirs = self.index.cube(*other);
            theirs.is_some_and(|theirs| *other < id || !theirs.implies(pods))
        };
        out.holders = self.index.holding(pods);
        out.holders.retain(holds);
        if asserted.is_empty() {
            return out;
        }
        let apart = |other: &ClassId| {
            let theirs = self.index.cube(*other);
            theirs.is_some_and(|theirs| asserted.apart(pods, theirs))
        };
        let meeting = self.index.groups(pods).into_iter();
        let parted: Vec<ClassId> = meeting.filter(apart).collect();
        out.parted.clone_from(&parted);
        for other in parted.into_iter().filter(|other| id <= *other) {
            self.assume(id, other);
        }
        out
    }

    /// Each pair of a workload of one class and one of the other; of one class each two.
    fn assume(&mut self, a: ClassId, b: ClassId) {
        let lists = [a, b].map(|class| self.index.members(class));
        let [few, others] = lists.map(|list| list.get(..LISTED_MAX).unwrap_or(list));
        let pairs = few.iter().flat_map(|x| others.iter().map(|y| (*x, *y)));
        let pairs = pairs.filter(|(x, y)| a != b || x < y);
        let pairs: Vec<_> = pairs.map(|(x, y)| (x.min(y), x.max(y))).collect();
        let [x, y] = lists.map(<[OwnedId]>::len);
        let all = match a == b {
            true => x.saturating_mul(x.saturating_sub(1)) / 2,
            false => x.saturating_mul(y),
        };
        self.assumed.more += all.saturating_sub(pairs.len());
        self.assumed.pairs.extend(pairs);
    }

    pub(super) fn get(&self, id: ClassId) -> Option<&Class> {
        self.list.get(id)
    }

    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// That of a workload.
    pub(super) fn of(&self, id: OwnedId) -> Option<ClassId> {
        self.index.group_at(id)
    }

    pub(super) fn cube(&self, id: ClassId) -> Option<&Cube> {
        self.index.cube(id)
    }

    /// The workloads of a class, in order.
    pub(super) fn members(&self, id: ClassId) -> &[OwnedId] {
        self.index.members(id)
    }

    /// A workload of the class for each way to seal and each stage that it has, in order.
    pub(super) fn kinds(&self, id: ClassId) -> &[OwnedId] {
        self.kinds.get(id).map_or(&[], Vec::as_slice)
    }

    /// The workloads of the class that seal a direction, in order.
    pub(super) fn sealing(&self, id: ClassId, direction: Direction) -> &[OwnedId] {
        let class = self.get(id);
        let list = class.and_then(|class| class.sealing.get(side_of(direction)));
        list.map_or(&[], Vec::as_slice)
    }

    /// The classes that may select one pod with this one, asserted disjointness or not; mostly it
    /// is one of them itself.
    pub(super) fn meets(&self, id: ClassId) -> Vec<ClassId> {
        let pods = self.cube(id);
        pods.map(|pods| self.meeting(pods)).unwrap_or_default()
    }

    /// The same without those that are asserted to be disjoint.
    pub(super) fn neighbours(&self, id: ClassId) -> Vec<ClassId> {
        let mut out = self.meets(id);
        out.retain(|other| !self.parted(id, *other));
        out
    }

    /// Both may select one pod, and are not asserted to be disjoint.
    pub(super) fn are_neighbours(&self, id: ClassId, other: ClassId) -> bool {
        let cubes = self.cube(id).zip(self.cube(other));
        cubes.is_some_and(|(a, b)| !a.disjoint(b)) && !self.parted(id, other)
    }

    fn parted(&self, id: ClassId, other: ClassId) -> bool {
        let class = self.get(id);
        class.is_some_and(|class| class.parted.binary_search(&other).is_ok())
    }

    /// At most so many classes are looked at for those that meet this one.
    pub(super) fn reach(&self, id: ClassId) -> usize {
        self.cube(id).map_or(0, |pods| self.index.reach(pods))
    }

    /// The classes that hold every pod of `cube`.
    pub(super) fn holding(&self, cube: &Cube) -> Vec<ClassId> {
        self.index.holding(cube)
    }

    /// The classes that may share a pod with `cube`.
    pub(super) fn meeting(&self, cube: &Cube) -> Vec<ClassId> {
        self.index.groups(cube)
    }
}
