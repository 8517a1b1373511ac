//! Regular expressions of HTTP rules as path patterns, methods and host patterns.
//!
//! Cilium matches the whole of the path with its query. Only what a pattern says exactly is taken:
//! an expression is cut into its alternatives, each a run of plain text, whole segments and a tail.

use npl_policy::{
    http::{PathPattern, Segment},
    name::NamePattern,
};
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use smol_str::SmolStr;

use crate::import::re2::translate;

/// Alternatives of one expression, and members of one class that is spelled out.
const ALTERNATIVES_MAX: usize = 64;
const MEMBERS_MAX: u32 = 8;

/// Of a method: it is a name of the language.
const METHOD_BYTES_MAX: usize = 63;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    /// One or more characters of a segment.
    Segment,
    /// Any run of characters but `?`, slashes too.
    Path,
    /// Any run whatever.
    Rest,
    Start,
    End,
}

type Word = Vec<Token>;

/// `/**`.
pub(super) fn every_path() -> PathPattern {
    PathPattern {
        segments: vec![Segment::Rest],
        bare: false,
    }
}

/// The methods; `None` among them is every method.
pub(super) fn methods(text: &str) -> Option<Vec<Option<SmolStr>>> {
    let mut out = Vec::new();
    for word in words(text)? {
        if word == [Token::Rest] {
            return Some(vec![None]);
        }
        let method: Option<String> = word.iter().map(plain).collect();
        // A name of the language: hyphens stand between letters.
        let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase());
        let letters = |m: &String| m.split('-').all(word);
        let method = method.filter(|m| (1..=METHOD_BYTES_MAX).contains(&m.len()) && letters(m))?;
        out.push(Some(SmolStr::new(method)));
    }
    out.sort();
    out.dedup();
    Some(out)
}

/// The patterns that together admit exactly the paths, with or without queries, that the expression
/// admits.
pub(super) fn paths(text: &str) -> Option<Vec<PathPattern>> {
    let mut found = Vec::new();
    for word in words(text)? {
        found.extend(one_path(&word)?);
    }
    joined(found)
}

/// A dot that is neither escaped nor repeated stands in it.
pub(super) fn has_loose_dot(text: &str) -> bool {
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let repeated = matches!(chars.peek(), Some('*' | '+' | '?' | '{'));
        if c == '.' && before != '\\' && !repeated {
            return true;
        }
        before = if before == '\\' { ' ' } else { c };
    }
    false
}

/// A pattern as the compiler writes it: any case, and a port or none.
pub(super) fn host(text: &str) -> Option<NamePattern> {
    let text = text.strip_prefix('^').unwrap_or(text);
    let text = text.strip_suffix('$').unwrap_or(text);
    let mut rest = text.strip_prefix("(?i)")?.strip_suffix("(:[0-9]+)?")?;
    const LABEL: &str = "[-a-z0-9_]+";
    const LABELS: &str = r"[-a-z0-9_]+(\.[-a-z0-9_]+)*";
    const RUN: &str = "[-a-z0-9_]*";
    if rest == LABELS {
        return Some(NamePattern::any());
    }
    let mut out = String::new();
    if let Some(after) = rest.strip_prefix(LABELS) {
        out.push_str("**");
        rest = after;
    }
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(RUN) {
            out.push('*');
            rest = after;
            continue;
        }
        let escaped = rest.strip_prefix('\\').and_then(|r| r.chars().next());
        match (c, escaped) {
            ('\\', Some('.')) => {
                out.push('.');
                rest = rest.get(2..)?;
            }
            (c, _) if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') => {
                out.push(c);
                rest = rest.get(1..)?;
            }
            _ => return None,
        }
    }
    debug_assert!(!out.contains(LABEL));
    NamePattern::parse(&out).ok()
}

fn plain(token: &Token) -> Option<char> {
    match token {
        Token::Char(c) => Some(*c),
        _ => None,
    }
}

/// The alternatives of an expression that is matched against the whole of a text.
fn words(text: &str) -> Option<Vec<Word>> {
    let hir = regex_syntax::Parser::new().parse(&translate(text)?).ok()?;
    let mut out = expand(&hir)?;
    for word in &mut out {
        if word.first() == Some(&Token::Start) {
            word.remove(0);
        }
        if word.last() == Some(&Token::End) {
            word.pop();
        }
        if word.contains(&Token::Start) || word.contains(&Token::End) {
            return None;
        }
    }
    Some(out)
}

