//! Small models for tests, in one line a declaration. It refuses nothing politely: a name that is
//! not declared, or a text that does not parse, panics with that text.
//!
//! Sets are written `frontend | api`, `all except (api | db)` without the brackets, with these
//! members: a declared workload, an entity, `every` (each pod of each namespace), a prefix with
//! exceptions (`10.0.0.0/8-10.1.0.0/16`), or `name:` and a pattern (`name:*.example.com`). Labels
//! are written `app=web tier!=a|b !legacy canary`, and may hold `ns=`, `ns.KEY=` and `account=`.
//! Ports are written `443 53/any 8000-8100/udp icmp`; empty for everything.

#![expect(
    clippy::panic,
    reason = "made for tests, which must stop at a wrong name"
)]

use std::sync::Arc;

use ipnet::IpNet;
use npl_diagnostics::{FileId, Place, TextRange};
use smol_str::{SmolStr, format_smolstr};

use crate::{
    addr::Net,
    identity::{self, Key},
    inventory::{Inventory, Namespace, PodTemplate},
    label::{Cube, Values},
    model::{
        Claim, ClaimKind, Direction, EndRule, Entity, Facts, FlowEnd, FlowPort, Model, NamePart,
        Ownership, Pod, PodPart, Rule, Set, Test, TestFlow, Verdict, Via, Workload,
    },
    name::NamePattern,
    port::{PortSet, Ranges},
};

/// The namespace of labels that name none.
pub const NAMESPACE: &str = "shop";

const FILE: &str = "main.npl";

/// Makes a [`Model`], one declaration at a time. Places count declarations.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    model: Model,
    items: u32,
}

