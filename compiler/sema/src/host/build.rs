//! The database's inputs, from a program that was read.

use std::sync::{Arc, Mutex, atomic::AtomicBool};

use npl_diagnostics::FileId;
use rustc_hash::FxHashMap;
use salsa::{Durability, Setter as _};
use smol_str::{SmolStr, format_smolstr};

use super::{Host, Text};
use crate::{
    db::{self, Database, SourceFile, Watch, World},
    load::{self, Program},
    manifest::Manifest,
    stdlib,
};

/// `watch` hears of every query that runs.
pub(super) fn host(program: Program, watch: Option<Watch>) -> Host {
    let db = Database::new(watch);
    let texts = program.texts.iter().map(|source| Text {
        path: source.path.clone(),
        text: Arc::clone(&source.text),
        file: None,
    });
    let texts: Vec<Text> = texts.collect();
    let mut host = Host {
        db,
        by_path: FxHashMap::default(),
        packages: Vec::new(),
        flow: None,
        jobs: 0,
        strict: false,
        warm: AtomicBool::new(false),
        model: Mutex::new(None),
        texts,
        program,
    };
    for (number, package) in host.program.packages.clone().iter().enumerate() {
        add_package(&mut host, number == 0, package);
    }
    let std = add_std(&mut host);
    host.packages.push(std);
    for (number, package) in host.program.packages.clone().iter().enumerate() {
        let known = package.dependencies.iter();
        let mut others: Vec<(SmolStr, db::Package)> = known
            .filter_map(|(name, at)| Some((name.clone(), *host.packages.get(*at)?)))
            .collect();
        others.push((SmolStr::new_static(stdlib::NAME), std));
        if let Some(package) = host.packages.get(number) {
            package
                .set_others(&mut host.db)
                .with_durability(Durability::HIGH)
                .to(Arc::new(others));
        }
    }
    let files = host.texts.iter().map(|text| text.file).collect();
    let _world = World::builder(files, None, host.program.today)
        .files_durability(Durability::HIGH)
        .inventory_durability(Durability::MEDIUM)
        .today_durability(Durability::MEDIUM)
        .new(&host.db);
    host.by_path = paths(&host.texts);
    host.prepare();
    host
}

/// Of two files with one path, the first: the program's own.
fn paths(texts: &[Text]) -> FxHashMap<SmolStr, FileId> {
    let mut out = FxHashMap::default();
    for (id, text) in texts.iter().enumerate() {
        let id = FileId(u32::try_from(id).unwrap_or(u32::MAX));
        out.entry(text.path.clone()).or_insert(id);
    }
    out
}

fn add_package(host: &mut Host, own: bool, package: &load::Package) {
    let db = &mut host.db;
    let made = new_package(db, &package.name, own, Arc::clone(&package.manifest));
    let mut files = Vec::with_capacity(package.modules.len());
    for module in &package.modules {
        let Some(slot) = host.texts.get_mut(module.file.0 as usize) else {
            continue;
        };
        let file = new_file(db, module.file, slot, module, made, Durability::MEDIUM);
        slot.file = Some(file);
        files.push((module.name.clone(), file));
    }
    set_files(db, made, files);
    host.packages.push(made);
}

fn add_std(host: &mut Host) -> db::Package {
    let manifest = Arc::new(Manifest::default());
    let std = new_package(&host.db, stdlib::NAME, false, manifest);
    let mut files = Vec::with_capacity(stdlib::MODULES.len());
    for (name, text) in stdlib::MODULES {
        let id = host.add_source(&format!("{}/{name}.npl", stdlib::NAME), text);
        let module = load::Module {
            name: SmolStr::new_static(name),
            file: id,
            root: false,
        };
        if let Some(slot) = host.texts.get_mut(id.0 as usize) {
            let file = new_file(&host.db, id, slot, &module, std, Durability::HIGH);
            slot.file = Some(file);
            files.push((module.name, file));
        }
    }
    let db = &mut host.db;
    set_files(db, std, files);
    let others = vec![(SmolStr::new_static(stdlib::NAME), std)];
    std.set_others(db)
        .with_durability(Durability::HIGH)
        .to(Arc::new(others));
    std
}

fn new_package(db: &Database, name: &str, own: bool, manifest: Arc<Manifest>) -> db::Package {
    db::Package::builder(format_smolstr!("{name}"), own, manifest)
        .durability(Durability::HIGH)
        .new(db)
}

fn new_file(
    db: &Database,
    id: FileId,
    slot: &Text,
    module: &load::Module,
    package: db::Package,
    durability: Durability,
) -> SourceFile {
    SourceFile::builder(
        id,
        slot.path.clone(),
        module.name.clone(),
        module.root,
        package,
        Arc::clone(&slot.text),
    )
    .durability(Durability::HIGH)
    .text_durability(durability)
    .new(db)
}

fn set_files(db: &mut Database, package: db::Package, files: Vec<(SmolStr, SourceFile)>) {
    let mut modules: FxHashMap<SmolStr, SourceFile> = FxHashMap::default();
    for (name, file) in &files {
        modules.entry(name.clone()).or_insert(*file);
    }
    let files = files.into_iter().map(|(_, file)| file).collect();
    package
        .set_files(db)
        .with_durability(Durability::HIGH)
        .to(files);
    package
        .set_modules(db)
        .with_durability(Durability::HIGH)
        .to(Arc::new(modules));
}
