//! `policy.networking.k8s.io` ClusterNetworkPolicy, as Cilium translates it.
//!
//! A program has no order, so what is taken is what hardly needs one: policies of tier Admin whose
//! rules all deny or all accept, and policies of tier Baseline that close a direction to all that
//! the API can name. Whether the order of such policies counts is seen when all are known
//! (`lower`). Refused by name are both actions in one policy, other rules of tier Baseline, `Pass`,
//! and the kinds that this one has replaced.

use npl_diagnostics::{Diagnostic, Place, codes::import as codes};
use smol_str::SmolStr;

use super::{
    fields::{Findings, Object},
    kubernetes::{closed, namespaces},
    peers::network_of,
    scope::{CLUSTER, LOCAL_CLUSTER},
    selector::selector,
};
use crate::{
    import::{
        selector::{Operator, Selector},
        shape::{
            End, Order, Peer, Peers, Port, PortNumber, PortRule, Proto, Rule, names_everything,
        },
    },
    yaml::read::Node,
};

/// The only version that Cilium reads.
pub(super) const VERSION: &str = "policy.networking.k8s.io/v1alpha2";

/// The CRD: items of every list, characters of a rule's name, and priorities.
const ITEMS_MAX: usize = 25;
const NAME_CHARS_MAX: usize = 100;
const PRIORITY_MAX: u16 = 1000;

fn refuse(out: &mut Findings, at: Place, message: impl Into<String>) {
    let finding = Diagnostic::new(&codes::IMPORT_TIERED_POLICY, at, message);
    out.refuse_with(finding.help("keep this policy in YAML, and leave its file out"));
}

/// A kind of an older version.
pub(super) fn replaced(out: &mut Findings, at: Place, kind: &str, name: &str) {
    let message = format!("the {kind} `{name}` has a tier and an order, which no program has");
    refuse(out, at, message);
}

pub(super) fn rule(out: &mut Findings, node: &Node) -> Option<Rule> {
    let object = out.object(node, "spec")?;
    let fields = ["tier", "priority", "subject", "ingress", "egress"];
    out.known(object, "spec", &fields);
    let Some(tier) = object.get("tier") else {
        out.refuse(
            &codes::POLICY_MISSING_FIELD,
            object.place,
            "a `spec` has no `tier`",
        );
        return None;
    };
    let baseline = match out.string(tier, "tier")?.as_str() {
        "Admin" => false,
        "Baseline" => true,
        other => {
            let message = format!("`{other}` is no tier");
            let finding = Diagnostic::new(&codes::POLICY_WRONG_TYPE, tier.place(), message);
            out.refuse_with(finding.help("the tiers are `Admin` and `Baseline`"));
            return None;
        }
    };
    let priority = priority(out, object);
    let subject = subject(out, object)?;
    let mut ends = Vec::new();
    for (list, ingress) in [("ingress", true), ("egress", false)] {
        for item in items(out, object, list, 0) {
            ends.extend(end(out, item, list, ingress));
        }
    }
    let mut rule = Rule {
        subject,
        node: false,
        deny_ingress_by_default: false,
        deny_egress_by_default: false,
        ends,
        description: None,
        order: Order::Normal,
        subject_place: object.get("subject").map_or(object.place, Node::place),
        place: object.place,
    };
    match baseline {
        true => seal(out, &mut rule, tier.place()),
        false => rule.order = order(out, &rule.ends, priority?)?,
    }
    Some(rule)
}

/// Rules of one action; both depend on their order.
fn order(out: &mut Findings, ends: &[End], priority: u16) -> Option<Order> {
    let Some(accept) = ends.iter().find(|end| !end.deny) else {
        return Some(Order::Denies { priority });
    };
    if ends.iter().any(|end| end.deny) {
        let message = "rules that accept and rules that deny have an order, which no program has";
        refuse(out, accept.place, message);
        return None;
    }
    Some(Order::Accepts {
        priority,
        place: accept.place,
    })
}

/// Closes the directions in which everything that can be named is denied.
fn seal(out: &mut Findings, rule: &mut Rule, tier: Place) {
    for ingress in [true, false] {
        let ends = rule.ends.iter().filter(|end| end.ingress == ingress);
        let ends: Vec<&End> = ends.collect();
        if ends.is_empty() {
            continue;
        }
        if !ends.iter().all(|end| end.deny) || !closes(&ends, ingress) {
            let message =
                "a rule of tier Baseline counts only where no other policy selects the pod";
            return refuse(out, tier, message);
        }
        match ingress {
            true => rule.deny_ingress_by_default = true,
            false => rule.deny_egress_by_default = true,
        }
    }
    let closes = [rule.deny_ingress_by_default, rule.deny_egress_by_default];
    let sides = [true, false].into_iter().zip(closes);
    let place = rule.place;
    rule.ends = sides
        .filter(|(_, closes)| *closes)
        .map(|(ingress, _)| closed(ingress, place))
        .collect();
    rule.order = Order::Seals { place: tier };
}

