//! Path patterns: membership, inclusion, intersection.

use std::fmt;

use crate::http::{PathPattern, Segment};

impl Segment {
    fn matches(&self, segment: &str) -> bool {
        match self {
            Self::Exact(text) => text == segment,
            Self::Any => !segment.is_empty(),
            Self::Rest => true,
        }
    }

    /// Both are one segment.
    fn holds(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Exact(text)) => !text.is_empty(),
            _ => self == other,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        self.holds(other) || other.holds(self)
    }
}

impl PathPattern {
    /// What stands before a last `**`, and whether it stands there.
    fn parts(&self) -> (&[Segment], bool) {
        match self.segments.split_last() {
            Some((Segment::Rest, before)) => (before, true),
            _ => (&self.segments, false),
        }
    }

    /// `path` is normalised: see [`super::normalise_path`]; `query`: one stood behind it.
    pub fn matches(&self, path: &str, query: bool) -> bool {
        !(self.bare && query) && self.matches_path(path)
    }

    fn matches_path(&self, path: &str) -> bool {
        let Some(body) = path.strip_prefix('/') else {
            return false;
        };
        let (before, open) = self.parts();
        let mut segments = body.split('/');
        for want in before {
            if !segments.next().is_some_and(|have| want.matches(have)) {
                return false;
            }
        }
        open || segments.next().is_none()
    }

    /// Every path that `other` admits is admitted here.
    pub fn contains(&self, other: &Self) -> bool {
        let ((wide, open), (narrow, other_open)) = (self.parts(), other.parts());
        let fits = if open {
            narrow.len() >= wide.len()
        } else {
            !other_open && narrow.len() == wide.len()
        };
        (other.bare || !self.bare) && fits && wide.iter().zip(narrow).all(|(a, b)| a.holds(b))
    }

    /// Some path is admitted by both.
    pub fn intersects(&self, other: &Self) -> bool {
        let ((a, a_open), (b, b_open)) = (self.parts(), other.parts());
        let fits = match (a_open, b_open) {
            (true, true) => true,
            (true, false) => b.len() >= a.len(),
            (false, true) => a.len() >= b.len(),
            (false, false) => a.len() == b.len(),
        };
        fits && a.iter().zip(b).all(|(x, y)| x.meets(y))
    }

    /// The paths of `a/**` that end after `count` more segments, with or without a last slash, and
    /// those that go on: together all of them, told apart by length.
    pub(super) fn unrolled(&self, most: usize) -> Vec<Self> {
        let (before, open) = self.parts();
        if !open {
            return vec![self.clone()];
        }
        let with = |count: usize, last: Option<Segment>| {
            let more = std::iter::repeat_n(Segment::Any, count);
            Self {
                segments: before.iter().cloned().chain(more).chain(last).collect(),
                bare: self.bare,
            }
        };
        let mut out = Vec::with_capacity(2 * most + 2);
        for count in 0..most {
            out.push(with(count, None));
            out.push(with(count, Some(Segment::Exact("".into()))));
        }
        out.push(with(most, Some(Segment::Rest)));
        // The empty list of segments is no path.
        out.retain(|path| !path.segments.is_empty());
        out
    }

    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            f.write_str("/")?;
            match segment {
                Segment::Exact(text) => f.write_str(text)?,
                Segment::Any => f.write_str("*")?,
                Segment::Rest => f.write_str("**")?,
            }
        }
        if self.bare {
            f.write_str("?")?;
        }
        Ok(())
    }
}
