//! Names that no rule lets Cilium learn (cilium-lowering.md §7.2).
//!
//! An address is learned from DNS answers that Cilium's proxy saw for that pod, so every name of an
//! external must be inside some `via dns` of the same pods. A resolver rule without it counts not.

use npl_diagnostics::{Diagnostic, Place, codes::cilium as codes};
use npl_policy::{
    label::Cube,
    model::{Direction, Verdict, Via},
    name::{NamePattern, union_contains},
};
use rustc_hash::FxHashSet;

use super::{
    bind::OwnedId,
    findings::at,
    plan::{Bound, End, Plan},
};

pub(super) fn check(plan: &Plan<'_>) -> Vec<Diagnostic<Place>> {
    let mut out = Vec::new();
    let mut said = FxHashSet::default();
    for (id, own) in plan.binder.owned.iter().enumerate() {
        let Some(side) = plan.side(id, Direction::Egress).filter(|s| !s.stripped) else {
            continue;
        };
        for bound in &side.bound {
            let Some(end) = plan.ends.get(bound.end) else {
                continue;
            };
            if end.rule.verdict == Verdict::Deny || end.rule.peers.names.is_empty() {
                continue;
            }
            let pods = bound.subject.cube(own.workload);
            let known = learned(plan, id, pods);
            let unknown = end
                .rule
                .peers
                .names
                .iter()
                .find(|n| !union_contains(&known, &n.pattern));
            if let Some(part) = unknown
                && said.insert(end.rule.rule)
            {
                out.push(never_learned(end, &own.workload.short, &part.pattern));
            }
        }
    }
    out
}

/// What these pods may ask, as far as every one of them may.
fn learned(plan: &Plan<'_>, id: OwnedId, pods: &Cube) -> Vec<NamePattern> {
    let mut out: Vec<NamePattern> = Vec::new();
    let meets = plan.binder.get(id).map_or(&[][..], |own| &own.meets);
    for other in std::iter::once(&id).chain(meets) {
        let (Some(own), Some(side)) = (
            plan.binder.get(*other),
            plan.side(*other, Direction::Egress),
        ) else {
            continue;
        };
        for Bound { end, subject } in &side.bound {
            if let Some(Via::Dns(names)) = plan.ends.get(*end).and_then(|e| e.rule.via.as_deref())
                && pods.implies(subject.cube(own.workload))
            {
                out.extend(names.iter().cloned());
            }
        }
    }
    out
}

fn never_learned(end: &End<'_>, workload: &str, pattern: &NamePattern) -> Diagnostic<Place> {
    at(
        &codes::NAME_NEVER_LEARNED,
        end.origin,
        format!("the addresses of `{pattern}` are never learned for `{workload}`"),
    )
    .note(
        "Cilium learns them from answers that its DNS proxy sees, and no `via dns` rule of these \
         pods holds the name",
    )
    .help(format!(
        "add `allow {workload} -> kube_dns:53/any via dns \"{pattern}\"`, with `use \
         std.kubernetes.kube_dns`"
    ))
}
