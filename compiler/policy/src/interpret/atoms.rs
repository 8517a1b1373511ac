//! Representatives: one address, and one port, for each part that no rule of the program tells
//! apart. Every part is an interval, so the first point behind each border is enough.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::{
    addr::Net,
    model::{ClaimKind, FlowEnd, FlowPort, Model, Set},
    port::{PortSet, Ranges},
};

/// Addresses for documentation (RFC 5737, RFC 3849): they stand for what no network names.
const ELSEWHERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7)),
];

/// One address, or more, of each part of the address space that the networks of the program tell
/// apart: first those for documentation, then in order.
pub(crate) fn addresses(model: &Model) -> Vec<IpAddr> {
    let mut borders = vec![
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    ];
    each_set(model, |set| borders.extend(net_borders(&set.nets)));
    borders.sort_unstable();
    borders.dedup();
    let mut out = ELSEWHERE.to_vec();
    out.extend(borders.into_iter().filter(|b| !ELSEWHERE.contains(b)));
    out
}

/// The first address of each part that networks make, and of what follows it.
pub(crate) fn net_borders(nets: &[Net]) -> impl Iterator<Item = IpAddr> {
    let prefixes = nets
        .iter()
        .flat_map(|net| std::iter::once(&net.cidr).chain(&net.except));
    prefixes.flat_map(|prefix| std::iter::once(prefix.network()).chain(after(prefix)))
}

fn after(prefix: &IpNet) -> Option<IpAddr> {
    match prefix {
        IpNet::V4(p) => {
            let next = p.broadcast().to_bits().checked_add(1)?;
            Some(Ipv4Addr::from_bits(next).into())
        }
        IpNet::V6(p) => {
            let next = p.broadcast().to_bits().checked_add(1)?;
            Some(Ipv6Addr::from_bits(next).into())
        }
    }
}

/// Every set that the model speaks of, but for subjects: they hold no networks that bind.
fn each_set<'m>(model: &'m Model, mut see: impl FnMut(&'m Set)) {
    for end in &model.ends {
        see(&end.peers);
    }
    for claim in &model.claims {
        match &claim.kind {
            ClaimKind::CannotReach { from, to, .. }
            | ClaimKind::CanReach { from, to, .. }
            | ClaimKind::OnlyCanReach { from, to, .. } => {
                see(from);
                see(to);
            }
            ClaimKind::Breach { of, within, .. } => {
                see(of);
                see(within);
            }
            ClaimKind::Disjoint { left, right } => {
                see(left);
                see(right);
            }
        }
    }
    for flow in model.tests.iter().flat_map(|test| &test.flows) {
        for end in [&flow.from, &flow.to] {
            if let FlowEnd::Set(set) = end {
                see(set);
            }
        }
    }
}

/// One port of each part that the rules of the program tell apart; of `within` only, if given.
pub(crate) fn ports(model: &Model, within: Option<&PortSet>) -> Vec<FlowPort> {
    let (mut tcp, mut udp, mut sctp) = (vec![1], vec![1], vec![1]);
    let (mut icmp4, mut icmp6) = (Vec::new(), Vec::new());
    let rules = model.ends.iter().map(|end| &*end.ports);
    for set in rules.chain(within) {
        borders(&set.tcp, &mut tcp);
        borders(&set.udp, &mut udp);
        borders(&set.sctp, &mut sctp);
        icmp4.extend(&set.icmp4);
        icmp6.extend(&set.icmp6);
    }
    for types in [&mut icmp4, &mut icmp6] {
        types.sort_unstable();
        types.dedup();
        let unnamed = (0..=u8::MAX)
            .rev()
            .find(|t| types.binary_search(t).is_err());
        types.extend(unnamed);
    }
    let mut out = Vec::new();
    out.extend(sorted(tcp).map(FlowPort::Tcp));
    out.extend(sorted(udp).map(FlowPort::Udp));
    out.extend(sorted(sctp).map(FlowPort::Sctp));
    out.extend(icmp4.into_iter().map(FlowPort::Icmp4));
    out.extend(icmp6.into_iter().map(FlowPort::Icmp6));
    out.retain(|port| within.is_none_or(|set| set.contains(*port)));
    out
}

fn borders(ranges: &Ranges, out: &mut Vec<u16>) {
    for (low, high) in ranges.as_slice() {
        out.push((*low).max(1));
        out.extend(high.checked_add(1));
    }
}

fn sorted(mut ports: Vec<u16>) -> impl Iterator<Item = u16> {
    ports.sort_unstable();
    ports.dedup();
    ports.into_iter()
}
