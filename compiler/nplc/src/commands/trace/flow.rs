//! Flows as JSON, one a line (cli.md §3), to what the interpreter takes.
//!
//! Keys beside those that are known are let be in a flow (logs carry more), unless one of them
//! looks like a slip, and refused in a peer, where a slip would silently describe another pod.

use std::{collections::BTreeMap, fmt, net::IpAddr};

use npl_diagnostics::suggest;
use npl_policy::{
    interpret::{Endpoint, in_its_namespace},
    inventory::{Inventory, PodTemplate, Proto},
    model::{Entity, Facts, FlowEnd, FlowPort, Pod, Set, TestFlow},
    port::{icmp_named, icmp_names},
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};
use serde_json::Value;
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
    icmp: Option<SmolStr>,
    /// Of ICMP. What a log calls the type of something else is let be.
    #[serde(rename = "type")]
    icmp_type: Option<Value>,
}

/// The keys that a slip may have meant. `type` is no one of them: "time" is near to it, and a flow
/// of ICMP without it is refused.
const FLOW_KEYS: [&str; 8] = ["src", "dst", "port", "proto", "sni", "http", "dns", "icmp"];

const HTTP_KEYS: [&str; 3] = ["method", "path", "host"];

/// The key of a flow that looks like a slip of another one, and a sentence.
pub(super) fn slip(line: &str) -> Option<(String, String)> {
    let flow: BTreeMap<String, Value> = json::read(line).ok()?;
    let http = flow.get("http").and_then(Value::as_object);
    let near = |key: &str, known: &[&'static str]| {
        let unknown = !known.contains(&key) && key != "type";
        let near = if key == "protocol" {
            Some("proto")
        } else {
            suggest(key, known.iter().copied())
        };
        near.filter(|_| unknown)
    };
    for key in flow.keys() {
        if let Some(near) = near(key, &FLOW_KEYS) {
            let why = format!("a flow has no `{key}`; did you mean `{near}`?");
            return Some((key.clone(), why));
        }
    }
    for key in http.into_iter().flat_map(serde_json::Map::keys) {
        if let Some(near) = near(key, &HTTP_KEYS) {
            let why = format!("`http` of a flow has no `{key}`; did you mean `{near}`?");
            return Some(("http".to_owned(), why));
        }
    }
    None
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
    ip: Option<Address>,
    fqdn: Option<SmolStr>,
    entity: Option<String>,
}

/// As the language reads one (NPL0016): an IPv4 address has one spelling.
#[derive(Clone, Copy, Debug)]
struct Address(IpAddr);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let ip = IpAddr::deserialize(from)?;
        let four = match ip {
            IpAddr::V6(six) => six.to_ipv4_mapped(),
            IpAddr::V4(_) => None,
        };
        match four {
            None => Ok(Self(ip)),
            Some(four) => Err(D::Error::custom(format!(
                "`{ip}` is an IPv4 address written as IPv6; write `{four}`"
            ))),
        }
    }
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
    /// `None`: every port.
    pub port: Option<FlowPort>,
    pub facts: Facts,
}

