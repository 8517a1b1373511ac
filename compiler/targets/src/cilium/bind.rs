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
    overlap::OverlapIndex,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::output::Stage;

/// Position among the owned workloads.
pub(super) type OwnedId = usize;

#[derive(Debug)]
pub(super) struct Owned<'m> {
    pub(super) workload: &'m Workload,
    /// In stage observe, by itself or with the whole package.
    pub(super) observed: bool,
    /// The others that may select one pod with it, in order. Asserted disjointness is taken out.
    pub(super) neighbours: Vec<OwnedId>,
    /// The same, and those that are only asserted to be disjoint.
    pub(super) meets: Vec<OwnedId>,
    /// Others that hold all its pods; of two equal ones the first holds the second.
    holders: Vec<OwnedId>,
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
    index: OverlapIndex,
    /// Asserted pairs that kept two workloads apart, for the header.
    pub(super) assumed: Vec<(SmolStr, SmolStr)>,
}

impl<'m> Binder<'m> {
    pub(super) fn new(model: &'m Model, stage: Stage) -> Self {
        let workloads: Vec<&Workload> = model
            .workloads
            .iter()
            .filter(|w| w.ownership == Ownership::Owned)
            .collect();
        let cubes: Vec<&Cube> = workloads.iter().map(|w| &*w.pods).collect();
        let index = OverlapIndex::new(&cubes);
        let by_name = workloads
            .iter()
            .enumerate()
            .map(|(i, w)| (w.name.clone(), i))
            .collect();
        let mut out = Self {
            owned: Vec::with_capacity(workloads.len()),
            by_name,
            index,
            assumed: Vec::new(),
        };
        let asserted = super::assumed::Asserted::new(model);
        for (id, workload) in workloads.iter().enumerate() {
            let mut meets = out.index.candidates(&workload.pods);
            meets.retain(|other| *other != id);
            let pods = |other: OwnedId| workloads.get(other).map(|w| &*w.pods);
            let holders = meets.iter().copied().filter(|other| {
                pods(*other).is_some_and(|theirs| {
                    workload.pods.implies(theirs)
                        && (*other < id || !theirs.implies(&workload.pods))
                })
            });
            let holders = holders.collect();
            let mut neighbours = meets.clone();
            neighbours.retain(|other| {
                let apart = pods(*other).is_some_and(|p| asserted.apart(&workload.pods, p));
                if apart
                    && id < *other
                    && let Some(theirs) = workloads.get(*other)
                {
                    out.assumed
                        .push((workload.short.clone(), theirs.short.clone()));
                }
                !apart
            });
            out.owned.push(Owned {
                workload,
                observed: workload.observed || stage == Stage::Observe,
                neighbours,
                meets,
                holders,
            });
        }
        out
    }

