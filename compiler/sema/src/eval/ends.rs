//! Sets of endpoints: what stands left and right of `->`, in claims, and in `group`.
//!
//! Refuses what sends and receives nothing (ports, templates, strings), literals, an external or a
//! service as a source, and an empty result. A set of one name is that name's own `Arc`: ten
//! thousand rules on one group share one set.

use std::sync::Arc;

use npl_diagnostics::{
    TextRange,
    codes::{kinds, sets},
};
use npl_policy::{
    label::Cube,
    model::{Entity, NamePart, Ownership, PodPart, Set},
};
use npl_syntax::ast::{self, Prim};
use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use crate::{
    eval::{
        cx::{Cx, dotted, kind_of},
        limits::SET_PARTS_MAX,
        literals, normal, prelude,
    },
    value::{GroupValue, ServiceValue, Value},
};

/// Where a set stands: decides who may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Source,
    Destination,
    /// Of a `group`, or of a set as an argument.
    Member,
}

/// An evaluated set.
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    /// Without the services.
    pub(crate) set: Arc<Set>,
    pub(crate) services: Vec<Arc<ServiceValue>>,
    /// An owned workload is among its members.
    pub(crate) owned: bool,
    pub(crate) normal: SmolStr,
}

impl Ends {
    /// An owned workload, or `all`, or a service, whose pods may be owned: something here can
    /// enforce a rule.
    pub(crate) fn enforces(&self) -> bool {
        self.owned || !self.services.is_empty() || self.set.entities.contains(&Entity::All)
    }
}

/// A union while it grows.
#[derive(Default)]
pub(crate) struct Union {
    /// Each with whether an owned workload is behind it.
    pub(crate) pods: Vec<(PodPart, bool)>,
    seen: FxHashSet<SmolStr>,
    pub(crate) rest: Set,
    services: Vec<Arc<ServiceValue>>,
    pub(crate) normal: Vec<SmolStr>,
}

impl Union {
    fn add(&mut self, ends: Ends, foreign: &[Arc<crate::value::WorkloadValue>]) {
        for part in &ends.set.pods {
            let owned = ends.owned
                && !part
                    .workload
                    .as_ref()
                    .is_some_and(|name| foreign.iter().any(|w| w.name == *name));
            let fresh = part
                .workload
                .as_ref()
                .is_none_or(|name| self.seen.insert(name.clone()));
            if fresh {
                self.pods.push((part.clone(), owned));
            }
        }
        self.rest.nets.extend(ends.set.nets.iter().cloned());
        self.rest.names.extend(ends.set.names.iter().cloned());
        self.rest.entities.extend(&ends.set.entities);
        self.services.extend(ends.services);
        self.normal.push(ends.normal);
    }

    fn len(&self) -> usize {
        let rest = &self.rest;
        let others = rest.nets.len() + rest.names.len() + rest.entities.len();
        self.pods.len() + others + self.services.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn only_pods(&self) -> bool {
        self.pods.len() == self.len()
    }

    pub(crate) fn only_nets(&self) -> bool {
        self.rest.nets.len() == self.len()
    }

    fn finish(self, normal: SmolStr) -> Ends {
        let mut set = self.rest;
        set.nets.sort();
        set.nets.dedup();
        let key = |part: &NamePart| (part.external.clone(), part.pattern.clone());
        set.names.sort_by_cached_key(key);
        set.names.dedup();
        set.entities.sort();
        set.entities.dedup();
        let mut services = self.services;
        services.sort_by(|a, b| a.name.cmp(&b.name));
        services.dedup_by(|a, b| a.name == b.name);
        let owned = self.pods.iter().any(|(_, owned)| *owned);
        set.pods = self.pods.into_iter().map(|(part, _)| part).collect();
        Ends {
            set: Arc::new(set),
            services,
            owned,
            normal,
        }
    }
}

impl Cx<'_> {
    pub(crate) fn group(&mut self, name: &ast::Name, set: &ast::Set) -> Value {
        let before = self.foreign.len();
        let Some(ends) = self.ends(set, Role::Member) else {
            return Value::Error;
        };
        let foreign = self.foreign.get(before..).unwrap_or_default();
        group_value(self.scope.qualified(&name.node), ends, foreign)
    }

