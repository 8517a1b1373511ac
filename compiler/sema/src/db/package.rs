//! What `npl.toml` says of names that only the sources know.

use npl_diagnostics::{Diagnostic, Place, codes::config, suggest};
use npl_syntax::ItemWord;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::{Db, Package, cut::declared};
use crate::manifest::Stage;

/// Findings in the `npl.toml` of a package.
#[salsa::tracked(returns(ref))]
pub(crate) fn check_package(db: &dyn Db, package: Package) -> Vec<Diagnostic<Place>> {
    let manifest = package.manifest(db);
    let mut out = Vec::new();
    let params = declared_names(db, package, ItemWord::Param);
    let mut seen: FxHashSet<Place> = FxHashSet::default();
    let bound = manifest.envs.iter().flat_map(|env| &env.params);
    for param in bound.filter(|param| !params.contains(&param.name)) {
        if seen.insert(param.place) {
            let text = format!(
                "no file of the package declares the parameter `{}`",
                param.name
            );
            let found = Diagnostic::new(&config::UNKNOWN_PARAM, param.place, text);
            out.push(nearest(found, &param.name, &params, "param"));
        }
    }
    let own = manifest.stage.iter();
    let stages = own.chain(manifest.envs.iter().filter_map(|env| env.stage.as_ref()));
    let workloads = declared_names(db, package, ItemWord::Workload);
    for stage in stages {
        let Stage::Workloads(names) = stage else {
            continue;
        };
        for (name, place) in names {
            if !workloads.contains(name) && seen.insert(*place) {
                let text = format!("the package owns no workload `{name}`");
                let found = Diagnostic::new(&config::UNKNOWN_OBSERVED, *place, text);
                out.push(nearest(found, name, &workloads, "workload"));
            }
        }
    }
    out
}

fn nearest(
    found: Diagnostic<Place>,
    name: &str,
    known: &FxHashSet<SmolStr>,
    word: &str,
) -> Diagnostic<Place> {
    match suggest(name, known.iter().map(SmolStr::as_str)) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found.help(format!("declare it with `{word}`, or remove it here")),
    }
}

/// Names as they are declared, and with their module before them.
fn declared_names(db: &dyn Db, package: Package, word: ItemWord) -> FxHashSet<SmolStr> {
    let mut out = FxHashSet::default();
    for file in package.files(db) {
        let all = declared(db, *file).all.iter();
        for item in all.filter(|item| item.word(db) == word) {
            if let Some(name) = item.name(db) {
                out.insert(smol_str::format_smolstr!("{}.{name}", file.module(db)));
                out.insert(name.clone());
            }
        }
    }
    out
}
