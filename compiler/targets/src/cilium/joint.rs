//! Rules of one workload, or of workloads with one predicate, of which those that say the same are
//! compared once; what is found is said of each.

use npl_policy::{http::ViaKind, port::PortSet};
use rustc_hash::FxHashMap;

use super::{
    bind::{OwnedId, Subject},
    filed::Filed,
    findings::Finding,
    normal::{Entry, Table, any_name},
    peers::PeerId,
    plan::Plan,
};

/// All of an entry that is looked at, but for its rule and workload.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Shape<'p> {
    subject: &'p Subject,
    peer: PeerId,
    ports: &'p PortSet,
    /// Its kind, and whether it admits any name.
    clause: Option<(ViaKind, bool)>,
    declared: Option<ViaKind>,
}

impl<'p> Shape<'p> {
    fn of(entry: &Entry<'p>) -> Self {
        Self {
            subject: entry.subject,
            peer: entry.peer,
            ports: entry.ports,
            clause: entry.clause.map(|via| (via.kind(), any_name(entry))),
            declared: entry.declared,
        }
    }
}

/// An entry of a shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    rule: u32,
    pub(super) owner: OwnedId,
    /// Position in the owner's table.
    pub(super) at: usize,
}

/// Where two entries stand that are compared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// At one workload.
    Same,
    /// At two.
    Other,
}

#[derive(Debug, Default)]
pub(super) struct Users {
    pub(super) list: Vec<User>,
    /// The one with the first rule, and the first of those of another workload.
    first: Option<User>,
    second: Option<User>,
}

impl Users {
    fn new(list: Vec<User>) -> Self {
        let first = list.iter().copied().min_by_key(|user| user.rule);
        let others = list.iter().copied();
        let others = others.filter(|user| first.is_some_and(|f| f.owner != user.owner));
        let second = others.min_by_key(|user| user.rule);
        Self {
            list,
            first,
            second,
        }
    }

    /// The first that is beside an entry of this workload: in the same one, or in another.
    fn beside(&self, owner: OwnedId, place: Place) -> Option<User> {
        match place {
            Place::Same => self.first,
            Place::Other => { self.first }
                .filter(|user| user.owner != owner)
                .or(self.second),
        }
    }
}

/// The entries of one or more workloads, each shape once.
#[derive(Debug)]
pub(super) struct Joint<'p> {
    filed: Filed<'p>,
    /// By position in the table.
    users: Vec<Users>,
}

impl<'p> Joint<'p> {
    pub(super) fn new<'t>(
        plan: &Plan<'_>,
        tables: impl Iterator<Item = (OwnedId, &'t Table<'p>)>,
    ) -> Self
    where
        'p: 't,
    {
        let mut numbers: FxHashMap<Shape<'p>, usize> = FxHashMap::default();
        let mut entries: Vec<Entry<'p>> = Vec::new();
        let mut users: Vec<Vec<User>> = Vec::new();
        for (owner, table) in tables {
            for (at, entry) in table.entries.iter().enumerate() {
                let number = *numbers.entry(Shape::of(entry)).or_insert_with(|| {
                    entries.push(*entry);
                    users.push(Vec::new());
                    entries.len() - 1
                });
                if let Some(list) = users.get_mut(number) {
                    list.push(User {
                        rule: entry.rule,
                        owner,
                        at,
                    });
                }
            }
        }
        Self {
            filed: Filed::new(plan, entries),
            users: users.into_iter().map(Users::new).collect(),
        }
    }

    pub(super) fn shapes(&self) -> impl Iterator<Item = (&Entry<'p>, &Users)> {
        self.filed.entries.iter().zip(&self.users)
    }

    pub(super) fn shape(&self, at: usize) -> Option<(&Entry<'p>, &Users)> {
        Some((self.filed.entries.get(at)?, self.users.get(at)?))
    }

    /// Those whose peer and ports may meet those of `one`.
    pub(super) fn meeting(
        &self,
        plan: &Plan<'_>,
        one: &Entry<'_>,
    ) -> impl Iterator<Item = (&Entry<'p>, &Users)> {
        let found = self.filed.meeting(plan, one).into_iter();
        found.filter_map(|at| self.shape(at))
    }
}

/// What a rule does to one with a clause.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    KindsClash,
    DnsInexact,
    HttpClosesTheRest,
    ViaInexact,
    Respelled,
}

#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) respelled: Vec<User>,
}

impl Found {
    /// Says an effect of each rule that it is reported at, with the first that has it there.
    pub(super) fn say(&mut self, effect: Effect, users: &Users, others: &Users, place: Place) {
        let ours = users.list.iter();
        let ours = ours.filter_map(|user| Some((*user, others.beside(user.owner, place)?)));
        let theirs = others.list.iter();
        let theirs = theirs.filter_map(|user| Some((*user, users.beside(user.owner, place)?)));
        match effect {
            Effect::KindsClash => {
                let later = ours
                    .chain(theirs)
                    .filter(|(user, first)| first.rule < user.rule);
                let clash =
                    |(user, first): (User, User)| Finding::KindsClash(first.rule, user.rule);
                self.findings.extend(later.map(clash));
            }
            Effect::DnsInexact => {
                let inexact = ours.map(|(user, plain)| Finding::DnsInexact(user.rule, plain.rule));
                self.findings.extend(inexact);
            }
            Effect::ViaInexact => {
                let inexact = ours.map(|(user, plain)| Finding::ViaInexact(user.rule, plain.rule));
                self.findings.extend(inexact);
            }
            Effect::HttpClosesTheRest => {
                let closed = theirs.map(|(plain, http)| (http.rule, plain.rule));
                let closed = closed.map(|(http, plain)| Finding::HttpClosesTheRest(http, plain));
                self.findings.extend(closed);
            }
            Effect::Respelled => self.respelled.extend(ours.map(|(user, _)| user)),
        }
    }
}
