//! `networking.k8s.io` NetworkPolicy, as Cilium translates it.

use npl_diagnostics::{Diagnostic, Place, Severity, codes::import as codes};
use smol_str::{SmolStr, format_smolstr};

use super::{
    fields::{Findings, Object},
    peers::{cidr, network_of},
    ports,
    scope::{CLUSTER, LOCAL_CLUSTER, NAMESPACE, NAMESPACE_LABELS},
    selector::selector,
};
use crate::{
    import::{
        selector::{Expression, Selector},
        shape::{End, Order, Peer, Peers, Port, PortNumber, PortRule, Proto, Rule},
    },
    yaml::read::Node,
};

pub(super) fn rule(out: &mut Findings, node: &Node, namespace: &SmolStr) -> Option<Rule> {
    let object = out.object(node, "spec")?;
    out.known(
        object,
        "spec",
        &["podSelector", "policyTypes", "ingress", "egress"],
    );
    let mut subject = match object.get("podSelector") {
        Some(node) => selector(out, node, "podSelector", "k8s"),
        None => Selector::default(),
    };
    subject.require(NAMESPACE, namespace.clone());
    let types = policy_types(out, object);
    let mut ends = Vec::new();
    for (name, ingress) in [("ingress", true), ("egress", false)] {
        for item in out.items(object, name) {
            ends.extend(end(out, item, (name, ingress), namespace));
        }
    }
    let has = |ingress: bool, ends: &[End]| ends.iter().any(|end| end.ingress == ingress);
    let (says_ingress, says_egress) = (types.contains(&true), types.contains(&false));
    if !has(true, &ends) && (says_ingress || !says_egress) {
        ends.push(closed(true, object.place));
    }
    if !has(false, &ends) && says_egress {
        ends.push(closed(false, object.place));
    }
    Some(Rule {
        subject,
        node: false,
        deny_ingress_by_default: has(true, &ends),
        deny_egress_by_default: has(false, &ends),
        ends,
        description: None,
        order: Order::Normal,
        subject_place: object.get("podSelector").map_or(object.place, Node::place),
        place: object.place,
    })
}

/// An absent `spec` is an empty one.
pub(super) fn no_spec(at: Place) -> Diagnostic<Place> {
    let message = "a NetworkPolicy without a `spec` closes ingress of every pod of its namespace";
    let mut finding = Diagnostic::new(&codes::POLICY_MISSING_FIELD, at, message);
    finding.severity = Severity::Warning;
    finding.help("say so with `spec: {podSelector: {}, policyTypes: [Ingress]}`, if it is meant")
}

/// `Ingress` as true, `Egress` as false.
fn policy_types(out: &mut Findings, object: Object<'_>) -> Vec<bool> {
    let mut types = Vec::new();
    let items = out.items(object, "policyTypes");
    if items.len() > 2 {
        let message = "`policyTypes` has more than two items";
        out.refuse(&codes::POLICY_WRONG_TYPE, object.place, message);
    }
    for node in items {
        match out.string(node, "policyTypes").map(SmolStr::as_str) {
            Some("Ingress") => types.push(true),
            Some("Egress") => types.push(false),
            Some(other) => {
                let message = format!("`{other}` is not a policy type");
                let finding = Diagnostic::new(&codes::POLICY_WRONG_TYPE, node.place(), message);
                out.refuse_with(finding.help("the types are Ingress and Egress"));
            }
            None => {}
        }
    }
    types
}

/// A rule that selects nobody: it counts as a rule, so the direction is closed.
pub(super) fn closed(ingress: bool, place: Place) -> End {
    End {
        ingress,
        deny: false,
        peers: Peers::Nothing,
        ports: Vec::new(),
        authentication: None,
        services: Vec::new(),
        peer_places: Vec::new(),
        place,
    }
}

fn end(
    out: &mut Findings,
    node: &Node,
    (name, ingress): (&str, bool),
    namespace: &SmolStr,
) -> Option<End> {
    let object = out.object(node, name)?;
    let side = if ingress { "from" } else { "to" };
    out.known(object, name, &[side, "ports"]);
    let items = out.items(object, side);
    let (mut peers, mut peer_places) = (Vec::new(), Vec::new());
    for item in items {
        if let Some(peer) = peer(out, item, side, namespace) {
            peers.push(peer);
            peer_places.push(item.place());
        }
    }
    if items.is_empty() {
        peers.push(Peer::Labels(Selector::default()));
    }
    let ports = out
        .items(object, "ports")
        .iter()
        .filter_map(|item| port(out, item))
        .map(|port| PortRule {
            ports: vec![port],
            ..PortRule::default()
        })
        .collect();
    Some(End {
        ingress,
        deny: false,
        peers: Peers::These(peers),
        ports,
        authentication: None,
        services: Vec::new(),
        peer_places,
        place: object.place,
    })
}

