//! The table of all codes that the documentation shows, made from the registry.

use std::fmt::Write as _;

use super::all;
use crate::Severity;

/// `docs/codes.md`, whole.
pub fn index() -> String {
    let mut out = String::from(
        "# Codes of diagnostics\n\n\
         Made from the registry by `cargo run -p xtask -- codes`; do not edit. Each code is permanent;\n\
         `nplc explain CODE` prints its page.\n\n\
         | code | name | default | says |\n|---|---|---|---|\n",
    );
    for code in all() {
        let severity = match code.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        // writing to a string does not fail
        let _ = writeln!(
            out,
            "| [{id}](../compiler/diagnostics/codes/{id}.md) | `{}` | {severity} | {} |",
            code.name,
            code.summary.replace('|', "\\|"),
            id = code.id,
        );
    }
    out
}
