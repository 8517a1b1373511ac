//! The trap table of the lowering (cilium-lowering.md §11), row by row.

use npl_policy::{
    builder::{Builder, dns, tls},
    model::{ControlPlane, Direction, Verdict},
};
use npl_targets::cilium::{LabelFilter, Settings};
use serde_json::{Value, json};

use crate::support::{check, codes, codes_with, emit, http, names, read, rules, specs};

/// Every object of every key, wherever it stands.
fn walk(value: &Value, see: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                see(key, inner);
                walk(inner, see);
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| walk(inner, see)),
        _ => {}
    }
}

fn base() -> Builder {
    Builder::new()
        .workload("a", "app=a")
        .workload("b", "app=b")
        .foreign("f", "app=f ns=data")
}

#[test]
fn any_policy_deny_too_closes_a_direction() {
    let output = emit(base().allow("a", "b", "80").deny("a", "f", ""));
    let specs = specs(&output, "shop-a");
    assert_eq!(
        specs[0]["enableDefaultDeny"],
        json!({"ingress": true, "egress": true})
    );
    for spec in &specs[1..] {
        assert_eq!(
            spec["enableDefaultDeny"],
            json!({"ingress": false, "egress": false})
        );
    }
}

#[test]
fn nil_empty_and_one_empty_rule_differ() {
    let output = emit(base().allow("a", "b", "80").deny("all", "world", ""));
    for object in &output.objects {
        walk(&read(object), &mut |key, value| {
            assert_ne!(*value, json!([]), "{key}");
            if let Value::Array(items) = value {
                assert!(
                    !items.contains(&json!({})) || matches!(key, "ingress" | "egress"),
                    "{key}"
                );
            }
        });
        let specs = read(object)["specs"].as_array().unwrap().clone();
        for spec in &specs[1..] {
            assert_ne!(spec["ingress"], json!([{}]));
            assert_ne!(spec["egress"], json!([{}]));
        }
    }
}

/// The seal is a rule: a direction that is to be closed without one stays open.
#[test]
fn a_seal_has_a_rule_in_each_direction_that_it_closes() {
    let output = emit(base());
    let seal = &specs(&output, "shop-a")[0];
    assert_eq!(seal["ingress"], json!([{}]));
    assert_eq!(seal["egress"], json!([{}]));
}

#[test]
fn deny_beats_every_allow() {
    let output = emit(
        base()
            .allow("a", "10.1.1.1/32", "")
            .deny("a", "10.1.0.0/16", ""),
    );
    insta::assert_snapshot!(rules(&output, "shop-a"));
}

#[test]
fn no_port_means_icmp_too() {
    let output = emit(base().allow("a", "b", ""));
    assert!(!rules(&output, "shop-a").contains("toPorts"));
    let output = emit(base().allow("a", "b", "*/any"));
    assert!(!rules(&output, "shop-a").contains("ANY"));
    assert!(rules(&output, "shop-a").contains("toPorts"));
}

