//! Random policies in YAML, at the edges of what Cilium does with them, and flows aimed at them.

use std::fmt::Write as _;

use npl_targets::import::{
    judge::{Facts, Flow, FlowEnd, Pod},
    shape::{PortNumber, Proto},
};
use npl_test_support::random::Rng;

fn pick<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    list[rng.below(list.len())]
}

/// Subjects of a namespaced policy.
const SUBJECTS: [&str; 7] = [
    "{}",
    "{matchLabels: {app: a}}",
    "{matchLabels: {app: a, tier: x}}",
    "{matchLabels: {app: b}}",
    "{matchExpressions: [{key: app, operator: In, values: [a, b]}]}",
    "{matchExpressions: [{key: tier, operator: DoesNotExist}]}",
    "{matchLabels: {io.cilium.k8s.policy.serviceaccount: robot}}",
];
const CLUSTERWIDE: [&str; 4] = [
    "{}",
    "{matchLabels: {app: a}}",
    "{matchLabels: {'k8s:io.kubernetes.pod.namespace': data}}",
    "{matchExpressions: [{key: io.cilium.k8s.namespace.labels.team, operator: Exists}]}",
];
const PEERS: [&str; 12] = [
    "{}",
    "{matchLabels: {app: a}}",
    "{matchLabels: {app: b}}",
    "{matchLabels: {'k8s:app': b}}",
    "{matchLabels: {app: b, tier: x}}",
    "{matchLabels: {app: a, 'k8s:io.kubernetes.pod.namespace': data}}",
    "{matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: In, values: [shop, data]}]}",
    "{matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: Exists}]}",
    "{matchExpressions: [{key: app, operator: NotIn, values: [a]}]}",
    "{matchExpressions: [{key: io.cilium.k8s.namespace.labels.team, operator: In, values: [pay]}]}",
    "{matchLabels: {pod-template-hash: x}}",
    "{matchExpressions: [{key: pod-template-hash, operator: DoesNotExist}, {key: tier, operator: Exists}]}",
];
const ENTITIES: [&str; 10] = [
    "all",
    "world",
    "cluster",
    "host",
    "remote-node",
    "kube-apiserver",
    "health",
    "ingress",
    "none",
    "world",
];
const NETWORKS: [&str; 7] = [
    "{cidr: 192.0.2.0/24}",
    "{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}",
    "{cidr: 10.1.2.3/16}",
    "{cidr: 0.0.0.0/0}",
    "{cidr: '::/0'}",
    "{cidr: 192.0.2.0/24, except: [192.0.2.0/24]}",
    "{cidrGroupRef: office, except: [10.1.0.0/16]}",
];
const NAMES: [&str; 5] = [
    "{matchName: api.example.com}",
    "{matchPattern: '*.example.com'}",
    "{matchPattern: '**.example.com'}",
    "{matchPattern: 'a***.example.com'}",
    "{matchName: other.test.}",
];
const PORTS: [&str; 12] = [
    "{port: \"443\", protocol: TCP}",
    "{port: \"443\"}",
    "{port: \"80\", protocol: TCP}",
    "{port: \"53\", protocol: UDP}",
    "{port: \"53\", protocol: ANY}",
    "{port: \"0\", protocol: TCP}",
    "{port: \"0\"}",
    "{port: \"400\", endPort: 500, protocol: TCP}",
    "{port: \"443\", endPort: 80, protocol: TCP}",
    "{port: \"443\", endPort: 443, protocol: TCP}",
    "{port: web, protocol: TCP}",
    "{port: \"80\", protocol: SCTP}",
];
const HTTP: [&str; 9] = [
    "[{}]",
    "[{method: GET}]",
    "[{method: GET, path: /public}]",
    "[{method: 'GET|PUT', path: '/public(\\?.*)?'}]",
    "[{path: /v1/.*}]",
    "[{path: '^/v1(/.*)?$'}, {method: POST, path: /orders}]",
    "[{path: '/v1/[^/?]+/x'}]",
    "[{path: '(/[^?#]*)?(\\?.*)?'}]",
    "[]",
];
const SNI: [&str; 4] = [
    "[a.example.com]",
    "[a.example.com, b.example.com]",
    "['*.example.com']",
    "['**.example.com']",
];
const DNS: [&str; 4] = [
    "[{matchPattern: '*'}]",
    "[{matchName: api.example.com}]",
    "[{matchPattern: '*.example.com'}]",
    "[{matchName: api.example.com}, {matchName: other.test}]",
];
const ICMP: [&str; 3] = [
    "[{fields: [{type: 8, family: IPv4}, {type: EchoRequest, family: IPv6}]}]",
    "[{fields: [{type: 3}]}]",
    "[{fields: [{type: 0}]}]",
];

