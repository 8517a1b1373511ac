//! One `spec` of a Cilium policy: its subject, its directions, its items.

use npl_diagnostics::{Diagnostic, codes::import as codes};

use super::{
    Context,
    across::{self, Learned},
    layer7,
    node::{entry, get, is_empty_list, items, with},
    object::Scope,
    peers,
};
use crate::yaml::read::{Entry, Node, Value};

/// A direction: the list of allows, that of denies, the side of the peers.
struct Direction {
    allow: &'static str,
    deny: &'static str,
    side: &'static str,
}

const DIRECTIONS: [Direction; 2] = [
    Direction {
        allow: "ingress",
        deny: "ingressDeny",
        side: "from",
    },
    Direction {
        allow: "egress",
        deny: "egressDeny",
        side: "to",
    },
];

const PEERS: [&str; 8] = [
    "Endpoints",
    "Nodes",
    "CIDR",
    "CIDRSet",
    "Entities",
    "Groups",
    "FQDNs",
    "Services",
];

pub(super) fn check(
    context: &mut Context<'_>,
    spec: &Node,
    scope: Scope<'_>,
    learned: &Learned<'_>,
) {
    if let Some(subject) = entry(spec, "endpointSelector") {
        peers::subject(context, spec, &subject.value, scope);
    }
    for direction in &DIRECTIONS {
        closes(context, spec, direction, learned);
        for (list, deny) in [(direction.allow, false), (direction.deny, true)] {
            for item in items(spec, list) {
                open_to_everybody(context, item, direction.side, deny);
                peers::check(context, item, direction.side, deny);
                layer7::check(context, item, deny);
            }
        }
    }
    for item in items(spec, "egress") {
        learned.check(context, spec, item);
    }
}

/// What a direction's lists do to it, and what they only seem to do.
fn closes(context: &mut Context<'_>, spec: &Node, direction: &Direction, learned: &Learned<'_>) {
    let Direction { allow, deny, .. } = direction;
    let said = get(spec, "enableDefaultDeny").and_then(|map| entry(map, allow));
    let denies = items(spec, deny);
    if denies.is_empty() && items(spec, allow).is_empty() && has_rules(spec) {
        return closes_nothing(context, spec, allow, said);
    }
    if said.is_some() {
        return;
    }
    let Some(found) = entry(spec, deny).filter(|_| !denies.is_empty()) else {
        return;
    };
    if !items(spec, allow).is_empty() || across::opens(learned, spec.place(), *allow == "ingress") {
        return;
    }
    let message = format!("`{deny}` alone closes {allow}: nothing that it does not name passes");
    let finding = Diagnostic::new(&codes::POLICY_DENY_ONLY, found.key_place(), message).help(
        format!("to deny this alone, add `enableDefaultDeny: {{{allow}: false}}`"),
    );
    let fix = match entry(spec, "enableDefaultDeny") {
        Some(_) => None,
        None => {
            let field = format!("enableDefaultDeny: {{{allow}: false}}");
            context.texts.first_field(spec, &field, false)
        }
    };
    context.out.push(with(finding, fix));
}

/// A direction without a rule stays open, whatever `enableDefaultDeny` says: the agent looks at the
/// rules that it has.
fn closes_nothing(context: &mut Context<'_>, spec: &Node, allow: &str, said: Option<&Entry>) {
    let help = format!("to close {allow}, write `{allow}: [{{}}]`");
    let closing = said.map(|entry| &entry.value.value);
    if let (true, Some(found)) = (is_empty_list(spec, allow), entry(spec, allow))
        && closing != Some(&Value::Bool(false))
    {
        let message = format!("an empty `{allow}` closes nothing: Cilium takes it as absent");
        let at = found.value.place();
        let finding = Diagnostic::new(&codes::POLICY_EMPTY_DIRECTION, at, message)
            .help(help)
            .fix(format!("close {allow}"), false, at, "[{}]");
        context.out.push(finding);
        return;
    }
    let (Some(said), Some(Value::Bool(true))) = (said, closing) else {
        return;
    };
    let message = format!("`enableDefaultDeny` closes no {allow} without an item of `{allow}`");
    let at = said.value.place();
    let finding = Diagnostic::new(&codes::POLICY_EMPTY_DIRECTION, at, message).help(help);
    // A field without a value is there already.
    let there = spec.get(allow).is_some();
    let field = format!("{allow}: [{{}}]");
    let fix = context.texts.first_field(spec, &field, false);
    context.out.push(with(finding, fix.filter(|_| !there)));
}

/// A spec without any is refused.
fn has_rules(spec: &Node) -> bool {
    let mut lists = DIRECTIONS.iter().flat_map(|d| [d.allow, d.deny]);
    lists.any(|list| !items(spec, list).is_empty())
}

/// Ports without a peer list of any kind: everybody, the internet included. A deny that means
/// everybody is no surprise.
fn open_to_everybody(context: &mut Context<'_>, item: &Node, side: &str, deny: bool) {
    let some_peers = PEERS
        .iter()
        .any(|kind| entry(item, &format!("{side}{kind}")).is_some());
    let ports = items(item, "toPorts");
    // Peers whose field has another name are an error of their own.
    let meant = item.as_map().is_some_and(|entries| {
        let other = |key: &str| key.starts_with(side) && key != "toPorts";
        entries.iter().any(|entry| other(&entry.key))
    });
    // Without a port in it an item opens nothing, and is told by itself.
    let opens = ports.iter().any(|rule| !items(rule, "ports").is_empty());
    if deny || some_peers || meant || !opens {
        return;
    }
    let Some(at) = entry(item, "toPorts").map(|e| e.key_place()) else {
        return;
    };
    // DNS rules say which names may be asked, wherever the resolver is.
    let asks = |node: &Node| get(node, "rules").is_some_and(|rules| get(rules, "dns").is_some());
    if ports.iter().all(asks) {
        return;
    }
    let message = "ports without peers are open to everybody";
    let finding = Diagnostic::new(&codes::POLICY_OPEN_TO_EVERYBODY, at, message)
        .note("that is every pod, every node and the internet")
        .help(format!(
            "name the peers; `{side}Entities: [all]` says that all are meant"
        ));
    let field = format!("{side}Entities: [all]");
    let fix = context.texts.first_field(item, &field, true);
    context.out.push(with(finding, fix));
}
