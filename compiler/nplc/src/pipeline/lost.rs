//! What is missing because a mistake took it away. A claim that fails, or a lint that asks for a
//! rule, is a mistake of its own only if it stays with all that was lost put back, as wide as it
//! may have been: else it tells of the first mistake a second time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use npl_diagnostics::{
    Code, Diagnostic, Place,
    codes::{cilium as cilium_codes, kinds, lints},
};
use npl_policy::{
    claims::{self, ClaimOutcome, Decision, Unenforced, Witness},
    inventory::Inventory,
    label::Cube,
    model::{
        ClaimKind, Direction, EndRule, Entity, Model, Ownership, Rule, Set, Verdict, Via, Workload,
    },
    name::NamePattern,
    port::PortSet,
};
use npl_sema::lost::{Lost, LostEnds, LostItem, LostRule};

/// Which of the things that were lost are put back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Back {
    /// Allows.
    Opening,
    /// Denies, and workloads, which seal.
    Closing,
}

impl Back {
    /// What works against these: of that, halves are taken away.
    fn taken(self) -> Verdict {
        match self {
            Self::Opening => Verdict::Deny,
            Self::Closing => Verdict::Allow,
        }
    }
}

/// Findings that something is missing, with what would supply it.
const SAY_MISSING: [(Code, Back); 9] = [
    (&lints::REBINDING, Back::Closing),
    (&lints::METADATA_REACHABLE, Back::Closing),
    (&lints::WORLD_REACHES_APISERVER, Back::Closing),
    (&lints::NOTHING_OWNED, Back::Closing),
    (&lints::NO_EFFECT_WHILE_OPEN, Back::Closing),
    (&lints::ONLY_DENIED, Back::Opening),
    (&kinds::DNS_NEEDS_OWNED_SOURCE, Back::Closing),
    (&cilium_codes::NAME_NEVER_LEARNED, Back::Opening),
    (&cilium_codes::NOTHING_CHECKS_VIA, Back::Closing),
];

/// Findings without those that may be told of what was lost. `again` finds them in another model.
pub(super) fn own_findings(
    found: Vec<Diagnostic<Place>>,
    model: &Model,
    lost: &[Lost],
    again: impl Fn(&Model) -> Vec<Diagnostic<Place>>,
) -> Vec<Diagnostic<Place>> {
    let supplied_by = |code: Code| SAY_MISSING.iter().find(|(known, _)| *known == code);
    let mut stay: BTreeSet<(&str, Place)> = BTreeSet::new();
    let mut asked = Vec::new();
    for back in [Back::Opening, Back::Closing] {
        let asks = |d: &Diagnostic<Place>| supplied_by(d.code).is_some_and(|(_, by)| *by == back);
        if supplies(lost, back) && found.iter().any(asks) {
            asked.push(back);
            let still = again(&with(model, lost, back));
            stay.extend(still.iter().filter(|d| asks(d)).map(|d| (d.code.id, d.at)));
        }
    }
    let own = |d: &Diagnostic<Place>| match supplied_by(d.code) {
        Some((_, by)) if asked.contains(by) => stay.contains(&(d.code.id, d.at)),
        _ => !speaks_of_half(d, lost),
    };
    found.into_iter().filter(own).collect()
}

/// Of what a mistake has left a part of, nobody knows what it says.
fn speaks_of_half(found: &Diagnostic<Place>, lost: &[Lost]) -> bool {
    is_half(found.at, lost) || found.labels.iter().any(|label| is_half(label.at, lost))
}

fn is_half(place: Place, lost: &[Lost]) -> bool {
    lost.iter().any(|lost| {
        let range = lost.at.range;
        let inside = (range.start..range.end).contains(&place.range.start);
        lost.at.anchor == place.anchor && inside
    })
}

/// The rules of which the model has a part. It may be wider than what was meant.
fn halves(model: &Model, lost: &[Lost], verdict: Verdict) -> BTreeSet<u32> {
    let rules = (0..).zip(&model.rules);
    let halves = rules.filter(|(_, rule)| rule.verdict == verdict && is_half(rule.place, lost));
    halves.map(|(number, _)| number).collect()
}

