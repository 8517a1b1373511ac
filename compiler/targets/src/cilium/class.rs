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

#[derive(Debug, Default)]
pub(super) struct Class {
    /// Those that may select one pod with it, in order; mostly it is one of them itself.
    pub(super) meets: Vec<ClassId>,
    /// The same without those that are asserted to be disjoint.
    pub(super) neighbours: Vec<ClassId>,
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
        out.meets = self.index.groups(pods);
        let holds = |other: &ClassId| {
            self.index.cube(*other).is_some_and(|theirs| {
                pods.implies(theirs) && (*other < id || !theirs.implies(pods))
            })
        };
        out.holders = out.meets.iter().copied().filter(holds).collect();
        let apart = |other: &ClassId| {
            let theirs = self.index.cube(*other);
            theirs.is_some_and(|theirs| asserted.apart(pods, theirs))
        };
        let (parted, neighbours) = out.meets.iter().partition(|other| apart(other));
        out.neighbours = neighbours;
        let parted: Vec<ClassId> = parted;
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

    /// The classes that may share a pod with `cube`.
    pub(super) fn meeting(&self, cube: &Cube) -> Vec<ClassId> {
        self.index.groups(cube)
    }
}
