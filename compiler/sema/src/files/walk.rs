//! What lies below a folder: NPL, YAML, and the folders that are packages of their own.
//!
//! Sorted by path, so that nothing depends on the order in which a file system lists. Names that
//! begin with a dot are left out. A linked folder is followed, and refused if it leads back to one
//! that is being looked into.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Entry, FileError, FileKind, Files, MANIFEST_NAME};
use crate::limits::{FILES_MAX, FOLDER_DEPTH_MAX};

/// The files below a folder, each list sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub npl: Vec<Utf8PathBuf>,
    pub yaml: Vec<Utf8PathBuf>,
    /// Folders with an `npl.toml`: not looked into.
    pub packages: Vec<Utf8PathBuf>,
}

pub fn is_npl(path: &Utf8Path) -> bool {
    path.extension() == Some("npl")
}

/// Kubernetes manifests: YAML, or JSON, which is YAML.
pub fn is_yaml(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("yaml" | "yml" | "json"))
}

/// Everything of interest below `folder`; an `npl.toml` of `folder` itself is not looked at.
pub fn walk(files: &dyn Files, folder: &Utf8Path) -> Result<Found, (Utf8PathBuf, FileError)> {
    let mut walker = Walker {
        files,
        found: Found::default(),
        open: Vec::new(),
        folders: 0,
    };
    walker.folder(folder)?;
    let mut found = walker.found;
    found.npl.sort();
    found.yaml.sort();
    found.packages.sort();
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
    while let Some(folder) = todo.pop() {
        let found = walk(files, &folder)?;
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
        self.open.push(canonical);
        for entry in entries.iter().filter(|e| !e.name.starts_with('.')) {
            self.entry(folder, entry)?;
        }
        self.open.pop();
        Ok(())
    }

    fn entry(&mut self, folder: &Utf8Path, entry: &Entry) -> Walked {
        let path = folder.join(&entry.name);
        match entry.kind {
            FileKind::Folder => {
                let manifest = path.join(MANIFEST_NAME);
                if self.files.kind(&manifest) == Ok(FileKind::File) {
                    self.found.packages.push(path);
                    return Ok(());
                }
                self.folder(&path)
            }
            FileKind::File if is_npl(&path) => self.keep(path, true),
            FileKind::File if is_yaml(&path) => self.keep(path, false),
            // A link that points nowhere or round in a loop, where a source would be.
            FileKind::Other if entry.link && (is_npl(&path) || is_yaml(&path)) => {
                match self.files.kind(&path) {
                    Err(error) => Err((path, error)),
                    Ok(_) => Ok(()),
                }
            }
            _ => Ok(()),
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
