//! Selectors and names: what they never match, and what is dropped from them.

use npl_diagnostics::{Diagnostic, Place, codes::import as codes, suggest};

use super::{
    Context,
    node::{get, is_empty_map, items, text},
    object::Scope,
};
use crate::{
    import::parse::{
        object_name::{can_be_name, can_be_namespace},
        selector::is_label_value,
    },
    yaml::read::{Entry, Node, Value},
};

/// Where Cilium keeps the name of a pod's namespace.
const NAMESPACE: &str = "io.kubernetes.pod.namespace";

/// Where Cilium keeps the name of a pod's service account.
const ACCOUNT: &str = "io.cilium.k8s.policy.serviceaccount";

/// What people write in place of the key of the namespace.
const MEANT_NAMESPACE: [&str; 3] = [
    "kubernetes.io/metadata.name",
    "k8s.io.kubernetes.pod.namespace",
    "io.kubernetes.namespace",
];

/// The key without its source, for sources that hold a pod's labels.
fn bare(key: &str) -> Option<&str> {
    match key.split_once(':') {
        None => Some(key),
        Some(("k8s" | "any", rest)) => Some(rest),
        Some(_) => None,
    }
}

/// Each key of a selector with the place to change, and the value of `matchLabels`.
fn keys(selector: &Node) -> impl Iterator<Item = (&str, Place, Option<&Node>)> {
    let labels = get(selector, "matchLabels").and_then(Node::as_map);
    let labels = labels.unwrap_or_default().iter();
    let labels = labels.map(|entry: &Entry| (&*entry.key, entry.key_place(), Some(&entry.value)));
    let expressions = items(selector, "matchExpressions").iter();
    let expressions = expressions.filter_map(|node| {
        let key = get(node, "key")?;
        Some((key.as_str()?.as_str(), key.place(), None))
    });
    labels.chain(expressions)
}

pub(super) fn subject(context: &mut Context<'_>, spec: &Node, node: &Node, scope: Scope<'_>) {
    labels(context, node);
    if scope.namespace.is_empty() {
        impossible(context, node);
        reserved(context, spec, node);
        return;
    }
    for (key, _, value) in keys(node) {
        let Some(value) = value.filter(|_| bare(key) == Some(NAMESPACE)) else {
            continue;
        };
        let own = scope.namespace;
        let Some(other) = value.as_str().filter(|name| *name != own) else {
            continue;
        };
        let message = format!("the policy lies in `{own}`, so `{other}` is dropped here");
        let finding = Diagnostic::new(&codes::POLICY_NAMESPACE_IGNORED, value.place(), message)
            .help(format!(
                "put the policy into the namespace `{other}`, or write `{own}`"
            ))
            .fix(
                format!("write `{own}`"),
                true,
                value.place(),
                format!("\"{own}\""),
            );
        context.out.push(finding);
    }
}

/// A cluster-wide subject that asks for no label selects Cilium's own endpoints too.
fn reserved(context: &mut Context<'_>, spec: &Node, node: &Node) {
    let positive =
        |expression: &Node| !matches!(text(expression, "operator"), Some("NotIn" | "DoesNotExist"));
    let labels = get(node, "matchLabels").is_some_and(|map| !is_empty_map(map));
    if labels || items(node, "matchExpressions").iter().any(positive) {
        return;
    }
    let open = |name: &str| {
        let said = get(spec, "enableDefaultDeny").and_then(|map| get(map, name));
        matches!(said.map(|node| &node.value), Some(Value::Bool(false)))
    };
    let closes = |allow: &str, deny: &str| {
        let rules = [allow, deny].into_iter().flat_map(|list| items(spec, list));
        !open(allow) && rules.count() > 0
    };
    if !closes("ingress", "ingressDeny") && !closes("egress", "egressDeny") {
        return;
    }
    let message = "this selects every endpoint, Cilium's own health and ingress endpoints included";
    let mut finding = Diagnostic::new(&codes::POLICY_SELECTS_RESERVED, node.place(), message)
        .help(format!("add an expression: `k8s:{NAMESPACE}` `Exists`"));
    if is_empty_map(node) {
        let only_pods =
            format!("{{matchExpressions: [{{key: \"k8s:{NAMESPACE}\", operator: Exists}}]}}");
        finding = finding.fix("select pods only", false, node.place(), only_pods);
    }
    context.out.push(finding);
}

