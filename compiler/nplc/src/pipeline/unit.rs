//! One program, loaded, with its inventory: what stands where in it, and under which name a person
//! finds its files.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};
use npl_diagnostics::{Diagnostic, FileId, LineIndex, Place, Sources as _, Span};
use npl_policy::{inventory::Inventory, model::TestFlow};
use npl_sema::{
    files::{Files, relative},
    host::Host,
    load::Program,
};
use npl_targets::{
    import::{
        self, Policies,
        lower::{Lowered, lower},
    },
    inventory::take_strangers,
    yaml::read as yaml,
};
use smol_str::SmolStr;

use super::Gathered;
use crate::stop::{Result, Stop};

/// How standard input is named where a path is expected.
const STDIN: &str = "<stdin>";

/// A place as output names it; lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// From the current folder, where it lies below it: what an editor opens.
    pub file: String,
    /// From the package's root: the same wherever the command runs.
    pub package_file: String,
    pub line: u32,
}

/// Whoever knows where places are.
pub trait Located {
    fn at(&self, place: Place) -> At;
}

/// What the manifests of a program are to it, by where they lie.
#[derive(Debug, Default)]
struct Roles {
    sources: BTreeSet<Utf8PathBuf>,
    inventory: BTreeSet<Utf8PathBuf>,
    /// Named one by one. The others were found in folders.
    named: BTreeSet<Utf8PathBuf>,
}

pub struct Unit {
    pub(super) host: Host,
    name: String,
    /// Where the texts were read; those of the standard library were not.
    disks: BTreeMap<FileId, Utf8PathBuf>,
    current: Utf8PathBuf,
    /// Of the files that were asked about: an index costs a look at the whole text.
    lines: RefCell<BTreeMap<FileId, Rc<LineIndex>>>,
    pub(super) inventory: Option<Arc<Inventory>>,
    policies: Policies,
    /// The policies as a model; `None` where there are none.
    pub(super) lowered: Option<Lowered>,
    /// How many objects of which kind are neither policy nor inventory.
    skipped: BTreeMap<SmolStr, usize>,
    /// Files of folders that hold something else than objects of Kubernetes.
    strangers: Vec<String>,
    pub(super) manifest_findings: Vec<Diagnostic<Place>>,
}

impl Unit {
    /// Reads the program's manifests, and `piped` ones from standard input.
    pub fn open(files: &dyn Files, program: Program, piped: Option<&str>) -> Result<Self> {
        let root = program.root.clone();
        let mut roles = Roles {
            sources: program.yaml.iter().cloned().collect(),
            ..Roles::default()
        };
        let paths = program.yaml.iter().chain(&program.inventory).cloned();
        let paths: Vec<Utf8PathBuf> = paths.collect();
        let inventory: BTreeSet<Utf8PathBuf> = program.inventory.iter().cloned().collect();
        let named: BTreeSet<Utf8PathBuf> = program.named.iter().cloned().collect();
        let texts = program.texts.iter().map(|text| text.disk.clone());
        let disks = (0..).map(FileId).zip(texts).collect();
        let mut unit = Self {
            name: program.name.to_string(),
            disks,
            current: files.canonical(".".into()).unwrap_or_else(|_| "/".into()),
            lines: RefCell::default(),
            inventory: None,
            policies: Policies::default(),
            lowered: None,
            skipped: BTreeMap::new(),
            strangers: Vec::new(),
            manifest_findings: Vec::new(),
            host: Host::new(program),
        };
        let mut texts = Vec::new();
        let mut seen = BTreeSet::new();
        for path in paths {
            let disk = files
                .canonical(&path)
                .map_err(|error| Stop::at(&path, error))?;
            if inventory.contains(&path) {
                roles.inventory.insert(disk.clone());
            }
            if named.contains(&path) {
                roles.named.insert(disk.clone());
            }
            if seen.insert(disk.clone()) {
                let text = read_text(files, &disk)?;
                let shown = relative(&root, &disk);
                let file = unit.host.add_source(shown.as_str(), &text);
                unit.disks.insert(file, disk);
                texts.push((file, text));
            }
        }
        if let Some(text) = piped {
            texts.push((unit.host.add_source(STDIN, text), text.to_owned()));
        }
        let broken = unit.read_manifests(&texts, &roles);
        if broken.is_empty() {
            return Ok(unit);
        }
        let mut gathered = Gathered::default();
        gathered.add(&unit, &unit.finish(broken));
        Err(Stop::Broken(Box::new(gathered)))
    }

