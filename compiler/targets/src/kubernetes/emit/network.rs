//! `networking.k8s.io/v1` NetworkPolicy.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use npl_policy::{
    label::Cube,
    model::Direction,
    port::{PortSet, Ranges},
};
use sha2::{Digest as _, Sha256};

use super::{
    Made,
    front::{Front, RULES_BYTES_MAX, comment, selector},
};
use crate::{
    cilium::{
        EmitOptions, Object,
        name::{hex, object_name, with_ending},
        render::{item, line},
    },
    kubernetes::{
        lower::{self, Peer},
        plan::{OwnedId, Piece, Plan, side},
        selector as select,
    },
};

const DIRECTIONS: [(Direction, &str, &str, &str); 2] = [
    (Direction::Ingress, "Ingress", "ingress", "from"),
    (Direction::Egress, "Egress", "egress", "to"),
];

pub(super) fn objects(plan: &Plan<'_>, id: OwnedId, options: &EmitOptions) -> Vec<Made> {
    let Some(own) = plan.get(id) else {
        return Vec::new();
    };
    let whole = own.workload.pods.clone();
    // The whole workload comes first, whether it has rules or not.
    let mut parts: BTreeMap<(bool, Arc<Cube>), [Vec<&Piece>; 2]> = BTreeMap::new();
    if select::namespaced(&whole) && DIRECTIONS.iter().any(|(d, ..)| own.closes(*d)) {
        parts.entry((false, whole.clone())).or_default();
    }
    for (direction, ..) in DIRECTIONS {
        let pieces = plan.pieces.get(id).and_then(|p| p.get(side(direction)));
        for piece in pieces.into_iter().flatten() {
            let at = (piece.subject != whole, piece.subject.clone());
            if let Some(list) = parts.entry(at).or_default().get_mut(side(direction)) {
                list.push(piece);
            }
        }
    }
    let front = Front {
        plan,
        workload: own.workload,
        options,
    };
    let mut out = Vec::new();
    for ((part, subject), pieces) in &parts {
        let mut name = object_name(&plan.model.package, own.workload);
        if *part {
            name = with_ending(&name, &format!("-{}", mark(subject)));
        }
        let closes = |(direction, ..): &(Direction, &str, &str, &str)| match part {
            false => own.closes(*direction),
            true => pieces.get(side(*direction)).is_some_and(|p| !p.is_empty()),
        };
        let types: Vec<_> = DIRECTIONS.into_iter().filter(closes).collect();
        let bodies = bodies(plan, &types, pieces);
        let subjects = lower::pods(subject).unwrap_or_default();
        let several = bodies.len() * subjects.len() > 1;
        let mut number = 0;
        for cube in &subjects {
            for (body, rules) in &bodies {
                number += 1;
                let name = match several {
                    true => format!("{name}-{number}"),
                    false => name.clone(),
                };
                let spec = spec(cube, &types, body);
                for namespace in cube.namespace().listed().iter().flatten() {
                    out.push(Made {
                        object: object(&front, &name, namespace, &spec),
                        rules: rules.clone(),
                        owner: id,
                        seals: true,
                    });
                }
            }
        }
    }
    out
}

/// A part's mark in names depends on what it selects and on nothing else.
fn mark(subject: &Cube) -> String {
    let mut text = String::new();
    selector(&mut text, 0, "namespaces", &select::namespaces(subject));
    selector(&mut text, 0, "pods", &select::pods(subject));
    hex(&Sha256::digest(text.as_bytes()), 8)
}

fn object(front: &Front<'_>, name: &str, namespace: &smol_str::SmolStr, spec: &str) -> Object {
    let kind = "NetworkPolicy";
    let version = "networking.k8s.io/v1";
    Object {
        file_name: format!("networkpolicy-{namespace}-{name}.yaml"),
        kind,
        namespace: Some(namespace.clone()),
        name: name.to_owned(),
        yaml: front.write((version, kind), (name, Some(namespace)), spec),
    }
}

fn spec(cube: &Cube, types: &[(Direction, &str, &str, &str)], body: &[String; 2]) -> String {
    let mut out = String::from("  ");
    selector(&mut out, 2, "podSelector", &select::pods(cube));
    out.push_str("  policyTypes:\n");
    for (_, name, ..) in types {
        let _ = writeln!(out, "  - {name}");
    }
    for (direction, _, list, _) in types {
        if let Some(text) = body.get(side(*direction)).filter(|text| !text.is_empty()) {
            let _ = write!(out, "  {list}:\n{text}");
        }
    }
    out
}

