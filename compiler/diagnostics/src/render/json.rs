//! One JSON document for all findings. Its shape is an interface: names stay, additions are fine.

use serde::Serialize;

use super::{Counts, severity_word};
use crate::{Diagnostic, Fix, Lines, Position, Sources, Span};

#[derive(Serialize)]
struct Document<'a> {
    diagnostics: Vec<Finding<'a>>,
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    name: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    at: At<'a>,
    label: &'a str,
    labels: Vec<Marked<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    fixes: Vec<Repair<'a>>,
}

#[derive(Serialize)]
struct At<'a> {
    file: &'a str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Marked<'a> {
    message: &'a str,
    #[serde(flatten)]
    at: At<'a>,
}

#[derive(Serialize)]
struct Repair<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    #[serde(flatten)]
    at: At<'a>,
    text: &'a str,
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let lines = Lines::new(sources);
    let counts = Counts::of(diagnostics);
    let document = Document {
        diagnostics: diagnostics.iter().map(|d| finding(d, &lines)).collect(),
        errors: counts.errors,
        warnings: counts.warnings,
    };
    // no map with keys that are not strings, no number that is not finite: this cannot fail
    let mut out = serde_json::to_string_pretty(&document).unwrap_or_default();
    out.push('\n');
    out
}

fn finding<'a>(finding: &'a Diagnostic, lines: &Lines<'a>) -> Finding<'a> {
    Finding {
        code: finding.code.id,
        name: finding.code.name,
        severity: severity_word(finding.severity),
        message: &finding.message,
        at: at(finding.at, lines),
        label: &finding.label,
        labels: finding
            .labels
            .iter()
            .map(|label| Marked {
                message: &label.text,
                at: at(label.at, lines),
            })
            .collect(),
        notes: &finding.notes,
        help: finding.help.as_deref(),
        fixes: finding.fixes.iter().map(|fix| repair(fix, lines)).collect(),
    }
}

fn repair<'a>(fix: &'a Fix, lines: &Lines<'a>) -> Repair<'a> {
    let change = |edit: &'a crate::Edit| Change {
        at: at(edit.at, lines),
        text: &edit.text,
    };
    Repair {
        title: &fix.title,
        safe: fix.safe,
        edits: fix.edits.iter().map(change).collect(),
    }
}

fn at<'a>(span: Span, lines: &Lines<'a>) -> At<'a> {
    let (start, end) = lines.positions(span);
    At {
        file: lines.path(span.file),
        start,
        end,
    }
}
