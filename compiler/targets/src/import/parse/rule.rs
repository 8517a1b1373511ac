//! One rule of a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy.

use npl_diagnostics::{Diagnostic, Place, codes::import as codes};
use smol_str::SmolStr;

use super::{
    fields::{Findings, Object, nearest},
    peers,
    ports::{self, Context},
    scope::Scope,
    selector::selector,
};
use crate::{
    import::{
        selector::Selector,
        shape::{Authentication, End, Order, Rule},
    },
    yaml::read::{Entry, Node},
};

/// The four lists: name, ingress, deny.
const LISTS: [(&str, bool, bool); 4] = [
    ("ingress", true, false),
    ("ingressDeny", true, true),
    ("egress", false, false),
    ("egressDeny", false, true),
];

/// The fields of a `spec`.
const FIELDS: [&str; 10] = [
    "endpointSelector",
    "nodeSelector",
    "ingress",
    "ingressDeny",
    "egress",
    "egressDeny",
    "enableDefaultDeny",
    "labels",
    "description",
    "log",
];

/// Reads one `spec`.
pub(super) fn rule(
    out: &mut Findings,
    node: &Node,
    file: npl_diagnostics::FileId,
    namespace: &SmolStr,
) -> Option<Rule> {
    let object = out.object(node, "spec")?;
    let mut fields = FIELDS.to_vec();
    // What the subject was meant as is told with the subject.
    fields.extend(mistyped_subject(object).map(|(entry, _)| &*entry.key));
    out.known(object, "spec", &fields);
    let description = metadata(out, object);
    let (subject, is_node) = subject(out, object, namespace)?;
    let subject_place = ["endpointSelector", "nodeSelector"]
        .iter()
        .find_map(|name| object.get(name))
        .map_or(object.place, Node::place);
    let scope = Scope {
        file,
        namespace: namespace.clone(),
        subject_is_init: Scope::is_init(&subject),
    };
    let mut ends = Vec::new();
    for (name, ingress, deny) in LISTS {
        let items = out.items(object, name);
        for item in items {
            if item.as_map().is_some_and(<[Entry]>::is_empty) && (deny || items.len() > 1) {
                out.warn(empty_item(item.place(), name, deny));
            }
            let context = Context {
                ingress,
                deny,
                node: is_node,
            };
            ends.extend(end(out, item, &scope, (name, context)));
        }
    }
    if ends.is_empty() && !out.refused {
        let message = "a rule has no item of `ingress`, `ingressDeny`, `egress` or `egressDeny`";
        let finding = Diagnostic::new(&codes::POLICY_NO_RULES, object.place, message);
        let help = "to close a direction, write `ingress: [{}]` or `egress: [{}]`";
        out.refuse_with(finding.help(help));
    }
    let (ingress, egress) = default_deny(out, object);
    let any = |ingress: bool| ends.iter().any(|end| end.ingress == ingress);
    Some(Rule {
        deny_ingress_by_default: ingress.unwrap_or_else(|| any(true)),
        deny_egress_by_default: egress.unwrap_or_else(|| any(false)),
        subject: scope.subject(subject),
        node: is_node,
        ends,
        description,
        order: Order::Normal,
        subject_place,
        place: object.place,
    })
}

/// Fields that change no verdict are only checked for their type; the description is kept.
fn metadata(out: &mut Findings, object: Object<'_>) -> Option<SmolStr> {
    let description = object
        .get("description")
        .and_then(|node| out.string(node, "description").cloned());
    for item in out.items(object, "labels") {
        if let Some(label) = out.object(item, "labels") {
            out.known(label, "labels", &["key", "value", "source"]);
            if label.get("key").is_none() {
                let message = "an item of `labels` has no `key`";
                out.refuse(&codes::POLICY_MISSING_FIELD, label.place, message);
            }
            for name in ["key", "value", "source"] {
                if let Some(node) = label.get(name) {
                    out.string(node, name);
                }
            }
        }
    }
    let Some(log) = object.get("log").and_then(|node| out.object(node, "log")) else {
        return description;
    };
    out.known(log, "log", &["value"]);
    let Some(node) = log.get("value") else {
        return description;
    };
    if let Some(text) = out.string(node, "value")
        && (text.chars().count() > 32 || text.chars().any(char::is_control))
    {
        let message = "`log.value` is longer than 32 characters or not printable";
        out.refuse(&codes::POLICY_WRONG_TYPE, node.place(), message);
    }
    description
}

fn subject(out: &mut Findings, object: Object<'_>, namespace: &str) -> Option<(Selector, bool)> {
    let (endpoints, nodes) = (
        object.entry("endpointSelector"),
        object.entry("nodeSelector"),
    );
    match (endpoints, nodes) {
        (Some(entry), None) => Some((
            selector(out, &entry.value, "endpointSelector", "any"),
            false,
        )),
        (None, Some(entry)) if namespace.is_empty() => {
            Some((selector(out, &entry.value, "nodeSelector", "any"), true))
        }
        (None, Some(entry)) => {
            let message = "a namespaced policy has a `nodeSelector`";
            let finding = Diagnostic::new(&codes::POLICY_BAD_SUBJECT, entry.key_place(), message);
            out.refuse_with(finding.help("nodes need a CiliumClusterwideNetworkPolicy"));
            None
        }
        (Some(_), Some(entry)) => {
            let message = "a rule has both an `endpointSelector` and a `nodeSelector`";
            out.refuse(&codes::POLICY_BAD_SUBJECT, entry.key_place(), message);
            None
        }
        (None, None) => {
            out.refuse_with(no_subject(object));
            None
        }
    }
}

