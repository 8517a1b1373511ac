//! Rules beside which another says more: held whole, made void, or denied.

use npl_diagnostics::{Diagnostic, Place, codes::lints};
use rustc_hash::FxHashMap;

use crate::{
    limits::LINT_CANDIDATES_MAX,
    lint::{
        context::{Context, End, Found, found},
        fixes,
        parts::PartId,
    },
    model::{Direction, Rule, Verdict, Via},
    port::PortSet,
};

/// Pairs of parts under which one end is filed; an end with more is filed by its subject alone.
const PAIRS_MAX: usize = 64;

/// Parts of one side of a rule that are looked at for what makes its clause void.
const SIDE_MAX: usize = 8;

/// Stands for the peers of an end that has too many.
const MANY: PartId = PartId::MAX;

pub(super) fn check(context: &Context<'_>, out: &mut Found) {
    let index = Index::new(context);
    for (position, rule, ends) in context.rules() {
        if ends.is_empty() {
            continue;
        }
        if rule.verdict == Verdict::Allow
            && let Some(deny) = denied(context, &index, ends)
        {
            out.push((position, never_applies(rule, deny)));
            continue;
        }
        if ends.iter().any(|end| end.end.via.is_some())
            && let Some(void) = swallowed(context, &index, ends)
        {
            out.push((position, via_swallowed(rule, &void)));
            continue;
        }
        if let Some((wide, same)) = redundant(context, &index, position, rule, ends) {
            out.push((position, redundancy(rule, wide, same)));
        }
    }
}

/// Where an end is filed: direction, verdict, one part of its subject, one of its peers.
type Key = (Direction, Verdict, PartId, PartId);

/// Ends by pairs of their parts.
struct Index {
    filed: FxHashMap<Key, Vec<usize>>,
}

impl Index {
    fn new(context: &Context<'_>) -> Self {
        let mut filed: FxHashMap<Key, Vec<usize>> = FxHashMap::default();
        for (position, end) in context.ends.iter().enumerate() {
            let (subject, peers) = (context.set(end.subject), context.set(end.peers));
            let few = subject.len().saturating_mul(peers.len()) <= PAIRS_MAX;
            let peers = if few { peers } else { &[MANY][..] };
            for &s in subject {
                for &p in peers {
                    let key = (end.end.direction, end.end.verdict, s, p);
                    filed.entry(key).or_default().push(position);
                }
            }
        }
        Self { filed }
    }

    /// Ends that may say all that an end says about one pair of parts.
    fn near<'a, 'm>(
        &'a self,
        context: &'a Context<'m>,
        end: &'a End<'m>,
        verdict: Verdict,
        pair: (PartId, PartId),
    ) -> impl Iterator<Item = &'a End<'m>> {
        let peers = move || context.parts.holders(pair.1).iter().copied().chain([MANY]);
        let subjects = context.parts.holders(pair.0).iter();
        subjects
            .flat_map(move |&s| peers().map(move |p| (end.end.direction, verdict, s, p)))
            .filter_map(|key| self.filed.get(&key))
            .flatten()
            .filter_map(|&position| context.ends.get(position))
            .filter(|other| other.rule != end.rule)
            .take(LINT_CANDIDATES_MAX)
    }

    /// Ends that say all that an end says.
    fn wider<'a, 'm>(
        &'a self,
        context: &'a Context<'m>,
        end: &'a End<'m>,
        verdict: Verdict,
    ) -> impl Iterator<Item = &'a End<'m>> {
        let first = |set| context.set(set).first().copied();
        let pair = first(end.subject).zip(first(end.peers));
        pair.into_iter()
            .flat_map(move |pair| self.near(context, end, verdict, pair))
            .filter(|other| context.end_holds(other, end))
    }
}

