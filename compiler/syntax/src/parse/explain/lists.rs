//! Lists and labels: commas, colons, quotes.

use super::{Answer, Place, range};
use crate::{lexer::Lexeme, parse::lexical::shown, token::TokenKind as T};
use npl_diagnostics::{TextRange, codes::syntax};

/// `{ app = "x" }`.
pub(super) fn label_equals(place: &Place<'_>) -> Option<Answer> {
    if !(place.found_is(T::Equals) && place.expects(":") && place.expects("in")) {
        return None;
    }
    let doubled = place.kind(place.at + 1) == Some(T::Equals);
    let end = place.at + 1 + usize::from(doubled);
    let signs = place.tokens.get(place.at..end)?;
    let key = place.before(1)?;
    let at = TextRange::new(key.end, range(signs).end);
    let finding = place
        .finding(
            &syntax::LABEL_EQUALS,
            "a label's value follows `:`, not `=`",
        )
        .help(format!("write `{}: …`", shown(key.text(place.text))))
        .fix("write `:`", true, at, ":");
    let colon = Lexeme {
        kind: T::Colon,
        ..*signs.first()?
    };
    Some(Answer::mending(
        finding,
        place.splice(place.at..end, &[colon]),
    ))
}

/// A bare text where only a string can stand.
pub(super) fn unquoted(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    let bare = found.kind.is_word() || matches!(found.kind, T::Int | T::Port | T::Addr | T::Date);
    if !bare || !place.expects("string") || place.expects("name") {
        return None;
    }
    let mut end = place.at + 1;
    while let (Some(last), Some(next)) = (place.tokens.get(end - 1), place.tokens.get(end)) {
        let part = next.kind.is_word()
            || matches!(
                next.kind,
                T::Int | T::Port | T::Addr | T::Date | T::Dot | T::Colon
            );
        if !(part && last.touches(next)) {
            break;
        }
        end += 1;
    }
    let tokens = place.tokens.get(place.at..end)?;
    let whole = Lexeme {
        kind: T::Str,
        end: tokens.last()?.end,
        ..*found
    };
    let mended = place.splice(place.at..end, &[whole]);
    if !place.passes(&mended, place.at) {
        return None;
    }
    let text = place.slice(tokens);
    let quoted = format!("\"{text}\"");
    let finding = place
        .finding(
            &syntax::UNQUOTED_STRING,
            format!("`{}` must be quoted", shown(text)),
        )
        .help(format!("write `{}`", shown(&quoted)))
        .fix("quote it", true, range(tokens), quoted);
    let finding = npl_diagnostics::Diagnostic {
        at: range(tokens),
        ..finding
    };
    Some(Answer::mending(finding, mended))
}

/// Two entries side by side.
pub(super) fn missing_comma(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    let begins = found.kind.is_word()
        || matches!(
            found.kind,
            T::Str | T::Int | T::Port | T::Addr | T::LParen | T::LBracket | T::Bang
        );
    let before = place.before(1)?;
    // `{ app "x" }` lacks its colon.
    let colon = found.kind == T::Str && place.expects(":");
    if !begins || colon || !place.expects(",") {
        return None;
    }
    let mended = place.with_inserted(T::Comma);
    if !place.passes(&mended, place.at + 1) {
        return None;
    }
    // A second label or the value of the first, an argument too many: nobody knows.
    let safe = !place.expects(":") && place.word() != Some(T::Apply);
    let finding = place
        .finding(
            &syntax::MISSING_COMMA,
            format!("a comma is missing before {}", place.found_text()),
        )
        .help(format!(
            "write `{}, {}`",
            shown(before.text(place.text)),
            shown(found.text(place.text))
        ))
        .fix("write a comma", safe, TextRange::at(before.end), ",");
    Some(Answer::mending(finding, mended))
}

/// `allow a, b -> c:80`.
pub(super) fn union_comma(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    let before = place.before(1)?;
    let after = place.tokens.get(place.at + 1)?;
    // The parser has reduced the set when it sees the comma, so it no longer expects `|`.
    let mended = place.read_as(T::Pipe);
    if found.kind != T::Comma || !place.passes(&mended, place.at + 1) {
        return None;
    }
    if place.word() == Some(T::Assert) && place.kind(1) == Some(T::Disjoint) {
        let message = format!(
            "`disjoint` takes two sets, found a third `{}`",
            shown(after.text(place.text))
        );
        return Some(Answer::only(
            place
                .finding(&syntax::UNEXPECTED_TOKEN, message)
                .help("claim each pair by itself: `assert disjoint a, b`"),
        ));
    }
    let finding = place
        .finding(
            &syntax::UNION_COMMA,
            "a union is written with `|`, not with a comma",
        )
        .help(format!(
            "write `{} | {}`",
            shown(before.text(place.text)),
            shown(after.text(place.text))
        ))
        .fix(
            "write `|`",
            false,
            TextRange::new(before.end, found.end),
            " |",
        );
    Some(Answer::mending(finding, mended))
}
