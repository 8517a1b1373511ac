//! The plan as objects: one for each owned workload and namespace, or one for the cluster
//! (cilium-lowering.md §2).

mod body;
mod report;
mod texts;

use std::{borrow::Cow, collections::BTreeSet};

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{label::Cube, model::Direction};
use rayon::prelude::*;
use smol_str::SmolStr;

use self::{
    body::{Body, Front},
    texts::{Texts, seal},
};
use super::{
    bind::{OwnedId, Subject},
    name::{self, object_name},
    output::{EmitOptions, Object},
    plan::{Bound, EndId, Plan},
    render, section, selector,
    shape::Selector,
};

pub(super) use report::output;
pub use texts::seal_id;

const NOTHING_CLOSED: &str = "  enableDefaultDeny:\n    ingress: false\n    egress: false\n";

/// One spec of a workload, before it is placed.
struct Spec<'p> {
    rule: u32,
    subject: &'p Subject,
    /// Ingress, then egress.
    parts: [Option<(EndId, usize)>; 2],
}

/// One object with what it holds.
pub(super) struct Made {
    pub(super) object: Object,
    rules: Vec<u32>,
    seal: Option<SmolStr>,
    owner: OwnedId,
}

pub(super) fn emit(plan: &Plan<'_>, options: &EmitOptions) -> Vec<Made> {
    let texts = Texts::new(plan);
    let made: Vec<Vec<Made>> = (0..plan.binder.owned.len())
        .into_par_iter()
        .map(|id| workload(&texts, id, options))
        .collect();
    made.into_iter().flatten().collect()
}

/// A large workload's objects have numbers behind its name, and another workload may be called so.
pub(super) fn name_clash(plan: &Plan<'_>, made: &[Made]) -> Result<(), Vec<Diagnostic<Place>>> {
    let owned = made.iter().filter_map(|one| {
        let own = plan.binder.get(one.owner)?;
        Some((&one.object, own.workload))
    });
    name::name_clash(owned)
}

/// Where an object stands.
pub(super) enum Scope<'a> {
    Namespace(&'a SmolStr),
    Cluster,
}

fn scopes(cube: &Cube) -> Vec<Scope<'_>> {
    if cube.namespace().is_negated() {
        return vec![Scope::Cluster];
    }
    cube.namespace()
        .listed()
        .iter()
        .flatten()
        .map(Scope::Namespace)
        .collect()
}

fn workload(texts: &Texts<'_, '_>, id: OwnedId, options: &EmitOptions) -> Vec<Made> {
    let plan = texts.plan;
    let Some(own) = plan.binder.get(id) else {
        return Vec::new();
    };
    let specs = specs(plan, id);
    let name = object_name(&plan.model.package, own.workload);
    let seal_id = seal_id(own.workload);
    let mut out = Vec::new();
    for scope in scopes(&own.workload.pods) {
        let seal = seal(own, &seal_id, &scope);
        if seal.is_none() && specs.is_empty() {
            continue;
        }
        let mut body = Body::new(seal, own.observed, specs.len());
        let whole = subjects(&own.workload.pods, &scope);
        for spec in &specs {
            add_spec(texts, id, spec, (&scope, &whole), &mut body);
        }
        let resolved = resolved(plan, id);
        let front = Front {
            own,
            options,
            resolved: &resolved,
            package: &plan.model.package,
        };
        let parts = body.finish();
        let several = parts.len() > 1;
        for (number, part) in parts.into_iter().enumerate() {
            let name = if several {
                format!("{name}-{}", number + 1)
            } else {
                name.clone()
            };
            let seal = part.sealed.then(|| seal_id.clone());
            let (object, rules) = front.object(&scope, name, part);
            out.push(Made {
                object,
                rules,
                seal,
                owner: id,
            });
        }
    }
    out
}