impl Builder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn build(mut self) -> Model {
        let keys: Vec<Key<'_>> = self
            .model
            .rules
            .iter()
            .map(|rule| Key {
                module: &rule.module,
                normal_form: &rule.text,
            })
            .collect();
        let ids = identity::assign(&keys);
        for (rule, id) in self.model.rules.iter_mut().zip(ids) {
            rule.id = id;
        }
        self.model
    }

    /// An owned workload that seals both directions.
    #[must_use]
    pub fn workload(self, name: &str, labels: &str) -> Self {
        self.declare(name, labels, Ownership::Owned)
    }

    #[must_use]
    pub fn foreign(self, name: &str, labels: &str) -> Self {
        self.declare(name, labels, Ownership::Foreign)
    }

    #[must_use]
    pub fn declare(mut self, name: &str, labels: &str, ownership: Ownership) -> Self {
        let place = self.place();
        self.model.workloads.push(Workload {
            name: name.into(),
            module: SmolStr::default(),
            short: name.into(),
            pods: Arc::new(cube(labels)),
            ownership,
            open_ingress: false,
            open_egress: false,
            observed: false,
            doc: None,
            file: FILE.into(),
            place,
            behind: place,
        });
        self
    }

    /// The last declared workload does not seal this direction.
    #[must_use]
    pub fn open(mut self, direction: Direction) -> Self {
        let Some(last) = self.model.workloads.last_mut() else {
            panic!("`open` before any workload");
        };
        match direction {
            Direction::Ingress => last.open_ingress = true,
            Direction::Egress => last.open_egress = true,
        }
        self
    }

    /// The last declared workload is in stage observe.
    #[must_use]
    pub fn observed(mut self) -> Self {
        let Some(last) = self.model.workloads.last_mut() else {
            panic!("`observed` before any workload");
        };
        last.observed = true;
        self
    }

    #[must_use]
    pub fn settings(mut self, settings: crate::model::Settings) -> Self {
        self.model.settings = settings;
        self
    }

    #[must_use]
    pub fn allow(self, from: &str, to: &str, ports: &str) -> Self {
        self.rule(Verdict::Allow, None, from, to, ports, None)
    }

    #[must_use]
    pub fn deny(self, from: &str, to: &str, ports: &str) -> Self {
        self.rule(Verdict::Deny, None, from, to, ports, None)
    }

    #[must_use]
    pub fn allow_via(self, from: &str, to: &str, ports: &str, via: Via) -> Self {
        self.rule(Verdict::Allow, None, from, to, ports, Some(via))
    }

    /// `only` writes one end alone.
    #[must_use]
    pub fn rule(
        mut self,
        verdict: Verdict,
        only: Option<Direction>,
        from: &str,
        to: &str,
        ports: &str,
        via: Option<Via>,
    ) -> Self {
        let (source, destination) = (Arc::new(self.set(from)), Arc::new(self.set(to)));
        let port_set = Arc::new(port_set(ports));
        let via = via.map(Arc::new);
        let place = self.place();
        let rule = u32::try_from(self.model.rules.len()).unwrap_or(u32::MAX);
        let word = match verdict {
            Verdict::Allow => "allow",
            Verdict::Deny => "deny",
        };
        let end = match only {
            None => "",
            Some(Direction::Ingress) => " ingress",
            Some(Direction::Egress) => " egress",
        };
        let colon = if ports.is_empty() { "" } else { ":" };
        self.model.rules.push(Rule {
            id: SmolStr::default(),
            text: format_smolstr!("{word}{end} {from} -> {to}{colon}{ports}"),
            doc: None,
            because: None,
            module: SmolStr::default(),
            file: FILE.into(),
            place,
            applied_at: Vec::new(),
            ports_at: (!ports.is_empty()).then_some(place),
            verdict,
        });
        for direction in [Direction::Egress, Direction::Ingress] {
            let (subject, peers) = match direction {
                Direction::Egress => (&source, &destination),
                Direction::Ingress => (&destination, &source),
            };
            if only.is_none_or(|only| only == direction) {
                self.model.ends.push(EndRule {
                    rule,
                    direction,
                    verdict,
                    subject: subject.clone(),
                    peers: peers.clone(),
                    ports: port_set.clone(),
                    via: via.clone(),
                    both_ends: only.is_none(),
                });
            }
        }
        self
    }

    #[must_use]
    pub fn cannot_reach(self, from: &str, to: &str, ports: &str) -> Self {
        let (from_set, to_set) = (Arc::new(self.set(from)), Arc::new(self.set(to)));
        let kind = ClaimKind::CannotReach {
            from: from_set,
            to: to_set,
            ports: claimed_ports(ports),
            hops: 1,
        };
        self.claim(kind, format_smolstr!("{from} cannot reach {to} {ports}"))
    }

    #[must_use]
    pub fn can_reach(self, from: &str, to: &str, ports: &str) -> Self {
        let (from_set, to_set) = (Arc::new(self.set(from)), Arc::new(self.set(to)));
        let kind = ClaimKind::CanReach {
            from: from_set,
            to: to_set,
            ports: claimed_ports(ports),
        };
        self.claim(kind, format_smolstr!("{from} can reach {to} {ports}"))
    }

    #[must_use]
    pub fn only_can_reach(self, from: &str, to: &str, ports: &str) -> Self {
        let (from_set, to_set) = (Arc::new(self.set(from)), Arc::new(self.set(to)));
        let kind = ClaimKind::OnlyCanReach {
            from: from_set,
            to: to_set,
            ports: claimed_ports(ports),
        };
        self.claim(kind, format_smolstr!("only {from} can reach {to} {ports}"))
    }

    #[must_use]
    pub fn disjoint(self, left: &str, right: &str) -> Self {
        let kind = ClaimKind::Disjoint {
            left: Arc::new(self.set(left)),
            right: Arc::new(self.set(right)),
        };
        self.claim(kind, format_smolstr!("disjoint {left}, {right}"))
    }

    #[must_use]
    pub fn claim(mut self, kind: ClaimKind, text: SmolStr) -> Self {
        let place = self.place();
        self.model.claims.push(Claim {
            kind,
            text: format_smolstr!("assert {}", text.trim_end()),
            file: FILE.into(),
            place,
            applied_at: Vec::new(),
        });
        self
    }

    /// A test of one flow, as [`Self::flow`] reads it.
    #[must_use]
    pub fn test(mut self, from: &str, to: &str, port: &str, facts: Facts, expect: Verdict) -> Self {
        let flow = TestFlow {
            expect: Some(expect),
            ..self.flow(from, to, port, facts)
        };
        let place = self.place();
        self.model.tests.push(Test {
            name: flow.text.clone(),
            flows: vec![flow],
            file: FILE.into(),
            place,
        });
        self
    }

    /// Ends are sets, `pod:` and labels, `ip:` and an address, or `dns:` and a name; the port is
    /// one port, or empty.
    pub fn flow(&self, from: &str, to: &str, port: &str, facts: Facts) -> TestFlow {
        let (start, end) = (self.items, self.items);
        TestFlow {
            from: self.end(from),
            to: self.end(to),
            port: flow_port(port),
            facts,
            expect: None,
            text: format_smolstr!("{from} -> {to} {port}"),
            place: Place::in_file(FileId(0), TextRange::new(start, end)),
        }
    }

    fn end(&self, text: &str) -> FlowEnd {
        match text.split_once(':') {
            Some(("pod", labels)) => FlowEnd::Pod(pod(labels)),
            Some(("ip", ip)) => FlowEnd::Addr(parsed(ip)),
            Some(("dns", name)) => FlowEnd::Name(name.into()),
            _ => FlowEnd::Set(Arc::new(self.set(text))),
        }
    }

    /// A set over what is declared so far.
    pub fn set(&self, text: &str) -> Set {
        let (from, minus) = match text.split_once(" except ") {
            Some((from, minus)) => (self.union(from), self.union(minus)),
            None => return self.union(text),
        };
        let minus: Vec<Cube> = minus.pods.iter().map(|p| (*p.pods).clone()).collect();
        let mut out = Set::default();
        for part in &from.pods {
            let mut left = vec![(*part.pods).clone()];
            for cube in &minus {
                left = left.iter().flat_map(|c| c.subtract(cube)).collect();
            }
            out.pods.extend(left.into_iter().map(|pods| PodPart {
                pods: Arc::new(pods),
                workload: None,
                resolved: None,
            }));
        }
        out
    }

    fn union(&self, text: &str) -> Set {
        let mut out = Set::default();
        for word in text.split('|').map(str::trim).filter(|w| !w.is_empty()) {
            self.member(word, &mut out);
        }
        out.entities.sort_unstable();
        out.entities.dedup();
        out
    }

    fn member(&self, word: &str, out: &mut Set) {
        let part = |pods: Arc<Cube>, workload: Option<SmolStr>| PodPart {
            pods,
            workload,
            resolved: None,
        };
        if let Some(workload) = self.model.workloads.iter().find(|w| w.name == word) {
            let name = Some(workload.name.clone());
            out.pods.push(part(workload.pods.clone(), name));
        } else if word == "every" {
            out.pods.push(part(Arc::new(Cube::every()), None));
        } else if let Some(entity) = entity(word) {
            out.entities.push(entity);
        } else if let Some(pattern) = word.strip_prefix("name:") {
            out.names.push(NamePart {
                external: pattern.into(),
                pattern: name(pattern),
            });
        } else {
            let mut prefixes = word.split('-').map(parsed::<IpNet>);
            let Some(cidr) = prefixes.next() else {
                panic!("`{word}` is no member of a set");
            };
            out.nets.push(Net::new(cidr, prefixes));
        }
    }

    fn place(&mut self) -> Place {
        self.items += 1;
        Place::in_file(FileId(0), TextRange::new(self.items, self.items))
    }
}