fn expand(hir: &Hir) -> Option<Vec<Word>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(vec![text.chars().map(Token::Char).collect()])
        }
        HirKind::Class(class) => members(class),
        HirKind::Look(Look::Start) => Some(vec![vec![Token::Start]]),
        HirKind::Look(Look::End) => Some(vec![vec![Token::End]]),
        HirKind::Look(_) => None,
        HirKind::Capture(capture) => expand(&capture.sub),
        HirKind::Repetition(repetition) => {
            if (repetition.min, repetition.max) == (0, Some(1)) {
                let mut out = vec![Vec::new()];
                out.extend(expand(&repetition.sub)?);
                return Some(out);
            }
            let HirKind::Class(class) = repetition.sub.kind() else {
                return None;
            };
            run(class, repetition.min, repetition.max)
        }
        HirKind::Concat(parts) => {
            let mut out: Vec<Word> = vec![Vec::new()];
            for part in parts {
                let next = expand(part)?;
                if out.len().saturating_mul(next.len()) > ALTERNATIVES_MAX {
                    return None;
                }
                out = out
                    .iter()
                    .flat_map(|front| {
                        next.iter()
                            .map(move |back| [front.as_slice(), back].concat())
                    })
                    .collect();
            }
            Some(out)
        }
        HirKind::Alternation(parts) => {
            let mut out = Vec::new();
            for part in parts {
                out.extend(expand(part)?);
            }
            (out.len() <= ALTERNATIVES_MAX).then_some(out)
        }
    }
}

/// The characters of a small class, one alternative each.
fn members(class: &Class) -> Option<Vec<Word>> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let ranges = || {
        class
            .iter()
            .map(|r| (u32::from(r.start()), u32::from(r.end())))
    };
    let count: u32 = ranges()
        .map(|(low, high)| (high - low).saturating_add(1))
        .sum();
    if count > MEMBERS_MAX {
        return None;
    }
    let chars = ranges().flat_map(|(low, high)| low..=high);
    Some(
        chars
            .filter_map(char::from_u32)
            .map(|c| vec![Token::Char(c)])
            .collect(),
    )
}

/// A repeated class, where it is one of those that a pattern says.
fn run(class: &Class, min: u32, max: Option<u32>) -> Option<Vec<Word>> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let has = |c: char| class.iter().any(|r| (r.start()..=r.end()).contains(&c));
    // What a normalised segment may hold.
    let mut segment = (0x21_u8..0x7f)
        .map(char::from)
        .filter(|c| !matches!(c, '/' | '?' | '#' | '\\'));
    if max.is_some() || !segment.all(has) {
        return None;
    }
    match (has('/'), has('?'), min) {
        (true, true, 0) => Some(vec![vec![Token::Rest]]),
        (true, false, 0) => Some(vec![vec![Token::Path]]),
        (false, false, 1) => Some(vec![vec![Token::Segment]]),
        _ => None,
    }
}

/// A pattern, and whether it admits no query, only one, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    segments: Vec<Segment>,
    query: Query,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Query {
    Without,
    With,
    Both,
}

fn one_path(word: &[Token]) -> Option<Vec<Found>> {
    let (word, query) = match word {
        [Token::Rest] => {
            return Some(vec![Found {
                segments: vec![Segment::Rest],
                query: Query::Both,
            }]);
        }
        [front @ .., Token::Char('?'), Token::Rest] => (front, Query::With),
        [front @ .., Token::Rest] => return deeper(front, Query::Both),
        whole => (whole, Query::Without),
    };
    match word {
        [front @ .., Token::Path] => deeper(front, query),
        whole => {
            // A path begins with a slash: this alternative matches nothing.
            if whole.is_empty() {
                return Some(Vec::new());
            }
            Some(vec![Found {
                segments: segments(whole)?,
                query,
            }])
        }
    }
}

/// What begins with `front`, a slash at its end, and goes on as it likes.
fn deeper(front: &[Token], query: Query) -> Option<Vec<Found>> {
    if front.last() != Some(&Token::Char('/')) {
        return None;
    }
    let here = segments(front)?;
    let (_, before) = here.split_last()?;
    let further = before.iter().cloned().chain([Segment::Any, Segment::Rest]);
    Some(vec![
        Found {
            segments: further.collect(),
            query,
        },
        Found {
            segments: here,
            query,
        },
    ])
}

fn segments(word: &[Token]) -> Option<Vec<Segment>> {
    let (Token::Char('/'), body) = word.split_first()? else {
        return None;
    };
    let parts: Vec<&[Token]> = body.split(|token| *token == Token::Char('/')).collect();
    let count = parts.len();
    let mut out = Vec::with_capacity(count);
    for (at, part) in parts.into_iter().enumerate() {
        out.push(match part {
            [Token::Segment] => Segment::Any,
            [] if at + 1 == count => Segment::Exact(SmolStr::default()),
            // Slashes are merged before the path is matched.
            [] => return None,
            part => {
                let text: String = part.iter().map(plain).collect::<Option<_>>()?;
                let pattern = PathPattern::parse(&format!("/{text}")).ok()?;
                match pattern.segments.as_slice() {
                    [one @ Segment::Exact(exact)] if *exact == text && !pattern.bare => one.clone(),
                    _ => return None,
                }
            }
        });
    }
    Some(out)
}

