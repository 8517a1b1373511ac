//! The reference interpreter: what language.md §5 says of one concrete flow.
//!
//! It is the definition that every back end is tested against, so it is written to be read, not to
//! be fast: one flow is judged rule by rule. The index only groups rules of one subject, and the
//! owned workloads, so that a thousand flows over hundreds of policies take no second. It refuses
//! to guess: what depends on a fact that the flow does not give is `Unknown`, with the fact that
//! decides.

mod atoms;
mod flow;
mod index;
mod members;
mod place;
mod run;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use atoms::addresses as address_atoms;
pub(crate) use atoms::ports as port_atoms;
pub use flow::{Answer, Assurance, By, EndVerdict, Endpoint, Flow, FlowVerdict, Need, Needs};
pub(crate) use members::{Members, a_name};
pub use members::{in_its_namespace, pods_of};
pub use run::{Case, FailedBy, FlowOutcome, Runner, Side, TestOutcome, tests_of};

use crate::{
    http::Admits,
    model::{Direction, EndRule, Entity, Model, Ownership, Pod, Set, Verdict, Via, Workload},
};
use index::Index;

/// Judges flows over one model.
pub struct Interpreter<'m> {
    pub(crate) model: &'m Model,
    index: Index<'m>,
    /// §5.6: the own node passes without a rule.
    platform: bool,
}

impl<'m> Interpreter<'m> {
    pub fn new(model: &'m Model) -> Self {
        Self {
            model,
            index: Index::new(model),
            platform: true,
        }
    }

    /// Judges by rules and seals alone, as claims do: what the platform lets the own node do is no
    /// edge.
    pub(crate) fn without_platform(model: &'m Model) -> Self {
        Self {
            platform: false,
            ..Self::new(model)
        }
    }

    /// §5.11: where the control plane is may be unknown; the verdict is that of every place it may
    /// be at, and unknown if these differ.
    pub fn judge(&self, flow: &Flow) -> FlowVerdict {
        let mut known: Option<FlowVerdict> = None;
        for src in self.places(&flow.src) {
            for dst in self.places(&flow.dst) {
                let verdict = self.judge_placed(&Flow {
                    src: src.clone(),
                    dst,
                    port: flow.port,
                    facts: flow.facts.clone(),
                });
                match &mut known {
                    None => known = Some(verdict),
                    Some(known) => known.merge(&verdict),
                }
            }
        }
        known.unwrap_or_else(|| self.judge_placed(flow))
    }

    /// §5.3: a flow passes if it passes at both ends. Facts that are missing at both may contradict
    /// each other: then no completion passes.
    fn judge_placed(&self, flow: &Flow) -> FlowVerdict {
        let (egress, at_source) = self.end(Direction::Egress, &flow.src, &flow.dst, flow);
        let (ingress, at_destination) = self.end(Direction::Ingress, &flow.dst, &flow.src, flow);
        let mut verdict = egress.verdict.both(&ingress.verdict);
        let waits = !at_source.is_empty() && !at_destination.is_empty();
        let meet = |a: &&Via| at_destination.iter().any(|b| a.intersects(b));
        if waits && !at_source.iter().any(meet) {
            verdict = Answer::Deny;
        }
        let assurance = match (&verdict, &flow.dst, &egress.by) {
            (Answer::Deny, ..) => None,
            (_, Endpoint::Addr { .. }, By::Rule(rule)) => self.assurance(*rule, flow),
            _ => None,
        };
        FlowVerdict {
            verdict,
            egress,
            ingress,
            assurance,
        }
    }

