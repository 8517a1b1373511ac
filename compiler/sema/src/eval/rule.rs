//! `allow` and `deny`: one source rule to its end rules.
//!
//! Refuses a rule that nothing enforces, a deny with a clause or to an external, a `dns` clause
//! without an owned source, and a rule past its day (which is never dropped instead).

use std::sync::Arc;

use npl_diagnostics::codes::kinds;
use npl_policy::{
    model::{Direction, EndRule, Rule, Set, Verdict, Via},
    port::PortSet,
};
use npl_syntax::ast::{self, Dir};
use smol_str::{SmolStr, format_smolstr};

use crate::{
    eval::{
        cx::Cx,
        ends::{Ends, Role, binding},
        lower::Around,
        ports::PortsValue,
        via::{Clause, ViaValue},
    },
    lost::{LostEnds, LostItem, LostRule},
    lowered::LoweredRule,
};

/// One pair of destination and ports; a service makes one for each of its ports.
struct Target {
    set: Arc<Set>,
    ports: Arc<PortSet>,
}

/// What a rule says; `None` for what was reported.
struct Parts {
    source: Option<Ends>,
    dest: Option<Ends>,
    ports: Option<PortsValue>,
    /// `Some(None)`: it has none.
    via: Option<Option<ViaValue>>,
}

