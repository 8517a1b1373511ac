//! The typed shapes as YAML text, in block style with two spaces. The text of each part is made
//! once and copied into every object that has it.

use std::fmt::Write as _;

use npl_policy::{
    addr::Net,
    model::{Direction, Entity, Verdict},
    name::NamePattern,
};

use super::shape::{
    EgressClause, EgressPeers, Family, HttpItem, IngressClause, NonEmpty, Operator, Peers, Plain,
    Port, PortEntry, Protocol, Rule, Section, Selector, Traffic,
};
use crate::yaml::write::{quoted, scalar};

/// Starts a line at an indentation.
pub(crate) fn line(out: &mut String, indent: usize) {
    const SPACES: &str = "                                ";
    out.push_str(SPACES.get(..indent).unwrap_or(SPACES));
}

pub(crate) fn key(out: &mut String, indent: usize, name: &str) {
    line(out, indent);
    out.push_str(name);
    out.push_str(":\n");
}

/// A selector as the value of a list item: the first line follows `- `.
fn selector_item(out: &mut String, indent: usize, selector: &Selector) {
    line(out, indent);
    let start = out.len();
    selector_body(out, indent + 2, selector);
    // The item's first line stands behind the dash.
    out.replace_range(start..start + indent + 2, "- ");
}

pub(crate) fn selector_body(out: &mut String, indent: usize, selector: &Selector) {
    if !selector.labels.is_empty() {
        key(out, indent, "matchLabels");
        for (name, value) in &selector.labels {
            line(out, indent + 2);
            scalar(out, name);
            out.push_str(": ");
            scalar(out, value);
            out.push('\n');
        }
    }
    if !selector.expressions.is_empty() {
        key(out, indent, "matchExpressions");
        for requirement in &selector.expressions {
            line(out, indent);
            out.push_str("- key: ");
            scalar(out, &requirement.key);
            out.push('\n');
            line(out, indent + 2);
            let (name, values) = match &requirement.operator {
                Operator::DoesNotExist => ("DoesNotExist", None),
                Operator::Exists => ("Exists", None),
                Operator::In(values) => ("In", Some(values)),
                Operator::NotIn(values) => ("NotIn", Some(values)),
            };
            out.push_str("operator: ");
            out.push_str(name);
            out.push('\n');
            if let Some(values) = values {
                key(out, indent + 2, "values");
                for value in values {
                    item(out, indent + 2, value);
                }
            }
        }
    }
}

pub(crate) fn item(out: &mut String, indent: usize, text: &str) {
    line(out, indent);
    out.push_str("- ");
    scalar(out, text);
    out.push('\n');
}

/// `endpointSelector:` of a spec.
pub(super) fn endpoint_selector(out: &mut String, selector: &Selector) {
    if selector.labels.is_empty() && selector.expressions.is_empty() {
        out.push_str("  endpointSelector: {}\n");
        return;
    }
    key(out, 2, "endpointSelector");
    selector_body(out, 4, selector);
}

/// The key of a section: ends of one rule in one direction stand under one.
pub(super) fn section_key(out: &mut String, direction: Direction, verdict: Verdict) {
    let name = match (direction, verdict) {
        (Direction::Ingress, Verdict::Allow) => "ingress",
        (Direction::Ingress, Verdict::Deny) => "ingressDeny",
        (Direction::Egress, Verdict::Allow) => "egress",
        (Direction::Egress, Verdict::Deny) => "egressDeny",
    };
    key(out, 2, name);
}

/// The items of a section, without its key.
pub(super) fn section_items(out: &mut String, section: &Section) {
    match section {
        Section::Ingress(rules) => list(out, rules, from, ingress_clause),
        Section::Egress(rules) => list(out, rules, to_egress, egress_clause),
        Section::IngressDeny(rules) => list(out, rules, from, plain),
        Section::EgressDeny(rules) => list(out, rules, to, plain),
    }
}

fn list<P, L>(
    out: &mut String,
    rules: &NonEmpty<Rule<P, L>>,
    peers: fn(&mut String, &P),
    clause: fn(&mut String, &L),
) {
    for rule in rules.iter() {
        out.push_str("  - ");
        peers(out, &rule.peers);
        match &rule.traffic {
            Traffic::All => {}
            Traffic::Ports(lists, l7) => {
                key(out, 4, "toPorts");
                for list in lists.iter() {
                    out.push_str("    - ports:\n");
                    for entry in list.entries() {
                        port(out, entry);
                    }
                    clause(out, l7);
                }
            }
            Traffic::Icmp(fields) => {
                key(out, 4, "icmps");
                out.push_str("    - fields:\n");
                for (family, number) in fields.fields() {
                    let family = match family {
                        Family::V4 => "IPv4",
                        Family::V6 => "IPv6",
                    };
                    let _ = write!(out, "      - family: {family}\n        type: {number}\n");
                }
            }
        }
    }
}

