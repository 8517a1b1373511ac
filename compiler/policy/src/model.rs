//! The model: workloads, seals, end rules, claims and tests, as plain data.
//!
//! Its primitives are the seal (a subject predicate and a direction) and the end rule (subject,
//! direction, peers, ports, L7 constraint, allow or deny, origin). A both-ended `allow` is two end
//! rules with one origin. Places are relative ([`Place`]), so that moving text changes no meaning.

use std::{collections::BTreeMap, sync::Arc};

use npl_diagnostics::Place;
use smol_str::SmolStr;

use crate::{addr::Net, http::HttpRule, label::Cube, name::NamePattern, port::PortSet};

/// Qualified name of a workload: `shop.frontend` (package or module path, then name). Unique.
pub type WorkloadName = SmolStr;

/// The whole of one program, or of one set of YAML policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// Prefixes the names of emitted objects.
    pub package: SmolStr,
    /// Owned workloads in order of (file, offset), then the foreign and imported ones that a rule,
    /// claim or test names.
    pub workloads: Vec<Workload>,
    /// Where the rules come from, in order of (file, offset).
    pub rules: Vec<Rule>,
    /// What the rules mean at each end. `EndRule::rule` indexes `rules`.
    pub ends: Vec<EndRule>,
    pub claims: Vec<Claim>,
    pub tests: Vec<Test>,
    pub settings: Settings,
    /// By file, what it calls the metadata networks of `std`, where it imports them; nothing, where
    /// their name is that of another thing in it. For the fixes that lints offer.
    pub metadata: BTreeMap<SmolStr, Option<SmolStr>>,
}

/// What the meaning itself depends on, of a target's settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Settings {
    pub control_plane: ControlPlane,
}

/// Where the Kubernetes API server is; decides what `world` may hold (language.md §5.11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ControlPlane {
    #[default]
    Unknown,
    /// Managed: its addresses lie in `world`.
    External,
    /// On the cluster's own nodes.
    Nodes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    pub name: WorkloadName,
    /// Module path inside the package, `.`-joined; empty for the root module.
    pub module: SmolStr,
    /// The name as declared, without the module.
    pub short: SmolStr,
    pub pods: Arc<Cube>,
    pub ownership: Ownership,
    /// `open ingress` / `open egress`: this declaration does not seal that direction.
    pub open_ingress: bool,
    pub open_egress: bool,
    /// `nplc build --stage observe`: seals nothing yet (cilium-lowering.md §12).
    pub observed: bool,
    pub doc: Option<SmolStr>,
    /// The file's `//!`-independent package-relative path, for provenance in output.
    pub file: SmolStr,
    /// The declaration's name.
    pub place: Place,
    /// Behind the declaration's last word, where a clause may be added.
    pub behind: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// Declared here with `workload`: sealed, and its end of rules is enforced.
    Owned,
    /// Declared here with `foreign workload`.
    Foreign,
    /// Imported from std or another package.
    Imported,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    Ingress,
    Egress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    Allow,
    Deny,
}

/// A source rule: what its end rules have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable identity (architecture.md §3.7): `r` and 12 hex digits.
    pub id: SmolStr,
    /// One line of normalised source text, as the formatter would write it.
    pub text: SmolStr,
    pub doc: Option<SmolStr>,
    pub because: Option<SmolStr>,
    pub module: SmolStr,
    pub file: SmolStr,
    pub place: Place,
    /// The `apply` items that made this rule, innermost first; `place` is then inside the template.
    pub applied_at: Vec<Place>,
    /// The ports behind the destination, where there are some.
    pub ports_at: Option<Place>,
    pub verdict: Verdict,
}

/// What one rule says at one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndRule {
    /// Index into `Model::rules`.
    pub rule: u32,
    pub direction: Direction,
    pub verdict: Verdict,
    /// Binds at every pod of this set that an owned workload selects. Only `pods` and
    /// `Entity::All` bind; networks and entities of a mixed source bind nowhere.
    pub subject: Arc<Set>,
    pub peers: Arc<Set>,
    pub ports: Arc<PortSet>,
    pub via: Option<Arc<Via>>,
    /// The rule is written at both ends (no `ingress`/`egress` direction was given).
    pub both_ends: bool,
}

/// A set of endpoints: the union of its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Set {
    pub pods: Vec<PodPart>,
    pub nets: Vec<Net>,
    pub names: Vec<NamePart>,
    /// Sorted, no duplicates.
    pub entities: Vec<Entity>,
}