/// The specs of a workload, in order of rule; both ends of one rule at one subject are one spec.
fn specs<'p>(plan: &'p Plan<'_>, id: OwnedId) -> Vec<Spec<'p>> {
    let mut out: Vec<Spec<'p>> = Vec::new();
    for (at, direction) in [Direction::Ingress, Direction::Egress]
        .into_iter()
        .enumerate()
    {
        let bound = plan
            .side(id, direction)
            .into_iter()
            .flat_map(|s| s.bound.iter().enumerate());
        for (position, Bound { end, subject }) in bound {
            let Some(rule) = plan.ends.get(*end).map(|e| e.rule.rule) else {
                continue;
            };
            let mut parts = [None, None];
            if let Some(part) = parts.get_mut(at) {
                *part = Some((*end, position));
            }
            out.push(Spec {
                rule,
                subject,
                parts,
            });
        }
    }
    out.sort_by_key(|s| s.rule);
    let mut merged: Vec<Spec<'p>> = Vec::with_capacity(out.len());
    for spec in out {
        let same = |m: &&mut Spec<'p>| {
            m.rule == spec.rule
                && m.subject == spec.subject
                && m.parts
                    .iter()
                    .zip(&spec.parts)
                    .all(|(a, b)| a.is_none() || b.is_none())
        };
        let tail = merged.iter_mut().rev().take_while(|m| m.rule == spec.rule);
        match { tail }.find(same) {
            Some(have) => {
                for (mine, theirs) in have.parts.iter_mut().zip(spec.parts) {
                    *mine = mine.or(theirs);
                }
            }
            None => merged.push(spec),
        }
    }
    merged
}

fn add_spec(
    texts: &Texts<'_, '_>,
    id: OwnedId,
    spec: &Spec<'_>,
    (scope, whole): (&Scope<'_>, &[String]),
    body: &mut Body,
) {
    let plan = texts.plan;
    let Some(own) = plan.binder.get(id) else {
        return;
    };
    let cube = spec.subject.cube(own.workload);
    if let Scope::Namespace(name) = scope
        && !cube.namespace().contains(Some(name.as_str()))
    {
        return;
    }
    let mut with: Vec<u32> = Vec::new();
    let mut sections = String::new();
    let mut shared = [None, None];
    for (at, direction) in [Direction::Ingress, Direction::Egress]
        .into_iter()
        .enumerate()
    {
        let Some((end, position)) = spec.parts.get(at).copied().flatten() else {
            continue;
        };
        let Some(side) = plan.side(id, direction) else {
            continue;
        };
        match side.changed.get(&position) {
            Some(pieces) => {
                with.extend(pieces.iter().flat_map(|p| &p.with));
                let cut = plan
                    .ends
                    .get(end)
                    .and_then(|e| section::cut(plan, e, pieces));
                if let Some(cut) = cut {
                    render::section(&mut sections, &cut);
                }
            }
            None => {
                if let Some(slot) = shared.get_mut(at) {
                    *slot = texts.section(end, side);
                }
            }
        }
    }
    let length: usize = shared.iter().flatten().map(|s| s.len()).sum();
    if sections.is_empty() && length == 0 {
        return;
    }
    with.sort_unstable();
    with.dedup();
    with.retain(|rule| *rule != spec.rule);
    let own_subjects = match spec.subject {
        Subject::Whole => None,
        Subject::Part(cube) => Some(subjects(cube, scope)),
    };
    for subject in own_subjects.as_deref().unwrap_or(whole) {
        let start = body.start(texts, spec.rule, &with);
        body.text.push_str(subject);
        body.text.push_str(NOTHING_CLOSED);
        for text in shared.iter().flatten() {
            body.text.push_str(text);
        }
        body.text.push_str(&sections);
        body.end(start, spec.rule, &with);
    }
}

/// `endpointSelector` and what follows it, for each selector that a subject needs.
fn subjects(cube: &Cube, scope: &Scope<'_>) -> Vec<String> {
    let text = |selector: &Selector| {
        let mut out = String::new();
        render::endpoint_selector(&mut out, selector);
        out
    };
    subject_selectors(cube, scope).iter().map(text).collect()
}

fn subject_selectors(cube: &Cube, scope: &Scope<'_>) -> Vec<Selector> {
    let disjuncts = selector::disjuncts(cube).unwrap_or_default();
    let each = |c: &Cow<'_, Cube>| match scope {
        Scope::Namespace(_) => selector::subject_in_namespace(c),
        Scope::Cluster => selector::subject_clusterwide(c),
    };
    disjuncts
        .iter()
        .filter(|c| !c.is_empty())
        .map(each)
        .collect()
}

/// Services whose backends stand in rules of this workload: a later inventory shows the drift.
fn resolved(plan: &Plan<'_>, id: OwnedId) -> Option<String> {
    let sides = [Direction::Ingress, Direction::Egress].map(|d| plan.side(id, d));
    let ends = sides
        .iter()
        .flatten()
        .flat_map(|s| &s.bound)
        .filter_map(|b| plan.ends.get(b.end));
    let parts = ends.flat_map(|e| e.rule.peers.pods.iter().chain(&e.rule.subject.pods));
    let all: BTreeSet<&str> = parts.filter_map(|p| p.resolved.as_deref()).collect();
    (!all.is_empty()).then(|| all.into_iter().collect::<Vec<_>>().join("; "))
}
