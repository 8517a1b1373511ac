//! Where renderers find the text: file by number, line and column by offset.
//!
//! Lines and columns count from 1, columns in characters, offsets in bytes. A span that lies
//! outside its text, or inside a character, is clamped: a renderer never fails.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use serde::Serialize;

use crate::{FileId, Span, TextRange};

/// The files of one run. An unknown file is the empty text.
pub trait Sources {
    /// As the user named it, or relative to the package.
    fn path(&self, file: FileId) -> &str;
    fn text(&self, file: FileId) -> &str;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    pub line: u32,
    pub column: u32,
    pub offset: u32,
}

/// Bytes between two remembered character counts: a column costs at most this many steps, however
/// long its line.
const STEP: usize = 256;

/// Finds line and column of an offset in logarithmic time.
#[derive(Debug)]
pub struct LineIndex {
    /// Offsets at which lines start; the first is 0.
    starts: Vec<u32>,
    /// Characters that start before byte `i * STEP`.
    chars: Vec<u32>,
}

impl LineIndex {
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let mut chars = Vec::with_capacity(text.len() / STEP + 1);
        let mut seen: u32 = 0;
        for (i, byte) in text.bytes().enumerate() {
            if i % STEP == 0 {
                chars.push(seen);
            }
            seen += u32::from(starts_char(byte));
            if byte == b'\n' {
                starts.push(offset(i + 1));
            }
        }
        if text.len().is_multiple_of(STEP) {
            chars.push(seen);
        }
        Self { starts, chars }
    }

    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of a line, its line end excluded; lines count from 1.
    pub fn line_range(&self, text: &str, line: u32) -> Option<TextRange> {
        let i = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(i)?;
        let end = match self.starts.get(i + 1) {
            Some(next) => next.saturating_sub(1),
            None => offset(text.len()),
        };
        let line = text.get(start as usize..end as usize)?;
        let cut = u32::from(line.ends_with('\r'));
        Some(TextRange::new(start, end - cut))
    }

    pub fn position(&self, text: &str, at: u32) -> Position {
        let at = at.min(offset(text.len()));
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let column = self.chars_before(text, at) - self.chars_before(text, start);
        Position {
            line: offset(line),
            column: column + 1,
            offset: at,
        }
    }

    fn chars_before(&self, text: &str, at: u32) -> u32 {
        let at = at as usize;
        let step = at / STEP;
        let before = self.chars.get(step).copied().unwrap_or(0);
        let rest = text.as_bytes().get(step * STEP..at).unwrap_or_default();
        before + offset(rest.iter().filter(|b| starts_char(**b)).count())
    }
}

fn starts_char(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

/// Sources over 4 GiB are refused before they are lexed; past that, positions saturate.
fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The same range, inside the text and on character boundaries.
pub fn clamp(text: &str, range: TextRange) -> TextRange {
    let start = text.floor_char_boundary(range.start as usize);
    let end = text.ceil_char_boundary(range.end as usize).max(start);
    TextRange::new(offset(start), offset(end))
}

/// Sources with their line indexes, each made once and only where it is asked for.
pub struct Lines<'a> {
    sources: &'a dyn Sources,
    made: RefCell<BTreeMap<FileId, Rc<LineIndex>>>,
}

impl<'a> Lines<'a> {
    pub fn new(sources: &'a dyn Sources) -> Self {
        Self {
            sources,
            made: RefCell::default(),
        }
    }

    pub fn path(&self, file: FileId) -> &'a str {
        self.sources.path(file)
    }

    pub fn text(&self, file: FileId) -> &'a str {
        self.sources.text(file)
    }

    pub fn index(&self, file: FileId) -> Rc<LineIndex> {
        let mut made = self.made.borrow_mut();
        let index = made
            .entry(file)
            .or_insert_with(|| Rc::new(LineIndex::new(self.sources.text(file))));
        Rc::clone(index)
    }

    /// Start and end of a span, clamped.
    pub fn positions(&self, span: Span) -> (Position, Position) {
        let text = self.sources.text(span.file);
        let range = clamp(text, span.range);
        let index = self.index(span.file);
        (
            index.position(text, range.start),
            index.position(text, range.end),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: u32) -> (u32, u32) {
        let position = LineIndex::new(text).position(text, offset);
        (position.line, position.column)
    }

    #[test]
    fn columns_are_characters() {
        let text = "aé∈🌏b\nx";
        assert_eq!(at(text, 0), (1, 1));
        assert_eq!(at(text, 1), (1, 2));
        assert_eq!(at(text, 3), (1, 3));
        assert_eq!(at(text, 6), (1, 4));
        assert_eq!(at(text, 10), (1, 5));
        assert_eq!(at(text, 12), (2, 1));
        assert_eq!(at(text, 900), (2, 2));
    }

    #[test]
    fn every_offset_of_long_lines_agrees_with_counting() {
        let text = "é".repeat(700) + "\n" + &"x".repeat(513);
        let index = LineIndex::new(&text);
        for (i, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let before = text.get(..i).unwrap();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            let got = index.position(&text, u32::try_from(i).unwrap());
            assert_eq!((got.line as usize, got.column as usize), (line, column));
        }
    }

    #[test]
    fn empty_text_and_last_line() {
        assert_eq!(at("", 0), (1, 1));
        assert_eq!(at("", 7), (1, 1));
        assert_eq!(at("a\n", 2), (2, 1));
    }

    #[test]
    fn clamps_into_the_text_and_out_of_characters() {
        assert_eq!(clamp("aé", TextRange::new(2, 9)), TextRange::new(1, 3));
        assert_eq!(clamp("aé", TextRange::new(9, 2)), TextRange::new(3, 3));
        assert_eq!(clamp("", TextRange::new(4, 5)), TextRange::new(0, 0));
    }

    #[test]
    fn lines_without_their_ends() {
        let text = "a\r\nbc\n";
        let index = LineIndex::new(text);
        assert_eq!(index.line_range(text, 1), Some(TextRange::new(0, 1)));
        assert_eq!(index.line_range(text, 2), Some(TextRange::new(3, 5)));
        assert_eq!(index.line_range(text, 3), Some(TextRange::new(6, 6)));
        assert_eq!(index.line_range(text, 4), None);
        assert_eq!(index.line_range(text, 0), None);
    }
}
