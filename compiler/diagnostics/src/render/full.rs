//! Findings with their source text, for people.

use std::collections::BTreeMap;

use codespan_reporting::{
    diagnostic::{self as codespan, LabelStyle},
    files::{Error as FilesError, Files},
    term::{self, termcolor::Buffer},
};

use super::{
    clean,
    clean::clean_lines,
    diff::{Change, changes},
    shown::Shown,
};
use crate::{
    Diagnostic, FileId, Fix, Lines, Severity, Sources, Span,
    limits::{SHOWN_DIFF_CHARS_MAX, SHOWN_LINE_BYTES_MAX},
};

pub(super) fn render(diagnostics: &[Diagnostic], sources: &dyn Sources, color: bool) -> String {
    let lines = Lines::new(sources);
    let named = diagnostics
        .iter()
        .flat_map(|d| std::iter::once(d.at).chain(d.labels.iter().map(|label| label.at)));
    let mut shown = BTreeMap::new();
    for span in named {
        shown
            .entry(span.file)
            .or_insert_with(|| Shown::new(sources, span.file));
    }
    let files = ShownFiles(shown);
    let mut out = if color {
        Buffer::ansi()
    } else {
        Buffer::no_color()
    };
    for finding in diagnostics {
        let drawn = drawn(finding, &files, &lines, color);
        let mut config = term::Config::default();
        if too_long(finding, &files) {
            config.display_style = term::DisplayStyle::Medium;
        }
        // spans are clamped and the buffer is memory: neither look-up nor writing can fail
        let _ = term::emit_to_write_style(&mut out, &config, &files, &drawn);
    }
    String::from_utf8_lossy(out.as_slice()).into_owned()
}

fn drawn(
    finding: &Diagnostic,
    files: &ShownFiles<'_>,
    lines: &Lines<'_>,
    color: bool,
) -> codespan::Diagnostic<FileId> {
    let severity = match finding.severity {
        Severity::Error => codespan::Severity::Error,
        Severity::Warning => codespan::Severity::Warning,
        Severity::Note => codespan::Severity::Note,
    };
    let mark = |style, at: Span, text: &str| {
        let range = files.0.get(&at.file).map(|f| f.range(at.range));
        codespan::Label::new(style, at.file, range.unwrap_or(0..0)).with_message(clean(text))
    };
    let mut labels = vec![mark(LabelStyle::Primary, finding.at, &finding.label)];
    for label in &finding.labels {
        labels.push(mark(LabelStyle::Secondary, label.at, &label.text));
    }
    let noted = finding.notes.iter().map(|n| format!("note: {n}"));
    let helped = finding.help.iter().map(|h| format!("help: {h}"));
    let mut notes: Vec<String> = noted
        .chain(helped)
        .map(|text| clean_lines(&text).into_owned())
        .collect();
    for fix in &finding.fixes {
        notes.push(shown_fix(fix, finding.at.file, lines, color));
    }
    codespan::Diagnostic::new(severity)
        .with_code(finding.code.id)
        .with_message(clean(&finding.message))
        .with_labels(labels)
        .with_notes(notes)
}

/// `fix: TITLE` and the lines that it changes; another file than the finding's is named.
fn shown_fix(fix: &Fix, home: FileId, lines: &Lines<'_>, color: bool) -> String {
    let guess = if fix.safe {
        ""
    } else {
        " (a guess: read it before you keep it)"
    };
    let mut out = format!("fix: {}{guess}", clean(&fix.title));
    let list = changes(fix, lines);
    let width = list.iter().map(|c| c.line.to_string().len()).max();
    let mut file = home;
    for change in &list {
        if change.file != file {
            file = change.file;
            out.push_str(&format!("\n  in {}", clean(lines.path(file))));
        }
        out.push('\n');
        out.push_str(&shown_change(change, width.unwrap_or(1), color));
    }
    out
}

fn shown_change(change: &Change, width: usize, color: bool) -> String {
    let sign = if change.added { '+' } else { '-' };
    let (text, more) = match change.text.char_indices().nth(SHOWN_DIFF_CHARS_MAX) {
        Some((cut, _)) => (change.text.get(..cut).unwrap_or_default(), " …"),
        None => (change.text.as_str(), ""),
    };
    let text = text.replace('\t', "    ") + more;
    let text = clean(&text);
    let line = format!("{:>width$} {sign} {text}", change.line);
    match (color, change.added) {
        (false, _) => line,
        (true, true) => format!("\u{1b}[32m{line}\u{1b}[0m"),
        (true, false) => format!("\u{1b}[31m{line}\u{1b}[0m"),
    }
}

fn too_long(finding: &Diagnostic, files: &ShownFiles<'_>) -> bool {
    let spans = std::iter::once(finding.at).chain(finding.labels.iter().map(|label| label.at));
    for span in spans {
        let Some(file) = files.0.get(&span.file) else {
            continue;
        };
        let range = file.range(span.range);
        for at in [range.start, range.end] {
            let line = file.line_range(file.line_of(at)).unwrap_or(0..0);
            if line.len() > SHOWN_LINE_BYTES_MAX {
                return true;
            }
        }
    }
    false
}

struct ShownFiles<'a>(BTreeMap<FileId, Shown<'a>>);

impl<'a> ShownFiles<'a> {
    fn file(&'a self, id: FileId) -> Result<&'a Shown<'a>, FilesError> {
        self.0.get(&id).ok_or(FilesError::FileMissing)
    }
}

impl<'a> Files<'a> for ShownFiles<'a> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, FilesError> {
        Ok(&self.file(id)?.path)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, FilesError> {
        Ok(&self.file(id)?.text)
    }

    fn line_index(&'a self, id: FileId, byte_index: usize) -> Result<usize, FilesError> {
        Ok(self.file(id)?.line_of(byte_index))
    }

    fn column_number(
        &'a self,
        id: FileId,
        _line: usize,
        byte_index: usize,
    ) -> Result<usize, FilesError> {
        Ok(self.file(id)?.column_of(byte_index))
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<std::ops::Range<usize>, FilesError> {
        let file = self.file(id)?;
        file.line_range(line).ok_or(FilesError::LineTooLarge {
            given: line,
            max: file.starts.len().saturating_sub(1),
        })
    }
}