impl Cx<'_> {
    /// `None` where something of it was reported as an error: it is lost then.
    pub(crate) fn rule(
        &mut self,
        rule: &ast::Rule,
        item: &ast::Item,
        around: &Around<'_>,
    ) -> Option<LoweredRule> {
        let source = self.ends(&rule.source, Role::Source);
        let dest = self.end(&rule.dest.prim, Role::Destination);
        let ports = match &rule.dest.ports {
            Some(ports) => self.ports(ports),
            None => Some(every_port()),
        };
        let via = match (&rule.via, rule.deny) {
            (Some(via), true) => {
                self.deny_with_via(via);
                None
            }
            (Some(via), false) => Some(self.via(via, &rule.dest, ports.as_ref())),
            (None, _) => Some(None),
        };
        let lost = LostRule {
            verdict: Some(verdict(rule)),
            ends: LostEnds::Pair {
                source: source.as_ref().and_then(set_of),
                dest: dest.as_ref().and_then(set_of),
            },
            ports: ports.as_ref().map(|ports| Arc::clone(&ports.set)),
            dns: rule.via.is_some() && via.as_ref().is_none_or(|via| may_be_dns(via.as_ref())),
        };
        let parts = Parts {
            source,
            dest,
            ports,
            via,
        };
        let lowered = self.of_parts(rule, item, around, parts);
        if lowered.is_none() {
            self.lose(item.span, LostItem::Rule(lost));
        }
        lowered
    }

    fn of_parts(
        &mut self,
        rule: &ast::Rule,
        item: &ast::Item,
        around: &Around<'_>,
        parts: Parts,
    ) -> Option<LoweredRule> {
        // A rule past its day is still the rule it was, for every other check.
        let current = self.not_expired(rule);
        let (source, dest) = (parts.source?, parts.dest?);
        let (ports, via) = (parts.ports, parts.via);
        let mut fine = self.deny_of_names(rule, &dest);
        fine &= self.enforced(rule, &source, &dest);
        let via = via?;
        if rule.via.is_some() && via.is_none() {
            return None;
        }
        if via.as_ref().is_some_and(|via| via.clause == Clause::Dns) {
            fine &= self.dns_source(rule, &source);
        }
        let targets = self.targets(rule, &dest, ports.as_ref()?);
        let (targets, ports) = (targets?, ports?);
        if !fine || !current {
            return None;
        }
        let normal_form = normal_form(
            rule,
            &source,
            &dest,
            &ports,
            via.as_ref().map(|v| &v.normal),
        );
        let via = via.map(|via| via.via);
        Some(LoweredRule {
            normal_form,
            ends: end_rules(rule, &source.set, &targets, via.as_ref()),
            rule: self.origin(rule, item, around),
        })
    }

    fn origin(&self, rule: &ast::Rule, item: &ast::Item, around: &Around<'_>) -> Rule {
        Rule {
            id: SmolStr::default(),
            text: around.text.of_rule(item, rule),
            doc: item.doc.clone().or_else(|| around.doc.cloned()),
            because: rule.because.as_ref().map(|text| text.node.clone()),
            module: around.module.clone(),
            file: around.file.clone(),
            place: self.at(item.span),
            applied_at: around.applied_at(),
            ports_at: rule.dest.ports.as_ref().map(|ports| self.at(ports.span)),
            verdict: verdict(rule),
        }
    }

    fn deny_with_via(&mut self, via: &ast::Via) {
        let found = self
            .found(&kinds::DENY_WITH_VIA, via.span, "a deny carries no `via`")
            .note("a clause is checked after the connection was let in, so it cannot deny one")
            .help("deny the ports, or allow only what the clause should admit")
            .fix("remove the clause", false, self.at(via.span), "");
        self.report(found);
    }

    fn deny_of_names(&mut self, rule: &ast::Rule, dest: &Ends) -> bool {
        if !rule.deny || dest.set.names.is_empty() {
            return true;
        }
        let found = self
            .found(
                &kinds::DENY_EXTERNAL,
                rule.dest.prim.span(),
                "a deny cannot name an external",
            )
            .note("a name is enforced by its addresses, and another name may have one of them too")
            .help("deny a `network`, or leave the name out of every allow");
        self.report(found);
        false
    }

    /// Some end that the rule writes is owned, or may be.
    fn enforced(&mut self, rule: &ast::Rule, source: &Ends, dest: &Ends) -> bool {
        let (at, message, help) = match rule.dir.as_ref().map(|dir| dir.node) {
            Some(Dir::Egress) if !source.enforces() => (
                rule.source.span,
                "nothing enforces this rule: its source is not owned",
                "`egress` writes the source's end only; leave it out to write both ends",
            ),
            Some(Dir::Ingress) if !dest.enforces() => (
                rule.dest.prim.span(),
                "nothing enforces this rule: its destination is not owned",
                "`ingress` writes the destination's end only; leave it out to write both ends",
            ),
            None if !source.enforces() && !dest.enforces() => (
                rule.source.span.cover(rule.dest.prim.span()),
                "nothing enforces this rule: neither end is owned",
                "one end must be a `workload` of this package, or `all`",
            ),
            _ => return true,
        };
        let found = self.found(&kinds::NOTHING_ENFORCES, at, message).help(help);
        self.report(found);
        false
    }

    /// DNS is read where the query leaves.
    fn dns_source(&mut self, rule: &ast::Rule, source: &Ends) -> bool {
        let ingress = rule.dir.as_ref().filter(|dir| dir.node == Dir::Ingress);
        let (at, message) = match ingress {
            Some(dir) => (dir.span, "`dns` cannot be checked where queries arrive"),
            None if !source.enforces() => (rule.source.span, "`dns` needs an owned source"),
            None => return true,
        };
        let found = self
            .found(&kinds::DNS_NEEDS_OWNED_SOURCE, at, message)
            .note("names are read on the way out of the pod that asks")
            .help("make the source a `workload` of this package, or leave the clause out");
        self.report(found);
        false
    }

    fn not_expired(&mut self, rule: &ast::Rule) -> bool {
        let until = rule
            .until
            .as_ref()
            .and_then(|u| u.node.map(|day| (day, u.span)));
        let (Some((day, span)), Some(today)) = (until, self.scope.today()) else {
            return true;
        };
        if today <= day {
            return true;
        }
        let message = format!("this rule ended on {}", iso(day));
        let because = rule.because.as_ref().map(|text| text.node.clone());
        let mut found = self
            .found(&kinds::EXPIRED_RULE, span, message)
            .note(format!("it is judged on {}", iso(today)))
            .help("remove the rule, or give it a new day if it is still needed");
        if let Some(because) = because {
            found = found.note(format!("it was written because of \"{because}\""));
        }
        self.report(found);
        false
    }

    /// The destination without services, and each service at the ports of its pods.
    fn targets(
        &mut self,
        rule: &ast::Rule,
        dest: &Ends,
        ports: &PortsValue,
    ) -> Option<Vec<Target>> {
        let mut out = Vec::new();
        if dest.services.is_empty() || *dest.set != Set::default() {
            out.push(Target {
                set: Arc::clone(&dest.set),
                ports: Arc::clone(&ports.set),
            });
        }
        let mut fine = true;
        let at = rule.dest.prim.span();
        for service in &dest.services {
            match self.backends(service, rule.dest.ports.as_ref(), at) {
                Some(found) => out.extend(found.into_iter().map(|backend| Target {
                    set: backend.set,
                    ports: backend.ports,
                })),
                None => fine = false,
            }
        }
        fine.then_some(out)
    }
}

