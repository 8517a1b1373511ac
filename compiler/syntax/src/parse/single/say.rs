//! What is said of a slip.

use super::{Edit, Say, View};
use crate::{
    lexer::slice,
    parse::{lexical::shown, literal::Finding},
    token::TokenKind as T,
};
use npl_diagnostics::{Code, Diagnostic, TextRange, codes::syntax};

/// The finding that takes the place of the others.
pub(super) fn finding(view: &View<'_>, edit: &Edit) -> Finding {
    let old = view.lexemes.get(edit.old.clone()).unwrap_or_default();
    let at = match (old.first(), old.last()) {
        (Some(first), Some(last)) => TextRange::new(first.start, last.end),
        _ => TextRange::at(place(view, edit)),
    };
    let text = shown(slice(view.text, at));
    match &edit.say {
        Say::Quotes(right) | Say::Unquoted(right) => string(view, edit, at, right),
        Say::Quoted => {
            let inner = slice(view.text, at).trim_matches('"');
            let message = format!("`{}` stands without quotes", shown(inner));
            written(at, message, "remove the quotes", inner)
        }
        Say::Blank(right) => {
            let message = format!("`{}` is one word", shown(right));
            written(at, message, "remove the blank", right)
        }
        Say::NoBlank(right) => written(
            at,
            format!("a blank is missing in `{text}`"),
            "write a blank",
            right,
        ),
        Say::Other(sign) => other(old.first().map(|t| t.kind), at, &text, sign),
        Say::Missing(sign) => missing(view, edit, sign),
        Say::Unknown(what) => {
            let found = behind(view, edit);
            let message = format!("{what} is missing before {found}");
            Diagnostic::new(&syntax::UNEXPECTED_TOKEN, at, message)
                .help(format!("write {what} before {found}"))
        }
        Say::TooMuch => too_much(view, edit, at, &text),
        Say::Twice => {
            let message = format!("`{text}` stands twice");
            Diagnostic::new(&syntax::UNEXPECTED_TOKEN, at, message)
                .help(format!("write `{text}` once"))
                .fix("remove the second", false, front(view, edit, at), "")
        }
        Say::Turned => turned(view, edit, at),
    }
}

/// What stands there is written in another way.
fn written(at: TextRange, message: String, title: &str, right: &str) -> Finding {
    Diagnostic::new(&syntax::UNEXPECTED_TOKEN, at, message)
        .help(format!("write `{}`", shown(right)))
        .fix(title, false, at, right)
}

fn string(view: &View<'_>, edit: &Edit, at: TextRange, right: &str) -> Finding {
    let at = string_range(view, edit, at, right);
    let write = format!("write `{}`", shown(right));
    if let Say::Unquoted(_) = edit.say {
        let inner = shown(right.trim_matches('"'));
        let message = format!("`{inner}` must be quoted");
        return Diagnostic::new(&syntax::UNQUOTED_STRING, at, message)
            .help(write)
            .fix("quote it", false, at, right);
    }
    let message = "a quote is missing in this string, or one too many";
    Diagnostic::new(&syntax::UNFINISHED_STRING, at, message)
        .help(format!("{write}; a quote inside a string is `\\\"`"))
        .fix("write it so", false, at, right)
}

/// Where something is missing.
fn place(view: &View<'_>, edit: &Edit) -> u32 {
    edit.with.first().map_or_else(
        || view.lexemes.get(edit.old.start).map_or(0, |t| t.start),
        |t| t.start,
    )
}

/// A string and the quote behind it that was no part of it.
fn string_range(view: &View<'_>, edit: &Edit, at: TextRange, right: &str) -> TextRange {
    let Some(first) = edit.with.first() else {
        return at;
    };
    let closed = slice(view.text, first.range()).ends_with('"') && right.len() > 2;
    let rest = slice(view.text, TextRange::new(first.end, at.end));
    let quote = rest
        .chars()
        .next()
        .filter(|c| !closed && "\"'`”’".contains(*c));
    let end = first.end + quote.map_or(0, |c| c.len_utf8() as u32);
    TextRange::new(first.start, end)
}