    /// A whole set; `None` where something in it was reported.
    pub(crate) fn ends(&mut self, set: &ast::Set, role: Role) -> Option<Ends> {
        match (set.union.as_slice(), &set.except) {
            ([one], None) => self.end(one, role),
            (_, None) => {
                let union = self.union(&set.union, role)?;
                self.counted(&union, set.span)?;
                let text = normal::joined(union.normal.clone(), " | ");
                Some(union.finish(format_smolstr!("({text})")))
            }
            (_, Some(except)) => {
                // Every mistake on either side is told, hence both sides before `?`.
                let left = self.union(&set.union, role);
                let right = self.union(except, Role::Member);
                let (left, right) = (left?, right?);
                let text = format_smolstr!(
                    "({} except {})",
                    normal::joined(left.normal.clone(), " | "),
                    normal::joined(right.normal.clone(), " | "),
                );
                let union = self.except(set, except, left, &right)?;
                self.counted(&union, set.span)?;
                Some(union.finish(text))
            }
        }
    }

    fn counted(&mut self, union: &Union, range: TextRange) -> Option<()> {
        if union.len() <= SET_PARTS_MAX {
            return Some(());
        }
        let message = format!(
            "this set has {} parts, more than the limit of {SET_PARTS_MAX}",
            union.len()
        );
        let found = self.found(&sets::SET_TOO_LARGE, range, message);
        self.report(found.help("select the pods by a label that they share"));
        None
    }

    fn union(&mut self, prims: &[Prim], role: Role) -> Option<Union> {
        let mut union = Union::default();
        self.union_into(prims, role, &mut union).then_some(union)
    }

    /// Parentheses around a union inside a union say nothing.
    fn union_into(&mut self, prims: &[Prim], role: Role, union: &mut Union) -> bool {
        let mut fine = true;
        for prim in prims {
            if let Prim::Paren(inner) = prim
                && inner.except.is_none()
            {
                fine &= self.union_into(&inner.union, role, union);
                continue;
            }
            match self.end(prim, role) {
                Some(ends) => {
                    // Taken out for the call: `add` reads it while `self` is free.
                    let foreign = std::mem::take(&mut self.foreign);
                    union.add(ends, &foreign);
                    self.foreign = foreign;
                }
                None => fine = false,
            }
        }
        fine
    }

    /// One primary: a name, a set in parentheses, or a literal that may not stand here.
    pub(crate) fn end(&mut self, prim: &Prim, role: Role) -> Option<Ends> {
        match prim {
            Prim::Path(path) => {
                let value = self.resolve(path)?;
                self.end_of(&value, &dotted(path), path.span, role)
            }
            Prim::Paren(inner) => self.ends(inner, role),
            Prim::Str(text) => {
                let found = match role {
                    Role::Source => literals::string_as_source(self, text),
                    Role::Destination | Role::Member => literals::string_as_end(self, text),
                };
                self.report(found);
                None
            }
            Prim::Addr(addr) => {
                if addr.net.is_some() {
                    self.report(literals::addr_as_end(self, addr));
                }
                None
            }
        }
    }

