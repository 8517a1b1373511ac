//! What is refused and what is warned of, with the place of each finding; and what the judge makes
//! of the shapes that look alike.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "test code"
)]

use npl_diagnostics::{Diagnostic, Edit, FileId, Place, Severity};
use npl_targets::import::{
    judge::{Cluster, ClusterService, Flow, Judge, PortsOf},
    read,
    shape::Proto,
};
use proptest::prelude::*;
use serde_json::json;

/// A CiliumNetworkPolicy of the namespace `shop` for pods `app: a`, with this spec below its
/// selector.
fn policy(rest: &str) -> String {
    format!(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: p, namespace: shop}}\n\
         spec:\n  endpointSelector: {{matchLabels: {{app: a}}}}\n{rest}"
    )
}

/// Code, severity, and the text under the finding.
fn findings(text: &str) -> Vec<(&'static str, Severity, String)> {
    shown(text, read(&[(FileId(0), text)]).1)
}

/// The same, with what the lints say.
fn linted(text: &str) -> Vec<(&'static str, Severity, String)> {
    shown(text, all(text))
}

fn all(text: &str) -> Vec<Diagnostic<Place>> {
    let texts = [(FileId(0), text)];
    let mut files = npl_targets::yaml::read::read_all(&texts);
    let mut found = npl_targets::yaml::read::take_findings(&mut files);
    let (policies, more) = npl_targets::import::read_documents(&files);
    found.extend(more);
    found.extend(npl_targets::import::lint::check(&texts, &files, &policies));
    found
}

fn shown(text: &str, diagnostics: Vec<Diagnostic<Place>>) -> Vec<(&'static str, Severity, String)> {
    diagnostics
        .into_iter()
        .map(|d| {
            (
                d.code.name,
                d.severity,
                text[d.at.range.as_usize()].to_owned(),
            )
        })
        .collect()
}

#[track_caller]
fn refused(text: &str, code: &str, under: &str) {
    let found = findings(text);
    let [(name, severity, at)] = &found[..] else {
        panic!("{text}\n{found:?}");
    };
    assert_eq!(
        (*name, *severity, at.as_str()),
        (code, Severity::Error, under),
        "{text}"
    );
    let (policies, _) = read(&[(FileId(0), text)]);
    assert!(
        policies.policies.is_empty(),
        "a refused object is not enforced"
    );
}

#[track_caller]
fn warned(text: &str, code: &str, under: &str) {
    let found = findings(text);
    let [(name, severity, at)] = &found[..] else {
        panic!("{text}\n{found:?}");
    };
    assert_eq!(
        (*name, *severity, at.as_str()),
        (code, Severity::Warning, under),
        "{text}"
    );
    let (policies, _) = read(&[(FileId(0), text)]);
    assert_eq!(policies.policies.len(), 1, "it is enforced all the same");
}

