//! What of a region lies outside of a union of regions.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Region, Undecided};
use crate::{
    http::{HttpRule, http_covers},
    label::Cube,
    limits::COMPARE_STEPS_MAX,
    model::Via,
    name::{NamePattern, union_contains},
    overlap::OverlapIndex,
};

/// Pieces that are kept of one region: one would do to show a difference.
const PIECES_MAX: usize = 64;

/// A union of regions, by their pods.
pub(super) struct Cover<'r> {
    subjects: Vec<(&'r Cube, Vec<&'r Region>)>,
    by_cube: FxHashMap<&'r Cube, usize>,
    index: OverlapIndex,
}

impl<'r> Cover<'r> {
    pub(super) fn new(lists: &[&'r [Region]]) -> Self {
        let mut subjects: Vec<(&Cube, Vec<&Region>)> = Vec::new();
        let mut by_cube: FxHashMap<&Cube, usize> = FxHashMap::default();
        for region in lists.iter().copied().flatten() {
            let next = subjects.len();
            let at = *by_cube.entry(&region.subject).or_insert(next);
            match subjects.get_mut(at) {
                Some((_, list)) => list.push(region),
                None => subjects.push((&region.subject, vec![region])),
            }
        }
        let cubes: Vec<&Cube> = subjects.iter().map(|(cube, _)| *cube).collect();
        let index = OverlapIndex::new(&cubes);
        Self {
            subjects,
            by_cube,
            index,
        }
    }

    /// The pieces of a region that no region of the union, nor all of them together, hold.
    pub(super) fn outside(
        &self,
        region: &Region,
        steps: &mut usize,
    ) -> Result<Vec<Region>, Undecided> {
        let own = self
            .by_cube
            .get(&region.subject)
            .and_then(|at| self.subjects.get(*at));
        let own = own.map(|(_, list)| list.as_slice()).unwrap_or_default();
        if own.iter().any(|by| holds(by, region)) {
            return Ok(Vec::new());
        }
        let meeting = self.index.candidates(&region.subject);
        let lists = meeting.iter().filter_map(|at| self.subjects.get(*at));
        let all: Vec<&Region> = lists
            .flat_map(|(_, list)| list.iter().copied())
            .filter(|by| {
                !by.ports.disjoint(&region.ports) && by.peer.intersect(&region.peer).is_some()
            })
            .collect();
        if all.iter().any(|by| holds(by, region)) {
            return Ok(Vec::new());
        }
        let mut out = Vec::new();
        let mut open = vec![(region.clone(), 0_usize, Vec::<&Via>::new())];
        while let Some((piece, next, clauses)) = open.pop() {
            *steps += 1;
            if *steps > COMPARE_STEPS_MAX {
                return Err(Undecided::Steps(COMPARE_STEPS_MAX));
            }
            let Some(by) = all.get(next) else {
                if !admitted(&clauses, piece.via.as_deref()) {
                    out.push(piece);
                    if out.len() >= PIECES_MAX {
                        return Ok(out);
                    }
                }
                continue;
            };
            split(piece, by, next + 1, clauses, &mut open);
        }
        Ok(out)
    }
}

type Open<'r> = Vec<(Region, usize, Vec<&'r Via>)>;

fn split<'r>(
    piece: Region,
    by: &'r Region,
    next: usize,
    clauses: Vec<&'r Via>,
    open: &mut Open<'r>,
) {
    let apart = piece.subject.disjoint(&by.subject) || piece.ports.disjoint(&by.ports);
    let Some((inside, outside)) = piece.peer.cut(&by.peer).filter(|_| !apart) else {
        open.push((piece, next, clauses));
        return;
    };
    for subject in piece.subject.subtract(&by.subject) {
        let part = Region {
            subject,
            ..piece.clone()
        };
        open.push((part, next, clauses.clone()));
    }
    let subject = piece.subject.intersect(&by.subject);
    for peer in outside {
        let part = Region {
            subject: subject.clone(),
            peer,
            ..piece.clone()
        };
        open.push((part, next, clauses.clone()));
    }
    let ports = piece.ports.subtract(&by.ports);
    if !ports.is_empty() {
        let part = Region {
            subject: subject.clone(),
            peer: inside.clone(),
            ports,
            ..piece.clone()
        };
        open.push((part, next, clauses.clone()));
    }
    let Some(via) = &by.via else { return };
    let ports = piece.ports.intersect(&by.ports);
    let part = Region {
        subject,
        peer: inside,
        ports,
        ..piece
    };
    let mut clauses = clauses;
    clauses.push(via);
    open.push((part, next, clauses));
}

/// One region holds the other.
fn holds(by: &Region, region: &Region) -> bool {
    let via = match (&by.via, &region.via) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(by), Some(via)) => Arc::ptr_eq(by, via) || by == via || via.implies(by),
    };
    via && region.ports.implies(&by.ports)
        && region.subject.implies(&by.subject)
        && region
            .peer
            .cut(&by.peer)
            .is_some_and(|(_, outside)| outside.is_empty())
}

/// The clauses together admit all that one admits.
fn admitted(clauses: &[&Via], via: Option<&Via>) -> bool {
    let names = |pick: fn(&Via) -> Option<&Vec<NamePattern>>| -> Vec<NamePattern> {
        clauses
            .iter()
            .filter_map(|via| pick(via))
            .flatten()
            .cloned()
            .collect()
    };
    match via {
        None => false,
        Some(Via::Tls(wanted)) => {
            let all = names(|via| match via {
                Via::Tls(names) => Some(names),
                _ => None,
            });
            wanted.iter().all(|name| union_contains(&all, name))
        }
        Some(Via::Dns(wanted)) => {
            let all = names(|via| match via {
                Via::Dns(names) => Some(names),
                _ => None,
            });
            wanted.iter().all(|name| union_contains(&all, name))
        }
        Some(Via::Http(wanted) | Via::Grpc(wanted)) => {
            let all: Vec<&HttpRule> = clauses
                .iter()
                .filter_map(|via| match via {
                    Via::Http(rule) | Via::Grpc(rule) => Some(rule),
                    _ => None,
                })
                .collect();
            http_covers(&all, wanted)
        }
    }
}
