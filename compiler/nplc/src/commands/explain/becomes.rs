//! What a rule or seal becomes: the objects that carry it, on each target that the package builds.

use npl_policy::model::Checked;
use npl_targets::{
    cilium::{self, EmitOptions, Object},
    kubernetes,
};

use crate::pipeline::{Analysis, Target, Unit};

pub(super) fn on_targets(unit: &Unit, analysis: &Analysis, id: &str) -> String {
    let targets = Target::checked(unit.host().manifest());
    let each = targets.into_iter().map(|target| {
        let what = match &analysis.checked {
            Some(checked) => on(target, unit, analysis, checked, id),
            None => ": nothing is emitted while errors stand against the program.\n".to_owned(),
        };
        format!("On {}{what}", target.name())
    });
    each.collect::<Vec<String>>().join("\n")
}

fn on(target: Target, unit: &Unit, analysis: &Analysis, checked: &Checked, id: &str) -> String {
    let options = EmitOptions {
        owner: unit.owner(),
        claims_not_checked: analysis.claims_not_checked,
        ..EmitOptions::default()
    };
    let output = match target {
        Target::Cilium => cilium::emit(checked, &analysis.settings, &options),
        Target::Kubernetes => kubernetes::emit(checked, &analysis.kubernetes, &options),
    };
    let Ok(output) = output else {
        return ": this cannot be emitted; `nplc build` says why.\n".to_owned();
    };
    let entry = output.rules.iter().find(|entry| entry.id == id);
    let objects: Vec<&Object> = entry
        .into_iter()
        .flat_map(|entry| &entry.objects)
        .filter_map(|i| output.objects.get(*i))
        .collect();
    if objects.is_empty() {
        let why = match target {
            Target::Cilium => ": no object carries it.\n",
            Target::Kubernetes => {
                ": no object names it; what a deny takes away is left out of what they allow.\n"
            }
        };
        return why.to_owned();
    }
    let mut out = ", in:\n".to_owned();
    for object in objects {
        let namespace = object.namespace.as_ref().map(|ns| format!("{ns}/"));
        let namespace = namespace.unwrap_or_default();
        out.push_str(&format!("  {} {namespace}{}\n", object.kind, object.name));
        for spec in specs(&object.yaml, id) {
            out.push_str(&format!("\n{spec}\n"));
        }
    }
    // No blank line at the end.
    if out.ends_with("\n\n") {
        out.pop();
    }
    out
}

/// The items of `specs` that log this id, as they stand in the document: items begin with `- ` in
/// one column. The objects of Kubernetes log nothing.
fn specs(yaml: &str, id: &str) -> Vec<String> {
    let Some((_, specs)) = yaml.split_once("\nspecs:\n") else {
        return Vec::new();
    };
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
    let text = |item: &Vec<&str>| item.iter().map(|line| format!("    {line}\n")).collect();
    items.iter().filter(carries).map(text).collect()
}
