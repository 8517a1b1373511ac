//! An item on one line, as the formatter would write it if lines had no end, without comments.
//! Straight from the tokens: it is called for every rule of a program.

use crate::{
    lexer::{Lexeme, scan},
    token::TokenKind as T,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Labels, the ends of `stays within`, bodies: blanks inside the braces, and behind a colon.
    Padded,
    /// The rules of a template, the flows of a test: blanks inside the braces.
    Body,
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
    let (mut via, mut runs) = (false, false);
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
        let before = match previous {
            // A colon must not run into an IPv6 address without brackets.
            Some(T::Addr) if lexeme.kind == T::Colon && runs => 1,
            Some(before) => gap(before, lexeme.kind, inside, word),
            None => 0,
        };
        out.extend(std::iter::repeat_n(' ', before));
        let text = lexeme.text(item_text);
        out.push_str(text);
        runs = lexeme.kind == T::Addr && text.contains(':');
        via = lexeme.kind == T::Via || (via && !lexeme.kind.is_item_word());
        if lexeme.kind.is_opener() {
            open.push(opened(lexeme.kind, previous, word, (via, inside)));
        }
        previous = Some(lexeme.kind);
    }
    out
}

/// What a bracket opens.
fn opened(
    kind: T,
    previous: Option<T>,
    word: Option<T>,
    (via, inside): (bool, Option<Inside>),
) -> Inside {
    let outer = matches!(inside, None | Some(Inside::Body));
    match kind {
        T::LParen if word == Some(T::Template) && previous.is_some_and(T::is_name) => {
            Inside::Formals
        }
        T::LBrace if matches!(previous, Some(T::Colon | T::Dot | T::Equals)) => Inside::Tight,
        T::LBrace if via && outer => Inside::Block,
        T::LBrace if inside.is_none() && matches!(word, Some(T::Template | T::Test)) => {
            Inside::Body
        }
        T::LBrace => Inside::Padded,
        _ => Inside::Tight,
    }
}

/// The blanks between two tokens.
fn gap(before: T, kind: T, inside: Option<Inside>, word: Option<T>) -> usize {
    let padded = matches!(inside, Some(Inside::Padded | Inside::Block | Inside::Body));
    match (before, kind) {
        (T::LBrace, T::RBrace) => 0,
        (T::LBrace, _) | (_, T::RBrace) => usize::from(padded),
        (T::LParen | T::LBracket | T::Dot | T::Bang, _) => 0,
        (_, T::RParen | T::RBracket | T::Dot | T::Comma | T::Colon) => 0,
        (T::Colon, _) => {
            let header = inside.is_none() && word == Some(T::Param);
            let keyed = matches!(inside, Some(Inside::Padded | Inside::Formals));
            usize::from(keyed || header)
        }
        // A name stands before the parentheses of a template and of `apply` only, or it is a word.
        (name, T::LParen) if name.is_name() && inside.is_none() => {
            usize::from(!matches!(word, Some(T::Template | T::Apply)))
        }
        (T::Ident, T::LParen) if inside == Some(Inside::Body) => 0,
        (T::Str, _) if inside == Some(Inside::Block) => 2,
        _ => 1,
    }
}
