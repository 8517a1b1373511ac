//! What the tests of this crate share: programs to text that a person can judge.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

use npl_diagnostics::{Diagnostic, TextRange};
use std::fmt::Write;

/// Each diagnostic as `code [what it points at] message`, then its help, labels and fixes.
pub(crate) fn render(text: &str, diagnostics: &[Diagnostic<TextRange>]) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let at = &text[d.at.as_usize()];
        let at = if at.is_empty() {
            format!("at {}", d.at.start)
        } else {
            at.escape_debug()
                .to_string()
                .replace("\\\"", "\"")
                .replace("\\'", "'")
        };
        writeln!(out, "{} [{at}] {}", d.code.id, d.message).unwrap();
        for label in &d.labels {
            writeln!(out, "  [{}] {}", &text[label.at.as_usize()], label.text).unwrap();
        }
        for note in &d.notes {
            writeln!(out, "  note: {note}").unwrap();
        }
        if let Some(help) = &d.help {
            writeln!(out, "  help: {help}").unwrap();
        }
        for fix in &d.fixes {
            let safe = if fix.safe { "fix" } else { "maybe" };
            let fixed = apply(text, fix);
            writeln!(
                out,
                "  {safe}: {}: {}",
                fix.title,
                fixed
                    .escape_debug()
                    .to_string()
                    .replace("\\\"", "\"")
                    .replace("\\'", "'")
            )
            .unwrap();
        }
    }
    out
}

/// The text with a fix applied.
pub(crate) fn apply(text: &str, fix: &npl_diagnostics::Fix<TextRange>) -> String {
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|e| std::cmp::Reverse(e.at));
    let mut out = text.to_owned();
    for edit in edits {
        out.replace_range(edit.at.as_usize(), &edit.text);
    }
    out
}

/// Parses a file and renders its diagnostics; every one must have a page-worthy shape, and every
/// fix must leave fewer diagnostics than there were.
pub(crate) fn check(text: &str) -> String {
    let file = npl_syntax::parse_file(text);
    for d in &file.diagnostics {
        assert!(!d.message.ends_with('.'), "{}", d.message);
        assert!(d.at.end as usize <= text.len() && d.at.start <= d.at.end);
        for fix in &d.fixes {
            let fixed = apply(text, fix);
            let left = npl_syntax::parse_file(&fixed).diagnostics;
            assert!(
                left.len() < file.diagnostics.len(),
                "`{}` of `{}` leaves {:#?} in {fixed}",
                fix.title,
                d.message,
                left
            );
        }
    }
    render(text, &file.diagnostics)
}

/// Debug text without its ranges.
pub(crate) fn without_places(debug: &str) -> String {
    places(debug, |_| String::new())
}

/// Debug text with the text that each range stands for.
pub(crate) fn with_texts(debug: &str, text: &str) -> String {
    let shown = places(debug, |at| format!("`{}`", &text[at]));
    shown
        .replace("Spanned { node: ", "{")
        .replace("SmolStr", "")
}

fn places(debug: &str, show: impl Fn(std::ops::Range<usize>) -> String) -> String {
    const MARK: &str = "TextRange { start: ";
    let mut out = String::new();
    let mut rest = debug;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        let numbers = &rest[at + MARK.len()..];
        let (start, numbers) = numbers.split_once(", end: ").unwrap();
        let (end, behind) = numbers.split_once(" }").unwrap();
        out.push_str(&show(start.parse().unwrap()..end.parse().unwrap()));
        rest = behind;
    }
    out + rest
}
