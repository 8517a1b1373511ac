//! Which of many predicates may share a pod with one, without comparing all pairs.
//!
//! Each cube stands under one requirement of its own that lists values, the one that the fewest
//! cubes share; a question then looks only where its own requirements allow. A question that says
//! nothing of that requirement, but names its namespaces, looks through those instead.
//!
//! Equal cubes are one group, which is filed and compared once, however many of them there are.

mod kinds;
#[cfg(test)]
mod tests;

use std::hash::Hash;

pub use kinds::KindIndex;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::label::{Cube, Values};

/// An axis of the space of pods that an index files cubes by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Axis {
    Namespace,
    Account,
    Label(SmolStr),
    NamespaceLabel(SmolStr),
}

/// The same, of a cube at hand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Line<'c> {
    Namespace,
    Account,
    Label(&'c str),
    NamespaceLabel(&'c str),
}

impl Line<'_> {
    fn axis(self) -> Axis {
        match self {
            Self::Namespace => Axis::Namespace,
            Self::Account => Axis::Account,
            Self::Label(key) => Axis::Label(key.into()),
            Self::NamespaceLabel(key) => Axis::NamespaceLabel(key.into()),
        }
    }
}

impl Axis {
    fn line(&self) -> Line<'_> {
        match self {
            Self::Namespace => Line::Namespace,
            Self::Account => Line::Account,
            Self::Label(key) => Line::Label(key),
            Self::NamespaceLabel(key) => Line::NamespaceLabel(key),
        }
    }

    fn of<'c>(&self, cube: &'c Cube) -> &'c Values {
        match self {
            Self::Namespace => cube.namespace(),
            Self::Account => cube.account(),
            Self::Label(key) => cube.label(key),
            Self::NamespaceLabel(key) => cube.namespace_label(key),
        }
    }
}

/// Values of one axis, each with the cubes filed under it.
type Shelf = FxHashMap<Option<SmolStr>, Vec<GroupId>>;

/// A distinct cube of an index.
pub type GroupId = usize;

/// An index over cubes; positions are those of the list it was made from.
#[derive(Clone, Debug, Default)]
pub struct OverlapIndex {
    /// In order of their first positions.
    cubes: Vec<Cube>,
    members: Members,
    /// In order of axis.
    shelves: Vec<(Axis, Shelf)>,
    /// How many values all shelves have together.
    values: usize,
    /// Cubes of which no requirement lists values.
    loose: Vec<GroupId>,
    /// The same cubes once more, by the namespaces that they name.
    namespaces: FxHashMap<Option<SmolStr>, Vec<GroupId>>,
    /// Those that name none.
    anywhere: Vec<GroupId>,
}

/// The positions at which each distinct cube stands.
#[derive(Clone, Debug, Default)]
struct Members {
    /// By position.
    groups: Vec<GroupId>,
    /// Positions by group, each group's in order.
    flat: Vec<usize>,
    /// By group: where in `flat` its positions end.
    ends: Vec<usize>,
}

impl Members {
    /// The distinct ones of the cubes, and where each of them stands.
    fn of<'c>(cubes: &[&'c Cube]) -> (Vec<&'c Cube>, Self) {
        let mut numbers: FxHashMap<&Cube, GroupId> = FxHashMap::default();
        let mut distinct: Vec<&Cube> = Vec::new();
        let mut groups = Vec::with_capacity(cubes.len());
        for &cube in cubes {
            groups.push(*numbers.entry(cube).or_insert_with(|| {
                distinct.push(cube);
                distinct.len() - 1
            }));
        }
        let mut flat: Vec<usize> = (0..cubes.len()).collect();
        let group = |position: &usize| groups.get(*position).copied().unwrap_or_default();
        flat.sort_by_key(group);
        let mut ends = vec![0; distinct.len()];
        for (at, position) in flat.iter().enumerate() {
            if let Some(end) = ends.get_mut(group(position)) {
                *end = at + 1;
            }
        }
        let members = Self { groups, flat, ends };
        (distinct, members)
    }

    fn get(&self, group: GroupId) -> &[usize] {
        let before = group.checked_sub(1).and_then(|g| self.ends.get(g));
        let start = before.copied().unwrap_or_default();
        let end = self.ends.get(group).copied().unwrap_or(start);
        self.flat.get(start..end).unwrap_or_default()
    }
}