/// The deny that lets nothing of an allow pass. A flow has to pass both ends, so one end is enough
/// where all its pods are owned and nothing else is on its side of the rule.
fn denied<'m>(context: &Context<'m>, index: &Index, ends: &[End<'m>]) -> Option<&'m Rule> {
    let mut every = true;
    let mut any = None;
    for end in ends {
        let Some(deny) = index.wider(context, end, Verdict::Deny).next() else {
            every = false;
            continue;
        };
        let other_side = |other: &End<'_>| {
            other.end.direction == end.end.direction || context.holds(end.subject, other.peers)
        };
        let alone = ends.len() <= 2 && ends.iter().all(other_side);
        if alone && context.bound(end.subject).whole {
            return context.rule(deny.rule);
        }
        any = any.or(Some(deny.rule));
    }
    any.filter(|_| every).and_then(|rule| context.rule(rule))
}

fn never_applies(rule: &Rule, deny: &Rule) -> Diagnostic<Place> {
    let message = format!("this allow never applies: `{}` denies all of it", deny.text);
    found(&lints::ALLOW_NEVER_APPLIES, rule, message)
        .also(place(deny), "a deny wins over every allow")
        .help("narrow the deny with `except` or ports, or remove the allow")
}

/// What makes a clause void, and where.
struct Void<'m> {
    wide: &'m Rule,
    /// On these ports the other rule admits everything.
    ports: PortSet,
    /// It does so between all pods of the rule, not some.
    all_pods: bool,
    /// These are all ports of the rule.
    all_ports: bool,
}

/// A rule without a clause that admits everything on one pair and port of each end of this one.
fn swallowed<'m>(context: &Context<'m>, index: &Index, ends: &[End<'m>]) -> Option<Void<'m>> {
    let mut void: Option<Void<'m>> = None;
    for end in ends {
        let ports = void.as_ref().map_or(&*end.end.ports, |void| &void.ports);
        let other = swallower(context, index, end, ports)?;
        let ports = other.end.ports.intersect(ports);
        let all_pods =
            context.holds(other.subject, end.subject) && context.holds(other.peers, end.peers);
        let all_ports = end.end.ports.implies(&other.end.ports);
        void = Some(match void {
            None => Void {
                wide: context.rule(other.rule)?,
                ports,
                all_pods,
                all_ports,
            },
            Some(first) => Void {
                ports,
                all_pods: all_pods && first.all_pods,
                all_ports: all_ports && first.all_ports,
                ..first
            },
        });
    }
    void
}

/// The end without a clause that admits the most of what this one limits on these ports.
fn swallower<'a, 'm>(
    context: &'a Context<'m>,
    index: &'a Index,
    end: &'a End<'m>,
    ports: &PortSet,
) -> Option<&'a End<'m>> {
    let subjects = context.set(end.subject).iter().take(SIDE_MAX);
    subjects
        .flat_map(|&s| {
            let peers = context.set(end.peers).iter().take(SIDE_MAX);
            peers.map(move |&p| (s, p))
        })
        .flat_map(|pair| {
            let near = index.near(context, end, Verdict::Allow, pair);
            near.map(move |other| (pair, other))
        })
        .take(LINT_CANDIDATES_MAX)
        .filter(|((s, p), other)| {
            let has = |set, part| {
                let holders = context.parts.holders(part);
                let set = context.set(set);
                holders.iter().any(|h| set.binary_search(h).is_ok())
            };
            other.end.via.is_none()
                && !other.end.ports.disjoint(ports)
                && has(other.subject, *s)
                && has(other.peers, *p)
        })
        .map(|(_, other)| other)
        .min_by_key(|other| {
            let pods =
                context.holds(other.subject, end.subject) && context.holds(other.peers, end.peers);
            (!(pods && ports.implies(&other.end.ports)), other.rule)
        })
}

fn via_swallowed(rule: &Rule, void: &Void<'_>) -> Diagnostic<Place> {
    let (clause, wide, ports) = (ends_clause(rule), &void.wide.text, &void.ports);
    let message = match (void.all_pods, void.all_ports) {
        (true, true) => {
            format!("{clause} limits nothing: `{wide}` admits everything on {ports}")
        }
        (true, false) => {
            format!("{clause} limits nothing on {ports}: `{wide}` admits everything there")
        }
        (false, _) => format!(
            "{clause} does not limit all pods of this rule: `{wide}` admits everything on {ports} \
             between some of them"
        ),
    };
    found(&lints::VIA_SWALLOWED, rule, message)
        .also(place(void.wide), "this rule has no clause")
        .note("rules are a union: what one of them admits passes")
        .help("remove the rule without the clause, or narrow its ends or ports")
}

/// What the clause of a rule is called in a sentence.
fn ends_clause(rule: &Rule) -> String {
    match rule.text.split_once(" via ") {
        Some((_, clause)) => {
            let name = clause.split_whitespace().next().unwrap_or("");
            format!("`via {name}`")
        }
        None => "the clause".to_owned(),
    }
}

/// A rule of the same verdict that says all that this one says, and whether they say the same. Of
/// equal ones the first stays.
fn redundant<'m>(
    context: &Context<'m>,
    index: &Index,
    position: usize,
    rule: &Rule,
    ends: &[End<'m>],
) -> Option<(&'m Rule, bool)> {
    // A template says what it says for all who apply it.
    if !fixes::is_own(rule) {
        return None;
    }
    let (first, rest) = ends.split_first()?;
    let mut best: Option<(bool, usize)> = None;
    for wide in index.wider(context, first, rule.verdict) {
        let all = holds_clause(wide, first)
            && rest.iter().all(|end| {
                let mut others = context.ends_of(wide.rule).iter();
                others.any(|other| context.end_holds(other, end) && holds_clause(other, end))
            });
        let same = all && same_rule(context, ends, wide.rule);
        let stays = !same || wide.rule < position;
        if all && stays && !ends_sooner(context, wide.rule, rule) {
            let candidate = (same, wide.rule);
            best = Some(best.map_or(candidate, |b| b.min(candidate)));
        }
    }
    let (same, wide) = best?;
    Some((context.rule(wide)?, same))
}

/// Each end of the other rule is held by this one too.
fn same_rule(context: &Context<'_>, ends: &[End<'_>], other: usize) -> bool {
    context.ends_of(other).iter().all(|back| {
        ends.iter()
            .any(|end| context.end_holds(end, back) && holds_clause(end, back))
    })
}

