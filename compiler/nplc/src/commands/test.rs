//! `nplc test`: test blocks and asserts, like a test runner.

mod report;

use std::collections::BTreeSet;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{
    claims::{self, ClaimOutcome, Decision},
    interpret::{self, By, FailedBy, FlowOutcome},
    model::{Claim, Test as TestBlock, TestFlow, Verdict},
};

use super::ask;
use crate::{
    args::{Findings, Test},
    pipeline::{Analysis, Gathered, Located as _, Unit},
    stop::{Answer, Result},
    ui::Ui,
};
use report::{Case, Outcome, Report, Rule, Said};

/// Told once, where a claim speaks of it.
const BY_PLATFORM: &str = "a pod's own node reaches it, and a pod itself, by platform and without \
    a rule; claims leave both out";

pub(super) fn run(args: &Test, ui: &Ui) -> Result<Answer> {
    let units = ask::open_with_policies(&args.from.sources, &args.from.options, ui)?;
    let mut report = Report {
        tests: Vec::new(),
        coverage: args.coverage.then(Vec::new),
        notes: Vec::new(),
    };
    let mut gathered = Gathered::default();
    let mut known = 0;
    for unit in &units {
        let analysis = unit.analyse();
        known += analysis.enforced.tests.len() + analysis.enforced.claims.len();
        if analysis.sound {
            judge(unit, &analysis, args.filter.as_deref(), &mut report);
        } else {
            gathered.add(unit, &analysis.diagnostics);
        }
    }
    ask::aside(&gathered, Findings::Full, ui);
    ui.out(report.render(args.format, ui.quiet(), ui.color_out))?;
    let ran = gathered.counts().errors == 0;
    if let Some(filter) = &args.filter
        && report.tests.is_empty()
        && ran
        && known > 0
    {
        ui.failed(&none_matches(filter, known));
        return Ok(Answer::No);
    }
    if report.tests.is_empty() && ran {
        ui.talk("there is no test: write `test` blocks and `assert`s in a `.npl` file");
    }
    Ok(Answer::of(ran && report.count(Outcome::Failed) == 0))
}

/// A filter that lets nothing run proves nothing: a misspelt one must not look green.
fn none_matches(filter: &str, known: usize) -> String {
    match known {
        1 => format!("the filter `{filter}` does not match the only test"),
        _ => format!("the filter `{filter}` matches none of the {known} tests"),
    }
}

fn judge(unit: &Unit, analysis: &Analysis, filter: Option<&str>, report: &mut Report) {
    let wanted = |name: &str| filter.is_none_or(|part| name.contains(part));
    let model = &analysis.enforced;
    report.notes.extend(not_closed_yet(analysis));
    let mut covered: BTreeSet<u32> = BTreeSet::new();
    for outcome in interpret::tests_of(model, analysis.inventory.as_deref()) {
        if let Some(test) = model.tests.get(outcome.test)
            && wanted(&test.name)
        {
            // Only what runs covers.
            covered.extend(outcome.flows.iter().flat_map(|flow| &flow.rules));
            report
                .tests
                .push(test_case(unit, analysis, test, &outcome.flows));
        }
    }
    for outcome in &analysis.claims {
        if let Some(claim) = model.claims.get(outcome.claim)
            && wanted(&claim.text)
        {
            let said = report.notes.iter().any(|note| note == BY_PLATFORM);
            if !said && claims::leaves_out_platform(model, claim) {
                report.notes.push(BY_PLATFORM.to_owned());
            }
            report
                .tests
                .push(claim_case(unit, analysis, claim, outcome));
        }
    }
    if let Some(rules) = &mut report.coverage {
        for (i, rule) in (0u32..).zip(&model.rules) {
            let at = unit.at(rule.place);
            rules.push(Rule {
                id: rule.id.to_string(),
                file: at.file,
                line: at.line,
                text: rule.text.to_string(),
                covered: covered.contains(&i),
            });
        }
    }
}

/// Tests and claims speak of the policy as it will be enforced.
pub(super) fn not_closed_yet(analysis: &Analysis) -> Option<String> {
    let observed = analysis.model.workloads.iter().filter(|w| w.observed);
    let observed: Vec<String> = observed.map(|w| format!("`{}`", w.short)).collect();
    (!observed.is_empty()).then(|| {
        format!(
            "claims and tests are judged as if every seal were enforced; in stage observe {} \
             {} nothing yet",
            observed.join(", "),
            if observed.len() == 1 {
                "closes"
            } else {
                "close"
            },
        )
    })
}

