//! What the end of a stated flow stands for: concrete endpoints (grammar.md §9).

use std::{collections::BTreeSet, net::IpAddr};

use smol_str::SmolStr;

use super::{Endpoint, atoms};
use crate::{
    addr::{AddrSet, Net},
    inventory::{Inventory, PodTemplate},
    label::Cube,
    model::{ControlPlane, Entity, FlowEnd, Model, Pod, Set, Verdict},
    name::NamePattern,
};

/// The pod with the labels that the inventory knows of its namespace.
pub fn in_its_namespace(pod: &Pod, inventory: Option<&Inventory>) -> Pod {
    let mut out = pod.clone();
    let mut namespaces = inventory.iter().flat_map(|i| &i.namespaces);
    if let Some(known) = namespaces.find(|n| n.name == pod.namespace) {
        for (key, value) in &known.labels {
            if !out.namespace_labels.iter().any(|(have, _)| have == key) {
                out.namespace_labels.push((key.clone(), value.clone()));
            }
        }
        out.namespace_labels.sort();
    }
    out
}

pub(crate) struct Members<'m> {
    model: &'m Model,
    inventory: Option<&'m Inventory>,
    /// One address, or more, of each part of the address space.
    addresses: Vec<IpAddr>,
    /// Where an external answers: in no network that a rule denies, if there is such an address;
    /// first one that no rule names, then one of each part that rules name. It may be any.
    answers: Vec<IpAddr>,
    /// Namespaces that the program names: one that it does not name is none of them.
    namespaces: BTreeSet<&'m str>,
}

impl<'m> Members<'m> {
    pub(crate) fn new(model: &'m Model, inventory: Option<&'m Inventory>) -> Self {
        let addresses = atoms::addresses(model);
        let answers = answers(model, &addresses);
        let namespaces = cubes(model)
            .flat_map(|cube| cube.namespace().listed())
            .filter_map(|name| name.as_deref())
            .collect();
        Self {
            model,
            inventory,
            addresses,
            answers,
            namespaces,
        }
    }

    /// Empty: the end selects nothing.
    pub(crate) fn of(&self, end: &FlowEnd) -> Vec<Endpoint> {
        match end {
            FlowEnd::Pod(pod) => vec![Endpoint::Pod(in_its_namespace(pod, self.inventory))],
            FlowEnd::Addr(ip) => vec![self.at(*ip)],
            FlowEnd::Name(name) => self.named(name).into_iter().collect(),
            FlowEnd::Set(set) => self.of_set(set),
        }
    }

    /// A pod or node of the inventory that has the address: networks hold neither.
    fn at(&self, ip: IpAddr) -> Endpoint {
        if let Some(inventory) = self.inventory {
            let mut pods = inventory.workloads.iter().filter(|w| !w.host_network);
            if let Some(pod) = pods.find(|w| w.addresses.contains(&ip)) {
                return Endpoint::Pod(pod_of(inventory, pod));
            }
            if inventory
                .nodes
                .iter()
                .any(|node| node.addresses.contains(&ip))
            {
                return Endpoint::RemoteNode { api_server: false };
            }
        }
        Endpoint::addr(ip)
    }

    pub(crate) fn of_set(&self, set: &Set) -> Vec<Endpoint> {
        let mut out: Vec<Endpoint> = Vec::new();
        let everything = |e: &Entity| matches!(e, Entity::All | Entity::Cluster);
        if set.entities.iter().any(everything) {
            out.extend(self.every_pod().into_iter().map(Endpoint::Pod));
        } else {
            let cubes: Vec<&Cube> = set.pods.iter().map(|part| &*part.pods).collect();
            out.extend(self.pods(&cubes).into_iter().map(Endpoint::Pod));
        }
        for entity in &set.entities {
            self.of_entity(*entity, &mut out);
        }
        self.of_nets(&set.nets, &mut out);
        for part in &set.names {
            out.extend(self.named(&a_name(&part.pattern)));
        }
        let mut seen = rustc_hash::FxHashSet::default();
        out.retain(|end| seen.insert(end.clone()));
        out
    }

    fn of_entity(&self, entity: Entity, out: &mut Vec<Endpoint>) {
        let nodes = |out: &mut Vec<Endpoint>| {
            out.push(Endpoint::Host { api_server: false });
            out.push(Endpoint::RemoteNode { api_server: false });
        };
        match entity {
            Entity::All => {
                self.of_entity(Entity::Cluster, out);
                self.of_entity(Entity::World, out);
            }
            Entity::World => self.world(|_| true, out),
            Entity::Cluster => {
                nodes(out);
                out.extend([
                    Endpoint::KubeApiserver,
                    Endpoint::Health,
                    Endpoint::CiliumIngress,
                ]);
            }
            Entity::Host => out.push(Endpoint::Host { api_server: false }),
            Entity::RemoteNode => out.push(Endpoint::RemoteNode { api_server: false }),
            Entity::KubeApiserver => out.push(Endpoint::KubeApiserver),
            Entity::Health => out.push(Endpoint::Health),
            Entity::CiliumIngress => out.push(Endpoint::CiliumIngress),
        }
    }

    fn named(&self, name: &SmolStr) -> Option<Endpoint> {
        let quiet = self.answers.first()?;
        Some(Endpoint::named(*quiet, name.clone()))
    }

