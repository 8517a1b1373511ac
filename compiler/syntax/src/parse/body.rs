//! Items with a body: its rules, claims and flows are parsed each by itself, so that a mistake in
//! one costs no other.

use super::{
    Whole, body_open,
    build::Output,
    closer_of, item_of,
    lexical::Source,
    literal::Finding,
    piece::{self, Start},
    stray,
};
use crate::{
    ast::{Flow, ItemKind},
    cut::{split, unattached},
    lexer::Lexeme,
    token::TokenKind as T,
};
use npl_diagnostics::{Diagnostic, codes::syntax};
use std::borrow::Cow;

/// The tokens of an item without those of its body, and the body with the bracket behind it.
pub(super) fn head(lexemes: &[Lexeme]) -> Option<(Vec<Lexeme>, &[Lexeme])> {
    let open = body_open(lexemes)?;
    let close = closer_of(lexemes, open)?;
    let mut head = lexemes.get(..=open)?.to_vec();
    head.extend_from_slice(lexemes.get(close..)?);
    Some((head, lexemes.get(open + 1..=close)?))
}

/// The same, with what is wrong between the two.
fn parts<'l>(
    source: &mut Source<'_>,
    lexemes: &'l [Lexeme],
) -> Option<(Vec<Lexeme>, &'l [Lexeme])> {
    let (head, body) = head(lexemes)?;
    let (closer, inner) = body.split_last()?;
    if let Some(start) = closer.doc {
        let finding = unattached(source.text, start, closer.start);
        source.diagnostics.push(finding);
    }
    Some((head, inner))
}

pub(super) fn template(source: &mut Source<'_>, lexemes: &[Lexeme]) -> ItemKind {
    let Some((head, inner)) = parts(source, lexemes) else {
        return head_only(source, lexemes);
    };
    let head = piece::parse(source, Start::Item, &head);
    let mut items = Vec::new();
    for piece in split(source.text, inner) {
        let tokens = inner.get(piece.start..piece.end).unwrap_or_default();
        let turned = stray::turned(source.text, tokens);
        let tokens = match turned {
            Some((meant, finding)) => {
                source.diagnostics.push(finding);
                Cow::Owned(meant)
            }
            None => Cow::Borrowed(tokens),
        };
        for tokens in stray::cut(source.text, &tokens) {
            items.push(item_of(source, tokens, Whole::No));
        }
    }
    match head {
        Some(Output::Item(kind)) => match *kind {
            ItemKind::Template { name, formals, .. } => ItemKind::Template {
                name,
                formals,
                body: items,
            },
            other => other,
        },
        _ => ItemKind::Error,
    }
}

fn head_only(source: &mut Source<'_>, lexemes: &[Lexeme]) -> ItemKind {
    match piece::parse(source, Start::Item, lexemes) {
        Some(Output::Item(kind)) => *kind,
        _ => ItemKind::Error,
    }
}

pub(super) fn test(source: &mut Source<'_>, lexemes: &[Lexeme]) -> ItemKind {
    let Some((head, inner)) = parts(source, lexemes) else {
        return head_only(source, lexemes);
    };
    let head = piece::parse(source, Start::Item, &head);
    let mut flows: Vec<Flow> = Vec::new();
    let mut rest = inner;
    while !rest.is_empty() {
        if let Some((comma, behind)) = rest.split_first().filter(|(t, _)| t.kind == T::Comma) {
            source.diagnostics.push(separator(comma));
            rest = behind;
            continue;
        }
        let (tokens, behind) = rest.split_at(flow_length(rest));
        if let Some(Output::Flow(flow)) = piece::parse(source, Start::Flow, tokens) {
            flows.push(*flow);
        }
        rest = behind;
    }
    match head {
        Some(Output::Item(kind)) => match *kind {
            ItemKind::Test { name, .. } => ItemKind::Test { name, flows },
            other => other,
        },
        _ => ItemKind::Error,
    }
}

fn separator(comma: &Lexeme) -> Finding {
    Diagnostic::new(
        &syntax::ENTRY_COMMA,
        comma.range(),
        "no comma stands between flows",
    )
    .help("separate the flows by blanks or lines")
    .fix("remove the comma", true, comma.range(), "")
}

/// How many tokens the first flow has: up to the word behind `is`. A flow without a verdict ends at
/// the line on which the next `->` stands.
fn flow_length(lexemes: &[Lexeme]) -> usize {
    let mut depth = 0usize;
    let mut arrow = false;
    let mut line = None;
    for (index, lexeme) in lexemes.iter().enumerate() {
        if lexeme.new_line && depth == 0 && arrow {
            line = Some(index);
        }
        match lexeme.kind {
            kind if kind.is_opener() => depth += 1,
            kind if kind.is_closer() => depth = depth.saturating_sub(1),
            T::Arrow if depth == 0 => match line {
                Some(line) if arrow => return line,
                _ => arrow = true,
            },
            T::Is if depth == 0 => {
                // A word before an arrow begins the next flow, if they stand on one line.
                let word = lexemes.get(index + 1).filter(|t| t.kind.is_word());
                let arrow = lexemes.get(index + 2).filter(|t| t.kind == T::Arrow);
                let verdict =
                    word.filter(|word| arrow.is_none_or(|arrow| arrow.new_line && !word.new_line));
                // `is all owed` at the end of its line.
                let more = lexemes
                    .get(index + 2)
                    .filter(|t| t.kind.is_word() && !t.new_line);
                let last = lexemes.get(index + 3);
                let begins =
                    |kind: T| kind.is_name() || matches!(kind, T::Str | T::Addr | T::LBrace);
                let last = last.is_none_or(|t| t.new_line && begins(t.kind));
                let split = verdict.is_some_and(|t| t.kind != T::Is) && more.is_some() && last;
                return index + 1 + usize::from(verdict.is_some()) + usize::from(split);
            }
            _ => {}
        }
    }
    lexemes.len()
}
