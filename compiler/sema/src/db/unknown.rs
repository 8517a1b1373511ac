//! Names that nothing declares: one finding for each name of a file, at its first mention.

use std::{cell::RefCell, rc::Rc};

use npl_diagnostics::{Diagnostic, Edit, Fix, Nearest, Place, TextRange, codes::names, suggest};
use npl_policy::port::icmp_names;
use npl_syntax::is_reserved;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{
    Db, SourceFile,
    cut::{Item, declared, items, parse},
    elsewhere::{self, Declarations, Known, declarations},
    importing,
    intended::{NAMELESS, intended},
    module::{Binding, module_scope},
    refs::{Ref, Wanted},
};
use crate::{eval::prelude, limits::LABELS_MAX, names::skeleton};

/// Namespace of an offered declaration where nothing names one: a visible guess.
const GUESSED_NAMESPACE: &str = "default";

/// Shorter names are near to too many of those that other packages declare.
const NEARLY_CHARS_MIN: usize = 6;

/// A longer name is near to what was meant by it.
const SHUFFLED_CHARS_MAX: usize = 3;

/// Of more unknown names nobody asks whose letters they have.
const SHUFFLED_NAMES_MAX: usize = 16;

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
            few: self.list.len() <= SHUFFLED_NAMES_MAX,
            known: RefCell::default(),
            others: RefCell::default(),
            broken: broken_uses(db, file),
            meant_modules: RefCell::default(),
        };
        let imported: FxHashSet<&str> = imported.iter().map(SmolStr::as_str).collect();
        let names = |name: &str| intended.binary_search(&name.into()).is_ok();
        let mut found = Vec::new();
        for one in &self.list {
            let brought_in = imported.contains(one.name.as_str());
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

/// The port that a name ends with, or the range of ports.
fn port_behind(name: &str) -> Option<&str> {
    let digits = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let last = digits(name);
    let first = match name.get(..last)?.strip_suffix('-') {
        Some(front) if digits(front) < front.len() => digits(front),
        _ => last,
    };
    let port = name.get(first..)?;
    let fine = |p: &str| p.len() > 1 && !p.starts_with('0') && p.parse::<u16>().is_ok();
    port.split('-').all(fine).then_some(port)
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
    /// So few names are unknown that each may be compared with every name of the file.
    few: bool,
    known: RefCell<Vec<(Wanted, Rc<Known<'db>>)>>,
    others: RefCell<Vec<(Wanted, Nearest<'db>)>>,
    /// Imports that have not parsed, or lead nowhere.
    broken: Vec<BrokenUse<'db>>,
    /// By module: whether one of them is what should have imported from it.
    meant_modules: RefCell<FxHashMap<String, bool>>,
}

struct BrokenUse<'db> {
    text: &'db str,
    /// It does not parse.
    error: bool,
    /// It names what is no module, or a module as if that were a name.
    wrong: bool,
}

fn broken_uses(db: &dyn Db, file: SourceFile) -> Vec<BrokenUse<'_>> {
    let wrong = module_scope(db, file).diagnostics.iter();
    let wrong =
        wrong.filter(|d| [&names::UNKNOWN_MODULE, &names::MODULE_AS_NAME].contains(&d.code));
    let wrong: FxHashSet<_> = wrong.map(|d| d.at.anchor).collect();
    let uses = declared(db, file).uses.iter().map(|item| BrokenUse {
        text: item.text(db),
        error: parse(db, *item)
            .diagnostics
            .iter()
            .any(Diagnostic::is_error),
        wrong: wrong.contains(&item.place(db, TextRange::at(0)).anchor),
    });
    uses.filter(|one| one.error || one.wrong).collect()
}

impl<'db> Reporter<'db> {
    /// A `use` that does not parse names the module that declares it: `use std.cloud.`.
    fn broken_use(&self, unknown: &Unknown<'_, '_>) -> bool {
        if self.broken.is_empty() {
            return false;
        }
        let found = self.elsewhere(&unknown.name, unknown.first.1.wanted);
        let Some((module, _)) = found else {
            return false;
        };
        if let Some(known) = self.meant_modules.borrow().get(&module) {
            return *known;
        }
        // What of the path stays, or how its first word goes on.
        let first = format!("{}.", module.split('.').next().unwrap_or_default());
        let part = |one: &BrokenUse<'_>| {
            one.error && one.text.contains(&module) || one.wrong && one.text.contains(&first)
        };
        let meant = self.broken.iter().any(part);
        self.meant_modules.borrow_mut().insert(module, meant);
        meant
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
        if let Some(known) = self.by_its_form(&out, here, name, wanted) {
            return known;
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
        let near = self.known(wanted).nearest.of(name);
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
        self.mean(near, name);
        if let Some(near) = near {
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

    /// What was meant is used.
    fn mean(&mut self, near: Option<&'db str>, name: &str) {
        match near {
            Some(near) => self.meant.push(near),
            None if self.few => self.meant.extend(self.shuffled(name)),
            None => {}
        }
    }

    /// `icmp` as an end, and `b443` for `b:443`, `b80-90` for `b:80-90`.
    fn by_its_form(
        &mut self,
        out: &Diagnostic<Place>,
        here: Place,
        name: &str,
        wanted: Wanted,
    ) -> Option<Diagnostic<Place>> {
        if name == prelude::ICMP {
            let help = "`icmp` names ports: write `icmp.echo` behind a `:`";
            return Some(out.clone().help(help));
        }
        let port = port_behind(name)?;
        let end = name.strip_suffix(port)?;
        let bound = module_scope(self.db, self.file).get(end)?;
        if !wanted.is_end() {
            return None;
        }
        if let Binding::Item(item) = bound {
            self.meant.extend(item.name(self.db).as_deref());
        }
        let meant = format!("{end}:{port}");
        let help = format!("write `{meant}`");
        Some(out.clone().help(help.clone()).fix(help, false, here, meant))
    }

    /// Names too short to be near to another that have its letters, but for one at most.
    fn shuffled(&self, name: &str) -> Vec<&'db str> {
        let letters = |text: &str| {
            let mut out: Vec<char> = text.chars().collect();
            out.sort_unstable();
            out
        };
        let own = letters(name);
        let alike = |other: &&str| {
            let other = letters(other);
            let (long, mut short) = match own.len() >= other.len() {
                true => (&own, other.iter().peekable()),
                false => (&other, own.iter().peekable()),
            };
            let extra = long
                .iter()
                .filter(|c| short.next_if_eq(c).is_none())
                .count();
            extra <= own.len().abs_diff(other.len()).min(1) && short.next().is_none()
        };
        if own.len() > SHUFFLED_CHARS_MAX {
            return Vec::new();
        }
        let names = module_scope(self.db, self.file).names().into_iter();
        names.filter(alike).collect()
    }

    /// Names of this file that may stand there.
    fn known(&self, wanted: Wanted) -> Rc<Known<'db>> {
        let mut made = self.known.borrow_mut();
        if let Some((_, known)) = made.iter().find(|(kind, _)| *kind == wanted) {
            return Rc::clone(known);
        }
        let known = Rc::new(elsewhere::own(self.db, self.file, wanted));
        made.push((wanted, Rc::clone(&known)));
        known
    }

    /// The name of another package nearest to this one.
    fn near_others(&self, name: &str, wanted: Wanted) -> Option<&'db str> {
        let mut made = self.others.borrow_mut();
        if let Some((_, near)) = made.iter().find(|(kind, _)| *kind == wanted) {
            return near.of(name);
        }
        let near = elsewhere::others(self.db, self.file, wanted);
        let found = near.of(name);
        made.push((wanted, near));
        found
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
        let look = skeleton(name);
        let found = self.module_with(name, wanted);
        if found.is_some() || self.known(wanted).looks.contains(&look) {
            return found;
        }
        self.module_by(|names| names.alike(self.db, self.file, &look, wanted))
    }

    /// The module of another package that declares what was meant by a name that is not quite its
    /// own, and that.
    fn nearly_elsewhere(
        &self,
        name: &str,
        called: Option<&str>,
        wanted: Wanted,
    ) -> Option<(String, SmolStr)> {
        if let Some(called) = called {
            return self.module_with(called, wanted);
        }
        if name.len() < NEARLY_CHARS_MIN || !wanted.is_end() {
            return None;
        }
        self.module_with(self.near_others(name, wanted)?, wanted)
    }

    fn module_with(&self, name: &str, wanted: Wanted) -> Option<(String, SmolStr)> {
        self.module_by(|names| names.exact(self.db, self.file, name, wanted))
    }

    fn module_by(
        &self,
        find: impl Fn(&'db Declarations<'db>) -> Option<Item<'db>>,
    ) -> Option<(String, SmolStr)> {
        let (db, own) = (self.db, self.file.package(self.db));
        if let Some(item) = find(declarations(db, own)) {
            return Some((item.file(db).module(db).to_string(), item.name(db).clone()?));
        }
        own.others(db).iter().find_map(|(prefix, other)| {
            let item = find(declarations(db, *other))?;
            let file = item.file(db);
            let module = match file.root(db) {
                true => prefix.to_string(),
                false => format!("{prefix}.{}", file.module(db)),
            };
            Some((module, item.name(db).clone()?))
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
