//! The filters of one endpoint and direction: what its rules become when Cilium merges them.
//!
//! A filter is keyed by its exact ports and protocol; inside it, rules of one selector (one
//! spelling) merge, rules of different selectors stand side by side. Some merges are refused: then
//! the agent keeps the endpoint's old policy.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::import::{
    name,
    selector::Selector,
    shape::{Authentication, HttpMatch, NameMatch, Peer, Port, PortNumber, PortRule, Proto},
};

/// Rules of policies before the rules that Cilium adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    Policy,
    Default,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) tier: Tier,
    pub(super) number: PortNumber,
    pub(super) end: u16,
    pub(super) proto: Proto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parser {
    None,
    Tls,
    Http,
    Dns,
    /// A listener of a CiliumEnvoyConfig.
    Custom,
}

impl Parser {
    fn becomes(self, other: Self) -> bool {
        self == Self::None || (self == Self::Tls && other == Self::Http)
    }

    fn merge(self, other: Self) -> Result<Self, Conflict> {
        if self == other || other.becomes(self) {
            Ok(self)
        } else if self.becomes(other) {
            Ok(other)
        } else {
            Err(Conflict)
        }
    }

    /// Lower goes first.
    fn priority(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Http => 101,
            Self::Tls => 116,
            Self::Dns => 121,
            Self::Custom => 126,
        }
    }
}

/// Two rules of one selector that Cilium cannot merge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conflict;

/// What a filter says of one selector.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Says {
    pub(super) deny: bool,
    pub(super) parser: Parser,
    pub(super) priority: u8,
    pub(super) listener: Option<SmolStr>,
    pub(super) authentication: Option<Authentication>,
    pub(super) terminating: Option<SmolStr>,
    pub(super) originating: Option<SmolStr>,
    pub(super) server_names: BTreeSet<SmolStr>,
    pub(super) http: Vec<HttpMatch>,
    pub(super) dns: Vec<NameMatch>,
    /// A rule without L7 was merged in, or nothing is denied by default: L7 lets everything
    /// through.
    pub(super) widened: bool,
}

impl Says {
    const ALLOW: Self = Self {
        deny: false,
        parser: Parser::None,
        priority: 0,
        listener: None,
        authentication: None,
        terminating: None,
        originating: None,
        server_names: BTreeSet::new(),
        http: Vec::new(),
        dns: Vec::new(),
        widened: false,
    };

    fn filters(&self) -> bool {
        !(self.http.is_empty() && self.dns.is_empty())
    }

    /// Which entry of the policy map wins: deny, then listeners by priority, then a plain allow.
    pub(super) fn precedence(&self) -> u16 {
        match (self.deny, self.parser) {
            (true, _) => 255,
            (false, Parser::None) => 1,
            (false, _) if self.priority == 0 => 2,
            (false, _) => 254 - u16::from(self.priority),
        }
    }
}

/// `None` is a plain allow.
pub(super) type Said = Option<Says>;

pub(super) struct Chosen<'a> {
    pub(super) peer: &'a Spelled,
    pub(super) says: Said,
}

#[derive(Default)]
pub(super) struct Filters<'a> {
    pub(super) map: BTreeMap<Key, BTreeMap<SmolStr, Chosen<'a>>>,
}

/// One rule on its way into the filters.
#[derive(Clone, Copy)]
pub(super) struct Incoming {
    pub(super) tier: Tier,
    pub(super) deny: bool,
    pub(super) authentication: Option<Authentication>,
    /// The endpoint denies by default in this direction.
    pub(super) sealed: bool,
}

impl<'a> Filters<'a> {
    /// A rule without ports: every protocol and port.
    pub(super) fn add_everything(
        &mut self,
        rule: Incoming,
        peer: &'a Spelled,
    ) -> Result<(), Conflict> {
        let key = Key {
            tier: rule.tier,
            number: PortNumber::Number(0),
            end: 0,
            proto: Proto::Any,
        };
        let says = says(rule, &PortRule::default(), Proto::Any);
        self.add(key, peer, says)
    }

    pub(super) fn add_port(
        &mut self,
        rule: Incoming,
        ports: &PortRule,
        port: &Port,
        peer: &'a Spelled,
    ) -> Result<(), Conflict> {
        let one = [port.proto];
        let protos: &[Proto] = match port.proto {
            Proto::Any => &[Proto::Tcp, Proto::Udp, Proto::Sctp],
            _ => &one,
        };
        for proto in protos
            .iter()
            .filter(|proto| !ports.is_unread(port, **proto))
        {
            let key = Key {
                tier: rule.tier,
                number: port.number.clone(),
                end: port.end,
                proto: *proto,
            };
            self.add(key, peer, says(rule, ports, *proto))?;
        }
        Ok(())
    }

    fn add(&mut self, key: Key, peer: &'a Spelled, new: Said) -> Result<(), Conflict> {
        let filter = self.map.entry(key).or_default();
        let Some(old) = filter.get_mut(&peer.spelling) else {
            filter.insert(peer.spelling.clone(), Chosen { peer, says: new });
            return Ok(());
        };
        // `none` never selects anything, and its rules never conflict.
        if peer.spelling == "labels reserved:none: ," || old.says == new {
            return Ok(());
        }
        let denies = |says: &Said| says.as_ref().is_some_and(|says| says.deny);
        if denies(&old.says) {
            return Ok(());
        }
        if denies(&new) {
            old.says = new;
            return Ok(());
        }
        let mine = old.says.take().unwrap_or(Says::ALLOW);
        old.says = Some(merge(mine, new.unwrap_or(Says::ALLOW))?);
        Ok(())
    }
}