#[test]
fn what_the_schema_or_the_agent_refuses_is_an_error_on_its_line() {
    let rule = |rule: &str| policy(&format!("  egress:\n  - {rule}\n"));
    refused(
        &rule("{toPorts: [{ports: [{port: 443}]}]}"),
        "policy-wrong-type",
        "443",
    );
    refused(&rule("{toEndpoints: {}}"), "policy-wrong-type", "{}");
    refused(
        &rule("{toEndpoints: [{matchLabels: {env: on}}]}"),
        "policy-wrong-type",
        "on",
    );
    refused(
        &rule("{toEntities: [world-ipv4]}"),
        "policy-bad-entity",
        "world-ipv4",
    );
    refused(
        &rule("{toCIDR: [10.0.0.1]}"),
        "policy-bad-network",
        "10.0.0.1",
    );
    refused(
        &rule("{toCIDR: [10.0.0.0/33]}"),
        "policy-bad-network",
        "10.0.0.0/33",
    );
    refused(
        &rule("{toCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/8]}]}"),
        "policy-bad-network",
        "11.0.0.0/8",
    );
    refused(
        &rule("{toCIDRSet: [{except: []}]}"),
        "policy-bad-network",
        "{except: []}",
    );
    refused(
        &rule("{toEntities: [world], toCIDR: [10.0.0.0/8]}"),
        "policy-mixed-peers",
        "toEntities",
    );
    refused(
        &rule("{toPorts: [{ports: [{port: \"65536\"}]}]}"),
        "policy-bad-port",
        "\"65536\"",
    );
    refused(
        &rule("{toPorts: [{ports: [{port: \"80-90\"}]}]}"),
        "policy-bad-port",
        "\"80-90\"",
    );
    refused(
        &rule("{toPorts: [{ports: [{port: \"80\", protocol: tcp}]}]}"),
        "policy-bad-port",
        "tcp",
    );
    refused(
        &rule("{toPorts: [{ports: [{port: \"80\", endPort: 70000}]}]}"),
        "policy-bad-port",
        "70000",
    );
    refused(
        &rule("{toPorts: [{ports: [{port: \"80\"}], rules: {http: [{}]}}]}"),
        "policy-bad-l7",
        "{ports: [{port: \"80\"}], rules: {http: [{}]}}",
    );
    refused(
        &rule("{toFQDNs: [{matchName: \"*.x.io\"}]}"),
        "policy-bad-name",
        "\"*.x.io\"",
    );
    refused(
        &rule("{toFQDNs: [{matchName: a, matchPattern: b}]}"),
        "policy-bad-name",
        "{matchName: a, matchPattern: b}",
    );
    refused(
        &rule("{icmps: [{fields: [{type: Ping}]}]}"),
        "policy-bad-icmp",
        "Ping",
    );
    refused(
        &rule("{toRequires: [{}]}"),
        "policy-removed-field",
        "toRequires",
    );
    refused(&rule("{toNodes: [{}]}"), "policy-needs-agent-flag", "{}");
    refused(
        &rule("{toEndpoints: [{matchExpressions: [{key: a, operator: In}]}]}"),
        "policy-bad-selector",
        "{key: a, operator: In}",
    );
    refused(
        &policy("  nodeSelector: {}\n  egress: [{}]\n"),
        "policy-bad-subject",
        "nodeSelector",
    );
    let many = vec!["{port: \"1\"}"; 41].join(", ");
    refused(
        &rule(&format!("{{toPorts: [{{ports: [{many}]}}]}}")),
        "policy-bad-port",
        &format!("{{ports: [{many}]}}"),
    );
}

#[test]
fn an_object_as_a_whole_can_be_wrong() {
    let good = policy("  egress: [{}]\n");
    assert_eq!(findings(&good), []);
    refused(
        &good.replace("cilium.io/v2", "cilium.io/v1"),
        "policy-wrong-version",
        "cilium.io/v1",
    );
    let bare = good.replace("apiVersion: cilium.io/v2\n", "");
    refused(&bare, "policy-wrong-version", bare.trim_end());
    refused(
        &good.replace("name: p, ", ""),
        "policy-missing-field",
        good.replace("name: p, ", "").trim_end(),
    );
    let empty = policy("  egress: []\n");
    assert_eq!(findings(&empty)[0].0, "policy-no-rules");
    // One bad rule of `specs` takes the good ones with it.
    let two = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p}\nspecs:\n\
               - {endpointSelector: {}, ingress: [{}]}\n- {endpointSelector: {}, ingress: [{fromEntities: [x]}]}\n";
    refused(two, "policy-bad-entity", "x");
    let twice = format!("{good}---\n{}", good.replace("egress", "ingress"));
    let (policies, diagnostics) = read(&[(FileId(0), &twice)]);
    assert_eq!(diagnostics[0].code.name, "policy-duplicate");
    assert_eq!(policies.policies.len(), 1);
    assert!(
        policies.policies[0].rules[0].ends[0].ingress,
        "the last one counts"
    );
}

#[test]
fn what_is_accepted_and_means_something_else_is_a_warning() {
    let rule = |rule: &str| policy(&format!("  egress:\n  - {rule}\n"));
    warned(&rule("{toPort: []}"), "policy-unknown-field", "toPort");
    warned(
        &rule("{toEndpoints: []}"),
        "policy-empty-peers",
        "toEndpoints",
    );
    warned(
        &rule("{toPorts: [{ports: [{port: \"90\", endPort: 80}]}]}"),
        "policy-port-range-ignored",
        "80",
    );
    warned(
        &rule(
            "{toServices: [{k8sService: {serviceName: x}}], toPorts: [{ports: [{port: \"1\"}]}]}",
        ),
        "policy-service-hole",
        "toServices",
    );
    let deny = policy("  egressDeny:\n  - toServices: [{k8sService: {serviceName: x}}]\n");
    warned(&deny, "policy-service-hole", "toServices");
}

