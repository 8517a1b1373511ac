//! Normalisation of a request before it is matched (grammar.md §6).

/// The path without its query, unreserved characters decoded, dot segments removed, slashes merged.
/// `None`: no entry admits this path. That is what does not begin with `/`, a broken escape, `%2F`,
/// `%5C`, `\` (servers read it as a slash), a control character, a space, `#`, or a byte that is
/// not ASCII: none of them stands in a valid request target (RFC 9112 §3.2, RFC 3986 §3.3).
pub fn normalise_path(target: &str) -> Option<String> {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if !path.starts_with('/') {
        return None;
    }
    Some(merged(&decoded(path)?))
}

/// Something stands behind the path of a request target, if only the `?`.
pub fn has_query(target: &str) -> bool {
    target.contains('?')
}

/// `%41` becomes `A`; escapes of reserved characters stay as written.
fn decoded(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let (high, low) = (bytes.next()?, bytes.next()?);
                let value = hex(high)? * 16 + hex(low)?;
                if value == b'/' || value == b'\\' {
                    return None;
                }
                if is_unreserved(value) {
                    out.push(char::from(value));
                } else {
                    out.extend(['%', char::from(high), char::from(low)]);
                }
            }
            b'\\' | b'#' | 0..=b' ' | 127.. => return None,
            _ => out.push(char::from(byte)),
        }
    }
    Some(out)
}

/// Dot segments first, as a URL parser removes them (an empty segment is one that `..` takes), then
/// empty segments; a trailing slash stays.
fn merged(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
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
    let slash = kept.last().is_none_or(|last| last.is_empty());
    kept.retain(|segment| !segment.is_empty());
    let mut out = String::with_capacity(path.len());
    for segment in &kept {
        out.push('/');
        out.push_str(segment);
    }
    if slash {
        out.push('/');
    }
    out
}

/// RFC 3986 §2.3.
pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

pub(super) fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|d| u8::try_from(d).ok())
}

/// The name in a `Host` header or `:authority`, without its port.
pub fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}