pub(crate) fn every_port() -> PortsValue {
    PortsValue {
        set: Arc::new(PortSet::all()),
        normal: SmolStr::default(),
    }
}

/// What is known of its services comes from the inventory alone.
fn set_of(ends: &Ends) -> Option<Arc<Set>> {
    ends.services.is_empty().then(|| Arc::clone(&ends.set))
}

fn may_be_dns(via: Option<&ViaValue>) -> bool {
    via.is_none_or(|via| via.clause == Clause::Dns)
}

pub(crate) fn verdict(rule: &ast::Rule) -> Verdict {
    if rule.deny {
        Verdict::Deny
    } else {
        Verdict::Allow
    }
}

fn end_rules(
    rule: &ast::Rule,
    source: &Arc<Set>,
    targets: &[Target],
    via: Option<&Arc<Via>>,
) -> Vec<EndRule> {
    let dir = rule.dir.as_ref().map(|dir| dir.node);
    let one = |direction, subject: &Arc<Set>, peers: &Arc<Set>, target: &Target| EndRule {
        rule: 0,
        direction,
        verdict: verdict(rule),
        subject: Arc::clone(subject),
        peers: Arc::clone(peers),
        ports: Arc::clone(&target.ports),
        via: via.cloned(),
        both_ends: dir.is_none(),
    };
    let mut out = Vec::with_capacity(targets.len() * 2);
    if dir != Some(Dir::Ingress)
        && let Some(subject) = binding(source)
    {
        let egress = |t: &Target| one(Direction::Egress, &subject, &t.set, t);
        out.extend(targets.iter().map(egress));
    }
    if dir != Some(Dir::Egress) {
        let ingress = |target: &Target| {
            let subject = binding(&target.set)?;
            Some(one(Direction::Ingress, &subject, source, target))
        };
        out.extend(targets.iter().filter_map(ingress));
    }
    out
}

/// What identity is hashed from. The day and the reason are not part of it: an exception that is
/// prolonged stays the same rule.
fn normal_form(
    rule: &ast::Rule,
    source: &Ends,
    dest: &Ends,
    ports: &PortsValue,
    via: Option<&SmolStr>,
) -> SmolStr {
    let verdict = if rule.deny { "deny" } else { "allow" };
    let dir = match rule.dir.as_ref().map(|dir| dir.node) {
        Some(Dir::Ingress) => " ingress",
        Some(Dir::Egress) => " egress",
        None => "",
    };
    let colon = if ports.normal.is_empty() { "" } else { ":" };
    let clause = if via.is_some() { " via " } else { "" };
    format_smolstr!(
        "{verdict}{dir} {} -> {}{colon}{}{clause}{}",
        source.normal,
        dest.normal,
        ports.normal,
        via.map_or("", SmolStr::as_str),
    )
}

fn iso(day: ast::Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}
