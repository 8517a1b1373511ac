//! What speaks against a program on this target: one finding a rule, at the rule.

use std::collections::{BTreeMap, BTreeSet};

use npl_diagnostics::{
    Code, Diagnostic, Place,
    codes::{cilium, kubernetes as codes},
};
use npl_policy::model::{ControlPlane, Direction, EndRule, Entity, Rule, Workload};

use super::{
    lower,
    plan::{OwnedId, Plan},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    External,
    Via,
    Entity(Entity),
    Account,
    Protocol,
    IpBlock,
    InsideCluster,
    /// Pods of namespaces that are not named, and no ClusterNetworkPolicy.
    Namespaces,
    /// Such pods, whose seal would have to close what the rules of that kind cannot name.
    SealOfIngress,
    SealOfEgress,
    /// An allow at such pods, of peers that those rules cannot name.
    ClusterPeer(Direction),
    /// A deny that cannot be taken out of the allow with this position.
    Inexact(u32),
    /// A deny at pods of this workload, which nothing seals.
    Open(OwnedId, Direction),
    /// A deny of the pod's own node.
    Node,
    TooLarge,
    /// The object of the workload declared there has the same name.
    Name(Place),
}

#[derive(Debug, Default)]
pub(super) struct Findings {
    rules: BTreeMap<u32, Reason>,
    workloads: BTreeMap<OwnedId, Reason>,
}

impl Findings {
    /// The first reason stays: one mistake is one finding.
    pub(super) fn rule(&mut self, rule: u32, reason: Reason) {
        self.rules.entry(rule).or_insert(reason);
    }

    pub(super) fn workload(&mut self, id: OwnedId, reason: Reason) {
        self.workloads.entry(id).or_insert(reason);
    }

    pub(super) fn has_workload(&self, id: OwnedId) -> bool {
        self.workloads.contains_key(&id)
    }

    pub(super) fn into_diagnostics(self, plan: &Plan<'_>) -> Vec<Diagnostic<Place>> {
        let workloads = self.workloads.iter().filter_map(|(id, reason)| {
            let own = plan.get(*id)?;
            Some(at_workload(own.workload, *reason))
        });
        let mut seen = BTreeSet::new();
        let rules = self.rules.iter().filter_map(|(rule, reason)| {
            let rule = plan.model.rules.get(*rule as usize)?;
            let found = at_rule(plan, rule, *reason);
            // A template that is applied often has one text.
            let first = seen.insert((rule.place, rule.applied_at.clone()));
            first.then_some(found)
        });
        workloads.chain(rules).collect()
    }
}

fn at_workload(workload: &Workload, reason: Reason) -> Diagnostic<Place> {
    let name = &workload.short;
    let finding = |code: Code, message: String| Diagnostic::new(code, workload.place, message);
    match reason {
        Reason::Namespaces => finding(
            &codes::NAMESPACES_NOT_NAMED,
            format!("the pods of `{name}` are sealed in namespaces that are not named"),
        )
        .note("a NetworkPolicy stands in one namespace")
        .help(format!(
            "name the namespaces (`in namespace [\"a\", \"b\"]`), let `{name}` seal nothing with \
             `open ingress, egress`, or seal its egress alone (`open ingress`) with \
             `cluster-network-policy = true` under `[target.kubernetes]`, where the cluster has \
             that API"
        )),
        Reason::SealOfIngress => finding(
            &codes::NAMESPACES_NOT_NAMED,
            format!("the ingress of `{name}` is sealed in namespaces that are not named"),
        )
        .note(
            "ingress rules of a ClusterNetworkPolicy name pods only, and close a pod neither to \
             nodes nor to what is outside the cluster",
        )
        .help(other_seals(name, "ingress")),
        Reason::SealOfEgress => finding(
            &codes::NAMESPACES_NOT_NAMED,
            format!("the egress of `{name}` is sealed in namespaces that are not named"),
        )
        .note(
            "with `ip-blocks = \"external\"` the networks of a ClusterNetworkPolicy hold no node, \
             and its seal would leave nodes open",
        )
        .help(other_seals(name, "egress")),
        Reason::Name(other) => finding(
            &cilium::OBJECT_NAME_CLASH,
            format!("the object of `{name}` would have the name of another workload's"),
        )
        .also(other, "the other workload")
        .help("rename one of the two workloads, or one of their modules"),
        Reason::TooLarge => finding(
            &codes::KUBERNETES_TOO_LARGE,
            format!("`{name}` falls into more selectors than one object should hold"),
        )
        .help("select by fewer labels that may be absent"),
        _ => finding(
            &codes::ACCOUNT_NOT_IN_KUBERNETES,
            format!("Kubernetes cannot select the pods of `{name}` by their service account"),
        )
        .help("select them by a label of theirs"),
    }
}

