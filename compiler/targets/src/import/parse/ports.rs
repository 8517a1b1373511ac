//! `toPorts` and `icmps`, checked as Cilium's schema and agent check them.

use npl_diagnostics::{Diagnostic, Place, codes::import as codes};
use smol_str::SmolStr;

use super::{
    fields::{Findings, Object},
    icmp, layer7,
};
use crate::{
    import::shape::{Port, PortNumber, PortRule, Proto},
    yaml::read::{Node, Value},
};

/// The most ports of one list, and ICMP types of one list.
const MAX_PORTS: usize = 40;

/// The fields of an item of `ports`.
const PORT: [&str; 3] = ["port", "endPort", "protocol"];

/// Where a port rule stands decides what it may hold.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) ingress: bool,
    pub(super) deny: bool,
    pub(super) node: bool,
}

/// Reads the ports of one item of `ingress`, `egress` and so on.
pub(super) fn port_rules(out: &mut Findings, item: Object<'_>, context: Context) -> Vec<PortRule> {
    let mut rules = Vec::new();
    for node in out.items(item, "toPorts") {
        rules.extend(port_rule(out, node, context));
    }
    let icmps = item.entry("icmps");
    let Some(entry) = icmps else {
        return rules;
    };
    let items = out.list(&entry.value, "icmps");
    if !items.is_empty() && !rules.is_empty() {
        let message = "one rule has both `icmps` and `toPorts`";
        let finding = Diagnostic::new(&codes::POLICY_BAD_ICMP, entry.key_place(), message);
        out.refuse_with(finding.help("write a rule of its own for ICMP"));
    }
    for node in items {
        rules.extend(icmp::icmp_rule(out, node, MAX_PORTS));
    }
    rules
}

fn port_rule(out: &mut Findings, node: &Node, context: Context) -> Option<PortRule> {
    let object = out.object(node, "toPorts")?;
    let fields: &[&str] = if context.deny {
        &["ports"]
    } else {
        &[
            "ports",
            "rules",
            "serverNames",
            "terminatingTLS",
            "originatingTLS",
            "listener",
        ]
    };
    let mut fields = fields.to_vec();
    if is_missing(object, "ports") {
        ports_missing(out, object);
        // They are part of the same mistake.
        fields.extend(PORT);
    }
    out.known(object, "toPorts", &fields);
    let items = out.items(object, "ports");
    if items.len() > MAX_PORTS {
        let message = format!(
            "a list of ports has {} items, and {MAX_PORTS} are the most",
            items.len()
        );
        let finding = Diagnostic::new(&codes::POLICY_BAD_PORT, object.place, message);
        out.refuse_with(finding.help("split it into several items of `toPorts`"));
    }
    let mut rule = PortRule::default();
    for item in items {
        rule.ports.extend(port(out, item));
    }
    if !context.deny {
        layer7::read(out, object, &mut rule, context);
    }
    Some(rule)
}

/// Absent, or a list of nothing.
pub(super) fn is_missing(object: Object<'_>, name: &str) -> bool {
    let listed = object.get(name);
    listed.is_none_or(|node| node.as_seq().is_some_and(<[Node]>::is_empty))
}

/// Cilium takes such an item, and makes nothing of it.
fn ports_missing(out: &mut Findings, object: Object<'_>) {
    let message = "an item of `toPorts` without `ports` selects nothing";
    let finding = Diagnostic::new(&codes::POLICY_PORTS_MISSING, object.place, message);
    let beside = object.entries.iter().find(|e| PORT.contains(&&*e.key));
    out.warn(match beside {
        Some(entry) => finding
            .also(entry.key_place(), "this stands one list too high")
            .help("write them in an item of `ports`: `ports: [{port: \"80\", protocol: TCP}]`"),
        None => finding.help("list the ports; `\"0\"` is every port"),
    });
}

fn port(out: &mut Findings, node: &Node) -> Option<Port> {
    let object = out.object(node, "ports")?;
    out.known(object, "ports", &PORT);
    // Each field has a mistake of its own.
    let proto = protocol(out, object);
    let number = match object.get("port") {
        Some(node) => number(out, node),
        None => {
            let finding = Diagnostic::new(
                &codes::POLICY_BAD_PORT,
                object.place,
                "an item of `ports` has no `port`",
            );
            out.refuse_with(finding.help("write the port in quotes; `\"0\"` is every port"));
            return None;
        }
    };
    if let (Some(proto), Some(number)) = (proto, &number)
        && proto.is_extended()
    {
        let at = object.get("protocol").map_or(object.place, |n| n.place());
        if *number != PortNumber::Number(0) {
            let message = "a protocol without ports has a port";
            out.refuse(&codes::POLICY_BAD_PORT, at, message);
        } else {
            let message = "this protocol needs the agent flag `--enable-extended-ip-protocols`";
            let finding = Diagnostic::new(&codes::POLICY_NEEDS_AGENT_FLAG, at, message);
            out.warn(finding);
        }
    }
    let end = end_port(out, object, number.as_ref());
    let (proto, number) = (proto?, number?);
    Some(Port { number, end, proto })
}

