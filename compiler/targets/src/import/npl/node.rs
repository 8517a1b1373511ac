//! What the rules of a model name: each predicate, network and external once.

use std::sync::Arc;

use npl_policy::{
    addr::Net,
    label::Cube,
    model::{Entity, Model, NamePart, Ownership, Set},
    name::NamePattern,
    overlap::OverlapIndex,
};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{
    Unsaid,
    selector::{sayable, without_accounts},
};

/// One member of an end of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Node {
    Pods(usize),
    Nets(usize),
    Names(usize),
    Entity(Entity),
}

/// Pods that are declared.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) cube: Cube,
    pub(super) owned: bool,
    pub(super) open_ingress: bool,
    pub(super) open_egress: bool,
    pub(super) docs: Vec<SmolStr>,
    /// Of the objects that select these pods, in order.
    pub(super) objects: Vec<usize>,
    /// It is a group: the pods of one selector without those of others.
    pub(super) except: Option<(usize, Vec<usize>)>,
}

/// Everything that is named.
#[derive(Default)]
pub(super) struct Nodes {
    pub(super) selectors: Vec<Selector>,
    by_cube: FxHashMap<Cube, usize>,
    pub(super) nets: Vec<Vec<Net>>,
    by_nets: FxHashMap<Vec<Net>, usize>,
    pub(super) names: Vec<Vec<NamePattern>>,
    by_names: FxHashMap<Vec<NamePattern>, usize>,
    owned: OverlapIndex,
    /// The positions of `owned` as selectors.
    owners: Vec<usize>,
}

impl Nodes {
    /// Declares the owned workloads of the model. Those with one predicate become one, which seals
    /// what any of them seals.
    pub(super) fn owned(
        model: &Model,
        objects: &[Option<usize>],
        unsaid: &mut Vec<Unsaid>,
    ) -> Self {
        let mut out = Self::default();
        let objects = objects.iter().copied().chain(std::iter::repeat(None));
        for (workload, object) in model.workloads.iter().zip(objects) {
            if workload.ownership != Ownership::Owned || workload.pods.is_empty() {
                continue;
            }
            let cubes = sayable(&workload.pods);
            if cubes.iter().any(|cube| without_accounts(cube).is_some()) {
                let why = "no declaration can say \"every account but\"";
                unsaid.push(Unsaid {
                    rule: None,
                    place: Some(workload.place),
                    object,
                    why: why.to_owned(),
                });
                continue;
            }
            for cube in cubes {
                let at = out.selector(&cube);
                if let Some(found) = out.selectors.get_mut(at) {
                    let first = !found.owned;
                    found.owned = true;
                    found.open_ingress = workload.open_ingress && (first || found.open_ingress);
                    found.open_egress = workload.open_egress && (first || found.open_egress);
                    let doc = workload.doc.iter().filter(|doc| !found.docs.contains(doc));
                    let doc: Vec<SmolStr> = doc.cloned().collect();
                    found.docs.extend(doc);
                    if let Some(object) = object
                        && !found.objects.contains(&object)
                    {
                        found.objects.push(object);
                    }
                }
            }
        }
        let cubes: Vec<&Cube> = out.selectors.iter().map(|s| &s.cube).collect();
        out.owned = OverlapIndex::new(&cubes);
        out.owners = (0..out.selectors.len()).collect();
        out
    }

    fn selector(&mut self, cube: &Cube) -> usize {
        if let Some(at) = self.by_cube.get(cube) {
            return *at;
        }
        self.selectors.push(Selector {
            cube: cube.clone(),
            owned: false,
            open_ingress: false,
            open_egress: false,
            docs: Vec::new(),
            objects: Vec::new(),
            except: None,
        });
        let at = self.selectors.len() - 1;
        self.by_cube.insert(cube.clone(), at);
        if let Some((whole, minus)) = without_accounts(cube) {
            let whole = self.selector(&whole);
            let minus = minus.iter().map(|cube| self.selector(cube)).collect();
            if let Some(selector) = self.selectors.get_mut(at) {
                selector.except = Some((whole, minus));
            }
        }
        at
    }

