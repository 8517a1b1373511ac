//! A model with what every lint asks of it, asked once.

use std::{ops::Range, sync::Arc};

use npl_diagnostics::{Code, Diagnostic, Place};
use rustc_hash::FxHashMap;

use crate::{
    addr::{AddrSet, metadata},
    label::Cube,
    limits::LINT_CANDIDATES_MAX,
    lint::{
        RULE_OF_TEMPLATE,
        parts::{Part, PartId, Parts},
    },
    model::{Direction, EndRule, Entity, Model, Ownership, Rule, Set, Verdict, Workload},
    overlap::{KindIndex, OverlapIndex},
    port::PortSet,
};

pub(super) type Found = Vec<(usize, Diagnostic<Place>)>;

/// A set by its number.
pub(super) type SetId = usize;

/// What the package owns of a set's pods.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bound {
    /// Some owned workload may select a pod of the set.
    pub(super) any: bool,
    pub(super) seals_ingress: bool,
    pub(super) seals_egress: bool,
    /// Every pod of the set is one that an owned workload selects; `all` is not such a set.
    pub(super) whole: bool,
}

impl Bound {
    pub(super) fn seals(self, direction: Direction) -> bool {
        match direction {
            Direction::Ingress => self.seals_ingress,
            Direction::Egress => self.seals_egress,
        }
    }
}

/// An end rule with the numbers of its sets.
pub(super) struct End<'m> {
    pub(super) rule: usize,
    pub(super) end: &'m EndRule,
    pub(super) subject: SetId,
    pub(super) peers: SetId,
}

pub(super) struct Context<'m> {
    pub(super) model: &'m Model,
    pub(super) parts: Parts<'m>,
    /// Parts of each set.
    sets: Vec<Vec<PartId>>,
    bound: Vec<Bound>,
    /// Those that bind somewhere; of one rule together, in the order of the rules.
    pub(super) ends: Vec<End<'m>>,
    /// Where in `ends` those of each rule are.
    by_rule: Vec<Range<usize>>,
    /// Positions in `ends` of the allows that let nodes in.
    from_nodes: Vec<usize>,
    /// The metadata addresses that the peers of each deny hold.
    metadata: FxHashMap<SetId, AddrSet>,
    /// Positions in `ends` of the denies, by direction and each part of their subject.
    denies: FxHashMap<(Direction, PartId), Vec<usize>>,
}

impl<'m> Context<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        let mut parts = Parts::default();
        let mut sets: Vec<Vec<PartId>> = Vec::new();
        let mut subjects: Vec<&'m Set> = Vec::new();
        let mut known: FxHashMap<(bool, *const Set), SetId> = FxHashMap::default();
        let mut number = |set: &'m Arc<Set>, subject: bool| -> SetId {
            *known.entry((subject, Arc::as_ptr(set))).or_insert_with(|| {
                sets.push(if subject {
                    parts.binding(set)
                } else {
                    parts.of(set)
                });
                subjects.push(set);
                sets.len() - 1
            })
        };
        let mut ends = Vec::with_capacity(model.ends.len());
        for end in model.ends.iter().filter(|end| binds(&end.subject)) {
            ends.push(End {
                rule: end.rule as usize,
                end,
                subject: number(&end.subject, true),
                peers: number(&end.peers, false),
            });
        }
        parts.relate();
        ends.sort_by_key(|end| end.rule);
        let mut by_rule: Vec<Range<usize>> = vec![0..0; model.rules.len()];
        let mut denies: FxHashMap<(Direction, PartId), Vec<usize>> = FxHashMap::default();
        for (position, end) in ends.iter().enumerate() {
            if let Some(range) = by_rule.get_mut(end.rule) {
                let start = if range.end == 0 {
                    position
                } else {
                    range.start
                };
                *range = start..position + 1;
            }
            if end.end.verdict == Verdict::Deny {
                for part in sets.get(end.subject).into_iter().flatten() {
                    let key = (end.end.direction, *part);
                    denies.entry(key).or_default().push(position);
                }
            }
        }
        let bound = bound(model, &subjects);
        let table = metadata();
        let mut metadata = FxHashMap::default();
        for deny in ends.iter().filter(|e| e.end.verdict == Verdict::Deny) {
            let held = metadata.entry(deny.peers);
            held.or_insert_with(|| addresses(&deny.end.peers).intersect(&table));
        }
        let from_nodes = (0..)
            .zip(&ends)
            .filter(|(_, end)| lets_nodes_in(end.end))
            .map(|(position, _)| position)
            .collect();
        Self {
            from_nodes,
            metadata,
            model,
            parts,
            sets,
            bound,
            ends,
            by_rule,
            denies,
        }
    }

    /// Rules with their position and their ends.
    pub(super) fn rules(&self) -> impl Iterator<Item = (usize, &'m Rule, &[End<'m>])> {
        let rules = self.model.rules.iter().enumerate();
        rules.map(|(index, rule)| (index, rule, self.ends_of(index)))
    }

    pub(super) fn rule(&self, index: usize) -> Option<&'m Rule> {
        self.model.rules.get(index)
    }

    pub(super) fn ends_of(&self, rule: usize) -> &[End<'m>] {
        let range = self.by_rule.get(rule).cloned();
        range.and_then(|r| self.ends.get(r)).unwrap_or_default()
    }

    pub(super) fn set(&self, id: SetId) -> &[PartId] {
        self.sets.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn set_parts(&self, id: SetId) -> impl Iterator<Item = &Part<'m>> {
        self.set(id).iter().filter_map(|&part| self.parts.get(part))
    }

    pub(super) fn bound(&self, id: SetId) -> Bound {
        self.bound.get(id).copied().unwrap_or_default()
    }

    /// Each part of `narrow` lies whole in one part of `wide`.
    pub(super) fn holds(&self, wide: SetId, narrow: SetId) -> bool {
        let wide_parts = self.set(wide);
        wide == narrow
            || self.set(narrow).iter().all(|&part| {
                let mut holders = self.parts.holders(part).iter();
                holders.any(|holder| wide_parts.binary_search(holder).is_ok())
            })
    }

    /// Some endpoint may be in both.
    pub(super) fn meets(&self, a: SetId, b: SetId) -> bool {
        a == b
            || self
                .set_parts(a)
                .any(|x| self.set_parts(b).any(|y| x.meets(y)))
    }

    /// What `narrow` says at its end, `wide` says too.
    pub(super) fn end_holds(&self, wide: &End<'_>, narrow: &End<'_>) -> bool {
        wide.end.direction == narrow.end.direction
            && narrow.end.ports.implies(&wide.end.ports)
            && self.holds(wide.subject, narrow.subject)
            && self.holds(wide.peers, narrow.peers)
    }

    /// Ingress allows whose peers hold every node.
    pub(super) fn nodes_entering(&self) -> impl Iterator<Item = &End<'m>> {
        let positions = self.from_nodes.iter();
        positions.filter_map(|&p| self.ends.get(p))
    }

    /// The denies of a direction that bind at every pod of a subject.
    pub(super) fn denies_on(
        &self,
        direction: Direction,
        subject: SetId,
    ) -> impl Iterator<Item = &End<'m>> {
        let first = self.set(subject).first();
        let holders = first.map_or(&[][..], |&part| self.parts.holders(part));
        let lists = holders
            .iter()
            .filter_map(move |&holder| self.denies.get(&(direction, holder)));
        lists
            .flatten()
            .filter_map(|&position| self.ends.get(position))
            .take(LINT_CANDIDATES_MAX)
            .filter(move |deny| self.holds(deny.subject, subject))
    }

    /// Of `held`, the metadata addresses that no deny takes from an end on all of these ports.
    pub(super) fn undenied(&self, held: AddrSet, end: &End<'_>, ports: &PortSet) -> AddrSet {
        let mut left = held;
        for deny in self.denies_on(end.end.direction, end.subject) {
            if left.is_empty() {
                break;
            }
            if let Some(taken) = self.metadata.get(&deny.peers)
                && !taken.disjoint(&left)
                && ports.implies(&deny.end.ports)
            {
                left = left.subtract(taken);
            }
        }
        left
    }
}

