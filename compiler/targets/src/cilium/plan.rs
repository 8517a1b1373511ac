//! The plan: which rules stand at which workloads in which form. Both the check half and the
//! emitter read it, so that what is checked is what is written.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{
    label::Cube,
    model::{Direction, EndRule, Entity, Model, Rule, Set, Verdict, Via},
    port::PortSet,
};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    beside,
    bind::{Binder, Owned, OwnedId, Subject},
    findings::Findings,
    normal::{self, Table},
    output::Stage,
    peers::{Member, PeerId, PeerTable},
    settings::Settings,
    shape::Clauses,
    via,
};

/// Position in `Plan::ends`, which is that in `Model::ends`.
pub(super) type EndId = usize;

#[derive(Debug)]
pub(super) struct End<'m> {
    pub(super) rule: &'m EndRule,
    pub(super) origin: &'m Rule,
    pub(super) peers: Arc<[Member]>,
    /// Where a clause of the rule stands, of its peers.
    pub(super) clause: ClauseAt,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClauseAt {
    /// At none: the rule has no clause, or the other end checks it.
    None,
    All,
    /// At those that are marked; the others are checked at their own end.
    Some(FxHashSet<PeerId>),
}

impl End<'_> {
    pub(super) fn clause_at(&self, peer: PeerId) -> Option<&Arc<Via>> {
        let here = match &self.clause {
            ClauseAt::None => false,
            ClauseAt::All => true,
            ClauseAt::Some(marked) => marked.contains(&peer),
        };
        self.rule.via.as_ref().filter(|_| here)
    }
}

/// One rule at one subject of one workload.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) end: EndId,
    pub(super) subject: Subject,
}

/// What became of one end rule at one subject where its plain form would not do.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) peer: PeerId,
    pub(super) ports: Arc<PortSet>,
    pub(super) clauses: Clauses,
    /// In another spelling, so that Cilium keeps it apart.
    pub(super) respelled: bool,
    /// Other rules whose clause this piece carries: positions in `Model::rules`.
    pub(super) with: Vec<u32>,
}

/// What one workload's object holds in one direction.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// In order of rule.
    pub(super) bound: Vec<Bound>,
    /// By position in `bound`.
    pub(super) changed: FxHashMap<usize, Vec<Piece>>,
    /// Clauses are left out: the workload is in stage observe.
    pub(super) stripped: bool,
}

#[derive(Debug)]
pub(super) struct Plan<'m> {
    pub(super) model: &'m Model,
    pub(super) settings: &'m Settings,
    pub(super) binder: Binder<'m>,
    pub(super) peers: PeerTable,
    pub(super) ends: Vec<End<'m>>,
    /// By owned workload: ingress and egress.
    pub(super) sides: Vec<[Side; 2]>,
    /// Deny rules that some workload in stage observe leaves out: positions in `Model::rules`.
    pub(super) left_out: Vec<u32>,
}

pub(super) fn side_of(direction: Direction) -> usize {
    match direction {
        Direction::Ingress => 0,
        Direction::Egress => 1,
    }
}

impl<'m> Plan<'m> {
    pub(super) fn new(
        model: &'m Model,
        settings: &'m Settings,
        stage: Stage,
    ) -> (Self, Vec<Diagnostic<Place>>) {
        let mut findings = Findings::default();
        let binder = Binder::new(model, stage);
        let mut peers = PeerTable::default();
        peers.control_plane = settings.control_plane;
        let mut ends: Vec<End<'m>> = Vec::with_capacity(model.ends.len());
        for rule in &model.ends {
            let Some(origin) = model.rules.get(rule.rule as usize) else {
                continue;
            };
            ends.push(End {
                rule,
                origin,
                peers: peers.lower(&rule.peers),
                clause: match rule.via {
                    Some(_) => ClauseAt::All,
                    None => ClauseAt::None,
                },
            });
        }
        let mut plan = Self {
            model,
            settings,
            sides: binder
                .owned
                .iter()
                .map(|_| <[Side; 2]>::default())
                .collect(),
            binder,
            peers,
            ends,
            left_out: Vec::new(),
        };
        plan.bind();
        via::decide(&mut plan, &mut findings);
        plan.strip();
        plan.normalise(&mut findings);
        let diagnostics = findings.into_diagnostics(model);
        (plan, diagnostics)
    }

