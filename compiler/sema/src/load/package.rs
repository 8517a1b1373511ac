//! A package with `npl.toml`, and the packages that it depends on.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use npl_diagnostics::{
    Diagnostic, FileId, Place, TextRange,
    codes::{config, names},
    suggest,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{
    LoadError, LoadRequest, Module, Package, Problem, Program, arena::Arena, modules, paths,
    unreadable,
};
use crate::{
    files::{FileKind, Files, Found, MANIFEST_NAME, Outputs, join, walk, yaml_below},
    limits::PACKAGES_MAX,
    manifest::{self, Dependency, Manifest, PathEntry},
};

pub(super) fn program(
    files: &dyn Files,
    request: &LoadRequest,
    folder: &Utf8Path,
) -> Result<Program, LoadError> {
    let mut loader = Loader {
        arena: Arena::new(files, folder),
        request,
        packages: Vec::new(),
        done: FxHashMap::default(),
        open: Vec::new(),
        seen: FxHashSet::default(),
        yaml: Vec::new(),
        inventory: Vec::new(),
        named: Vec::new(),
        outputs: 0,
        broken: Vec::new(),
        diagnostics: Vec::new(),
        problems: Vec::new(),
    };
    loader.package(folder)?;
    if !loader.problems.is_empty() {
        return Err(LoadError {
            problems: loader.problems,
        });
    }
    let name = loader.packages.first().map(|p| p.name.clone());
    Ok(Program {
        name: name.unwrap_or_default(),
        root: folder.to_owned(),
        texts: loader.arena.texts,
        packages: loader.packages,
        yaml: loader.yaml,
        inventory: loader.inventory,
        named: loader.named,
        outputs: loader.outputs,
        broken: loader.broken,
        today: request.today,
        stage_observe: request.stage_observe,
        diagnostics: loader.diagnostics,
    })
}

struct Loader<'a> {
    arena: Arena<'a>,
    request: &'a LoadRequest,
    packages: Vec<Package>,
    /// Canonical folders of the packages that were read.
    done: FxHashMap<Utf8PathBuf, usize>,
    /// Folders of the packages whose dependencies are being read, outermost first.
    open: Vec<Utf8PathBuf>,
    /// Sources that are modules already: source folders may overlap.
    seen: FxHashSet<FileId>,
    yaml: Vec<Utf8PathBuf>,
    inventory: Vec<Utf8PathBuf>,
    /// Files of the inventory that are named one by one.
    named: Vec<Utf8PathBuf>,
    /// Files in the source folders that a build wrote.
    outputs: usize,
    /// Links in the source folders that lead nowhere.
    broken: Vec<Problem>,
    diagnostics: Vec<Diagnostic<Place>>,
    problems: Vec<Problem>,
}

