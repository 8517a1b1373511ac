//! A service as a destination: through the inventory to its pods and target ports.
//!
//! A policy is judged after service translation, so a rule on a Service is a rule on the pods
//! behind it, at their port. Refuses what cannot be resolved exactly: no inventory, a Service that
//! it does not hold, a port that the Service does not have, `ExternalName`, and a named target port
//! that means different numbers on pods that no label tells apart.

use std::sync::Arc;

use ipnet::IpNet;
use npl_diagnostics::{TextRange, codes::inventory as codes};
use npl_policy::{
    addr::Net,
    inventory::{
        Inventory, Labels, PodTemplate, Proto, Service, ServiceKind, ServicePort, TargetPort,
    },
    label::{Cube, Values},
    model::{FlowPort, PodPart, Set},
    port::PortSet,
};
use npl_syntax::ast;
use smol_str::{SmolStr, format_smolstr};

use crate::{eval::cx::Cx, value::ServiceValue};

/// The label at the declaration, by which findings of one service are known.
pub(crate) const SERVICE_DECLARED: &str = "declared here";

/// What stands behind one port of a Service.
#[derive(Clone, Debug)]
pub(crate) struct Backend {
    pub(crate) set: Arc<Set>,
    /// Of the pods.
    pub(crate) ports: Arc<PortSet>,
}

