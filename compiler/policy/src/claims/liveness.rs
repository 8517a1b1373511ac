//! `assert A can reach B:p`: an edge for every pod of A and of B, of the inventory or the canonical
//! ones, on every port of `p` that rules tell apart (on some port, if none is given). Every address
//! of a network counts, and every member of an entity (`world`, `cluster` …) but the addresses that
//! a rule denies: `frontend can reach world` is not broken by a deny of the metadata endpoints.

use super::{Decision, Unenforced, decide::Judge, witness};
use crate::{
    interpret::{By, Endpoint, Flow, FlowVerdict, Side, port_atoms},
    limits::FLOW_CASES_MAX,
    model::{Facts, Set},
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
    for src in &sources {
        for dst in &destinations {
            let (missing, seen) = missing(judge, src, dst, &wanted, ports.is_some());
            enforced |= seen;
            if let Some((flow, verdict)) = missing {
                let witness = witness::describe(judge, flow, verdict, (from, to));
                return Decision::Fails(Box::new(witness));
            }
        }
    }
    if enforced {
        Decision::Holds
    } else {
        Decision::NothingEnforces(Unenforced::NoEnd)
    }
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
fn members(judge: &Judge<'_>, set: &Set) -> Vec<Endpoint> {
    let entities = Set {
        entities: set.entities.clone(),
        ..Set::default()
    };
    let named = Set {
        entities: Vec::new(),
        ..set.clone()
    };
    let members = judge.members();
    let mut ends = members.of_set(&named);
    let (denied, others): (Vec<_>, Vec<_>) = members
        .of_set(&entities)
        .into_iter()
        .partition(|end| matches!(end, Endpoint::Addr { ip, .. } if members.is_denied(*ip)));
    ends.extend(match others.is_empty() {
        true => denied,
        false => others,
    });
    ends.retain(|end| !matches!(end, Endpoint::Addr { api_server, .. } if *api_server));
    ends
}
