//! Membership, inclusion and intersection of patterns.
//!
//! Inclusion is decided with a symbol that no name holds standing for every `*` of the narrower
//! pattern: a `*` of the wider one has to take it, and what takes it takes any run. That is exact
//! as long as some letter occurs in no pattern of the union; else the automaton decides.

use std::borrow::Cow;

use crate::name::{
    NamePattern, automaton,
    label::{self, ALPHABET, FRESH, is_label_byte},
};

/// A pattern by labels. The lone `*` is `many` with no label after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape<'a> {
    /// Begins with one or more labels of any kind.
    pub(super) many: bool,
    pub(super) labels: Vec<&'a [u8]>,
}

impl<'a> Shape<'a> {
    pub(super) fn of(pattern: &'a NamePattern) -> Self {
        if pattern.is_any() {
            return Self {
                many: true,
                labels: Vec::new(),
            };
        }
        let mut labels: Vec<&[u8]> = pattern.0.split('.').map(str::as_bytes).collect();
        let many = labels.first() == Some(&b"**".as_slice());
        if many {
            labels.remove(0);
        }
        Self { many, labels }
    }

    /// The least number of labels of a name that matches.
    fn least(&self) -> usize {
        self.labels.len() + usize::from(self.many)
    }

    /// `count` labels of any kind and what stands after `**`.
    fn unrolled(&self, count: usize, many: bool) -> Self {
        let stars = std::iter::repeat_n(b"*".as_slice(), count);
        Self {
            many,
            labels: stars.chain(self.labels.iter().copied()).collect(),
        }
    }

    pub(super) fn matches(&self, name: &[&[u8]], wild: impl Fn(u8) -> bool + Copy) -> bool {
        let fits = if self.many {
            name.len() > self.labels.len()
        } else {
            name.len() == self.labels.len()
        };
        let (head, tail) = name.split_at(name.len().saturating_sub(self.labels.len()));
        fits && head
            .iter()
            .all(|l| !l.is_empty() && l.iter().all(|&b| wild(b)))
            && self
                .labels
                .iter()
                .zip(tail)
                .all(|(p, l)| !l.is_empty() && label::matches(p, l, wild))
    }

    /// Every name that `other` admits is admitted here, whatever letters names may hold.
    fn holds(&self, other: &Self) -> bool {
        if self.many && self.labels.is_empty() {
            return true;
        }
        let fits = if self.many {
            other.labels.len() >= self.labels.len() && other.least() > self.labels.len()
        } else {
            !other.many && other.labels.len() == self.labels.len()
        };
        let skip = other.labels.len().saturating_sub(self.labels.len());
        fits && self
            .labels
            .iter()
            .zip(other.labels.iter().skip(skip))
            .all(|(wide, narrow)| {
                let word: Vec<u8> = narrow.iter().map(|&b| star_to(b, FRESH)).collect();
                label::matches(wide, &word, |b| b == FRESH || is_label_byte(b))
            })
    }

    fn meets(&self, other: &Self) -> bool {
        let fits = match (self.many, other.many) {
            (true, true) => true,
            (true, false) => other.labels.len() > self.labels.len(),
            (false, true) => self.labels.len() > other.labels.len(),
            (false, false) => self.labels.len() == other.labels.len(),
        };
        let pairs = self.labels.iter().rev().zip(other.labels.iter().rev());
        fits && pairs.into_iter().all(|(a, b)| label::intersects(a, b))
    }
}

fn star_to(byte: u8, to: u8) -> u8 {
    if byte == b'*' { to } else { byte }
}

impl NamePattern {
    /// Case and one trailing dot do not count. The empty name matches nothing.
    pub fn matches(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.is_empty() || self.is_any() {
            return !name.is_empty();
        }
        let folded = if name.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        };
        if self.is_exact() {
            return self.0 == *folded;
        }
        let labels: Vec<&[u8]> = folded.split('.').map(str::as_bytes).collect();
        Shape::of(self).matches(&labels, is_label_byte)
    }

    /// Every name that `other` admits is admitted by this pattern.
    pub fn contains(&self, other: &Self) -> bool {
        union_contains(std::slice::from_ref(self), other)
    }

    /// Some name is admitted by both.
    pub fn intersects(&self, other: &Self) -> bool {
        Shape::of(self).meets(&Shape::of(other))
    }
}

/// Every name that `pattern` admits is admitted by one of `union`. `false` where the question is
/// too large to be decided (`limits::NAME_STEPS_MAX`): what is not proved does not hold.
pub fn union_contains(union: &[NamePattern], pattern: &NamePattern) -> bool {
    if union.iter().any(|u| u.is_any() || u == pattern) {
        return true;
    }
    if pattern.is_exact() {
        return union.iter().any(|u| u.matches(pattern.as_str()));
    }
    let shapes: Vec<Shape<'_>> = union.iter().map(Shape::of).collect();
    covered(&shapes, &Shape::of(pattern), ALPHABET)
}

/// The same over any alphabet of label characters.
pub(super) fn covered(union: &[Shape<'_>], narrow: &Shape<'_>, alphabet: &[u8]) -> bool {
    if union.iter().any(|u| u.holds(narrow)) {
        return true;
    }
    let spare = alphabet.iter().any(|letter| {
        let uses = |shape: &Shape<'_>| shape.labels.iter().any(|l| l.contains(letter));
        !union.iter().any(uses)
    });
    if spare {
        // A word with that letter for every `*` is matched by a pattern that holds them all: only
        // the number of labels behind `**` is left to be told apart.
        return narrow.many && unrolled_covered(union, narrow);
    }
    if alphabet.iter().any(|&letter| stray(union, narrow, letter)) {
        return false;
    }
    automaton::covered(union, narrow, alphabet)
}

/// `**.x` as `*.x`, `*.*.x`, … up to more labels than any fixed pattern has, and the rest of them.
fn unrolled_covered(union: &[Shape<'_>], narrow: &Shape<'_>) -> bool {
    let longest = union.iter().map(Shape::least).max().unwrap_or(0);
    let most = (longest + 1).saturating_sub(narrow.labels.len()).max(1);
    let held = |piece: &Shape<'_>| union.iter().any(|u| u.holds(piece));
    (1..=most).all(|count| held(&narrow.unrolled(count, false)))
        && held(&narrow.unrolled(most, true))
}

/// A word of `narrow` made with one letter that no pattern of the union admits: the quick "no".
fn stray(union: &[Shape<'_>], narrow: &Shape<'_>, letter: u8) -> bool {
    let whole = narrow.unrolled(usize::from(narrow.many), false);
    let words: Vec<Vec<u8>> = whole
        .labels
        .iter()
        .map(|l| l.iter().map(|&b| star_to(b, letter)).collect())
        .collect();
    let name: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    !union.iter().any(|u| u.matches(&name, is_label_byte))
}
