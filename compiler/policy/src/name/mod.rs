//! Name patterns: `external`, `tls.sni`, `dns`, `http.host` (grammar.md §6), with exact inclusion
//! and intersection. A name is one or more non-empty labels joined by dots; its length is taken to
//! be without limit when two patterns are compared.

mod automaton;
mod label;
mod parse;
mod relate;

#[cfg(test)]
mod tests;

use smol_str::SmolStr;

pub use relate::union_contains;

/// A checked pattern, lower case, without trailing dot. `*` inside a label is any run within it, a
/// leading label `**` is one or more labels, `*` alone is any name. One spelling for each form:
/// runs of `*` do not occur, and `**` alone is written `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamePattern(SmolStr);

/// Why a text is no name pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    Empty,
    /// A character that no name holds; its byte offset.
    Character(usize),
    /// `..` or a leading dot; its byte offset.
    EmptyLabel(usize),
    /// An IP address is not a name.
    Address,
    /// `**` anywhere but as the whole first label; its byte offset.
    DoubleStar(usize),
    TooLong,
}

impl NamePattern {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `*`: any name.
    pub fn any() -> Self {
        Self(SmolStr::new_static("*"))
    }

    /// Admits any name whatever.
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }

    /// Admits exactly one name.
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }
}

impl std::fmt::Display for NamePattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
