//! Services and the addresses of their EndpointSlices.

use std::{collections::BTreeMap, net::IpAddr};

use npl_policy::inventory::{Service, ServiceKind, ServicePort, TargetPort};
use smol_str::SmolStr;

use super::{
    Metadata, Reader,
    objects::{at, list, text},
    sort,
};
use crate::yaml::read::{Node, Value};

/// Addresses by (namespace, service).
pub(super) type Slices = BTreeMap<(SmolStr, SmolStr), Vec<IpAddr>>;

/// The label that names a slice's service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

impl Reader {
    pub(super) fn service(&mut self, node: &Node, meta: Metadata) {
        let kind = match text(node, "spec.type").as_deref() {
            None | Some("" | "ClusterIP") => ServiceKind::ClusterIp,
            Some("NodePort") => ServiceKind::NodePort,
            Some("LoadBalancer") => ServiceKind::LoadBalancer,
            Some("ExternalName") => {
                ServiceKind::ExternalName(text(node, "spec.externalName").unwrap_or_default())
            }
            Some(other) => {
                self.bad(meta.place, &format!("`{other}` is not a type of a Service"));
                return;
            }
        };
        let selector = self.labels(node, "spec.selector");
        let outside = matches!(kind, ServiceKind::NodePort | ServiceKind::LoadBalancer);
        let local = text(node, "spec.externalTrafficPolicy").is_some_and(|p| p == "Local");
        let service = Service {
            ports: self.service_ports(node),
            selector: Some(selector).filter(|labels| !labels.is_empty()),
            cluster_ips: self.cluster_ips(node),
            addresses: Vec::new(),
            external_policy_cluster: outside && !local,
            labels: meta.labels,
            kind,
            namespace: meta.namespace,
            name: meta.name,
            place: meta.place,
        };
        self.out.inventory.services.push(service);
    }

    fn service_ports(&mut self, node: &Node) -> Vec<ServicePort> {
        let mut ports = Vec::new();
        for port in list(node, "spec.ports") {
            let Some(number) = at(port, "port") else {
                self.bad(port.place(), "a port of a Service has no `port`");
                continue;
            };
            let Some(number) = self.port_number(number) else {
                continue;
            };
            let target = match at(port, "targetPort").map(|node| (node, &node.value)) {
                // An absent or zero target port is the port itself.
                None => TargetPort::Number(number),
                Some((_, Value::Int(zero))) if zero.get() == 0 => TargetPort::Number(number),
                Some((_, Value::Str(name))) => match name.parse() {
                    Ok(number) => TargetPort::Number(number),
                    Err(_) => TargetPort::Name(name.clone()),
                },
                Some((node, _)) => match self.port_number(node) {
                    Some(number) => TargetPort::Number(number),
                    None => continue,
                },
            };
            ports.push(ServicePort {
                name: text(port, "name"),
                port: number,
                proto: self.proto(port),
                target,
            });
        }
        ports.sort_by(|a, b| (a.port, a.proto, &a.name).cmp(&(b.port, b.proto, &b.name)));
        ports
    }

    /// A headless Service has none.
    fn cluster_ips(&mut self, node: &Node) -> Vec<IpAddr> {
        let mut addresses: Vec<IpAddr> = self.address(node, "spec.clusterIP").into_iter().collect();
        for ip in list(node, "spec.clusterIPs") {
            let parsed = ip.as_str().filter(|text| *text != "None");
            addresses.extend(parsed.and_then(|text| text.parse::<IpAddr>().ok()));
        }
        sort(&mut addresses);
        addresses
    }

    /// Endpoints that are not ready are backends too, as soon as they are.
    pub(super) fn slice(&mut self, node: &Node, meta: &Metadata) {
        let owner = meta.labels.iter().find(|(key, _)| key == SERVICE_NAME);
        let Some((_, service)) = owner else {
            return;
        };
        if text(node, "addressType").is_some_and(|kind| kind == "FQDN") {
            return;
        }
        let mut found = Vec::new();
        for address in list(node, "endpoints")
            .iter()
            .flat_map(|end| list(end, "addresses"))
        {
            match address
                .as_str()
                .and_then(|text| text.parse::<IpAddr>().ok())
            {
                Some(ip) => found.push(ip),
                None => self.bad(address.place(), "this is not an address"),
            }
        }
        let key = (meta.namespace.clone(), service.clone());
        self.slices.entry(key).or_default().extend(found);
    }

    pub(super) fn join_slices(&mut self) {
        for service in &mut self.out.inventory.services {
            let key = (service.namespace.clone(), service.name.clone());
            if let Some(addresses) = self.slices.get(&key) {
                service.addresses.clone_from(addresses);
                sort(&mut service.addresses);
            }
        }
    }
}
