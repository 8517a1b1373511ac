//! Port sets: TCP, UDP and SCTP ports, ICMP types, or everything.

/// A set of (protocol, port) pairs. `all` is every protocol, ICMP and those without ports included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortSet {
    pub all: bool,
    pub tcp: Ranges,
    pub udp: Ranges,
    pub sctp: Ranges,
    pub icmp4: Vec<u8>,
    pub icmp6: Vec<u8>,
}

/// Inclusive ranges: sorted, disjoint, not adjacent. `*/tcp` is `0..=65535`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ranges(Vec<(u16, u16)>);

impl Ranges {
    pub fn new(ranges: impl IntoIterator<Item = (u16, u16)>) -> Self {
        let mut list: Vec<_> = ranges
            .into_iter()
            .filter(|(low, high)| low <= high)
            .collect();
        list.sort_unstable();
        let mut out: Vec<(u16, u16)> = Vec::with_capacity(list.len());
        for (low, high) in list {
            match out.last_mut() {
                Some(last) if u32::from(low) <= u32::from(last.1) + 1 => last.1 = last.1.max(high),
                _ => out.push((low, high)),
            }
        }
        Self(out)
    }

    pub fn as_slice(&self) -> &[(u16, u16)] {
        &self.0
    }
}
