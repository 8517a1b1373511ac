//! The conformance engine refuses of Kubernetes' own policies what an API server refuses, at the
//! stage that does: only then does it count that it accepts what is emitted.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use npl_tests::engine::Engine;
use serde_json::json;

const NETWORK: &str =
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: b}\n";
const CLUSTER: &str = "apiVersion: policy.networking.k8s.io/v1alpha2\n\
                       kind: ClusterNetworkPolicy\nmetadata: {name: a}\n";

/// Documents by their head, their `spec`, and the stage that refuses them.
const CASES: [(&str, &str, &str); 13] = [
    (NETWORK, "{podSelector: {}}", "ok"),
    (NETWORK, "{podSelector: {}, ingres: []}", "decode"),
    (
        NETWORK,
        "{podSelector: {}, policyTypes: [ingress]}",
        "schema",
    ),
    (
        NETWORK,
        "{podSelector: {}, ingress: [{from: [{}]}]}",
        "schema",
    ),
    (
        NETWORK,
        "{podSelector: {}, ingress: [{ports: [{port: 90, endPort: 80}]}]}",
        "schema",
    ),
    (
        NETWORK,
        "{podSelector: {}, ingress: [{ports: [{port: 0}]}]}",
        "schema",
    ),
    (
        NETWORK,
        "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}",
        "schema",
    ),
    (
        NETWORK,
        "{podSelector: {matchExpressions: [{key: a, operator: In}]}}",
        "schema",
    ),
    (
        CLUSTER,
        "{tier: Admin, priority: 1, subject: {namespaces: {}}}",
        "ok",
    ),
    (
        CLUSTER,
        "{tier: Admin, priority: 1001, subject: {namespaces: {}}}",
        "schema",
    ),
    (
        CLUSTER,
        "{tier: Admin, priority: 1, subject: {namespaces: {}}, \
         ingress: [{action: Deny, from: [{networks: [10.0.0.0/8]}]}]}",
        "schema",
    ),
    (
        CLUSTER,
        "{tier: Admin, priority: 1, subject: {namespaces: {}}, \
         egress: [{action: Deny, to: [{networks: [10.0.0.0]}]}]}",
        "cel",
    ),
    (
        CLUSTER,
        "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, \
         to: [{namespaces: {}}], \
         protocols: [{tcp: {destinationPort: {range: {start: 5, end: 5}}}}]}]}",
        "cel",
    ),
];

#[test]
fn what_an_api_server_refuses_is_refused() {
    let Some(mut engine) = Engine::start() else {
        return;
    };
    for (head, spec, stage) in CASES {
        let request = json!({"op": "validate", "documents": [format!("{head}spec: {spec}\n")]});
        let answer = engine.ask(&request).unwrap();
        let said: Vec<_> = answer.documents.iter().map(|d| d.stage.as_str()).collect();
        assert_eq!(said, [stage], "{spec}: {:?}", answer.documents);
    }
}
