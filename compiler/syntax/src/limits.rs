//! Every limit of the syntax, by name. Passing one is a diagnostic.

/// Brackets nested deeper than this are refused, and their item is not parsed.
pub const MAX_NESTING: usize = 64;
/// Bytes of a name.
pub const MAX_NAME: usize = 63;
/// Bytes of a string literal, escapes undone.
pub const MAX_STRING: usize = 255;
/// The greatest `N` of `within N hops`.
pub const MAX_HOPS: u8 = 16;
/// Lexical errors reported of one item; the last one says how many more there are.
pub const MAX_LEXICAL_ERRORS: usize = 16;
/// Mistakes that the parser mends in one rule, one after the other, before it gives the rule up.
pub(crate) const MAX_REPAIRS: usize = 8;
/// Of an item with more findings, or more tokens, no single slip is looked for that explains them.
pub(crate) const MAX_SLIP_FINDINGS: usize = 6;
pub(crate) const MAX_SLIP_TOKENS: usize = 1024;
/// How many are tried.
pub(crate) const MAX_SLIP_TRIES: usize = 160;
