//! Paths that belong to no package: together they are one, named after the single file or folder.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::{
    LoadError, LoadRequest, Module, Package, Problem, Program, arena::Arena, modules, paths::Loose,
    unreadable,
};
use crate::{
    files::{Files, Outputs, is_yaml, walk},
    manifest::Manifest,
    names::{is_identifier, to_rfc1123},
};

/// How output names standard input.
const STDIN: &str = "<stdin>";

/// What loose paths hold.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// Each with the folder that its module is named from.
    pub(super) npl: Vec<(Utf8PathBuf, Utf8PathBuf)>,
    pub(super) yaml: Vec<Utf8PathBuf>,
    /// Packages below loose folders.
    pub(super) packages: Vec<Utf8PathBuf>,
    /// Those of `yaml` that are named one by one.
    pub(super) named: Vec<Utf8PathBuf>,
    pub(super) outputs: usize,
    pub(super) broken: Vec<Problem>,
}

pub(super) fn collect(files: &dyn Files, loose: &[Loose]) -> Result<Collected, LoadError> {
    let mut out = Collected::default();
    let mut problems = Vec::new();
    for path in loose {
        let Loose { path, folder } = path;
        if !*folder {
            let base = path.parent().unwrap_or(Utf8Path::new("/")).to_owned();
            match is_yaml(path) {
                true => {
                    out.yaml.push(path.clone());
                    out.named.push(path.clone());
                }
                false => out.npl.push((base, path.clone())),
            }
            continue;
        }
        match collect_folder(files, path, &mut out) {
            Ok(true) => {}
            Ok(false) => {
                let message = format!("no `.npl` file and no YAML below `{path}`");
                let help = "name a source, or start a package with `nplc init`";
                problems.push(Problem::new(path.clone(), message).help(help));
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(out)
    } else {
        Err(LoadError { problems })
    }
}

/// Whether there was anything. Packages may hold packages below their source folders' siblings;
/// only the outermost are taken, as each package speaks for what lies below it.
fn collect_folder(
    files: &dyn Files,
    folder: &Utf8Path,
    out: &mut Collected,
) -> Result<bool, Problem> {
    let found = walk(files, folder, Outputs::ReadTop);
    let found = found.map_err(|(path, error)| unreadable(&path, &error))?;
    let any = !(found.npl.is_empty() && found.yaml.is_empty() && found.packages.is_empty());
    let pairs = found.npl.into_iter().map(|p| (folder.to_owned(), p));
    out.npl.extend(pairs);
    out.yaml.extend(found.yaml);
    out.outputs += found.outputs;
    let mut broken = found
        .broken
        .iter()
        .map(|(path, error)| unreadable(path, error));
    if !any && let Some(first) = broken.next() {
        return Err(first);
    }
    out.broken.extend(broken);
    for package in found.packages {
        let canonical = files
            .canonical(&package)
            .map_err(|error| unreadable(&package, &error))?;
        out.packages.push(canonical);
    }
    Ok(any)
}

pub(super) fn program(
    files: &dyn Files,
    request: &LoadRequest,
    loose: &[Loose],
    found: Collected,
) -> Result<Program, LoadError> {
    let root = root(loose);
    let name = name(request, loose);
    if let Some(env) = &request.env {
        let message = format!("`{root}` is no package, so it has no environment `{env}`");
        let help = "an environment is a table `[env.…]` of an `npl.toml`";
        return Err(Problem::new(root, message).help(help).into());
    }
    let mut arena = Arena::new(files, &root);
    let mut modules: Vec<Module> = Vec::new();
    let mut problems = Vec::new();
    let mut seen = FxHashSet::default();
    for (base, disk) in &found.npl {
        match arena.read(disk) {
            Ok(file) if !seen.insert(file) => {}
            Ok(file) => {
                let below = disk.strip_prefix(base).unwrap_or(disk);
                modules.push(modules::module(&name, below, file));
            }
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(text) = &request.stdin {
        match arena.add(SmolStr::new_static(STDIN), Utf8Path::new(STDIN), text) {
            Ok(file) => modules.push(Module {
                name: SmolStr::new_static("stdin"),
                file,
                root: found.npl.is_empty(),
            }),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(LoadError { problems });
    }
    let mut program = finish(request, root, name, arena, modules);
    program.yaml = found.yaml;
    program.named = found.named;
    program.outputs = found.outputs;
    program.broken = found.broken;
    Ok(program)
}

fn finish(
    request: &LoadRequest,
    root: Utf8PathBuf,
    name: SmolStr,
    arena: Arena<'_>,
    mut modules: Vec<Module>,
) -> Program {
    let texts = arena.texts;
    let path = |id: npl_diagnostics::FileId| {
        let text = texts.get(id.0 as usize);
        text.map(|t| t.path.clone()).unwrap_or_default()
    };
    modules.sort_by_cached_key(|module| path(module.file));
    let mut diagnostics = Vec::new();
    // One file is a complete program, whatever its name: nothing can import it.
    if let [only] = modules.as_mut_slice() {
        only.root = true;
        if !is_identifier(&only.name) {
            only.name = SmolStr::new_static("main");
        }
    }
    for module in &modules {
        diagnostics.extend(modules::check_name(module, &path(module.file)));
    }
    let package = Package {
        name: name.clone(),
        manifest: Arc::new(Manifest {
            name: name.clone(),
            ..Manifest::default()
        }),
        modules,
        dependencies: Vec::new(),
    };
    modules::check_clashes(&package, path, &mut diagnostics);
    Program {
        name,
        root,
        packages: vec![package],
        yaml: Vec::new(),
        inventory: Vec::new(),
        named: Vec::new(),
        outputs: 0,
        broken: Vec::new(),
        today: request.today,
        stage_observe: request.stage_observe,
        diagnostics,
        texts,
    }
}

/// The folder that paths in output count from: that of the single file, the single folder, or what
/// several have in common.
fn root(loose: &[Loose]) -> Utf8PathBuf {
    let folder = |l: &Loose| match l.folder {
        true => l.path.clone(),
        false => l.path.parent().unwrap_or(&l.path).to_owned(),
    };
    let mut folders = loose.iter().map(folder);
    let first = folders.next().unwrap_or_else(|| Utf8PathBuf::from("/"));
    folders.fold(first, |have, next| {
        let common = have.ancestors().find(|a| next.starts_with(a));
        common.map(Utf8Path::to_owned).unwrap_or(have)
    })
}

fn name(request: &LoadRequest, loose: &[Loose]) -> SmolStr {
    let npl = SmolStr::new_static("npl");
    // Manifests beside a program rename none of its objects: that would open what they seal.
    let is_program = |l: &&Loose| l.folder || !is_yaml(&l.path);
    let mut programs: Vec<&Loose> = loose.iter().filter(is_program).collect();
    if programs.is_empty() {
        programs.extend(loose);
    }
    match programs.as_slice() {
        [only] if request.stdin.is_none() => {
            let name = if only.folder {
                only.path.file_name()
            } else {
                only.path.file_stem()
            };
            name.map_or(npl, to_rfc1123)
        }
        _ => npl,
    }
}
