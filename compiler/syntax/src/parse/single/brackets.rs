//! Brackets that do not match, where one of them is wrong.

use super::{
    Edit, Say, View,
    edits::{insert, turned_at},
    fits,
};
use crate::{lexer::Lexeme, token::TokenKind as T};

/// How far before its closer an opener is looked for.
const WINDOW: usize = 16;

/// The first closer that does not close what is open, and what is open there.
fn tear(lexemes: &[Lexeme]) -> (Option<usize>, Vec<usize>) {
    let mut open: Vec<usize> = Vec::new();
    for (at, token) in lexemes.iter().enumerate() {
        if token.kind.is_opener() {
            open.push(at);
        } else if token.kind.is_closer() {
            let opener = open.last().and_then(|at| lexemes.get(*at));
            if opener.and_then(|t| t.kind.closer()) != Some(token.kind) {
                return (Some(at), open);
            }
            open.pop();
        }
    }
    (None, open)
}

pub(super) fn match_up(lexemes: &[Lexeme]) -> bool {
    matches!(tear(lexemes), (None, open) if open.is_empty())
}

fn opener_of(closer: T) -> (T, &'static str) {
    match closer {
        T::RParen => (T::LParen, "("),
        T::RBracket => (T::LBracket, "["),
        _ => (T::LBrace, "{"),
    }
}

fn replaced(view: &View<'_>, at: usize, kind: T) -> Option<Edit> {
    let token = view.lexemes.get(at)?;
    Some(Edit {
        old: at..at + 1,
        with: vec![Lexeme { kind, ..*token }],
        say: Say::Other(kind.punctuation()?),
    })
}

fn removed(at: usize) -> Edit {
    Edit {
        old: at..at + 1,
        with: Vec::new(),
        say: Say::TooMuch,
    }
}

pub(super) fn torn(view: &View<'_>) -> Vec<Edit> {
    let (closer, open) = tear(view.lexemes);
    let mut out = Vec::new();
    let inner = open.last().copied();
    if let Some(at) = closer {
        let kind = view.kind(at).unwrap_or(T::RBrace);
        let (opener, sign) = opener_of(kind);
        let meant = inner.and_then(|at| view.kind(at)).and_then(T::closer);
        out.extend(inner.and_then(|inner| replaced(view, inner, opener)));
        out.extend(meant.and_then(|kind| replaced(view, at, kind)));
        let first = at.saturating_sub(WINDOW);
        // The first place that parses: what was opened holds all that it can.
        for place in first..=at {
            if fits::between(view.before(place), opener, view.kind(place)) {
                out.push(insert(view, place, opener, Say::Missing(sign)));
            }
        }
        // `{ )` of `) {`.
        let around = [at.checked_sub(1), Some(at)];
        out.extend(
            around
                .into_iter()
                .flatten()
                .filter_map(|at| turned_at(view, at)),
        );
        out.push(removed(at));
    }
    out.extend(open.iter().rev().take(3).map(|at| removed(*at)));
    out
}
