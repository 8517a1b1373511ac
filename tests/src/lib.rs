//! Tests and benches of the project as a whole: the tidy checks, the pages of the codes, the
//! examples, the documentation. This library holds what they share: where the project's root is,
//! and its files.

pub mod conformance;
pub mod engine;
pub mod flows;
pub mod pages;

use std::path::{Path, PathBuf};

/// The project's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The files below `folder` (relative to the root) whose name ends in one of `endings`, sorted;
/// build output and hidden folders are left out.
pub fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut out = Vec::new();
    walk(&root().join(folder), endings, &mut out);
    out.sort();
    out
}

fn walk(folder: &Path, endings: &[&str], out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let built = matches!(name.as_str(), "target" | "node_modules" | "vendor");
        if built || name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(&path, endings, out);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            out.push(path);
        }
    }
}

/// A file's path as shown in a failure: relative to the root.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}
