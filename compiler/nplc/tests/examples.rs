//! The examples: formatted, green under `nplc test`, and their YAML equal to the golden files, byte
//! for byte. `UPDATE_GOLDEN=1` writes the golden files anew; judge the difference before it is
//! committed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn nplc(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nplc"))
        .args(words)
        .current_dir(root())
        .output()
        .unwrap()
}

/// Every example: its path, its extra flags, the name of its golden file.
fn examples() -> Vec<(String, Vec<&'static str>, String)> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(stem) = name.strip_suffix(".npl") {
            out.push((format!("examples/{name}"), Vec::new(), stem.to_owned()));
        }
    }
    for env in ["prod", "staging"] {
        out.push((
            "examples/payments".to_owned(),
            vec!["--env", env],
            format!("payments-{env}"),
        ));
    }
    out.sort();
    out
}

fn run(command: &str, example: &str, flags: &[&str]) -> Output {
    let mut words = vec![command, example];
    words.extend(flags);
    nplc(&words)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn examples_build_to_their_golden_yaml() {
    let mut off = Vec::new();
    let all = examples();
    assert!(all.len() >= 8, "{all:?}");
    for (example, flags, golden) in &all {
        let output = run("build", example, flags);
        assert!(
            output.status.success(),
            "{example}: {}",
            text(&output.stderr)
        );
        let path = root().join(format!("tests/golden/{golden}.yaml"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &output.stdout).unwrap();
        }
        if std::fs::read(&path).unwrap_or_default() != output.stdout {
            off.push(format!("{example} differs from tests/golden/{golden}.yaml"));
        }
    }
    assert!(off.is_empty(), "{}", off.join("\n"));
}

/// What the Kubernetes target makes of every example: its objects, or why it has none.
#[test]
fn examples_build_for_kubernetes_or_say_why() {
    let mut off = Vec::new();
    let mut all = examples();
    all.push((
        "examples/ledger".to_owned(),
        Vec::new(),
        "ledger".to_owned(),
    ));
    let mut built = 0;
    for (example, flags, golden) in &all {
        let mut flags = flags.clone();
        flags.extend(["--target", "kubernetes", "--format", "concise", "--verify"]);
        let output = run("build", example, &flags);
        let (ending, found) = match output.status.success() {
            true => {
                let said = text(&output.stderr);
                assert!(said.contains("verified: "), "{example}: {said}");
                ("yaml", output.stdout)
            }
            false => ("txt", output.stderr),
        };
        built += usize::from(ending == "yaml");
        let name = format!("tests/golden/kubernetes/{golden}.{ending}");
        let path = root().join(&name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &found).unwrap();
        }
        if std::fs::read(&path).unwrap_or_default() != found {
            off.push(format!("{example} differs from {name}"));
        }
    }
    assert!(built > 0);
    assert!(off.is_empty(), "{}", off.join("\n"));
}

#[test]
fn examples_test_green_and_draw_no_finding() {
    let ledger = ("examples/ledger".to_owned(), Vec::new(), String::new());
    for (example, flags, _) in examples().into_iter().chain([ledger]) {
        let tested = run("test", &example, &flags);
        assert!(
            tested.status.success(),
            "{example}: {}",
            text(&tested.stdout)
        );
        let checked = run("check", &example, &flags);
        assert!(checked.status.success(), "{example}");
        let found = text(&checked.stdout);
        assert!(!found.contains("warning"), "{example}: {found}");
    }
}

#[test]
fn examples_and_the_standard_library_are_formatted() {
    let output = nplc(&["fmt", "--check", "examples", "stdlib"]);
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}
