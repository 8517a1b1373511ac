//! Random small programs, as text: every construct that the Cilium target can express, over a
//! universe small enough that predicates overlap, ports touch and names are shared. The same seed
//! gives the same program.

use std::fmt::Write;

/// Splitmix64: reproducible on every machine, and nothing else is asked of it.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 for 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next_u64() % (end.max(1) as u64)).unwrap_or(0)
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T
    where
        &'a T: Default,
    {
        list.get(self.below(list.len()))
            .copied()
            .unwrap_or_default()
    }
}

pub const NAMESPACES: [&str; 2] = ["shop", "data"];
pub const APPS: [&str; 3] = ["a", "b", "c"];
pub const TIERS: [&str; 2] = ["x", "y"];

/// A program and what it was made of: the constructs that it holds, by name.
#[derive(Clone, Debug)]
pub struct Program {
    pub text: String,
    pub constructs: Vec<&'static str>,
}

/// Every construct that `program` may name; a test fails when one of them is never generated.
pub const CONSTRUCTS: [&str; 44] = [
    "account",
    "all",
    "any-namespace",
    "any-protocol",
    "by-namespace-label",
    "deny",
    "dns",
    "entity",
    "every-port",
    "except",
    "external",
    "external-pattern",
    "foreign",
    "group",
    "grpc",
    "http",
    "http-host",
    "http-names-only",
    "icmp",
    "icmp-error",
    "label-absent",
    "label-exists",
    "label-in",
    "label-not-in",
    "mixed-group",
    "named-port",
    "network",
    "network-except",
    "network-v6",
    "no-port",
    "one-end",
    "open",
    "port-set",
    "range",
    "reason",
    "sctp",
    "several-namespaces",
    "sni",
    "sni-external",
    "sni-pattern",
    "sni-union",
    "standard-library",
    "template",
    "union",
];

/// As `CONSTRUCTS`, of the Kubernetes profile.
pub const KUBERNETES: [&str; 30] = [
    "all",
    "any-namespace",
    "any-protocol",
    "by-namespace-label",
    "cluster-wide-seal",
    "deny",
    "entity",
    "every-port",
    "except",
    "foreign",
    "group",
    "label-absent",
    "label-exists",
    "label-in",
    "label-not-in",
    "mixed-group",
    "named-port",
    "network",
    "network-except",
    "network-v6",
    "no-port",
    "one-end",
    "open",
    "port-set",
    "range",
    "reason",
    "sctp",
    "several-namespaces",
    "standard-library",
    "union",
];

struct Maker {
    rng: Rng,
    /// No names, no clauses, no accounts, no ICMP.
    plain: bool,
    text: String,
    constructs: Vec<&'static str>,
    pods: Vec<String>,
    nets: Vec<String>,
    names: Vec<String>,
}

/// Which constructs a program is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// All that the Cilium target can express.
    Cilium,
    /// Mostly what Kubernetes' own policies can express too.
    Kubernetes,
}

impl Profile {
    /// Every construct that a program of this profile may name.
    pub fn constructs(self) -> &'static [&'static str] {
        match self {
            Self::Cilium => &CONSTRUCTS,
            Self::Kubernetes => &KUBERNETES,
        }
    }
}

/// The program of a seed.
pub fn program(seed: u64) -> Program {
    program_of(seed, Profile::Cilium)
}

/// The same, of a profile.
pub fn program_of(seed: u64, profile: Profile) -> Program {
    let mut maker = Maker {
        plain: profile == Profile::Kubernetes,
        rng: Rng::new(seed),
        text: String::from("namespace shop\nuse std.cloud.metadata\nport web = {80, 8000-8004}\n"),
        constructs: Vec::new(),
        pods: Vec::new(),
        nets: Vec::new(),
        names: Vec::new(),
    };
    maker.declarations();
    for _ in 0..2 + maker.rng.below(7) {
        maker.rule();
    }
    maker.constructs.sort_unstable();
    maker.constructs.dedup();
    Program {
        text: maker.text,
        constructs: maker.constructs,
    }
}

