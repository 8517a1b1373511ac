//! Texts of one program, each read once and numbered.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use npl_diagnostics::FileId;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Problem, SourceText, unreadable};
use crate::{
    files::{Files, SAVE_AS_UTF8, relative, utf8},
    limits::{FILE_BYTES_MAX, FILES_MAX},
};

pub(super) struct Arena<'a> {
    pub(super) files: &'a dyn Files,
    root: Utf8PathBuf,
    pub(super) texts: Vec<SourceText>,
    known: FxHashMap<Utf8PathBuf, FileId>,
}

impl<'a> Arena<'a> {
    pub(super) fn new(files: &'a dyn Files, root: &Utf8Path) -> Self {
        Self {
            files,
            root: root.to_owned(),
            texts: Vec::new(),
            known: FxHashMap::default(),
        }
    }

    pub(super) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Reads a file, or finds it read.
    pub(super) fn read(&mut self, disk: &Utf8Path) -> Result<FileId, Problem> {
        if let Some(id) = self.known.get(disk) {
            return Ok(*id);
        }
        let bytes = self
            .files
            .read(disk)
            .map_err(|error| unreadable(disk, &error))?;
        let text = utf8(bytes)
            .map_err(|error| Problem::new(disk, format!("`{disk}` {error}")).help(SAVE_AS_UTF8))?;
        let path = SmolStr::new(relative(&self.root, disk).as_str().replace('\\', "/"));
        let id = self.add(path, disk, &text)?;
        self.known.insert(disk.to_owned(), id);
        Ok(id)
    }

    pub(super) fn add(
        &mut self,
        path: SmolStr,
        disk: &Utf8Path,
        text: &str,
    ) -> Result<FileId, Problem> {
        if text.len() > FILE_BYTES_MAX {
            let mib = FILE_BYTES_MAX / (1024 * 1024);
            let message = format!("`{disk}` is larger than {mib} MiB");
            return Err(Problem::new(disk, message).help("split it into several files"));
        }
        if self.texts.len() >= FILES_MAX {
            let message =
                format!("more than {FILES_MAX} files; the first one too many is `{disk}`");
            return Err(Problem::new(disk, message));
        }
        let id = FileId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(SourceText {
            path,
            disk: disk.to_owned(),
            text: Arc::from(text),
        });
        Ok(id)
    }

    pub(super) fn text(&self, id: FileId) -> Arc<str> {
        let text = self.texts.get(id.0 as usize).map(|t| Arc::clone(&t.text));
        text.unwrap_or_else(|| Arc::from(""))
    }
}
