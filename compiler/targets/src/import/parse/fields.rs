//! Typed access to the fields of a YAML object, with a finding for whatever Kubernetes would
//! refuse.

use npl_diagnostics::{Code, Diagnostic, Place, codes::import as codes};
use smol_str::SmolStr;

use crate::yaml::read::{Entry, Node, Value};

/// A larger number is not written again: it might have been spelled in another base.
const NUMBER_MAX: i128 = 1_000_000_000;

/// The findings of one object; any error refuses the whole object.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) list: Vec<Diagnostic<Place>>,
    pub(crate) refused: bool,
}

/// A map whose fields are read one by one. A field that is null counts as absent.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) entries: &'a [Entry],
    pub(crate) place: Place,
}

impl<'a> Object<'a> {
    pub(crate) fn entry(&self, name: &str) -> Option<&'a Entry> {
        self.entries
            .iter()
            .find(|entry| entry.key == name && entry.value.value != Value::Null)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a Node> {
        self.entry(name).map(|entry| &entry.value)
    }
}

impl Findings {
    /// An error: the object is not enforced.
    pub(crate) fn refuse(&mut self, code: Code, at: Place, message: impl Into<String>) {
        self.refuse_with(Diagnostic::new(code, at, message));
    }

    pub(crate) fn refuse_with(&mut self, finding: Diagnostic<Place>) {
        self.refused = true;
        self.list.push(finding);
    }

    /// A lint: the object counts, though not as it looks.
    pub(crate) fn warn(&mut self, finding: Diagnostic<Place>) {
        self.list.push(finding);
    }

    pub(crate) fn object<'a>(&mut self, node: &'a Node, what: &str) -> Option<Object<'a>> {
        match &node.value {
            Value::Map(entries) => Some(Object {
                entries,
                place: node.place(),
            }),
            _ => {
                self.wrong_type(node, what, "a map");
                None
            }
        }
    }

    pub(crate) fn list<'a>(&mut self, node: &'a Node, what: &str) -> &'a [Node] {
        match &node.value {
            Value::Seq(items) => items,
            _ => {
                self.wrong_type(node, what, "a list");
                &[]
            }
        }
    }

    /// The items of a field that may be absent.
    pub(crate) fn items<'a>(&mut self, object: Object<'a>, name: &str) -> &'a [Node] {
        match object.get(name) {
            Some(node) => self.list(node, name),
            None => &[],
        }
    }

    pub(crate) fn string<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a SmolStr> {
        let text = node.as_str();
        if text.is_none() {
            self.wrong_type(node, what, "a string");
        }
        text
    }

    pub(crate) fn strings(&mut self, object: Object<'_>, name: &str) -> Vec<SmolStr> {
        self.items(object, name)
            .iter()
            .filter_map(|node| self.string(node, name).cloned())
            .collect()
    }

    pub(crate) fn boolean(&mut self, object: Object<'_>, name: &str) -> Option<bool> {
        let node = object.get(name)?;
        match node.value {
            Value::Bool(value) => Some(value),
            _ => {
                self.wrong_type(node, name, "a boolean");
                None
            }
        }
    }

    pub(crate) fn integer(&mut self, node: &Node, what: &str) -> Option<i128> {
        match node.value {
            Value::Int(value) => Some(value.get()),
            _ => {
                self.wrong_type(node, what, "a number");
                None
            }
        }
    }

    /// A map of strings to strings, in the order of the file.
    pub(crate) fn string_map(&mut self, object: Object<'_>, name: &str) -> Vec<(SmolStr, SmolStr)> {
        let Some(map) = object.get(name).and_then(|node| self.object(node, name)) else {
            return Vec::new();
        };
        let mut out = Vec::with_capacity(map.entries.len());
        for entry in map.entries {
            // A null would be dropped in silence, and a selector without it selects more.
            if let Some(value) = self.string(&entry.value, &entry.key) {
                out.push((entry.key.clone(), value.clone()));
            }
        }
        out
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        let message = format!("`{what}` is {}, but {wanted} belongs there", node.kind());
        let mut finding = Diagnostic::new(&codes::POLICY_WRONG_TYPE, node.place(), message);
        let quoted = match &node.value {
            Value::Int(n) if as_written(n.get(), node.place()) => Some(n.get().to_string()),
            // Of `0443` nobody knows which text is meant.
            Value::Int(_) | Value::Bool(_) | Value::Float(_) => Some(String::new()),
            _ => None,
        };
        if let (true, Some(text)) = (wanted == "a string", quoted) {
            finding = finding.help("put the value in quotes");
            if !text.is_empty() {
                let title = "put the value in quotes";
                finding = finding.fix(title, true, node.place(), format!("\"{text}\""));
            }
        }
        self.refuse_with(finding);
    }

    /// Kubernetes drops fields that a kind does not have.
    pub(crate) fn known(&mut self, object: Object<'_>, what: &str, names: &[&str]) {
        for entry in object.entries {
            if names.contains(&entry.key.as_str()) {
                continue;
            }
            let key = &entry.key;
            let message = format!("`{what}` has no field `{key}`, so Kubernetes drops it");
            let finding = Diagnostic::new(&codes::POLICY_UNKNOWN_FIELD, entry.key_place(), message);
            let finding = match nearest(key, names) {
                Some(name) => finding.help(format!("did you mean `{name}`")).fix(
                    format!("write `{name}`"),
                    false,
                    entry.key_place(),
                    name,
                ),
                None => finding.help("remove it"),
            };
            self.warn(finding);
        }
    }
}

/// The number is written as it would be written again: in decimal, without zeros in front.
fn as_written(number: i128, at: Place) -> bool {
    let length = at.range.end - at.range.start;
    number.abs() < NUMBER_MAX && number.to_string().len() == length as usize
}

/// The known name that differs from a mistyped one only in case or by one edit.
pub(super) fn nearest<'a>(key: &str, names: &[&'a str]) -> Option<&'a str> {
    names
        .iter()
        .copied()
        .find(|name| name.eq_ignore_ascii_case(key))
        .or_else(|| names.iter().copied().find(|name| one_edit(key, name)))
}

fn one_edit(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let same_front = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let back = |skip_left: usize, skip_right: usize| {
        left.get(same_front + skip_left..)
            .is_some_and(|l| right.get(same_front + skip_right..).is_some_and(|r| l == r))
    };
    back(1, 1) || back(1, 0) || back(0, 1)
}
