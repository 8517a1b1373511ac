//! Random programs over a small universe, and flows on the edges of what they say.

use std::{fmt, net::IpAddr};

use npl_policy::{
    builder::{self, Builder},
    http::{HttpEntry, HttpRule, PathPattern},
    interpret::{Endpoint, Flow},
    model::{Direction, Facts, FlowPort, Model, Ownership, Pod, Verdict, Via},
};
use smol_str::SmolStr;

/// SplitMix64.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end as u64)).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// Name and labels. Some overlap, some lie in several namespaces.
const WORKLOADS: [(&str, &str); 10] = [
    ("web", "app=web"),
    ("api", "app=api"),
    ("db", "app=db ns=data"),
    ("edge", "app=web|api tier=edge"),
    ("canary", "app=web canary"),
    ("plain", "!canary tier!=edge app"),
    ("two", "app=db ns=shop|data"),
    ("robots", "account=robot ns=*"),
    ("payers", "app=web ns.team=pay"),
    ("everything", "ns=*"),
];
const FOREIGN: [(&str, &str); 3] = [
    ("resolver", "k8s-app=dns ns=kube"),
    ("legacy", "app=old"),
    ("others", "app!=web ns=data"),
];
const NETWORKS: [&str; 5] = [
    "10.0.0.0/8-10.1.0.0/16",
    "192.0.2.0/24",
    "192.0.2.64/26",
    "2001:db8::/32-2001:db8:1::/48",
    "0.0.0.0/0",
];
const ENTITIES: [&str; 7] = [
    "world",
    "cluster",
    "host",
    "remote_node",
    "kube_apiserver",
    "health",
    "cilium_ingress",
];
const NAMES: [&str; 4] = [
    "name:api.example.com",
    "name:*.example.com",
    "name:**.example.net",
    "name:other.test",
];
const PORTS: [&str; 10] = [
    "",
    "443",
    "80 443",
    "8000-8100",
    "8050",
    "443/any",
    "*/tcp",
    "8080/udp",
    "icmp",
    "8000-8100 443 9000/sctp",
];
const WEB_PORTS: [&str; 4] = ["443", "8443", "443 8443", "80"];
const SNI: [&[&str]; 4] = [
    &["a.example.com"],
    &["b.example.com"],
    &["*.example.com", "x.test"],
    &["**.example.com"],
];

#[derive(Clone, Debug)]
struct Declared {
    name: &'static str,
    labels: &'static str,
    owned: bool,
    open_ingress: bool,
    open_egress: bool,
}

#[derive(Clone, Debug)]
struct Line {
    verdict: Verdict,
    only: Option<Direction>,
    from: String,
    to: String,
    ports: &'static str,
    via: Option<Via>,
}

#[derive(Clone, Debug)]
pub(crate) struct Program {
    workloads: Vec<Declared>,
    rules: Vec<Line>,
}

