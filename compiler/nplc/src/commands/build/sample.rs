//! Flows to try an output with: around every rule, what it covers and what it just does not.

use std::{collections::BTreeSet, net::IpAddr};

use npl_policy::{
    interpret::{Endpoint, Flow},
    model::{Direction, EndRule, Entity, Facts, FlowPort, Model, Set, Via},
    name::NamePattern,
    port::{PortSet, Ranges},
};

/// Flows of one verification. Past it, rules are left out evenly.
const FLOWS_MAX: usize = 4_000;
/// Flows that one end rule asks for, at most.
const FLOWS_A_RULE: usize = 24;
/// A port that few rules name.
const ODD_PORT: u16 = 9;
/// An address of the documentation range, where names are taken to answer.
const ANSWER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 77));

/// Flows around the rules of the model, each once; the same for the same model.
pub(in crate::commands) fn flows(model: &Model) -> Vec<Flow> {
    let step = (model.ends.len() * FLOWS_A_RULE).div_ceil(FLOWS_MAX).max(1);
    let mut out = Vec::new();
    for end in model.ends.iter().step_by(step) {
        around(end, &mut out);
    }
    for workload in model.workloads.iter().take(FLOWS_A_RULE) {
        let pod = workload.pods.witness().map(Endpoint::Pod);
        for other in model.workloads.iter().take(FLOWS_A_RULE) {
            let peer = other.pods.witness().map(Endpoint::Pod);
            if let (Some(src), Some(dst)) = (pod.clone(), peer) {
                out.push(flow(src, dst, FlowPort::Tcp(ODD_PORT), Facts::default()));
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|flow| seen.insert(flow.clone()));
    out
}

fn flow(src: Endpoint, dst: Endpoint, port: FlowPort, facts: Facts) -> Flow {
    Flow {
        src,
        dst,
        port,
        facts,
    }
}

fn around(end: &EndRule, out: &mut Vec<Flow>) {
    let subjects = members(&end.subject, 2);
    let peers = members(&end.peers, 3);
    for subject in &subjects {
        for peer in &peers {
            for port in ports(&end.ports) {
                for facts in facts(end.via.as_deref()) {
                    let (src, dst) = match end.direction {
                        Direction::Egress => (subject.clone(), peer.clone()),
                        Direction::Ingress => (peer.clone(), subject.clone()),
                    };
                    out.push(flow(src, dst, port, facts));
                }
            }
        }
    }
}

/// One endpoint of each part of a set, `most` of each kind.
fn members(set: &Set, most: usize) -> Vec<Endpoint> {
    let mut out: Vec<Endpoint> = Vec::new();
    let pods = set.pods.iter().filter_map(|part| part.pods.witness());
    out.extend(pods.take(most).map(Endpoint::Pod));
    let nets = set.nets.iter().filter(|net| net.contains(net.cidr.addr()));
    out.extend(nets.take(most).map(|net| Endpoint::addr(net.cidr.addr())));
    for part in set.names.iter().take(most) {
        out.push(Endpoint::named(ANSWER, a_name(&part.pattern)));
    }
    for entity in &set.entities {
        out.extend(match entity {
            Entity::World | Entity::All => Some(Endpoint::addr(ANSWER)),
            Entity::Host => Some(Endpoint::Host { api_server: false }),
            Entity::RemoteNode | Entity::Cluster => {
                Some(Endpoint::RemoteNode { api_server: false })
            }
            Entity::Health => Some(Endpoint::Health),
            Entity::CiliumIngress => Some(Endpoint::CiliumIngress),
            // it has a place only where the settings give it one
            Entity::KubeApiserver => None,
        });
    }
    out
}

/// A name that the pattern admits.
fn a_name(pattern: &NamePattern) -> String {
    let label = |label: &str| match label {
        "*" | "**" => "x".to_owned(),
        other => other.replace('*', "x"),
    };
    pattern
        .as_str()
        .split('.')
        .map(label)
        .collect::<Vec<_>>()
        .join(".")
}

/// The first and last port of each protocol, and one that is likely in none.
fn ports(ports: &PortSet) -> Vec<FlowPort> {
    let ends = |ranges: &Ranges| -> BTreeSet<u16> {
        let all = ranges.as_slice().iter().take(2);
        all.flat_map(|(low, high)| [(*low).max(1), *high]).collect()
    };
    let mut out: Vec<FlowPort> = Vec::new();
    out.extend(ends(&ports.tcp).into_iter().map(FlowPort::Tcp));
    out.extend(ends(&ports.udp).into_iter().map(FlowPort::Udp));
    out.extend(ends(&ports.sctp).into_iter().map(FlowPort::Sctp));
    out.extend(ports.icmp4.iter().take(1).copied().map(FlowPort::Icmp4));
    out.push(FlowPort::Tcp(ODD_PORT));
    out
}

/// What the clause admits, and what it does not.
fn facts(via: Option<&Via>) -> Vec<Facts> {
    let none = Facts::default();
    let sni = |name: String| Facts {
        sni: Some(name.into()),
        ..Facts::default()
    };
    match via {
        None => vec![none],
        Some(Via::Tls(names)) => {
            let mut out = vec![sni("elsewhere.invalid".to_owned()), sni(String::new())];
            out.extend(names.first().map(|name| sni(a_name(name))));
            out
        }
        Some(Via::Dns(names)) => {
            let query = |name: String| Facts {
                dns: Some(name.into()),
                ..Facts::default()
            };
            let mut out = vec![query("elsewhere.invalid".to_owned())];
            out.extend(names.first().map(|name| query(a_name(name))));
            out
        }
        Some(Via::Http(rule) | Via::Grpc(rule)) => {
            let host = rule.hosts.first().map_or("host.invalid".to_owned(), a_name);
            let request = |method: &str, path: &str| Facts {
                method: Some(method.into()),
                path: Some(path.into()),
                host: Some(host.as_str().into()),
                ..Facts::default()
            };
            let mut out = vec![request("BREW", "/no/such/path")];
            if let Some(entry) = rule.entries.first() {
                let path = entry.path.to_string().replace("**", "x").replace('*', "x");
                out.push(request(entry.method.as_deref().unwrap_or("GET"), &path));
            }
            out
        }
    }
}
