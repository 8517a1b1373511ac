//! `use`: from a path to the item that it names.

use npl_diagnostics::{Diagnostic, Place, TextRange, codes::names, suggest};
use npl_syntax::{
    ast::{self, ItemKind, UseWhat},
    is_reserved,
};
use smol_str::SmolStr;

use super::{
    Db, Package, SourceFile,
    cut::{Item, declared, parse},
    intended::intended,
    module::module_scope,
};
use crate::{limits::NAMES_OFFERED_MAX, manifest, stdlib};

/// One name that a `use` brings in.
#[derive(salsa::SalsaValue, PartialEq, Eq, Clone)]
pub(crate) struct Import<'db> {
    /// As this file knows it.
    pub(crate) name: SmolStr,
    /// The `use` item.
    pub(crate) item: Item<'db>,
    /// Of the name, in the `use` item.
    pub(crate) range: TextRange,
    /// `None`: reported.
    pub(crate) target: Option<Item<'db>>,
    /// Nothing is wrong with its name.
    pub(crate) fine: bool,
}

/// What one `use` item brings in.
pub(crate) fn import<'db>(
    db: &'db dyn Db,
    file: SourceFile,
    item: Item<'db>,
    out: &mut Vec<Diagnostic<Place>>,
) -> Vec<Import<'db>> {
    let tree = &parse(db, item).item;
    // Of a part of a path nobody knows where the whole leads: `intended` holds its names.
    let (ItemKind::Use(tree), true) = (&tree.kind, tree.whole) else {
        return Vec::new();
    };
    let importer = Importer { db, file, item };
    let (last, before) = match tree.path.segments.split_last() {
        Some(split) => split,
        None => return Vec::new(),
    };
    match &tree.what {
        UseWhat::Names(list) => {
            let module = importer.module(&tree.path.segments, tree.path.span, out);
            let one = |name: &ast::Name| Import {
                name: name.node.clone(),
                item,
                range: name.span,
                target: None,
                fine: true,
            };
            list.iter()
                .map(|name| Import {
                    target: module.and_then(|m| importer.name(m, name, out)),
                    ..one(name)
                })
                .collect()
        }
        UseWhat::Last | UseWhat::As(_) => {
            let target = importer.single(before, last, tree.path.span, out);
            let local = match &tree.what {
                UseWhat::As(alias) => alias,
                _ => last,
            };
            vec![Import {
                name: local.node.clone(),
                item,
                range: local.span,
                target,
                fine: true,
            }]
        }
    }
}

/// The package and the module that segments lead to; the module is `None` where there is none.
fn lookup<'a>(
    db: &dyn Db,
    file: SourceFile,
    segments: impl IntoIterator<Item = &'a str>,
) -> (Option<Package>, Option<SourceFile>) {
    let segments: Vec<&str> = segments.into_iter().collect();
    let own = file.package(db);
    let Some((first, rest)) = segments.split_first() else {
        return (None, None);
    };
    let other = own.others(db).iter().find(|(name, _)| name == first);
    let Some((_, other)) = other else {
        let module = own.modules(db).get(segments.join(".").as_str()).copied();
        return (None, module);
    };
    let module = if rest.is_empty() {
        other.files(db).iter().copied().find(|file| file.root(db))
    } else {
        other.modules(db).get(rest.join(".").as_str()).copied()
    };
    (Some(*other), module)
}

/// The item that a whole path leads to, if there is one: `std.cloud.metadata`.
pub(crate) fn find<'db>(
    db: &'db dyn Db,
    file: SourceFile,
    segments: &[ast::Name],
) -> Option<Item<'db>> {
    let (last, before) = segments.split_last()?;
    let (_, module) = lookup(db, file, before.iter().map(|s| s.node.as_str()));
    declared(db, module?).get(&last.node)
}

/// What a file calls an item that it imports; `Some(None)` where it does not and has another thing
/// of that name.
pub(crate) fn called(
    db: &dyn Db,
    file: SourceFile,
    module: &[&str],
    name: &str,
) -> Option<Option<SmolStr>> {
    let scope = module_scope(db, file);
    let (_, found) = lookup(db, file, module.iter().copied());
    let item = found.and_then(|module| declared(db, module).get(name));
    let mut imports = scope.imports.iter().filter(|i| i.target.is_some());
    let import = imports.find(|i| i.target == item);
    match import {
        Some(import) => Some(Some(import.name.clone())),
        None => scope.get(name).map(|_| None),
    }
}

struct Importer<'db> {
    db: &'db dyn Db,
    file: SourceFile,
    item: Item<'db>,
}

impl<'db> Importer<'db> {
    fn place(&self, range: TextRange) -> Place {
        self.item.place(self.db, range)
    }

