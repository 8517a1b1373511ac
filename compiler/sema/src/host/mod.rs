//! [`Host`]: one program in a database, as the command line and the editor use it.
//!
//! It takes edits and answers; what it answers depends on the program, the inventory and the day
//! alone, whatever the number of threads and the order of questions.

mod at;
mod build;
mod finish;
mod flow;
mod lost;
mod model;

#[cfg(test)]
mod tests;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use npl_diagnostics::{Diagnostic, FileId, Label, Place, Sources, codes::inventory as codes};
use npl_policy::{inventory::Inventory, model::Model};
use npl_syntax::ast::Date;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use salsa::{Durability, Setter as _};
use smol_str::SmolStr;

pub use at::ItemAt;

use crate::{
    db::{self, Database, SourceFile, World},
    eval::SERVICE_DECLARED,
    limits::LABELS_MAX,
    load::Program,
    manifest::Manifest,
};

/// A program, its edits and its answers.
pub struct Host {
    db: Database,
    program: Program,
    /// By `FileId`.
    texts: Vec<Text>,
    by_path: FxHashMap<SmolStr, FileId>,
    /// The first is the one under work, the last is `std`.
    packages: Vec<db::Package>,
    /// The slot of the flow that was parsed last.
    flow: Option<FileId>,
    jobs: usize,
    strict: bool,
    /// The first answer is worked out on all cores; later ones have little left to do.
    warm: AtomicBool,
    model: Mutex<Option<Arc<Model>>>,
}

struct Text {
    path: SmolStr,
    text: Arc<str>,
    file: Option<SourceFile>,
}

impl Host {
    pub fn new(program: Program) -> Self {
        build::host(program, None)
    }

    /// How many threads may work on an answer; 1 for none beside the caller's. 0, the default, is
    /// one for each core.
    pub fn set_jobs(&mut self, jobs: usize) {
        self.jobs = jobs;
    }

    /// Claims that hold only under assumptions, or only for the pods of the inventory, fail.
    pub fn set_strict(&mut self, strict: bool) {
        self.strict = strict;
    }

    pub fn is_strict(&self) -> bool {
        self.strict
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    /// `npl.toml` with the environment applied; of loose files one that says nothing.
    pub fn manifest(&self) -> &Manifest {
        static NONE: std::sync::LazyLock<Manifest> = std::sync::LazyLock::new(Manifest::default);
        self.program
            .packages
            .first()
            .map_or(&NONE, |package| &package.manifest)
    }

    /// The source with this path, those of the standard library included.
    pub fn file_named(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path).copied()
    }

    /// Replaces the text of a source. `false`: no source has this path.
    pub fn set_text(&mut self, path: &str, text: &str) -> bool {
        let id = self.by_path.get(path).copied();
        let slot = id.and_then(|id| self.texts.get_mut(id.0 as usize));
        let Some((slot, file)) = slot.and_then(|slot| slot.file.map(|file| (slot, file))) else {
            return false;
        };
        if *slot.text == *text {
            return true;
        }
        slot.text = Arc::from(text);
        let text = Arc::clone(&slot.text);
        file.set_text(&mut self.db)
            .with_durability(Durability::LOW)
            .to(text);
        self.changed();
        self.find_circles();
        true
    }

    /// Says that a source is about to be edited. The first edit of a file that was not opened does
    /// it by itself, and costs once what else opening does: its items count as new.
    pub fn open(&mut self, path: &str) -> bool {
        let id = self.by_path.get(path).copied();
        let slot = id.and_then(|id| self.texts.get(id.0 as usize));
        let Some((slot, file)) = slot.and_then(|slot| slot.file.map(|file| (slot, file))) else {
            return false;
        };
        let text = Arc::clone(&slot.text);
        file.set_text(&mut self.db)
            .with_durability(Durability::LOW)
            .to(text);
        self.find_circles();
        true
    }

    pub fn set_inventory(&mut self, inventory: Option<Arc<Inventory>>) {
        World::get(&self.db)
            .set_inventory(&mut self.db)
            .to(inventory);
        self.changed();
    }

    pub fn set_today(&mut self, today: Option<Date>) {
        World::get(&self.db).set_today(&mut self.db).to(today);
        self.changed();
    }

    /// Gives a number to a text that is no NPL, such as a manifest of the inventory, so that
    /// findings can point into it.
    pub fn add_source(&mut self, path: &str, text: &str) -> FileId {
        let id = FileId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(Text {
            path: SmolStr::new(path),
            text: Arc::from(text),
            file: None,
        });
        id
    }

