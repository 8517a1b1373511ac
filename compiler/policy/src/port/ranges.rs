//! Sets of port numbers.

use crate::interval;

/// Inclusive ranges: sorted, disjoint, not adjacent. `*/tcp` is `0..=65535`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ranges(Vec<(u16, u16)>);

impl Ranges {
    pub fn new(ranges: impl IntoIterator<Item = (u16, u16)>) -> Self {
        Self(interval::normal(ranges.into_iter().collect()))
    }

    /// Every port.
    pub fn full() -> Self {
        Self::new([(0, u16::MAX)])
    }

    pub fn as_slice(&self) -> &[(u16, u16)] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.0 == [(0, u16::MAX)]
    }

    pub fn contains(&self, port: u16) -> bool {
        interval::contains(&self.0, port)
    }

    /// Exactly one port.
    pub fn single(&self) -> Option<u16> {
        match self.0.as_slice() {
            [(low, high)] if low == high => Some(*low),
            _ => None,
        }
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(interval::union(&self.0, &other.0))
    }

    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self(interval::intersect(&self.0, &other.0))
    }

    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        Self(interval::subtract(&self.0, &other.0))
    }

    pub fn implies(&self, other: &Self) -> bool {
        interval::implies(&self.0, &other.0)
    }

    pub fn disjoint(&self, other: &Self) -> bool {
        interval::disjoint(&self.0, &other.0)
    }
}
