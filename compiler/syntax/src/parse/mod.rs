//! One item's text to its tree. The fast path is one run of the parser; only a text that it refuses
//! is looked at again, to say what is wrong in the author's words, to mend it and to go on. Nothing
//! here looks beyond the text it is given: two items with one text have one tree.

mod body;
mod brackets;
pub(crate) mod build;
mod explain;
mod lexical;
mod literal;
mod piece;
mod single;
mod stray;

use crate::{
    ast::{self, ItemKind},
    cut::{ItemWord, RawItem, cut, file_doc},
    lexer::{Lexeme, doc_text, lex, slice},
    token::TokenKind as T,
};
pub(crate) use explain::mistyped_item as mistyped;
pub use explain::mistyped_word;
use lexical::Source;
use npl_diagnostics::{Diagnostic, TextRange};
use piece::Start;
use smol_str::SmolStr;

#[allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    unreachable_pub,
    rust_2018_idioms,
    unused,
    reason = "generated"
)]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/grammar.rs"));
}

/// The tree of one item and what is wrong with it; ranges count from the start of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    pub item: ast::Item,
    pub diagnostics: Vec<Diagnostic<TextRange>>,
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedFile {
    /// The `//!` lines.
    pub doc: Option<SmolStr>,
    pub items: Vec<(RawItem, Parsed)>,
    /// All findings, those of the items too; ranges count from the start of the file.
    pub diagnostics: Vec<Diagnostic<TextRange>>,
}

/// Parses the text of one item, as `cut` gives it.
pub fn parse_item(text: &str) -> Parsed {
    let parsed = plain(Source::new(text));
    single::slip(text, &parsed).unwrap_or(parsed)
}

/// One item, each mistake by itself.
fn plain(mut source: Source<'_>) -> Parsed {
    let item = if source.too_deep() {
        error_item(&source)
    } else {
        item(&mut source)
    };
    if let Some(start) = source.dangling_doc() {
        source.diagnostics.push(crate::cut::unattached(
            source.text,
            start,
            source.text.len() as u32,
        ));
    }
    Parsed {
        item,
        diagnostics: source.finish(),
    }
}

/// Cuts and parses a file.
pub fn parse_file(text: &str) -> ParsedFile {
    let tokens = lex(text);
    let (raw, mut diagnostics) = cut(text, &tokens);
    let items: Vec<(RawItem, Parsed)> = raw
        .into_iter()
        .map(|raw| {
            let parsed = parse_item(slice(text, raw.range));
            (raw, parsed)
        })
        .collect();
    for (raw, parsed) in &items {
        let shifted = parsed.diagnostics.iter().cloned();
        diagnostics.extend(shifted.map(|d| d.map(|at| at.shift(raw.range.start))));
    }
    diagnostics.sort_by_key(|d| d.at);
    ParsedFile {
        doc: file_doc(text, &tokens),
        items,
        diagnostics,
    }
}

/// Parses a flow as the command line takes it: `a -> b:443 sni "x"`, without a verdict.
pub fn parse_flow(text: &str) -> (Option<ast::FlowEdge>, Vec<Diagnostic<TextRange>>) {
    match alone(text, Start::Edge) {
        (Some(build::Output::Edge(edge)), diagnostics) => (Some(*edge), diagnostics),
        (_, diagnostics) => (None, diagnostics),
    }
}

/// Parses an argument, the value of a `param`: a set or a port.
pub fn parse_arg(text: &str) -> (Option<ast::Arg>, Vec<Diagnostic<TextRange>>) {
    match alone(text, Start::Arg) {
        (Some(build::Output::Arg(arg)), diagnostics) => (Some(arg), diagnostics),
        (_, diagnostics) => (None, diagnostics),
    }
}

fn alone(text: &str, start: Start) -> (Option<build::Output>, Vec<Diagnostic<TextRange>>) {
    let mut source = Source::new(text);
    let output = if source.too_deep() {
        None
    } else {
        let lexemes = source.lexemes.clone();
        piece::parse(&mut source, start, &lexemes)
    };
    (output, source.finish())
}

/// Whether the tokens are the whole text or an item of a template's body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Yes,
    No,
}

/// The item of a whole text. Of lines behind it that lack their word nothing but that is said.
fn item(source: &mut Source<'_>) -> ast::Item {
    let mut lexemes = std::mem::take(&mut source.lexemes);
    if let Some((meant, finding)) = stray::turned(source.text, &lexemes) {
        source.diagnostics.push(finding);
        lexemes = meant;
    }
    let pieces = stray::cut(source.text, &lexemes);
    let (own, strays) = pieces
        .split_first()
        .map_or((&[][..], &[][..]), |(own, rest)| (*own, rest));
    let item = item_of(source, own, Whole::Yes);
    for line in strays {
        piece::missing_keyword(source, line);
    }
    source.lexemes = lexemes;
    item
}

/// The item of the given tokens; bodies are parsed piece by piece.
fn item_of(source: &mut Source<'_>, lexemes: &[Lexeme], whole: Whole) -> ast::Item {
    let word = lexemes
        .first()
        .map_or(ItemWord::Error, |t| ItemWord::of(t.kind));
    let lost = source.lost;
    let kind = match word {
        ItemWord::Error if whole == Whole::Yes => {
            source.only_first_lexical();
            if !source.has_lexical() {
                piece::missing_keyword(source, lexemes);
            }
            ItemKind::Error
        }
        ItemWord::Error => {
            piece::missing_keyword(source, lexemes);
            ItemKind::Error
        }
        ItemWord::Template => body::template(source, lexemes),
        ItemWord::Test => body::test(source, lexemes),
        _ => match piece::parse(source, Start::Item, lexemes) {
            Some(build::Output::Item(kind)) => *kind,
            _ => ItemKind::Error,
        },
    };
    ast::Item {
        doc: doc(source.text, lexemes.first()),
        whole: kind != ItemKind::Error && source.lost == lost && !source.is_damaged(lexemes),
        kind,
        span: span(lexemes),
    }
}

fn doc(text: &str, first: Option<&Lexeme>) -> Option<SmolStr> {
    let first = first?;
    let start = first.doc?;
    doc_text(slice(text, TextRange::new(start, first.start)), "///")
}

fn span(lexemes: &[Lexeme]) -> TextRange {
    match (lexemes.first(), lexemes.last()) {
        (Some(first), Some(last)) => TextRange::new(first.start, last.end),
        _ => TextRange::default(),
    }
}

fn error_item(source: &Source<'_>) -> ast::Item {
    ast::Item {
        doc: doc(source.text, source.lexemes.first()),
        kind: ItemKind::Error,
        span: span(&source.lexemes),
        whole: false,
    }
}

/// The token that closes the bracket at `open`, in tokens whose brackets match.
fn closer_of(lexemes: &[Lexeme], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (index, lexeme) in lexemes.iter().enumerate().skip(open) {
        if lexeme.kind.is_opener() {
            depth += 1;
        } else if lexeme.kind.is_closer() {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// The first `{` outside of other brackets.
fn body_open(lexemes: &[Lexeme]) -> Option<usize> {
    let mut depth = 0usize;
    for (index, lexeme) in lexemes.iter().enumerate() {
        if lexeme.kind == T::LBrace && depth == 0 {
            return Some(index);
        }
        if lexeme.kind.is_opener() {
            depth += 1;
        } else if lexeme.kind.is_closer() {
            depth = depth.saturating_sub(1);
        }
    }
    None
}
