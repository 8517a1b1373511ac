//! What lowering makes of the shapes that look alike, one by one.

use npl_diagnostics::{Diagnostic, FileId};
use npl_policy::{
    interpret::Interpreter,
    model::{Direction, Verdict},
};
use npl_targets::{
    import::judge::{Cluster, Flow, Judge},
    inventory,
};
use serde_json::{Value, json};

use crate::support::{Read, flows, lowered, said};

/// A CiliumNetworkPolicy of the namespace `shop` for pods `app: a`.
fn policy(rest: &str) -> String {
    format!(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: p, namespace: shop}}\n\
         spec:\n  endpointSelector: {{matchLabels: {{app: a}}}}\n{rest}"
    )
}

fn read(texts: &[&str]) -> Read {
    let files: Vec<(FileId, &str)> = (0u32..).map(FileId).zip(texts.iter().copied()).collect();
    let manifests = inventory::read_all(&files);
    lowered(texts, Some(&manifests.inventory))
}

/// One line for each rule, its name of the object and what seals.
fn shown(read: &Read) -> Vec<String> {
    let model = &read.lowered.model;
    let mut out: Vec<String> = Vec::new();
    for workload in &model.workloads {
        let open = match (workload.open_ingress, workload.open_egress) {
            (false, false) => "",
            (true, false) => " open ingress",
            (false, true) => " open egress",
            (true, true) => " open",
        };
        out.push(format!("{}{open}", workload.name));
    }
    out.extend(model.rules.iter().map(|rule| rule.text.to_string()));
    out
}

fn codes(read: &Read) -> Vec<&'static str> {
    let all = read.found.iter().chain(&read.lowered.diagnostics);
    all.map(|finding| finding.code.name).collect()
}

#[track_caller]
fn check(rest: &str, want: &[&str]) {
    let text = policy(rest);
    let read = read(&[&text]);
    let errors: Vec<&Diagnostic<_>> = read
        .lowered
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(shown(&read), want, "{text}");
}

#[test]
fn absent_empty_and_whole_lists_differ() {
    check("  ingress: [{}]\n", &["a open egress"]);
    check("  ingress: [{fromEndpoints: []}]\n", &["a open egress"]);
    check(
        "  ingress: [{fromEndpoints: [{}]}]\n",
        &["a open egress", "allow ingress {} in shop -> a"],
    );
    check(
        "  ingress: [{toPorts: [{ports: [{port: \"80\", protocol: TCP}]}]}]\n",
        &["a open egress", "allow ingress all -> a:80/tcp"],
    );
    check(
        "  ingress: [{fromEndpoints: [], toPorts: [{ports: [{port: \"80\"}]}]}]\n",
        &["a open egress"],
    );
    check("  ingress: [{toPorts: [{}]}]\n", &["a open egress"]);
}

/// Found by fuzzing: the program had an error at the declaration of the peer.
#[test]
fn a_name_that_kubernetes_gives_to_nobody_selects_nobody() {
    let ingress = |labels: &str| format!("  ingress: [{{fromEndpoints: [{labels}]}}]\n");
    check(
        &ingress("{matchLabels: {\"k8s:io.kubernetes.pod.namespace\": Web_Shop}}"),
        &["a open egress"],
    );
    check(
        &ingress("{matchLabels: {io.cilium.k8s.policy.serviceaccount: Robot}}"),
        &["a open egress"],
    );
    check(
        &ingress(
            "{matchExpressions: [{key: \"k8s:io.kubernetes.pod.namespace\", operator: In, values: \
             [data, Web_Shop]}]}",
        ),
        &["a open egress", "allow ingress {} in data -> a"],
    );
    check(
        &ingress(
            "{matchExpressions: [{key: \"k8s:io.kubernetes.pod.namespace\", operator: NotIn, \
             values: [Web_Shop]}]}",
        ),
        &["a open egress", "allow ingress {} in any namespace -> a"],
    );
}