/// What is always there beside the policies.
pub(crate) const AROUND: &str = "
apiVersion: cilium.io/v2
kind: CiliumCIDRGroup
metadata: {name: office}
spec: {externalCIDRs: [10.0.0.0/8, 203.0.113.0/24]}
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: shop, labels: {svc: front}}
spec: {selector: {app: b}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: outside-1, namespace: shop, labels: {kubernetes.io/service-name: outside}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.7]}]
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop, labels: {app: a}}
spec: {containers: [{name: c, ports: [{name: web, containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: shop, labels: {app: b, tier: x}}
spec: {containers: [{name: c, ports: [{name: web, containerPort: 443}]}]}
";

/// One program: documents without the `---` between them.
#[derive(Clone, Debug)]
pub(crate) struct Program(pub(crate) Vec<Document>);

#[derive(Clone, Debug)]
pub(crate) struct Document {
    head: String,
    /// Each with its list: `ingress`, `egressDeny` …
    items: Vec<(&'static str, String)>,
}

impl Program {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let count = 1 + rng.below(3);
        Self((0..count).map(|at| Document::random(rng, at)).collect())
    }

    pub(crate) fn text(&self) -> String {
        let documents: Vec<String> = self.0.iter().map(Document::text).collect();
        documents.join("---\n")
    }

    /// Each with one thing less.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut out = Vec::new();
        for at in 0..self.0.len() {
            if self.0.len() > 1 {
                let mut less = self.clone();
                less.0.remove(at);
                out.push(less);
            }
            for item in 0..self.0[at].items.len() {
                if self.0[at].items.len() > 1 {
                    let mut less = self.clone();
                    less.0[at].items.remove(item);
                    out.push(less);
                }
            }
        }
        out
    }
}

impl Document {
    fn random(rng: &mut Rng, at: usize) -> Self {
        match rng.below(10) {
            0..=5 => Self::cilium(rng, at, false),
            6 | 7 => Self::cilium(rng, at, true),
            _ => Self::kubernetes(rng, at),
        }
    }

    fn cilium(rng: &mut Rng, at: usize, clusterwide: bool) -> Self {
        let (kind, place, subject) = match clusterwide {
            true => (
                "CiliumClusterwideNetworkPolicy",
                String::new(),
                pick(rng, &CLUSTERWIDE),
            ),
            false => (
                "CiliumNetworkPolicy",
                format!(", namespace: {}", pick(rng, &["shop", "shop", "data"])),
                pick(rng, &SUBJECTS),
            ),
        };
        let mut head = format!(
            "apiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: p{at}{place}}}\nspec:\n  \
             endpointSelector: {subject}\n"
        );
        if rng.chance(20) {
            let words = ["true", "false"];
            let _ = writeln!(
                head,
                "  enableDefaultDeny: {{ingress: {}, egress: {}}}",
                pick(rng, &words),
                pick(rng, &words)
            );
        }
        let count = 1 + rng.below(4);
        let items = (0..count).map(|_| {
            let list = ["ingress", "egress", "egress", "ingressDeny", "egressDeny"][rng.below(5)];
            (list, cilium_item(rng, list))
        });
        Self {
            items: items.collect(),
            head,
        }
    }

    fn kubernetes(rng: &mut Rng, at: usize) -> Self {
        let subject = pick(
            rng,
            &[
                "{}",
                "{matchLabels: {app: a}}",
                "{matchExpressions: [{key: app, operator: In, values: [a, b]}]}",
            ],
        );
        let types = pick(
            rng,
            &[
                "",
                "  policyTypes: [Ingress]\n",
                "  policyTypes: [Ingress, Egress]\n",
                "  policyTypes: [Egress]\n",
            ],
        );
        let head = format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: n{at}, \
             namespace: shop}}\nspec:\n  podSelector: {subject}\n{types}"
        );
        let count = rng.below(3);
        let items = (0..count).map(|_| {
            let list = ["ingress", "egress"][rng.below(2)];
            (list, kubernetes_item(rng, list))
        });
        Self {
            items: items.collect(),
            head,
        }
    }

    fn text(&self) -> String {
        let mut out = self.head.clone();
        for list in ["ingress", "ingressDeny", "egress", "egressDeny"] {
            let items: Vec<&String> = self
                .items
                .iter()
                .filter(|(have, _)| *have == list)
                .map(|(_, item)| item)
                .collect();
            if items.is_empty() {
                continue;
            }
            let _ = writeln!(out, "  {list}:");
            for item in items {
                let _ = writeln!(out, "  - {{{item}}}");
            }
        }
        out
    }
}

