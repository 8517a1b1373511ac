//! Whether two models say the same of every flow, end by end.
//!
//! A model is taken as what it is: at each end a union of seals, of denies and of allows, each a
//! product of pods, peers, ports and what is said above them. Every such region of one model is
//! taken apart along the borders of the other until each piece lies wholly inside or outside of
//! it; that covers every class of flows that the two tell apart, overlapping workloads too, without
//! listing the classes. A difference is shown by a concrete flow, which the reference interpreter
//! confirms. What cannot be decided within `limits::COMPARE_STEPS_MAX` is said to be undecided.

mod cover;
mod region;
#[cfg(test)]
mod tests;
mod witness;

use rustc_hash::FxHashMap;

use crate::{
    interpret::{Flow, FlowVerdict, Interpreter},
    label::{Cube, subtract_all},
    limits::COMPARE_STEPS_MAX,
    model::{Direction, Model},
};
use cover::Cover;
use region::{Peer, Region, Side};

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Regions that were shown to be the same.
    pub regions: usize,
    /// Flows on which an end says something else, at most [`DIFFERENCES_MAX`].
    pub differences: Vec<Difference>,
}

/// As many are shown.
pub const DIFFERENCES_MAX: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub direction: Direction,
    pub flow: Flow,
    pub before: FlowVerdict,
    pub after: FlowVerdict,
}

/// Neither the same nor different was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// The question is larger than this many steps.
    Steps(usize),
    /// A region differs, and no flow of it was found that shows it: index into `Model::rules`.
    NoWitness(Option<u32>),
}

/// Compares the two at every end.
pub fn compare(before: &Model, after: &Model) -> Result<Compared, Undecided> {
    let mut job = Job {
        steps: 0,
        found: Compared::default(),
        judges: [Interpreter::new(before), Interpreter::new(after)],
    };
    for direction in [Direction::Egress, Direction::Ingress] {
        let sides = [Side::of(before, direction), Side::of(after, direction)];
        let [a, b] = &sides;
        job.one_way(direction, a, b)?;
        job.one_way(direction, b, a)?;
    }
    Ok(job.found)
}

struct Job<'m> {
    steps: usize,
    found: Compared,
    judges: [Interpreter<'m>; 2],
}

impl Job<'_> {
    /// What `one` says and `other` does not.
    fn one_way(&mut self, direction: Direction, one: &Side, other: &Side) -> Result<(), Undecided> {
        let denies = Cover::new(&[&other.denies]);
        for region in &one.denies {
            for piece in self.outside(region, &denies)? {
                self.not_denied(direction, piece, other)?;
            }
        }
        self.seals(direction, one, other)?;
        let allows = Cover::new(&[&other.allows, &other.denies, &one.denies]);
        for region in &one.allows {
            // §5.6: the own node reaches its pods whatever allows say.
            if direction == Direction::Ingress && region.peer.is_host() {
                continue;
            }
            for piece in self.outside(region, &allows)? {
                for seal in other
                    .seals
                    .iter()
                    .filter(|seal| !seal.disjoint(&piece.subject))
                {
                    let sealed = Region {
                        subject: piece.subject.intersect(seal),
                        ..piece.clone()
                    };
                    self.shown(direction, &sealed)?;
                }
            }
        }
        Ok(())
    }

    /// A piece that only one of them denies: it differs where the other one lets it pass.
    fn not_denied(
        &mut self,
        direction: Direction,
        piece: Region,
        other: &Side,
    ) -> Result<(), Undecided> {
        let pods = [piece.subject.clone()];
        let open = subtract_all(&pods, &other.seals).map_err(|_| self.too_large())?;
        for subject in open {
            let open = Region {
                subject,
                ..piece.clone()
            };
            self.shown(direction, &open)?;
        }
        for allow in &other.allows {
            if let Some(both) = piece.intersect(allow) {
                self.shown(direction, &both)?;
            }
        }
        if direction == Direction::Ingress && piece.peer.is_host() {
            self.shown(direction, &piece)?;
        }
        Ok(())
    }

    /// Pods that only one of them seals: they differ on what that one does not allow and the other
    /// one does not deny.
    fn seals(&mut self, direction: Direction, one: &Side, other: &Side) -> Result<(), Undecided> {
        let known: FxHashMap<&Cube, ()> = other.seals.iter().map(|seal| (seal, ())).collect();
        let mut passing: Option<Cover<'_>> = None;
        for seal in &one.seals {
            self.found.regions += 1;
            if known.contains_key(seal) {
                continue;
            }
            let meeting: Vec<Cube> = other
                .seals
                .iter()
                .filter(|s| !s.disjoint(seal))
                .cloned()
                .collect();
            let pods = std::slice::from_ref(seal);
            let only = subtract_all(pods, &meeting).map_err(|_| self.too_large())?;
            for subject in only {
                let cover =
                    passing.get_or_insert_with(|| Cover::new(&[&one.allows, &other.denies]));
                for peer in Peer::everything() {
                    if direction == Direction::Ingress && peer.is_host() {
                        continue;
                    }
                    let whole = Region::everything(subject.clone(), peer);
                    for piece in cover.outside(&whole, &mut self.steps)? {
                        self.shown(direction, &piece)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn outside(&mut self, region: &Region, cover: &Cover<'_>) -> Result<Vec<Region>, Undecided> {
        self.found.regions += 1;
        cover.outside(region, &mut self.steps)
    }

    /// Shows that a region differs, by a flow of it.
    fn shown(&mut self, direction: Direction, piece: &Region) -> Result<(), Undecided> {
        if self.found.differences.len() >= DIFFERENCES_MAX || !piece.can_be() {
            return Ok(());
        }
        let [one, two] = &self.judges;
        for flow in witness::flows(direction, piece) {
            let (before, after) = (one.judge(&flow), two.judge(&flow));
            let differs = match direction {
                Direction::Egress => before.egress.verdict != after.egress.verdict,
                Direction::Ingress => before.ingress.verdict != after.ingress.verdict,
            };
            if differs {
                self.found.differences.push(Difference {
                    direction,
                    flow,
                    before,
                    after,
                });
                return Ok(());
            }
        }
        Err(Undecided::NoWitness(piece.rule))
    }

    fn too_large(&self) -> Undecided {
        Undecided::Steps(COMPARE_STEPS_MAX)
    }
}
