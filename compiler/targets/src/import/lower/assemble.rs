//! Seals and lines as a model: workloads by selector, rules with their text, place and identity.

use std::sync::Arc;

use npl_diagnostics::{Anchor, Diagnostic, FileId, Place};
use npl_policy::{
    identity::{self, Key},
    label::Cube,
    model::{
        Direction, EndRule, Model, Ownership, PodPart, Rule, Set, Verdict, Workload, WorkloadName,
    },
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{
    clash,
    lines::{Line, Seal},
    names::Names,
    peers, text,
};
use crate::import::Policies;

/// Names by selector.
type Owned = FxHashMap<Arc<Cube>, WorkloadName>;

pub(super) fn model(
    policies: &Policies,
    mut seals: Vec<Seal>,
    lines: Vec<Line>,
    path: &dyn Fn(FileId) -> SmolStr,
    found: &mut Vec<(usize, Diagnostic<Place>)>,
) -> Model {
    let mut sets = Vec::with_capacity(lines.len());
    for line in &lines {
        match peers::set(&line.peers, line.place) {
            Ok(set) => sets.push(set),
            Err(refusal) => {
                sets.push(Set::default());
                found.push((line.object, *refusal));
            }
        }
    }
    let gone: FxHashSet<usize> = found.iter().map(|(at, _)| *at).collect();
    seals.retain(|seal| !gone.contains(&seal.object));
    let (lines, sets): (Vec<Line>, Vec<Set>) = lines
        .into_iter()
        .zip(sets)
        .filter(|(line, set)| !gone.contains(&line.object) && *set != Set::default())
        .unzip();

    let file = |place: Place| match place.anchor {
        Anchor::File(file) => path(file),
        Anchor::Item(_) => SmolStr::default(),
    };
    let mut model = Model {
        workloads: workloads(&seals, &file),
        ..Model::default()
    };
    let owned: Owned = model
        .workloads
        .iter()
        .map(|w| (Arc::clone(&w.pods), w.name.clone()))
        .collect();
    for (line, set) in lines.iter().zip(sets) {
        rule(&mut model, &owned, line, set, file(line.place));
    }
    identify(&mut model, policies, &lines);
    model
}

/// One for each selector, in the order of the files; its place is the first policy that closes
/// something for it.
fn workloads(seals: &[Seal], file: &dyn Fn(Place) -> SmolStr) -> Vec<Workload> {
    let mut at: FxHashMap<&Cube, usize> = FxHashMap::default();
    let mut merged: Vec<Seal> = Vec::new();
    for seal in seals {
        let Some(have) = at.get(&*seal.subject).and_then(|at| merged.get_mut(*at)) else {
            at.insert(&seal.subject, merged.len());
            merged.push(seal.clone());
            continue;
        };
        let closes = |seal: &Seal| seal.ingress || seal.egress;
        if !closes(have) && closes(seal) {
            have.place = seal.place;
        }
        have.ingress |= seal.ingress;
        have.egress |= seal.egress;
        if have.doc.is_none() {
            have.doc.clone_from(&seal.doc);
        }
    }
    let mut names = Names::default();
    let workload = |seal: Seal| {
        let name = names.of_pods(&seal.subject);
        Workload {
            name: name.clone(),
            module: SmolStr::default(),
            short: name,
            pods: seal.subject,
            ownership: Ownership::Owned,
            open_ingress: !seal.ingress,
            open_egress: !seal.egress,
            observed: false,
            doc: seal.doc,
            file: file(seal.place),
            place: seal.place,
            behind: seal.place,
        }
    };
    merged.into_iter().map(workload).collect()
}

fn rule(model: &mut Model, owned: &Owned, line: &Line, mut peers: Set, file: SmolStr) {
    let part = |pods: &Arc<Cube>| PodPart {
        pods: Arc::clone(pods),
        workload: owned.get(pods).cloned(),
        resolved: None,
    };
    let subject = Set {
        pods: line.subject.iter().map(part).collect(),
        ..Set::default()
    };
    for part in &mut peers.pods {
        part.workload = owned.get(&part.pods).cloned();
    }
    let names: Vec<String> = subject
        .pods
        .iter()
        .map(|part| match &part.workload {
            Some(name) => name.to_string(),
            None => text::pods(&part.pods),
        })
        .collect();
    let ports = clash::ports_of(line);
    let said = text::rule(
        (line.deny, line.ingress),
        &names.join(" | "),
        &peers,
        &ports,
        line.via.as_ref(),
    );
    let verdict = match line.deny {
        true => Verdict::Deny,
        false => Verdict::Allow,
    };
    let index = u32::try_from(model.rules.len()).unwrap_or(u32::MAX);
    model.rules.push(Rule {
        id: SmolStr::default(),
        text: said.into(),
        doc: line.doc.clone(),
        because: None,
        module: SmolStr::default(),
        file,
        place: line.place,
        applied_at: Vec::new(),
        ports_at: None,
        verdict,
    });
    model.ends.push(EndRule {
        rule: index,
        direction: match line.ingress {
            true => Direction::Ingress,
            false => Direction::Egress,
        },
        verdict,
        subject: Arc::new(subject),
        peers: Arc::new(peers),
        ports: Arc::new(ports),
        via: line.via.clone().map(Arc::new),
        both_ends: false,
    });
}

/// The object and the text make the identity, as module and normal form do for source text.
fn identify(model: &mut Model, policies: &Policies, lines: &[Line]) {
    let objects: Vec<String> = lines
        .iter()
        .map(|line| match policies.policies.get(line.object) {
            Some(policy) => {
                let kind = policy.kind.name();
                format!("{kind}/{}/{}", policy.namespace, policy.name)
            }
            None => String::new(),
        })
        .collect();
    let keys: Vec<Key<'_>> = objects
        .iter()
        .zip(&model.rules)
        .map(|(object, rule)| Key {
            module: object,
            normal_form: &rule.text,
        })
        .collect();
    let ids = identity::assign(&keys);
    for (rule, id) in model.rules.iter_mut().zip(ids) {
        rule.id = id;
    }
}
