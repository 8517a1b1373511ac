//! What lies below a folder: NPL, YAML, and the folders that are packages of their own.
//!
//! Sorted by path, so that nothing depends on the order in which a file system lists. Names that
//! begin with a dot are left out, and so is what a build wrote. A linked folder is followed, and
//! left out if it leads back to one that is being looked into: all that it holds is read there.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Entry, FileError, FileKind, Files, LIST_NAME, MANIFEST_NAME};
use crate::limits::{FILES_MAX, FOLDER_DEPTH_MAX};

/// The files below a folder, each list sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub npl: Vec<Utf8PathBuf>,
    pub yaml: Vec<Utf8PathBuf>,
    /// Folders with an `npl.toml`: not looked into.
    pub packages: Vec<Utf8PathBuf>,
    /// How many files are left out since a build wrote them.
    pub outputs: usize,
    /// Links that lead nowhere or round in a loop, where a source would be: left out.
    pub broken: Vec<(Utf8PathBuf, FileError)>,
}

/// What becomes of the files that a build wrote, as its list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// They are no sources, wherever they lie.
    LeaveOut,
    /// Those right in the folder that is walked are read if no NPL lies below it: who names a
    /// folder of policies means them.
    ReadTop,
}

pub fn is_npl(path: &Utf8Path) -> bool {
    path.extension() == Some("npl")
}

/// Kubernetes manifests: YAML, or JSON, which is YAML.
pub fn is_yaml(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("yaml" | "yml" | "json"))
}

/// Everything of interest below `folder`; an `npl.toml` of `folder` itself is not looked at.
pub fn walk(
    files: &dyn Files,
    folder: &Utf8Path,
    outputs: Outputs,
) -> Result<Found, (Utf8PathBuf, FileError)> {
    let mut walker = Walker {
        files,
        found: Found::default(),
        open: Vec::new(),
        folders: 0,
        top: Vec::new(),
    };
    walker.folder(folder)?;
    let mut found = walker.found;
    if outputs == Outputs::ReadTop && found.npl.is_empty() {
        found.outputs -= walker.top.len();
        found.yaml.append(&mut walker.top);
    }
    found.npl.sort();
    found.yaml.sort();
    found.packages.sort();
    found.broken.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// The YAML files that a path names: itself, or all below it (packages included).
pub fn yaml_below(
    files: &dyn Files,
    path: &Utf8Path,
) -> Result<Vec<Utf8PathBuf>, (Utf8PathBuf, FileError)> {
    let kind = files.kind(path).map_err(|e| (path.to_owned(), e))?;
    if kind != FileKind::Folder {
        return Ok(vec![path.to_owned()]);
    }
    let mut out = Vec::new();
    let mut todo = vec![path.to_owned()];
    let mut outputs = Outputs::ReadTop;
    while let Some(folder) = todo.pop() {
        let found = walk(files, &folder, outputs)?;
        // What is left out of an inventory would be taken for not running.
        let yaml = |(path, _): &&(Utf8PathBuf, FileError)| is_yaml(path);
        if let Some(broken) = found.broken.iter().find(yaml) {
            return Err(broken.clone());
        }
        outputs = Outputs::LeaveOut;
        out.extend(found.yaml);
        todo.extend(found.packages);
    }
    out.sort();
    out.dedup();
    Ok(out)
}

struct Walker<'a> {
    files: &'a dyn Files,
    found: Found,
    /// Canonical paths of the folders that are being looked into, outermost first.
    open: Vec<Utf8PathBuf>,
    /// Linked folders can make far more paths than there are folders.
    folders: usize,
    /// Outputs right in the outermost folder.
    top: Vec<Utf8PathBuf>,
}

type Walked = Result<(), (Utf8PathBuf, FileError)>;

impl Walker<'_> {
    fn folder(&mut self, folder: &Utf8Path) -> Walked {
        let fail = |e| (folder.to_owned(), e);
        if self.open.len() >= FOLDER_DEPTH_MAX {
            let text = format!("folders are nested deeper than {FOLDER_DEPTH_MAX}");
            return Err(fail(FileError::Other(text)));
        }
        self.folders += 1;
        if self.folders > FILES_MAX {
            return Err(fail(FileError::Other(format!(
                "more than {FILES_MAX} folders"
            ))));
        }
        let canonical = self.files.canonical(folder).map_err(fail)?;
        if self.open.contains(&canonical) {
            return Err(fail(FileError::Loop));
        }
        let mut entries = self.files.list(folder).map_err(fail)?;
        entries.sort();
        let is_list = |entry: &Entry| entry.name == LIST_NAME && entry.kind == FileKind::File;
        let listed = entries.iter().any(is_list);
        let made = match listed {
            true => self.files.outputs(folder),
            false => BTreeSet::new(),
        };
        self.open.push(canonical);
        for entry in entries.iter().filter(|e| !e.name.starts_with('.')) {
            if entry.kind == FileKind::File && made.contains(&entry.name) {
                self.output(folder.join(&entry.name));
            } else if entry.name != LIST_NAME {
                self.entry(folder, entry)?;
            }
        }
        self.open.pop();
        Ok(())
    }

    fn entry(&mut self, folder: &Utf8Path, entry: &Entry) -> Walked {
        let path = folder.join(&entry.name);
        let matters = entry.kind == FileKind::Folder || is_npl(&path) || is_yaml(&path);
        if matters && !entry.utf8 {
            return Err((path, FileError::NotUtf8));
        }
        match entry.kind {
            FileKind::Folder => {
                let manifest = path.join(MANIFEST_NAME);
                if self.files.kind(&manifest) == Ok(FileKind::File) {
                    self.found.packages.push(path);
                    return Ok(());
                }
                match self.folder(&path) {
                    Err((at, FileError::Loop)) if at == path => {
                        self.found.broken.push((path, FileError::Loop));
                        Ok(())
                    }
                    walked => walked,
                }
            }
            FileKind::File if is_npl(&path) => self.keep(path, true),
            FileKind::File if is_yaml(&path) => self.keep(path, false),
            FileKind::Other if entry.link && (is_npl(&path) || is_yaml(&path)) => {
                if let Err(error) = self.files.kind(&path) {
                    self.found.broken.push((path, error));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn output(&mut self, path: Utf8PathBuf) {
        self.found.outputs += 1;
        if self.open.len() == 1 {
            self.top.push(path);
        }
    }

    fn keep(&mut self, path: Utf8PathBuf, npl: bool) -> Walked {
        if self.found.npl.len() + self.found.yaml.len() >= FILES_MAX {
            let text = format!("more than {FILES_MAX} files");
            return Err((path, FileError::Other(text)));
        }
        if npl {
            self.found.npl.push(path);
        } else {
            self.found.yaml.push(path);
        }
        Ok(())
    }
}
