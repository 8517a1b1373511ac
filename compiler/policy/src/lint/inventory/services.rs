//! Ports and ways in, as the Services of the inventory have them.

use npl_diagnostics::{Diagnostic, Place, codes::inventory as codes};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    inventory::{PodTemplate, Proto, Service, ServiceKind, ServicePort, TargetPort},
    limits::LINT_CANDIDATES_MAX,
    lint::{
        context::{Context, End, Found, found},
        fixes,
        inventory::index::Pods,
        parts::{Part, PartId},
    },
    model::{Direction, Entity, FlowPort, Rule, Set, Verdict},
    port::{PortProto, PortSet, PortUnit},
};

/// What the inventory says of the pods of one predicate.
struct Behind<'i> {
    /// Ports that some container lists.
    listens: FxHashSet<(Proto, u16)>,
    /// Ports of services that select some of the pods.
    ports: Vec<(&'i Service, &'i ServicePort)>,
    /// Where the translated ports arrive, of services that a node forwards to.
    forwarded: Vec<(&'i Service, PortSet)>,
}

pub(super) fn check(context: &Context<'_>, pods: &Pods<'_>, out: &mut Found) {
    let mut memo: FxHashMap<PartId, Behind<'_>> = FxHashMap::default();
    for (index, rule, ends) in context.rules() {
        let Some((set, parts, ports)) = destination(context, ends) else {
            continue;
        };
        // A resolved Service has its target port already.
        let resolved = set.pods.iter().any(|part| part.resolved.is_some());
        let mut wrong = None;
        let mut forwarded = None;
        for &part in parts {
            let Some(Part::Pods(cube)) = context.parts.get(part) else {
                continue;
            };
            let behind = memo
                .entry(part)
                .or_insert_with(|| Behind::of(pods, &pods.matching(cube)));
            wrong = wrong.or_else(|| mistaken(behind, ports).filter(|_| !resolved));
            let into = behind.forwarded.iter().find(|(_, p)| !p.disjoint(ports));
            forwarded = forwarded.or(into.map(|(service, _)| *service));
        }
        if let Some((service, port)) = wrong {
            out.push((index, service_port(rule, ports, service, port)));
        }
        if let Some(service) = forwarded
            && let Some(end) = ends.iter().find(|end| from_world_only(context, end))
            && !others_enter(context, end)
        {
            out.push((index, enters_elsewhere(rule, service)));
        }
    }
}

/// The pods that a rule leads to, and on which ports.
fn destination<'a, 'm>(
    context: &'a Context<'m>,
    ends: &'a [End<'m>],
) -> Option<(&'m Set, &'a [PartId], &'m PortSet)> {
    let end = ends.first()?;
    let (set, id): (&'m Set, _) = match end.end.direction {
        Direction::Egress => (&end.end.peers, end.peers),
        Direction::Ingress => (&end.end.subject, end.subject),
    };
    Some((set, context.set(id), &end.end.ports))
}

impl<'i> Behind<'i> {
    fn of(pods: &Pods<'i>, matching: &[usize]) -> Self {
        let templates = || matching.iter().filter_map(|&i| pods.template(i));
        let listens = templates()
            .flat_map(|t| &t.ports)
            .map(|p| (p.proto, p.port))
            .collect();
        let mut seen = FxHashSet::default();
        let services: Vec<&'i Service> = matching
            .iter()
            .flat_map(|&i| pods.services_of(i))
            .filter(|s| seen.insert((&s.namespace, &s.name)))
            .collect();
        let ports = services
            .iter()
            .flat_map(|&s| s.ports.iter().map(move |p| (s, p)))
            .collect();
        let forwards = |s: &&&Service| {
            s.external_policy_cluster
                && matches!(s.kind, ServiceKind::NodePort | ServiceKind::LoadBalancer)
        };
        let forwarded = services
            .iter()
            .filter(forwards)
            .map(|&s| (s, targets(s, templates())))
            .collect();
        Self {
            listens,
            ports,
            forwarded,
        }
    }
}

/// The ports of pods at which a service arrives.
fn targets<'i>(service: &Service, templates: impl Iterator<Item = &'i PodTemplate>) -> PortSet {
    let templates: Vec<&PodTemplate> = templates.collect();
    let mut out = PortSet::default();
    for port in &service.ports {
        match &port.target {
            TargetPort::Number(number) => out = out.union(&of(port.proto, *number)),
            TargetPort::Name(name) => {
                let containers = templates.iter().flat_map(|t| &t.ports);
                for container in containers.filter(|c| c.name.as_ref() == Some(name)) {
                    out = out.union(&of(container.proto, container.port));
                }
            }
        }
    }
    out
}