impl Maker {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{line}");
    }

    fn used(&mut self, construct: &'static str) {
        self.constructs.push(construct);
    }

    fn declarations(&mut self) {
        self.line(
            "foreign workload resolver { app: \"dns\" } in namespace data\n\
             template open-port(w: workload, p: port) { allow all -> w:p }",
        );
        for i in 0..2 + self.rng.below(3) {
            self.workload(i);
        }
        if self.rng.chance(40) {
            self.used("foreign");
            self.line("foreign workload guest { app: \"c\", tier: \"y\" } in namespace data");
            self.pods.push("guest".to_owned());
        }
        if self.rng.chance(50) {
            self.used("network");
            self.used("network-except");
            self.line("network office = 192.0.2.0/24 | 198.51.100.0/25 except 192.0.2.128/25");
            self.nets.push("office".to_owned());
        }
        if self.rng.chance(20) {
            self.used("standard-library");
            self.nets.push("metadata".to_owned());
        }
        if self.rng.chance(40) {
            self.used("network-v6");
            self.line("network six = 2001:db8::/32 | 192.0.2.64/26");
            self.nets.push("six".to_owned());
        }
        if self.plain {
            return self.plain_declarations();
        }
        if self.rng.chance(50) {
            self.used("external");
            self.line("external one = \"api.example.com\"");
            self.names.push("one".to_owned());
        }
        if self.rng.chance(40) {
            self.used("external-pattern");
            self.line("external many = \"*.example.com\" | \"**.cdn.example.net\"");
            self.names.push("many".to_owned());
        }
        if self.pods.len() > 1 && self.rng.chance(50) {
            self.group();
        }
    }

    fn plain_declarations(&mut self) {
        if self.rng.chance(25) {
            self.used("by-namespace-label");
            self.line("foreign workload payers { app: \"a\" } in namespace { team: \"pay\" }");
            self.pods.push("payers".to_owned());
        }
        if self.rng.chance(25) {
            self.used("any-namespace");
            self.line("foreign workload anywhere { tier: \"x\" } in any namespace");
            self.pods.push("anywhere".to_owned());
        }
        if self.pods.len() > 1 && self.rng.chance(50) {
            self.group();
        }
    }

    /// Namespaces that are not named, which few settings let a workload seal.
    fn cluster_wide(&mut self, clauses: &mut String) {
        self.used("any-namespace");
        if self.rng.chance(40) {
            return clauses.push_str(" in any namespace open ingress, egress");
        }
        self.used("cluster-wide-seal");
        clauses.push_str(self.rng.pick(&[
            " in any namespace",
            " in any namespace open ingress",
            " in any namespace open egress",
            " in namespace { team: \"pay\" } open ingress",
        ]));
    }

    fn workload(&mut self, i: usize) {
        let mut labels = Vec::new();
        let app = self.rng.pick(&APPS);
        match self.rng.below(5) {
            0 => {
                self.used("label-in");
                labels.push("app in [\"a\", \"b\"]".to_owned());
            }
            1 => {
                self.used("label-exists");
                labels.push("app".to_owned());
            }
            _ => labels.push(format!("app: \"{app}\"")),
        }
        match self.rng.below(6) {
            0 => {
                self.used("label-not-in");
                labels.push("tier not in [\"x\"]".to_owned());
            }
            1 => {
                self.used("label-absent");
                labels.push("!tier".to_owned());
            }
            2 => labels.push(format!("tier: \"{}\"", self.rng.pick(&TIERS))),
            _ => {}
        }
        let mut clauses = String::new();
        let roll = self.rng.below(8);
        let mut bare = false;
        match if self.plain { roll.max(1) } else { roll } {
            0 => {
                self.used("any-namespace");
                clauses.push_str(" in any namespace");
            }
            1 => {
                self.used("several-namespaces");
                clauses.push_str(" in namespace [\"shop\", \"data\"]");
            }
            2 if self.plain => {
                bare = true;
                self.cluster_wide(&mut clauses);
            }
            2 => {
                self.used("by-namespace-label");
                clauses.push_str(" in namespace { team: \"pay\" }");
            }
            3 => clauses.push_str(" in namespace data"),
            _ => {}
        }
        if !self.plain && self.rng.chance(10) {
            self.used("account");
            clauses.push_str(" account \"robot\"");
        }
        if !bare && self.rng.chance(20) {
            self.used("open");
            clauses.push_str(self.rng.pick(&[
                " open ingress",
                " open egress",
                " open ingress, egress",
            ]));
        }
        let labels = labels.join(", ");
        self.line(&format!("workload w{i} {{ {labels} }}{clauses}"));
        self.pods.push(format!("w{i}"));
    }

    fn group(&mut self) {
        self.used("group");
        let (a, b) = (self.pod(), self.pod());
        if a != b && self.rng.chance(50) {
            self.used("except");
            self.line(&format!("group some = {a} except {b}"));
        } else {
            self.used("union");
            self.line(&format!("group some = {a} | {b}"));
        }
        self.pods.push("some".to_owned());
        if let Some(net) = self.nets.first().cloned()
            && self.rng.chance(50)
        {
            self.used("mixed-group");
            let pod = self.pod();
            self.line(&format!("group mixed = {pod} | {net}"));
            self.nets.push("mixed".to_owned());
        }
    }

    fn pod(&mut self) -> String {
        let at = self.rng.below(self.pods.len());
        self.pods.get(at).cloned().unwrap_or_default()
    }

    fn rule(&mut self) {
        let roll = self.rng.below(12);
        match roll {
            _ if self.plain => match roll {
                0..3 => self.deny(),
                _ => self.allow(),
            },
            0 => self.deny(),
            1 => self.icmp(),
            2 => self.names_rule(),
            3 => {
                self.used("dns");
                let from = self.source();
                let name = self.rng.pick(&["*", "*.example.com", "api.example.com"]);
                self.line(&format!(
                    "allow {from} -> resolver:53/any via dns \"{name}\""
                ));
                if !self.names.is_empty() {
                    self.names_rule();
                }
            }
            4 => {
                self.used("template");
                let port = 7000 + self.rng.below(3);
                self.line(&format!("apply open-port(w0, {port})"));
            }
            _ => self.allow(),
        }
    }

    fn source(&mut self) -> String {
        match self.rng.below(10) {
            0 => {
                self.used("all");
                "all".to_owned()
            }
            1 => {
                self.used("union");
                format!("{} | {}", self.pod(), self.pod())
            }
            2 if self.pods.len() > 1 => {
                let (a, b) = (self.pod(), self.pod());
                if a == b {
                    return a;
                }
                self.used("except");
                format!("{a} except {b}")
            }
            _ => self.pod(),
        }
    }

    fn peer(&mut self) -> String {
        match self.rng.below(8) {
            0 if !self.nets.is_empty() => {
                let at = self.rng.below(self.nets.len());
                self.nets.get(at).cloned().unwrap_or_default()
            }
            1 => {
                self.used("entity");
                if self.plain {
                    return "world".to_owned();
                }
                self.rng
                    .pick(&[
                        "world",
                        "cluster",
                        "host",
                        "remote_node",
                        "kube_apiserver",
                        "health",
                        "cilium_ingress",
                    ])
                    .to_owned()
            }
            _ => self.pod(),
        }
    }

    /// Source and destination, of which at least one is pods.
    fn ends(&mut self) -> (String, String) {
        if self.rng.chance(25) {
            let from = self.peer();
            return (from, self.pod());
        }
        (self.source(), self.peer())
    }

    fn direction(&mut self) -> &'static str {
        if !self.rng.chance(15) {
            return "";
        }
        self.used("one-end");
        self.rng.pick(&["egress ", "ingress "])
    }

    fn deny(&mut self) {
        self.used("deny");
        let (from, to) = self.ends();
        let ports = self.rng.pick(&["", ":443", ":8000-8010", ":80"]);
        let ports = match self.rng.below(4) {
            0 => self.protocols(),
            _ => ports.to_owned(),
        };
        let direction = self.direction();
        self.line(&format!("deny {direction}{from} -> {to}{ports}"));
    }

    fn icmp(&mut self) {
        self.used("icmp");
        let (from, to) = self.ends();
        let kind = self.rng.pick(&[
            "echo",
            "echo-v4",
            "unreachable",
            "unreachable-v6",
            "time-exceeded",
        ]);
        if kind != "echo" {
            self.used("icmp-error");
        }
        let verb = if self.rng.chance(20) { "deny" } else { "allow" };
        self.line(&format!("{verb} {from} -> {to}:icmp.{kind}"));
    }

    fn names_rule(&mut self) {
        let at = self.rng.below(self.names.len());
        let Some(name) = self.names.get(at).cloned() else {
            return self.allow();
        };
        let from = self.pod();
        let via = if self.rng.chance(50) {
            self.used("sni");
            format!(" via tls.sni {name}")
        } else {
            String::new()
        };
        self.used("dns");
        self.line(&format!("allow {from} -> resolver:53/any via dns \"*\""));
        self.line(&format!("allow {from} -> {name}:443{via}"));
    }

    /// Ports of other protocols than TCP alone, sets and names.
    fn protocols(&mut self) -> String {
        let (construct, ports) = match self.rng.below(6) {
            0 => ("any-protocol", ":8000/any"),
            1 => ("any-protocol", ":8003-8005/any"),
            2 => ("sctp", ":{8000/sctp, 80}"),
            3 => ("every-port", ":*/tcp"),
            4 => ("named-port", ":web"),
            _ => ("port-set", ":{443, 8443, 8003/udp}"),
        };
        self.used(construct);
        ports.to_owned()
    }

    fn allow(&mut self) {
        let (from, to) = self.ends();
        let direction = self.direction();
        let roll = self.rng.below(10);
        let tail = match if self.plain && (2..6).contains(&roll) {
            7
        } else {
            roll
        } {
            0 => {
                self.used("no-port");
                String::new()
            }
            1 => {
                self.used("range");
                self.rng
                    .pick(&[":8000-8010", ":8005-8020", ":{80, 8000-8004}"])
                    .to_owned()
            }
            2 | 3 => self.sni(),
            4 | 5 => self.http(),
            6 => ":53/udp".to_owned(),
            7 => self.rng.pick(&[":443", ":80", ":8443"]).to_owned(),
            8 => self.protocols(),
            _ => ":8003".to_owned(),
        };
        let reason = if self.rng.chance(5) {
            self.used("reason");
            " until 2099-12-31 because \"OPS-17\""
        } else {
            ""
        };
        self.line(&format!("allow {direction}{from} -> {to}{tail}{reason}"));
    }

    fn sni(&mut self) -> String {
        self.used("sni");
        self.used("sni-pattern");
        let one = |rng: &mut Rng| {
            let names = [
                "a.example.com",
                "*.example.com",
                "b.example.net",
                "**.example.com",
            ];
            format!("\"{}\"", rng.pick(&names))
        };
        let mut name = one(&mut self.rng);
        if self.rng.chance(25) {
            self.used("sni-union");
            name = format!("{name} | {}", one(&mut self.rng));
        } else if let Some(external) = self.names.first().filter(|_| self.rng.chance(20)) {
            name = external.clone();
            self.used("sni-external");
        }
        let ports = self
            .rng
            .pick(&["443", "443", "{443, 8443}", "8443", "8000-8004"]);
        format!(":{ports} via tls.sni {name}")
    }

    fn http(&mut self) -> String {
        self.used("http");
        let port = self.rng.pick(&["80", "80", "80", "8000-8004", "web"]);
        match self.rng.below(8) {
            0 => {
                self.used("grpc");
                let entry = self.rng.pick(&["shop.Orders/Place", "shop.Orders/*"]);
                return format!(":{port} via grpc {{ \"{entry}\" }}");
            }
            1 => {
                self.used("http-names-only");
                return format!(":{port} via http.host \"shop.example.com\" | \"*.test\"");
            }
            _ => {}
        }
        let host = if self.rng.chance(25) {
            self.used("http-host");
            ".host \"shop.example.com\""
        } else {
            ""
        };
        let entries = self.rng.pick(&[
            "GET \"/a/*\"",
            "GET \"/a/*\" POST \"/b\"",
            "\"/c/**\"",
            "\"/**\"",
        ]);
        format!(":{port} via http{host} {{ {entries} }}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_construct_is_generated_and_seeds_repeat() {
        let mut seen: Vec<&str> = (0..400).flat_map(|seed| program(seed).constructs).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, CONSTRUCTS);
        assert_eq!(program(7).text, program(7).text);
    }
}
