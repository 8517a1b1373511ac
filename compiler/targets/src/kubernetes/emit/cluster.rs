//! `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy of tier Admin: denies, and nothing
//! else, so that their order among each other does not matter.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use npl_policy::{label::Cube, model::Direction, port::PortSet};
use sha2::{Digest as _, Sha256};

use super::{
    Made,
    front::{Front, comment, selector},
    network::listed,
};
use crate::{
    cilium::{
        EmitOptions, Object,
        name::{hex, object_name},
        render::{item, line},
    },
    kubernetes::{
        lower,
        plan::{ClusterDeny, OwnedId, Plan, prefixes, side},
        selector as select,
    },
};

/// The API: rules of one direction, peers of one rule, protocols of one rule, networks of one peer.
const LIST_MAX: usize = 25;

/// The rules of one object: ingress, egress, and where they come from.
#[derive(Default)]
struct Body {
    lists: [Vec<String>; 2],
    rules: BTreeSet<u32>,
}

pub(super) fn objects(plan: &Plan<'_>, id: OwnedId, options: &EmitOptions) -> Vec<Made> {
    let denies = plan.denies.get(id).map(Vec::as_slice).unwrap_or_default();
    let Some(own) = plan.get(id).filter(|_| !denies.is_empty()) else {
        return Vec::new();
    };
    let whole = own.workload.pods.clone();
    let mut parts: BTreeMap<(bool, Arc<Cube>), Vec<&ClusterDeny>> = BTreeMap::new();
    for deny in denies {
        let at = (deny.subject != whole, deny.subject.clone());
        parts.entry(at).or_default().push(deny);
    }
    let front = Front {
        plan,
        workload: own.workload,
        options,
    };
    let mut out = Vec::new();
    for ((part, subject), denies) in parts {
        let mut name = object_name(&plan.model.package, own.workload);
        if part {
            let _ = write!(name, "-{}", mark(&subject));
        }
        let subjects = lower::pods(&subject).unwrap_or_default();
        let bodies = bodies(plan, &denies);
        let several = bodies.len() * subjects.len() > 1;
        let mut number = 0;
        for cube in &subjects {
            for body in &bodies {
                number += 1;
                let name = match several {
                    true => format!("{name}-{number}"),
                    false => name.clone(),
                };
                out.push(Made {
                    object: object(&front, name, &spec(plan, cube, body)),
                    rules: body.rules.clone(),
                    owner: id,
                    seals: false,
                });
            }
        }
    }
    out
}

fn mark(subject: &Cube) -> String {
    let mut text = String::new();
    pods(&mut text, 0, subject);
    hex(&Sha256::digest(text.as_bytes()), 8)
}

fn object(front: &Front<'_>, name: String, spec: &str) -> Object {
    let kind = "ClusterNetworkPolicy";
    let version = "policy.networking.k8s.io/v1alpha2";
    Object {
        file_name: format!("clusternetworkpolicy-{name}.yaml"),
        kind,
        namespace: None,
        yaml: front.write((version, kind), (&name, None), spec),
        name,
    }
}

fn spec(plan: &Plan<'_>, cube: &Cube, body: &Body) -> String {
    let mut out = format!(
        "  tier: Admin\n  priority: {}\n  subject:\n    pods:\n",
        plan.settings.priority
    );
    pods(&mut out, 6, cube);
    for (name, list) in ["ingress", "egress"].iter().zip(&body.lists) {
        if !list.is_empty() {
            let _ = writeln!(out, "  {name}:");
            out.extend(list.iter().map(String::as_str));
        }
    }
    out
}

/// `namespaceSelector` and `podSelector`, each on its own line.
fn pods(out: &mut String, indent: usize, cube: &Cube) {
    line(out, indent);
    selector(out, indent, "namespaceSelector", &select::namespaces(cube));
    line(out, indent);
    selector(out, indent, "podSelector", &select::pods(cube));
}

fn bodies(plan: &Plan<'_>, denies: &[&ClusterDeny]) -> Vec<Body> {
    let mut out = vec![Body::default()];
    for deny in denies {
        let at = side(deny.direction);
        for text in rules(plan, deny) {
            let full = |body: &Body| body.lists.get(at).is_some_and(|l| l.len() >= LIST_MAX);
            if out.last().is_some_and(full) {
                out.push(Body::default());
            }
            if let Some(body) = out.last_mut() {
                if let Some(list) = body.lists.get_mut(at) {
                    list.push(text);
                }
                body.rules.insert(deny.rule);
            }
        }
    }
    out
}

/// A deny as rules that each keep the limits of the API.
fn rules(plan: &Plan<'_>, deny: &ClusterDeny) -> Vec<String> {
    let mut peers = Vec::new();
    for cube in &deny.pods {
        let mut text = String::from("    - pods:\n");
        pods(&mut text, 8, cube);
        peers.push(text);
    }
    for chunk in prefixes(&deny.nets).chunks(LIST_MAX) {
        let mut text = String::from("    - networks:\n");
        for cidr in chunk {
            item(&mut text, 6, &cidr.to_string());
        }
        peers.push(text);
    }
    let protocols = protocols(&deny.ports);
    let lists: Vec<&[String]> = match deny.ports.all {
        true => vec![&[]],
        false => protocols.chunks(LIST_MAX).collect(),
    };
    let source = plan.model.rules.get(deny.rule as usize);
    let word = match deny.direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let mut out = Vec::new();
    for peers in peers.chunks(LIST_MAX) {
        for protocols in &lists {
            let mut text = String::new();
            if let Some(rule) = source {
                comment(&mut text, 2, rule);
                let _ = writeln!(text, "  - name: {}", rule.id);
                text.push_str("    action: Deny\n");
            } else {
                text.push_str("  - action: Deny\n");
            }
            let _ = writeln!(text, "    {word}:");
            text.extend(peers.iter().map(String::as_str));
            if !protocols.is_empty() {
                text.push_str("    protocols:\n");
                text.extend(protocols.iter().map(String::as_str));
            }
            out.push(text);
        }
    }
    out
}

fn protocols(ports: &PortSet) -> Vec<String> {
    let mut out = Vec::new();
    let all = [
        ("tcp", &ports.tcp),
        ("udp", &ports.udp),
        ("sctp", &ports.sctp),
    ];
    for (name, ranges) in all {
        for range in listed(ranges) {
            let (low, high) = range.unwrap_or((1, u16::MAX));
            let mut text = format!("    - {name}:\n        destinationPort:\n");
            let _ = match low == high {
                true => writeln!(text, "          number: {low}"),
                false => write!(
                    text,
                    "          range:\n            start: {low}\n            end: {high}\n"
                ),
            };
            out.push(text);
        }
    }
    out
}