    /// Makes sure that pods of which all are owned are declared so, without closing anything.
    fn own(&mut self, at: usize) {
        let Some(selector) = self.selectors.get_mut(at) else {
            return;
        };
        if let Some((whole, _)) = selector.except {
            return self.own(whole);
        }
        if !selector.owned {
            selector.owned = true;
            selector.open_ingress = true;
            selector.open_egress = true;
        }
    }

    /// Whether a rule may bind at these pods at all.
    pub(super) fn meets_owned(&self, node: Node) -> bool {
        match node {
            Node::Pods(at) => self
                .selectors
                .get(at)
                .is_some_and(|s| s.owned || self.owned.meets(&s.cube)),
            Node::Entity(Entity::All) => true,
            Node::Nets(_) | Node::Names(_) | Node::Entity(_) => false,
        }
    }

    pub(super) fn is_owned(&self, node: Node) -> bool {
        match node {
            Node::Pods(at) => self.selectors.get(at).is_some_and(|s| match s.except {
                Some((whole, _)) => self.is_owned(Node::Pods(whole)),
                None => s.owned,
            }),
            _ => node == Node::Entity(Entity::All),
        }
    }

    /// The members of a set as a peer.
    pub(super) fn peers(&mut self, set: &Set) -> Vec<Node> {
        if set.entities.contains(&Entity::All) {
            return vec![Node::Entity(Entity::All)];
        }
        let mut out = Vec::new();
        for part in set.pods.iter().filter(|part| !part.pods.is_empty()) {
            for cube in sayable(&part.pods) {
                out.push(Node::Pods(self.selector(&cube)));
            }
        }
        out.extend(self.networks(&set.nets));
        out.extend(self.externals(&set.names));
        out.extend(set.entities.iter().copied().map(Node::Entity));
        let mut seen = rustc_hash::FxHashSet::default();
        out.retain(|node| seen.insert(*node));
        out
    }

    fn networks(&mut self, nets: &[Net]) -> Option<Node> {
        let mut nets: Vec<Net> = nets.iter().filter(|net| !net.is_empty()).cloned().collect();
        nets.sort();
        nets.dedup();
        if nets.is_empty() {
            return None;
        }
        let next = self.nets.len();
        let at = *self.by_nets.entry(nets.clone()).or_insert(next);
        if at == next {
            self.nets.push(nets);
        }
        Some(Node::Nets(at))
    }

    fn externals(&mut self, parts: &[NamePart]) -> Option<Node> {
        let mut names: Vec<NamePattern> = parts.iter().map(|part| part.pattern.clone()).collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            return None;
        }
        let next = self.names.len();
        let at = *self.by_names.entry(names.clone()).or_insert(next);
        if at == next {
            self.names.push(names);
        }
        Some(Node::Names(at))
    }

    /// The members of a set as a subject: each is owned. What is not declared as an owned workload
    /// is cut by those that are, and the cuts are owned but close nothing. `None`: some of its pods
    /// cannot be declared.
    pub(super) fn subjects(&mut self, set: &Set) -> Vec<Node> {
        if set.entities.contains(&Entity::All) {
            return vec![Node::Entity(Entity::All)];
        }
        let mut out = Vec::new();
        for part in set.pods.iter().filter(|part| !part.pods.is_empty()) {
            self.subject(&part.pods, &mut out);
        }
        let mut seen = rustc_hash::FxHashSet::default();
        out.retain(|node| seen.insert(*node));
        out
    }

    fn subject(&mut self, cube: &Arc<Cube>, out: &mut Vec<Node>) {
        let known = self.by_cube.get(&**cube).copied();
        if let Some(at) = known
            && self.is_owned(Node::Pods(at))
        {
            out.push(Node::Pods(at));
            return;
        }
        // Of those that meet it there may be very many, so first comes whether one holds it.
        let cuts: Vec<Cube> = match self.owned.holding(cube).is_empty() {
            false => vec![Cube::clone(cube)],
            true => {
                let meeting = self.owned.candidates(cube).into_iter();
                let owners = meeting.filter_map(|at| self.owners.get(at));
                let owners = owners.filter_map(|at| self.selectors.get(*at));
                owners.map(|owner| cube.intersect(&owner.cube)).collect()
            }
        };
        for cut in cuts {
            for piece in sayable(&cut) {
                let at = self.selector(&piece);
                self.own(at);
                out.push(Node::Pods(at));
            }
        }
    }
}