fn list(rng: &mut Rng, of: &[&str]) -> String {
    let count = [0, 1, 1, 1, 2, 2][rng.below(6)];
    let items: Vec<&str> = (0..count).map(|_| pick(rng, of)).collect();
    format!("[{}]", items.join(", "))
}

fn cilium_item(rng: &mut Rng, direction: &str) -> String {
    let ingress = direction.starts_with("ingress");
    let deny = direction.ends_with("Deny");
    let side = if ingress { "from" } else { "to" };
    let mut parts: Vec<String> = Vec::new();
    match rng.below(12) {
        0 => {}
        1..=4 => parts.push(format!("{side}Endpoints: {}", list(rng, &PEERS))),
        5 | 6 => parts.push(format!("{side}Entities: {}", list(rng, &ENTITIES))),
        7 | 8 => parts.push(format!("{side}CIDRSet: {}", list(rng, &NETWORKS))),
        9 if !ingress => parts.push(format!(
            "toServices: [{}]",
            pick(
                rng,
                &[
                    "{k8sService: {serviceName: front, namespace: shop}}",
                    "{k8sService: {serviceName: outside}}",
                    "{k8sService: {serviceName: missing}}",
                    "{k8sServiceSelector: {selector: {matchLabels: {svc: front}}}}",
                ]
            )
        )),
        10 | 11 if !ingress && !deny => parts.push(format!("toFQDNs: {}", list(rng, &NAMES))),
        _ => {}
    }
    if rng.chance(8) {
        parts.push(format!("icmps: {}", pick(rng, &ICMP)));
    } else if rng.chance(75) {
        let mut rules = Vec::new();
        for _ in 0..=rng.below(2) {
            rules.push(port_rule(rng, ingress, deny));
        }
        parts.push(format!("toPorts: [{}]", rules.join(", ")));
    }
    parts.join(", ")
}

fn port_rule(rng: &mut Rng, ingress: bool, deny: bool) -> String {
    let kind = if deny { 0 } else { rng.below(10) };
    match kind {
        6 | 7 => format!(
            "{{ports: [{}], serverNames: {}}}",
            pick(rng, &[PORTS[0], PORTS[0], PORTS[1], PORTS[9]]),
            pick(rng, &SNI)
        ),
        8 => format!(
            "{{ports: [{}], rules: {{http: {}}}}}",
            pick(rng, &[PORTS[0], PORTS[2], PORTS[10]]),
            pick(rng, &HTTP)
        ),
        9 if !ingress => format!(
            "{{ports: [{}], rules: {{dns: {}}}}}",
            pick(rng, &[PORTS[3], PORTS[4]]),
            pick(rng, &DNS)
        ),
        5 => "{}".to_owned(),
        _ => format!("{{ports: {}}}", list(rng, &PORTS)),
    }
}

fn kubernetes_item(rng: &mut Rng, direction: &str) -> String {
    let side = if direction == "ingress" { "from" } else { "to" };
    let mut parts: Vec<String> = Vec::new();
    if rng.chance(75) {
        parts.push(format!(
            "{side}: {}",
            list(
                rng,
                &[
                    "{podSelector: {}}",
                    "{podSelector: {matchLabels: {app: b}}}",
                    "{namespaceSelector: {}}",
                    "{namespaceSelector: {matchLabels: {team: pay}}}",
                    "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}, podSelector: {matchLabels: {app: a}}}",
                    "{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}",
                    "{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}",
                    "{ipBlock: {cidr: 0.0.0.0/0}}",
                ]
            )
        ));
    }
    if rng.chance(60) {
        parts.push(format!(
            "ports: {}",
            list(
                rng,
                &[
                    "{port: 443}",
                    "{port: 53, protocol: UDP}",
                    "{protocol: TCP}",
                    "{port: 400, endPort: 500}",
                    "{port: web}",
                ]
            )
        ));
    }
    parts.join(", ")
}