fn protocol(out: &mut Findings, object: Object<'_>) -> Option<Proto> {
    let Some(node) = object.get("protocol") else {
        return Some(Proto::Any);
    };
    let name = out.string(node, "protocol")?;
    let known = Proto::from_name(name).filter(|p| !matches!(p, Proto::Icmp | Proto::Icmpv6));
    if known.is_none() {
        let upper = name.to_ascii_uppercase();
        let message = format!("`{name}` is not a protocol");
        let finding = Diagnostic::new(&codes::POLICY_BAD_PORT, node.place(), message);
        let finding = match Proto::from_name(&upper) {
            Some(Proto::Icmp | Proto::Icmpv6) => finding.help("ICMP is written as `icmps`"),
            Some(_) => finding.fix(format!("write `{upper}`"), true, node.place(), upper),
            None => finding.help("the protocols are TCP, UDP, SCTP and ANY"),
        };
        out.refuse_with(finding);
    }
    known
}

/// A number as Go reads it (`0x`, `0b`, a leading zero for octal), or a service name.
pub(super) fn number(out: &mut Findings, node: &Node) -> Option<PortNumber> {
    let text = out.string(node, "port")?;
    if is_service_name(text) {
        return Some(PortNumber::Name(SmolStr::new(text.to_ascii_lowercase())));
    }
    let value = if text.is_empty() {
        Some(0)
    } else {
        parse_number(text)
    };
    let Some(number) = value else {
        let message = format!("`{text}` is not a port");
        let finding = Diagnostic::new(&codes::POLICY_BAD_PORT, node.place(), message);
        out.refuse_with(match text.split_once('-') {
            Some(_) => finding.help("write a range as `port` and `endPort`"),
            None => {
                finding.help("ports are numbers up to 65535, or names of at most 15 characters")
            }
        });
        return None;
    };
    if text.is_empty() {
        refuse_empty(out, node.place());
    }
    Some(PortNumber::Number(number))
}

fn refuse_empty(out: &mut Findings, at: Place) {
    let finding = Diagnostic::new(&codes::POLICY_BAD_PORT, at, "a port is empty");
    out.refuse_with(finding.help("write the port in quotes; `\"0\"` is every port"));
}

fn parse_number(text: &str) -> Option<u16> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, text.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, text.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, text.get(2..)?),
        [b'0', _, ..] => (8, text.get(1..)?),
        _ => (10, text),
    };
    // One underscore may stand between digits, and behind `0x`.
    let split = digits.strip_prefix('_').filter(|_| radix != 10);
    let mut parts = split.unwrap_or(digits).split('_');
    if !parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return None;
    }
    u16::from_str_radix(&digits.replace('_', ""), radix).ok()
}

/// An IANA service name: up to 15 letters, digits and single inner hyphens, with a letter.
pub(super) fn is_service_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=15).contains(&bytes.len())
        && bytes.iter().any(u8::is_ascii_alphabetic)
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
        && !text.contains("--")
}

fn end_port(out: &mut Findings, object: Object<'_>, number: Option<&PortNumber>) -> u16 {
    let Some(node) = object.get("endPort") else {
        return 0;
    };
    let Some(value) = out.integer(node, "endPort") else {
        return 0;
    };
    let Ok(end) = u16::try_from(value) else {
        let message = format!("`endPort` is {value}, and 65535 is the last port");
        out.refuse(&codes::POLICY_BAD_PORT, node.place(), message);
        return 0;
    };
    let useless = match number {
        None => None,
        Some(PortNumber::Name(_)) => {
            Some("a named port has no range, so `endPort` is ignored".to_owned())
        }
        Some(PortNumber::Number(0)) if end > 0 => {
            Some("port 0 is every port, so `endPort` is ignored".to_owned())
        }
        Some(PortNumber::Number(port)) if end < *port && end > 0 => Some(format!(
            "`endPort` {end} lies before port {port}, so only {port} counts"
        )),
        Some(PortNumber::Number(_)) => None,
    };
    if let Some(message) = useless {
        let finding = Diagnostic::new(&codes::POLICY_PORT_RANGE_IGNORED, node.place(), message);
        out.warn(finding.help("remove `endPort`, or give a range"));
    }
    end
}

/// What a port of a NetworkPolicy is: a number or a name.
pub(super) fn int_or_name(out: &mut Findings, node: &Node) -> Option<PortNumber> {
    if let Value::Int(value) = node.value {
        return match u16::try_from(value.get()) {
            Ok(port) if port > 0 => Some(PortNumber::Number(port)),
            _ => {
                let message = format!("`port` is {}, and ports are 1 to 65535", value.get());
                out.refuse(&codes::POLICY_BAD_PORT, node.place(), message);
                None
            }
        };
    }
    let text = out.string(node, "port")?;
    let capitals = text.bytes().any(|b| b.is_ascii_uppercase());
    if is_service_name(text) && !capitals {
        return Some(PortNumber::Name(SmolStr::new(text)));
    }
    let message = format!("`{text}` is not the name of a port");
    let finding = Diagnostic::new(&codes::POLICY_BAD_PORT, node.place(), message);
    out.refuse_with(match capitals {
        true => finding.help("names of ports have lower-case letters, digits and `-`"),
        false => finding.help("a NetworkPolicy writes port numbers without quotes"),
    });
    None
}
