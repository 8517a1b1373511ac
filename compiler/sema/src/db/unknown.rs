//! Names that nothing declares: one finding for each name of a file, at its first mention.

use npl_diagnostics::{Diagnostic, Edit, Fix, Place, TextRange, codes::names, suggest};
use npl_policy::port::icmp_names;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{
    Db, SourceFile,
    cut::{Item, declared, items, parse},
    importing,
    intended::{NAMELESS, intended},
    module::{Binding, module_scope},
    refs::{Ref, Wanted},
};
use crate::{
    eval::prelude,
    limits::LABELS_MAX,
    names::{is_reserved, skeleton},
};

/// Namespace of an offered declaration where nothing names one: a visible guess.
const GUESSED_NAMESPACE: &str = "default";

/// Shorter names are near to too many of those that other packages declare.
const NEARLY_CHARS_MIN: usize = 6;

/// What an end is called elsewhere, by the name that it has here: an entity, or one of `std`.
fn common_name(name: &str) -> Option<&'static str> {
    Some(match skeleton(name).as_str() {
        "apiserver" | "api_server" | "kubernetes_api" | "k8s_api" | "kubernetes"
        | "control_plane" | "kubeapi" | "kube_api" => "kube_apiserver",
        "internet" | "the_internet" | "public" | "outside" | "www" => "world",
        "localhost" | "node" | "own_node" | "local_node" | "kubelet" => "host",
        "nodes" | "remote_nodes" | "other_nodes" => "remote_node",
        "any" | "anything" | "anyone" | "anywhere" | "everything" | "everyone" => "all",
        "pods" | "all_pods" | "every_pod" => "cluster",
        "dns" | "coredns" | "core_dns" | "kubedns" | "resolver" | "cluster_dns" => "kube_dns",
        "imds" | "instance_metadata" | "metadata_service" | "cloud_metadata"
        | "metadata_server" => "metadata",
        "nginx_ingress" | "ingress_controller" => "ingress_nginx",
        _ => return None,
    })
}

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
        // The parser has said that it is no name.
        if is_reserved(&name) {
            return;
        }
        if let Some(at) = self.by_name.get(&name)
            && let Some(known) = self.list.get_mut(*at)
        {
            known.end |= found.wanted.is_end();
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
            end: found.wanted.is_end() && found.path.segments.len() == 1,
            import,
        });
    }

    /// The findings, and the known names that they take to be meant. `imported` are names that
    /// misspelt imports were to bring in.
    pub(crate) fn report(
        self,
        db: &'db dyn Db,
        file: SourceFile,
        imported: &[SmolStr],
    ) -> (Vec<Diagnostic<Place>>, Vec<&'db str>) {
        if self.list.is_empty() {
            return Default::default();
        }
        let intended = intended(db, file);
        let mut reporter = Reporter {
            db,
            file,
            meant: Vec::new(),
        };
        let names = |name: &str| intended.binary_search(&name.into()).is_ok();
        let mut found = Vec::new();
        for one in &self.list {
            let brought_in = imported.iter().any(|name| *name == one.name);
            if !names(&one.name) && !brought_in && !reporter.broken_use(one) {
                found.push(reporter.one(one));
            }
        }
        // The first name that stands for nothing is the one that a declaration lacks.
        let only = found.len() == 1;
        let unnamed = found.iter().position(|one| one.fixes.len() < 2 || only);
        if let Some(at) = unnamed.filter(|_| names(NAMELESS)) {
            found.remove(at);
        }
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
    meant: Vec<&'db str>,
}

