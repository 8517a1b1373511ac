//! What the judge knows of the cluster beside the policies: names, services, named ports.

use std::{collections::BTreeMap, net::IpAddr};

use npl_policy::inventory::{self, Inventory};
use smol_str::SmolStr;

use super::flow::Pod;
use crate::import::shape::{Proto, ServiceRef};

#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// What DNS answers.
    pub dns: BTreeMap<SmolStr, Vec<IpAddr>>,
    pub services: Vec<ClusterService>,
    /// Pods whose named ports are known.
    pub pods: Vec<PortsOf>,
}

#[derive(Clone, Debug, Default)]
pub struct ClusterService {
    pub namespace: SmolStr,
    pub name: SmolStr,
    pub labels: Vec<(SmolStr, SmolStr)>,
    /// Empty: its backends are `addresses`.
    pub selector: Vec<(SmolStr, SmolStr)>,
    pub addresses: Vec<IpAddr>,
}

/// The named ports of the pods of one template.
#[derive(Clone, Debug, Default)]
pub struct PortsOf {
    pub namespace: SmolStr,
    pub labels: Vec<(SmolStr, SmolStr)>,
    pub ports: Vec<(SmolStr, Proto, u16)>,
}

impl Cluster {
    /// What an inventory knows.
    pub fn of(inventory: &Inventory) -> Self {
        let services = inventory.services.iter().map(|service| ClusterService {
            namespace: service.namespace.clone(),
            name: service.name.clone(),
            labels: service.labels.clone(),
            selector: service.selector.clone().unwrap_or_default(),
            addresses: service.addresses.clone(),
        });
        let pods = inventory.workloads.iter().map(|pod| PortsOf {
            namespace: pod.namespace.clone(),
            labels: pod.labels.clone(),
            ports: pod
                .ports
                .iter()
                .filter_map(|port| Some((port.name.clone()?, proto(port.proto), port.port)))
                .collect(),
        });
        Self {
            dns: BTreeMap::new(),
            services: services.collect(),
            pods: pods.collect(),
        }
    }

    /// The numbers that a named port has at a pod. Its template is the one with the most of its
    /// labels: another with fewer of them is of other pods.
    pub(super) fn named_ports(&self, pod: &Pod, name: &str, proto: Proto) -> Vec<u16> {
        let fits = |template: &&PortsOf| {
            template.namespace == pod.namespace && within(&template.labels, &pod.labels)
        };
        let fitting: Vec<&PortsOf> = self.pods.iter().filter(fits).collect();
        let closest = fitting.iter().filter(|template| {
            let closer = |other: &&PortsOf| {
                within(&template.labels, &other.labels) && !within(&other.labels, &template.labels)
            };
            !fitting.iter().any(closer)
        });
        let mut numbers: Vec<u16> = closest
            .flat_map(|template| &template.ports)
            .filter(|(have, of, _)| *of == proto && have.eq_ignore_ascii_case(name))
            .map(|(_, _, number)| *number)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The services that one `toServices` item means.
    pub(super) fn services_of<'a>(
        &'a self,
        wanted: &'a ServiceRef,
    ) -> impl Iterator<Item = &'a ClusterService> {
        self.services.iter().filter(move |service| match wanted {
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
    }
}

fn within(some: &[(SmolStr, SmolStr)], all: &[(SmolStr, SmolStr)]) -> bool {
    some.iter().all(|label| all.contains(label))
}

fn proto(proto: inventory::Proto) -> Proto {
    match proto {
        inventory::Proto::Tcp => Proto::Tcp,
        inventory::Proto::Udp => Proto::Udp,
        inventory::Proto::Sctp => Proto::Sctp,
    }
}
