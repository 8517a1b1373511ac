//! Ports and protocols of a rule, each with the key by which Cilium merges rules.

use npl_policy::{
    inventory::{Inventory, PodTemplate, Proto as PodProto},
    label::{Cube, Values},
    port::{PortSet, Ranges},
};
use smol_str::SmolStr;

use crate::import::shape::{Port, PortNumber, Proto};

/// One port of one protocol, spelled as Cilium compares it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PortPart {
    pub(super) key: Key,
    pub(super) set: PortSet,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) number: PortNumber,
    pub(super) end: u16,
    pub(super) proto: Proto,
}

impl Key {
    /// Envoy is not told of port 0 with an end.
    pub(super) fn unseen_by_proxy(&self) -> bool {
        self.number == PortNumber::Number(0) && self.end > 0
    }

    /// The DNS proxy looks only at filters of the exact port.
    pub(super) fn is_exact(&self) -> bool {
        match self.number {
            PortNumber::Number(number) => number > 0 && self.end <= number,
            PortNumber::Name(_) => true,
        }
    }
}

/// A rule without ports: every protocol, ICMP too.
pub(super) fn everything() -> PortPart {
    PortPart {
        key: Key {
            number: PortNumber::Number(0),
            end: 0,
            proto: Proto::Any,
        },
        set: PortSet::all(),
    }
}

/// The protocols that one item speaks of.
pub(super) fn protocols(port: &Port) -> &[Proto] {
    match &port.proto {
        Proto::Any => &[Proto::Tcp, Proto::Udp, Proto::Sctp],
        one => std::slice::from_ref(one),
    }
}

pub(super) fn key(port: &Port, proto: Proto) -> Key {
    Key {
        number: port.number.clone(),
        end: port.end,
        proto,
    }
}

/// The ports of a number; `None` for a protocol that has none.
pub(super) fn numbered(number: u16, end: u16, proto: Proto) -> Option<PortSet> {
    let (low, high) = match number {
        0 => (0, u16::MAX),
        low if end > low => (low, end),
        low => (low, low),
    };
    let ranges = || Ranges::new([(low, high)]);
    let types = || (0..=u8::MAX).filter(move |t| (low..=high).contains(&u16::from(*t)));
    Some(match proto {
        Proto::Tcp => PortSet {
            tcp: ranges(),
            ..PortSet::default()
        },
        Proto::Udp => PortSet {
            udp: ranges(),
            ..PortSet::default()
        },
        Proto::Sctp => PortSet {
            sctp: ranges(),
            ..PortSet::default()
        },
        Proto::Icmp => PortSet::icmp(types(), []),
        Proto::Icmpv6 => PortSet::icmp([], types()),
        _ => return None,
    })
}

/// The pods of the inventory that name a port so, with its number.
pub(super) fn named(inventory: &Inventory, name: &SmolStr, proto: Proto) -> Vec<(Cube, u16)> {
    let fits = |of: PodProto| match of {
        PodProto::Tcp => proto == Proto::Tcp,
        PodProto::Udp => proto == Proto::Udp,
        PodProto::Sctp => proto == Proto::Sctp,
    };
    let mut out: Vec<(Cube, u16)> = Vec::new();
    for template in &inventory.workloads {
        for port in &template.ports {
            let same = port
                .name
                .as_ref()
                .is_some_and(|n| n.eq_ignore_ascii_case(name));
            if same && fits(port.proto) {
                let found = (pods_of(template), port.port);
                if !out.contains(&found) {
                    out.push(found);
                }
            }
        }
    }
    out
}

/// Pods that have all the labels of the template are taken for its pods.
pub(super) fn pods_of(template: &PodTemplate) -> Cube {
    let namespace = Values::is(template.namespace.clone());
    let mut cube = Cube::every().with_namespace(&namespace);
    for (key, value) in &template.labels {
        cube = cube.with_label(key.clone(), &Values::is(value.clone()));
    }
    cube
}
