//! Several bad tokens, or a bad one and its neighbours, that were meant as one.

use super::{Finding, shown};
use crate::{
    lexer::{Lexeme, slice},
    limits::MAX_STRING,
    parse::literal,
    token::TokenKind as T,
};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

/// What stands at the front of some tokens: how many they are, what they are read as, and what is
/// said of them.
struct Slip {
    length: usize,
    read_as: Option<Lexeme>,
    finding: Finding,
}

/// Reads them as they were meant, before each is reported as a stray character.
pub(super) fn read(text: &str, lexemes: &[Lexeme]) -> (Vec<Lexeme>, Vec<Finding>) {
    let mut kept: Vec<Lexeme> = Vec::with_capacity(lexemes.len());
    let mut findings = Vec::new();
    let mut rest = lexemes;
    while let Some((first, behind)) = rest.split_first() {
        let slip = match first.kind {
            T::Bad => curly(text, rest).or_else(|| arrow(text, rest)),
            T::Until => slashed_date(text, rest),
            _ => None,
        };
        match slip {
            Some(slip) => {
                kept.extend(slip.read_as);
                findings.push(slip.finding);
                rest = rest.get(slip.length..).unwrap_or_default();
            }
            None => {
                kept.push(*first);
                rest = behind;
            }
        }
    }
    (kept, findings)
}

/// `“a.com”`.
fn curly(text: &str, rest: &[Lexeme]) -> Option<Slip> {
    let open = rest.first()?;
    let quote = open.text(text).chars().next()?;
    let closers = literal::closers(quote);
    let start = open.start as usize + quote.len_utf8();
    let line = text.get(start..)?;
    // No further than a string may be long: a text of quotes is walked once.
    let near = line.char_indices().take(MAX_STRING);
    let mut near = near.take_while(|(_, c)| *c != '\n');
    let (length, closer) = near.find(|(_, c)| closers.contains(c))?;
    let end = (start + length + closer.len_utf8()) as u32;
    let within = rest.iter().take_while(|t| t.end <= end);
    let count = within.clone().count();
    let inner = line.get(..length)?;
    if inner.is_empty() || inner.contains(['"', '\\']) || within.last()?.end != end {
        return None;
    }
    let at = TextRange::new(open.start, end);
    let right = format!("\"{inner}\"");
    let finding = Diagnostic::new(
        &syntax::WRONG_QUOTES,
        at,
        "a string stands between two `\"`",
    )
    .help(format!("write `{}`", shown(&right)))
    .fix("use double quotes", true, at, right);
    Some(Slip {
        length: count,
        read_as: Some(Lexeme {
            kind: T::Str,
            end,
            ..*open
        }),
        finding,
    })
}

/// `- >`.
fn arrow(text: &str, rest: &[Lexeme]) -> Option<Slip> {
    let [minus, angle, ..] = rest else {
        return None;
    };
    let parts = minus.text(text) == "-" && angle.text(text) == ">";
    if !parts || angle.new_line {
        return None;
    }
    let at = TextRange::new(minus.start, angle.end);
    let finding = Diagnostic::new(
        &syntax::STRAY_CHARACTER,
        at,
        "`->` is one sign, without a blank in it",
    )
    .help("write `->`")
    .fix("write `->`", true, at, "->");
    Some(Slip {
        length: 2,
        read_as: Some(Lexeme {
            kind: T::Arrow,
            end: angle.end,
            ..*minus
        }),
        finding,
    })
}

/// `until 2030/01/01`. The clause is left out: what is said of its date is said.
fn slashed_date(text: &str, rest: &[Lexeme]) -> Option<Slip> {
    let first = rest.get(1)?;
    let part = |t: &Lexeme| {
        matches!(t.kind, T::Int | T::Port | T::Addr) || t.kind == T::Bad && t.text(text) == "/"
    };
    let mut end = first.start;
    let mut length = 1;
    while let Some(next) = rest.get(length).filter(|t| part(t) && t.start == end) {
        end = next.end;
        length += 1;
    }
    let at = TextRange::new(first.start, end);
    if !slice(text, at).contains('/') {
        return None;
    }
    Some(Slip {
        length,
        read_as: None,
        finding: other_date(text, at)?,
    })
}

/// A date with other signs between its parts.
pub(in crate::parse) fn other_date(text: &str, at: TextRange) -> Option<Finding> {
    let written = slice(text, at);
    let parts: Vec<&str> = written.split(['/', '.']).collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    if !parts.iter().all(digits) {
        return None;
    }
    let right = format!("{year}-{month:0>2}-{day:0>2}");
    let message = format!("the date `{}` is written in another way", shown(written));
    let finding = Diagnostic::new(&syntax::BAD_DATE, at, message);
    Some(match literal::date(&right, at) {
        Ok(_) => finding.help(format!("write `{right}`")).fix(
            format!("write `{right}`"),
            true,
            at,
            right,
        ),
        Err(_) => finding.help("write year, month and day, like `2030-01-31`"),
    })
}