/// The token before which something is missing.
fn behind(view: &View<'_>, edit: &Edit) -> String {
    match view.lexemes.get(edit.old.end) {
        Some(next) => format!("`{}`", shown(next.text(view.text))),
        None => "the end".to_owned(),
    }
}

fn other(kind: Option<T>, at: TextRange, text: &str, sign: &str) -> Finding {
    let code: Code = match kind {
        Some(kind) if kind.is_bad() => &syntax::STRAY_CHARACTER,
        Some(kind) if kind.is_opener() || kind.is_closer() => &syntax::UNCLOSED_BRACKET,
        _ => &syntax::UNEXPECTED_TOKEN,
    };
    Diagnostic::new(code, at, format!("expected `{sign}`, found `{text}`"))
        .help(format!("write `{sign}`"))
        .fix(format!("write `{sign}`"), false, at, sign)
}

fn missing(view: &View<'_>, edit: &Edit, sign: &str) -> Finding {
    let next = view.lexemes.get(edit.old.end);
    let at = TextRange::at(place(view, edit));
    let here = next.map_or(at, |t| t.range());
    let code: Code = match sign {
        "}" | ")" | "]" => &syntax::UNCLOSED_BRACKET,
        "," => &syntax::MISSING_COMMA,
        _ => &syntax::UNEXPECTED_TOKEN,
    };
    let touching = matches!(sign, ":" | "," | "." | ")" | "]");
    let opens = matches!(sign, "(" | "[");
    let (at, text) = match next {
        Some(next) if opens => (TextRange::at(next.start), sign.to_owned()),
        _ if touching => (at, sign.to_owned()),
        Some(next) if next.start == at.start => (at, format!(" {sign} ")),
        _ => (at, format!(" {sign}")),
    };
    let found = behind(view, edit);
    Diagnostic::new(code, here, format!("`{sign}` is missing before {found}"))
        .help(format!("write `{sign}` before {found}"))
        .fix(format!("write `{sign}`"), false, at, text)
}

fn too_much(view: &View<'_>, edit: &Edit, at: TextRange, text: &str) -> Finding {
    let kind = view.kind(edit.old.start);
    let code: Code = match kind {
        Some(kind) if kind.is_bad() => &syntax::STRAY_CHARACTER,
        Some(kind) if kind.is_closer() => &syntax::UNOPENED_BRACKET,
        Some(kind) if kind.is_opener() => &syntax::UNCLOSED_BRACKET,
        _ => &syntax::UNEXPECTED_TOKEN,
    };
    Diagnostic::new(code, at, format!("`{text}` is too much here"))
        .help("remove it")
        .fix("remove it", false, front(view, edit, at), "")
}

/// What is removed, with the blank before it on its line.
fn front(view: &View<'_>, edit: &Edit, at: TextRange) -> TextRange {
    let before = edit.old.start.checked_sub(1);
    let before = before.and_then(|at| view.lexemes.get(at));
    let gap = before.map(|t| TextRange::new(t.end, at.start));
    match gap {
        Some(gap) if slice(view.text, gap).bytes().all(|b| b == b' ') => {
            TextRange::new(gap.start, at.end)
        }
        _ => at,
    }
}

fn turned(view: &View<'_>, edit: &Edit, at: TextRange) -> Finding {
    let texts: Vec<&str> = edit.with.iter().map(|t| t.text(view.text)).collect();
    let old = view.lexemes.get(edit.old.clone()).unwrap_or_default();
    let gap = match old {
        [first, second] => slice(view.text, TextRange::new(first.end, second.start)),
        _ => " ",
    };
    let right = texts.join(if gap.is_empty() { " " } else { gap });
    Diagnostic::new(
        &syntax::UNEXPECTED_TOKEN,
        at,
        format!(
            "`{}` stands the wrong way round",
            shown(slice(view.text, at))
        ),
    )
    .help(format!("write `{}`", shown(&right)))
    .fix("turn it round", false, at, right)
}
