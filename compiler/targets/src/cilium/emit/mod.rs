//! The plan as objects: one for each owned workload and namespace, or one for the cluster
//! (cilium-lowering.md §2).

mod body;
mod report;
mod texts;

use std::{borrow::Cow, collections::BTreeSet};

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{label::Cube, model::Direction};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
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

/// One end rule in a workload's object, before it is placed. Those of one rule at one subject stand
/// in one spec: a spec is what Hubble calls by the rule's id.
struct SpecEnd<'p> {
    rule: u32,
    subject: &'p Subject,
    direction: Direction,
    end: EndId,
    /// In the workload's side.
    position: usize,
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
    let ends = spec_ends(plan, id);
    let specs = || ends.chunk_by(|a, b| a.rule == b.rule && a.subject == b.subject);
    let name = object_name(&plan.model.package, own.workload);
    let seal_id = seal_id(own.workload);
    let mut out = Vec::new();
    for scope in scopes(&own.workload.pods) {
        let seal = seal(own, &seal_id, &scope);
        if seal.is_none() && ends.is_empty() {
            continue;
        }
        let mut body = Body::new(seal, own.observed, specs().count());
        let whole = subjects(&own.workload.pods, &scope);
        for spec in specs() {
            add_spec(texts, id, spec, (&scope, &whole), &mut body);
        }
        let resolved = resolved(plan, id);
        let front = Front {
            own,
            options,
            resolved: &resolved,
            package: &plan.model.package,
        };
        let pieces = body.finish();
        let several = pieces.len() > 1;
        for (number, part) in pieces.into_iter().enumerate() {
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

/// The end rules of a workload: by rule, by subject in order of appearance, ingress before egress.
fn spec_ends<'p>(plan: &'p Plan<'_>, id: OwnedId) -> Vec<SpecEnd<'p>> {
    let mut out: Vec<SpecEnd<'p>> = Vec::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        let bound = plan
            .side(id, direction)
            .into_iter()
            .flat_map(|s| s.bound.iter().enumerate());
        out.extend(bound.filter_map(|(position, Bound { end, subject })| {
            Some(SpecEnd {
                rule: plan.ends.get(*end)?.rule.rule,
                subject,
                direction,
                end: *end,
                position,
            })
        }));
    }
    out.sort_by_key(|e| e.rule);
    for run in out.chunk_by_mut(|a, b| a.rule == b.rule) {
        // Most rules have one end here, or one in each direction.
        if run
            .windows(2)
            .all(|w| w.first().map(|e| e.subject) == w.last().map(|e| e.subject))
        {
            continue;
        }
        let mut order: FxHashMap<&Subject, usize> = FxHashMap::default();
        for one in run.iter() {
            let next = order.len();
            order.entry(one.subject).or_insert(next);
        }
        run.sort_by_key(|e| order.get(e.subject).copied());
    }
    out
}

/// Writes the sections of one spec; gives the other rules whose clauses stand in it.
fn sections(
    out: &mut String,
    texts: &Texts<'_, '_>,
    id: OwnedId,
    spec: &[SpecEnd<'_>],
) -> Vec<u32> {
    let plan = texts.plan;
    let mut with: Vec<u32> = Vec::new();
    let mut open = None;
    for one in spec {
        let (Some(end), Some(side)) = (plan.ends.get(one.end), plan.side(id, one.direction)) else {
            continue;
        };
        let changed = side.changed.get(&one.position);
        let cut = changed.and_then(|pieces| section::cut(plan, end, pieces));
        with.extend(changed.into_iter().flatten().flat_map(|p| &p.with));
        let whole = changed.map_or_else(|| texts.items(one.end, side), |_| None);
        if cut.is_none() && whole.is_none() {
            continue;
        }
        if open.replace(one.direction) != Some(one.direction) {
            render::section_key(out, one.direction, end.rule.verdict);
        }
        out.push_str(whole.unwrap_or_default());
        if let Some(cut) = cut {
            render::section_items(out, &cut);
        }
    }
    with
}

fn add_spec(
    texts: &Texts<'_, '_>,
    id: OwnedId,
    spec: &[SpecEnd<'_>],
    (scope, whole): (&Scope<'_>, &[String]),
    body: &mut Body,
) {
    let (Some(own), Some(first)) = (texts.plan.binder.get(id), spec.first()) else {
        return;
    };
    let cube = first.subject.cube(own.workload);
    if let Scope::Namespace(name) = scope
        && !cube.namespace().contains(Some(name.as_str()))
    {
        return;
    }
    let mut written = String::new();
    let mut with = sections(&mut written, texts, id, spec);
    if written.is_empty() {
        return;
    }
    with.sort_unstable();
    with.dedup();
    with.retain(|rule| *rule != first.rule);
    let own_subjects = match first.subject {
        Subject::Whole => None,
        Subject::Part(cube) => Some(subjects(cube, scope)),
    };
    for subject in own_subjects.as_deref().unwrap_or(whole) {
        let start = body.start(texts, first.rule, &with);
        body.text.push_str(subject);
        body.text.push_str(NOTHING_CLOSED);
        body.text.push_str(&written);
        body.end(start, first.rule, &with);
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
