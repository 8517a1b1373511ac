//! The names of one file: declared, imported, with what is wrong between them.

use npl_diagnostics::{
    Diagnostic, Place, TextRange,
    codes::{names, sets},
};
use npl_syntax::ast::ItemKind;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{
    Db, SourceFile,
    cut::{Declared, Item, declared, name_range, parse},
    importing::{Import, import},
};
use crate::{
    eval::prelude,
    names::{is_rfc1123, skeleton},
};

/// What a name of a file is bound to.
#[derive(salsa::SalsaValue, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Binding<'db> {
    Item(Item<'db>),
    /// An import that leads nowhere, which was reported.
    Broken,
}

#[derive(salsa::SalsaValue, PartialEq)]
pub(crate) struct ModuleScope<'db> {
    by_name: FxHashMap<SmolStr, u32>,
    bindings: Vec<Binding<'db>>,
    pub(crate) imports: Vec<Import<'db>>,
    /// Names that imports would bring in if they were spelt right; those were reported.
    pub(crate) meant: Vec<SmolStr>,
    /// Of the file's `namespace` item.
    pub(crate) namespace: Option<SmolStr>,
    pub(crate) diagnostics: Vec<Diagnostic<Place>>,
}

impl<'db> ModuleScope<'db> {
    pub(crate) fn get(&self, name: &str) -> Option<Binding<'db>> {
        let at = self.by_name.get(name)?;
        self.bindings.get(*at as usize).copied()
    }

    /// Every name, in order of its spelling.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut out: Vec<&str> = self.by_name.keys().map(SmolStr::as_str).collect();
        out.sort_unstable();
        out
    }
}

#[salsa::tracked(returns(ref))]
pub(crate) fn module_scope<'db>(db: &'db dyn Db, file: SourceFile) -> ModuleScope<'db> {
    let own = declared(db, file);
    let mut build = Build {
        db,
        names: FxHashMap::default(),
        skeletons: prelude::names()
            .map(|name| (skeleton(name), (SmolStr::new_static(name), None)))
            .collect(),
        scope: ModuleScope {
            by_name: FxHashMap::default(),
            bindings: Vec::new(),
            imports: Vec::new(),
            meant: Vec::new(),
            namespace: None,
            diagnostics: Vec::new(),
        },
    };
    build.namespace(own);
    for item in &own.all {
        if let Some(name) = item.name(db) {
            build.bind(name, Binding::Item(*item), *item, None);
        }
    }
    for item in &own.uses {
        for found in import(db, file, *item, &mut build.scope.diagnostics) {
            let binding = found.target.map_or(Binding::Broken, Binding::Item);
            let fine = build.bind(&found.name, binding, found.item, Some(found.range));
            build.scope.imports.push(Import { fine, ..found });
        }
    }
    let scope = &mut build.scope;
    let misspelt = scope.diagnostics.iter();
    let misspelt = misspelt.filter(|d| d.code == &names::UNKNOWN_NAME);
    let edits = misspelt.flat_map(|d| &d.fixes).flat_map(|fix| &fix.edits);
    scope.meant = edits.map(|edit| SmolStr::new(&edit.text)).collect();
    // `use std.cloud.metadata.x`: a part of a path that leads nowhere may be the name.
    for import in scope
        .imports
        .iter()
        .filter(|import| import.target.is_none())
    {
        if let ItemKind::Use(tree) = &parse(db, import.item).item.kind {
            let segments = tree.path.segments.iter();
            scope.meant.extend(segments.map(|name| name.node.clone()));
        }
    }
    build.scope
}

/// The item that binds a name, and where in it; `None` where it declares it.
type Bound<'db> = (Item<'db>, Option<TextRange>);

struct Build<'db> {
    db: &'db dyn Db,
    names: FxHashMap<SmolStr, Bound<'db>>,
    /// The first name of each look; without an item for those of the prelude.
    skeletons: FxHashMap<SmolStr, (SmolStr, Option<Bound<'db>>)>,
    scope: ModuleScope<'db>,
}

