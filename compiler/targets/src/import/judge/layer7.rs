//! What Cilium's proxies say of a flow that the policy map hands to them.
//!
//! Facts that a flow does not give may be anything that the deciding rule expects.

use smol_str::SmolStr;

use super::{
    filter::Says,
    flow::{Facts, Need, Outcome},
};
use crate::import::{
    name,
    shape::{HttpMatch, NameMatch, Pattern},
};

/// Envoy on a TLS listener takes the union of its rules: one without server names admits
/// everything, one with them needs TLS that names one of them.
pub(super) fn tls(rules: &[Option<&Says>], facts: &Facts) -> Outcome {
    any(rules, |says| connection(says, facts))
}

/// Envoy on an HTTP listener asks twice: whether some rule admits the connection, and whether some
/// rule admits the request. Requests are not asked for server names, so a rule that has nothing
/// else admits them all.
pub(super) fn http(rules: &[Option<&Says>], facts: &Facts) -> Outcome {
    if facts.sni.is_some() {
        return any(rules, |says| {
            connection(says, facts).and(encrypted(says, facts))
        });
    }
    any(rules, |says| connection(says, facts)).and(any(rules, |says| requests(says, facts)))
}

fn any(rules: &[Option<&Says>], ask: impl Fn(Option<&Says>) -> Outcome) -> Outcome {
    rules
        .iter()
        .map(|says| ask(*says))
        .fold(Outcome::Deny, Outcome::or)
}

fn connection(says: Option<&Says>, facts: &Facts) -> Outcome {
    match says {
        Some(says) if !says.server_names.is_empty() => server_names(says, facts),
        _ => Outcome::Allow,
    }
}

/// The HTTP listener cannot parse TLS, whatever admits the connection, except where it ends there.
fn encrypted(says: Option<&Says>, facts: &Facts) -> Outcome {
    match says {
        Some(says) if says.terminating.is_some() => requests(Some(says), facts),
        _ => Outcome::Deny,
    }
}

fn requests(says: Option<&Says>, facts: &Facts) -> Outcome {
    match says {
        Some(says) if says.http.is_empty() || says.widened => Outcome::Allow,
        Some(_) if facts.dns.is_some() => Outcome::Deny,
        Some(says) => says
            .http
            .iter()
            .map(|entry| request(entry, facts))
            .fold(Outcome::Deny, Outcome::or),
        None => Outcome::Allow,
    }
}

fn server_names(says: &Says, facts: &Facts) -> Outcome {
    if let Some(sni) = &facts.sni {
        let admitted = says
            .server_names
            .iter()
            .any(|pattern| name::server_name_matches(pattern, sni));
        return if admitted {
            Outcome::Allow
        } else {
            Outcome::Deny
        };
    }
    if speaks_http(facts) || facts.dns.is_some() {
        return Outcome::Deny;
    }
    // TLS may come without a name, which no pattern admits.
    Outcome::Unknown(Need::Sni)
}

fn speaks_http(facts: &Facts) -> bool {
    facts.method.is_some() || facts.path.is_some() || facts.host.is_some()
}

fn request(entry: &HttpMatch, facts: &Facts) -> Outcome {
    let path = facts.path.as_deref().map(normalised);
    let path = match path {
        // Envoy redirects such a request instead of forwarding it.
        Some(None) => return Outcome::Deny,
        Some(Some(path)) => Some(path),
        None => None,
    };
    let headers = match entry.headers.is_empty() {
        true => Outcome::Allow,
        false => Outcome::Unknown(Need::Http),
    };
    full_match(entry.method.as_ref(), facts.method.as_deref())
        .and(full_match(entry.path.as_ref(), path.as_deref()))
        .and(full_match(entry.host.as_ref(), facts.host.as_deref()))
        .and(headers)
}

fn full_match(pattern: Option<&Pattern>, fact: Option<&str>) -> Outcome {
    match (pattern, fact) {
        (None, _) => Outcome::Allow,
        (Some(Pattern { regex: None, .. }), _) => Outcome::Deny,
        (Some(_), None) => Outcome::Unknown(Need::Http),
        (
            Some(Pattern {
                regex: Some(regex), ..
            }),
            Some(text),
        ) => match regex.is_match(text) {
            true => Outcome::Allow,
            false => Outcome::Deny,
        },
    }
}

/// The path as Envoy matches it: unreserved characters decoded, dot segments removed, slashes
/// merged, the query kept. `None`: it holds an escaped slash.
fn normalised(path: &str) -> Option<String> {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let decoded = decode_unreserved(path)?;
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = decoded.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    let mut out = String::with_capacity(decoded.len());
    for (at, segment) in kept.iter().enumerate() {
        // Empty segments are doubled slashes, except at the end.
        if segment.is_empty() && at + 1 < kept.len() {
            continue;
        }
        if segment.is_empty() && out.ends_with('/') {
            continue;
        }
        out.push('/');
        out.push_str(segment);
    }
    if out.is_empty() {
        out.push('/');
    }
    if let Some(query) = query {
        out.push('?');
        out.push_str(query);
    }
    Some(out)
}

fn decode_unreserved(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((front, back)) = rest.split_once('%') {
        out.push_str(front);
        let byte = back
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(b'/' | b'\\') => return None,
            Some(byte)
                if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') =>
            {
                out.push(char::from(byte));
                rest = back.get(2..).unwrap_or_default();
            }
            _ => {
                out.push('%');
                rest = back;
            }
        }
    }
    out.push_str(rest);
    Some(out)
}

/// The DNS proxy: a selector without DNS rules admits every query.
pub(super) fn dns(says: Option<&Says>, facts: &Facts) -> Outcome {
    let Some(says) = says else {
        return Outcome::Allow;
    };
    if says.dns.is_empty() || says.widened {
        return Outcome::Allow;
    }
    if let Some(query) = &facts.dns {
        return match admits(&says.dns, query) {
            true => Outcome::Allow,
            false => Outcome::Deny,
        };
    }
    if facts.sni.is_some() || speaks_http(facts) {
        return Outcome::Deny;
    }
    if says.dns.iter().any(name::is_everything) {
        return Outcome::Allow;
    }
    Outcome::Unknown(Need::Dns)
}

fn admits(rules: &[NameMatch], query: &SmolStr) -> bool {
    rules
        .iter()
        .any(|rule| name::is_everything(rule) || name::matches(rule, query))
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn paths_are_matched_as_envoy_writes_them() {
        for (given, want) in [
            ("/", Some("/")),
            ("/a/b", Some("/a/b")),
            ("/a//b", Some("/a/b")),
            ("/a/", Some("/a/")),
            ("/a//", Some("/a/")),
            ("/a/./b", Some("/a/b")),
            ("/a/../b", Some("/b")),
            ("/a/..", Some("/")),
            ("/../a", Some("/a")),
            ("/%61?x=%2F", Some("/a?x=%2F")),
            ("/%2e%2e/a", Some("/a")),
            ("/a%2Fb", None),
            ("/a%5cb", None),
            ("/a%20b", Some("/a%20b")),
        ] {
            assert_eq!(normalised(given).as_deref(), want, "{given}");
        }
    }
}
