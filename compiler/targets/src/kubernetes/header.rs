//! The header: on which facts the objects stand.

use npl_policy::model::{ControlPlane, Direction};

use super::{
    ClusterWideSeals, IpBlocks, Settings,
    plan::{Owned, Plan},
    selector::namespaced,
    settings::PRIORITY_LAST,
};
use crate::cilium::{EmitOptions, Stage};

pub(super) fn lines(plan: &Plan<'_>, options: &EmitOptions) -> Vec<String> {
    let settings = plan.settings;
    let mut out = vec![
        format!(
            "Kubernetes NetworkPolicy of package `{}`.",
            plan.model.package
        ),
        "Assumes a network plugin that enforces NetworkPolicy in both directions, SCTP and \
         endPort included."
            .to_owned(),
        "A sealed pod's own node always reaches it. Whether the pod reaches its node, and what \
         happens to ICMP and other protocols, is up to the plugin: Kubernetes defines neither."
            .to_owned(),
    ];
    out.push(addresses(settings));
    if settings.unchecked_dns {
        out.push("Told that `via dns \"*\"` stands for everything on its port.".to_owned());
    }
    if settings.control_plane == ControlPlane::Nodes {
        out.push("The control plane is on the cluster's nodes.".to_owned());
    }
    if plan.subtracted.iter().any(|list| !list.is_empty()) {
        out.push(
            "Denies are left out of this package's own allows: assumes that no NetworkPolicy from \
             elsewhere allows what they deny."
                .to_owned(),
        );
    }
    if plan.denies.iter().any(|list| !list.is_empty()) {
        out.push(format!(
            "Assumes that the plugin implements ClusterNetworkPolicy v1alpha2, and that no other \
             one of tier Admin with a priority up to {} accepts what is denied here.",
            settings.priority
        ));
    }
    out.extend(cluster_wide(plan));
    out.extend(observed(plan, options));
    if options.claims_not_checked > 0 {
        out.push(format!(
            "Claims that were not checked: {}.",
            options.claims_not_checked
        ));
    }
    out
}

/// Of pods whose namespaces are not named.
fn cluster_wide(plan: &Plan<'_>) -> Vec<String> {
    let mut out = Vec::new();
    if plan.accepts.iter().flatten().any(|list| !list.is_empty()) {
        out.push(format!(
            "Allows of tier Admin have its last priority, {PRIORITY_LAST}: assumes that no other \
             ClusterNetworkPolicy of that priority denies what they allow."
        ));
    }
    let seals = |own: &Owned<'_>| {
        let either = own.closes(Direction::Ingress) || own.closes(Direction::Egress);
        either && !namespaced(&own.workload.pods)
    };
    if !plan.owned.iter().any(seals) {
        return out;
    }
    out.push(format!(
        "Seals of tier Baseline hold for pods that no NetworkPolicy selects, and one that does \
         seals them itself: assumes that no other ClusterNetworkPolicy of tier Baseline with a \
         priority up to {} accepts what they close.",
        plan.settings.priority
    ));
    if plan.settings.cluster_wide_seals == ClusterWideSeals::Pods {
        out.push(
            "Told that these seals close ingress from pods, and egress to pods and networks \
             (cluster-wide-seals = \"pods\"): nodes, and at ingress what is outside the cluster, \
             stay open."
                .to_owned(),
        );
    }
    out
}

fn observed(plan: &Plan<'_>, options: &EmitOptions) -> Option<String> {
    if options.stage == Stage::Observe {
        let line =
            "Stage observe: a NetworkPolicy cannot observe without closing, so there is none.";
        return Some(line.to_owned());
    }
    let observed = plan.owned.iter().filter(|own| own.observed);
    let names: Vec<&str> = observed.map(|own| &*own.workload.short).collect();
    (!names.is_empty()).then(|| {
        format!(
            "In stage observe, so without an object, for a NetworkPolicy cannot observe: {}.",
            names.join(", ")
        )
    })
}

fn addresses(settings: &Settings) -> String {
    let list: Vec<String> = settings
        .cluster_cidrs
        .iter()
        .map(ToString::to_string)
        .collect();
    match settings.ip_blocks {
        IpBlocks::External => {
            "Told that an ipBlock matches no pod and no node (ip-blocks = \"external\").".to_owned()
        }
        IpBlocks::Any if list.is_empty() => {
            "Not told the cluster's addresses: networks that could be those have no rules."
                .to_owned()
        }
        IpBlocks::Any => format!(
            "Told that pods and nodes have addresses of {} only.",
            list.join(", ")
        ),
    }
}
