//! The meaning of the plan, end by end: that of the program, but for clauses which only one of two
//! ends checks (cilium-lowering.md §6.1). What is read back from the objects has to be this.

use std::sync::Arc;

use npl_policy::model::{EndRule, Model, NamePart, PodPart, Set};

use super::{
    peers::{Member, Peer},
    plan::{ClauseAt, End, Plan},
};

pub(super) fn model(plan: &Plan<'_>) -> Model {
    let mut out = plan.model.clone();
    out.ends = plan.ends.iter().flat_map(|end| ends(plan, end)).collect();
    out
}

fn ends(plan: &Plan<'_>, end: &End<'_>) -> Vec<EndRule> {
    let rule = end.rule;
    if rule.via.is_none() {
        return vec![rule.clone()];
    }
    match &end.clause {
        ClauseAt::All => vec![rule.clone()],
        ClauseAt::None => vec![EndRule {
            via: None,
            ..rule.clone()
        }],
        ClauseAt::Some(marked) => {
            let (with, without): (Vec<&Member>, Vec<&Member>) = end
                .peers
                .iter()
                .partition(|member| marked.contains(&member.peer));
            vec![
                EndRule {
                    peers: set(plan, &with),
                    ..rule.clone()
                },
                EndRule {
                    peers: set(plan, &without),
                    via: None,
                    ..rule.clone()
                },
            ]
        }
    }
}

fn set(plan: &Plan<'_>, members: &[&Member]) -> Arc<Set> {
    let mut out = Set::default();
    for peer in members.iter().filter_map(|m| plan.peers.get(m.peer)) {
        match peer {
            Peer::Pods(pods, _) => out.pods.push(PodPart {
                pods: Arc::clone(pods),
                workload: None,
                resolved: None,
            }),
            Peer::Net(net, _) => out.nets.push(net.clone()),
            Peer::Name(pattern) => out.names.push(NamePart {
                external: pattern.as_str().into(),
                pattern: pattern.clone(),
            }),
            Peer::Entity(entity) => out.entities.push(*entity),
        }
    }
    out.entities.sort_unstable();
    out.entities.dedup();
    Arc::new(out)
}