/// A flow whose ends and port some policy may speak of.
pub(crate) fn flow(rng: &mut Rng) -> Flow {
    let (src, dst) = match rng.below(3) {
        0 => (end(rng), pod(rng)),
        _ => (pod(rng), end(rng)),
    };
    let (proto, port) = [
        (Proto::Tcp, 443),
        (Proto::Tcp, 443),
        (Proto::Tcp, 80),
        (Proto::Tcp, 450),
        (Proto::Tcp, 53),
        (Proto::Udp, 53),
        (Proto::Udp, 443),
        (Proto::Sctp, 80),
        (Proto::Icmp, 8),
        (Proto::Icmpv6, 128),
        (Proto::Icmp, 3),
        (Proto::Icmp, 0),
    ][rng.below(12)];
    let mut facts = Facts::default();
    match (proto, port) {
        (Proto::Tcp, 443) | (Proto::Tcp, 450) => match rng.below(4) {
            0 => {}
            1 => facts.sni = Some("".into()),
            2 => facts.sni = Some("a.example.com".into()),
            _ => {
                facts.sni = Some(pick(rng, &["b.example.com", "x.test", "a.b.example.com"]).into())
            }
        },
        (Proto::Tcp, 80) if rng.chance(80) => {
            facts.method = Some(pick(rng, &["GET", "PUT", "POST"]).into());
            facts.path = Some(
                pick(
                    rng,
                    &[
                        "/",
                        "/public",
                        "/public?x=1",
                        "/v1",
                        "/v1?a",
                        "/v1/",
                        "/v1/a/x",
                        "/v1/a/x?y",
                        "/orders",
                        "/publicx",
                    ],
                )
                .into(),
            );
            facts.host = Some("shop".into());
        }
        (_, 53) if rng.chance(80) => {
            facts.dns = Some(pick(rng, &["api.example.com", "other.test", "evil.test"]).into());
        }
        _ => {}
    }
    Flow {
        src,
        dst,
        port: PortNumber::Number(port),
        proto,
        facts,
    }
}

fn pod(rng: &mut Rng) -> FlowEnd {
    let namespace = pick(rng, &["shop", "shop", "data", "other"]);
    let team = match namespace {
        "data" => vec![("team".into(), "pay".into())],
        "other" => vec![("team".into(), "web".into())],
        _ => Vec::new(),
    };
    let mut labels = vec![("app".into(), pick(rng, &["a", "b", "c"]).into())];
    if rng.chance(40) {
        labels.push(("tier".into(), pick(rng, &["x", "y"]).into()));
    }
    if rng.chance(20) {
        labels.push(("pod-template-hash".into(), "x".into()));
    }
    FlowEnd::Pod(Pod {
        namespace: namespace.into(),
        namespace_labels: team,
        labels,
        account: rng.chance(25).then(|| "robot".into()),
    })
}

fn end(rng: &mut Rng) -> FlowEnd {
    match rng.below(10) {
        0..=4 => pod(rng),
        5 | 6 => FlowEnd::Address {
            ip: pick(
                rng,
                &[
                    "192.0.2.1",
                    "192.0.2.7",
                    "10.0.0.1",
                    "10.1.0.1",
                    "203.0.113.9",
                    "2001:db8::1",
                ],
            )
            .parse()
            .unwrap(),
            names: Vec::new(),
            api_server: rng.chance(15),
        },
        7 => FlowEnd::Address {
            ip: "198.51.100.9".parse().unwrap(),
            names: vec![
                pick(
                    rng,
                    &[
                        "api.example.com",
                        "a.b.example.com",
                        "other.test",
                        "a.example.com",
                        "evil.test",
                    ],
                )
                .into(),
            ],
            api_server: false,
        },
        _ => {
            let name = pick(rng, &["host", "remote-node", "health", "ingress"]);
            FlowEnd::Entity {
                api_server: matches!(name, "host" | "remote-node") && rng.chance(15),
                name: name.into(),
                labels: Vec::new(),
            }
        }
    }
}
