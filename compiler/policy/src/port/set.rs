//! Sets of (protocol, port), closed under the Boolean operations.

use crate::{model::FlowPort, port::Ranges};

/// A set of (protocol, port) pairs. `all` is every protocol, ICMP and those without ports included;
/// where it is set, every other field is empty, so that equal sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortSet {
    pub all: bool,
    pub tcp: Ranges,
    pub udp: Ranges,
    pub sctp: Ranges,
    /// ICMP types, sorted, no duplicates.
    pub icmp4: Vec<u8>,
    /// ICMPv6 types, sorted, no duplicates.
    pub icmp6: Vec<u8>,
    /// Every protocol that is none of the above. No source text says this alone: it is what
    /// [`PortSet::subtract`] leaves of `all`.
    pub other: bool,
}

impl PortSet {
    /// Every protocol and port.
    pub fn all() -> Self {
        Self {
            all: true,
            ..Self::default()
        }
    }

    pub fn tcp(low: u16, high: u16) -> Self {
        Self {
            tcp: Ranges::new([(low, high)]),
            ..Self::default()
        }
    }

    pub fn udp(low: u16, high: u16) -> Self {
        Self {
            udp: Ranges::new([(low, high)]),
            ..Self::default()
        }
    }

    pub fn sctp(low: u16, high: u16) -> Self {
        Self {
            sctp: Ranges::new([(low, high)]),
            ..Self::default()
        }
    }

    /// `/any`: TCP, UDP and SCTP, never ICMP.
    pub fn any(low: u16, high: u16) -> Self {
        let ranges = Ranges::new([(low, high)]);
        Self {
            tcp: ranges.clone(),
            udp: ranges.clone(),
            sctp: ranges,
            ..Self::default()
        }
    }

    /// ICMP types of both families.
    pub fn icmp(v4: impl IntoIterator<Item = u8>, v6: impl IntoIterator<Item = u8>) -> Self {
        let sorted = |types: &mut Vec<u8>| {
            types.sort_unstable();
            types.dedup();
        };
        let mut set = Self {
            icmp4: v4.into_iter().collect(),
            icmp6: v6.into_iter().collect(),
            ..Self::default()
        };
        sorted(&mut set.icmp4);
        sorted(&mut set.icmp6);
        set
    }

    /// Echo request: type 8 (RFC 792) and 128 (RFC 4443 §4.1).
    pub fn icmp_echo() -> Self {
        Self::icmp([8], [128])
    }

    /// Destination unreachable: type 3 (RFC 792); 1 and 2, packet too big (RFC 4443 §3.1, §3.2).
    pub fn icmp_unreachable() -> Self {
        Self::icmp([3], [1, 2])
    }

    /// Time exceeded: type 11 (RFC 792) and 3 (RFC 4443 §3.3).
    pub fn icmp_time_exceeded() -> Self {
        Self::icmp([11], [3])
    }

    /// Exactly the port of a flow.
    pub fn of(port: FlowPort) -> Self {
        match port {
            FlowPort::Tcp(p) => Self::tcp(p, p),
            FlowPort::Udp(p) => Self::udp(p, p),
            FlowPort::Sctp(p) => Self::sctp(p, p),
            FlowPort::Icmp4(t) => Self::icmp([t], []),
            FlowPort::Icmp6(t) => Self::icmp([], [t]),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn contains(&self, port: FlowPort) -> bool {
        self.all
            || match port {
                FlowPort::Tcp(p) => self.tcp.contains(p),
                FlowPort::Udp(p) => self.udp.contains(p),
                FlowPort::Sctp(p) => self.sctp.contains(p),
                FlowPort::Icmp4(t) => self.icmp4.binary_search(&t).is_ok(),
                FlowPort::Icmp6(t) => self.icmp6.binary_search(&t).is_ok(),
            }
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.all || other.all {
            return Self::all();
        }
        Self {
            all: false,
            tcp: self.tcp.union(&other.tcp),
            udp: self.udp.union(&other.udp),
            sctp: self.sctp.union(&other.sctp),
            icmp4: types(|t| has(&self.icmp4, t) || has(&other.icmp4, t)),
            icmp6: types(|t| has(&self.icmp6, t) || has(&other.icmp6, t)),
            other: self.other || other.other,
        }
        .folded()
    }

    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        if self.all {
            return other.clone();
        }
        if other.all {
            return self.clone();
        }
        Self {
            all: false,
            tcp: self.tcp.intersect(&other.tcp),
            udp: self.udp.intersect(&other.udp),
            sctp: self.sctp.intersect(&other.sctp),
            icmp4: keep(&self.icmp4, |t| has(&other.icmp4, t)),
            icmp6: keep(&self.icmp6, |t| has(&other.icmp6, t)),
            other: self.other && other.other,
        }
    }

    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        if other.all {
            return Self::default();
        }
        if other.is_empty() {
            return self.clone();
        }
        let from = self.unfolded();
        Self {
            all: false,
            tcp: from.tcp.subtract(&other.tcp),
            udp: from.udp.subtract(&other.udp),
            sctp: from.sctp.subtract(&other.sctp),
            icmp4: keep(&from.icmp4, |t| !has(&other.icmp4, t)),
            icmp6: keep(&from.icmp6, |t| !has(&other.icmp6, t)),
            other: from.other && !other.other,
        }
    }

