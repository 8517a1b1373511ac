//! Limits of what is shown. None of them hides a finding: what is too long is named without its
//! text.

/// A source line longer than this is named by its position only: a terminal cannot show it, and a
/// finding on each word of it would print it once for each.
pub const SHOWN_LINE_BYTES_MAX: usize = 2_000;

/// Lines of one change that a fix shows.
pub const SHOWN_DIFF_LINES_MAX: usize = 20;

/// Of a longer line of a change only so much is shown.
pub const SHOWN_DIFF_CHARS_MAX: usize = 200;

/// How much of a line a change shows before its first edit.
pub const SHOWN_DIFF_LEAD_BYTES: usize = 120;

/// Names longer than this get no suggestion: no identifier is that long.
pub const SUGGEST_NAME_CHARS_MAX: usize = 128;

/// Names that a list of them compares one by one, for all the names that it is asked for together:
/// a thousand unknown names among a thousand known ones. What is one slip away is found without.
pub const SUGGEST_COMPARED_MAX: usize = 1 << 20;
