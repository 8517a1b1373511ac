//! Tokens with the comments that belong to them: the one behind a token on its line, and those on
//! lines of their own before it. A comma has none before it: they move behind it.

use crate::{
    lexer::{Tokens, slice},
    token::TokenKind as T,
};
use std::collections::VecDeque;

/// A comment on a line of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment<'t> {
    pub(super) text: &'t str,
    /// An empty line stands before it.
    pub(super) blank: bool,
}

#[derive(Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: T,
    pub(super) text: &'t str,
    pub(super) before: Vec<Comment<'t>>,
    /// An empty line stands right before it.
    pub(super) blank: bool,
    pub(super) after: Option<&'t str>,
}

/// The tokens of a text, and the comments behind the last.
pub(super) fn read<'t>(text: &'t str, tokens: &Tokens) -> (VecDeque<Token<'t>>, Vec<Comment<'t>>) {
    let mut out: VecDeque<Token<'t>> = VecDeque::with_capacity(tokens.len() / 2 + 1);
    let mut before: Vec<Comment<'t>> = Vec::new();
    let mut lines = 1usize;
    for (kind, range) in tokens.iter() {
        let text = slice(text, range);
        match kind {
            T::Space => lines += text.bytes().filter(|b| *b == b'\n').count(),
            T::Comment | T::DocComment | T::FileDoc => {
                let comment = text.trim_end();
                let own = lines > 0 || kind != T::Comment;
                match out.back_mut() {
                    Some(last) if !own => last.after = Some(comment),
                    _ => before.push(Comment {
                        text: comment,
                        blank: lines > 1,
                    }),
                }
                lines = 0;
            }
            _ => {
                out.push_back(Token {
                    kind,
                    text,
                    before: std::mem::take(&mut before),
                    blank: lines > 1,
                    after: None,
                });
                lines = 0;
            }
        }
    }
    behind_commas(&mut out);
    (out, before)
}

/// Moves comments that stand before a comma behind it.
fn behind_commas(tokens: &mut VecDeque<Token<'_>>) {
    let mut carried = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let comma = tokens.get(index).is_some_and(|t| t.kind == T::Comma);
        let back = index.checked_sub(1).filter(|_| comma);
        let trailing = back
            .and_then(|back| tokens.get_mut(back))
            .and_then(|t| t.after.take());
        if let Some(token) = tokens.get_mut(index) {
            if comma {
                carried.append(&mut token.before);
                if let Some(text) = trailing {
                    let second = token.after.replace(text);
                    carried.extend(second.map(|text| Comment { text, blank: false }));
                }
            } else if !carried.is_empty() {
                carried.append(&mut token.before);
                std::mem::swap(&mut token.before, &mut carried);
            }
        }
        index += 1;
    }
}
