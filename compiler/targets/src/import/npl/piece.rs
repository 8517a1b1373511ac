//! From end rules to rules: what both ends say becomes one line.
//!
//! Each end rule is taken apart into pairs of one source and one destination. A pair that both
//! ends admit on the same ports with the same clause is joined; what only one end says stays with
//! that end, unless nothing is enforced at the other one anyway.

use std::{collections::BTreeSet, sync::Arc};

use npl_policy::{
    model::{Direction, EndRule, Entity, Model, Verdict, Via},
    port::PortSet,
};
use rustc_hash::FxHashMap;

use super::{
    Unsaid, clause,
    node::{Node, Nodes},
    port::members,
};

/// What stands between `allow` and the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Ends {
    Both,
    Egress,
    Ingress,
}

/// One rule, with a set at each end.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) verdict: Verdict,
    pub(super) ends: Ends,
    pub(super) sources: Vec<Node>,
    pub(super) destinations: Vec<Node>,
    pub(super) ports: PortSet,
    pub(super) via: Option<Arc<Via>>,
    /// Rules of the model that say this, in order.
    pub(super) rules: Vec<u32>,
}

/// Ports that a `dns` clause is written for, one rule each.
const DNS_PORTS_MAX: usize = 64;

type Pair = (Node, Node, Verdict, Option<Arc<Via>>);

/// One pair of one end rule.
struct Atom {
    pair: Pair,
    end: usize,
    ports: PortSet,
}

/// The atoms of one end rule, or why there are none.
pub(super) fn lines(
    model: &Model,
    nodes: &mut Nodes,
    objects: &[Option<usize>],
    unsaid: &mut Vec<Unsaid>,
) -> Vec<Line> {
    let mut atoms = Vec::new();
    for (at, end) in model.ends.iter().enumerate() {
        let before = atoms.len();
        if let Err(why) = take_apart(end, at, nodes, &mut atoms) {
            atoms.truncate(before);
            unsaid.push(Unsaid {
                rule: Some(end.rule),
                place: None,
                object: objects.get(end.rule as usize).copied().flatten(),
                why,
            });
        }
    }
    let object = |rule: u32| objects.get(rule as usize).copied().flatten();
    let joined = join(model, nodes, &atoms);
    let mut out: Vec<Line> = Vec::new();
    let mut rest = joined.into_iter().peekable();
    while let Some((end, first)) = rest.next() {
        let mut group = vec![first];
        while let Some((_, line)) = rest.next_if(|(next, _)| *next == end) {
            group.push(line);
        }
        out.extend(products(group));
    }
    let source = |line: &Line| {
        let rule = line.rules.first().copied().unwrap_or_default();
        object(rule).map_or((1, rule as usize), |object| (0, object))
    };
    unite_ports(&mut out, source);
    unite_clauses(&mut out, source);
    unite_sources(&mut out);
    same_twice(&mut out);
    let mut out: Vec<Line> = out.into_iter().flat_map(within_limits).collect();
    out.retain(|line| {
        let dns = matches!(line.via.as_deref(), Some(Via::Dns(_)));
        let owned = line.sources.iter().any(|node| nodes.is_owned(*node));
        let said = !dns || (owned && line.ends != Ends::Ingress);
        if !said {
            let rule = line.rules.first().copied();
            unsaid.push(Unsaid {
                rule,
                place: None,
                object: rule.and_then(object),
                why: "`dns` cannot be checked where queries arrive".to_owned(),
            });
        }
        said
    });
    out
}

fn take_apart(
    end: &EndRule,
    at: usize,
    nodes: &mut Nodes,
    atoms: &mut Vec<Atom>,
) -> Result<(), String> {
    let subjects = nodes.subjects(&end.subject);
    let peers = nodes.peers(&end.peers);
    let ports = PortSet::clone(&end.ports);
    if members(&ports).is_none() {
        return Err(format!("the language has no name for the ports `{ports}`"));
    }
    let each = match end.via.as_deref() {
        Some(Via::Dns(_)) => port_by_port(&ports),
        _ => vec![ports],
    };
    for (subject, peer) in subjects
        .iter()
        .flat_map(|s| peers.iter().map(move |p| (s, p)))
    {
        let (source, destination) = match end.direction {
            Direction::Egress => (*subject, *peer),
            Direction::Ingress => (*peer, *subject),
        };
        for ports in &each {
            atoms.push(Atom {
                pair: (source, destination, end.verdict, end.via.clone()),
                end: at,
                ports: ports.clone(),
            });
        }
    }
    Ok(())
}

