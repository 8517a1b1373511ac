//! Names that nothing declares: one finding for each name of a file, at its first mention.

use npl_diagnostics::{Diagnostic, Edit, Fix, Place, TextRange, codes::names, suggest};
use npl_policy::port::icmp_names;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{
    Db, SourceFile,
    cut::{Item, declared, items},
    importing,
    module::module_scope,
    refs::Ref,
};
use crate::{eval::prelude, limits::LABELS_MAX};

/// Namespace of an offered declaration where nothing names one: a visible guess.
const GUESSED_NAMESPACE: &str = "default";

#[derive(Default)]
pub(crate) struct Unknowns<'db, 'a> {
    by_name: FxHashMap<String, usize>,
    list: Vec<Unknown<'db, 'a>>,
}

struct Unknown<'db, 'a> {
    name: String,
    first: (Item<'db>, Ref<'a>),
    more: Vec<Place>,
    /// Some mention may be of a workload.
    end: bool,
    /// What `use` would have to name, where the path alone says it.
    import: Option<SmolStr>,
}

impl<'db, 'a> Unknowns<'db, 'a> {
    pub(crate) fn add(&mut self, db: &'db dyn Db, item: Item<'db>, found: Ref<'a>) {
        self.put(db, item, found, None);
    }

    /// A path of several segments: what `icmp` does not hold, or what was to be imported.
    pub(crate) fn add_path(
        &mut self,
        db: &'db dyn Db,
        file: SourceFile,
        item: Item<'db>,
        found: &Ref<'a>,
    ) {
        let segments = &found.path.segments;
        let import = importing::find(db, file, segments).map(|_| dotted(*found).into());
        self.put(db, item, *found, import);
    }

    fn put(&mut self, db: &'db dyn Db, item: Item<'db>, found: Ref<'a>, import: Option<SmolStr>) {
        let name = dotted(found);
        if let Some(at) = self.by_name.get(&name)
            && let Some(known) = self.list.get_mut(*at)
        {
            known.end |= found.end;
            if known.more.len() < LABELS_MAX {
                known.more.push(item.place(db, found.path.span));
            }
            return;
        }
        self.by_name.insert(name.clone(), self.list.len());
        self.list.push(Unknown {
            name,
            first: (item, found),
            more: Vec::new(),
            end: found.end && found.path.segments.len() == 1,
            import,
        });
    }

    /// The findings, and the known names that they take to be meant.
    pub(crate) fn report(
        self,
        db: &'db dyn Db,
        file: SourceFile,
    ) -> (Vec<Diagnostic<Place>>, Vec<&'db str>) {
        if self.list.is_empty() {
            return Default::default();
        }
        let mut known = module_scope(db, file).names();
        for name in prelude::names() {
            known.push(name);
        }
        let mut reporter = Reporter {
            db,
            file,
            known,
            meant: Vec::new(),
        };
        let found = self.list.iter().map(|one| reporter.one(one)).collect();
        (found, reporter.meant)
    }
}

fn dotted(found: Ref<'_>) -> String {
    let segments = found.path.segments.iter();
    let segments: Vec<&str> = segments.map(|s| s.node.as_str()).collect();
    segments.join(".")
}

struct Reporter<'db> {
    db: &'db dyn Db,
    file: SourceFile,
    known: Vec<&'db str>,
    meant: Vec<&'db str>,
}

