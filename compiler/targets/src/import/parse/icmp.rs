//! `icmps`: families and types, by number or by Cilium's names.

use npl_diagnostics::{Diagnostic, codes::import as codes};

use super::{fields::Findings, ports::is_missing};
use crate::{
    import::shape::{Port, PortNumber, PortRule, Proto},
    yaml::read::{Node, Value},
};

/// Names of ICMP types (ref §2.12), without the one that the schema misspells.
const V4: &[(&str, u16)] = &[
    ("EchoReply", 0),
    ("DestinationUnreachable", 3),
    ("Redirect", 5),
    ("Echo", 8),
    ("EchoRequest", 8),
    ("RouterAdvertisement", 9),
    ("RouterSelection", 10),
    ("TimeExceeded", 11),
    ("ParameterProblem", 12),
    ("Timestamp", 13),
    ("TimestampReply", 14),
    ("Photuris", 40),
    ("ExtendedEchoRequest", 42),
];

/// Names of ICMPv6 types (ref §2.12), without the one that the schema misspells.
const V6: &[(&str, u16)] = &[
    ("DestinationUnreachable", 1),
    ("PacketTooBig", 2),
    ("TimeExceeded", 3),
    ("ParameterProblem", 4),
    ("EchoRequest", 128),
    ("EchoReply", 129),
    ("MulticastListenerQuery", 130),
    ("MulticastListenerReport", 131),
    ("MulticastListenerDone", 132),
    ("RouterSolicitation", 133),
    ("RouterAdvertisement", 134),
    ("NeighborSolicitation", 135),
    ("NeighborAdvertisement", 136),
    ("RedirectMessage", 137),
    ("RouterRenumbering", 138),
    ("ICMPNodeInformationQuery", 139),
    ("ICMPNodeInformationResponse", 140),
    ("InverseNeighborDiscoverySolicitation", 141),
    ("InverseNeighborDiscoveryAdvertisement", 142),
    ("HomeAgentAddressDiscoveryRequest", 144),
    ("HomeAgentAddressDiscoveryReply", 145),
    ("MobilePrefixSolicitation", 146),
    ("MobilePrefixAdvertisement", 147),
    ("DuplicateAddressRequestCodeSuffix", 157),
    ("DuplicateAddressConfirmationCodeSuffix", 158),
    ("ExtendedEchoRequest", 160),
];

pub(super) fn icmp_rule(out: &mut Findings, node: &Node, most: usize) -> Option<PortRule> {
    let object = out.object(node, "icmps")?;
    out.known(object, "icmps", &["fields"]);
    if is_missing(object, "fields") {
        let message = "an item of `icmps` without `fields` selects nothing";
        let finding = Diagnostic::new(&codes::POLICY_PORTS_MISSING, object.place, message);
        out.warn(finding.help("list the types, each in an item of `fields`"));
    }
    let items = out.items(object, "fields");
    if items.len() > most {
        let message = format!(
            "a list of ICMP types has {} items, and {most} are the most",
            items.len()
        );
        out.refuse(&codes::POLICY_BAD_ICMP, object.place, message);
    }
    let ports = items.iter().filter_map(|item| field(out, item)).collect();
    Some(PortRule {
        ports,
        ..PortRule::default()
    })
}

fn field(out: &mut Findings, node: &Node) -> Option<Port> {
    let object = out.object(node, "fields")?;
    out.known(object, "fields", &["family", "type"]);
    let family = match object.get("family") {
        Some(node) => out.string(node, "family")?.as_str(),
        None => "IPv4",
    };
    let (proto, names) = match family {
        "IPv4" => (Proto::Icmp, V4),
        "IPv6" => (Proto::Icmpv6, V6),
        _ => {
            let message = format!("`{family}` is not a family of ICMP");
            let finding = Diagnostic::new(&codes::POLICY_BAD_ICMP, object.place, message);
            out.refuse_with(finding.help("the families are IPv4 and IPv6"));
            return None;
        }
    };
    let Some(node) = object.get("type") else {
        let message = "an ICMP field has no `type`";
        out.refuse(&codes::POLICY_BAD_ICMP, object.place, message);
        return None;
    };
    let number = match &node.value {
        Value::Int(value) => u16::try_from(value.get()).ok(),
        Value::Str(text) => names
            .iter()
            .find(|(name, _)| name == text)
            .map(|(_, number)| *number)
            .or_else(|| plain_number(text)),
        _ => None,
    };
    let Some(number) = number else {
        let message = format!("this is not an ICMP type of {family}");
        let finding = Diagnostic::new(&codes::POLICY_BAD_ICMP, node.place(), message);
        out.refuse_with(finding.help("write the type as a number, 0 to 255"));
        return None;
    };
    Some(Port {
        number: PortNumber::Number(number),
        end: 0,
        proto,
    })
}

/// 0 to 255 without a leading zero, as the schema takes numbers in quotes.
fn plain_number(text: &str) -> Option<u16> {
    let number: u8 = text.parse().ok()?;
    (number.to_string() == text).then(|| number.into())
}
