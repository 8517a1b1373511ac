//! Policies in Cilium's own shape: what its agent holds after it has read and accepted an object.
//!
//! An absent list and an empty one mean different things to Cilium, so both can be said. Nothing
//! here is NPL's: no type is shared with what the compiler emits.

use ipnet::IpNet;
use npl_diagnostics::Place;
use smol_str::SmolStr;

use super::{
    parse::scope::{CLUSTER, NAMESPACE},
    selector::{Operator, Selector},
};

/// One accepted object.
#[derive(Clone, Debug)]
pub struct Policy {
    pub kind: PolicyKind,
    /// Empty for a cluster-wide policy.
    pub namespace: SmolStr,
    pub name: SmolStr,
    pub rules: Vec<Rule>,
    /// The annotation `npl/resolved` of an object that `nplc build` made.
    pub resolved: Option<(SmolStr, Place)>,
    /// Of the name, or of the object where it has none.
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyKind {
    Cilium,
    CiliumClusterwide,
    Kubernetes,
    /// A ClusterNetworkPolicy.
    KubernetesClusterwide,
}

impl PolicyKind {
    /// As `kind` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cilium => "CiliumNetworkPolicy",
            Self::CiliumClusterwide => "CiliumClusterwideNetworkPolicy",
            Self::Kubernetes => "NetworkPolicy",
            Self::KubernetesClusterwide => "ClusterNetworkPolicy",
        }
    }

    /// The prefix under which the agent sorts the rules of its resources.
    pub(crate) fn resource(self) -> &'static str {
        match self {
            Self::Cilium => "cnp",
            Self::CiliumClusterwide => "ccnp",
            Self::Kubernetes => "netpol",
            Self::KubernetesClusterwide => "kcnp",
        }
    }
}

/// One `spec`, or one of `specs`, or one NetworkPolicy.
#[derive(Clone, Debug)]
pub struct Rule {
    pub subject: Selector,
    /// `subject` speaks of nodes.
    pub node: bool,
    pub deny_ingress_by_default: bool,
    pub deny_egress_by_default: bool,
    pub ends: Vec<End>,
    /// What the author says of it.
    pub description: Option<SmolStr>,
    pub order: Order,
    pub subject_place: Place,
    pub place: Place,
}

/// Where a rule stands among the others, which only a ClusterNetworkPolicy says. Of two priorities
/// the lower one comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Every other kind: denies come first, and the rest unites.
    #[default]
    Normal,
    /// Tier Admin, all of whose rules deny.
    Denies { priority: u16 },
    /// Tier Admin, all of whose rules accept, the first one there.
    Accepts { priority: u16, place: Place },
    /// Tier Baseline, which closes all that the API can name.
    Seals { place: Place },
}

/// One item of `ingress`, `egress`, `ingressDeny` or `egressDeny`.
#[derive(Clone, Debug)]
pub struct End {
    pub ingress: bool,
    pub deny: bool,
    pub peers: Peers,
    pub ports: Vec<PortRule>,
    pub authentication: Option<Authentication>,
    /// Services to be replaced by their selectors or addresses; egress only.
    pub services: Vec<ServiceRef>,
    /// Where each of the peers stands, in their order.
    pub peer_places: Vec<Place>,
    pub place: Place,
}

/// Who a rule speaks of.
#[derive(Clone, Debug, PartialEq)]
pub enum Peers {
    /// A peer list is there and empty: selects nothing, whatever the ports.
    Nothing,
    /// The peers. Empty: nobody without ports, everybody with ports.
    These(Vec<Peer>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Peer {
    Labels(Selector),
    Network {
        cidr: IpNet,
        except: Vec<IpNet>,
        /// As written: two spellings are two selectors.
        spelling: SmolStr,
    },
    Group {
        name: SmolStr,
        except: Vec<IpNet>,
        spelling: SmolStr,
    },
    GroupLabels {
        selector: Selector,
        except: Vec<IpNet>,
        spelling: SmolStr,
    },
    Name(NameMatch),
}

/// Every pod and, where traffic goes, every address.
pub(crate) fn names_everything(peers: &[&Peer], ingress: bool) -> bool {
    let holds = |net: &str| {
        let mut all = peers.iter();
        all.any(|peer| match peer {
            Peer::Network { cidr, except, .. } => net.parse() == Ok(*cidr) && except.is_empty(),
            _ => false,
        })
    };
    let exists = |selector: &Selector| {
        let mut all = selector.expressions.iter();
        all.all(|e| e.key == NAMESPACE && e.operator == Operator::Exists)
    };
    let every_pod =
        |selector: &Selector| selector.labels.keys().all(|key| key == CLUSTER) && exists(selector);
    let pods = |peer: &&Peer| matches!(peer, Peer::Labels(selector) if every_pod(selector));
    peers.iter().any(pods) && (ingress || (holds("0.0.0.0/0") && holds("::/0")))
}

/// One `toFQDNs` or `rules.dns` item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameMatch {
    pub exact: bool,
    pub text: SmolStr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    Disabled,
    Required,
    AlwaysFail,
}

#[derive(Clone, Debug, Default)]
pub struct PortRule {
    pub ports: Vec<Port>,
    pub http: Vec<HttpMatch>,
    pub dns: Vec<NameMatch>,
    pub server_names: Vec<SmolStr>,
    pub terminating_tls: Option<SmolStr>,
    pub originating_tls: Option<SmolStr>,
    pub listener: Option<Listener>,
}

impl PortRule {
    /// Says more than ports and protocols.
    pub fn is_above_the_port(&self) -> bool {
        !(self.http.is_empty() && self.dns.is_empty() && self.server_names.is_empty())
            || self.terminating_tls.is_some()
            || self.originating_tls.is_some()
            || self.listener.is_some()
    }