/// The peers of a rule, and the denies that it leaves out.
type Said<'a> = (Vec<&'a Peer>, BTreeSet<u32>);

/// The rules of both directions, in parts where they grow too large, each with its sources.
fn bodies(
    plan: &Plan<'_>,
    types: &[(Direction, &str, &str, &str)],
    pieces: &[Vec<&Piece>; 2],
) -> Vec<([String; 2], BTreeSet<u32>)> {
    let mut out: Vec<([String; 2], BTreeSet<u32>)> = vec![Default::default()];
    for (direction, _, _, word) in types {
        let at = side(*direction);
        let mut rules: BTreeMap<(u32, &PortSet), Said<'_>> = BTreeMap::new();
        for piece in pieces.get(at).into_iter().flatten() {
            let ports = &*piece.ports;
            let (peers, without) = rules.entry((piece.rule, ports)).or_default();
            peers.push(&piece.peer);
            without.extend(&piece.without);
        }
        for ((rule, ports), (mut peers, without)) in rules {
            // Two pieces may differ in what they leave out alone.
            peers.dedup();
            let mut text = String::new();
            if let Some(source) = plan.model.rules.get(rule as usize) {
                comment(&mut text, 2, source);
            }
            if !one(&mut text, word, &peers, ports) {
                continue;
            }
            let size = |body: &[String; 2]| body.iter().map(String::len).sum::<usize>();
            if out
                .last()
                .is_some_and(|(b, _)| size(b) + text.len() > RULES_BYTES_MAX)
            {
                out.push(Default::default());
            }
            if let Some((body, sources)) = out.last_mut() {
                if let Some(list) = body.get_mut(at) {
                    list.push_str(&text);
                }
                sources.insert(rule);
                sources.extend(without);
            }
        }
    }
    out
}

/// One rule. `false`: it says nothing, for it has ports and none of them exists.
fn one(out: &mut String, word: &str, peers: &[&Peer], ports: &PortSet) -> bool {
    let entries = entries(ports);
    if peers.is_empty() || (entries.is_empty() && !ports.all) {
        return false;
    }
    let everything = peers.contains(&&Peer::Everything);
    if everything && ports.all {
        out.push_str("  - {}\n");
        return true;
    }
    let mut lead = "  - ";
    if !everything {
        let _ = writeln!(out, "{lead}{word}:");
        lead = "    ";
        for peer in peers {
            self::peer(out, peer);
        }
    }
    if !ports.all {
        let _ = writeln!(out, "{lead}ports:");
        for (protocol, range) in entries {
            let lead = match range {
                None => "    - ".to_owned(),
                Some((low, high)) if low == high => format!("    - port: {low}\n      "),
                Some((low, high)) => {
                    format!("    - port: {low}\n      endPort: {high}\n      ")
                }
            };
            let _ = writeln!(out, "{lead}protocol: {protocol}");
        }
    }
    true
}

fn peer(out: &mut String, peer: &Peer) {
    out.push_str("    - ");
    match peer {
        Peer::Everything => {}
        Peer::Pods(cube) => {
            selector(out, 6, "namespaceSelector", &select::namespaces(cube));
            line(out, 6);
            selector(out, 6, "podSelector", &select::pods(cube));
        }
        Peer::Net(net) => {
            let _ = write!(out, "ipBlock:\n        cidr: \"{}\"\n", net.cidr);
            if !net.except.is_empty() {
                out.push_str("        except:\n");
                for except in &net.except {
                    item(out, 8, &except.to_string());
                }
            }
        }
    }
}

/// `None` for every port of the protocol. Port 0 is none.
fn entries(ports: &PortSet) -> Vec<(&'static str, Option<(u16, u16)>)> {
    let mut out = Vec::new();
    let protocols = [
        ("TCP", &ports.tcp),
        ("UDP", &ports.udp),
        ("SCTP", &ports.sctp),
    ];
    for (name, ranges) in protocols {
        out.extend(listed(ranges).into_iter().map(|range| (name, range)));
    }
    out
}

pub(super) fn listed(ranges: &Ranges) -> Vec<Option<(u16, u16)>> {
    let each = ranges.as_slice().iter().filter(|(_, high)| *high > 0);
    each.map(|(low, high)| ((*low, *high) != (0, u16::MAX)).then_some(((*low).max(1), *high)))
        .collect()
}