impl Program {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let mut workloads = Vec::new();
        for (name, labels) in WORKLOADS {
            if workloads.is_empty() || rng.chance(35) {
                workloads.push(Declared {
                    name,
                    labels,
                    owned: true,
                    open_ingress: rng.chance(12),
                    open_egress: rng.chance(12),
                });
            }
        }
        for (name, labels) in FOREIGN {
            workloads.push(Declared {
                name,
                labels,
                owned: false,
                open_ingress: false,
                open_egress: false,
            });
        }
        let mut program = Self {
            workloads,
            rules: Vec::new(),
        };
        for _ in 0..=rng.below(6) {
            let line = program.line(rng);
            program.rules.push(line);
        }
        if program.rules.iter().any(|line| line.to.contains("name:")) {
            program.rules.push(Line {
                verdict: Verdict::Allow,
                only: None,
                from: "all".into(),
                to: "resolver".into(),
                ports: "53/any",
                via: Some(builder::dns(&["*"])),
            });
        }
        program
    }

    fn line(&self, rng: &mut Rng) -> Line {
        let verdict = if rng.chance(22) {
            Verdict::Deny
        } else {
            Verdict::Allow
        };
        let only = match rng.below(8) {
            0 => Some(Direction::Ingress),
            1 => Some(Direction::Egress),
            _ => None,
        };
        let (mut from, mut to) = (self.set(rng), self.set(rng));
        match rng.below(10) {
            0 => from = rng.pick(&ENTITIES).into(),
            1 => from = rng.pick(&NETWORKS).into(),
            2 | 3 => to = rng.pick(&ENTITIES).into(),
            4 | 5 => to = rng.pick(&NETWORKS).into(),
            6 if verdict == Verdict::Allow => to = rng.pick(&NAMES).into(),
            _ => {}
        }
        let via = match rng.below(10) {
            _ if verdict == Verdict::Deny => None,
            0 | 1 => Some(builder::tls(rng.pick(&SNI))),
            2 => Some(http(rng)),
            3 => Some(builder::dns(&["*.example.com", "x.test"])),
            _ => None,
        };
        let ports = match &via {
            Some(Via::Dns(_)) => "53/any",
            Some(_) => rng.pick(&WEB_PORTS),
            None => rng.pick(&PORTS),
        };
        Line {
            verdict,
            only,
            from,
            to,
            ports,
            via,
        }
    }

    fn set(&self, rng: &mut Rng) -> String {
        let name = |rng: &mut Rng| self.workloads[rng.below(self.workloads.len())].name;
        match rng.below(12) {
            0 => "all".into(),
            1 => "every".into(),
            2 => format!("{} | {}", name(rng), name(rng)),
            3 => format!("{} except {}", name(rng), name(rng)),
            4 => format!("every except {}", name(rng)),
            _ => name(rng).into(),
        }
    }

    pub(crate) fn build(&self) -> Model {
        let mut builder = Builder::new();
        for workload in &self.workloads {
            let ownership = match workload.owned {
                true => Ownership::Owned,
                false => Ownership::Foreign,
            };
            builder = builder.declare(workload.name, workload.labels, ownership);
            if workload.open_ingress {
                builder = builder.open(Direction::Ingress);
            }
            if workload.open_egress {
                builder = builder.open(Direction::Egress);
            }
        }
        for line in &self.rules {
            let via = line.via.clone();
            builder = builder.rule(
                line.verdict,
                line.only,
                &line.from,
                &line.to,
                line.ports,
                via,
            );
        }
        builder.build()
    }

    /// The same program without one of its lines, each in turn. A workload that a rule names stays.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut out = Vec::new();
        for at in 0..self.rules.len() {
            let mut less = self.clone();
            less.rules.remove(at);
            out.push(less);
        }
        for at in 0..self.workloads.len() {
            let name = self.workloads[at].name;
            let word = |text: &str| text.split([' ', '|']).any(|word| word == name);
            if !self
                .rules
                .iter()
                .any(|line| word(&line.from) || word(&line.to))
            {
                let mut less = self.clone();
                less.workloads.remove(at);
                out.push(less);
            }
        }
        for at in 0..self.workloads.len() {
            let workload = &self.workloads[at];
            if workload.open_ingress || workload.open_egress {
                let mut less = self.clone();
                less.workloads[at].open_ingress = false;
                less.workloads[at].open_egress = false;
                out.push(less);
            }
        }
        out
    }

    pub(crate) fn flows(&self, rng: &mut Rng, count: usize) -> Vec<Flow> {
        (0..count).map(|_| self.flow(rng)).collect()
    }

    /// Most flows aim at a rule: ends that it speaks of, its ports and their neighbours.
    fn flow(&self, rng: &mut Rng) -> Flow {
        let (mut src, mut dst) = (Endpoint::Pod(pod(rng)), Endpoint::Pod(pod(rng)));
        let mut port = any_port(rng);
        let rule = rng.below(self.rules.len());
        if rng.chance(65) {
            let line = &self.rules[rule];
            src = member(rng, &line.from);
            dst = member(rng, &line.to);
            port = port_of(rng, line.ports);
        }
        match rng.below(12) {
            0 | 1 => dst = end(rng),
            2 => src = end(rng),
            3 => src = Endpoint::Pod(pod(rng)),
            4 => dst = Endpoint::Pod(pod(rng)),
            _ => {}
        }
        let facts = facts(rng, port);
        Flow {
            src,
            dst,
            port,
            facts,
        }
    }
}