fn peer(out: &mut Findings, node: &Node, side: &str, namespace: &SmolStr) -> Option<Peer> {
    let object = out.object(node, side)?;
    let fields = ["podSelector", "namespaceSelector", "ipBlock"];
    out.known(object, side, &fields);
    let (pods, spaces) = (object.get("podSelector"), object.get("namespaceSelector"));
    if let Some(block) = object.get("ipBlock") {
        if pods.is_some() || spaces.is_some() {
            let message = "a peer has both an `ipBlock` and a selector";
            out.refuse(&codes::POLICY_MIXED_PEERS, object.place, message);
        }
        return ip_block(out, block);
    }
    if pods.is_none() && spaces.is_none() {
        let message = format!("an item of `{side}` is empty");
        let finding = Diagnostic::new(&codes::POLICY_MISSING_FIELD, object.place, message);
        let help = format!("for everybody, remove `{side}`");
        out.refuse_with(finding.help(help));
        return None;
    }
    let mut selected = match pods {
        Some(node) => selector(out, node, "podSelector", "k8s"),
        None => Selector::default(),
    };
    if !selected.has_key(CLUSTER) {
        selected.require(CLUSTER, LOCAL_CLUSTER);
    }
    match spaces {
        Some(node) => namespaces(out, node, &mut selected),
        None => selected.require(NAMESPACE, namespace.clone()),
    }
    Some(Peer::Labels(selected))
}

pub(super) fn namespaces(out: &mut Findings, node: &Node, into: &mut Selector) {
    let spaces = selector(out, node, "namespaceSelector", "k8s");
    if spaces.is_wildcard() {
        into.require_exists(NAMESPACE);
        return;
    }
    let key = |key: &SmolStr| {
        let bare = key.strip_prefix("k8s:").unwrap_or(key);
        format_smolstr!("{NAMESPACE_LABELS}.{bare}")
    };
    for (name, value) in spaces.labels {
        into.require(&key(&name), value);
    }
    for expression in spaces.expressions {
        into.expressions.push(Expression {
            key: key(&expression.key),
            ..expression
        });
    }
}

fn ip_block(out: &mut Findings, node: &Node) -> Option<Peer> {
    let object = out.object(node, "ipBlock")?;
    out.known(object, "ipBlock", &["cidr", "except"]);
    let Some(node) = object.get("cidr") else {
        let message = "an `ipBlock` has no `cidr`";
        out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
        return None;
    };
    let text = out.string(node, "cidr")?.clone();
    let net = network_of(out, &text, node.place())?;
    let mut except = Vec::new();
    let mut spelling = format!("cidr:{text}");
    for node in out.items(object, "except") {
        let Some(text) = out.string(node, "except") else {
            continue;
        };
        spelling.push_str(&format!("-{text}"));
        let Some(inner) = cidr(out, text, node.place()) else {
            continue;
        };
        if !net.contains(&inner) || net == inner {
            let message = format!("the exception `{text}` does not lie strictly inside `{net}`");
            out.refuse(&codes::POLICY_BAD_NETWORK, node.place(), message);
        }
        except.push(inner);
    }
    Some(Peer::Network {
        cidr: net,
        except,
        spelling: SmolStr::new(spelling),
    })
}

fn port(out: &mut Findings, node: &Node) -> Option<Port> {
    let object = out.object(node, "ports")?;
    out.known(object, "ports", &["port", "endPort", "protocol"]);
    let proto = match object.get("protocol") {
        Some(node) => {
            let name = out.string(node, "protocol")?;
            match Proto::from_name(name) {
                Some(proto @ (Proto::Tcp | Proto::Udp | Proto::Sctp)) => proto,
                _ => {
                    let message = format!("`{name}` is not a protocol of a NetworkPolicy");
                    let finding = Diagnostic::new(&codes::POLICY_BAD_PORT, node.place(), message);
                    out.refuse_with(finding.help("the protocols are TCP, UDP and SCTP"));
                    return None;
                }
            }
        }
        None => Proto::Tcp,
    };
    let number = match object.get("port") {
        Some(node) => ports::int_or_name(out, node)?,
        None => PortNumber::Number(0),
    };
    let mut end = 0;
    if let Some(node) = object.get("endPort") {
        let value = out.integer(node, "endPort")?;
        match (&number, u16::try_from(value)) {
            (PortNumber::Number(low), Ok(high)) if *low > 0 && high >= *low => end = high,
            _ => {
                let message = "`endPort` needs a numeric `port` that is not greater";
                out.refuse(&codes::POLICY_BAD_PORT, node.place(), message);
            }
        }
    }
    Some(Port { number, end, proto })
}
