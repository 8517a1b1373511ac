//! `assert A can reach B:p`: an edge for every pod of A and of B, of the inventory or the canonical
//! ones, on every port of `p` that rules tell apart (on some port, if none is given). Every address
//! of a network counts, and every member of an entity (`world`, `cluster` …) but the addresses that
//! a rule denies: `frontend can reach world` is not broken by a deny of the metadata endpoints.

use super::{Decision, Unenforced, decide::Judge, witness};
use crate::{
    interpret::{By, Endpoint, Flow, FlowVerdict, Side, port_atoms},
    limits::FLOW_CASES_MAX,
    model::{Facts, Set, Verdict},
    port::PortSet,
};

pub(super) fn decide(judge: &Judge<'_>, from: &Set, to: &Set, ports: Option<&PortSet>) -> Decision {
    let (sources, destinations) = (members(judge, from), members(judge, to));
    for (side, ends) in [(Side::Source, &sources), (Side::Destination, &destinations)] {
        if ends.is_empty() {
            return Decision::Vacuous(side);
        }
    }
    let wanted = port_atoms(judge.world.model, ports);
    let flows = sources.len().saturating_mul(destinations.len());
    if flows.saturating_mul(wanted.len()) > FLOW_CASES_MAX {
        return Decision::TooLarge(FLOW_CASES_MAX);
    }
    let mut enforced = false;
    let (mut reached, mut excused) = (false, None);
    for src in &sources {
        for dst in &destinations {
            let (missing, seen) = missing(judge, &src.end, &dst.end, &wanted, ports.is_some());
            enforced |= seen;
            let Some((flow, verdict)) = missing else {
                reached = true;
                continue;
            };
            if (src.may_be_denied || dst.may_be_denied) && is_denied(judge, &verdict) {
                excused = excused.or(Some((flow, verdict)));
                continue;
            }
            return fails(judge, (flow, verdict), (from, to));
        }
    }
    // What reaches nobody does not reach.
    if let Some(missing) = excused.filter(|_| !reached) {
        return fails(judge, missing, (from, to));
    }
    if enforced {
        Decision::Holds
    } else {
        Decision::NothingEnforces(Unenforced::NoEnd)
    }
}

fn fails(judge: &Judge<'_>, (flow, verdict): (Flow, FlowVerdict), ends: (&Set, &Set)) -> Decision {
    Decision::Fails(Box::new(witness::describe(judge, flow, verdict, ends)))
}

/// Not only closed: a deny speaks of this very flow.
fn is_denied(judge: &Judge<'_>, verdict: &FlowVerdict) -> bool {
    [verdict.egress.by, verdict.ingress.by]
        .iter()
        .any(|by| match by {
            By::Rule(rule) => {
                let rule = judge.world.model.rules.get(*rule as usize);
                rule.is_some_and(|rule| rule.verdict == Verdict::Deny)
            }
            _ => false,
        })
}

/// One endpoint that a set stands for.
struct Member {
    end: Endpoint,
    /// An address of an entity: nobody asks for those that a rule denies.
    may_be_denied: bool,
}

type Missing = Option<(Flow, FlowVerdict)>;

/// A flow that does not pass on any completion: on one port of `each`, or on all ports. And whether
/// any end is owned.
fn missing(
    judge: &Judge<'_>,
    src: &Endpoint,
    dst: &Endpoint,
    ports: &[crate::model::FlowPort],
    each: bool,
) -> (Missing, bool) {
    let mut first = None;
    let mut enforced = false;
    for port in ports {
        let flow = Flow {
            src: src.clone(),
            dst: dst.clone(),
            port: *port,
            facts: Facts::default(),
        };
        let verdict = judge.interpreter().judge(&flow);
        let ends = [verdict.egress.by, verdict.ingress.by];
        enforced |= ends
            .iter()
            .any(|by| !matches!(by, By::Unselected | By::Platform));
        match (verdict.verdict.possible(), each) {
            (true, true) => {}
            (true, false) => return (None, enforced),
            (false, true) => return (Some((flow, verdict)), enforced),
            (false, false) => first = first.or(Some((flow, verdict))),
        }
    }
    (first, enforced)
}

/// Whether the API server lies at an address is not what a claim of liveness is about.
fn members(judge: &Judge<'_>, set: &Set) -> Vec<Member> {
    let entities = Set {
        entities: set.entities.clone(),
        ..Set::default()
    };
    let named = Set {
        entities: Vec::new(),
        ..set.clone()
    };
    let members = judge.members();
    let of_entities = members.of_set(&entities).into_iter().map(|end| Member {
        may_be_denied: matches!(end, Endpoint::Addr { .. }),
        end,
    });
    let named = members.of_set(&named).into_iter().map(|end| Member {
        may_be_denied: false,
        end,
    });
    let asked =
        |member: &Member| !matches!(member.end, Endpoint::Addr { api_server, .. } if api_server);
    named.chain(of_entities).filter(asked).collect()
}