fn any_port(rng: &mut Rng) -> FlowPort {
    match rng.below(12) {
        0 => FlowPort::Icmp4(rng.pick(&[8, 0, 3])),
        1 => FlowPort::Icmp6(rng.pick(&[128, 1])),
        2 => FlowPort::Udp(rng.pick(&[53, 443, 8080, 8050])),
        3 => FlowPort::Sctp(rng.pick(&[9000, 443, 53])),
        _ => FlowPort::Tcp(rng.pick(&[80, 443, 443, 8443, 53, 7999, 8000, 8050, 8100, 8101, 22])),
    }
}

/// A port of the list, or one beside it.
fn port_of(rng: &mut Rng, ports: &str) -> FlowPort {
    let words: Vec<&str> = ports.split_whitespace().collect();
    if words.is_empty() || rng.chance(15) {
        return any_port(rng);
    }
    let word = words[rng.below(words.len())];
    let (numbers, proto) = word.split_once('/').unwrap_or((word, "tcp"));
    let (low, high) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let Ok(number) = rng.pick(&[low, high]).parse::<u16>() else {
        return any_port(rng);
    };
    let number = match rng.below(8) {
        0 => number - 1,
        1 => number + 1,
        _ => number,
    };
    match proto {
        "udp" => FlowPort::Udp(number),
        "sctp" => FlowPort::Sctp(number),
        "any" if rng.chance(50) => FlowPort::Udp(number),
        _ => FlowPort::Tcp(number),
    }
}

/// Something that a set may hold, by one of its words.
fn member(rng: &mut Rng, set: &str) -> Endpoint {
    let words: Vec<&str> = set.split([' ', '|']).filter(|w| !w.is_empty()).collect();
    let word = words[rng.below(words.len())];
    let texts: &[&str] = match word {
        "web" => &["app=web", "app=web tier=edge", "app=web canary=yes"],
        "api" => &["app=api", "app=api tier=edge"],
        "db" => &["app=db ns=data", "app=db ns=data ns.team=pay"],
        "edge" => &["app=web tier=edge", "app=api tier=edge canary=yes"],
        "canary" => &["app=web canary=yes", "app=web canary=no tier=edge"],
        "plain" => &["app=db", "app=api tier=core"],
        "two" => &["app=db", "app=db ns=data"],
        "robots" => &["account=robot", "app=web account=robot ns=data"],
        "payers" => &["app=web ns=data ns.team=pay"],
        "resolver" => &["k8s-app=dns ns=kube"],
        "legacy" => &["app=old"],
        "others" => &["app=db ns=data", "ns=data"],
        "host" => return Endpoint::Host { api_server: false },
        "remote_node" => return Endpoint::RemoteNode { api_server: false },
        "health" => return Endpoint::Health,
        "cilium_ingress" => return Endpoint::CiliumIngress,
        "every" | "all" | "everything" | "except" | "cluster" => return Endpoint::Pod(pod(rng)),
        _ => return end(rng),
    };
    let mut pod = builder::pod(rng.pick(texts));
    name_the_namespace(&mut pod);
    Endpoint::Pod(pod)
}

fn name_the_namespace(pod: &mut Pod) {
    let own: SmolStr = "kubernetes.io/metadata.name".into();
    pod.namespace_labels.push((own, pod.namespace.clone()));
    pod.namespace_labels.sort();
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for w in &self.workloads {
            let owned = if w.owned { "" } else { "foreign " };
            write!(f, "{owned}workload {} {{ {} }}", w.name, w.labels)?;
            if w.open_ingress {
                write!(f, " open ingress")?;
            }
            if w.open_egress {
                write!(f, " open egress")?;
            }
            writeln!(f)?;
        }
        for line in &self.rules {
            let Line {
                verdict,
                only,
                from,
                to,
                ports,
                via,
            } = line;
            writeln!(f, "{verdict:?} {only:?} {from} -> {to}:{ports} via {via:?}")?;
        }
        Ok(())
    }
}

