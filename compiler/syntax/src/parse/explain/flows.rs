//! Flows of tests and of the command line.

use super::{Answer, Place, Start, range};
use crate::{lexer::Lexeme, token::TokenKind as T};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

fn is_flow(place: &Place<'_>) -> bool {
    matches!(place.start, Start::Flow | Start::Edge)
}

/// `frontend -> api:{80, 443}`.
pub(super) fn port_set(place: &Place<'_>) -> Option<Answer> {
    if !(is_flow(place) && place.found_is(T::LBrace) && place.before_is(T::Colon)) {
        return None;
    }
    let close = crate::parse::closer_of(place.tokens, place.at)?;
    let inner = place.tokens.get(place.at + 1..close)?;
    let first = inner
        .split(|t| t.kind == T::Comma)
        .next()
        .unwrap_or_default();
    let at = range(place.tokens.get(place.at..=close)?);
    let finding = Diagnostic::new(&syntax::FLOW_PORTS, at, "a flow has one port")
        .help("write one flow for each port");
    if first.is_empty() {
        return Some(Answer::only(finding));
    }
    let mended = place.splice(place.at..close + 1, first);
    let one = place.slice(first);
    let alone = inner.iter().filter(|t| t.kind != T::Comma).count() == first.len();
    let finding = if alone {
        finding.fix(format!("write `{one}`"), true, at, one)
    } else {
        finding
    };
    Some(Answer::mending(finding, mended))
}

/// `a -> b:80 allowed`.
fn missing_is(place: &Place<'_>) -> Option<Answer> {
    let (word, before) = place.tokens.split_last()?;
    let text = word.text(place.text);
    let verdict = matches!(text, "allowed" | "denied") && place.found().is_none();
    if !verdict || before.last()?.kind == T::Is {
        return None;
    }
    let is = Lexeme::virtual_at(T::Is, word.start);
    let mended = place.splice(before.len()..before.len(), &[is]);
    if !place.parses(&mended) {
        return None;
    }
    let finding = Diagnostic::new(
        &syntax::MISSING_VERDICT,
        word.range(),
        format!("`is` is missing before `{text}`"),
    )
    .help(format!("write `is {text}`"))
    .fix("write `is`", true, TextRange::at(word.start), "is ");
    Some(Answer::mending(finding, mended))
}

/// A flow without `is allowed`, or with another verdict word.
pub(super) fn verdict(place: &Place<'_>) -> Option<Answer> {
    if place.start != Start::Flow {
        return None;
    }
    if let Some(answer) = missing_is(place) {
        return Some(answer);
    }
    if place.found().is_none() && place.expects("is") {
        let last = place.tokens.last()?;
        return Some(Answer::only(
            Diagnostic::new(
                &syntax::MISSING_VERDICT,
                range(place.tokens),
                "the flow does not say whether it is allowed or denied",
            )
            .help("end it with `is allowed` or `is denied`")
            .fix(
                "write `is denied`",
                false,
                TextRange::at(last.end),
                " is denied",
            ),
        ));
    }
    let found = place.found()?;
    let word = match found.kind {
        T::Allow => "allowed",
        T::Deny => "denied",
        _ => return None,
    };
    if !place.before_is(T::Is) {
        return None;
    }
    Some(Answer::only(
        place
            .finding(
                &syntax::MISSING_VERDICT,
                format!("a verdict is `{word}`, not `{}`", found.text(place.text)),
            )
            .help(format!("write `is {word}`"))
            .fix(format!("write `{word}`"), true, found.range(), word),
    ))
}

/// `a | b -> c:80 is allowed`.
pub(super) fn several_ends(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    if !is_flow(place) || !matches!(found.kind, T::Pipe | T::Except | T::LParen | T::Comma) {
        return None;
    }
    let expected = super::expected::sentence(place);
    Some(Answer::only(
        place
            .finding(
                &syntax::UNEXPECTED_TOKEN,
                format!("expected {expected}, found {}", place.found_text()),
            )
            .help("a flow has one end on each side; name a set with `group` and use the name"),
    ))
}