fn of(proto: Proto, port: u16) -> PortSet {
    PortSet::of(match proto {
        Proto::Tcp => FlowPort::Tcp(port),
        Proto::Udp => FlowPort::Udp(port),
        Proto::Sctp => FlowPort::Sctp(port),
    })
}

/// A single port of the rule that is a Service's and no container's.
fn mistaken<'i>(behind: &Behind<'i>, ports: &PortSet) -> Option<(&'i Service, &'i ServicePort)> {
    // Containers need not list their ports: where none does, nothing is known.
    if ports.all || behind.listens.is_empty() || behind.ports.is_empty() {
        return None;
    }
    let single = |unit: PortUnit| match unit {
        PortUnit::Range { proto, low, high } if low == high => Some((proto, low)),
        _ => None,
    };
    ports
        .units()
        .into_iter()
        .filter_map(single)
        .find_map(|(proto, number)| {
            let protos: &[Proto] = match proto {
                PortProto::Any => &[Proto::Tcp, Proto::Udp, Proto::Sctp],
                PortProto::Tcp => &[Proto::Tcp],
                PortProto::Udp => &[Proto::Udp],
                PortProto::Sctp => &[Proto::Sctp],
            };
            if protos
                .iter()
                .any(|p| behind.listens.contains(&(*p, number)))
            {
                return None;
            }
            let translated = |port: &ServicePort| match &port.target {
                TargetPort::Number(target) => *target != number,
                TargetPort::Name(_) => true,
            };
            behind.ports.iter().copied().find(|(_, port)| {
                port.port == number && protos.contains(&port.proto) && translated(port)
            })
        })
}

fn service_port(
    rule: &Rule,
    ports: &PortSet,
    service: &Service,
    port: &ServicePort,
) -> Diagnostic<Place> {
    let (target, noun) = match &port.target {
        TargetPort::Number(number) => (number.to_string(), "port"),
        TargetPort::Name(name) => (format!("`{name}`"), "port named"),
    };
    let id = format!("{}/{}", service.namespace, service.name);
    let message = format!(
        "{} is the port of the Service `{id}`, not of its pods",
        port.port
    );
    let finding = found(&codes::SERVICE_PORT_NOT_POD_PORT, rule, message)
        .note("policy is evaluated after the Service was translated")
        .help(format!("write the pods' {noun} {target}"));
    // The literal can be replaced where it is all that stands behind the destination.
    let (Some(at), TargetPort::Number(number)) = (rule.ports_at, &port.target) else {
        return finding;
    };
    let units = ports.units();
    let [PortUnit::Range { proto, .. }] = units.as_slice() else {
        return finding;
    };
    if !fixes::is_own(rule) {
        return finding;
    }
    let text = match proto {
        PortProto::Tcp => number.to_string(),
        _ => format!("{number}/{}", proto.as_str()),
    };
    finding.fix(format!("write `{text}`"), false, at, text)
}

/// The end lets in what comes from `world`, and names nothing else.
fn from_world_only(context: &Context<'_>, end: &End<'_>) -> bool {
    let peers = &end.end.peers;
    end.end.verdict == Verdict::Allow
        && end.end.direction == Direction::Ingress
        && context.bound(end.subject).seals_ingress
        && peers.entities == [Entity::World]
        && peers.pods.is_empty()
}

/// Some rule lets nodes in at the same pods and ports.
fn others_enter(context: &Context<'_>, end: &End<'_>) -> bool {
    context
        .nodes_entering()
        .take(LINT_CANDIDATES_MAX)
        .any(|other| {
            !other.end.ports.disjoint(&end.end.ports) && context.meets(other.subject, end.subject)
        })
}

fn enters_elsewhere(rule: &Rule, service: &Service) -> Diagnostic<Place> {
    let id = format!("{}/{}", service.namespace, service.name);
    let message =
        format!("traffic through the Service `{id}` may come from a node, not from `world`");
    found(&codes::ENTERS_ELSEWHERE, rule, message)
        .note("with `externalTrafficPolicy: Cluster` a connection may enter at another node")
        .help(
            "set `externalTrafficPolicy: Local`, or allow `remote_node` too and accept that every \
             node may connect",
        )
}
