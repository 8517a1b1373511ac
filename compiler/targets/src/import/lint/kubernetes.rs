//! NetworkPolicy: directions that `policyTypes` forgets, and peers that were one.

use npl_diagnostics::{Diagnostic, codes::import as codes};

use super::{
    Context,
    node::{entry, get, is_empty_list, is_empty_map, items},
    peers,
};
use crate::yaml::read::Node;

pub(super) fn check(context: &mut Context<'_>, spec: &Node) {
    if let Some(subject) = get(spec, "podSelector") {
        peers::labels(context, subject);
    }
    types(context, spec);
    for (list, side) in [("ingress", "from"), ("egress", "to")] {
        for item in items(spec, list) {
            let all = items(item, side);
            side_by_side(context, all);
            for peer in all {
                if let Some(selector) = get(peer, "podSelector") {
                    peers::labels(context, selector);
                }
            }
        }
    }
}

fn types(context: &mut Context<'_>, spec: &Node) {
    let types: Vec<&str> = items(spec, "policyTypes")
        .iter()
        .filter_map(|node| node.as_str().map(|text| text.as_str()))
        .collect();
    for (list, name) in [("ingress", "Ingress"), ("egress", "Egress")] {
        let Some(found) = entry(spec, list) else {
            continue;
        };
        if types.contains(&name) {
            continue;
        }
        if !types.is_empty() && !items(spec, list).is_empty() {
            let message = format!(
                "`policyTypes` leaves out `{name}`, so Kubernetes ignores `{list}`; Cilium does not"
            );
            let finding =
                Diagnostic::new(&codes::POLICY_TYPES_MISMATCH, found.key_place(), message);
            context
                .out
                .push(finding.help(format!("add `{name}` to `policyTypes`")));
        }
        let by_default = types.is_empty() && name == "Ingress";
        if is_empty_list(spec, list) && !by_default {
            let message =
                format!("an empty `{list}` closes nothing without `{name}` in `policyTypes`");
            let finding =
                Diagnostic::new(&codes::POLICY_EMPTY_DIRECTION, found.value.place(), message);
            context
                .out
                .push(finding.help(format!("add `{name}` to `policyTypes`")));
        }
    }
}

/// `- namespaceSelector` and `- podSelector` as two items, which look like one with both.
fn side_by_side(context: &mut Context<'_>, peers: &[Node]) {
    let [first, second] = peers else { return };
    let only = |peer: &Node, name: &str| {
        peer.as_map().is_some_and(|entries| entries.len() == 1)
            && get(peer, name).is_some_and(|selector| !is_empty_map(selector))
    };
    if !(only(first, "namespaceSelector") && only(second, "podSelector")) {
        return;
    }
    let message = "these are two peers: all pods of those namespaces, and these pods of its own";
    let mut finding = Diagnostic::new(&codes::POLICY_PEERS_SIDE_BY_SIDE, second.place(), message)
        .also(first.place(), "every pod of these namespaces")
        .help("for these pods in those namespaces, write both selectors in one item");
    let before = context.texts.before(second.place());
    if before.trim_start() == "- " {
        let mut at = second.place();
        at.range.end = at.range.start;
        at.range.start -= 2;
        finding = finding.fix("make it one item", false, at, "  ");
    }
    context.out.push(finding);
}
