//! Kubernetes objects in YAML documents: lists are opened, fields are looked up leniently.

use smol_str::SmolStr;

use crate::yaml::read::{Node, Value};

/// How deep lists of lists are opened.
const MAX_LISTS: usize = 4;

/// The objects of a document: itself, or the items of a list (`kind: List`, `PodList` …).
pub(crate) fn flatten(document: &Node) -> Vec<&Node> {
    let mut out = Vec::new();
    open(document, 0, &mut out);
    out
}

fn open<'a>(node: &'a Node, depth: usize, out: &mut Vec<&'a Node>) {
    let is_list = kind(node).is_some_and(|kind| kind.ends_with("List"));
    match node.get("items").and_then(Node::as_seq) {
        Some(items) if is_list && depth < MAX_LISTS => {
            for item in items {
                open(item, depth + 1, out);
            }
        }
        _ => out.push(node),
    }
}

pub(super) fn kind(node: &Node) -> Option<&SmolStr> {
    node.get("kind").and_then(Node::as_str)
}

/// `a.b.c`, where every step is a map.
pub(crate) fn at<'a>(node: &'a Node, path: &str) -> Option<&'a Node> {
    path.split('.')
        .try_fold(node, |node, step| node.get(step))
        .filter(|node| node.value != Value::Null)
}

pub(crate) fn text(node: &Node, path: &str) -> Option<SmolStr> {
    at(node, path).and_then(Node::as_str).cloned()
}

pub(super) fn list<'a>(node: &'a Node, path: &str) -> &'a [Node] {
    at(node, path).and_then(Node::as_seq).unwrap_or_default()
}

pub(super) fn flag(node: &Node, path: &str) -> bool {
    matches!(
        at(node, path).map(|node| &node.value),
        Some(Value::Bool(true))
    )
}
