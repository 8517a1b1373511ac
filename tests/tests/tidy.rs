//! The house's rules that no compiler checks: who depends on whom, what core crates must not touch,
//! how long a file may be, that each code has a page.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::collections::BTreeMap;

use npl_tests::{files, root, shown};

const FILE_LINES_MAX: usize = 800;
const FILE_LINES_MEDIAN_MAX: usize = 200;
const LINE_COLUMNS_MAX: usize = 100;

/// Crates that are pure: text and data in, data out.
const CORE: [&str; 5] = ["syntax", "diagnostics", "policy", "sema", "targets"];

fn fail(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn crates_depend_in_one_direction() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("npl-diagnostics", &[][..]),
        ("npl-syntax", &["npl-diagnostics"][..]),
        ("npl-policy", &["npl-diagnostics"][..]),
        (
            "npl-sema",
            &["npl-diagnostics", "npl-policy", "npl-syntax"][..],
        ),
        ("npl-targets", &["npl-diagnostics", "npl-policy"][..]),
        (
            "nplc",
            &[
                "npl-diagnostics",
                "npl-policy",
                "npl-sema",
                "npl-syntax",
                "npl-targets",
            ][..],
        ),
        ("npl-test-support", &[][..]),
    ]);
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let ours: Vec<String> = metadata
        .packages
        .iter()
        .map(|p| p.name.to_string())
        .collect();
    let mut found = Vec::new();
    let mut judged = 0;
    for package in &metadata.packages {
        let Some(may) = allowed.get(package.name.as_str()) else {
            continue;
        };
        judged += 1;
        for dependency in &package.dependencies {
            let normal = dependency.kind == cargo_metadata::DependencyKind::Normal;
            let inside = ours.contains(&dependency.name);
            if normal && inside && !may.contains(&dependency.name.as_str()) {
                found.push(format!(
                    "{} must not know {}",
                    package.name, dependency.name
                ));
            }
        }
    }
    assert_eq!(judged, allowed.len(), "a crate of the table is missing");
    fail("dependencies against the direction of the house", &found);
}

/// Only one crate knows salsa, one module the YAML crate, one the terminal renderer.
#[test]
fn libraries_stay_in_their_rooms() {
    let rooms: [(&str, &[&str]); 5] = [
        ("salsa", &["compiler/sema/"]),
        ("serde_saphyr", &["compiler/targets/src/yaml/"]),
        ("codespan_reporting", &["compiler/diagnostics/src/render/"]),
        ("lalrpop_util", &["compiler/syntax/"]),
        ("clap::", &["compiler/nplc/"]),
    ];
    let mut found = Vec::new();
    for path in files("compiler", &[".rs"]) {
        let name = shown(&path);
        if name.contains("/tests/") || name.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (library, allowed) in rooms {
            let used = text
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(library));
            if used && !allowed.iter().any(|room| name.starts_with(room)) {
                found.push(format!("{name} uses {library}"));
            }
        }
    }
    fail("libraries outside their rooms", &found);
}

#[test]
fn core_crates_touch_nothing_outside() {
    let banned = [
        "std::fs",
        "std::env",
        "std::io::std",
        "std::process",
        "std::net::Tcp",
        "std::net::Udp",
        "println!",
        "eprintln!",
        "print!(",
        "SystemTime",
        "Instant::",
        "std::thread::sleep",
    ];
    let mut found = Vec::new();
    for krate in CORE {
        for path in files(&format!("compiler/{krate}/src"), &[".rs"]) {
            let name = shown(&path);
            if name.ends_with("tests.rs") || name.contains("/tests/") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (number, line) in code.lines().enumerate() {
                let comment = line.trim_start().starts_with("//");
                for word in banned
                    .iter()
                    .filter(|word| !comment && line.contains(**word))
                {
                    found.push(format!("{name}:{}: {word}", number + 1));
                }
            }
        }
    }
    fail(
        "input, output, clock or environment in a core crate",
        &found,
    );
}

