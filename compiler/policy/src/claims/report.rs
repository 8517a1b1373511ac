//! Outcomes of claims as findings. A claim that holds without any assumption says nothing.

use std::fmt::Write;

use npl_diagnostics::{Diagnostic, Place, codes::claims as codes};
use smol_str::SmolStr;

use super::{
    Assumption, ClaimOutcome, Decision, NotChecked, Unenforced, Witness, space::short,
    witness::sets_of,
};
use crate::{
    interpret::{Answer, By, EndVerdict, Endpoint, Side},
    model::{Claim, ClaimKind, Model},
    port::PortSet,
};

pub fn diagnostics(model: &Model, outcomes: &[ClaimOutcome]) -> Vec<Diagnostic<Place>> {
    let mut out = Vec::new();
    for outcome in outcomes {
        let Some(claim) = model.claims.get(outcome.claim) else {
            continue;
        };
        let found = decided(model, claim, &outcome.decision);
        out.extend(found.map(|d| applied(d, claim)));
        if !outcome.assumptions.is_empty() {
            out.push(applied(assuming(model, claim, &outcome.assumptions), claim));
        }
    }
    out
}

fn decided(model: &Model, claim: &Claim, decision: &Decision) -> Option<Diagnostic<Place>> {
    let at = claim.place;
    let text = &claim.text;
    Some(match decision {
        Decision::Holds => return None,
        Decision::Fails(witness) => fails(model, claim, witness),
        Decision::HoldsHere(witness) => {
            let mut d = Diagnostic::new(
                &codes::CLAIM_HOLDS_HERE,
                at,
                format!("`{text}` holds for the pods of the inventory, not for every pod"),
            );
            d.notes = witness_text(model, witness);
            d.notes.extend(overlap_text(witness));
            match overlap(witness) {
                Some((a, b)) => d.help(format!("write `assert disjoint {a}, {b}` if that is so")),
                None => d.help("narrow the rule, so that no pod to come is let through"),
            }
        }
        Decision::NotChecked(why) => not_checked(claim, *why),
        Decision::NothingEnforces(why) => unenforced(claim, why),
        Decision::Vacuous(side) => {
            let (end, set) = match side {
                Side::Source => ("source", "first"),
                Side::Destination => ("destination", "second"),
            };
            Diagnostic::new(
                &codes::CLAIM_VACUOUS,
                at,
                format!("`{text}` says nothing, since its {end} is empty"),
            )
            .help(format!(
                "check the selector of the {set} set, or the inventory"
            ))
        }
        Decision::TooLarge(limit) => Diagnostic::new(
            &codes::CLAIM_TOO_LARGE,
            at,
            format!("`{text}` is not proved within {limit} steps"),
        )
        .help("split the claim: name fewer workloads at each end"),
        Decision::Overlaps(shared) => overlaps(model, claim, shared),
    })
}

fn not_checked(claim: &Claim, why: NotChecked) -> Diagnostic<Place> {
    let text = &claim.text;
    let of = |message| Diagnostic::new(&codes::CLAIM_NOT_CHECKED, claim.place, message);
    match why {
        NotChecked::Hops(hops) => of(format!(
            "`{text}` is not decided for {hops} hops by this version"
        ))
        .note("it holds for one hop")
        .help("claim the same for one hop, of each workload on the way"),
        NotChecked::Breach => of(format!("`{text}` is not decided by this version"))
            .help("claim `a cannot reach b`, for one hop, of what matters most"),
    }
}

fn overlaps(model: &Model, claim: &Claim, shared: &str) -> Diagnostic<Place> {
    let text = &claim.text;
    let message = format!("`{text}` is not true: {shared} is in both");
    let mut d = Diagnostic::new(&codes::DISJOINT_CONTRADICTED, claim.place, message)
        .help("remove the claim, or make the selectors differ");
    for set in sets_of(&claim.kind) {
        let part = set.pods.iter().find_map(|part| part.workload.as_ref());
        if let Some(workload) = model.workloads.iter().find(|w| Some(&w.name) == part) {
            d = d.also(workload.place, "selects it");
        }
    }
    d
}

