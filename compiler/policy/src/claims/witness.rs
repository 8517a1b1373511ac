//! A concrete flow that breaks a claim, judged by the interpreter, with what there is to say of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use smol_str::SmolStr;

use super::{
    decide::Judge,
    region::{Block, Region, a_port},
    space::{Kind, Target},
};
use crate::{
    addr::AddrSet,
    interpret::{By, Endpoint, Flow, FlowVerdict, a_name, pods_of},
    label::{Cube, Values},
    model::{ClaimKind, Direction, Facts, FlowPort, Pod, PodPart, Set, WorkloadName},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    pub flow: Flow,
    /// What the interpreter says of the flow, with the rule or the reason at each end.
    pub verdict: FlowVerdict,
    /// The source, or the destination, is also these, and that is why.
    pub source_is_also: Vec<WorkloadName>,
    pub destination_is_also: Vec<WorkloadName>,
    /// The workloads of the inventory that have these pods, as `namespace/name`.
    pub source_named: Option<SmolStr>,
    pub destination_named: Option<SmolStr>,
}

/// The sets that a claim speaks of.
pub(super) fn sets_of(kind: &ClaimKind) -> [&Set; 2] {
    match kind {
        ClaimKind::CannotReach { from, to, .. }
        | ClaimKind::CanReach { from, to, .. }
        | ClaimKind::OnlyCanReach { from, to, .. } => [from, to],
        ClaimKind::Breach { of, within, .. } => [of, within],
        ClaimKind::Disjoint { left, right } => [left, right],
    }
}

/// A flow of the block; the interpreter admits it, or the proof is wrong.
pub(super) fn of(
    judge: &Judge<'_>,
    block: &Block,
    ends: (&Target<'_>, &Target<'_>),
    sets: (&Set, &Set),
) -> Witness {
    let (src, dst) = match (&block.x, &block.y) {
        (Region::Pods(x), Region::Pods(y)) => {
            let (x, y) = two_pods(judge, x, y);
            (Endpoint::Pod(x), Endpoint::Pod(y))
        }
        (x, y) => (endpoint(judge, x, ends.0), endpoint(judge, y, ends.1)),
    };
    let flow = Flow {
        src,
        dst,
        port: a_port(&block.ports).unwrap_or(FlowPort::Tcp(1)),
        facts: Facts::default(),
    };
    let (flow, verdict) = named(judge, flow, ends.1);
    describe(judge, flow, verdict, sets)
}

/// A witness from a flow that was judged.
pub(super) fn describe(
    judge: &Judge<'_>,
    flow: Flow,
    verdict: FlowVerdict,
    (from, to): (&Set, &Set),
) -> Witness {
    Witness {
        source_is_also: also(judge, &flow.src, Direction::Egress, from, &verdict),
        destination_is_also: also(judge, &flow.dst, Direction::Ingress, to, &verdict),
        source_named: workload(judge, &flow.src),
        destination_named: workload(judge, &flow.dst),
        flow,
        verdict,
    }
}

/// Two pods that can exist at once: one namespace has one set of labels.
fn two_pods(judge: &Judge<'_>, x: &Cube, y: &Cube) -> (Pod, Pod) {
    let named = |name: &str| judge.members().is_named(name);
    let pod = |cube: &Cube| cube.witness_beside(named).unwrap_or_default();
    let fits =
        |a: &Pod, b: &Pod| a.namespace != b.namespace || a.namespace_labels == b.namespace_labels;
    let (a, b) = (pod(x), pod(y));
    if fits(&a, &b) {
        return (a, b);
    }
    // Another namespace for one of them, if it may have one.
    let elsewhere = |cube: &Cube, other: &Pod| {
        let values = Values::all_but([Some(other.namespace.clone())]);
        let taken = |name: &str| named(name) || name == other.namespace;
        cube.clone().with_namespace(&values).witness_beside(taken)
    };
    if let Some(b) = elsewhere(y, &a) {
        return (a, b);
    }
    if let Some(a) = elsewhere(x, &b) {
        return (a, b);
    }
    let mut together = (x.clone(), y.clone());
    for (key, values) in y.namespace_labels() {
        together.0 = together.0.with_namespace_label(key.clone(), values);
    }
    for (key, values) in x.namespace_labels() {
        together.1 = together.1.with_namespace_label(key.clone(), values);
    }
    (pod(&together.0), pod(&together.1))
}

