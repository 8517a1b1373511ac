//! The tokens of one text made fit to parse: what no program may hold is reported and left out,
//! what was plainly meant is read as meant, and brackets match.

mod bad;
pub(super) mod slips;

use super::{
    brackets,
    explain::{keys, ports},
    literal::Finding,
};
use crate::{
    lexer::{Lexeme, scan, slice},
    limits::MAX_LEXICAL_ERRORS,
    token::TokenKind as T,
};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

/// One text on its way to a tree.
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    pub(super) lexemes: Vec<Lexeme>,
    pub(super) diagnostics: Vec<Finding>,
    /// Offsets, in order, of what was reported and left out or put in: a rule that holds one of
    /// them and does not parse is not reported again.
    damaged: Vec<u32>,
    /// The last unfinished string.
    open_string: Option<u32>,
    dangling: Option<u32>,
    lexical: usize,
    /// How many times a part was given up.
    pub(super) lost: usize,
    too_deep: bool,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let (lexemes, dangling) = scan(text);
        Self::of(text, lexemes, dangling)
    }

    /// A text of which these are the tokens; `dangling` is where `///` comments start that nothing
    /// follows.
    pub(super) fn of(text: &'t str, lexemes: Vec<Lexeme>, dangling: Option<u32>) -> Self {
        let mut source = Self {
            text,
            lexemes,
            diagnostics: Vec::new(),
            damaged: Vec::new(),
            open_string: None,
            dangling,
            lexical: 0,
            lost: 0,
            too_deep: false,
        };
        if source.lexemes.iter().any(|t| t.kind.is_bad()) {
            for read in [ports::turned, keys::quote] {
                let (lexemes, findings) = read(text, &source.lexemes);
                source.lexemes = lexemes;
                source.diagnostics.extend(findings);
            }
            let (lexemes, findings) = slips::read(text, &source.lexemes);
            source.lexemes = lexemes;
            findings.into_iter().for_each(|found| source.report(found));
            source.sift();
        }
        source.match_brackets();
        source.damaged.sort_unstable();
        source
    }

    /// Brackets nest deeper than the limit: nothing is to be parsed.
    pub(super) fn too_deep(&self) -> bool {
        self.too_deep
    }

    /// Where `///` comments start that nothing follows.
    pub(super) fn dangling_doc(&self) -> Option<u32> {
        self.dangling
    }

    /// Whether an unfinished string follows.
    pub(super) fn open_string_after(&self, at: u32) -> bool {
        self.open_string.is_some_and(|open| open > at)
    }

    pub(super) fn damage(&mut self, at: u32) {
        self.damaged.push(at);
    }

    /// Whether something inside the tokens was reported already.
    pub(super) fn is_damaged(&self, lexemes: &[Lexeme]) -> bool {
        let (Some(first), Some(last)) = (lexemes.first(), lexemes.last()) else {
            return false;
        };
        let from = self.damaged.partition_point(|at| *at < first.start);
        self.damaged.get(from).is_some_and(|at| *at <= last.end)
    }

    /// Whether a character, a quote or a comment was reported already.
    pub(super) fn has_lexical(&self) -> bool {
        self.lexical > 0
    }

    /// Of a text that is no item, the first lexical mistake speaks for all.
    pub(super) fn only_first_lexical(&mut self) {
        self.diagnostics.truncate(1);
        if let Some(first) = self.diagnostics.first_mut() {
            first.notes.clear();
        }
    }

    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.diagnostics.sort_by_key(|d| d.at);
        self.diagnostics
    }

    /// Reports bad tokens and leaves them out, or reads them as they were meant.
    fn sift(&mut self) {
        let lexemes = std::mem::take(&mut self.lexemes);
        let mut kept = Vec::with_capacity(lexemes.len());
        let mut before: Option<u32> = None;
        for lexeme in &lexemes {
            if !lexeme.kind.is_bad() {
                kept.push(*lexeme);
            } else {
                let seen = bad::look(self.text, lexeme);
                if let Some(kind) = seen.read_as {
                    kept.push(Lexeme { kind, ..*lexeme });
                }
                if lexeme.kind == T::OpenStr {
                    self.open_string = Some(lexeme.start);
                    kept.extend(swallowed_brace(self.text, lexeme));
                }
                if seen.damages {
                    self.damaged.push(lexeme.start);
                    // At the end of what it stands in nothing of that follows.
                    let before = kept.last().filter(|_| !lexeme.new_line);
                    self.damaged.extend(before.map(|t: &Lexeme| t.end));
                }
                let path = before.is_some_and(|start| {
                    let between = TextRange::new(start, lexeme.end);
                    lexeme.text(self.text) == "/"
                        && !slice(self.text, between).contains([' ', '\n'])
                });
                // `std/cloud/metadata` is one mistake.
                if !path {
                    self.report(seen.finding);
                }
                before = (lexeme.text(self.text) == "/").then_some(lexeme.start);
            }
        }
        self.lexemes = kept;
        if let Some(more) = self
            .lexical
            .checked_sub(MAX_LEXICAL_ERRORS)
            .filter(|n| *n > 0)
            && let Some(last) = self.diagnostics.last_mut()
        {
            last.notes.push(format!(
                "{more} more such errors in this item are not shown"
            ));
        }
    }

    fn report(&mut self, finding: Finding) {
        self.lexical += 1;
        if self.lexical <= MAX_LEXICAL_ERRORS {
            self.diagnostics.push(finding);
        }
    }

    fn match_brackets(&mut self) {
        match brackets::check(&self.lexemes) {
            brackets::State::Match => {}
            brackets::State::TooDeep(at) => {
                self.too_deep = true;
                self.diagnostics.push(
                    Diagnostic::new(
                        &syntax::NESTING_TOO_DEEP,
                        at,
                        format!("brackets nest deeper than {}", crate::limits::MAX_NESTING),
                    )
                    .help("name a part of it with `group` and use the name"),
                );
            }
            brackets::State::Torn => brackets::mend(self),
        }
    }
}

/// `test "flows {`: the brace that an unfinished string ends with opens a body.
fn swallowed_brace(text: &str, open: &Lexeme) -> Option<Lexeme> {
    let inside = open.text(text).trim_end().strip_suffix('{')?;
    let at = open.start + u32::try_from(inside.len()).ok()?;
    Some(Lexeme {
        end: at + 1,
        ..Lexeme::virtual_at(T::LBrace, at)
    })
}

/// A text for a message: short, and on one line.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 24;
    let mut out: String = text
        .chars()
        .take(MOST)
        .flat_map(char::escape_debug)
        .collect();
    out = out.replace("\\'", "'").replace("\\\"", "\"");
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}