    /// What is wrong with the inventory is given back.
    fn read_manifests(
        &mut self,
        texts: &[(FileId, String)],
        roles: &Roles,
    ) -> Vec<Diagnostic<Place>> {
        if texts.is_empty() {
            return Vec::new();
        }
        let texts: Vec<(FileId, &str)> = texts.iter().map(|(id, text)| (*id, &**text)).collect();
        let mut files = yaml::read_all(&texts);
        self.manifest_findings = yaml::take_findings(&mut files);
        for (file, read) in &mut files {
            let disk = self.disks.get(file);
            let found = disk.is_some_and(|disk| !roles.named.contains(disk));
            if found && take_strangers(read) > 0 {
                self.strangers.push(self.host.path(*file).to_owned());
            }
        }
        let read = npl_targets::inventory::read_documents(&files);
        let broken = self.broken(&read.diagnostics, roles);
        if !broken.is_empty() {
            return broken;
        }
        // What `--inventory` names says what runs in the cluster: its policies are left out.
        files.retain(|(file, _)| {
            let disk = self.disks.get(file);
            disk.is_none_or(|disk| roles.sources.contains(disk))
        });
        let (policies, found) = import::read_documents(&files);
        self.manifest_findings.extend(read.diagnostics);
        self.manifest_findings.extend(found);
        let lints = import::lint::check(&texts, &files, &policies);
        self.manifest_findings.extend(lints);
        self.policies = policies;
        self.skipped = read.skipped;
        // Policies alone say nothing of what runs in a cluster.
        if read.says_something || files.len() < texts.len() {
            let inventory = Arc::new(read.inventory);
            let drifted = import::drift(&self.policies, &inventory);
            self.manifest_findings.extend(drifted);
            self.host.set_inventory(Some(Arc::clone(&inventory)));
            self.inventory = Some(inventory);
        }
        if !self.policies.policies.is_empty() {
            let path = |file| SmolStr::new(self.host.path(file));
            let inventory = self.inventory.as_deref();
            let lowered = lower(&self.policies, inventory, &path);
            let beside = import::lint::beside(&lowered.model, inventory);
            self.manifest_findings.extend(beside);
            if let Some(inventory) = inventory {
                let today = import::lint::today(&lowered.model, inventory);
                self.manifest_findings.extend(today);
            }
            self.lowered = Some(lowered);
        }
        Vec::new()
    }

    /// The errors of reading files that are named as the inventory.
    fn broken(&self, read: &[Diagnostic<Place>], roles: &Roles) -> Vec<Diagnostic<Place>> {
        let of_inventory = |found: &&Diagnostic<Place>| {
            let disk = self.disks.get(&self.host.resolve(found.at).file);
            found.is_error() && disk.is_some_and(|disk| roles.inventory.contains(disk))
        };
        let found = self.manifest_findings.iter().chain(read);
        found.filter(of_inventory).cloned().collect()
    }

    /// What was found when policies in YAML became a model.
    pub fn lowering(&self) -> &[Diagnostic<Place>] {
        let lowered = self.lowered.as_ref();
        lowered.map_or(&[], |lowered| lowered.diagnostics.as_slice())
    }

