//! The inventory: what runs in a cluster, as plain data (cli.md §1). `targets::inventory` reads it
//! from Kubernetes manifests; this crate only asks it questions.

use std::net::IpAddr;

use ipnet::IpNet;
use npl_diagnostics::Place;
use smol_str::SmolStr;

/// Everything is sorted by (namespace, name); label lists by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    pub namespaces: Vec<Namespace>,
    /// Pod templates of Deployments, StatefulSets, DaemonSets, Jobs, CronJobs, ReplicaSets, and
    /// bare Pods.
    pub workloads: Vec<PodTemplate>,
    pub services: Vec<Service>,
    pub nodes: Vec<Node>,
}

pub type Labels = Vec<(SmolStr, SmolStr)>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    pub name: SmolStr,
    /// With `kubernetes.io/metadata.name`.
    pub labels: Labels,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTemplate {
    pub kind: SmolStr,
    pub namespace: SmolStr,
    pub name: SmolStr,
    /// Of the pods, not of the object.
    pub labels: Labels,
    pub account: SmolStr,
    pub host_network: bool,
    pub ports: Vec<ContainerPort>,
    /// Addresses of a bare Pod's status.
    pub addresses: Vec<IpAddr>,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    pub name: Option<SmolStr>,
    pub port: u16,
    pub proto: Proto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Proto {
    Tcp,
    Udp,
    Sctp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub namespace: SmolStr,
    pub name: SmolStr,
    pub kind: ServiceKind,
    /// Of the object itself: `toServices` selects by them.
    pub labels: Labels,
    /// `None`: no selector (its backends are `addresses`).
    pub selector: Option<Labels>,
    pub ports: Vec<ServicePort>,
    /// Cluster addresses.
    pub cluster_ips: Vec<IpAddr>,
    /// Of its EndpointSlices.
    pub addresses: Vec<IpAddr>,
    /// `externalTrafficPolicy: Cluster` (or not given) on NodePort and LoadBalancer.
    pub external_policy_cluster: bool,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    ClusterIp,
    NodePort,
    LoadBalancer,
    ExternalName(SmolStr),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    pub name: Option<SmolStr>,
    pub port: u16,
    pub proto: Proto,
    pub target: TargetPort,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetPort {
    Number(u16),
    /// Of a container port.
    Name(SmolStr),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub name: SmolStr,
    pub labels: Labels,
    pub addresses: Vec<IpAddr>,
    pub pod_cidrs: Vec<IpNet>,
    pub place: Place,
}
