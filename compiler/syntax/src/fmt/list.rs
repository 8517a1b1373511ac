//! Items and flows, one to a line, with the comments and empty lines between them.

use super::{
    doc::Doc,
    item::Cursor,
    tokens::{Comment, Token},
};
use crate::token::TokenKind as T;
use std::collections::VecDeque;

/// The items of a file or a body; each has as many tokens as `lengths` says.
pub(super) fn items<'t>(
    mut tokens: VecDeque<Token<'t>>,
    lengths: impl Iterator<Item = usize>,
    out: &mut Vec<Doc<'t>>,
) {
    for length in lengths {
        let item = tokens.drain(..length.min(tokens.len())).collect();
        entry(item, |cursor| cursor.item(), out);
    }
}

/// The flows of a test.
pub(super) fn flows<'t>(mut tokens: VecDeque<Token<'t>>, out: &mut Vec<Doc<'t>>) {
    while !tokens.is_empty() {
        let verdict = tokens.iter().position(|t| t.kind == T::Is);
        let length = verdict.map_or(tokens.len(), |at| (at + 2).min(tokens.len()));
        let flow = tokens.drain(..length).collect();
        entry(flow, |cursor| cursor.flow(), out);
    }
}

/// One entry of a list: the comments before it, itself, and the comment behind it.
fn entry<'t>(
    mut tokens: VecDeque<Token<'t>>,
    build: impl FnOnce(&mut Cursor<'t>) -> Doc<'t>,
    out: &mut Vec<Doc<'t>>,
) {
    let trailing = tokens.back_mut().and_then(|t| t.after.take());
    if let Some(first) = tokens.front_mut() {
        let blank = first.blank;
        comments(std::mem::take(&mut first.before), out.is_empty(), out);
        if blank && !out.is_empty() {
            out.push(Doc::Blank);
        }
    }
    let mut cursor = Cursor::new(tokens);
    out.push(build(&mut cursor));
    out.extend(cursor.rest());
    out.extend(trailing.map(Doc::Trailing));
    out.push(Doc::Hard);
}

/// Comments on lines of their own, with the empty lines between them.
pub(super) fn comments<'t>(comments: Vec<Comment<'t>>, first: bool, out: &mut Vec<Doc<'t>>) {
    for (index, comment) in comments.into_iter().enumerate() {
        if comment.blank && !(first && index == 0) {
            out.push(Doc::Blank);
        }
        out.push(Doc::Own(comment.text));
        out.push(Doc::Hard);
    }
}
