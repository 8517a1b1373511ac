//! Workflow commands of GitHub Actions: `::error file=…,line=…::message`, one finding a line.

use std::fmt::Write as _;

use crate::{Diagnostic, Lines, Severity, Sources};

pub(super) fn render(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let lines = Lines::new(sources);
    let mut out = String::new();
    for finding in diagnostics {
        let (start, end) = lines.positions(finding.at);
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let mut text = finding.message.clone();
        if let Some(help) = &finding.help {
            text.push_str("\nhelp: ");
            text.push_str(help);
        }
        // writing to a string does not fail
        let _ = writeln!(
            out,
            "::{command} file={},line={},endLine={},col={},endColumn={},title={}::{}",
            property(lines.path(finding.at.file)),
            start.line,
            end.line,
            start.column,
            end.column,
            property(&format!("{} {}", finding.code.id, finding.code.name)),
            data(&text),
        );
    }
    out
}

/// What a command's text must not hold: line ends would end it, `%` starts an escape.
fn data(text: &str) -> String {
    let escaped = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    super::clean(&escaped).into_owned()
}

/// A property also ends at `:` and `,`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(data("50%\r\n::x,"), "50%25%0D%0A::x,");
        assert_eq!(property("a,b:c\n%"), "a%2Cb%3Ac%0A%25");
        assert_eq!(data("\u{1b}[0m"), "␛[0m");
    }
}
