//! Declarations that say the same twice, or close more than was said.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, Place, codes::lints};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    label::Cube,
    lint::{
        context::{Context, End},
        enforcement::word,
    },
    model::{Direction, Entity, Model, Ownership, Verdict, Workload, WorkloadName},
    overlap::OverlapIndex,
};

/// Two owned workloads with one predicate: a pod of one is a pod of the other.
pub(super) fn same_selector(model: &Model) -> Vec<Diagnostic<Place>> {
    let mut first: FxHashMap<&Cube, &Workload> = FxHashMap::default();
    let mut out = Vec::new();
    let owned = |w: &&Workload| w.ownership == Ownership::Owned;
    for workload in model.workloads.iter().filter(owned) {
        let earlier = *first.entry(&workload.pods).or_insert(workload);
        if earlier.name == workload.name {
            continue;
        }
        let message = format!(
            "`{}` selects exactly the pods of `{}`",
            workload.short, earlier.short
        );
        let finding = Diagnostic::new(&lints::SAME_SELECTOR, workload.place, message)
            .with_label("the same selector")
            .also(
                earlier.place,
                format!("`{}` is declared here", earlier.short),
            )
            .note("each of these pods has the rules of both")
            .help("keep one of the two, or add the label that tells their pods apart");
        out.push(finding);
    }
    out
}

/// An owned workload that a deny speaks of and no allow, in a direction that it seals: to a reader
/// of the deny everything else passes, and nothing does.
pub(super) fn only_denied(context: &Context<'_>) -> Vec<Diagnostic<Place>> {
    let mut denied: FxHashMap<(&WorkloadName, Direction), usize> = FxHashMap::default();
    let denies = |end: &&End<'_>| end.end.verdict == Verdict::Deny && !says_closed(end);
    for end in context.ends.iter().filter(denies) {
        for name in end
            .end
            .subject
            .pods
            .iter()
            .filter_map(|p| p.workload.as_ref())
        {
            let key = (name, end.end.direction);
            denied.entry(key).or_insert(end.rule);
        }
    }
    if denied.is_empty() {
        return Vec::new();
    }
    let allowed = [Direction::Ingress, Direction::Egress].map(|d| Allowed::new(context, d));
    let mut out = Vec::new();
    let owned = |w: &&Workload| w.ownership == Ownership::Owned;
    for workload in context.model.workloads.iter().filter(owned) {
        let closed: Vec<(Direction, usize)> = allowed
            .iter()
            .filter(|allowed| !opens(workload, allowed.direction) && !allowed.meets(&workload.pods))
            .filter_map(|allowed| {
                let deny = denied.get(&(&workload.name, allowed.direction))?;
                Some((allowed.direction, *deny))
            })
            .collect();
        if !closed.is_empty() {
            out.push(closed_by_seal(context, workload, &closed));
        }
    }
    out
}

fn opens(workload: &Workload, direction: Direction) -> bool {
    match direction {
        Direction::Ingress => workload.open_ingress,
        Direction::Egress => workload.open_egress,
    }
}

/// A deny of everything means what the seal does; one of the own node says more than the seal,
/// which lets it in.
fn says_closed(end: &End<'_>) -> bool {
    let ingress = end.end.direction == Direction::Ingress;
    let mut entities = end.end.peers.entities.iter().copied();
    entities.any(|entity| match entity {
        Entity::All => true,
        Entity::Host | Entity::Cluster => ingress,
        _ => false,
    })
}

/// What the allows of one direction bind at.
struct Allowed {
    direction: Direction,
    everywhere: bool,
    pods: OverlapIndex,
}

impl Allowed {
    fn new(context: &Context<'_>, direction: Direction) -> Self {
        let allows = || {
            let ends = context.ends.iter().map(|end| end.end);
            ends.filter(|end| end.verdict == Verdict::Allow && end.direction == direction)
        };
        let mut seen: FxHashSet<*const Cube> = FxHashSet::default();
        let parts = allows().flat_map(|end| &end.subject.pods);
        let cubes: Vec<&Cube> = parts
            .filter(|part| seen.insert(Arc::as_ptr(&part.pods)))
            .map(|part| &*part.pods)
            .collect();
        Self {
            direction,
            everywhere: allows().any(|end| end.subject.entities.contains(&Entity::All)),
            pods: OverlapIndex::new(&cubes),
        }
    }

    fn meets(&self, cube: &Cube) -> bool {
        self.everywhere || self.pods.meets(cube)
    }
}

fn closed_by_seal(
    context: &Context<'_>,
    workload: &Workload,
    closed: &[(Direction, usize)],
) -> Diagnostic<Place> {
    let words = |joint: &str| {
        let words: Vec<&str> = closed
            .iter()
            .map(|(direction, _)| word(*direction))
            .collect();
        words.join(joint)
    };
    let (name, both) = (&workload.short, words(" and "));
    let message = format!("`{name}` is closed for {both}, not only denied what its denies name");
    let mut out = Diagnostic::new(&lints::ONLY_DENIED, workload.place, message)
        .note(format!(
            "`workload` seals its pods, and no rule allows them any {both}"
        ))
        .help(format!(
            "if only the deny is meant, write `open {}` on `{name}`; else allow what it needs",
            words(", ")
        ));
    let mut told: Vec<usize> = Vec::new();
    for (_, deny) in closed {
        if let Some(rule) = context.rule(*deny).filter(|_| !told.contains(deny)) {
            out = out.also(rule.place, "denied here");
            told.push(*deny);
        }
    }
    if workload.open_ingress || workload.open_egress {
        return out;
    }
    let clause = format!("open {}", words(", "));
    let title = format!("write `{clause}`");
    out.fix(title, false, workload.behind, format!(" {clause}"))
}
