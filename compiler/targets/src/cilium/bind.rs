//! At which owned workloads a rule binds, and with which subject (cilium-lowering.md §1.1).
//!
//! The subject of a rule is its set, by predicate: `allow api except canary -> db` must not open
//! `db` to a canary that is also an `api`. A member that is an owned workload binds in that
//! workload's object; any other part binds at each owned workload that it meets.

use std::sync::Arc;

use npl_policy::{
    http::ViaKind,
    label::Cube,
    model::{Direction, EndRule, Entity, Model, Ownership, Verdict, Workload},
    overlap::KindIndex,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{
    class::{ClassId, Classes},
    output::Stage,
};

/// Position among the owned workloads.
pub(super) type OwnedId = usize;

#[derive(Debug)]
pub(super) struct Owned<'m> {
    pub(super) workload: &'m Workload,
    /// In stage observe, by itself or with the whole package.
    pub(super) observed: bool,
}

impl Owned<'_> {
    pub(super) fn open(&self, direction: Direction) -> bool {
        match direction {
            Direction::Ingress => self.workload.open_ingress,
            Direction::Egress => self.workload.open_egress,
        }
    }

    pub(super) fn seals(&self, direction: Direction) -> bool {
        !self.open(direction)
    }

    /// Seals, and not in stage observe.
    pub(super) fn closes(&self, direction: Direction) -> bool {
        self.seals(direction) && !self.observed
    }
}

/// The subject of one spec.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// The workload itself.
    Whole,
    /// The pods of the workload that a part of the rule's set holds too.
    Part(Arc<Cube>),
}

impl Subject {
    pub(super) fn cube<'a>(&'a self, workload: &'a Workload) -> &'a Cube {
        match self {
            Self::Whole => &workload.pods,
            Self::Part(cube) => cube,
        }
    }
}

/// One end rule at one owned workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) owned: OwnedId,
    pub(super) subject: Subject,
}

#[derive(Debug)]
pub(super) struct Binder<'m> {
    pub(super) owned: Vec<Owned<'m>>,
    by_name: FxHashMap<SmolStr, OwnedId>,
    pub(super) classes: Classes,
    /// The workloads by what tests of them look at.
    kinds: KindIndex<Kind>,
}

/// Stage and seals, and the first workload that has them.
#[derive(Debug)]
struct Kind {
    observed: bool,
    seals: [bool; 2],
    first: OwnedId,
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        (self.observed, self.seals) == (other.observed, other.seals)
    }
}

impl<'m> Binder<'m> {
    pub(super) fn new(model: &'m Model, stage: Stage) -> Self {
        let owned: Vec<Owned<'m>> = model
            .workloads
            .iter()
            .filter(|w| w.ownership == Ownership::Owned)
            .map(|workload| Owned {
                workload,
                observed: workload.observed || stage == Stage::Observe,
            })
            .collect();
        let by_name = owned
            .iter()
            .enumerate()
            .map(|(i, own)| (own.workload.name.clone(), i))
            .collect();
        let classes = Classes::new(model, &owned);
        let kinds = owned.iter().enumerate().map(|(first, own)| {
            let kind = Kind {
                observed: own.observed,
                seals: [Direction::Ingress, Direction::Egress].map(|d| own.seals(d)),
                first,
            };
            (kind, &*own.workload.pods)
        });
        Self {
            kinds: KindIndex::new(kinds),
            owned,
            by_name,
            classes,
        }
    }