/// The values that a selector asks for, each with its key.
fn values(selector: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let labels = keys(selector).filter_map(|(key, _, value)| Some((key, value?)));
    let expressions = items(selector, "matchExpressions").iter();
    let listed = expressions
        .filter(|expression| text(expression, "operator") == Some("In"))
        .filter_map(|expression| Some((text(expression, "key")?, items(expression, "values"))))
        .flat_map(|(key, values)| values.iter().map(move |value| (key, value)));
    labels.chain(listed)
}

/// A namespace or account that Kubernetes lets nobody create.
fn impossible(context: &mut Context<'_>, selector: &Node) {
    for (key, node) in values(selector) {
        // What is no value of a label at all is refused when it is read.
        let value = node.as_str().filter(|value| is_label_value(value));
        let Some(value) = value else { continue };
        let what = match bare(key) {
            Some(NAMESPACE) if !can_be_namespace(value) => "namespace",
            Some(ACCOUNT) if !can_be_name(value) => "service account",
            _ => continue,
        };
        let message = format!("no {what} can be called `{value}`, so this selects nobody");
        let finding = Diagnostic::new(&codes::POLICY_IMPOSSIBLE_NAME, node.place(), message);
        let small = value.to_ascii_lowercase().replace('_', "-");
        let meant = match what {
            "namespace" => can_be_namespace(&small),
            _ => can_be_name(&small),
        };
        context.out.push(match meant {
            true => finding.help(format!("did you mean `{small}`?")).fix(
                format!("write `{small}`"),
                false,
                node.place(),
                format!("\"{small}\""),
            ),
            false => finding.help("write the name as `kubectl get` shows it"),
        });
    }
}

/// Labels that are no part of an identity: whoever asks for one selects nobody.
pub(super) fn labels(context: &mut Context<'_>, selector: &Node) {
    let mut found = Vec::new();
    for (key, at, _) in keys(selector) {
        let Some(name) = bare(key) else { continue };
        if context.labels.keeps(name) {
            continue;
        }
        let message = format!("the label `{name}` is no part of a pod's identity in Cilium");
        let finding = Diagnostic::new(&codes::POLICY_LABEL_NOT_IN_IDENTITY, at, message)
            .note("the agent's `--labels` drops it by default, so nothing has it");
        let namespace = MEANT_NAMESPACE.contains(&name) || suggest(name, [NAMESPACE]).is_some();
        found.push(match namespace {
            true => finding.help("the namespace's name is another key").fix(
                format!("write `k8s:{NAMESPACE}`"),
                false,
                at,
                format!("\"k8s:{NAMESPACE}\""),
            ),
            false => finding.help("select by a label that the identity keeps"),
        });
    }
    context.out.append(&mut found);
}

pub(super) fn check(context: &mut Context<'_>, item: &Node, side: &str, deny: bool) {
    for selector in items(item, &format!("{side}Endpoints")) {
        labels(context, selector);
        impossible(context, selector);
    }
    if side == "to" && !deny {
        for name in items(item, "toFQDNs") {
            name_of(context, name);
        }
    }
}

fn name_of(context: &mut Context<'_>, item: &Node) {
    if let Some(node) = get(item, "matchName")
        && node
            .as_str()
            .is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok())
    {
        let message = "an address is never asked of DNS, so this name matches nothing";
        let finding = Diagnostic::new(&codes::POLICY_NAME_PATTERN, node.place(), message);
        context
            .out
            .push(finding.help("write the address with a prefix length in `toCIDR`"));
    }
    let Some(node) = get(item, "matchPattern") else {
        return;
    };
    let Some(pattern) = node.as_str() else { return };
    let rest = pattern.trim_start_matches('*');
    if rest.is_empty() {
        return;
    }
    let stars = pattern.len() - rest.len();
    let message = if rest.contains("**") || stars > 2 || (stars == 2 && !rest.starts_with('.')) {
        format!("in `{pattern}` a run of stars stands inside one label, like a single `*`")
    } else if stars == 1 && !rest.starts_with('.') && rest.matches('.').count() == 1 {
        format!("`{pattern}` also matches names of other owners that end alike")
    } else {
        return;
    };
    let finding = Diagnostic::new(&codes::POLICY_NAME_PATTERN, node.place(), message);
    context.out.push(
        finding.help("`*.x.io` is one label below `x.io`, a leading `**.` any number of them"),
    );
}
