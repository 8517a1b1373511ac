//! The registry and its pages: order, uniqueness, shape.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::{collections::BTreeSet, path::Path};

use npl_diagnostics::codes;

#[test]
fn numbers_ascend_and_names_are_unique() {
    let ids: Vec<&str> = codes::all().map(|c| c.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "not ascending: {ids:?}");
    let names: BTreeSet<&str> = codes::all().map(|c| c.name).collect();
    assert_eq!(names.len(), ids.len(), "two codes share a name");
}

#[test]
fn ids_and_names_are_well_formed() {
    for code in codes::all() {
        let digits = code.id.strip_prefix("NPL").unwrap_or_default();
        assert!(
            digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()),
            "{} is no number",
            code.id
        );
        let kebab = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        assert!(
            code.name.split('-').all(kebab),
            "{} is not kebab-case",
            code.name
        );
        let first = code.summary.chars().next();
        assert!(
            first.is_some() && !code.summary.ends_with('.') && !code.summary.contains('\n'),
            "{}: a summary is one line without a period: {:?}",
            code.id,
            code.summary
        );
    }
}

#[test]
fn pages_have_their_sections() {
    for code in codes::all() {
        let title = format!("# {}: {}\n\n", code.id, code.name);
        assert!(
            code.page.starts_with(&title),
            "{} has no title line",
            code.id
        );
        let heads: Vec<&str> = code.page.lines().filter(|l| l.starts_with("## ")).collect();
        let want = ["## Why it matters", "## Wrong", "## Right", "## How to fix"];
        assert_eq!(heads, want, "{}: sections", code.id);
        assert!(
            !code.lead().is_empty(),
            "{} has no first paragraph",
            code.id
        );
        for section in code.page.split("\n## ").skip(1) {
            let (head, body) = section.split_once('\n').unwrap();
            assert!(!body.trim().is_empty(), "{}: {head} is empty", code.id);
            if matches!(head, "Wrong" | "Right") {
                assert!(
                    body.contains("```npl") || body.contains("```yaml"),
                    "{}: {head} has no program",
                    code.id
                );
            }
        }
        assert_eq!(
            code.page.matches("```").count() % 2,
            0,
            "{}: open fence",
            code.id
        );
    }
}

/// A page without a code is dead; the other way round does not compile.
#[test]
fn every_page_has_its_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("codes");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let id = name.strip_suffix(".md").unwrap_or(&name);
        assert!(codes::find(id).is_some(), "{name} belongs to no code");
    }
}

#[test]
fn found_by_number_and_by_name() {
    for code in codes::all() {
        assert_eq!(codes::find(code.name), Some(code));
        assert_eq!(codes::find(&code.id.to_lowercase()), Some(code));
    }
    assert_eq!(codes::find("NPL9999"), None);
}

/// `cargo run -p xtask -- codes` writes it.
#[test]
fn the_index_in_docs_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/codes.md");
    let have = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        have == codes::index(),
        "docs/codes.md is out of date: run `cargo run -p xtask -- codes`"
    );
}
