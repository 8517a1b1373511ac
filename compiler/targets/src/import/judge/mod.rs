//! The judge: what Cilium's agent and proxies say of one flow, read straight from the YAML.
//!
//! It follows Cilium's policy repository step by step (which rules select the endpoint, what closes
//! a direction, how rules merge into filters, which entry wins, what the proxy then says) and
//! shares no code with the emitter or the interpreter, so that it can speak against both.

mod cluster;
mod filter;
mod flow;
mod identity;
mod layer7;

use std::net::IpAddr;

use ipnet::IpNet;
use npl_diagnostics::{Diagnostic, FileId, Place};
use smol_str::{SmolStr, format_smolstr};

pub(crate) use self::identity::is_dropped as is_dropped_label;
pub use self::{
    cluster::{Cluster, ClusterService, PortsOf},
    flow::{End as FlowEnd, Facts, Flow, Judgement, Need, Outcome, Pod},
};
use self::{
    filter::{Chosen, Filters, Incoming, Key, Parser, Spelled, Tier},
    identity::{Enforced, Identity},
};
use super::{
    Policies,
    parse::scope::{CLUSTER, LOCAL_CLUSTER, NAMESPACE},
    selector::Selector,
    shape::{
        Authentication, CidrGroup, End, Peer, Peers, Policy, PortNumber, PortRule, Proto, Rule,
    },
};

/// Policies, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    /// In the order in which Cilium merges rules.
    policies: Vec<Policy>,
    groups: Vec<CidrGroup>,
}

/// One rule end that selects an endpoint, with its peers as Cilium resolves them.
struct Active<'a> {
    end: &'a End,
    peers: Option<Vec<Spelled>>,
}

/// The rules of an endpoint in one direction.
struct Direction<'a> {
    active: Vec<Active<'a>>,
    /// What no rule allows is denied.
    sealed: bool,
    added: Vec<Spelled>,
}

/// The two ends of a flow, as one end sees them.
#[derive(Clone, Copy)]
struct Sides<'a> {
    own: &'a Identity,
    peer: &'a Identity,
    ingress: bool,
}

impl Judge {
    /// Reads documents that stand for themselves, one text each.
    pub fn documents(yaml: &[&str]) -> (Self, Vec<Diagnostic<Place>>) {
        let files: Vec<(FileId, &str)> = (0u32..).map(FileId).zip(yaml.iter().copied()).collect();
        let (policies, diagnostics) = super::read(&files);
        (Self::new(policies), diagnostics)
    }

    pub fn new(policies: Policies) -> Self {
        let Policies {
            mut policies,
            groups,
            ..
        } = policies;
        policies.sort_by_cached_key(|policy| {
            let kind = policy.kind.resource();
            format!("{kind}/{}/{}", policy.namespace, policy.name)
        });
        Self { policies, groups }
    }

    /// The verdict of one flow.
    pub fn judge(&self, cluster: &Cluster, flow: &Flow) -> Judgement {
        let mut whole: Option<Judgement> = None;
        for src in identities(cluster, &flow.src) {
            for dst in identities(cluster, &flow.dst) {
                let one = self.judge_ends(cluster, flow, &src, &dst);
                whole = Some(match whole {
                    None => one,
                    Some(before) => either(before, one),
                });
            }
        }
        let nothing = Judgement {
            verdict: Outcome::Unknown(Need::Address),
            egress: Outcome::Unknown(Need::Address),
            ingress: Outcome::Unknown(Need::Address),
        };
        whole.unwrap_or(nothing)
    }

    /// A rule selects this end of a flow in one direction.
    pub fn selects(&self, cluster: &Cluster, end: &FlowEnd, ingress: bool) -> bool {
        identities(cluster, end)
            .iter()
            .any(|own| self.direction(cluster, own, ingress).is_some())
    }

