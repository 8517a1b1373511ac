//! Whole objects: kinds that do not exist, names that Kubernetes refuses, a namespace where none
//! counts.

use npl_diagnostics::{Diagnostic, codes::import as codes, suggest};

use super::{
    Context,
    across::Learned,
    kubernetes,
    node::{entry, get, specs, text},
    rule,
};
use crate::{
    import::parse::{
        object_name::{TEMPLATE, bad_name},
        selector::{is_label_key, is_label_value},
    },
    yaml::read::Node,
};

/// The groups whose policies are read, with the kinds of policy that each has.
const GROUPS: [(&str, &[&str]); 2] = [
    (
        "cilium.io",
        &[
            "CiliumNetworkPolicy",
            "CiliumClusterwideNetworkPolicy",
            "CiliumCIDRGroup",
        ],
    ),
    ("networking.k8s.io", &["NetworkPolicy"]),
];

/// Other kinds of these groups that resemble a policy in name.
const OTHERS: [&str; 2] = ["CiliumLocalRedirectPolicy", "CiliumEgressGatewayPolicy"];

/// What subject and namespace a rule is read with.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// Empty: cluster-wide.
    pub(super) namespace: &'a str,
}

pub(super) fn policy(context: &mut Context<'_>, object: &Node, learned: &Learned<'_>) {
    let kind = text(object, "kind").unwrap_or_default();
    name(context, object);
    labels(context, object);
    let namespace = get(object, "metadata").and_then(|meta| text(meta, "namespace"));
    let namespace = namespace.filter(|name| !name.is_empty());
    match kind {
        "NetworkPolicy" => {
            if let Some(spec) = get(object, "spec") {
                kubernetes::check(context, spec);
            }
        }
        "CiliumNetworkPolicy" => {
            let namespace = namespace.unwrap_or("default");
            for spec in specs(object) {
                rule::check(context, spec, Scope { namespace }, learned);
            }
        }
        "CiliumClusterwideNetworkPolicy" => {
            namespace_of_cluster_wide(context, object, kind);
            for spec in specs(object) {
                rule::check(context, spec, Scope { namespace: "" }, learned);
            }
        }
        _ => namespace_of_cluster_wide(context, object, kind),
    }
}

/// The API server refuses the object for it. An unrendered template is refused when it is read.
fn name(context: &mut Context<'_>, object: &Node) {
    let Some(node) = get(object, "metadata").and_then(|meta| get(meta, "name")) else {
        return;
    };
    let name = node.as_str().filter(|name| !name.contains(TEMPLATE));
    let bad = name.and_then(|name| bad_name("name", name, node.place()));
    context.out.extend(bad);
}

fn labels(context: &mut Context<'_>, object: &Node) {
    let labels = get(object, "metadata").and_then(|meta| get(meta, "labels"));
    for entry in labels.and_then(Node::as_map).unwrap_or_default() {
        let message = if !is_label_key(&entry.key) || entry.key.contains([':', '$']) {
            format!("`{}` is no label key that Kubernetes takes", entry.key)
        } else if let Some(value) = entry.value.as_str().filter(|value| !is_label_value(value)) {
            format!("`{value}` is no label value that Kubernetes takes")
        } else {
            continue;
        };
        let at = entry.value.place();
        let finding = Diagnostic::new(&codes::POLICY_BAD_OBJECT_NAME, at, message);
        let help =
            "letters, digits, `-`, `_` and `.`, at most 63, with a letter or digit at both ends";
        context.out.push(finding.help(help));
    }
}

fn namespace_of_cluster_wide(context: &mut Context<'_>, object: &Node, kind: &str) {
    let Some(entry) = get(object, "metadata").and_then(|meta| entry(meta, "namespace")) else {
        return;
    };
    let message = format!("a `{kind}` lies in no namespace, so Kubernetes drops this one");
    let finding = Diagnostic::new(
        &codes::POLICY_NAMESPACE_IGNORED,
        entry.value.place(),
        message,
    );
    context
        .out
        .push(finding.help("remove it; a policy of one namespace is a `CiliumNetworkPolicy`"));
}

/// A kind that no API server knows, near to one that is a policy.
pub(super) fn other(context: &mut Context<'_>, object: &Node) {
    let (Some(kind), Some(version)) = (get(object, "kind"), text(object, "apiVersion")) else {
        return;
    };
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let known = GROUPS.iter().find(|(name, _)| *name == group);
    let (Some(name), Some((_, kinds))) = (kind.as_str(), known) else {
        return;
    };
    let singular = name.strip_suffix("ies").map(|stem| format!("{stem}y"));
    let singular = singular.as_deref().or_else(|| name.strip_suffix('s'));
    let meant = kinds
        .iter()
        .copied()
        .find(|kind| Some(*kind) == singular)
        .or_else(|| suggest(name, kinds.iter().copied()));
    let Some(meant) = meant.filter(|_| !OTHERS.contains(&name.as_str())) else {
        return;
    };
    let message = format!("`{group}` has no kind `{name}`, so no policy comes of this");
    let finding = Diagnostic::new(&codes::POLICY_UNKNOWN_KIND, kind.place(), message)
        .help(format!("did you mean `{meant}`?"))
        .fix(format!("write `{meant}`"), false, kind.place(), meant);
    context.out.push(finding);
}
