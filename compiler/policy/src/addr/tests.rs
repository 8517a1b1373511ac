//! Networks against single addresses: 10.0.0.0/28 and fd00::/124 are the whole space.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::prelude::*;

use super::*;

fn space() -> Vec<IpAddr> {
    let v4 = (0..16).map(|i| IpAddr::V4(Ipv4Addr::new(10, 0, 0, i)));
    let v6 = (0..16).map(|i| IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, i)));
    v4.chain(v6).collect()
}

fn prefix() -> impl Strategy<Value = IpNet> {
    (0_u8..16, 0_u8..=4, any::<bool>()).prop_map(|(host, short, six)| {
        if six {
            let addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, host.into());
            IpNet::V6(Ipv6Net::new(addr, 128 - short).unwrap())
        } else {
            let addr = Ipv4Addr::new(10, 0, 0, host);
            IpNet::V4(Ipv4Net::new(addr, 32 - short).unwrap())
        }
    })
}

fn net() -> impl Strategy<Value = Net> {
    (prefix(), proptest::collection::vec(prefix(), 0..4)).prop_map(|(c, e)| Net::new(c, e))
}

fn nets() -> impl Strategy<Value = Vec<Net>> {
    proptest::collection::vec(net(), 0..4)
}

fn members(set: &AddrSet) -> Vec<bool> {
    space().into_iter().map(|a| set.contains(a)).collect()
}

fn in_nets(nets: &[Net]) -> Vec<bool> {
    let holds = |a: IpAddr| nets.iter().any(|n| n.contains(a));
    space().into_iter().map(holds).collect()
}

/// Bit by bit, with no help of the library.
fn in_prefix(cidr: IpNet, addr: IpAddr) -> bool {
    let bits = |a: IpAddr| match a {
        IpAddr::V4(a) => (u128::from(a.to_bits()), 32_u32),
        IpAddr::V6(a) => (a.to_bits(), 128),
    };
    let ((net, width), (one, other)) = (bits(cidr.addr()), bits(addr));
    let free = width - u32::from(cidr.prefix_len());
    width == other && (net ^ one).checked_shr(free).unwrap_or(0) == 0
}

proptest! {
    #[test]
    fn a_net_is_its_prefix_without_its_exceptions(
        cidr in prefix(),
        except in proptest::collection::vec(prefix(), 0..4),
    ) {
        let net = Net::new(cidr, except.clone());
        for addr in space() {
            let want = in_prefix(cidr, addr) && !except.iter().any(|e| in_prefix(*e, addr));
            prop_assert_eq!(net.contains(addr), want);
        }
        prop_assert_eq!(net.is_empty(), !in_nets(std::slice::from_ref(&net)).contains(&true));
        prop_assert!(net.except.iter().all(|e| net.cidr.contains(e)));
        for (i, e) in net.except.iter().enumerate() {
            prop_assert!(!net.except.iter().enumerate().any(|(j, w)| i != j && w.contains(e)));
        }
    }

    #[test]
    fn boolean_operations(a in nets(), b in nets()) {
        let (x, y) = (AddrSet::from_nets(&a), AddrSet::from_nets(&b));
        let (in_a, in_b) = (in_nets(&a), in_nets(&b));
        prop_assert_eq!(members(&x), in_a.clone());
        let zip = |f: fn(bool, bool) -> bool| -> Vec<bool> {
            in_a.iter().zip(&in_b).map(|(&p, &q)| f(p, q)).collect()
        };
        prop_assert_eq!(members(&x.union(&y)), zip(|p, q| p || q));
        prop_assert_eq!(members(&x.intersect(&y)), zip(|p, q| p && q));
        prop_assert_eq!(members(&x.subtract(&y)), zip(|p, q| p && !q));
        prop_assert_eq!(members(&x.complement()), zip(|p, _| !p));
        prop_assert_eq!(x.implies(&y), !zip(|p, q| p && !q).contains(&true));
        prop_assert_eq!(x.disjoint(&y), !zip(|p, q| p && q).contains(&true));
        prop_assert_eq!(x.is_empty(), !in_a.contains(&true));
        prop_assert_eq!(x.witness(), space().into_iter().find(|w| x.contains(*w)));
        prop_assert_eq!(in_nets(&nets_except(&a, &b)), zip(|p, q| p && !q));
    }

    #[test]
    fn prefixes_are_exact_and_fewest(a in nets()) {
        let set = AddrSet::from_nets(&a);
        let cidrs = set.to_cidrs();
        prop_assert_eq!(AddrSet::from_cidrs(cidrs.iter().copied()), set);
        prop_assert_eq!(IpNet::aggregate(&cidrs).len(), cidrs.len());
    }
}

fn cidr(text: &str) -> IpNet {
    text.parse().unwrap()
}

#[test]
fn declared_form_is_kept() {
    let corp = Net::new(cidr("10.0.0.0/8"), [cidr("10.1.0.0/16")]);
    let lab = Net::plain(cidr("192.168.0.0/16"));
    let both = [corp.clone(), lab.clone()];
    let left = nets_except(&both, &[Net::plain(cidr("10.2.0.0/16"))]);
    let narrowed = Net::new(
        cidr("10.0.0.0/8"),
        [cidr("10.1.0.0/16"), cidr("10.2.0.0/16")],
    );
    assert_eq!(left, [narrowed, lab]);
    assert_eq!(nets_except(std::slice::from_ref(&corp), &[]), [corp]);
}

#[test]
fn normal_form() {
    let net = Net::new(
        cidr("10.0.0.7/8"),
        [
            cidr("10.1.2.3/16"),
            cidr("10.1.0.0/24"),
            cidr("11.0.0.0/8"),
            cidr("fd00::/8"),
        ],
    );
    assert_eq!(net.cidr, cidr("10.0.0.0/8"));
    assert_eq!(net.except, [cidr("10.1.0.0/16")]);
    assert!(Net::new(cidr("10.0.0.0/8"), [cidr("0.0.0.0/0")]).is_empty());
}

#[test]
fn whole_space_and_tables() {
    let all = AddrSet::all();
    assert_eq!(all.to_cidrs(), [cidr("0.0.0.0/0"), cidr("::/0")]);
    assert!(private().implies(&all) && !all.implies(&private()));
    assert_eq!(
        private().to_cidrs().len(),
        PRIVATE.len(),
        "every entry of the table parses"
    );
    assert_eq!(metadata().to_cidrs().len(), METADATA.len());
    assert_eq!(node_local_addresses().count(), NODE_LOCAL.len());
}
