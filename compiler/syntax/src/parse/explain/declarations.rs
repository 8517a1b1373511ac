//! The word and the name that begin a declaration.

use super::{Answer, Place, Start, range};
use crate::{
    cut::ItemWord,
    lexer::Lexeme,
    parse::{lexical::shown, literal::Finding},
    token::TokenKind as T,
};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

/// `param param h: string`.
pub(super) fn doubled_word(place: &Place<'_>) -> Option<Answer> {
    let (first, second) = (place.tokens.first()?, place.tokens.get(1)?);
    let named = place.kind(2).is_some_and(|kind| kind.is_name());
    let twice = first.kind == second.kind && ItemWord::of(first.kind).declares();
    if place.start != Start::Item || !(twice && named) {
        return None;
    }
    let word = first.text(place.text);
    let message = format!("`{word}` stands twice");
    let finding = Diagnostic::new(&syntax::UNEXPECTED_TOKEN, second.range(), message)
        .help(format!("write `{word}` once"))
        .fix(
            "remove the second",
            true,
            TextRange::new(first.end, second.end),
            "",
        );
    Some(Answer::mending(finding, place.splice(1..2, &[])))
}

/// `network "x" = …`.
pub(super) fn quoted_name(place: &Place<'_>) -> Option<Answer> {
    let found = place.found().filter(|t| t.kind == T::Str)?;
    let behind = match (place.kind(0)?, place.kind(1)) {
        (T::Foreign, Some(T::Workload)) => 2,
        (word, _) if ItemWord::of(word).declares() => 1,
        _ => return None,
    };
    if place.start != Start::Item || place.at != behind {
        return None;
    }
    let text = found.text(place.text);
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let name = Lexeme {
        kind: T::Ident,
        start: found.start + 1,
        end: found.end - 1,
        ..*found
    };
    let finding = place.finding(&syntax::UNEXPECTED_TOKEN, "a name stands without quotes");
    let finding = match crate::lexer::scan(inner).0.as_slice() {
        [one] if one.kind.is_name() && one.text(inner) == inner => finding
            .help(format!("write `{}`", shown(inner)))
            .fix("remove the quotes", true, found.range(), inner),
        _ => {
            let other = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            let parts: Vec<&str> = inner.split(other).filter(|p| !p.is_empty()).collect();
            finding.help(match parts.join("-") {
                joined if joined.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                    format!("write a name like `{}`", shown(&joined))
                }
                _ => "write a name of letters, digits, `_` and `-`".to_owned(),
            })
        }
    };
    let mended = place.splice(place.at..place.at + 1, &[name]);
    Some(Answer::mending(finding, mended))
}

/// `h: string = "x"`, without its word.
pub(in crate::parse) fn is_parameter(text: &str, line: &[Lexeme]) -> bool {
    let [name, colon, kind, rest @ ..] = line else {
        return false;
    };
    let kind = kind.kind.is_item_word() || kind.text(text) == "string";
    let ends = rest.first().is_none_or(|t| t.kind == T::Equals);
    name.kind == T::Ident && colon.kind == T::Colon && kind && ends
}

pub(super) fn parameter(text: &str, line: &[Lexeme]) -> Option<Finding> {
    let name = line.first().filter(|_| is_parameter(text, line))?;
    let shown = shown(name.text(text));
    Some(
        Diagnostic::new(
            &syntax::MISSING_KEYWORD,
            range(&[*name]),
            format!("`param` is missing before `{shown}`"),
        )
        .help(format!(
            "every item starts with a keyword: write `param {shown}: …`"
        ))
        .fix("write `param`", false, TextRange::at(name.start), "param "),
    )
}