#[test]
fn fixes_make_the_finding_go_away() {
    for text in [
        policy("  egress: [{toPorts: [{ports: [{port: 443}]}]}]\n"),
        policy("  egress: [{toPorts: [{ports: [{port: \"443\", protocol: udp}]}]}]\n"),
        policy("  egress: [{toCIDR: [192.0.2.1]}]\n"),
        policy("  egress: [{toCIDR: [\"2001:db8::1\"]}]\n"),
        policy("  egres: []\n  egress: [{}]\n"),
        policy("  egress: [{}]\n").replace("cilium.io/v2", "cilium.io/v1"),
    ] {
        let (_, diagnostics) = read(&[(FileId(0), &text)]);
        let [finding] = &diagnostics[..] else {
            panic!("{text}\n{diagnostics:?}");
        };
        let mut fixed = text.clone();
        for Edit { at, text } in finding.fixes[0].edits.iter().rev() {
            fixed.replace_range(at.range.as_usize(), text);
        }
        let left: Vec<&str> = findings(&fixed).iter().map(|f| f.0).collect();
        assert!(
            !left.contains(&finding.code.name) || left.is_empty(),
            "{fixed}\n{left:?}"
        );
    }
}

/// The verdict at both ends of a flow between `app: a` of `shop` and another end.
fn verdict(yaml: &[&str], flow: &serde_json::Value) -> String {
    let (judge, diagnostics) = Judge::documents(yaml);
    assert!(diagnostics.iter().all(|d| !d.is_error()), "{diagnostics:?}");
    let flow = Flow::from_json(flow).unwrap();
    let judged = judge.judge(&Cluster::default(), &flow);
    format!("{} {}", judged.egress.as_str(), judged.ingress.as_str())
}

fn from_a(dst: &serde_json::Value, port: u16) -> serde_json::Value {
    json!({"src": {"namespace": "shop", "labels": {"app": "a"}}, "dst": dst, "port": port, "proto": "TCP"})
}

fn pod(namespace: &str, app: &str) -> serde_json::Value {
    json!({"namespace": namespace, "labels": {"app": app}})
}

#[test]
fn absent_empty_and_empty_selector_differ() {
    let world = json!({"ip": "8.8.8.8"});
    let near = pod("shop", "b");
    let far = pod("data", "b");
    let ports = "toPorts: [{ports: [{port: \"80\", protocol: TCP}]}]";
    for (rule, near_says, far_says, world_says) in [
        ("{}".to_owned(), "deny", "deny", "deny"),
        (format!("{{{ports}}}"), "allow", "allow", "allow"),
        ("{toEndpoints: []}".to_owned(), "deny", "deny", "deny"),
        (
            format!("{{toEndpoints: [], {ports}}}"),
            "deny",
            "deny",
            "deny",
        ),
        ("{toEndpoints: [{}]}".to_owned(), "allow", "deny", "deny"),
        (
            format!("{{toFQDNs: [], {ports}}}"),
            "allow",
            "allow",
            "allow",
        ),
        (
            format!("{{toServices: [{{k8sService: {{serviceName: nobody}}}}], {ports}}}"),
            "allow",
            "allow",
            "allow",
        ),
    ] {
        let text = policy(&format!("  egress:\n  - {rule}\n"));
        for (dst, want) in [(&near, near_says), (&far, far_says), (&world, world_says)] {
            let got = verdict(&[&text], &from_a(dst, 80));
            assert_eq!(got, format!("{want} allow"), "{rule} {dst}");
        }
    }
}

#[test]
fn a_deny_alone_closes_its_direction_and_beats_every_allow() {
    let deny = policy("  egressDeny: [{toCIDR: [10.0.0.0/24]}]\n");
    assert_eq!(
        verdict(&[&deny], &from_a(&pod("shop", "b"), 80)),
        "deny allow"
    );
    let open =
        policy("  enableDefaultDeny: {egress: false}\n  egressDeny: [{toCIDR: [10.0.0.0/24]}]\n");
    assert_eq!(
        verdict(&[&open], &from_a(&pod("shop", "b"), 80)),
        "allow allow"
    );
    let allow = policy("  egress: [{toCIDR: [10.0.0.1/32]}]\n").replace("name: p", "name: q");
    assert_eq!(
        verdict(&[&deny, &allow], &from_a(&json!({"ip": "10.0.0.1"}), 80)),
        "deny allow"
    );
    assert_eq!(
        verdict(&[&allow], &from_a(&json!({"ip": "10.0.0.1"}), 80)),
        "allow allow"
    );
}

