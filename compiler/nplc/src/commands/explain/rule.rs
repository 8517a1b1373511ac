//! One rule in English: what it lets through, to whom, at which assurance, and what it becomes.

use npl_policy::{
    interpret::Assurance,
    model::{Direction, EndRule, Rule, Set, Verdict, Via},
};
use npl_targets::cilium::{self, EmitOptions};

use super::english;
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
        out.push_str(&enforced(unit, analysis, end));
    }
    if let Some(assurance) = ends.iter().find_map(|end| assurance(end)) {
        out.push_str(&format!("Assurance: {}.\n", assurance_text(assurance)));
    }
    if let Some(because) = &rule.because {
        out.push_str(&format!("Reason given: {because}\n"));
    }
    out.push('\n');
    out.push_str(&on_cilium(unit, analysis, &rule.id));
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

fn enforced(unit: &Unit, analysis: &Analysis, end: &EndRule) -> String {
    let _ = unit;
    let owned = english::owned(&end.subject, &analysis.model);
    let (when, side) = match end.direction {
        Direction::Egress => ("leaving", "source"),
        Direction::Ingress => ("entering", "destination"),
    };
    if owned.is_empty() {
        return format!("Not enforced at its {side}: nothing there is owned here.\n");
    }
    format!("Enforced {when} {}.\n", english::list(&owned, "and"))
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

/// The objects that carry a rule or seal, and its spec in the first of them.
pub(super) fn on_cilium(unit: &Unit, analysis: &Analysis, id: &str) -> String {
    let Some(checked) = &analysis.checked else {
        return "On cilium: nothing is emitted while errors stand against the program.\n"
            .to_owned();
    };
    let options = EmitOptions {
        owner: unit.owner(),
        claims_not_checked: analysis.claims_not_checked,
        ..EmitOptions::default()
    };
    let Ok(output) = cilium::emit(checked, &analysis.settings, &options) else {
        return "On cilium: this cannot be emitted; `nplc build` says why.\n".to_owned();
    };
    let entry = output.rules.iter().find(|entry| entry.id == id);
    let objects: Vec<_> = entry
        .into_iter()
        .flat_map(|entry| &entry.objects)
        .filter_map(|i| output.objects.get(*i))
        .collect();
    let Some(first) = objects.first() else {
        return "On cilium: no object carries it.\n".to_owned();
    };
    let mut out = "On cilium, in:\n".to_owned();
    for object in &objects {
        let namespace = object
            .namespace
            .as_ref()
            .map(|ns| format!("{ns}/"))
            .unwrap_or_default();
        out.push_str(&format!("  {} {namespace}{}\n", object.kind, object.name));
    }
    if let Some(spec) = spec(&first.yaml, id) {
        out.push('\n');
        out.push_str(&spec);
    }
    out
}

/// The item of `specs` that logs this id, as it stands in the document: items begin with `- ` in
/// one column.
fn spec(yaml: &str, id: &str) -> Option<String> {
    let specs = yaml.split_once("\nspecs:\n")?.1;
    let indent = specs.len() - specs.trim_start_matches(' ').len();
    let begin = format!("{}- ", " ".repeat(indent));
    let mut items: Vec<Vec<&str>> = Vec::new();
    for line in specs.lines() {
        if line.starts_with(&begin) {
            items.push(vec![line]);
        } else if let Some(item) = items.last_mut() {
            item.push(line);
        }
    }
    let carries = |item: &&Vec<&str>| {
        item.iter().any(|line| {
            let value = line.trim().trim_start_matches("- ").strip_prefix("value: ");
            value.is_some_and(|value| value.trim_matches('"') == id)
        })
    };
    let found = items.iter().find(carries)?;
    Some(found.iter().map(|line| format!("  {line}\n")).collect())
}
