//! Where a build goes: standard output, one file, or a folder with one file an object.
//!
//! A folder belongs to the user: only files that a former `npl-objects.json` lists are replaced or
//! removed, and nothing at all is touched unless everything can be written.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use npl_sema::files::LIST_NAME;
use serde_json::Value;

use crate::{
    fs::{listed, plain},
    stop::{Result, Stop},
    write::{Batch, is_special},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    Stdout,
    File(Utf8PathBuf),
    Folder(Utf8PathBuf),
}

impl Goal {
    /// What exists decides; of what does not, a name that ends as YAML does is a file. One with
    /// another ending may be meant as a file or as a folder, and is neither.
    pub(super) fn of(output: &str) -> Result<Self> {
        if output == "-" {
            return Ok(Self::Stdout);
        }
        let path = Utf8PathBuf::from(output);
        let plain = !output.ends_with('/');
        Ok(match (std::fs::metadata(&path), path.extension()) {
            (Ok(meta), _) if meta.is_dir() => Self::Folder(path),
            (Ok(_), _) => Self::File(path),
            (Err(_), Some("yaml" | "yml")) if plain => Self::File(path),
            (Err(_), Some(ending)) if plain => {
                return Err(Stop::at(
                    &path,
                    format!(
                        "does not exist, and `.{ending}` is no ending of YAML; name a file that \
                         ends in `.yaml` or `.yml`, or `{path}/` for a folder of that name"
                    ),
                ));
            }
            (Err(_), _) => Self::Folder(path),
        })
    }
}

/// What was done to a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    pub written: usize,
    pub unchanged: usize,
    /// Files of objects that are made no more.
    pub removed: Vec<String>,
}

/// Puts the files and the list into the folder. `files` are plain names.
pub(super) fn write_folder(
    folder: &Utf8Path,
    files: &[(String, String)],
    list: &Value,
) -> Result<Done> {
    let former = former(folder)?;
    std::fs::create_dir_all(folder).map_err(|error| Stop::at(folder, plain(&error)))?;
    let mut batch = Batch::default();
    for (name, text) in files {
        let path = folder.join(name);
        if !former.contains(name) && foreign(&path, text) {
            return Err(Stop::at(
                &path,
                format!(
                    "is not listed in `{LIST_NAME}`, so it is not replaced; remove it or build \
                     into another folder"
                ),
            ));
        }
        batch.add(&path, text)?;
    }
    let text = serde_json::to_string_pretty(list).unwrap_or_default() + "\n";
    batch.add(&folder.join(LIST_NAME), &text)?;
    let unchanged = batch.unchanged();
    let written = batch.commit()?;
    let made: BTreeSet<&String> = files.iter().map(|(name, _)| name).collect();
    let mut removed = Vec::new();
    for name in former.iter().filter(|name| !made.contains(name)) {
        let path = folder.join(name);
        match std::fs::remove_file(&path) {
            Ok(()) => removed.push(name.clone()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Stop::at(&path, plain(&error))),
        }
    }
    Ok(Done {
        written,
        unchanged,
        removed,
    })
}

/// A file of somebody else's stands there.
fn foreign(path: &Utf8Path, text: &str) -> bool {
    // Whoever reads from a FIFO waits for its writer.
    if is_special(path) {
        return true;
    }
    match std::fs::read(path) {
        Ok(have) => have != text.as_bytes(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// The files that the last build into this folder made.
fn former(folder: &Utf8Path) -> Result<BTreeSet<String>> {
    let path = folder.join(LIST_NAME);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(Stop::at(&path, plain(&error))),
    };
    listed(&text).ok_or_else(|| {
        let why = "is no list of objects that nplc wrote; remove it or build into another folder";
        Stop::at(&path, why)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(names: &[&str]) -> Value {
        let objects: Vec<Value> = names.iter().map(|name| json!({"file": name})).collect();
        json!({"objects": objects})
    }

    fn files(names: &[&str]) -> Vec<(String, String)> {
        let pair = |name: &&str| ((*name).to_owned(), format!("# {name}\n"));
        names.iter().map(pair).collect()
    }

    #[test]
    fn former_objects_go_and_strangers_stay() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap().join("new/out");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("mine.yaml"), "mine").unwrap();
        let first = write_folder(
            &folder,
            &files(&["a.yaml", "b.yaml"]),
            &list(&["a.yaml", "b.yaml"]),
        );
        assert_eq!(first.unwrap().written, 3);
        let done = write_folder(&folder, &files(&["b.yaml"]), &list(&["b.yaml"])).unwrap();
        assert_eq!(done.removed, ["a.yaml"]);
        assert_eq!((done.written, done.unchanged), (1, 1));
        assert!(folder.join("mine.yaml").exists() && !folder.join("a.yaml").exists());
    }

    #[test]
    fn a_strangers_file_is_not_replaced() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        std::fs::write(folder.join("b.yaml"), "mine").unwrap();
        let names = ["a.yaml", "b.yaml"];
        assert!(write_folder(folder, &files(&names), &list(&names)).is_err());
        assert_eq!(std::fs::read(folder.join("b.yaml")).unwrap(), b"mine");
        assert_eq!(
            std::fs::read_dir(folder).unwrap().count(),
            1,
            "nothing is left behind"
        );
    }

    #[test]
    fn a_list_that_reaches_outside_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        for name in ["../x.yaml", "/etc/x", "a/b", "..", LIST_NAME, ""] {
            std::fs::write(folder.join(LIST_NAME), list(&[name]).to_string()).unwrap();
            assert!(write_folder(folder, &[], &list(&[])).is_err(), "{name}");
        }
    }
}