impl Asked {
    /// A flow in words.
    pub(super) fn of(stated: &TestFlow, around: Around<'_>) -> Self {
        let end = |end: &FlowEnd| match end {
            FlowEnd::Addr(ip) => End::Exactly(vec![at(*ip, around)]),
            FlowEnd::Name(name) => named(name, around),
            FlowEnd::Pod(pod) => {
                let pod = in_its_namespace(pod, around.inventory);
                End::Exactly(vec![Endpoint::Pod(pod)])
            }
            FlowEnd::Set(_) => End::Any(end.clone()),
        };
        let mut out = Self {
            src: end(&stated.from),
            dst: end(&stated.to),
            port: stated.port,
            facts: stated.facts.clone(),
        };
        if stated.names_address()
            && let End::Exactly(ends) = &mut out.dst
            && let [Endpoint::Addr { names, .. }] = ends.as_mut_slice()
        {
            names.extend(out.facts.dns.take());
        }
        out
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
            port: Some(self.flow_port(around)?),
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
        let proto = match (&self.proto, &self.icmp) {
            (Some(proto), _) => proto.to_ascii_uppercase(),
            (None, Some(_)) => "ICMP".to_owned(),
            (None, None) => "TCP".to_owned(),
        };
        let over = match proto.as_str() {
            "TCP" => Proto::Tcp,
            "UDP" => Proto::Udp,
            "SCTP" => Proto::Sctp,
            "ICMP" | "ICMPV4" => return self.icmp_type(Family::V4).map(FlowPort::Icmp4),
            "ICMPV6" => return self.icmp_type(Family::V6).map(FlowPort::Icmp6),
            other => {
                let why = format!("`proto` is `{other}`; it is TCP, UDP, SCTP, ICMP or ICMPv6");
                return Err(("proto", why));
            }
        };
        if self.icmp.is_some() {
            return Err(("icmp", format!("a flow of {proto} has no `icmp`")));
        }
        let number = match &self.port {
            None => return Err(("src", "the flow has no `port`".to_owned())),
            Some(Port::Number(number)) => *number,
            Some(Port::Name(name)) => {
                let number = self.named_port(name, over, around);
                number.map_err(|why| ("port", why))?
            }
        };
        Ok(match over {
            Proto::Tcp => FlowPort::Tcp(number),
            Proto::Udp => FlowPort::Udp(number),
            Proto::Sctp => FlowPort::Sctp(number),
        })
    }