/// The field that was meant as the subject, where there is none, with the name that was meant.
fn mistyped_subject(object: Object<'_>) -> Option<(&Entry, &'static str)> {
    let subjects = ["endpointSelector", "nodeSelector"];
    if subjects.iter().any(|name| object.entry(name).is_some()) {
        return None;
    }
    let unknown = object.entries.iter().filter(|e| !FIELDS.contains(&&*e.key));
    let mut meant = unknown.filter_map(|entry| Some((entry, nearest(&entry.key, &FIELDS)?)));
    meant.find(|(_, name)| subjects.contains(name))
}

fn no_subject(object: Object<'_>) -> Diagnostic<Place> {
    let code = &codes::POLICY_BAD_SUBJECT;
    let Some((entry, name)) = mistyped_subject(object) else {
        let finding = Diagnostic::new(code, object.place, "a rule has no `endpointSelector`");
        return finding.help("`endpointSelector: {}` selects every pod");
    };
    let (key, at) = (&entry.key, entry.key_place());
    let message = format!("a rule has no `{name}`, and Kubernetes drops `{key}`");
    Diagnostic::new(code, at, message)
        .help(format!("did you mean `{name}`"))
        .fix(format!("write `{name}`"), false, at, name)
}

fn default_deny(out: &mut Findings, object: Object<'_>) -> (Option<bool>, Option<bool>) {
    let Some(map) = object
        .get("enableDefaultDeny")
        .and_then(|node| out.object(node, "enableDefaultDeny"))
    else {
        return (None, None);
    };
    out.known(map, "enableDefaultDeny", &["ingress", "egress"]);
    (out.boolean(map, "ingress"), out.boolean(map, "egress"))
}

fn end(
    out: &mut Findings,
    node: &Node,
    scope: &Scope,
    (list, context): (&str, Context),
) -> Option<End> {
    let object = out.object(node, list)?;
    let side = if context.ingress { "from" } else { "to" };
    out.known(object, list, &fields(context));
    removed(out, object, side);
    let read = peers::peers(out, object, scope, context);
    let ports = ports::port_rules(out, object, context);
    let end = End {
        ingress: context.ingress,
        deny: context.deny,
        peers: read.peers,
        ports,
        authentication: match context.deny {
            true => None,
            false => authentication(out, object),
        },
        services: read.services,
        peer_places: read.places,
        place: object.place,
    };
    service_hole(out, &end, object);
    Some(end)
}

/// Alone among the allows it closes the direction.
fn empty_item(at: Place, list: &str, deny: bool) -> Diagnostic<Place> {
    let message = match deny {
        true => format!("`{{}}` in `{list}` denies nobody"),
        false => format!("`{{}}` in `{list}` admits nobody, and the other items close it already"),
    };
    Diagnostic::new(&codes::POLICY_EMPTY_RULE, at, message)
        .help("remove it, or name peers; `Entities: [all]` is everybody")
}

fn fields(context: Context) -> Vec<&'static str> {
    let mut fields = vec!["toPorts", "icmps"];
    if context.ingress {
        fields.extend([
            "fromEndpoints",
            "fromNodes",
            "fromCIDR",
            "fromCIDRSet",
            "fromEntities",
            "fromGroups",
            "fromRequires",
        ]);
    } else {
        fields.extend([
            "toEndpoints",
            "toNodes",
            "toCIDR",
            "toCIDRSet",
            "toEntities",
            "toGroups",
            "toServices",
            "toRequires",
        ]);
    }
    if !context.deny {
        fields.push("authentication");
        if !context.ingress {
            fields.push("toFQDNs");
        }
    }
    fields
}

/// `fromRequires` and `toRequires` are gone; only an empty list is let through.
fn removed(out: &mut Findings, object: Object<'_>, side: &str) {
    let name = format!("{side}Requires");
    if let Some(entry) = object.entry(&name)
        && !out.list(&entry.value, &name).is_empty()
    {
        let message = format!("Cilium has removed `{name}`");
        let finding = Diagnostic::new(&codes::POLICY_REMOVED_FIELD, entry.key_place(), message);
        out.refuse_with(finding.help("put its labels into the selectors of the peers"));
    }
}

fn authentication(out: &mut Findings, object: Object<'_>) -> Option<Authentication> {
    let node = object.get("authentication")?;
    let map = out.object(node, "authentication")?;
    out.known(map, "authentication", &["mode"]);
    let mode = map.get("mode").and_then(|node| out.string(node, "mode"));
    match mode.map(SmolStr::as_str) {
        Some("disabled") => Some(Authentication::Disabled),
        Some("required") => Some(Authentication::Required),
        Some("test-always-fail") => Some(Authentication::AlwaysFail),
        _ => {
            let message = "`authentication` needs a `mode`: disabled, required or test-always-fail";
            out.refuse(&codes::POLICY_WRONG_TYPE, map.place, message);
            None
        }
    }
}

/// A `toServices` that finds no service leaves an empty peer list behind, which with ports means
/// everybody; in a deny it is never resolved at all.
fn service_hole(out: &mut Findings, end: &End, object: Object<'_>) {
    let Some(entry) = object.entry("toServices") else {
        return;
    };
    if end.services.is_empty() || (end.ports.is_empty() && !end.deny) {
        return;
    }
    let at: Place = entry.key_place();
    let message = match (end.deny, end.ports.is_empty()) {
        (true, true) => "`toServices` in a deny is never resolved, so it denies nothing",
        (true, false) => {
            "`toServices` in a deny is never resolved, so it denies these ports to everybody"
        }
        _ => "`toServices` with ports opens them to everybody while no service matches",
    };
    let finding = Diagnostic::new(&codes::POLICY_SERVICE_HOLE, at, message);
    out.warn(finding.help("select the service's pods with `toEndpoints`"));
}