/// Claims without those that may fail for what was lost.
pub(super) fn own_claims(
    outcomes: &[ClaimOutcome],
    model: &Model,
    lost: &[Lost],
    inventory: Option<&Inventory>,
) -> Vec<ClaimOutcome> {
    let mut told: Vec<ClaimOutcome> = outcomes.to_vec();
    for back in [Back::Opening, Back::Closing] {
        if !supplies(lost, back) && halves(model, lost, back.taken()).is_empty() {
            continue;
        }
        let asks = |outcome: &ClaimOutcome| supplied_by(model, outcome) == Some(back);
        let asked: Vec<usize> = told.iter().filter(|o| asks(o)).map(|o| o.claim).collect();
        if asked.is_empty() {
            continue;
        }
        let again = decide_again(with(model, lost, back), &asked, inventory);
        told.retain(|outcome| match again.get(&outcome.claim) {
            Some(now) if asks(outcome) => stays(outcome, now),
            _ => true,
        });
    }
    let disjoint = lost.iter().any(|l| l.what == LostItem::Disjoint);
    let overlap = |w: &Witness| w.source_is_also.len() > 1 || w.destination_is_also.len() > 1;
    told.retain(|outcome| match &outcome.decision {
        Decision::Fails(witness) | Decision::HoldsHere(witness) => !(disjoint && overlap(witness)),
        _ => true,
    });
    told
}

/// What a claim may lack, if it lacks anything.
fn supplied_by(model: &Model, outcome: &ClaimOutcome) -> Option<Back> {
    let kind = &model.claims.get(outcome.claim)?.kind;
    match &outcome.decision {
        Decision::Fails(_) if matches!(kind, ClaimKind::CanReach { .. }) => Some(Back::Opening),
        Decision::Fails(_) | Decision::HoldsHere(_) => Some(Back::Closing),
        Decision::NothingEnforces(Unenforced::NoEnd | Unenforced::NotSealed(_)) => {
            Some(Back::Closing)
        }
        Decision::Holds if !outcome.assumptions.is_empty() => Some(Back::Closing),
        _ => None,
    }
}

/// Whether a claim says the same with what was lost.
fn stays(before: &ClaimOutcome, now: &ClaimOutcome) -> bool {
    match (&before.decision, &now.decision) {
        (Decision::Fails(_), Decision::Fails(_))
        | (Decision::HoldsHere(_), Decision::Fails(_) | Decision::HoldsHere(_))
        | (Decision::NothingEnforces(_), Decision::NothingEnforces(_)) => true,
        (Decision::Holds, Decision::Holds) => !now.assumptions.is_empty(),
        _ => false,
    }
}

/// Some claims once more, in another model.
fn decide_again(
    mut model: Model,
    asked: &[usize],
    inventory: Option<&Inventory>,
) -> BTreeMap<usize, ClaimOutcome> {
    let claims = std::mem::take(&mut model.claims);
    let mut numbers = Vec::new();
    for (number, claim) in claims.into_iter().enumerate() {
        // What is granted stays granted.
        let granted = matches!(claim.kind, ClaimKind::Disjoint { .. });
        if granted || asked.binary_search(&number).is_ok() {
            numbers.push(number);
            model.claims.push(claim);
        }
    }
    let outcomes = claims::decide(&model, inventory);
    numbers.into_iter().zip(outcomes).collect()
}

fn supplies(lost: &[Lost], back: Back) -> bool {
    lost.iter().any(|lost| match (&lost.what, back) {
        (LostItem::Rule(rule), _) => verdict(rule, back).is_some(),
        (LostItem::Workload, Back::Closing) => true,
        _ => false,
    })
}