    /// The policies that the program's manifests hold, as Cilium reads them.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// For commands that take a program of NPL alone: its first policy in YAML stops them.
    pub fn refuse_policies(&self) -> Result<()> {
        let Some(policy) = self.policies.policies.first() else {
            return Ok(());
        };
        let at = self.at(policy.place);
        Err(Stop::failed(format!(
            "`{}` line {} holds a policy, and this command reads YAML for manifests only; make a \
             program of it with `nplc import`, or give it with `--inventory` to leave its policies \
             out",
            at.file, at.line
        )))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn owner(&self) -> Option<String> {
        self.host.manifest().owner.as_ref().map(ToString::to_string)
    }

    pub fn host(&self) -> &Host {
        &self.host
    }

    /// For edits: whoever changes a text analyses again.
    pub fn host_mut(&mut self) -> &mut Host {
        &mut self.host
    }

    /// What was left out of the folders since it cannot be read, a sentence for each.
    pub fn left_out(&self) -> impl Iterator<Item = String> {
        let broken = self.host.program().broken.iter();
        broken.map(|problem| format!("left out: {}", problem.message))
    }

    /// For `--verbose`.
    pub fn describe(&self) -> String {
        let manifests = match &self.inventory {
            Some(inventory) => format!(
                "; inventory of {} workloads, {} services, {} nodes",
                inventory.workloads.len(),
                inventory.services.len(),
                inventory.nodes.len()
            ),
            None => "; no inventory".to_owned(),
        };
        let policies = match self.policies.policies.len() {
            0 => String::new(),
            count => format!("; {count} policies in YAML"),
        };
        let skipped: Vec<String> = self
            .skipped
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        let skipped = match skipped.is_empty() {
            true => String::new(),
            false => format!("; not looked at: {}", skipped.join(", ")),
        };
        let strangers = match self.strangers.as_slice() {
            [] => String::new(),
            some => format!("; no object of Kubernetes in: {}", some.join(", ")),
        };
        let outputs = match self.host.program().outputs {
            0 => String::new(),
            count => format!("; {count} files that a build wrote left out"),
        };
        format!(
            "program `{}`: {} files{manifests}{policies}{skipped}{strangers}{outputs}",
            self.name,
            self.disks.len()
        )
    }

    /// The text of a file; empty for one that is not here.
    pub fn text(&self, file: FileId) -> Arc<str> {
        let source = self.host.source(file);
        source.map_or_else(|| Arc::from(""), |(_, text)| text)
    }

    /// The name by which a person at the current folder finds the file.
    pub fn shown_path(&self, file: FileId) -> String {
        match self.disks.get(&file) {
            Some(disk) if disk != STDIN => match disk.strip_prefix(&self.current) {
                Ok(below) => below.to_string(),
                Err(_) => disk.to_string(),
            },
            _ => self.host.path(file).to_owned(),
        }
    }

    /// The line of a place, from 1.
    pub fn line(&self, place: Place) -> u32 {
        self.at(place).line
    }

    /// The source that a path on the command line names.
    pub fn file(&self, path: &str) -> Option<FileId> {
        let wanted = std::fs::canonicalize(path).ok();
        let wanted = wanted.and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
        let is = |disk: &Utf8PathBuf| Some(disk) == wanted.as_ref() || disk == path;
        let mut found = self.disks.iter().filter(|(_, disk)| is(disk));
        let found = found.next().map(|(file, _)| *file);
        // What findings and `explain` itself point at, and is no file.
        let own = || {
            self.host
                .file_named(path)
                .filter(|_| path.starts_with("std/"))
        };
        found.or_else(own)
    }

    /// Whether the text at a place stands, in part, on this line of this file.
    pub fn covers(&self, place: Place, file: FileId, line: u32) -> bool {
        let span = self.host.resolve(place);
        if span.file != file {
            return false;
        }
        let (start, end) = self.lines_of(span);
        (start..=end).contains(&line)
    }

    fn lines_of(&self, span: Span) -> (u32, u32) {
        let text = self.host.text(span.file);
        let index = Rc::clone(
            self.lines
                .borrow_mut()
                .entry(span.file)
                .or_insert_with(|| Rc::new(LineIndex::new(text))),
        );
        let start = index.position(text, span.range.start);
        let end = index.position(text, span.range.end);
        (start.line, end.line)
    }

    /// A flow in the language's words; a sentence where it is none.
    pub fn parse_flow(&mut self, text: &str) -> std::result::Result<TestFlow, String> {
        self.host.parse_flow(text).map_err(|found| {
            let messages = found.into_iter().map(|finding| match finding.help {
                Some(help) => format!("{}; {help}", finding.message),
                None => finding.message,
            });
            format!("`{text}`: {}", messages.collect::<Vec<_>>().join("\n"))
        })
    }

    /// How many threads an answer may take; 0 is one for each processor.
    pub fn set_jobs(&mut self, jobs: usize) {
        self.host.set_jobs(jobs);
    }

    /// Claims that hold only under assumptions, or only for the pods of the inventory, fail.
    pub fn set_strict(&mut self, strict: bool) {
        self.host.set_strict(strict);
    }

    pub fn is_strict(&self) -> bool {
        self.host.is_strict()
    }

    /// Findings with absolute places, levels and ignores applied.
    pub fn finish(&self, found: Vec<Diagnostic<Place>>) -> Vec<Diagnostic> {
        self.host.finish(found)
    }
}

impl Located for Unit {
    fn at(&self, place: Place) -> At {
        let span = self.host.resolve(place);
        At {
            file: self.shown_path(span.file),
            package_file: self.host.path(span.file).to_owned(),
            line: self.lines_of(span).0,
        }
    }
}

fn read_text(files: &dyn Files, path: &Utf8Path) -> Result<String> {
    let bytes = files.read(path).map_err(|error| Stop::at(path, error))?;
    Stop::utf8(path, bytes)
}
