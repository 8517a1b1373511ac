//! Strings with a quote too many or too few: what follows on the line is read again.

use super::{Edit, Say, View, words::rescan};
use crate::{
    lexer::{Lexeme, slice},
    parse::literal::Finding,
    token::TokenKind as T,
};
use npl_diagnostics::{TextRange, codes::syntax};

/// More quotes on one line are not looked at.
const MOST_QUOTES: usize = 6;

/// The rest of the line behind a place, with what begins there and goes on over lines.
fn line_end(view: &View<'_>, from: u32) -> u32 {
    let rest = slice(view.text, TextRange::new(from, view.text.len() as u32));
    let end = from + rest.find('\n').unwrap_or(rest.len()) as u32;
    let behind = view.lexemes.partition_point(|t| t.start < end);
    let last = behind.checked_sub(1).and_then(|at| view.lexemes.get(at));
    last.map_or(end, |t| t.end.max(end))
}

/// A string from the token at `at` to `end`; behind `next` the line is read again.
fn string(view: &View<'_>, at: usize, end: u32, next: u32, say: Say) -> Option<Edit> {
    let first = view.lexemes.get(at)?;
    let line = line_end(view, next);
    let mut with = vec![Lexeme {
        kind: T::Str,
        end,
        ..*first
    }];
    with.extend(rescan(view.text, TextRange::new(next, line)));
    let old = at..view.lexemes.partition_point(|t| t.start < line);
    (old.end > at).then_some(Edit { old, with, say })
}

/// Whether all that was found is a string that is not closed, with another one before it on its
/// line, or a word that touches one: the quote that is wrong may be any of them.
pub(super) fn one_of_three(text: &str, found: &[Finding]) -> bool {
    let [only] = found else {
        return false;
    };
    let before = slice(text, TextRange::new(0, only.at.start));
    let line = before.rsplit('\n').next().unwrap_or_default();
    let open = only.code == &syntax::UNFINISHED_STRING && line.contains('"');
    let touching = only.code == &syntax::UNEXPECTED_TOKEN && line.ends_with('"');
    open || (touching && only.fixes.is_empty())
}

/// `"a"b"`, `""a""`, `"/a POST "/b"`.
pub(super) fn quotes(view: &View<'_>) -> Vec<Edit> {
    let mut out = Vec::new();
    for (at, token) in view.tokens() {
        if !matches!(token.kind, T::Str | T::OpenStr) {
            continue;
        }
        let inside = token.start + 1;
        let rest = slice(view.text, TextRange::new(inside, line_end(view, inside)));
        let rest = rest.split('\n').next().unwrap_or_default();
        out.extend(closed_early(view, at, rest));
        let free = matches!(view.before(at), Some(T::Because | T::Test));
        let ends = rest.match_indices('"').skip(1).take(MOST_QUOTES);
        for (length, _) in ends {
            let text = rest.get(..length).unwrap_or_default();
            let right = text.replace('"', if free { "\\\"" } else { "" });
            let end = inside + length as u32 + 1;
            out.extend(string(
                view,
                at,
                end,
                end,
                Say::Quotes(format!("\"{right}\"")),
            ));
        }
    }
    out
}

/// `"/a  POST "/b"`, `"/a' POST "/b"`: the string ends at its first blank.
fn closed_early(view: &View<'_>, at: usize, rest: &str) -> Option<Edit> {
    let length = rest.find([' ', '\t', '}', ']', ')', ','])?;
    let text = rest.get(..length)?;
    let inner = text.trim_end_matches(['\'', '`', '”', '’']);
    if inner.contains('"') {
        return None;
    }
    let start = view.lexemes.get(at)?.start + 1;
    let (end, next) = (start + inner.len() as u32, start + length as u32);
    string(view, at, end, next, Say::Quotes(format!("\"{inner}\"")))
}

/// `GET /orders/7" is allowed`, `test a name {`, `http { /a/* }`.
pub(super) fn unquoted(view: &View<'_>) -> Vec<Edit> {
    const ENDS: [char; 8] = ['{', '}', '[', ']', '(', ')', ',', '"'];
    let mut out = Vec::new();
    for (at, _) in view.tokens().filter(|(_, t)| is_bare(t)) {
        let at = first_of_word(view, at);
        let Some(token) = view.lexemes.get(at) else {
            continue;
        };
        let line = TextRange::new(token.start, line_end(view, token.start));
        let rest = slice(view.text, line)
            .split('\n')
            .next()
            .unwrap_or_default();
        let words = rest
            .get(..rest.find(ENDS).unwrap_or(rest.len()))
            .unwrap_or_default();
        let word = words.split([' ', '\t']).next().unwrap_or_default();
        for text in [word, words.trim_end()] {
            if text.contains(['“', '”', '„', '‘', '’', '`', '\'']) {
                continue;
            }
            let end = token.start + text.len() as u32;
            let quote = rest.get(text.len()..).is_some_and(|t| t.starts_with('"'));
            let say = Say::Unquoted(format!("\"{text}\""));
            out.extend(string(view, at, end, end + u32::from(quote), say));
        }
    }
    out
}

fn is_bare(token: &Lexeme) -> bool {
    let number = matches!(token.kind, T::Int | T::Port | T::Addr | T::Date);
    number || token.kind.is_word() || matches!(token.kind, T::Bad | T::Dot)
}

/// The first of the tokens that touch each other up to this one.
fn first_of_word(view: &View<'_>, at: usize) -> usize {
    let before = view.lexemes.get(..=at).unwrap_or_default();
    let pairs = before.windows(2).rev();
    let joined = pairs.take_while(|pair| match pair {
        [a, b] => a.touches(b) && is_bare(a),
        _ => false,
    });
    at - joined.count()
}
