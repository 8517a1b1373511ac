//! One run of the parser after the other over one rule, one flow, one argument: the first run that
//! is refused is explained and, where the explanation knows what was meant, mended and run again.

use super::{
    build::{Build, Output},
    explain::{self, Answer, Place},
    grammar::StartParser,
    lexical::Source,
    literal::{self, Finding},
};
use crate::{lexer::Lexeme, limits::MAX_REPAIRS, token::TokenKind as T};
use lalrpop_util::ParseError;
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

/// Where the parser refused: the index of the token (the number of tokens at the end), and the
/// names of the terminals that it would have taken.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) at: usize,
    pub(super) expected: Vec<String>,
}

/// One run, without any mending.
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

/// Parses, reports what is wrong, and makes the best of it.
pub(super) fn parse(source: &mut Source<'_>, start: Start, lexemes: &[Lexeme]) -> Option<Output> {
    match run(source.text, start, lexemes) {
        Ok((output, findings)) => {
            source.diagnostics.extend(findings);
            Some(output)
        }
        Err(refusal) if source.is_damaged(lexemes) => salvage(source, start, lexemes, &refusal),
        Err(refusal) => mend(source, start, lexemes, refusal),
    }
}

fn mend(
    source: &mut Source<'_>,
    start: Start,
    lexemes: &[Lexeme],
    mut refusal: Refusal,
) -> Option<Output> {
    let mut tokens = lexemes.to_vec();
    for _ in 0..MAX_REPAIRS {
        let place = Place::new(source.text, start, &tokens, &refusal);
        let Answer { finding, mended } = explain::explain(&place);
        if source.diagnostics.last() == Some(&finding) {
            break;
        }
        source.diagnostics.push(finding);
        let Some(mended) = mended else {
            break;
        };
        match run(source.text, start, &mended) {
            Ok((output, findings)) => {
                source.diagnostics.extend(findings);
                return Some(output);
            }
            // A mistake that the mending did not get behind is the same mistake.
            Err(next) if next.at <= refusal.at => {
                tokens = mended;
                refusal = next;
                break;
            }
            Err(next) => {
                tokens = mended;
                refusal = next;
            }
        }
    }
    salvage(source, start, &tokens, &refusal)
}

/// Where nothing can be mended, what stands before the mistake may still be whole. If it is not,
/// its literals are checked all the same.
fn salvage(
    source: &mut Source<'_>,
    start: Start,
    lexemes: &[Lexeme],
    refusal: &Refusal,
) -> Option<Output> {
    source.lost += 1;
    let before = lexemes.get(..refusal.at).unwrap_or_default();
    if !before.is_empty()
        && let Ok((output, findings)) = run(source.text, start, before)
    {
        source.diagnostics.extend(findings);
        return Some(output);
    }
    for lexeme in lexemes {
        let (text, at) = (lexeme.text(source.text), lexeme.range());
        let finding = match lexeme.kind {
            T::Str => literal::string(text, at).1,
            T::Port => literal::port(text, at).err(),
            T::Addr => literal::addr(text, at).err(),
            T::Date => literal::date(text, at).err(),
            _ => None,
        };
        source.diagnostics.extend(finding.map(|f| *f));
    }
    None
}

/// A text that no item word begins.
pub(super) fn missing_keyword(source: &mut Source<'_>, lexemes: &[Lexeme]) {
    if lexemes.is_empty() || source.is_damaged(lexemes) {
        return;
    }
    let finding = explain::no_item(source.text, lexemes);
    source.diagnostics.push(finding);
}