impl<'db> Build<'db> {
    /// `range` of `None`: the item declares the name. `false`: it was reported.
    fn bind(
        &mut self,
        name: &SmolStr,
        binding: Binding<'db>,
        item: Item<'db>,
        range: Option<TextRange>,
    ) -> bool {
        if let Some((other, at)) = self.names.get(name).copied() {
            // What leads nowhere brings in no second thing of the name.
            if binding == Binding::Broken {
                return false;
            }
            let found = self.duplicate(name, (item, range), (other, at));
            self.scope.diagnostics.push(found);
            return false;
        }
        self.names.insert(name.clone(), (item, range));
        let at = u32::try_from(self.scope.bindings.len()).unwrap_or(u32::MAX);
        self.scope.bindings.push(binding);
        self.scope.by_name.insert(name.clone(), at);
        // What leads nowhere was reported, and its name is not the one that was meant.
        if binding == Binding::Broken {
            return true;
        }
        let look = skeleton(name);
        let Some((known, place)) = self.skeletons.get(&look).cloned() else {
            let entry = (name.clone(), Some((item, range)));
            self.skeletons.insert(look, entry);
            return true;
        };
        let here = self.place(item, range);
        let found = if known == *name {
            Diagnostic::new(
                &names::SHADOWS_PRELUDE,
                here,
                format!("`{name}` is a name of the prelude and means the same in every file"),
            )
            .help("choose another name")
        } else {
            let text = format!("`{name}` and `{known}` are too easily taken for one another");
            let found = Diagnostic::new(&names::CONFUSABLE_NAMES, here, text)
                .help("choose a name that says what sets it apart");
            match place {
                Some((other, at)) => found.also(self.place(other, at), "the other name"),
                None => found.note(format!("`{known}` is a name of the prelude")),
            }
        };
        self.scope.diagnostics.push(found);
        false
    }

    fn place(&self, item: Item<'db>, range: Option<TextRange>) -> Place {
        let range = range.unwrap_or_else(|| name_range(self.db, item));
        item.place(self.db, range)
    }

    fn duplicate(
        &self,
        name: &str,
        (item, range): Bound<'db>,
        (other, at): Bound<'db>,
    ) -> Diagnostic<Place> {
        let (text, help) = match (range, at) {
            (None, _) => (format!("`{name}` is declared twice"), "rename one of them"),
            (Some(_), None) => (
                format!("`{name}` is imported and declared in this file"),
                "import it under another name with `as`",
            ),
            (Some(_), Some(_)) => (
                format!("`{name}` is imported twice"),
                "remove one of the imports, or give it another name with `as`",
            ),
        };
        Diagnostic::new(&names::DUPLICATE_NAME, self.place(item, range), text)
            .also(self.place(other, at), "first here")
            .help(help)
    }

    fn namespace(&mut self, own: &Declared<'db>) {
        let mut first: Option<(Item<'db>, TextRange)> = None;
        for namespace in &own.namespaces {
            let tree = &parse(self.db, namespace.item).item;
            let ItemKind::Namespace(name) = &tree.kind else {
                continue;
            };
            let here = namespace.item.place(self.db, tree.span);
            if let Some((other, range)) = first {
                let text = format!("the file names a second namespace, `{}`", name.node);
                let found = Diagnostic::new(&names::MISPLACED_NAMESPACE, here, text)
                    .also(other.place(self.db, range), "the first is here")
                    .help("write `in namespace …` on the workloads that run elsewhere");
                self.scope.diagnostics.push(found);
                continue;
            }
            first = Some((namespace.item, tree.span));
            self.scope.namespace = Some(name.node.clone());
            if !is_rfc1123(&name.node) {
                let place = namespace.item.place(self.db, name.span);
                let text = format!("`{}` is no namespace that Kubernetes takes", name.node);
                let found = Diagnostic::new(&sets::BAD_NAMESPACE, place, text)
                    .help("write the namespace as `kubectl get namespaces` shows it");
                self.scope.diagnostics.push(found);
            }
            if namespace.late {
                let text = format!("`namespace {}` stands below a declaration", name.node);
                let found = Diagnostic::new(&names::MISPLACED_NAMESPACE, here, text)
                    .help("move it above the first declaration of the file");
                self.scope.diagnostics.push(found);
            }
        }
    }
}
