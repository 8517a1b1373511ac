//! Programs from fixtures, and findings as short text.

use npl_diagnostics::{Diagnostic, LineIndex, Severity, Sources as _, Span, apply_fixes};
use npl_sema::{
    files::MemoryFiles,
    host::Host,
    load::{LoadError, LoadRequest, Loaded, Program, load},
};
use npl_test_support::fixture;

pub(crate) fn files(text: &str) -> MemoryFiles {
    let files = fixture::parse(text);
    MemoryFiles::new(files.into_iter().map(|f| (f.path, f.text)))
}

pub(crate) fn try_load(text: &str, request: &LoadRequest) -> Result<Loaded, LoadError> {
    load(&files(text), request)
}

/// The package of `/npl.toml`, else the only file, else the folder.
pub(crate) fn program(text: &str) -> Program {
    let parsed = fixture::parse(text);
    let path = match parsed.as_slice() {
        [only] => only.path.clone(),
        _ => "/".to_owned(),
    };
    let request = LoadRequest {
        paths: vec![path.into()],
        ..LoadRequest::default()
    };
    let mut loaded = try_load(text, &request).unwrap();
    assert_eq!(loaded.programs.len(), 1);
    loaded.programs.remove(0)
}

/// The package whose `npl.toml` is among files with paths relative to it.
pub(crate) fn program_of(files: &[(String, String)]) -> Program {
    let files = files.iter().map(|(path, text)| (format!("/{path}"), text));
    let request = LoadRequest {
        paths: vec!["/".into()],
        ..LoadRequest::default()
    };
    load(&MemoryFiles::new(files), &request)
        .unwrap()
        .programs
        .remove(0)
}

pub(crate) fn host(text: &str) -> Host {
    Host::new(program(text))
}

pub(crate) fn findings(host: &Host) -> Vec<Diagnostic<Span>> {
    host.finish(host.diagnostics())
}

/// The findings of a fixture, each on a line, with what hangs on it below.
pub(crate) fn show(host: &Host, list: &[Diagnostic<Span>]) -> String {
    let mut out = String::new();
    for found in list {
        let severity = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let at = place(host, found.at);
        let (name, message) = (found.code.name, &found.message);
        out += &format!("{at} {severity}[{name}] {message}\n");
        for label in &found.labels {
            out += &format!("  {} {}\n", place(host, label.at), label.text);
        }
        for note in &found.notes {
            out += &format!("  note: {note}\n");
        }
        if let Some(help) = &found.help {
            out += &format!("  help: {help}\n");
        }
        for fix in &found.fixes {
            let edits: Vec<String> = fix
                .edits
                .iter()
                .map(|e| format!("{}={:?}", place(host, e.at), e.text))
                .collect();
            let safe = if fix.safe { " (safe)" } else { "" };
            out += &format!("  fix{safe}: {}: {}\n", fix.title, edits.join(", "));
        }
    }
    out
}

fn place(host: &Host, span: Span) -> String {
    let text = host.text(span.file);
    let index = LineIndex::new(text);
    let (start, end) = (
        index.position(text, span.range.start),
        index.position(text, span.range.end),
    );
    let path = host.path(span.file);
    if start.line == end.line {
        format!("{path}:{}:{}-{}", start.line, start.column, end.column)
    } else {
        format!(
            "{path}:{}:{}-{}:{}",
            start.line, start.column, end.line, end.column
        )
    }
}

/// Compares the findings of a fixture with what is expected of it.
#[track_caller]
pub(crate) fn check(text: &str, expect: &str) {
    let host = host(text);
    let found = show(&host, &findings(&host));
    same(&found, expect);
}

#[track_caller]
pub(crate) fn same(found: &str, expect: &str) {
    assert_eq!(
        found.trim(),
        expect.trim(),
        "\n<<<\n{}\n>>>\n",
        found.trim()
    );
}

/// Applies every fix of every finding by itself: afterwards there is one finding less, or (an
/// offered declaration may be unused) at least not this one.
#[track_caller]
pub(crate) fn fixes_help(text: &str) {
    let host = host(text);
    let before = findings(&host);
    let mut applied = 0;
    for found in &before {
        for fix in &found.fixes {
            let mut changed = self::host(text);
            for edit in &fix.edits {
                let path = host.path(edit.at.file).to_owned();
                let new = apply_fixes(host.text(edit.at.file), edit.at.file, [fix]).unwrap();
                assert!(changed.set_text(&path, &new));
            }
            let after = findings(&changed);
            assert!(
                after.len() < before.len() && !after.iter().any(|d| d.message == found.message),
                "{} does not help:\n{}",
                fix.title,
                show(&changed, &after)
            );
            applied += 1;
        }
    }
    assert!(applied > 0, "no fix was offered");
}
