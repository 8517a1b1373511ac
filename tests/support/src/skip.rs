//! Tests that need what a machine may lack: policies that others wrote, Go, a reader of YAML.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fmt::Display,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Says that something is not tested here, and why; each reason once. Where `CI` is set, that is a
/// failure: a green run there must have run everything.
pub fn skipped(why: impl Display) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let line = format!("SKIPPED: {why}\n");
    assert!(
        !is_ci(std::env::var_os("CI").as_deref()),
        "{line}CI is set, so everything has to run"
    );
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.insert(line.clone()) {
        // Past the test runner, which keeps what a passing test prints to itself.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

/// A folder of the corpus that `NPL_CORPUS` names, which is not part of the project; skipped where
/// it is not there.
pub fn corpus(part: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("NPL_CORPUS").map(|folder| Path::new(&folder).join(part));
    let there = folder.filter(|folder| folder.is_dir());
    if there.is_none() {
        skipped(format_args!(
            "NPL_CORPUS names no folder with `{part}`, so nothing of it was tested"
        ));
    }
    there
}

fn is_ci(value: Option<&OsStr>) -> bool {
    value.is_some_and(|value| !value.is_empty() && value != "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_ci() {
        for (value, ci) in [("", false), ("false", false), ("true", true), ("1", true)] {
            assert_eq!(is_ci(Some(OsStr::new(value))), ci, "{value}");
        }
        assert!(!is_ci(None));
    }
}