    fn judge_ends(
        &self,
        cluster: &Cluster,
        flow: &Flow,
        src: &Identity,
        dst: &Identity,
    ) -> Judgement {
        let ports = match (&flow.port, &dst.pod) {
            (PortNumber::Number(number), _) => vec![*number],
            (PortNumber::Name(name), Some(pod)) => cluster.named_ports(pod, name, flow.proto),
            (PortNumber::Name(_), None) => Vec::new(),
        };
        let mut egress = Outcome::Deny;
        let mut ingress = Outcome::Deny;
        for port in ports {
            let out = Sides {
                own: src,
                peer: dst,
                ingress: false,
            };
            let into = Sides {
                own: dst,
                peer: src,
                ingress: true,
            };
            egress = egress.or(self.side(cluster, flow, out, port));
            ingress = ingress.or(self.side(cluster, flow, into, port));
        }
        Judgement {
            verdict: egress.and(ingress),
            egress,
            ingress,
        }
    }

    fn side(&self, cluster: &Cluster, flow: &Flow, sides: Sides<'_>, port: u16) -> Outcome {
        let everybody = Spelled::everybody();
        // The agent makes the policy of both directions at once, or none.
        let other = self.direction(cluster, sides.own, !sides.ingress);
        if other.is_some_and(|other| other.conflicts(&everybody)) {
            return Outcome::Unknown(Need::Conflict);
        }
        let Some(direction) = self.direction(cluster, sides.own, sides.ingress) else {
            return Outcome::Allow;
        };
        let Ok(filters) = filters(&direction, &everybody) else {
            return Outcome::Unknown(Need::Conflict);
        };
        let lookup = Lookup {
            cluster,
            groups: &self.groups,
            filters: &filters,
            sides,
            port,
            flow,
        };
        lookup.verdict()
    }

    /// The rules that select an endpoint; `None` if nothing is enforced there.
    fn direction(&self, cluster: &Cluster, own: &Identity, ingress: bool) -> Option<Direction<'_>> {
        if own.enforced == Enforced::Nowhere {
            return None;
        }
        let mut active = Vec::new();
        let mut sealed = false;
        for rule in self.policies.iter().flat_map(|policy| &policy.rules) {
            if !selects(rule, own) {
                continue;
            }
            for end in rule.ends.iter().filter(|end| end.ingress == ingress) {
                sealed |= match ingress {
                    true => rule.deny_ingress_by_default,
                    false => rule.deny_egress_by_default,
                };
                let peers = resolve(cluster, end).map(Spelled::each);
                active.push(Active { end, peers });
            }
        }
        if own.enforced == Enforced::Init {
            sealed = true;
        } else if active.is_empty() {
            return None;
        }
        let mut added = Vec::new();
        if !sealed {
            added.push(Spelled::everybody());
        } else if ingress && !active.is_empty() && own.enforced != Enforced::Node {
            // The node itself reaches its pods.
            added.push(Spelled::new(Peer::Labels(Selector::reserved("host"))));
        }
        Some(Direction {
            active,
            sealed,
            added,
        })
    }
}

impl Direction<'_> {
    /// Only rules above the port, and those that authenticate, can contradict each other.
    fn conflicts(&self, everybody: &Spelled) -> bool {
        let can = |Active { end, .. }: &Active<'_>| {
            end.authentication.is_some() || end.ports.iter().any(PortRule::is_above_the_port)
        };
        self.active.iter().any(can) && filters(self, everybody).is_err()
    }
}

/// Rules of nodes select nodes, all others do not.
fn selects(rule: &Rule, own: &Identity) -> bool {
    rule.node == (own.enforced == Enforced::Node) && rule.subject.matches(&own.labels)
}