fn fails(model: &Model, claim: &Claim, witness: &Witness) -> Diagnostic<Place> {
    let alive = matches!(claim.kind, ClaimKind::CanReach { .. });
    let what = if alive { "is denied" } else { "passes" };
    let message = format!("`{}` does not hold", claim.text);
    let mut d = Diagnostic::new(&codes::CLAIM_FAILED, claim.place, message)
        .with_label(format!("{} {what}", flow_text(witness)));
    d.notes = ends_text(model, witness);
    d.notes.extend(overlap_text(witness));
    if alive && matches!(witness.flow.src, Endpoint::Host { .. }) {
        let own = "a pod's own node reaches it by platform, which is no answer to a claim";
        d.notes.push(own.to_owned());
    }
    let source = deciding(model, &witness.verdict.egress);
    let destination = deciding(model, &witness.verdict.ingress);
    d = match (source, destination) {
        (Some((place, text)), same) if same == Some((place, text)) => {
            d.also(place, format!("{text} both ends"))
        }
        (source, destination) => {
            for (end, at) in [(source, "source"), (destination, "destination")] {
                if let Some((place, text)) = end {
                    d = d.also(place, format!("{text} the {at}"));
                }
            }
            d
        }
    };
    match (alive, overlap(witness)) {
        (true, _) => d.help("allow the flow, or drop the claim"),
        (false, Some((a, b))) => d.help(format!(
            "give an inventory, or write `assert disjoint {a}, {b}` if that is so"
        )),
        (false, None) => {
            d.help("narrow the rule that lets it pass, deny the flow, or drop the claim")
        }
    }
}

/// The declaration or rule that decides at an end, if one does, and what it does there.
fn deciding(model: &Model, end: &EndVerdict) -> Option<(Place, &'static str)> {
    match end.by {
        By::Rule(rule) => {
            let rule = model.rules.get(rule as usize)?;
            let text = match end.verdict {
                Answer::Deny => "denies it at",
                Answer::Allow | Answer::Unknown(_) => "allows it at",
            };
            Some((rule.place, text))
        }
        By::Sealed(workload) => {
            let workload = model.workloads.get(workload as usize)?;
            Some((workload.place, "seals"))
        }
        By::Open(workload) => {
            let workload = model.workloads.get(workload as usize)?;
            Some((workload.place, "is open at"))
        }
        By::Unselected | By::Platform => None,
    }
}

/// `{app: "web"} in shop -> 203.0.113.7 on 443/tcp`.
fn flow_text(witness: &Witness) -> String {
    let port = PortSet::of(witness.flow.port);
    let named = |end: &Endpoint, name: &Option<SmolStr>| match name {
        Some(name) => format!("{end} (`{name}`)"),
        None => end.to_string(),
    };
    let src = named(&witness.flow.src, &witness.source_named);
    let dst = named(&witness.flow.dst, &witness.destination_named);
    format!("{src} -> {dst} on {port}")
}

/// The witness flow, and what decides at each end of it: one line each.
pub fn witness_text(model: &Model, witness: &Witness) -> Vec<String> {
    let flow = std::iter::once(flow_text(witness));
    flow.chain(ends_text(model, witness)).collect()
}

fn ends_text(model: &Model, witness: &Witness) -> Vec<String> {
    let source = end_text(model, &witness.verdict.egress);
    let destination = end_text(model, &witness.verdict.ingress);
    vec![
        format!("at the source: {source}"),
        format!("at the destination: {destination}"),
    ]
}

