//! Existing policies in YAML as sources of `test` and `trace`, alone and beside NPL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod common;

use std::fmt::Write as _;

use common::Sandbox;
use npl_test_support::skip::corpus;
use serde_json::Value;

/// Frontends of `shop` may call its api; nothing else may.
const API: &str = "\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints:
    - matchLabels: {app: frontend}
    toPorts:
    - ports:
      - {port: \"443\", protocol: TCP}
";

/// Pods of teams that pay may call the api too.
const TEAMS: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: teams, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {team: pay}}
---
apiVersion: v1
kind: Namespace
metadata: {name: billing, labels: {team: pay}}
";

/// Asks the api for proof of who calls, which no clause does.
const AUTHENTICATED: &str = "\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: proof, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEntities: [cluster]
    authentication: {mode: required}
";

const FRONTEND: &str = "{ app: \"frontend\" } in shop -> { app: \"api\" } in shop:443";
const STRANGER: &str = "{ app: \"x\" } in shop -> { app: \"api\" } in shop:443";

#[test]
fn a_flow_is_traced_in_yaml_with_the_line_that_decides() {
    let sandbox = Sandbox::with(&[("k8s/api.yaml", API)]);
    let ran = sandbox.run(&["trace", "k8s", FRONTEND]).exits(0);
    assert!(ran.out.starts_with("allow\n"), "{}", ran.out);
    assert!(ran.out.contains("k8s/api.yaml:7"), "{}", ran.out);
    let ran = sandbox.run(&["trace", "k8s/api.yaml", STRANGER]).exits(0);
    assert!(ran.out.starts_with("deny\n"), "{}", ran.out);
    assert!(ran.out.contains("k8s/api.yaml:3"), "{}", ran.out);
    let ran = sandbox
        .run_with(&["trace", "--stdin-kind", "yaml", "-", STRANGER], API)
        .exits(0);
    assert!(ran.out.starts_with("deny\n"), "{}", ran.out);
}

#[test]
fn the_labels_of_a_namespace_come_from_its_manifest() {
    let sandbox = Sandbox::with(&[("k8s/api.yaml", API), ("k8s/teams.yaml", TEAMS)]);
    for (namespace, verdict) in [("billing", "allow\n"), ("lab", "deny\n")] {
        let flow = format!("{{ app: \"x\" }} in {namespace} -> {{ app: \"api\" }} in shop:443");
        let ran = sandbox.run(&["trace", "k8s", &flow]).exits(0);
        assert!(ran.out.starts_with(verdict), "{}", ran.out);
        let json = format!(
            "{{\"src\": {{\"namespace\": \"{namespace}\", \"labels\": {{}}}}, \
             \"dst\": {{\"namespace\": \"shop\", \"labels\": {{\"app\": \"api\"}}}}, \"port\": 443}}\n"
        );
        let ran = sandbox
            .run_with(&["trace", "k8s", "--flows", "-"], &json)
            .exits(0);
        let said: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(said["verdict"], verdict.trim());
    }
}

#[test]
fn tests_beside_the_yaml_test_it() {
    let tests = format!(
        "namespace shop\n\ntest \"api\" {{\n  {FRONTEND} is allowed\n  {STRANGER} is denied\n}}\n"
    );
    let sandbox = Sandbox::with(&[("api.yaml", API), ("api.npl", &tests)]);
    let ran = sandbox.run(&["test", ".", "--coverage"]).exits(0);
    assert!(ran.out.contains("ok test api"), "{}", ran.out);
    assert!(ran.out.contains("1 of 1 rules"), "{}", ran.out);
    let wrong = tests.replace("is denied", "is allowed");
    sandbox.write("api.npl", wrong);
    let ran = sandbox.run(&["test", "."]).exits(1);
    assert!(ran.out.contains("api.yaml:3"), "{}", ran.out);
}

#[test]
fn yaml_and_npl_unite() {
    let npl = "namespace shop\n\nworkload frontend { app: \"frontend\" }\n\
        foreign workload api { app: \"api\" }\n\n\
        allow frontend -> api:443\nallow frontend -> api:80\n\n\
        assert api cannot reach frontend\n\n\
        test \"both\" {\n  frontend -> api:443 is allowed\n  frontend -> api:80 is denied\n}\n";
    let sandbox = Sandbox::with(&[("api.yaml", API), ("shop.npl", npl)]);
    sandbox.run(&["test", "shop.npl"]).exits(1);
    sandbox.run(&["test", "shop.npl", "api.yaml"]).exits(0);
    let ran = sandbox
        .run(&["trace", "shop.npl", "api.yaml", "frontend -> api:80"])
        .exits(0);
    assert!(ran.out.contains("api.yaml:3"), "{}", ran.out);
}

