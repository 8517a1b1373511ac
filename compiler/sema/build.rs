//! Lists the modules of the standard library for `src/stdlib.rs`.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../stdlib/std");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "npl") {
            let stem = path.file_stem().and_then(|s| s.to_str());
            names.push((stem.ok_or("a module of std has no name")?.to_owned(), path));
        }
    }
    names.sort();
    let mut out = String::from("&[\n");
    for (name, path) in names {
        println!("cargo::rerun-if-changed={}", path.display());
        let path = path.canonicalize()?;
        writeln!(out, "    ({name:?}, include_str!({path:?})),")?;
    }
    out.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("stdlib.rs"), out)?;
    Ok(())
}