/// One disjunct of the pods of a set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodPart {
    pub pods: Arc<Cube>,
    /// The declared workload that this disjunct *is*, whole; `None` for what `except` left.
    pub workload: Option<WorkloadName>,
    /// `Service shop/checkout@443→8443` where a service was resolved (cilium-lowering.md §8).
    pub resolved: Option<SmolStr>,
}

/// An `external`, by one of its patterns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamePart {
    pub external: SmolStr,
    pub pattern: NamePattern,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entity {
    All,
    World,
    Cluster,
    Host,
    RemoteNode,
    KubeApiserver,
    Health,
    CiliumIngress,
}

/// What a `via` admits; a union inside one clause.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// TLS whose SNI one of the patterns admits.
    Tls(Vec<NamePattern>),
    Http(HttpRule),
    /// POST requests to `/package.Service/Method`.
    Grpc(HttpRule),
    /// DNS queries for one of the patterns.
    Dns(Vec<NamePattern>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub kind: ClaimKind,
    /// Source text on one line.
    pub text: SmolStr,
    pub file: SmolStr,
    pub place: Place,
    pub applied_at: Vec<Place>,
}

/// Exact definitions: grammar.md §9. `ports` of `None` means any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimKind {
    CannotReach {
        from: Arc<Set>,
        to: Arc<Set>,
        ports: Option<Arc<PortSet>>,
        hops: u8,
    },
    CanReach {
        from: Arc<Set>,
        to: Arc<Set>,
        ports: Option<Arc<PortSet>>,
    },
    OnlyCanReach {
        from: Arc<Set>,
        to: Arc<Set>,
        ports: Option<Arc<PortSet>>,
    },
    /// `hops` of `None` is unbounded.
    Breach {
        of: Arc<Set>,
        within: Arc<Set>,
        hops: Option<u8>,
    },
    Disjoint {
        left: Arc<Set>,
        right: Arc<Set>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    pub name: SmolStr,
    pub flows: Vec<TestFlow>,
    pub file: SmolStr,
    pub place: Place,
}

/// A flow as a test or the command line states it: an end may be a set, a fact may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFlow {
    pub from: FlowEnd,
    pub to: FlowEnd,
    /// `None`: no port was given.
    pub port: Option<FlowPort>,
    pub facts: Facts,
    /// What the test expects; `None` on the command line.
    pub expect: Option<Verdict>,
    pub text: SmolStr,
    pub place: Place,
}

impl TestFlow {
    /// Its `dns` fact is a name of the address that it goes to (grammar.md §9). On port 53 the fact
    /// is what a query asks for.
    pub fn names_address(&self) -> bool {
        let query = matches!(self.port, Some(FlowPort::Tcp(53) | FlowPort::Udp(53)));
        !query && matches!(self.to, FlowEnd::Addr(_)) && self.facts.dns.is_some()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowEnd {
    /// A declared name: stands for all its members.
    Set(Arc<Set>),
    /// `{ app: "x" } in data`: exactly this pod.
    Pod(Pod),
    Addr(std::net::IpAddr),
    /// A DNS name in quotes.
    Name(SmolStr),
}

/// A concrete pod: all the labels it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pod {
    pub namespace: SmolStr,
    /// Sorted by key.
    pub namespace_labels: Vec<(SmolStr, SmolStr)>,
    /// Sorted by key.
    pub labels: Vec<(SmolStr, SmolStr)>,
    pub account: SmolStr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowPort {
    Tcp(u16),
    Udp(u16),
    Sctp(u16),
    /// ICMP by type number.
    Icmp4(u8),
    Icmp6(u8),
}

/// What a flow says above the port. `None`: not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// `Some("")`: TLS without a name.
    pub sni: Option<SmolStr>,
    pub method: Option<SmolStr>,
    pub path: Option<SmolStr>,
    pub host: Option<SmolStr>,
    pub dns: Option<SmolStr>,
}

/// A model that no error speaks against: the only thing that a target takes.
#[derive(Clone, Debug)]
pub struct Checked {
    model: Arc<Model>,
}

impl Checked {
    /// `None` if any of the diagnostics is an error.
    pub fn new<S>(
        model: Arc<Model>,
        diagnostics: &[npl_diagnostics::Diagnostic<S>],
    ) -> Option<Self> {
        if diagnostics
            .iter()
            .any(npl_diagnostics::Diagnostic::is_error)
        {
            return None;
        }
        Some(Self { model })
    }

    pub fn model(&self) -> &Model {
        &self.model
    }
}
