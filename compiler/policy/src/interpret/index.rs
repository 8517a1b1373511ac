//! Rules by direction and subject, so that a flow asks each subject once. No meaning is in here.

use rustc_hash::FxHashMap;

use crate::model::{Direction, EndRule, Model, Ownership, Set, Workload};

pub(super) struct Index<'m> {
    owned: Vec<(u32, &'m Workload)>,
    egress: Vec<Group<'m>>,
    ingress: Vec<Group<'m>>,
}

/// The end rules of one subject, with their numbers in `Model::ends`.
struct Group<'m> {
    subject: &'m Set,
    ends: Vec<(usize, &'m EndRule)>,
}

impl<'m> Index<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        let owned = (0..)
            .zip(&model.workloads)
            .filter(|(_, workload)| workload.ownership == Ownership::Owned)
            .collect();
        Self {
            owned,
            egress: groups(model, Direction::Egress),
            ingress: groups(model, Direction::Ingress),
        }
    }

    /// Owned workloads with their numbers in `Model::workloads`, in order.
    pub(super) fn owned(&self) -> &[(u32, &'m Workload)] {
        &self.owned
    }

    /// The end rules of a direction whose subject passes the test, in order.
    pub(super) fn binding(
        &self,
        direction: Direction,
        test: impl Fn(&Set) -> bool,
    ) -> Vec<&'m EndRule> {
        let groups = match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        };
        let mut found: Vec<_> = groups
            .iter()
            .filter(|group| test(group.subject))
            .flat_map(|group| group.ends.iter().copied())
            .collect();
        found.sort_unstable_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, end)| end).collect()
    }
}

fn groups(model: &Model, direction: Direction) -> Vec<Group<'_>> {
    let mut numbers: FxHashMap<&Set, usize> = FxHashMap::default();
    let mut out: Vec<Group<'_>> = Vec::new();
    for (number, end) in model.ends.iter().enumerate() {
        if end.direction != direction {
            continue;
        }
        let subject: &Set = &end.subject;
        let group = *numbers.entry(subject).or_insert(out.len());
        match out.get_mut(group) {
            Some(group) => group.ends.push((number, end)),
            None => out.push(Group {
                subject,
                ends: vec![(number, end)],
            }),
        }
    }
    out
}