impl<'db> Reporter<'db> {
    /// A `use` that does not parse names the module that declares it: `use std.cloud.`.
    fn broken_use(&self, unknown: &Unknown<'_, '_>) -> bool {
        let wrong = module_scope(self.db, self.file).diagnostics.iter();
        let wrong =
            wrong.filter(|d| [&names::UNKNOWN_MODULE, &names::MODULE_AS_NAME].contains(&d.code));
        let wrong: Vec<_> = wrong.map(|d| d.at.anchor).collect();
        // What of the path stays, or how its first word goes on.
        let part = |item: &Item<'db>, module: &str| {
            let found = &parse(self.db, *item).diagnostics;
            let first = module.split('.').next().unwrap_or_default();
            let text = item.text(self.db);
            (found.iter().any(Diagnostic::is_error) && text.contains(module))
                || (wrong.contains(&item.place(self.db, TextRange::at(0)).anchor)
                    && text.contains(&format!("{first}.")))
        };
        let uses = &declared(self.db, self.file).uses;
        if wrong.is_empty() && !uses.iter().any(|item| part(item, "")) {
            return false;
        }
        let module = self.elsewhere(&unknown.name, unknown.first.1.wanted);
        module.is_some_and(|(module, _)| uses.iter().any(|item| part(item, &module)))
    }

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
        let wanted = found.wanted;
        if name == prelude::ICMP {
            return out.help("`icmp` names ports: write `icmp.echo` behind a `:`");
        }
        if let Some((module, theirs)) = self.elsewhere(name, wanted) {
            let path = format!("{module}.{theirs}");
            let mut help = format!("`{module}` declares it: import it with `use {path}`");
            let mut edits = Vec::new();
            if theirs != name.as_str() {
                help = format!("`{module}` declares `{theirs}`: import it with `use {path}`");
                edits = self.renamed(here, &unknown.more, &theirs);
            }
            return out.help(help).fix_with(self.import(&path, edits));
        }
        let near = suggest(name, self.known(wanted));
        let called = common_name(name).filter(|_| wanted.is_end());
        let near = near.or(called.filter(|name| prelude::entity(name).is_some()));
        let declaration = match unknown.end {
            true => self.declaration(name),
            false => None,
        };
        if near.is_none()
            && let Some((module, theirs)) = self.nearly_elsewhere(name, called, wanted)
        {
            let path = format!("{module}.{theirs}");
            let edits = self.renamed(here, &unknown.more, &theirs);
            let help = format!("did you mean `{theirs}`? import it with `use {path}`");
            out = out.help(help).fix_with(self.import(&path, edits));
            return match declaration {
                Some(text) => out.fix_with(self.at_the_end(name, &text)),
                None => out,
            };
        }
        if let Some(near) = near {
            self.meant.push(near);
            out = out.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                false,
                here,
                near,
            );
        }
        // Two names that look alike are an error of their own.
        let alike = near.is_some_and(|near| skeleton(near) == skeleton(name));
        match declaration.filter(|_| !alike) {
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

    /// Names of this file that may stand there.
    fn known(&self, wanted: Wanted) -> Vec<&'db str> {
        let (db, scope) = (self.db, module_scope(self.db, self.file));
        let fits = move |name: &&str| match scope.get(name) {
            Some(Binding::Item(item)) => wanted.fits(item.word(db)),
            _ => true,
        };
        let entities = prelude::names().filter(move |name| match wanted {
            Wanted::Port | Wanted::Template | Wanted::Literal => false,
            Wanted::End | Wanted::Arg | Wanted::Default => *name != prelude::ICMP,
        });
        let mut out: Vec<&'db str> = scope.names().into_iter().filter(fits).collect();
        for name in entities {
            out.push(name);
        }
        out
    }

    fn renamed(&self, here: Place, more: &[Place], name: &str) -> Vec<Edit<Place>> {
        let places = std::iter::once(here).chain(more.iter().copied());
        let edit = |at| Edit {
            at,
            text: name.to_owned(),
        };
        places.map(edit).collect()
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
                let both = |name: &&str| !name.ends_with("-v4") && !name.ends_with("-v6");
                let names: Vec<&str> = icmp_names().filter(both).collect();
                let known = crate::manifest::list(&names);
                out.help(format!(
                    "`icmp` holds {known}, and each of one family with `-v4` or `-v6` behind it"
                ))
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
        let edits = self.renamed(here, &unknown.more, last);
        let fix = self.import(path, edits);
        out.help(format!("import it with `use {path}` and write `{last}`"))
            .fix_with(fix)
    }

    /// The module that declares a name which this file does not import, and the name as it is
    /// declared: one that looks alike is meant where none is the same.
    fn elsewhere(&self, name: &str, wanted: Wanted) -> Option<(String, SmolStr)> {
        let exact = |file: SourceFile| declared(self.db, file).get(name);
        let look = skeleton(name);
        let alike = |file: SourceFile| {
            let all = declared(self.db, file).all.iter().copied();
            let mut alike = all.filter(|item| {
                let name = item.name(self.db).as_ref();
                name.is_some_and(|name| skeleton(name) == look)
            });
            alike.next()
        };
        let found = self.module_with(wanted, exact);
        if found.is_some() || self.known(wanted).iter().any(|k| skeleton(k) == look) {
            return found;
        }
        self.module_with(wanted, alike)
    }

    /// The module of another package that declares what was meant by a name that is not quite its
    /// own, and that.
    fn nearly_elsewhere(
        &self,
        name: &str,
        called: Option<&str>,
        wanted: Wanted,
    ) -> Option<(String, SmolStr)> {
        let find = |name: &str| self.module_with(wanted, |file| declared(self.db, file).get(name));
        if let Some(called) = called {
            return find(called);
        }
        if name.len() < NEARLY_CHARS_MIN || !wanted.is_end() {
            return None;
        }
        let others = self.file.package(self.db).others(self.db).iter();
        let files = others.flat_map(|(_, other)| other.files(self.db));
        let items = files.flat_map(|file| declared(self.db, *file).all.iter());
        let fits = items.filter(|item| wanted.fits(item.word(self.db)));
        let names = fits.filter_map(|item| item.name(self.db).as_deref());
        find(suggest(name, names)?)
    }

    fn module_with(
        &self,
        wanted: Wanted,
        find: impl Fn(SourceFile) -> Option<Item<'db>>,
    ) -> Option<(String, SmolStr)> {
        let own = self.file.package(self.db);
        let named = |file: SourceFile| {
            let item = find(file).filter(|item| wanted.fits(item.word(self.db)))?;
            item.name(self.db).clone()
        };
        let mut files = own.files(self.db).iter().filter(|f| **f != self.file);
        if let Some(found) = files.find_map(|file| Some((*file, named(*file)?))) {
            return Some((found.0.module(self.db).to_string(), found.1));
        }
        own.others(self.db).iter().find_map(|(prefix, other)| {
            let mut files = other.files(self.db).iter();
            let (file, name) = files.find_map(|file| Some((*file, named(*file)?)))?;
            let module = match file.root(self.db) {
                true => prefix.to_string(),
                false => format!("{prefix}.{}", file.module(self.db)),
            };
            Some((module, name))
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
