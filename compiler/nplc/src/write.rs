//! Writing files: each is written beside its place and renamed, and none is renamed before all are
//! written. A file that already has its content is not touched.

use std::{
    fs::Permissions,
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use crate::{
    fs::plain,
    stop::{Result, Stop},
};

/// What a new file may be read and written by; the umask is taken off.
const NEW_FILE_MODE: u32 = 0o666;

/// Files that are written, and not yet in their places. Dropped without [`Batch::commit`], it
/// leaves nothing behind.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    ready: Vec<(Utf8PathBuf, NamedTempFile)>,
    unchanged: usize,
}

impl Batch {
    /// Writes the content beside `path`. A link is followed: the file behind it is replaced.
    pub(crate) fn add(&mut self, path: &Utf8Path, content: &[u8]) -> Result<()> {
        let place = std::fs::canonicalize(path)
            .ok()
            .and_then(|found| Utf8PathBuf::from_path_buf(found).ok())
            .unwrap_or_else(|| path.to_owned());
        let old = std::fs::metadata(&place);
        if old.as_ref().is_ok_and(std::fs::Metadata::is_dir) {
            return Err(Stop::at(path, "is a folder; a file is to be written there"));
        }
        if old
            .as_ref()
            .is_ok_and(|meta| meta.len() == content.len() as u64)
            && holds(&place, content).unwrap_or(false)
        {
            self.unchanged += 1;
            return Ok(());
        }
        let mode = old.map_or(NEW_FILE_MODE, |meta| meta.permissions().mode() & 0o7777);
        let folder = match place.parent() {
            Some(parent) if !parent.as_str().is_empty() => parent,
            _ => Utf8Path::new("."),
        };
        let wrong = |error: std::io::Error| Stop::at(path, plain(&error));
        let mut file = tempfile::Builder::new()
            .prefix(".nplc-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)
            .map_err(wrong)?;
        file.write_all(content)
            .and_then(|()| file.flush())
            .map_err(wrong)?;
        self.ready.push((place, file));
        Ok(())
    }

    /// Puts every file in its place; returns how many changed.
    pub(crate) fn commit(self) -> Result<usize> {
        let count = self.ready.len();
        for (path, file) in self.ready {
            file.persist(&path)
                .map_err(|error| Stop::at(&path, plain(&error.error)))?;
        }
        Ok(count)
    }

    pub(crate) fn unchanged(&self) -> usize {
        self.unchanged
    }
}

/// Whether a file holds this already; read piece by piece, since it may be large.
fn holds(path: &Utf8Path, content: &[u8]) -> std::io::Result<bool> {
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 64 << 10];
    let mut rest = content;
    loop {
        let count = file.read(&mut buffer)?;
        let (Some(have), Some((want, more))) = (buffer.get(..count), rest.split_at_checked(count))
        else {
            return Ok(false);
        };
        if have != want {
            return Ok(false);
        }
        if count == 0 {
            return Ok(rest.is_empty());
        }
        rest = more;
    }
}

/// One file.
pub(crate) fn replace(path: &Utf8Path, content: &[u8]) -> Result<bool> {
    let mut batch = Batch::default();
    batch.add(path, content)?;
    Ok(batch.commit()? > 0)
}
