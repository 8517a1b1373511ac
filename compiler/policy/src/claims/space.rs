//! The ends of an edge by kind: what a set holds of each kind of endpoint, and what the peers of a
//! rule admit of one (language.md §5.11).

use ipnet::IpNet;
use smol_str::SmolStr;

use super::region::{Assumption, Region};
use crate::{
    addr::AddrSet,
    model::{ControlPlane, Entity, Model, NamePart, Set},
};

/// A kind of endpoint: no entity tells two members of one kind apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Pods,
    /// Addresses of `world`; those where the API server is are a kind of their own.
    Addrs {
        api_server: bool,
    },
    /// Wherever an external answers.
    Named,
    Host {
        api_server: bool,
    },
    RemoteNode {
        api_server: bool,
    },
    Health,
    CiliumIngress,
}

/// A part of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target<'m> {
    pub(super) kind: Kind,
    pub(super) region: Region,
    /// Of the kind `Named`.
    pub(super) name: Option<&'m NamePart>,
    /// All of `world` is meant, so an external lies in it.
    pub(super) world: bool,
    /// What the set calls it.
    pub(super) called: SmolStr,
}

/// Whether an entity holds a kind, whole.
fn entity_holds(entity: Entity, kind: Kind) -> bool {
    let api_server = matches!(
        kind,
        Kind::Addrs { api_server: true }
            | Kind::Host { api_server: true }
            | Kind::RemoteNode { api_server: true }
    );
    match entity {
        Entity::All => true,
        Entity::World => matches!(kind, Kind::Addrs { .. } | Kind::Named),
        Entity::Cluster => api_server || !matches!(kind, Kind::Addrs { .. } | Kind::Named),
        Entity::KubeApiserver => api_server,
        Entity::Host => matches!(kind, Kind::Host { .. }),
        Entity::RemoteNode => matches!(kind, Kind::RemoteNode { .. }),
        Entity::Health => kind == Kind::Health,
        Entity::CiliumIngress => kind == Kind::CiliumIngress,
    }
}

pub(super) fn holds_kind(set: &Set, kind: Kind) -> bool {
    set.entities
        .iter()
        .any(|entity| entity_holds(*entity, kind))
}

/// Every kind but pods and names that may exist under these settings.
fn kinds(model: &Model) -> Vec<Kind> {
    let mut out = vec![
        Kind::Addrs { api_server: false },
        Kind::Host { api_server: false },
        Kind::RemoteNode { api_server: false },
        Kind::Health,
        Kind::CiliumIngress,
    ];
    let control_plane = model.settings.control_plane;
    if control_plane != ControlPlane::Nodes {
        out.push(Kind::Addrs { api_server: true });
    }
    if control_plane != ControlPlane::External {
        out.push(Kind::Host { api_server: true });
        out.push(Kind::RemoteNode { api_server: true });
    }
    out
}

/// What a set holds, kind by kind.
pub(super) fn targets<'m>(model: &'m Model, set: &'m Set) -> Vec<Target<'m>> {
    let mut out = Vec::new();
    let plain = |kind, region, called: SmolStr| Target {
        kind,
        region,
        name: None,
        world: false,
        called,
    };
    if holds_kind(set, Kind::Pods) {
        let every = Region::Pods(crate::label::Cube::every());
        out.push(plain(Kind::Pods, every, "any pod".into()));
    } else {
        out.extend(set.pods.iter().map(|part| {
            let called = part.workload.as_deref().map(short).unwrap_or_default();
            plain(
                Kind::Pods,
                Region::Pods((*part.pods).clone()),
                called.into(),
            )
        }));
    }
    let nets = AddrSet::from_nets(&set.nets);
    for kind in kinds(model) {
        let addrs = matches!(kind, Kind::Addrs { .. });
        let entity = set
            .entities
            .iter()
            .find(|entity| entity_holds(**entity, kind));
        if let Some(entity) = entity {
            let region = if addrs {
                Region::Addrs(AddrSet::all())
            } else {
                Region::Whole
            };
            out.push(Target {
                world: addrs && entity_holds(*entity, Kind::Named),
                ..plain(kind, region, entity_name(*entity).into())
            });
        } else if addrs && !nets.is_empty() {
            out.push(plain(kind, Region::Addrs(nets.clone()), networks(set)));
        }
    }
    out.extend(set.names.iter().map(|part| Target {
        name: Some(part),
        ..plain(
            Kind::Named,
            Region::Addrs(AddrSet::all()),
            external(part).into(),
        )
    }));
    out
}

