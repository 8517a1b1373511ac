//! What other files declare, and what is near to a name: looked up for each unknown name of a file,
//! so made once and not for each.

use npl_diagnostics::Nearest;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{
    Db, Package, SourceFile,
    cut::{Item, declared},
    module::{Binding, module_scope},
    refs::Wanted,
};
use crate::{eval::prelude, names::skeleton};

/// The declarations of a package by name, and by what a reader may take for it. Of each file the
/// first one, in order of the files.
#[derive(salsa::SalsaValue, PartialEq, Eq)]
pub(crate) struct Declarations<'db> {
    items: Vec<Item<'db>>,
    /// Indexes into `items`.
    exact: FxHashMap<SmolStr, Vec<u32>>,
    alike: FxHashMap<SmolStr, Vec<u32>>,
}

#[salsa::tracked(returns(ref))]
pub(crate) fn declarations<'db>(db: &'db dyn Db, package: Package) -> Declarations<'db> {
    let mut out = Declarations {
        items: Vec::new(),
        exact: FxHashMap::default(),
        alike: FxHashMap::default(),
    };
    for file in package.files(db) {
        let start = u32::try_from(out.items.len()).unwrap_or(u32::MAX);
        for item in &declared(db, *file).all {
            let Some(name) = item.name(db) else {
                continue;
            };
            let at = u32::try_from(out.items.len()).unwrap_or(u32::MAX);
            out.items.push(*item);
            for (map, key) in [
                (&mut out.exact, name.clone()),
                (&mut out.alike, skeleton(name)),
            ] {
                let list = map.entry(key).or_default();
                if list.last().is_none_or(|last| *last < start) {
                    list.push(at);
                }
            }
        }
    }
    out
}

impl<'db> Declarations<'db> {
    /// What another file than `home` declares by this name and may stand there.
    pub(crate) fn exact(
        &self,
        db: &'db dyn Db,
        home: SourceFile,
        name: &str,
        wanted: Wanted,
    ) -> Option<Item<'db>> {
        self.first(db, home, self.exact.get(name), wanted)
    }

    /// The same for a name that looks like it.
    pub(crate) fn alike(
        &self,
        db: &'db dyn Db,
        home: SourceFile,
        look: &str,
        wanted: Wanted,
    ) -> Option<Item<'db>> {
        self.first(db, home, self.alike.get(look), wanted)
    }

    fn first(
        &self,
        db: &'db dyn Db,
        home: SourceFile,
        list: Option<&Vec<u32>>,
        wanted: Wanted,
    ) -> Option<Item<'db>> {
        let items = list?
            .iter()
            .filter_map(|at| self.items.get(*at as usize).copied());
        let mut elsewhere = items.filter(|item| item.file(db) != home);
        elsewhere.find(|item| wanted.fits(item.word(db)))
    }
}

/// Names that may stand in one kind of place.
pub(super) struct Known<'db> {
    pub(super) nearest: Nearest<'db>,
    pub(super) looks: FxHashSet<SmolStr>,
}

/// Of the file itself.
pub(super) fn own<'db>(db: &'db dyn Db, file: SourceFile, wanted: Wanted) -> Known<'db> {
    let scope = module_scope(db, file);
    let fits = |name: &&str| match scope.get(name) {
        Some(Binding::Item(item)) => wanted.fits(item.word(db)),
        _ => true,
    };
    let entities = prelude::names().filter(|name| match wanted {
        Wanted::Port | Wanted::Template | Wanted::Literal | Wanted::Nothing => false,
        Wanted::End | Wanted::Arg | Wanted::Default => *name != prelude::ICMP,
    });
    let mut names: Vec<&'db str> = scope.names().into_iter().filter(fits).collect();
    for name in entities {
        names.push(name);
    }
    Known {
        looks: names.iter().map(|name| skeleton(name)).collect(),
        nearest: Nearest::new(names),
    }
}

/// Of the other packages that this one sees.
pub(super) fn others<'db>(db: &'db dyn Db, file: SourceFile, wanted: Wanted) -> Nearest<'db> {
    let others = file.package(db).others(db).iter();
    let files = others.flat_map(|(_, other)| other.files(db));
    let items = files.flat_map(|file| declared(db, *file).all.iter());
    let fits = items.filter(|item| wanted.fits(item.word(db)));
    Nearest::new(fits.filter_map(|item| item.name(db).as_deref()))
}
