//! The model in English: what a workload is, what a rule lets through.

use npl_policy::{
    addr::Net,
    http::HttpRule,
    label::{Cube, Values},
    model::{EndRule, Entity, Model, Ownership, PodPart, Set, Verdict, Via, Workload},
    name::NamePattern,
    port::PortSet,
};

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(parts: &[String], last: &str) -> String {
    match parts {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [firsts @ .., end] => format!("{} {last} {end}", firsts.join(", ")),
    }
}

/// The pods of a predicate: `pods with the label app = "x" in namespace shop`.
pub(super) fn pods(cube: &Cube) -> String {
    let mut with: Vec<String> = Vec::new();
    for (key, values) in cube.labels() {
        with.push(format!("label {}", condition(key, values)));
    }
    if cube.account() != &Values::present() {
        with.push(format!("service account {}", values_of(cube.account())));
    }
    let mut out = match with.as_slice() {
        [] => "every pod".to_owned(),
        some => format!("pods with {}", list(some, "and")),
    };
    out.push_str(&place(cube));
    out
}

fn place(cube: &Cube) -> String {
    let mut parts = Vec::new();
    if cube.namespace() != &Values::present() {
        parts.push(format!("namespace {}", values_of(cube.namespace())));
    }
    for (key, values) in cube.namespace_labels() {
        parts.push(format!("namespaces with label {}", condition(key, values)));
    }
    match parts.as_slice() {
        [] => " in any namespace".to_owned(),
        some => format!(" in {}", list(some, "and")),
    }
}

fn condition(key: &str, values: &Values) -> String {
    let given: Vec<String> = values
        .listed()
        .iter()
        .flatten()
        .map(|value| format!("\"{value}\""))
        .collect();
    let absent = values.listed().contains(&None);
    match (values.is_negated(), absent, given.is_empty()) {
        (false, true, true) => format!("`{key}` absent"),
        (true, true, true) => format!("`{key}` present"),
        (false, false, _) => format!("`{key}` = {}", list(&given, "or")),
        (false, true, false) => format!("`{key}` = {} or absent", list(&given, "or")),
        (true, false, _) => format!("`{key}` not {} (or absent)", list(&given, "or")),
        (true, true, false) => format!("`{key}` present and not {}", list(&given, "or")),
    }
}

fn values_of(values: &Values) -> String {
    let given: Vec<String> = values
        .listed()
        .iter()
        .flatten()
        .map(|v| format!("`{v}`"))
        .collect();
    if values.is_negated() {
        format!("other than {}", list(&given, "or"))
    } else {
        list(&given, "or")
    }
}

/// A set as an end of a rule, each part by the shortest name it has.
pub(super) fn set(set: &Set) -> String {
    let mut parts: Vec<String> = Vec::new();
    for entity in &set.entities {
        parts.push(entity_words(*entity).to_owned());
    }
    for part in &set.pods {
        parts.push(pod_part(part));
    }
    for net in &set.nets {
        parts.push(network(net));
    }
    for name in &set.names {
        parts.push(format!(
            "the name `{}` (by the addresses that DNS gave it)",
            name.pattern
        ));
    }
    list(&parts, "and")
}

fn pod_part(part: &PodPart) -> String {
    let what = match &part.workload {
        Some(name) => format!("`{}`", name.rsplit('.').next().unwrap_or(name)),
        None => pods(&part.pods),
    };
    match &part.resolved {
        Some(service) => format!("{what} (behind {service})"),
        None => what,
    }
}

fn network(net: &Net) -> String {
    if net.except.is_empty() {
        return format!("`{}`", net.cidr);
    }
    let except: Vec<String> = net.except.iter().map(|cidr| format!("`{cidr}`")).collect();
    format!("`{}` without {}", net.cidr, list(&except, "and"))
}

pub(super) fn entity_words(entity: Entity) -> &'static str {
    match entity {
        Entity::All => "everything",
        Entity::World => "the world outside the cluster",
        Entity::Cluster => "everything in the cluster",
        Entity::Host => "the pod's own node",
        Entity::RemoteNode => "other nodes",
        Entity::KubeApiserver => "the Kubernetes API server",
        Entity::Health => "Cilium's health endpoints",
        Entity::CiliumIngress => "Cilium's ingress proxy",
    }
}

pub(super) fn ports(ports: &PortSet) -> String {
    if ports.all {
        return "on every protocol and port, ICMP included".to_owned();
    }
    format!("on {ports}")
}

/// What a clause demands of the traffic.
pub(super) fn via(via: &Via) -> String {
    match via {
        Via::Tls(names) => format!(
            "only TLS whose client names {} (SNI); without TLS, or without a name, it is refused",
            patterns(names)
        ),
        Via::Http(rule) => http("HTTP", rule),
        Via::Grpc(rule) => http("gRPC", rule),
        Via::Dns(names) => format!("only DNS queries for {}", patterns(names)),
    }
}

fn http(kind: &str, rule: &HttpRule) -> String {
    let mut out = format!("only {kind} requests");
    if !rule.entries.is_empty() {
        let entries: Vec<String> = rule.entries.iter().map(|e| format!("`{e}`")).collect();
        out.push_str(&format!(" {}", list(&entries, "or")));
    }
    if !rule.hosts.is_empty() {
        out.push_str(&format!(" with the host {}", patterns(&rule.hosts)));
    }
    out
}

fn patterns(names: &[NamePattern]) -> String {
    let parts: Vec<String> = names
        .iter()
        .map(|name| {
            if name.is_any() {
                "any name".to_owned()
            } else {
                format!("`{name}`")
            }
        })
        .collect();
    list(&parts, "or")
}

/// What a declaration says of its pods.
pub(super) fn workload(workload: &Workload) -> String {
    let mut out = format!("`{}` is {}.\n", workload.short, pods(&workload.pods));
    out.push_str(&match workload.ownership {
        Ownership::Owned => sealing(workload),
        Ownership::Foreign => {
            "It is foreign: it exists, but no policy is written for it here.\n".to_owned()
        }
        Ownership::Imported => {
            "It is declared by another package, and no policy is written for it here.\n".to_owned()
        }
    });
    out
}

fn sealing(workload: &Workload) -> String {
    if workload.observed {
        return "It is in stage observe: what no rule allows still passes.\n".to_owned();
    }
    match (workload.open_ingress, workload.open_egress) {
        (false, false) => {
            "It is sealed: what no rule allows is denied, in both directions.\n".to_owned()
        }
        (true, false) => {
            "It is sealed for egress; its declaration leaves ingress open.\n".to_owned()
        }
        (false, true) => {
            "It is sealed for ingress; its declaration leaves egress open.\n".to_owned()
        }
        (true, true) => "Its declaration seals nothing.\n".to_owned(),
    }
}

/// The owned workloads at which an end stands, for "who enforces it", and those that leave it out: a
/// deny of what is in stage observe.
pub(super) fn owned(end: &EndRule, model: &Model) -> (Vec<String>, Vec<String>) {
    let set = &end.subject;
    let everyone = set.entities.contains(&Entity::All);
    let owned = model
        .workloads
        .iter()
        .filter(|w| w.ownership == Ownership::Owned)
        .filter(|w| everyone || set.pods.iter().any(|part| !part.pods.disjoint(&w.pods)));
    let (observed, enforced): (Vec<_>, Vec<_>) =
        owned.partition(|w| w.observed && end.verdict == Verdict::Deny);
    let names = |list: Vec<&Workload>| list.iter().map(|w| format!("`{}`", w.short)).collect();
    (names(enforced), names(observed))
}
