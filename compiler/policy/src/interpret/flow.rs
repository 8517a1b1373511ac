//! Concrete flows and what is said of them.

use std::{fmt, net::IpAddr};

use smol_str::SmolStr;

use crate::{
    http::Fact,
    model::{Facts, FlowPort, Pod},
};

/// One end of a flow, concrete enough to decide which sets hold it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Pod(Pod),
    /// The pod at the other end, itself: not another replica of it.
    Itself,
    /// An address of `world`, with the names that DNS gave it; the API server's, if it lies there.
    Addr {
        ip: IpAddr,
        names: Vec<SmolStr>,
        api_server: bool,
    },
    /// The own node of the pod at the other end.
    Host {
        api_server: bool,
    },
    /// Another node.
    RemoteNode {
        api_server: bool,
    },
    /// The API server, at any of the places that the settings leave to it.
    KubeApiserver,
    Health,
    CiliumIngress,
}

impl Endpoint {
    /// An address that has no name and is not the API server's.
    pub fn addr(ip: impl Into<IpAddr>) -> Self {
        Self::Addr {
            ip: ip.into(),
            names: Vec::new(),
            api_server: false,
        }
    }

    pub fn named(ip: impl Into<IpAddr>, name: impl Into<SmolStr>) -> Self {
        Self::Addr {
            ip: ip.into(),
            names: vec![name.into()],
            api_server: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    pub src: Endpoint,
    pub dst: Endpoint,
    pub port: FlowPort,
    pub facts: Facts,
}

/// What a flow does not say and a verdict depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    Fact(Fact),
    /// Where the API server is.
    ControlPlane,
    /// Which port: a flow without one was asked about.
    Port,
    /// Which member of a set that stands at an end.
    Member,
    /// Which of the addresses of a name is dialled.
    Address,
}

impl Need {
    /// As the JSON output names it (cli.md §3).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fact(fact) => fact.as_str(),
            Self::ControlPlane => "control-plane",
            Self::Port => "port",
            Self::Member => "member",
            Self::Address => "address",
        }
    }
}

/// Facts that decide: sorted, no duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Needs(Vec<Need>);

impl Needs {
    pub fn of(needs: impl IntoIterator<Item = Need>) -> Self {
        let mut list: Vec<Need> = needs.into_iter().collect();
        list.sort_unstable();
        list.dedup();
        Self(list)
    }

    pub fn as_slice(&self) -> &[Need] {
        &self.0
    }

    pub fn add(&mut self, need: Need) {
        *self = Self::of(self.0.iter().copied().chain([need]));
    }

    pub fn extend(&mut self, other: &Self) {
        *self = Self::of(self.0.iter().chain(&other.0).copied());
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Allow,
    Deny,
    Unknown(Needs),
}

impl Answer {
    /// The flow has to pass both.
    #[must_use]
    pub fn both(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Deny, _) | (_, Self::Deny) => Self::Deny,
            (Self::Allow, Self::Allow) => Self::Allow,
            (Self::Unknown(a), Self::Unknown(b)) => {
                let mut needs = a.clone();
                needs.extend(b);
                Self::Unknown(needs)
            }
            (Self::Unknown(a), _) | (_, Self::Unknown(a)) => Self::Unknown(a.clone()),
        }
    }

    /// One of the two is the case, and `which` is not known.
    #[must_use]
    pub fn either(&self, other: &Self, which: Need) -> Self {
        if self == other {
            return self.clone();
        }
        let mut needs = Needs::of([which]);
        for answer in [self, other] {
            if let Self::Unknown(more) = answer {
                needs.extend(more);
            }
        }
        Self::Unknown(needs)
    }

    /// Some completion of the flow passes.
    pub fn possible(&self) -> bool {
        *self != Self::Deny
    }
}

/// What decided at an end. Numbers index `Model::rules` and `Model::workloads`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    Rule(u32),
    /// No allow covers the flow, and this workload seals the pod.
    Sealed(u32),
    /// This workload selects the pod, and none that does seals the direction.
    Open(u32),
    /// No owned workload selects what stands here.
    Unselected,
    /// What passes without a rule (language.md §5.6).
    Platform,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndVerdict {
    pub verdict: Answer,
    /// Of an unknown verdict: the first rule that may admit the flow.
    pub by: By,
}

impl EndVerdict {
    pub(crate) fn allow(by: By) -> Self {
        Self {
            verdict: Answer::Allow,
            by,
        }
    }

    pub(crate) fn deny(by: By) -> Self {
        Self {
            verdict: Answer::Deny,
            by,
        }
    }
}

/// How well the name of an external is known (language.md §5.9). No target of this version
/// terminates TLS, so `Verified` is never said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assurance {
    Address,
    ClaimedName,
    Verified,
}

impl Assurance {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address-only",
            Self::ClaimedName => "claimed-name",
            Self::Verified => "verified",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowVerdict {
    pub verdict: Answer,
    pub egress: EndVerdict,
    pub ingress: EndVerdict,
    /// Of a flow that a rule admits to an external by its name.
    pub assurance: Option<Assurance>,
}

impl FlowVerdict {
    /// Two places of the control plane: what stays is what both say.
    pub(crate) fn merge(&mut self, other: &Self) {
        let which = Need::ControlPlane;
        self.verdict = self.verdict.either(&other.verdict, which);
        self.egress.verdict = self.egress.verdict.either(&other.egress.verdict, which);
        self.ingress.verdict = self.ingress.verdict.either(&other.ingress.verdict, which);
        self.assurance = self.assurance.min(other.assurance);
    }
}

/// `{app: "web"} in shop`, `203.0.113.7 (api.example.com)`, `host`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(pod) => {
                labels(f, &pod.labels)?;
                write!(f, " in {}", pod.namespace)?;
                if !pod.namespace_labels.is_empty() {
                    f.write_str(" ")?;
                    labels(f, &pod.namespace_labels)?;
                }
                if pod.account != "default" {
                    write!(f, " account \"{}\"", pod.account)?;
                }
                Ok(())
            }
            Self::Itself => f.write_str("itself"),
            Self::Addr {
                ip,
                names,
                api_server,
            } => {
                write!(f, "{ip}")?;
                if !names.is_empty() {
                    write!(f, " ({})", names.join(", "))?;
                }
                if *api_server {
                    f.write_str(" (kube_apiserver)")?;
                }
                Ok(())
            }
            Self::Host { api_server } => node(f, "host", *api_server),
            Self::RemoteNode { api_server } => node(f, "remote_node", *api_server),
            Self::KubeApiserver => f.write_str("kube_apiserver"),
            Self::Health => f.write_str("health"),
            Self::CiliumIngress => f.write_str("cilium_ingress"),
        }
    }
}

fn node(f: &mut fmt::Formatter<'_>, name: &str, api_server: bool) -> fmt::Result {
    f.write_str(name)?;
    if api_server {
        f.write_str(" (kube_apiserver)")?;
    }
    Ok(())
}

fn labels(f: &mut fmt::Formatter<'_>, labels: &[(SmolStr, SmolStr)]) -> fmt::Result {
    f.write_str("{")?;
    for (number, (key, value)) in labels.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        write!(f, "{comma}{key}: \"{value}\"")?;
    }
    f.write_str("}")
}
