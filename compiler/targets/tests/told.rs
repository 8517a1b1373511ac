//! What Cilium or `kubectl` drops, replaces or never sees is told, and each mistake once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

use npl_diagnostics::{Diagnostic, FileId, Place};
use npl_targets::{
    import::{self, Policies, lower::lower},
    yaml::read::{read_all, take_findings},
};

/// A CiliumNetworkPolicy of the namespace `shop` for pods `app: a`.
fn policy(rest: &str) -> String {
    format!(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: p, namespace: shop}}\n\
         spec:\n  endpointSelector: {{matchLabels: {{app: a}}}}\n{rest}"
    )
}

fn group(version: &str, name: &str, networks: &str) -> String {
    format!(
        "apiVersion: cilium.io/{version}\nkind: CiliumCIDRGroup\nmetadata: {{name: {name}}}\n\
         spec: {{externalCIDRs: [{networks}]}}\n"
    )
}

fn all(texts: &[&str]) -> (Policies, Vec<Diagnostic<Place>>) {
    let texts: Vec<(FileId, &str)> = (0..).map(FileId).zip(texts.iter().copied()).collect();
    let mut files = read_all(&texts);
    let mut found = take_findings(&mut files);
    let (policies, more) = import::read_documents(&files);
    found.extend(more);
    found.extend(import::lint::check(&texts, &files, &policies));
    (policies, found)
}

/// What `nplc import` tells: reading, and what the model makes of it.
fn imported(text: &str) -> Vec<(&'static str, String)> {
    let (policies, mut found) = import::read(&[(FileId(0), text)]);
    let lowered = lower(&policies, None, &|_| "p.yaml".into());
    found.extend(lowered.diagnostics);
    let shown = |d: Diagnostic<Place>| (d.code.name, text[d.at.range.as_usize()].to_owned());
    found.into_iter().map(shown).collect()
}

/// Code and text under each finding of one file.
fn told(text: &str) -> Vec<(&'static str, String)> {
    let (_, found) = all(&[text]);
    let shown = |d: Diagnostic<Place>| (d.code.name, text[d.at.range.as_usize()].to_owned());
    found.into_iter().map(shown).collect()
}

fn own(told: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let all = told.iter();
    all.map(|(code, under)| (*code, (*under).to_owned()))
        .collect()
}

#[test]
fn of_two_cidr_groups_with_one_name_the_last_counts_and_the_other_is_told() {
    let wide = group("v2", "g", "0.0.0.0/0");
    let narrow = group("v2", "g", "198.51.100.0/24");
    let old = group("v2alpha1", "g", "192.0.2.0/24");
    for (first, last) in [(&wide, &narrow), (&old, &narrow), (&narrow, &old)] {
        let both = format!("{first}---\n{last}");
        for texts in [&[both.as_str()][..], &[first.as_str(), last.as_str()]] {
            let (policies, found) = all(texts);
            let codes: Vec<_> = found.iter().map(|d| d.code.name).collect();
            assert_eq!(codes, ["policy-duplicate"], "{texts:?}");
            assert_eq!(policies.groups.len(), 1);
            let (kept, _) = all(&[last]);
            assert_eq!(policies.groups[0].cidrs, kept.groups[0].cidrs);
            assert_eq!(policies.left_out[0].kind, "CiliumCIDRGroup");
        }
    }
    let other = group("v2", "h", "192.0.2.0/24");
    assert_eq!(told(&format!("{wide}---\n{other}")), []);
}

#[test]
fn a_direction_without_a_rule_is_told_even_where_it_is_said_to_close() {
    let world = "  egress: [{toEntities: [world]}]\n";
    for (rest, under) in [
        ("  enableDefaultDeny: {ingress: true}\n", "true"),
        (
            "  enableDefaultDeny: {ingress: true, egress: true}\n  ingress:\n",
            "true",
        ),
        (
            "  enableDefaultDeny: {ingress: true}\n  ingress: []\n",
            "[]",
        ),
        ("  ingress: []\n", "[]"),
    ] {
        let found = told(&policy(&format!("{rest}{world}")));
        assert_eq!(found, own(&[("policy-empty-direction", under)]), "{rest}");
    }
    for rest in [
        "  enableDefaultDeny: {ingress: false}\n",
        "  enableDefaultDeny: {ingress: false}\n  ingress: []\n",
        "  enableDefaultDeny: {ingress: true}\n  ingress: [{}]\n",
        "  enableDefaultDeny: {ingress: true}\n  ingressDeny: [{fromEntities: [world]}]\n",
        "  enableDefaultDeny: {egress: true}\n",
    ] {
        assert_eq!(told(&policy(&format!("{rest}{world}"))), [], "{rest}");
    }
}

