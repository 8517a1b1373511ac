//! Flows as JSON, one a line (cli.md §3), to what the interpreter takes.
//!
//! Keys beside those that are known are let be in a flow (logs carry more), and refused in a peer,
//! where a slip would silently describe another pod.

use std::{collections::BTreeMap, fmt, net::IpAddr};

use npl_policy::{
    interpret::{Endpoint, in_its_namespace},
    inventory::{Inventory, PodTemplate, Proto},
    model::{Entity, Facts, FlowEnd, FlowPort, Pod, Set, TestFlow},
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};
use smol_str::SmolStr;

use super::json;

/// `--dns FILE`: the addresses of names.
pub(super) type Dns = BTreeMap<String, Vec<IpAddr>>;

#[derive(Debug, Deserialize)]
#[serde(expecting = "a flow, which is an object with `src`, `dst` and `port`,")]
pub(super) struct JsonFlow {
    src: Peer,
    dst: Peer,
    port: Option<Port>,
    proto: Option<String>,
    sni: Option<SmolStr>,
    http: Option<Http>,
    dns: Option<SmolStr>,
}

#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a peer, which is an object as {\"namespace\", \"labels\"} or {\"ip\"},"
)]
struct Peer {
    namespace: Option<SmolStr>,
    labels: Option<BTreeMap<SmolStr, SmolStr>>,
    #[serde(rename = "nsLabels")]
    namespace_labels: Option<BTreeMap<SmolStr, SmolStr>>,
    #[serde(rename = "serviceAccount")]
    account: Option<SmolStr>,
    ip: Option<IpAddr>,
    fqdn: Option<SmolStr>,
    entity: Option<String>,
}

#[derive(Debug)]
enum Port {
    Number(u16),
    Name(String),
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Port;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port, which is a number up to 65535 or a name,")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Port, E> {
                let wrong = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
                u16::try_from(number).map(Port::Number).map_err(wrong)
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Port, E> {
                Ok(Port::Name(name.to_owned()))
            }
        }
        from.deserialize_any(Reader)
    }
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object with `method`, `path` and `host`")]
struct Http {
    method: Option<SmolStr>,
    path: Option<SmolStr>,
    host: Option<SmolStr>,
}

/// What surrounds the flows of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    pub inventory: Option<&'a Inventory>,
    pub dns: &'a Dns,
}

/// One end: the endpoints that it is, or what it stands for.
#[derive(Debug)]
pub(super) enum End {
    Exactly(Vec<Endpoint>),
    Any(FlowEnd),
}

#[derive(Debug)]
pub(super) struct Asked {
    pub src: End,
    pub dst: End,
    pub port: FlowPort,
    pub facts: Facts,
}

impl Asked {
    /// A flow in words, where `--dns` gives addresses their names.
    pub(super) fn of(stated: &TestFlow, port: FlowPort, around: Around<'_>) -> Self {
        let end = |end: &FlowEnd| match end {
            FlowEnd::Addr(ip) => End::Exactly(vec![at(*ip, around)]),
            FlowEnd::Name(name) => named(name, around),
            FlowEnd::Pod(pod) => {
                let pod = in_its_namespace(pod, around.inventory);
                End::Exactly(vec![Endpoint::Pod(pod)])
            }
            FlowEnd::Set(_) => End::Any(end.clone()),
        };
        Self {
            src: end(&stated.from),
            dst: end(&stated.to),
            port,
            facts: stated.facts.clone(),
        }
    }
}

impl JsonFlow {
    /// What it asks; the key that keeps it from asking anything, and a sentence.
    pub(super) fn asked(&self, around: Around<'_>) -> Result<Asked, (&'static str, String)> {
        let http = self.http.as_ref();
        let end = |key, peer: &Peer| {
            let wrong = |why| (key, format!("`{key}` {why}"));
            peer.end(around).map_err(wrong)
        };
        Ok(Asked {
            src: end("src", &self.src)?,
            dst: end("dst", &self.dst)?,
            port: self.flow_port(around)?,
            facts: Facts {
                sni: self.sni.clone(),
                method: http.and_then(|http| http.method.clone()),
                path: http.and_then(|http| http.path.clone()),
                host: http.and_then(|http| http.host.clone()),
                dns: self.dns.clone(),
            },
        })
    }

