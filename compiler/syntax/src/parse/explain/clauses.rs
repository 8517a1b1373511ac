//! Clauses of a rule with other signs than theirs.

use super::{Answer, Place, range};
use crate::{
    lexer::Lexeme,
    parse::{closer_of, lexical::shown, literal::between},
    token::TokenKind as T,
};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

/// The path of the clause that the refused token follows.
fn path(place: &Place<'_>) -> Option<std::ops::Range<usize>> {
    let before = place.tokens.get(..place.at).filter(|_| place.is_rule())?;
    let start = before.iter().rposition(|t| t.kind == T::Via)? + 1;
    let mut end = start;
    while place.kind(end).is_some_and(T::is_name) {
        end += 1;
        if place.kind(end) != Some(T::Dot) {
            break;
        }
        end += 1;
    }
    (start < end && end <= place.at).then_some(start..end)
}

/// The clause of which these are the two words, without their dot.
fn joined(place: &Place<'_>, first: &Lexeme, second: &Lexeme) -> Option<String> {
    let words = (first.text(place.text), second.text(place.text));
    let known = matches!(words, ("tls", "sni") | ("http", "host"));
    known.then(|| format!("{}.{}", words.0, words.1))
}

/// `via tls sni "x"`.
pub(super) fn undotted(place: &Place<'_>) -> Option<Answer> {
    let path = path(place)?;
    let [first, second] = place.tokens.get(path.start..path.start + 2)? else {
        return None;
    };
    let right = joined(place, first, second)?;
    let dot = Lexeme::virtual_at(T::Dot, first.end);
    let mended = place.splice(path.end..path.end, &[dot]);
    if !place.passes(&mended, place.at + 1) {
        return None;
    }
    let at = range(&[*first, *second]);
    let message = format!("`{right}` is written with a dot");
    let finding = Diagnostic::new(&syntax::UNEXPECTED_TOKEN, at, message)
        .help(format!("write `{right}`"))
        .fix(format!("write `{right}`"), true, at, right);
    Some(Answer::mending(finding, mended))
}

/// `via tls.sni = "x"`, `via tls.sni("x")`, `via http GET "/x"`, `via dns *`.
pub(super) fn arguments(place: &Place<'_>) -> Option<Answer> {
    let path = path(place)?;
    let words = place.tokens.get(path.start..=path.end)?;
    // `via tls sni = "x"`.
    let undotted = match words {
        [first, second] => joined(place, first, second),
        _ => None,
    };
    let clause = place.slice(place.tokens.get(path.clone())?);
    let clause = undotted.as_deref().unwrap_or(clause);
    let front = usize::from(undotted.is_some());
    let path = path.start..path.end + front;
    let block = match clause {
        "http" | "grpc" => true,
        "tls.sni" | "dns" | "http.host" => false,
        _ => return None,
    };
    let mut start = path.end;
    // `via http GET "/x"`, `via http.host "x" GET "/x"`.
    let entries = clause.starts_with("http") && place.at > path.end;
    if entries && !block {
        start = place.at;
    } else if place.at > path.end + usize::from(block) {
        return None;
    }
    let mut at = start;
    match place.kind(at)? {
        T::Colon | T::In => at += 1,
        T::Equals => at += 1 + usize::from(place.kind(at + 1) == Some(T::Equals)),
        _ => {}
    }
    let opened = place.kind(at)?.is_opener();
    let (inner, end) = if opened {
        let close = closer_of(place.tokens, at)?;
        (at + 1..close, close + 1)
    } else {
        let rest = place.tokens.get(at..)?.iter();
        let length = rest.take_while(|t| !matches!(t.kind, T::Until | T::Because));
        let end = at + length.count();
        (at..end, end)
    };
    let inner = place.tokens.get(inner)?;
    let mut with = match block || entries {
        true => entry_tokens(inner)?,
        false => name_tokens(inner)?,
    };
    if front > 0 {
        start = path.end - front;
        let second = *place.tokens.get(start)?;
        with.splice(0..0, [Lexeme::virtual_at(T::Dot, second.start), second]);
    }
    let before = place.tokens.get(path.start..start)?;
    answer(place, clause, before, start..end, &with)
}

fn answer(
    place: &Place<'_>,
    clause: &str,
    front: &[Lexeme],
    old: std::ops::Range<usize>,
    with: &[Lexeme],
) -> Option<Answer> {
    let mended = place.splice(old.clone(), with);
    if !place.passes(&mended, old.start + with.len() - 1) {
        return None;
    }
    let dot = with.first()?.kind == T::Dot;
    let written = format!(
        "{}{}",
        if dot { "" } else { " " },
        written(place.text, with)
    );
    let tokens = place.tokens.get(old)?;
    let at = TextRange::new(front.last()?.end, range(tokens).end);
    let finding = Diagnostic::new(
        &syntax::UNEXPECTED_TOKEN,
        range(tokens),
        format!("the arguments of `{clause}` are written in another way"),
    )
    .help(format!(
        "write `via {}{}`",
        place.slice(front),
        shown(&written)
    ))
    .fix("write it so", true, at, written);
    Some(Answer::mending(finding, mended))
}

/// Methods, if there are some, and a path; between braces. Each method has an entry.
fn entry_tokens(inner: &[Lexeme]) -> Option<Vec<Lexeme>> {
    let (first, last) = (inner.first()?, inner.last()?);
    let mut out = vec![Lexeme::virtual_at(T::LBrace, first.start)];
    let mut methods: Vec<Lexeme> = Vec::new();
    for token in inner.iter().filter(|t| t.kind != T::Comma) {
        match token.kind {
            T::Str if methods.is_empty() => out.push(*token),
            T::Str => out.extend(methods.drain(..).flat_map(|method| [method, *token])),
            kind if kind.is_name() => methods.push(*token),
            _ => return None,
        }
    }
    out.push(Lexeme::virtual_at(T::RBrace, last.end));
    (methods.is_empty() && out.len() > 2).then_some(out)
}

