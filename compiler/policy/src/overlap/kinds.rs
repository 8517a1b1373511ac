//! Whether some cube of a kind may share a pod with one, where there are few kinds.

use super::OverlapIndex;
use crate::label::Cube;

/// Cubes by kind. Of a kind with many cubes that meet one, the first that does is enough.
#[derive(Debug)]
pub struct KindIndex<K> {
    kinds: Vec<(K, OverlapIndex)>,
}

impl<K: PartialEq> KindIndex<K> {
    pub fn new<'c>(all: impl IntoIterator<Item = (K, &'c Cube)>) -> Self {
        let mut kinds: Vec<(K, Vec<&Cube>)> = Vec::new();
        for (kind, cube) in all {
            match kinds.iter_mut().find(|(have, _)| *have == kind) {
                Some((_, cubes)) => cubes.push(cube),
                None => kinds.push((kind, vec![cube])),
            }
        }
        let index = |(kind, cubes): (K, Vec<&Cube>)| (kind, OverlapIndex::new(&cubes));
        Self {
            kinds: kinds.into_iter().map(index).collect(),
        }
    }

    /// The kinds of which some cube shares a possible pod with `cube`.
    pub fn meeting(&self, cube: &Cube) -> impl Iterator<Item = &K> {
        let found = self.kinds.iter();
        let found = found.filter(|(_, index)| index.meets(cube));
        found.map(|(kind, _)| kind)
    }

    /// Some cube of a kind that passes the test shares a possible pod with `cube`.
    pub fn any(&self, cube: &Cube, test: impl Fn(&K) -> bool) -> bool {
        let mut kinds = self.kinds.iter();
        kinds.any(|(kind, index)| test(kind) && index.meets(cube))
    }
}