    pub(super) fn get(&self, id: OwnedId) -> Option<&Owned<'m>> {
        self.owned.get(id)
    }

    /// Some workload that may select a pod of the binding's subject passes the test.
    pub(super) fn any_over(&self, binding: &Binding, test: impl Fn(&Owned<'m>) -> bool) -> bool {
        let Some(own) = self.get(binding.owned) else {
            return false;
        };
        test(own) || self.any_meeting(binding.subject.cube(own.workload), test)
    }

    /// Some workload that may share a pod with `cube` passes a test, which may look at stage and
    /// seals alone.
    pub(super) fn any_meeting(&self, cube: &Cube, test: impl Fn(&Owned<'m>) -> bool) -> bool {
        let passes = |kind: &Kind| self.get(kind.first).is_some_and(&test);
        self.kinds.any(cube, passes)
    }

    /// Some workload of the classes passes a test, which may look at stage and seals alone.
    pub(super) fn any_of(&self, classes: &[ClassId], test: impl Fn(&Owned<'m>) -> bool) -> bool {
        let kinds = classes.iter().flat_map(|id| self.classes.kinds(*id));
        kinds.filter_map(|id| self.get(*id)).any(test)
    }

    /// The classes that may select one pod with a workload, asserted disjointness or not.
    fn meets(&self, id: OwnedId) -> Vec<ClassId> {
        let class = self.classes.of(id);
        class.map(|id| self.classes.meets(id)).unwrap_or_default()
    }

    pub(super) fn named(&self, name: &str) -> Option<OwnedId> {
        self.by_name.get(name).copied()
    }

    /// The classes that may share a pod with `cube`.
    pub(super) fn meeting(&self, cube: &Cube) -> Vec<ClassId> {
        self.classes.meeting(cube)
    }

    /// Where an end rule binds, in order of workload. A deny does not bind at what is in stage
    /// observe, but still at others that share its pods.
    pub(super) fn bind(&self, end: &EndRule) -> Vec<Binding> {
        if let Some(members) = self.only_members(end) {
            return members;
        }
        let mut places = Places::default();
        let all = end.subject.entities.contains(&Entity::All);
        if all {
            let classes = 0..self.classes.count();
            let ids = classes.flat_map(|class| self.bearing(class, end));
            places.whole.extend(ids);
        } else {
            self.bind_members(end, &mut places);
            self.bind_parts(end, &mut places);
        }
        // Members bind where they are named. What `all` and other parts bring is left out where an
        // object that carries it already holds every pod. Clauses stay: their union is made by
        // object.
        let named = end.subject.pods.iter().filter(|_| !all);
        let members: FxHashSet<OwnedId> = named
            .filter_map(|p| self.named(p.workload.as_deref()?))
            .collect();
        let classes = |ids: &mut dyn Iterator<Item = &OwnedId>| -> FxHashSet<ClassId> {
            ids.filter_map(|id| self.classes.of(*id)).collect()
        };
        let whole_of = classes(&mut places.whole.iter());
        let parts_of = classes(&mut places.parts.keys());
        let carried = |id: OwnedId| {
            let class = self.classes.of(id).and_then(|id| self.classes.get(id));
            let holders = class.map_or(&[][..], |class| &class.holders);
            let part = !places.whole.contains(&id);
            end.via.is_none()
                && !members.contains(&id)
                && holders
                    .iter()
                    .any(|h| whole_of.contains(h) || (part && parts_of.contains(h)))
        };
        places.bindings(carried)
    }

    /// A rule with HTTP entries sends the port to a proxy that speaks nothing else, so in an open
    /// direction it stands at those pods only that another workload closes, and not where that one
    /// carries it itself.
    pub(super) fn closed_parts(&self, end: &EndRule, bindings: Vec<Binding>) -> Vec<Binding> {
        let http = |via: &Arc<npl_policy::model::Via>| via.kind() == ViaKind::Http;
        if !end.via.as_ref().is_some_and(http) {
            return bindings;
        }
        let whole = |binding: &&Binding| binding.subject == Subject::Whole;
        let carried: FxHashSet<OwnedId> = bindings
            .iter()
            .filter(whole)
            .map(|binding| binding.owned)
            .collect();
        let mut closing: FxHashMap<ClassId, bool> = FxHashMap::default();
        let mut closes = |class: ClassId| {
            *closing.entry(class).or_insert_with(|| {
                let sealing = self.classes.sealing(class, end.direction);
                sealing.iter().any(|id| !carried.contains(id))
            })
        };
        let mut out = Vec::with_capacity(bindings.len());
        for binding in bindings {
            let own = self.get(binding.owned);
            let Some(own) = own.filter(|own| own.open(end.direction)) else {
                out.push(binding);
                continue;
            };
            let subject = binding.subject.cube(own.workload);
            let classes = self.meets(binding.owned).into_iter();
            let parts: Vec<Arc<Cube>> = classes
                .filter(|class| closes(*class))
                .filter_map(|class| self.classes.cube(class))
                .map(|other| subject.intersect(other))
                .filter(|both| !both.is_empty())
                .map(Arc::new)
                .collect();
            out.extend(distinct(&parts).into_iter().map(|cube| Binding {
                owned: binding.owned,
                subject: Subject::Part(cube),
            }));
        }
        out
    }

    fn bears(&self, id: OwnedId, end: &EndRule) -> bool {
        let observed = self.get(id).is_some_and(|o| o.observed);
        end.verdict == Verdict::Allow || !observed
    }

    /// The workloads of a class at which a rule on their predicate stands: with a clause all that
    /// bear it, else the first of them, whose object holds the pods of the others.
    fn bearing<'a>(
        &'a self,
        class: ClassId,
        end: &'a EndRule,
    ) -> impl Iterator<Item = OwnedId> + use<'a, 'm> {
        let (ids, most) = match end.via {
            Some(_) => (self.classes.members(class), usize::MAX),
            None => (self.classes.kinds(class), 1),
        };
        let ids = ids.iter().copied();
        ids.filter(|id| self.bears(*id, end)).take(most)
    }

    /// The common case: each part of the subject is an owned workload that bears the rule.
    fn only_members(&self, end: &EndRule) -> Option<Vec<Binding>> {
        if end.subject.entities.contains(&Entity::All) {
            return None;
        }
        let mut ids = Vec::with_capacity(end.subject.pods.len());
        for part in &end.subject.pods {
            ids.push(
                self.named(part.workload.as_deref()?)
                    .filter(|id| self.bears(*id, end))?,
            );
        }
        ids.sort_unstable();
        ids.dedup();
        let whole = |owned| Binding {
            owned,
            subject: Subject::Whole,
        };
        Some(ids.into_iter().map(whole).collect())
    }

    fn bind_members(&self, end: &EndRule, places: &mut Places) {
        for part in &end.subject.pods {
            if let Some(id) = part.workload.as_deref().and_then(|name| self.named(name))
                && self.bears(id, end)
            {
                places.whole.insert(id);
            }
        }
    }

    fn bind_parts(&self, end: &EndRule, places: &mut Places) {
        for part in &end.subject.pods {
            let member = part.workload.as_deref().and_then(|name| self.named(name));
            if member.is_some_and(|id| self.bears(id, end)) {
                continue;
            }
            for class in self.meeting(&part.pods) {
                let Some(pods) = self.classes.cube(class) else {
                    continue;
                };
                if pods.implies(&part.pods) {
                    places.whole.extend(self.bearing(class, end));
                    continue;
                }
                let both = Arc::new(pods.intersect(&part.pods));
                for id in self.bearing(class, end).filter(|_| !both.is_empty()) {
                    if !places.whole.contains(&id) {
                        places.parts.entry(id).or_default().push(both.clone());
                    }
                }
            }
        }
    }
}

/// Where a rule may bind, before what others carry is left out.
#[derive(Debug, Default)]
struct Places {
    whole: FxHashSet<OwnedId>,
    parts: FxHashMap<OwnedId, Vec<Arc<Cube>>>,
}

impl Places {
    fn bindings(&self, carried: impl Fn(OwnedId) -> bool) -> Vec<Binding> {
        let mut out: Vec<Binding> = Vec::with_capacity(self.whole.len() + self.parts.len());
        let whole = self.whole.iter().filter(|id| !carried(**id));
        out.extend(whole.map(|id| Binding {
            owned: *id,
            subject: Subject::Whole,
        }));
        for (id, cubes) in &self.parts {
            if self.whole.contains(id) || carried(*id) {
                continue;
            }
            out.extend(distinct(cubes).into_iter().map(|cube| Binding {
                owned: *id,
                subject: Subject::Part(cube),
            }));
        }
        // Stable, so that the parts of one workload keep the order of the rule.
        out.sort_by_key(|b| b.owned);
        out
    }
}

/// Without those that another one holds.
fn distinct(cubes: &[Arc<Cube>]) -> Vec<Arc<Cube>> {
    let mut out: Vec<Arc<Cube>> = Vec::with_capacity(cubes.len());
    for cube in cubes {
        if out.iter().any(|have| cube.implies(have)) {
            continue;
        }
        out.retain(|have| !have.implies(cube));
        out.push(cube.clone());
    }
    out
}
