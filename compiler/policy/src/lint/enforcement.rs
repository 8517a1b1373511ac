//! Rules that open more than was said, or do nothing where they stand.

use npl_diagnostics::codes::lints;

use crate::{
    lint::{
        context::{Context, End, Found, found},
        fixes,
    },
    model::{Direction, Entity, Rule, Verdict},
};

pub(super) fn check(context: &Context<'_>, out: &mut Found) {
    for (index, rule, ends) in context.rules() {
        let mut add = |diagnostic| out.push((index, diagnostic));
        if ends.is_empty() {
            continue;
        }
        if !ends.iter().any(|end| context.bound(end.subject).any) {
            add(nothing_owned(rule));
            continue;
        }
        match rule.verdict {
            Verdict::Allow => {
                if ends.iter().any(|end| end.end.ports.all) {
                    add(broad(rule));
                }
                if let Some(direction) = open(context, ends) {
                    add(no_effect(rule, direction));
                }
            }
            Verdict::Deny => {
                if let Some(from) = ends.iter().find_map(|end| node_denied(context, end)) {
                    add(breaks_probes(rule, from));
                }
            }
        }
    }
}

type Finding = npl_diagnostics::Diagnostic<npl_diagnostics::Place>;

/// Owns every pod and closes none.
const EVERYTHING: &str = "workload everything {} in any namespace open ingress, egress";

fn nothing_owned(rule: &Rule) -> Finding {
    let message = "nothing enforces this rule: this package owns no pod at an end that it binds";
    let finding = found(&lints::NOTHING_OWNED, rule, message)
        .note(
            "a rule binds at the pods that a `workload` of this package selects, and nowhere else",
        )
        .help(format!(
            "declare a `workload` for these pods; `{EVERYTHING}` owns every pod and closes none"
        ));
    if rule.verdict == Verdict::Allow || !fixes::is_own(rule) {
        return finding;
    }
    let text = format!("{EVERYTHING}\n\n");
    finding.fix(
        "own every pod and close none",
        false,
        fixes::before(rule),
        text,
    )
}

fn broad(rule: &Rule) -> Finding {
    let message = "this allow names no port: it admits every protocol and port, ICMP included";
    found(&lints::BROAD_ALLOW, rule, message)
        .help("name the ports after the destination, as in `:443` or `:{80, 9000-9100}`")
}

/// The direction in which all pods that the rule binds at are open, if no end of it does anything.
fn open(context: &Context<'_>, ends: &[End<'_>]) -> Option<Direction> {
    let mut binding = ends
        .iter()
        .filter(|end| context.bound(end.subject).any)
        .peekable();
    let first = binding.peek()?.end.direction;
    binding
        .all(|end| !context.bound(end.subject).seals(end.end.direction))
        .then_some(first)
}

fn no_effect(rule: &Rule, direction: Direction) -> Finding {
    let word = word(direction);
    let message = format!("this allow has no effect: nothing seals its pods for {word}");
    found(&lints::NO_EFFECT_WHILE_OPEN, rule, message)
        .note(format!(
            "`open {word}` lets everything pass, and no clause is checked there"
        ))
        .help(format!(
            "remove `open {word}` from the workload, or remove this rule"
        ))
}

pub(super) fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

/// The name of the entity by which the end denies a pod's own node.
fn node_denied(context: &Context<'_>, end: &End<'_>) -> Option<&'static str> {
    if end.end.direction != Direction::Ingress || !context.bound(end.subject).any {
        return None;
    }
    let entities = &end.end.peers.entities;
    [
        (Entity::Host, "host"),
        (Entity::Cluster, "cluster"),
        (Entity::All, "all"),
    ]
    .into_iter()
    .find(|(entity, _)| entities.contains(entity))
    .map(|(_, name)| name)
}

fn breaks_probes(rule: &Rule, from: &str) -> Finding {
    let message = format!("denying `{from}` keeps the kubelet's probes from these pods");
    found(&lints::BREAKS_PROBES, rule, message)
        .note("probes come from the pod's own node, which is `host`, and pass without a rule")
        .help("deny `remote_node` instead, or name only ports that no probe uses")
}
