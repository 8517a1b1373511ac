//! Which of many predicates may share a pod with one, without comparing all pairs.
//!
//! Each cube stands under one requirement of its own that lists values, the one that the fewest
//! cubes share; a question then looks only where its own requirements allow. A question that says
//! nothing of that requirement, but names its namespaces, looks through those instead.

#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;
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
type Shelf = FxHashMap<Option<SmolStr>, Vec<usize>>;

/// An index over cubes; positions are those of the list it was made from.
#[derive(Clone, Debug, Default)]
pub struct OverlapIndex {
    cubes: Vec<Cube>,
    /// In order of axis.
    shelves: Vec<(Axis, Shelf)>,
    /// Cubes of which no requirement lists values.
    loose: Vec<usize>,
    /// The same cubes once more, by the namespaces that they name.
    namespaces: FxHashMap<Option<SmolStr>, Vec<usize>>,
    /// Those that name none.
    anywhere: Vec<usize>,
}

impl OverlapIndex {
    pub fn new(cubes: &[&Cube]) -> Self {
        let mut shared: FxHashMap<(Line<'_>, Option<&str>), usize> = FxHashMap::default();
        for cube in cubes {
            for (line, values) in listing(cube) {
                for value in values.listed() {
                    *shared.entry((line, value.as_deref())).or_default() += 1;
                }
            }
        }
        let mut shelves: FxHashMap<Axis, Shelf> = FxHashMap::default();
        let mut loose = Vec::new();
        for (position, cube) in cubes.iter().enumerate() {
            let load = |line: Line<'_>, values: &Values| -> usize {
                let one = |v: &Option<SmolStr>| shared.get(&(line, v.as_deref())).copied();
                values.listed().iter().filter_map(one).sum()
            };
            let best = listing(cube).min_by_key(|(line, values)| (load(*line, values), *line));
            let Some((line, values)) = best else {
                loose.push(position);
                continue;
            };
            let shelf = shelves.entry(line.axis()).or_default();
            for value in values.listed() {
                shelf.entry(value.clone()).or_default().push(position);
            }
        }
        let mut shelves: Vec<(Axis, Shelf)> = shelves.into_iter().collect();
        shelves.sort_by(|a, b| a.0.cmp(&b.0));
        let mut namespaces: FxHashMap<Option<SmolStr>, Vec<usize>> = FxHashMap::default();
        let mut anywhere = Vec::new();
        for (position, cube) in cubes.iter().enumerate() {
            if cube.namespace().is_negated() {
                anywhere.push(position);
            }
            for name in cube.namespace().listed() {
                if !cube.namespace().is_negated() {
                    namespaces.entry(name.clone()).or_default().push(position);
                }
            }
        }
        Self {
            cubes: cubes.iter().map(|&cube| cube.clone()).collect(),
            shelves,
            loose,
            namespaces,
            anywhere,
        }
    }

    /// The positions, in order, of all cubes that share a possible pod with `cube`, and of no
    /// other.
    pub fn candidates(&self, cube: &Cube) -> Vec<usize> {
        let mut found = match self.by_namespace(cube) {
            Some(found) => found,
            None => self.by_shelf(cube),
        };
        found.sort_unstable();
        found.dedup();
        found.retain(|&i| self.cubes.get(i).is_some_and(|c| !c.disjoint(cube)));
        found
    }

    fn by_shelf(&self, cube: &Cube) -> Vec<usize> {
        let mut found = self.loose.clone();
        for (axis, shelf) in &self.shelves {
            let wanted = axis.of(cube);
            if wanted.is_negated() {
                let open = shelf.iter().filter(|(v, _)| wanted.contains(v.as_deref()));
                found.extend(open.flat_map(|(_, positions)| positions));
            } else {
                let named = wanted.listed().iter().filter_map(|v| shelf.get(v));
                found.extend(named.flatten());
            }
        }
        found
    }

    /// `None`: the cube names no namespace, or those hold more cubes than the shelves do.
    fn by_namespace(&self, cube: &Cube) -> Option<Vec<usize>> {
        let wanted = cube.namespace();
        if wanted.is_negated() {
            return None;
        }
        let lists = || {
            wanted
                .listed()
                .iter()
                .filter_map(|name| self.namespaces.get(name))
        };
        let here = self.anywhere.len() + lists().map(Vec::len).sum::<usize>();
        let mut there = self.loose.len();
        for (axis, shelf) in &self.shelves {
            let wanted = axis.of(cube);
            there += match wanted.is_negated() {
                // At least as many as there are values, but for those that are excluded.
                true => shelf.len().saturating_sub(wanted.listed().len()),
                false => {
                    let named = wanted.listed().iter().filter_map(|v| shelf.get(v));
                    named.map(Vec::len).sum()
                }
            };
        }
        (here < there).then(|| {
            self.anywhere
                .iter()
                .chain(lists().flatten())
                .copied()
                .collect()
        })
    }

    /// The positions of all cubes that hold every pod of `cube`.
    pub fn holders(&self, cube: &Cube) -> Vec<usize> {
        let mut found = self.candidates(cube);
        found.retain(|&i| self.cubes.get(i).is_some_and(|c| cube.implies(c)));
        found
    }
}

/// The requirements of a cube that list the values they permit.
fn listing(cube: &Cube) -> impl Iterator<Item = (Line<'_>, &Values)> {
    let labels = cube.labels().iter().map(|(k, v)| (Line::Label(k), v));
    let of_namespace = cube.namespace_labels().iter();
    let of_namespace = of_namespace.map(|(k, v)| (Line::NamespaceLabel(k), v));
    let whole = [
        (Line::Namespace, cube.namespace()),
        (Line::Account, cube.account()),
    ];
    whole
        .into_iter()
        .chain(labels)
        .chain(of_namespace)
        .filter(|(_, values)| !values.is_negated())
}
