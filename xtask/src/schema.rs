//! The JSON schema of `npl.toml`, for editors: the tables and keys that `sema` and the targets
//! read, and the lints of the registry. Tests hold it to them.

use npl_diagnostics::{Severity, codes};
use serde_json::{Map, Value, json};

/// Where it lies, from the root of the project.
pub(crate) const PATH: &str = "docs/npl.schema.json";

pub(crate) fn text() -> String {
    let text = serde_json::to_string_pretty(&schema());
    text.unwrap_or_default() + "\n"
}

fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "npl.toml",
        "description": "A package of NPL: its sources, its inventory, its targets and its environments.",
        "type": "object",
        "additionalProperties": false,
        "required": ["package"],
        "properties": {
            "package": package(),
            "dependencies": {
                "description": "Packages whose names these sources may use.",
                "type": "object",
                "additionalProperties": table(&[("path", paths_one())], &["path"]),
            },
            "inventory": inventory(),
            "target": targets(),
            "lints": lints(),
            "stage": stage(),
            "env": {
                "description": "Environments, picked with `--env NAME`.",
                "type": "object",
                "additionalProperties": env(),
            },
        },
    })
}

/// A table with these keys and no others.
fn table(keys: &[(&str, Value)], required: &[&str]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn said(description: &str, mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.insert("description".to_owned(), json!(description));
    }
    value
}

fn paths_one() -> Value {
    json!({"type": "string", "description": "A path from the folder of this file."})
}

fn paths() -> Value {
    json!({"type": "array", "items": paths_one()})
}

fn name() -> Value {
    json!({"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63})
}

fn package() -> Value {
    table(
        &[
            (
                "name",
                said("Prefixes the names of emitted objects (RFC 1123).", name()),
            ),
            (
                "source",
                said(
                    "Folders of sources; the folder of this file by default.",
                    paths(),
                ),
            ),
            ("namespace", said("Of workloads that name none.", name())),
            (
                "owner",
                json!({"type": "string", "description": "An annotation on emitted objects."}),
            ),
        ],
        &["name"],
    )
}

fn inventory() -> Value {
    let paths = said("Kubernetes manifests: files and folders.", paths());
    table(&[("paths", paths)], &[])
}

fn targets() -> Value {
    table(
        &[
            ("cilium", cilium()),
            ("kubernetes", kubernetes()),
            ("ebpf", json!({"type": "object"})),
        ],
        &[],
    )
}

fn flag(description: &str) -> Value {
    json!({"type": "boolean", "default": false, "description": description})
}

fn words(description: &str, words: &[&str]) -> Value {
    json!({"enum": words, "description": description})
}

fn control_plane() -> Value {
    words(
        "Where the API server runs.",
        &["external", "nodes", "unknown"],
    )
}

fn cilium() -> Value {
    let version = json!({
        "type": "string",
        "pattern": "^[0-9]+\\.[0-9]+$",
        "default": "1.20",
        "description": "Of the clusters: minor version, 1.18 or later.",
    });
    let filter = json!({"type": "string", "description": "What the agent's `--labels` holds."});
    table(
        &[
            ("version", version),
            ("cluster-mesh", flag("Several clusters are one mesh.")),
            (
                "node-labels",
                flag("The agent has `--enable-node-selector-labels`."),
            ),
            (
                "host-firewall",
                flag("The agent has `--enable-host-firewall`."),
            ),
            (
                "extended-protocols",
                flag("The agent has `--enable-extended-ip-protocols`."),
            ),
            ("control-plane", control_plane()),
            ("label-filter", filter),
            (
                "via-ends",
                words("The ends that check a `via`.", &["source", "both"]),
            ),
        ],
        &[],
    )
}

fn kubernetes() -> Value {
    let cidrs = json!({
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "description": "Prefixes from which pods and nodes take their addresses.",
    });
    let priority = json!({"type": "integer", "minimum": 0, "maximum": 999, "default": 0});
    table(
        &[
            (
                "cluster-network-policy",
                flag("Emit ClusterNetworkPolicy for denies and cluster-wide rules."),
            ),
            (
                "cluster-wide-seals",
                words(
                    "What seals of workloads close whose namespaces are not named.",
                    &["exact", "pods"],
                ),
            ),
            ("cluster-cidrs", cidrs),
            (
                "ip-blocks",
                words(
                    "What the plugin matches an `ipBlock` against.",
                    &["any", "external"],
                ),
            ),
            (
                "priority",
                said("Of denies in ClusterNetworkPolicies; 0 is first.", priority),
            ),
            ("control-plane", control_plane()),
            (
                "unchecked-dns",
                flag("Let `via dns \"*\"` stand for everything on its port."),
            ),
        ],
        &[],
    )
}

/// By name or by code; an error is no lint, and has no level.
fn lints() -> Value {
    let mut properties = Map::new();
    let levels = ["allow", "warn", "error"];
    for code in codes::all().filter(|code| code.severity != Severity::Error) {
        for key in [code.name, code.id] {
            let level = json!({"enum": levels, "description": code.summary});
            properties.insert(key.to_owned(), level);
        }
    }
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

fn stage() -> Value {
    let observe = json!({
        "description": "Workloads that close nothing yet, or `all`.",
        "anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}}],
    });
    table(&[("observe", observe)], &[])
}

fn env() -> Value {
    let params = json!({
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Each a literal of its param's kind.",
    });
    table(
        &[
            ("params", params),
            ("inventory", inventory()),
            ("target", targets()),
            ("stage", stage()),
        ],
        &[],
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use npl_sema::manifest::TARGETS;
    use npl_sema::manifest::read::{ENV, PACKAGE, TOP};
    use npl_targets::{cilium, kubernetes};

    use super::*;

    fn keys(at: &str) -> BTreeSet<String> {
        let schema = schema();
        let table = schema.pointer(at).and_then(|found| found.get("properties"));
        let map = table.and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .map(|(key, _)| key.clone())
            .collect()
    }

    #[track_caller]
    fn same(at: &str, known: &[&str]) {
        let known: BTreeSet<String> = known.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(keys(at), known, "{at}");
    }

    #[test]
    fn it_has_the_keys_that_are_read_and_no_others() {
        same("", &TOP);
        same("/properties/package", &PACKAGE);
        same("/properties/env/additionalProperties", &ENV);
        same("/properties/target", &TARGETS);
        same("/properties/target/properties/cilium", &cilium::KEYS);
        same(
            "/properties/target/properties/kubernetes",
            &kubernetes::KEYS,
        );
    }

    #[test]
    fn the_file_is_up_to_date() {
        let have = std::fs::read_to_string(npl_tests::root().join(PATH));
        let fresh = have.is_ok_and(|have| have == text());
        assert!(fresh, "run `cargo run -p xtask -- schema`");
    }
}
