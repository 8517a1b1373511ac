//! `Diagnostic`: one finding, with its place, its reason and its way out.

use crate::{Code, place::Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Information beside another answer; never changes an exit code.
    Note,
    Warning,
    Error,
}

/// A secondary place with what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label<S = Span> {
    pub at: S,
    pub text: String,
}

/// Replace `at` by `text`. Edits of one fix do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit<S = Span> {
    pub at: S,
    pub text: String,
}

/// A change that makes the finding go away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix<S = Span> {
    pub title: String,
    /// May be applied unseen: it keeps what the author meant. A guess is not safe.
    pub safe: bool,
    pub edits: Vec<Edit<S>>,
}

/// One finding. `message` is lower case, one sentence, no period, the user's names in backticks,
/// and stands alone without the source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic<S = Span> {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    pub at: S,
    /// What stands under the primary underline; empty for none.
    pub label: String,
    pub labels: Vec<Label<S>>,
    pub notes: Vec<String>,
    /// The next action, as one sentence.
    pub help: Option<String>,
    pub fixes: Vec<Fix<S>>,
}

impl<S> Diagnostic<S> {
    /// A finding at the code's default severity.
    pub fn new(code: Code, at: S, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            at,
            label: String::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            fixes: Vec::new(),
        }
    }

    #[must_use]
    pub fn with_label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    #[must_use]
    pub fn also(mut self, at: S, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            at,
            text: text.into(),
        });
        self
    }

    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// A fix of one replacement.
    #[must_use]
    pub fn fix(self, title: impl Into<String>, safe: bool, at: S, text: impl Into<String>) -> Self {
        self.fix_with(Fix {
            title: title.into(),
            safe,
            edits: vec![Edit {
                at,
                text: text.into(),
            }],
        })
    }

    #[must_use]
    pub fn fix_with(mut self, fix: Fix<S>) -> Self {
        self.fixes.push(fix);
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The same finding, pointing in another way.
    pub fn map<T>(self, mut f: impl FnMut(S) -> T) -> Diagnostic<T> {
        Diagnostic {
            code: self.code,
            severity: self.severity,
            message: self.message,
            at: f(self.at),
            label: self.label,
            labels: self
                .labels
                .into_iter()
                .map(|l| Label {
                    at: f(l.at),
                    text: l.text,
                })
                .collect(),
            notes: self.notes,
            help: self.help,
            fixes: self
                .fixes
                .into_iter()
                .map(|fix| Fix {
                    title: fix.title,
                    safe: fix.safe,
                    edits: fix
                        .edits
                        .into_iter()
                        .map(|e| Edit {
                            at: f(e.at),
                            text: e.text,
                        })
                        .collect(),
                })
                .collect(),
        }
    }
}
