//! Writing files: each is written beside its place and renamed, and none is renamed before all are
//! written. A file that already has its content is not touched. What is no regular file, such as a
//! FIFO, is written into: it was made by somebody for a reader of theirs.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, BufRead as _, BufReader, BufWriter, Write},
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

/// What is read and written at once.
const BUFFER_BYTES: usize = 256 << 10;

/// Files that are written, and not yet in their places. Dropped without [`Batch::commit`], it
/// leaves nothing behind.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    ready: Vec<(Utf8PathBuf, NamedTempFile)>,
    unchanged: usize,
}

impl Batch {
    /// Writes the content beside `path`. A link is followed: the file behind it is replaced.
    pub(crate) fn add(&mut self, path: &Utf8Path, content: &str) -> Result<()> {
        self.add_pieces(path, &[content])
    }

    /// The same, of content that is the pieces one after another.
    fn add_pieces<P: AsRef<str>>(&mut self, path: &Utf8Path, pieces: &[P]) -> Result<()> {
        let length: u64 = pieces.iter().map(|p| p.as_ref().len() as u64).sum();
        let place = std::fs::canonicalize(path)
            .ok()
            .and_then(|found| Utf8PathBuf::from_path_buf(found).ok())
            .unwrap_or_else(|| path.to_owned());
        let old = std::fs::metadata(&place);
        if old.as_ref().is_ok_and(std::fs::Metadata::is_dir) {
            return Err(Stop::at(path, "is a folder; a file is to be written there"));
        }
        if old.as_ref().is_ok_and(|meta| !meta.is_file()) {
            return Err(Stop::at(path, "is no regular file, and is not replaced"));
        }
        if old.as_ref().is_ok_and(|meta| meta.len() == length)
            && holds(&place, pieces).unwrap_or(false)
        {
            self.unchanged += 1;
            return Ok(());
        }
        let mode = old.map_or(NEW_FILE_MODE, |meta| meta.permissions().mode() & 0o7777);
        let folder = match place.parent() {
            Some(parent) if !parent.as_str().is_empty() => parent,
            _ => Utf8Path::new("."),
        };
        let wrong = |error: io::Error| Stop::at(path, plain(&error));
        let mut file = tempfile::Builder::new()
            .prefix(".nplc-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)
            .map_err(wrong)?;
        write_all(file.as_file_mut(), pieces).map_err(wrong)?;
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
fn holds<P: AsRef<str>>(path: &Utf8Path, pieces: &[P]) -> io::Result<bool> {
    let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    for piece in pieces {
        let mut want = piece.as_ref().as_bytes();
        while !want.is_empty() {
            let have = file.fill_buf()?;
            let count = have.len().min(want.len());
            let (Some(have), Some((now, later))) =
                (have.get(..count), want.split_at_checked(count))
            else {
                return Ok(false);
            };
            if count == 0 || have != now {
                return Ok(false);
            }
            want = later;
            file.consume(count);
        }
    }
    Ok(file.fill_buf()?.is_empty())
}

fn write_all<P: AsRef<str>>(file: impl Write, pieces: &[P]) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
    pieces
        .iter()
        .try_for_each(|piece| out.write_all(piece.as_ref().as_bytes()))
        .and_then(|()| out.flush())
}

/// Whether something is there that can be written into and not replaced.
pub(crate) fn is_special(path: &Utf8Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

/// One file, or what reads behind a FIFO or device.
pub(crate) fn replace<P: AsRef<str>>(path: &Utf8Path, pieces: &[P]) -> Result<()> {
    if is_special(path) {
        return write_into(path, pieces);
    }
    let mut batch = Batch::default();
    batch.add_pieces(path, pieces)?;
    batch.commit()?;
    Ok(())
}

fn write_into<P: AsRef<str>>(path: &Utf8Path, pieces: &[P]) -> Result<()> {
    let file = OpenOptions::new().write(true).open(path);
    let wrote = file.and_then(|file| write_all(file, pieces));
    wrote.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::Closed,
        _ => Stop::at(path, plain(&error)),
    })
}
