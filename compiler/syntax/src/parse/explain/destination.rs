//! A destination that is not one primary: which of its parts has the port?

use super::{Answer, Place, range};
use crate::{lexer::Lexeme, parse::closer_of, token::TokenKind as T};
use npl_diagnostics::codes::syntax;

/// `allow a -> b | c:80`: which of them has the port?
pub(super) fn union(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    let union = matches!(found.kind, T::Pipe | T::Except | T::Comma);
    if !union || !(place.is_rule() || place.word() == Some(T::Assert)) {
        return None;
    }
    let start = destination_start(place)?;
    let ends = ends(place, start)?;
    let last = ends.last()?;
    let finding = place.finding(
        &syntax::UNION_DESTINATION,
        format!(
            "unexpected `{}` after a destination",
            found.text(place.text)
        ),
    );
    let text = |end: &End| place.tokens.get(end.ports.clone()).map(|t| place.slice(t));
    let given: Vec<&str> = ends
        .iter()
        .filter_map(text)
        .filter(|t| !t.is_empty())
        .collect();
    let ports = text(last)?;
    let except = ends
        .iter()
        .any(|end| place.kind(end.prim.start - 1) == Some(T::Except));
    if given.iter().any(|t| *t != ports) || except && given.len() > 1 {
        return Some(Answer::only(
            finding.help("write one rule for each destination that has its own ports"),
        ));
    }
    let shape = written(place, &ends, ports);
    let at = range(place.tokens.get(start..last.behind)?);
    let finding = finding.help(format!("write `{shape}`")).fix(
        "put the destinations in parentheses",
        false,
        at,
        shape,
    );
    let with = mended(place, &ends)?;
    Some(Answer::mending(
        finding,
        place.splice(start..last.behind, &with),
    ))
}

/// `allow a -> all except b:80`: no set is left that one side could hold.
pub(super) fn out_of_everything(place: &Place<'_>) -> Option<Answer> {
    let here = place.is_rule() || place.word() == Some(T::Assert);
    if !(here && place.found_is(T::Except)) {
        return None;
    }
    let start = destination_start(place)?;
    let ends = ends(place, start)?;
    let [whole, without] = ends.as_slice() else {
        return None;
    };
    let text = |range: &std::ops::Range<usize>| {
        let tokens = place.tokens.get(range.clone())?;
        Some(if tokens.is_empty() {
            ""
        } else {
            place.slice(tokens)
        })
    };
    let (name, other) = (text(&whole.prim)?, text(&without.prim)?);
    if !matches!(name, "all" | "cluster" | "world") {
        return None;
    }
    let ports = match text(&without.ports)? {
        "" => text(&whole.ports)?,
        ports => ports,
    };
    let source = place.slice(place.tokens.get(1..start.checked_sub(1)?)?);
    let finding = place.finding(
        &syntax::UNION_DESTINATION,
        format!("nothing can be taken out of `{name}`"),
    );
    let finding = match place.word() {
        Some(T::Assert) => finding.help(format!(
            "claim it of the ends that are meant, or of `{name}`"
        )),
        Some(T::Deny) => finding.help("list what is denied; a deny wins over every `allow`"),
        _ => finding.help(format!(
            "a deny wins over every `allow`: write `allow {source} -> {name}{ports}` and \
             `deny {source} -> {other}{ports}`"
        )),
    };
    Some(Answer::only(finding))
}

/// Where the destination begins that the refused token goes on.
fn destination_start(place: &Place<'_>) -> Option<usize> {
    let mut depth = 0usize;
    let mut index = place.at;
    // Backwards over whole brackets; an open one means that the token stands inside of it.
    while let Some(before) = index.checked_sub(1) {
        index = before;
        match place.kind(index)? {
            kind if kind.is_closer() => depth += 1,
            kind if kind.is_opener() => depth = depth.checked_sub(1)?,
            T::Arrow | T::Reach if depth == 0 => return Some(index + 1),
            T::Via | T::Stays | T::Disjoint if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The destinations, each with its ports.
fn ends(place: &Place<'_>, start: usize) -> Option<Vec<End>> {
    let mut ends = vec![end_at(place.tokens, start)?];
    let mut next = ends.last()?.behind;
    while matches!(place.kind(next), Some(T::Pipe | T::Except | T::Comma)) {
        ends.push(end_at(place.tokens, next + 1)?);
        next = ends.last()?.behind;
    }
    Some(ends)
}

/// The tokens in parentheses, with the ports of the last.
fn mended(place: &Place<'_>, ends: &[End]) -> Option<Vec<Lexeme>> {
    let mut inner: Vec<Lexeme> = Vec::new();
    for end in ends {
        if !inner.is_empty() {
            let sign = place.tokens.get(end.prim.start - 1)?;
            let kind = if sign.kind == T::Comma {
                T::Pipe
            } else {
                sign.kind
            };
            inner.push(Lexeme { kind, ..*sign });
        }
        inner.extend_from_slice(place.tokens.get(end.prim.clone())?);
    }
    let (first, end) = (inner.first()?.start, inner.last()?.end);
    let mut with = vec![Lexeme::virtual_at(T::LParen, first)];
    with.append(&mut inner);
    with.push(Lexeme::virtual_at(T::RParen, end));
    with.extend_from_slice(place.tokens.get(ends.last()?.ports.clone())?);
    Some(with)
}

/// `(b | c):80`.
fn written(place: &Place<'_>, ends: &[End], ports: &str) -> String {
    let mut shape = String::from("(");
    for (index, end) in ends.iter().enumerate() {
        if index > 0 {
            let except = place.kind(end.prim.start - 1) == Some(T::Except);
            shape.push_str(if except { " except " } else { " | " });
        }
        let prim = place.tokens.get(end.prim.clone()).unwrap_or_default();
        shape.push_str(place.slice(prim));
    }
    shape.push(')');
    shape.push_str(ports);
    shape
}

/// A destination by its tokens: a primary, and its ports with their colon.
struct End {
    prim: std::ops::Range<usize>,
    ports: std::ops::Range<usize>,
    behind: usize,
}

fn end_at(tokens: &[Lexeme], start: usize) -> Option<End> {
    let kind = |at: usize| tokens.get(at).map(|t| t.kind);
    let path = |start: usize| {
        let mut at = start + 1;
        while kind(at) == Some(T::Dot) && kind(at + 1).is_some_and(T::is_name) {
            at += 2;
        }
        at
    };
    let one = |at: usize| match kind(at)? {
        T::LParen | T::LBracket | T::LBrace => closer_of(tokens, at).map(|close| close + 1),
        k if k.is_name() => Some(path(at)),
        T::Str | T::Addr | T::Int | T::Port => Some(at + 1),
        _ => None,
    };
    let prim = one(start)?;
    let behind = match kind(prim) {
        Some(T::Colon) => one(prim + 1)?,
        _ => prim,
    };
    Some(End {
        prim: start..prim,
        ports: prim..behind,
        behind,
    })
}
