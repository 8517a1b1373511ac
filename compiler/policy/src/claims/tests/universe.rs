//! Everything that may stand at an end, listed: pods over three keys, with values that no selector
//! names and keys that are absent; addresses, nodes and entities. The brute force behind the tests
//! asks the interpreter about each pair; it knows nothing of boxes.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::{
    interpret::{Endpoint, Flow, Interpreter, a_name, address_atoms, port_atoms},
    inventory::Labels,
    label::Cube,
    model::{ControlPlane, Entity, Facts, FlowPort, Model, Pod, Set, Verdict},
    port::PortSet,
};

const KEYS: [&str; 3] = ["a", "b", "c"];
/// Three that selectors name, one that none does, and absence.
const VALUES: [Option<&str>; 5] = [Some("1"), Some("2"), Some("3"), Some("other"), None];
/// Two that selectors name and two that none does: a claim may need two that differ in their
/// labels.
const NAMESPACES: [&str; 4] = ["n1", "n2", "elsewhere", "beyond"];
const TEAMS: [Option<&str>; 3] = [Some("1"), Some("other"), None];

pub(super) fn pods() -> Vec<Pod> {
    let mut out = Vec::new();
    for namespace in NAMESPACES {
        for team in TEAMS {
            for (i, _) in VALUES.iter().enumerate() {
                for (j, _) in VALUES.iter().enumerate() {
                    for (k, _) in VALUES.iter().enumerate() {
                        out.push(pod(namespace, team, [VALUES[i], VALUES[j], VALUES[k]]));
                    }
                }
            }
        }
    }
    out
}

fn pod(namespace: &str, team: Option<&str>, values: [Option<&str>; 3]) -> Pod {
    let labels = KEYS.iter().zip(values);
    Pod {
        namespace: namespace.into(),
        namespace_labels: team.iter().map(|t| ("team".into(), (*t).into())).collect(),
        labels: labels
            .filter_map(|(k, v)| Some(((*k).into(), v?.into())))
            .collect(),
        account: "default".into(),
    }
}

/// Namespace, its labels, and which predicates hold.
type Class = (SmolStr, Labels, Vec<bool>);

/// One pod of each class: those that match the same predicates of the model, in one namespace with
/// one set of labels, are one to the interpreter.
pub(super) fn classes(model: &Model, sets: [&Set; 2], pods: Vec<Pod>) -> Vec<Pod> {
    let ends = model.ends.iter().flat_map(|e| [&*e.subject, &*e.peers]);
    let parts = ends
        .chain(sets)
        .flat_map(|set| &set.pods)
        .map(|part| &*part.pods);
    let cubes: Vec<&Cube> = model
        .workloads
        .iter()
        .map(|w| &*w.pods)
        .chain(parts)
        .collect();
    let mut out: BTreeMap<Class, Pod> = BTreeMap::new();
    for pod in pods {
        let matched = cubes.iter().map(|cube| cube.matches(&pod)).collect();
        let key = (pod.namespace.clone(), pod.namespace_labels.clone(), matched);
        out.entry(key).or_insert(pod);
    }
    out.into_values().collect()
}

/// Nodes, entities and addresses; an address without a name stands for all of its part.
pub(super) fn outside(model: &Model) -> Vec<Endpoint> {
    let control_plane = model.settings.control_plane;
    let mut out = vec![Endpoint::Health, Endpoint::CiliumIngress];
    for api_server in [false, true] {
        if !api_server || control_plane != ControlPlane::External {
            out.push(Endpoint::Host { api_server });
            out.push(Endpoint::RemoteNode { api_server });
        }
        if !api_server || control_plane != ControlPlane::Nodes {
            out.extend(address_atoms(model).into_iter().map(|ip| Endpoint::Addr {
                ip,
                names: Vec::new(),
                api_server,
            }));
        }
    }
    out
}

/// Externals: where no network of an allow is, with one name or two.
pub(super) fn externals(model: &Model, to: &Set) -> Vec<Endpoint> {
    let allows = || {
        model
            .ends
            .iter()
            .filter(|end| end.verdict == Verdict::Allow)
    };
    let listed = |ip| allows().any(|end| end.peers.nets.iter().any(|net| net.contains(ip)));
    let free: Vec<_> = address_atoms(model)
        .into_iter()
        .filter(|ip| !listed(*ip))
        .collect();
    let world = to
        .entities
        .iter()
        .any(|e| matches!(e, Entity::World | Entity::All));
    let wanted = to.names.iter();
    let ruled = allows().flat_map(|end| &end.peers.names);
    let mut names: Vec<SmolStr> = wanted.map(|n| a_name(&n.pattern)).collect();
    if world || !names.is_empty() {
        names.extend(ruled.map(|n| a_name(&n.pattern)));
    }
    names.sort();
    names.dedup();
    let at = |name: &SmolStr| -> Vec<Endpoint> {
        free.iter()
            .map(|ip| Endpoint::named(*ip, name.clone()))
            .collect()
    };
    names.iter().flat_map(at).collect()
}

pub(super) struct Universe<'m> {
    interpreter: Interpreter<'m>,
    ports: Vec<FlowPort>,
}

impl<'m> Universe<'m> {
    pub(super) fn new(model: &'m Model, ports: Option<&PortSet>) -> Self {
        Self {
            interpreter: Interpreter::without_platform(model),
            ports: port_atoms(model, ports),
        }
    }

    /// The first flow that passes from one of these to one of those, if its facts are right.
    pub(super) fn edge(&self, from: &[Endpoint], to: &[Endpoint]) -> Option<Flow> {
        for src in from {
            for dst in to.iter().filter(|dst| can_coexist(src, dst)) {
                for port in &self.ports {
                    let flow = Flow {
                        src: src.clone(),
                        dst: dst.clone(),
                        port: *port,
                        facts: Facts::default(),
                    };
                    if self.interpreter.judge(&flow).verdict.possible() {
                        return Some(flow);
                    }
                }
            }
        }
        None
    }
}

/// One of them is a pod, and one namespace has one set of labels.
fn can_coexist(src: &Endpoint, dst: &Endpoint) -> bool {
    match (src, dst) {
        (Endpoint::Pod(a), Endpoint::Pod(b)) => {
            a.namespace != b.namespace || a.namespace_labels == b.namespace_labels
        }
        (Endpoint::Pod(_), _) | (_, Endpoint::Pod(_)) => true,
        _ => false,
    }
}