/// What decides at one end, in words.
pub fn end_text(model: &Model, end: &EndVerdict) -> String {
    let workload = |index: u32| match model.workloads.get(index as usize) {
        Some(workload) => workload.short.as_str(),
        None => "",
    };
    match end.by {
        By::Rule(rule) => {
            let text = model
                .rules
                .get(rule as usize)
                .map_or("", |r| r.text.as_str());
            let mut out = match end.verdict {
                Answer::Deny => format!("`{text}` denies it"),
                Answer::Allow | Answer::Unknown(_) => format!("`{text}` allows it"),
            };
            if let Answer::Unknown(needs) = &end.verdict {
                let names = needs.as_slice().iter().map(|n| format!("`{}`", n.as_str()));
                let names: Vec<String> = names.collect();
                let _ = write!(out, ", with the right {}", names.join(", "));
            }
            out
        }
        By::Sealed(index) => format!("`{}` is sealed, and no rule allows it", workload(index)),
        By::Open(index) => format!("`{}` does not seal this direction", workload(index)),
        By::Unselected => "no owned workload selects it, so nothing seals it".to_owned(),
        By::Platform => "it passes by platform, without a rule".to_owned(),
    }
}

/// The two workloads that one pod is.
fn overlap(witness: &Witness) -> Option<(&str, &str)> {
    match (
        witness.source_is_also.as_slice(),
        witness.destination_is_also.as_slice(),
    ) {
        ([a, b, ..], _) | (_, [a, b, ..]) => Some((short(a), short(b))),
        _ => None,
    }
}

fn overlap_text(witness: &Witness) -> Vec<String> {
    let ends = [
        (
            &witness.flow.src,
            &witness.source_is_also,
            &witness.source_named,
        ),
        (
            &witness.flow.dst,
            &witness.destination_is_also,
            &witness.destination_named,
        ),
    ];
    let told = ends.into_iter().filter(|(_, names, _)| names.len() > 1);
    told.map(|(end, names, named)| {
        let names: Vec<String> = names.iter().map(|n| format!("`{}`", short(n))).collect();
        let exists = if named.is_some() {
            "a pod of the inventory"
        } else {
            "a pod that may exist"
        };
        format!(
            "fails for {exists}: `{end}` is both {}",
            names.join(" and ")
        )
    })
    .collect()
}

fn unenforced(claim: &Claim, why: &Unenforced) -> Diagnostic<Place> {
    let text = &claim.text;
    let of =
        |message: String| Diagnostic::new(&codes::CLAIM_NOTHING_ENFORCES, claim.place, message);
    match why {
        Unenforced::NoEnd => of(format!(
            "nothing enforces `{text}`, since no end of it is owned by this package"
        ))
        .help("declare one of its ends with `workload`"),
        Unenforced::NotPods => of(format!(
            "nothing enforces `{text}`, since its destination holds what is no pod"
        ))
        .help("name owned workloads only as the destination"),
        Unenforced::NotSealed(name) => {
            let name = if name.is_empty() {
                "a part of its destination".to_owned()
            } else {
                format!("`{}`", short(name))
            };
            of(format!(
                "nothing enforces `{text}`, since {name} is not sealed for ingress"
            ))
            .help(format!(
                "declare {name} with `workload` and without `open ingress`"
            ))
        }
    }
}

fn assuming(model: &Model, claim: &Claim, assumptions: &[Assumption]) -> Diagnostic<Place> {
    let text = &claim.text;
    let mut d = Diagnostic::new(
        &codes::CLAIM_ASSUMES,
        claim.place,
        format!("`{text}` holds under assumptions"),
    );
    d.notes = assumptions
        .iter()
        .map(|a| assumption_text(model, a))
        .collect();
    d.help("check the assumptions, or deny what they rule out")
}

/// One assumption, as a sentence that goes on after "assuming".
pub fn assumption_text(model: &Model, assumption: &Assumption) -> String {
    match assumption {
        Assumption::Disjoint(claim) => {
            let text = model.claims.get(*claim).map_or("", |c| c.text.as_str());
            format!("assuming `{text}`, which nothing proves")
        }
        Assumption::Answers { external, never } => {
            format!("assuming `{external}` never answers with an address of `{never}`")
        }
        Assumption::Shared { external, other } => {
            format!("assuming no address answers for both `{external}` and `{other}`")
        }
    }
}

fn applied(mut d: Diagnostic<Place>, claim: &Claim) -> Diagnostic<Place> {
    for place in &claim.applied_at {
        d = d.also(*place, "applied here");
    }
    d
}