fn parsed<T: std::str::FromStr>(text: &str) -> T {
    match text.parse() {
        Ok(value) => value,
        Err(_) => panic!("`{text}` is not declared and reads as nothing else"),
    }
}

fn entity(word: &str) -> Option<Entity> {
    Some(match word {
        "all" => Entity::All,
        "world" => Entity::World,
        "cluster" => Entity::Cluster,
        "host" => Entity::Host,
        "remote_node" => Entity::RemoteNode,
        "kube_apiserver" => Entity::KubeApiserver,
        "health" => Entity::Health,
        "cilium_ingress" => Entity::CiliumIngress,
        _ => return None,
    })
}

/// A name pattern.
pub fn name(text: &str) -> NamePattern {
    match NamePattern::parse(text) {
        Ok(pattern) => pattern,
        Err(why) => panic!("`{text}` is no name pattern: {why:?}"),
    }
}

/// `app=web tier=a|b zone!=c canary !legacy ns=data ns.team=pay account=web`; `ns=*` is any
/// namespace.
pub fn cube(text: &str) -> Cube {
    let mut out = Cube::every();
    let mut namespace = None;
    let mut default = Some(Values::is(NAMESPACE));
    for word in text.split_whitespace() {
        let (key, values) = requirement(word);
        if key == "ns" {
            default = None;
            namespace = (values != Values::is("*")).then_some(values);
        } else if let Some(label) = key.strip_prefix("ns.") {
            default = None;
            out = out.with_namespace_label(label, &values);
        } else if key == "account" {
            out = out.with_account(&values);
        } else {
            out = out.with_label(key, &values);
        }
    }
    match namespace.or(default) {
        Some(values) => out.with_namespace(&values),
        None => out,
    }
}

