//! Label keys with dots and slashes, written without quotes.

use super::{Answer, Place, range};
use crate::{lexer::Lexeme, parse::literal::Finding, token::TokenKind as T};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

/// `app.kubernetes.io/name: "web"`, where the parser stopped at the dot.
pub(super) fn dotted(place: &Place<'_>) -> Option<Answer> {
    if !(place.found_is(T::Dot) && place.expects(":")) {
        return None;
    }
    let start = place.at.checked_sub(1)?;
    let end = chain(place.text, place.tokens, start)?;
    let tokens = place.tokens.get(start..end)?;
    let signs = signs(place.tokens, end);
    let mended = place.splice(start..end + signs.len(), &joined(tokens, signs));
    Some(Answer::mending(finding(place.text, tokens, signs), mended))
}

/// Reads as one key what has a slash in it, before the slash is reported as a stray character.
pub(in crate::parse) fn quote(text: &str, lexemes: &[Lexeme]) -> (Vec<Lexeme>, Vec<Finding>) {
    let mut kept = Vec::with_capacity(lexemes.len());
    let mut findings = Vec::new();
    let mut at = 0;
    while let Some(lexeme) = lexemes.get(at) {
        let before = kept.last().map(|t: &Lexeme| t.kind);
        let begins = matches!(before, Some(T::LBrace | T::Comma | T::Bang));
        // Only from the start of a key: a long chain is walked once.
        let end = begins.then(|| chain(text, lexemes, at)).flatten();
        let tokens = end.and_then(|end| lexemes.get(at..end));
        match (end, tokens) {
            (Some(end), Some(tokens)) if tokens.iter().any(|t| t.kind == T::Bad) => {
                let signs = signs(lexemes, end);
                findings.push(finding(text, tokens, signs));
                kept.extend(joined(tokens, signs));
                at = end + signs.len();
            }
            _ => {
                kept.push(*lexeme);
                at += 1;
            }
        }
    }
    (kept, findings)
}

/// Where a run of words, dots and slashes ends that touch each other, if it is followed by what
/// follows a key.
fn chain(text: &str, lexemes: &[Lexeme], start: usize) -> Option<usize> {
    let word = |t: &Lexeme| t.kind.is_word() || matches!(t.kind, T::Int | T::Addr | T::Port);
    let joint = |t: &Lexeme| t.kind == T::Dot || (t.kind == T::Bad && t.text(text) == "/");
    lexemes.get(start).filter(|t| word(t))?;
    let mut end = start + 1;
    while let (Some(last), Some(next), Some(after)) =
        (lexemes.get(end - 1), lexemes.get(end), lexemes.get(end + 1))
    {
        if !(joint(next) && word(after) && last.touches(next) && next.touches(after)) {
            break;
        }
        end += 2;
    }
    let follows = lexemes.get(end).map(|t| t.kind);
    let key = matches!(
        follows,
        Some(T::Colon | T::Comma | T::RBrace | T::In | T::Not | T::Equals)
    );
    (end > start + 1 && key).then_some(end)
}

/// The `=` or `==` that stands for the colon behind the key; of a list it is another mistake.
fn signs(lexemes: &[Lexeme], start: usize) -> &[Lexeme] {
    let behind = lexemes.get(start..).unwrap_or_default();
    let count = behind
        .iter()
        .take(2)
        .take_while(|t| t.kind == T::Equals)
        .count();
    let value = behind.get(count).map(|t| t.kind);
    match value {
        Some(T::LBracket | T::LParen | T::In | T::Not | T::Bang) => &[],
        _ => behind.get(..count).unwrap_or_default(),
    }
}

fn joined(tokens: &[Lexeme], signs: &[Lexeme]) -> Vec<Lexeme> {
    let key = tokens
        .first()
        .zip(tokens.last())
        .map(|(first, last)| Lexeme {
            kind: T::Str,
            end: last.end,
            ..*first
        });
    let colon = signs.first().map(|sign| Lexeme {
        kind: T::Colon,
        ..*sign
    });
    key.into_iter().chain(colon).collect()
}

fn finding(text: &str, tokens: &[Lexeme], signs: &[Lexeme]) -> Finding {
    let at = range(tokens);
    let key = crate::lexer::slice(text, at);
    let quoted = format!("\"{key}\"");
    let message = format!("the label key `{key}` must be quoted");
    let Some(sign) = signs.last() else {
        return Diagnostic::new(&syntax::UNQUOTED_KEY, at, message)
            .help(format!("write `{quoted}`"))
            .fix("quote the key", true, at, quoted);
    };
    let right = format!("{quoted}:");
    let whole = TextRange::new(at.start, sign.end);
    Diagnostic::new(
        &syntax::UNQUOTED_KEY,
        at,
        format!("{message}, and its value follows `:`"),
    )
    .help(format!("write `{right} …`"))
    .fix("write it so", true, whole, right)
}