impl OverlapIndex {
    pub fn new(all: &[&Cube]) -> Self {
        let (cubes, members) = Members::of(all);
        let mut shared: FxHashMap<(Line<'_>, Option<&str>), usize> = FxHashMap::default();
        for cube in &cubes {
            for (line, values) in listing(cube) {
                for value in values.listed() {
                    *shared.entry((line, value.as_deref())).or_default() += 1;
                }
            }
        }
        let mut shelves: FxHashMap<Axis, Shelf> = FxHashMap::default();
        let mut loose = Vec::new();
        for (group, cube) in cubes.iter().enumerate() {
            let load = |line: Line<'_>, values: &Values| -> usize {
                let one = |v: &Option<SmolStr>| shared.get(&(line, v.as_deref())).copied();
                values.listed().iter().filter_map(one).sum()
            };
            let best = listing(cube).min_by_key(|(line, values)| (load(*line, values), *line));
            let Some((line, values)) = best else {
                loose.push(group);
                continue;
            };
            let shelf = shelves.entry(line.axis()).or_default();
            for value in values.listed() {
                shelf.entry(value.clone()).or_default().push(group);
            }
        }
        let mut shelves: Vec<(Axis, Shelf)> = shelves.into_iter().collect();
        shelves.sort_by(|a, b| a.0.cmp(&b.0));
        let mut namespaces: FxHashMap<Option<SmolStr>, Vec<GroupId>> = FxHashMap::default();
        let mut anywhere = Vec::new();
        for (group, cube) in cubes.iter().enumerate() {
            if cube.namespace().is_negated() {
                anywhere.push(group);
            }
            for name in cube.namespace().listed() {
                if !cube.namespace().is_negated() {
                    namespaces.entry(name.clone()).or_default().push(group);
                }
            }
        }
        Self {
            cubes: cubes.into_iter().cloned().collect(),
            members,
            values: shelves.iter().map(|(_, shelf)| shelf.len()).sum(),
            shelves,
            loose,
            namespaces,
            anywhere,
        }
    }

    /// The positions, in order, of all cubes that share a possible pod with `cube`, and of no
    /// other. Of many equal cubes that is a long list: whoever asks for each of them asks for
    /// `groups`.
    pub fn candidates(&self, cube: &Cube) -> Vec<usize> {
        self.positions(self.groups(cube))
    }

    fn positions(&self, groups: Vec<GroupId>) -> Vec<usize> {
        // Mostly no two cubes are equal, and then a group's number is its position.
        if self.members.flat.len() == self.cubes.len() {
            return groups;
        }
        let lists = groups.into_iter().map(|group| self.members.get(group));
        let mut out: Vec<usize> = lists.flatten().copied().collect();
        out.sort_unstable();
        out
    }

    /// The distinct cubes that share a possible pod with `cube`, in order of their first positions.
    pub fn groups(&self, cube: &Cube) -> Vec<GroupId> {
        let mut found = match self.by_namespace(cube) {
            Some(found) => found.copied().collect::<Vec<_>>(),
            None => self.on_shelves(cube).copied().collect(),
        };
        found.sort_unstable();
        found.dedup();
        found.retain(|&group| self.cubes.get(group).is_some_and(|c| !c.disjoint(cube)));
        found
    }

    /// Some cube shares a possible pod with `cube`. Where many do, the first that does is enough.
    pub fn meets(&self, cube: &Cube) -> bool {
        let meets = |group: &GroupId| self.cubes.get(*group).is_some_and(|c| !c.disjoint(cube));
        match self.by_namespace(cube) {
            Some(mut found) => found.any(meets),
            None => self.on_shelves(cube).any(meets),
        }
    }

    /// What all cubes of a group are.
    pub fn cube(&self, group: GroupId) -> Option<&Cube> {
        self.cubes.get(group)
    }

    /// How many distinct cubes there are: their numbers are those below.
    pub fn group_count(&self) -> usize {
        self.cubes.len()
    }

    /// The positions of a group's cubes, in order; there is at least one.
    pub fn members(&self, group: GroupId) -> &[usize] {
        self.members.get(group)
    }

    /// By group: the positions at which a key first stands. What depends on cube and key alone is
    /// the same at all others.
    pub fn firsts<K: Eq + Hash>(&self, key: impl Fn(usize) -> K) -> Vec<Vec<usize>> {
        let firsts = |group| {
            let mut seen: FxHashSet<K> = FxHashSet::default();
            let members = self.members(group).iter().copied();
            members.filter(|&at| seen.insert(key(at))).collect()
        };
        (0..self.cubes.len()).map(firsts).collect()
    }

    /// The group of the cube at a position.
    pub fn group_at(&self, position: usize) -> Option<GroupId> {
        self.members.groups.get(position).copied()
    }