#[test]
fn an_object_that_no_model_holds_leaves_no_answer() {
    let tests = format!("namespace shop\n\ntest \"api\" {{ {FRONTEND} is allowed }}\n");
    let sandbox = Sandbox::with(&[
        ("api.yaml", API),
        ("proof.yaml", AUTHENTICATED),
        ("t.npl", &tests),
    ]);
    for words in [
        vec!["trace", "api.yaml", "proof.yaml", FRONTEND],
        vec!["test", "."],
    ] {
        let ran = sandbox.run(&words).exits(1);
        assert!(ran.err.contains("error[NPL1043]"), "{}", ran.err);
        assert!(ran.err.contains("proof.yaml:7"), "{}", ran.err);
        assert!(!ran.out.contains("allow"), "{}", ran.out);
    }
    // A linter asks nothing of the model: there it is a note.
    let ran = sandbox.run(&["check", "proof.yaml"]).exits(0);
    assert!(ran.out.contains("note[NPL1043]"), "{}", ran.out);
    let claims = "namespace shop\n\nworkload api { app: \"api\" }\n\
        workload web { app: \"web\" }\n\nassert web cannot reach api\n";
    sandbox.write("claims.npl", claims);
    sandbox.run(&["check", "claims.npl", "proof.yaml"]).exits(1);
}

#[test]
fn yaml_alone_has_no_tests_and_builds_nothing() {
    let sandbox = Sandbox::with(&[("api.yaml", API)]);
    let ran = sandbox.run(&["test", "api.yaml"]).exits(0);
    assert!(ran.err.contains("there is no test"), "{}", ran.err);
    let ran = sandbox.run(&["build", "api.yaml"]).exits(2);
    assert!(ran.err.contains("nplc import"), "{}", ran.err);
}

/// Files that hold what no model does, with the code that says so.
const REFUSED: [(&str, &str); 13] = [
    ("policies/l7/http/http.yaml", "NPL1042"),
    ("policies/l7/http/l7_multi.yaml", "NPL1048"),
    (
        "policies/kubernetes/clustermesh/cross-cluster-any-namespace-policy.yaml",
        "NPL1047",
    ),
    (
        "policies/kubernetes/clustermesh/cross-cluster-policy.yaml",
        "NPL1047",
    ),
    ("policies/l4/from_init.yaml", "NPL1046"),
    ("policies/l3/requires/requires.yaml", "NPL1019"),
    ("policies/l3/entities/customnodes.yaml", "NPL1012"),
    (
        "kubernetes/servicemesh/cnp-with-mutual-auth.yaml",
        "NPL1043",
    ),
    ("kubernetes-grpc/cc-door-ingress-security.yaml", "NPL1048"),
    (
        "kubernetes-tls-inspection/l7-visibility-tls.yaml",
        "NPL1041",
    ),
    ("kubernetes-es/es-sw-policy.yaml", "NPL1048"),
    // No Service is given, and what `toServices` means is not known.
    ("policies/l3/service/service.yaml", "NPL1051"),
    // Holds one policy twice.
    (
        "kubernetes/connectivity-check/connectivity-check-proxy.yaml",
        "NPL1023",
    ),
];

#[test]
fn the_recorded_flows_of_ciliums_examples_are_traced() {
    let Some(folder) = corpus("cilium-examples") else {
        return;
    };
    let lines = std::fs::read_to_string(folder.join("verdicts.jsonl")).unwrap();
    let mut judged = 0;
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let file = case["file"].as_str().unwrap();
        let sandbox = Sandbox::with(&[("dns.json", &case["dns"].to_string())]);
        let flows = case["flows"].as_array().unwrap();
        let mut text = String::new();
        for flow in flows {
            let _ = writeln!(text, "{flow}");
        }
        sandbox.write("flows.jsonl", text);
        let path = folder.join("yaml").join(file).canonicalize().unwrap();
        let path = path.to_str().unwrap();
        let words = ["trace", path, "--flows", "flows.jsonl", "--dns", "dns.json"];
        let ran = sandbox.run(&words);
        if let Some((_, code)) = REFUSED.iter().find(|(refused, _)| *refused == file) {
            assert_eq!(ran.code, Some(1), "{file} {}", ran.err);
            assert!(
                ran.err.contains(code) && ran.out.is_empty(),
                "{file} {}",
                ran.err
            );
            continue;
        }
        assert_eq!(ran.code, Some(0), "{file} {}", ran.err);
        let said: Vec<Value> = ran
            .out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(said.len(), flows.len(), "{file}");
        for (flow, said) in flows.iter().zip(&said) {
            assert_eq!(said["verdict"], flow["verdict"], "{file} {flow}");
            assert_eq!(said["egress"]["verdict"], flow["egress"], "{file} {flow}");
            assert_eq!(said["ingress"]["verdict"], flow["ingress"], "{file} {flow}");
            judged += 1;
        }
    }
    println!("traced: {judged} recorded verdicts");
}

/// A Service that forwards 443 to 9443, its pod, a pod of the host network, and where pods are.
const RUNNING: &str = "\
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec:
  selector: {app: api}
  ports:
  - {port: 443, targetPort: 9443}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec: {containers: [{name: main, image: example/api, ports: [{containerPort: 9443}]}]}
status: {podIP: 10.1.0.7}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop, labels: {app: agent}}
spec: {hostNetwork: true, containers: [{name: main, image: example/agent}]}
";

