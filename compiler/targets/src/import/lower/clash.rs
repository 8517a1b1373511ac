//! Rules of several objects that meet at one pod, merged as Cilium merges them.
//!
//! Cilium merges by exactly (selector, ports, protocol): a plain rule beside `serverNames` of the
//! same spelling is no allow any more, and one beside an HTTP rule lets every request through, but
//! no TLS. Refuses what Cilium refuses, or merges by the names of the objects: two kinds of clause
//! on one peer and port, and a plain rule around a DNS rule, which stays strict.

use std::sync::Arc;

use npl_diagnostics::{Code, Diagnostic, Place, codes::import as codes};
use npl_policy::{
    http::{HttpRule, ViaKind},
    label::{Cube, subtract_all},
    model::Via,
    name::NamePattern,
    port::{PortSet, Ranges},
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    lines::Line,
    near::Near,
    peers::{Part, hold_the_cluster, is_unnamed},
    ports::PortPart,
    refuse::{Refusal, refuse},
};

/// What merging says.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) lines: Vec<Line>,
    /// By object.
    pub(super) refused: Vec<(usize, Refusal)>,
    pub(super) warnings: Vec<Diagnostic<Place>>,
}

/// A change of one piece (peer, port) of a plain line for the pods of another line.
#[derive(Clone, PartialEq)]
struct Change {
    pods: Arc<Cube>,
    /// What the piece becomes for them; nothing where it is swallowed.
    becomes: Option<Via>,
}

/// By line, then by (peer, port).
type Changes = FxHashMap<usize, Vec<((usize, usize), Change)>>;

pub(super) fn merge(mut lines: Vec<Line>) -> Merged {
    let mut out = Merged::default();
    loop {
        let found = look(&lines);
        if found.refused.is_empty() {
            let found = match without_idle_denies(&mut lines) {
                true => look(&lines),
                false => found,
            };
            out.warnings.extend(found.warnings);
            out.lines = changed(lines, found.changes, &mut out.refused);
            return out;
        }
        let gone: FxHashSet<usize> = found.refused.iter().map(|(object, _)| *object).collect();
        out.refused.extend(found.refused);
        lines.retain(|line| !gone.contains(&line.object));
    }
}

/// Takes out what `serverNames` close beside TCP where it is closed anyway: the direction is
/// sealed, and no other rule opens it there. `false`: there is nothing of this kind.
fn without_idle_denies(lines: &mut Vec<Line>) -> bool {
    if !lines.iter().any(|line| line.closed_by_names && line.sealed) {
        return false;
    }
    let near = Near::of(lines);
    let idle = |line: &Line| {
        let near = near.lines(line);
        let mut near = near.iter().filter_map(|at| lines.get(*at));
        let opens = |other: &Line| !other.deny && other.ingress == line.ingress;
        line.closed_by_names
            && line.sealed
            && !near.any(|other| opens(other) && meetings(line, other).next().is_some())
    };
    let keep: Vec<bool> = lines.iter().map(|line| !idle(line)).collect();
    let mut keep = keep.into_iter();
    lines.retain(|_| keep.next().unwrap_or(true));
    true
}

#[derive(Default)]
struct Look {
    refused: Vec<(usize, Refusal)>,
    warnings: Vec<Diagnostic<Place>>,
    changes: Changes,
    /// What was said of which two rules.
    told: FxHashSet<(&'static str, Place, Place)>,
}

/// What a line is to the merge.
fn kind(line: &Line) -> Option<ViaKind> {
    match (&line.via, line.closed_by_names) {
        (Some(via), _) => Some(via.kind()),
        (None, true) => Some(ViaKind::Tls),
        (None, false) => None,
    }
}

fn look(lines: &[Line]) -> Look {
    let mut out = Look::default();
    let with: Vec<usize> = (0..lines.len())
        .filter(|at| lines.get(*at).is_some_and(|line| kind(line).is_some()))
        .collect();
    if with.is_empty() {
        return out;
    }
    let near = Near::of(lines);
    for at in with {
        let Some(line) = lines.get(at) else { continue };
        for other_at in near.lines(line) {
            let Some(other) = lines.get(other_at) else {
                continue;
            };
            let denies = other.deny && !other.closed_by_names;
            if other_at == at || other.ingress != line.ingress || denies {
                continue;
            }
            match (kind(line), kind(other)) {
                (Some(a), Some(b)) if at < other_at && a != b => out.two_kinds(line, other),
                (Some(_), None) => out.beside_plain(line, (other_at, other)),
                _ => {}
            }
        }
    }
    out
}

/// A peer and a port of one line that share a flow with a peer and a port of another.
struct Meeting<'l> {
    mine: &'l Part,
    own: &'l PortPart,
    part: &'l Part,
    port: &'l PortPart,
    /// Where `part` and `port` stand in their line.
    piece: (usize, usize),
}

