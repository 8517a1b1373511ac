//! An item on one line, as the formatter would write it if lines had no end, without comments. Straight
//! from the tokens: it is called for every rule of a program.

use crate::{
    lexer::{Lexeme, scan},
    token::TokenKind as T,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Labels, the ends of `stays within`, bodies: blanks inside the braces, and behind a colon.
    Padded,
    /// Entries without commas, two blanks apart.
    Block,
    /// Ports, names, strings, sets.
    Tight,
    /// The parameters of a template: a blank behind a colon.
    Formals,
}

/// The item on one line.
pub fn one_line(item_text: &str) -> String {
    let lexemes = scan(item_text).0;
    let word = lexemes.first().map(|t| t.kind);
    let mut out = String::with_capacity(item_text.len());
    let mut open: Vec<Inside> = Vec::new();
    let mut via = false;
    let mut previous: Option<T> = None;
    for (index, lexeme) in lexemes.iter().enumerate() {
        let next = lexemes.get(index + 1);
        if lexeme.kind == T::Comma && next.is_some_and(|t: &Lexeme| t.kind.is_closer()) {
            continue;
        }
        let inside = open.last().copied();
        if lexeme.kind.is_closer() {
            open.pop();
        }
        let before = previous.map_or(0, |before| gap(before, lexeme.kind, inside, word));
        out.extend(std::iter::repeat_n(' ', before));
        out.push_str(lexeme.text(item_text));
        via |= lexeme.kind == T::Via;
        if lexeme.kind.is_opener() {
            open.push(opened(lexeme.kind, previous, word, via && inside.is_none()));
        }
        previous = Some(lexeme.kind);
    }
    out
}

/// What a bracket opens.
fn opened(kind: T, previous: Option<T>, word: Option<T>, via: bool) -> Inside {
    match kind {
        T::LParen if word == Some(T::Template) && previous.is_some_and(T::is_name) => {
            Inside::Formals
        }
        T::LBrace if matches!(previous, Some(T::Colon | T::Dot | T::Equals)) => Inside::Tight,
        T::LBrace if via => Inside::Block,
        T::LBrace => Inside::Padded,
        _ => Inside::Tight,
    }
}

/// The blanks between two tokens.
fn gap(before: T, kind: T, inside: Option<Inside>, word: Option<T>) -> usize {
    let padded = matches!(inside, Some(Inside::Padded | Inside::Block));
    match (before, kind) {
        (T::LBrace, T::RBrace) => 0,
        (T::LBrace, _) | (_, T::RBrace) => usize::from(padded),
        (T::LParen | T::LBracket | T::Dot | T::Bang, _) => 0,
        (_, T::RParen | T::RBracket | T::Dot | T::Comma | T::Colon) => 0,
        (T::Colon, _) => {
            let header = inside.is_none() && word == Some(T::Param);
            usize::from(padded || header || inside == Some(Inside::Formals))
        }
        (name, T::LParen) if name.is_name() && inside.is_none() => {
            usize::from(!matches!(word, Some(T::Template | T::Apply)))
        }
        (T::Str, _) if inside == Some(Inside::Block) => 2,
        _ => 1,
    }
}
