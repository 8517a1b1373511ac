//! The two streams: results on standard output, talk on standard error.
//!
//! Everything that `nplc` prints goes through here, so that a closed pipe and the choice of colours
//! are decided once.

use std::io::{self, IsTerminal as _, Write as _};

use npl_diagnostics::render::clean;

use crate::{
    args::{ColorWhen, Talk},
    stop::{Result, Stop},
};

#[derive(Clone, Copy, Debug)]
pub struct Ui {
    quiet: bool,
    verbose: bool,
    /// Colours on standard output, and on standard error.
    pub color_out: bool,
    pub color_err: bool,
}

impl Ui {
    pub fn new(talk: &Talk) -> Self {
        let wanted = |terminal: bool| match talk.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => terminal && !set("NO_COLOR") && !dumb(),
        };
        Self {
            quiet: talk.quiet,
            verbose: talk.verbose,
            color_out: wanted(io::stdout().is_terminal()),
            color_err: wanted(io::stderr().is_terminal()),
        }
    }

    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// A result. Ends the command quietly if nobody reads.
    pub fn out(&self, text: impl AsRef<str>) -> Result<()> {
        self.out_pieces(&[text])
    }

    /// A result, piece by piece.
    pub fn out_pieces<P: AsRef<str>>(&self, pieces: &[P]) -> Result<()> {
        let mut stdout = io::stdout().lock();
        let wrote = pieces
            .iter()
            .try_for_each(|piece| stdout.write_all(piece.as_ref().as_bytes()))
            .and_then(|()| stdout.flush());
        arrived(wrote)
    }

    /// Findings beside a result: shown even with `--quiet`.
    pub fn err(&self, text: &str) {
        // nobody is left to be told that standard error is closed
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// What a person at a terminal wants to know.
    pub fn talk(&self, text: &str) {
        if !self.quiet {
            self.err(&format!("{text}\n"));
        }
    }

    /// What only `--verbose` shows.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.err(&format!("{text}\n"));
        }
    }

    /// Why the question could not be asked.
    pub fn failed(&self, text: &str) {
        let mark = paint(self.color_err, Paint::Bad, "error");
        let mut lines = text.lines().map(clean);
        let first = lines.next().unwrap_or_default();
        let rest: String = lines.map(|line| format!("\n{line}")).collect();
        self.err(&format!("{mark}: {first}{rest}\n"));
    }
}

/// What became of a write to standard output. A closed pipe, as of `| head -1`, is no news.
pub(crate) fn arrived(wrote: io::Result<()>) -> Result<()> {
    wrote.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::Closed,
        _ => Stop::at("standard output", error),
    })
}

fn set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Paint {
    Good,
    Bad,
    Warn,
}

/// The text in a colour, if colours are wanted.
pub(crate) fn paint(color: bool, paint: Paint, text: &str) -> String {
    if !color {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Good => "32",
        Paint::Bad => "1;31",
        Paint::Warn => "33",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
