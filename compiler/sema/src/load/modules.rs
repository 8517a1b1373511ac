//! Module names from paths, and their clashes.

use camino::Utf8Path;
use npl_diagnostics::{Diagnostic, FileId, Place, TextRange, codes::names};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Module, Package};
use crate::names::{is_identifier, to_rfc1123};

/// `payments/db.npl` below a source folder is `payments.db`.
pub(super) fn module(package: &str, below: &Utf8Path, file: FileId) -> Module {
    let stem = below.with_extension("");
    let segments: Vec<&str> = stem.components().map(|c| c.as_str()).collect();
    let name = SmolStr::new(segments.join("."));
    let root = segments.len() == 1 && (name == "main" || to_rfc1123(&name) == package);
    Module { name, file, root }
}

/// Reports what cannot be named in `use`. `path` is the file's, for the message.
pub(super) fn check_name(module: &Module, path: &str) -> Option<Diagnostic<Place>> {
    let bad = module.name.split('.').find(|part| !is_identifier(part))?;
    let text = format!("`{path}` gives no module name: `{bad}` is not an identifier");
    let found = Diagnostic::new(&names::MODULE_NAME, start_of(module.file), text)
        .help("rename it: a letter or `_` first, then letters, digits, `_` and single `-`");
    Some(found)
}

/// Two files of one name, two root modules, a module that is named as a dependency or as `std`.
pub(super) fn check_clashes(
    package: &Package,
    path: impl Fn(FileId) -> SmolStr,
    out: &mut Vec<Diagnostic<Place>>,
) {
    let mut by_name: FxHashMap<&str, FileId> = FxHashMap::default();
    let mut root: Option<&Module> = None;
    for module in &package.modules {
        let top = module.name.split('.').next().unwrap_or_default();
        let here = start_of(module.file);
        if let Some(other) = by_name.insert(&module.name, module.file) {
            by_name.insert(&module.name, other);
            let text = format!(
                "`{}` and `{}` are both the module `{}`",
                path(other),
                path(module.file),
                module.name
            );
            out.push(clash(here, text, start_of(other), "the other file"));
            continue;
        }
        if let Some(other) = root.filter(|_| module.root) {
            let text = format!(
                "`{}` and `{}` are both the root module of package `{}`",
                path(other.file),
                path(module.file),
                package.name
            );
            out.push(clash(here, text, start_of(other.file), "the other file"));
        }
        if module.root {
            root = root.or(Some(module));
        }
        let taken = package.manifest.dependencies.iter().find(|d| d.name == top);
        if let Some(dependency) = taken {
            let text = format!("module `{}` has the name of a dependency", module.name);
            out.push(clash(here, text, dependency.place, "the dependency"));
        } else if top == "std" || top == "icmp" {
            let text = format!(
                "module `{}` takes the name of the built-in `{top}`",
                module.name
            );
            let found = Diagnostic::new(&names::SHADOWS_PRELUDE, here, text);
            out.push(found.help("rename the file or folder"));
        }
    }
}

fn clash(at: Place, text: String, other: Place, label: &str) -> Diagnostic<Place> {
    Diagnostic::new(&names::MODULE_CLASH, at, text)
        .also(other, label)
        .help("rename one of them")
}

fn start_of(file: FileId) -> Place {
    Place::in_file(file, TextRange::at(0))
}