impl Loader<'_> {
    /// Reads the package in `folder` and what it depends on; its number.
    fn package(&mut self, folder: &Utf8Path) -> Result<usize, LoadError> {
        let number = self.packages.len();
        let id = self.arena.read(&folder.join(MANIFEST_NAME))?;
        let (manifest, found) = manifest::read(id, &self.arena.text(id));
        self.diagnostics.extend(found);
        let readable = manifest.is_some();
        let written = manifest.clone().unwrap_or_default();
        let manifest = self.in_env(folder, number == 0, manifest.unwrap_or_default())?;
        self.done.insert(folder.to_owned(), number);
        self.same_name(&manifest, id);
        self.packages.push(Package {
            name: manifest.name.clone(),
            manifest: Arc::new(manifest.clone()),
            modules: Vec::new(),
            dependencies: Vec::new(),
        });
        if !readable {
            return Ok(number);
        }
        self.open.push(folder.to_owned());
        let modules = self.sources(folder, number == 0, &manifest);
        let mut dependencies = Vec::new();
        for dependency in &manifest.dependencies {
            if let Some(at) = self.dependency(folder, dependency)? {
                dependencies.push((dependency.name.clone(), at));
            }
        }
        self.open.pop();
        if number == 0 {
            self.leave_inventories(folder, &written);
            for entry in &manifest.inventory {
                self.inventory(folder, entry);
            }
        }
        if let Some(package) = self.packages.get_mut(number) {
            package.modules = modules;
            package.dependencies = dependencies;
            let texts = &self.arena.texts;
            let path = |id: FileId| {
                texts
                    .get(id.0 as usize)
                    .map(|t| t.path.clone())
                    .unwrap_or_default()
            };
            modules::check_clashes(package, path, &mut self.diagnostics);
        }
        Ok(number)
    }

    /// Qualified names begin with the package's: no two packages of a program may share it.
    fn same_name(&mut self, manifest: &Manifest, id: FileId) {
        let name = &manifest.name;
        if !name.is_empty() && self.packages.iter().any(|p| p.name == *name) {
            let text = format!("two packages of the program are named `{name}`");
            let place = Place::in_file(id, TextRange::at(0));
            let found = Diagnostic::new(&names::MODULE_CLASH, place, text);
            self.diagnostics.push(found.help("rename one of them"));
        }
    }

    /// A dependency is in the environment of the same name if it has one.
    fn in_env(
        &self,
        folder: &Utf8Path,
        first: bool,
        manifest: Manifest,
    ) -> Result<Manifest, LoadError> {
        let Some(env) = &self.request.env else {
            return Ok(manifest);
        };
        match manifest.in_env(env) {
            Some(changed) => Ok(changed),
            None if first => Err(no_env(folder, env, &manifest).into()),
            None => Ok(manifest),
        }
    }

    fn sources(&mut self, folder: &Utf8Path, first: bool, manifest: &Manifest) -> Vec<Module> {
        let mut modules: Vec<Module> = Vec::new();
        let mut roots: Vec<(Utf8PathBuf, Option<Place>)> = manifest
            .source
            .iter()
            .map(|entry| (join(folder, &entry.path), Some(entry.place)))
            .collect();
        if roots.is_empty() {
            roots.push((folder.to_owned(), None));
        }
        for (root, place) in roots {
            if let Some(place) = place
                && self.arena.files.kind(&root) != Ok(FileKind::Folder)
            {
                self.missing(place, &root, "a source folder");
                continue;
            }
            let found = match walk(self.arena.files, &root, Outputs::LeaveOut) {
                Ok(found) => found,
                Err((path, error)) => {
                    self.problems.push(unreadable(&path, &error));
                    continue;
                }
            };
            self.keep(&root, first, &manifest.name, found, &mut modules);
        }
        let path = |module: &Module| {
            let text = self.arena.texts.get(module.file.0 as usize);
            text.map(|t| t.path.clone()).unwrap_or_default()
        };
        modules.sort_by_cached_key(|module| path(module));
        for module in &modules {
            self.diagnostics
                .extend(modules::check_name(module, &path(module)));
        }
        modules
    }

    fn keep(
        &mut self,
        root: &Utf8Path,
        first: bool,
        package: &str,
        found: Found,
        modules: &mut Vec<Module>,
    ) {
        for disk in found.npl {
            match self.arena.read(&disk) {
                Ok(file) if !self.seen.insert(file) => {}
                Ok(file) => {
                    let below = disk.strip_prefix(root).unwrap_or(&disk);
                    modules.push(modules::module(package, below, file));
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        let broken = found.broken.iter();
        self.broken
            .extend(broken.map(|(path, error)| unreadable(path, error)));
        if first {
            self.outputs += found.outputs;
            self.yaml.extend(found.yaml);
            self.yaml.sort();
            self.yaml.dedup();
        }
    }

    /// `None`: reported.
    fn dependency(
        &mut self,
        folder: &Utf8Path,
        dependency: &Dependency,
    ) -> Result<Option<usize>, LoadError> {
        let path = join(folder, &dependency.path);
        let Ok(canonical) = self.arena.files.canonical(&path) else {
            self.missing(dependency.place, &path, "a dependency");
            return Ok(None);
        };
        if !paths::is_package(self.arena.files, &canonical) {
            let text = format!("dependency `{}` has no `npl.toml`", dependency.name);
            let found = Diagnostic::new(&config::MISSING_PATH, dependency.place, text);
            self.diagnostics
                .push(found.help("its path must lead to a package"));
            return Ok(None);
        }
        if let Some(at) = self.open.iter().position(|open| *open == canonical) {
            self.cycle(at, dependency);
            return Ok(None);
        }
        if let Some(number) = self.done.get(&canonical) {
            return Ok(Some(*number));
        }
        if self.packages.len() > PACKAGES_MAX || self.open.len() > PACKAGES_MAX {
            let text = format!("the package depends on more than {PACKAGES_MAX} others");
            return Err(Problem::new(canonical, text).into());
        }
        self.package(&canonical).map(Some)
    }

    fn cycle(&mut self, at: usize, dependency: &Dependency) {
        let round = self.open.iter().skip(at);
        let names: Vec<String> = round
            .filter_map(|folder| self.packages.get(*self.done.get(folder)?))
            .map(|package| format!("`{}`", package.name))
            .collect();
        let first = names.first().cloned().unwrap_or_default();
        let text = format!("package {first} depends on itself");
        let round = format!("the round is {} and back to {first}", names.join(", "));
        let found = Diagnostic::new(&config::PACKAGE_CYCLE, dependency.place, text)
            .note(round)
            .help("move what both need into a package that depends on neither");
        self.diagnostics.push(found);
    }

    /// What some `[inventory]` names counts only where its table does: manifests of one environment
    /// below the sources say nothing of another.
    fn leave_inventories(&mut self, folder: &Utf8Path, written: &Manifest) {
        let of_envs = written.envs.iter().filter_map(|env| env.inventory.as_ref());
        let named: Vec<Utf8PathBuf> = written
            .inventory
            .iter()
            .chain(of_envs.flatten())
            .map(|entry| join(folder, &entry.path))
            .collect();
        self.yaml
            .retain(|path| !named.iter().any(|named| path.starts_with(named)));
    }

    fn inventory(&mut self, folder: &Utf8Path, entry: &PathEntry) {
        let path = join(folder, &entry.path);
        if self.arena.files.kind(&path).is_err() {
            self.missing(entry.place, &path, "an inventory");
            return;
        }
        match yaml_below(self.arena.files, &path) {
            Ok(below) if below.is_empty() => {
                let text = format!(
                    "`{}` is named as an inventory and holds no YAML",
                    entry.path
                );
                let found = Diagnostic::new(&config::MISSING_PATH, entry.place, text);
                self.diagnostics
                    .push(found.help("name a folder or file of manifests"));
            }
            Ok(below) => {
                if below.first() == Some(&path) {
                    self.named.push(path);
                }
                self.inventory.extend(below);
            }
            Err((path, error)) => self.problems.push(unreadable(&path, &error)),
        }
    }

    fn missing(&mut self, place: Place, path: &Utf8Path, what: &str) {
        let shown = crate::files::relative(self.arena.root(), path);
        let text = format!("`{shown}` is named as {what} and is not there");
        let found = Diagnostic::new(&config::MISSING_PATH, place, text);
        self.diagnostics
            .push(found.help("paths count from the folder of `npl.toml`"));
    }
}

fn no_env(folder: &Utf8Path, env: &str, manifest: &Manifest) -> Problem {
    let names: Vec<&str> = manifest.envs.iter().map(|e| e.name.as_str()).collect();
    let name: SmolStr = manifest.name.clone();
    let problem = Problem::new(
        folder,
        format!("package `{name}` has no environment `{env}`"),
    );
    match suggest(env, names.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => problem.help(format!("add `[env.{env}]` to its `npl.toml`")),
        None => {
            let listed = manifest::list(&names);
            problem.help(format!("its environments: {listed}"))
        }
    }
}