    fn single(
        &self,
        before: &[ast::Name],
        last: &ast::Name,
        whole: TextRange,
        out: &mut Vec<Diagnostic<Place>>,
    ) -> Option<Item<'db>> {
        let all = before.iter().chain([last]).map(|s| s.node.as_str());
        let (_, module) = lookup(self.db, self.file, before.iter().map(|s| s.node.as_str()));
        if let Some(found) = module.and_then(|m| declared(self.db, m).get(&last.node)) {
            return Some(found);
        }
        let path: Vec<&str> = all.clone().collect();
        let path = path.join(".");
        if let (package, Some(whole_module)) = lookup(self.db, self.file, all.clone()) {
            let names = declared(self.db, whole_module);
            let example = names
                .all
                .first()
                .and_then(|item| item.name(self.db).clone());
            let example = example.unwrap_or_else(|| SmolStr::new_static("name"));
            let what = if package.is_some() && before.is_empty() {
                "package"
            } else {
                "module"
            };
            out.push(self.not_a_name(whole, &path, what, &example));
            return None;
        }
        if let (Some(_), None) = lookup(self.db, self.file, all)
            && before.is_empty()
        {
            out.push(self.not_a_name(whole, &path, "package", "module.name"));
            return None;
        }
        match module {
            Some(module) => self.name(module, last, out),
            None => {
                let segments: Vec<&ast::Name> = match before {
                    [] => vec![last],
                    before => before.iter().collect(),
                };
                self.unknown_module(&segments, whole, out);
                None
            }
        }
    }

    fn not_a_name(
        &self,
        range: TextRange,
        path: &str,
        what: &str,
        example: &str,
    ) -> Diagnostic<Place> {
        let text = format!("`{path}` is a {what}, and `use` brings in names");
        Diagnostic::new(&names::MODULE_AS_NAME, self.place(range), text).help(format!(
            "name what you want from it, as in `use {path}.{example}`"
        ))
    }

    fn module(
        &self,
        segments: &[ast::Name],
        range: TextRange,
        out: &mut Vec<Diagnostic<Place>>,
    ) -> Option<SourceFile> {
        let (_, module) = lookup(self.db, self.file, segments.iter().map(|s| s.node.as_str()));
        if module.is_none() {
            let segments: Vec<&ast::Name> = segments.iter().collect();
            self.unknown_module(&segments, range, out);
        }
        module
    }

    fn name(
        &self,
        module: SourceFile,
        name: &ast::Name,
        out: &mut Vec<Diagnostic<Place>>,
    ) -> Option<Item<'db>> {
        let have = declared(self.db, module);
        if let Some(found) = have.get(&name.node) {
            return Some(found);
        }
        // The parser has said of a reserved word that it is no name.
        if is_reserved(&name.node) || intended(self.db, module).contains(&name.node) {
            return None;
        }
        let shown = self.shown(module);
        let text = format!("module `{shown}` declares no `{}`", name.node);
        let found = Diagnostic::new(&names::UNKNOWN_NAME, self.place(name.span), text);
        let known = have
            .all
            .iter()
            .filter_map(|item| item.name(self.db).as_deref());
        out.push(match suggest(&name.node, known) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                false,
                self.place(name.span),
                near,
            ),
            // Nobody declares anything in the standard library.
            None if shown.split('.').next() == Some(stdlib::NAME) => {
                let names = have
                    .all
                    .iter()
                    .filter_map(|item| item.name(self.db).as_deref());
                let (mut near, others): (Vec<&str>, Vec<&str>) =
                    names.partition(|known| known.contains(name.node.as_str()));
                near.extend(others);
                near.truncate(NAMES_OFFERED_MAX);
                found.help(format!(
                    "it declares {}, among others",
                    manifest::list(&near)
                ))
            }
            None => found.help(format!("declare it in `{}`", module.path(self.db))),
        });
        None
    }

    /// A module as `use` names it here.
    fn shown(&self, module: SourceFile) -> String {
        let package = module.package(self.db);
        let own = self.file.package(self.db);
        let name = module.module(self.db);
        let others = own.others(self.db).iter();
        match others
            .filter(|(_, other)| *other == package)
            .map(|(n, _)| n)
            .next()
        {
            Some(prefix) if module.root(self.db) => prefix.to_string(),
            Some(prefix) => format!("{prefix}.{name}"),
            None => name.to_string(),
        }
    }

    /// `whole` is the range of no segments. Of a reserved word the parser has said that it is no
    /// name.
    fn unknown_module(
        &self,
        segments: &[&ast::Name],
        whole: TextRange,
        out: &mut Vec<Diagnostic<Place>>,
    ) {
        if segments.iter().any(|name| is_reserved(&name.node)) {
            return;
        }
        let range = span(segments).unwrap_or(whole);
        let own = self.file.package(self.db);
        let written: Vec<&str> = segments.iter().map(|s| s.node.as_str()).collect();
        let written = written.join(".");
        let text = format!("there is no module `{written}`");
        let found = Diagnostic::new(&names::UNKNOWN_MODULE, self.place(range), text);
        let mut known: Vec<String> = own
            .modules(self.db)
            .keys()
            .map(SmolStr::to_string)
            .collect();
        for (prefix, other) in own.others(self.db).iter() {
            let modules = other.modules(self.db).keys();
            known.extend(modules.map(|name| format!("{prefix}.{name}")));
        }
        known.sort_unstable();
        out.push(match suggest(&written, known.iter().map(String::as_str)) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                false,
                self.place(range),
                near,
            ),
            None => found.help(
                "a path begins with `std`, a dependency of `npl.toml`, or a module of this package",
            ),
        });
    }
}

fn span(segments: &[&ast::Name]) -> Option<TextRange> {
    let first = segments.first()?.span;
    let last = segments.last()?.span;
    Some(first.cover(last))
}
