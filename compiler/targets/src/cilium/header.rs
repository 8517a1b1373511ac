//! The header: on which facts the objects stand (cilium-lowering.md §0).

use npl_policy::model::ControlPlane;

use super::{
    bind::OwnedId,
    output::{EmitOptions, Stage},
    plan::Plan,
    settings::{MULTI_LABEL_NAMES, ViaEnds},
};

pub(super) fn lines(plan: &Plan<'_>, options: &EmitOptions) -> Vec<String> {
    let settings = plan.settings;
    let mut out = vec![
        format!(
            "Cilium policy of package `{}`, for Cilium {}.",
            plan.model.package, settings.version
        ),
        "Assumes of the agent: --enable-policy=default, L7 proxy on, --http-normalize-path=true, \
         --allow-localhost=auto, --policy-cidr-match-mode empty, \
         --enable-non-default-deny-policies=true."
            .to_owned(),
    ];
    if settings.version < MULTI_LABEL_NAMES {
        out.push("Assumes of the agent: --policy-default-local-cluster=true.".to_owned());
    }
    if settings.via_ends == ViaEnds::Source {
        out.push(
            "Assumes that no policy object from elsewhere allows these pods' egress.".to_owned(),
        );
    }
    out.push(match settings.control_plane {
        ControlPlane::Unknown => {
            "The place of the control plane is not known: world may hold the API server.".to_owned()
        }
        ControlPlane::External => {
            "The control plane is outside: world holds the API server.".to_owned()
        }
        ControlPlane::Nodes => "The control plane is on the cluster's nodes.".to_owned(),
    });
    if !settings.label_filter.as_str().is_empty() {
        out.push(format!(
            "Assumes of the agent: --labels=\"{}\".",
            settings.label_filter.as_str()
        ));
    }
    let flags = [
        (settings.node_labels, "node-labels"),
        (settings.host_firewall, "host-firewall"),
        (settings.extended_protocols, "extended-protocols"),
    ];
    let on: Vec<&str> = flags
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
        .collect();
    if !on.is_empty() {
        out.push(format!("Told to be on in the agent: {}.", on.join(", ")));
    }
    out.push("Peers are of the local cluster only.".to_owned());
    out.extend(observed(plan, options));
    let assumed = &plan.binder.classes.assumed;
    let short = |id: OwnedId| plan.binder.get(id).map(|own| &own.workload.short);
    for (a, b) in &assumed.pairs {
        if let (Some(a), Some(b)) = (short(*a), short(*b)) {
            out.push(format!(
                "Assumes, as asserted, that no pod is both `{a}` and `{b}`."
            ));
        }
    }
    if assumed.more > 0 {
        out.push(format!(
            "Assumes the same of {} more pairs of workloads with these selectors.",
            assumed.more
        ));
    }
    if options.claims_not_checked > 0 {
        out.push(format!(
            "Claims that were not checked: {}.",
            options.claims_not_checked
        ));
    }
    out
}

/// The stage of the whole package, or of single workloads, whoever set it.
fn observed(plan: &Plan<'_>, options: &EmitOptions) -> Option<String> {
    let owned = &plan.binder.owned;
    let observed = owned.iter().filter(|own| own.observed);
    let names: Vec<&str> = observed.map(|own| &*own.workload.short).collect();
    let all = !names.is_empty() && names.len() == owned.len();
    if all || options.stage == Stage::Observe {
        let line = "Stage observe: nothing is closed, and denies and `via` are left out.";
        return Some(line.to_owned());
    }
    (!names.is_empty()).then(|| {
        format!(
            "In stage observe, so not closed, and without denies and `via`: {}.",
            names.join(", ")
        )
    })
}