fn other_seals(name: &str, direction: &str) -> String {
    format!(
        "name the namespaces (`in namespace [\"a\", \"b\"]`), or declare `{name}` with `open \
         {direction}`; `cluster-wide-seals = \"pods\"` under `[target.kubernetes]` closes what can \
         be named, and leaves the rest open"
    )
}

fn at(code: Code, rule: &Rule, message: String) -> Diagnostic<Place> {
    let start = Diagnostic::new(code, rule.place, message);
    let places = rule.applied_at.iter();
    places.fold(start, |d, place| d.also(*place, "applied here"))
}

fn at_rule(plan: &Plan<'_>, rule: &Rule, reason: Reason) -> Diagnostic<Place> {
    let text = &rule.text;
    match reason {
        Reason::External => at(
            &codes::EXTERNAL_NOT_IN_KUBERNETES,
            rule,
            format!("Kubernetes has no DNS names as peers, as `{text}` needs"),
        )
        .help("name the addresses as a `network`, or build this rule for cilium only"),
        Reason::Via => via(rule),
        Reason::Entity(entity) => entity_finding(rule, entity),
        Reason::Account => at(
            &codes::ACCOUNT_NOT_IN_KUBERNETES,
            rule,
            format!("Kubernetes cannot select pods by service account, as `{text}` needs"),
        )
        .help("select them by a label of theirs"),
        Reason::Protocol => at(
            &codes::PROTOCOL_NOT_IN_KUBERNETES,
            rule,
            format!("`{text}` speaks of ICMP, and a NetworkPolicy of TCP, UDP and SCTP only"),
        )
        .help("leave ICMP to the network plugin, or build this rule for cilium only"),
        Reason::IpBlock => ip_block(rule),
        Reason::ClusterPeer(direction) => cluster_peer(rule, direction),
        Reason::InsideCluster => at(
            &codes::IP_BLOCK_HOLDS_PODS,
            rule,
            format!("the network of `{text}` lies in the cluster's own addresses"),
        )
        .help("name the pods as a workload; `cluster-cidrs` says which addresses they have"),
        Reason::Namespaces => at(
            &codes::NAMESPACES_NOT_NAMED,
            rule,
            format!("`{text}` binds at pods by labels of their namespace"),
        )
        .note("a NetworkPolicy stands in one namespace and cannot ask for that one's labels")
        .help(
            "name the namespaces of these pods, or set `cluster-network-policy = true` under \
             `[target.kubernetes]` where the cluster has that API",
        ),
        Reason::Inexact(allow) => inexact(plan, rule, allow),
        Reason::Open(owned, direction) => open(plan, rule, owned, direction),
        Reason::Node => at(
            &codes::NODE_ALWAYS_REACHES,
            rule,
            format!("`{text}` denies the pod's own node, which Kubernetes always lets through"),
        )
        .help("name the pods and networks that are meant instead"),
        Reason::TooLarge | Reason::Name(_) | Reason::SealOfIngress | Reason::SealOfEgress => at(
            &codes::KUBERNETES_TOO_LARGE,
            rule,
            format!("`{text}` falls into more selectors than one rule should hold"),
        )
        .help("select by fewer labels that may be absent"),
    }
}

fn cluster_peer(rule: &Rule, direction: Direction) -> Diagnostic<Place> {
    let (known, help) = match direction {
        Direction::Ingress => (
            "ingress rules of a ClusterNetworkPolicy name pods only",
            "name the namespaces of the pods that are reached, or allow this at a workload in one \
             namespace",
        ),
        Direction::Egress => (
            "with `ip-blocks = \"external\"` egress rules of a ClusterNetworkPolicy reach pods and \
             what is outside the cluster, and no node",
            "name the pods and networks that are meant, or declare the workload with `open egress`",
        ),
    };
    let message = format!(
        "`{}` binds at pods of namespaces that are not named, and names more than pods",
        rule.text
    );
    at(&codes::NAMESPACES_NOT_NAMED, rule, message)
        .note(known)
        .help(help)
}

fn via(rule: &Rule) -> Diagnostic<Place> {
    let message = format!(
        "Kubernetes cannot look into connections, as the `via` of `{}` asks",
        rule.text
    );
    let found = at(&codes::VIA_NOT_IN_KUBERNETES, rule, message);
    if rule.text.contains("via dns \"*\"") {
        return found.help(
            "set `unchecked-dns = true` under `[target.kubernetes]` to let `via dns \"*\"` stand \
             for everything on the resolver's port",
        );
    }
    found.help("a rule without `via` admits everything on the port; say so only if that is meant")
}