    fn flow_port(&self, around: Around<'_>) -> Result<FlowPort, (&'static str, String)> {
        let proto = self.proto.as_deref().unwrap_or("TCP").to_ascii_uppercase();
        let icmp = |n: u16| {
            let wrong = |_| ("port", format!("{n} is no ICMP type; it is at most 255"));
            u8::try_from(n).map_err(wrong)
        };
        let named = |name, proto| {
            let number = self.named_port(name, proto, around);
            number.map_err(|why| ("port", why))
        };
        let (number, proto) = match (&self.port, proto.as_str()) {
            (None, _) => return Err(("src", "the flow has no `port`".to_owned())),
            (Some(Port::Number(n)), "TCP") => (*n, Proto::Tcp),
            (Some(Port::Number(n)), "UDP") => (*n, Proto::Udp),
            (Some(Port::Number(n)), "SCTP") => (*n, Proto::Sctp),
            (Some(Port::Number(n)), "ICMP" | "ICMPV4") => return Ok(FlowPort::Icmp4(icmp(*n)?)),
            (Some(Port::Number(n)), "ICMPV6") => return Ok(FlowPort::Icmp6(icmp(*n)?)),
            (Some(Port::Name(name)), "TCP") => (named(name, Proto::Tcp)?, Proto::Tcp),
            (Some(Port::Name(name)), "UDP") => (named(name, Proto::Udp)?, Proto::Udp),
            (Some(Port::Name(name)), "SCTP") => (named(name, Proto::Sctp)?, Proto::Sctp),
            (_, other) => {
                let why = format!("`proto` is `{other}`; it is TCP, UDP, SCTP, ICMP or ICMPv6");
                return Err(("proto", why));
            }
        };
        Ok(match proto {
            Proto::Tcp => FlowPort::Tcp(number),
            Proto::Udp => FlowPort::Udp(number),
            Proto::Sctp => FlowPort::Sctp(number),
        })
    }

    /// A container port's name, as the destination's manifest gives it.
    fn named_port(&self, name: &str, proto: Proto, around: Around<'_>) -> Result<u16, String> {
        let no = || format!("no manifest of the destination gives port `{name}` a number");
        let inventory = around.inventory.ok_or_else(no)?;
        let mut numbers: Vec<u16> = inventory
            .workloads
            .iter()
            .filter(|template| self.dst.is(template))
            .flat_map(|template| &template.ports)
            .filter(|port| port.proto == proto && port.name.as_deref() == Some(name))
            .map(|port| port.port)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        match numbers.as_slice() {
            [one] => Ok(*one),
            [] => Err(no()),
            _ => Err(format!(
                "the destination's manifests give port `{name}` several numbers"
            )),
        }
    }
}

impl Peer {
    fn end(&self, around: Around<'_>) -> Result<End, String> {
        let pod = self.namespace.is_some()
            || self.labels.is_some()
            || self.namespace_labels.is_some()
            || self.account.is_some();
        let ways = [
            pod,
            self.ip.is_some(),
            self.fqdn.is_some(),
            self.entity.is_some(),
        ];
        if ways.iter().filter(|given| **given).count() != 1 {
            return Err("is one of {namespace, labels}, {ip}, {fqdn} and {entity}".to_owned());
        }
        if let Some(ip) = self.ip {
            return Ok(End::Exactly(vec![at(ip, around)]));
        }
        if let Some(name) = &self.fqdn {
            return Ok(named(name, around));
        }
        if let Some(entity) = &self.entity {
            return entity_end(entity);
        }
        self.pod(around)
            .map(|pod| End::Exactly(vec![Endpoint::Pod(pod)]))
    }

    fn pod(&self, around: Around<'_>) -> Result<Pod, String> {
        let Some(namespace) = self.namespace.clone() else {
            return Err("is a pod without `namespace`".to_owned());
        };
        let pairs = |map: &BTreeMap<SmolStr, SmolStr>| {
            map.iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect::<Vec<_>>()
        };
        let namespace_labels = match &self.namespace_labels {
            Some(given) => pairs(given),
            None => labels_of(&namespace, around.inventory),
        };
        Ok(Pod {
            namespace,
            namespace_labels,
            labels: self.labels.as_ref().map(pairs).unwrap_or_default(),
            account: self.account.clone().unwrap_or_else(|| "default".into()),
        })
    }

    /// The template makes pods like this one: its labels are the least that a pod of it has.
    fn is(&self, template: &PodTemplate) -> bool {
        self.namespace.as_ref() == Some(&template.namespace)
            && template.labels.iter().all(|(key, value)| {
                self.labels.as_ref().and_then(|labels| labels.get(key)) == Some(value)
            })
    }
}

/// A pod or node of the inventory that has the address; else a place in the world, with every name
/// that `--dns` gives it: an address that several names share is all of them.
fn at(ip: IpAddr, around: Around<'_>) -> Endpoint {
    if let Some(inventory) = around.inventory {
        let mut pods = inventory.workloads.iter().filter(|w| !w.host_network);
        if let Some(template) = pods.find(|w| w.addresses.contains(&ip)) {
            return Endpoint::Pod(Pod {
                namespace: template.namespace.clone(),
                namespace_labels: labels_of(&template.namespace, around.inventory),
                labels: template.labels.clone(),
                account: template.account.clone(),
            });
        }
        if inventory
            .nodes
            .iter()
            .any(|node| node.addresses.contains(&ip))
        {
            return Endpoint::RemoteNode { api_server: false };
        }
    }
    let has = |(name, addresses): (&String, &Vec<IpAddr>)| {
        addresses.contains(&ip).then(|| SmolStr::from(name))
    };
    Endpoint::Addr {
        ip,
        names: around.dns.iter().filter_map(has).collect(),
        api_server: false,
    }
}

