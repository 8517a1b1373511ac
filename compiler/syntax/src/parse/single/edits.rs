//! One sign more, less or other.

use super::{Edit, Say, View, fits};
use crate::{lexer::Lexeme, token::TokenKind as T};

/// `app; "web"`, `a = 80`, `"x" and tier`.
pub(super) fn other_sign(view: &View<'_>) -> Vec<Edit> {
    const WORDS: [&str; 5] = ["and", "or", "to", "plus", "equals"];
    let mut out = Vec::new();
    for (at, token) in view.tokens() {
        let word = token.kind == T::Ident && WORDS.contains(&token.text(view.text));
        if !(word || token.kind.is_bad() || token.kind.punctuation().is_some()) {
            continue;
        }
        let (before, after) = (view.before(at), view.kind(at + 1));
        let fits = fits::SIGNS.iter().filter(|(kind, _)| {
            *kind != token.kind
                && kind.punctuation().is_some()
                && fits::between(before, *kind, after)
        });
        out.extend(fits.map(|(kind, sign)| Edit {
            old: at..at + 1,
            with: vec![Lexeme {
                kind: *kind,
                ..*token
            }],
            say: Say::Other(sign),
        }));
    }
    out
}

/// `is is`, `{443 443, 80}`.
pub(super) fn twice(view: &View<'_>) -> Vec<Edit> {
    let mut out = Vec::new();
    for (at, token) in view.tokens() {
        let next = view.lexemes.get(at + 1);
        let same = |t: &&Lexeme| t.kind == token.kind && t.text(view.text) == token.text(view.text);
        out.extend(next.filter(same).map(|_| Edit {
            old: at + 1..at + 2,
            with: Vec::new(),
            say: Say::Twice,
        }));
    }
    out
}

/// `w :workload`: two neighbours on one line, the other way round.
pub(super) fn turned(view: &View<'_>) -> Vec<Edit> {
    let tokens = view.tokens();
    tokens.filter_map(|(at, _)| turned_at(view, at)).collect()
}

pub(super) fn turned_at(view: &View<'_>, at: usize) -> Option<Edit> {
    let (token, next) = (view.lexemes.get(at)?, view.lexemes.get(at + 1)?);
    (!next.new_line && next.kind != token.kind).then(|| Edit {
        old: at..at + 2,
        with: vec![as_at(next, token), as_at(token, next)],
        say: Say::Turned,
    })
}

/// A token where another stands: what the trivia there say stays.
fn as_at(token: &Lexeme, place: &Lexeme) -> Lexeme {
    Lexeme {
        new_line: place.new_line,
        column_one: place.column_one,
        doc: place.doc,
        ..*token
    }
}

pub(super) fn missing(view: &View<'_>) -> Vec<Edit> {
    let mut out = Vec::new();
    for at in view.near.iter().copied() {
        let (before, after) = (view.before(at), view.kind(at));
        let fits = fits::SIGNS.iter();
        let fits = fits.filter(|(kind, _)| fits::between(before, *kind, after));
        out.extend(fits.map(|(kind, sign)| insert(view, at, *kind, Say::Missing(sign))));
    }
    out
}

pub(super) fn insert(view: &View<'_>, at: usize, kind: T, say: Say) -> Edit {
    let before = at.checked_sub(1).and_then(|at| view.lexemes.get(at));
    let place = before.map_or(0, |t| t.end);
    Edit {
        old: at..at,
        with: vec![Lexeme::virtual_at(kind, place)],
        say,
    }
}

pub(super) fn too_much(view: &View<'_>) -> Vec<Edit> {
    let tokens = view.tokens();
    let edit = |at| Edit {
        old: at..at + 1,
        with: Vec::new(),
        say: Say::TooMuch,
    };
    tokens.map(|(at, _)| edit(at)).collect()
}

/// `http GET is allowed`: a string is missing, nobody knows which.
pub(super) fn unknown(view: &View<'_>) -> Vec<Edit> {
    const WHAT: [(T, &str); 3] = [
        (T::Str, "a string"),
        (T::Ident, "a name"),
        (T::Int, "a port"),
    ];
    let places = view.near.iter().copied();
    places
        .flat_map(|at| WHAT.map(|(kind, what)| insert(view, at, kind, Say::Unknown(what))))
        .collect()
}
