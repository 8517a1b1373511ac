//! SARIF 2.1.0: one run, the rules that the findings name, their fixes as replacements.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Code, Diagnostic, FileId, Fix, Lines, Severity, Sources, Span};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let lines = Lines::new(sources);
    let rules: BTreeMap<&str, Code> = diagnostics.iter().map(|d| (d.code.id, d.code)).collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|finding| result(finding, &rules, &lines))
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "nplc",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    // no map with keys that are not strings, no number that is not finite: this cannot fail
    let mut out = serde_json::to_string_pretty(&document).unwrap_or_default();
    out.push('\n');
    out
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.id,
        "name": code.name,
        "shortDescription": {"text": code.summary},
        "fullDescription": {"text": code.lead()},
        "help": {"text": code.page, "markdown": code.page},
        "defaultConfiguration": {"level": level(code.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    super::severity_word(severity)
}

fn result(finding: &Diagnostic, rules: &BTreeMap<&str, Code>, lines: &Lines<'_>) -> Value {
    let mut text = finding.message.clone();
    for part in finding.notes.iter().chain(&finding.help) {
        text.push('\n');
        text.push_str(part);
    }
    let related: Vec<Value> = finding
        .labels
        .iter()
        .enumerate()
        .map(|(i, label)| {
            json!({
                "id": i,
                "physicalLocation": physical(label.at, lines),
                "message": {"text": label.text},
            })
        })
        .collect();
    let mut out = json!({
        "ruleId": finding.code.id,
        "ruleIndex": rules.keys().position(|id| *id == finding.code.id),
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": physical(finding.at, lines)}],
    });
    if let Some(map) = out.as_object_mut() {
        if !related.is_empty() {
            map.insert("relatedLocations".into(), Value::Array(related));
        }
        if !finding.fixes.is_empty() {
            let fixes = finding.fixes.iter().map(|fix| repair(fix, lines)).collect();
            map.insert("fixes".into(), Value::Array(fixes));
        }
    }
    out
}

fn repair(fix: &Fix, lines: &Lines<'_>) -> Value {
    let mut files: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        files.entry(edit.at.file).or_default().push(json!({
            "deletedRegion": region(edit.at, lines),
            "insertedContent": {"text": edit.text},
        }));
    }
    let changes: Vec<Value> = files
        .into_iter()
        .map(|(file, replacements)| {
            json!({
                "artifactLocation": {"uri": uri(lines.path(file))},
                "replacements": replacements,
            })
        })
        .collect();
    json!({"description": {"text": fix.title}, "artifactChanges": changes})
}

fn physical(span: Span, lines: &Lines<'_>) -> Value {
    json!({
        "artifactLocation": {"uri": uri(lines.path(span.file))},
        "region": region(span, lines),
    })
}

fn region(span: Span, lines: &Lines<'_>) -> Value {
    let (start, end) = lines.positions(span);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": start.offset,
        "byteLength": end.offset - start.offset,
    })
}

/// A path as a URI reference: every byte that RFC 3986 does not leave as it is in a path is
/// escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/é.npl"), "a%20b/%C3%A9.npl");
        assert_eq!(uri("c:#?.npl"), "c%3A%23%3F.npl");
    }
}
