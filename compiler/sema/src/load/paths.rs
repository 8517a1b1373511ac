//! Which of a command's paths are packages, and which stand for themselves.

use camino::{Utf8Path, Utf8PathBuf};

use super::{LoadError, LoadRequest, Problem, unreadable};
use crate::{
    files::{FileKind, Files, LIST_NAME, MANIFEST_NAME, Outputs, is_yaml, join, walk},
    manifest,
};

/// Canonical paths, each once, in the order in which they were named.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Folders with an `npl.toml`.
    pub(super) packages: Vec<Utf8PathBuf>,
    pub(super) loose: Vec<Loose>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loose {
    pub(super) path: Utf8PathBuf,
    pub(super) folder: bool,
}

pub(super) fn sort_out(files: &dyn Files, request: &LoadRequest) -> Result<Named, LoadError> {
    let mut out = Named::default();
    let mut problems = Vec::new();
    if request.paths.is_empty() && request.stdin.is_none() {
        return here(files);
    }
    for path in &request.paths {
        if let Err(problem) = one(files, path, &mut out) {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        Ok(out)
    } else {
        Err(LoadError { problems })
    }
}

/// No path: the nearest package upwards, else the current folder.
fn here(files: &dyn Files) -> Result<Named, LoadError> {
    let dot = Utf8Path::new(".");
    let current = files.canonical(dot).map_err(|e| unreadable(dot, &e))?;
    let mut out = Named::default();
    match package_above(files, &current) {
        Some(folder) => out.packages.push(folder),
        None => out.loose.push(Loose {
            path: current,
            folder: true,
        }),
    }
    Ok(out)
}

/// The nearest folder upwards, itself included, that holds an `npl.toml`.
pub(super) fn package_above(files: &dyn Files, folder: &Utf8Path) -> Option<Utf8PathBuf> {
    folder
        .ancestors()
        .find(|folder| is_package(files, folder))
        .map(Utf8Path::to_owned)
}

pub(super) fn is_package(files: &dyn Files, folder: &Utf8Path) -> bool {
    files.kind(&folder.join(MANIFEST_NAME)) == Ok(FileKind::File)
}

fn one(files: &dyn Files, named: &Utf8Path, out: &mut Named) -> Result<(), Problem> {
    let fail = |error| unreadable(named, &error);
    let path = files.canonical(named).map_err(fail)?;
    let folder = match files.kind(&path).map_err(fail)? {
        FileKind::Folder => true,
        FileKind::File => false,
        FileKind::Other => {
            let message = format!("`{named}` is neither a file nor a folder");
            return Err(Problem::new(named, message));
        }
    };
    let package = if folder {
        package_above(files, &path)
    } else {
        path.parent()
            .and_then(|parent| package_above(files, parent))
    };
    // The canonical path may have another extension than the link that was named.
    let yaml = !folder && is_yaml(named);
    let itself = yaml || (folder && is_output(files, &path));
    if let Some(package) = package.filter(|_| !itself)
        && (package == path
            || path == package.join(MANIFEST_NAME)
            || in_sources(files, &package, &path)?)
    {
        if !out.packages.contains(&package) {
            out.packages.push(package);
        }
        return Ok(());
    }
    if !folder && !yaml && !crate::files::is_npl(named) {
        let message = format!("`{named}` is neither NPL nor YAML");
        let help = "sources end in `.npl`, `.yaml`, `.yml` or `.json`";
        return Err(Problem::new(named, message).help(help));
    }
    let loose = Loose { path, folder };
    if !out.loose.contains(&loose) {
        out.loose.push(loose);
    }
    Ok(())
}

/// A folder that a build wrote stands for itself wherever it lies, unless sources lie there too.
fn is_output(files: &dyn Files, folder: &Utf8Path) -> bool {
    !is_package(files, folder)
        && files.kind(&folder.join(LIST_NAME)) == Ok(FileKind::File)
        && walk(files, folder, Outputs::LeaveOut).is_ok_and(|found| found.npl.is_empty())
}

/// Whether a path lies in one of the package's source folders. A package whose `npl.toml` cannot be
/// read owns all that lies below it: its error is then what the user sees.
fn in_sources(files: &dyn Files, package: &Utf8Path, path: &Utf8Path) -> Result<bool, Problem> {
    let manifest = package.join(MANIFEST_NAME);
    let bytes = files
        .read(&manifest)
        .map_err(|error| unreadable(&manifest, &error))?;
    let text = String::from_utf8_lossy(&bytes);
    let (Some(read), _) = manifest::read(npl_diagnostics::FileId(0), &text) else {
        return Ok(true);
    };
    Ok(read.source.is_empty()
        || read
            .source
            .iter()
            .any(|entry| path.starts_with(join(package, &entry.path))))
}