/// Strings and paths with `|` between them.
fn name_tokens(inner: &[Lexeme]) -> Option<Vec<Lexeme>> {
    let mut out: Vec<Lexeme> = Vec::new();
    for part in inner.split(|t| matches!(t.kind, T::Comma | T::Pipe)) {
        let Some(first) = part.first() else {
            continue;
        };
        if !out.is_empty() {
            out.push(Lexeme::virtual_at(T::Pipe, first.start));
        }
        let path = |t: &Lexeme| t.kind.is_name() || t.kind == T::Dot;
        match part {
            [one] if one.kind == T::Str => out.push(*one),
            [..] if part.iter().all(path) => out.extend_from_slice(part),
            [..] => {
                let (name, length) = pattern(part)?;
                (length == part.len()).then(|| out.push(name))?;
            }
        }
    }
    (!out.is_empty()).then_some(out)
}

/// `*.x.io`, as the string that it is meant to be, and how many tokens it has.
fn pattern(tokens: &[Lexeme]) -> Option<(Lexeme, usize)> {
    let first = tokens.first().filter(|t| t.kind == T::Port)?;
    let part = |t: &Lexeme| {
        t.kind.is_word() || matches!(t.kind, T::Dot | T::Int | T::Port | T::Addr | T::Date)
    };
    let mut end = first.end;
    let mut length = 1;
    while let Some(next) = tokens.get(length).filter(|t| part(t) && t.start == end) {
        end = next.end;
        length += 1;
    }
    let name = Lexeme {
        kind: T::Str,
        end,
        ..*first
    };
    Some((name, length))
}

/// The text of tokens as the formatter would write them; what has no quotes gets them.
fn written(text: &str, tokens: &[Lexeme]) -> String {
    let mut out = String::new();
    let mut dotted = true;
    for token in tokens {
        let own = match token.kind {
            T::LBrace | T::RBrace | T::Pipe | T::Dot => {
                token.kind.punctuation().unwrap_or_default()
            }
            _ => token.text(text),
        };
        let dot = token.kind == T::Dot;
        if !(dot || dotted) {
            out.push(' ');
        }
        dotted = dot;
        let bare = token.kind == T::Str && !own.starts_with('"');
        let quote = if bare { "\"" } else { "" };
        out.push_str(&format!("{quote}{}{quote}", between(own)));
    }
    out
}

/// `external e = *.x.io`.
pub(super) fn bare_pattern(place: &Place<'_>) -> Option<Answer> {
    if place.word() != Some(T::External) || !place.expects("string") {
        return None;
    }
    let (name, length) = pattern(place.tokens.get(place.at..)?)?;
    let text = name.text(place.text);
    if !text.starts_with('*') {
        return None;
    }
    let quoted = format!("\"{text}\"");
    let message = format!("`{}` must be quoted", shown(text));
    let finding = Diagnostic::new(&syntax::UNQUOTED_STRING, name.range(), message)
        .help(format!("write `{}`", shown(&quoted)))
        .fix("quote it", true, name.range(), quoted);
    let mended = place.splice(place.at..place.at + length, &[name]);
    Some(Answer::mending(finding, mended))
}

/// `{ GET POST "/x" }`.
pub(super) fn several_methods(place: &Place<'_>) -> Option<Answer> {
    let method = |t: &Lexeme| t.kind.is_name();
    let joint = |t: &Lexeme| method(t) || matches!(t.kind, T::Comma | T::Pipe);
    let before = place.tokens.get(..place.at).filter(|_| place.is_rule())?;
    let open = before.iter().rposition(|t| t.kind == T::LBrace)?;
    let via = before.get(..open)?.iter().any(|t| t.kind == T::Via);
    let front = before.iter().rev().take_while(|t| joint(t)).count();
    let mut start = place.at - front;
    while place.kind(start).is_some_and(|kind| !kind.is_name()) && start < place.at {
        start += 1;
    }
    let behind = place
        .tokens
        .get(place.at..)?
        .iter()
        .take_while(|t| joint(t));
    let end = place.at + behind.count();
    let path = place.tokens.get(end).filter(|t| t.kind == T::Str && via)?;
    let methods = place.tokens.get(start..end)?.iter().filter(|t| method(t));
    let methods: Vec<Lexeme> = methods.copied().collect();
    if methods.len() < 2 {
        return None;
    }
    let mut with: Vec<Lexeme> = methods.iter().flat_map(|m| [*m, *path]).collect();
    // `{ GET, POST "/x", PUT "/y" }`: who separates methods by commas does so with entries.
    let close = closer_of(place.tokens, open)?;
    let rest = place.tokens.get(end + 1..close)?;
    let commas = rest.iter().any(|t| t.kind == T::Comma);
    let end = if commas { close } else { end + 1 };
    if commas {
        with.extend(rest.iter().filter(|t| t.kind != T::Comma));
    }
    let mended = place.splice(start..end, &with);
    let at = range(place.tokens.get(start..end)?);
    let right = written(place.text, &with);
    let message = "an entry has one method at most";
    let finding = Diagnostic::new(&syntax::UNEXPECTED_TOKEN, at, message)
        .help(format!("write an entry for each: `{right}`"))
        .fix("write an entry for each method", false, at, right);
    Some(Answer::mending(finding, mended))
}
