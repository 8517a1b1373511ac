//! Reads YAML and JSON into a plain tree in which every key and value knows its place.
//!
//! Scalars are typed as Kubernetes types them (`scalar`). A file may hold many documents; a
//! broken one is a diagnostic and the next is read. Refused: duplicate keys, keys that are no
//! scalars, aliases that would multiply, nesting and sizes beyond [`limits`].

mod build;
pub mod limits;
mod scalar;

use npl_diagnostics::{Diagnostic, FileId, Place, TextRange, codes::import as codes};
use rayon::prelude::*;
use smol_str::SmolStr;

/// One value with the range that it stands at.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(SmolStr),
    Seq(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: SmolStr,
    pub key_place: Place,
    pub value: Node,
}

/// What one file holds: its documents in order, empty ones left out.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    pub documents: Vec<Node>,
    pub diagnostics: Vec<Diagnostic<Place>>,
}

impl Node {
    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| &entry.value),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&SmolStr> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_seq(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The type's name in a message.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Str(_) => "a string",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// Reads one file of YAML or JSON.
pub fn read(file: FileId, text: &str) -> Documents {
    if text.len() > limits::MAX_BYTES {
        let at = Place::in_file(file, TextRange::at(0));
        let size = limits::MAX_BYTES / (1024 * 1024);
        let message = format!("a YAML file is larger than {size} MiB");
        let finding = Diagnostic::new(&codes::YAML_LIMIT, at, message).help("split the file");
        return Documents {
            documents: Vec::new(),
            diagnostics: vec![finding],
        };
    }
    build::Builder::new(file, text).run()
}

/// Reads files on all cores; the answers stand in the files' order.
pub fn read_all(files: &[(FileId, &str)]) -> Vec<(FileId, Documents)> {
    files
        .par_iter()
        .map(|(file, text)| (*file, read(*file, text)))
        .collect()
}

/// The findings of all files, taken out.
pub fn take_findings(files: &mut [(FileId, Documents)]) -> Vec<Diagnostic<Place>> {
    let lists = files.iter_mut().map(|(_, read)| &mut read.diagnostics);
    lists.flat_map(std::mem::take).collect()
}

#[cfg(test)]
mod tests;