#[test]
fn server_names_are_strict_for_one_spelling_and_not_for_two() {
    let sni = "toPorts: [{ports: [{port: \"443\", protocol: TCP}], serverNames: [x.io]}]";
    let plain = "toPorts: [{ports: [{port: \"443\", protocol: TCP}]}]";
    let mut flow = from_a(&json!({"ip": "192.0.2.1"}), 443);
    flow["sni"] = json!("evil.io");
    let text = |one: &str, two: &str| {
        policy(&format!(
            "  egress:\n  - {{{one}, {sni}}}\n  - {{{two}, {plain}}}\n"
        ))
    };
    let same = text("toCIDR: [192.0.2.0/24]", "toCIDR: [192.0.2.0/24]");
    assert_eq!(verdict(&[&same], &flow), "deny allow");
    let other = text("toCIDR: [192.0.2.0/24]", "toEntities: [world]");
    assert_eq!(verdict(&[&other], &flow), "allow allow");
}

#[test]
fn server_names_and_http_contradict_each_other_in_one_order_only() {
    let sni = "{toPorts: [{ports: [{port: \"80\", protocol: TCP}], serverNames: [x.io]}]}";
    let http =
        "{toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: [{method: GET}]}}]}";
    let conflict = policy(&format!("  egress: [{http}, {sni}]\n"));
    assert_eq!(
        verdict(&[&conflict], &from_a(&pod("shop", "b"), 80)),
        "unknown allow"
    );
    let dns =
        "{toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {dns: [{matchName: x.io}]}}]}";
    let parsers = policy(&format!("  egress: [{http}, {dns}]\n"));
    assert_eq!(
        verdict(&[&parsers], &from_a(&pod("shop", "b"), 9)),
        "unknown allow"
    );
}

#[test]
fn services_and_named_ports_come_from_the_cluster() {
    let text = policy(
        "  egress:\n  - {toServices: [{k8sService: {serviceName: db, namespace: data}}], \
         toPorts: [{ports: [{port: pg, protocol: TCP}]}]}\n",
    );
    let (judge, _) = Judge::documents(&[&text]);
    let cluster = Cluster {
        services: vec![ClusterService {
            namespace: "data".into(),
            name: "db".into(),
            selector: vec![("app".into(), "db".into())],
            ..ClusterService::default()
        }],
        pods: vec![PortsOf {
            namespace: "data".into(),
            labels: vec![("app".into(), "db".into())],
            ports: vec![("pg".into(), Proto::Tcp, 5432)],
        }],
        ..Cluster::default()
    };
    for (dst, port, want) in [
        (pod("data", "db"), 5432, "allow"),
        (pod("data", "db"), 5433, "deny"),
        (pod("shop", "db"), 5432, "deny"),
    ] {
        let flow = Flow::from_json(&from_a(&dst, port)).unwrap();
        assert_eq!(
            judge.judge(&cluster, &flow).egress.as_str(),
            want,
            "{dst} {port}"
        );
    }
}

#[test]
fn groups_of_networks_select_what_their_prefixes_hold() {
    let group = "apiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {name: partners, labels: {kind: partner}}\n\
                 spec: {externalCIDRs: [192.0.2.0/24]}\n";
    for peer in [
        "{cidrGroupRef: partners, except: [192.0.2.9/32]}",
        "{cidrGroupSelector: {matchLabels: {kind: partner}}, except: [192.0.2.9/32]}",
    ] {
        let text = policy(&format!("  egress: [{{toCIDRSet: [{peer}]}}]\n"));
        for (ip, want) in [
            ("192.0.2.1", "allow"),
            ("192.0.2.9", "deny"),
            ("198.51.100.1", "deny"),
        ] {
            let got = verdict(&[&text, group], &from_a(&json!({"ip": ip}), 80));
            assert_eq!(got, format!("{want} allow"), "{peer} {ip}");
        }
    }
}

#[test]
fn network_policies_of_kubernetes_are_judged_as_cilium_translates_them() {
    let text = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {matchLabels: {app: a}}
  policyTypes: [Ingress, Egress]
  egress:
  - to: [{podSelector: {matchLabels: {app: b}}}]
    ports: [{port: 80}, {port: 8000, endPort: 8100, protocol: UDP}]
  - to: [{namespaceSelector: {matchLabels: {team: pay}}}, {ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.9/32]}}]
