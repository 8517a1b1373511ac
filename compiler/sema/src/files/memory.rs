//! Files in memory: what tests and fixtures read from. Has links, so that loops can be tested.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Entry, FileError, FileKind, Files, join};

/// More links than this on the way to one file are a loop, as on Linux.
const LINKS_MAX: usize = 40;

#[derive(Clone, Debug)]
enum Node {
    File(Vec<u8>),
    Folder,
    Link(Utf8PathBuf),
}

/// A tree of files. The current folder is `/` unless told otherwise.
#[derive(Clone, Debug)]
pub struct MemoryFiles {
    current: Utf8PathBuf,
    nodes: BTreeMap<Utf8PathBuf, Node>,
}

impl Default for MemoryFiles {
    fn default() -> Self {
        let root = Utf8PathBuf::from("/");
        Self {
            current: root.clone(),
            nodes: BTreeMap::from([(root, Node::Folder)]),
        }
    }
}

impl MemoryFiles {
    /// Absolute paths with their texts.
    pub fn new<P: AsRef<str>, T: AsRef<str>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let mut out = Self::default();
        for (path, text) in files {
            out.write(path.as_ref(), text.as_ref());
        }
        out
    }

    #[must_use]
    pub fn at(mut self, current: &str) -> Self {
        self.current = Utf8PathBuf::from(current);
        self
    }

    pub fn write(&mut self, path: &str, bytes: impl AsRef<[u8]>) {
        self.put(path, Node::File(bytes.as_ref().to_vec()));
    }

    pub fn link(&mut self, path: &str, target: &str) {
        self.put(path, Node::Link(Utf8PathBuf::from(target)));
    }

    fn put(&mut self, path: &str, node: Node) {
        let path = join(&self.current, Utf8Path::new(path));
        for folder in path.ancestors().skip(1) {
            self.nodes.entry(folder.to_owned()).or_insert(Node::Folder);
        }
        self.nodes.insert(path, node);
    }

    /// Follows the links of every part of the path.
    fn walk(&self, path: &Utf8Path) -> Result<(Utf8PathBuf, &Node), FileError> {
        let mut links = 0;
        let mut path = join(&self.current, path);
        'again: loop {
            let parts: Vec<Utf8PathBuf> = path.ancestors().map(Utf8Path::to_owned).collect();
            for part in parts.iter().rev() {
                let Some(Node::Link(target)) = self.nodes.get(part) else {
                    continue;
                };
                links += 1;
                if links > LINKS_MAX {
                    return Err(FileError::Loop);
                }
                let base = part.parent().unwrap_or(part);
                let rest = path.strip_prefix(part).unwrap_or(Utf8Path::new(""));
                path = join(&join(base, target), rest);
                continue 'again;
            }
            let node = self.nodes.get(&path).ok_or(FileError::NotFound)?;
            return Ok((path, node));
        }
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        match self.walk(path)?.1 {
            Node::File(bytes) => Ok(bytes.clone()),
            _ => Err(FileError::Other("is a folder".to_owned())),
        }
    }

    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        Ok(match self.walk(path)?.1 {
            Node::File(_) => FileKind::File,
            Node::Folder => FileKind::Folder,
            Node::Link(_) => FileKind::Other,
        })
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<Entry>, FileError> {
        let (folder, node) = self.walk(folder)?;
        if !matches!(node, Node::Folder) {
            return Err(FileError::Other("is no folder".to_owned()));
        }
        let below = self
            .nodes
            .iter()
            .filter(|(path, _)| path.parent() == Some(&folder));
        Ok(below
            .map(|(path, node)| Entry {
                name: path.file_name().unwrap_or_default().to_owned(),
                utf8: true,
                kind: self.kind(path).unwrap_or(FileKind::Other),
                link: matches!(node, Node::Link(_)),
            })
            .collect())
    }

    fn canonical(&self, path: &Utf8Path) -> Result<Utf8PathBuf, FileError> {
        self.walk(path).map(|(path, _)| path)
    }
}
