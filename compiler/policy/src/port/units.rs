//! A port set as the list of things that a rule or a target names one by one, and its text.

use std::fmt;

use crate::port::{PortSet, Ranges, icmp_sets};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PortProto {
    /// TCP, UDP and SCTP alike.
    Any,
    Tcp,
    Udp,
    Sctp,
}

impl PortProto {
    /// As a port literal spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

/// One member of the canonical split: pairwise disjoint, and their union is the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PortUnit {
    All,
    /// Inclusive; `0..=65535` is `*`.
    Range {
        proto: PortProto,
        low: u16,
        high: u16,
    },
    Icmp4(u8),
    Icmp6(u8),
    /// Protocols that have no name here.
    Other,
}

impl PortSet {
    /// The canonical split: what TCP, UDP and SCTP share comes as `Any`, the rest by protocol; each
    /// in order of port, then the ICMP types.
    pub fn units(&self) -> Vec<PortUnit> {
        if self.all {
            return vec![PortUnit::All];
        }
        let shared = self.tcp.intersect(&self.udp).intersect(&self.sctp);
        let mut out = Vec::new();
        let mut add = |proto, ranges: &Ranges| {
            out.extend(
                ranges
                    .as_slice()
                    .iter()
                    .map(|&(low, high)| PortUnit::Range { proto, low, high }),
            );
        };
        add(PortProto::Any, &shared);
        add(PortProto::Tcp, &self.tcp.subtract(&shared));
        add(PortProto::Udp, &self.udp.subtract(&shared));
        add(PortProto::Sctp, &self.sctp.subtract(&shared));
        out.extend(self.icmp4.iter().map(|&t| PortUnit::Icmp4(t)));
        out.extend(self.icmp6.iter().map(|&t| PortUnit::Icmp6(t)));
        if self.other {
            out.push(PortUnit::Other);
        }
        out
    }
}

impl fmt::Display for PortUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::All => f.write_str("any port"),
            Self::Range { proto, low, high } => {
                let proto = proto.as_str();
                match (low, high) {
                    (0, u16::MAX) => write!(f, "*/{proto}"),
                    _ if low == high => write!(f, "{low}/{proto}"),
                    _ => write!(f, "{low}-{high}/{proto}"),
                }
            }
            Self::Icmp4(t) => write!(f, "icmp type {t}"),
            Self::Icmp6(t) => write!(f, "icmpv6 type {t}"),
            Self::Other => f.write_str("other protocols"),
        }
    }
}

/// `443/tcp`, `{53/any, icmp.echo}`, `any port`, `no port`.
impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.clone();
        let mut named = Vec::new();
        for (types, word) in [(&mut rest.icmp4, "icmp"), (&mut rest.icmp6, "icmpv6")] {
            if types.len() > usize::from(u8::MAX) {
                types.clear();
                named.push(format!("every {word} type"));
            }
        }
        let some_icmp = !self.icmp4.is_empty() || !self.icmp6.is_empty();
        if some_icmp {
            for (name, set) in icmp_sets() {
                if set.implies(&rest) {
                    rest = rest.subtract(&set);
                    named.push(format!("icmp.{name}"));
                }
            }
        }
        let mut words: Vec<String> = rest.units().iter().map(ToString::to_string).collect();
        words.append(&mut named);
        match words.as_slice() {
            [] => f.write_str("no port"),
            [one] => f.write_str(one),
            many => write!(f, "{{{}}}", many.join(", ")),
        }
    }
}