/// As the source names it.
pub(super) fn entity_name(entity: Entity) -> &'static str {
    match entity {
        Entity::All => "all",
        Entity::World => "world",
        Entity::Cluster => "cluster",
        Entity::Host => "host",
        Entity::RemoteNode => "remote_node",
        Entity::KubeApiserver => "kube_apiserver",
        Entity::Health => "health",
        Entity::CiliumIngress => "cilium_ingress",
    }
}

/// A prefix this short surely holds public addresses: an external answers there as likely as not.
const PUBLIC_PREFIX: u8 = 4;

/// What the peers of a rule admit of a target, each part with what has to be assumed so that it
/// does not count. Nothing that misses the target is in it.
pub(super) fn admitted(peers: &Set, target: &Target<'_>) -> Vec<(Region, Option<Assumption>)> {
    let mut out: Vec<(Region, Option<Assumption>)> = Vec::new();
    for region in denied(peers, target) {
        let unlikely = |nets: &AddrSet| target.name.filter(|_| !is_public(nets));
        let assumption = match &region {
            Region::Addrs(nets) => unlikely(nets).map(|part| Assumption::Answers {
                external: external(part).into(),
                never: networks(peers),
            }),
            _ => None,
        };
        out.push((region, assumption));
    }
    let whole = matches!(out.as_slice(), [(Region::Any, _)]);
    if !whole && matches!(target.kind, Kind::Addrs { .. } | Kind::Named) {
        out.extend(
            peers
                .names
                .iter()
                .map(|part| (Region::Any, by_name(part, target))),
        );
    }
    out
}

/// A declared name without its module: as its own file writes it.
pub(super) fn short(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, short)| short)
}

/// An external as its own file writes it: a name in quotes has no module.
fn external(part: &NamePart) -> &str {
    let text = part.external.as_str();
    if part.pattern.as_str() == text {
        return text;
    }
    short(text)
}

fn networks(set: &Set) -> SmolStr {
    let listed: Vec<String> = set.nets.iter().map(|net| net.cidr.to_string()).collect();
    listed.join(" | ").into()
}

/// A rule admits an external: what keeps that from reaching the target.
fn by_name(part: &NamePart, target: &Target<'_>) -> Option<Assumption> {
    match target.name {
        Some(other) if part.pattern.intersects(&other.pattern) => None,
        Some(other) => {
            let mut names = (external(part), external(other));
            if names.0 == names.1 {
                names = (part.external.as_str(), other.external.as_str());
            }
            Some(Assumption::Shared {
                external: names.0.into(),
                other: names.1.into(),
            })
        }
        None if target.world && target.kind == (Kind::Addrs { api_server: false }) => None,
        None => Some(Assumption::Answers {
            external: external(part).into(),
            never: target.called.clone(),
        }),
    }
}

fn is_public(nets: &AddrSet) -> bool {
    nets.to_cidrs().iter().any(|cidr| match cidr {
        IpNet::V4(p) => p.prefix_len() <= PUBLIC_PREFIX,
        IpNet::V6(p) => p.prefix_len() <= PUBLIC_PREFIX,
    })
}

/// What a deny takes out of a target: it names no externals, and its networks hold wherever an
/// external answers.
pub(super) fn denied(peers: &Set, target: &Target<'_>) -> Vec<Region> {
    if holds_kind(peers, target.kind) {
        return vec![Region::Any];
    }
    match &target.region {
        Region::Pods(cube) => {
            let parts = peers.pods.iter().filter(|part| !part.pods.disjoint(cube));
            parts
                .map(|part| Region::Pods((*part.pods).clone()))
                .collect()
        }
        Region::Addrs(set) if !peers.nets.is_empty() => {
            let nets = AddrSet::from_nets(&peers.nets);
            if nets.disjoint(set) {
                Vec::new()
            } else {
                vec![Region::Addrs(nets)]
            }
        }
        _ => Vec::new(),
    }
}
