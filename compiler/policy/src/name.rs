//! Name patterns: `external`, `tls.sni`, `dns`, `http.host` (grammar.md §6).

use smol_str::SmolStr;

/// A checked pattern, lower case, without trailing dot. `*` inside a label is any run within it, a
/// leading label `**` is one or more labels, `*` alone is any name.
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
}
