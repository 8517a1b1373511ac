//! The model, filed so that a question about two ends sees only the rules and workloads that meet
//! them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::region::{Block, Cut, Region};
use crate::{
    interpret::seals,
    label::Cube,
    model::{Direction, EndRule, Entity, Model, Ownership, Workload},
    overlap::OverlapIndex,
    port::PortSet,
};

pub(super) struct World<'m> {
    pub(super) model: &'m Model,
    /// Owned workloads, and those whose denies are enforced: stage observe closes nothing.
    owned: Filed,
    enforcing: Filed,
    sealing: [Filed; 2],
    binding: [Binding<'m>; 2],
    /// Pods that no pod is, by assumption: of each `disjoint` claim that the caller adds.
    pub(super) assumed: Vec<(usize, Cube)>,
}

/// The predicates of workloads: each once, for what it says it says of all that have it.
struct Filed {
    index: OverlapIndex,
}

impl Filed {
    fn new(model: &Model, test: impl Fn(&Workload) -> bool) -> Self {
        let workloads = model.workloads.iter().filter(|w| test(w));
        let cubes: Vec<&Cube> = workloads.map(|w| &*w.pods).collect();
        Self {
            index: OverlapIndex::new(&cubes),
        }
    }

    fn meeting(&self, cube: &Cube) -> impl Iterator<Item = &Cube> {
        let found = self.index.groups(cube);
        found.into_iter().filter_map(|group| self.index.cube(group))
    }
}

/// End rules of a direction by their subjects.
struct Binding<'m> {
    /// One for each distinct predicate; `users` has the positions of its rules in `Model::ends`.
    index: OverlapIndex,
    users: Vec<Vec<usize>>,
    /// Rules on `all`.
    everywhere: Vec<usize>,
    model: &'m Model,
}

impl<'m> Binding<'m> {
    fn new(model: &'m Model, direction: Direction) -> Self {
        let mut numbers: FxHashMap<&Cube, usize> = FxHashMap::default();
        // Most rules share their predicates: the pointer is cheaper to look up than the predicate.
        let mut shared: FxHashMap<*const Cube, usize> = FxHashMap::default();
        let mut cubes: Vec<&Cube> = Vec::new();
        let mut users: Vec<Vec<usize>> = Vec::new();
        let mut everywhere = Vec::new();
        for (position, end) in model.ends.iter().enumerate() {
            if end.direction != direction {
                continue;
            }
            if end.subject.entities.contains(&Entity::All) {
                everywhere.push(position);
                continue;
            }
            for part in &end.subject.pods {
                let by_value = || *numbers.entry(&part.pods).or_insert(users.len());
                let number = *shared
                    .entry(Arc::as_ptr(&part.pods))
                    .or_insert_with(by_value);
                if number == users.len() {
                    cubes.push(&part.pods);
                    users.push(Vec::new());
                }
                if let Some(list) = users.get_mut(number) {
                    list.push(position);
                }
            }
        }
        Self {
            index: OverlapIndex::new(&cubes),
            users,
            everywhere,
            model,
        }
    }

    /// The rules that bind at some pod of `cube`, in order.
    fn at(&self, cube: &Cube) -> Vec<&'m EndRule> {
        let mut found = self.everywhere.clone();
        let numbers = self.index.candidates(cube);
        found.extend(numbers.iter().filter_map(|n| self.users.get(*n)).flatten());
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .filter_map(|position| self.model.ends.get(position))
            .collect()
    }
}

impl<'m> World<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        let owned = |w: &Workload| w.ownership == Ownership::Owned;
        Self {
            model,
            owned: Filed::new(model, owned),
            enforcing: Filed::new(model, |w| owned(w) && !w.observed),
            sealing: [
                Filed::new(model, |w| seals(w, Direction::Egress)),
                Filed::new(model, |w| seals(w, Direction::Ingress)),
            ],
            binding: [
                Binding::new(model, Direction::Egress),
                Binding::new(model, Direction::Ingress),
            ],
            assumed: Vec::new(),
        }
    }

    /// Some pod of the predicate may be owned.
    pub(super) fn may_be_owned(&self, cube: &Cube) -> bool {
        self.owned.index.meets(cube)
    }

    pub(super) fn rules_at(&self, direction: Direction, cube: &Cube) -> Vec<&'m EndRule> {
        let [egress, ingress] = &self.binding;
        match direction {
            Direction::Egress => egress.at(cube),
            Direction::Ingress => ingress.at(cube),
        }
    }

    /// The predicates of the workloads that seal this direction and may be one with `cube`.
    pub(super) fn seals_at(&self, direction: Direction, cube: &Cube) -> Vec<&Cube> {
        let [egress, ingress] = &self.sealing;
        let filed = match direction {
            Direction::Egress => egress,
            Direction::Ingress => ingress,
        };
        filed.meeting(cube).collect()
    }

    /// The pods of `cube` at which a deny is enforced, as predicates that together hold them.
    pub(super) fn enforced(&self, cube: &Cube) -> Vec<Cube> {
        let owners: Vec<&Cube> = self.enforcing.meeting(cube).collect();
        if owners.iter().any(|pods| cube.implies(pods)) {
            return vec![cube.clone()];
        }
        owners.iter().map(|pods| cube.intersect(pods)).collect()
    }

    /// What the `disjoint` claims take out, at both ends.
    pub(super) fn assumed_cuts(&self) -> Vec<Cut> {
        let cut = |claim: usize, x: Region, y: Region| Cut {
            block: Block {
                x,
                y,
                ports: PortSet::all(),
            },
            assumed: Some(claim),
        };
        let both = self.assumed.iter().flat_map(|(claim, cube)| {
            let pods = Region::Pods(cube.clone());
            [
                cut(*claim, pods.clone(), Region::Any),
                cut(*claim, Region::Any, pods),
            ]
        });
        both.collect()
    }
}
