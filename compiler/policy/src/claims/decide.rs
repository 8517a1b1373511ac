//! Each claim to its outcome.

use std::{cell::OnceCell, collections::BTreeSet};

use smol_str::SmolStr;

use super::{
    Assumption, ClaimOutcome, Decision, NotChecked, Unenforced, Witness, disjoint,
    edge::{End, Found, find, sealed},
    liveness,
    region::{Block, Cut, Region, Work, pod_cube},
    space::{Kind, Target, holds_kind, targets},
    witness,
    world::World,
};
use crate::{
    addr::AddrSet,
    interpret::{Interpreter, Members, Side, pods_of},
    inventory::Inventory,
    label::{Cube, TooLarge},
    model::{Claim, ClaimKind, Direction, Entity, Model, Pod, Set},
    port::PortSet,
};

/// Every claim of the model, in order.
pub fn decide(model: &Model, inventory: Option<&Inventory>) -> Vec<ClaimOutcome> {
    if model.claims.is_empty() {
        return Vec::new();
    }
    let mut world = World::new(model);
    world.assumed = disjoint::assumed(model, inventory);
    let judge = Judge {
        world,
        interpreter: OnceCell::new(),
        members: OnceCell::new(),
        inventory,
        keys: inventory.map(|_| Keys::of(model)),
    };
    (0..model.claims.len())
        .map(|claim| judge.decide(claim))
        .collect()
}

pub(super) struct Judge<'m> {
    pub(super) world: World<'m>,
    /// Made when a flow is to be shown: claims that hold need neither.
    interpreter: OnceCell<Interpreter<'m>>,
    members: OnceCell<Members<'m>>,
    pub(super) inventory: Option<&'m Inventory>,
    keys: Option<Keys>,
}

/// A claim about edges from one set to another that must not exist.
struct Question<'m> {
    from: Vec<Target<'m>>,
    to: Vec<Target<'m>>,
    ports: PortSet,
    /// Sources that may have an edge.
    spared: Vec<Cut>,
    /// Of a finding: what the source and the destination were called.
    ends: (&'m Set, &'m Set),
}

