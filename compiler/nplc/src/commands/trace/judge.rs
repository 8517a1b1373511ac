//! Flows to verdicts, through the reference interpreter.

use npl_policy::{
    interpret::{
        Answer, Assurance, By, Endpoint, FailedBy, Flow, FlowVerdict, Need, Needs, Runner,
    },
    model::{FlowEnd, TestFlow},
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
pub(super) fn asked(runner: &Runner<'_>, asked: Asked) -> Result<Judged, String> {
    let (sources, destinations) = match (asked.src, asked.dst) {
        (End::Exactly(sources), End::Exactly(destinations)) => (sources, destinations),
        (src, dst) => {
            let flow = TestFlow {
                from: any(src)?,
                to: any(dst)?,
                port: Some(asked.port),
                facts: asked.facts,
                expect: None,
                text: Default::default(),
                place: NOWHERE,
            };
            return stated(runner, &flow);
        }
    };
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
    sum.ok_or_else(|| "it stands for no flow".to_owned())
}

/// A flow that no source states has no place; nothing asks for it.
const NOWHERE: npl_diagnostics::Place = npl_diagnostics::Place::in_file(
    npl_diagnostics::FileId(u32::MAX),
    npl_diagnostics::TextRange::at(0),
);

/// The end as a test states it. What has no such form stands beside a set that nothing enforces: a
/// node or an address beside `world`.
fn any(end: End) -> Result<FlowEnd, String> {
    use npl_policy::model::{Entity, Set};
    let ends = match end {
        End::Any(end) => return Ok(end),
        End::Exactly(ends) => ends,
    };
    let entity = |entity| {
        FlowEnd::Set(std::sync::Arc::new(Set {
            entities: vec![entity],
            ..Set::default()
        }))
    };
    match ends.as_slice() {
        [Endpoint::Pod(pod)] => Ok(FlowEnd::Pod(pod.clone())),
        [Endpoint::Addr { ip, .. }] => Ok(FlowEnd::Addr(*ip)),
        [Endpoint::Host { .. }] => Ok(entity(Entity::Host)),
        [Endpoint::RemoteNode { .. }] => Ok(entity(Entity::RemoteNode)),
        [Endpoint::KubeApiserver] => Ok(entity(Entity::KubeApiserver)),
        [Endpoint::Health] => Ok(entity(Entity::Health)),
        [Endpoint::CiliumIngress] => Ok(entity(Entity::CiliumIngress)),
        _ => Err("several addresses beside an entity of many members cannot be judged".to_owned()),
    }
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
