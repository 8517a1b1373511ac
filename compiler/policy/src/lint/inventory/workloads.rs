//! Declarations against the pods of today.

use npl_diagnostics::{Diagnostic, Place, Severity, codes::inventory};
use rustc_hash::FxHashMap;

use crate::{
    limits::LISTED_MAX,
    lint::{
        context::{Context, Found, found},
        inventory::index::{Pods, shown},
    },
    model::{Model, Ownership, Rule, Workload, WorkloadName},
};

pub(super) fn owned(model: &Model) -> impl Iterator<Item = &Workload> {
    let owned = |w: &&Workload| w.ownership == Ownership::Owned;
    model.workloads.iter().filter(owned)
}

pub(super) fn check<'m>(
    workloads: impl Iterator<Item = &'m Workload>,
    pods: &Pods<'_>,
    out: &mut Vec<Diagnostic<Place>>,
) {
    for workload in workloads {
        let matching = pods.matching(&workload.pods);
        if matching.is_empty() {
            out.push(nothing(workload));
            continue;
        }
        let on_host = on_host(pods, &matching);
        if !on_host.is_empty() {
            let all = on_host.len() == matching.len();
            out.push(host_network(workload, &on_host, all));
        }
    }
}

fn on_host(pods: &Pods<'_>, matching: &[usize]) -> Vec<String> {
    let templates = matching.iter().filter_map(|&i| pods.template(i));
    let on_host = templates.filter(|template| template.host_network);
    on_host.map(shown).collect()
}

fn nothing(workload: &Workload) -> Diagnostic<Place> {
    let message = no_pod(workload);
    Diagnostic::new(&inventory::SELECTS_NOTHING_TODAY, workload.place, message)
        .note("the pods that it was meant for are sealed by nothing, and open")
        .help("compare the selector and the namespace with the labels of the pod template")
}

/// Workloads that others own. An inventory often holds the package's own manifests only, so that a
/// foreign selector is missed only where the inventory has pods in a namespace that it names.
pub(super) fn foreign(
    context: &Context<'_>,
    pods: &Pods<'_>,
    out: &mut Vec<Diagnostic<Place>>,
    rules: &mut Found,
) {
    let others = context.model.workloads.iter();
    let mut imported: FxHashMap<&WorkloadName, &Workload> = FxHashMap::default();
    for workload in others.filter(|w| w.ownership != Ownership::Owned) {
        let matching = pods.matching(&workload.pods);
        let on_host = on_host(pods, &matching);
        if !on_host.is_empty() && on_host.len() == matching.len() {
            out.push(peer_on_host(workload, &on_host));
        }
        if !pods.knows_place_of(&workload.pods) || !matching.is_empty() {
            continue;
        }
        if workload.ownership == Ownership::Imported {
            imported.insert(&workload.name, workload);
        } else {
            let at = workload.place;
            let message = no_pod(workload);
            let finding = Diagnostic::new(&inventory::SELECTS_NOTHING_TODAY, at, message);
            out.push(admits_nobody(finding));
        }
    }
    // Another package's declaration is not this one's to change: it is told where it is used.
    for (index, rule, ends) in context.rules() {
        if imported.is_empty() {
            return;
        }
        let sets = ends.iter().flat_map(|e| [&e.end.subject, &e.end.peers]);
        for part in sets.flat_map(|set| &set.pods) {
            let name = part.workload.as_ref();
            if let Some(workload) = name.and_then(|name| imported.remove(name)) {
                rules.push((index, used(rule, workload)));
            }
        }
    }
}

fn used(rule: &Rule, workload: &Workload) -> Diagnostic<Place> {
    admits_nobody(found(
        &inventory::SELECTS_NOTHING_TODAY,
        rule,
        no_pod(workload),
    ))
}

fn no_pod(workload: &Workload) -> String {
    format!("`{}` selects no pod of the inventory", workload.short)
}

fn admits_nobody(finding: Diagnostic<Place>) -> Diagnostic<Place> {
    finding
        .note("the inventory has pods in its namespace, and its labels are on none of them")
        .help("compare the selector with the labels of the pods that are meant")
}

/// An error where the workload is nothing but such pods. A namespace-wide selector that also meets
/// some still owns the others: then it is a warning, since no label may tell them apart.
fn host_network(workload: &Workload, on_host: &[String], all: bool) -> Diagnostic<Place> {
    let first = on_host.first().map_or("", String::as_str);
    let message = format!(
        "`{}` selects {first}, which is on the host network",
        workload.short
    );
    let mut finding = Diagnostic::new(&inventory::HOST_NETWORK_WORKLOAD, workload.place, message)
        .note("such a pod has the identity of its node, and no pod policy applies to it");
    if !all {
        finding.severity = Severity::Warning;
    }
    listed(finding, on_host)
        .help("narrow the selector so that it does not match, or take the pod off the host network")
}

/// A warning: another's workload may also run elsewhere.
fn peer_on_host(workload: &Workload, on_host: &[String]) -> Diagnostic<Place> {
    let first = on_host.first().map_or("", String::as_str);
    let message = format!(
        "`{}` selects only {first}, which is on the host network",
        workload.short
    );
    let mut finding = Diagnostic::new(&inventory::HOST_NETWORK_WORKLOAD, workload.place, message)
        .note("such a pod has the identity of its node: a rule for its labels meets nothing");
    finding.severity = Severity::Warning;
    listed(finding, on_host).help("write `host` and `remote_node` in the place of the workload")
}

fn listed(mut finding: Diagnostic<Place>, on_host: &[String]) -> Diagnostic<Place> {
    for other in on_host.iter().skip(1).take(LISTED_MAX) {
        finding = finding.note(format!("{other} too"));
    }
    let more = on_host.len().saturating_sub(LISTED_MAX + 1);
    if more > 0 {
        finding = finding.note(format!("and {more} more"));
    }
    finding
}
