//! `assert A can reach B:p`: an edge for every pod of A and of B, of the inventory or the canonical
//! ones, on every port of `p` that rules tell apart (on some port, if none is given). Every address
//! of a network counts; of an entity (`world`, `cluster` …) one member is enough.

use super::{Decision, Unenforced, decide::Judge, witness};
use crate::{
    interpret::{By, Endpoint, Flow, FlowVerdict, Side, port_atoms},
    limits::FLOW_CASES_MAX,
    model::{Facts, Set},
    port::PortSet,
};

/// Endpoints that stand for one part of a set: all of them have to do, or one.
struct Part {
    ends: Vec<Endpoint>,
    each: bool,
}

pub(super) fn decide(judge: &Judge<'_>, from: &Set, to: &Set, ports: Option<&PortSet>) -> Decision {
    let (sources, destinations) = (parts(judge, from), parts(judge, to));
    for (side, parts) in [(Side::Source, &sources), (Side::Destination, &destinations)] {
        if parts.iter().all(|part| part.ends.is_empty()) {
            return Decision::Vacuous(side);
        }
    }
    let wanted = port_atoms(judge.world.model, ports);
    let count = |parts: &[Part]| parts.iter().map(|part| part.ends.len()).sum::<usize>();
    let flows = count(&sources).saturating_mul(count(&destinations));
    if flows.saturating_mul(wanted.len()) > FLOW_CASES_MAX {
        return Decision::TooLarge(FLOW_CASES_MAX);
    }
    let mut enforced = false;
    for source in &sources {
        for destination in &destinations {
            let mut edge = |src: &Endpoint, dst: &Endpoint| {
                let (missing, seen) = missing(judge, src, dst, &wanted, ports.is_some());
                enforced |= seen;
                missing
            };
            if let Some((flow, verdict)) = over(source, destination, &mut edge) {
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

/// The first flow that is missing between two parts.
fn over(
    source: &Part,
    destination: &Part,
    edge: &mut impl FnMut(&Endpoint, &Endpoint) -> Missing,
) -> Missing {
    let mut some: Missing = None;
    for src in &source.ends {
        let mut here: Missing = None;
        let mut reached = false;
        for dst in &destination.ends {
            match edge(src, dst) {
                None => reached = true,
                Some(flow) => here = here.or(Some(flow)),
            }
        }
        let fails = if destination.each {
            here.is_some()
        } else {
            !reached
        };
        match (fails, source.each) {
            (true, true) => return here,
            (true, false) => some = some.or(here),
            (false, false) => return None,
            (false, true) => {}
        }
    }
    some
}

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

fn parts(judge: &Judge<'_>, set: &Set) -> Vec<Part> {
    let of = |set: Set, each: bool| Part {
        ends: judge.members().of_set(&set),
        each,
    };
    let mut out = Vec::new();
    let pods = Set {
        pods: set.pods.clone(),
        ..Set::default()
    };
    out.push(of(pods, true));
    let nets = Set {
        nets: set.nets.clone(),
        ..Set::default()
    };
    let mut nets = of(nets, true);
    // Whether the API server lies in a network is not what a claim of liveness is about.
    nets.ends.retain(|end| {
        !matches!(
            end,
            Endpoint::Addr {
                api_server: true,
                ..
            }
        )
    });
    out.push(nets);
    let names = Set {
        names: set.names.clone(),
        ..Set::default()
    };
    out.push(of(names, true));
    out.extend(set.entities.iter().map(|entity| {
        let one = Set {
            entities: vec![*entity],
            ..Set::default()
        };
        of(one, false)
    }));
    out.retain(|part| !part.ends.is_empty());
    out
}