impl Cx<'_> {
    /// The backends of a service at the ports of a rule (`None`: all its ports). `at` is where the
    /// rule names it. `None` where that was reported; empty where nothing stands behind it.
    pub(crate) fn backends(
        &mut self,
        service: &ServiceValue,
        ports: Option<&ast::Ports>,
        at: TextRange,
    ) -> Option<Vec<Backend>> {
        let scope = self.scope;
        let Some(inventory) = scope.inventory() else {
            let message = format!("the service `{}` needs an inventory", service.short);
            let found = self
                .found(&codes::SERVICE_NEEDS_INVENTORY, at, message)
                .also(service.place, SERVICE_DECLARED)
                .note("a rule on a Service is a rule on the pods behind it, at their own port")
                .help("give one with `--inventory` or in `npl.toml`, or name the workload");
            self.report(found);
            return None;
        };
        let Some(known) = find(inventory, service) else {
            let message = format!(
                "the inventory holds no Service `{}` in namespace `{}`",
                service.service, service.namespace
            );
            let found = self
                .found(&codes::UNKNOWN_SERVICE, at, message)
                .also(service.place, SERVICE_DECLARED)
                .help(near(inventory, service));
            self.report(found);
            return None;
        };
        if let ServiceKind::ExternalName(name) = &known.kind {
            let message = format!(
                "the service `{}` is the external name `{name}`",
                service.short
            );
            let found = self
                .found(&codes::EXTERNAL_NAME_SERVICE, at, message)
                .help(format!("declare `external … = \"{name}\"` and name that"));
            self.report(found);
            return None;
        }
        let chosen = self.chosen(service, known, ports)?;
        match known.selector.as_ref().filter(|labels| !labels.is_empty()) {
            Some(selector) => self.pods_behind(service, known, selector, &chosen, inventory, at),
            None => self.addresses_behind(service, known, &chosen, at),
        }
    }

    /// The ports of the Service that the rule names; each port of the rule must be one.
    fn chosen<'s>(
        &mut self,
        service: &ServiceValue,
        known: &'s Service,
        ports: Option<&ast::Ports>,
    ) -> Option<Vec<&'s ServicePort>> {
        let Some(ports) = ports else {
            return Some(known.ports.iter().collect());
        };
        let mut out = Vec::new();
        let mut fine = true;
        for port in &ports.ports {
            let Some(wanted) = self.port_again(port) else {
                fine = false;
                continue;
            };
            let before = out.len();
            let of_rule =
                |p: &&ServicePort| wanted.all || wanted.contains(flow_port(p.proto, p.port));
            out.extend(known.ports.iter().filter(of_rule));
            if out.len() == before {
                self.no_such_port(service, known, port, &wanted);
                fine = false;
            }
        }
        out.sort_by_key(|port| (port.proto, port.port));
        out.dedup();
        fine.then_some(out)
    }

    fn no_such_port(
        &mut self,
        service: &ServiceValue,
        known: &Service,
        port: &ast::Port,
        wanted: &PortSet,
    ) {
        let message = format!("the service `{}` has no such port", service.short);
        let mut found = self.found(&codes::SERVICE_PORT_UNKNOWN, port.span(), message);
        let targeted = known.ports.iter().find(|p| match p.target {
            TargetPort::Number(n) => wanted.contains(flow_port(p.proto, n)),
            TargetPort::Name(_) => false,
        });
        let all: Vec<String> = known.ports.iter().map(shown).collect();
        found = match targeted {
            Some(meant) => {
                let text = written(meant.proto, meant.port);
                found
                    .note("this is the port of the pods; a rule on a service names the Service's")
                    .help(format!("write `{text}`"))
                    .fix(format!("write `{text}`"), false, self.at(port.span()), text)
            }
            None if all.is_empty() => found.help("it lists no ports: leave the port out"),
            None => found.help(format!("its ports are {}", all.join(", "))),
        };
        self.report(found);
    }

    fn pods_behind(
        &mut self,
        service: &ServiceValue,
        known: &Service,
        selector: &Labels,
        chosen: &[&ServicePort],
        inventory: &Inventory,
        at: TextRange,
    ) -> Option<Vec<Backend>> {
        if let Some(pod) = behind(inventory, known, selector).find(|pod| pod.host_network) {
            self.on_host_network(service, pod, at);
            return None;
        }
        let base = Cube::every().with_namespace(&Values::is(known.namespace.clone()));
        let base = with_labels(base, selector);
        if known.ports.is_empty() {
            // Headless without ports: names lead to the pods themselves, and nothing is translated.
            let ports = PortSet::all();
            return Some(vec![backend(
                base,
                ports,
                format_smolstr!("Service {}", id(known)),
            )]);
        }
        let mut out = Vec::new();
        for port in chosen {
            let name = match &port.target {
                TargetPort::Number(number) => {
                    out.push(translated(base.clone(), known, port, *number));
                    continue;
                }
                TargetPort::Name(name) => name,
            };
            let numbers = numbers(inventory, known, selector, name, port.proto);
            match named(&base, &numbers) {
                Some(cubes) if !cubes.is_empty() => {
                    out.extend(
                        cubes
                            .into_iter()
                            .map(|(cube, n)| translated(cube, known, port, n)),
                    );
                }
                answer => {
                    self.unclear(service, name, answer.is_some(), &numbers, at);
                    return None;
                }
            }
        }
        Some(out)
    }

    /// Such a pod is its node to a policy: no selector meets it, in an allow or in a deny.
    fn on_host_network(&mut self, service: &ServiceValue, pod: &PodTemplate, at: TextRange) {
        let message = format!(
            "the service `{}` leads to a pod on the host network",
            service.short
        );
        let found = self
            .found(&codes::SERVICE_ON_HOST_NETWORK, at, message)
            .note(format!(
                "it is of {} `{}/{}`, and has the address of its node",
                pod.kind, pod.namespace, pod.name
            ))
            .help("name the entities `host` and `remote_node` with the port it listens on");
        self.report(found);
    }

    fn unclear(
        &mut self,
        service: &ServiceValue,
        port: &str,
        unknown: bool,
        numbers: &[(u16, Labels, SmolStr)],
        at: TextRange,
    ) {
        let message = match unknown {
            true => format!(
                "no pod behind the service `{}` has a port named `{port}`",
                service.short
            ),
            false => format!(
                "the port `{port}` of the service `{}` is not the same on all its pods",
                service.short
            ),
        };
        let mut found = self
            .found(&codes::SERVICE_TARGET_UNCLEAR, at, message)
            .help("declare a workload for these pods and name it with its port");
        for (number, _, template) in numbers.iter().take(4) {
            found = found.note(format!("{template} has {number}"));
        }
        self.report(found);
    }

    fn addresses_behind(
        &mut self,
        service: &ServiceValue,
        known: &Service,
        chosen: &[&ServicePort],
        at: TextRange,
    ) -> Option<Vec<Backend>> {
        if known.addresses.is_empty() {
            let message = format!("nothing stands behind the service `{}`", service.short);
            let found = self
                .found(&codes::SERVICE_WITHOUT_BACKENDS, at, message)
                .note(
                    "it has no selector, and the inventory no EndpointSlice with an address for it",
                )
                .help("add its EndpointSlices to the inventory; until then the rule does nothing");
            self.report(found);
            return Some(Vec::new());
        }
        let message = format!(
            "the service `{}` has no selector, so its addresses of today are used",
            service.short
        );
        let found = self
            .found(&codes::SERVICE_WITHOUT_SELECTOR, at, message)
            .help("declare a `network` of the addresses it may have");
        self.report(found);
        let mut nets: Vec<Net> = known
            .addresses
            .iter()
            .map(|addr| Net::plain(IpNet::from(*addr)))
            .collect();
        nets.sort();
        nets.dedup();
        let set = Arc::new(Set {
            nets,
            ..Set::default()
        });
        let backend = |ports| Backend {
            set: Arc::clone(&set),
            ports: Arc::new(ports),
        };
        if known.ports.is_empty() {
            return Some(vec![backend(PortSet::all())]);
        }
        let mut out = Vec::with_capacity(chosen.len());
        for port in chosen {
            match &port.target {
                TargetPort::Number(number) => out.push(backend(of(port.proto, *number))),
                // There is no container that could give the name its number.
                TargetPort::Name(name) => {
                    self.unclear(service, name, true, &[], at);
                    return None;
                }
            }
        }
        Some(out)
    }
}