fn named(name: &SmolStr, around: Around<'_>) -> End {
    let folded = name.to_ascii_lowercase();
    let folded = folded.trim_end_matches('.');
    match around.dns.get(folded) {
        Some(addresses) if !addresses.is_empty() => {
            End::Exactly(addresses.iter().map(|ip| at(*ip, around)).collect())
        }
        _ => End::Any(FlowEnd::Name(folded.into())),
    }
}

/// Names as NPL writes them, and as Cilium does.
fn entity_end(name: &str) -> Result<End, String> {
    let one = |endpoint| Ok(End::Exactly(vec![endpoint]));
    let many = |entity| {
        Ok(End::Any(FlowEnd::Set(std::sync::Arc::new(Set {
            entities: vec![entity],
            ..Set::default()
        }))))
    };
    match name.replace('-', "_").as_str() {
        "host" => one(Endpoint::Host { api_server: false }),
        "remote_node" => one(Endpoint::RemoteNode { api_server: false }),
        "kube_apiserver" => one(Endpoint::KubeApiserver),
        "health" => one(Endpoint::Health),
        "cilium_ingress" | "ingress" => one(Endpoint::CiliumIngress),
        "world" => many(Entity::World),
        "cluster" => many(Entity::Cluster),
        "all" => many(Entity::All),
        _ => Err(format!("names the entity `{name}`, which does not exist")),
    }
}

fn labels_of(namespace: &SmolStr, inventory: Option<&Inventory>) -> Vec<(SmolStr, SmolStr)> {
    let namespaces = inventory.map(|inventory| inventory.namespaces.as_slice());
    let mut namespaces = namespaces.unwrap_or_default().iter();
    let found = namespaces.find(|known| known.name == *namespace);
    found.map(|known| known.labels.clone()).unwrap_or_default()
}

/// Reads `--dns`: names are folded as patterns are.
pub(super) fn read_dns(text: &str) -> Result<Dns, json::Wrong> {
    let read: Dns = json::read(text)?;
    let fold = |name: &str| name.to_ascii_lowercase().trim_end_matches('.').to_owned();
    Ok(read
        .iter()
        .map(|(name, list)| (fold(name), list.clone()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str, dns: &str) -> Result<Asked, String> {
        let flow: JsonFlow = json::read(text).map_err(|wrong| wrong.why)?;
        let dns = read_dns(dns).unwrap();
        let around = Around {
            inventory: None,
            dns: &dns,
        };
        flow.asked(around).map_err(|(_, why)| why)
    }

    #[test]
    fn an_address_has_every_name_that_dns_gives_it() {
        let text = r#"{"src": {"namespace": "n", "labels": {"a": "b"}},
            "dst": {"fqdn": "Api.Example.com."}, "port": 443}"#;
        let dns = r#"{"api.example.com": ["192.0.2.1"], "other.example": ["192.0.2.1"]}"#;
        let End::Exactly(ends) = asked(text, dns).unwrap().dst else {
            panic!("not exact");
        };
        let names = vec!["api.example.com".into(), "other.example".into()];
        let want = Endpoint::Addr {
            ip: "192.0.2.1".parse().unwrap(),
            names,
            api_server: false,
        };
        assert_eq!(ends, [want]);
    }

    #[test]
    fn what_describes_no_flow_is_refused() {
        let pod = r#"{"namespace": "n", "labels": {}}"#;
        for (text, why) in [
            (format!(r#"{{"src": {pod}, "dst": {pod}}}"#), "no `port`"),
            (
                format!(r#"{{"src": {pod}, "dst": {{"labels": {{}}}}, "port": 1}}"#),
                "`dst` is a pod without `namespace`",
            ),
            (
                format!(r#"{{"src": {pod}, "dst": {{"entity": "moon"}}, "port": 1}}"#),
                "entity `moon`",
            ),
            (
                format!(r#"{{"src": {pod}, "dst": {{}}, "port": 1}}"#),
                "`dst` is one of",
            ),
            (
                format!(
                    r#"{{"src": {pod}, "dst": {{"ip": "1.2.3.4", "label": {{}}}}, "port": 1}}"#
                ),
                "unknown field",
            ),
            (
                format!(r#"{{"src": {pod}, "dst": {pod}, "port": "web"}}"#),
                "gives port `web` a number",
            ),
            (
                format!(r#"{{"src": {pod}, "dst": {pod}, "port": 1, "proto": "TPC"}}"#),
                "`proto` is `TPC`",
            ),
            (
                format!(r#"{{"src": {pod}, "dst": 7}}"#),
                "the number `7` where a peer, which is an object as ",
            ),
            (
                format!(r#"{{"src": {pod}, "dst": {pod}, "port": 70000}}"#),
                "the number `70000` where a port, which is a number up to 65535 or a name, belongs",
            ),
            (
                format!(r#"{{"src": {pod}, "dst": {pod}, "port": [1]}}"#),
                "a list where a port, ",
            ),
            (
                r#""frontend -> api:443""#.to_owned(),
                "the text \"frontend -> api:443\" where a flow, which is an object with ",
            ),
        ] {
            let got = asked(&text, "{}").unwrap_err();
            assert!(got.contains(why), "{text}: {got}");
        }
    }
}