fn entity_finding(rule: &Rule, entity: Entity) -> Diagnostic<Place> {
    let (name, help) = match entity {
        Entity::Cluster => (
            "cluster",
            "for every pod declare `foreign workload pods {} in any namespace`; nodes have no \
             selector",
        ),
        Entity::KubeApiserver => (
            "kube_apiserver",
            "name its addresses as a `network` (see `cluster-cidrs` in docs/kubernetes.md)",
        ),
        Entity::Host => ("host", "the pod's own node needs no rule on this target"),
        Entity::RemoteNode => ("remote_node", "name the nodes' addresses as a `network`"),
        Entity::Health => (
            "health",
            "this is Cilium's own endpoint; leave the rule out",
        ),
        Entity::CiliumIngress => (
            "cilium_ingress",
            "name the pods of the ingress controller as a `foreign workload`",
        ),
        Entity::All | Entity::World => ("world", "name a `network`"),
    };
    let message = format!(
        "Kubernetes has no counterpart of `{name}`, which `{}` names",
        rule.text
    );
    at(&codes::ENTITY_NOT_IN_KUBERNETES, rule, message).help(help)
}

fn ip_block(rule: &Rule) -> Diagnostic<Place> {
    at(
        &codes::IP_BLOCK_HOLDS_PODS,
        rule,
        format!(
            "the addresses of `{}` may be those of pods or nodes, which are not meant",
            rule.text
        ),
    )
    .note(
        "a network holds no pod and no node by meaning; what an `ipBlock` matches is up to the \
         network plugin",
    )
    .help(
        "under `[target.kubernetes]` set `cluster-cidrs` to the addresses of pods and nodes, which \
         are then left out, or `ip-blocks = \"external\"` if the plugin matches no pod and no node \
         (as Cilium does)",
    )
}

fn inexact(plan: &Plan<'_>, rule: &Rule, allow: u32) -> Diagnostic<Place> {
    let other = plan.model.rules.get(allow as usize);
    let theirs = other.map_or("", |other| &*other.text);
    let message = format!("`{}` cannot be taken out of `{theirs}` exactly", rule.text);
    let found = at(&codes::DENY_NOT_EXACT, rule, message);
    let found = match other {
        Some(other) => found.also(other.place, "the allow is here"),
        None => found,
    };
    found
        .note("NetworkPolicy only allows: a deny has to be what is left out of every allow")
        .help(other_way(plan, rule, allow))
}

/// What would make the deny one that can be said.
fn other_way(plan: &Plan<'_>, rule: &Rule, allow: u32) -> String {
    let index = |end: &&EndRule| plan.model.rules.get(end.rule as usize);
    let mut ends = plan.model.ends.iter();
    let deny = ends.find(|end| index(end).is_some_and(|of| of.id == rule.id));
    let Some(deny) = deny else {
        return String::new();
    };
    let server = deny.peers.entities.contains(&Entity::KubeApiserver);
    if server && plan.settings.control_plane != ControlPlane::Nodes {
        return "set `control-plane = \"nodes\"` under `[target.kubernetes]` if the API server runs \
                on the cluster's own nodes, which no network holds; else allow networks without \
                its address"
            .to_owned();
    }
    if !lower::sayable(&deny.ports) {
        return "a NetworkPolicy says nothing of ICMP: deny whole protocols, or name the ports in \
                the allow"
            .to_owned();
    }
    let all = |end: &EndRule| end.peers.entities.contains(&Entity::All);
    let mut ends = plan.model.ends.iter();
    if ends.any(|end| end.rule == allow && all(end)) {
        return on_cluster_policy(
            plan,
            "name peers and ports in the allow instead of everything",
        );
    }
    on_cluster_policy(
        plan,
        "allow and deny by fewer labels, networks and ports: what is left falls into more pieces \
         than an object can hold, or into pods by labels of their namespace",
    )
}

fn open(plan: &Plan<'_>, rule: &Rule, owned: OwnedId, direction: Direction) -> Diagnostic<Place> {
    let own = plan.get(owned).map(|own| own.workload);
    let name = own.map_or("", |own| &*own.short);
    let word = match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    };
    let message = format!(
        "`{}` binds at `{name}`, whose {word} is open, and NetworkPolicy cannot deny there",
        rule.text
    );
    let found = at(&codes::DENY_OF_OPEN_DIRECTION, rule, message);
    let found = match own {
        Some(own) => found.also(own.place, "declared here"),
        None => found,
    };
    found.help(on_cluster_policy(
        plan,
        &format!("seal `{name}` for {word} and allow what it needs"),
    ))
}

fn on_cluster_policy(plan: &Plan<'_>, otherwise: &str) -> String {
    match plan.settings.cluster_network_policy {
        true => otherwise.to_owned(),
        false => format!(
            "{otherwise}, or set `cluster-network-policy = true` under `[target.kubernetes]` where \
             the cluster has that API"
        ),
    }
}
