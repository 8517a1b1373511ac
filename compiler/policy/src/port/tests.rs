//! Port sets against a small space of points.

use proptest::prelude::*;

use super::*;
use crate::model::FlowPort;

/// Every point that the generated sets can tell apart: their bounds are at most 9 or the last port.
fn points() -> Vec<FlowPort> {
    let ports = (0..=10).chain([65_534, 65_535]);
    let mut out: Vec<FlowPort> = ports
        .flat_map(|p| [FlowPort::Tcp(p), FlowPort::Udp(p), FlowPort::Sctp(p)])
        .collect();
    for t in [0, 3, 8, 11, 128, 255] {
        out.extend([FlowPort::Icmp4(t), FlowPort::Icmp6(t)]);
    }
    out
}

fn ranges() -> impl Strategy<Value = Ranges> {
    let bound = || prop_oneof![9 => 0_u16..10, 1 => Just(u16::MAX)];
    proptest::collection::vec((bound(), bound()), 0..4).prop_map(Ranges::new)
}

fn port_set() -> impl Strategy<Value = PortSet> {
    let icmp = || proptest::collection::vec(proptest::sample::select(vec![0, 3, 8, 11, 128]), 0..3);
    let listed = || {
        (ranges(), ranges(), ranges(), icmp(), icmp(), any::<bool>()).prop_map(
            |(tcp, udp, sctp, v4, v6, other)| PortSet {
                tcp,
                udp,
                sctp,
                other,
                ..PortSet::icmp(v4, v6)
            },
        )
    };
    prop_oneof![
        1 => Just(PortSet::all()),
        8 => listed(),
        2 => listed().prop_map(|s| PortSet::all().subtract(&s)),
    ]
}

fn members(set: &PortSet) -> Vec<bool> {
    let mut out: Vec<bool> = points().into_iter().map(|p| set.contains(p)).collect();
    out.push(set.all || set.other);
    out
}

fn zip(a: &PortSet, b: &PortSet, f: impl Fn(bool, bool) -> bool) -> Vec<bool> {
    let (a, b) = (members(a), members(b));
    a.into_iter().zip(b).map(|(x, y)| f(x, y)).collect()
}

proptest! {
    #[test]
    fn boolean_operations(a in port_set(), b in port_set()) {
        let union = a.union(&b);
        prop_assert_eq!(members(&union), zip(&a, &b, |x, y| x || y));
        prop_assert_eq!(members(&a.intersect(&b)), zip(&a, &b, |x, y| x && y));
        prop_assert_eq!(members(&a.subtract(&b)), zip(&a, &b, |x, y| x && !y));
        prop_assert_eq!(a.implies(&b), !zip(&a, &b, |x, y| x && !y).contains(&true));
        prop_assert_eq!(a.disjoint(&b), !zip(&a, &b, |x, y| x && y).contains(&true));
        prop_assert_eq!(a.is_empty(), !members(&a).contains(&true));
        prop_assert_eq!(a.subtract(&b).union(&b), union, "one value for one set");
    }

    #[test]
    fn units_are_the_set(a in port_set()) {
        let back = a.units().into_iter().fold(PortSet::default(), |sum, unit| {
            let piece = match unit {
                PortUnit::All => PortSet::all(),
                PortUnit::Range { proto: PortProto::Any, low, high } => PortSet::any(low, high),
                PortUnit::Range { proto: PortProto::Tcp, low, high } => PortSet::tcp(low, high),
                PortUnit::Range { proto: PortProto::Udp, low, high } => PortSet::udp(low, high),
                PortUnit::Range { proto: PortProto::Sctp, low, high } => PortSet::sctp(low, high),
                PortUnit::Icmp4(t) => PortSet::icmp([t], []),
                PortUnit::Icmp6(t) => PortSet::icmp([], [t]),
                PortUnit::Other => PortSet { other: true, ..PortSet::default() },
            };
            assert!(sum.disjoint(&piece), "units do not overlap");
            sum.union(&piece)
        });
        prop_assert_eq!(back, a);
    }

    #[test]
    fn pieces_are_equal_to_or_apart_from_each_set(
        sets in proptest::collection::vec(port_set(), 0..4),
    ) {
        let list: Vec<&PortSet> = sets.iter().collect();
        let pieces = partition(&list);
        for (i, piece) in pieces.iter().enumerate() {
            prop_assert!(!piece.is_empty());
            prop_assert!(pieces.iter().skip(i + 1).all(|p| p.disjoint(piece)));
            prop_assert!(sets.iter().all(|s| piece.implies(s) || piece.disjoint(s)));
        }
        let whole = pieces.iter().fold(PortSet::default(), |sum, p| sum.union(p));
        let sum = sets.iter().fold(PortSet::default(), |sum, p| sum.union(p));
        prop_assert_eq!(whole, sum);
    }
}

#[test]
fn text() {
    for (set, want) in [
        (PortSet::all(), "any port"),
        (PortSet::default(), "no port"),
        (PortSet::tcp(443, 443), "443/tcp"),
        (PortSet::tcp(0, u16::MAX), "*/tcp"),
        (PortSet::any(53, 53), "53/any"),
        (PortSet::any(0, u16::MAX), "*/any"),
        (PortSet::udp(8000, 8100), "8000-8100/udp"),
        (PortSet::icmp_echo(), "icmp.echo"),
        (PortSet::icmp([8], []), "icmp.echo-v4"),
        (PortSet::icmp([9], []), "icmp type 9"),
        (
            PortSet::icmp(0..=255, [9]),
            "{icmpv6 type 9, every icmp type}",
        ),
        (
            PortSet::any(53, 53)
                .union(&PortSet::tcp(80, 80))
                .union(&PortSet::icmp_echo()),
            "{53/any, 80/tcp, icmp.echo}",
        ),
    ] {
        assert_eq!(set.to_string(), want);
    }
}

#[test]
fn any_is_not_icmp() {
    let any = PortSet::any(0, u16::MAX);
    assert!(!any.contains(FlowPort::Icmp4(8)));
    assert!(any.implies(&PortSet::all()) && !PortSet::all().implies(&any));
}