/// A `dns` clause stands on one port.
fn port_by_port(ports: &PortSet) -> Vec<PortSet> {
    let ranges = [&ports.tcp, &ports.udp, &ports.sctp];
    let ranges = ranges.into_iter().flat_map(|ranges| ranges.as_slice());
    let mut numbers = BTreeSet::new();
    for (low, high) in ranges {
        if numbers.len() + usize::from(high - low) >= DNS_PORTS_MAX {
            return vec![ports.clone()];
        }
        numbers.extend(*low..=*high);
    }
    let one = |port: u16| ports.intersect(&PortSet::any(port, port));
    match numbers.len() {
        0 | 1 => vec![ports.clone()],
        _ => numbers.into_iter().map(one).collect(),
    }
}

/// Single pairs with the end rule they came from, in order of end rules.
fn join(model: &Model, nodes: &Nodes, atoms: &[Atom]) -> Vec<(usize, Line)> {
    let direction = |atom: &Atom| model.ends.get(atom.end).map(|end| end.direction);
    let rule = |atom: &Atom| model.ends.get(atom.end).map_or(0, |end| end.rule);
    let mut ingress: FxHashMap<&Pair, Vec<usize>> = FxHashMap::default();
    for (at, atom) in atoms.iter().enumerate() {
        if direction(atom) == Some(Direction::Ingress) {
            ingress.entry(&atom.pair).or_default().push(at);
        }
    }
    // What the ingress ends have left to say by themselves.
    let mut left: Vec<PortSet> = atoms.iter().map(|atom| atom.ports.clone()).collect();
    // Ten thousand rules may name one resolver.
    let mut known: FxHashMap<Node, bool> = FxHashMap::default();
    let mut free = |node: Node| !*known.entry(node).or_insert_with(|| nodes.meets_owned(node));
    let mut out: Vec<(usize, Line)> = Vec::new();
    // What lines of both ends say of a pair, and which they are.
    let mut said: FxHashMap<&Pair, Vec<usize>> = FxHashMap::default();
    let line = |atom: &Atom, ends, ports: PortSet, rules: Vec<u32>| {
        let (source, destination, verdict, via) = atom.pair.clone();
        let line = Line {
            verdict,
            ends,
            sources: vec![source],
            destinations: vec![destination],
            ports,
            via,
            rules,
        };
        (atom.end, line)
    };
    for atom in atoms
        .iter()
        .filter(|atom| direction(atom) == Some(Direction::Egress))
    {
        let mut mine = atom.ports.clone();
        for at in ingress.get(&atom.pair).into_iter().flatten() {
            let (Some(theirs), Some(whole)) = (left.get_mut(*at), atoms.get(*at)) else {
                continue;
            };
            let both = mine.intersect(&whole.ports);
            let (more, less) = (mine.subtract(&both), theirs.subtract(&both));
            if both.is_empty() || !is_sayable(&both) || !is_sayable(&more) || !is_sayable(&less) {
                continue;
            }
            said.entry(&atom.pair).or_default().push(out.len());
            out.push(line(atom, Ends::Both, both, vec![rule(atom), rule(whole)]));
            (mine, *theirs) = (more, less);
        }
        if !mine.is_empty() {
            let ends = if free(atom.pair.1) {
                Ends::Both
            } else {
                Ends::Egress
            };
            out.push(line(atom, ends, mine, vec![rule(atom)]));
        }
    }
    for (atom, ports) in atoms.iter().zip(left) {
        if direction(atom) != Some(Direction::Ingress) {
            continue;
        }
        let lines = said.get(&atom.pair).map_or(&[][..], Vec::as_slice);
        let ports = unsaid_by(&mut out, lines, rule(atom), ports);
        if !ports.is_empty() {
            let ends = if free(atom.pair.0) {
                Ends::Both
            } else {
                Ends::Ingress
            };
            out.push(line(atom, ends, ports, vec![rule(atom)]));
        }
    }
    out.sort_by_key(|(end, _)| *end);
    out
}

fn is_sayable(ports: &PortSet) -> bool {
    ports.is_empty() || members(ports).is_some()
}

/// What some lines of the same pair leave of an ingress rule: another rule may have said it first.
fn unsaid_by(out: &mut [(usize, Line)], lines: &[usize], rule: u32, mut ports: PortSet) -> PortSet {
    for at in lines {
        let Some((_, line)) = out.get_mut(*at) else {
            continue;
        };
        let less = ports.subtract(&line.ports);
        if less != ports && is_sayable(&less) {
            line.rules.push(rule);
            ports = less;
        }
    }
    ports
}

/// The pairs of one end rule as few rules: first one source with all its destinations, then all
/// sources of the same destinations.
fn products(pairs: Vec<Line>) -> Vec<Line> {
    let by_source = gather(
        pairs,
        |a, b| same(a, b) && a.sources == b.sources,
        |a, b| {
            a.destinations.extend(b.destinations);
        },
    );
    gather(
        by_source,
        |a, b| same(a, b) && a.destinations == b.destinations,
        |a, b| a.sources.extend(b.sources),
    )
}