fn endpoint(judge: &Judge<'_>, region: &Region, target: &Target<'_>) -> Endpoint {
    if let Region::Pods(cube) = region {
        let named = |name: &str| judge.members().is_named(name);
        return Endpoint::Pod(cube.witness_beside(named).unwrap_or_default());
    }
    let ip = match region {
        Region::Addrs(set) => an_address(set),
        _ => an_address(&AddrSet::all()),
    };
    match target.kind {
        Kind::Host { api_server } => Endpoint::Host { api_server },
        Kind::RemoteNode { api_server } => Endpoint::RemoteNode { api_server },
        Kind::Health => Endpoint::Health,
        Kind::CiliumIngress => Endpoint::CiliumIngress,
        Kind::Named | Kind::Pods | Kind::Addrs { .. } => Endpoint::Addr {
            ip,
            names: target
                .name
                .iter()
                .map(|part| a_name(&part.pattern))
                .collect(),
            api_server: target.kind == (Kind::Addrs { api_server: true }),
        },
    }
}

/// One for documentation (RFC 5737, RFC 3849) where the set has one, else the least.
fn an_address(set: &AddrSet) -> IpAddr {
    let example = [
        IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7)),
    ];
    let known = example.into_iter().find(|ip| set.contains(*ip));
    known
        .or_else(|| set.witness())
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Gives the destination the name by which a rule admits it, if it is by a name.
fn named(judge: &Judge<'_>, flow: Flow, target: &Target<'_>) -> (Flow, FlowVerdict) {
    let verdict = judge.interpreter().judge(&flow);
    let Endpoint::Addr { names, .. } = &flow.dst else {
        return (flow, verdict);
    };
    if verdict.verdict.possible() {
        return (flow, verdict);
    }
    let ends = judge.world.model.ends.iter();
    let parts = ends.flat_map(|end| &end.peers.names);
    for name in parts.map(|part| a_name(&part.pattern)) {
        // A name that is the target's too stands for both.
        let own = target.name.is_none_or(|t| t.pattern.matches(&name));
        let mut with = flow.clone();
        if let Endpoint::Addr { names: list, .. } = &mut with.dst {
            *list = if own { Vec::new() } else { names.clone() };
            list.push(name);
        }
        let verdict = judge.interpreter().judge(&with);
        if verdict.verdict.possible() {
            return (with, verdict);
        }
    }
    (flow, verdict)
}

/// The workloads by which a pod comes to be spoken of by a deciding rule, though the claim's own
/// set is not: the claim breaks at an overlap.
fn also(
    judge: &Judge<'_>,
    end: &Endpoint,
    side: Direction,
    claimed: &Set,
    verdict: &FlowVerdict,
) -> Vec<WorkloadName> {
    let Endpoint::Pod(pod) = end else {
        return Vec::new();
    };
    let model = judge.world.model;
    let deciding = [
        (Direction::Egress, verdict.egress.by),
        (Direction::Ingress, verdict.ingress.by),
    ];
    let mut names = Vec::new();
    for (direction, by) in deciding {
        let By::Rule(rule) = by else { continue };
        let ends = model
            .ends
            .iter()
            .filter(|e| e.rule == rule && e.direction == direction);
        for end in ends {
            let set = if direction == side {
                &end.subject
            } else {
                &end.peers
            };
            names.extend(only_by_overlap(set, pod, claimed));
        }
    }
    let mut seen = rustc_hash::FxHashSet::default();
    names.retain(|name: &WorkloadName| seen.insert(name.clone()));
    names
}

fn only_by_overlap(set: &Set, pod: &Pod, claimed: &Set) -> Vec<WorkloadName> {
    let of = |part: &&PodPart| part.pods.matches(pod);
    let whole = |part: &PodPart| {
        let mine = claimed.pods.iter().filter(of);
        mine.into_iter().any(|own| own.pods.implies(&part.pods))
    };
    if !set.entities.is_empty() || set.pods.iter().filter(of).any(whole) {
        return Vec::new();
    }
    if !claimed.pods.iter().any(|own| own.pods.matches(pod)) {
        return Vec::new();
    }
    let own = claimed
        .pods
        .iter()
        .filter(of)
        .filter_map(|p| p.workload.clone());
    let other = set
        .pods
        .iter()
        .filter(of)
        .filter_map(|p| p.workload.clone());
    let names: Vec<WorkloadName> = own.chain(other).collect();
    if names.len() > 1 { names } else { Vec::new() }
}

fn workload(judge: &Judge<'_>, end: &Endpoint) -> Option<SmolStr> {
    let (Endpoint::Pod(pod), Some(inventory)) = (end, judge.inventory) else {
        return None;
    };
    let exact = judge.exactly(pod);
    let pods = inventory.workloads.iter().filter(|w| !w.host_network);
    let mut pairs = pods.zip(pods_of(inventory));
    let (found, _) = pairs.find(|(_, have)| exact.as_ref().is_some_and(|e| e.matches(have)))?;
    Some(smol_str::format_smolstr!(
        "{}/{}",
        found.namespace,
        found.name
    ))
}