fn http(rng: &mut Rng) -> Via {
    let entries: &[(Option<&str>, &str)] = rng.pick(&[
        &[(Some("GET"), "/a/*")][..],
        &[(Some("GET"), "/a"), (Some("POST"), "/b/**")][..],
        &[(None, "/**")][..],
    ]);
    Via::Http(HttpRule {
        hosts: Vec::new(),
        entries: entries
            .iter()
            .map(|(method, path)| HttpEntry {
                method: method.map(SmolStr::from),
                path: PathPattern::parse(path).unwrap(),
            })
            .collect(),
    })
}

fn pod(rng: &mut Rng) -> Pod {
    let mut text = String::new();
    if rng.chance(85) {
        text.push_str(rng.pick(&["app=web ", "app=api ", "app=db ", "app=old "]));
    }
    if rng.chance(35) {
        text.push_str(rng.pick(&["tier=edge ", "tier=core "]));
    }
    if rng.chance(25) {
        text.push_str("canary=yes ");
    }
    if rng.chance(15) {
        text.push_str("account=robot ");
    }
    if rng.chance(12) {
        text.push_str("k8s-app=dns ns=kube ");
    } else if rng.chance(40) {
        text.push_str("ns=data ");
        if rng.chance(50) {
            text.push_str("ns.team=pay ");
        }
    }
    let mut pod = builder::pod(&text);
    name_the_namespace(&mut pod);
    pod
}

fn end(rng: &mut Rng) -> Endpoint {
    const NAMED: [(&str, &[&str]); 12] = [
        ("10.0.0.1", &[]),
        ("10.1.0.1", &[]),
        ("192.0.2.1", &[]),
        ("192.0.2.64", &[]),
        ("192.0.2.128", &[]),
        ("2001:db8::1", &[]),
        ("2001:db8:1::1", &[]),
        ("2600::1", &[]),
        ("198.51.100.1", &["api.example.com"]),
        ("198.51.100.2", &["b.example.com", "other.test"]),
        ("198.51.100.3", &["a.b.example.net"]),
        ("8.8.8.8", &["a.b.example.com"]),
    ];
    match rng.below(12) {
        0 => Endpoint::Host {
            api_server: rng.chance(30),
        },
        1 => Endpoint::RemoteNode {
            api_server: rng.chance(40),
        },
        2 => Endpoint::Health,
        3 => Endpoint::CiliumIngress,
        _ => {
            let (ip, names) = rng.pick(&NAMED);
            let ip: IpAddr = ip.parse().unwrap();
            Endpoint::Addr {
                ip,
                names: names.iter().map(|name| SmolStr::from(*name)).collect(),
                api_server: rng.chance(8),
            }
        }
    }
}

/// Facts that fit the port; half of the flows give none.
fn facts(rng: &mut Rng, port: FlowPort) -> Facts {
    let mut facts = Facts::default();
    let some = |text: &str| Some(SmolStr::from(text));
    match port {
        FlowPort::Tcp(53) | FlowPort::Udp(53) if rng.chance(60) => {
            facts.dns =
                some(rng.pick(&["a.example.com", "x.test", "evil.test", "a.b.example.com"]));
        }
        FlowPort::Tcp(80 | 443 | 8443) => match rng.below(4) {
            0 | 1 => {
                facts.sni = some(rng.pick(&[
                    "",
                    "a.example.com",
                    "b.example.com",
                    "x.test",
                    "evil.test",
                    "a.b.example.com",
                ]));
            }
            2 => {
                facts.method = some(rng.pick(&["GET", "POST"]));
                facts.path =
                    some(rng.pick(&["/a", "/a/x", "/a/x/y", "/b", "/b/c?q=1", "//a", "/c"]));
                facts.host = some("api.example.com");
            }
            _ => {}
        },
        _ => {}
    }
    facts
}
