//! Exact sets of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

use crate::{addr::Net, interval};

/// A set of addresses as sorted ranges of both families; equal sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddrSet {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl AddrSet {
    pub fn from_nets<'a>(nets: impl IntoIterator<Item = &'a Net>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for net in nets {
            let mut whole = Self::from_cidrs([net.cidr]);
            if !net.except.is_empty() {
                whole = whole.subtract(&Self::from_cidrs(net.except.iter().copied()));
            }
            v4.append(&mut whole.v4);
            v6.append(&mut whole.v6);
        }
        Self {
            v4: interval::normal(v4),
            v6: interval::normal(v6),
        }
    }

    pub fn from_cidrs(cidrs: impl IntoIterator<Item = IpNet>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for cidr in cidrs {
            match cidr {
                IpNet::V4(n) => v4.push((n.network().to_bits(), n.broadcast().to_bits())),
                IpNet::V6(n) => v6.push((n.network().to_bits(), n.broadcast().to_bits())),
            }
        }
        Self {
            v4: interval::normal(v4),
            v6: interval::normal(v6),
        }
    }

    pub fn from_addrs(addrs: impl IntoIterator<Item = IpAddr>) -> Self {
        Self::from_cidrs(addrs.into_iter().map(IpNet::from))
    }

    /// Every address of both families.
    pub fn all() -> Self {
        Self::default().complement()
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            v4: interval::union(&self.v4, &other.v4),
            v6: interval::union(&self.v6, &other.v6),
        }
    }

    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self {
            v4: interval::intersect(&self.v4, &other.v4),
            v6: interval::intersect(&self.v6, &other.v6),
        }
    }

    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        Self {
            v4: interval::subtract(&self.v4, &other.v4),
            v6: interval::subtract(&self.v6, &other.v6),
        }
    }

    #[must_use]
    pub fn complement(&self) -> Self {
        Self {
            v4: interval::complement(&self.v4),
            v6: interval::complement(&self.v6),
        }
    }

    /// Every address of this set is in `other`.
    pub fn implies(&self, other: &Self) -> bool {
        interval::implies(&self.v4, &other.v4) && interval::implies(&self.v6, &other.v6)
    }

    pub fn disjoint(&self, other: &Self) -> bool {
        interval::disjoint(&self.v4, &other.v4) && interval::disjoint(&self.v6, &other.v6)
    }

    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    pub fn contains(&self, addr: IpAddr) -> bool {
        match addr {
            IpAddr::V4(a) => interval::contains(&self.v4, a.to_bits()),
            IpAddr::V6(a) => interval::contains(&self.v6, a.to_bits()),
        }
    }

    /// The least address, IPv4 first.
    pub fn witness(&self) -> Option<IpAddr> {
        let v4 = self.v4.first().map(|r| Ipv4Addr::from_bits(r.0).into());
        v4.or_else(|| self.v6.first().map(|r| Ipv6Addr::from_bits(r.0).into()))
    }

    /// The fewest prefixes that hold exactly this set, in order, IPv4 first.
    pub fn to_cidrs(&self) -> Vec<IpNet> {
        let v4 = self.v4.iter().flat_map(|&(low, high)| {
            let (low, high) = (Ipv4Addr::from_bits(low), Ipv4Addr::from_bits(high));
            Ipv4Subnets::new(low, high, 0)
        });
        let v6 = self.v6.iter().flat_map(|&(low, high)| {
            let (low, high) = (Ipv6Addr::from_bits(low), Ipv6Addr::from_bits(high));
            Ipv6Subnets::new(low, high, 0)
        });
        let v4 = v4.map(|n: Ipv4Net| IpNet::V4(n));
        v4.chain(v6.map(|n: Ipv6Net| IpNet::V6(n))).collect()
    }

    /// The same as nets without exceptions.
    pub fn to_nets(&self) -> Vec<Net> {
        self.to_cidrs().into_iter().map(Net::plain).collect()
    }
}
