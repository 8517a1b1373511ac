//! The plan as objects: one NetworkPolicy for each sealed workload and namespace, one for each part
//! of it that has rules of its own, and ClusterNetworkPolicies for denies.

mod cluster;
mod front;
mod network;

use std::collections::BTreeSet;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::model::Rule;
use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::{
    header,
    plan::{OwnedId, Plan},
};
use crate::cilium::{EmitOptions, Object, Output, RuleEntry, Summary, name::name_clash};

/// One object with the rules that it carries.
struct Made {
    object: Object,
    rules: BTreeSet<u32>,
    owner: OwnedId,
    /// It seals pods of its owner, all of them or a part.
    seals: bool,
}

/// # Errors
/// Two objects that would have one name.
pub(super) fn output(
    plan: &Plan<'_>,
    options: &EmitOptions,
) -> Result<Output, Vec<Diagnostic<Place>>> {
    let mut made = Vec::new();
    for id in 0..plan.owned.len() {
        made.extend(network::objects(plan, id, options));
        made.extend(cluster::objects(plan, id, options));
    }
    let owned = made.iter().filter_map(|one| {
        let own = plan.get(one.owner)?;
        Some((&one.object, own.workload))
    });
    name_clash(owned)?;
    Ok(listed(plan, options, made))
}

fn listed(plan: &Plan<'_>, options: &EmitOptions, made: Vec<Made>) -> Output {
    let mut carried: Vec<Vec<usize>> = vec![Vec::new(); plan.model.rules.len()];
    let mut rules: Vec<RuleEntry> = Vec::new();
    let mut objects = Vec::with_capacity(made.len());
    for (at, made) in made.into_iter().enumerate() {
        for rule in made.rules {
            if let Some(list) = carried.get_mut(rule as usize) {
                list.push(at);
            }
        }
        if let Some(own) = plan.get(made.owner).filter(|_| made.seals) {
            let id = front::seal_id(own.workload);
            match rules.last_mut().filter(|entry| entry.id == id) {
                Some(entry) => entry.objects.push(at),
                None => rules.push(RuleEntry {
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
    rules.extend(plan.model.rules.iter().zip(carried).map(entry));
    Output {
        header: header::lines(plan, options),
        objects,
        rules,
        summary: summary(plan, options),
    }
}

fn summary(plan: &Plan<'_>, options: &EmitOptions) -> Summary {
    let owned = plan.owned.iter().map(|own| &own.workload.name);
    let owned: FxHashSet<&SmolStr> = owned.collect();
    let ends = plan.model.ends.iter().flat_map(|end| &end.subject.pods);
    let named: BTreeSet<&SmolStr> = ends.filter_map(|part| part.workload.as_ref()).collect();
    Summary {
        denies_left_out: Vec::new(),
        not_enforced_here: named
            .into_iter()
            .filter(|n| !owned.contains(n))
            .cloned()
            .collect(),
        workloads: plan.owned.len(),
        rules: plan.model.rules.len(),
        claims_not_checked: options.claims_not_checked,
    }
}