/// Found by random programs: `cluster` beside an HTTP rule on a part of it was refused for `init`.
#[test]
fn the_cluster_beside_an_http_rule_on_a_part_of_it() {
    check(
        "  egress:\n  - toEntities: [cluster]\n    toPorts: [{ports: [{port: \"80\", protocol: TCP}]}]\n  \
         - toEntities: [host]\n    toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: \
         [{method: GET}]}}]\n",
        &[
            "a open ingress",
            "allow egress a -> host:80/tcp via http { \"/**\" }",
            "allow egress a -> ({} in any namespace | remote_node | kube_apiserver | health | \
             cilium_ingress):80/tcp",
            "allow egress a -> host:80/tcp via http { GET \"/**\" }",
        ],
    );
}

#[test]
fn an_http_rule_in_an_open_direction_takes_no_tls() {
    let http = "  egress: [{toEntities: [world], toPorts: [{ports: [{port: \"443\", protocol: TCP}], \
                rules: {http: [{method: GET}]}}]}]\n";
    let open = format!("  enableDefaultDeny: {{egress: false}}\n{http}");
    assert_eq!(codes(&read(&[&policy(&open)])), ["import-http-listener"]);
    assert_eq!(codes(&read(&[&policy(http)])), [""; 0]);
}

#[test]
fn a_deny_alone_closes_and_can_be_told_not_to() {
    check(
        "  egressDeny: [{toEntities: [world]}]\n",
        &["a open ingress", "deny egress a -> world"],
    );
    check(
        "  enableDefaultDeny: {egress: false}\n  egressDeny: [{toEntities: [world]}]\n",
        &["a open", "deny egress a -> world"],
    );
}

#[test]
fn server_names_swallow_a_plain_rule_of_one_spelling_only() {
    let both = |peer: &str| {
        format!(
            "  egress:\n  - toEntities: [world]\n    toPorts: [{{ports: [{{port: \"443\", protocol: TCP}}], \
             serverNames: [a.example.com]}}]\n  - {peer}\n    toPorts: [{{ports: [{{port: \"443\", \
             protocol: TCP}}]}}]\n"
        )
    };
    let strict = "allow egress a -> world:443/tcp via tls.sni \"a.example.com\"";
    check(&both("toEntities: [world]"), &["a open ingress", strict]);
    check(
        &both("toCIDR: [192.0.2.0/24]"),
        &[
            "a open ingress",
            strict,
            "allow egress a -> 192.0.2.0/24:443/tcp",
        ],
    );
    check(
        &both("toEntities: [all]"),
        &["a open ingress", strict, "allow egress a -> all:443/tcp"],
    );
}

#[test]
fn server_names_of_another_subject_swallow_only_where_both_select() {
    let plain = policy(
        "  egress: [{toEntities: [world], toPorts: [{ports: [{port: \"443\", protocol: TCP}]}]}]\n",
    );
    let strict = policy(
        "  egress: [{toEntities: [world], toPorts: [{ports: [{port: \"443\", protocol: TCP}], \
         serverNames: [a.example.com]}]}]\n",
    )
    .replace("app: a", "tier: x")
    .replace("name: p", "name: q");
    let read = read(&[&plain, &strict]);
    assert_eq!(
        shown(&read),
        [
            "a open ingress",
            "x open ingress",
            "allow egress { app: \"a\", tier not in [\"x\"] } in shop -> world:443/tcp",
            "allow egress x -> world:443/tcp via tls.sni \"a.example.com\"",
        ]
    );
    assert_eq!(codes(&read), ["import-names-required"]);
}

#[test]
fn one_rule_keeps_its_other_pieces() {
    check(
        "  egress:\n  - toEntities: [world, host]\n    toPorts: [{ports: [{port: \"443\", protocol: TCP}, \
         {port: \"80\", protocol: TCP}]}]\n  - toEntities: [world]\n    toPorts: [{ports: [{port: \"443\", \
         protocol: TCP}], serverNames: [a.example.com]}]\n",
        &[
            "a open ingress",
            "allow egress a -> world:80/tcp",
            "allow egress a -> host:{80/tcp, 443/tcp}",
            "allow egress a -> world:443/tcp via tls.sni \"a.example.com\"",
        ],
    );
}

