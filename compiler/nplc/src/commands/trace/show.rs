//! Verdicts as JSON (cli.md §3) and as text.

use npl_diagnostics::render::clean;
use npl_policy::{
    interpret::{Answer, By},
    model::{Direction, Model, Workload},
};
use serde_json::{Map, Value, json};

use super::judge::{EndSaid, Judged, needs_words};
use crate::{
    pipeline::Located,
    ui::{Paint, paint},
};

pub(super) fn answer_word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Allow => "allow",
        Answer::Deny => "deny",
        Answer::Unknown(_) => "unknown",
    }
}

/// One verdict, one line without its end.
pub(super) fn json_line(judged: &Judged, model: &Model, located: &dyn Located) -> String {
    let mut out = Map::new();
    out.insert("verdict".into(), answer_word(&judged.answer).into());
    if let Answer::Unknown(needs) = &judged.answer {
        out.insert("needs".into(), needs_words(needs).into());
    }
    out.insert("egress".into(), end_json(&judged.egress, model, located));
    out.insert("ingress".into(), end_json(&judged.ingress, model, located));
    if let Some(assurance) = judged.assurance {
        out.insert("assurance".into(), assurance.as_str().into());
    }
    Value::Object(out).to_string()
}

fn end_json(end: &EndSaid, model: &Model, located: &dyn Located) -> Value {
    let mut out = Map::new();
    out.insert("verdict".into(), answer_word(&end.answer).into());
    if let Answer::Unknown(needs) = &end.answer {
        out.insert("needs".into(), needs_words(needs).into());
    }
    let (by, more) = match end.by {
        By::Rule(i) => ("rule", rule_json(i, model, located).map(|v| ("rule", v))),
        By::Sealed(i) => (
            "sealed",
            workload_json(i, model, located).map(|v| ("workload", v)),
        ),
        By::Open(i) => (
            "open",
            workload_json(i, model, located).map(|v| ("workload", v)),
        ),
        By::Unselected => ("unselected", None),
        By::Platform => ("platform", None),
    };
    out.insert("by".into(), by.into());
    if let Some((key, value)) = more {
        out.insert(key.into(), value);
    }
    Value::Object(out)
}

fn rule_json(i: u32, model: &Model, located: &dyn Located) -> Option<Value> {
    let rule = model.rules.get(i as usize)?;
    let at = located.at(rule.place);
    let text = rule.text.as_str();
    Some(json!({"id": rule.id.as_str(), "file": at.package_file, "line": at.line, "text": text}))
}

fn workload_json(i: u32, model: &Model, located: &dyn Located) -> Option<Value> {
    let workload = model.workloads.get(i as usize)?;
    let at = located.at(workload.place);
    Some(json!({"name": workload.name.as_str(), "file": at.package_file, "line": at.line}))
}

/// The verdict on one line, without its end.
pub(super) fn concise(judged: &Judged, color: bool) -> String {
    concise_answer(&judged.answer, color)
}

fn concise_answer(answer: &Answer, color: bool) -> String {
    let word = paint(color, ink(answer), answer_word(answer));
    match answer {
        Answer::Unknown(needs) => format!("{word} (depends on {})", needs_words(needs)),
        _ => word,
    }
}

fn ink(answer: &Answer) -> Paint {
    match answer {
        Answer::Allow => Paint::Good,
        Answer::Deny => Paint::Bad,
        Answer::Unknown(_) => Paint::Warn,
    }
}

/// The verdict with the reason of each end, for people. Where the flows that the ends stand for
/// differ, one of each kind is shown: no flow has the reasons of them all.
pub(super) fn full(judged: &Judged, model: &Model, located: &dyn Located, color: bool) -> String {
    let mut out = concise(judged, color) + "\n";
    let one_kind = judged.first.len() == 1;
    for case in &judged.first {
        if !one_kind {
            let word = concise_answer(&case.answer, color);
            out.push_str(&format!("  {word}, as {}:\n", clean(&case.flow)));
        }
        let indent = if one_kind { "  " } else { "    " };
        for direction in [Direction::Egress, Direction::Ingress] {
            let (name, end) = match direction {
                Direction::Egress => ("leaving the source", &case.egress),
                Direction::Ingress => ("entering the destination", &case.ingress),
            };
            let word = paint(color, ink(&end.answer), answer_word(&end.answer));
            let reason = reason(end, direction, model, located);
            let reason = reason.replace('\n', &format!("\n{indent}"));
            out.push_str(&format!("{indent}{name}: {word}, {reason}\n"));
        }
    }
    if let Some(assurance) = judged.assurance {
        out.push_str(&format!("  assurance: {}\n", assurance_text(assurance)));
    }
    if judged.cases > 1 {
        let which = if one_kind {
            "the reasons are those of the first"
        } else {
            "shown is the first of each kind"
        };
        out.push_str(&format!(
            "  (the ends stand for {} concrete flows; {which})\n",
            judged.cases
        ));
    }
    out
}

fn reason(end: &EndSaid, direction: Direction, model: &Model, located: &dyn Located) -> String {
    match end.by {
        By::Rule(i) => match model.rules.get(i as usize) {
            Some(rule) => {
                let at = located.at(rule.place);
                format!(
                    "by rule {} at {}:{}\n  {}",
                    rule.id,
                    clean(&at.file),
                    at.line,
                    clean(&rule.text)
                )
            }
            None => "by a rule".to_owned(),
        },
        By::Sealed(i) => {
            let who = workload(model.workloads.get(i as usize), located);
            format!("no rule allows it, and {who} seals its pods")
        }
        By::Open(i) => {
            let who = workload(model.workloads.get(i as usize), located);
            let side = match direction {
                Direction::Egress => "egress",
                Direction::Ingress => "ingress",
            };
            format!("{who} does not seal {side}")
        }
        By::Unselected => "nothing is enforced at this end".to_owned(),
        By::Platform => "by the platform, without a rule".to_owned(),
    }
}

fn workload(workload: Option<&Workload>, located: &dyn Located) -> String {
    let Some(workload) = workload else {
        return "a workload".to_owned();
    };
    let at = located.at(workload.place);
    format!(
        "`workload {}` ({}:{})",
        workload.short,
        clean(&at.file),
        at.line
    )
}

pub(crate) fn assurance_text(assurance: npl_policy::interpret::Assurance) -> &'static str {
    use npl_policy::interpret::Assurance;
    match assurance {
        Assurance::Address => {
            "address only: whoever shares an address of the name is admitted as well"
        }
        Assurance::ClaimedName => {
            "claimed name: the address, and the name that the client claims; nobody verifies it"
        }
        Assurance::Verified => "verified: the server proved its name",
    }
}