/// All but the ends.
fn same(a: &Line, b: &Line) -> bool {
    a.verdict == b.verdict && a.ends == b.ends && a.ports == b.ports && a.via == b.via
}

/// Puts what belongs together into the first of its kind. Quadratic: for few lines.
fn gather(
    lines: Vec<Line>,
    belongs: impl Fn(&Line, &Line) -> bool,
    mut add: impl FnMut(&mut Line, Line),
) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        match out.iter_mut().find(|first| belongs(first, &line)) {
            Some(first) => {
                first.rules.extend(&line.rules);
                add(first, line);
            }
            None => out.push(line),
        }
    }
    for line in &mut out {
        tidy(&mut line.rules);
    }
    out
}

fn tidy(rules: &mut Vec<u32>) {
    rules.sort_unstable();
    rules.dedup();
}

/// Lines of one key become one where `add` takes the later into the earlier.
fn unite<K: std::hash::Hash + Eq>(
    lines: &mut Vec<Line>,
    key: impl Fn(&Line) -> Option<K>,
    mut add: impl FnMut(&mut Line, &Line) -> bool,
) {
    let mut first: FxHashMap<K, usize> = FxHashMap::default();
    let mut out: Vec<Line> = Vec::with_capacity(lines.len());
    for line in std::mem::take(lines) {
        let Some(key) = key(&line) else {
            out.push(line);
            continue;
        };
        let next = out.len();
        let at = *first.entry(key).or_insert(next);
        let mut taken = false;
        if let Some(before) = out.get_mut(at) {
            taken = add(before, &line);
            if taken {
                before.rules.extend(&line.rules);
                tidy(&mut before.rules);
            }
        }
        if !taken {
            out.push(line);
        }
    }
    *lines = out;
}

fn ends(line: &Line) -> (Verdict, Ends, Vec<Node>, Vec<Node>) {
    let (sources, destinations) = (line.sources.clone(), line.destinations.clone());
    (line.verdict, line.ends, sources, destinations)
}

/// One object's ports of one pair of ends.
fn unite_ports(lines: &mut Vec<Line>, source: impl Fn(&Line) -> (usize, usize)) {
    unite(
        lines,
        |line| {
            let whole = line.ports.all;
            (!whole).then(|| (source(line), ends(line), line.via.clone()))
        },
        |a, b| {
            let both = a.ports.union(&b.ports);
            let said = members(&both).is_some() && (a.via.is_none() || a.ports == b.ports);
            if said {
                a.ports = both;
            }
            said
        },
    );
}

/// One object's clauses of one pair of ends and ports.
fn unite_clauses(lines: &mut Vec<Line>, source: impl Fn(&Line) -> (usize, usize)) {
    unite(
        lines,
        |line| {
            let kind = line.via.as_ref()?.kind();
            let grpc = matches!(line.via.as_deref(), Some(Via::Grpc(_)));
            Some((source(line), ends(line), line.ports.clone(), kind, grpc))
        },
        |a, b| {
            let both = a.via.as_ref().zip(b.via.as_ref());
            match both.and_then(|(a, b)| a.union(b)) {
                // What rules say apart stays apart where it is too much for one.
                Some(both) if !clause::is_too_large(&both) => {
                    a.via = Some(Arc::new(both));
                    true
                }
                _ => false,
            }
        },
    );
}

/// As many rules as the clause takes: allows of one pair of ends and ports add up.
fn within_limits(line: Line) -> Vec<Line> {
    let large = line.via.as_deref().filter(|via| clause::is_too_large(via));
    match large.map(clause::parts) {
        None => vec![line],
        Some(parts) => parts
            .into_iter()
            .map(|part| Line {
                via: Some(Arc::new(part)),
                ..line.clone()
            })
            .collect(),
    }
}

/// A DNS clause needs an owned source: one that is not stands beside one that is.
fn unite_sources(lines: &mut Vec<Line>) {
    unite(
        lines,
        |line| {
            let dns = matches!(line.via.as_deref(), Some(Via::Dns(_)));
            let key = (
                line.verdict,
                line.ends,
                line.destinations.clone(),
                line.ports.clone(),
            );
            (dns && line.rules.len() == 1).then(|| (key, line.via.clone(), line.rules.clone()))
        },
        |a, b| {
            a.sources.extend(&b.sources);
            true
        },
    );
}

/// The same rule of two objects.
fn same_twice(lines: &mut Vec<Line>) {
    unite(
        lines,
        |line| {
            let mut key = ends(line);
            key.2.sort_unstable();
            key.3.sort_unstable();
            Some((key, line.ports.clone(), line.via.clone()))
        },
        |_, _| true,
    );
}

/// Whether the end is pods of this package, or everything.
pub(super) fn is_all(node: Node) -> bool {
    node == Node::Entity(Entity::All)
}
