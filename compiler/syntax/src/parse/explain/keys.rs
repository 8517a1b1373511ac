//! Label keys with dots and slashes, written without quotes.

use super::{Answer, Place, range};
use crate::{lexer::Lexeme, parse::literal::Finding, token::TokenKind as T};
use npl_diagnostics::{Diagnostic, codes::syntax};

/// `app.kubernetes.io/name: "web"`, where the parser stopped at the dot.
pub(super) fn dotted(place: &Place<'_>) -> Option<Answer> {
    if !(place.found_is(T::Dot) && place.expects(":")) {
        return None;
    }
    let start = place.at.checked_sub(1)?;
    let end = chain(place.text, place.tokens, start)?;
    let tokens = place.tokens.get(start..end)?;
    let mended = place.splice(start..end, &[joined(tokens)?]);
    Some(Answer::mending(finding(place.text, tokens), mended))
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
                findings.push(finding(text, tokens));
                kept.extend(joined(tokens));
                at = end;
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

fn joined(tokens: &[Lexeme]) -> Option<Lexeme> {
    let last = tokens.last()?;
    Some(Lexeme {
        kind: T::Str,
        end: last.end,
        ..*tokens.first()?
    })
}

fn finding(text: &str, tokens: &[Lexeme]) -> Finding {
    let at = range(tokens);
    let key = crate::lexer::slice(text, at);
    let quoted = format!("\"{key}\"");
    Diagnostic::new(
        &syntax::UNQUOTED_KEY,
        at,
        format!("the label key `{key}` must be quoted"),
    )
    .help(format!("write `{quoted}`"))
    .fix("quote the key", true, at, quoted)
}
