//! Strings and names.

use super::Finding;
use crate::limits::{MAX_NAME, MAX_STRING};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};
use smol_str::SmolStr;

/// The text of a string literal, escapes undone, and what is wrong with it. The text is the best
/// that can be made of it.
pub(crate) fn string(text: &str, at: TextRange) -> (SmolStr, Option<Box<Finding>>) {
    let body = body(text);
    let plain = !body
        .bytes()
        .any(|b| matches!(b, b'\\' | b'"') || b.is_ascii_control());
    if plain && body.len() <= MAX_STRING {
        return (SmolStr::new(body), None);
    }
    let quote = text.chars().next().filter(|_| body.len() < text.len());
    let base = at.start + quote.map_or(0, |c| c.len_utf8() as u32);
    let mut undone = String::with_capacity(body.len());
    let mut finding = None;
    let mut chars = body.char_indices();
    while let Some((index, c)) = chars.next() {
        let start = base + index as u32;
        match c {
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => undone.push(escaped),
                escaped => {
                    let escaped = escaped.map(|(_, c)| c);
                    undone.extend(escaped);
                    finding = finding.or_else(|| Some(unknown_escape(start, escaped)));
                }
            },
            c if c.is_ascii_control() => {
                finding = finding.or_else(|| Some(control(start, c)));
            }
            // One too many: what is said of it is said.
            '"' => {}
            c => undone.push(c),
        }
    }
    if finding.is_none() && undone.len() > MAX_STRING {
        finding = Some(Box::new(
            Diagnostic::new(
                &syntax::STRING_TOO_LONG,
                at,
                format!(
                    "a string of {} bytes is longer than {MAX_STRING}",
                    undone.len()
                ),
            )
            .help(format!("shorten it to {MAX_STRING} bytes")),
        ));
    }
    (undone.into(), finding)
}

/// What closes a string that a quote of another language or keyboard opens.
pub(crate) fn closers(quote: char) -> &'static [char] {
    match quote {
        '\'' => &['\''],
        '“' | '”' | '„' => &['”', '“', '"'],
        '‘' | '’' | '‚' => &['’', '‘'],
        '«' => &['»'],
        '»' => &['«'],
        '`' => &['`'],
        _ => &[],
    }
}

/// What stands between other quotes than `"`, if the text has some.
pub(crate) fn between(text: &str) -> &str {
    let mut chars = text.chars();
    match (chars.next(), chars.next_back()) {
        (Some(open), Some(close)) if closers(open).contains(&close) => chars.as_str(),
        _ => text,
    }
}

/// What stands between the quotes. A string that was mended has other quotes, or none; one that
/// its line does not close has most likely swallowed what follows its first blank or bracket.
fn body(text: &str) -> &str {
    let Some(open) = text.strip_prefix('"') else {
        return between(text);
    };
    let escapes = |t: &str| t.bytes().rev().take_while(|b| *b == b'\\').count();
    match open.strip_suffix('"') {
        Some(closed) if escapes(closed) % 2 == 0 => closed,
        _ => open
            .split([' ', '\t', '}', ']', ')', '"', '\\'])
            .next()
            .unwrap_or_default(),
    }
}

fn unknown_escape(start: u32, escaped: Option<char>) -> Box<Finding> {
    let length = 1 + escaped.map_or(0, |c| c.len_utf8() as u32);
    let shown: String = escaped.into_iter().collect();
    Box::new(
        Diagnostic::new(
            &syntax::UNKNOWN_ESCAPE,
            TextRange::new(start, start + length),
            format!("unknown escape `\\{shown}`"),
        )
        .help("the escapes are `\\\"` and `\\\\`")
        .fix("write a backslash", false, TextRange::at(start), "\\"),
    )
}

fn control(start: u32, c: char) -> Box<Finding> {
    let at = TextRange::new(start, start + 1);
    Box::new(
        Diagnostic::new(
            &syntax::CONTROL_CHARACTER,
            at,
            format!(
                "the string holds the control character U+{:04X}",
                u32::from(c)
            ),
        )
        .help("remove it")
        .fix("remove the character", false, at, ""),
    )
}

pub(crate) fn name(text: &str, at: TextRange) -> Option<Box<Finding>> {
    (text.len() > MAX_NAME).then(|| {
        Box::new(
            Diagnostic::new(
                &syntax::NAME_TOO_LONG,
                at,
                format!(
                    "a name of {} characters is longer than {MAX_NAME}",
                    text.len()
                ),
            )
            .help(format!("shorten it to {MAX_NAME} characters")),
        )
    })
}
