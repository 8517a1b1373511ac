//! `nplc import --verify`: the program that was written against the YAML that it came from.
//!
//! Twice, and independently. The model of the program and that of the YAML are compared at every
//! end, exactly: on every class of flows that one of them tells apart. And the judge, which reads
//! the YAML step by step as Cilium does and shares nothing with the model, is asked about flows
//! around every rule; what it cannot decide is not counted.

use std::fmt::Write as _;

use npl_policy::{
    compare::{self, Difference, Undecided},
    interpret::{Answer as Meant, By, EndVerdict, Endpoint, Flow, Interpreter},
    model::{Direction, Model},
};
use npl_targets::import::{
    Judge,
    judge::{Cluster, Outcome},
};

use crate::{
    commands::build::{as_read, flows_around},
    pipeline::import::Imported,
};

/// What was shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verified {
    regions: usize,
    flows: usize,
    /// Objects that nothing is said of.
    refused: usize,
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let aside = match self.refused {
            0 => String::new(),
            1 => " without the refused object".to_owned(),
            many => format!(" without the {many} refused objects"),
        };
        write!(
            f,
            "verified: program and YAML{aside} say the same at both ends of every flow ({} regions \
             compared); the independent reader of the YAML says so too on {} flows around its rules",
            self.regions, self.flows
        )
    }
}

/// Why nothing was shown.
pub(super) enum Failed {
    /// They differ; as text, each flow with both traces.
    Differs(String),
    /// More than is compared, so nothing is said.
    TooLarge(String),
}

pub(super) fn verify(imported: &Imported) -> Result<Verified, Failed> {
    let (before, after) = (&imported.model, &*imported.again);
    let compared = compare::compare(before, after).map_err(|why| undecided(why, before))?;
    if !compared.differences.is_empty() {
        let shown = compared
            .differences
            .iter()
            .map(|d| difference(d, before, after));
        return Err(Failed::Differs(shown.collect::<Vec<_>>().join("\n")));
    }
    let flows = judged(imported).map_err(Failed::Differs)?;
    Ok(Verified {
        regions: compared.regions,
        flows,
        refused: imported.refused.len(),
    })
}

fn undecided(why: Undecided, model: &Model) -> Failed {
    Failed::TooLarge(match why {
        Undecided::Steps(limit) => {
            format!("the comparison takes more than {limit} steps; import fewer files at once")
        }
        Undecided::NoWitness(rule) => {
            let rule = rule.and_then(|rule| model.rules.get(rule as usize));
            let rule = rule.map_or("a seal", |rule| rule.text.as_str());
            format!("program and YAML may differ in `{rule}`, and no flow was found that shows it")
        }
    })
}

fn difference(found: &Difference, before: &Model, after: &Model) -> String {
    let pick = |verdict: &npl_policy::interpret::FlowVerdict| match found.direction {
        Direction::Egress => verdict.egress.clone(),
        Direction::Ingress => verdict.ingress.clone(),
    };
    format!(
        "{}\n  YAML: {}\n  program: {}",
        flow_text(&found.flow, found.direction),
        end_text(&pick(&found.before), before),
        end_text(&pick(&found.after), after),
    )
}

fn flow_text(flow: &Flow, direction: Direction) -> String {
    let end = match direction {
        Direction::Egress => "egress",
        Direction::Ingress => "ingress",
    };
    let mut out = format!("{end} of {} -> {} on {:?}", flow.src, flow.dst, flow.port);
    let facts = &flow.facts;
    let each = [
        ("sni", &facts.sni),
        ("method", &facts.method),
        ("path", &facts.path),
        ("host", &facts.host),
        ("dns", &facts.dns),
    ];
    for (name, value) in each {
        if let Some(value) = value {
            let _ = write!(out, " {name} \"{value}\"");
        }
    }
    out
}

fn end_text(end: &EndVerdict, model: &Model) -> String {
    let verdict = match &end.verdict {
        Meant::Allow => "allowed",
        Meant::Deny => "denied",
        Meant::Unknown(_) => "depends on what the flow does not say",
    };
    let workload = |at: u32| {
        model
            .workloads
            .get(at as usize)
            .map_or("", |w| w.short.as_str())
    };
    let by = match end.by {
        By::Rule(rule) => {
            let rule = model.rules.get(rule as usize);
            rule.map(|rule| format!("by `{}` ({})", rule.text, rule.file))
                .unwrap_or_default()
        }
        By::Sealed(at) => format!("`{}` is sealed, and no rule allows it", workload(at)),
        By::Open(at) => format!("`{}` is open", workload(at)),
        By::Unselected => "nothing selects the pod".to_owned(),
        By::Platform => "by platform".to_owned(),
    };
    format!("{verdict}: {by}")
}

/// How many flows the judge decided as the model does.
fn judged(imported: &Imported) -> Result<usize, String> {
    let interpreter = Interpreter::new(&imported.model);
    let judge = Judge::new(imported.policies.clone());
    let cluster = imported
        .inventory
        .as_ref()
        .map(Cluster::of)
        .unwrap_or_default();
    let mut count = 0;
    let mut differs = String::new();
    for flow in flows_around(&imported.model) {
        let Some(asked) = as_read(&flow) else {
            continue;
        };
        let meant = interpreter.judge(&flow);
        let got = judge.judge(&cluster, &asked);
        // Cilium's own endpoints are no pods, and no rule of a model stands at them: NPL1059 tells.
        let pod = |end: &Endpoint| !matches!(end, Endpoint::Health | Endpoint::CiliumIngress);
        let ends = [
            (Direction::Egress, &flow.src, &meant.egress, got.egress),
            (Direction::Ingress, &flow.dst, &meant.ingress, got.ingress),
        ];
        let ends = ends.into_iter().filter(|(_, own, ..)| pod(own));
        for (direction, _, meant, got) in ends {
            let same = match (&meant.verdict, got) {
                (Meant::Allow, Outcome::Deny) | (Meant::Deny, Outcome::Allow) => false,
                (Meant::Unknown(_), _) | (_, Outcome::Unknown(_)) => continue,
                _ => true,
            };
            if same {
                count += 1;
                continue;
            }
            let _ = writeln!(
                differs,
                "{}\n  YAML, as the independent reader says: {}\n  program: {}",
                flow_text(&flow, direction),
                got.as_str(),
                end_text(meant, &imported.model),
            );
        }
    }
    match differs.is_empty() {
        true => Ok(count),
        false => Err(differs),
    }
}
