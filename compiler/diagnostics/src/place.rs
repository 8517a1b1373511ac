//! Positions, from relative to absolute. Offsets are bytes, as `u32`: a source over 4 GiB is
//! refused before it is lexed.

/// A half-open range of bytes; what it is relative to depends on who holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextRange {
    pub start: u32,
    pub end: u32,
}

impl TextRange {
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    pub const fn at(offset: u32) -> Self {
        Self::new(offset, offset)
    }

    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// The smallest range that covers both.
    #[must_use]
    pub fn cover(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// The same range, `by` bytes further on.
    #[must_use]
    pub const fn shift(self, by: u32) -> Self {
        Self::new(self.start.saturating_add(by), self.end.saturating_add(by))
    }

    pub const fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }

    pub const fn as_usize(self) -> core::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A source file of one run; numbered by whoever owns the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// What a relative range hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Anchor {
    /// The range counts from the start of the file.
    File(FileId),
    /// The range counts from the start of an item; the number is opaque to all but `sema`, and its
    /// value must reach no output and no ordering.
    Item(u64),
}

/// A range relative to an anchor: survives edits elsewhere in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub anchor: Anchor,
    pub range: TextRange,
}

impl Place {
    pub const fn in_file(file: FileId, range: TextRange) -> Self {
        Self {
            anchor: Anchor::File(file),
            range,
        }
    }

    pub const fn in_item(item: u64, range: TextRange) -> Self {
        Self {
            anchor: Anchor::Item(item),
            range,
        }
    }
}

/// An absolute range of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub range: TextRange,
}
