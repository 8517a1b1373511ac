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

/// One value with the range that it stands at. A file has millions of them, so that places are kept
/// without what all of them share.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    range: TextRange,
    file: FileId,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(Integer),
    Float(f64),
    Str(SmolStr),
    Seq(Box<[Node]>),
    Map(Box<[Entry]>),
}

/// A whole number, in halves: an `i128` stands on 16 bytes, and every value would with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    high: i64,
    low: u64,
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: SmolStr,
    key_range: TextRange,
    pub value: Node,
}

impl Integer {
    fn new(value: i128) -> Self {
        Self {
            high: (value >> u64::BITS) as i64,
            low: value as u64,
        }
    }

    pub fn get(self) -> i128 {
        (i128::from(self.high) << u64::BITS) | i128::from(self.low)
    }
}

impl Entry {
    pub fn key_place(&self) -> Place {
        Place::in_file(self.value.file, self.key_range)
    }

    /// Another key and value at the same place.
    pub fn written_as(&self, key: &'static str, value: Value) -> Self {
        Self {
            key: SmolStr::new_static(key),
            key_range: self.key_range,
            value: self.value.with_value(value),
        }
    }
}

/// What one file holds: its documents in order, empty ones left out.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    pub documents: Vec<Node>,
    pub diagnostics: Vec<Diagnostic<Place>>,
}

impl Node {
    fn new(value: Value, file: FileId, range: TextRange) -> Self {
        Self { value, range, file }
    }

    pub fn place(&self) -> Place {
        Place::in_file(self.file, self.range)
    }

    /// Another value at the same place.
    pub fn with_value(&self, value: Value) -> Self {
        Self::new(value, self.file, self.range)
    }

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
