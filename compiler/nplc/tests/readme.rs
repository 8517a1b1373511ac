//! The console blocks of the README and of a page, run as they stand from the project's root. A line `...` stands for
//! any number of lines; what a command prints on standard error stands below its standard output.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn run(command: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_nplc"))
        .parent()
        .unwrap()
        .to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-c", command])
        .current_dir(root())
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8(text).unwrap()
}

fn matches(wanted: &[&str], got: &[&str]) -> bool {
    match wanted {
        [] => got.is_empty(),
        ["...", rest @ ..] => (0..=got.len()).any(|skip| matches(rest, &got[skip..])),
        [first, rest @ ..] => {
            got.first()
                .is_some_and(|line| line.trim_end() == first.trim_end())
                && matches(rest, &got[1..])
        }
    }
}

#[test]
fn the_console_blocks_say_what_happens() {
    assert!(console_blocks("README.md") >= 4);
}

#[test]
fn the_page_on_existing_policies_says_what_happens() {
    assert!(console_blocks("docs/existing-policies.md") >= 4);
}

/// Runs the commands of a page, and gives their number.
fn console_blocks(page: &str) -> usize {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let mut judged = 0;
    for block in text.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for part in block.split("$ ").filter(|part| !part.trim().is_empty()) {
            let (command, wanted) = part.split_once('\n').unwrap();
            let got = run(command);
            let wanted: Vec<&str> = wanted.lines().collect();
            let lines: Vec<&str> = got.lines().collect();
            assert!(matches(&wanted, &lines), "$ {command}\n{got}");
            judged += 1;
        }
    }
    judged
}

/// The YAML block is part of the golden file of the same example.
#[test]
fn the_yaml_block_is_real() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let block = text
        .split("```yaml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let golden = std::fs::read_to_string(root().join("tests/golden/shop.yaml")).unwrap();
    assert!(golden.contains(block));
}
