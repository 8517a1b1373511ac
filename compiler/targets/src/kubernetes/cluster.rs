//! What a ClusterNetworkPolicy can say: denies of any pods, and of pods whose namespaces are not
//! named allows in the tier Admin and seals in the tier Baseline.
//!
//! An Accept of the tier Admin opens whatever else closes a pod, which is what an allow means, for
//! rules unite; denies come before it. A Deny of the tier Baseline counts for pods that no
//! NetworkPolicy selects; one that selects them seals them itself. Peers of ingress are pods only
//! (sigs.k8s.io/network-policy-api v0.2.0, `ClusterNetworkPolicyIngressPeer`), so that no rule
//! there speaks of nodes or the world. Networks of egress hold addresses inside the cluster too
//! (the same, `ClusterNetworkPolicyEgressPeer.Networks`), unless the plugin is one that does not
//! match those.

use std::sync::Arc;

use npl_policy::{
    addr::Net,
    label::Cube,
    model::{ControlPlane, Direction, EndRule},
};

use super::{
    findings::Reason,
    lower::{self, Denied, Peer, world},
    settings::{ClusterWideSeals, IpBlocks, Settings, never_of_cluster},
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

/// All that can be named: what a seal closes, and what an allow of everything opens.
pub(super) fn whole(direction: Direction) -> (Vec<Arc<Cube>>, Vec<Net>) {
    let nets = match direction {
        Direction::Ingress => Vec::new(),
        Direction::Egress => world(),
    };
    (vec![Arc::new(Cube::every())], nets)
}

/// Whether a peer of an allow can be named.
pub(super) fn sayable(
    peer: &Peer,
    direction: Direction,
    settings: &Settings,
) -> Result<(), Reason> {
    if !settings.cluster_network_policy {
        return Err(Reason::Namespaces);
    }
    match (peer, direction) {
        (Peer::Pods(_), _) | (Peer::Net(_), Direction::Egress) => Ok(()),
        (Peer::Everything, Direction::Egress) if settings.ip_blocks == IpBlocks::Any => Ok(()),
        _ => Err(Reason::ClusterPeer(direction)),
    }
}

/// A deny: what its rules say, what is left to be subtracted from allows, and why it is left.
#[derive(Debug, Default)]
pub(super) struct Split {
    pub(super) pods: Vec<Arc<Cube>>,
    pub(super) nets: Vec<Net>,
    pub(super) rest: Denied,
    pub(super) why: Option<Reason>,
}

impl Split {
    pub(super) fn is_said(&self) -> bool {
        !self.pods.is_empty() || !self.nets.is_empty()
    }

    fn leave(&mut self, why: Reason) {
        self.why.get_or_insert(why);
    }
}

/// Splits a deny at pods of these predicates.
pub(super) fn deny<'c>(
    end: &EndRule,
    mut subjects: impl Iterator<Item = &'c Arc<Cube>>,
    denied: Denied,
    settings: &Settings,
) -> Split {
    let unsaid = match subjects.find_map(|cube| lower::pods(cube).err()) {
        None if !lower::sayable(&end.ports) => Some(Reason::Protocol),
        subject => subject,
    };
    if !settings.cluster_network_policy || unsaid.is_some() {
        return Split {
            rest: denied,
            why: unsaid.filter(|_| settings.cluster_network_policy),
            ..Split::default()
        };
    }
    let outward = end.direction == Direction::Egress;
    let mut out = Split::default();
    match outward && settings.ip_blocks == IpBlocks::Any {
        true => entities(&denied, settings, &mut out),
        false => {
            out.rest = Denied {
                pods: Vec::new(),
                nets: Vec::new(),
                ..denied
            };
        }
    }
    for cube in denied.pods {
        match lower::pods(&cube) {
            Ok(cubes) => out.pods.extend(cubes),
            Err(why) => {
                out.rest.pods.push(cube);
                out.leave(why);
            }
        }
    }
    for net in denied.nets {
        match lower::external(&net, settings) {
            Ok(left) if outward && never_of_cluster(&net) => {
                out.nets.extend(lower::without_nodes(&left, settings));
            }
            Ok(left) if outward => out.nets.extend(left),
            Ok(_) => {
                out.rest.nets.push(net);
                out.leave(Reason::ClusterPeer(Direction::Ingress));
            }
            // No address outside the cluster is meant, and a network holds no other.
            Err(Reason::InsideCluster) => {}
            Err(why) => {
                out.rest.nets.push(net);
                out.leave(why);
            }
        }
    }
    out
}

/// Where networks hold every address, so do rules on them: the whole is said by all networks, and
/// the cluster by those that its addresses come from.
fn entities(denied: &Denied, settings: &Settings, out: &mut Split) {
    out.rest.all_pods = denied.all_pods;
    out.rest.api_server = denied.api_server;
    out.rest.others = denied.others;
    if denied.everything {
        (out.pods, out.nets) = whole(Direction::Egress);
        (out.rest.all_pods, out.rest.api_server, out.rest.others) = (false, false, false);
    } else if denied.all_pods && !settings.cluster_cidrs.is_empty() {
        let cidrs = settings.cluster_cidrs.iter().copied();
        (out.pods, out.nets) = (
            vec![Arc::new(Cube::every())],
            cidrs.map(Net::plain).collect(),
        );
        (out.rest.all_pods, out.rest.others) = (false, false);
        out.rest.api_server &= settings.control_plane != ControlPlane::Nodes;
    }
}
