//! Objects that were built for Services which lead elsewhere now (cilium-lowering.md §8).
//!
//! An emitted rule names the port of the pods behind a Service, and the object's annotation
//! `npl/resolved` says of which Service. An inventory of a later day shows whether it still holds;
//! whether other pods stand behind the Service than then is not recorded, and not asked.

use npl_diagnostics::{Diagnostic, Place, codes::inventory as codes};
use npl_policy::inventory::{Inventory, Service, ServicePort, TargetPort};

use super::Policies;

/// One entry of the annotation: `Service shop/checkout@443→8443`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Resolved<'a> {
    namespace: &'a str,
    service: &'a str,
    port: u16,
    number: u16,
}

impl<'a> Resolved<'a> {
    /// `None` for what no build of ours writes.
    fn read(text: &'a str) -> Option<Self> {
        let (id, ports) = text.trim().strip_prefix("Service ")?.split_once('@')?;
        let (namespace, service) = id.split_once('/')?;
        let (port, number) = ports.split_once('→')?;
        Some(Self {
            namespace,
            service,
            port: port.parse().ok()?,
            number: number.parse().ok()?,
        })
    }
}

/// What of the annotations holds no more.
pub fn drift(policies: &Policies, inventory: &Inventory) -> Vec<Diagnostic<Place>> {
    let mut out = Vec::new();
    for policy in &policies.policies {
        let Some((text, place)) = &policy.resolved else {
            continue;
        };
        let entries = text.split(';').filter_map(Resolved::read);
        out.extend(entries.filter_map(|entry| moved(&entry, *place, inventory)));
    }
    out
}

fn moved(was: &Resolved<'_>, at: Place, inventory: &Inventory) -> Option<Diagnostic<Place>> {
    let shown = format!("{}/{}:{}", was.namespace, was.service, was.port);
    let mut named = inventory
        .services
        .iter()
        .filter(|s| s.namespace == was.namespace && s.name == was.service);
    let now = match named.next() {
        None => format!("the Service of `{shown}` is not in the inventory any more"),
        Some(service) => {
            let same = |port: &&ServicePort| port.port == was.port;
            let numbers: Vec<u16> = service
                .ports
                .iter()
                .filter(same)
                .flat_map(|port| numbers(inventory, service, port))
                .collect();
            if numbers.contains(&was.number) {
                return None;
            }
            match numbers.first() {
                Some(number) => format!("`{shown}` leads to port {number} of its pods now"),
                None => format!("`{shown}` leads to no port any more"),
            }
        }
    };
    let number = was.number;
    let message = format!("{now}, and this object was built when it led to {number}");
    Some(
        Diagnostic::new(&codes::SERVICE_MOVED, at, message)
            .help("build the program again with this inventory"),
    )
}

/// Where a port of a Service leads.
fn numbers(inventory: &Inventory, service: &Service, port: &ServicePort) -> Vec<u16> {
    let name = match &port.target {
        TargetPort::Number(number) => return vec![*number],
        TargetPort::Name(name) => name,
    };
    let Some(selector) = &service.selector else {
        return Vec::new();
    };
    let behind = inventory.workloads.iter().filter(|pod| {
        pod.namespace == service.namespace && selector.iter().all(|want| pod.labels.contains(want))
    });
    behind
        .flat_map(|pod| &pod.ports)
        .filter(|own| own.proto == port.proto && own.name.as_ref() == Some(name))
        .map(|own| own.port)
        .collect()
}

#[cfg(test)]
mod tests {
    use npl_diagnostics::FileId;

    use super::drift;
    use crate::{import, inventory};

    const OBJECT: &str = "
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: a
  namespace: shop
  annotations:
    npl/resolved: \"Service shop/checkout@443→8443; Service shop/db@5432→5432\"
spec:
  endpointSelector: {}
  egress: [{}]
";

    fn check(manifests: &str) -> Vec<String> {
        let (read, found) = import::read(&[(FileId(0), OBJECT)]);
        assert!(found.is_empty(), "{found:?}");
        let read_inventory = inventory::read_all(&[(FileId(1), manifests)]);
        drift(&read, &read_inventory.inventory)
            .into_iter()
            .map(|found| found.message)
            .collect()
    }

    fn services(target: &str) -> String {
        let service = |name: &str, port: u16, target: &str| {
            format!(
                "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n\
                 spec: {{selector: {{app: {name}}}, ports: [{{port: {port}, targetPort: {target}}}]}}\n"
            )
        };
        let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop, labels: {app: \
                   checkout}}\nspec: {containers: [{name: c, image: i, ports: [{name: https, \
                   containerPort: 8443}]}]}\n";
        service("checkout", 443, target) + &service("db", 5432, "5432") + pod
    }

    #[test]
    fn a_service_that_leads_elsewhere_is_found() {
        assert!(check(&services("8443")).is_empty());
        assert!(check(&services("https")).is_empty());
        assert_eq!(
            check(&services("9443")),
            [
                "`shop/checkout:443` leads to port 9443 of its pods now, and this object was built \
              when it led to 8443"
            ]
        );
        assert_eq!(
            check(&services("web")),
            [
                "`shop/checkout:443` leads to no port any more, and this object was built when it \
              led to 8443"
            ]
        );
        assert_eq!(check("").len(), 2);
    }
}