/// The peers of a rule: services replaced by their selectors or addresses, except in a deny, where
/// Cilium never looks at them.
fn resolve(cluster: &Cluster, end: &End) -> Option<Vec<Peer>> {
    let Peers::These(peers) = &end.peers else {
        return None;
    };
    let mut peers = peers.clone();
    if end.deny {
        return Some(peers);
    }
    for service in end.services.iter().flat_map(|s| cluster.services_of(s)) {
        if service.selector.is_empty() {
            peers.extend(service.addresses.iter().map(|address| Peer::Network {
                cidr: IpNet::from(*address),
                except: Vec::new(),
                spelling: format_smolstr!("cidr:{}", IpNet::from(*address)),
            }));
            continue;
        }
        let mut selector = Selector::default();
        for (key, value) in &service.selector {
            selector.require(&format!("k8s:{key}"), value.clone());
        }
        selector.require(NAMESPACE, service.namespace.clone());
        selector.require(CLUSTER, LOCAL_CLUSTER);
        peers.push(Peer::Labels(selector));
    }
    Some(peers)
}

/// Merges the rules of one endpoint. A rule without peers stands for everybody if it has ports, and
/// for nobody if it has none.
fn filters<'a>(
    direction: &'a Direction<'_>,
    everybody: &'a Spelled,
) -> Result<Filters<'a>, filter::Conflict> {
    let mut filters = Filters::default();
    for Active { end, peers } in &direction.active {
        let Some(peers) = peers else {
            continue;
        };
        let rule = Incoming {
            tier: Tier::Policy,
            deny: end.deny,
            authentication: end.authentication,
            sealed: direction.sealed,
        };
        if end.ports.is_empty() {
            for peer in peers {
                filters.add_everything(rule, peer)?;
            }
            continue;
        }
        let whole = std::slice::from_ref(everybody);
        let peers = if peers.is_empty() { whole } else { peers };
        for ports in &end.ports {
            for port in &ports.ports {
                for peer in peers {
                    filters.add_port(rule, ports, port, peer)?;
                }
            }
        }
    }
    for peer in &direction.added {
        let rule = Incoming {
            tier: Tier::Default,
            deny: false,
            authentication: None,
            sealed: direction.sealed,
        };
        filters.add_everything(rule, peer)?;
    }
    Ok(filters)
}

/// One question to the filters of one end.
struct Lookup<'a> {
    cluster: &'a Cluster,
    groups: &'a [CidrGroup],
    filters: &'a Filters<'a>,
    sides: Sides<'a>,
    port: u16,
    flow: &'a Flow,
}

