//! Scalars as every YAML reader takes them: 1.1 or 1.2, Kubernetes' own included.
//!
//! A text stands bare only if it is a word that no reader could take for anything but a string; all
//! else is double-quoted. YAML 1.1 reads `on`, `no`, `y` as booleans, `12:30` and `1_000` as
//! numbers and `2026-01-01` as a date: in a label value that is a hole in a policy.

/// Appends `text` as a scalar.
pub fn scalar(out: &mut String, text: &str) {
    if is_word(text) {
        out.push_str(text);
    } else {
        quoted(out, text);
    }
}

/// Appends `text` between double quotes.
pub fn quoted(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    // Runs that need no escape are copied whole.
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| needs_escape(*c)) {
        let (clean, tail) = rest.split_at(at);
        out.push_str(clean);
        escape(out, c);
        rest = tail.get(c.len_utf8()..).unwrap_or_default();
    }
    out.push_str(rest);
    out.push('"');
}

/// A letter, then letters, digits, `-`, `_`, `.`, `/`; and no word that YAML 1.1 gives a meaning.
fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
        && !is_special(text)
}

const SPECIAL: [&str; 9] = ["y", "n", "on", "no", "off", "yes", "true", "null", "false"];

fn is_special(text: &str) -> bool {
    text.len() <= 5 && SPECIAL.iter().any(|word| word.eq_ignore_ascii_case(text))
}

fn needs_escape(c: char) -> bool {
    match c {
        '"' | '\\' | '\u{7F}'..='\u{A0}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' => true,
        '\u{FFFE}' | '\u{FFFF}' | '\u{E000}'..='\u{F8FF}' => true,
        _ => c < ' ',
    }
}

fn escape(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        _ => {
            let code = u32::from(c);
            let (mark, digits) = if code <= 0xFF { ('x', 2) } else { ('u', 4) };
            out.push('\\');
            out.push(mark);
            for digit in (0..digits).rev() {
                let nibble = (code >> (digit * 4)) & 0xF;
                out.push(char::from_digit(nibble, 16).unwrap_or('0'));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        scalar(&mut out, text);
        out
    }

    #[test]
    fn words_stand_bare() {
        for word in [
            "app",
            "k8s-app",
            "tier_1",
            "app.kubernetes.io/name",
            "TCP",
            "nope",
            "yes-1",
        ] {
            assert_eq!(written(word), word);
        }
    }

    #[test]
    fn all_else_is_quoted() {
        let hostile = [
            "",
            "y",
            "Y",
            "n",
            "No",
            "ON",
            "off",
            "TRUE",
            "null",
            "Null",
            "~",
            "1_000",
            "12:30:45",
            "2026-01-01",
            "=",
            "<<",
            "0x1F",
            "1e3",
            ".inf",
            "-",
            "k8s:app",
            "10.0.0.0/8",
            "a b",
            "a#b",
            "*",
            "443",
        ];
        for text in hostile {
            assert_eq!(written(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(written("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(written("a\nb\tc\rd"), r#""a\nb\tc\rd""#);
        assert_eq!(
            written("\u{0}\u{7f}\u{85}\u{2028}"),
            r#""\x00\x7f\x85\u2028""#
        );
        assert_eq!(written("checkout→8443"), "\"checkout→8443\"");
    }
}
