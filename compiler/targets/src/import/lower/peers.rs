//! The peers of a rule, each with the spelling by which Cilium tells selectors apart.
//!
//! Refuses what the model has no endpoint for: pods that have no labels yet, other clusters, groups
//! that a cloud fills, and CIDR groups that are not among the sources.

use std::sync::Arc;

use ipnet::IpNet;
use npl_diagnostics::{Diagnostic, Place, codes::import as codes};
use npl_policy::{
    addr::{AddrSet, Net},
    label::Cube,
    model::{Entity, NamePart, PodPart, Set},
    name::NamePattern,
};
use smol_str::{SmolStr, format_smolstr};

use super::{
    Cx, groups, layer7,
    refuse::{self, Refusal, refuse},
    selector::{Who, who},
};
use crate::import::{
    parse::{
        peers::never_matches,
        scope::{CLUSTER, LOCAL_CLUSTER, NAMESPACE},
    },
    selector::Selector,
    shape::{End, Peer, Peers, ServiceRef},
};

/// One peer, as Cilium merges rules by it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) spelling: SmolStr,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Everybody,
    Pods(Arc<Cube>),
    Reserved(SmolStr),
    Nets(Vec<Net>),
    Name(NamePattern),
    /// Selects no endpoint; Cilium merges its rules all the same.
    Nobody,
}

/// The three labels of the entity `world`.
const WORLD: [&str; 3] = ["world", "world-ipv4", "world-ipv6"];

/// The labels of the entity `cluster`, beside its pods.
const CLUSTER_LABELS: [&str; 7] = [
    "host",
    "remote-node",
    "init",
    "ingress",
    "health",
    "unmanaged",
    "kube-apiserver",
];

impl What {
    /// Some endpoint may be in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nobody, _) | (_, Self::Nobody) => false,
            (Self::Everybody, _) | (_, Self::Everybody) => true,
            (Self::Pods(a), Self::Pods(b)) => !a.disjoint(b),
            (Self::Pods(_), _) | (_, Self::Pods(_)) => false,
            (Self::Reserved(a), Self::Reserved(b)) => {
                let world = |name: &SmolStr| WORLD.contains(&name.as_str());
                let node = |name: &SmolStr| matches!(name.as_str(), "host" | "remote-node");
                let server = |name: &SmolStr| name == "kube-apiserver";
                a == b
                    || (world(a) && world(b))
                    || (server(a) && (world(b) || node(b)))
                    || (server(b) && (world(a) || node(a)))
            }
            (Self::Reserved(name), _) | (_, Self::Reserved(name)) => {
                WORLD.contains(&name.as_str()) || name == "kube-apiserver"
            }
            (Self::Nets(a), Self::Nets(b)) => {
                !AddrSet::from_nets(a).disjoint(&AddrSet::from_nets(b))
            }
            // Any address may have any name, and names share addresses.
            (Self::Nets(_) | Self::Name(_), Self::Nets(_) | Self::Name(_)) => true,
        }
    }

    /// Every endpoint of `inner` is in this one.
    pub(super) fn holds(&self, inner: &Self) -> bool {
        match (self, inner) {
            (Self::Everybody, _) => true,
            (Self::Pods(outer), Self::Pods(inner)) => inner.implies(outer),
            (Self::Nets(outer), Self::Nets(inner)) => {
                AddrSet::from_nets(inner).implies(&AddrSet::from_nets(outer))
            }
            _ => self == inner,
        }
    }
}

/// The peers of one rule. No part: nobody. A peer that nothing meets is told.
pub(super) fn parts(
    cx: &Cx<'_>,
    end: &End,
    warnings: &mut Vec<Diagnostic<Place>>,
) -> Result<Vec<Part>, Refusal> {
    let Peers::These(peers) = &end.peers else {
        return Ok(Vec::new());
    };
    let mut peers = peers.clone();
    // In a deny services are never looked up.
    if !end.services.is_empty() && !end.deny {
        peers.extend(services(cx, end)?);
    }
    // No peer at all is everybody on the ports, and nobody without any.
    if peers.is_empty() && !end.ports.is_empty() {
        peers.push(Peer::Labels(Selector::default()));
    }
    let mut out: Vec<Part> = Vec::new();
    for (at, peer) in peers.iter().enumerate() {
        let part = part(cx, peer, end.place)?;
        if part.as_ref().is_some_and(|part| part.what == What::Nobody) {
            let place = end.peer_places.get(at).copied().unwrap_or(end.place);
            warnings.extend(nobody(cx, peer, place));
        }
        add(&mut out, part);
    }
    Ok(out)
}

