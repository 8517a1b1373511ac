//! Policies that come before or after all others. A model has no order: denies count, and the rest
//! unites. So what accepts first is an allow only where nothing after it could say otherwise.

use npl_diagnostics::{Place, codes::import as codes};

use super::refuse::{Refusal, refuse};
use crate::import::{
    Policies,
    selector::Selector,
    shape::{End, Order, Peer, Peers, Policy, PolicyKind, PortRule, Rule, names_everything},
};

/// What stands among the policies.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// The last priority of tier Admin that denies.
    denies_until: Option<u16>,
    /// Another kind denies, which comes after tier Admin.
    denies_after: bool,
    /// A rule asks for more than ports. Cilium asks for it in its tier alone.
    above_the_port: bool,
    /// Seals of tier Baseline are exact.
    made: bool,
}

impl Seen {
    pub(super) fn of(policies: &Policies) -> Self {
        let mut out = Self::default();
        for rule in policies.policies.iter().flat_map(|policy| &policy.rules) {
            let denies = rule.ends.iter().any(|end| end.deny);
            match rule.order {
                Order::Denies { priority } => {
                    out.denies_until = out.denies_until.max(Some(priority))
                }
                _ => out.denies_after |= denies,
            }
            let above = |end: &End| {
                end.authentication.is_some() || end.ports.iter().any(PortRule::is_above_the_port)
            };
            out.above_the_port |= rule.ends.iter().any(above);
        }
        out
    }

    pub(super) fn made(self) -> Self {
        Self { made: true, ..self }
    }

    /// Why the order of a rule counts.
    pub(super) fn refusal(&self, rule: &Rule) -> Option<Refusal> {
        match rule.order {
            Order::Normal | Order::Denies { .. } => None,
            Order::Accepts { priority, place } => {
                let before = self.denies_until.is_none_or(|last| last < priority);
                let alone = before && !self.denies_after && !self.above_the_port;
                (!alone).then(|| {
                    let message = "`Accept` comes before every other policy, and some of them deny \
                                   or ask for more than ports";
                    tiered(place, message)
                })
            }
            Order::Seals { place } => (!self.made).then(|| {
                let message = "tier Baseline closes a pod to what the API can name, and leaves the \
                               rest open: nodes, and at ingress the world";
                tiered(place, message)
            }),
        }
    }
}

/// What names all pods and all addresses names everything.
pub(super) fn widen(policy: &mut Policy) {
    let tiered = policy.kind == PolicyKind::KubernetesClusterwide;
    for end in policy.rules.iter_mut().flat_map(|rule| &mut rule.ends) {
        let Peers::These(peers) = &mut end.peers else {
            continue;
        };
        let all: Vec<&Peer> = peers.iter().collect();
        if tiered && !end.ingress && names_everything(&all, false) {
            *peers = vec![Peer::Labels(Selector::default())];
        }
    }
}

fn tiered(at: Place, message: &str) -> Refusal {
    let help = "keep this policy in YAML, and leave its file out";
    refuse(&codes::IMPORT_TIERED_POLICY, at, message, help)
}