    /// A `dns` rule on SCTP alone: no query comes by it, and Cilium's proxy takes none.
    pub fn is_unread(&self, port: &Port, proto: Proto) -> bool {
        let queries = |other: &Port| {
            (&other.number, other.end) == (&port.number, port.end)
                && matches!(other.proto, Proto::Tcp | Proto::Udp | Proto::Any)
        };
        !self.dns.is_empty() && proto == Proto::Sctp && !self.ports.iter().any(queries)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    pub name: SmolStr,
    pub priority: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    pub number: PortNumber,
    /// 0 where none is given; without effect unless greater than the port.
    pub end: u16,
    pub proto: Proto,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PortNumber {
    /// 0 is every port.
    Number(u16),
    /// Lower case.
    Name(SmolStr),
}

/// A protocol as policies name them; for ICMP the port is the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Proto {
    Any,
    Tcp,
    Udp,
    Sctp,
    Icmp,
    Icmpv6,
    Vrrp,
    Igmp,
    Gre,
    Ipip,
    Ipv6,
    Esp,
    Ah,
}

impl Proto {
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "ANY" => Self::Any,
            "TCP" => Self::Tcp,
            "UDP" => Self::Udp,
            "SCTP" => Self::Sctp,
            "ICMP" | "ICMPv4" => Self::Icmp,
            "ICMPv6" => Self::Icmpv6,
            "VRRP" => Self::Vrrp,
            "IGMP" => Self::Igmp,
            "GRE" => Self::Gre,
            "IPIP" => Self::Ipip,
            "IPV6" => Self::Ipv6,
            "ESP" => Self::Esp,
            "AH" => Self::Ah,
            _ => return None,
        })
    }

    /// One of the protocols without ports, which an agent flag opens.
    pub fn is_extended(self) -> bool {
        matches!(
            self,
            Self::Vrrp | Self::Igmp | Self::Gre | Self::Ipip | Self::Ipv6 | Self::Esp | Self::Ah
        )
    }
}

/// One item of `rules.http`; a field that is absent admits everything.
#[derive(Clone, Debug, Default)]
pub struct HttpMatch {
    pub method: Option<Pattern>,
    pub path: Option<Pattern>,
    pub host: Option<Pattern>,
    /// Headers that must be there, or have a value: never known of a flow.
    pub headers: Vec<SmolStr>,
    /// Adds, replaces, removes or logs headers; the request passes all the same.
    pub rewrites: bool,
}

impl PartialEq for HttpMatch {
    fn eq(&self, other: &Self) -> bool {
        let text = |pattern: &Option<Pattern>| pattern.as_ref().map(|p| p.text.clone());
        text(&self.method) == text(&other.method)
            && text(&self.path) == text(&other.path)
            && text(&self.host) == text(&other.host)
            && self.headers == other.headers
            && self.rewrites == other.rewrites
    }
}

impl HttpMatch {
    /// Admits every request.
    pub fn is_everything(&self) -> bool {
        self.method.is_none()
            && self.path.is_none()
            && self.host.is_none()
            && self.headers.is_empty()
    }
}

/// A regular expression that the whole of a text must match.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub text: SmolStr,
    /// `None`: Cilium hands it to its proxy unchecked, and the proxy refuses it.
    pub regex: Option<regex::Regex>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ServiceRef {
    Named {
        /// Empty: any namespace.
        namespace: SmolStr,
        name: SmolStr,
    },
    Labels {
        namespace: SmolStr,
        selector: Selector,
    },
}

/// A CiliumCIDRGroup.
#[derive(Clone, Debug)]
pub struct CidrGroup {
    pub name: SmolStr,
    pub labels: Vec<(SmolStr, SmolStr)>,
    pub cidrs: Vec<IpNet>,
    pub place: Place,
}