    fn shelf(&self, line: Line<'_>) -> Option<&Shelf> {
        let found = self
            .shelves
            .binary_search_by(|(axis, _)| axis.line().cmp(&line));
        let (_, shelf) = self.shelves.get(found.ok()?)?;
        Some(shelf)
    }

    fn on_shelves<'i>(&'i self, cube: &'i Cube) -> impl Iterator<Item = &'i GroupId> {
        let shelves = self.shelves.iter().flat_map(|(axis, shelf)| {
            let wanted = axis.of(cube);
            let (few, all) = match wanted.is_negated() {
                true => (None, Some(shelf)),
                false => (Some(shelf), None),
            };
            let open = all.into_iter().flatten();
            let open = open.filter(|(value, _)| wanted.contains(value.as_deref()));
            let named = few.into_iter().flat_map(|shelf| {
                let values = wanted.listed().iter();
                values.filter_map(|value| shelf.get(value))
            });
            open.map(|(_, groups)| groups).chain(named).flatten()
        });
        self.loose.iter().chain(shelves)
    }

    /// At most so many cubes are looked at for those that share a possible pod with `cube`: what an
    /// answer costs, without the answer.
    pub fn reach(&self, cube: &Cube) -> usize {
        let shelves = self.filed(cube);
        self.here(cube).map_or(shelves, |here| here.min(shelves))
    }

    /// How many cubes are filed under the namespaces that a cube names.
    fn here(&self, cube: &Cube) -> Option<usize> {
        let wanted = cube.namespace();
        let lists = wanted.listed().iter();
        let lists = lists.filter_map(|name| self.namespaces.get(name));
        (!wanted.is_negated()).then(|| self.anywhere.len() + lists.map(Vec::len).sum::<usize>())
    }

    /// About how many cubes the shelves hold for a cube.
    fn filed(&self, cube: &Cube) -> usize {
        // At least as many as there are values, but for what the cube says of them.
        let mut there = self.loose.len() + self.values;
        for (line, wanted) in lines(cube) {
            let Some(shelf) = self.shelf(line) else {
                continue;
            };
            there -= match wanted.is_negated() {
                true => shelf.len().min(wanted.listed().len()),
                false => shelf.len(),
            };
            if !wanted.is_negated() {
                let named = wanted.listed().iter().filter_map(|v| shelf.get(v));
                there += named.map(Vec::len).sum::<usize>();
            }
        }
        there
    }

    /// `None`: the cube names no namespace, or those hold more cubes than the shelves do.
    fn by_namespace(&self, cube: &Cube) -> Option<impl Iterator<Item = &GroupId>> {
        let here = self.here(cube)?;
        (here < self.filed(cube)).then(|| {
            let lists = cube.namespace().listed().iter();
            let lists = lists.filter_map(|name| self.namespaces.get(name));
            self.anywhere.iter().chain(lists.flatten())
        })
    }

    /// The positions of all cubes that hold every pod of `cube`.
    pub fn holders(&self, cube: &Cube) -> Vec<usize> {
        self.positions(self.holding(cube))
    }

    /// The distinct cubes that hold every pod of `cube`. A cube that is filed under a value holds
    /// those of that value alone, so one needs to look only where `cube` itself would be filed.
    pub fn holding(&self, cube: &Cube) -> Vec<GroupId> {
        if cube.is_empty() {
            return Vec::new();
        }
        let mut found = self.loose.clone();
        for (line, values) in listing(cube) {
            let Some(shelf) = self.shelf(line) else {
                continue;
            };
            // A cube that holds all of these values is filed under each of them.
            let first = values.listed().first().and_then(|value| shelf.get(value));
            found.extend(first.into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|&group| self.cubes.get(group).is_some_and(|c| cube.implies(c)));
        found
    }
}

/// The requirements of a cube that list the values they permit.
fn listing(cube: &Cube) -> impl Iterator<Item = (Line<'_>, &Values)> {
    lines(cube).filter(|(_, values)| !values.is_negated())
}

/// All that a cube says.
fn lines(cube: &Cube) -> impl Iterator<Item = (Line<'_>, &Values)> {
    let labels = cube.labels().iter().map(|(k, v)| (Line::Label(k), v));
    let of_namespace = cube.namespace_labels().iter();
    let of_namespace = of_namespace.map(|(k, v)| (Line::NamespaceLabel(k), v));
    let whole = [
        (Line::Namespace, cube.namespace()),
        (Line::Account, cube.account()),
    ];
    whole.into_iter().chain(labels).chain(of_namespace)
}