#[test]
fn every_name_that_no_dns_rule_covers_is_told() {
    let rule = |asked: &str, wanted: &str| {
        policy(&format!(
            "  egress:\n  - toEndpoints: [{{matchLabels: {{k8s-app: kube-dns}}}}]\n    \
             toPorts: [{{ports: [{{port: \"53\", protocol: UDP}}], rules: {{dns: [{asked}]}}}}]\n  \
             - toFQDNs: [{wanted}]\n"
        ))
    };
    let never = "policy-name-never-learned";
    for (asked, wanted, lost) in [
        (
            "{matchName: api.x.com}",
            "{matchPattern: \"*.example.com\"}",
            &["{matchPattern: \"*.example.com\"}"][..],
        ),
        (
            "{matchName: x.com}",
            "{matchName: x.com}, {matchPattern: \"y.*\"}",
            &["{matchPattern: \"y.*\"}"],
        ),
        (
            "{matchName: x.com}",
            "{matchName: y.com}, {matchName: X.com.}, {matchName: z.com}",
            &["{matchName: y.com}", "{matchName: z.com}"],
        ),
        (
            "{matchPattern: \"*.a.com\"}",
            "{matchPattern: \"*.b.com\"}",
            &["{matchPattern: \"*.b.com\"}"],
        ),
        (
            "{matchPattern: \"api-*.a.com\"}",
            "{matchPattern: \"web-*.com\"}",
            &["{matchPattern: \"web-*.com\"}"],
        ),
        ("{matchName: api.x.com}", "{matchPattern: \"*.x.com\"}", &[]),
        (
            "{matchPattern: \"*.x.com\"}",
            "{matchPattern: \"**.x.com.\"}",
            &[],
        ),
        ("{matchPattern: \"*\"}", "{matchPattern: \"*.x.com\"}", &[]),
        (
            "{matchPattern: \"a*.com\"}",
            "{matchPattern: \"*b.com\"}",
            &[],
        ),
    ] {
        let mut found = told(&rule(asked, wanted));
        found.retain(|(code, _)| *code != "policy-name-pattern");
        let lost: Vec<_> = lost.iter().map(|under| (never, *under)).collect();
        assert_eq!(found, own(&lost), "{asked} {wanted}");
    }
    let none = policy("  egress: [{toFQDNs: [{matchName: a.io}, {matchName: b.io}]}]\n");
    let found = told(&none);
    assert_eq!(
        found,
        own(&[(never, "{matchName: a.io}")]),
        "one thing lacks"
    );
}

#[test]
fn a_peer_that_nothing_meets_is_told_by_an_import() {
    let nobody = "import-selects-nobody";
    for list in ["ingress", "ingressDeny"] {
        for peer in [
            "{matchLabels: {\"k8s:app\": evil, \"any:app\": bad}}",
            "{matchLabels: {\"container:app\": evil}}",
            "{matchLabels: {\"cidr:10.0.0.0/8\": \"\"}}",
            "{matchExpressions: [{key: \"k8s:io.kubernetes.pod.namespace\", operator: DoesNotExist}]}",
            "{matchLabels: {pod-template-hash: x}}",
            "{matchLabels: {\"k8s:io.kubernetes.pod.namespace\": A}}",
        ] {
            let rule =
                format!("  {list}: [{{fromEndpoints: [{{matchLabels: {{b: c}}}}, {peer}]}}]\n");
            assert_eq!(imported(&policy(&rule)), own(&[(nobody, peer)]), "{list}");
        }
    }
    for (rule, code, under) in [
        ("ingressDeny: [{}]", "policy-empty-rule", "{}"),
        (
            "egressDeny: [{toFQDNs: [{matchName: x.io}]}]",
            "policy-unknown-field",
            "toFQDNs",
        ),
        ("ingressDeny: [{icmps: [{}]}]", "policy-ports-missing", "{}"),
        (
            "ingress: [{fromEndpoints: [{}], icmps: [{fields: []}]}]",
            "policy-ports-missing",
            "{fields: []}",
        ),
        (
            "ingress: [{fromEndpoints: [{}], toPorts: [{}]}]",
            "policy-ports-missing",
            "{}",
        ),
        (
            "ingress: [{icmps: [{fields: [{type: 256}]}]}]",
            nobody,
            "{icmps: [{fields: [{type: 256}]}]}",
        ),
        (
            "ingress: [{fromCIDRSet: [{cidr: 10.0.0.0/8, except: [10.0.0.0/9, 10.128.0.0/9]}]}]",
            nobody,
            "{cidr: 10.0.0.0/8, except: [10.0.0.0/9, 10.128.0.0/9]}",
        ),
        (
            "ingress: [{fromCIDR: [\"::ffff:10.0.0.0/104\"]}]",
            "policy-network-odd",
            "\"::ffff:10.0.0.0/104\"",
        ),
    ] {
        let text = policy(&format!("  {rule}\n"));
        assert_eq!(imported(&text), own(&[(code, under)]), "{rule}");
    }
    for rule in [
        "ingress: [{}]",
        "ingress: [{fromEntities: [none]}]",
        "ingress: [{fromEndpoints: [{matchLabels: {\"k8s:app\": x, app: x}}]}]",
        "ingress: [{fromEndpoints: [{}], icmps: [{fields: [{type: EchoRequest}]}]}]",
    ] {
        assert_eq!(imported(&policy(&format!("  {rule}\n"))), [], "{rule}");
    }
}

