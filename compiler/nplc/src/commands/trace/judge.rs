//! Flows to verdicts, through the reference interpreter.

use npl_policy::{
    interpret::{
        Answer, Assurance, By, Endpoint, FailedBy, Flow, FlowVerdict, Need, Needs, Runner, Side,
    },
    limits::FLOW_CASES_MAX,
    port::PortSet,
};

use super::flow::{Asked, End};

/// What is said of one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EndSaid {
    pub answer: Answer,
    pub by: By,
}

/// One concrete flow, with what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    /// As a reader may ask about it.
    pub flow: String,
    pub answer: Answer,
    pub egress: EndSaid,
    pub ingress: EndSaid,
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
    /// The first of each kind of answer: at least one, and several where the answers differ.
    pub first: Vec<Case>,
}

impl Judged {
    fn of(flow: &Flow, verdict: FlowVerdict) -> Self {
        let case = Case {
            flow: format!("{} -> {} on {}", flow.src, flow.dst, PortSet::of(flow.port)),
            answer: verdict.verdict,
            egress: EndSaid {
                answer: verdict.egress.verdict,
                by: verdict.egress.by,
            },
            ingress: EndSaid {
                answer: verdict.ingress.verdict,
                by: verdict.ingress.by,
            },
        };
        Self {
            answer: case.answer.clone(),
            egress: case.egress.clone(),
            ingress: case.ingress.clone(),
            assurance: verdict.assurance,
            cases: 1,
            first: vec![case],
        }
    }

    /// Two flows that the question stands for: what stays is what both say.
    fn either(&mut self, other: Self, which: Need) {
        self.answer = self.answer.either(&other.answer, which);
        self.egress.either(&other.egress, which);
        self.ingress.either(&other.ingress, which);
        self.assurance = self.assurance.min(other.assurance);
        self.cases += other.cases;
        for case in other.first {
            let kind = std::mem::discriminant(&case.answer);
            let mut have = self.first.iter();
            if !have.any(|first| std::mem::discriminant(&first.answer) == kind) {
                self.first.push(case);
            }
        }
    }
}

impl EndSaid {
    /// Where the two differ, the reason is that of the one that may pass.
    fn either(&mut self, other: &Self, which: Need) {
        if !self.answer.possible() && other.answer.possible() {
            self.by = other.by;
        }
        self.answer = self.answer.either(&other.answer, which);
    }
}

/// Adds one more of the flows that a question stands for.
fn add(sum: &mut Option<Judged>, more: Judged, which: Need) {
    match sum {
        None => *sum = Some(more),
        Some(sum) => sum.either(more, which),
    }
}

/// A flow, over all that it stands for.
pub(crate) fn asked(runner: &Runner<'_>, asked: &Asked) -> Result<Judged, String> {
    let ends = |end: &End, side| {
        let found = match end {
            End::Exactly(ends) => (ends.clone(), Need::Address),
            End::Any(end) => (runner.ends(end), Need::Member),
        };
        if found.0.is_empty() {
            return Err(FailedBy::SelectsNothing(side).reason());
        }
        Ok(found)
    };
    let (sources, which_source) = ends(&asked.src, Side::Source)?;
    let (destinations, which_destination) = ends(&asked.dst, Side::Destination)?;
    let ports = asked.port.map_or_else(|| runner.ports(), |port| vec![port]);
    let pairs = sources.len().saturating_mul(destinations.len());
    if pairs.saturating_mul(ports.len()) > FLOW_CASES_MAX {
        return Err(FailedBy::TooMany(FLOW_CASES_MAX).reason());
    }
    let on_ports = |src: &Endpoint, dst: &Endpoint| {
        let mut sum: Option<Judged> = None;
        for port in &ports {
            let flow = Flow {
                src: src.clone(),
                dst: dst.clone(),
                port: *port,
                facts: asked.facts.clone(),
            };
            let judged = Judged::of(&flow, runner.interpreter().judge(&flow));
            add(&mut sum, judged, Need::Port);
        }
        sum
    };
    let mut sum: Option<Judged> = None;
    for src in &sources {
        let mut of_source: Option<Judged> = None;
        for dst in &destinations {
            let mut of_pair = on_ports(src, dst);
            // Where the addresses are given, it answers with no other.
            let given = matches!(asked.dst, End::Exactly(_));
            let admitted = of_pair.as_ref().is_none_or(|j| j.answer == Answer::Allow);
            if !given && !admitted {
                let others = runner.other_answers(dst);
                let others = others.iter().filter_map(|dst| on_ports(src, dst));
                others.for_each(|judged| add(&mut of_pair, judged, Need::Address));
            }
            if let Some(judged) = of_pair {
                add(&mut of_source, judged, which_destination);
            }
        }
        if let Some(judged) = of_source {
            add(&mut sum, judged, which_source);
        }
    }
    sum.ok_or_else(|| "it stands for no flow".to_owned())
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
