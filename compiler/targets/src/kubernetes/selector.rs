//! Label predicates as the selectors of Kubernetes: one for pods, one for their namespace.

use npl_policy::label::{Cube, NAMESPACE_NAME_LABEL};
use smol_str::SmolStr;

use crate::cilium::{
    selector::{is_only_present, push, sorted},
    shape::{Operator, Requirement, Selector},
};

pub(super) fn pods(cube: &Cube) -> Selector {
    let mut out = Selector::default();
    for (key, values) in cube.labels() {
        push(&mut out, key.clone(), values);
    }
    sorted(out)
}

/// The namespaces of a predicate; `{}` is every one.
pub(super) fn namespaces(cube: &Cube) -> Selector {
    let mut out = Selector::default();
    let name = SmolStr::new_static(NAMESPACE_NAME_LABEL);
    if !is_only_present(cube.namespace()) {
        push(&mut out, name.clone(), cube.namespace());
    }
    for (key, values) in cube.namespace_labels() {
        push(&mut out, key.clone(), values);
    }
    // A negative requirement alone selects, on some plugins, what has no namespace at all.
    let negative =
        |r: &Requirement| matches!(r.operator, Operator::DoesNotExist | Operator::NotIn(_));
    let only_negative = out.labels.is_empty() && out.expressions.iter().all(negative);
    if only_negative && !out.expressions.is_empty() {
        out.expressions.push(Requirement {
            key: name,
            operator: Operator::Exists,
        });
    }
    sorted(out)
}

/// Whether selectors can say it: of a service account they know nothing.
pub(super) fn sayable(cube: &Cube) -> bool {
    is_only_present(cube.account())
}

/// Whether a NetworkPolicy can stand for these pods: it lives in one namespace, and cannot ask for
/// that one's labels.
pub(super) fn namespaced(cube: &Cube) -> bool {
    !cube.namespace().is_negated() && cube.namespace_labels().is_empty()
}
