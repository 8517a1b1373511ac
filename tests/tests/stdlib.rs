//! The standard library is checked as any package is: nothing in it is wrong, and every item is
//! documented.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use npl_sema::files::MemoryFiles;
use npl_tests::{files, shown};
use nplc::pipeline::{self, Request};

/// Each module as a source of a package of another name: its own `use std.…` lines lead to the
/// embedded copies.
#[test]
fn the_standard_library_has_no_finding() {
    let mut sources = vec![(
        "/npl.toml".to_owned(),
        "[package]\nname = \"copy\"\n".to_owned(),
    )];
    for path in files("stdlib/std", &[".npl"]) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        sources.push((format!("/{name}"), std::fs::read_to_string(&path).unwrap()));
    }
    assert!(sources.len() > 5);
    let memory = MemoryFiles::new(sources);
    let request = Request {
        paths: vec!["/".to_owned()],
        ..Request::default()
    };
    let unit = pipeline::open(&memory, &request).unwrap().remove(0);
    let found: Vec<String> = unit
        .analyse()
        .diagnostics
        .into_iter()
        // A library is there to be used by others.
        .filter(|finding| finding.code.name != "unused-declaration")
        .map(|finding| format!("{} {}", finding.code.id, finding.message))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_item_is_documented() {
    let mut found = Vec::new();
    for path in files("stdlib/std", &[".npl"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        for (raw, parsed) in npl_syntax::parse_file(&text).items {
            let name = raw.name.clone().unwrap_or_default();
            let declares = !matches!(parsed.item.kind, npl_syntax::ast::ItemKind::Use(_));
            if declares && parsed.item.doc.is_none() {
                found.push(format!("{}: {name}", shown(&path)));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
