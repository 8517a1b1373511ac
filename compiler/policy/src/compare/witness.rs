//! Concrete flows of a region.

use std::net::{IpAddr, Ipv4Addr};

use smol_str::{SmolStr, format_smolstr};

use super::region::{Peer, Region};
use crate::{
    http::HttpRule,
    interpret::{Endpoint, Flow},
    model::{Direction, Facts, FlowPort, Pod, Via},
    name::NamePattern,
    port::PortSet,
};

/// Flows of the region, the first of which is as good as any where no clause is in the way.
pub(super) fn flows(direction: Direction, region: &Region) -> Vec<Flow> {
    let Some(mut pod) = region.subject.witness() else {
        return Vec::new();
    };
    let Some(mut peer) = endpoint(&region.peer, &pod) else {
        return Vec::new();
    };
    if let Endpoint::Pod(other) = &mut peer {
        one_namespace(&mut pod, other);
    }
    let pod = Endpoint::Pod(pod);
    let (src, dst) = match direction {
        Direction::Egress => (pod, peer),
        Direction::Ingress => (peer, pod),
    };
    let mut out = Vec::new();
    for port in ports(&region.ports) {
        for facts in facts(region.via.as_deref()) {
            out.push(Flow {
                src: src.clone(),
                dst: dst.clone(),
                port,
                facts,
            });
        }
    }
    out
}

/// Two pods of one namespace share its labels.
fn one_namespace(a: &mut Pod, b: &mut Pod) {
    if a.namespace != b.namespace {
        return;
    }
    let mut labels = a.namespace_labels.clone();
    for (key, value) in &b.namespace_labels {
        if !labels.iter().any(|(have, _)| have == key) {
            labels.push((key.clone(), value.clone()));
        }
    }
    labels.sort();
    a.namespace_labels.clone_from(&labels);
    b.namespace_labels = labels;
}

fn endpoint(peer: &Peer, subject: &Pod) -> Option<Endpoint> {
    Some(match peer {
        Peer::Pods(cube) => {
            let taken = |name: &str| name == subject.namespace;
            Endpoint::Pod(cube.witness_beside(taken)?)
        }
        Peer::Addr {
            ips,
            api_server,
            name,
        } => {
            let far = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
            let ip = if ips.contains(far) {
                far
            } else {
                ips.witness()?
            };
            Endpoint::Addr {
                ip,
                names: name.iter().map(|name| filled(name, "x")).collect(),
                api_server: *api_server,
            }
        }
        Peer::Host(api_server) => Endpoint::Host {
            api_server: *api_server,
        },
        Peer::RemoteNode(api_server) => Endpoint::RemoteNode {
            api_server: *api_server,
        },
        Peer::Health => Endpoint::Health,
        Peer::CiliumIngress => Endpoint::CiliumIngress,
    })
}

/// One of each protocol.
fn ports(set: &PortSet) -> Vec<FlowPort> {
    if set.all {
        return vec![FlowPort::Tcp(9), FlowPort::Icmp4(8)];
    }
    let first = |ranges: &crate::port::Ranges| {
        let first = ranges.as_slice().first();
        first.map(|(low, _)| (*low).max(1))
    };
    let mut out: Vec<FlowPort> = Vec::new();
    out.extend(first(&set.tcp).map(FlowPort::Tcp));
    out.extend(first(&set.udp).map(FlowPort::Udp));
    out.extend(first(&set.sctp).map(FlowPort::Sctp));
    out.extend(set.icmp4.first().copied().map(FlowPort::Icmp4));
    out.extend(set.icmp6.first().copied().map(FlowPort::Icmp6));
    out
}

/// What the clause admits, in several ways: another clause may admit some of them too.
fn facts(via: Option<&Via>) -> Vec<Facts> {
    match via {
        // What speaks another protocol than the one that a clause of the other side expects.
        None => {
            let tls = Facts {
                sni: Some(SmolStr::new_static("elsewhere.invalid")),
                ..Facts::default()
            };
            let query = Facts {
                dns: Some(SmolStr::new_static("elsewhere.invalid")),
                ..Facts::default()
            };
            vec![Facts::default(), tls, query]
        }
        Some(Via::Tls(names)) => each(names, |name| Facts {
            sni: Some(name),
            ..Facts::default()
        }),
        Some(Via::Dns(names)) => each(names, |name| Facts {
            dns: Some(name),
            ..Facts::default()
        }),
        Some(Via::Http(rule) | Via::Grpc(rule)) => requests(rule),
    }
}

/// Runs that stand for `*`.
const FILLS: [&str; 3] = ["x", "q7-zz", "xy"];

fn each(names: &[NamePattern], make: impl Fn(SmolStr) -> Facts) -> Vec<Facts> {
    let all = names
        .iter()
        .flat_map(|name| FILLS.map(|fill| filled(name, fill)));
    all.map(make).collect()
}

fn filled(name: &NamePattern, fill: &str) -> SmolStr {
    let deep = format!("{fill}.{fill}");
    name.as_str().replace("**", &deep).replace('*', fill).into()
}

fn requests(rule: &HttpRule) -> Vec<Facts> {
    let hosts: Vec<SmolStr> = match rule.hosts.is_empty() {
        true => vec![SmolStr::new_static("host.invalid")],
        false => rule
            .hosts
            .iter()
            .map(|host| filled(host, "q7-zz"))
            .collect(),
    };
    let mut requests: Vec<(SmolStr, SmolStr)> = Vec::new();
    if rule.entries.is_empty() {
        requests.push((SmolStr::new_static("BREW"), SmolStr::new_static("/no/such")));
    }
    for entry in &rule.entries {
        let method = entry.method.clone().unwrap_or(SmolStr::new_static("BREW"));
        for fill in FILLS {
            let path = entry.path.to_string();
            let bare = path.trim_end_matches('?');
            let deep = format!("{fill}/{fill}");
            let plain: SmolStr = bare.replace("**", &deep).replace('*', fill).into();
            if bare.len() == path.len() {
                requests.push((method.clone(), format_smolstr!("{plain}?q=1")));
            }
            requests.push((method.clone(), plain));
        }
    }
    let pairs = hosts
        .iter()
        .flat_map(|host| requests.iter().map(move |request| (host, request)));
    pairs
        .map(|(host, (method, path))| Facts {
            method: Some(method.clone()),
            path: Some(path.clone()),
            host: Some(host.clone()),
            ..Facts::default()
        })
        .collect()
}
