//! One rule in English: what it lets through, to whom, at which assurance, and what it becomes.

use npl_policy::{
    interpret::Assurance,
    model::{Direction, EndRule, Rule, Set, Verdict, Via},
};

use super::{becomes, english};
use crate::{
    commands::trace::assurance_text,
    pipeline::{Analysis, Located as _, Unit},
};

/// `index` counts in `Model::rules`.
pub(super) fn explain(unit: &Unit, analysis: &Analysis, index: u32) -> String {
    let model = &analysis.model;
    let Some(rule) = model.rules.get(index as usize) else {
        return String::new();
    };
    let ends: Vec<&EndRule> = model.ends.iter().filter(|end| end.rule == index).collect();
    let at = unit.at(rule.place);
    let mut out = format!("{}:{}: {}\nrule {}\n", at.file, at.line, rule.text, rule.id);
    for place in &rule.applied_at {
        let at = unit.at(*place);
        out.push_str(&format!("made by the `apply` at {}:{}\n", at.file, at.line));
    }
    out.push('\n');
    for line in rule.doc.iter().flat_map(|doc| doc.lines()) {
        out.push_str(&format!("  {line}\n"));
    }
    if let Some(end) = ends.first() {
        out.push_str(&sentence(rule, end));
    }
    for end in &ends {
        out.push_str(&enforced(analysis, end));
    }
    if let Some(assurance) = ends.iter().find_map(|end| assurance(end)) {
        out.push_str(&format!("Assurance: {}.\n", assurance_text(assurance)));
    }
    if let Some(because) = &rule.because {
        out.push_str(&format!("Reason given: {because}\n"));
    }
    out.push('\n');
    out.push_str(&becomes::on_targets(unit, analysis, &rule.id));
    out
}

fn sentence(rule: &Rule, end: &EndRule) -> String {
    let (from, to) = match end.direction {
        Direction::Egress => (&end.subject, &end.peers),
        Direction::Ingress => (&end.peers, &end.subject),
    };
    let (from, to) = (english::set(from), english::set(to));
    let ports = english::ports(&end.ports);
    match rule.verdict {
        Verdict::Allow => {
            let via = end
                .via
                .as_deref()
                .map(|via| format!(": {}", english::via(via)));
            let via = via.unwrap_or_default();
            format!("Lets {from} open connections to {to} {ports}{via}.\n")
        }
        Verdict::Deny => format!(
            "Stops {from} from opening connections to {to} {ports}, whatever else allows it.\n"
        ),
    }
}

fn enforced(analysis: &Analysis, end: &EndRule) -> String {
    let (owned, observed) = english::owned(end, &analysis.model);
    let (when, side) = match end.direction {
        Direction::Egress => ("leaving", "source"),
        Direction::Ingress => ("entering", "destination"),
    };
    let left = match observed.is_empty() {
        true => String::new(),
        false => {
            let list = english::list(&observed, "and");
            format!("Left out {when} {list}, in stage observe: a deny would drop.\n")
        }
    };
    match (owned.is_empty(), observed.is_empty()) {
        (true, true) => format!("Not enforced at its {side}: nothing there is owned here.\n"),
        (true, false) => left,
        (false, _) => format!("Enforced {when} {}.\n{left}", english::list(&owned, "and")),
    }
}

/// How well the name of an external is known (language.md §5.9).
fn assurance(end: &EndRule) -> Option<Assurance> {
    let named = |set: &Set| !set.names.is_empty();
    if end.verdict == Verdict::Deny || end.direction == Direction::Ingress || !named(&end.peers) {
        return None;
    }
    Some(match end.via.as_deref() {
        Some(Via::Tls(_)) => Assurance::ClaimedName,
        Some(Via::Http(http) | Via::Grpc(http)) if !http.hosts.is_empty() => Assurance::ClaimedName,
        _ => Assurance::Address,
    })
}