fn test_case(unit: &Unit, analysis: &Analysis, test: &TestBlock, flows: &[FlowOutcome]) -> Case {
    let mut says = Vec::new();
    for (stated, outcome) in test.flows.iter().zip(flows) {
        if let Some(why) = &outcome.failed_by {
            let at = unit.at(stated.place);
            says.push(Said {
                text: flow_failed(unit, analysis, stated, outcome, why),
                file: at.file,
                line: at.line,
            });
        }
    }
    let at = unit.at(test.place);
    if test.flows.is_empty() {
        says.push(Said {
            text: "it states no flow, so it tests nothing".to_owned(),
            file: at.file.clone(),
            line: at.line,
        });
    }
    Case {
        name: test.name.to_string(),
        kind: "test",
        file: at.file,
        line: at.line,
        outcome: if says.is_empty() {
            Outcome::Passed
        } else {
            Outcome::Failed
        },
        says,
    }
}

/// `a -> b:80 is denied: it is allowed, by `allow a -> b:80` (shop.npl:7)`.
fn flow_failed(
    unit: &Unit,
    analysis: &Analysis,
    stated: &TestFlow,
    outcome: &FlowOutcome,
    why: &FailedBy,
) -> String {
    let text = stated.text.trim();
    let shown = outcome.shown.as_ref().map(|case| &case.verdict);
    let (Some(verdict), FailedBy::Otherwise) = (shown, why) else {
        return format!("{text}: {}", why.reason());
    };
    match stated.expect {
        Some(Verdict::Deny) => {
            let ends = [verdict.egress.by, verdict.ingress.by];
            let reasons: Vec<String> = ends
                .iter()
                .filter_map(|by| reason(unit, analysis, *by))
                .collect();
            let because = match reasons.as_slice() {
                [] if ends.contains(&By::Platform) => {
                    ", since no rule is asked: a pod's own node and the pod itself reach it"
                        .to_owned()
                }
                [] => ", since nothing seals its ends".to_owned(),
                some => format!(", by {}", some.join(" and ")),
            };
            format!("{text}: it is allowed{because}")
        }
        _ => {
            let (side, end) = match verdict.egress.verdict {
                interpret::Answer::Deny => ("leaving its source", verdict.egress.by),
                _ => ("entering its destination", verdict.ingress.by),
            };
            let because = reason(unit, analysis, end).map(|r| format!(", by {r}"));
            format!("{text}: it is denied {side}{}", because.unwrap_or_default())
        }
    }
}

/// A rule or a seal with its place.
fn reason(unit: &Unit, analysis: &Analysis, by: By) -> Option<String> {
    let model = &analysis.enforced;
    let (text, place): (String, Place) = match by {
        By::Rule(i) => {
            let rule = model.rules.get(i as usize)?;
            (format!("`{}`", rule.text), rule.place)
        }
        By::Sealed(i) => {
            let workload = model.workloads.get(i as usize)?;
            (format!("the seal of `{}`", workload.short), workload.place)
        }
        By::Open(_) | By::Unselected | By::Platform => return None,
    };
    let at = unit.at(place);
    Some(format!("{text} ({}:{})", at.file, at.line))
}

fn claim_case(unit: &Unit, analysis: &Analysis, claim: &Claim, outcome: &ClaimOutcome) -> Case {
    let found = claims::diagnostics(&analysis.enforced, std::slice::from_ref(outcome));
    let says = found
        .into_iter()
        .flat_map(|finding| said(unit, finding))
        .collect();
    let at = unit.at(claim.place);
    let text = claim.text.as_str();
    Case {
        name: text.strip_prefix("assert ").unwrap_or(text).to_owned(),
        kind: "assert",
        file: at.file,
        line: at.line,
        outcome: match outcome.decision {
            Decision::Holds if outcome.assumptions.is_empty() => Outcome::Passed,
            Decision::Holds | Decision::HoldsHere(_) if unit.is_strict() => Outcome::Failed,
            Decision::Holds | Decision::HoldsHere(_) => Outcome::Passed,
            Decision::NotChecked(_) => Outcome::Skipped,
            _ => Outcome::Failed,
        },
        says,
    }
}

/// A finding as sentences: its message, then its labels and notes, each at its place.
fn said(unit: &Unit, finding: Diagnostic<Place>) -> Vec<Said> {
    let line = |place: Place, text: String| {
        let at = unit.at(place);
        Said {
            text,
            file: at.file,
            line: at.line,
        }
    };
    let mut out = vec![line(finding.at, finding.message)];
    out.extend(
        finding
            .labels
            .into_iter()
            .map(|label| line(label.at, label.text)),
    );
    out.extend(finding.notes.into_iter().map(|note| line(finding.at, note)));
    out
}