#[test]
fn an_http_rule_beside_a_plain_one_takes_every_request_and_no_tls() {
    check(
        "  egress:\n  - toEndpoints: [{}]\n    toPorts: [{ports: [{port: \"80\", protocol: TCP}]}]\n  \
         - toEndpoints: [{}]\n    toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: \
         [{method: GET, path: /a}]}}]\n",
        &[
            "a open ingress",
            "allow egress a -> {} in shop:80/tcp via http { \"/**\" }",
            "allow egress a -> {} in shop:80/tcp via http { GET \"/a?\" }",
        ],
    );
}

#[test]
fn services_and_named_ports_come_from_the_manifests() {
    let around = crate::generate::AROUND;
    let text = |rest: &str| format!("{around}---\n{}", policy(rest));
    let front = text(
        "  egress: [{toServices: [{k8sService: {serviceName: front, namespace: shop}}], toPorts: \
         [{ports: [{port: \"80\", protocol: TCP}]}]}]\n",
    );
    assert_eq!(
        shown(&read(&[&front])),
        [
            "a open ingress",
            "allow egress a -> { app: \"b\" } in shop:80/tcp"
        ]
    );
    let missing = front.replace("serviceName: front", "serviceName: gone");
    assert_eq!(
        shown(&read(&[&missing])),
        ["a open ingress", "allow egress a -> all:80/tcp"]
    );
    let named =
        text("  egress: [{toEndpoints: [{}], toPorts: [{ports: [{port: web, protocol: TCP}]}]}]\n");
    assert_eq!(
        shown(&read(&[&named])),
        [
            "a open ingress",
            "allow egress a -> a:80/tcp",
            "allow egress a -> { app: \"b\", tier: \"x\" } in shop:443/tcp",
        ]
    );
}

#[test]
fn a_dns_rule_on_sctp_alone_opens_nothing() {
    let item = |protocols: &[&str], rules: &str| {
        let ports = protocols.iter();
        let ports: Vec<String> = ports
            .map(|protocol| format!("{{port: \"53\", protocol: {protocol}}}"))
            .collect();
        let ports = ports.join(", ");
        format!("  - toEndpoints: [{{}}]\n    toPorts: [{{ports: [{ports}]{rules}}}]\n")
    };
    let names = ", rules: {dns: [{matchName: x.com}]}";
    let lone = item(&["SCTP"], ", rules: {dns: [{matchPattern: \"*\"}]}");
    let text = policy(&format!(
        "  egress:\n{lone}{}{}",
        item(&["TCP", "UDP"], names),
        item(&["SCTP"], "")
    ));
    let found = read(&[&text]);
    assert_eq!(codes(&found), ["import-selects-nobody"]);
    assert_eq!(
        shown(&found),
        [
            "a open ingress",
            "allow egress a -> {} in shop:{53/tcp, 53/udp} via dns \"x.com\"",
            "allow egress a -> {} in shop:53/sctp",
        ]
    );
    check(
        &format!("  egress:\n{}", item(&["TCP", "UDP", "SCTP"], names)),
        &[
            "a open ingress",
            "allow egress a -> {} in shop:53/any via dns \"x.com\"",
        ],
    );
}

#[test]
fn a_reserved_label_is_an_entity_in_every_spelling() {
    for (selector, want) in [
        (
            "matchLabels: {\"reserved:ingress\": \"\"}",
            "cilium_ingress",
        ),
        (
            "matchExpressions: [{key: \"reserved:ingress\", operator: Exists}]",
            "cilium_ingress",
        ),
        (
            "matchExpressions: [{key: \"reserved:host\", operator: In, values: [\"\"]}]",
            "host",
        ),
        (
            "matchExpressions: [{key: \"reserved:host\", operator: In, values: [x, \"\"]}]",
            "host",
        ),
        (
            "matchExpressions: [{key: \"reserved:health\", operator: NotIn, values: [x]}]",
            "",
        ),
        (
            "matchExpressions: [{key: \"reserved:host\", operator: DoesNotExist}]",
            "",
        ),
        (
            "matchExpressions: [{key: \"reserved:host\", operator: Exists}, {key: app, operator: \
             Exists}]",
            "",
        ),
    ] {
        let text = policy(&format!(
            "  ingress: [{{fromEndpoints: [{{{selector}}}]}}]\n"
        ));
        let found = read(&[&text]);
        let rule = format!("allow ingress {want} -> a");
        let (codes, rules) = (codes(&found), shown(&found));
        match want {
            "" => assert_eq!(codes, ["import-entity"], "{selector}"),
            _ => assert_eq!(rules.last(), Some(&rule), "{selector} {codes:?}"),
        }
    }
    let nobody = "matchExpressions: [{key: \"reserved:host\", operator: In, values: [x]}]";
    check(
        &format!("  ingress: [{{fromEndpoints: [{{{nobody}}}]}}]\n"),
        &["a open egress"],
    );
}