fn from(out: &mut String, peers: &Peers) {
    known(out, ["fromEndpoints", "fromCIDRSet", "fromEntities"], peers);
}

fn to(out: &mut String, peers: &Peers) {
    known(out, ["toEndpoints", "toCIDRSet", "toEntities"], peers);
}

fn to_egress(out: &mut String, peers: &EgressPeers) {
    match peers {
        EgressPeers::Known(peers) => to(out, peers),
        EgressPeers::Names(names) => {
            out.push_str("toFQDNs:\n");
            for name in names.iter() {
                matched_name(out, 4, name);
            }
        }
    }
}

fn known(out: &mut String, names: [&str; 3], peers: &Peers) {
    let [endpoints, cidrs, entities] = names;
    match peers {
        Peers::Endpoints(selectors) => {
            out.push_str(endpoints);
            out.push_str(":\n");
            for selector in selectors.iter() {
                out.push_str(selector.item.get_or_init(|| {
                    let mut item = String::new();
                    selector_item(&mut item, 4, &selector.selector);
                    item.into_boxed_str()
                }));
            }
        }
        Peers::Cidrs(nets) => {
            out.push_str(cidrs);
            out.push_str(":\n");
            for net in nets.iter() {
                cidr(out, net);
            }
        }
        Peers::Entities(list) => {
            out.push_str(entities);
            out.push_str(":\n");
            for entity in list.iter() {
                item(out, 4, entity_name(*entity));
            }
        }
    }
}

fn cidr(out: &mut String, net: &Net) {
    let _ = writeln!(out, "    - cidr: \"{}\"", net.cidr);
    if !net.except.is_empty() {
        key(out, 6, "except");
        for except in &net.except {
            let _ = writeln!(out, "      - \"{except}\"");
        }
    }
}

/// As the custom resource spells it; never `world-ipv4`, `world-ipv6` or `none`, which it refuses.
pub(super) fn entity_name(entity: Entity) -> &'static str {
    match entity {
        Entity::All => "all",
        Entity::World => "world",
        Entity::Cluster => "cluster",
        Entity::Host => "host",
        Entity::RemoteNode => "remote-node",
        Entity::KubeApiserver => "kube-apiserver",
        Entity::Health => "health",
        Entity::CiliumIngress => "ingress",
    }
}

fn port(out: &mut String, entry: &PortEntry) {
    let (low, high) = match entry.port {
        Port::Every => (0, None),
        Port::One(port) => (port.get(), None),
        Port::Range(low, high) => (low.get(), Some(high.get())),
    };
    let _ = writeln!(out, "      - port: \"{low}\"");
    if let Some(high) = high {
        let _ = writeln!(out, "        endPort: {high}");
    }
    let protocol = match entry.protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
        Protocol::Any => "ANY",
    };
    out.push_str("        protocol: ");
    out.push_str(protocol);
    out.push('\n');
}

fn plain(_: &mut String, _: &Plain) {}

fn ingress_clause(out: &mut String, clause: &IngressClause) {
    match clause {
        IngressClause::None => {}
        IngressClause::ServerNames(names) => {
            key(out, 6, "serverNames");
            for name in names.iter() {
                item(out, 6, name.as_str());
            }
        }
        IngressClause::Http(items) => {
            key(out, 6, "rules");
            key(out, 8, "http");
            for entry in items.iter() {
                http(out, entry);
            }
        }
    }
}

fn egress_clause(out: &mut String, clause: &EgressClause) {
    match clause {
        EgressClause::Common(clause) => ingress_clause(out, clause),
        EgressClause::Dns(names) => {
            key(out, 6, "rules");
            key(out, 8, "dns");
            for name in names.iter() {
                matched_name(out, 8, name);
            }
        }
    }
}

fn http(out: &mut String, entry: &HttpItem) {
    let fields = [
        ("method", &entry.method),
        ("path", &entry.path),
        ("host", &entry.host),
    ];
    // Every request; a list without an item is a null, which Kubernetes drops.
    if fields.iter().all(|(_, value)| value.is_none()) {
        out.push_str("        - {}\n");
        return;
    }
    let mut lead = "        - ";
    for (name, value) in fields {
        if let Some(value) = value {
            out.push_str(lead);
            out.push_str(name);
            out.push_str(": ");
            quoted(out, value);
            out.push('\n');
            lead = "          ";
        }
    }
}

fn matched_name(out: &mut String, indent: usize, name: &NamePattern) {
    line(out, indent);
    let kind = if name.is_exact() {
        "matchName"
    } else {
        "matchPattern"
    };
    out.push_str("- ");
    out.push_str(kind);
    out.push_str(": ");
    scalar(out, name.as_str());
    out.push('\n');
}
