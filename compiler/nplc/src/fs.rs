//! The disk, as `sema` reads it. Nothing is read that was not asked for.

use std::{collections::BTreeSet, io};

use camino::{Utf8Path, Utf8PathBuf};
use npl_sema::files::{Entry, FileError, FileKind, Files, LIST_NAME};
use serde_json::Value;

/// The real file system, from the current folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        std::fs::read(path).map_err(|error| reason(&error))
    }

    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        let meta = std::fs::metadata(path).map_err(|error| reason(&error))?;
        Ok(kind_of(meta.file_type()))
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<Entry>, FileError> {
        let mut out = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| reason(&error))? {
            let entry = entry.map_err(|error| reason(&error))?;
            let name = entry.file_name();
            let own = entry.file_type().map_err(|error| reason(&error))?;
            let link = own.is_symlink();
            let kind = if link {
                // a link that leads nowhere is neither file nor folder
                std::fs::metadata(entry.path()).map_or(FileKind::Other, |m| kind_of(m.file_type()))
            } else {
                kind_of(own)
            };
            out.push(Entry {
                name: name.to_string_lossy().into_owned(),
                utf8: name.to_str().is_some(),
                kind,
                link,
            });
        }
        Ok(out)
    }

    fn outputs(&self, folder: &Utf8Path) -> BTreeSet<String> {
        let text = std::fs::read_to_string(folder.join(LIST_NAME));
        text.ok().and_then(|text| listed(&text)).unwrap_or_default()
    }

    fn canonical(&self, path: &Utf8Path) -> Result<Utf8PathBuf, FileError> {
        let path = if path.as_str().is_empty() {
            Utf8Path::new(".")
        } else {
            path
        };
        let found = match is_pipe(path) {
            // the link of an open pipe leads to no name: `/proc/7/fd/pipe:[4242]`
            true => std::path::absolute(path),
            false => std::fs::canonicalize(path),
        };
        let found = found.map_err(|error| reason(&error))?;
        Utf8PathBuf::from_path_buf(found).map_err(|_| FileError::NotUtf8)
    }
}

/// The files that a list names; `None` if no build wrote it.
pub(crate) fn listed(list: &str) -> Option<BTreeSet<String>> {
    let list: Value = serde_json::from_str(list).ok()?;
    let objects = list.get("objects")?.as_array()?;
    let name = |object: &Value| {
        let name = object.get("file")?.as_str()?;
        // a name with a folder in it would reach outside this one
        let plain = Utf8Path::new(name).file_name() == Some(name) && name != LIST_NAME;
        plain.then(|| name.to_owned())
    };
    objects.iter().map(name).collect()
}

/// Whether a path is read once, as standard input is: a pipe or device, or an open file by its
/// number (`/dev/stdin`, what `<(…)` of a shell stands for).
pub(crate) fn is_pipe(path: &Utf8Path) -> bool {
    let open = ["/dev/stdin", "/dev/fd/", "/proc/self/fd/"];
    let open = open.iter().any(|head| path.as_str().starts_with(head));
    std::fs::metadata(path).is_ok_and(|meta| !meta.is_dir() && (open || !meta.is_file()))
}

fn kind_of(kind: std::fs::FileType) -> FileKind {
    if kind.is_file() {
        FileKind::File
    } else if kind.is_dir() {
        FileKind::Folder
    } else {
        FileKind::Other
    }
}

/// `ELOOP`, for which the standard library has no stable name.
const LOOP: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };

fn reason(error: &io::Error) -> FileError {
    if error.raw_os_error() == Some(LOOP) {
        return FileError::Loop;
    }
    match error.kind() {
        io::ErrorKind::NotFound => FileError::NotFound,
        io::ErrorKind::PermissionDenied => FileError::Denied,
        io::ErrorKind::IsADirectory => FileError::Other("is a folder".to_owned()),
        _ => FileError::Other(plain(error)),
    }
}

/// What the system says, without `(os error N)`.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
