//! `matchName`, `matchPattern` and `serverNames`, checked.

use npl_diagnostics::{Diagnostic, Place, codes::import as codes};
use smol_str::SmolStr;

use super::fields::{Findings, Object};
use crate::{import::shape::NameMatch, yaml::read::Node};

/// The longest name or pattern.
const MAX_NAME: usize = 255;

pub(super) fn name_match(out: &mut Findings, node: &Node, what: &str) -> Option<NameMatch> {
    let object = out.object(node, what)?;
    out.known(object, what, &["matchName", "matchPattern"]);
    let (exact, node) = match (object.get("matchName"), object.get("matchPattern")) {
        (Some(node), None) => (true, node),
        (None, Some(node)) => (false, node),
        _ => {
            let message =
                format!("an item of `{what}` needs `matchName` or `matchPattern`, and not both");
            out.refuse(&codes::POLICY_BAD_NAME, object.place, message);
            return None;
        }
    };
    let text = out.string(node, what)?.clone();
    let fits = |b: u8| in_name(b) || (!exact && b == b'*');
    check(out, &text, node.place(), fits)?;
    Some(NameMatch { exact, text })
}

pub(super) fn server_names(out: &mut Findings, object: Object<'_>) -> Vec<SmolStr> {
    let Some(node) = object.get("serverNames") else {
        return Vec::new();
    };
    let items = out.list(node, "serverNames");
    if items.is_empty() {
        let message = "`serverNames` is empty";
        let finding = Diagnostic::new(&codes::POLICY_BAD_NAME, node.place(), message);
        out.refuse_with(finding.help("list a name, or remove the field to admit all of them"));
    }
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        let Some(text) = out.string(item, "serverNames").cloned() else {
            continue;
        };
        if names.contains(&text) {
            let message = format!("`serverNames` lists `{text}` twice");
            out.refuse(&codes::POLICY_BAD_NAME, item.place(), message);
        } else if check(out, &text, item.place(), |b| in_name(b) || b == b'*').is_some() {
            names.push(text);
        }
    }
    names
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Labels of the characters that fit, with one dot between two, and one at the end at most.
fn check(out: &mut Findings, text: &str, at: Place, fits: impl Fn(u8) -> bool) -> Option<()> {
    let labels = text.strip_suffix('.').unwrap_or(text);
    let good = text.len() <= MAX_NAME
        && labels
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(&fits));
    if good {
        return Some(());
    }
    let message = format!("`{text}` is not a name that Cilium takes");
    let finding = Diagnostic::new(&codes::POLICY_BAD_NAME, at, message);
    out.refuse_with(finding.help("names hold letters, digits, `-`, `_` and single dots"));
    None
}
