//! `file:line:column: severity[CODE]: message`, one finding a line.

use std::fmt::Write as _;

use super::{clean, severity_word};
use crate::{Diagnostic, Lines, Severity, Sources};

pub(super) fn render(diagnostics: &[Diagnostic], sources: &dyn Sources, color: bool) -> String {
    let lines = Lines::new(sources);
    let mut out = String::new();
    for finding in diagnostics {
        let (start, _) = lines.positions(finding.at);
        let path = clean(lines.path(finding.at.file));
        let (on, off) = paint(finding.severity, color);
        // writing to a string does not fail
        let _ = writeln!(
            out,
            "{path}:{}:{}: {on}{}[{}]{off}: {}",
            start.line,
            start.column,
            severity_word(finding.severity),
            finding.code.id,
            clean(&finding.message),
        );
    }
    out
}

fn paint(severity: Severity, color: bool) -> (&'static str, &'static str) {
    match severity {
        _ if !color => ("", ""),
        Severity::Error => ("\u{1b}[1;31m", "\u{1b}[0m"),
        Severity::Warning => ("\u{1b}[1;33m", "\u{1b}[0m"),
        Severity::Note => ("\u{1b}[1;32m", "\u{1b}[0m"),
    }
}