/// Every subject may select pods of every other one; one rule in two hundred is for the same peer.
#[test]
fn among_many_subjects_the_rules_of_one_peer_are_merged() {
    let object = |at: usize, above: &str| {
        let peer = at % 200;
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n\
             metadata: {{name: p{at}, namespace: shop}}\nspec:\n  \
             endpointSelector: {{matchLabels: {{l{at}: x}}}}\n  \
             egress: [{{toEndpoints: [{{matchLabels: {{app: p{peer}}}}}], toPorts: [{{ports: \
             [{{port: \"443\", protocol: TCP}}]{above}}}]}}]\n"
        )
    };
    let names = ", serverNames: [a.io]";
    let texts = (0..400).map(|at| object(at, if at == 7 { names } else { "" }));
    let texts: Vec<String> = texts.collect();
    let found = read(&[&texts.join("---\n")]);
    assert_eq!(codes(&found), ["import-names-required"]);
    let rules: Vec<String> = shown(&found);
    let of_peer = rules.iter().filter(|rule| rule.contains("\"p7\""));
    let of_peer: Vec<&String> = of_peer.collect();
    assert_eq!(of_peer.len(), 2, "{of_peer:?}");
    assert!(of_peer[0].ends_with("via tls.sni \"a.io\""), "{of_peer:?}");
    // What is left of the other one is for pods that the first does not select.
    assert!(of_peer[1].contains("l7"), "{of_peer:?}");
}

/// Two Deployments of the namespace `shop`, the second with more labels than the first.
fn deployments(first: &str, second: &str) -> String {
    let one = |name: &str, rest: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec: {{template: {rest}}}\n---\n"
        )
    };
    one("one", first) + &one("two", second)
}

fn pods(labels: &str, ports: &str) -> String {
    format!("{{metadata: {{labels: {{{labels}}}}}, spec: {{containers: [{{name: c{ports}}}]}}}}")
}

const HTTP_8080: &str = ", ports: [{name: http, containerPort: 8080}]";
const HTTP_9090: &str = ", ports: [{name: http, containerPort: 9090}]";
const IN_BY_NAME: &str = "  ingress: [{fromEntities: [all], toPorts: [{ports: [{port: http, \
                          protocol: TCP}]}]}]\n";
const OUT_BY_NAME: &str = "  egress: [{toEndpoints: [{matchLabels: {app: a}}], toPorts: [{ports: \
                           [{port: http, protocol: TCP}]}]}]\n";

#[test]
fn a_named_port_is_the_pods_own_where_labels_lie_within_labels() {
    let more = "app: a, v: '2'";
    let apart = deployments(&pods("app: a", HTTP_8080), &pods(more, HTTP_9090));
    let on = |rest: &str| shown(&read(&[&format!("{apart}{}", policy(rest))]));
    assert_eq!(
        on(IN_BY_NAME),
        [
            "a open egress",
            "allow ingress all -> { app: \"a\", v not in [\"2\"] } in shop:8080/tcp",
            "allow ingress all -> { app: \"a\", v: \"2\" } in shop:9090/tcp",
        ]
    );
    assert_eq!(
        on(OUT_BY_NAME),
        [
            "a open ingress",
            "allow egress a -> { app: \"a\", v not in [\"2\"] } in shop:8080/tcp",
            "allow egress a -> { app: \"a\", v: \"2\" } in shop:9090/tcp",
        ]
    );
    // What has no port of the name is opened nothing by it; what has the same is one with it.
    let without = deployments(&pods("app: a", HTTP_8080), &pods(more, ""));
    let text = format!("{without}{}", policy(IN_BY_NAME));
    assert_eq!(
        shown(&read(&[&text])),
        [
            "a open egress",
            "allow ingress all -> { app: \"a\", v not in [\"2\"] } in shop:8080/tcp",
        ]
    );
    let text = format!("{apart}{}", policy(IN_BY_NAME));
    for (labels, port, want) in [
        (json!({"app": "a"}), 8080, "allow"),
        (json!({"app": "a"}), 9090, "deny"),
        (json!({"app": "a", "v": "2"}), 8080, "deny"),
        (json!({"app": "a", "v": "2"}), 9090, "allow"),
        (json!({"app": "a", "v": "3"}), 8080, "allow"),
    ] {
        agree(&text, &labels, port, want);
    }
}

/// The model and the judge say the same of a flow to a pod of the namespace `shop`.
#[track_caller]
fn agree(text: &str, labels: &Value, port: u16, want: &str) {
    let dst = json!({"namespace": "shop", "labels": labels});
    let flow = json!({"src": {"ip": "203.0.113.7"}, "dst": dst, "port": port});
    let flow = Flow::from_json(&flow).unwrap();
    let manifests = inventory::read_all(&[(FileId(0), text)]);
    let cluster = Cluster::of(&manifests.inventory);
    let (judge, _) = Judge::documents(&[text]);
    let judged = format!("{:?}", judge.judge(&cluster, &flow).verdict).to_lowercase();
    let found = read(&[text]);
    let interpreter = Interpreter::new(&found.lowered.model);
    let model = said(&interpreter, &flows(&flow, &cluster).unwrap())[0];
    assert_eq!((judged.as_str(), model), (want, want), "{labels} {port}");
}

#[test]
fn pods_that_labels_do_not_tell_apart_have_no_named_port() {
    for other in [HTTP_9090, ""] {
        let alike = deployments(&pods("app: a", HTTP_8080), &pods("app: a", other));
        let found = read(&[&format!("{alike}{}", policy(IN_BY_NAME))]);
        assert_eq!(codes(&found), ["import-needs-inventory"], "{other}");
        // Of pods of one identity Cilium opens what any of them calls so.
        let found = read(&[&format!("{alike}{}", policy(OUT_BY_NAME))]);
        assert_eq!(codes(&found), [""; 0], "{other}");
    }
}

#[test]
fn names_tell_selectors_apart() {
    let subject = |at: usize, kind: &str, place: &str, selector: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: p{at}{place}}}\nspec:\n  \
             endpointSelector: {selector}\n  ingress: [{{}}]\n"
        )
    };
    let cnp = "CiliumNetworkPolicy";
    let texts = [
        subject(0, cnp, ", namespace: shop", "{matchLabels: {app: web}}"),
        subject(1, cnp, ", namespace: data", "{matchLabels: {app: web}}"),
        subject(
            2,
            cnp,
            ", namespace: shop",
            "{matchLabels: {app: web, tier: x}}",
        ),
        subject(3, cnp, ", namespace: shop", "{matchLabels: {app: web}}"),
        subject(4, cnp, ", namespace: shop", "{}"),
        subject(5, "CiliumClusterwideNetworkPolicy", "", "{}"),
        subject(6, cnp, ", namespace: shop", "{matchLabels: {app: test}}"),
        subject(
            7,
            cnp,
            ", namespace: shop",
            "{matchLabels: {app.kubernetes.io/name: 4cast}}",
        ),
        subject(
            8,
            cnp,
            ", namespace: shop",
            "{matchExpressions: [{key: app, operator: DoesNotExist}]}",
        ),
    ];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let read = read(&texts);
    let names: Vec<&str> = read
        .lowered
        .model
        .workloads
        .iter()
        .map(|w| w.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "web",
            "data-web",
            "web-x",
            "shop-pods",
            "everything",
            "shop-test",
            "n-4cast",
            "no-app"
        ]
    );
}

const CLUSTER: &str = "\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 5
  subject:
    pods: {namespaceSelector: {matchLabels: {team: pay}}, podSelector: {matchLabels: {app: a}}}
  egress:
  - action: Deny
    to:
    - networks: [169.254.169.254/32]
    - pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: b}}}
    protocols:
    - tcp: {destinationPort: {range: {start: 80, end: 90}}}
    - udp: {destinationPort: {number: 53}}
