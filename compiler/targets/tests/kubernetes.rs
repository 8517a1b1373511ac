//! The Kubernetes target, feature by feature: what becomes an object, and what is refused by name.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::{collections::BTreeSet, sync::Arc};

use npl_diagnostics::{Diagnostic, FileId, Place, TextRange};
use npl_policy::{
    builder::{self, Builder},
    model::{Checked, ControlPlane, Direction, Model},
};
use npl_targets::{
    cilium::{SettingEntry, SettingValue},
    kubernetes::{self, ClusterWideSeals, EmitOptions, IpBlocks, Output, Settings, Stage},
};
use serde_json::{Value, json};

fn external() -> Settings {
    Settings {
        ip_blocks: IpBlocks::External,
        ..Settings::default()
    }
}

fn tiers() -> Settings {
    Settings {
        cluster_network_policy: true,
        ..external()
    }
}

fn package(builder: Builder) -> Model {
    Model {
        package: "shop".into(),
        ..builder.build()
    }
}

fn codes(builder: Builder, settings: &Settings) -> Vec<&'static str> {
    let found = kubernetes::check(&package(builder), settings);
    found.iter().map(|d| d.code.name).collect()
}

fn emit_at(builder: Builder, settings: &Settings, stage: Stage) -> Output {
    let none: &[Diagnostic<Place>] = &[];
    let checked = Checked::new(Arc::new(package(builder)), none).unwrap();
    let options = EmitOptions {
        stage,
        ..EmitOptions::default()
    };
    kubernetes::emit(&checked, settings, &options).unwrap()
}

fn emit(builder: Builder, settings: &Settings) -> Output {
    emit_at(builder, settings, Stage::Enforce)
}

/// The specs of every object, in order.
fn specs(output: &Output) -> Vec<Value> {
    let read = |yaml: &String| -> Value { serde_saphyr::from_str(yaml).unwrap() };
    let specs = output.objects.iter().map(|o| read(&o.yaml)["spec"].clone());
    specs.collect()
}

fn two() -> Builder {
    Builder::new()
        .workload("web", "app=web")
        .workload("api", "app=api")
}