";
    let mut paying = pod("data", "x");
    paying["nsLabels"] = json!({"team": "pay"});
    for (dst, port, want) in [
        (pod("shop", "b"), 80, "allow"),
        (pod("shop", "b"), 81, "deny"),
        (pod("data", "b"), 80, "deny"),
        (paying, 9, "allow"),
        (json!({"ip": "192.0.2.1"}), 9, "allow"),
        (json!({"ip": "192.0.2.9"}), 9, "deny"),
    ] {
        assert_eq!(
            verdict(&[text], &from_a(&dst, port)),
            format!("{want} allow"),
            "{dst} {port}"
        );
    }
    let into = json!({"src": pod("shop", "b"), "dst": pod("shop", "a"), "port": 80});
    assert_eq!(verdict(&[text], &into), "allow deny");
    let node = json!({"src": {"entity": "host"}, "dst": pod("shop", "a"), "port": 80});
    assert_eq!(verdict(&[text], &node), "allow allow");
    let foreign = text.replace("networking.k8s.io/v1", "example.com/v1");
    assert_eq!(read(&[(FileId(0), &foreign)]).0.policies.len(), 0);
}

#[test]
fn flows_that_are_none_are_refused() {
    for flow in [
        json!({}),
        json!({"src": {"ip": "x"}, "dst": {"ip": "8.8.8.8"}, "port": 1}),
        json!({"src": {"ip": "8.8.8.8"}, "dst": {"ip": "8.8.8.8"}}),
        json!({"src": {"ip": "8.8.8.8"}, "dst": {"ip": "8.8.8.8"}, "port": 70000}),
        json!({"src": {"ip": "8.8.8.8"}, "dst": {"labels": {}}, "port": 1}),
        json!({"src": {"ip": "8.8.8.8"}, "dst": {"ip": "8.8.8.8"}, "port": 1, "proto": "ANY"}),
    ] {
        assert!(Flow::from_json(&flow).is_err(), "{flow}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A policy with any part of its text replaced is read or refused, never a panic.
    #[test]
    fn damaged_policies_are_no_panic(at in 0usize..600, len in 0usize..30, new in "[-:{}\\[\\]a-z0-9\"/.* \n]{0,12}") {
        let mut text = policy(
            "  egress:\n  - toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]\n    toPorts:\n    - ports: \
             [{port: \"443\", endPort: 500, protocol: TCP}]\n      serverNames: [\"*.x.io\"]\n  - toFQDNs: \
             [{matchPattern: \"**.x.io\"}]\n  - icmps: [{fields: [{family: IPv4, type: 8}]}]\n",
        );
        let start = (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let end = (start + len).min(text.len());
        text.replace_range(start..end, &new);
        let (judge, diagnostics) = Judge::documents(&[&text]);
        for finding in &diagnostics {
            prop_assert!(text.get(finding.at.range.as_usize()).is_some());
        }
        let flow = Flow::from_json(&from_a(&json!({"ip": "10.0.0.1"}), 443)).unwrap();
        judge.judge(&Cluster::default(), &flow);
    }
}

/// The YAML of a section of a page, without the line that names the file.
fn fence<'a>(page: &'a str, section: &str) -> &'a str {
    let after = page.split_once(&format!("\n## {section}\n")).unwrap().1;
    let body = after.split_once("```yaml\n//- /file.yaml\n").unwrap().1;
    body.split_once("```").unwrap().0
}

#[test]
fn the_page_of_every_code_shows_that_code_and_no_other() {
    let mut pages = 0;
    for code in npl_diagnostics::codes::all().filter(|code| code.id.starts_with("NPL10")) {
        // What the model cannot say is found after reading: `tests/lower`.
        if code.name.starts_with("import-") {
            continue;
        }
        pages += 1;
        let wrong = linted(fence(code.page, "Wrong"));
        assert!(!wrong.is_empty(), "{}: its Wrong is right", code.id);
        for (name, severity, _) in &wrong {
            assert_eq!(
                (*name, *severity),
                (code.name, code.severity),
                "{}",
                code.id
            );
        }
        assert_eq!(linted(fence(code.page, "Right")), [], "{}", code.id);
    }
    assert_eq!(pages, 42);
}

#[test]
fn what_only_looks_right_is_a_warning_on_its_line() {
    let egress = |rule: &str| policy(&format!("  egress:\n  - {rule}\n"));
    let peers = "toEndpoints: [{matchLabels: {app: b}}]";
    let port =
        |rest: &str| format!("toPorts: [{{ports: [{{port: \"443\", protocol: TCP}}]{rest}}}]");
    let dns = "{toEntities: [cluster], toPorts: [{ports: [{port: \"53\"}], \
               rules: {dns: [{matchPattern: \"*.x.io\"}]}}]}";
    for (text, code, under) in [
        (
            policy("  egressDeny: [{toEntities: [world]}]\n"),
            "policy-deny-only",
            "egressDeny",
        ),
        (
            policy("  ingress: [{}]\n  egress: []\n"),
            "policy-empty-direction",
            "[]",
        ),
        (
            egress(&format!("{{{peers}, toPorts: [{{}}]}}")),
            "policy-ports-missing",
            "{}",
        ),
        (
            egress(&format!("{{toFQDNs: [{{matchName: a.io}}]}}\n  - {dns}")),
            "policy-name-never-learned",
            "{matchName: a.io}",
        ),
        (
            egress(&format!(
                "{{toFQDNs: [{{matchPattern: a.**.x.io}}]}}\n  - {dns}"
            )),
            "policy-name-pattern",
            "a.**.x.io",
        ),
        (
            egress(&format!("{{{}}}", port(""))),
            "policy-open-to-everybody",
            "toPorts",
        ),
        (
            egress(
                "{toEndpoints: [{matchExpressions: [{key: pod-template-hash, operator: Exists}]}]}",
            ),
            "policy-label-not-in-identity",
            "pod-template-hash",
        ),
        (
            egress("{toEndpoints: [{}]}").replace("{app: a}", "{io.kubernetes.pod.namespace: x}"),
            "policy-namespace-ignored",
            "x",
        ),
        (
            egress(&format!(
                "{{{peers}, {}}}",
                port(", rules: {http: [{method: get}]}")
            )),
            "policy-http-pattern",
            "get",
        ),
        (
            egress(&format!(
                "{{{peers}, {}}}",
                port(", rules: {http: [{host: \"*.x.io\"}]}")
            )),
            "policy-http-pattern",
            "\"*.x.io\"",
        ),
        (
            egress("{toCIDR: [10.1.0.0/8]}"),
            "policy-network-odd",
            "10.1.0.0/8",
        ),
        (
            egress("{toCIDR: [\"::ffff:10.0.0.0/104\"]}"),
            "policy-network-odd",
            "\"::ffff:10.0.0.0/104\"",
        ),
        (
            egress("{toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.0.0.0/8]}]}"),
            "policy-network-odd",
            "10.0.0.0/8",
        ),
        (
            egress(&format!("{{{peers}, {}}}", port(", serverNames: [a.io]")))
                .replace("TCP", "UDP"),
            "policy-sni-without-tcp",
            "UDP",
        ),
        (
            egress(&format!("{{{peers}}}\n  - {{}}")),
            "policy-empty-rule",
            "{}",
        ),
        (
            egress(&format!(
                "{{{peers}, icmps: [{{fields: [{{type: 256}}]}}]}}"
            )),
            "policy-icmp-type",
            "256",
        ),
    ] {
        let found = linted(&text);
        let wanted = [(code, Severity::Warning, under.to_owned())];
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn what_is_meant_is_not_warned_of() {
    for text in [
        // Another policy of the same pods opens the direction that the deny closes.
        policy("  egressDeny: [{toEntities: [world]}]\n")
            + "---\n"
            + &policy("  egress: [{toEndpoints: [{}]}]\n").replace("name: p,", "name: q,"),
        policy("  egressDeny: [{toEntities: [world]}]\n  enableDefaultDeny: {egress: false}\n"),
        policy("  egress: [{}]\n  ingress: [{}]\n"),
        policy("  ingress: [{fromEntities: [all], toPorts: [{ports: [{port: \"80\"}]}]}]\n"),
    ] {
        assert_eq!(linted(&text), [], "{text}");
    }
}

#[test]
fn the_fix_of_a_lint_takes_it_away() {
    let mut fixed_ones = 0;
    for code in npl_diagnostics::codes::all().filter(|code| code.id >= "NPL1070") {
        if !code.name.starts_with("policy-") {
            continue;
        }
        let text = fence(code.page, "Wrong");
        let found = all(text);
        let Some(fix) = found.iter().find_map(|finding| finding.fixes.first()) else {
            continue;
        };
        fixed_ones += 1;
        let mut fixed = text.to_owned();
        for Edit { at, text } in fix.edits.iter().rev() {
            fixed.replace_range(at.range.as_usize(), text);
        }
        let left = linted(&fixed);
        assert_eq!(
            left.len(),
            found.len() - 1,
            "{}\n{fixed}\n{left:?}",
            code.id
        );
        assert_eq!(read(&[(FileId(0), &fixed)]).0.policies.len(), 1, "{fixed}");
    }
    assert!(fixed_ones >= 10, "{fixed_ones}");
}