/// Every pod, and at egress every address, on every port.
fn closes(ends: &[&End], ingress: bool) -> bool {
    let whole = ends.iter().filter(|end| end.ports.is_empty());
    let peers: Vec<&Peer> = whole
        .filter_map(|end| match &end.peers {
            Peers::These(peers) => Some(peers),
            Peers::Nothing => None,
        })
        .flatten()
        .collect();
    names_everything(&peers, ingress)
}

fn priority(out: &mut Findings, object: Object<'_>) -> Option<u16> {
    let Some(node) = object.get("priority") else {
        let message = "a `spec` has no `priority`";
        out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
        return None;
    };
    let value = out.integer(node, "priority")?;
    let priority = u16::try_from(value).ok().filter(|p| *p <= PRIORITY_MAX);
    if priority.is_none() {
        let message = format!("{value} is no priority: those are 0 to {PRIORITY_MAX}");
        out.refuse(&codes::POLICY_WRONG_TYPE, node.place(), message);
    }
    priority
}

/// The items of a list that has at least so many of them, where it is given at all; a list that is
/// needed (`least` and absent) is missed.
fn items<'a>(out: &mut Findings, object: Object<'a>, name: &str, least: usize) -> &'a [Node] {
    let Some(node) = object.get(name) else {
        return &[];
    };
    let items = out.list(node, name);
    if items.len() < least || items.len() > ITEMS_MAX {
        let count = items.len();
        let message =
            format!("`{name}` has {count} items, and {least} to {ITEMS_MAX} belong there");
        out.refuse(&codes::POLICY_WRONG_TYPE, node.place(), message);
    }
    items
}

/// Exactly one of these fields is given.
fn one_of(out: &mut Findings, object: Object<'_>, what: &str, names: &[&str]) -> bool {
    let given = names
        .iter()
        .filter(|name| object.get(name).is_some())
        .count();
    if given != 1 {
        let names = names.join("`, `");
        let message = format!("{what} needs exactly one of `{names}`");
        out.refuse(&codes::POLICY_WRONG_TYPE, object.place, message);
    }
    given == 1
}

fn subject(out: &mut Findings, object: Object<'_>) -> Option<Selector> {
    let Some(node) = object.get("subject") else {
        let message = "a `spec` has no `subject`";
        out.refuse(&codes::POLICY_BAD_SUBJECT, object.place, message);
        return None;
    };
    let subject = out.object(node, "subject")?;
    out.known(subject, "subject", &["namespaces", "pods"]);
    match (subject.get("namespaces"), subject.get("pods")) {
        (Some(node), None) => {
            let mut selected = Selector::default();
            namespaces(out, node, &mut selected);
            Some(selected)
        }
        (None, Some(node)) => pods(out, node),
        _ => {
            let message = "a `subject` needs one of `namespaces` and `pods`";
            out.refuse(&codes::POLICY_BAD_SUBJECT, subject.place, message);
            None
        }
    }
}

fn pods(out: &mut Findings, node: &Node) -> Option<Selector> {
    let object = out.object(node, "pods")?;
    out.known(object, "pods", &["namespaceSelector", "podSelector"]);
    let Some(own) = object.get("podSelector") else {
        let message = "`pods` needs a `podSelector`";
        out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
        return None;
    };
    let mut selected = selector(out, own, "podSelector", "k8s");
    // Without one, pods of every namespace are meant.
    if let Some(spaces) = object.get("namespaceSelector") {
        namespaces(out, spaces, &mut selected);
    }
    Some(selected)
}

fn end(out: &mut Findings, node: &Node, list: &str, ingress: bool) -> Option<End> {
    let object = out.object(node, list)?;
    let side = if ingress { "from" } else { "to" };
    out.known(object, list, &["name", "action", side, "protocols"]);
    let Some(action) = object.get("action") else {
        let message = format!("an item of `{list}` has no `action`");
        out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
        return None;
    };
    let word = out.string(action, "action")?;
    if word == "Pass" {
        let message = "`Pass` skips rules that come later, and no program has an order";
        refuse(out, action.place(), message);
        return None;
    }
    if !["Accept", "Deny"].contains(&word.as_str()) {
        let message = format!("`{word}` is no action");
        let finding = Diagnostic::new(&codes::POLICY_WRONG_TYPE, action.place(), message);
        out.refuse_with(finding.help("the actions are `Accept`, `Deny` and `Pass`"));
        return None;
    }
    if object.get(side).is_none() {
        let message = format!("an item of `{list}` has no `{side}`");
        out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
    }
    if let Some(node) = object.get("name")
        && let Some(name) = out.string(node, "name")
        && name.chars().count() > NAME_CHARS_MAX
    {
        let message = format!("the name of a rule has more than {NAME_CHARS_MAX} characters");
        out.refuse(&codes::POLICY_WRONG_TYPE, node.place(), message);
    }
    let (mut peers, mut peer_places) = (Vec::new(), Vec::new());
    for item in items(out, object, side, 1) {
        peers.extend(peer(out, item, side));
        peer_places.resize(peers.len(), item.place());
    }
    let ports = items(out, object, "protocols", 1)
        .iter()
        .filter_map(|item| protocol(out, item))
        .map(|port| PortRule {
            ports: vec![port],
            ..PortRule::default()
        })
        .collect();
    Some(End {
        ingress,
        deny: word == "Deny",
        peers: Peers::These(peers),
        ports,
        authentication: None,
        services: Vec::new(),
        peer_places,
        place: object.place,
    })
}

