//! Each code's page: its Wrong gives exactly that code, its Right gives nothing. And every `npl`
//! fence of the documentation compiles without an error.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use npl_diagnostics::{Severity, codes};
use npl_tests::{
    files,
    pages::{Fence, fences, findings, section},
    shown,
};

fn npl(fence: &&Fence) -> bool {
    fence
        .info
        .first()
        .is_some_and(|word| word == "npl" || word == "yaml")
}

#[test]
fn every_wrong_is_wrong_and_every_right_is_right() {
    let mut failures = Vec::new();
    let mut judged = 0;
    for code in codes::all() {
        // What the model cannot say of policies in YAML shows where they are lowered, and has a
        // test there.
        if code.name.starts_with("import-") {
            continue;
        }
        for (title, wanted) in [("Wrong", Some(code.id)), ("Right", None)] {
            let all = fences(section(code.page, title));
            let fences: Vec<_> = all.iter().filter(npl).collect();
            if fences.is_empty() {
                failures.push(format!("{} {title}: no fence", code.id));
            }
            for fence in fences {
                judged += 1;
                match findings(fence) {
                    Err(stop) => failures.push(format!("{} {title}: {stop}", code.id)),
                    Ok(found) => {
                        let as_wanted = match wanted {
                            None => found.is_empty(),
                            Some(id) => !found.is_empty() && found.iter().all(|f| f.0 == id),
                        };
                        if !as_wanted {
                            failures.push(format!("{} {title}: {found:#?}", code.id));
                        }
                    }
                }
            }
        }
    }
    println!("{judged} fences of {} codes judged", codes::all().count());
    assert!(
        failures.is_empty(),
        "{} pages are off:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn the_documentation_compiles() {
    let mut failures = Vec::new();
    let mut judged = 0;
    let mut paths = files("docs", &[".md"]);
    paths.push(npl_tests::root().join("README.md"));
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for fence in fences(&text)
            .iter()
            .filter(npl)
            .filter(|f| f.info[0] == "npl")
        {
            judged += 1;
            let found = findings(fence).unwrap();
            let errors: Vec<_> = found.iter().filter(|f| f.1 == Severity::Error).collect();
            if !errors.is_empty() {
                failures.push(format!("{}:{}: {errors:#?}", shown(&path), fence.line));
            }
        }
    }
    assert!(judged > 0);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
