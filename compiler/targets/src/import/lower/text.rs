//! One line of text for a rule, in the words of the language.

use std::fmt::Write as _;

use npl_policy::{
    label::{Cube, Values},
    model::{Entity, Set, Via},
    port::PortSet,
};

/// `allow ingress {app: "web"} in shop -> api:443/tcp via tls.sni "a.example.com"`.
pub(super) fn rule(
    (deny, ingress): (bool, bool),
    subject: &str,
    peers: &Set,
    ports: &PortSet,
    via: Option<&Via>,
) -> String {
    let verb = if deny { "deny" } else { "allow" };
    let direction = if ingress { "ingress" } else { "egress" };
    let peers = set(peers);
    let (from, to) = match ingress {
        true => (peers, subject.to_owned()),
        false => (subject.to_owned(), peers),
    };
    let mut out = format!("{verb} {direction} {from} -> {to}");
    if !ports.all {
        let _ = write!(out, ":{ports}");
    }
    if let Some(via) = via {
        let _ = write!(out, " via {}", clause(via));
    }
    out
}

fn set(set: &Set) -> String {
    let mut out: Vec<String> = Vec::new();
    out.extend(set.pods.iter().map(|part| match &part.workload {
        Some(name) => name.to_string(),
        None => pods(&part.pods),
    }));
    out.extend(set.nets.iter().map(|net| {
        let except: Vec<String> = net.except.iter().map(ToString::to_string).collect();
        match except.is_empty() {
            true => net.cidr.to_string(),
            false => format!("{} except {}", net.cidr, except.join(" | ")),
        }
    }));
    out.extend(set.names.iter().map(|part| format!("\"{}\"", part.pattern)));
    out.extend(set.entities.iter().map(|e| entity(*e).to_owned()));
    match out.as_slice() {
        [one] => one.clone(),
        many => format!("({})", many.join(" | ")),
    }
}

fn entity(entity: Entity) -> &'static str {
    match entity {
        Entity::All => "all",
        Entity::World => "world",
        Entity::Cluster => "cluster",
        Entity::Host => "host",
        Entity::RemoteNode => "remote_node",
        Entity::KubeApiserver => "kube_apiserver",
        Entity::Health => "health",
        Entity::CiliumIngress => "cilium_ingress",
    }
}

pub(super) fn pods(pods: &Cube) -> String {
    let mut out = braces(pods.labels());
    let namespace = pods.namespace();
    let listed: Vec<String> = namespace
        .listed()
        .iter()
        .flatten()
        .map(|name| format!("\"{name}\""))
        .collect();
    match (
        namespace.is_negated(),
        listed.as_slice(),
        namespace.listed(),
    ) {
        (false, _, [Some(one)]) => {
            let _ = write!(out, " in {one}");
        }
        (false, listed, _) => {
            let _ = write!(out, " in [{}]", listed.join(", "));
        }
        (true, [], _) if pods.namespace_labels().is_empty() => out.push_str(" in any namespace"),
        (true, [], _) => {}
        (true, listed, _) => {
            let _ = write!(out, " not in [{}]", listed.join(", "));
        }
    }
    if !pods.namespace_labels().is_empty() {
        let _ = write!(out, " in namespace {}", braces(pods.namespace_labels()));
    }
    if let (false, [Some(account)]) = (pods.account().is_negated(), pods.account().listed()) {
        let _ = write!(out, " account \"{account}\"");
    } else if *pods.account() != Values::present() {
        let _ = write!(out, " account {}", values(pods.account()));
    }
    out
}

fn braces(labels: &[(smol_str::SmolStr, Values)]) -> String {
    let items: Vec<String> = labels
        .iter()
        .map(|(key, values)| label(key, values))
        .collect();
    match items.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{ {} }}", items.join(", ")),
    }
}

fn label(key: &str, of: &Values) -> String {
    let plain = key
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let key = match plain {
        true => key.to_owned(),
        false => format!("\"{key}\""),
    };
    match (of.is_negated(), of.listed()) {
        (false, [Some(one)]) => format!("{key}: \"{one}\""),
        (false, [None]) => format!("!{key}"),
        (true, [None]) => key,
        _ => format!("{key} {}", values(of)),
    }
}

fn values(of: &Values) -> String {
    let list: Vec<String> = of
        .listed()
        .iter()
        .flatten()
        .map(|v| format!("\"{v}\""))
        .collect();
    let not = if of.is_negated() { "not " } else { "" };
    format!("{not}in [{}]", list.join(", "))
}

fn clause(via: &Via) -> String {
    let names = |names: &[npl_policy::name::NamePattern]| {
        let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        names.join(" | ")
    };
    match via {
        Via::Tls(list) => format!("tls.sni {}", names(list)),
        Via::Dns(list) => format!("dns {}", names(list)),
        Via::Http(rule) | Via::Grpc(rule) => {
            let mut out = match rule.hosts.is_empty() {
                true => "http".to_owned(),
                false => format!("http.host {}", names(&rule.hosts)),
            };
            let entries: Vec<String> = rule.entries.iter().map(ToString::to_string).collect();
            if entries.is_empty() && rule.hosts.is_empty() {
                out.push_str(" { \"/**\" }");
            } else if !entries.is_empty() {
                let _ = write!(out, " {{ {} }}", entries.join("  "));
            }
            out
        }
    }
}
