//! The sets of rules as peers that the target knows, or why they are none.

use std::sync::Arc;

use npl_policy::{
    addr::{Net, nets_except, node_local_addresses},
    label::Cube,
    model::{Direction, EndRule, Entity, Set, Via},
    name::NamePattern,
    port::PortSet,
};

use super::{
    findings::Reason,
    selector,
    settings::{IpBlocks, Settings, never_of_cluster},
};
use crate::cilium::selector::disjuncts;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    /// A rule without peers: whoever there is.
    Everything,
    Pods(Arc<Cube>),
    Net(Net),
}

/// The two networks that `world` is.
pub(super) fn world() -> Vec<Net> {
    ["0.0.0.0/0", "::/0"]
        .iter()
        .filter_map(|text| text.parse().ok())
        .map(Net::plain)
        .collect()
}

/// Ports can be listed, or everything is meant.
pub(super) fn sayable(ports: &PortSet) -> bool {
    ports.all || (ports.icmp4.is_empty() && ports.icmp6.is_empty() && !ports.other)
}

/// The peers of an allow rule.
pub(super) fn allow(end: &EndRule, settings: &Settings) -> Result<Vec<Peer>, Reason> {
    if !end.peers.names.is_empty() {
        return Err(Reason::External);
    }
    if end.via.as_ref().is_some_and(|via| !passes(via, settings)) {
        return Err(Reason::Via);
    }
    if !sayable(&end.ports) {
        return Err(Reason::Protocol);
    }
    let mut out = Vec::new();
    for part in &end.peers.pods {
        out.extend(pods(&part.pods)?.into_iter().map(Peer::Pods));
    }
    let mut nets: Vec<Net> = end.peers.nets.clone();
    for entity in &end.peers.entities {
        match entity {
            Entity::All => return Ok(vec![Peer::Everything]),
            Entity::World => nets.extend(world()),
            // The pod's own node reaches it without a rule.
            Entity::Host if end.direction == Direction::Ingress => {}
            other => return Err(Reason::Entity(*other)),
        }
    }
    for net in nets.iter().filter(|net| !net.is_empty()) {
        let mut left = external(net, settings)?;
        // Here nobody has said which addresses are the cluster's.
        if never_of_cluster(net) {
            left = without_nodes(&left, settings);
        }
        if left.is_empty() {
            return Err(Reason::InsideCluster);
        }
        out.extend(left.into_iter().map(Peer::Net));
    }
    out.sort();
    out.dedup();
    Ok(out)
}

/// A clause on every DNS name, which the settings take for the port.
fn passes(via: &Via, settings: &Settings) -> bool {
    match via {
        Via::Dns(names) => settings.unchecked_dns && names.iter().any(NamePattern::is_any),
        _ => false,
    }
}

/// The disjuncts of a predicate that selectors can say.
pub(super) fn pods(cube: &Cube) -> Result<Vec<Arc<Cube>>, Reason> {
    if !selector::sayable(cube) {
        return Err(Reason::Account);
    }
    let list = disjuncts(cube).ok_or(Reason::TooLarge)?;
    let kept = list.into_iter().filter(|cube| !cube.is_empty());
    Ok(kept.map(|cube| Arc::new(cube.into_owned())).collect())
}

/// A network without the addresses of the cluster, which it does not hold by meaning.
pub(super) fn external(net: &Net, settings: &Settings) -> Result<Vec<Net>, Reason> {
    if never_of_cluster(net) {
        return Ok(vec![net.clone()]);
    }
    let out = settings.left_out().ok_or(Reason::IpBlock)?;
    let left = nets_except(std::slice::from_ref(net), &out);
    if left.is_empty() {
        return Err(Reason::InsideCluster);
    }
    Ok(left)
}

/// Without the addresses that the node itself answers, such as node-local DNS: a plugin may match
/// them, and a network holds no node.
pub(super) fn without_nodes(nets: &[Net], settings: &Settings) -> Vec<Net> {
    if settings.ip_blocks == IpBlocks::External {
        return nets.to_vec();
    }
    let nodes: Vec<Net> = node_local_addresses()
        .map(|(addr, _)| Net::plain(addr.into()))
        .collect();
    nets_except(nets, &nodes)
}

/// The peers of a deny, by kind; what selectors and prefixes cannot say is among the rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Denied {
    pub(super) pods: Vec<Arc<Cube>>,
    pub(super) nets: Vec<Net>,
    /// `all`.
    pub(super) everything: bool,
    /// `cluster`.
    pub(super) all_pods: bool,
    pub(super) api_server: bool,
    /// Other entities of the cluster, which no rule of this target allows but through `all`.
    pub(super) others: bool,
}

impl Denied {
    pub(super) fn of(set: &Set) -> Self {
        let mut out = Self {
            pods: set.pods.iter().map(|part| part.pods.clone()).collect(),
            nets: set.nets.iter().filter(|n| !n.is_empty()).cloned().collect(),
            ..Self::default()
        };
        for entity in &set.entities {
            match entity {
                Entity::All => out.everything = true,
                Entity::World => out.nets.extend(world()),
                Entity::Cluster => (out.all_pods, out.api_server, out.others) = (true, true, true),
                Entity::KubeApiserver => (out.api_server, out.others) = (true, true),
                Entity::Host | Entity::RemoteNode | Entity::Health | Entity::CiliumIngress => {
                    out.others = true;
                }
            }
        }
        out
    }

    /// It names pods, or nothing.
    pub(super) fn pods_only(&self) -> bool {
        self.nets.is_empty() && !(self.everything || self.api_server || self.others)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pods.is_empty()
            && self.nets.is_empty()
            && !(self.everything || self.all_pods || self.api_server || self.others)
    }
}
