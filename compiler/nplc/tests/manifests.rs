//! `nplc check` over manifests: every form points into the YAML, exit codes, odd bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod common;

use common::Sandbox;
use npl_test_support::skip::corpus;

const DENY: &str = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n\
    metadata: {name: p, namespace: shop}\nspec:\n  endpointSelector: {}\n  egressDeny:\n  \
    - toEntities: [world]\n";

#[test]
fn every_form_points_into_the_yaml() {
    let sandbox = Sandbox::with(&[("my manifests/p.yaml", DENY)]);
    let check = |format| {
        let ran = sandbox.run(&["check", "my manifests", "--format", format]);
        ran.exits(0)
    };
    assert!(check("full").out.contains("my manifests/p.yaml:6:3"));
    let concise = check("concise").out;
    let wanted = "my manifests/p.yaml:6:3: warning[NPL1070]";
    assert!(concise.starts_with(wanted), "{concise}");
    let json = check("json").json();
    assert_eq!(json["diagnostics"][0]["start"]["line"], 6);
    let sarif = check("sarif").json();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "NPL1070");
    assert!(check("github").out.contains("line=6"));
}

#[test]
fn standard_input_and_exit_codes() {
    let sandbox = Sandbox::new();
    let args = ["check", "-", "--stdin-kind", "yaml", "--format", "concise"];
    let ran = sandbox.run_with(&args, DENY).exits(0);
    assert!(ran.out.starts_with("<stdin>:6:3: "), "{}", ran.out);
    let bad = DENY.replace("world", "wrold");
    let ran = sandbox.run_with(&args, bad).exits(1);
    assert!(ran.out.contains("error[NPL1013]"), "{}", ran.out);
    sandbox.run_with(&args, b"a: \xff\xfe\n").exits(2);
    sandbox.run(&["check", "nowhere.yaml"]).exits(2);
}

/// Each odd text is a diagnostic with a place, or is read; never a crash, never silence about a
/// policy that is not there.
#[test]
fn odd_texts_have_an_answer() {
    let sandbox = Sandbox::new();
    let args = ["check", "-", "--stdin-kind", "yaml", "--format", "concise"];
    let crlf = DENY.replace('\n', "\r\n");
    let bom = format!("\u{FEFF}{DENY}");
    for same in [
        crlf,
        bom,
        format!("---\n{DENY}...\n"),
        format!("# x\n---\n{DENY}---\n"),
    ] {
        let ran = sandbox.run_with(&args, &same).exits(0);
        assert!(ran.out.contains("NPL1070"), "{same:?}\n{}", ran.out);
    }
    for (text, code) in [
        (DENY.replace("  egressDeny", "\tegressDeny"), "NPL1001"),
        (DENY.replace("[world]", "[world"), "NPL1001"),
        (DENY.replace("p, ", "{{ .Values.name }}, "), "NPL1001"),
        (format!("{DENY}spec: {{}}\n"), "NPL1002"),
        (format!("x: {}", "[".repeat(5000)), "NPL1003"),
        (DENY.replace("shop", "n"), "NPL1004"),
        (DENY.replace("Policy", "Policies"), "NPL1081"),
        (
            DENY.replace("cilium.io/v2", "cilium.io/v2alpha1"),
            "NPL1007",
        ),
        (format!("{DENY}---\n{DENY}"), "NPL1023"),
    ] {
        let ran = sandbox.run_with(&args, &text).exits(1);
        let line = ran.out.lines().find(|line| line.contains(code));
        assert!(
            line.is_some_and(|l| l.starts_with("<stdin>:")),
            "{text}\n{}",
            ran.out
        );
    }
    for quiet in ["", "# only a comment\n", "---\n---\n"] {
        assert_eq!(sandbox.run_with(&args, quiet).exits(0).out, "");
    }
}

