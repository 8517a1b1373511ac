//! `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy: denies and, of pods whose namespaces
//! are not named, allows and seals.
//!
//! All rules of one object have one action, so that their order does not matter. Denies stand in
//! tier Admin, allows come after them as its last ones, and seals are the denies of tier Baseline.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use npl_policy::{addr::Net, label::Cube, model::Direction, port::PortSet};
use sha2::{Digest as _, Sha256};
use smol_str::SmolStr;

use super::{
    Made,
    front::{Front, comment, seal_id, selector},
    network::listed,
};
use crate::{
    cilium::{
        EmitOptions, Object,
        name::{hex, object_name, with_ending},
        render::{item, line},
    },
    kubernetes::{
        cluster::whole as everything,
        lower::{self, Peer},
        plan::{OwnedId, Plan, prefixes, side},
        selector as select,
        settings::PRIORITY_LAST,
    },
};

/// The API: rules of one direction, peers of one rule, protocols of one rule, networks of one peer.
const LIST_MAX: usize = 25;

const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// What an object is for: its tier, the action of its rules, and the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Deny,
    Allow,
    Seal,
}

impl Purpose {
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Deny => ("Admin", "Deny", ""),
            Self::Allow => ("Admin", "Accept", "-allow"),
            Self::Seal => ("Baseline", "Deny", "-seal"),
        }
    }
}

/// One rule, before the limits of the API are kept.
struct Said {
    /// Position in `Model::rules`; `None`: the seal of the workload.
    rule: Option<u32>,
    /// Denies that an allow leaves out.
    without: BTreeSet<u32>,
    direction: Direction,
    pods: Vec<Arc<Cube>>,
    nets: Vec<Net>,
    ports: Arc<PortSet>,
}

/// Whether it is a part of the workload, and which.
type Part = (bool, Arc<Cube>);

/// The rules of one object: ingress, egress, and where they come from.
#[derive(Default)]
struct Body {
    lists: [Vec<String>; 2],
    rules: BTreeSet<u32>,
}

pub(super) fn objects(plan: &Plan<'_>, id: OwnedId, options: &EmitOptions) -> Vec<Made> {
    let Some(own) = plan.get(id) else {
        return Vec::new();
    };
    let front = Front {
        plan,
        workload: own.workload,
        options,
    };
    let mut out = Vec::new();
    for ((purpose, (part, subject)), said) in parts(plan, id) {
        let mut name = object_name(&plan.model.package, own.workload);
        if part {
            name = with_ending(&name, &format!("-{}", mark(&subject)));
        }
        name = with_ending(&name, purpose.words().2);
        let subjects = lower::pods(&subject).unwrap_or_default();
        let bodies = bodies(&front, purpose, &said);
        let several = bodies.len() * subjects.len() > 1;
        let mut number = 0;
        for cube in &subjects {
            for body in &bodies {
                number += 1;
                let name = match several {
                    true => format!("{name}-{number}"),
                    false => name.clone(),
                };
                out.push(Made {
                    object: object(&front, name, &spec(plan, purpose, cube, body)),
                    rules: body.rules.clone(),
                    owner: id,
                    seals: purpose == Purpose::Seal,
                });
            }
        }
    }
    out
}

fn parts(plan: &Plan<'_>, id: OwnedId) -> BTreeMap<(Purpose, Part), Vec<Said>> {
    let mut out: BTreeMap<(Purpose, Part), Vec<Said>> = BTreeMap::new();
    let Some(own) = plan.get(id) else {
        return out;
    };
    let whole = &own.workload.pods;
    let mut put = |purpose, subject: &Arc<Cube>, said| {
        let part = (subject != whole, subject.clone());
        out.entry((purpose, part)).or_default().push(said);
    };
    for deny in plan.denies.get(id).into_iter().flatten() {
        let said = Said {
            rule: Some(deny.rule),
            without: BTreeSet::new(),
            direction: deny.direction,
            pods: deny.pods.clone(),
            nets: deny.nets.clone(),
            ports: deny.ports.clone(),
        };
        put(Purpose::Deny, &deny.subject, said);
    }
    for direction in DIRECTIONS {
        for (subject, said) in allows(plan, id, direction) {
            put(Purpose::Allow, &subject, said);
        }
    }
    let seals = |direction: &Direction| !select::namespaced(whole) && own.closes(*direction);
    for direction in DIRECTIONS.into_iter().filter(seals) {
        let (pods, nets) = everything(direction);
        let said = Said {
            rule: None,
            without: BTreeSet::new(),
            direction,
            pods,
            nets,
            ports: Arc::new(PortSet::all()),
        };
        put(Purpose::Seal, whole, said);
    }
    out
}

/// Subject, rule and ports.
type Group<'a> = (&'a Arc<Cube>, u32, &'a Arc<PortSet>);

