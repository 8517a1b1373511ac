//! Flows as a test or the command line states them: an end may be a set, a fact or the port may be
//! missing (grammar.md §9). `nplc test` and `nplc trace` are both this.

use std::collections::BTreeSet;

use super::{
    Answer, By, Endpoint, Flow, FlowVerdict, Interpreter, Need, Needs, atoms, members::Members,
};
use crate::{
    inventory::Inventory,
    limits::FLOW_CASES_MAX,
    model::{Facts, FlowEnd, FlowPort, Model, TestFlow, Verdict},
};

/// Judges stated flows over one model and, if there is one, its inventory.
pub struct Runner<'m> {
    interpreter: Interpreter<'m>,
    members: Members<'m>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOutcome {
    /// Index into `Model::tests`.
    pub test: usize,
    /// One for each flow of the test, in order.
    pub flows: Vec<FlowOutcome>,
}

impl TestOutcome {
    pub fn passed(&self) -> bool {
        self.flows.iter().all(|flow| flow.failed_by.is_none())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowOutcome {
    /// Over every concrete flow that the statement stands for.
    pub answer: Answer,
    /// `None`: it passed, or nothing was expected of it.
    pub failed_by: Option<FailedBy>,
    /// The concrete flow that the answer is best seen by: the first that speaks against what is
    /// expected, else the first. `None`: there is none.
    pub shown: Option<Case>,
    /// How many concrete flows were judged.
    pub cases: usize,
    /// Rules that decided an end: indices into `Model::rules`.
    pub rules: BTreeSet<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub flow: Flow,
    pub verdict: FlowVerdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Source,
    Destination,
}

/// Why a stated flow is no good, in order of what is told first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailedBy {
    /// An end stands for nothing: with an inventory, nothing of it is selected.
    SelectsNothing(Side),
    /// The flow has no port, and the verdict is not the same on every port.
    PortNeeded,
    /// More concrete flows than are judged: `limits::FLOW_CASES_MAX`.
    TooMany(usize),
    /// `is allowed`, and no end of it is owned: nothing is tested.
    NothingEnforces,
    /// The verdict is the other one, for the flow shown.
    Otherwise,
    /// The verdict depends on these facts.
    DependsOn(Needs),
}

impl FailedBy {
    /// As a test runner prints it, after the flow.
    pub fn reason(&self) -> String {
        match self {
            Self::SelectsNothing(Side::Source) => "its source selects nothing".to_owned(),
            Self::SelectsNothing(Side::Destination) => "its destination selects nothing".to_owned(),
            Self::PortNeeded => "the verdict depends on the port; give one".to_owned(),
            Self::TooMany(limit) => format!("its ends stand for more than {limit} flows"),
            Self::NothingEnforces => {
                "no owned workload selects either end, so nothing is tested".to_owned()
            }
            Self::Otherwise => "the verdict is the other one".to_owned(),
            Self::DependsOn(needs) => {
                let names: Vec<String> = needs
                    .as_slice()
                    .iter()
                    .map(|n| format!("`{}`", n.as_str()))
                    .collect();
                format!("the verdict depends on {}", names.join(", "))
            }
        }
    }
}

/// Every test of the model, in order.
pub fn tests_of(model: &Model, inventory: Option<&Inventory>) -> Vec<TestOutcome> {
    let runner = Runner::new(model, inventory);
    let outcome = |(test, flows): (usize, &Vec<TestFlow>)| TestOutcome {
        test,
        flows: flows.iter().map(|flow| runner.run(flow)).collect(),
    };
    model
        .tests
        .iter()
        .map(|test| &test.flows)
        .enumerate()
        .map(outcome)
        .collect()
}

impl<'m> Runner<'m> {
    pub fn new(model: &'m Model, inventory: Option<&'m Inventory>) -> Self {
        Self {
            interpreter: Interpreter::new(model),
            members: Members::new(model, inventory),
        }
    }

    pub fn interpreter(&self) -> &Interpreter<'m> {
        &self.interpreter
    }

    /// The concrete endpoints that an end stands for; none where it selects nothing.
    pub fn ends(&self, end: &FlowEnd) -> Vec<Endpoint> {
        self.members.of(end)
    }

    /// A name that stands for an address, with each other address that it may answer with: to be
    /// asked where the first is not admitted.
    pub fn other_answers(&self, end: &Endpoint) -> Vec<Endpoint> {
        self.members.other_answers(end)
    }

    /// Ports that stand for every port, where a flow names none.
    pub fn ports(&self) -> Vec<FlowPort> {
        atoms::ports(self.interpreter.model, None)
    }

