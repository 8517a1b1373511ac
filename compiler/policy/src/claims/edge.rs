//! One hop, exactly: is there an edge from a part of one kind to a part of another (grammar.md §9)?
//!
//! Every pair of reasons to admit at the two ends (nothing seals the pod, or a rule allows) spans a
//! block of sources, destinations and ports; the denies of both ends are taken out of it. An edge
//! is what is left of one such block. What the platform lets the own node do is no reason: of the
//! host, too, only rules and missing seals make an edge.

use super::{
    region::{Assumption, Block, Cut, Region, Work, remainder},
    space::{Kind, Target, admitted, denied},
    world::World,
};
use crate::{
    label::{Cube, TooLarge},
    model::{Direction, EndRule, Entity, Verdict, Via},
    port::PortSet,
};

/// The rules that bind at one end's pods: asked once for each end, whatever stands at the other.
pub(super) struct End<'t, 'm> {
    pub(super) target: &'t Target<'m>,
    rules: Vec<&'m EndRule>,
    seals: Vec<Cut>,
    direction: Direction,
}

/// Why an end admits, and what.
struct Reason<'m> {
    block: Block,
    via: Option<&'m Via>,
    assumption: Option<Assumption>,
    /// The seals count: the end admits because none of them holds.
    unsealed: bool,
}

/// What a question found.
#[derive(Default)]
pub(super) struct Found {
    /// An edge that nothing speaks against.
    pub(super) edge: Option<Block>,
    /// Edges that exist only against these.
    pub(super) assumptions: Vec<Assumption>,
    /// `disjoint` claims that took something out.
    pub(super) disjoint: Vec<usize>,
}

impl<'t, 'm> End<'t, 'm> {
    pub(super) fn new(world: &World<'m>, direction: Direction, target: &'t Target<'m>) -> Self {
        let mut end = Self {
            target,
            rules: Vec::new(),
            seals: Vec::new(),
            direction,
        };
        if let Region::Pods(cube) = &target.region {
            end.rules = world.rules_at(direction, cube);
            let seals = world.seals_at(direction, cube);
            end.seals = seals
                .into_iter()
                .map(|seal| Cut {
                    block: end.block(Region::Pods(seal.clone()), Region::Any, PortSet::all()),
                    assumed: None,
                })
                .collect();
        }
        end
    }

    /// A block from what stands here and what stands at the other end.
    fn block(&self, here: Region, there: Region, ports: PortSet) -> Block {
        let (x, y) = match self.direction {
            Direction::Egress => (here, there),
            Direction::Ingress => (there, here),
        };
        Block { x, y, ports }
    }

    /// Reasons to admit what comes from or goes to `there`.
    fn reasons(&self, there: &Target<'m>) -> Vec<Reason<'m>> {
        let free = Reason {
            block: self.block(Region::Any, Region::Any, PortSet::all()),
            via: None,
            assumption: None,
            unsealed: true,
        };
        // Nothing is enforced at the end of what is no pod.
        let mut out = vec![free];
        for rule in self.rules.iter().filter(|r| r.verdict == Verdict::Allow) {
            let peers = admitted(&rule.peers, there);
            if peers.is_empty() {
                continue;
            }
            for (subject, (peer, assumption)) in pairs(self.subjects(rule), &peers) {
                out.push(Reason {
                    block: self.block(subject, peer, (*rule.ports).clone()),
                    via: rule.via.as_deref(),
                    assumption,
                    unsealed: false,
                });
            }
        }
        out
    }

    /// The pods of this end that a rule binds at.
    fn subjects(&self, rule: &EndRule) -> Vec<Region> {
        if rule.subject.entities.contains(&Entity::All) {
            return vec![Region::Any];
        }
        let Region::Pods(here) = &self.target.region else {
            return Vec::new();
        };
        let parts = rule
            .subject
            .pods
            .iter()
            .filter(|part| !part.pods.disjoint(here));
        parts
            .map(|part| Region::Pods((*part.pods).clone()))
            .collect()
    }

    /// What the denies that bind here take out.
    fn denies(&self, world: &World<'m>, there: &Target<'m>) -> Vec<Cut> {
        let mut out = Vec::new();
        let Region::Pods(here) = &self.target.region else {
            return out;
        };
        for rule in self.rules.iter().filter(|r| r.verdict == Verdict::Deny) {
            let peers = denied(&rule.peers, there);
            if peers.is_empty() {
                continue;
            }
            for subject in self.subjects(rule) {
                let bound = match &subject {
                    Region::Pods(cube) => cube.intersect(here),
                    _ => here.clone(),
                };
                for (pods, peer) in pairs(world.enforced(&bound), &peers) {
                    out.push(Cut {
                        block: self.block(
                            Region::Pods(pods.clone()),
                            peer.clone(),
                            (*rule.ports).clone(),
                        ),
                        assumed: None,
                    });
                }
            }
        }
        out
    }
}

fn pairs<A: Clone, B: Clone>(a: Vec<A>, b: &[B]) -> impl Iterator<Item = (A, B)> {
    a.into_iter()
        .flat_map(move |a| b.iter().map(move |b| (a.clone(), b.clone())))
}

/// Looks for an edge on one of `ports`, outside of `cuts`.
pub(super) fn find<'m>(
    world: &World<'m>,
    source: &End<'_, 'm>,
    destination: &End<'_, 'm>,
    ports: &PortSet,
    cuts: &[Cut],
    work: &mut Work,
) -> Result<Found, TooLarge> {
    let mut found = Found::default();
    let (x, y) = (source.target, destination.target);
    // Out of sight of any policy.
    if x.kind != Kind::Pods && y.kind != Kind::Pods {
        return Ok(found);
    }
    let whole = Block {
        x: x.region.clone(),
        y: y.region.clone(),
        ports: ports.clone(),
    };
    let mut all: Vec<Cut> = source.denies(world, y);
    all.extend(destination.denies(world, x));
    all.extend(
        cuts.iter()
            .filter(|cut| !cut.block.disjoint(&whole))
            .cloned(),
    );
    let leaving = source.reasons(y);
    let arriving = destination.reasons(x);
    for out in &leaving {
        let Some(block) = whole.intersect(&out.block) else {
            continue;
        };
        work.step(arriving.len())?;
        for into in &arriving {
            let apart = matches!((out.via, into.via), (Some(a), Some(b)) if !a.intersects(b));
            let Some(block) = block.intersect(&into.block).filter(|_| !apart) else {
                continue;
            };
            let seals = [
                (out.unsealed, &source.seals),
                (into.unsealed, &destination.seals),
            ];
            let seals = seals
                .iter()
                .filter(|(counts, _)| *counts)
                .flat_map(|(_, list)| *list);
            let cuts: Vec<&Cut> = seals.chain(&all).collect();
            let Some(left) = remainder(block, &cuts, work, &mut found.disjoint)? else {
                continue;
            };
            let assumed: Vec<&Assumption> = out.assumption.iter().chain(&into.assumption).collect();
            if assumed.is_empty() {
                found.edge = Some(left);
                return Ok(found);
            }
            found.assumptions.extend(assumed.into_iter().cloned());
        }
    }
    Ok(found)
}

/// All of `cube` is in the union of `seals`.
pub(super) fn sealed(
    world: &World<'_>,
    direction: Direction,
    cube: &Cube,
) -> Result<bool, TooLarge> {
    let seals: Vec<Cube> = world
        .seals_at(direction, cube)
        .into_iter()
        .cloned()
        .collect();
    crate::label::covers(&seals, cube)
}
