//! Port sets as `ports` and `icmps` lists (cilium-lowering.md §5).

use npl_policy::port::{PortSet, Ranges};

use super::shape::{IcmpList, NonEmpty, Port, PortEntry, PortList, Protocol};

/// What a port set becomes. Each part that is there is a rule of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Lowered {
    /// Every protocol: no `toPorts` at all.
    pub(super) all: bool,
    pub(super) ports: Option<NonEmpty<PortList>>,
    pub(super) icmp: Vec<IcmpList>,
}

/// Whether lists can say a set as it was declared: no protocol without a name, and port 0 only as a
/// part of "every port", since `"0"` means just that.
pub(super) fn sayable(set: &PortSet) -> bool {
    let without_zero = |ranges: &Ranges| ranges.is_full() || !ranges.contains(0);
    let empty = !set.all && set.is_empty();
    !set.other
        && !empty
        && [&set.tcp, &set.udp, &set.sctp]
            .into_iter()
            .all(without_zero)
}

/// Every port of a protocol as 1 to 65535: Cilium refuses `http` on `"0"`, and its proxy hears of
/// every port, of each protocol, where `serverNames` stand on it. Nothing listens on port 0.
pub(super) fn without_zero(set: &PortSet) -> PortSet {
    let mut out = set.clone();
    for ranges in [&mut out.tcp, &mut out.udp, &mut out.sctp] {
        *ranges = ranges.subtract(&Ranges::new([(0, 0)]));
    }
    out
}

pub(super) fn lower(set: &PortSet) -> Lowered {
    if set.all {
        return Lowered {
            all: true,
            ..Lowered::default()
        };
    }
    let mut entries = Vec::new();
    if set.udp.is_empty() && set.sctp.is_empty() && set.icmp4.is_empty() && set.icmp6.is_empty() {
        push(&mut entries, Protocol::Tcp, &set.tcp);
        return Lowered {
            ports: NonEmpty::new(PortList::chunks(&entries)),
            ..Lowered::default()
        };
    }
    let each = [
        (Protocol::Tcp, &set.tcp),
        (Protocol::Udp, &set.udp),
        (Protocol::Sctp, &set.sctp),
    ];
    // `"0"` of every protocol could be read as "everything", ICMP included: protocols that are open
    // whole are spelled out, and then the others share nothing.
    let shared = if each.iter().any(|(_, ranges)| ranges.is_full()) {
        Ranges::default()
    } else {
        set.tcp.intersect(&set.udp).intersect(&set.sctp)
    };
    push(&mut entries, Protocol::Any, &shared);
    for (protocol, ranges) in each {
        push(&mut entries, protocol, &ranges.subtract(&shared));
    }
    Lowered {
        all: false,
        ports: NonEmpty::new(PortList::chunks(&entries)),
        icmp: IcmpList::chunks(&set.icmp4, &set.icmp6),
    }
}

fn push(entries: &mut Vec<PortEntry>, protocol: Protocol, ranges: &Ranges) {
    let ports = ranges.as_slice().iter().filter_map(|&(low, high)| {
        // What is left of every port begins at 1: nothing listens on port 0.
        let low = if high < u16::MAX { low.max(1) } else { low };
        Port::new(low, high)
    });
    entries.extend(ports.map(|port| PortEntry { port, protocol }));
}
