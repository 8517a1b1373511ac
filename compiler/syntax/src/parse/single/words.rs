//! Words with a blank too many or too few, with another letter, or between quotes.

use super::{Edit, Say, View};
use crate::{
    lexer::{Lexeme, scan, slice},
    parse::literal::nearest,
    token::{CLAUSE_WORDS, TokenKind as T},
};
use npl_diagnostics::TextRange;

/// Words of clauses, claims and flows that are no reserved words, or open items too.
const OTHER_WORDS: [&str; 9] = [
    "namespace",
    "workload",
    "ingress",
    "egress",
    "of",
    "reach",
    "stays",
    "hops",
    "account",
];

/// All words of clauses, claims and flows.
fn words() -> Vec<&'static str> {
    [&CLAUSE_WORDS[..], &OTHER_WORDS[..]].concat()
}

const PROTOCOLS: [&str; 4] = ["tcp", "udp", "sctp", "any"];

/// The tokens of a part of the text.
pub(super) fn rescan(text: &str, part: TextRange) -> Vec<Lexeme> {
    let (mut tokens, _) = scan(slice(text, part));
    for token in &mut tokens {
        token.start += part.start;
        token.end += part.start;
        token.new_line &= token.start > part.start;
        token.column_one &= token.start > part.start;
    }
    tokens
}

/// `reachdb`, `10.0.0.0/16except`, `53/anyvia`.
pub(super) fn no_blank(view: &View<'_>) -> Vec<Edit> {
    let known = words();
    let mut out = Vec::new();
    for (at, token) in view.tokens() {
        let word = token.text(view.text);
        let ends: Vec<usize> = match token.kind {
            kind if kind.is_word() => {
                let front = known.iter().filter(|w| word.starts_with(**w));
                let behind = known.iter().filter_map(|w| word.strip_suffix(w));
                front.map(|w| w.len()).chain(behind.map(str::len)).collect()
            }
            T::Addr | T::Port => {
                let behind = known.iter().filter_map(|w| word.strip_suffix(w));
                let protocols = PROTOCOLS.iter().filter_map(|protocol| {
                    let slash = word.find('/')?;
                    let rest = word.get(slash + 1..)?;
                    rest.starts_with(protocol)
                        .then_some(slash + 1 + protocol.len())
                });
                behind.map(str::len).chain(protocols).collect()
            }
            _ => continue,
        };
        for length in ends.into_iter().filter(|n| (1..word.len()).contains(n)) {
            let middle = token.start + length as u32;
            let mut with = rescan(view.text, TextRange::new(token.start, middle));
            with.extend(rescan(view.text, TextRange::new(middle, token.end)));
            if let Some(first) = with.first_mut() {
                *first = Lexeme {
                    start: first.start,
                    end: first.end,
                    kind: first.kind,
                    ..*token
                };
            }
            let (front, behind) = word.split_at_checked(length).unwrap_or_default();
            let say = Say::NoBlank(format!("{front} {behind}"));
            out.push(Edit {
                old: at..at + 1,
                with,
                say,
            });
        }
    }
    out
}

/// `i s allowed`, `work load`.
pub(super) fn blank(view: &View<'_>) -> Vec<Edit> {
    let mut out = Vec::new();
    for (at, token) in view.tokens() {
        let next = view.lexemes.get(at + 1);
        let Some(next) = next.filter(|t| t.kind.is_word() && !t.new_line) else {
            continue;
        };
        let joined = format!("{}{}", token.text(view.text), next.text(view.text));
        let (words, _) = scan(&joined);
        if let ([one], true) = (words.as_slice(), token.kind.is_word()) {
            let whole = Lexeme {
                kind: one.kind,
                end: next.end,
                ..*token
            };
            out.push(Edit {
                old: at..at + 2,
                with: vec![whole],
                say: Say::Blank(joined),
            });
        }
    }
    out
}

/// `tier IN ["web"]`.
pub(super) fn mistyped(view: &View<'_>) -> Vec<Edit> {
    let words = words();
    let mut out = Vec::new();
    for (at, token) in view.tokens().filter(|(_, t)| t.kind == T::Ident) {
        let written = token.text(view.text).to_ascii_lowercase();
        let near = nearest(&written, &words);
        let short = ["in", "is", "of"].into_iter().filter(|word| {
            *word == written
                || written.strip_suffix(|_: char| true) == Some(word)
                || word.strip_suffix(|_: char| true) == Some(written.as_str())
        });
        for word in near.into_iter().chain(short) {
            let known = words.iter().find(|known| **known == word);
            let kind = scan(word).0.first().map(|t| t.kind);
            if let (Some(known), Some(kind)) = (known, kind) {
                let with = vec![Lexeme { kind, ..*token }];
                out.push(Edit {
                    old: at..at + 1,
                    with,
                    say: Say::Other(known),
                });
            }
        }
    }
    out
}

/// `is "allowed"`.
pub(super) fn quoted(view: &View<'_>) -> Vec<Edit> {
    let mut out = Vec::new();
    for (at, token) in view.tokens().filter(|(_, t)| t.kind == T::Str) {
        let text = token.text(view.text);
        let inner = TextRange::new(token.start + 1, token.end.saturating_sub(1));
        let tokens = rescan(view.text, inner);
        if let ([one], true) = (tokens.as_slice(), text.len() > 2)
            && one.range() == inner
        {
            let word = Lexeme {
                kind: one.kind,
                start: inner.start,
                end: inner.end,
                ..*token
            };
            out.push(Edit {
                old: at..at + 1,
                with: vec![word],
                say: Say::Quoted,
            });
        }
    }
    out
}
