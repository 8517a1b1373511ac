//! Small questions about names: identifiers, DNS labels, the prelude, what may be taken for what.

use npl_syntax::is_reserved;
use smol_str::SmolStr;

use crate::limits::DNS_LABEL_CHARS_MAX;

/// `[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*`, and no reserved word.
pub fn is_identifier(text: &str) -> bool {
    let mut parts = text.split('-');
    let word = |part: &str| {
        let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        plain && !part.is_empty()
    };
    let first = parts.next().unwrap_or_default();
    word(first)
        && !first.starts_with(|c: char| c.is_ascii_digit())
        && parts.all(word)
        && !is_reserved(text)
}

/// A DNS label: what Kubernetes takes as the name of a namespace, and a prefix of object names.
pub fn is_rfc1123(text: &str) -> bool {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let ends = !text.starts_with('-') && !text.ends_with('-');
    plain && ends && (1..=DNS_LABEL_CHARS_MAX).contains(&text.len())
}

/// The nearest DNS label: lower case, other characters as `-`, cut to length. `npl` where nothing
/// is left.
pub fn to_rfc1123(text: &str) -> SmolStr {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        let keep = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(if keep { c } else { '-' });
    }
    let cut: String = out
        .trim_start_matches('-')
        .chars()
        .take(DNS_LABEL_CHARS_MAX)
        .collect();
    match cut.trim_end_matches('-') {
        "" => SmolStr::new_static("npl"),
        label => SmolStr::new(label),
    }
}

/// What two names that a reader confuses have in common: case folded, `-` as `_`.
pub fn skeleton(name: &str) -> SmolStr {
    let fold = |c: char| {
        if c == '-' {
            '_'
        } else {
            c.to_ascii_lowercase()
        }
    };
    name.chars().map(fold).collect()
}
