//! Kubernetes objects in YAML documents: lists are opened, fields are looked up leniently.

use std::borrow::Cow;

use smol_str::SmolStr;

use crate::yaml::read::{Node, Value};

/// How deep lists of lists are opened.
const MAX_LISTS: usize = 4;

/// The objects of a document: itself, or the items of a list (`kind: List`, `PodList` …). Items of
/// a `PodList` that do not say their kind are Pods, as Kubernetes' own reader takes them.
pub(crate) fn flatten(document: &Node) -> Vec<Cow<'_, Node>> {
    let mut out = Vec::new();
    open(document, 0, &mut out);
    out
}

fn open<'a>(node: &'a Node, depth: usize, out: &mut Vec<Cow<'a, Node>>) {
    let of = kind(node).and_then(|kind| kind.strip_suffix("List"));
    match (of, node.get("items").and_then(Node::as_seq)) {
        (Some(of), Some(items)) if depth < MAX_LISTS => {
            for item in items {
                match named(item, of, node) {
                    Some(item) => out.push(Cow::Owned(item)),
                    None => open(item, depth + 1, out),
                }
            }
        }
        _ => out.push(Cow::Borrowed(node)),
    }
}

/// The item with the kind and version that its list gives it.
fn named(item: &Node, of: &str, list: &Node) -> Option<Node> {
    let entries = item.as_map()?;
    if of.is_empty() || item.get("kind").is_some() || item.get("apiVersion").is_some() {
        return None;
    }
    let mut from = list.as_map()?.iter();
    let version = from.find(|entry| entry.key == "apiVersion")?.clone();
    let kind = version.written_as("kind", Value::Str(SmolStr::new(of)));
    let entries = [version, kind].into_iter().chain(entries.iter().cloned());
    Some(item.with_value(Value::Map(entries.collect())))
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
