//! Rules with `via tls.sni` that something passes by, or that nothing passes.

use npl_diagnostics::{Diagnostic, Place, codes::lints};
use rustc_hash::FxHashMap;

use crate::{
    label::Cube,
    limits::LINT_CANDIDATES_MAX,
    lint::{
        context::{Context, End, Found, SetId, found},
        parts::Part,
    },
    model::{Direction, Rule, Verdict, Via},
    overlap::OverlapIndex,
    port::PortSet,
};

/// Ports whose protocols say something before they start TLS, by STARTTLS or of their own (IANA
/// service names; RFC 3207, RFC 9051, RFC 4511; PostgreSQL's SSLRequest, MySQL's greeting, RDP,
/// XMPP).
const NOT_TLS_FIRST: &[(u16, &str)] = &[
    (21, "FTP"),
    (25, "SMTP"),
    (110, "POP3"),
    (119, "NNTP"),
    (143, "IMAP"),
    (389, "LDAP"),
    (587, "mail submission"),
    (3306, "MySQL"),
    (3389, "RDP"),
    (5222, "XMPP"),
    (5269, "XMPP"),
    (5432, "PostgreSQL"),
];

/// A range with more ports than this was not written for one protocol.
const NAMED_RANGE_MAX: u16 = 16;

pub(super) fn check(context: &Context<'_>, out: &mut Found) {
    let open = Udp::new(context);
    for (index, rule, ends) in context.rules() {
        let tls = |end: &&End<'_>| matches!(end.end.via.as_deref(), Some(Via::Tls(_)));
        let Some(end) = ends.iter().find(tls) else {
            continue;
        };
        if let Some((port, protocol)) = late(&end.end.ports) {
            out.push((index, not_tls_first(rule, port, protocol)));
        }
        if let Some(other) = open.beside(context, end)
            && let Some(wide) = context.rule(other.rule)
        {
            let ports = shared(&end.end.ports, &other.end.ports);
            out.push((index, quic(rule, wide, &ports)));
        }
    }
}

fn late(ports: &PortSet) -> Option<(u16, &'static str)> {
    let ranges = ports.tcp.as_slice();
    let named = |port: u16| {
        ranges
            .iter()
            .any(|(low, high)| high - low < NAMED_RANGE_MAX && (*low..=*high).contains(&port))
    };
    NOT_TLS_FIRST.iter().copied().find(|(port, _)| named(*port))
}

fn not_tls_first(rule: &Rule, port: u16, protocol: &str) -> Diagnostic<Place> {
    let message = format!("{protocol} on port {port} does not begin with TLS, so nothing passes");
    found(&lints::NOT_TLS_FIRST, rule, message)
        .note("the clause waits for a TLS hello as the first bytes of the connection")
        .help("leave the clause out, or use the port on which the service begins with TLS")
}

/// The UDP side of the TCP ports of one set.
fn shared(tls: &PortSet, other: &PortSet) -> PortSet {
    let udp = PortSet {
        udp: tls.tcp.clone(),
        ..PortSet::default()
    };
    udp.intersect(other)
}

/// Allows that open UDP, filed by their subjects.
struct Udp<'c, 'm> {
    direction: [Filed<'c, 'm>; 2],
}

#[derive(Default)]
struct Filed<'c, 'm> {
    index: OverlapIndex,
    /// For each cube of the index.
    by_cube: Vec<Vec<&'c End<'m>>>,
    /// On `all`.
    everywhere: Vec<&'c End<'m>>,
}

impl<'c, 'm> Udp<'c, 'm> {
    fn new(context: &'c Context<'m>) -> Self {
        let of = |direction: Direction| {
            let ends = context.ends.iter().filter(move |end| {
                end.end.direction == direction
                    && end.end.verdict == Verdict::Allow
                    && end.end.via.is_none()
                    && (end.end.ports.all || !end.end.ports.udp.is_empty())
            });
            Filed::new(context, ends)
        };
        Self {
            direction: [of(Direction::Ingress), of(Direction::Egress)],
        }
    }

    /// An end that lets UDP pass by this one.
    fn beside(&self, context: &Context<'m>, end: &End<'m>) -> Option<&'c End<'m>> {
        let [ingress, egress] = &self.direction;
        let filed = match end.end.direction {
            Direction::Ingress => ingress,
            Direction::Egress => egress,
        };
        filed
            .at(context, end.subject)
            .find(|other| {
                !shared(&end.end.ports, &other.end.ports).is_empty()
                    && context.meets(end.peers, other.peers)
            })
            .filter(|_| end.end.direction == Direction::Ingress || self.enters(context, end))
    }

    /// Whether UDP may enter where it leaves to: every pod there may be sealed against it.
    fn enters(&self, context: &Context<'m>, end: &End<'m>) -> bool {
        let bound = context.bound(end.peers);
        let pods = end.end.peers.nets.is_empty()
            && end.end.peers.names.is_empty()
            && end.end.peers.entities.is_empty();
        let open = || context.model.workloads.iter().any(|w| w.open_ingress);
        if !pods || !bound.whole || !bound.seals_ingress || open() {
            return true;
        }
        let [ingress, _] = &self.direction;
        ingress.at(context, end.peers).any(|other| {
            !shared(&end.end.ports, &other.end.ports).is_empty()
                && context.meets(other.peers, end.subject)
        })
    }
}

impl<'c, 'm> Filed<'c, 'm> {
    /// Ends whose subjects may meet a set, so many of them as are looked at.
    fn at<'f>(
        &'f self,
        context: &'f Context<'m>,
        set: SetId,
    ) -> impl Iterator<Item = &'c End<'m>> + 'f {
        let pods = context.set_parts(set).filter_map(|part| match part {
            Part::Pods(cube) => Some(*cube),
            _ => None,
        });
        let met = pods
            .flat_map(|cube| self.index.candidates(cube))
            .filter_map(|i| self.by_cube.get(i))
            .flatten();
        met.chain(&self.everywhere)
            .take(LINT_CANDIDATES_MAX)
            .copied()
    }

    fn new(context: &'c Context<'m>, ends: impl Iterator<Item = &'c End<'m>>) -> Self {
        let mut numbers: FxHashMap<&'m Cube, usize> = FxHashMap::default();
        let mut cubes: Vec<&'m Cube> = Vec::new();
        let mut by_cube: Vec<Vec<&'c End<'m>>> = Vec::new();
        let mut everywhere = Vec::new();
        for end in ends {
            for part in context.set_parts(end.subject) {
                let Part::Pods(cube) = part else {
                    everywhere.push(end);
                    continue;
                };
                let number = *numbers.entry(cube).or_insert_with(|| {
                    cubes.push(cube);
                    by_cube.push(Vec::new());
                    cubes.len() - 1
                });
                if let Some(list) = by_cube.get_mut(number) {
                    list.push(end);
                }
            }
        }
        Self {
            index: OverlapIndex::new(&cubes),
            by_cube,
            everywhere,
        }
    }
}

fn quic(rule: &Rule, wide: &Rule, ports: &PortSet) -> Diagnostic<Place> {
    let message = format!("QUIC passes by this clause: `{}` opens {ports}", wide.text);
    let place = wide.applied_at.last().copied().unwrap_or(wide.place);
    found(&lints::QUIC_BYPASSES_SNI, rule, message)
        .also(place, "this rule admits UDP to the same peer")
        .note("`via tls.sni` is checked on TCP; QUIC is UDP and carries any server name")
        .help("open TCP only in the other rule, as in `:443/tcp`")
}