    /// Judges one stated flow; `expect` of `None` expects nothing, so that nothing fails but what
    /// cannot be judged.
    pub fn run(&self, stated: &TestFlow) -> FlowOutcome {
        let mut facts = stated.facts.clone();
        let sources = self.members.of(&stated.from);
        let mut destinations = self.members.of(&stated.to);
        self.name_address(stated, &mut facts, &mut destinations);
        let ports = match stated.port {
            Some(port) => vec![port],
            None => self.ports(),
        };
        for (side, ends) in [(Side::Source, &sources), (Side::Destination, &destinations)] {
            if ends.is_empty() {
                return FlowOutcome::unjudged(FailedBy::SelectsNothing(side));
            }
        }
        let cases = sources.len().saturating_mul(destinations.len());
        if cases.saturating_mul(ports.len()) > FLOW_CASES_MAX {
            return FlowOutcome::unjudged(FailedBy::TooMany(FLOW_CASES_MAX));
        }
        let mut sum = Sum::new(stated.expect);
        for src in &sources {
            for dst in &destinations {
                let mut answer = self.on_ports(src, dst, &ports, &facts, &mut sum);
                // What a rule admits by its name it admits at every address.
                let others = match answer {
                    Some(Answer::Allow) | None => Vec::new(),
                    _ => self.members.other_answers(dst),
                };
                for other in others {
                    let more = self.on_ports(src, &other, &ports, &facts, &mut sum);
                    answer = answer.zip(more).map(|(a, b)| a.either(&b, Need::Address));
                }
                sum.conclude(answer);
            }
        }
        sum.outcome()
    }

    /// What is said of two ends over some ports.
    fn on_ports(
        &self,
        src: &Endpoint,
        dst: &Endpoint,
        ports: &[FlowPort],
        facts: &Facts,
        sum: &mut Sum,
    ) -> Option<Answer> {
        let mut on_ports: Option<Answer> = None;
        for port in ports {
            let flow = Flow {
                src: src.clone(),
                dst: dst.clone(),
                port: *port,
                facts: facts.clone(),
            };
            let verdict = self.interpreter.judge(&flow);
            let answer = verdict.verdict.clone();
            on_ports = Some(match on_ports {
                None => answer,
                Some(before) => before.either(&answer, Need::Port),
            });
            sum.add(Case { flow, verdict });
        }
        on_ports
    }

    /// An address has the name that a `dns` fact gives it (grammar.md §9); on port 53 the fact is
    /// what a query asks for.
    fn name_address(&self, stated: &TestFlow, facts: &mut Facts, destinations: &mut [Endpoint]) {
        if !stated.names_address() {
            return;
        }
        for end in destinations {
            if let Endpoint::Addr { names, .. } = end {
                names.extend(facts.dns.take());
            }
        }
    }
}

/// What the cases of one stated flow come to.
struct Sum {
    expect: Option<Verdict>,
    answer: Option<Answer>,
    first: Option<Case>,
    against: Option<Case>,
    unowned: bool,
    cases: usize,
    rules: BTreeSet<u32>,
}

impl Sum {
    fn new(expect: Option<Verdict>) -> Self {
        Self {
            expect,
            answer: None,
            first: None,
            against: None,
            unowned: true,
            cases: 0,
            rules: BTreeSet::new(),
        }
    }

    fn add(&mut self, case: Case) {
        self.cases += 1;
        let ends = [&case.verdict.egress, &case.verdict.ingress];
        for end in ends {
            if let By::Rule(rule) = end.by {
                self.rules.insert(rule);
            }
            self.unowned &= end.by == By::Unselected;
        }
        let expected = match self.expect {
            None => None,
            Some(Verdict::Allow) => Some(Answer::Allow),
            Some(Verdict::Deny) => Some(Answer::Deny),
        };
        if self.against.is_none() && expected.is_some_and(|e| e != case.verdict.verdict) {
            self.against = Some(case.clone());
        }
        self.first.get_or_insert(case);
    }

    /// One pair of ends is done: what it says over all of its ports.
    fn conclude(&mut self, on_ports: Option<Answer>) {
        let Some(verdict) = on_ports else { return };
        self.answer = Some(match self.answer.take() {
            None => verdict,
            Some(before) => before.either(&verdict, Need::Member),
        });
    }

    fn outcome(self) -> FlowOutcome {
        let answer = self.answer.unwrap_or(Answer::Deny);
        let failed_by = self.expect.and_then(|expect| {
            let other = self.against.as_ref().map(|case| &case.verdict.verdict);
            match (expect, &answer) {
                (_, Answer::Unknown(needs)) if needs.as_slice().contains(&Need::Port) => {
                    Some(FailedBy::PortNeeded)
                }
                (Verdict::Allow, Answer::Allow) if self.unowned => Some(FailedBy::NothingEnforces),
                (Verdict::Allow, Answer::Allow) | (Verdict::Deny, Answer::Deny) => None,
                // A member that is plainly against it says more than that members differ.
                (_, Answer::Unknown(needs)) => match other {
                    Some(Answer::Unknown(needs)) => Some(FailedBy::DependsOn(needs.clone())),
                    Some(_) => Some(FailedBy::Otherwise),
                    None => Some(FailedBy::DependsOn(needs.clone())),
                },
                _ => Some(FailedBy::Otherwise),
            }
        });
        FlowOutcome {
            answer,
            failed_by,
            shown: self.against.or(self.first),
            cases: self.cases,
            rules: self.rules,
        }
    }
}

impl FlowOutcome {
    fn unjudged(why: FailedBy) -> Self {
        Self {
            answer: Answer::Unknown(Needs::default()),
            failed_by: Some(why),
            shown: None,
            cases: 0,
            rules: BTreeSet::new(),
        }
    }
}