impl Reporter<'_> {
    fn one(&mut self, unknown: &Unknown<'_, '_>) -> Diagnostic<Place> {
        let (item, found) = &unknown.first;
        let name = &unknown.name;
        let here = item.place(self.db, found.path.span);
        let text = format!("`{name}` is not declared");
        let mut out = Diagnostic::new(&names::UNKNOWN_NAME, here, text);
        for place in &unknown.more {
            out = out.also(*place, "also named here");
        }
        if let [module, last] = found.path.segments.as_slice()
            && module.node == prelude::ICMP
        {
            return self.icmp(out, here, &last.node);
        }
        if found.path.segments.len() > 1 {
            return self.path(out, here, unknown);
        }
        if let Some(module) = self.elsewhere(name) {
            let path = format!("{module}.{name}");
            let fix = self.import(&path, Vec::new());
            return out
                .help(format!(
                    "`{module}` declares it: import it with `use {path}`"
                ))
                .fix_with(fix);
        }
        let near = suggest(name, self.known.iter().copied());
        if let Some(near) = near {
            self.meant.push(near);
            out = out.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                false,
                here,
                near,
            );
        }
        let declaration = match unknown.end {
            true => self.declaration(name),
            false => None,
        };
        match declaration {
            Some(text) => {
                if near.is_none() {
                    out = out.help(format!("declare it: `{text}`"));
                }
                out.fix_with(self.at_the_end(name, &text))
            }
            None if near.is_none() => out.help("declare it, or import it with `use`"),
            None => out,
        }
    }

    fn icmp(&self, out: Diagnostic<Place>, here: Place, name: &str) -> Diagnostic<Place> {
        match suggest(name, icmp_names()) {
            Some(near) => out.help(format!("did you mean `icmp.{near}`?")).fix(
                format!("write `icmp.{near}`"),
                false,
                here,
                format!("icmp.{near}"),
            ),
            None => {
                let names: Vec<&str> = icmp_names().collect();
                let known = crate::manifest::list(&names);
                out.help(format!("`icmp` holds {known}"))
            }
        }
    }

    fn path(
        &self,
        out: Diagnostic<Place>,
        here: Place,
        unknown: &Unknown<'_, '_>,
    ) -> Diagnostic<Place> {
        let Some(path) = &unknown.import else {
            return out.help("names of other files are imported with `use` and then named alone");
        };
        let last = path.rsplit('.').next().unwrap_or(path);
        let mut edits: Vec<Edit<Place>> = vec![Edit {
            at: here,
            text: last.to_owned(),
        }];
        edits.extend(unknown.more.iter().map(|at| Edit {
            at: *at,
            text: last.to_owned(),
        }));
        let fix = self.import(path, edits);
        out.help(format!("import it with `use {path}` and write `{last}`"))
            .fix_with(fix)
    }

    /// The module that declares a name which this file does not import.
    fn elsewhere(&self, name: &str) -> Option<String> {
        let own = self.file.package(self.db);
        let declares = |file: &&SourceFile| declared(self.db, **file).get(name).is_some();
        let mut files = own.files(self.db).iter().filter(|f| **f != self.file);
        if let Some(file) = files.find(declares) {
            return Some(file.module(self.db).to_string());
        }
        own.others(self.db).iter().find_map(|(prefix, other)| {
            let file = other.files(self.db).iter().find(declares)?;
            Some(match file.root(self.db) {
                true => prefix.to_string(),
                false => format!("{prefix}.{}", file.module(self.db)),
            })
        })
    }

    /// Adds a `use` below the last one, else below the `namespace`, else on top.
    fn import(&self, path: &str, mut edits: Vec<Edit<Place>>) -> Fix<Place> {
        let names = declared(self.db, self.file);
        let end = |item: Item<'_>| {
            let length = u32::try_from(item.text(self.db).len()).unwrap_or(u32::MAX);
            item.place(self.db, TextRange::at(length))
        };
        let namespace = names.namespaces.first().map(|n| n.item);
        let first = items(self.db, self.file).items.first();
        let edit = match (names.uses.last(), namespace, first) {
            (Some(item), _, _) => (end(*item), format!("\nuse {path}")),
            (None, Some(item), _) => (end(item), format!("\n\nuse {path}")),
            (None, None, Some(item)) => (
                item.place(self.db, TextRange::at(0)),
                format!("use {path}\n\n"),
            ),
            (None, None, None) => {
                let start = Place::in_file(self.file.id(self.db), TextRange::at(0));
                (start, format!("use {path}\n"))
            }
        };
        edits.push(Edit {
            at: edit.0,
            text: edit.1,
        });
        Fix {
            title: format!("add `use {path}`"),
            safe: false,
            edits,
        }
    }

    /// The workload that a name most likely stands for. `None`: the name gives no label value.
    fn declaration(&self, name: &str) -> Option<String> {
        let label = name.trim_matches('_');
        if label.is_empty() {
            return None;
        }
        let package = self.file.package(self.db);
        let named = module_scope(self.db, self.file).namespace.is_some()
            || package.manifest(self.db).namespace.is_some();
        let clause = match named {
            true => String::new(),
            false => format!(" in namespace {GUESSED_NAMESPACE}"),
        };
        Some(format!("workload {name} {{ app: \"{label}\" }}{clause}"))
    }

    fn at_the_end(&self, name: &str, declaration: &str) -> Fix<Place> {
        let text = self.file.text(self.db);
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let line = match text.is_empty() || text.ends_with('\n') {
            true => "",
            false => "\n",
        };
        Fix {
            title: format!("declare `{name}`"),
            safe: false,
            edits: vec![Edit {
                at: Place::in_file(self.file.id(self.db), TextRange::at(end)),
                text: format!("{line}{declaration}\n"),
            }],
        }
    }
}