    /// Puts every end rule where it binds and has an effect. Allow rules of an open direction have
    /// one only where another workload may seal the pod.
    fn bind(&mut self) {
        let binder = &self.binder;
        let places: Vec<_> = self
            .ends
            .par_iter()
            .map(|end| binder.closed_parts(end.rule, binder.bind(end.rule)))
            .collect();
        let staged = binder.owned.iter().any(|own| own.observed);
        for (id, bindings) in places.into_iter().enumerate() {
            let Some(end) = self.ends.get(id) else {
                continue;
            };
            let direction = end.rule.direction;
            if staged && end.rule.verdict == Verdict::Deny && self.loses_a_deny(end.rule) {
                self.left_out.push(end.rule.rule);
            }
            for binding in bindings {
                let effective = end.rule.verdict == Verdict::Deny
                    || binder.any_over(&binding, |own| own.seals(direction));
                let side = self.sides.get_mut(binding.owned);
                let side = side.and_then(|both| both.get_mut(side_of(direction)));
                if let (true, Some(side)) = (effective, side) {
                    side.bound.push(Bound {
                        end: id,
                        subject: binding.subject,
                    });
                }
            }
        }
        self.left_out.sort_unstable();
        self.left_out.dedup();
        for side in self.sides.iter_mut().flatten() {
            let ends = &self.ends;
            side.bound
                .sort_by_key(|b| ends.get(b.end).map_or(u32::MAX, |e| e.rule.rule));
        }
    }

    /// Some pod of `pods` may be in `peers`.
    pub(super) fn may_meet(&self, peers: &Set, pods: &Set) -> bool {
        let whole = |e: &Entity| matches!(e, Entity::All | Entity::Cluster);
        peers.entities.iter().any(whole)
            || pods.entities.contains(&Entity::All) && !peers.pods.is_empty()
            || peers
                .pods
                .iter()
                .any(|a| pods.pods.iter().any(|b| !a.pods.disjoint(&b.pods)))
    }

    /// A workload in stage observe would carry this deny.
    fn loses_a_deny(&self, end: &EndRule) -> bool {
        let binder = &self.binder;
        let lost = |pods: &Cube| binder.any_meeting(pods, |own| own.observed);
        end.subject.entities.contains(&Entity::All)
            || end.subject.pods.iter().any(|part| lost(&part.pods))
    }

    /// Stage observe puts no proxy in the path, unless a pod may be another workload's too, which
    /// closes: without its clause the rule would open more there than it ever will.
    fn strip(&mut self) {
        for (id, sides) in self.sides.iter_mut().enumerate() {
            let Some(own) = self.binder.get(id).filter(|own| own.observed) else {
                continue;
            };
            for direction in [Direction::Ingress, Direction::Egress] {
                let closes = |own: &Owned<'_>| own.closes(direction);
                if let Some(side) = sides.get_mut(side_of(direction)) {
                    side.stripped = !self.binder.any_meeting(&own.workload.pods, closes);
                }
            }
        }
    }

    fn normalise(&mut self, findings: &mut Findings) {
        for direction in [Direction::Ingress, Direction::Egress] {
            let at = side_of(direction);
            let tables: Vec<Table<'_>> = (0..self.sides.len())
                .into_par_iter()
                .map(|id| Table::new(self, id, direction))
                .collect();
            let (respelled, found) = beside::compare(self, &tables);
            findings.extend(found);
            let results: Vec<_> = tables
                .into_par_iter()
                .enumerate()
                .map(|(id, table)| normal::normalise(self, &table, id, &respelled))
                .collect();
            for (sides, (changed, found)) in self.sides.iter_mut().zip(results) {
                if let Some(side) = sides.get_mut(at) {
                    side.changed = changed;
                }
                findings.extend(found);
            }
        }
    }

    pub(super) fn side(&self, id: OwnedId, direction: Direction) -> Option<&Side> {
        self.sides.get(id)?.get(side_of(direction))
    }
}
