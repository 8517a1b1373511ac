//! Looking into YAML that may be of any shape: what does not fit is passed over, since reading has
//! already refused it.

use npl_diagnostics::{Anchor, Diagnostic, Edit, FileId, Fix, Place, TextRange};
use rustc_hash::FxHashMap;

use crate::yaml::read::{Entry, Node, Value};

/// The texts of the files, for fixes that need to know how something is written.
pub(super) struct Texts<'a>(FxHashMap<FileId, &'a str>);

impl<'a> Texts<'a> {
    pub(super) fn new(texts: &[(FileId, &'a str)]) -> Self {
        Self(texts.iter().copied().collect())
    }

    pub(super) fn at(&self, place: Place) -> &'a str {
        let text = file(place).and_then(|file| self.0.get(&file));
        text.and_then(|text| text.get(place.range.as_usize()))
            .unwrap_or_default()
    }

    /// The line up to a place.
    pub(super) fn before(&self, place: Place) -> &'a str {
        let text = file(place).and_then(|file| self.0.get(&file));
        let before = text.and_then(|text| text.get(..place.range.start as usize));
        before
            .and_then(|before| before.rsplit('\n').next())
            .unwrap_or_default()
    }

    /// A fix that writes a field in front of the other fields of a map.
    pub(super) fn first_field(&self, map: &Node, field: &str, safe: bool) -> Option<Fix<Place>> {
        let text = self.at(map.place());
        let start = map.place().range.start;
        let (at, text) = if text.starts_with('{') {
            let empty = map.as_map().is_none_or(<[Entry]>::is_empty);
            let tail = if empty { "" } else { ", " };
            (start + 1, format!("{field}{tail}"))
        } else {
            let before = self.before(map.place());
            if !before.chars().all(|c| matches!(c, ' ' | '-')) {
                return None;
            }
            (start, format!("{field}\n{}", " ".repeat(before.len())))
        };
        let name = field.split(':').next().unwrap_or_default();
        Some(Fix {
            title: format!("write `{name}`"),
            safe,
            edits: vec![Edit {
                at: Place {
                    range: TextRange::at(at),
                    ..map.place()
                },
                text,
            }],
        })
    }
}

fn file(place: Place) -> Option<FileId> {
    match place.anchor {
        Anchor::File(file) => Some(file),
        Anchor::Item(_) => None,
    }
}

/// A finding with a fix, if there is one.
pub(super) fn with(finding: Diagnostic<Place>, fix: Option<Fix<Place>>) -> Diagnostic<Place> {
    match fix {
        Some(fix) => finding.fix_with(fix),
        None => finding,
    }
}

pub(super) fn entry<'a>(node: &'a Node, name: &str) -> Option<&'a Entry> {
    let entries = node.as_map()?;
    let mut found = entries.iter();
    found.find(|entry| entry.key == name && entry.value.value != Value::Null)
}

pub(super) fn get<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    entry(node, name).map(|entry| &entry.value)
}

pub(super) fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    get(node, name)?.as_str().map(|text| text.as_str())
}

/// The items of a list; none if it is absent.
pub(super) fn items<'a>(node: &'a Node, name: &str) -> &'a [Node] {
    get(node, name).and_then(Node::as_seq).unwrap_or_default()
}

/// A list that is there and holds nothing.
pub(super) fn is_empty_list(node: &Node, name: &str) -> bool {
    get(node, name)
        .and_then(Node::as_seq)
        .is_some_and(<[Node]>::is_empty)
}

pub(super) fn is_empty_map(node: &Node) -> bool {
    node.as_map().is_some_and(<[Entry]>::is_empty)
}

/// `spec`, and each of `specs`.
pub(super) fn specs(object: &Node) -> impl Iterator<Item = &Node> {
    get(object, "spec")
        .into_iter()
        .chain(items(object, "specs"))
}
