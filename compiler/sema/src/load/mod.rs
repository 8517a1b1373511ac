//! From the paths of a command to programs (cli.md §1, §4): finds packages, reads every source
//! once, names modules. What no program can be made of is a [`LoadError`]; what is wrong inside one
//! is a diagnostic of it.
//!
//! A path inside a package's source folder is that package, whole. All other paths form one package
//! of their own; packages that lie below such a folder are programs of their own. A YAML file that
//! is named stands for itself even inside a package, and so does a folder that a build wrote. YAML
//! is listed and never read here.

mod arena;
mod loose;
mod modules;
mod package;
mod paths;

use std::sync::Arc;

use camino::Utf8PathBuf;
use npl_diagnostics::{Diagnostic, FileId, Place};
use npl_syntax::ast::Date;
use smol_str::SmolStr;

use crate::{files::Files, manifest::Manifest};

/// What a command was given.
#[derive(Clone, Debug, Default)]
pub struct LoadRequest {
    /// Files and folders; none means the nearest `npl.toml` upwards, else the current folder.
    pub paths: Vec<Utf8PathBuf>,
    /// The text of standard input, where `-` was given.
    pub stdin: Option<String>,
    pub env: Option<String>,
    /// The day that `until` is judged by.
    pub today: Option<Date>,
    /// `--stage observe`: no workload closes anything.
    pub stage_observe: bool,
    /// Replaces the inventory of `npl.toml` where it is not empty.
    pub inventory: Vec<Utf8PathBuf>,
}

#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// At least one; packages in the order in which they were named, then the loose files.
    pub programs: Vec<Program>,
}

/// One package with all that it stands on, read.
#[derive(Clone, Debug)]
pub struct Program {
    pub name: SmolStr,
    /// Absolute; the paths of `texts` count from here.
    pub root: Utf8PathBuf,
    /// Every text that was read; `FileId` is the index.
    pub texts: Vec<SourceText>,
    /// The first is the one under work, the others are its dependencies.
    pub packages: Vec<Package>,
    /// YAML among the sources: policies or manifests.
    pub yaml: Vec<Utf8PathBuf>,
    /// The files of the inventory.
    pub inventory: Vec<Utf8PathBuf>,
    /// Those of both that are named one by one. The others were found in a folder, which may hold
    /// anything.
    pub named: Vec<Utf8PathBuf>,
    /// How many files in the folders are left out since a build wrote them.
    pub outputs: usize,
    /// Links in the folders that lead nowhere or round in a loop: left out.
    pub broken: Vec<Problem>,
    pub today: Option<Date>,
    pub stage_observe: bool,
    /// Of `npl.toml` and of the layout of files.
    pub diagnostics: Vec<Diagnostic<Place>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Relative to the program's root.
    pub path: SmolStr,
    /// Where it was read.
    pub disk: Utf8PathBuf,
    pub text: Arc<str>,
}

#[derive(Clone, Debug)]
pub struct Package {
    pub name: SmolStr,
    /// With the environment applied.
    pub manifest: Arc<Manifest>,
    /// Sorted by path.
    pub modules: Vec<Module>,
    /// By the name that `use` knows them by; the number indexes `Program::packages`.
    pub dependencies: Vec<(SmolStr, usize)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// `payments.db`.
    pub name: SmolStr,
    pub file: FileId,
    /// Named after the package, or `main`: its declarations are qualified by the package alone.
    pub root: bool,
}

/// Why the question could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// At least one.
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: Utf8PathBuf,
    /// One sentence, which names the path.
    pub message: String,
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(path: impl Into<Utf8PathBuf>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

impl From<Problem> for LoadError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&problem.message)?;
            if let Some(help) = &problem.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

/// The programs that a command's paths name.
pub fn load(files: &dyn Files, request: &LoadRequest) -> Result<Loaded, LoadError> {
    let (inventory, singly) = inventory(files, &request.inventory)?;
    let named = paths::sort_out(files, request)?;
    let mut programs = Vec::new();
    let mut problems = Vec::new();
    let loose = loose::collect(files, &named.loose)?;
    let mut folders = named.packages;
    folders.extend(loose.packages.iter().cloned());
    let mut seen = rustc_hash::FxHashSet::default();
    folders.retain(|folder| seen.insert(folder.clone()));
    for folder in &folders {
        match package::program(files, request, folder) {
            Ok(program) => programs.push(program),
            Err(error) => problems.extend(error.problems),
        }
    }
    let only_yaml = loose.npl.is_empty() && request.stdin.is_none();
    if only_yaml && !programs.is_empty() {
        for program in &mut programs {
            program.yaml.extend(loose.yaml.iter().cloned());
            program.named.extend(loose.named.iter().cloned());
        }
    } else if problems.is_empty() && !(only_yaml && loose.yaml.is_empty()) {
        match loose::program(files, request, &named.loose, loose) {
            Ok(program) => programs.push(program),
            Err(error) => problems.extend(error.problems),
        }
    }
    for program in &mut programs {
        if !inventory.is_empty() {
            program.inventory.clone_from(&inventory);
            program.named.extend(singly.iter().cloned());
        }
    }
    if problems.is_empty() {
        Ok(Loaded { programs })
    } else {
        Err(LoadError { problems })
    }
}

/// The files of `--inventory`, and those of them that are named one by one.
fn inventory(
    files: &dyn Files,
    paths: &[Utf8PathBuf],
) -> Result<(Vec<Utf8PathBuf>, Vec<Utf8PathBuf>), LoadError> {
    let (mut all, mut singly) = (Vec::new(), Vec::new());
    for path in paths {
        let below = crate::files::yaml_below(files, path)
            .map_err(|(path, error)| unreadable(&path, &error))?;
        // A cluster in which nothing runs would prove every claim.
        if below.is_empty() {
            let message = format!("no YAML below `{path}`, which is named as the inventory");
            return Err(Problem::new(path, message).into());
        }
        if below.first() == Some(path) {
            singly.push(path.clone());
        }
        all.extend(below);
    }
    Ok((all, singly))
}

pub(crate) fn unreadable(path: &camino::Utf8Path, error: &crate::files::FileError) -> Problem {
    Problem::new(path, format!("cannot read `{path}`: {error}"))
}