#[test]
fn a_workload_seals_what_it_does_not_leave_open() {
    let builder = two().open(Direction::Ingress);
    let specs = specs(&emit(builder, &external()));
    assert_eq!(specs[0]["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(specs[1]["policyTypes"], json!(["Egress"]));
    assert!(specs[0].get("ingress").is_none());
    let open = Builder::new()
        .workload("web", "app=web")
        .open(Direction::Ingress)
        .open(Direction::Egress);
    assert!(emit(open, &external()).objects.is_empty());
}

#[test]
fn both_ends_of_a_rule_stand() {
    let specs = specs(&emit(two().allow("web", "api", "443"), &external()));
    let port = json!([{"port": 443, "protocol": "TCP"}]);
    assert_eq!(specs[0]["egress"][0]["ports"], port);
    assert_eq!(specs[1]["ingress"][0]["ports"], port);
    let peer = &specs[1]["ingress"][0]["from"][0];
    assert_eq!(peer["podSelector"], json!({"matchLabels": {"app": "web"}}));
    let namespace = &peer["namespaceSelector"]["matchLabels"];
    assert_eq!(namespace, &json!({"kubernetes.io/metadata.name": "shop"}));
}

#[test]
fn ports_in_every_form() {
    let ports = |text: &str| {
        let specs = specs(&emit(two().allow("web", "api", text), &external()));
        specs[0]["egress"][0].get("ports").cloned()
    };
    let range = json!([{"port": 8000, "endPort": 8100, "protocol": "TCP"}]);
    assert_eq!(ports("8000-8100"), Some(range));
    assert_eq!(ports("*/tcp"), Some(json!([{"protocol": "TCP"}])));
    assert_eq!(ports("53/any").unwrap().as_array().unwrap().len(), 3);
    assert_eq!(ports(""), None);
    let everyone = specs(&emit(two().allow("all", "api", ""), &external()));
    assert_eq!(everyone[1]["ingress"], json!([{}]));
}

#[test]
fn world_leaves_the_cluster_out() {
    let settings = Settings {
        cluster_cidrs: vec!["10.0.0.0/8".parse().unwrap()],
        ..Settings::default()
    };
    let specs = specs(&emit(two().allow("world", "web", "443"), &settings));
    let block = &specs[0]["ingress"][0]["from"][0]["ipBlock"];
    assert_eq!(block["except"], json!(["10.0.0.0/8"]));
    let inside = two().allow("10.1.0.0/16", "web", "443");
    assert_eq!(codes(inside, &settings), ["ip-block-holds-pods"]);
}

/// A pod that is `web` and `canary` keeps what `web` allows, but for what is denied to `canary`.
#[test]
fn a_deny_is_taken_out_of_the_allows_of_overlapping_workloads() {
    let builder = two()
        .workload("canary", "track=canary")
        .allow("api", "web", "80 443")
        .deny("api", "canary", "443");
    let output = emit(builder, &external());
    let specs = specs(&output);
    let ports = |selector: &Value| -> BTreeSet<u64> {
        let with = specs.iter().filter(|s| s["podSelector"] == *selector);
        with.flat_map(|s| s["ingress"].as_array().into_iter().flatten())
            .flat_map(|rule| rule["ports"].as_array().unwrap())
            .map(|port| port["port"].as_u64().unwrap())
            .collect()
    };
    let both = json!({"matchLabels": {"app": "web", "track": "canary"}});
    let only = json!({"matchLabels": {"app": "web"}, "matchExpressions":
        [{"key": "track", "operator": "NotIn", "values": ["canary"]}]});
    assert_eq!(ports(&both), [80].into());
    assert_eq!(ports(&only), [80, 443].into());
    assert_eq!(ports(&json!({"matchLabels": {"app": "web"}})), [].into());
    assert!(output.header.iter().any(|line| line.contains("left out")));
}

/// `canary` is open, but a pod of it that is `web` too is sealed, and keeps `canary`'s allow.
/// What is left of an allow once fell into more selectors than an object holds, and was then nowhere.
#[test]
fn a_deny_that_leaves_too_many_selectors_is_refused() {
    let denied = |count: usize| {
        let mut builder = Builder::new().workload("w", "app=a").foreign("t", "app=b");
        for at in 0..count {
            let name = format!("d{at}");
            builder = builder.workload(&name, &format!("k{at} k{at}!=v"));
        }
        builder = builder.allow("w", "t", "80");
        (0..count).fold(builder, |builder, at| {
            builder.deny(&format!("d{at}"), "t", "80")
        })
    };
    assert_eq!(codes(denied(6), &external()), [""; 0]);
    assert_eq!(codes(denied(7), &external()), ["deny-not-exact"]);
}

#[test]
fn an_open_workload_allows_where_another_seals() {
    let builder = Builder::new()
        .workload("web", "app=web")
        .foreign("api", "app=api")
        .workload("canary", "track=canary")
        .open(Direction::Ingress)
        .open(Direction::Egress)
        .allow("api", "canary", "443");
    let specs = specs(&emit(builder, &external()));
    assert_eq!(specs.len(), 2);
    assert_eq!(specs[1]["policyTypes"], json!(["Ingress"]));
    let both = json!({"matchLabels": {"app": "web", "track": "canary"}});
    assert_eq!(specs[1]["podSelector"], both);
}

#[test]
fn a_deny_of_an_open_direction_needs_a_tier() {
    let open = || {
        Builder::new()
            .workload("web", "app=web")
            .open(Direction::Egress)
            .deny("web", "169.254.169.254/32", "")
    };
    assert_eq!(codes(open(), &external()), ["deny-of-open-direction"]);
    let output = emit(open(), &tiers());
    let specs = specs(&output);
    let deny = specs.iter().find(|s| s.get("tier").is_some()).unwrap();
    assert_eq!(deny["tier"], "Admin");
    assert_eq!(deny["egress"][0]["action"], "Deny");
    assert_eq!(
        deny["egress"][0]["to"],
        json!([{"networks": ["169.254.169.254/32"]}])
    );
}

#[test]
fn a_cluster_policy_keeps_the_limits_of_its_api() {
    let ports: Vec<String> = (0..60).map(|i| (8000 + 2 * i).to_string()).collect();
    let mut builder = Builder::new().workload("web", "app=web");
    let mut names = Vec::new();
    for i in 0..30 {
        builder = builder.foreign(&format!("f{i}"), &format!("app=f{i}"));
        names.push(format!("f{i}"));
    }
    let builder = (0..20).fold(builder, |b, _| {
        b.deny(&names.join(" | "), "web", &ports.join(" "))
    });
    let specs = specs(&emit(builder, &tiers()));
    let tiered: Vec<_> = specs.iter().filter(|s| s.get("tier").is_some()).collect();
    let mut covered = 0;
    for spec in &tiered {
        let rules = spec["ingress"].as_array().unwrap();
        assert!(rules.len() <= 25);
        for rule in rules {
            let length = |key: &str| rule[key].as_array().unwrap().len();
            assert!(length("from") <= 25 && length("protocols") <= 25);
            covered += length("from") * length("protocols");
        }
    }
    assert_eq!(covered, 20 * 30 * 60);
}

/// A workload whose namespaces are not named, one way open, with what it may.
fn everywhere(open: Direction) -> Builder {
    two()
        .workload("every", "ns=*")
        .open(open)
        .allow("every", "api", "53/any")
}

#[test]
fn a_seal_of_every_namespace_stands_in_both_tiers() {
    let whole = Settings {
        ip_blocks: IpBlocks::Any,
        priority: 7,
        ..tiers()
    };
    let output = emit(everywhere(Direction::Ingress), &whole);
    let specs = specs(&output);
    let with = |tier: &str| specs.iter().find(|s| s["tier"] == tier).unwrap();
    let everybody = json!({"pods": {"namespaceSelector": {}, "podSelector": {}}});
    let seal = with("Baseline");
    assert_eq!(
        (&seal["subject"], &seal["priority"]),
        (&everybody, &json!(7))
    );
    assert!(seal.get("ingress").is_none());
    let rule = &seal["egress"].as_array().unwrap()[0];
    let to = json!([everybody, {"networks": ["0.0.0.0/0", "::/0"]}]);
    assert_eq!((&rule["action"], &rule["to"]), (&json!("Deny"), &to));
    assert_eq!(
        (&rule["name"], rule.get("protocols")),
        (&json!("seal-every"), None)
    );
    let allow = with("Admin");
    assert_eq!(
        (&allow["subject"], &allow["priority"]),
        (&everybody, &json!(1000))
    );
    let rule = &allow["egress"][0];
    assert_eq!(rule["action"], "Accept");
    assert_eq!(rule["protocols"].as_array().unwrap().len(), 3);
    // The other end of the rule is sealed in its own namespace.
    let ends = specs.iter().filter(|s| s.get("tier").is_none());
    assert!(
        ends.into_iter()
            .any(|s| s["ingress"][0]["ports"][0]["port"] == 53)
    );
    let header = output.header.join("\n");
    assert!(
        header.contains("priority up to 7 accepts what they close"),
        "{header}"
    );
}

#[test]
fn what_a_seal_of_every_namespace_cannot_close_is_told() {
    let refused = |open, settings: &Settings| codes(everywhere(open), settings);
    let whole = Settings {
        ip_blocks: IpBlocks::Any,
        ..tiers()
    };
    let unnamed = ["namespaces-not-named"];
    assert_eq!(refused(Direction::Ingress, &whole), [""; 0]);
    // Networks hold no node there.
    assert_eq!(refused(Direction::Ingress, &tiers()), unnamed);
    // Peers of ingress are pods only.
    assert_eq!(refused(Direction::Egress, &whole), unnamed);
    assert_eq!(refused(Direction::Ingress, &external()), unnamed);
    let pods = Settings {
        cluster_wide_seals: ClusterWideSeals::Pods,
        ..tiers()
    };
    let both = two().workload("every", "ns=*");
    assert_eq!(codes(both.clone(), &pods), [""; 0]);
    let output = emit(both.clone(), &pods);
    let specs = specs(&output);
    let seal = specs.iter().find(|s| s["tier"] == "Baseline").unwrap();
    assert_eq!(seal["ingress"][0]["from"].as_array().unwrap().len(), 1);
    let header = output.header.join("\n");
    assert!(
        header.contains("outside the cluster, stay open"),
        "{header}"
    );
    for (builder, wanted) in [
        // Rules there cannot name the world.
        (both.clone().allow("world", "every", "443"), &unnamed[..]),
        (both.clone().allow("all", "every", "443"), &unnamed),
        (both.clone().allow("every", "all", "443"), &unnamed),
        (both.clone().allow("every", "192.0.2.0/24", "443"), &[]),
        // A deny of what the seal leaves open would be no deny.
        (both.clone().deny("192.0.2.0/24", "every", "443"), &unnamed),
        (both.clone().deny("api", "every", "443"), &[]),
    ] {
        assert_eq!(codes(builder, &pods), wanted);
    }
}

/// Where networks hold every address, an allow of everything holds nodes, and so must its denies.
#[test]
fn denies_beside_an_allow_of_everything() {
    let cidrs = |control_plane| Settings {
        cluster_cidrs: vec!["10.0.0.0/8".parse().unwrap()],
        ip_blocks: IpBlocks::Any,
        control_plane,
        ..tiers()
    };
    let nodes = cidrs(ControlPlane::Nodes);
    let builder = || everywhere(Direction::Ingress).allow("every", "all", "443");
    let denied = emit(builder().deny("every", "cluster", ""), &nodes);
    let specs = specs(&denied);
    let deny = |s: &&Value| s["tier"] == "Admin" && s["egress"][0]["action"] == "Deny";
    let deny = specs.iter().find(deny).unwrap();
    let everybody = json!({"pods": {"namespaceSelector": {}, "podSelector": {}}});
    let to = json!([everybody, {"networks": ["10.0.0.0/8"]}]);
    assert_eq!(deny["egress"][0]["to"], to);
    for (peer, settings) in [
        ("kube_apiserver", &nodes),
        ("remote_node", &nodes),
        ("cluster", &cidrs(ControlPlane::Unknown)),
    ] {
        let found = codes(builder().deny("every", peer, ""), settings);
        assert_eq!(found, ["deny-not-exact"], "{peer}");
    }
    // A network holds no address of the cluster: nothing is denied, and no allow gets smaller.
    let inside = emit(builder().deny("every", "10.1.0.0/16", ""), &nodes);
    assert_eq!(inside.objects.len(), emit(builder(), &nodes).objects.len());
    // Everything can be denied where it can be named.
    let open = two().open(Direction::Egress).deny("api", "all", "22");
    assert_eq!(codes(open.clone(), &nodes), [""; 0]);
    assert_eq!(codes(open, &tiers()), ["deny-of-open-direction"]);
}

/// What is left of an allow beside a deny may stand at pods whose namespaces are not named, where a
/// rule can say less.
#[test]
fn what_is_left_of_an_allow_can_be_said() {
    let pay = || two().foreign("pay", "ns.team=pay");
    let egress = pay().allow("web", "all", "53").deny("pay", "all", "22 53");
    assert_eq!(codes(egress, &tiers()), ["deny-not-exact"]);
    let ingress = pay()
        .allow("world", "web", "80")
        .deny("192.0.2.0/24", "pay", "80");
    assert_eq!(codes(ingress, &tiers()), ["deny-not-exact"]);
}

#[test]
fn a_deny_of_link_local_addresses_leaves_the_node_out() {
    let whole = Settings {
        ip_blocks: IpBlocks::Any,
        ..tiers()
    };
    let open = two()
        .open(Direction::Egress)
        .deny("api", "169.254.0.0/16", "");
    let specs = specs(&emit(open, &whole));
    let deny = specs.iter().find(|s| s["tier"] == "Admin").unwrap();
    let to = deny["egress"][0]["to"].as_array().unwrap();
    let networks = to
        .iter()
        .flat_map(|peer| peer["networks"].as_array().unwrap());
    let networks: Vec<&Value> = networks.collect();
    let holds = |addr: &str| {
        let addr: std::net::IpAddr = addr.parse().unwrap();
        let net = |n: &Value| n.as_str().unwrap().parse::<ipnet::IpNet>().unwrap();
        networks.iter().any(|n| net(n).contains(&addr))
    };
    assert!(holds("169.254.169.254") && !holds("169.254.20.10"));
}

#[test]
fn names_keep_their_length() {
    let builder = || {
        Builder::new()
            .workload(&"w".repeat(250), "ns=*")
            .open(Direction::Ingress)
    };
    let whole = Settings {
        ip_blocks: IpBlocks::Any,
        ..tiers()
    };
    let name = "w".repeat(250);
    let builder = builder()
        .foreign("other", "app=other")
        .allow(&name, "other", "80");
    for object in emit(builder, &whole).objects {
        assert!(object.name.len() <= 253, "{}", object.name);
    }
}

/// The finding is of what stands in the way, and one mistake is one.
#[test]
fn why_a_deny_cannot_be_said() {
    let any = Settings {
        ip_blocks: IpBlocks::Any,
        ..tiers()
    };
    let pods = Settings {
        cluster_wide_seals: ClusterWideSeals::Pods,
        ..tiers()
    };
    let open = || two().open(Direction::Egress).open(Direction::Ingress);
    let every = || two().workload("every", "ns=*");
    let cases: [(Builder, &Settings, &[&str]); 5] = [
        (
            open().deny("api", "192.0.2.0/24", ""),
            &any,
            &["ip-block-holds-pods"],
        ),
        (
            open()
                .foreign("robot", "account=x")
                .deny("robot", "api", "80"),
            &any,
            &["account-not-in-kubernetes"],
        ),
        (
            every()
                .open(Direction::Ingress)
                .deny("192.0.2.0/24", "every", "80"),
            &Settings {
                cluster_cidrs: vec!["10.0.0.0/8".parse().unwrap()],
                ..any.clone()
            },
            &["namespaces-not-named"],
        ),
        (
            every()
                .open(Direction::Egress)
                .deny("192.0.2.0/24", "every", "80"),
            &pods,
            &["namespaces-not-named"],
        ),
        (
            every()
                .allow("all", "every", "80")
                .allow("world", "every", "81"),
            &tiers(),
            &["namespaces-not-named"],
        ),
    ];
    for (at, (builder, settings, wanted)) in cases.into_iter().enumerate() {
        assert_eq!(codes(builder, settings), wanted, "case {at}");
    }
}

#[test]
fn a_part_by_labels_of_its_namespace_is_accepted_first() {
    let builder = || {
        two()
            .workload("payers", "app=web ns.team=pay")
            .open(Direction::Ingress)
            .open(Direction::Egress)
            .allow("payers", "api", "443")
    };
    assert_eq!(codes(builder(), &external()), ["namespaces-not-named"]);
    let specs = specs(&emit(builder(), &tiers()));
    let accept = specs.iter().find(|s| s["tier"] == "Admin").unwrap();
    let spaces = &accept["subject"]["pods"]["namespaceSelector"]["matchLabels"];
    assert_eq!(
        spaces,
        &json!({"kubernetes.io/metadata.name": "shop", "team": "pay"})
    );
}

#[test]
fn observing_makes_nothing_and_says_so() {
    let output = emit_at(
        two().allow("web", "api", "443"),
        &external(),
        Stage::Observe,
    );
    assert!(output.objects.is_empty());
    assert!(output.header.iter().any(|line| line.contains("observe")));
    let one = Builder::new()
        .workload("api", "app=api")
        .workload("web", "app=web")
        .observed();
    let output = emit(one, &external());
    assert_eq!(output.objects.len(), 1);
    assert!(output.header.iter().any(|line| line.ends_with(": web.")));
}

#[test]
fn what_has_no_counterpart_is_refused_by_name() {
    let tls = builder::tls(&["api.example.com"]);
    let dns = builder::dns(&["*"]);
    let cases: Vec<(Builder, &[&str])> = vec![
        (
            two().allow("web", "host", "80"),
            &["entity-not-in-kubernetes"],
        ),
        (
            two().allow("cluster", "web", "80"),
            &["entity-not-in-kubernetes"],
        ),
        (two().allow("host", "web", "80"), &[]),
        (
            two().allow_via("web", "api", "443", tls),
            &["via-not-in-kubernetes"],
        ),
        (
            two().allow_via("web", "api", "53/any", dns),
            &["via-not-in-kubernetes"],
        ),
        (
            two().allow("web", "name:api.example.com", "443"),
            &["external-not-in-kubernetes"],
        ),
        (
            two().allow("web", "api", "icmp"),
            &["protocol-not-in-kubernetes"],
        ),
        (
            two().workload("robots", "account=robot"),
            &["account-not-in-kubernetes"],
        ),
        (two().workload("every", "ns=*"), &["namespaces-not-named"]),
        (two().deny("all", "web", "22"), &["node-always-reaches"]),
        (
            two().allow("all", "web", "80").deny("api", "web", "80"),
            &["deny-not-exact"],
        ),
        (
            two().allow("web", "api", "").deny("web", "api", "80"),
            &["deny-not-exact"],
        ),
        (
            two().allow("web", "api", "80").deny("web", "api", "80"),
            &[],
        ),
    ];
    for (at, (builder, wanted)) in cases.into_iter().enumerate() {
        assert_eq!(codes(builder, &external()), wanted, "case {at}");
    }
}

/// Each deny that is not exact has a way out of its own.
#[test]
fn a_deny_that_is_not_exact_says_what_to_do() {
    let help = |builder: Builder, settings: &Settings| {
        let found = kubernetes::check(&package(builder), settings);
        assert_eq!(found[0].code.name, "deny-not-exact");
        found[0].help.clone().unwrap()
    };
    let everything = || two().allow("all", "web", "80").deny("api", "web", "80");
    for (builder, settings, part) in [
        (
            two()
                .allow("web", "world", "443")
                .deny("web", "kube_apiserver", "443"),
            external(),
            "set `control-plane = \"nodes\"`",
        ),
        (
            two().allow("web", "api", "").deny("web", "api", "icmp"),
            external(),
            "says nothing of ICMP",
        ),
        (
            everything(),
            external(),
            "instead of everything, or set `cluster-network-policy = true`",
        ),
        (
            two()
                .foreign("pay", "ns.team=pay")
                .allow("web", "api", "53")
                .deny("pay", "api", "53"),
            external(),
            "by fewer labels, networks and ports",
        ),
    ] {
        let help = help(builder, &settings);
        assert!(help.contains(part), "{help}");
    }
    assert_eq!(codes(everything(), &tiers()), [""; 0]);
}

/// Where the API server may lie in a network, its deny cannot be taken out of that.
#[test]
fn the_control_plane_may_lie_in_a_network() {
    let builder = || {
        two()
            .allow("web", "world", "443")
            .deny("web", "kube_apiserver", "443")
    };
    assert_eq!(codes(builder(), &external()), ["deny-not-exact"]);
    let nodes = Settings {
        control_plane: ControlPlane::Nodes,
        ..external()
    };
    assert_eq!(codes(builder(), &nodes), [""; 0]);
}

#[test]
fn settings_are_read_and_checked() {
    let entry = |key: &str, value: SettingValue| SettingEntry {
        key: key.to_owned(),
        value,
        place: Place::in_file(FileId(0), TextRange::new(0, 0)),
        key_place: Place::in_file(FileId(0), TextRange::new(0, 0)),
    };
    let wrong = [
        (
            "cluster-cidrs",
            SettingValue::List(vec!["10.0.0.0/33".into()]),
        ),
        ("cluster-cidrs", SettingValue::List(Vec::new())),
        ("cluster-cidrs", SettingValue::Str("10.0.0.0/8".into())),
        ("cluster-network-policy", SettingValue::Str("yes".into())),
        ("ip-blocks", SettingValue::Str("all".into())),
        ("priority", SettingValue::Int(1000)),
        ("cluster-wide-seals", SettingValue::Str("all".into())),
        ("priority", SettingValue::Int(-1)),
        ("control-plane", SettingValue::Bool(true)),
        ("version", SettingValue::Str("1.34".into())),
    ];
    for (key, value) in wrong {
        let (settings, found) = Settings::from_table(&[entry(key, value)]);
        assert_eq!(found.len(), 1, "{key}");
        assert_eq!(settings, Settings::default(), "{key}");
    }
    let right = [entry("priority", SettingValue::Int(7))];
    let (settings, found) = Settings::from_table(&right);
    assert!(found.is_empty());
    assert_eq!(settings.priority, 7);
}
