//! One run of the parser after the other over one rule, one flow, one argument: the first run that is
//! refused is explained and, where the explanation knows what was meant, mended and run again.

use super::{
    build::{Build, Output},
    grammar::StartParser,
    lexical::{Source, shown},
    literal::Finding,
};
use crate::{lexer::Lexeme, token::TokenKind as T};
use lalrpop_util::ParseError;
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};
use std::cell::Cell;

/// What is to be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Item,
    Flow,
    Edge,
    Arg,
}

impl Start {
    const fn token(self) -> T {
        match self {
            Self::Item => T::StartItem,
            Self::Flow => T::StartFlow,
            Self::Edge => T::StartEdge,
            Self::Arg => T::StartArg,
        }
    }
}

/// Where the parser refused: the index of the token (the number of tokens at the end), and the names of
/// the terminals that it would have taken.
pub(super) struct Refusal {
    pub(super) at: usize,
    pub(super) expected: Vec<String>,
}

pub(super) fn run(
    text: &str,
    start: Start,
    lexemes: &[Lexeme],
) -> Result<(Output, Vec<Finding>), Refusal> {
    let mut build = Build::new(text);
    let taken = Cell::new(0usize);
    let first = lexemes.first().map_or(0, |t| t.start);
    let tokens = std::iter::once((first, start.token(), first))
        .chain(lexemes.iter().map(|t| (t.start, t.kind, t.end)))
        .map(|token| {
            taken.set(taken.get() + 1);
            Ok::<_, ()>(token)
        });
    match StartParser::new().parse(&mut build, tokens) {
        Ok(output) => Ok((output, build.diagnostics)),
        Err(error) => {
            // The first token is the start mark; the last one taken is the one refused.
            let (at, expected) = match error {
                ParseError::UnrecognizedEof { expected, .. } => (lexemes.len(), expected),
                ParseError::UnrecognizedToken { expected, .. } => {
                    (taken.get().saturating_sub(2), expected)
                }
                _ => (taken.get().saturating_sub(2), Vec::new()),
            };
            Err(Refusal { at, expected })
        }
    }
}

pub(super) fn parse(source: &mut Source<'_>, start: Start, lexemes: &[Lexeme]) -> Option<Output> {
    match run(source.text, start, lexemes) {
        Ok((output, findings)) => {
            source.diagnostics.extend(findings);
            Some(output)
        }
        Err(refusal) => {
            if !source.is_damaged(lexemes) {
                let found = lexemes.get(refusal.at);
                let at = found.map_or_else(
                    || TextRange::at(lexemes.last().map_or(0, |t| t.end)),
                    Lexeme::range,
                );
                let found = found.map_or("the end".into(), |t| {
                    format!("`{}`", shown(t.text(source.text)))
                });
                source.diagnostics.push(Diagnostic::new(
                    &syntax::UNEXPECTED_TOKEN,
                    at,
                    format!("expected {}, found {found}", refusal.expected.join(", ")),
                ));
            }
            None
        }
    }
}

pub(super) fn missing_keyword(source: &mut Source<'_>, lexemes: &[Lexeme]) {
    let Some(first) = lexemes.first() else {
        return;
    };
    if source.is_damaged(lexemes) {
        return;
    }
    source.diagnostics.push(Diagnostic::new(
        &syntax::MISSING_KEYWORD,
        first.range(),
        format!(
            "expected an item, found `{}`",
            shown(first.text(source.text))
        ),
    ));
}