    /// The type of a flow of ICMP: by its name, its number, or its number as the `port`.
    fn icmp_type(&self, family: Family) -> Result<u8, (&'static str, String)> {
        let no_type = |key, given: &dyn fmt::Display| {
            let why = format!("`{given}` is no ICMP type, which is a number up to 255");
            (key, why)
        };
        match (&self.icmp, &self.icmp_type, &self.port) {
            (Some(name), None, None) => icmp_type(name, family).map_err(|why| ("icmp", why)),
            (None, Some(given), None) => {
                let number = given.as_u64().and_then(|n| u8::try_from(n).ok());
                number.ok_or_else(|| no_type("type", given))
            }
            (None, None, Some(Port::Number(n))) => u8::try_from(*n).map_err(|_| no_type("port", n)),
            (None, None, Some(Port::Name(name))) => Err(no_type("port", name)),
            (None, None, None) => Err((
                "src",
                "the flow is ICMP and has no type; give `type`, as 8, or `icmp`, as \"echo\""
                    .to_owned(),
            )),
            _ => Err((
                if self.icmp.is_some() { "icmp" } else { "type" },
                "the flow has its ICMP type twice; give one of `icmp`, `type` and `port`"
                    .to_owned(),
            )),
        }
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

/// The type that a name of the module `icmp` stands for.
fn icmp_type(name: &str, family: Family) -> Result<u8, String> {
    let (label, proto) = match family {
        Family::V4 => ("ICMP", "ICMPv6"),
        Family::V6 => ("ICMPv6", "ICMP"),
    };
    let Some(set) = icmp_named(name) else {
        let near = suggest(name, icmp_names());
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        let near = near.unwrap_or_else(|| "; give its number as `type`".to_owned());
        return Err(format!("`{name}` is no ICMP type that has a name{near}"));
    };
    let port = |n: u8| match family {
        Family::V4 => FlowPort::Icmp4(n),
        Family::V6 => FlowPort::Icmp6(n),
    };
    let types: Vec<u8> = (0..=u8::MAX).filter(|n| set.contains(port(*n))).collect();
    match types.as_slice() {
        [one] => Ok(*one),
        [] => Err(format!(
            "`{name}` is no type of {label}; it is one of {proto}"
        )),
        several => {
            let several: Vec<String> = several.iter().map(u8::to_string).collect();
            let several = several.join(" and ");
            Err(format!(
                "`{name}` is types {several} of {label}; give one as `type`"
            ))
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
        if let Some(Address(ip)) = self.ip {
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
    let read: BTreeMap<String, Vec<Address>> = json::read(text)?;
    let fold = |name: &str| name.to_ascii_lowercase().trim_end_matches('.').to_owned();
    Ok(read
        .iter()
        .map(|(name, list)| (fold(name), list.iter().map(|Address(ip)| *ip).collect()))
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
    fn flows_of_icmp() {
        let port = |rest: &str| {
            let pod = r#"{"namespace": "n", "labels": {}}"#;
            let text = format!(r#"{{"src": {pod}, "dst": {pod}, {rest}}}"#);
            asked(&text, "{}").map(|asked| asked.port)
        };
        let (four, six) = (FlowPort::Icmp4, FlowPort::Icmp6);
        for (rest, want) in [
            (r#""proto": "ICMP", "icmp": "echo""#, four(8)),
            (r#""icmp": "echo""#, four(8)),
            (r#""proto": "ICMP", "type": 8"#, four(8)),
            (r#""proto": "icmp", "port": 8"#, four(8)),
            (r#""proto": "ICMPv6", "icmp": "echo""#, six(128)),
            (r#""proto": "ICMPv6", "type": 135"#, six(135)),
            (
                r#""proto": "TCP", "port": 1, "type": "L3_L4""#,
                FlowPort::Tcp(1),
            ),
        ] {
            assert_eq!(port(rest), Ok(Some(want)), "{rest}");
        }
        for (rest, why) in [
            (
                r#""proto": "ICMP""#,
                "is ICMP and has no type; give `type`, as 8, or `icmp`",
            ),
            (r#""proto": "ICMP", "type": 256"#, "`256` is no ICMP type"),
            (r#""proto": "ICMP", "port": "web""#, "`web` is no ICMP type"),
            (
                r#""proto": "ICMP", "type": 8, "icmp": "echo""#,
                "type twice",
            ),
            (r#""proto": "ICMP", "icmp": "ecco""#, "did you mean `echo`?"),
            (
                r#""proto": "ICMP", "icmp": "echo-v6""#,
                "no type of ICMP; it is one of ICMPv6",
            ),
            (
                r#""proto": "ICMPv6", "icmp": "unreachable""#,
                "types 1 and 2 of ICMPv6",
            ),
            (
                r#""proto": "TCP", "port": 1, "icmp": "echo""#,
                "a flow of TCP has no `icmp`",
            ),
        ] {
            let got = port(rest).unwrap_err();
            assert!(got.contains(why), "{rest}: {got}");
        }
    }

    #[test]
    fn slips_of_keys() {
        let why = |line: &str| slip(line).map(|(_, why)| why);
        let said =
            |key: &str, near: &str| Some(format!("a flow has no `{key}`; did you mean `{near}`?"));
        assert_eq!(why(r#"{"snii": "x"}"#), said("snii", "sni"));
        assert_eq!(why(r#"{"protocol": "UDP"}"#), said("protocol", "proto"));
        assert_eq!(why(r#"{"Proto": "UDP"}"#), said("Proto", "proto"));
        assert_eq!(
            why(r#"{"http": {"metod": "GET"}}"#).as_deref(),
            Some("`http` of a flow has no `metod`; did you mean `method`?")
        );
        // What logs and our own answers carry besides.
        let more = r#"{"type": "L7", "time": 1, "verdict": "allow", "needs": "sni",
            "egress": "allow", "ingress": "allow", "http": {"headers": [], "url": ""}}"#;
        assert_eq!(why(more), None);
    }

    #[test]
    fn addresses_have_one_spelling() {
        let flow = r#"{"src": {"namespace": "n"}, "dst": {"ip": "::ffff:1.2.3.4"}, "port": 1}"#;
        let want = "`::ffff:1.2.3.4` is an IPv4 address written as IPv6; write `1.2.3.4`";
        assert_eq!(asked(flow, "{}").unwrap_err(), want);
        let wrong = read_dns(r#"{"a.example": ["::FFFF:0102:0304"]}"#).unwrap_err();
        assert_eq!(wrong.why, want);
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
