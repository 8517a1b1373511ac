//! Ports that are written in another order, or with another sign, than theirs.

use super::{Answer, Place};
use crate::{lexer::Lexeme, parse::literal::Finding, token::TokenKind as T};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

const PROTOCOLS: [&str; 4] = ["tcp", "udp", "sctp", "any"];

/// `a:80-81-82`, which the lexer takes for a date.
pub(super) fn range(place: &Place<'_>) -> Option<Answer> {
    let found = place.found().filter(|t| t.kind == T::Date)?;
    if !place.expects("port literal") {
        return None;
    }
    let text = found.text(place.text);
    let (low, rest) = text.split_once('-')?;
    let high = rest.rsplit('-').next()?;
    let number = |text: &str| text.parse::<u16>().ok();
    let example = match (number(low), number(high)) {
        (Some(first), Some(last)) if first < last => format!("{low}-{high}"),
        _ => "9000-9100".to_owned(),
    };
    let finding = place
        .finding(
            &syntax::PORT_RANGE,
            format!("`{text}` is no range of ports"),
        )
        .help(format!("a range has two ends, as in `{example}`"));
    let first = Lexeme {
        kind: T::Int,
        end: found.start + low.len() as u32,
        ..*found
    };
    let mended = place.splice(place.at..place.at + 1, &[first]);
    Some(Answer::mending(finding, mended))
}

/// `a:tcp/80`, before the slash is reported as a stray character.
pub(in crate::parse) fn turned(text: &str, lexemes: &[Lexeme]) -> (Vec<Lexeme>, Vec<Finding>) {
    let mut kept: Vec<Lexeme> = Vec::with_capacity(lexemes.len());
    let mut findings = Vec::new();
    let mut rest = lexemes;
    while let Some((first, behind)) = rest.split_first() {
        let before = kept.last().map(|t| t.kind);
        rest = behind;
        match turned_at(text, before, first, behind) {
            Some((port, finding)) => {
                kept.push(port);
                findings.push(finding);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => kept.push(*first),
        }
    }
    (kept, findings)
}

fn turned_at(
    text: &str,
    before: Option<T>,
    protocol: &Lexeme,
    behind: &[Lexeme],
) -> Option<(Lexeme, Finding)> {
    let stands = matches!(
        before,
        Some(T::Colon | T::Equals | T::LBrace | T::LParen | T::Comma)
    );
    let word = protocol.text(text);
    let [slash, number, ..] = behind else {
        return None;
    };
    // A label key may look the same.
    let key = matches!(
        behind.get(2).map(|t| t.kind),
        Some(T::Colon | T::In | T::Not)
    );
    let port = PROTOCOLS.contains(&word)
        && slash.kind == T::Bad
        && slash.text(text) == "/"
        && matches!(number.kind, T::Int | T::Port)
        && !number.text(text).contains('/');
    if !stands || key || !port || !protocol.touches(slash) || !slash.touches(number) {
        return None;
    }
    let at = TextRange::new(protocol.start, number.end);
    let right = format!("{}/{word}", number.text(text));
    let finding = Diagnostic::new(
        &syntax::UNEXPECTED_TOKEN,
        at,
        "the protocol stands behind the number of a port",
    )
    .help(format!("write `{right}`"))
    .fix(format!("write `{right}`"), true, at, right);
    Some((*number, finding))
}