    /// What one end says, and the clauses that admit the flow only if missing facts are right.
    fn end(
        &self,
        direction: Direction,
        here: &Endpoint,
        there: &Endpoint,
        flow: &Flow,
    ) -> (EndVerdict, Vec<&'m Via>) {
        // §5.6: a pod reaches itself, by platform.
        if *here == Endpoint::Itself || *there == Endpoint::Itself {
            return (EndVerdict::allow(By::Platform), Vec::new());
        }
        // §5.1: only pods are owned, and nothing is enforced at the end of what is not.
        let Endpoint::Pod(pod) = here else {
            return (EndVerdict::allow(By::Unselected), Vec::new());
        };
        let owners = self.owners(pod);
        let Some((first, _)) = owners.first() else {
            return (EndVerdict::allow(By::Unselected), Vec::new());
        };
        let rules = self.rules_between(direction, pod, there, flow);
        // §5.4: deny wins over any allow, whatever its specificity. §5.2: it seals nothing. A
        // workload in stage observe closes nothing, by a deny neither.
        if owners.iter().any(|(_, owner)| !owner.observed)
            && let Some(rule) = rules.iter().find(|r| r.verdict == Verdict::Deny)
        {
            return (EndVerdict::deny(By::Rule(rule.rule)), Vec::new());
        }
        // §5.6: the pod's own node reaches it, by platform, unless a deny removes that.
        let own_node = direction == Direction::Ingress && matches!(there, Endpoint::Host { .. });
        if own_node && self.platform {
            return (EndVerdict::allow(By::Platform), Vec::new());
        }
        // §5.2: one owned workload that seals is enough (§5.7: the pod may be several); `open`
        // seals not, but opens no pod that another workload seals.
        let Some((seal, _)) = owners.iter().find(|(_, owner)| seals(owner, direction)) else {
            return (EndVerdict::allow(By::Open(*first)), Vec::new());
        };
        // §5.5: the union of the allows; a clause may wait for a fact.
        let mut needs = Needs::default();
        let mut waiting: Vec<(&EndRule, &'m Via)> = Vec::new();
        for rule in rules.iter().filter(|r| r.verdict == Verdict::Allow) {
            let Some(via) = rule.via.as_deref() else {
                return (EndVerdict::allow(By::Rule(rule.rule)), Vec::new());
            };
            match via.admits(&flow.facts) {
                Admits::Yes => return (EndVerdict::allow(By::Rule(rule.rule)), Vec::new()),
                Admits::No => {}
                Admits::Depends(fact) => {
                    needs.add(Need::Fact(fact));
                    waiting.push((rule, via));
                }
            }
        }
        match waiting.first() {
            None => (EndVerdict::deny(By::Sealed(*seal)), Vec::new()),
            Some((rule, _)) => (
                EndVerdict {
                    verdict: Answer::Unknown(needs),
                    by: By::Rule(rule.rule),
                },
                waiting.iter().map(|(_, via)| *via).collect(),
            ),
        }
    }

    /// §5.1: the owned workloads that select the pod, in order of declaration.
    fn owners(&self, pod: &Pod) -> Vec<(u32, &'m Workload)> {
        let owned = self.index.owned().iter();
        owned
            .filter(|(_, w)| w.pods.matches(pod))
            .copied()
            .collect()
    }

    /// §5.3: the end rules that bind at `pod` and cover the peer and the port, in order. §5.8: the
    /// port is the pod's; service translation came before.
    fn rules_between(
        &self,
        direction: Direction,
        pod: &Pod,
        there: &Endpoint,
        flow: &Flow,
    ) -> Vec<&'m EndRule> {
        self.index
            .binding(direction, |subject| binds(subject, pod))
            .into_iter()
            .filter(|rule| rule.ports.contains(flow.port) && holds(&rule.peers, there))
            .collect()
    }

    /// §5.9: how strong the evidence for an external's name is.
    fn assurance(&self, rule: u32, flow: &Flow) -> Option<Assurance> {
        let Endpoint::Pod(pod) = &flow.src else {
            return None;
        };
        let rules = self.rules_between(Direction::Egress, pod, &flow.dst, flow);
        let end = rules.iter().find(|r| r.rule == rule)?;
        if end.peers.names.is_empty() || holds(&without_names(&end.peers), &flow.dst) {
            return None;
        }
        Some(match end.via.as_deref() {
            Some(Via::Tls(_)) => Assurance::ClaimedName,
            Some(Via::Http(http) | Via::Grpc(http)) if !http.hosts.is_empty() => {
                Assurance::ClaimedName
            }
            _ => Assurance::Address,
        })
    }
}

/// §5.2: an owned workload seals both directions, but for `open` and stage observe.
pub(crate) fn seals(workload: &Workload, direction: Direction) -> bool {
    let open = match direction {
        Direction::Ingress => workload.open_ingress,
        Direction::Egress => workload.open_egress,
    };
    workload.ownership == Ownership::Owned && !workload.observed && !open
}

/// §5.3: a rule binds at pods of its subject; of the entities only `all` holds pods that it binds
/// at.
fn binds(subject: &Set, pod: &Pod) -> bool {
    subject.entities.contains(&Entity::All) || subject.pods.iter().any(|p| p.pods.matches(pod))
}

/// §5.11: whether an endpoint lies in a set.
pub fn holds(set: &Set, end: &Endpoint) -> bool {
    if set.entities.iter().any(|entity| entity_holds(*entity, end)) {
        return true;
    }
    match end {
        // Networks hold no pod and no node, whatever their addresses.
        Endpoint::Pod(pod) => set.pods.iter().any(|part| part.pods.matches(pod)),
        Endpoint::Addr { ip, names, .. } => {
            set.nets.iter().any(|net| net.contains(*ip))
                || names
                    .iter()
                    .any(|name| set.names.iter().any(|part| part.pattern.matches(name)))
        }
        _ => false,
    }
}

/// §5.11: `world` holds every address; `cluster` every pod and node, and the API server wherever it
/// is; `all` is everything.
fn entity_holds(entity: Entity, end: &Endpoint) -> bool {
    match (entity, end) {
        (Entity::All, _) => true,
        (Entity::World, end) => matches!(end, Endpoint::Addr { .. }),
        (Entity::Cluster, Endpoint::Addr { api_server, .. }) => *api_server,
        (Entity::Cluster, _) => true,
        (
            Entity::KubeApiserver,
            Endpoint::Addr { api_server, .. }
            | Endpoint::Host { api_server }
            | Endpoint::RemoteNode { api_server },
        ) => *api_server,
        (Entity::KubeApiserver, end) => *end == Endpoint::KubeApiserver,
        (Entity::Host, end) => matches!(end, Endpoint::Host { .. }),
        (Entity::RemoteNode, end) => matches!(end, Endpoint::RemoteNode { .. }),
        (Entity::Health, end) => *end == Endpoint::Health,
        (Entity::CiliumIngress, end) => *end == Endpoint::CiliumIngress,
    }
}

fn without_names(set: &Set) -> Set {
    Set {
        names: Vec::new(),
        ..set.clone()
    }
}
