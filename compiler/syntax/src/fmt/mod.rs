//! The formatter: 2 spaces, 100 columns, no alignment, one item to a line, blank lines kept, at
//! most one. It keeps every token but commas before closing brackets, and every comment. A text
//! with a syntax error is refused as it is.

mod doc;
mod item;
mod list;
mod one_line;
mod parts;
mod rules;
mod tokens;

pub use one_line::one_line;

use crate::{
    cut::split,
    lexer::{lex, significant},
    parse::parse_file,
};
use doc::{Doc, print};
use npl_diagnostics::{Diagnostic, TextRange};

/// Columns of a line, where it can be broken at all.
const WIDTH: usize = 100;

/// The text as it is to be written; what is wrong with it where it cannot be.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic<TextRange>>> {
    let file = parse_file(text);
    if file.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(file.diagnostics);
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let tokens = lex(text);
    let (lexemes, _) = significant(text, &tokens);
    let pieces = split(text, &lexemes);
    let (tokens, rest) = tokens::read(text, &tokens);
    let lengths = pieces.iter().map(|piece| piece.end - piece.start);
    let mut docs = Vec::new();
    list::items(tokens, lengths, &mut docs);
    list::comments(rest, docs.is_empty(), &mut docs);
    Ok(print(&Doc::Concat(docs)))
}
