//! A source as a terminal may see it, and where its bytes went.

use std::borrow::Cow;

use super::clean::stand_in;
use crate::{FileId, LineIndex, Sources, TextRange, clamp};

/// One file, control characters made visible. Characters stay one for one, so columns do not move;
/// offsets may.
pub(super) struct Shown<'a> {
    pub(super) path: Cow<'a, str>,
    original: &'a str,
    pub(super) text: Cow<'a, str>,
    /// Original offset behind each replaced character, with the offset that it became.
    moved: Vec<(usize, usize)>,
    /// Offsets in `text` at which lines start.
    pub(super) starts: Vec<usize>,
    /// Of `text`: a column costs the same wherever it is on a long line.
    index: LineIndex,
}

impl<'a> Shown<'a> {
    pub(super) fn new(sources: &'a dyn Sources, file: FileId) -> Self {
        let original = sources.text(file);
        let (text, moved) = visible(original);
        let ends = text.match_indices('\n').map(|(i, _)| i + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        Self {
            path: super::clean::clean(sources.path(file)),
            original,
            index: LineIndex::new(&text),
            text,
            moved,
            starts,
        }
    }

    /// A range of the original, in the shown text.
    pub(super) fn range(&self, range: TextRange) -> std::ops::Range<usize> {
        let range = clamp(self.original, range);
        self.offset(range.start as usize)..self.offset(range.end as usize)
    }

    fn offset(&self, at: usize) -> usize {
        let i = self.moved.partition_point(|(from, _)| *from <= at);
        match i.checked_sub(1).and_then(|i| self.moved.get(i)) {
            Some((from, to)) => to + (at - from),
            None => at,
        }
    }

    pub(super) fn line_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1) - 1
    }

    /// Counts from 1, in characters.
    pub(super) fn column_of(&self, at: usize) -> usize {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.index.position(&self.text, at).column as usize
    }

    pub(super) fn line_range(&self, line: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).copied();
        Some(start..end.unwrap_or(self.text.len()))
    }
}

/// Tabs, line feeds, and carriage returns before a line feed stay: terminals read them as meant.
fn visible(text: &str) -> (Cow<'_, str>, Vec<(usize, usize)>) {
    let harmless = |c: char| c == '\n' || c == '\t' || stand_in(c).is_none();
    if text.chars().all(harmless) {
        return (Cow::Borrowed(text), Vec::new());
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut moved = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let line_end = c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
        match stand_in(c) {
            Some(shown) if !harmless(c) && !line_end => {
                out.push(shown);
                moved.push((i + c.len_utf8(), out.len()));
            }
            _ => out.push(c),
        }
    }
    (Cow::Owned(out), moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_follow_the_replacement() {
        let (text, moved) = visible("a\0b\u{1b}c\r\nd\r");
        assert_eq!(text, "a␀b␛c\r\nd␍");
        assert_eq!(moved, [(2, 4), (4, 8), (9, 15)]);
    }
}