    /// The same name with each other address that it may answer with.
    pub(crate) fn other_answers(&self, end: &Endpoint) -> Vec<Endpoint> {
        let (quiet, others) = match (self.answers.split_first(), end) {
            (Some(answers), Endpoint::Addr { ip, names, .. }) if !names.is_empty() => {
                (answers.0 == ip, answers.1)
            }
            _ => return Vec::new(),
        };
        let at = |ip: &IpAddr| match end {
            Endpoint::Addr { names, .. } => Endpoint::Addr {
                ip: *ip,
                names: names.clone(),
                api_server: false,
            },
            _ => end.clone(),
        };
        others.iter().filter(|_| quiet).map(at).collect()
    }

    fn of_nets(&self, nets: &[Net], out: &mut Vec<Endpoint>) {
        if nets.is_empty() {
            return;
        }
        let set = AddrSet::from_nets(nets);
        self.world(|ip| set.contains(ip), out);
        // A network that no rule speaks of may have a border inside of what rules tell apart.
        for ip in atoms::net_borders(nets).filter(|ip| set.contains(*ip)) {
            self.address(ip, out);
        }
    }

    /// One address for each part, and the API server at it where it may be.
    fn world(&self, test: impl Fn(IpAddr) -> bool, out: &mut Vec<Endpoint>) {
        for ip in self.addresses.iter().copied().filter(|ip| test(*ip)) {
            self.address(ip, out);
        }
    }

    fn address(&self, ip: IpAddr, out: &mut Vec<Endpoint>) {
        out.push(Endpoint::addr(ip));
        if self.model.settings.control_plane != ControlPlane::Nodes {
            out.push(Endpoint::Addr {
                ip,
                names: Vec::new(),
                api_server: true,
            });
        }
    }

    /// The pods of a union: those of the inventory, else the canonical one of each part.
    pub(crate) fn pods(&self, cubes: &[&Cube]) -> Vec<Pod> {
        let mut out: Vec<Pod> = match self.inventory {
            Some(inventory) => pods_of(inventory)
                .filter(|pod| cubes.iter().any(|cube| cube.matches(pod)))
                .collect(),
            None => cubes
                .iter()
                .filter_map(|cube| self.canonical(cube))
                .collect(),
        };
        let mut seen = rustc_hash::FxHashSet::default();
        out.retain(|pod| seen.insert(pod.clone()));
        out
    }

    /// The pods of the inventory, else the canonical pod of each declared workload, and one that no
    /// declaration names.
    fn every_pod(&self) -> Vec<Pod> {
        let every = Cube::every();
        let declared = self.model.workloads.iter().map(|w| &*w.pods);
        let all: Vec<&Cube> = declared.chain([&every]).collect();
        self.pods(&all)
    }

    fn canonical(&self, cube: &Cube) -> Option<Pod> {
        cube.witness_beside(|name| self.is_named(name))
    }

    /// A namespace that the program does not name: no rule tells it from another such one.
    pub(crate) fn is_named(&self, namespace: &str) -> bool {
        self.namespaces.contains(namespace)
    }
}

/// The pods of an inventory: those on the host network are their nodes, to every policy.
pub fn pods_of(inventory: &Inventory) -> impl Iterator<Item = Pod> {
    let pods = inventory.workloads.iter().filter(|w| !w.host_network);
    pods.map(move |w| pod_of(inventory, w))
}

/// The pod that a template of the inventory makes.
pub(crate) fn pod_of(inventory: &Inventory, template: &PodTemplate) -> Pod {
    let name = &template.namespace;
    let found = inventory.namespaces.binary_search_by(|n| n.name.cmp(name));
    let namespace = found.ok().and_then(|i| inventory.namespaces.get(i));
    Pod {
        namespace: name.clone(),
        namespace_labels: namespace.map(|n| n.labels.clone()).unwrap_or_default(),
        labels: template.labels.clone(),
        account: template.account.clone(),
    }
}

/// Every predicate that the model speaks of.
fn cubes(model: &Model) -> impl Iterator<Item = &Cube> {
    let sets = model.ends.iter().flat_map(|end| [&end.subject, &end.peers]);
    let parts = sets.flat_map(|set| &set.pods).map(|part| &*part.pods);
    model.workloads.iter().map(|w| &*w.pods).chain(parts)
}

fn answers(model: &Model, addresses: &[IpAddr]) -> Vec<IpAddr> {
    let denied = model.ends.iter().filter(|end| end.verdict == Verdict::Deny);
    let denied = AddrSet::from_nets(denied.flat_map(|end| &end.peers.nets));
    let named = AddrSet::from_nets(model.ends.iter().flat_map(|end| &end.peers.nets));
    let outside = |set: &AddrSet| addresses.iter().copied().find(|ip| !set.contains(*ip));
    let quiet = outside(&named)
        .or_else(|| outside(&denied))
        .or_else(|| addresses.first().copied());
    let inside = addresses.iter().copied().filter(|ip| named.contains(*ip));
    let mut out = vec![quiet.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED))];
    out.extend(inside.filter(|ip| Some(*ip) != quiet));
    out
}

/// A name that the pattern admits: the shortest, with `x` where a label has to be.
pub(crate) fn a_name(pattern: &NamePattern) -> SmolStr {
    let labels = pattern.as_str().split('.').map(|label| match label {
        "*" | "**" => "x".to_owned(),
        label => label.replace('*', ""),
    });
    labels.collect::<Vec<_>>().join(".").into()
}
