//! Control characters, made visible and harmless, one character for one.

use std::borrow::Cow;

/// What stands for a character that a terminal would act on; `None` for every other character.
pub(super) fn stand_in(c: char) -> Option<char> {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        // C1 controls, direction marks and overrides, invisible joiners, the byte order mark
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => Some('\u{fffd}'),
        _ => None,
    }
}

/// The text on one line, every control character made visible.
pub fn clean(text: &str) -> Cow<'_, str> {
    replaced(text, |_| false)
}

/// The same, but line feeds stay.
pub(super) fn clean_lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c == '\n')
}

fn replaced(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let bad = |c: char| !keep(c) && stand_in(c).is_some();
    if !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let show = |c| if keep(c) { c } else { stand_in(c).unwrap_or(c) };
    Cow::Owned(text.chars().map(show).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_leaves() {
        assert_eq!(clean("a\u{1b}[31mb\0\n\u{202e}é"), "a␛[31mb␀␊\u{fffd}é");
        assert_eq!(clean_lines("a\nb\r"), "a\nb␍");
        assert!(matches!(clean("plain é"), Cow::Borrowed(_)));
    }
}