/// Line, code and file of every finding, each read and found true. Of the lowering to a model
/// (NPL1030 to NPL1069) others speak.
const CORPUS: &str = "\
2066 NPL1076 kubernetes/connectivity-check/connectivity-check-hostport.yaml
872 NPL1076 kubernetes/connectivity-check/connectivity-check-proxy.yaml
1128 NPL0821 kubernetes/connectivity-check/connectivity-check-proxy.yaml
1186 NPL0821 kubernetes/connectivity-check/connectivity-check-proxy.yaml
1205 NPL1023 kubernetes/connectivity-check/connectivity-check-proxy.yaml
1218 NPL1076 kubernetes/connectivity-check/connectivity-check-proxy.yaml
1231 NPL0821 kubernetes/connectivity-check/connectivity-check-proxy.yaml
1298 NPL0821 kubernetes/connectivity-check/connectivity-check-proxy.yaml
503 NPL1076 kubernetes/connectivity-check/connectivity-check-quarantine.yaml
547 NPL1076 kubernetes/connectivity-check/connectivity-check-quarantine.yaml
591 NPL1076 kubernetes/connectivity-check/connectivity-check-quarantine.yaml
635 NPL1076 kubernetes/connectivity-check/connectivity-check-quarantine.yaml
1000 NPL1076 kubernetes/connectivity-check/connectivity-check-quarantine.yaml
30 NPL1074 kubernetes/servicemesh/envoy/client-egress-l7-http.yaml
21 NPL1079 kubernetes/servicemesh/policy/default-deny.yaml
7 NPL1079 kubernetes/servicemesh/policy/external-lockdown.yaml
13 NPL1005 policies/auth/auth.yaml
11 NPL1012 policies/l3/entities/customnodes.yaml
6 NPL1079 policies/l3/entities/from_world_deny.yaml
11 NPL1019 policies/l3/requires/requires.yaml
12 NPL1076 policies/l4/from_init.yaml
10 NPL1076 policies/l4/l4.yaml
10 NPL1076 policies/l4/l4_port_range.yaml
10 NPL1076 policies/l4/l4_sni.yaml
13 NPL1076 policies/l4/multi_rule.yaml
10 NPL1076 policies/l7/http/http.yaml
25 NPL1076 policies/l7/http/l7_multi.yaml
";

#[test]
fn findings_of_ciliums_examples() {
    let Some(folder) = corpus("cilium-examples/yaml") else {
        return;
    };
    let verdicts = std::fs::read_to_string(folder.join("../verdicts.jsonl")).unwrap();
    let sandbox = Sandbox::new();
    let mut found = Vec::new();
    let mut files = 0;
    for line in verdicts.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = case["file"].as_str().unwrap();
        files += 1;
        let path = folder.join(file);
        let ran = sandbox.run(&["check", path.to_str().unwrap(), "--format", "json"]);
        for finding in ran.json()["diagnostics"].as_array().unwrap() {
            let code = finding["code"].as_str().unwrap();
            if !("NPL1030".."NPL1070").contains(&code) {
                let line = &finding["start"]["line"];
                found.push(format!("{line} {code} {file}"));
            }
        }
    }
    println!("{} findings in {files} files of the corpus", found.len());
    let mut wanted: Vec<&str> = CORPUS.lines().collect();
    wanted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, wanted);
}

/// Cilium keeps the type where it keeps ports, and port 0 is every port.
#[test]
fn icmp_type_zero_is_told_to_be_every_type() {
    let policy = |field: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: p, namespace: \
             shop}}\nspec:\n  endpointSelector: {{}}\n  egress: [{{toEndpoints: [{{}}], icmps: \
             [{{fields: [{field}]}}]}}]\n"
        )
    };
    for (field, told) in [
        ("{type: 0}", true),
        ("{type: EchoReply}", true),
        ("{family: IPv6, type: 0}", true),
        ("{family: IPv6, type: EchoReply}", false),
        ("{type: 8}", false),
    ] {
        let sandbox = Sandbox::with(&[("p.yaml", &policy(field))]);
        let ran = sandbox
            .run(&["check", "p.yaml", "--format", "concise"])
            .exits(0);
        assert_eq!(ran.out.contains("NPL1086"), told, "{field}: {}", ran.out);
    }
}

/// A chart that nobody rendered: one message for an object, and no error about the chart itself.
#[test]
fn a_chart_is_to_be_rendered_first() {
    let quoted = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: \"{{ \
                  .Release.Name }}-x\"\n  namespace: shop\nspec:\n  endpointSelector:\n    matchLabels: \
                  {app: \"{{ .Values.app }}\"}\n  ingress: [{}]\n";
    let chart = "apiVersion: v2\nname: shop\nversion: 0.1.0\n";
    let sandbox = Sandbox::with(&[
        ("chart/Chart.yaml", chart),
        ("chart/templates/p.yaml", quoted),
    ]);
    let ran = sandbox
        .run(&["check", "chart", "--format", "concise"])
        .exits(1);
    let wanted = "chart/templates/p.yaml:4:9: error[NPL1001]: this is a template, not YAML yet\n";
    assert_eq!(ran.out, wanted);
    let rendered = quoted
        .replace("{{ .Release.Name }}", "a")
        .replace("{{ .Values.app }}", "a");
    sandbox.write("chart/templates/p.yaml", &rendered);
    sandbox.run(&["check", "chart"]).exits(0);
}