#[test]
fn sni_strictness_depends_on_spelling() {
    // `In` of one value and equality are one predicate, so they are one selector.
    let one = emit(base().foreign("g", "tier=x ns=data").allow("a", "g", "1"));
    assert!(rules(&one, "shop-a").contains(r#""tier":"x""#));
    // A plain rule that contains the clause's takes it away: SNI would stay mandatory for both.
    let output = emit(
        base()
            .allow_via("a", "f", "443 8443", tls(&["x.io"]))
            .allow("a", "f", "443"),
    );
    insta::assert_snapshot!(rules(&output, "shop-a"));
}

#[test]
fn identical_pieces_become_one_rule() {
    let output = emit(base().allow_via("a", "f", "443", tls(&["b.io"])).allow_via(
        "a",
        "f",
        "443 8443",
        tls(&["a.io"]),
    ));
    insta::assert_snapshot!(rules(&output, "shop-a"));
    let merged = &specs(&output, "shop-a")[1];
    assert_eq!(merged["labels"].as_array().unwrap().len(), 2);
    assert!(merged["description"].as_str().unwrap().contains("; and "));
}

#[test]
fn a_swallowed_dns_rule_still_learns_names() {
    let output = emit(base().allow_via("a", "f", "53/any", dns(&["x.io"])).allow(
        "a",
        "f",
        "1-100/udp",
    ));
    insta::assert_snapshot!(rules(&output, "shop-a"));
}

#[test]
fn no_dns_rule_stands_on_sctp_alone() {
    let dns_rules = |plain: &[&str]| {
        let start = base().allow_via("a", "f", "53/any", dns(&["x.io"]));
        let all = plain.iter();
        let output = emit(all.fold(start, |all, ports| all.allow("a", "f", ports)));
        let mut found: Vec<String> = Vec::new();
        for object in &output.objects {
            walk(&read(object), &mut |key, value| {
                if key != "toPorts" {
                    return;
                }
                for item in value.as_array().unwrap() {
                    let ports = item["ports"].as_array().unwrap().iter();
                    let protocols: Vec<&str> =
                        ports.map(|p| p["protocol"].as_str().unwrap()).collect();
                    let names = item["rules"]["dns"].as_array();
                    let kind = names.map_or("plain".to_owned(), |n| format!("{}", n[0]));
                    found.push(format!("{} {kind}", protocols.join("+")));
                }
            });
        }
        found
    };
    assert_eq!(
        dns_rules(&["53/sctp"]),
        [r#"TCP+UDP {"matchName":"x.io"}"#, "SCTP plain"]
    );
    assert_eq!(
        dns_rules(&["53/tcp", "53/udp"]),
        [r#"TCP+UDP {"matchPattern":"*"}"#, "TCP plain", "UDP plain"]
    );
    assert_eq!(dns_rules(&[]), [r#"ANY {"matchName":"x.io"}"#]);
}

#[test]
fn overlapping_workloads_keep_their_union() {
    let output = emit(
        Builder::new()
            .workload("a", "app=a")
            .workload("b", "job=b")
            .foreign("f", "app=f ns=data")
            .allow_via("a", "f", "443", tls(&["x.io"]))
            .allow("b", "f", "443"),
    );
    // The clause keeps its port, in another spelling, since a pod may be `a` alone.
    insta::assert_snapshot!(rules(&output, "shop-a"));
    insta::assert_snapshot!(rules(&output, "shop-b"));
}

#[test]
fn two_kinds_on_one_selector_stop_the_endpoint() {
    let clash = base().allow_via("a", "f", "443", tls(&["x.io"])).allow_via(
        "a",
        "f",
        "400-500",
        http(&[("GET", "/")]),
    );
    assert_eq!(codes(clash), ["via-kinds-clash"]);
    let apart = base()
        .allow_via("a", "f", "443", tls(&["x.io"]))
        .allow_via("a", "f", "80", http(&[("GET", "/")]))
        .allow_via("a", "b", "443", http(&[("GET", "/")]));
    assert_eq!(codes(apart), Vec::<&str>::new());
}

#[test]
fn the_entity_enum_refuses_world_ipv4() {
    let all =
        "world | cluster | host | remote_node | kube_apiserver | health | cilium_ingress | all";
    let output = emit(base().allow("a", all, "80"));
    let expected = [
        "all",
        "world",
        "cluster",
        "host",
        "remote-node",
        "kube-apiserver",
        "health",
        "ingress",
    ];
    walk(&read(&output.objects[0]), &mut |key, value| {
        if key == "toEntities" {
            assert_eq!(*value, json!(expected));
        }
    });
}

/// The language says the same, so that no rule is emitted for it, and a deny is.
#[test]
fn host_always_reaches_its_pods() {
    let output = emit(base());
    assert_eq!(rules(&output, "shop-a"), "");
    let output = emit(base().deny("host", "a", ""));
    assert_eq!(
        rules(&output, "shop-a"),
        "ingressDeny [{\"fromEntities\":[\"host\"]}]\n"
    );
}

#[test]
fn the_api_server_is_in_cluster_and_in_world_when_managed() {
    let rules = || {
        base()
            .allow_via("a", "world", "443", tls(&["x.io"]))
            .allow_via("a", "kube_apiserver", "443", http(&[("GET", "/")]))
    };
    let settings = |control_plane| Settings {
        control_plane,
        ..Settings::default()
    };
    let unknown = codes_with(rules(), &settings(ControlPlane::Unknown));
    assert_eq!(unknown, ["via-kinds-clash"]);
    let nodes = codes_with(rules(), &settings(ControlPlane::Nodes));
    assert_eq!(nodes, Vec::<&str>::new());
}

#[test]
fn to_services_has_holes() {
    let output = emit(base().allow("a", "b | f", "80").allow("a", "world", ""));
    assert!(
        output
            .objects
            .iter()
            .all(|o| !o.yaml.contains("toServices"))
    );
}

#[test]
fn a_service_port_is_not_the_pod_port() {
    let mut model = crate::support::package(base().allow("a", "f", "8443"));
    for end in &mut model.ends {
        let mut peers = (*end.peers).clone();
        for part in &mut peers.pods {
            part.resolved = Some("Service data/f@443→8443".into());
        }
        end.peers = std::sync::Arc::new(peers);
    }
    let output = crate::support::emit_with(model, &Settings::default(), &Default::default());
    let read = read(&output.objects[0]);
    assert_eq!(
        read["metadata"]["annotations"]["npl/resolved"],
        "Service data/f@443→8443"
    );
}

#[test]
fn a_cidr_never_matches_pods_or_nodes() {
    // An address rule and a pod rule are never taken for one another.
    let mixed = base()
        .allow_via("a", "10.0.0.0/8", "443", tls(&["x.io"]))
        .allow_via("a", "f | remote_node", "443", http(&[("GET", "/")]));
    assert_eq!(codes(mixed), Vec::<&str>::new());
    let output = emit(base().allow("a", "10.0.0.0/8-10.1.0.0/16", "80"));
    assert!(output.objects[0].yaml.contains("toCIDRSet"));
    assert!(!output.objects[0].yaml.contains("toCIDR:"));
}

/// Cilium refuses `http` on port "0", and tells its proxy of every port, of each protocol, where
/// `serverNames` stand on it (reference, section 1).
#[test]
fn a_clause_on_every_port_names_them() {
    for clause in [tls(&["x.io"]), http(&[("GET", "/")])] {
        let rule = base().allow_via("a", "b", "*", clause);
        assert_eq!(codes(rule.clone()), Vec::<&str>::new());
        let yaml = &emit(rule).objects[0].yaml;
        assert!(
            yaml.contains("port: \"1\"\n        endPort: 65535"),
            "{yaml}"
        );
        assert!(!yaml.contains("port: \"0\""), "{yaml}");
    }
}

#[test]
fn names_need_dns_proxying() {
    let unseen = || base().allow("a", "name:api.example.com", "443");
    let denied = unseen().allow_via("a", "f", "53/any", dns(&["*"]));
    assert_eq!(
        codes(denied.clone().deny("a", "f", "")),
        ["name-never-learned"]
    );
    // Over UDP the answers are still seen.
    assert_eq!(codes(denied.deny("a", "f", "53/tcp")), Vec::<&str>::new());
    assert_eq!(codes(unseen()), ["name-never-learned"]);
    assert_eq!(
        codes(unseen().allow("a", "f", "53/any")),
        ["name-never-learned"]
    );
    let other = unseen().allow_via("a", "f", "53/any", dns(&["*.example.org"]));
    assert_eq!(codes(other), ["name-never-learned"]);
    let seen = unseen().allow_via(
        "all",
        "f",
        "53/any",
        dns(&["*.example.org", "*.example.com"]),
    );
    assert_eq!(codes(seen), Vec::<&str>::new());
}

#[test]
fn two_names_may_share_an_address() {
    let shared = base()
        .allow_via("all", "f", "53/any", dns(&["*"]))
        .allow_via("a", "name:a.io", "443", tls(&["a.io"]))
        .allow_via("a", "name:b.io", "443", http(&[("GET", "/")]));
    assert_eq!(codes(shared), ["via-kinds-clash"]);
}

#[test]
fn a_star_in_a_name_is_within_one_label() {
    let output = emit(base().allow_via("all", "f", "53/any", dns(&["*"])).allow(
        "a",
        "name:*.x.io | name:x.io | name:**.y.io",
        "443",
    ));
    let text = rules(&output, "shop-a");
    assert!(text.contains(
        r#""toFQDNs":[{"matchPattern":"**.y.io"},{"matchPattern":"*.x.io"},{"matchName":"x.io"}]"#
    ));
}

#[test]
fn named_ports_mean_what_each_peer_says() {
    let output = emit(
        base()
            .allow("a", "b", "80 8000-8010 53/any")
            .deny("a", "f", "22"),
    );
    for object in &output.objects {
        walk(&read(object), &mut |key, value| {
            if key == "port" {
                assert!(value.as_str().unwrap().parse::<u16>().is_ok());
            }
        });
    }
}

#[test]
fn host_policies_are_inert_or_dangerous() {
    let output = emit(base().allow("host", "a", "80").deny("remote_node", "a", ""));
    assert!(
        output
            .objects
            .iter()
            .all(|o| !o.yaml.contains("nodeSelector"))
    );
    assert!(output.objects.iter().all(|o| !o.yaml.contains("Nodes:")));
}

#[test]
fn icmp_is_numbers_in_a_rule_of_its_own() {
    let output = emit(base().allow("a", "b", "80 icmp"));
    insta::assert_snapshot!(rules(&output, "shop-a"));
}

#[test]
fn a_range_that_runs_backwards_passes_the_schema() {
    let output = emit(base().allow("a", "b", "80-90 100"));
    let text = rules(&output, "shop-a");
    assert!(text.contains(r#"{"port":"80","endPort":90,"protocol":"TCP"}"#));
    assert!(text.contains(r#"{"port":"100","protocol":"TCP"}"#));
}

#[test]
fn one_bad_spec_disables_the_object() {
    // Whatever could not be loaded is refused before anything is written.
    let long = "x".repeat(64);
    let bad = base().workload("c", &format!("app=c account={long}"));
    assert_eq!(codes(bad), ["not-expressible"]);
}

#[test]
fn a_port_rule_without_ports_selects_nothing_or_all() {
    let output = emit(base().allow("a", "b", "80 icmp").allow("a", "f", ""));
    for object in &output.objects {
        walk(&read(object), &mut |key, value| {
            if key == "toPorts" {
                for rule in value.as_array().unwrap() {
                    assert!(!rule["ports"].as_array().unwrap().is_empty());
                }
            }
        });
    }
}

#[test]
fn a_policy_forces_its_own_namespace() {
    let output = emit(
        Builder::new()
            .workload("a", "app=a ns=shop|pay")
            .workload("c", "app=c ns=shop")
            .allow("a", "c", "80"),
    );
    assert_eq!(names(&output), ["shop-a", "shop-a", "shop-c"]);
    for object in &output.objects {
        for spec in read(object)["specs"].as_array().unwrap() {
            let selector = spec["endpointSelector"].to_string();
            assert!(
                !selector.contains("io.kubernetes.pod.namespace"),
                "{selector}"
            );
        }
    }
    // The peer says its namespace, its own too.
    assert!(rules(&output, "shop-a").contains(r#""k8s:io.kubernetes.pod.namespace":"shop""#));
}

#[test]
fn a_clusterwide_policy_selects_reserved_endpoints() {
    let output = emit(
        Builder::new()
            .workload("w", "!app ns=*")
            .workload("v", "ns!=kube-system"),
    );
    for object in &output.objects {
        assert_eq!(object.kind, "CiliumClusterwideNetworkPolicy");
        let selector = &read(object)["specs"][0]["endpointSelector"]["matchExpressions"];
        let exists = json!({"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"});
        assert!(selector.as_array().unwrap().contains(&exists), "{selector}");
    }
}

#[test]
fn labels_outside_identity() {
    assert_eq!(
        codes(base().workload("c", "pod-template-hash=x")),
        ["label-not-in-identity"]
    );
    assert_eq!(
        codes(base().foreign("c", "!topology.kubernetes.io/zone")),
        ["label-not-in-identity"]
    );
    // Labels of namespaces go through the same filter, under Cilium's prefix.
    assert_eq!(
        codes(base().workload("c", "ns.beta.kubernetes.io/x=y")),
        ["label-not-in-identity"]
    );
    assert_eq!(codes(base().workload("c", "ns.team=y")), Vec::<&str>::new());
    let settings = Settings {
        label_filter: LabelFilter::parse("k8s:app k8s:io.cilium").unwrap(),
        ..Settings::default()
    };
    assert_eq!(codes_with(base(), &settings), Vec::<&str>::new());
    let tier = codes_with(base().workload("c", "tier=x"), &settings);
    assert_eq!(tier, ["label-not-in-identity"]);
}

#[test]
fn negative_namespace_selectors_reach_the_world() {
    let output = emit(
        base()
            .foreign("g", "app=g ns!=kube-system")
            .allow("a", "g", "80"),
    );
    insta::assert_snapshot!(rules(&output, "shop-a"));
}

#[test]
fn enable_default_deny_is_pruned_by_old_crds() {
    let found = crate::findings::settings(&[("version", "1.17")]);
    assert_eq!(found, ["version-too-old"]);
    let output = emit(base().allow("a", "b", "80"));
    for object in &output.objects {
        for spec in read(object)["specs"].as_array().unwrap() {
            let default = spec["enableDefaultDeny"].as_object().unwrap();
            assert!(default.values().all(Value::is_boolean) && default.len() == 2);
        }
    }
}

#[test]
fn forty_ports_and_forty_icmp_fields() {
    let ports: Vec<String> = (0..100).map(|p| (1000 + 2 * p).to_string()).collect();
    let output = emit(base().allow_via("a", "f", &ports.join(" "), tls(&["x.io"])));
    let spec = &specs(&output, "shop-a")[1];
    let lists = spec["egress"][0]["toPorts"].as_array().unwrap();
    let lengths: Vec<_> = lists
        .iter()
        .map(|l| l["ports"].as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [40, 40, 20]);
    // Each of them repeats the clause.
    assert!(lists.iter().all(|l| l["serverNames"] == json!(["x.io"])));
    // Adjacent ports of one protocol are one range.
    let output = emit(base().allow("a", "f", "1000 1001 1002"));
    assert!(rules(&output, "shop-a").contains(r#""port":"1000","endPort":1002"#));
}

/// UDP beside SNI is another protocol to Cilium: the clause stays with TCP.
#[test]
fn quic_beside_sni() {
    let output = emit(
        base()
            .allow_via("a", "f", "443", tls(&["x.io"]))
            .allow("a", "f", "443/udp"),
    );
    insta::assert_snapshot!(rules(&output, "shop-a"));
}

#[test]
fn yaml_1_1_words_in_labels_and_names() {
    let output = emit(Builder::new().workload("on", "on=off y=no app=1_000 t=12:30 ns=n"));
    let object = &output.objects[0];
    for text in [
        "\"on\": \"off\"",
        "\"y\": \"no\"",
        "app: \"1_000\"",
        "t: \"12:30\"",
    ] {
        assert!(object.yaml.contains(text), "{text} in\n{}", object.yaml);
    }
    assert!(object.yaml.contains("namespace: \"n\""));
}

// The rest of §6.1: which end checks.

#[test]
fn a_clause_stands_at_the_source_where_that_is_enough() {
    let both = base().allow_via("a", "b", "443", tls(&["x.io"]));
    let output = emit(both.clone());
    assert!(rules(&output, "shop-a").contains("serverNames"));
    assert!(!rules(&output, "shop-b").contains("serverNames"));
    let settings = Settings {
        via_ends: npl_targets::cilium::ViaEnds::Both,
        ..Settings::default()
    };
    let model = crate::support::package(both);
    let output = crate::support::emit_with(model, &settings, &Default::default());
    assert!(rules(&output, "shop-b").contains("serverNames"));
}

#[test]
fn the_destination_checks_what_the_source_does_not() {
    // The foreign part of the source is checked where it arrives, the owned part is not.
    let output = emit(base().allow_via("a | f", "b", "443", tls(&["x.io"])));
    insta::assert_snapshot!(rules(&output, "shop-b"));
    // A rule at the source's end alone admits more than the destination should.
    let wider = base().allow_via("a", "b", "443", tls(&["x.io"])).rule(
        Verdict::Allow,
        Some(Direction::Egress),
        "a",
        "cluster",
        "443",
        None,
    );
    assert!(rules(&emit(wider), "shop-b").contains("serverNames"));
    // An open or an observed source checks nothing.
    let open = Builder::new()
        .workload("a", "app=a")
        .open(Direction::Egress)
        .workload("b", "app=b")
        .allow_via("a", "b", "443", tls(&["x.io"]));
    assert!(rules(&emit(open), "shop-b").contains("serverNames"));
    let observed = Builder::new()
        .workload("a", "app=a")
        .observed()
        .workload("b", "app=b")
        .allow_via("a", "b", "443", tls(&["x.io"]));
    let output = emit(observed);
    assert!(rules(&output, "shop-b").contains("serverNames"));
    assert!(!rules(&output, "shop-a").contains("serverNames"));
}

#[test]
fn nothing_is_said_of_a_sound_program() {
    let sound = base()
        .allow("a", "b", "80")
        .allow("world", "a", "443")
        .deny("all", "host", "22");
    assert!(check(sound).is_empty());
}