/// What the narrower end's clause admits, the wider one's does.
fn holds_clause(wide: &End<'_>, narrow: &End<'_>) -> bool {
    match (&wide.end.via, &narrow.end.via) {
        (None, None) => true,
        (Some(wide), Some(narrow)) => wide == narrow || Via::implies(narrow, wide),
        // A clause beside none is `via-swallowed`; none beside a clause is wider.
        _ => false,
    }
}

/// An exception with a day does not stand for a rule without one.
fn ends_sooner(context: &Context<'_>, wide: usize, rule: &Rule) -> bool {
    let dated = |text: &str| text.contains(" until ");
    context.rule(wide).is_some_and(|w| dated(&w.text)) && !dated(&rule.text)
}

fn redundancy(rule: &Rule, wide: &Rule, same: bool) -> Diagnostic<Place> {
    let message = if same {
        format!("this rule says what `{}` says already", wide.text)
    } else {
        format!("this rule adds nothing to `{}`", wide.text)
    };
    let finding = found(&lints::REDUNDANT_RULE, rule, message)
        .also(place(wide), "the rule that holds it")
        .help("remove this rule, or narrow the other one");
    let safe = same && rule.because.is_none() && rule.doc.is_none();
    finding.fix("remove this rule", safe, rule.place, "")
}

/// Where a reader looks for a rule.
fn place(rule: &Rule) -> Place {
    rule.applied_at.last().copied().unwrap_or(rule.place)
}
