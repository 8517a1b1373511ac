//! Declarations against the pods of today.

use npl_diagnostics::{Diagnostic, Place, Severity, codes::inventory};

use crate::{
    limits::LISTED_MAX,
    lint::inventory::index::{Pods, shown},
    model::{Model, Ownership, Workload},
};

pub(super) fn check(model: &Model, pods: &Pods<'_>, out: &mut Vec<Diagnostic<Place>>) {
    let owned = |w: &&Workload| w.ownership == Ownership::Owned;
    for workload in model.workloads.iter().filter(owned) {
        let matching = pods.matching(&workload.pods);
        if matching.is_empty() {
            out.push(nothing(workload));
            continue;
        }
        let on_host: Vec<String> = matching
            .iter()
            .filter_map(|&i| pods.template(i))
            .filter(|template| template.host_network)
            .map(shown)
            .collect();
        if !on_host.is_empty() {
            let all = on_host.len() == matching.len();
            out.push(host_network(workload, &on_host, all));
        }
    }
}

fn nothing(workload: &Workload) -> Diagnostic<Place> {
    let message = format!("`{}` selects no pod of the inventory", workload.short);
    Diagnostic::new(&inventory::SELECTS_NOTHING_TODAY, workload.place, message)
        .note("the pods that it was meant for are sealed by nothing, and open")
        .help("compare the selector and the namespace with the labels of the pod template")
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
    for other in on_host.iter().skip(1).take(LISTED_MAX) {
        finding = finding.note(format!("{other} too"));
    }
    let more = on_host.len().saturating_sub(LISTED_MAX + 1);
    if more > 0 {
        finding = finding.note(format!("and {more} more"));
    }
    finding
        .help("narrow the selector so that it does not match, or take the pod off the host network")
}
