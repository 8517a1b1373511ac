//! What Cilium knows of one end of a flow: identity labels, address, names.

use std::net::IpAddr;

use ipnet::IpNet;
use smol_str::{SmolStr, format_smolstr};

use super::flow::{End, Pod};
use crate::import::{
    name,
    parse::scope::LOCAL_CLUSTER,
    selector::Label,
    shape::{CidrGroup, Peer},
};

/// Which policies an endpoint of this node can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enforced {
    /// `endpointSelector`.
    Endpoint,
    /// The same, and everything is denied that no rule allows, even without rules.
    Init,
    /// `nodeSelector`.
    Node,
    /// Not an endpoint of this node.
    Nowhere,
}

#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) labels: Vec<Label>,
    pub(super) address: Option<IpAddr>,
    pub(super) names: Vec<SmolStr>,
    pub(super) enforced: Enforced,
    /// Of a pod: for its named ports.
    pub(super) pod: Option<Pod>,
}

/// Pod labels that are no part of an identity by default, by what their key begins with.
const DROPPED: [&str; 15] = [
    "io.kubernetes",
    "kubernetes.io",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/controller-uid",
    "k8s.io",
    "pod-template-generation",
    "pod-template-hash",
    "controller-revision-hash",
    "controller-uid",
    "annotation",
    "etcd_node",
    "topology.kubernetes.io",
    "io.cilium.k8s.policy.",
];

pub(crate) fn is_dropped(key: &str) -> bool {
    DROPPED.iter().any(|prefix| key.starts_with(prefix)) || key.contains("beta.kubernetes.io")
}

impl Identity {
    /// An end of a flow; a name needs its address, which the caller has looked up.
    pub(super) fn of(end: &End, resolved: Option<IpAddr>) -> Self {
        match end {
            End::Pod(pod) => Self::pod(pod),
            End::Address {
                ip,
                names,
                api_server,
            } => Self::world(Some(*ip), names.clone(), *api_server),
            End::Name(name) => Self::world(resolved, vec![name.clone()], false),
            End::Entity {
                name,
                labels,
                api_server,
            } => Self::entity(name, labels, *api_server),
        }
    }

    fn pod(pod: &Pod) -> Self {
        let k8s = |key: &str, value: &SmolStr| Label::new("k8s", key, value.clone());
        let mut labels: Vec<Label> = pod
            .labels
            .iter()
            .filter(|(key, _)| !is_dropped(key))
            .map(|(key, value)| k8s(key, value))
            .collect();
        labels.push(k8s("io.kubernetes.pod.namespace", &pod.namespace));
        labels.push(Label::new(
            "k8s",
            "io.cilium.k8s.policy.cluster",
            LOCAL_CLUSTER,
        ));
        let account = pod.account.clone().unwrap_or_else(|| "default".into());
        labels.push(k8s("io.cilium.k8s.policy.serviceaccount", &account));
        let prefix = "io.cilium.k8s.namespace.labels";
        for (key, value) in &pod.namespace_labels {
            labels.push(k8s(&format!("{prefix}.{key}"), value));
        }
        let own = format_smolstr!("{prefix}.kubernetes.io/metadata.name");
        if !labels.iter().any(|label| label.key == own) {
            labels.push(k8s(&own, &pod.namespace));
        }
        Self {
            labels,
            address: None,
            names: Vec::new(),
            enforced: Enforced::Endpoint,
            pod: Some(pod.clone()),
        }
    }

    fn world(address: Option<IpAddr>, names: Vec<SmolStr>, api_server: bool) -> Self {
        let family = match address {
            Some(IpAddr::V6(_)) => "world-ipv6",
            _ => "world-ipv4",
        };
        let mut labels = vec![Label::new("reserved", family, "")];
        if api_server {
            labels.push(Label::new("reserved", "kube-apiserver", ""));
        }
        Self {
            labels,
            address,
            names,
            enforced: Enforced::Nowhere,
            pod: None,
        }
    }

    fn entity(name: &str, node_labels: &[(SmolStr, SmolStr)], api_server: bool) -> Self {
        if matches!(name, "world" | "world-ipv4" | "world-ipv6") {
            let mut world = Self::world(None, Vec::new(), api_server);
            if name == "world-ipv6" {
                world.labels = vec![Label::new("reserved", name, "")];
            }
            return world;
        }
        let mut labels = vec![Label::new("reserved", name, "")];
        if name == "kube-apiserver" {
            labels.push(Label::new("reserved", "remote-node", ""));
        } else if api_server {
            labels.push(Label::new("reserved", "kube-apiserver", ""));
        }
        for (key, value) in node_labels {
            labels.push(Label::new("k8s", key.clone(), value.clone()));
        }
        let enforced = match name {
            "host" => Enforced::Node,
            "init" => Enforced::Init,
            "health" | "ingress" => Enforced::Endpoint,
            _ => Enforced::Nowhere,
        };
        Self {
            labels,
            address: None,
            names: Vec::new(),
            enforced,
            pod: None,
        }
    }

    fn has_reserved(&self, name: &str) -> bool {
        let is = |label: &Label| label.source == "reserved" && label.key == name;
        self.labels.iter().any(is)
    }

    /// Prefixes hold neither pods nor nodes, whatever their addresses.
    fn is_world(&self) -> bool {
        self.has_reserved("world-ipv4") || self.has_reserved("world-ipv6")
    }

    /// `0.0.0.0/0` and `::/0` are the families of the world.
    fn lies_in(&self, net: &IpNet) -> bool {
        if net.prefix_len() == 0 {
            return match net {
                IpNet::V4(_) => self.has_reserved("world-ipv4"),
                IpNet::V6(_) => self.has_reserved("world-ipv6"),
            };
        }
        self.address.is_some_and(|address| net.contains(&address))
    }

    /// Whether a peer of a rule selects this end.
    pub(super) fn selected_by(&self, peer: &Peer, groups: &[CidrGroup]) -> bool {
        let outside = |except: &[IpNet]| !except.iter().any(|net| self.lies_in(net));
        match peer {
            Peer::Labels(selector) => selector.matches(&self.labels),
            Peer::Name(pattern) => {
                self.is_world() && self.names.iter().any(|have| name::matches(pattern, have))
            }
            Peer::Network { cidr, except, .. } => {
                self.is_world() && self.lies_in(cidr) && outside(except)
            }
            Peer::Group { name, except, .. } => {
                let mut groups = groups.iter().filter(|group| group.name == *name);
                self.is_world() && groups.any(|group| self.in_group(group)) && outside(except)
            }
            Peer::GroupLabels {
                selector, except, ..
            } => {
                // An address has the labels of every group that holds it.
                let labels: Vec<Label> = groups
                    .iter()
                    .filter(|group| self.in_group(group))
                    .flat_map(|group| &group.labels)
                    .map(|(key, value)| Label::new("k8s", key.clone(), value.clone()))
                    .collect();
                self.is_world() && selector.matches_any(&labels) && outside(except)
            }
        }
    }

    fn in_group(&self, group: &CidrGroup) -> bool {
        group.cidrs.iter().any(|net| self.lies_in(net))
    }
}
