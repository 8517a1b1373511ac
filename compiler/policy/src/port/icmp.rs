//! The ICMP ports that have a name: the module `icmp` of the language.

use super::PortSet;

/// A name with its types of IPv4 (RFC 792) and IPv6 (RFC 4443 §3 and §4).
type Named = (&'static str, &'static [u8], &'static [u8]);

/// Both families first: of two names that fit, the first one is written.
///
/// A reply to an allowed echo passes without a rule, and Cilium reads type 0 as every type: no name
/// has it.
const NAMES: [Named; 9] = [
    ("echo", &[8], &[128]),
    // Of IPv6 with 2, packet too big.
    ("unreachable", &[3], &[1, 2]),
    ("time-exceeded", &[11], &[3]),
    ("echo-v4", &[8], &[]),
    ("echo-v6", &[], &[128]),
    ("unreachable-v4", &[3], &[]),
    ("unreachable-v6", &[], &[1, 2]),
    ("time-exceeded-v4", &[11], &[]),
    ("time-exceeded-v6", &[], &[3]),
];

/// The names, without the module before them.
pub fn icmp_names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, ..)| *name)
}

/// The set of a name.
pub fn icmp_named(name: &str) -> Option<PortSet> {
    let (_, v4, v6) = NAMES.iter().find(|(known, ..)| *known == name)?;
    Some(PortSet::icmp(v4.iter().copied(), v6.iter().copied()))
}

/// Every name with its set, in the order in which they are written.
pub fn icmp_sets() -> impl Iterator<Item = (&'static str, PortSet)> {
    NAMES.iter().map(|(name, v4, v6)| {
        let set = PortSet::icmp(v4.iter().copied(), v6.iter().copied());
        (*name, set)
    })
}
