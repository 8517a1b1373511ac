//! Lines that were meant as items and lack their word: behind an item that is broken they are
//! mistakes of their own. White space means nothing in what parses, so that nobody asks here before
//! the parser has refused.

use super::{body, explain, lexical::shown, literal::Finding, piece};
use crate::{
    cut::{ItemWord, is_turned},
    lexer::{Lexeme, slice},
    token::TokenKind as T,
};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

/// `web allow -> api:80`: the tokens as they were meant, and what is said of it.
pub(super) fn turned(text: &str, lexemes: &[Lexeme]) -> Option<(Vec<Lexeme>, Finding)> {
    let (first, word) = (lexemes.first()?, lexemes.get(1)?);
    if !is_turned(lexemes) {
        return None;
    }
    let at = TextRange::new(first.start, word.end);
    let (name, keyword) = (first.text(text), word.text(text));
    let right = format!("{keyword} {name}");
    let finding = Diagnostic::new(
        &syntax::UNEXPECTED_TOKEN,
        at,
        format!("`{keyword}` stands behind `{}`", shown(name)),
    )
    .help(format!("write `{}`", shown(&right)))
    .fix("turn it round", false, at, right);
    let mut out = vec![
        Lexeme {
            start: word.start,
            end: word.end,
            kind: word.kind,
            ..*first
        },
        Lexeme {
            start: first.start,
            end: first.end,
            kind: first.kind,
            ..*word
        },
    ];
    out.extend_from_slice(lexemes.get(2..).unwrap_or_default());
    Some((out, finding))
}

/// Tokens as one item and the lines behind it that begin others.
pub(super) fn cut<'l>(text: &str, lexemes: &'l [Lexeme]) -> Vec<&'l [Lexeme]> {
    let starts = starts(text, lexemes);
    if starts.is_empty() || parses(text, lexemes) {
        return vec![lexemes];
    }
    let ends = starts.iter().copied().chain([lexemes.len()]);
    std::iter::once(0)
        .chain(starts.iter().copied())
        .zip(ends)
        .filter_map(|(start, end)| lexemes.get(start..end))
        .collect()
}

fn parses(text: &str, lexemes: &[Lexeme]) -> bool {
    let word = lexemes.first().map(|t| ItemWord::of(t.kind));
    match word {
        None | Some(ItemWord::Error) => false,
        Some(ItemWord::Template | ItemWord::Test) => {
            let head = body::head(lexemes).map(|(head, _)| head);
            let head = head.as_deref().unwrap_or(lexemes);
            piece::run(text, piece::Start::Item, head).is_ok()
        }
        Some(_) => piece::run(text, piece::Start::Item, lexemes).is_ok(),
    }
}

/// Where such lines begin.
fn starts(text: &str, lexemes: &[Lexeme]) -> Vec<usize> {
    let lines = lines(text, lexemes);
    let ends = lines.iter().copied().skip(1).chain([lexemes.len()]);
    let first = lines.first().copied().unwrap_or(lexemes.len());
    let mut goes_on = GoesOn::default();
    goes_on.begin(lexemes.get(..first).unwrap_or_default());
    let mut out = Vec::new();
    for (start, end) in lines.iter().copied().zip(ends) {
        let line = lexemes.get(start..end).unwrap_or_default();
        if !goes_on.open() && begins(text, line) {
            out.push(start);
            goes_on.begin(line);
        } else {
            goes_on.see(line);
        }
    }
    out
}

/// `allow a |`: the source of a rule goes on over lines.
#[derive(Default)]
struct GoesOn {
    rule: bool,
    arrow: bool,
    open: bool,
}

impl GoesOn {
    fn begin(&mut self, line: &[Lexeme]) {
        let other = |t: &Lexeme| t.kind.is_item_word() && !matches!(t.kind, T::Allow | T::Deny);
        self.rule = !line.first().is_some_and(other);
        self.arrow = false;
        self.see(line);
    }

    fn see(&mut self, line: &[Lexeme]) {
        self.arrow |= line.iter().any(|t| t.kind == T::Arrow);
        let last = line.last().map(|t| t.kind);
        self.open = matches!(last, Some(T::Pipe | T::Except));
    }

    fn open(&self) -> bool {
        self.rule && self.open && !self.arrow
    }
}

/// The lines outside of brackets that stand no deeper than the first one.
fn lines(text: &str, lexemes: &[Lexeme]) -> Vec<usize> {
    let Some(first) = lexemes.first().filter(|t| t.new_line) else {
        return Vec::new();
    };
    let most = column(text, first);
    let mut depth = 0usize;
    let mut out = Vec::new();
    for (index, lexeme) in lexemes.iter().enumerate() {
        if index > 0 && depth == 0 && lexeme.new_line && column(text, lexeme) <= most {
            out.push(index);
        }
        if lexeme.kind.is_opener() {
            depth += 1;
        } else if lexeme.kind.is_closer() {
            depth = depth.saturating_sub(1);
        }
    }
    out
}

/// Of the first token of a line: before it stands white space only.
fn column(text: &str, lexeme: &Lexeme) -> usize {
    let before = slice(text, TextRange::new(0, lexeme.start));
    before.bytes().rev().take_while(|b| *b != b'\n').count()
}

/// Whether a line is a rule or a declaration without its word, or an item with another one.
pub(super) fn begins(text: &str, line: &[Lexeme]) -> bool {
    let Some(first) = line.first() else {
        return false;
    };
    if !(first.kind.is_name() || matches!(first.kind, T::Str | T::Addr | T::LParen)) {
        return false;
    }
    // With a verdict it is a flow of a test.
    let holds = |kind| line.iter().any(|t| t.kind == kind);
    let declares = line
        .get(1)
        .is_some_and(|t| matches!(t.kind, T::Equals | T::LBrace));
    (holds(T::Arrow) && !holds(T::Is))
        || (first.kind == T::Ident && declares)
        || explain::is_parameter(text, line)
        || explain::mistyped(text, line).is_some()
}