/// Every address that a set surely holds.
fn addresses(set: &Set) -> AddrSet {
    let whole = |e: &Entity| matches!(e, Entity::All | Entity::World);
    if set.entities.iter().any(whole) {
        return AddrSet::all();
    }
    AddrSet::from_nets(&set.nets)
}

/// Networks and entities other than `all` bind nowhere.
fn binds(subject: &Set) -> bool {
    !subject.pods.is_empty() || subject.entities.contains(&Entity::All)
}

fn lets_nodes_in(end: &EndRule) -> bool {
    let node = |e: &Entity| matches!(e, Entity::RemoteNode | Entity::Cluster | Entity::All);
    end.verdict == Verdict::Allow
        && end.direction == Direction::Ingress
        && end.peers.entities.iter().any(node)
}

/// What is owned of each set.
fn bound(model: &Model, sets: &[&Set]) -> Vec<Bound> {
    let owned: Vec<&Workload> = model
        .workloads
        .iter()
        .filter(|w| w.ownership == Ownership::Owned)
        .collect();
    let cubes: Vec<&Cube> = owned.iter().map(|w| &*w.pods).collect();
    let index = OverlapIndex::new(&cubes);
    let kinds = owned
        .iter()
        .map(|w| ((w.open_ingress, w.open_egress), &*w.pods));
    let kinds = KindIndex::new(kinds);
    let mut by_cube: FxHashMap<*const Cube, Bound> = FxHashMap::default();
    let mut of_cube = |cube: &Arc<Cube>| -> Bound {
        *by_cube.entry(Arc::as_ptr(cube)).or_insert_with(|| {
            let mut found = Bound {
                whole: !index.holding(cube).is_empty(),
                ..Bound::default()
            };
            for (open_ingress, open_egress) in kinds.meeting(cube) {
                found.any = true;
                found.seals_ingress |= !open_ingress;
                found.seals_egress |= !open_egress;
            }
            found
        })
    };
    let all = Bound {
        any: !owned.is_empty(),
        seals_ingress: owned.iter().any(|w| !w.open_ingress),
        seals_egress: owned.iter().any(|w| !w.open_egress),
        whole: false,
    };
    let mut of_set = |set: &&Set| -> Bound {
        let mut sum = Bound {
            whole: !set.pods.is_empty(),
            ..Bound::default()
        };
        let mut add = |one: Bound| {
            sum.any |= one.any;
            sum.seals_ingress |= one.seals_ingress;
            sum.seals_egress |= one.seals_egress;
            sum.whole &= one.whole;
        };
        for part in &set.pods {
            add(of_cube(&part.pods));
        }
        if set.entities.contains(&Entity::All) {
            add(all);
        }
        sum
    };
    sets.iter().map(&mut of_set).collect()
}

/// A finding about a rule: at its `apply`, if it came from one, with the template's line beside it.
pub(super) fn found(code: Code, rule: &Rule, message: impl Into<String>) -> Diagnostic<Place> {
    match rule.applied_at.last() {
        None => Diagnostic::new(code, rule.place, message),
        Some(&apply) => Diagnostic::new(code, apply, message).also(rule.place, RULE_OF_TEMPLATE),
    }
}
