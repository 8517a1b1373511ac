//! Port sets: TCP, UDP and SCTP ports, ICMP types, or everything.

mod icmp;
mod ranges;
mod set;
mod units;

#[cfg(test)]
mod tests;

pub use icmp::{icmp_named, icmp_names, icmp_sets};
pub use ranges::Ranges;
pub use set::{PortSet, partition};
pub use units::{PortProto, PortUnit};
