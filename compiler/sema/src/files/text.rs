//! Bytes as text. Refuses what is not UTF-8, with the place of the first byte that is not.

use std::fmt;

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUtf8 {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// It begins with the mark that UTF-16 text has.
    pub utf16: bool,
}

/// What to do about it.
pub const SAVE_AS_UTF8: &str = "save the file as UTF-8";

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, .. } = self;
        match self.utf16 {
            true => f.write_str("is UTF-16, not UTF-8: line 1, column 1"),
            false => write!(f, "is not UTF-8: line {line}, column {column}"),
        }
    }
}

pub fn utf8(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(bytes).map_err(|error| {
        let bytes = error.as_bytes();
        let (before, _) = bytes.split_at(error.utf8_error().valid_up_to().min(bytes.len()));
        let last = before.rsplit(|b| *b == b'\n').next().unwrap_or_default();
        NotUtf8 {
            line: before.iter().filter(|b| **b == b'\n').count() + 1,
            column: String::from_utf8_lossy(last).chars().count() + 1,
            utf16: bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff"),
        }
    })
}
