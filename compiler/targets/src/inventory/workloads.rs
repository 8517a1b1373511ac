//! Pods and what makes pods.

use npl_diagnostics::Place;
use npl_policy::inventory::{ContainerPort, Node as ClusterNode, PodTemplate, Proto};
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::{
    Metadata, Reader,
    objects::{at, flag, list, text},
    sort,
};
use crate::yaml::read::{Node, Value};

/// The account of a pod that names none.
const DEFAULT_ACCOUNT: &str = "default";

impl Reader {
    pub(super) fn workload(&mut self, node: &Node, kind: &SmolStr, meta: Metadata) {
        let template = match kind.as_str() {
            "Pod" => Some(node),
            "CronJob" => at(node, "spec.jobTemplate.spec.template"),
            _ => at(node, "spec.template"),
        };
        let Some(template) = template else {
            self.bad(
                meta.place,
                &format!("the {kind} `{}` has no pod template", meta.name),
            );
            return;
        };
        let Some(spec) = at(template, "spec") else {
            self.bad(
                meta.place,
                &format!("the {kind} `{}` has no pod spec", meta.name),
            );
            return;
        };
        let pod = PodTemplate {
            kind: kind.clone(),
            labels: self.labels(template, "metadata.labels"),
            account: text(spec, "serviceAccountName")
                .or_else(|| text(spec, "serviceAccount"))
                .filter(|account| !account.is_empty())
                .unwrap_or_else(|| SmolStr::new_static(DEFAULT_ACCOUNT)),
            host_network: flag(spec, "hostNetwork"),
            ports: self.ports(spec),
            addresses: if kind == "Pod" {
                self.host_of(node, spec, meta.place);
                self.pod_addresses(node)
            } else {
                Vec::new()
            },
            namespace: meta.namespace,
            name: meta.name,
            place: meta.place,
        };
        if is_controlled(node) {
            self.owned.push(pod);
        } else {
            self.out.inventory.workloads.push(pod);
        }
    }

    /// Pods, ReplicaSets and Jobs that a controller made add nothing to its template but addresses,
    /// if its template is here; without it they stand for themselves.
    pub(super) fn adopt(&mut self) {
        let mut owned = std::mem::take(&mut self.owned);
        // Those that make pods come first, so that their own pods find them.
        owned.sort_by_key(|pod| pod.kind == "Pod");
        let mut by_name: FxHashMap<(SmolStr, SmolStr), Vec<usize>> = FxHashMap::default();
        for (at, pod) in self.out.inventory.workloads.iter().enumerate() {
            by_name
                .entry((pod.namespace.clone(), pod.name.clone()))
                .or_default()
                .push(at);
        }
        for pod in owned {
            let parent = makers(&pod.name)
                .filter_map(|name| by_name.get(&(pod.namespace.clone(), name)))
                .flatten()
                .copied()
                .find(|at| {
                    self.out
                        .inventory
                        .workloads
                        .get(*at)
                        .is_some_and(|p| is_made_of(&pod, p))
                });
            match parent.and_then(|at| self.out.inventory.workloads.get_mut(at)) {
                Some(parent) => {
                    parent.addresses.extend(pod.addresses);
                    sort(&mut parent.addresses);
                }
                None => {
                    let at = self.out.inventory.workloads.len();
                    by_name
                        .entry((pod.namespace.clone(), pod.name.clone()))
                        .or_default()
                        .push(at);
                    self.out.inventory.workloads.push(pod);
                }
            }
        }
    }

    /// Ports of all containers; sidecars among the init containers serve too.
    fn ports(&mut self, spec: &Node) -> Vec<ContainerPort> {
        let init = list(spec, "initContainers")
            .iter()
            .filter(|container| text(container, "restartPolicy").is_some_and(|p| p == "Always"));
        let containers: Vec<&Node> = list(spec, "containers").iter().chain(init).collect();
        let mut ports = Vec::new();
        for port in containers
            .iter()
            .flat_map(|container| list(container, "ports"))
        {
            let Some(number) = at(port, "containerPort") else {
                self.bad(port.place(), "a container port has no `containerPort`");
                continue;
            };
            let Some(number) = self.port_number(number) else {
                continue;
            };
            ports.push(ContainerPort {
                name: text(port, "name"),
                port: number,
                proto: self.proto(port),
            });
        }
        ports.sort_by(|a, b| (a.port, a.proto, &a.name).cmp(&(b.port, b.proto, &b.name)));
        ports.dedup();
        ports
    }

    pub(super) fn port_number(&mut self, node: &Node) -> Option<u16> {
        let number = match node.value {
            Value::Int(number) => u16::try_from(number.get()).ok().filter(|port| *port > 0),
            _ => None,
        };
        if number.is_none() {
            self.bad(node.place(), "a port is a number from 1 to 65535");
        }
        number
    }

    /// TCP where nothing is said.
    pub(super) fn proto(&mut self, port: &Node) -> Proto {
        let place: Place = port.place();
        match text(port, "protocol").as_deref() {
            None | Some("" | "TCP") => Proto::Tcp,
            Some("UDP") => Proto::Udp,
            Some("SCTP") => Proto::Sctp,
            Some(other) => {
                self.bad(place, &format!("`{other}` is not a protocol of a port"));
                Proto::Tcp
            }
        }
    }

    /// The node of a pod: its addresses are known where the node itself is not in the manifests.
    fn host_of(&mut self, pod: &Node, spec: &Node, place: Place) {
        let mut addresses: Vec<_> = self.address(pod, "status.hostIP").into_iter().collect();
        for ip in list(pod, "status.hostIPs") {
            addresses.extend(self.address(ip, "ip"));
        }
        sort(&mut addresses);
        let Some(first) = addresses.first() else {
            return;
        };
        let name = text(spec, "nodeName").unwrap_or_else(|| format_smolstr!("{first}"));
        let host = ClusterNode {
            name: name.clone(),
            labels: Vec::new(),
            addresses,
            pod_cidrs: Vec::new(),
            place,
        };
        self.hosts.entry(name).or_insert(host);
    }

    fn pod_addresses(&mut self, node: &Node) -> Vec<std::net::IpAddr> {
        let mut addresses: Vec<_> = self.address(node, "status.podIP").into_iter().collect();
        for ip in list(node, "status.podIPs") {
            addresses.extend(self.address(ip, "ip"));
        }
        sort(&mut addresses);
        addresses
    }
}

fn is_controlled(node: &Node) -> bool {
    list(node, "metadata.ownerReferences")
        .iter()
        .any(|owner| flag(owner, "controller"))
}

/// Controllers name what they make after themselves: the names that may have made this one.
fn makers(child: &str) -> impl Iterator<Item = SmolStr> {
    child
        .rmatch_indices('-')
        .filter_map(|(at, _)| child.get(..at).map(SmolStr::new))
}

/// Whether a template says all that the object that it made says.
fn is_made_of(pod: &PodTemplate, template: &PodTemplate) -> bool {
    template.kind != "Pod"
        && template.account == pod.account
        && template.host_network == pod.host_network
        && template
            .labels
            .iter()
            .all(|label| pod.labels.contains(label))
        && pod.ports.iter().all(|port| template.ports.contains(port))
}