    /// What a value is as an end.
    fn end_of(&mut self, value: &Value, name: &str, range: TextRange, role: Role) -> Option<Ends> {
        let plain = |set: &Arc<Set>, normal: &SmolStr| Ends {
            set: Arc::clone(set),
            services: Vec::new(),
            owned: false,
            normal: normal.clone(),
        };
        let ends = match value {
            Value::Workload(workload) => {
                self.meet(workload);
                Ends {
                    owned: workload.ownership == Ownership::Owned,
                    ..plain(&workload.set, &workload.name)
                }
            }
            Value::External(external) => plain(&external.set, &external.name),
            Value::Network(network) => plain(&network.set, &network.name),
            Value::Entity(entity) => plain(
                &prelude::entity_set(*entity),
                &prelude::entity_name(*entity),
            ),
            Value::Service(service) => Ends {
                set: Arc::default(),
                services: vec![Arc::clone(service)],
                owned: false,
                normal: service.name.clone(),
            },
            Value::Group(group) => {
                for workload in group.foreign.iter() {
                    self.meet(workload);
                }
                Ends {
                    services: group.services.clone(),
                    owned: group.owned,
                    ..plain(&group.set, &group.name)
                }
            }
            Value::Port(_) | Value::Text(_) | Value::Template(_) => {
                let message = format!(
                    "`{name}` is {}, which neither sends nor receives",
                    kind_of(value)
                );
                let found = self.found(&kinds::NOT_AN_END, range, message);
                self.report(found.help(
                    "name a workload, a network, an external, a service, an entity or a group",
                ));
                return None;
            }
            Value::Error => return None,
        };
        self.may_send(&ends, name, range, role).then_some(ends)
    }

    /// An external and a service start no connection.
    fn may_send(&mut self, ends: &Ends, name: &str, range: TextRange, role: Role) -> bool {
        if role != Role::Source {
            return true;
        }
        if let Some(part) = ends.set.names.first() {
            let message = format!("the external `{name}` cannot be a source");
            let message = match last_segment(name) == last_segment(&part.external) {
                true => message,
                false => format!(
                    "`{name}` holds the external `{}`, which cannot be a source",
                    last_segment(&part.external)
                ),
            };
            let found = self
                .found(&kinds::EXTERNAL_AS_SOURCE, range, message)
                .note("a connection that comes in shows an address, never the name it was found by")
                .help("declare a `network` of the addresses it comes from, or use `world`");
            self.report(found);
            return false;
        }
        if let Some(service) = ends.services.first() {
            let message = match *ends.set == Set::default() && ends.services.len() == 1 {
                true => format!("the service `{name}` cannot be a source"),
                false => format!(
                    "`{name}` holds the service `{}`, which cannot be a source",
                    service.short
                ),
            };
            let found = self
                .found(&kinds::SERVICE_AS_SOURCE, range, message)
                .note("a Service receives; what connects is the pods behind it")
                .help("name the workload behind it");
            self.report(found);
            return false;
        }
        true
    }
}

fn last_segment(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

pub(crate) fn group_value(
    name: SmolStr,
    ends: Ends,
    foreign: &[Arc<crate::value::WorkloadValue>],
) -> Value {
    Value::Group(Arc::new(GroupValue {
        name,
        set: ends.set,
        services: ends.services,
        foreign: foreign.into(),
        owned: ends.owned,
    }))
}

/// The pods of a set that bind: a network, an external and an entity but `all` bind nowhere.
pub(crate) fn binding(set: &Arc<Set>) -> Option<Arc<Set>> {
    let all = |entity: &Entity| *entity == Entity::All;
    if set.pods.is_empty() && !set.entities.iter().any(all) {
        return None;
    }
    if set.nets.is_empty() && set.names.is_empty() && set.entities.iter().all(all) {
        return Some(Arc::clone(set));
    }
    Some(Arc::new(Set {
        pods: set.pods.clone(),
        entities: set.entities.iter().copied().filter(all).collect(),
        ..Set::default()
    }))
}

/// The predicates of a set's pods.
pub(crate) fn cubes(pods: &[(PodPart, bool)]) -> Vec<Cube> {
    pods.iter()
        .map(|(part, _)| Cube::clone(&part.pods))
        .collect()
}

/// The union of several sets, in order.
pub(crate) fn unite(mut sets: Vec<Arc<Set>>) -> Arc<Set> {
    if sets.len() == 1 {
        return sets.pop().unwrap_or_default();
    }
    let mut union = Union::default();
    for set in sets {
        let ends = Ends {
            set,
            services: Vec::new(),
            owned: false,
            normal: SmolStr::default(),
        };
        union.add(ends, &[]);
    }
    union.finish(SmolStr::default()).set
}
