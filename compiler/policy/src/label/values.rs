//! Sets of values of one dimension, finite or cofinite.

use smallvec::SmallVec;
use smol_str::SmolStr;

/// Most sets list one value, or only absence: of those none is on the heap.
type Listed = SmallVec<[Option<SmolStr>; 1]>;

/// A finite or cofinite set of values of one dimension; `None` is "the key is absent".
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Values {
    /// The set is everything but `listed`.
    negated: bool,
    /// Sorted, no duplicates.
    listed: Listed,
}

impl Values {
    /// Every value, and absence.
    pub const ANY: Self = Self {
        negated: true,
        listed: Listed::new_const(),
    };
    pub const NONE: Self = Self {
        negated: false,
        listed: Listed::new_const(),
    };

    pub fn finite(values: impl IntoIterator<Item = Option<SmolStr>>) -> Self {
        Self::of(false, values.into_iter().collect())
    }

    pub fn all_but(values: impl IntoIterator<Item = Option<SmolStr>>) -> Self {
        Self::of(true, values.into_iter().collect())
    }

    /// `key: "v"`.
    pub fn is(value: impl Into<SmolStr>) -> Self {
        Self::finite([Some(value.into())])
    }

    /// `key`.
    pub fn present() -> Self {
        Self::all_but([None])
    }

    /// `!key`.
    pub fn absent() -> Self {
        Self::finite([None])
    }

    fn of(negated: bool, mut listed: Listed) -> Self {
        listed.sort();
        listed.dedup();
        Self { negated, listed }
    }

    pub fn is_negated(&self) -> bool {
        self.negated
    }

    pub fn listed(&self) -> &[Option<SmolStr>] {
        &self.listed
    }

    pub fn is_any(&self) -> bool {
        self.negated && self.listed.is_empty()
    }

    pub fn is_none(&self) -> bool {
        !self.negated && self.listed.is_empty()
    }

    pub fn contains(&self, value: Option<&str>) -> bool {
        let found = self
            .listed
            .binary_search_by(|v| v.as_deref().cmp(&value))
            .is_ok();
        found != self.negated
    }

    #[must_use]
    pub fn complement(&self) -> Self {
        Self {
            negated: !self.negated,
            listed: self.listed.clone(),
        }
    }

    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let keep = |from: &Self, test: &Self, want: bool| {
            from.listed
                .iter()
                .filter(|v| test.contains(v.as_deref()) == want)
                .cloned()
                .collect()
        };
        match (self.negated, other.negated) {
            (false, _) => Self {
                negated: false,
                listed: keep(self, other, true),
            },
            (true, false) => Self {
                negated: false,
                listed: keep(other, self, true),
            },
            (true, true) => {
                let both = self.listed.iter().chain(&other.listed).cloned().collect();
                Self::of(true, both)
            }
        }
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.complement()
            .intersect(&other.complement())
            .complement()
    }

    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        self.intersect(&other.complement())
    }

    /// Every value of this set is one of `other`.
    pub fn implies(&self, other: &Self) -> bool {
        let listed_in =
            |of: &Self, set: &Self| of.listed.iter().all(|v| set.contains(v.as_deref()));
        match (self.negated, other.negated) {
            (false, _) => listed_in(self, other),
            // Cofinite in finite: there are more values than any set lists.
            (true, false) => false,
            (true, true) => other.listed.iter().all(|v| !self.contains(v.as_deref())),
        }
    }

    pub fn disjoint(&self, other: &Self) -> bool {
        let none_in = |of: &Self, set: &Self| of.listed.iter().all(|v| !set.contains(v.as_deref()));
        match (self.negated, other.negated) {
            (false, _) => none_in(self, other),
            (true, false) => none_in(other, self),
            (true, true) => false,
        }
    }
}
