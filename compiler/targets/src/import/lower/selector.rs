//! Cilium's label selectors as the predicates of the model: namespace, namespace labels, account
//! and pod labels, each of its own dimension.
//!
//! Names that Kubernetes gives to no namespace and no account are dropped: nobody has them.
//!
//! Refuses what speaks of reserved labels beside others, and of other clusters: the model has one
//! cluster.

use npl_policy::label::{Cube, Values};
use smol_str::SmolStr;

use crate::import::{
    judge::is_dropped_label,
    parse::{
        object_name::{can_be_name, can_be_namespace},
        scope::LOCAL_CLUSTER,
    },
    selector::{Operator, Selector},
};

const NAMESPACE: &str = "io.kubernetes.pod.namespace";
const NAMESPACE_LABEL: &str = "io.cilium.k8s.namespace.labels.";
const ACCOUNT: &str = "io.cilium.k8s.policy.serviceaccount";
const CLUSTER: &str = "io.cilium.k8s.policy.cluster";
const RESERVED: &str = "reserved:";

/// Whom a selector selects.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Who {
    /// The wildcard: world and nodes too.
    Everybody,
    Pods(Cube),
    /// One reserved label, and nothing else.
    Reserved(SmolStr),
    Nobody,
    OtherCluster,
    /// Reserved labels beside other requirements.
    Mixed,
}

/// One requirement of a selector, without operator and spelling.
struct Requirement<'a> {
    key: &'a str,
    values: Values,
}

fn requirements(selector: &Selector) -> impl Iterator<Item = Requirement<'_>> {
    let equal = selector.labels.iter().map(|(key, value)| Requirement {
        key,
        values: Values::is(value.clone()),
    });
    let others = selector.expressions.iter().map(|expression| {
        let listed = || expression.values.iter().cloned().map(Some);
        Requirement {
            key: &expression.key,
            values: match expression.operator {
                Operator::In => Values::finite(listed()),
                Operator::NotIn => Values::all_but(listed()),
                Operator::Exists => Values::present(),
                Operator::DoesNotExist => Values::absent(),
            },
        }
    });
    equal.chain(others)
}

/// A pod that has no labels at all, not even a namespace, meets it: so do the endpoints that Cilium
/// runs itself.
pub(super) fn selects_bare_endpoints(selector: &Selector) -> bool {
    requirements(selector).all(|requirement| requirement.values.contains(None))
}

pub(super) fn who(selector: &Selector) -> Who {
    if selector.is_wildcard() {
        return Who::Everybody;
    }
    if selector.has_key_prefix(RESERVED) {
        return reserved(selector);
    }
    let mut cube = Cube::every();
    for Requirement { key, values } in requirements(selector) {
        let (source, bare) = key.split_once(':').unwrap_or(("any", key));
        let is_pod_label = matches!(source, "any" | "k8s");
        if is_pod_label && bare == NAMESPACE {
            cube = cube.with_namespace(&that_can_be(&values, can_be_namespace));
        } else if is_pod_label && bare == ACCOUNT {
            cube = cube.with_account(&that_can_be(&values, can_be_name));
        } else if is_pod_label && bare == CLUSTER {
            if values != Values::is(LOCAL_CLUSTER) {
                return Who::OtherCluster;
            }
        } else if let (true, Some(label)) = (is_pod_label, bare.strip_prefix(NAMESPACE_LABEL)) {
            cube = cube.with_namespace_label(label, &values);
        } else if !is_pod_label || is_dropped_label(bare) {
            // No identity of a pod has such a label.
            if !values.contains(None) {
                return Who::Nobody;
            }
        } else {
            cube = cube.with_label(bare, &values);
        }
    }
    match cube.is_empty() {
        true => Who::Nobody,
        false => Who::Pods(cube),
    }
}

/// Without the names that Kubernetes gives to nothing: no pod is of them, so asking for one selects
/// nobody, and leaving one out leaves out nobody.
fn that_can_be(values: &Values, can_be: impl Fn(&str) -> bool) -> Values {
    let listed = values.listed().iter();
    let listed = listed.filter(|value| value.as_deref().is_none_or(&can_be));
    match values.is_negated() {
        true => Values::all_but(listed.cloned()),
        false => Values::finite(listed.cloned()),
    }
}

/// A reserved label has no value: that it exists says the same as that its value is empty.
fn reserved(selector: &Selector) -> Who {
    let mut all = requirements(selector);
    let (Some(Requirement { key, values }), None) = (all.next(), all.next()) else {
        return Who::Mixed;
    };
    match key.strip_prefix(RESERVED) {
        // Everybody else meets it.
        _ if values.contains(None) => Who::Mixed,
        Some(name) if values.contains(Some("")) => Who::Reserved(name.into()),
        _ => Who::Nobody,
    }
}
