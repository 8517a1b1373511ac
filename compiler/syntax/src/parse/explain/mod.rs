//! Why the parser refused a token, in the author's words: the mistakes that people make have their
//! own explanation, fix and way on; everything else is "expected this, found that".

mod clauses;
mod declarations;
mod destination;
mod expected;
mod flows;
mod items;
pub(super) mod keys;
mod labels;
mod lists;
pub(super) mod ports;
mod rules;
mod shape;

use super::{
    lexical::shown,
    literal::Finding,
    piece::{Refusal, Start, run},
};
use crate::{lexer::Lexeme, token::TokenKind as T};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

pub(super) use declarations::is_parameter;
pub(crate) use items::mistyped_item;
pub use items::mistyped_word;
pub(super) use items::{mistyped, no_item};

/// A refusal with all that is known about its place.
pub(super) struct Place<'p> {
    text: &'p str,
    start: Start,
    tokens: &'p [Lexeme],
    at: usize,
    expected: Vec<&'p str>,
}

/// What to say, and the tokens as they were meant.
pub(super) struct Answer {
    pub(super) finding: Finding,
    pub(super) mended: Option<Vec<Lexeme>>,
}

impl Answer {
    fn only(finding: Finding) -> Self {
        Self {
            finding,
            mended: None,
        }
    }

    fn mending(finding: Finding, mended: Vec<Lexeme>) -> Self {
        Self {
            finding,
            mended: Some(mended),
        }
    }
}

impl<'p> Place<'p> {
    pub(super) fn new(
        text: &'p str,
        start: Start,
        tokens: &'p [Lexeme],
        refusal: &'p Refusal,
    ) -> Self {
        let expected = refusal.expected.iter().map(|e| e.trim_matches('"'));
        Self {
            text,
            start,
            tokens,
            at: refusal.at,
            expected: expected.collect(),
        }
    }

    fn found(&self) -> Option<&Lexeme> {
        self.tokens.get(self.at)
    }

    fn found_is(&self, kind: T) -> bool {
        self.kind(self.at) == Some(kind)
    }

    fn kind(&self, index: usize) -> Option<T> {
        self.tokens.get(index).map(|t| t.kind)
    }

    /// The token `back` places before the refused one.
    fn before(&self, back: usize) -> Option<&Lexeme> {
        self.tokens.get(self.at.checked_sub(back)?)
    }

    fn before_is(&self, kind: T) -> bool {
        self.before(1).is_some_and(|t| t.kind == kind)
    }

    fn expects(&self, terminal: &str) -> bool {
        self.expected.contains(&terminal)
    }

    /// The word that opens the item; none where a flow or an argument is parsed.
    fn word(&self) -> Option<T> {
        (self.start == Start::Item).then(|| self.kind(0)).flatten()
    }

    fn is_rule(&self) -> bool {
        matches!(self.word(), Some(T::Allow | T::Deny))
    }

    fn slice(&self, tokens: &[Lexeme]) -> &'p str {
        crate::lexer::slice(self.text, range(tokens))
    }

    /// The refused token, or the place behind the last one.
    fn here(&self) -> TextRange {
        match (self.found(), self.tokens.last()) {
            (Some(found), _) => found.range(),
            (None, Some(last)) => TextRange::at(last.end),
            (None, None) => TextRange::default(),
        }
    }

    /// The refused token as a message names it.
    fn found_text(&self) -> String {
        let Some(found) = self.found() else {
            return match self.start {
                Start::Item => "the end of the item".into(),
                Start::Flow | Start::Edge => "the end of the flow".into(),
                Start::Arg => "the end".into(),
            };
        };
        let text = shown(found.text(self.text));
        match found.kind {
            T::Str => format!("the string `{text}`"),
            _ => format!("`{text}`"),
        }
    }

    /// Whether the item could end before the refused token.
    fn complete(&self) -> bool {
        let before = self.tokens.get(..self.at).unwrap_or_default();
        !before.is_empty() && run(self.text, self.start, before).is_ok()
    }

    /// Whether the parser gets behind token `index` of other tokens.
    fn passes(&self, tokens: &[Lexeme], index: usize) -> bool {
        match run(self.text, self.start, tokens) {
            Ok(_) => true,
            Err(refusal) => refusal.at > index,
        }
    }

    fn parses(&self, tokens: &[Lexeme]) -> bool {
        run(self.text, self.start, tokens).is_ok()
    }

    /// The tokens with those of `range` exchanged for others.
    fn splice(&self, range: std::ops::Range<usize>, with: &[Lexeme]) -> Vec<Lexeme> {
        let mut out = self.tokens.get(..range.start).unwrap_or_default().to_vec();
        out.extend_from_slice(with);
        out.extend_from_slice(self.tokens.get(range.end..).unwrap_or_default());
        out
    }

    /// The tokens with the refused one read as another kind.
    fn read_as(&self, kind: T) -> Vec<Lexeme> {
        let with: Vec<Lexeme> = self
            .found()
            .map(|t| Lexeme { kind, ..*t })
            .into_iter()
            .collect();
        self.splice(self.at..self.at + with.len(), &with)
    }

    /// The tokens with one more before the refused one.
    fn with_inserted(&self, kind: T) -> Vec<Lexeme> {
        let at = self.before(1).map_or(0, |t| t.end);
        self.splice(self.at..self.at, &[Lexeme::virtual_at(kind, at)])
    }

    fn finding(&self, code: npl_diagnostics::Code, message: impl Into<String>) -> Finding {
        Diagnostic::new(code, self.here(), message)
    }
}

/// The range from the first to the last of some tokens.
fn range(tokens: &[Lexeme]) -> TextRange {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => TextRange::new(first.start, last.end),
        _ => TextRange::default(),
    }
}

/// The explanations, most special first.
const KNOWN: &[fn(&Place<'_>) -> Option<Answer>] = &[
    flows::verdict,
    labels::condition,
    items::reserved_key,
    declarations::doubled_word,
    declarations::quoted_name,
    clauses::undotted,
    clauses::several_methods,
    clauses::arguments,
    clauses::bare_pattern,
    items::reserved_word,
    items::dotted_name,
    flows::port_set,
    flows::several_ends,
    rules::can_not,
    rules::claim_word,
    rules::quoted_date,
    rules::dotted_date,
    rules::entry_comma,
    ports::range,
    rules::port_list,
    destination::out_of_everything,
    destination::union,
    rules::clause_order,
    rules::missing_via,
    rules::direction,
    keys::dotted,
    lists::label_equals,
    lists::unquoted,
    lists::missing_comma,
    lists::union_comma,
    items::typo,
    items::missing_word,
    items::missing_sign,
];

/// What is wrong at a refusal.
pub(super) fn explain(place: &Place<'_>) -> Answer {
    KNOWN
        .iter()
        .find_map(|known| known(place))
        .unwrap_or_else(|| {
            Answer::only(
                place
                    .finding(
                        &syntax::UNEXPECTED_TOKEN,
                        format!(
                            "expected {}, found {}",
                            expected::sentence(place),
                            place.found_text()
                        ),
                    )
                    .help(shape::help(place)),
            )
        })
}