impl<'a> Lookup<'a> {
    fn verdict(&self) -> Outcome {
        let hits: Vec<(&Key, &Chosen<'a>)> = self
            .filters
            .map
            .iter()
            .filter(|(key, _)| self.covers(key))
            .flat_map(|(key, chosen)| chosen.values().map(move |chosen| (key, chosen)))
            .filter(|(_, chosen)| self.sides.peer.selected_by(&chosen.peer.peer, self.groups))
            .collect();
        let Some(winner) = hits.iter().max_by_key(|(key, chosen)| {
            let says = chosen.says.as_ref();
            let precedence = says.map_or(1, filter::Says::precedence);
            (std::cmp::Reverse(key.tier), precedence)
        }) else {
            return Outcome::Deny;
        };
        let Some(says) = &winner.1.says else {
            return Outcome::Allow;
        };
        if says.deny || says.authentication == Some(Authentication::AlwaysFail) {
            return Outcome::Deny;
        }
        match says.parser {
            Parser::None | Parser::Custom => Outcome::Allow,
            Parser::Dns => self.dns(&hits),
            // The proxy listens on TCP only; anything else finds no socket.
            Parser::Tls | Parser::Http if self.flow.proto != Proto::Tcp => Outcome::Deny,
            Parser::Tls => self.envoy(&hits, layer7::tls),
            Parser::Http => self.envoy(&hits, layer7::http),
        }
    }

    /// Whether a filter speaks of this protocol and port.
    fn covers(&self, key: &Key) -> bool {
        if key.proto == Proto::Any {
            return true;
        }
        if key.proto != self.flow.proto {
            return false;
        }
        match &key.number {
            PortNumber::Number(0) => true,
            PortNumber::Number(low) if key.end > *low => (*low..=key.end).contains(&self.port),
            PortNumber::Number(number) => *number == self.port,
            PortNumber::Name(name) => self.named(name, key.proto).contains(&self.port),
        }
    }

    /// On ingress a name is the pod's own, on egress that of the peer.
    fn named(&self, name: &SmolStr, proto: Proto) -> Vec<u16> {
        let whose = match self.sides.ingress {
            true => self.sides.own,
            false => self.sides.peer,
        };
        match &whose.pod {
            Some(pod) => self.cluster.named_ports(pod, name, proto),
            None => Vec::new(),
        }
    }

    /// What Envoy is told of the peer. Rules with a listener of their own speak to that listener
    /// only, port 0 with an end is left out, and a listener for everybody on every port hides what
    /// Cilium adds to an open direction.
    fn envoy(
        &self,
        hits: &[(&Key, &Chosen<'a>)],
        ask: fn(&[Option<&filter::Says>], &Facts) -> Outcome,
    ) -> Outcome {
        let every_port = |key: &Key| key.number == PortNumber::Number(0) && key.end == 0;
        let hides = hits.iter().any(|(key, chosen)| {
            key.tier == Tier::Policy && every_port(key) && chosen.peer.is_everybody()
        });
        let rules: Vec<Option<&filter::Says>> = hits
            .iter()
            .filter(|(key, _)| key.number != PortNumber::Number(0) || key.end == 0)
            .filter(|(key, _)| key.tier == Tier::Policy || !hides)
            .map(|(_, chosen)| chosen.says.as_ref())
            .filter(|says| says.is_none_or(|says| says.listener.is_none()))
            .collect();
        ask(&rules, &self.flow.facts)
    }

    /// The DNS proxy looks only at the filter of the exact port.
    fn dns(&self, hits: &[(&Key, &Chosen<'a>)]) -> Outcome {
        hits.iter()
            .filter(|(key, _)| {
                let exact = match &key.number {
                    PortNumber::Number(number) => *number == self.port && key.end <= *number,
                    PortNumber::Name(_) => true,
                };
                exact && key.proto == self.flow.proto
            })
            .map(|(_, chosen)| layer7::dns(chosen.says.as_ref(), &self.flow.facts))
            .fold(Outcome::Deny, Outcome::or)
    }
}

/// A name stands for each of its addresses.
fn identities(cluster: &Cluster, end: &FlowEnd) -> Vec<Identity> {
    match end {
        FlowEnd::Name(name) => {
            let addresses = cluster.dns.get(name).map_or(&[][..], Vec::as_slice);
            let named: Vec<Identity> = addresses
                .iter()
                .map(|address| with_names(cluster, Identity::of(end, Some(*address)), *address))
                .collect();
            match named.is_empty() {
                true => vec![Identity::of(end, None)],
                false => named,
            }
        }
        FlowEnd::Address { ip, .. } => vec![with_names(cluster, Identity::of(end, None), *ip)],
        _ => vec![Identity::of(end, None)],
    }
}

/// Every name that DNS gave to an address counts for it, whichever the client asked for.
fn with_names(cluster: &Cluster, mut identity: Identity, address: IpAddr) -> Identity {
    for (name, addresses) in &cluster.dns {
        if addresses.contains(&address) && !identity.names.contains(name) {
            identity.names.push(name.clone());
        }
    }
    identity
}

fn either(left: Judgement, right: Judgement) -> Judgement {
    let one = |left: Outcome, right: Outcome| match left == right {
        true => left,
        false => Outcome::Unknown(Need::Address),
    };
    Judgement {
        verdict: one(left.verdict, right.verdict),
        egress: one(left.egress, right.egress),
        ingress: one(left.ingress, right.ingress),
    }
}