impl<'m> Judge<'m> {
    pub(super) fn interpreter(&self) -> &Interpreter<'m> {
        self.interpreter
            .get_or_init(|| Interpreter::without_platform(self.world.model))
    }

    pub(super) fn members(&self) -> &Members<'m> {
        self.members
            .get_or_init(|| Members::new(self.world.model, self.inventory))
    }

    fn decide(&self, claim: usize) -> ClaimOutcome {
        let mut assumptions = Vec::new();
        let decision = self
            .kind(claim, &mut assumptions)
            .unwrap_or_else(|TooLarge { limit }| {
                assumptions.clear();
                Decision::TooLarge(limit)
            });
        if !matches!(decision, Decision::Holds | Decision::HoldsHere(_)) {
            assumptions.clear();
        }
        assumptions.sort();
        assumptions.dedup();
        ClaimOutcome {
            claim,
            decision,
            assumptions,
        }
    }

    fn kind(&self, index: usize, out: &mut Vec<Assumption>) -> Result<Decision, TooLarge> {
        let model = self.world.model;
        let Some(claim) = model.claims.get(index) else {
            return Ok(Decision::Holds);
        };
        let all = |ports: &Option<std::sync::Arc<PortSet>>| {
            ports.as_ref().map_or_else(PortSet::all, |p| (**p).clone())
        };
        match &claim.kind {
            ClaimKind::CannotReach {
                from,
                to,
                ports,
                hops,
            } => {
                let decision = self.cannot(from, to, all(ports), out)?;
                Ok(match decision {
                    Decision::Holds | Decision::HoldsHere(_) if *hops > 1 => {
                        Decision::NotChecked(NotChecked::Hops(*hops))
                    }
                    decided => decided,
                })
            }
            ClaimKind::OnlyCanReach { from, to, ports } => self.only(from, to, all(ports), out),
            ClaimKind::CanReach { from, to, ports } => {
                Ok(liveness::decide(self, from, to, ports.as_deref()))
            }
            ClaimKind::Disjoint { left, right } => disjoint::decide(left, right, self.inventory),
            ClaimKind::Breach { .. } => Ok(Decision::NotChecked(NotChecked::Breach)),
        }
    }

    fn cannot(
        &self,
        from: &'m Set,
        to: &'m Set,
        ports: PortSet,
        out: &mut Vec<Assumption>,
    ) -> Result<Decision, TooLarge> {
        let question = Question {
            from: targets(self.world.model, from),
            to: targets(self.world.model, to),
            ports,
            spared: Vec::new(),
            ends: (from, to),
        };
        if let Some(side) = empty_end(&question.from, &question.to) {
            return Ok(Decision::Vacuous(side));
        }
        let owned = |t: &Target<'_>| match &t.region {
            Region::Pods(cube) => self.world.may_be_owned(cube),
            _ => false,
        };
        if !question.from.iter().chain(&question.to).any(owned) {
            return Ok(Decision::NothingEnforces(Unenforced::NoEnd));
        }
        self.safety(&question, out)
    }

    fn only(
        &self,
        from: &'m Set,
        to: &'m Set,
        ports: PortSet,
        out: &mut Vec<Assumption>,
    ) -> Result<Decision, TooLarge> {
        let to_targets = targets(self.world.model, to);
        let allowed = targets(self.world.model, from);
        if let Some(side) = empty_end(&allowed, &to_targets) {
            return Ok(Decision::Vacuous(side));
        }
        for target in &to_targets {
            let Region::Pods(cube) = &target.region else {
                return Ok(Decision::NothingEnforces(Unenforced::NotPods));
            };
            if !sealed(&self.world, Direction::Ingress, cube)? {
                let called = target.called.clone();
                return Ok(Decision::NothingEnforces(Unenforced::NotSealed(called)));
            }
        }
        let question = Question {
            from: complement(self.world.model, from),
            to: to_targets,
            ports,
            spared: spared(from),
            ends: (from, to),
        };
        self.safety(&question, out)
    }

    /// Open world first; what fails there may still hold under a `disjoint` claim, or for the pods
    /// that the inventory shows.
    fn safety(
        &self,
        question: &Question<'m>,
        out: &mut Vec<Assumption>,
    ) -> Result<Decision, TooLarge> {
        let open = self.search(question, &question.from, &question.to, false)?;
        let Some((block, ends)) = open.edge else {
            out.extend(open.found.assumptions);
            return Ok(Decision::Holds);
        };
        let breaking = self.witness(&block, &ends, question);
        if !self.world.assumed.is_empty() {
            let assumed = self.search(question, &question.from, &question.to, true)?;
            if assumed.edge.is_none() {
                out.extend(assumed.found.assumptions);
                out.extend(assumed.found.disjoint.into_iter().map(Assumption::Disjoint));
                return Ok(Decision::Holds);
            }
        }
        let (Some(inventory), Some(keys)) = (self.inventory, &self.keys) else {
            return Ok(Decision::Fails(Box::new(breaking)));
        };
        let from = keys.close(&question.from, inventory);
        let to = keys.close(&question.to, inventory);
        // Of `only`, sources that no inventory pod is are no vacuity: nothing else reaches it.
        if question.spared.is_empty()
            && let Some(side) = empty_end(&from, &to)
        {
            return Ok(Decision::Vacuous(side));
        }
        if to.is_empty() {
            return Ok(Decision::Vacuous(Side::Destination));
        }
        let closed = self.search(question, &from, &to, false)?;
        match closed.edge {
            Some((block, ends)) => {
                let witness = self.witness(&block, &ends, question);
                Ok(Decision::Fails(Box::new(witness)))
            }
            None => {
                out.extend(closed.found.assumptions);
                Ok(Decision::HoldsHere(Box::new(breaking)))
            }
        }
    }

    fn search(
        &self,
        question: &Question<'m>,
        from: &[Target<'m>],
        to: &[Target<'m>],
        assume: bool,
    ) -> Result<Searched<'m>, TooLarge> {
        let mut work = Work::default();
        let mut cuts = question.spared.clone();
        if assume {
            cuts.extend(self.world.assumed_cuts());
        }
        let sources: Vec<End<'_, 'm>> = from
            .iter()
            .map(|t| End::new(&self.world, Direction::Egress, t))
            .collect();
        let destinations: Vec<End<'_, 'm>> = to
            .iter()
            .map(|t| End::new(&self.world, Direction::Ingress, t))
            .collect();
        let mut sum = Found::default();
        for source in &sources {
            for destination in &destinations {
                let found = find(
                    &self.world,
                    source,
                    destination,
                    &question.ports,
                    &cuts,
                    &mut work,
                )?;
                sum.assumptions.extend(found.assumptions);
                sum.disjoint.extend(found.disjoint);
                if let Some(block) = found.edge {
                    let ends = (source.target.clone(), destination.target.clone());
                    return Ok(Searched {
                        edge: Some((block, ends)),
                        found: sum,
                    });
                }
            }
        }
        Ok(Searched {
            edge: None,
            found: sum,
        })
    }

    fn witness(
        &self,
        block: &Block,
        ends: &(Target<'m>, Target<'m>),
        question: &Question<'m>,
    ) -> Witness {
        witness::of(self, block, (&ends.0, &ends.1), question.ends)
    }

    /// What no rule can tell from the pod.
    pub(super) fn exactly(&self, pod: &Pod) -> Option<Cube> {
        self.keys.as_ref().map(|keys| keys.exactly(pod))
    }
}