#[test]
fn no_mistake_of_an_object_hides_another() {
    let text = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: 123, namespace: \
                shop}\nspec:\n  endpointSelector: {}\n  ingress:\n  - fromEntities: [cluster]\n    \
                toPorts: [{ports: [{port: 443, endPort: \"450\"}, {port: \"443\", endPort: 80, protocol: \
                tcp}]}]\n";
    let sandbox = Sandbox::with(&[("p.yaml", text)]);
    let ran = sandbox.run(&["check", "p.yaml", "--format", "concise"]);
    let out = ran.exits(1).out;
    let codes: Vec<&str> = out
        .split(['[', ']'])
        .filter(|part| part.starts_with("NPL"))
        .collect();
    assert_eq!(
        codes,
        ["NPL1004", "NPL1004", "NPL1004", "NPL1021", "NPL1015"],
        "{out}"
    );
}

/// A name that a container of the pods has, and one that none has.
#[test]
fn a_port_name_that_no_container_has_is_told() {
    let policy = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: \
                  shop}\nspec:\n  endpointSelector: {matchLabels: {app: api}}\n  ingress:\n  - \
                  fromEndpoints: [{matchLabels: {app: web}}]\n    toPorts: [{ports: [{port: http}, \
                  {port: nope, protocol: TCP}]}]\n";
    let pods = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: shop}\nspec: \
                {selector: {matchLabels: {app: api}}, template: {metadata: {labels: {app: api}}, spec: \
                {containers: [{name: a, ports: [{name: http, containerPort: 80}]}]}}}\n";
    let sandbox = Sandbox::with(&[("p.yaml", policy), ("pods.yaml", pods)]);
    let args = ["check", "p.yaml", "pods.yaml", "--format", "concise"];
    let out = sandbox.run(&args).exits(0).out;
    let wanted = "p.yaml:7:5: warning[NPL1058]: no container of these pods calls a port `nope`";
    assert!(out.starts_with(wanted), "{out}");
    assert_eq!(out.lines().count(), 1, "{out}");
}

/// What the model finds of a mistake that a lint tells already is left out.
#[test]
fn a_selector_that_nothing_meets_is_told_once() {
    for (peer, code) in [
        ("{\"container:app\": x}", "NPL1058"),
        ("{\"k8s:app\": x, \"any:app\": z}", "NPL1058"),
        ("{pod-template-hash: x}", "NPL1077"),
        ("{\"k8s:io.kubernetes.pod.namespace\": A}", "NPL1088"),
    ] {
        for (subject, peer) in [("{app: a}", peer), (peer, "{app: a}")] {
            // Of a subject another namespace is told otherwise.
            if subject.contains("namespace") {
                continue;
            }
            let text = format!(
                "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: p, namespace: \
                 shop}}\nspec:\n  endpointSelector: {{matchLabels: {subject}}}\n  ingress:\n  - \
                 fromEndpoints: [{{matchLabels: {peer}}}]\n"
            );
            let sandbox = Sandbox::with(&[("p.yaml", &text)]);
            let args = ["check", "p.yaml", "--format", "concise"];
            let out = sandbox.run(&args).exits(0).out;
            assert_eq!(out.lines().count(), 1, "{text}\n{out}");
            assert!(out.contains(code), "{text}\n{out}");
        }
    }
    let egress = |rule: &str| DENY.replace("egressDeny:\n  - toEntities: [world]\n", rule);
    for (rule, code) in [
        ("egress: [{toFQDNs: [{matchName: 1.2.3.4}]}]\n", "NPL1075"),
        (
            "egress: [{icmps: [{fields: [{type: 256}]}], toEntities: [all]}]\n",
            "NPL1086",
        ),
        ("egress: [{}]\n  egressDeny: [{}]\n", "NPL1085"),
    ] {
        let sandbox = Sandbox::with(&[("p.yaml", &egress(rule))]);
        let args = ["check", "p.yaml", "--format", "concise"];
        let out = sandbox.run(&args).exits(0).out;
        assert_eq!(out.lines().count(), 1, "{rule}\n{out}");
        assert!(out.contains(code), "{rule}\n{out}");
    }
}