#[test]
fn files_are_short() {
    let mut found = Vec::new();
    let mut lengths = Vec::new();
    for folder in ["compiler", "tests", "xtask"] {
        for path in files(folder, &[".rs", ".lalrpop"]) {
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text.lines().count();
            lengths.push(lines);
            if lines > FILE_LINES_MAX {
                found.push(format!("{}: {lines} lines", shown(&path)));
            }
            for (number, line) in text.lines().enumerate() {
                // Text inside a literal cannot always be broken; rustfmt breaks all else.
                let literal = line.contains('"') || line.ends_with("\\n\\");
                let snapshot = shown(&path).contains("/tests/");
                if line.chars().count() > LINE_COLUMNS_MAX && !literal && !snapshot {
                    found.push(format!("{}:{}: too long a line", shown(&path), number + 1));
                }
            }
        }
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    if median > FILE_LINES_MEDIAN_MAX {
        found.push(format!("the median file has {median} lines"));
    }
    fail("files or lines over their limit", &found);
}

#[test]
fn modules_say_what_they_do() {
    let mut found = Vec::new();
    for folder in ["compiler", "tests", "xtask"] {
        for path in files(folder, &[".rs"]) {
            let text = std::fs::read_to_string(&path).unwrap();
            if !text.starts_with("//!") {
                found.push(shown(&path));
            }
        }
    }
    fail("modules without a `//!` on top", &found);
}

#[test]
fn lints_are_inherited_and_not_switched_off() {
    let mut found = Vec::new();
    for path in files("", &["Cargo.toml"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let workspace = text.contains("[workspace]");
        if !workspace && !text.contains("[lints]\nworkspace = true") {
            found.push(format!(
                "{}: does not inherit the workspace's lints",
                shown(&path)
            ));
        }
    }
    for path in files("compiler", &[".rs"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let allow = line.contains("#[allow(") || line.contains("#![allow(");
            let test = shown(&path).contains("/tests/") || text.contains("reason =");
            if allow && !test {
                found.push(format!(
                    "{}:{}: allow without a reason",
                    shown(&path),
                    number + 1
                ));
            }
        }
    }
    fail("lints switched off", &found);
}

#[test]
fn every_code_has_a_page_of_one_form() {
    let mut found = Vec::new();
    for code in npl_diagnostics::codes::all() {
        let title = format!("# {}: {}\n", code.id, code.name);
        if !code.page.starts_with(&title) {
            found.push(format!(
                "{}: the page does not begin with `{}`",
                code.id,
                title.trim()
            ));
        }
        let mut rest = code.page;
        for section in ["## Why it matters", "## Wrong", "## Right", "## How to fix"] {
            match rest.split_once(&format!("\n{section}\n")) {
                Some((_, after)) => rest = after,
                None => found.push(format!("{}: no section `{section}` in its place", code.id)),
            }
        }
    }
    let pages = files("compiler/diagnostics/codes", &[".md"]);
    for page in &pages {
        let id = page.file_stem().unwrap().to_string_lossy().into_owned();
        if npl_diagnostics::codes::find(&id).is_none() {
            found.push(format!("{}: a page of no code", shown(page)));
        }
    }
    fail("codes and pages that do not fit", &found);
    println!(
        "{} codes, {} pages",
        npl_diagnostics::codes::all().count(),
        pages.len()
    );
}

#[test]
fn no_machine_path_stands_in_the_project() {
    let mut found = Vec::new();
    for path in files(
        "",
        &[".rs", ".md", ".toml", ".npl", ".lalrpop", ".py", ".sh"],
    ) {
        if shown(&path).ends_with("tidy.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            if ["/home/", "/root/", "/work/", "/Users/"]
                .iter()
                .any(|p| line.contains(p))
            {
                found.push(format!("{}:{}", shown(&path), number + 1));
            }
        }
    }
    fail("absolute paths of some machine", &found);
}