";

#[test]
fn a_cluster_network_policy_that_only_denies_is_lowered() {
    let found = read(&[CLUSTER]);
    assert_eq!(codes(&found), Vec::<&str>::new());
    assert_eq!(
        shown(&found),
        [
            "a open",
            "deny egress a -> ({ app: \"b\" } in any namespace | 169.254.169.254/32):{80-90/tcp, 53/udp}"
        ]
    );
    let end = &found.lowered.model.ends[0];
    assert_eq!(
        (end.direction, end.verdict),
        (Direction::Egress, Verdict::Deny)
    );
    let interpreter = Interpreter::new(&found.lowered.model);
    let asked = |dst: Value, port: u16| {
        let flow = json!({
            "src": {"namespace": "billing", "labels": {"app": "a"}, "nsLabels": {"team": "pay"}},
            "dst": dst, "port": port
        });
        let flow = Flow::from_json(&flow).unwrap();
        said(&interpreter, &flows(&flow, &Cluster::default()).unwrap())[0]
    };
    assert_eq!(asked(json!({"ip": "169.254.169.254"}), 85), "deny");
    assert_eq!(asked(json!({"ip": "169.254.169.254"}), 443), "allow");
    assert_eq!(asked(json!({"ip": "169.254.169.253"}), 85), "allow");
    for (from, to) in [
        ("tier: Admin", "tier: Baseline"),
        ("action: Deny", "action: Pass"),
        ("networks: [169.254.169.254/32]", "nodes: {}"),
        (
            "networks: [169.254.169.254/32]",
            "namespaces: {matchExpressions: [{key: team, operator: DoesNotExist}]}",
        ),
    ] {
        let read = read(&[&CLUSTER.replace(from, to)]);
        assert_eq!(codes(&read), ["import-tiered-policy"], "{to}");
        assert!(read.lowered.model.workloads.is_empty(), "{to}");
    }
}