    pub(super) fn get(&self, id: OwnedId) -> Option<&Owned<'m>> {
        self.owned.get(id)
    }

    /// Some workload that may select a pod of the binding's subject passes the test.
    pub(super) fn any_over(&self, binding: &Binding, test: impl Fn(&Owned<'m>) -> bool) -> bool {
        let passes = |id: OwnedId| self.get(id).is_some_and(&test);
        passes(binding.owned)
            || match &binding.subject {
                Subject::Whole => self
                    .get(binding.owned)
                    .is_some_and(|own| own.meets.iter().copied().any(passes)),
                Subject::Part(cube) => self.meeting(cube).into_iter().any(passes),
            }
    }

    pub(super) fn named(&self, name: &str) -> Option<OwnedId> {
        self.by_name.get(name).copied()
    }

    /// The owned workloads that may share a pod with `cube`.
    pub(super) fn meeting(&self, cube: &Cube) -> Vec<OwnedId> {
        self.index.candidates(cube)
    }

    /// Where an end rule binds, in order of workload. A deny does not bind at what is in stage
    /// observe, but still at others that share its pods.
    pub(super) fn bind(&self, end: &EndRule) -> Vec<Binding> {
        let bears = |id: OwnedId| {
            let observed = self.get(id).is_some_and(|o| o.observed);
            end.verdict == Verdict::Allow || !observed
        };
        if let Some(members) = self.only_members(end, &bears) {
            return members;
        }
        let mut whole: FxHashSet<OwnedId> = FxHashSet::default();
        let mut parts: FxHashMap<OwnedId, Vec<Arc<Cube>>> = FxHashMap::default();
        let all = end.subject.entities.contains(&Entity::All);
        if all {
            whole.extend((0..self.owned.len()).filter(|id| bears(*id)));
        } else {
            self.bind_members(end, &bears, &mut whole);
            self.bind_parts(end, &bears, &mut whole, &mut parts);
        }
        // Members bind where they are named. What `all` and other parts bring is left out where an
        // object that carries it already holds every pod. Clauses stay: their union is made by
        // object.
        let members: FxHashSet<OwnedId> = end
            .subject
            .pods
            .iter()
            .filter_map(|p| self.named(p.workload.as_deref()?))
            .filter(|_| !all)
            .collect();
        let carried = |id: OwnedId| {
            end.via.is_none()
                && !members.contains(&id)
                && self.get(id).is_some_and(|own| {
                    own.holders.iter().any(|h| {
                        bears(*h)
                            && (whole.contains(h)
                                || (!whole.contains(&id) && parts.contains_key(h)))
                    })
                })
        };
        let mut out: Vec<Binding> = Vec::with_capacity(whole.len() + parts.len());
        out.extend(whole.iter().filter(|id| !carried(**id)).map(|id| Binding {
            owned: *id,
            subject: Subject::Whole,
        }));
        for (id, cubes) in &parts {
            if whole.contains(id) || carried(*id) {
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
        let mut out = Vec::with_capacity(bindings.len());
        for binding in bindings {
            let own = self.get(binding.owned);
            let Some(own) = own.filter(|own| own.open(end.direction)) else {
                out.push(binding);
                continue;
            };
            let subject = binding.subject.cube(own.workload);
            let closing = own.meets.iter().filter(|id| !carried.contains(id));
            let closing = closing.filter_map(|id| self.get(*id));
            let parts: Vec<Arc<Cube>> = closing
                .filter(|other| other.seals(end.direction))
                .map(|other| subject.intersect(&other.workload.pods))
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

    /// The common case: each part of the subject is an owned workload that bears the rule.
    fn only_members(
        &self,
        end: &EndRule,
        bears: &impl Fn(OwnedId) -> bool,
    ) -> Option<Vec<Binding>> {
        if end.subject.entities.contains(&Entity::All) {
            return None;
        }
        let mut ids = Vec::with_capacity(end.subject.pods.len());
        for part in &end.subject.pods {
            ids.push(
                self.named(part.workload.as_deref()?)
                    .filter(|id| bears(*id))?,
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

    fn bind_members(
        &self,
        end: &EndRule,
        bears: &impl Fn(OwnedId) -> bool,
        whole: &mut FxHashSet<OwnedId>,
    ) {
        for part in &end.subject.pods {
            if let Some(id) = part.workload.as_deref().and_then(|name| self.named(name))
                && bears(id)
            {
                whole.insert(id);
            }
        }
    }

    fn bind_parts(
        &self,
        end: &EndRule,
        bears: &impl Fn(OwnedId) -> bool,
        whole: &mut FxHashSet<OwnedId>,
        parts: &mut FxHashMap<OwnedId, Vec<Arc<Cube>>>,
    ) {
        for part in &end.subject.pods {
            let member = part.workload.as_deref().and_then(|name| self.named(name));
            if member.is_some_and(bears) {
                continue;
            }
            for id in self.meeting(&part.pods) {
                let Some(own) = self.get(id).filter(|_| bears(id) && !whole.contains(&id)) else {
                    continue;
                };
                if own.workload.pods.implies(&part.pods) {
                    whole.insert(id);
                    continue;
                }
                let both = own.workload.pods.intersect(&part.pods);
                if !both.is_empty() {
                    parts.entry(id).or_default().push(Arc::new(both));
                }
            }
        }
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