/// A claim about whoever reaches pods, the pods' own node among them: what the platform lets it do
/// without a rule is no edge, and a report says so once.
pub fn leaves_out_platform(model: &Model, claim: &Claim) -> bool {
    let (sources, to) = match &claim.kind {
        ClaimKind::CannotReach { from, to, .. } | ClaimKind::CanReach { from, to, .. } => {
            (targets(model, from), to)
        }
        ClaimKind::OnlyCanReach { from, to, .. } => (complement(model, from), to),
        ClaimKind::Breach { .. } | ClaimKind::Disjoint { .. } => return false,
    };
    let pods = !to.pods.is_empty() || holds_kind(to, Kind::Pods);
    let host = |target: &Target<'_>| matches!(target.kind, Kind::Host { .. });
    pods && sources.iter().any(host)
}

/// An edge with the parts it leads from and to; else what its absence took for granted.
struct Searched<'m> {
    edge: Option<(Block, (Target<'m>, Target<'m>))>,
    found: Found,
}

fn empty_end(from: &[Target<'_>], to: &[Target<'_>]) -> Option<Side> {
    let empty = |ends: &[Target<'_>]| {
        ends.iter()
            .all(|t| matches!(&t.region, Region::Pods(cube) if cube.is_empty()))
    };
    if empty(from) {
        Some(Side::Source)
    } else if empty(to) {
        Some(Side::Destination)
    } else {
        None
    }
}

/// What is not in a set: whole kinds that it does not hold; parts of kinds are spared by cuts.
fn complement<'m>(model: &'m Model, set: &Set) -> Vec<Target<'m>> {
    static EVERYTHING: std::sync::LazyLock<Set> = std::sync::LazyLock::new(|| Set {
        entities: vec![Entity::All],
        ..Set::default()
    });
    let mut all = targets(model, &EVERYTHING);
    all.retain(|target| !holds_kind(set, target.kind));
    all
}

/// The parts of a set, as sources that a question does not ask about.
fn spared(set: &Set) -> Vec<Cut> {
    let pods = set
        .pods
        .iter()
        .map(|part| Region::Pods((*part.pods).clone()));
    let nets = (!set.nets.is_empty()).then(|| Region::Addrs(AddrSet::from_nets(&set.nets)));
    let cut = |x: Region| Cut {
        block: Block {
            x,
            y: Region::Any,
            ports: PortSet::all(),
        },
        assumed: None,
    };
    pods.chain(nets).map(cut).collect()
}

/// The dimensions that the model speaks of: what pods differ in otherwise, no rule can tell.
struct Keys {
    labels: BTreeSet<SmolStr>,
    namespace_labels: BTreeSet<SmolStr>,
}

impl Keys {
    fn of(model: &Model) -> Self {
        let mut keys = Self {
            labels: BTreeSet::new(),
            namespace_labels: BTreeSet::new(),
        };
        let sets = model
            .ends
            .iter()
            .flat_map(|end| [&*end.subject, &*end.peers]);
        let claimed = model
            .claims
            .iter()
            .flat_map(|claim| witness::sets_of(&claim.kind));
        for part in sets.chain(claimed).flat_map(|set| &set.pods) {
            keys.add(&part.pods);
        }
        for workload in &model.workloads {
            keys.add(&workload.pods);
        }
        keys
    }

    fn add(&mut self, cube: &Cube) {
        let new = |have: &BTreeSet<SmolStr>, key: &SmolStr| !have.contains(key);
        for (key, _) in cube.labels() {
            if new(&self.labels, key) {
                self.labels.insert(key.clone());
            }
        }
        for (key, _) in cube.namespace_labels() {
            if new(&self.namespace_labels, key) {
                self.namespace_labels.insert(key.clone());
            }
        }
    }

    /// The predicate that holds the pod and what no rule can tell from it.
    fn exactly(&self, pod: &Pod) -> Cube {
        pod_cube(pod, self.labels.iter(), self.namespace_labels.iter())
    }

    /// Pods become those of the inventory; every other kind stays as it is.
    fn close<'m>(&self, open: &[Target<'m>], inventory: &Inventory) -> Vec<Target<'m>> {
        let pods: Vec<Pod> = pods_of(inventory).collect();
        let mut out: Vec<Target<'m>> = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        for target in open {
            let Region::Pods(cube) = &target.region else {
                out.push(target.clone());
                continue;
            };
            for pod in pods.iter().filter(|pod| cube.matches(pod)) {
                let exact = self.exactly(pod);
                if seen.insert(exact.clone()) {
                    out.push(Target {
                        region: Region::Pods(exact),
                        ..target.clone()
                    });
                }
            }
        }
        out
    }
}