/// The verdict of a rule if it is one of those that are put back.
fn verdict(rule: &LostRule, back: Back) -> Option<Verdict> {
    let wanted = match back {
        Back::Opening => Verdict::Allow,
        Back::Closing => Verdict::Deny,
    };
    rule.verdict
        .is_none_or(|verdict| verdict == wanted)
        .then_some(wanted)
}

/// The model with some of what was lost.
fn with(model: &Model, lost: &[Lost], back: Back) -> Model {
    let mut out = model.clone();
    let halves = halves(model, lost, back.taken());
    out.ends.retain(|end| !halves.contains(&end.rule));
    let mut seal = None;
    for lost in lost {
        match &lost.what {
            LostItem::Rule(rule) => {
                if let Some(verdict) = verdict(rule, back) {
                    put_back(&mut out, lost.at, rule, verdict);
                }
            }
            LostItem::Workload if back == Back::Closing => seal = seal.or(Some(lost.at)),
            LostItem::Workload | LostItem::Disjoint => {}
        }
    }
    out.workloads.extend(seal.map(everything));
    out
}

fn put_back(model: &mut Model, at: Place, rule: &LostRule, verdict: Verdict) {
    let all = || {
        Arc::new(Set {
            entities: vec![Entity::All],
            ..Set::default()
        })
    };
    // A deny holds no name: what was meant may be any address.
    let side = |set: &Option<Arc<Set>>| match set {
        Some(set) if verdict == Verdict::Allow || set.names.is_empty() => Arc::clone(set),
        _ => all(),
    };
    let pairs: Vec<(Arc<Set>, Arc<Set>)> = match &rule.ends {
        LostEnds::Pair { source, dest } => vec![(side(source), side(dest))],
        LostEnds::Among(sets) => {
            let sets = sets.iter().map(|set| side(&Some(Arc::clone(set))));
            sets.flat_map(|set| [(Arc::clone(&set), all()), (all(), set)])
                .collect()
        }
    };
    let every_name = || NamePattern::parse("*").ok();
    let dns = rule.dns && verdict == Verdict::Allow;
    let dns = dns.then(every_name).flatten();
    let dns = dns.map(|name| Arc::new(Via::Dns(vec![name])));
    let number = u32::try_from(model.rules.len()).unwrap_or(u32::MAX);
    model.rules.push(origin(at, verdict));
    let ports = rule.ports.clone();
    let ports = ports.unwrap_or_else(|| Arc::new(PortSet::all()));
    for (source, dest) in pairs {
        let ends = [
            (Direction::Egress, &source, &dest),
            (Direction::Ingress, &dest, &source),
        ];
        for (direction, subject, peers) in ends {
            for via in std::iter::once(None).chain(dns.clone().map(Some)) {
                model.ends.push(EndRule {
                    rule: number,
                    direction,
                    verdict,
                    subject: binding(subject),
                    peers: Arc::clone(peers),
                    ports: Arc::clone(&ports),
                    via,
                    both_ends: true,
                });
            }
        }
    }
}

/// Networks, names and entities but `all` bind nowhere.
fn binding(set: &Set) -> Arc<Set> {
    let all = |entity: &&Entity| **entity == Entity::All;
    Arc::new(Set {
        pods: set.pods.clone(),
        entities: set.entities.iter().filter(all).copied().collect(),
        ..Set::default()
    })
}

fn origin(at: Place, verdict: Verdict) -> Rule {
    Rule {
        id: Default::default(),
        text: Default::default(),
        doc: None,
        because: None,
        module: Default::default(),
        file: Default::default(),
        place: at,
        applied_at: Vec::new(),
        ports_at: None,
        verdict,
    }
}

/// A workload that seals every pod.
fn everything(at: Place) -> Workload {
    Workload {
        name: "?".into(),
        module: Default::default(),
        short: Default::default(),
        pods: Arc::new(Cube::every()),
        ownership: Ownership::Owned,
        open_ingress: false,
        open_egress: false,
        observed: false,
        doc: None,
        file: Default::default(),
        place: at,
        behind: at,
    }
}