fn find<'i>(inventory: &'i Inventory, service: &ServiceValue) -> Option<&'i Service> {
    let key = (&service.namespace, &service.service);
    let at = inventory
        .services
        .binary_search_by(|s| (&s.namespace, &s.name).cmp(&key));
    at.ok().and_then(|at| inventory.services.get(at))
}

fn near(inventory: &Inventory, service: &ServiceValue) -> String {
    let here = inventory
        .services
        .iter()
        .filter(|s| s.namespace == service.namespace)
        .map(|s| s.name.as_str());
    match npl_diagnostics::suggest(&service.service, here) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "check the name and the namespace, or bring the inventory up to date".to_owned(),
    }
}

/// The pod templates that a Service selects. The inventory is sorted by namespace.
fn behind<'i>(
    inventory: &'i Inventory,
    service: &'i Service,
    selector: &'i Labels,
) -> impl Iterator<Item = &'i PodTemplate> {
    let all = &inventory.workloads;
    let first = all.partition_point(|pod| pod.namespace < service.namespace);
    all.get(first..)
        .unwrap_or_default()
        .iter()
        .take_while(|pod| pod.namespace == service.namespace)
        .filter(|pod| selector.iter().all(|want| pod.labels.contains(want)))
}

/// The numbers that a named port has: number, labels and name of each pod template behind it.
fn numbers(
    inventory: &Inventory,
    service: &Service,
    selector: &Labels,
    name: &str,
    proto: Proto,
) -> Vec<(u16, Labels, SmolStr)> {
    behind(inventory, service, selector)
        .filter_map(|pod| {
            let named = |p: &&npl_policy::inventory::ContainerPort| {
                p.proto == proto && p.name.as_deref() == Some(name)
            };
            let port = pod.ports.iter().find(named)?;
            let shown = format_smolstr!("{} `{}/{}`", pod.kind, pod.namespace, pod.name);
            Some((port.port, pod.labels.clone(), shown))
        })
        .collect()
}

/// Predicates of the pods that give a named port each number. `None` where two numbers cannot be
/// told apart by labels; empty where no pod has the name.
fn named(base: &Cube, numbers: &[(u16, Labels, SmolStr)]) -> Option<Vec<(Cube, u16)>> {
    let first = numbers.first().map(|(number, ..)| *number);
    let Some(first) = first else {
        return Some(Vec::new());
    };
    if numbers.iter().all(|(number, ..)| *number == first) {
        return Some(vec![(base.clone(), first)]);
    }
    let mut out: Vec<(Cube, u16)> = Vec::new();
    for (number, labels, _) in numbers {
        let cube = with_labels(base.clone(), labels);
        if out
            .iter()
            .any(|(other, n)| n != number && !other.disjoint(&cube))
        {
            return None;
        }
        if !out.contains(&(cube.clone(), *number)) {
            out.push((cube, *number));
        }
    }
    Some(out)
}

fn with_labels(cube: Cube, labels: &Labels) -> Cube {
    labels.iter().fold(cube, |cube, (key, value)| {
        cube.with_label(key.clone(), &Values::is(value.clone()))
    })
}

fn translated(cube: Cube, service: &Service, port: &ServicePort, number: u16) -> Backend {
    let resolved = format_smolstr!("Service {}@{}→{number}", id(service), port.port);
    backend(cube, of(port.proto, number), resolved)
}

fn backend(cube: Cube, ports: PortSet, resolved: SmolStr) -> Backend {
    Backend {
        set: Arc::new(Set {
            pods: vec![PodPart {
                pods: Arc::new(cube),
                workload: None,
                resolved: Some(resolved),
            }],
            ..Set::default()
        }),
        ports: Arc::new(ports),
    }
}

fn id(service: &Service) -> SmolStr {
    format_smolstr!("{}/{}", service.namespace, service.name)
}

fn flow_port(proto: Proto, port: u16) -> FlowPort {
    match proto {
        Proto::Tcp => FlowPort::Tcp(port),
        Proto::Udp => FlowPort::Udp(port),
        Proto::Sctp => FlowPort::Sctp(port),
    }
}

fn of(proto: Proto, port: u16) -> PortSet {
    PortSet::of(flow_port(proto, port))
}

fn written(proto: Proto, port: u16) -> String {
    match proto {
        Proto::Tcp => port.to_string(),
        Proto::Udp => format!("{port}/udp"),
        Proto::Sctp => format!("{port}/sctp"),
    }
}

/// `443→8443`, for help texts.
fn shown(port: &ServicePort) -> String {
    let target = match &port.target {
        TargetPort::Number(number) => number.to_string(),
        TargetPort::Name(name) => name.to_string(),
    };
    format!("{}→{target}", written(port.proto, port.port))
}
