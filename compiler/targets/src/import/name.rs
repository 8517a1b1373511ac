//! Name patterns as Cilium matches them: `toFQDNs`, `rules.dns` and `serverNames`.
//!
//! `*` is any run inside one label, a leading `**.` one or more whole labels, stars alone any name.
//! The three users differ only in details that [`Kind`] names.

use super::shape::NameMatch;

/// Who matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The DNS proxy and the name manager: names end in a dot, patterns get one.
    Dns,
    /// Envoy, on the server name of a TLS handshake: no dots at the end.
    Sni,
}

/// Whether a name matches one `matchName` or `matchPattern`.
pub(super) fn matches(pattern: &NameMatch, name: &str) -> bool {
    if pattern.exact {
        let want = pattern.text.strip_suffix('.').unwrap_or(&pattern.text);
        let have = name.strip_suffix('.').unwrap_or(name);
        return !have.is_empty() && want.eq_ignore_ascii_case(have);
    }
    pattern_matches(&pattern.text, name, Kind::Dns)
}

/// False where no name can match both of two patterns: what stands before their first stars, or
/// behind their last ones, differs.
pub(super) fn may_meet(one: &NameMatch, other: &NameMatch) -> bool {
    let text = |name: &NameMatch| name.text.trim_end_matches('.').to_ascii_lowercase();
    let (one, other) = (text(one), text(other));
    let ends = |text: &str| {
        let head = text.split('*').next().unwrap_or_default();
        let tail = text.rsplit('*').next().unwrap_or_default();
        (head.to_owned(), tail.to_owned())
    };
    let ((head, tail), (other_head, other_tail)) = (ends(&one), ends(&other));
    (head.starts_with(&other_head) || other_head.starts_with(&head))
        && (tail.ends_with(&other_tail) || other_tail.ends_with(&tail))
}

/// Whether every name matches.
pub(super) fn is_everything(pattern: &NameMatch) -> bool {
    !pattern.exact && is_star(&pattern.text)
}

fn is_star(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|b| b == b'*')
}

/// Whether a server name matches one `serverNames` item.
pub(super) fn server_name_matches(pattern: &str, name: &str) -> bool {
    pattern_matches(pattern, name, Kind::Sni)
}

fn pattern_matches(pattern: &str, name: &str, kind: Kind) -> bool {
    let name = match kind {
        Kind::Dns => name.strip_suffix('.').unwrap_or(name),
        Kind::Sni => name,
    };
    if name.is_empty() {
        return false;
    }
    if !name.bytes().all(|b| in_label(b) || b == b'.') {
        return false;
    }
    let labels = |text: &str| !text.split('.').any(str::is_empty);
    if is_star(pattern) {
        return labels(name);
    }
    let pattern = pattern.strip_suffix('.').unwrap_or(pattern);
    let stars = pattern.len() - pattern.trim_start_matches('*').len();
    match pattern.get(stars..).and_then(|rest| rest.strip_prefix('.')) {
        Some(rest) if stars >= 2 => name.match_indices('.').any(|(at, _)| {
            let (front, back) = (name.get(..at), name.get(at + 1..));
            front.is_some_and(labels) && back.is_some_and(|back| glob(rest, back))
        }),
        _ => glob(pattern, name),
    }
}

fn in_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Stars inside labels; everything else letter by letter, case folded.
fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(&have) = name.get(n) {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(want) if want.eq_ignore_ascii_case(&have) => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((after, from)) if name.get(from).is_some_and(|b| in_label(*b)) => {
                    retry = Some((after, from + 1));
                    p = after;
                    n = from + 1;
                }
                _ => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(|b| *b == b'*'))
}
