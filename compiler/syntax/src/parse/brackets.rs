//! Brackets of one item: do they match, and if not, where is one missing or too many. Afterwards
//! they match: each that is missing has been put in, each that is too many left out.

use super::{
    lexical::{Source, shown},
    stray,
};
use crate::{lexer::Lexeme, limits::MAX_NESTING, token::TokenKind as T};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

pub(super) enum State {
    Match,
    Torn,
    TooDeep(TextRange),
}

pub(super) fn check(lexemes: &[Lexeme]) -> State {
    let mut open: Vec<T> = Vec::new();
    let mut torn = false;
    for lexeme in lexemes {
        if lexeme.kind.is_opener() {
            open.push(lexeme.kind);
            if open.len() > MAX_NESTING {
                return State::TooDeep(lexeme.range());
            }
        } else if lexeme.kind.is_closer() {
            torn |= open.pop().and_then(T::closer) != Some(lexeme.kind);
        }
    }
    if torn || !open.is_empty() {
        State::Torn
    } else {
        State::Match
    }
}

/// Closes what is left open before the next line that begins an item, or at the end;
/// leaves out closers that close nothing.
pub(super) fn mend(source: &mut Source<'_>) {
    let mut lexemes = std::mem::take(&mut source.lexemes);
    if let Some(at) = missing_body(&lexemes) {
        bodyless(source, &mut lexemes, at);
    }
    let mut kept: Vec<Lexeme> = Vec::with_capacity(lexemes.len() + 4);
    let mut open: Vec<Lexeme> = Vec::new();
    let body = super::body_open(&lexemes);
    let nested = lexemes.first().is_some_and(|t| t.kind == T::Template);
    let strays = stray_lines(source.text, &lexemes);
    for (index, lexeme) in lexemes.iter().enumerate() {
        if strays.binary_search(&index).is_ok() {
            while !open.is_empty() {
                close(source, &mut kept, &mut open);
            }
        }
        let begins_item = nested
            && lexeme.new_line
            && lexeme.kind.is_item_word()
            && body.is_some_and(|body| index > body)
            && lexemes.get(index + 1).is_none_or(|t| t.kind != T::Colon);
        if begins_item {
            // The template's own brace stays open.
            while open.len() > 1 {
                close(source, &mut kept, &mut open);
            }
        }
        let next = lexemes.get(index + 1).map(|t| t.kind);
        while open.last().is_some_and(|t| ends(t.kind, lexeme.kind, next)) {
            close(source, &mut kept, &mut open);
        }
        if lexeme.kind.is_opener() {
            open.push(*lexeme);
        } else if lexeme.kind.is_closer() {
            let opener = |t: &Lexeme| t.kind.closer() == Some(lexeme.kind);
            if !open.iter().any(opener) {
                match open.pop() {
                    Some(other) => kept.push(other_closer(source, &other, lexeme)),
                    // That its body does not begin is the parser's to say.
                    None if body.is_none() && has_body(&lexemes) => {}
                    None => unopened(source, lexeme),
                }
                continue;
            }
            while open.last().is_some_and(|t| !opener(t)) {
                close(source, &mut kept, &mut open);
            }
            open.pop();
        }
        kept.push(*lexeme);
    }
    while !open.is_empty() {
        close(source, &mut kept, &mut open);
    }
    source.lexemes = kept;
}

/// Where the brace is missing that begins the body, if one more is closed than opened.
fn missing_body(lexemes: &[Lexeme]) -> Option<usize> {
    let kind = |at: usize| lexemes.get(at).map(|t| t.kind);
    let count = |kind| lexemes.iter().filter(|t| t.kind == kind).count();
    let at = match (kind(0)?, kind(1)?) {
        (T::Foreign, T::Workload) => 3,
        (T::Workload, name) if name.is_name() => 2,
        (T::Test, T::Str) => 2,
        (T::Template, _) => lexemes.iter().position(|t| t.kind == T::RParen)? + 1,
        _ => return None,
    };
    let ends_with = lexemes.last().is_some_and(|t| t.kind == T::RBrace);
    let flow = kind(0) != Some(T::Test) || ends_with;
    let other = kind(at).is_some_and(|k| !matches!(k, T::LBrace | T::LParen | T::LBracket));
    (other && flow && count(T::RBrace) == count(T::LBrace) + 1).then_some(at)
}

