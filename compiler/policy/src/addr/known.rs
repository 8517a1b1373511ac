//! Address ranges that findings speak of, each with its source.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::addr::{AddrSet, Net};

/// Ranges that clusters commonly give to pods and nodes: RFC 1918 §3, RFC 6598 §7 (shared address
/// space, used by managed clusters for pods), RFC 4193 §3.1 (unique local).
pub const PRIVATE: &[&str] = &[
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
];

/// Link-local addresses on which every large cloud answers for instance metadata: AWS, GCP, Azure
/// and Oracle at 169.254.169.254, AWS over IPv6 at fd00:ec2::254 (EC2 User Guide, "Instance
/// metadata").
pub const METADATA: &[&str] = &["169.254.169.254/32", "fd00:ec2::254/128"];

/// Single addresses at which a cloud answers for metadata or credentials; a network that names one
/// means it. Besides those of `METADATA`: GCP over IPv6, Oracle over IPv6, Amazon ECS task
/// credentials, Alibaba (each cloud's documentation of instance metadata), and those that the node
/// answers.
pub const ENDPOINTS: &[&str] = &[
    "100.100.100.200/32",
    "169.254.169.252/32",
    "169.254.169.254/32",
    "169.254.170.2/32",
    "169.254.170.23/32",
    "fd00:c1::a9fe:a9fe/128",
    "fd00:ec2::23/128",
    "fd00:ec2::254/128",
    "fd20:ce::254/128",
];

/// Addresses that the node itself answers, with what answers there: EKS Pod Identity agent (EKS
/// User Guide, "Pod Identity"), GKE's metadata server (GKE docs, "Workload Identity Federation"),
/// NodeLocal DNSCache (Kubernetes docs, "Using NodeLocal DNSCache").
pub const NODE_LOCAL: &[(&str, &str)] = &[
    ("169.254.170.23", "the EKS Pod Identity agent"),
    ("fd00:ec2::23", "the EKS Pod Identity agent"),
    ("169.254.169.252", "GKE's metadata server"),
    ("169.254.20.10", "node-local DNS"),
];

/// The ranges of one of the tables above.
pub fn known_nets(table: &[&str]) -> AddrSet {
    AddrSet::from_nets(
        table
            .iter()
            .filter_map(|text| text.parse::<IpNet>().ok())
            .map(|cidr| Net::new(cidr, Vec::new()))
            .collect::<Vec<_>>()
            .iter(),
    )
}

pub fn private() -> AddrSet {
    known_nets(PRIVATE)
}

pub fn metadata() -> AddrSet {
    known_nets(METADATA)
}

/// Every address of `ENDPOINTS`.
pub fn endpoints() -> AddrSet {
    known_nets(ENDPOINTS)
}

pub fn node_local_addresses() -> impl Iterator<Item = (IpAddr, &'static str)> {
    NODE_LOCAL
        .iter()
        .filter_map(|(addr, what)| Some((addr.parse().ok()?, *what)))
}
