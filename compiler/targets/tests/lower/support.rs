//! Texts to models, and flows of the judge's shape as the interpreter takes them.

use std::net::IpAddr;

use npl_diagnostics::{Diagnostic, FileId, Place};
use npl_policy::{
    interpret::{Answer, Endpoint, Flow, Interpreter},
    inventory::Inventory,
    model::{Facts, FlowPort, Pod},
};
use npl_targets::import::{
    judge::{self, Cluster, FlowEnd},
    lower::{Lowered, lower},
    read,
    shape::{PortNumber, Proto},
};

pub(crate) struct Read {
    /// Of reading alone.
    pub(crate) found: Vec<Diagnostic<Place>>,
    pub(crate) lowered: Lowered,
}

pub(crate) fn lowered(texts: &[&str], inventory: Option<&Inventory>) -> Read {
    let files: Vec<(FileId, &str)> = (0u32..).map(FileId).zip(texts.iter().copied()).collect();
    let (policies, found) = read(&files);
    let path = |file: FileId| format!("f{}.yaml", file.0).into();
    Read {
        found,
        lowered: lower(&policies, inventory, &path),
    }
}

/// The concrete flows of one of the judge's; `None` for an end that no model has.
pub(crate) fn flows(flow: &judge::Flow, cluster: &Cluster) -> Option<Vec<Flow>> {
    let PortNumber::Number(number) = flow.port else {
        return None;
    };
    let kind = || u8::try_from(number).ok();
    let port = match flow.proto {
        Proto::Tcp => FlowPort::Tcp(number),
        Proto::Udp => FlowPort::Udp(number),
        Proto::Sctp => FlowPort::Sctp(number),
        Proto::Icmp => FlowPort::Icmp4(kind()?),
        Proto::Icmpv6 => FlowPort::Icmp6(kind()?),
        _ => return None,
    };
    let facts = Facts {
        sni: flow.facts.sni.clone(),
        method: flow.facts.method.clone(),
        path: flow.facts.path.clone(),
        host: flow.facts.host.clone(),
        dns: flow.facts.dns.clone(),
    };
    let mut out = Vec::new();
    for src in ends(&flow.src, cluster)? {
        for dst in ends(&flow.dst, cluster)? {
            out.push(Flow {
                src: src.clone(),
                dst,
                port,
                facts: facts.clone(),
            });
        }
    }
    Some(out)
}

fn ends(end: &FlowEnd, cluster: &Cluster) -> Option<Vec<Endpoint>> {
    let names = |ip: &IpAddr| {
        let having = cluster.dns.iter().filter(|(_, ips)| ips.contains(ip));
        having.map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    let at = |ip: IpAddr, mut known: Vec<smol_str::SmolStr>, api_server: bool| {
        known.extend(names(&ip));
        known.sort();
        known.dedup();
        Endpoint::Addr {
            ip,
            names: known,
            api_server,
        }
    };
    let elsewhere: IpAddr = "203.0.113.7".parse().unwrap();
    Some(match end {
        FlowEnd::Pod(pod) => vec![Endpoint::Pod(Pod {
            namespace: pod.namespace.clone(),
            namespace_labels: sorted(&pod.namespace_labels),
            labels: sorted(&pod.labels),
            account: pod.account.clone().unwrap_or_else(|| "default".into()),
        })],
        FlowEnd::Address {
            ip,
            names,
            api_server,
        } => vec![at(*ip, names.clone(), *api_server)],
        FlowEnd::Name(name) => match cluster.dns.get(name) {
            Some(ips) => ips
                .iter()
                .map(|ip| at(*ip, vec![name.clone()], false))
                .collect(),
            None => vec![at(elsewhere, vec![name.clone()], false)],
        },
        FlowEnd::Entity {
            name, api_server, ..
        } => {
            let api_server = *api_server;
            vec![match name.as_str() {
                "world" => at(elsewhere, Vec::new(), api_server),
                "host" => Endpoint::Host { api_server },
                "remote-node" => Endpoint::RemoteNode { api_server },
                "kube-apiserver" => Endpoint::RemoteNode { api_server: true },
                "health" => Endpoint::Health,
                "ingress" => Endpoint::CiliumIngress,
                _ => return None,
            }]
        }
    })
}

fn sorted(
    labels: &[(smol_str::SmolStr, smol_str::SmolStr)],
) -> Vec<(smol_str::SmolStr, smol_str::SmolStr)> {
    let mut out = labels.to_vec();
    out.sort();
    out
}

/// Verdict, egress, ingress as words.
pub(crate) fn said(interpreter: &Interpreter<'_>, flows: &[Flow]) -> [&'static str; 3] {
    let word = |answer: &Answer| match answer {
        Answer::Allow => "allow",
        Answer::Deny => "deny",
        Answer::Unknown(_) => "unknown",
    };
    let mut all: Option<[&'static str; 3]> = None;
    for flow in flows {
        let verdict = interpreter.judge(flow);
        let one = [
            word(&verdict.verdict),
            word(&verdict.egress.verdict),
            word(&verdict.ingress.verdict),
        ];
        all = Some(match all {
            None => one,
            Some(before) => std::array::from_fn(|i| {
                if before[i] == one[i] {
                    one[i]
                } else {
                    "unknown"
                }
            }),
        });
    }
    all.unwrap_or(["unknown"; 3])
}