fn requirement(word: &str) -> (&str, Values) {
    let listed = |text: &str| -> Vec<Option<SmolStr>> {
        text.split('|').map(|v| Some(SmolStr::from(v))).collect()
    };
    if let Some((key, values)) = word.split_once("!=") {
        (key, Values::all_but(listed(values)))
    } else if let Some((key, values)) = word.split_once('=') {
        (key, Values::finite(listed(values)))
    } else if let Some(key) = word.strip_prefix('!') {
        (key, Values::absent())
    } else {
        (word, Values::present())
    }
}

/// `app=web ns=data ns.team=pay account=web`: exactly these labels.
pub fn pod(text: &str) -> Pod {
    let mut out = Pod {
        namespace: NAMESPACE.into(),
        account: "default".into(),
        ..Pod::default()
    };
    for word in text.split_whitespace() {
        let Some((key, value)) = word.split_once('=') else {
            panic!("`{word}` is no label of a pod");
        };
        if key == "ns" {
            out.namespace = value.into();
        } else if let Some(label) = key.strip_prefix("ns.") {
            out.namespace_labels.push((label.into(), value.into()));
        } else if key == "account" {
            out.account = value.into();
        } else {
            out.labels.push((key.into(), value.into()));
        }
    }
    out.labels.sort();
    out.namespace_labels.sort();
    out
}

/// An inventory of one Deployment for each of these pods.
pub fn inventory(pods: &[&str]) -> Inventory {
    let mut out = Inventory::default();
    let place = Place::in_file(FileId(1), TextRange::default());
    for (number, text) in pods.iter().enumerate() {
        let pod = pod(text);
        out.namespaces.push(Namespace {
            name: pod.namespace.clone(),
            labels: pod.namespace_labels.clone(),
            place,
        });
        out.workloads.push(PodTemplate {
            kind: "Deployment".into(),
            namespace: pod.namespace,
            name: format_smolstr!("w{number}"),
            labels: pod.labels,
            account: pod.account,
            host_network: false,
            ports: Vec::new(),
            addresses: Vec::new(),
            place,
        });
    }
    out.namespaces.sort_by(|a, b| a.name.cmp(&b.name));
    out.namespaces.dedup_by(|a, b| a.name == b.name);
    out
}

fn claimed_ports(text: &str) -> Option<Arc<PortSet>> {
    (!text.is_empty()).then(|| Arc::new(port_set(text)))
}

/// Several ports; the empty text is everything.
pub fn port_set(text: &str) -> PortSet {
    if text.trim().is_empty() {
        return PortSet::all();
    }
    let words = text.split_whitespace().map(one_port_set);
    words.fold(PortSet::default(), |all, one| all.union(&one))
}

fn one_port_set(word: &str) -> PortSet {
    if word == "icmp" {
        return PortSet::icmp_echo();
    }
    let (numbers, proto) = word.split_once('/').unwrap_or((word, "tcp"));
    let (low, high) = match numbers.split_once('-') {
        Some((low, high)) => (parsed(low), parsed(high)),
        None if numbers == "*" => (0, u16::MAX),
        None => (parsed(numbers), parsed(numbers)),
    };
    let ranges = || Ranges::new([(low, high)]);
    let mut out = PortSet::default();
    match proto {
        "tcp" => out.tcp = ranges(),
        "udp" => out.udp = ranges(),
        "sctp" => out.sctp = ranges(),
        "any" => out = PortSet::any(low, high),
        _ => panic!("`{word}` is no port"),
    }
    out
}

/// `443`, `53/udp`, `icmp` (an echo request); empty for none.
pub fn flow_port(text: &str) -> Option<FlowPort> {
    let (number, proto) = text.split_once('/').unwrap_or((text, "tcp"));
    Some(match (number, proto) {
        ("", _) => return None,
        ("icmp", _) => FlowPort::Icmp4(8),
        (number, "tcp") => FlowPort::Tcp(parsed(number)),
        (number, "udp") => FlowPort::Udp(parsed(number)),
        (number, "sctp") => FlowPort::Sctp(parsed(number)),
        _ => panic!("`{text}` is no port"),
    })
}

/// `via tls.sni` with these names.
pub fn tls(names: &[&str]) -> Via {
    Via::Tls(names.iter().map(|n| name(n)).collect())
}

/// `via dns` with these names.
pub fn dns(names: &[&str]) -> Via {
    Via::Dns(names.iter().map(|n| name(n)).collect())
}
