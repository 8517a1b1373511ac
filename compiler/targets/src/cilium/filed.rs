//! Rules by peer, so that of ten thousand those are found that one with a clause may meet.

use npl_policy::{http::ViaKind, overlap::OverlapIndex};

use super::{normal::Entry, peers::Peer, plan::Plan};

/// Fewer pieces than this are compared one by one.
const INDEX_FROM: usize = 32;

/// Entries that are looked through by peer. Rules with clauses of one kind do nothing to each
/// other, so they are filed apart from the rest.
#[derive(Debug, Default)]
pub(super) struct Filed<'p> {
    pub(super) entries: Vec<Entry<'p>>,
    kinds: Vec<(Kind, Shelf)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    declared: Option<ViaKind>,
    clause: bool,
}

impl Kind {
    fn of(entry: &Entry<'_>) -> Self {
        Self {
            declared: entry.declared,
            clause: entry.clause.is_some(),
        }
    }

    /// Whether a rule with a clause looks at rules of a kind at all.
    fn looks_at(self, other: Self) -> bool {
        let clash = self.declared.is_some() && other.declared.is_some();
        !other.clause || (clash && self.declared != other.declared)
    }
}

/// Positions of entries, those whose peer is pods by an index.
#[derive(Debug, Default)]
struct Shelf {
    all: Vec<usize>,
    pods: Option<(OverlapIndex, Vec<usize>)>,
    others: Vec<usize>,
}

impl<'p> Filed<'p> {
    pub(super) fn new(plan: &Plan<'_>, entries: Vec<Entry<'p>>) -> Self {
        let mut kinds: Vec<(Kind, Shelf)> = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let kind = Kind::of(entry);
            match kinds.iter_mut().find(|(have, _)| *have == kind) {
                Some((_, shelf)) => shelf.all.push(at),
                None => {
                    let all = vec![at];
                    kinds.push((
                        kind,
                        Shelf {
                            all,
                            ..Shelf::default()
                        },
                    ));
                }
            }
        }
        for (_, shelf) in &mut kinds {
            if shelf.all.len() >= INDEX_FROM {
                shelf.index(plan, &entries);
            }
        }
        Self { entries, kinds }
    }

    fn looked_at<'f>(&'f self, one: &Entry<'_>) -> impl Iterator<Item = &'f Shelf> + use<'f, 'p> {
        let own = Kind::of(one);
        let kinds = self.kinds.iter();
        let kinds = kinds.filter(move |(kind, _)| own.looks_at(*kind));
        kinds.map(|(_, shelf)| shelf)
    }

    /// At most so many entries are looked at for those that meet one.
    pub(super) fn reach(&self, plan: &Plan<'_>, one: &Entry<'_>) -> usize {
        let shelves = self.looked_at(one);
        let of = |shelf: &Shelf| match (&shelf.pods, plan.peers.get(one.peer)) {
            (Some((index, _)), Some(Peer::Pods(cube, _))) => index.reach(cube) + shelf.others.len(),
            _ => shelf.all.len(),
        };
        shelves.map(of).sum()
    }

    /// The positions of the entries to which one with a clause is compared, and whose peer and
    /// ports may meet its own; in order.
    pub(super) fn meeting(&self, plan: &Plan<'_>, one: &Entry<'_>) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for shelf in self.looked_at(one) {
            match (&shelf.pods, plan.peers.get(one.peer)) {
                (Some((index, positions)), Some(Peer::Pods(cube, _))) => {
                    let pods = index.candidates(cube).into_iter();
                    found.extend(pods.filter_map(|i| positions.get(i)));
                    found.extend(&shelf.others);
                }
                _ => found.extend(&shelf.all),
            }
        }
        found.sort_unstable();
        found.retain(|at| {
            self.entries.get(*at).is_some_and(|other| {
                !other.ports.disjoint(one.ports) && !plan.peers.disjoint(other.peer, one.peer)
            })
        });
        found
    }
}

impl Shelf {
    fn index(&mut self, plan: &Plan<'_>, entries: &[Entry<'_>]) {
        let mut cubes = Vec::new();
        let mut positions = Vec::new();
        for at in &self.all {
            match entries
                .get(*at)
                .and_then(|entry| plan.peers.get(entry.peer))
            {
                Some(Peer::Pods(cube, _)) => {
                    cubes.push(&**cube);
                    positions.push(*at);
                }
                _ => self.others.push(*at),
            }
        }
        self.pods = Some((OverlapIndex::new(&cubes), positions));
    }
}