fn meetings<'l>(one: &'l Line, other: &'l Line) -> impl Iterator<Item = Meeting<'l>> {
    let parts = one.peers.iter().flat_map(move |mine| {
        let theirs = other.peers.iter().enumerate();
        let theirs = theirs
            .filter(move |(_, part)| part.spelling == mine.spelling || part.what.meets(&mine.what));
        theirs.map(move |part| (mine, part))
    });
    parts.flat_map(move |(mine, (part_at, part))| {
        one.ports.iter().flat_map(move |own| {
            let ports = other.ports.iter().enumerate();
            let ports = ports.filter(move |(_, port)| !port.set.disjoint(&own.set));
            ports.map(move |(port_at, port)| Meeting {
                mine,
                own,
                part,
                port,
                piece: (part_at, port_at),
            })
        })
    })
}

impl Look {
    /// Whether this is news.
    fn tell(&mut self, code: Code, one: &Line, other: &Line) -> bool {
        self.told.insert((code.id, one.place, other.place))
    }

    fn refuse(&mut self, line: &Line, other: &Line, message: &str, help: &str) {
        let (early, late) = match line.object <= other.object {
            true => (line, other),
            false => (other, line),
        };
        if self.tell(&codes::IMPORT_CLAUSE_CLASH, late, early) {
            let mut refusal = refuse(&codes::IMPORT_CLAUSE_CLASH, late.place, message, help);
            if late.place != early.place {
                *refusal = refusal.clone().also(early.place, "the other rule");
            }
            self.refused.push((late.object, refusal));
        }
    }

    fn two_kinds(&mut self, line: &Line, other: &Line) {
        if meetings(line, other).next().is_some() {
            let message = "two rules of different kinds above the port may meet at one pod, peer \
                           and port, where Cilium keeps neither";
            let help = "keep to one kind, or make the selectors disjoint";
            self.refuse(line, other, message, help);
        }
    }

    fn beside_plain(&mut self, line: &Line, (at, plain): (usize, &Line)) {
        match &line.via {
            Some(Via::Dns(names)) => self.dns(line, names, plain),
            Some(Via::Http(_) | Via::Grpc(_)) => self.http(line, (at, plain)),
            Some(Via::Tls(_)) => self.tls(line, (at, plain)),
            // UDP beside it is denied, whatever else allows it.
            None => {}
        }
    }

    fn dns(&mut self, line: &Line, names: &[NamePattern], plain: &Line) {
        if names.iter().any(NamePattern::is_any) {
            return;
        }
        let wider = meetings(line, plain).any(|meeting| !meeting.port.key.is_exact());
        if wider {
            let message = "a rule opens more than the port of a DNS rule, whose names Cilium's \
                           proxy still asks for there";
            let help = "admit every name with `matchPattern: \"*\"`, or open the port by itself";
            self.refuse(line, plain, message, help);
        }
    }

    fn http(&mut self, line: &Line, (at, plain): (usize, &Line)) {
        let (mut partly, mut open) = (false, false);
        for Meeting {
            mine,
            own,
            part,
            port,
            piece,
        } in meetings(line, plain)
        {
            if port.key.unseen_by_proxy() {
                return self.unseen(line, plain);
            }
            let whole = mine.what.holds(&part.what) && port.set.implies(&own.set);
            if !whole {
                partly = true;
                continue;
            }
            self.change(at, piece, line, Some(any_request()));
            open = true;
        }
        if open && self.tell(&codes::IMPORT_HTTP_LISTENER, plain, line) {
            let message = "a rule without `http` admits every request that an HTTP rule beside it \
                           limits, and TLS does not pass there";
            let finding = Diagnostic::new(&codes::IMPORT_HTTP_LISTENER, plain.place, message);
            let finding = finding.also(line.place, "the HTTP rule");
            self.warnings
                .push(finding.help("remove one of the two rules, or make them disjoint"));
        }
        if partly && self.tell(&codes::IMPORT_HTTP_LISTENER, plain, line) {
            let message = "a rule opens a port that an HTTP rule sends to Cilium's proxy, which \
                           takes no TLS there";
            let finding = Diagnostic::new(&codes::IMPORT_HTTP_LISTENER, plain.place, message);
            self.warnings.push(
                finding
                    .also(line.place, "the HTTP rule")
                    .help("make the two rules disjoint, if TLS is to pass"),
            );
        }
    }

    fn tls(&mut self, line: &Line, (at, plain): (usize, &Line)) {
        for Meeting {
            mine,
            own,
            part,
            port,
            piece,
        } in meetings(line, plain)
        {
            if port.key.unseen_by_proxy() {
                return self.unseen(line, plain);
            }
            if mine.spelling != part.spelling || own.key != port.key {
                continue;
            }
            self.change(at, piece, line, None);
            if self.tell(&codes::IMPORT_NAMES_REQUIRED, plain, line) {
                let message = "a rule without `serverNames` does nothing beside one with them on \
                               the same selector and port";
                let finding = Diagnostic::new(&codes::IMPORT_NAMES_REQUIRED, plain.place, message);
                self.warnings.push(
                    finding
                        .also(line.place, "this rule makes the name required")
                        .help("remove one of the two rules"),
                );
            }
        }
    }

    fn unseen(&mut self, line: &Line, plain: &Line) {
        let message = "a rule on port 0 with an `endPort` meets one above the port, and Cilium's \
                       proxy is not told of it";
        self.refuse(line, plain, message, "remove `endPort`");
    }

