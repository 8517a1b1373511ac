//! The shape of emitted specs. What Cilium accepts and ignores, refuses late or reads in another
//! way has no value here: empty lists, two kinds of peers in one rule, ports beside ICMP, a clause
//! in a deny, names under ingress, port 0, a range that runs backwards.

use std::{
    num::NonZeroU16,
    sync::{Arc, OnceLock},
};

use npl_policy::{
    addr::Net,
    model::{Entity, Via},
    name::NamePattern,
};
use smol_str::SmolStr;

use super::limits::{ICMP_FIELDS_MAX, PORTS_MAX};

/// A list that holds something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NonEmpty<T>(Vec<T>);

impl<T> NonEmpty<T> {
    pub(super) fn new(items: Vec<T>) -> Option<Self> {
        (!items.is_empty()).then_some(Self(items))
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

/// A label selector in its one spelling: sorted, `In` of one value among the labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Selector {
    pub(crate) labels: Vec<(SmolStr, SmolStr)>,
    pub(crate) expressions: Vec<Requirement>,
}

/// A selector with its text as an item of a list of peers, made when it is first asked for: most
/// peers stand in many rules.
#[derive(Debug, Default)]
pub(super) struct Spelled {
    pub(super) selector: Selector,
    pub(super) item: OnceLock<Box<str>>,
}

impl Spelled {
    pub(super) fn new(selector: Selector) -> Self {
        Self {
            selector,
            item: OnceLock::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Requirement {
    pub(crate) key: SmolStr,
    pub(crate) operator: Operator,
}

/// In the order of their names, which is that of the output.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Operator {
    DoesNotExist,
    Exists,
    In(Vec<SmolStr>),
    NotIn(Vec<SmolStr>),
}

/// The peers of one Cilium rule: one kind.
#[derive(Clone, Debug)]
pub(super) enum Peers {
    Endpoints(NonEmpty<Arc<Spelled>>),
    Cidrs(NonEmpty<Net>),
    Entities(NonEmpty<Entity>),
}

/// Names exist towards the outside only, and never in a deny.
#[derive(Clone, Debug)]
pub(super) enum EgressPeers {
    Known(Peers),
    Names(NonEmpty<NamePattern>),
}

#[derive(Clone, Debug)]
pub(super) enum Traffic<L> {
    /// Every protocol, ICMP included.
    All,
    Ports(NonEmpty<PortList>, L),
    Icmp(IcmpList),
}

/// No clause can stand here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain;

#[derive(Clone, Debug)]
pub(super) enum IngressClause {
    None,
    ServerNames(NonEmpty<NamePattern>),
    Http(NonEmpty<HttpItem>),
}

#[derive(Clone, Debug)]
pub(super) enum EgressClause {
    Common(IngressClause),
    Dns(NonEmpty<NamePattern>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HttpItem {
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    pub(super) host: Option<String>,
}

/// At most [`PORTS_MAX`] entries, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PortList(Vec<PortEntry>);

impl PortList {
    /// Lists of at most forty, in order. Nothing for nothing.
    pub(super) fn chunks(entries: &[PortEntry]) -> Vec<Self> {
        entries
            .chunks(PORTS_MAX)
            .map(|c| Self(c.to_vec()))
            .collect()
    }

    pub(super) fn entries(&self) -> &[PortEntry] {
        &self.0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PortEntry {
    pub(super) port: Port,
    pub(super) protocol: Protocol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// Every port of the protocol: `"0"`. Never beside [`Protocol::Any`].
    Every,
    One(NonZeroU16),
    /// From the first to the second, which is greater.
    Range(NonZeroU16, NonZeroU16),
}

impl Port {
    /// `None` for nothing: port 0 alone, or a range that runs backwards.
    pub(super) fn new(low: u16, high: u16) -> Option<Self> {
        if (low, high) == (0, u16::MAX) {
            return Some(Self::Every);
        }
        let (low, high) = (NonZeroU16::new(low)?, NonZeroU16::new(high)?);
        match low.cmp(&high) {
            std::cmp::Ordering::Less => Some(Self::Range(low, high)),
            std::cmp::Ordering::Equal => Some(Self::One(low)),
            std::cmp::Ordering::Greater => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Tcp,
    Udp,
    Sctp,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// At most [`ICMP_FIELDS_MAX`] types, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IcmpList(Vec<(Family, u8)>);

impl IcmpList {
    pub(super) fn chunks(v4: &[u8], v6: &[u8]) -> Vec<Self> {
        let all: Vec<_> = v4
            .iter()
            .map(|t| (Family::V4, *t))
            .chain(v6.iter().map(|t| (Family::V6, *t)))
            .collect();
        all.chunks(ICMP_FIELDS_MAX)
            .map(|c| Self(c.to_vec()))
            .collect()
    }

    pub(super) fn fields(&self) -> &[(Family, u8)] {
        &self.0
    }
}

/// One entry of `ingress`, `egress`, `ingressDeny` or `egressDeny`.
#[derive(Clone, Debug)]
pub(super) struct Rule<P, L> {
    pub(super) peers: P,
    pub(super) traffic: Traffic<L>,
}

/// The rules that one source rule makes in one direction.
#[derive(Clone, Debug)]
pub(super) enum Section {
    Ingress(NonEmpty<Rule<Peers, IngressClause>>),
    Egress(NonEmpty<Rule<EgressPeers, EgressClause>>),
    IngressDeny(NonEmpty<Rule<Peers, Plain>>),
    EgressDeny(NonEmpty<Rule<Peers, Plain>>),
}

/// The clauses of one piece: a union, all of one kind.
pub(super) type Clauses = Vec<Arc<Via>>;
