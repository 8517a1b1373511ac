//! What Cilium cannot say, at the place that says it. Whatever passes here has a shape: the emitter
//! leaves nothing out on its own.

use npl_diagnostics::{Diagnostic, Place, codes::cilium as codes};
use npl_policy::{
    http::ViaKind,
    label::Cube,
    model::{Direction, EndRule, Entity, Ownership, Rule, Set, Verdict, Via, Workload},
    name::NamePattern,
    port::{PortSet, Ranges},
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{
    bind::Subject,
    findings::at,
    l7,
    name::object_name,
    plan::Plan,
    ports,
    selector::{self, Keys, Unselectable},
    settings::{MULTI_LABEL_NAMES, SNI_PATTERNS},
};

pub(super) fn check(plan: &Plan<'_>) -> Vec<Diagnostic<Place>> {
    let mut out = Vec::new();
    selectors(plan, &mut out);
    names_of_objects(plan, &mut out);
    let mut done = FxHashSet::default();
    for end in &plan.ends {
        // Both ends of a rule say the same of ports, clauses and names.
        if done.insert(end.rule.rule) {
            rule(plan, end.rule, end.origin, &mut out);
        }
    }
    done.clear();
    for end in plan.ends.iter().filter(|e| is_misplaced(e.rule)) {
        if done.insert(end.rule.rule) {
            out.push(misplaced(end.origin));
        }
    }
    subjects(plan, &mut out);
    out
}

/// Names outside an egress allow, or a clause in a deny: the language refuses both, and no policy
/// has a place for them.
fn is_misplaced(end: &EndRule) -> bool {
    let deny = end.verdict == Verdict::Deny;
    (deny && end.via.is_some())
        || (!end.peers.names.is_empty() && (deny || end.direction == Direction::Ingress))
}

fn misplaced(origin: &Rule) -> Diagnostic<Place> {
    at(
        &codes::NOT_EXPRESSIBLE,
        origin,
        format!("Cilium cannot express `{}`", origin.text),
    )
    .help("name externals as destinations of `allow` rules only, and no `via` in a deny")
}

/// What a part of a rule's set leaves of a workload must still be a few selectors.
fn subjects(plan: &Plan<'_>, out: &mut Vec<Diagnostic<Place>>) {
    let mut done = FxHashSet::default();
    for bound in plan.sides.iter().flatten().flat_map(|side| &side.bound) {
        if let (Subject::Part(cube), Some(end)) = (&bound.subject, plan.ends.get(bound.end))
            && selector::disjuncts(cube).is_none()
            && done.insert(end.rule.rule)
        {
            let why = Unselectable::TooMany;
            let start = at(code(&why), end.origin, message(&why, &end.origin.text));
            out.push(explained(start, &why));
        }
    }
}

/// Every predicate once: those of declared workloads where they are declared, others at the rule.
fn selectors(plan: &Plan<'_>, out: &mut Vec<Diagnostic<Place>>) {
    let mut seen: FxHashSet<usize> = FxHashSet::default();
    let mut said: FxHashSet<Unselectable> = FxHashSet::default();
    let mut keys = Keys::new(plan.settings);
    for workload in &plan.model.workloads {
        if workload.ownership == Ownership::Imported {
            continue;
        }
        seen.insert(std::sync::Arc::as_ptr(&workload.pods).addr());
        if let Some(why) = refused(&mut keys, &workload.pods) {
            let start = Diagnostic::new(code(&why), workload.place, message(&why, &workload.short));
            out.push(explained(start, &why));
            said.insert(why);
        }
    }
    for end in &plan.ends {
        for part in end.rule.subject.pods.iter().chain(&end.rule.peers.pods) {
            if !seen.insert(std::sync::Arc::as_ptr(&part.pods).addr()) {
                continue;
            }
            if let Some(why) = refused(&mut keys, &part.pods)
                && said.insert(why.clone())
            {
                let start = at(code(&why), end.origin, message(&why, &end.origin.text));
                out.push(explained(start, &why));
            }
        }
    }
}

fn refused(keys: &mut Keys<'_>, cube: &Cube) -> Option<Unselectable> {
    let too_many = || {
        selector::disjuncts(cube)
            .is_none()
            .then_some(Unselectable::TooMany)
    };
    selector::unselectable(cube, keys).or_else(too_many)
}

fn code(why: &Unselectable) -> npl_diagnostics::Code {
    match why {
        Unselectable::Dropped(_) => &codes::LABEL_NOT_IN_IDENTITY,
        _ => &codes::NOT_EXPRESSIBLE,
    }
}

fn message(why: &Unselectable, who: &str) -> String {
    match why {
        Unselectable::Dropped(key) => {
            format!("`{who}` selects by the label `{key}`, which Cilium keeps out of identities")
        }
        Unselectable::LongKey(key) => {
            format!("`{who}` selects by the label `{key}`, whose name is too long for Cilium")
        }
        Unselectable::LongValue(value) => {
            format!("`{who}` selects by `{value}`, which is too long for the value of a label")
        }
        Unselectable::TooMany => {
            format!("`{who}` needs more label selectors than one object should hold")
        }
    }
}

fn explained(diagnostic: Diagnostic<Place>, why: &Unselectable) -> Diagnostic<Place> {
    match why {
        Unselectable::Dropped(_) => diagnostic
            .note("a selector on it matches no pod, and its negation matches every pod")
            .help("select by another label, or set `label-filter` to the agent's `--labels`"),
        Unselectable::LongKey(_) => diagnostic
            .note("Cilium puts the label's source before the key; both may have 63 bytes")
            .help("select by a label with a shorter name"),
        Unselectable::LongValue(_) => diagnostic.help("select by something of at most 63 bytes"),
        Unselectable::TooMany => diagnostic
            .help("use fewer conditions that a pod may meet by not having the label at all"),
    }
}

/// Two objects of one name would overwrite each other, and what the first sealed would be open.
fn names_of_objects(plan: &Plan<'_>, out: &mut Vec<Diagnostic<Place>>) {
    let mut taken: FxHashMap<(Option<SmolStr>, String), &Workload> = FxHashMap::default();
    for own in &plan.binder.owned {
        let workload = own.workload;
        let namespace = workload.pods.namespace();
        let name = object_name(&plan.model.package, workload);
        let scopes: Vec<Option<SmolStr>> = if namespace.is_negated() {
            vec![None]
        } else {
            namespace.listed().to_vec()
        };
        for scope in scopes {
            let before = taken.insert((scope, name.clone()), workload);
            // A name that is declared twice is one mistake, and was reported as that.
            if let Some(other) = before.filter(|other| other.name != workload.name) {
                let message = format!(
                    "the workloads `{}` and `{}` would be one object named `{name}`",
                    other.name, workload.name
                );
                out.push(
                    Diagnostic::new(&codes::OBJECT_NAME_CLASH, workload.place, message)
                        .also(other.place, "the other workload")
                        .help("rename one of the two workloads, or one of their modules"),
                );
                break;
            }
        }
    }
}

fn rule(plan: &Plan<'_>, end: &EndRule, origin: &Rule, out: &mut Vec<Diagnostic<Place>>) {
    let refuse = |what: &str, help: &str| {
        at(
            &codes::NOT_EXPRESSIBLE,
            origin,
            format!("Cilium cannot express the {what} of `{}`", origin.text),
        )
        .help(help)
    };
    if !ports::sayable(&end.ports) {
        let help = "name ports from 1 to 65535, every port of a protocol, or no port at all";
        out.push(refuse("ports", help));
    }
    let Some(via) = end.via.as_deref() else {
        return names(plan, end, origin, out);
    };
    if !carries(&end.ports, via.kind()) {
        let help = match via.kind() {
            ViaKind::Dns => "`dns` stands on single ports of TCP and UDP",
            ViaKind::Tls | ViaKind::Http => "this clause stands on TCP ports",
        };
        out.push(refuse("ports with this `via`", help));
    }
    let clauses = [std::sync::Arc::new(via.clone())];
    let lowered = l7::egress(&clauses);
    if lowered.is_none() || l7::bad_regex(via).is_some() {
        out.push(refuse(
            "`via`",
            "name at least one name or request, each of moderate length",
        ));
    }
    let on_node = |e: &Entity| matches!(e, Entity::Host | Entity::RemoteNode);
    if via.kind() == ViaKind::Dns && destination(end).entities.iter().any(on_node) {
        out.push(node_local_dns(origin));
    }
    names(plan, end, origin, out);
}

/// The destination of a rule, of which `end` is one end.
fn destination(end: &EndRule) -> &Set {
    match end.direction {
        Direction::Egress => &end.peers,
        Direction::Ingress => &end.subject,
    }
}

fn node_local_dns(origin: &Rule) -> Diagnostic<Place> {
    at(
        &codes::NODE_LOCAL_DNS,
        origin,
        format!(
            "the names of `{}` cannot be read: the node itself answers",
            origin.text
        ),
    )
    .note("on the node's own address Cilium's DNS proxy does not see the answers")
    .help(
        "leave `via dns` out for the node; where a redirect policy sends DNS to a pod, name that \
         pod here, as a `foreign workload`",
    )
}

/// The protocol and ports that a clause of this kind can stand on.
fn carries(ports: &PortSet, kind: ViaKind) -> bool {
    match kind {
        ViaKind::Tls | ViaKind::Http => ports.is_tcp_only(),
        ViaKind::Dns => {
            let single = |r: &Ranges| r.as_slice().iter().all(|(low, high)| low == high);
            !ports.all
                && ports.icmp4.is_empty()
                && ports.icmp6.is_empty()
                && [&ports.tcp, &ports.udp, &ports.sctp]
                    .into_iter()
                    .all(single)
        }
    }
}

/// Patterns that the told version reads in another way.
fn names(plan: &Plan<'_>, end: &EndRule, origin: &Rule, out: &mut Vec<Diagnostic<Place>>) {
    let version = plan.settings.version;
    let needs = |pattern: &NamePattern, wanted| {
        at(
            &codes::NEEDS_VERSION,
            origin,
            format!("Cilium {version} does not read `{pattern}` as the language does"),
        )
        .help(format!(
            "write the names out, or set `version` to {wanted} where that runs"
        ))
    };
    if version < MULTI_LABEL_NAMES {
        let externals = end.peers.names.iter().map(|n| &n.pattern);
        let queried = match end.via.as_deref() {
            Some(Via::Dns(names)) => names.as_slice(),
            _ => &[],
        };
        let deep = externals
            .chain(queried)
            .find(|n| n.as_str().starts_with("**."));
        out.extend(deep.map(|n| needs(n, MULTI_LABEL_NAMES)));
    }
    if version < SNI_PATTERNS
        && let Some(Via::Tls(names)) = end.via.as_deref()
    {
        out.extend(
            names
                .iter()
                .find(|n| !is_old_sni(n))
                .map(|n| needs(n, SNI_PATTERNS)),
        );
    }
}

/// Exact, `*.x` or `**.x`.
fn is_old_sni(name: &NamePattern) -> bool {
    let text = name.as_str();
    let rest = text
        .strip_prefix("**.")
        .or_else(|| text.strip_prefix("*."))
        .unwrap_or(text);
    !rest.contains('*')
}
