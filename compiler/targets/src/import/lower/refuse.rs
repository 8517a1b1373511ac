//! What of an object cannot be said, by name.

use npl_diagnostics::{Code, Diagnostic, Place, codes::import as codes};

/// Why an object is not lowered: an error at the place in the YAML.
pub(super) type Refusal = Box<Diagnostic<Place>>;

pub(super) fn refuse(code: Code, at: Place, message: impl Into<String>, help: &str) -> Refusal {
    Box::new(Diagnostic::new(code, at, message).help(help))
}

pub(super) fn node_policy(at: Place) -> Refusal {
    refuse(
        &codes::IMPORT_NODE_POLICY,
        at,
        "a `nodeSelector` speaks of nodes, which no workload is",
        "keep this policy in YAML beside the others",
    )
}

pub(super) fn other_cluster(at: Place) -> Refusal {
    refuse(
        &codes::IMPORT_OTHER_CLUSTER,
        at,
        "a selector speaks of another cluster, and only the local one can be named",
        "keep this policy in YAML, or remove the cluster from its selectors",
    )
}

pub(super) fn mixed_selector(at: Place) -> Refusal {
    refuse(
        &codes::IMPORT_ENTITY,
        at,
        "a selector has a `reserved:` label beside others",
        "name the entity with `fromEntities` or `toEntities`",
    )
}

pub(super) fn entity(at: Place, name: &str) -> Refusal {
    let message = match name {
        "world" => "`reserved:world` alone is nobody where both address families are on".to_owned(),
        _ => format!("`{name}` has no counterpart among the entities"),
    };
    let help = match name {
        "world" => "name the entity with `fromEntities` or `toEntities`",
        _ => "keep this policy in YAML, or remove the peer",
    };
    refuse(&codes::IMPORT_ENTITY, at, message, help)
}
