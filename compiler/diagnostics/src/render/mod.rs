//! Renderers: findings with absolute spans to text, one file for each form.
//!
//! None of them prints, fails or drops a finding. Forms for terminals let no control character of a
//! source or a name through: what a file holds cannot move the reader's cursor.

mod clean;
mod concise;
mod diff;
mod full;
mod github;
mod json;
mod sarif;
mod shown;

pub use clean::clean;
pub use diff::{Change, changes};

use crate::{Diagnostic, Severity, Sources};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With the source text, for people.
    Full,
    /// One line each, for people and simple tools.
    Concise,
    /// One document (cli.md §3).
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that annotate a pull request.
    Github,
}

/// Renders all of them, in the given order. `color` counts for `Full` and `Concise` only.
pub fn render(
    format: Format,
    diagnostics: &[Diagnostic],
    sources: &dyn Sources,
    color: bool,
) -> String {
    match format {
        Format::Full => full::render(diagnostics, sources, color),
        Format::Concise => concise::render(diagnostics, sources, color),
        Format::Json => json::render(diagnostics, sources),
        Format::Sarif => sarif::render(diagnostics, sources),
        Format::Github => github::render(diagnostics, sources),
    }
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
}

impl Counts {
    pub fn of<S>(diagnostics: &[Diagnostic<S>]) -> Self {
        let count = |what| diagnostics.iter().filter(|d| d.severity == what).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }
}

/// `2 errors, 1 warning`; notes are counted where there is nothing else; `no findings` for none.
impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        match (self.errors, self.warnings) {
            (0, 0) if self.notes > 0 => write!(f, "{} note{}", self.notes, plural(self.notes)),
            (0, 0) => f.write_str("no findings"),
            (0, w) => write!(f, "{w} warning{}", plural(w)),
            (e, 0) => write!(f, "{e} error{}", plural(e)),
            (e, w) => write!(f, "{e} error{}, {w} warning{}", plural(e), plural(w)),
        }
    }
}

pub(crate) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