    /// Everything that is wrong with names, kinds, declarations, rules and `npl.toml`. Lints of the
    /// model and claims are the caller's to ask of [`Host::model`].
    pub fn diagnostics(&self) -> Vec<Diagnostic<Place>> {
        let mut out = self.program.diagnostics.clone();
        if let Some(own) = self.packages.first() {
            out.extend_from_slice(db::check_package(&self.db, *own));
        }
        for found in self.check() {
            out.extend_from_slice(&found);
        }
        if let Some(own) = self.packages.first() {
            for file in own.files(&self.db) {
                out.extend_from_slice(db::unused(&self.db, *file));
            }
        }
        once_for_each_service(out)
    }

    /// Keeps `known_circles` what `circles` answers. `std` has none: a test says so.
    fn find_circles(&mut self) {
        let own = self.packages.iter().take(self.program.packages.len());
        for package in own.copied().collect::<Vec<_>>() {
            let found = db::circles(&self.db, package);
            if *found != **package.known_circles(&self.db) {
                let found = Arc::new(found.clone());
                package.set_known_circles(&mut self.db).to(found);
            }
        }
    }

    /// Cuts, and parses what declarations mention, on all cores.
    fn prepare(&mut self) {
        let packages = self.packages.iter().take(self.program.packages.len());
        let files: Vec<SourceFile> = packages
            .flat_map(|package| package.files(&self.db))
            .copied()
            .collect();
        files.par_iter().for_each_with(self.db.clone(), |db, file| {
            db::edges(db, *file);
        });
        self.find_circles();
    }

    /// Each file's findings, in the order of packages and paths.
    fn check(&self) -> Vec<Arc<[Diagnostic<Place>]>> {
        let checked = self.packages.iter().take(self.program.packages.len());
        let files: Vec<SourceFile> = checked
            .flat_map(|package| package.files(&self.db))
            .copied()
            .collect();
        if self.jobs == 1 || self.warm.swap(true, Ordering::Relaxed) {
            let one = |file: &SourceFile| Arc::clone(db::check(&self.db, *file));
            return files.iter().map(one).collect();
        }
        files
            .par_iter()
            .map_with(self.db.clone(), |db, file| Arc::clone(db::check(db, *file)))
            .collect()
    }

    /// The path and text of a file.
    pub fn source(&self, file: FileId) -> Option<(SmolStr, Arc<str>)> {
        let text = self.texts.get(file.0 as usize)?;
        Some((text.path.clone(), Arc::clone(&text.text)))
    }

    /// The sources of the package under work, sorted by path.
    pub fn files(&self) -> Vec<(FileId, SmolStr)> {
        let own = self.packages.first();
        own.into_iter()
            .flat_map(|package| package.files(&self.db))
            .map(|file| (file.id(&self.db), file.path(&self.db).clone()))
            .collect()
    }

    fn changed(&mut self) {
        if let Ok(model) = self.model.get_mut() {
            *model = None;
        }
    }

    fn source_file(&self, file: FileId) -> Option<SourceFile> {
        self.texts.get(file.0 as usize)?.file
    }
}

impl Sources for Host {
    fn path(&self, file: FileId) -> &str {
        self.texts.get(file.0 as usize).map_or("", |t| &t.path)
    }

    fn text(&self, file: FileId) -> &str {
        self.texts.get(file.0 as usize).map_or("", |t| &t.text)
    }
}

/// What is wrong with a service itself is said at its first use; the others are named beside it.
fn once_for_each_service(found: Vec<Diagnostic<Place>>) -> Vec<Diagnostic<Place>> {
    let of_service = |d: &Diagnostic<Place>| {
        let declared = d
            .labels
            .iter()
            .find(|label| label.text == SERVICE_DECLARED)?;
        [&codes::SERVICE_NEEDS_INVENTORY, &codes::UNKNOWN_SERVICE]
            .contains(&d.code)
            .then_some((d.code.id, declared.at))
    };
    let mut first: FxHashMap<(&str, Place), usize> = FxHashMap::default();
    let mut out: Vec<Diagnostic<Place>> = Vec::with_capacity(found.len());
    for diagnostic in found {
        let known = of_service(&diagnostic).and_then(|key| match first.get(&key) {
            Some(at) => Some(*at),
            None => {
                first.insert(key, out.len());
                None
            }
        });
        match known.and_then(|at| out.get_mut(at)) {
            None => out.push(diagnostic),
            Some(one) if one.labels.len() <= LABELS_MAX => {
                one.labels.push(Label {
                    at: diagnostic.at,
                    text: "also named here".to_owned(),
                });
            }
            Some(_) => {}
        }
    }
    out
}
