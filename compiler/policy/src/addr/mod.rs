//! Address sets: what a `network` holds, as it was declared ([`Net`]) and exactly ([`AddrSet`]).
//!
//! IPv4 and IPv6 are two spaces: an IPv4-mapped IPv6 address is an IPv6 address here, and the
//! language refuses to name one.

mod known;
mod net;
mod set;

#[cfg(test)]
mod tests;

pub use known::{
    ENDPOINTS, METADATA, NODE_LOCAL, PRIVATE, endpoints, known_nets, metadata,
    node_local_addresses, private,
};
pub use net::{Net, nets_except};
pub use set::AddrSet;