/// What runs beside policies, and what they say: each a warning at the line of the policy.
#[test]
fn policies_against_what_runs() {
    let policy = |name: &str, app: &str, egress: &str| {
        format!(
            "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n\
             metadata: {{name: {name}, namespace: shop}}\nspec:\n  \
             endpointSelector: {{matchLabels: {{app: {app}}}}}\n  egress:\n{egress}"
        )
    };
    let port = "    toPorts: [{ports: [{port: \"443\", protocol: TCP}]}]\n";
    let pods = format!("  - toEndpoints: [{{matchLabels: {{app: api}}}}]\n{port}");
    let nets = format!("  - toCIDR: [10.0.0.0/8]\n{port}");
    let policies = policy("service", "api", &pods)
        + &policy("pods", "api", &nets)
        + &policy("gone", "apis", "  - {}\n")
        + &policy("agent", "agent", "  - {}\n");
    let elsewhere = policy("far", "far", "  - {}\n").replace("space: shop", "space: far");
    let policies = policies + &elsewhere;
    let sandbox = Sandbox::with(&[("p.yaml", &policies), ("k8s/all.yaml", RUNNING)]);
    let args = [
        "check",
        "p.yaml",
        "--inventory",
        "k8s",
        "--format",
        "concise",
    ];
    let out = sandbox.run(&args).exits(0).out;
    for (at, code, text) in [
        (
            "p.yaml:8:5",
            "NPL0804",
            "443 is the port of the Service `shop/api`",
        ),
        ("p.yaml:17:5", "NPL0803", "holds the pod address 10.1.0.7"),
        (
            "p.yaml:22:",
            "NPL0801",
            "the policy selects no pod of the inventory",
        ),
        ("p.yaml:30:", "NPL0802", "which is on the host network"),
    ] {
        let told = |line: &str| line.starts_with(at) && line.contains(code) && line.contains(text);
        assert!(out.lines().any(told), "{at} {code}\n{out}");
    }
    assert_eq!(out.matches("warning[NPL080").count(), 4, "{out}");
}

/// What the model does not hold of Cilium's HTTP proxy is said with the verdict.
#[test]
fn a_rule_beside_an_http_rule_is_traced_with_what_closes_tls() {
    let text = "\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: [{method: GET}]}}]
  - fromEntities: [cluster]
    toPorts: [{ports: [{port: \"80\", protocol: TCP}]}]
";
    let sandbox = Sandbox::with(&[("a.yaml", text)]);
    let flow = "{ app: \"web\" } in shop -> { app: \"api\" } in shop:80";
    let ran = sandbox.run(&["trace", "a.yaml", flow]);
    assert!(ran.out.starts_with("allow\n"), "{}", ran.out);
    assert!(
        ran.out.contains("takes no TLS there (NPL1057)"),
        "{}",
        ran.out
    );
}

/// What a rule says and another one beside it makes void, whoever wrote them.
#[test]
fn clauses_that_limit_nothing_are_told() {
    const WEB: &str = "toEndpoints: [{matchLabels: {app: web}}]";
    const HTTP: &str = "rules: {http: [{method: GET}]}";
    let tls = "toPorts: [{ports: [{port: \"443\", protocol: TCP}], serverNames: [x.com]}]";
    let udp = "toPorts: [{ports: [{port: \"443\", protocol: UDP}]}]";
    let http = format!("toPorts: [{{ports: [{{port: \"80\", protocol: TCP}}], {HTTP}}}]");
    let plain = "toPorts: [{ports: [{port: \"80\", protocol: TCP}]}]";
    let world = "toCIDR: [0.0.0.0/0]";
    for (first, second, codes) in [
        ((WEB, tls), (WEB, ""), &["NPL0603", "NPL0609"][..]),
        ((WEB, tls), (WEB, udp), &["NPL0609"]),
        ((WEB, &http), (WEB, plain), &["NPL1057"]),
        ((WEB, &http), (WEB, ""), &["NPL0603", "NPL1057"]),
        (
            (world, tls),
            ("toEntities: [world]", ""),
            &["NPL0603", "NPL0609"],
        ),
        ((WEB, plain), (world, tls), &[]),
        // The first has no clause that could limit anything.
        ((WEB, plain), (WEB, &http), &["NPL1057"]),
    ] {
        let mut text = "\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: a, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: a}}
  egress:
"
        .to_owned();
        for (peer, ports) in [first, second] {
            writeln!(text, "  - {peer}").unwrap();
            if !ports.is_empty() {
                writeln!(text, "    {ports}").unwrap();
            }
        }
        let sandbox = Sandbox::with(&[("a.yaml", &text)]);
        let ran = sandbox.run(&["check", "a.yaml", "--format", "concise"]);
        let mut found: Vec<&str> = ran
            .out
            .lines()
            .filter_map(|l| l.split(['[', ']']).nth(1))
            .collect();
        found.sort_unstable();
        assert_eq!(found, codes, "{text}\n{}", ran.out);
    }
}