/// What reading says already of a network is not told again.
fn nobody(cx: &Cx<'_>, peer: &Peer, at: Place) -> Option<Diagnostic<Place>> {
    let (message, help) = match peer {
        Peer::Network { cidr, except, .. } if never_matches(cidr) || except.contains(cidr) => {
            return None;
        }
        Peer::Group { name, .. } => {
            let mut named = cx.groups.iter().filter(|group| group.name == *name);
            if named.any(|group| group.cidrs.iter().any(never_matches)) {
                return None;
            }
            (
                "a peer selects nobody: the CIDR group leaves no address",
                "list networks in the group, or remove the peer",
            )
        }
        Peer::Network { .. } | Peer::GroupLabels { .. } => (
            "a peer selects nobody: no address is left of its networks",
            "make the exceptions smaller, or remove the peer",
        ),
        Peer::Labels(_) | Peer::Name(_) => (
            "a peer selects nobody: no identity has the labels that it asks for",
            "select by labels that Cilium keeps, or remove the peer",
        ),
    };
    Some(Diagnostic::new(&codes::IMPORT_SELECTS_NOBODY, at, message).help(help))
}

/// One spelling is one peer.
fn add(out: &mut Vec<Part>, part: Option<Part>) {
    if let Some(part) = part
        && !out.iter().any(|have| have.spelling == part.spelling)
    {
        out.push(part);
    }
}

/// `None`: the entity `none`, whose rules are never merged.
fn part(cx: &Cx<'_>, peer: &Peer, at: Place) -> Result<Option<Part>, Refusal> {
    let (spelling, what) = match peer {
        Peer::Labels(selector) => {
            let what = match who(selector) {
                Who::Everybody => What::Everybody,
                Who::Pods(cube) => What::Pods(Arc::new(cube)),
                Who::Reserved(name) if name == "none" => return Ok(None),
                Who::Reserved(name) => What::Reserved(name),
                Who::Nobody => What::Nobody,
                Who::OtherCluster => return Err(refuse::other_cluster(at)),
                Who::Mixed => return Err(refuse::mixed_selector(at)),
            };
            (format_smolstr!("labels {}", selector.spelling()), what)
        }
        Peer::Network {
            cidr,
            except,
            spelling,
        } => {
            let net = Net::new(*cidr, except.iter().copied());
            (spelling.clone(), What::Nets(vec![net]))
        }
        Peer::Group {
            name,
            except,
            spelling,
        } => {
            let nets = groups::named(cx, name, spelling, except, at)?;
            (spelling.clone(), What::Nets(nets))
        }
        Peer::GroupLabels {
            selector,
            except,
            spelling,
        } => {
            let nets = groups::labelled(cx, selector, except, at)?;
            (spelling.clone(), What::Nets(nets))
        }
        Peer::Name(name) => {
            let pattern = layer7::name(name, at)?;
            let kind = if name.exact { "name" } else { "pattern" };
            (format_smolstr!("{kind} {}", name.text), What::Name(pattern))
        }
    };
    Ok(match what {
        What::Nets(nets) => {
            let nets = nets.into_iter().filter_map(visible);
            let nets: Vec<Net> = nets.filter(|net| !net.is_empty()).collect();
            let what = match nets.is_empty() {
                true => What::Nobody,
                false => What::Nets(nets),
            };
            Some(Part { spelling, what })
        }
        what => Some(Part { spelling, what }),
    })
}

/// Without IPv4 addresses that are written as IPv6 (`::ffff:10.0.0.0`): Cilium sees them as IPv4,
/// and so nothing has one.
pub(super) fn visible(mut net: Net) -> Option<Net> {
    net.except.retain(|except| !never_matches(except));
    (!never_matches(&net.cidr)).then_some(net)
}