fn peer(out: &mut Findings, node: &Node, side: &str) -> Vec<Peer> {
    let Some(object) = out.object(node, side) else {
        return Vec::new();
    };
    let kinds = ["namespaces", "pods", "nodes", "networks", "domainNames"];
    // The CRD knows no others where traffic comes from.
    let kinds = match side {
        "from" => kinds.get(..2).unwrap_or_default(),
        _ => &kinds,
    };
    out.known(object, side, kinds);
    if !one_of(out, object, "a peer", kinds) {
        return Vec::new();
    }
    if let Some(node) = object.get("pods") {
        let selected = pods(out, node).map(|mut selected| {
            if !selected.has_key(CLUSTER) {
                selected.require(CLUSTER, LOCAL_CLUSTER);
            }
            Peer::Labels(selected)
        });
        return selected.into_iter().collect();
    }
    if let Some(node) = object.get("namespaces") {
        return by_namespace(out, node).into_iter().collect();
    }
    if object.get("networks").is_some() {
        let found = items(out, object, "networks", 1).iter().filter_map(|node| {
            let text: &SmolStr = out.string(node, "networks")?;
            Some(Peer::Network {
                cidr: network_of(out, text, node.place())?,
                except: Vec::new(),
                spelling: smol_str::format_smolstr!("cidr:{text}"),
            })
        });
        return found.collect();
    }
    let message = "a peer is none of `pods`, `namespaces` and `networks`";
    refuse(out, object.place, message);
    Vec::new()
}

/// Cilium requires nothing of the endpoint but the labels of its namespace, so one that excludes
/// labels selects nodes and the world too.
fn by_namespace(out: &mut Findings, node: &Node) -> Option<Peer> {
    let mut selected = Selector::default();
    namespaces(out, node, &mut selected);
    let positive = |operator: Operator| matches!(operator, Operator::In | Operator::Exists);
    let asks = !selected.labels.is_empty();
    if !asks && !selected.expressions.iter().any(|e| positive(e.operator)) {
        let message = "`namespaces` that only exclude labels select nodes and the world too";
        refuse(out, node.place(), message);
        return None;
    }
    Some(Peer::Labels(selected))
}

fn protocol(out: &mut Findings, node: &Node) -> Option<Port> {
    let object = out.object(node, "protocols")?;
    let fields = ["tcp", "udp", "sctp", "destinationNamedPort"];
    out.known(object, "protocols", &fields);
    if !one_of(out, object, "an item of `protocols`", &fields) {
        return None;
    }
    if let Some(node) = object.get("destinationNamedPort") {
        let name = out.string(node, "destinationNamedPort")?;
        return Some(Port {
            number: PortNumber::Name(SmolStr::new(name.to_ascii_lowercase())),
            end: 0,
            proto: Proto::Any,
        });
    }
    let all = [
        ("tcp", Proto::Tcp),
        ("udp", Proto::Udp),
        ("sctp", Proto::Sctp),
    ];
    let (name, proto, node) = all
        .into_iter()
        .find_map(|(name, proto)| Some((name, proto, object.get(name)?)))?;
    let object = out.object(node, name)?;
    out.known(object, name, &["destinationPort"]);
    let Some(node) = object.get("destinationPort") else {
        let message = format!("`{name}` has no `destinationPort`");
        out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
        return None;
    };
    let object = out.object(node, "destinationPort")?;
    out.known(object, "destinationPort", &["number", "range"]);
    let (low, high) = match (object.get("number"), object.get("range")) {
        (Some(node), None) => (number(out, node)?, 0),
        (None, Some(node)) => {
            let range = out.object(node, "range")?;
            out.known(range, "range", &["start", "end"]);
            let start = range.get("start").and_then(|node| number(out, node))?;
            let end = range.get("end").and_then(|node| number(out, node))?;
            if start >= end {
                let message = format!("the range {start} to {end} has to start before it ends");
                out.refuse(&codes::POLICY_BAD_PORT, range.place, message);
                return None;
            }
            (start, end)
        }
        _ => {
            let message = "a `destinationPort` needs one of `number` and `range`";
            out.refuse(&codes::POLICY_BAD_PORT, object.place, message);
            return None;
        }
    };
    Some(Port {
        number: PortNumber::Number(low),
        end: high,
        proto,
    })
}

fn number(out: &mut Findings, node: &Node) -> Option<u16> {
    let value = out.integer(node, "number")?;
    match u16::try_from(value) {
        Ok(port) if port > 0 => Some(port),
        _ => {
            let message = format!("{value} is not a port; ports are 1 to 65535");
            out.refuse(&codes::POLICY_BAD_PORT, node.place(), message);
            None
        }
    }
}