/// The same with and without a query is both; what ends, ends in a slash or goes deeper is the
/// whole rest. `None`: a query that has to be there is left.
fn joined(found: Vec<Found>) -> Option<Vec<PathPattern>> {
    let mut out: Vec<Found> = Vec::new();
    for next in found {
        match out.iter_mut().find(|have| have.segments == next.segments) {
            Some(have) if have.query != next.query => have.query = Query::Both,
            Some(_) => {}
            None => out.push(next),
        }
    }
    let deep: Vec<Found> = out
        .iter()
        .filter(|f| f.segments.ends_with(&[Segment::Any, Segment::Rest]))
        .cloned()
        .collect();
    for further in deep {
        let Some((_, before)) = further
            .segments
            .split_last_chunk::<2>()
            .map(|(a, b)| (b, a))
        else {
            continue;
        };
        let with = |last: Option<Segment>| Found {
            segments: before.iter().cloned().chain(last).collect(),
            query: further.query,
        };
        let slash = with(Some(Segment::Exact(SmolStr::default())));
        let itself = with(None);
        let whole = before.is_empty() || out.contains(&itself);
        if whole && out.contains(&slash) {
            out.retain(|have| *have != slash && *have != itself && *have != further);
            out.push(with(Some(Segment::Rest)));
        }
    }
    let mut patterns = Vec::with_capacity(out.len());
    for Found { segments, query } in out {
        if query == Query::With {
            return None;
        }
        patterns.push(PathPattern {
            segments,
            bare: query == Query::Without,
        });
    }
    patterns.sort();
    (!patterns.is_empty()).then_some(patterns)
}

#[cfg(test)]
mod tests {
    use super::{has_loose_dot, host, methods, paths};

    fn said(text: &str) -> Option<Vec<String>> {
        let found = paths(text)?;
        Some(found.iter().map(ToString::to_string).collect())
    }

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        let want: Vec<String> = want.iter().map(|w| (*w).to_owned()).collect();
        assert_eq!(said(text), Some(want), "{text}");
    }

    #[test]
    fn what_a_pattern_says_exactly() {
        check("/public", &["/public?"]);
        check("^/public$", &["/public?"]);
        check(r"/public(\?.*)?", &["/public"]);
        check("/a/.*", &["/a/", "/a/*/**"]);
        check("/a(/.*)?", &["/a?", "/a/", "/a/*/**"]);
        check(r"/a(/[^?#]*)?(\?.*)?", &["/a/**"]);
        check(r"(/[^?#]*)?(\?.*)?", &["/**"]);
        check("/.*", &["/**"]);
        check(".*", &["/**"]);
        check("/a/[^/?]+/b", &["/a/*/b?"]);
        check(r"/orders/[^/?#]+(\?.*)?", &["/orders/*"]);
        check("/(a|b)/c", &["/a/c?", "/b/c?"]);
        check(r"/index\.html", &["/index.html?"]);
        check("/v[12]", &["/v1?", "/v2?"]);
        check("(?i)/a", &["/A?", "/a?"]);
    }

    #[test]
    fn what_no_pattern_says() {
        for text in [
            "/public.*",
            "/index.html",
            "/a/[^/]+",
            "/users/[0-9]+",
            "/a/.+",
            "/a/.*/b",
            r"/a\?x=1",
            r"/a\?.*",
            "public",
            "/a//b",
            "/a/../b",
            "/a/x[^/?]+",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
        assert!(has_loose_dot("/index.html") && !has_loose_dot(r"/index\.html/.*"));
    }

    #[test]
    fn methods_and_hosts() {
        let some = |list: &[&str]| -> Option<Vec<_>> {
            Some(list.iter().map(|m| Some((*m).into())).collect())
        };
        assert_eq!(methods("GET"), some(&["GET"]));
        assert_eq!(methods("^(GET|PUT)$"), some(&["GET", "PUT"]));
        assert_eq!(methods(".*"), Some(vec![None]));
        assert_eq!(methods("GET.*"), None);
        assert_eq!(methods("M-SEARCH"), some(&["M-SEARCH"]));
        assert_eq!(methods("-GET"), None);
        let name = |text: &str| host(text).map(|name| name.to_string());
        let own = r"(?i)[-a-z0-9_]*\.example\.com(:[0-9]+)?";
        assert_eq!(name(own).as_deref(), Some("*.example.com"));
        assert_eq!(name("example.com"), None);
        assert_eq!(name(r"(?i)example\.com"), None);
    }
}
