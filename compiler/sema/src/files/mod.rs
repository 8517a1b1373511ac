//! How this crate reads files: through [`Files`], which the command line implements over the disk
//! and tests over memory. Refuses to know which it is.

mod memory;
mod text;
mod walk;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

pub use memory::MemoryFiles;
pub use text::{NotUtf8, SAVE_AS_UTF8, utf8};
pub use walk::{Found, Outputs, is_npl, is_yaml, walk, yaml_below};

/// The file that makes a folder a package.
pub const MANIFEST_NAME: &str = "npl.toml";

/// The list of what a build wrote into a folder; its name is part of the interface.
pub const LIST_NAME: &str = "npl-objects.json";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    File,
    Folder,
    /// A socket, a device: never read.
    Other,
}

/// One name in a folder. `kind` is that of what a link points at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// With replacement characters where it is not UTF-8.
    pub name: String,
    /// Such a name can be shown, and nothing can be read by it.
    pub utf8: bool,
    pub kind: FileKind,
    pub link: bool,
}

/// Read access to a tree of files. A relative path counts from the current folder.
pub trait Files {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError>;

    /// Links are followed.
    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError>;

    /// The names right below a folder, in any order.
    fn list(&self, folder: &Utf8Path) -> Result<Vec<Entry>, FileError>;

    /// The names that the [`LIST_NAME`] of a folder holds: what a build wrote, and no source.
    fn outputs(&self, _folder: &Utf8Path) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// Absolute, without links, `.` and `..`; `.` is the current folder.
    fn canonical(&self, path: &Utf8Path) -> Result<Utf8PathBuf, FileError>;
}

/// Why a path could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    NotFound,
    Denied,
    /// Links that lead to themselves.
    Loop,
    /// The path, resolved, is not UTF-8.
    NotUtf8,
    /// What the system said.
    Other(String),
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such file or folder"),
            Self::Denied => f.write_str("permission denied"),
            Self::Loop => f.write_str("its links lead round in a loop"),
            Self::NotUtf8 => f.write_str("its path is not UTF-8"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for FileError {}

/// `path` as seen from `root`, with `/`; climbs with `..` where it must.
pub fn relative(root: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    let mut from = root.components().peekable();
    let mut to = path.components().peekable();
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    let mut out = Utf8PathBuf::new();
    for _ in from {
        out.push("..");
    }
    for part in to {
        out.push(part.as_str());
    }
    out
}

/// Joins, and takes `.` and `..` out by their letters. Absolute in, absolute out.
pub fn join(root: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    use camino::Utf8Component as Part;
    let mut out = Utf8PathBuf::new();
    for part in root.join(path).components() {
        match part {
            Part::CurDir => {}
            Part::ParentDir => {
                out.pop();
            }
            other => out.push(other.as_str()),
        }
    }
    out
}