#[test]
fn an_object_without_a_rule_and_a_group_of_odd_networks_are_told() {
    let empty = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n\
                 metadata: {name: p, namespace: shop}\nspecs: []\n";
    assert_eq!(told(empty), own(&[("policy-no-rules", "[]")]));
    assert_eq!(imported(empty), own(&[("policy-no-rules", "[]")]));
    let odd = "policy-network-odd";
    let text = group(
        "v2",
        "g",
        "10.0.0.1/8, \"::ffff:1.2.3.0/120\", 192.168.0.0/16",
    );
    let wanted = own(&[(odd, "10.0.0.1/8"), (odd, "\"::ffff:1.2.3.0/120\"")]);
    assert_eq!(told(&text), wanted);
    assert_eq!(imported(&text), wanted);
    let used = policy("  ingress: [{fromCIDRSet: [{cidrGroupRef: g}]}]\n");
    let none = format!("{}---\n{used}", group("v2", "g", ""));
    let wanted = own(&[("import-selects-nobody", "{cidrGroupRef: g}")]);
    assert_eq!(imported(&none), wanted);
}

#[test]
fn one_mistake_is_told_once() {
    for (rest, code, under) in [
        (
            "  ingress: [{toPorts: [{}]}]\n",
            "policy-ports-missing",
            "{}",
        ),
        (
            "  ingress: [{toPorts: [{port: 80, protocol: TCP}]}]\n",
            "policy-ports-missing",
            "{port: 80, protocol: TCP}",
        ),
        (
            "  ingress: [{fromEndpoints: [{matchLabels: {\"k8s:io.kubernetes.pod.namespace\": \
             \"*\"}}]}]\n",
            "policy-bad-selector",
            "\"*\"",
        ),
        (
            "  egress: [{toFQDNs: [{matchName: 1.2.3.4}]}]\n",
            "policy-name-pattern",
            "1.2.3.4",
        ),
        (
            "  ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: \"80\"}], \
             rules: {kafka: [{topic: x}]}}]}]\n",
            "policy-bad-l7",
            "kafka",
        ),
    ] {
        assert_eq!(told(&policy(rest)), own(&[(code, under)]), "{rest}");
    }
    let mistyped = policy("  ingress: [{}]\n").replace("endpointSelector", "endpointselector");
    let wanted = own(&[("policy-bad-subject", "endpointselector")]);
    assert_eq!(told(&mistyped), wanted);
}

#[test]
fn free_text_may_speak_of_templates() {
    let text = policy("  ingress: [{}]\n  description: \"as in {{ .Values.app }}\"\n").replace(
        "namespace: shop",
        "namespace: shop, annotations: {a: \"{{ .b }}\"}",
    );
    assert_eq!(told(&text), []);
    for (from, to) in [
        ("name: p", "name: \"{{ .Release.Name }}\""),
        ("app: a", "app: \"{{ .Values.app }}\""),
    ] {
        let text = text.replace(from, to);
        let (code, _) = &told(&text)[0];
        assert_eq!(*code, "yaml-syntax", "{text}");
    }
    // A file that is broken elsewhere is no template for it.
    let message = |text: &str| all(&[text]).1[0].message.clone();
    let broken = "a: \"{{ .b }}\" # {{ .c }}\nb: [1\n";
    assert!(
        message(broken).starts_with("this is not YAML"),
        "{}",
        message(broken)
    );
    let bare = "a: {{ .b }}\nb: [1\n";
    assert_eq!(message(bare), "this is a template, not YAML yet");
}
