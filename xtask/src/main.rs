//! Project chores, as `cargo run -p xtask -- WORD`: `codes` writes `docs/codes.md` from the
//! registry, `schema` the JSON schema of `npl.toml` for editors, `program WORKLOADS RULES FILES
//! DIR` the generated program of the benches as a package, `policies COUNT FILES DIR` the generated
//! policies of the bench of the import.

mod schema;

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["codes"] => std::fs::write(
            npl_tests::root().join("docs/codes.md"),
            npl_diagnostics::codes::index(),
        ),
        ["schema"] => std::fs::write(npl_tests::root().join(schema::PATH), schema::text()),
        ["program", workloads, rules, files, folder] => {
            let number = |text: &str| text.parse().unwrap_or(1);
            let sizes = (number(workloads), number(rules), number(files));
            let package = npl_test_support::program::package(sizes.0, sizes.1, sizes.2);
            write(package, Path::new(folder))
        }
        ["policies", count, files, folder] => {
            let number = |text: &str| text.parse().unwrap_or(1);
            let files = npl_test_support::manifests::policies(number(count), number(files));
            write(files, Path::new(folder))
        }
        _ => {
            eprintln!(
                "usage: xtask codes | schema | program WORKLOADS RULES_EACH FILES DIR | policies COUNT FILES DIR"
            );
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(2)
        }
    }
}

fn write(files: Vec<(String, String)>, folder: &Path) -> std::io::Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(())
}
