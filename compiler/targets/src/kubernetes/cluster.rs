//! What a ClusterNetworkPolicy can say of pods whose namespaces are not named: allows in the tier
//! Admin, and seals in the tier Baseline.
//!
//! An Accept of the tier Admin opens whatever else closes a pod, which is what an allow means, for
//! rules unite; denies come before it. A Deny of the tier Baseline counts for pods that no
//! NetworkPolicy selects; one that selects them seals them itself. Peers of ingress are pods only
//! (sigs.k8s.io/network-policy-api v0.2.0, `ClusterNetworkPolicyIngressPeer`), so that no rule
//! there speaks of nodes or the world. Networks of egress hold addresses inside the cluster too
//! (the same, `ClusterNetworkPolicyEgressPeer.Networks`), unless the plugin is one that does not
//! match those.

use std::sync::Arc;

use npl_policy::{addr::Net, label::Cube, model::Direction};

use super::{
    findings::Reason,
    lower::{Peer, world},
    settings::{ClusterWideSeals, IpBlocks, Settings},
};

/// Whether the seal of a direction can be said.
pub(super) fn seal(direction: Direction, settings: &Settings) -> Result<(), Reason> {
    if !settings.cluster_network_policy {
        return Err(Reason::Namespaces);
    }
    match (settings.cluster_wide_seals, direction) {
        (ClusterWideSeals::Pods, _) => Ok(()),
        (ClusterWideSeals::Exact, Direction::Ingress) => Err(Reason::SealOfIngress),
        (ClusterWideSeals::Exact, Direction::Egress) => match settings.ip_blocks {
            IpBlocks::Any => Ok(()),
            IpBlocks::External => Err(Reason::SealOfEgress),
        },
    }
}

/// What a seal closes.
pub(super) fn sealed(direction: Direction) -> (Vec<Arc<Cube>>, Vec<Net>) {
    let nets = match direction {
        Direction::Ingress => Vec::new(),
        Direction::Egress => world(),
    };
    (vec![Arc::new(Cube::every())], nets)
}

/// The peers of an allow, as far as rules of this kind know them.
pub(super) fn peers(
    peers: &[Peer],
    direction: Direction,
    settings: &Settings,
) -> Result<Vec<Peer>, Reason> {
    if !settings.cluster_network_policy {
        return Err(Reason::Namespaces);
    }
    let mut out = Vec::with_capacity(peers.len());
    for peer in peers {
        match (peer, direction) {
            (Peer::Pods(_), _) | (Peer::Net(_), Direction::Egress) => out.push(peer.clone()),
            (Peer::Everything, Direction::Egress) if settings.ip_blocks == IpBlocks::Any => {
                let (pods, nets) = sealed(direction);
                out.extend(pods.into_iter().map(Peer::Pods));
                out.extend(nets.into_iter().map(Peer::Net));
            }
            _ => return Err(Reason::ClusterPeer(direction)),
        }
    }
    Ok(out)
}