    /// Every pair of this set is in `other`.
    pub fn implies(&self, other: &Self) -> bool {
        if other.all {
            return true;
        }
        // `all` equals no set of the other fields: those are folded.
        !self.all
            && self.tcp.implies(&other.tcp)
            && self.udp.implies(&other.udp)
            && self.sctp.implies(&other.sctp)
            && self.icmp4.iter().all(|&t| has(&other.icmp4, t))
            && self.icmp6.iter().all(|&t| has(&other.icmp6, t))
            && (!self.other || other.other)
    }

    pub fn disjoint(&self, other: &Self) -> bool {
        if self.all {
            return other.is_empty();
        }
        if other.all {
            return self.is_empty();
        }
        self.tcp.disjoint(&other.tcp)
            && self.udp.disjoint(&other.udp)
            && self.sctp.disjoint(&other.sctp)
            && !self.icmp4.iter().any(|&t| has(&other.icmp4, t))
            && !self.icmp6.iter().any(|&t| has(&other.icmp6, t))
            && !(self.other && other.other)
    }

    /// Nothing but TCP, and some of it.
    pub fn is_tcp_only(&self) -> bool {
        !self.all
            && !self.tcp.is_empty()
            && *self
                == Self {
                    tcp: self.tcp.clone(),
                    ..Self::default()
                }
    }

    /// The same set without `all`.
    fn unfolded(&self) -> Self {
        if !self.all {
            return self.clone();
        }
        Self {
            all: false,
            tcp: Ranges::full(),
            udp: Ranges::full(),
            sctp: Ranges::full(),
            icmp4: types(|_| true),
            icmp6: types(|_| true),
            other: true,
        }
    }

    fn folded(self) -> Self {
        let whole = self.other
            && self.tcp.is_full()
            && self.udp.is_full()
            && self.sctp.is_full()
            && self.icmp4.len() > usize::from(u8::MAX)
            && self.icmp6.len() > usize::from(u8::MAX);
        if whole { Self::all() } else { self }
    }
}

/// Cuts sets into the fewest disjoint pieces of which each set is a union; in order of first use.
pub fn partition(sets: &[&PortSet]) -> Vec<PortSet> {
    let mut pieces: Vec<PortSet> = Vec::new();
    for set in sets {
        let mut rest = (*set).clone();
        let mut next = Vec::with_capacity(pieces.len() + 1);
        for piece in pieces {
            let both = piece.intersect(&rest);
            if both.is_empty() {
                next.push(piece);
                continue;
            }
            let apart = piece.subtract(&both);
            rest = rest.subtract(&both);
            next.push(both);
            if !apart.is_empty() {
                next.push(apart);
            }
        }
        if !rest.is_empty() {
            next.push(rest);
        }
        pieces = next;
    }
    pieces
}

fn has(types: &[u8], one: u8) -> bool {
    types.binary_search(&one).is_ok()
}

fn keep(types: &[u8], test: impl Fn(u8) -> bool) -> Vec<u8> {
    types.iter().copied().filter(|&t| test(t)).collect()
}

fn types(test: impl Fn(u8) -> bool) -> Vec<u8> {
    (0..=u8::MAX).filter(|&t| test(t)).collect()
}
