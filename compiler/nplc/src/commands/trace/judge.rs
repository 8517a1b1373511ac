//! Flows to verdicts, through the reference interpreter.

use npl_policy::{
    interpret::{Answer, Assurance, By, FailedBy, Flow, FlowVerdict, Need, Needs, Runner},
    limits::FLOW_CASES_MAX,
    model::TestFlow,
};

use super::flow::{Asked, End};

/// What is said of one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EndSaid {
    pub answer: Answer,
    pub by: By,
}

/// What is said of one flow, over everything that its ends stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub answer: Answer,
    pub egress: EndSaid,
    pub ingress: EndSaid,
    pub assurance: Option<Assurance>,
    /// How many concrete flows it stands for.
    pub cases: usize,
}

impl Judged {
    fn of(verdict: FlowVerdict) -> Self {
        Self {
            answer: verdict.verdict,
            egress: EndSaid {
                answer: verdict.egress.verdict,
                by: verdict.egress.by,
            },
            ingress: EndSaid {
                answer: verdict.ingress.verdict,
                by: verdict.ingress.by,
            },
            assurance: verdict.assurance,
            cases: 1,
        }
    }

    /// Two flows that the question stands for: what stays is what both say.
    fn either(&mut self, other: &Self) {
        let which = Need::Member;
        self.answer = self.answer.either(&other.answer, which);
        self.egress.answer = self.egress.answer.either(&other.egress.answer, which);
        self.ingress.answer = self.ingress.answer.either(&other.ingress.answer, which);
        self.assurance = self.assurance.min(other.assurance);
        self.cases += other.cases;
    }
}

/// A flow from the command line, in the language's words.
pub(super) fn stated(runner: &Runner<'_>, flow: &TestFlow) -> Result<Judged, String> {
    let outcome = runner.run(flow);
    match (outcome.failed_by, outcome.shown) {
        (Some(why @ (FailedBy::SelectsNothing(_) | FailedBy::TooMany(_))), _) => Err(why.reason()),
        (Some(why), None) => Err(why.reason()),
        (None, None) => Err("it stands for no flow".to_owned()),
        (_, Some(case)) => {
            let shown = Judged::of(case.verdict);
            Ok(Judged {
                answer: outcome.answer,
                cases: outcome.cases,
                ..shown
            })
        }
    }
}

/// A flow of a log.
pub(crate) fn asked(runner: &Runner<'_>, asked: &Asked) -> Result<Judged, String> {
    let ends = |end: &End| match end {
        End::Exactly(ends) => ends.clone(),
        End::Any(end) => runner.ends(end),
    };
    let (sources, destinations) = (ends(&asked.src), ends(&asked.dst));
    if sources.len().saturating_mul(destinations.len()) > FLOW_CASES_MAX {
        return Err(FailedBy::TooMany(FLOW_CASES_MAX).reason());
    }
    let mut sum: Option<Judged> = None;
    for src in &sources {
        for dst in &destinations {
            let flow = Flow {
                src: src.clone(),
                dst: dst.clone(),
                port: asked.port,
                facts: asked.facts.clone(),
            };
            let judged = Judged::of(runner.interpreter().judge(&flow));
            match &mut sum {
                None => sum = Some(judged),
                Some(sum) => sum.either(&judged),
            }
        }
    }
    sum.ok_or_else(|| "one of its ends selects nothing".to_owned())
}

/// What a verdict waits for, in the words of the flow's own keys.
pub(super) fn needs_words(needs: &Needs) -> String {
    use npl_policy::http::Fact;
    let mut words: Vec<&str> = needs
        .as_slice()
        .iter()
        .map(|need| match need {
            Need::Fact(Fact::Method | Fact::Path | Fact::Host) => "http",
            other => other.as_str(),
        })
        .collect();
    words.dedup();
    words.join(", ")
}