/// The selectors and addresses that stand for services today.
fn services(cx: &Cx<'_>, end: &End) -> Result<Vec<Peer>, Refusal> {
    let Some(inventory) = cx.inventory else {
        return Err(refuse(
            &codes::IMPORT_NEEDS_INVENTORY,
            end.place,
            "`toServices` means what the Services of the cluster select, and no inventory is given",
            "give the manifests of the Services, for example with `--inventory`",
        ));
    };
    let mut out = Vec::new();
    let wanted = |service: &&npl_policy::inventory::Service| {
        end.services.iter().any(|reference| match reference {
            ServiceRef::Named { namespace, name } => {
                service.name == *name && (namespace.is_empty() || service.namespace == *namespace)
            }
            ServiceRef::Labels {
                namespace,
                selector,
            } => {
                (namespace.is_empty() || service.namespace == *namespace)
                    && selector.matches_plain(&service.labels)
            }
        })
    };
    for service in inventory.services.iter().filter(wanted) {
        let Some(labels) = &service.selector else {
            out.extend(service.addresses.iter().map(|address| {
                let cidr = IpNet::from(*address);
                Peer::Network {
                    cidr,
                    except: Vec::new(),
                    spelling: format_smolstr!("cidr:{cidr}"),
                }
            }));
            continue;
        };
        let mut selector = Selector::default();
        for (key, value) in labels {
            selector.require(&format!("k8s:{key}"), value.clone());
        }
        selector.require(NAMESPACE, service.namespace.clone());
        selector.require(CLUSTER, LOCAL_CLUSTER);
        out.push(Peer::Labels(selector));
    }
    Ok(out)
}

/// The parts of the entity `cluster` that are endpoints before Cilium knows their labels. As a
/// whole the entity stands for them too; by itself nothing does.
pub(super) fn is_unnamed(part: &Part) -> bool {
    matches!(&part.what, What::Reserved(name) if ["init", "unmanaged"].contains(&name.as_str()))
}

/// The entity `cluster` is among the peers.
pub(super) fn hold_the_cluster(parts: &[Part]) -> bool {
    let every = |part: &Part| matches!(&part.what, What::Pods(pods) if **pods == Cube::every());
    let has = |name: &str| {
        let mut reserved = parts.iter();
        reserved.any(|part| matches!(&part.what, What::Reserved(have) if have == name))
    };
    CLUSTER_LABELS.iter().all(|name| has(name)) && parts.iter().any(every)
}

/// The peers as one set of the model.
pub(super) fn set<'p>(
    parts: impl IntoIterator<Item = &'p Part>,
    at: Place,
) -> Result<Set, Refusal> {
    let mut set = Set::default();
    let mut reserved: Vec<&str> = Vec::new();
    for part in parts {
        match &part.what {
            What::Everybody => set.entities.push(Entity::All),
            What::Pods(pods) => set.pods.push(PodPart {
                pods: Arc::clone(pods),
                workload: None,
                resolved: None,
            }),
            What::Nobody => {}
            What::Reserved(name) => reserved.push(name),
            What::Nets(nets) => set.nets.extend(nets.iter().cloned()),
            What::Name(pattern) => set.names.push(NamePart {
                external: super::names::of_pattern(pattern.as_str()),
                pattern: pattern.clone(),
            }),
        }
    }
    if WORLD.iter().all(|name| reserved.contains(name)) {
        reserved.retain(|name| !WORLD.contains(name));
        set.entities.push(Entity::World);
    }
    let every = |part: &PodPart| *part.pods == Cube::every();
    if CLUSTER_LABELS.iter().all(|name| reserved.contains(name)) && set.pods.iter().any(every) {
        reserved.retain(|name| !CLUSTER_LABELS.contains(name));
        set.pods.clear();
        set.entities.push(Entity::Cluster);
    }
    for name in reserved {
        set.entities.push(match name {
            "host" => Entity::Host,
            "remote-node" => Entity::RemoteNode,
            "kube-apiserver" => Entity::KubeApiserver,
            "health" => Entity::Health,
            "ingress" => Entity::CiliumIngress,
            "world-ipv4" => {
                set.nets.push(Net::plain(IpNet::V4(Default::default())));
                continue;
            }
            "world-ipv6" => {
                set.nets.push(Net::plain(IpNet::V6(Default::default())));
                continue;
            }
            other => return Err(refuse::entity(at, other)),
        });
    }
    set.entities.sort_unstable();
    set.entities.dedup();
    Ok(set)
}
