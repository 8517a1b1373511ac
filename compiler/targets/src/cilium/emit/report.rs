//! What a build tells beside its objects: which rule stands where, and what no object shows.

use std::collections::BTreeSet;

use npl_policy::model::Rule;
use smol_str::{SmolStr, format_smolstr};

use super::Made;
use crate::cilium::{
    header,
    output::{EmitOptions, Output, RuleEntry, Summary},
    plan::Plan,
};

pub(in crate::cilium) fn output(plan: &Plan<'_>, options: &EmitOptions, made: Vec<Made>) -> Output {
    let model = plan.model;
    let mut carried: Vec<Vec<usize>> = vec![Vec::new(); model.rules.len()];
    let mut seals: Vec<RuleEntry> = Vec::new();
    let mut objects = Vec::with_capacity(made.len());
    for (at, made) in made.into_iter().enumerate() {
        for rule in made.rules {
            if let Some(list) = carried.get_mut(rule as usize) {
                list.push(at);
            }
        }
        if let (Some(id), Some(own)) = (made.seal, plan.binder.get(made.owner)) {
            match seals.last_mut().filter(|s| s.id == id) {
                Some(last) => last.objects.push(at),
                None => seals.push(RuleEntry {
                    id,
                    text: format_smolstr!("workload {}", own.workload.short),
                    file: own.workload.file.clone(),
                    place: own.workload.place,
                    objects: vec![at],
                }),
            }
        }
        objects.push(made.object);
    }
    let entry = |(rule, objects): (&Rule, Vec<usize>)| RuleEntry {
        id: rule.id.clone(),
        text: rule.text.clone(),
        file: rule.file.clone(),
        place: rule.place,
        objects,
    };
    let mut rules = seals;
    rules.extend(model.rules.iter().zip(carried).map(entry));
    Output {
        header: header::lines(plan, options),
        objects,
        rules,
        summary: summary(plan, options),
    }
}

fn summary(plan: &Plan<'_>, options: &EmitOptions) -> Summary {
    let model = plan.model;
    let id_of = |rule: &u32| model.rules.get(*rule as usize).map(|r| r.id.clone());
    let named: BTreeSet<&SmolStr> = model
        .ends
        .iter()
        .flat_map(|e| &e.subject.pods)
        .filter_map(|p| p.workload.as_ref())
        .filter(|name| plan.binder.named(name).is_none())
        .collect();
    Summary {
        denies_left_out: plan.left_out.iter().filter_map(id_of).collect(),
        not_enforced_here: named.into_iter().cloned().collect(),
        workloads: plan.binder.owned.len(),
        rules: model.rules.len(),
        claims_not_checked: options.claims_not_checked,
    }
}
