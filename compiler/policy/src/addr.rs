//! Address sets: what a `network` holds, as it was declared ([`Net`]) and exactly (`AddrSet`).

use ipnet::IpNet;

/// One prefix with the prefixes taken out of it; `except` lies inside `cidr`, sorted, no duplicates,
/// none inside another. By meaning a network holds no pod and no node (language.md §5.11).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Net {
    pub cidr: IpNet,
    pub except: Vec<IpNet>,
}