/// `CLUSTER` accepts, and comes after nothing that speaks against it.
#[test]
fn what_accepts_first_is_an_allow_where_nothing_later_says_otherwise() {
    let accepts = CLUSTER.replace("Deny", "Accept");
    let guard = CLUSTER.replace("name: guard", "name: other");
    let network = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: billing}
spec: {podSelector: {}, policyTypes: [Egress]}
";
    let rule = |egress: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: own, namespace: \
             billing}}\nspec:\n  endpointSelector: {{}}\n{egress}"
        )
    };
    let deny = rule("  egressDeny:\n  - toEntities: [world]\n");
    let http = rule(
        "  egress:\n  - toPorts:\n    - ports: [{port: \"80\", protocol: TCP}]\n      rules: {http: \
         [{method: GET}]}\n",
    );
    let earlier = guard.replace("priority: 5", "priority: 4");
    let later = guard.replace("priority: 5", "priority: 6");
    let pass = "egress a -> ({ app: \"b\" } in any namespace | 169.254.169.254/32)";
    for other in [network, &earlier] {
        let found = read(&[&accepts, other]);
        assert_eq!(codes(&found), Vec::<&str>::new(), "{other}");
        let lines = shown(&found);
        assert!(
            lines
                .iter()
                .any(|l| l.starts_with(&format!("allow {pass}"))),
            "{lines:?}"
        );
    }
    // Which of two policies of one priority comes first is not defined.
    for other in [&guard, &later, &deny, &http] {
        let found = read(&[&accepts, other]);
        let tiered = codes(&found).contains(&"import-tiered-policy");
        assert!(tiered, "{other}");
        let lines = shown(&found);
        assert!(
            !lines
                .iter()
                .any(|l| l.starts_with(&format!("allow {pass}"))),
            "{lines:?}"
        );
    }
    let both =
        CLUSTER.to_owned() + "  ingress:\n  - action: Accept\n    from:\n    - namespaces: {}\n";
    assert_eq!(codes(&read(&[&both])), ["import-tiered-policy"]);
}

/// The CRD knows no other peers where traffic comes from.
#[test]
fn ingress_of_a_cluster_network_policy_comes_from_pods() {
    let ingress = CLUSTER.replace("egress", "ingress").replace("to:", "from:");
    let read = read(&[&ingress]);
    assert!(!codes(&read).is_empty());
    assert!(read.lowered.model.workloads.is_empty());
}