    fn change(&mut self, at: usize, piece: (usize, usize), by: &Line, becomes: Option<Via>) {
        let changes = self.changes.entry(at).or_default();
        for pods in &by.subject {
            let change = Change {
                pods: Arc::clone(pods),
                becomes: becomes.clone(),
            };
            if !changes.contains(&(piece, change.clone())) {
                changes.push((piece, change));
            }
        }
    }
}

fn any_request() -> Via {
    Via::Http(HttpRule::default())
}

/// Splits the lines that merging changes: what stays, and what other pods or clauses get.
fn changed(
    lines: Vec<Line>,
    mut changes: Changes,
    refused: &mut Vec<(usize, Refusal)>,
) -> Vec<Line> {
    let mut out = Vec::with_capacity(lines.len());
    for (at, line) in lines.into_iter().enumerate() {
        match changes.remove(&at) {
            None => out.push(line),
            Some(changes) => match split(&line, &changes) {
                Some(mut lines) => out.append(&mut lines),
                None => refused.push((line.object, too_large(line.place))),
            },
        }
    }
    let gone: FxHashSet<usize> = refused.iter().map(|(object, _)| *object).collect();
    out.retain(|line| !gone.contains(&line.object));
    out
}

fn too_large(at: Place) -> Refusal {
    refuse(
        &codes::IMPORT_CLAUSE_CLASH,
        at,
        "a rule meets too many others on the same selector and port",
        "make the selectors disjoint",
    )
}

/// Peers with the same changes stay together, so that an entity stays one.
fn split(line: &Line, changes: &[((usize, usize), Change)]) -> Option<Vec<Line>> {
    let of = |part: usize, port: usize| -> Vec<&Change> {
        let mine = changes.iter().filter(|(piece, _)| *piece == (part, port));
        mine.map(|(_, change)| change).collect()
    };
    type Profile<'c> = Vec<Vec<&'c Change>>;
    let mut groups: Vec<(Profile<'_>, Vec<Part>)> = Vec::new();
    for (at, part) in line.peers.iter().enumerate() {
        let profile: Profile<'_> = (0..line.ports.len()).map(|port| of(at, port)).collect();
        match groups.iter_mut().find(|(have, _)| *have == profile) {
            Some((_, parts)) => parts.push(part.clone()),
            None => groups.push((profile, vec![part.clone()])),
        }
    }
    if groups.len() > 1 && hold_the_cluster(&line.peers) {
        // What is left of `cluster` has no name for them, and only allows are split: less is
        // admitted, to endpoints that no program speaks of.
        for (_, parts) in &mut groups {
            parts.retain(|part| !is_unnamed(part));
        }
        groups.retain(|(_, parts)| !parts.is_empty());
    }
    let mut out = Vec::new();
    for (profile, peers) in groups {
        let ports = || line.ports.iter().zip(&profile);
        let kept: Vec<PortPart> = ports()
            .filter(|(_, changes)| changes.is_empty())
            .map(|(port, _)| port.clone())
            .collect();
        if !kept.is_empty() {
            out.push(Line {
                peers: peers.clone(),
                ports: kept,
                ..line.clone()
            });
        }
        for (port, changes) in ports().filter(|(_, changes)| !changes.is_empty()) {
            let piece = Line {
                peers: peers.clone(),
                ports: vec![port.clone()],
                ..line.clone()
            };
            out.extend(pieces_of(&piece, changes)?);
        }
    }
    Some(out)
}

fn pieces_of(piece: &Line, changes: &[&Change]) -> Option<Vec<Line>> {
    let own: Vec<Cube> = piece.subject.iter().map(|cube| Cube::clone(cube)).collect();
    let taken: Vec<Cube> = changes
        .iter()
        .map(|change| Cube::clone(&change.pods))
        .collect();
    let rest = subtract_all(&own, &taken).ok()?;
    let mut out = Vec::new();
    if !rest.is_empty() {
        out.push(Line {
            subject: rest.into_iter().map(Arc::new).collect(),
            ..piece.clone()
        });
    }
    let mut requests: Vec<Arc<Cube>> = Vec::new();
    for change in changes.iter().filter(|change| change.becomes.is_some()) {
        for cube in &piece.subject {
            let both = cube.intersect(&change.pods);
            if !both.is_empty() && !requests.iter().any(|have| both.implies(have)) {
                requests.push(Arc::new(both));
            }
        }
    }
    if !requests.is_empty() {
        out.push(Line {
            subject: requests,
            via: Some(any_request()),
            ..piece.clone()
        });
    }
    Some(out)
}

/// The ports of a line as one set.
pub(super) fn ports_of(line: &Line) -> PortSet {
    let all = line.ports.iter();
    let mut all = all.fold(PortSet::default(), |all, port| all.union(&port.set));
    for ranges in [&mut all.tcp, &mut all.udp, &mut all.sctp] {
        // No packet goes to port 0: without it, every port is there.
        if ranges.as_slice() == [(1, u16::MAX)] {
            *ranges = Ranges::full();
        }
    }
    all
}