/// The allows of one direction: peers of one rule on the same ports stand together.
fn allows(plan: &Plan<'_>, id: OwnedId, direction: Direction) -> Vec<(Arc<Cube>, Said)> {
    let pieces = plan
        .accepts
        .get(id)
        .and_then(|both| both.get(side(direction)));
    let mut peers: BTreeMap<Group<'_>, (BTreeSet<&Peer>, BTreeSet<u32>)> = BTreeMap::new();
    for piece in pieces.into_iter().flatten() {
        let key = (&piece.subject, piece.rule, &piece.ports);
        let (peers, without) = peers.entry(key).or_default();
        peers.insert(&piece.peer);
        without.extend(&piece.without);
    }
    let said = |(subject, rule, ports): Group<'_>, peers: BTreeSet<&Peer>, without| {
        let (mut pods, mut nets) = (Vec::new(), Vec::new());
        // Everything comes first, and holds the rest.
        for peer in peers {
            match peer {
                Peer::Pods(cube) => pods.push(cube.clone()),
                Peer::Net(net) => nets.push(net.clone()),
                Peer::Everything => (pods, nets) = everything(direction),
            }
        }
        let said = Said {
            rule: Some(rule),
            without,
            direction,
            pods,
            nets,
            ports: ports.clone(),
        };
        (subject.clone(), said)
    };
    let all = peers.into_iter();
    all.map(|(group, (peers, without))| said(group, peers, without))
        .collect()
}

fn mark(subject: &Cube) -> String {
    let mut text = String::new();
    pods(&mut text, 0, subject);
    hex(&Sha256::digest(text.as_bytes()), 8)
}

fn object(front: &Front<'_>, name: String, spec: &str) -> Object {
    let kind = "ClusterNetworkPolicy";
    let version = "policy.networking.k8s.io/v1alpha2";
    Object {
        file_name: format!("clusternetworkpolicy-{name}.yaml"),
        kind,
        namespace: None,
        yaml: front.write((version, kind), (&name, None), spec),
        name,
    }
}

fn spec(plan: &Plan<'_>, purpose: Purpose, cube: &Cube, body: &Body) -> String {
    let priority = match purpose {
        Purpose::Deny | Purpose::Seal => plan.settings.priority,
        Purpose::Allow => PRIORITY_LAST,
    };
    let tier = purpose.words().0;
    let mut out = format!("  tier: {tier}\n  priority: {priority}\n  subject:\n    pods:\n");
    pods(&mut out, 6, cube);
    for (name, list) in ["ingress", "egress"].iter().zip(&body.lists) {
        if !list.is_empty() {
            let _ = writeln!(out, "  {name}:");
            out.extend(list.iter().map(String::as_str));
        }
    }
    out
}

/// `namespaceSelector` and `podSelector`, each on its own line.
fn pods(out: &mut String, indent: usize, cube: &Cube) {
    line(out, indent);
    selector(out, indent, "namespaceSelector", &select::namespaces(cube));
    line(out, indent);
    selector(out, indent, "podSelector", &select::pods(cube));
}

fn bodies(front: &Front<'_>, purpose: Purpose, all: &[Said]) -> Vec<Body> {
    let mut out = vec![Body::default()];
    for said in all {
        let at = side(said.direction);
        for text in rules(front, purpose, said) {
            let full = |body: &Body| body.lists.get(at).is_some_and(|l| l.len() >= LIST_MAX);
            if out.last().is_some_and(full) {
                out.push(Body::default());
            }
            if let Some(body) = out.last_mut() {
                if let Some(list) = body.lists.get_mut(at) {
                    list.push(text);
                }
                body.rules.extend(said.rule);
                body.rules.extend(&said.without);
            }
        }
    }
    // Ports of which none exists are no rule.
    out.retain(|body| body.lists.iter().any(|list| !list.is_empty()));
    out
}

/// One of them as rules that each keep the limits of the API.
fn rules(front: &Front<'_>, purpose: Purpose, said: &Said) -> Vec<String> {
    let peers = peers(said);
    let protocols = protocols(&said.ports);
    let lists: Vec<&[String]> = match said.ports.all {
        true => vec![&[]],
        false => protocols.chunks(LIST_MAX).collect(),
    };
    let source = said
        .rule
        .and_then(|rule| front.plan.model.rules.get(rule as usize));
    let name: SmolStr = source.map_or_else(|| seal_id(front.workload), |rule| rule.id.clone());
    let word = match said.direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let action = purpose.words().1;
    let mut out = Vec::new();
    for peers in peers.chunks(LIST_MAX) {
        for protocols in &lists {
            let mut text = String::new();
            if let Some(rule) = source {
                comment(&mut text, 2, rule);
            }
            let _ = writeln!(text, "  - name: {name}\n    action: {action}\n    {word}:");
            text.extend(peers.iter().map(String::as_str));
            if !protocols.is_empty() {
                text.push_str("    protocols:\n");
                text.extend(protocols.iter().map(String::as_str));
            }
            out.push(text);
        }
    }
    out
}

fn peers(said: &Said) -> Vec<String> {
    let mut out = Vec::new();
    for cube in &said.pods {
        let mut text = String::from("    - pods:\n");
        pods(&mut text, 8, cube);
        out.push(text);
    }
    for chunk in prefixes(&said.nets).chunks(LIST_MAX) {
        let mut text = String::from("    - networks:\n");
        for cidr in chunk {
            item(&mut text, 6, &cidr.to_string());
        }
        out.push(text);
    }
    out
}

fn protocols(ports: &PortSet) -> Vec<String> {
    let mut out = Vec::new();
    let all = [
        ("tcp", &ports.tcp),
        ("udp", &ports.udp),
        ("sctp", &ports.sctp),
    ];
    for (name, ranges) in all {
        for range in listed(ranges) {
            let (low, high) = range.unwrap_or((1, u16::MAX));
            let mut text = format!("    - {name}:\n        destinationPort:\n");
            let _ = match low == high {
                true => writeln!(text, "          number: {low}"),
                false => write!(
                    text,
                    "          range:\n            start: {low}\n            end: {high}\n"
                ),
            };
            out.push(text);
        }
    }
    out
}
