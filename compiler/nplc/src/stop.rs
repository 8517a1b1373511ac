//! How a command ends: with an answer, or because the question could not be asked.

use std::{fmt, process::ExitCode};

use npl_sema::files::SAVE_AS_UTF8;

use crate::pipeline::Gathered;

/// What a command says when it could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Exit code 0.
    Yes,
    /// Errors, a failed assert or test, a flow against its expectation: exit code 1.
    No,
}

impl Answer {
    pub fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Why a command ended without an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// Usage, an unreadable file: exit code 2, with one sentence.
    Failed(String),
    /// A broken inventory: exit code 2, with what is wrong in it. What a program means beside it
    /// is not known, so nothing else is said.
    Broken(Box<Gathered>),
    /// The reader of standard output went away: exit code 0, in silence.
    Closed,
}

pub type Result<T> = std::result::Result<T, Stop>;

impl Stop {
    pub fn failed(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }

    /// Of an attempt to do something with a path.
    pub fn at(path: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::Failed(format!("`{path}`: {error}"))
    }

    /// The text of a file, or where it is none.
    pub fn utf8(path: impl fmt::Display, bytes: Vec<u8>) -> Result<String> {
        let at = |error| Self::Failed(format!("`{path}` {error}; {SAVE_AS_UTF8}"));
        npl_sema::files::utf8(bytes).map_err(at)
    }
}

pub(crate) const EXIT_FAILED: u8 = 2;

pub(crate) fn exit_code(end: &Result<Answer>) -> ExitCode {
    match end {
        Ok(Answer::Yes) | Err(Stop::Closed) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(Stop::Failed(_) | Stop::Broken(_)) => ExitCode::from(EXIT_FAILED),
    }
}