fn bodyless(source: &mut Source<'_>, lexemes: &mut Vec<Lexeme>, at: usize) {
    let Some((before, next)) = at
        .checked_sub(1)
        .and_then(|b| lexemes.get(b))
        .zip(lexemes.get(at))
    else {
        return;
    };
    let end = before.end;
    source.diagnostics.push(
        Diagnostic::new(
            &syntax::UNEXPECTED_TOKEN,
            next.range(),
            format!("expected `{{`, found `{}`", shown(next.text(source.text))),
        )
        .help("write `{`")
        .fix("write `{`", false, TextRange::at(end), " {"),
    );
    lexemes.insert(at, Lexeme::virtual_at(T::LBrace, end));
}

/// The lines in the first column that are items without their word: like an item word there, they
/// show that every bracket has ended.
fn stray_lines(text: &str, lexemes: &[Lexeme]) -> Vec<usize> {
    let lines = lexemes.iter().enumerate().skip(1);
    let lines = lines.filter(|(_, t)| t.column_one);
    let lines: Vec<usize> = lines.map(|(index, _)| index).collect();
    let ends = lines.iter().copied().skip(1).chain([lexemes.len()]);
    lines
        .iter()
        .copied()
        .zip(ends)
        .filter(|(start, end)| {
            let line = lexemes.get(*start..*end);
            line.is_some_and(|line| stray::begins(text, line))
        })
        .map(|(start, _)| start)
        .collect()
}

/// Whether a token shows that a bracket has ended before it: no such bracket holds such a token.
fn ends(open: T, kind: T, next: Option<T>) -> bool {
    let clause = kind == T::In && matches!(next, Some(T::Namespace | T::Any));
    let word = matches!(
        kind,
        T::Arrow | T::Via | T::Until | T::Because | T::Can | T::Cannot | T::Equals
    );
    match open {
        T::LParen | T::LBracket => clause || word,
        _ => clause,
    }
}

fn close(source: &mut Source<'_>, kept: &mut Vec<Lexeme>, open: &mut Vec<Lexeme>) {
    let Some(opener) = open.pop() else {
        return;
    };
    let Some(closer) = opener.kind.closer() else {
        return;
    };
    let end = kept.last().map_or(opener.end, |t| t.end);
    kept.push(Lexeme::virtual_at(closer, end));
    source.damage(opener.start);
    // A string that runs to the end of its line has mostly swallowed the closer.
    if source.open_string_after(opener.start) {
        return;
    }
    let sign = |kind: T| kind.punctuation().unwrap_or_default();
    let spaced = if closer == T::RBrace {
        " }"
    } else {
        sign(closer)
    };
    source.diagnostics.push(
        Diagnostic::new(
            &syntax::UNCLOSED_BRACKET,
            opener.range(),
            format!("`{}` is never closed", sign(opener.kind)),
        )
        .help(format!("close it with `{}`", sign(closer)))
        .fix(
            format!("add `{}`", sign(closer)),
            false,
            TextRange::at(end),
            spaced,
        ),
    );
}

/// Whether the item has braces in any case.
fn has_body(lexemes: &[Lexeme]) -> bool {
    lexemes
        .first()
        .is_some_and(|t| matches!(t.kind, T::Workload | T::Foreign | T::Template | T::Test))
}

/// `( … }`: one of the two is the wrong one.
fn other_closer(source: &mut Source<'_>, opener: &Lexeme, closer: &Lexeme) -> Lexeme {
    let sign = |kind: T| kind.punctuation().unwrap_or_default();
    let right = opener.kind.closer().unwrap_or(closer.kind);
    source.damage(opener.start);
    source.diagnostics.push(
        Diagnostic::new(
            &syntax::UNCLOSED_BRACKET,
            opener.range(),
            format!(
                "`{}` is closed by `{}`",
                sign(opener.kind),
                sign(closer.kind)
            ),
        )
        .help(format!(
            "close it with `{}`, or open it as it is closed",
            sign(right)
        ))
        .fix(
            format!("write `{}`", sign(right)),
            false,
            closer.range(),
            sign(right),
        ),
    );
    Lexeme {
        kind: right,
        ..*closer
    }
}

fn unopened(source: &mut Source<'_>, closer: &Lexeme) {
    source.damage(closer.start);
    let sign = closer.kind.punctuation().unwrap_or_default();
    source.diagnostics.push(
        Diagnostic::new(
            &syntax::UNOPENED_BRACKET,
            closer.range(),
            format!("`{sign}` closes nothing"),
        )
        .help("remove it, or open the bracket that it closes")
        .fix("remove it", false, closer.range(), ""),
    );
}