/// A peer with its spelling: selectors are the same to Cilium if they are spelled the same.
pub(super) struct Spelled {
    pub(super) peer: Peer,
    spelling: SmolStr,
}

impl Spelled {
    pub(super) fn new(peer: Peer) -> Self {
        let spelling = spelling(&peer);
        Self { peer, spelling }
    }

    pub(super) fn everybody() -> Self {
        Self::new(Peer::Labels(Selector::default()))
    }

    pub(super) fn is_everybody(&self) -> bool {
        matches!(&self.peer, Peer::Labels(selector) if selector.is_wildcard())
    }

    /// The peers of one rule, each once.
    pub(super) fn each(peers: Vec<Peer>) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        let mut out: Vec<Self> = peers.into_iter().map(Self::new).collect();
        out.retain(|peer| seen.insert(peer.spelling.clone()));
        out
    }
}

fn spelling(peer: &Peer) -> SmolStr {
    let text = match peer {
        Peer::Labels(selector) => format!("labels {}", selector.spelling()),
        Peer::Network { spelling, .. } => format!("network {spelling}"),
        Peer::Group { spelling, .. } | Peer::GroupLabels { spelling, .. } => {
            format!("group {spelling}")
        }
        Peer::Name(NameMatch { exact: true, text }) => format!("name {text}"),
        Peer::Name(NameMatch { exact: false, text }) => format!("pattern {text}"),
    };
    SmolStr::new(text)
}

/// What one rule says of each of its selectors on one protocol.
fn says(rule: Incoming, ports: &PortRule, proto: Proto) -> Said {
    let tls = ports.terminating_tls.is_some()
        || ports.originating_tls.is_some()
        || !ports.server_names.is_empty();
    let mut parser = if tls { Parser::Tls } else { Parser::None };
    if !ports.dns.is_empty() {
        parser = Parser::Dns;
    } else if proto == Proto::Tcp && !ports.http.is_empty() {
        parser = Parser::Http;
    }
    let mut priority = parser.priority();
    if let Some(listener) = &ports.listener {
        parser = Parser::Custom;
        priority = match listener.priority {
            0 => parser.priority(),
            given => given,
        };
    }
    if parser == Parser::None && rule.authentication.is_none() && !rule.deny {
        return None;
    }
    let mut says = Says {
        deny: rule.deny,
        parser,
        priority,
        listener: ports
            .listener
            .as_ref()
            .map(|listener| listener.name.clone()),
        authentication: rule.authentication,
        terminating: ports.terminating_tls.clone(),
        originating: ports.originating_tls.clone(),
        server_names: ports.server_names.iter().cloned().collect(),
        http: ports.http.clone(),
        dns: ports.dns.clone(),
        widened: false,
    };
    if says.filters() && !rule.sealed && !rule.deny {
        widen(&mut says);
    }
    Some(says)
}

/// Adds the rule that admits everything to what filters.
fn widen(says: &mut Says) {
    says.widened = true;
    if !says.http.is_empty() && !says.http.iter().any(HttpMatch::is_everything) {
        says.http.push(HttpMatch::default());
    } else if !says.dns.is_empty() && !says.dns.iter().any(name::is_everything) {
        says.dns.push(NameMatch {
            exact: false,
            text: SmolStr::new_static("*"),
        });
    }
}

/// Two allows of one selector. The order matters once: server names beside L7 rules are refused
/// only if the L7 rules came first.
fn merge(mut mine: Says, other: Says) -> Result<Says, Conflict> {
    redirect(&mut mine, &other)?;
    same(&mut mine.authentication, other.authentication)?;
    same(&mut mine.terminating, other.terminating)?;
    same(&mut mine.originating, other.originating)?;
    mine.server_names.extend(other.server_names);
    if !mine.server_names.is_empty() && mine.filters() && mine.terminating.is_none() {
        return Err(Conflict);
    }
    let other_filters = !(other.http.is_empty() && other.dns.is_empty());
    match (mine.filters(), other_filters) {
        (false, true) => {
            mine.http = other.http;
            mine.dns = other.dns;
            widen(&mut mine);
        }
        (true, false) => widen(&mut mine),
        _ => {
            mine.widened |= other.widened;
            for entry in other.http {
                if !mine.http.contains(&entry) {
                    mine.http.push(entry);
                }
            }
            for entry in other.dns {
                if !mine.dns.contains(&entry) {
                    mine.dns.push(entry);
                }
            }
        }
    }
    Ok(mine)
}

fn same<T: PartialEq>(mine: &mut Option<T>, other: Option<T>) -> Result<(), Conflict> {
    match (&mine, other) {
        (_, None) => Ok(()),
        (None, other) => {
            *mine = other;
            Ok(())
        }
        (Some(have), Some(other)) if *have == other => Ok(()),
        _ => Err(Conflict),
    }
}

fn redirect(mine: &mut Says, other: &Says) -> Result<(), Conflict> {
    let parser = mine.parser.merge(other.parser)?;
    if parser != mine.parser {
        mine.parser = parser;
        mine.priority = other.priority;
    }
    if other.listener.is_none()
        || (other.listener == mine.listener && other.priority == mine.priority)
    {
        return Ok(());
    }
    // Priority 0 is the last one.
    let rank = |priority: u8| priority.wrapping_sub(1);
    if rank(mine.priority) < rank(other.priority) && mine.listener.is_some() {
        return Ok(());
    }
    if mine.listener.is_none() || rank(other.priority) < rank(mine.priority) {
        mine.listener = other.listener.clone();
        mine.priority = other.priority;
        return Ok(());
    }
    Err(Conflict)
}
