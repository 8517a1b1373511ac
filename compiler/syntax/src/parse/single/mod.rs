//! One slip of the hand over which the parser stumbles more than once. If a text with one token
//! less, more or other has nothing of what was found, that token is the mistake, and is told once.
//! Nothing is told less of a text whose findings no single token explains.

mod brackets;
mod edits;
mod fits;
mod say;
mod strings;
mod words;

use super::{Parsed, body, lexical::Source, literal::Finding, piece, plain};
use crate::{
    lexer::{Lexeme, scan},
    limits::{MAX_SLIP_FINDINGS, MAX_SLIP_TOKENS, MAX_SLIP_TRIES},
    token::TokenKind as T,
};
use npl_diagnostics::codes::syntax;
use std::ops::Range;

/// Tokens in the place of others, and what is said of it.
struct Edit {
    old: Range<usize>,
    with: Vec<Lexeme>,
    say: Say,
}

/// What the slip was.
enum Say {
    /// A string with a quote too many or too few: the text as it was meant.
    Quotes(String),
    /// Text without its quotes.
    Unquoted(String),
    /// A word between quotes.
    Quoted,
    /// Another sign or word than this one.
    Other(&'static str),
    Missing(&'static str),
    /// Something whose text nobody knows.
    Unknown(&'static str),
    TooMuch,
    Twice,
    Turned,
    /// A blank inside of a word.
    Blank(String),
    /// No blank between two.
    NoBlank(String),
}

/// A text and the places in it that the findings speak of.
struct View<'v> {
    text: &'v str,
    lexemes: &'v [Lexeme],
    /// Indices of tokens, nearest first; the one behind the last too.
    near: Vec<usize>,
}

impl View<'_> {
    fn kind(&self, at: usize) -> Option<T> {
        self.lexemes.get(at).map(|t| t.kind)
    }

    fn before(&self, at: usize) -> Option<T> {
        self.kind(at.checked_sub(1)?)
    }

    fn tokens(&self) -> impl Iterator<Item = (usize, &Lexeme)> {
        let near = self.near.iter().copied();
        near.filter_map(|at| Some((at, self.lexemes.get(at)?)))
    }
}

/// What may have been meant, the likeliest first.
const KINDS: &[fn(&View<'_>) -> Vec<Edit>] = &[
    edits::other_sign,
    strings::quotes,
    brackets::torn,
    edits::twice,
    words::no_blank,
    words::blank,
    words::mistyped,
    words::quoted,
    edits::turned,
    edits::missing,
    strings::unquoted,
    edits::too_much,
    edits::unknown,
];

/// The text read with its one slip mended, if that explains what was found.
pub(super) fn slip(text: &str, parsed: &Parsed) -> Option<Parsed> {
    let found = &parsed.diagnostics;
    let errors = found.iter().any(|d| d.is_error());
    let several = errors && (2..=MAX_SLIP_FINDINGS).contains(&found.len());
    if !several && !strings::one_of_three(text, found) {
        return None;
    }
    let (lexemes, dangling) = scan(text);
    if lexemes.len() > MAX_SLIP_TOKENS {
        return None;
    }
    let view = View {
        text,
        lexemes: &lexemes,
        near: near(&lexemes, found),
    };
    let mut best: Option<Parsed> = None;
    let kinds = match several {
        true => KINDS,
        false => &[strings::quotes as fn(&View<'_>) -> Vec<Edit>],
    };
    let edits = kinds.iter().flat_map(|kind| kind(&view));
    // The word of the item says what everything else is.
    let edits = edits.filter(|edit| edit.old.start > 0);
    for edit in edits.take(MAX_SLIP_TRIES) {
        let Some(left) = mended(&view, &edit, parsed, dangling) else {
            continue;
        };
        let alone = left.diagnostics.len() == 1;
        let fewer = |b: &Parsed| left.diagnostics.len() < b.diagnostics.len();
        if best.as_ref().is_none_or(fewer) {
            best = Some(left);
        }
        if alone {
            break;
        }
    }
    best
}

/// The text read with the edit in it, and the edit told, if that explains what was found.
fn mended(view: &View<'_>, edit: &Edit, parsed: &Parsed, dangling: Option<u32>) -> Option<Parsed> {
    let mut tokens = view.lexemes.get(..edit.old.start)?.to_vec();
    tokens.extend_from_slice(&edit.with);
    tokens.extend_from_slice(view.lexemes.get(edit.old.end..)?);
    if !may_parse(view.text, &tokens) {
        return None;
    }
    let mut again = plain(Source::of(view.text, tokens, dangling));
    if !explains(view, &parsed.diagnostics, &again.diagnostics) {
        return None;
    }
    again.diagnostics.push(say::finding(view, edit));
    again.diagnostics.sort_by_key(|d| d.at);
    if !edit.say.is_understood() {
        again.item = parsed.item.clone();
        again.item.whole = false;
    }
    // Where the quotes belong is a guess, and what stands between them with it.
    again.item.whole &= !matches!(edit.say, Say::Quotes(_));
    Some(again)
}

/// Whether the item parses, or its head where it has a body: what does not mends nothing.
fn may_parse(text: &str, tokens: &[Lexeme]) -> bool {
    if tokens.iter().any(|t| t.kind.is_bad()) || !brackets::match_up(tokens) {
        return false;
    }
    let body = matches!(tokens.first().map(|t| t.kind), Some(T::Template | T::Test));
    let head = if body { body::head(tokens) } else { None };
    let head = head.as_ref().map_or(tokens, |(head, _)| head);
    piece::run(text, piece::Start::Item, head).is_ok()
}

/// Whether what is left is a part of what was found, by more than one finding less. A line that
/// lacks its word is a mistake of its own.
fn explains(view: &View<'_>, found: &[Finding], left: &[Finding]) -> bool {
    let own_line = |d: &&Finding| {
        let at = view.lexemes.partition_point(|t| t.start < d.at.start);
        let new_line = view.lexemes.get(at).is_some_and(|t| t.new_line);
        d.code == &syntax::MISSING_KEYWORD && new_line
    };
    let errors = |list: &[Finding]| list.iter().filter(|d| d.is_error()).count();
    (left.len() + 1 < found.len() || (left.is_empty() && found.len() == 1))
        && errors(left) < errors(found)
        && left.iter().all(|d| found.contains(d))
        && found.iter().filter(own_line).all(|d| left.contains(d))
}

impl Say {
    /// Whether the tree holds what was meant.
    fn is_understood(&self) -> bool {
        !matches!(self, Self::Unknown(_) | Self::Blank(_))
    }
}

fn near(lexemes: &[Lexeme], found: &[Finding]) -> Vec<usize> {
    let mut out: Vec<usize> = Vec::new();
    for distance in [0, 1, 2] {
        for finding in found {
            let start = lexemes.partition_point(|t| t.end <= finding.at.start);
            let end = lexemes.partition_point(|t| t.start < finding.at.end);
            let end = end.saturating_sub(1).max(start);
            let places = [start.checked_sub(distance), Some(end + distance)];
            for place in places.into_iter().flatten() {
                if place <= lexemes.len() && !out.contains(&place) {
                    out.push(place);
                }
            }
        }
    }
    out
}
