//! Findings of `external`, `wide` and `network`.

use super::{check, findings, guarded, shop, tls};
use crate::{
    builder::Builder,
    lint,
    model::{ControlPlane, Settings},
};

#[test]
fn external_without_sni() {
    let to = |ports: &str| guarded().allow("web", "name:a.io", ports);
    check(
        to("443"),
        &["external-without-sni: allow web -> name:a.io:443"],
    );
    check(
        to("443/udp"),
        &["external-without-sni: allow web -> name:a.io:443/udp"],
    );
    check(
        to(""),
        &[
            "broad-allow: allow web -> name:a.io",
            "external-without-sni: allow web -> name:a.io",
        ],
    );
    check(to("22"), &[]);
    check(
        guarded().allow_via("web", "name:a.io", "443", tls(&["a.io"])),
        &[],
    );
}

#[test]
fn the_clause_is_offered() {
    let mut model = guarded()
        .allow("web", "name:a.io | name:*.b.io", "443")
        .build();
    let fixes = lint::check(&model, None).remove(0).fixes;
    assert_eq!(fixes[0].edits[0].text, " via tls.sni \"a.io\" | \"*.b.io\"");
    assert!(
        !fixes[0].safe,
        "clients without a server name are refused then"
    );
    assert_eq!(
        fixes[0].edits[0].at.range.start,
        model.rules[1].place.range.end
    );
    model.rules[1].text = "allow web -> a:443 because \"OPS-17\"".into();
    assert!(lint::check(&model, None).remove(0).fixes.is_empty());
}

#[test]
fn external_plaintext() {
    let to = |ports: &str| guarded().allow("web", "name:a.io", ports);
    check(to("80"), &["external-plaintext: allow web -> name:a.io:80"]);
    check(
        to("8000-8100"),
        &["external-plaintext: allow web -> name:a.io:8000-8100"],
    );
    check(
        to("*/tcp"),
        &["external-without-sni: allow web -> name:a.io:*/tcp"],
    );
    check(
        guarded().allow_via("web", "name:a.io", "8080", tls(&["a.io"])),
        &[],
    );
}

#[test]
fn rebinding() {
    let to = |b: Builder| b.allow_via("web", "name:a.io", "443", tls(&["a.io"]));
    let text = "rebinding: allow web -> name:a.io:443";
    check(to(shop()), &[text]);
    check(to(guarded()), &[]);
    check(to(shop().deny("web", "169.254.169.254/32", "")), &[text]);
    check(
        to(shop().deny("api", "169.254.169.254/32 | fd00:ec2::254/128", "")),
        &[text],
    );
    check(
        to(shop().deny("web", "169.254.169.254/32 | fd00:ec2::254/128", "80")),
        &[text],
    );
    let halves = shop()
        .deny("web", "169.254.0.0/16", "")
        .deny("all", "fd00:ec2::254/128", "");
    // 169.254.0.0/16 draws its own finding: the node answers some of it.
    assert_eq!(
        findings(to(halves), None),
        ["node-local-address: deny web -> 169.254.0.0/16"]
    );
    // Several rules, one missing line.
    let three = to(to(shop()).allow_via("api", "name:b.io", "443", tls(&["b.io"])));
    let found = lint::check(&three.build(), None);
    let rebinding: Vec<_> = found
        .iter()
        .filter(|f| f.code.name == "rebinding")
        .collect();
    assert_eq!(rebinding.len(), 1);
    assert_eq!(
        rebinding[0].notes[1],
        "the same holds for 2 more rules on externals"
    );
}

#[test]
fn metadata_reachable() {
    check(
        shop().allow("web", "world", "80"),
        &["metadata-reachable: allow web -> world:80"],
    );
    check(
        shop().allow("web", "169.0.0.0/8", "1-100"),
        &["metadata-reachable: allow web -> 169.0.0.0/8:1-100"],
    );
    check(guarded().allow("web", "world", "80"), &[]);
    check(shop().allow("web", "world", "81"), &[]);
    // Whoever names the address means it.
    check(shop().allow("web", "169.254.169.254/32", "80"), &[]);
    check(shop().allow("web", "0.0.0.0/0-169.254.0.0/16", "80"), &[]);
    check(shop().allow("world", "web", "80"), &[]);
}

#[test]
fn world_reaches_apiserver() {
    let to = |peer: &str, ports: &str| shop().allow("web", peer, ports);
    let text = |peer: &str| format!("world-reaches-apiserver: allow web -> {peer}:443");
    for peer in ["world", "0.0.0.0/0", "10.0.0.0/8", "192.168.0.0/16"] {
        check(to(peer, "443"), &[&text(peer)]);
    }
    check(to("10.20.0.0/16", "443"), &[]);
    check(to("world", "8443"), &[]);
    check(to("world", "443").deny("all", "kube_apiserver", ""), &[]);
    check(
        to("world", "443").deny("web", "kube_apiserver", "443 6443"),
        &[],
    );
    check(
        to("world", "443").deny("api", "kube_apiserver", ""),
        &[&text("world")],
    );
    check(to("world | kube_apiserver", "443"), &[]);
    let on_nodes = Settings {
        control_plane: ControlPlane::Nodes,
    };
    check(to("world", "443").settings(on_nodes), &[]);
    check(shop().allow("world", "web", "443"), &[]);
}

#[test]
fn deny_stops_no_pod() {
    check(
        shop().deny("web", "10.244.0.0/16", ""),
        &["deny-stops-no-pod: deny web -> 10.244.0.0/16"],
    );
    check(shop().deny("web", "203.0.113.0/24", ""), &[]);
    check(shop().allow("web", "10.244.0.0/16", "80"), &[]);
    check(shop().deny("web", "10.244.0.0/16 | cluster", ""), &[]);
    // Endpoints of clouds that lie in private ranges.
    check(
        shop().deny("web", "100.100.100.200/32 | fd20:ce::254/128", ""),
        &[],
    );
    // An inventory may show where pods and nodes are: then nothing has to be guessed.
    let mut inventory = crate::builder::inventory(&["app=web", "app=api", "app=db"]);
    let deny = || shop().deny("web", "10.244.0.0/16", "");
    assert_eq!(findings(deny(), Some(&inventory)).len(), 1);
    inventory.workloads[0].addresses = vec!["10.0.0.7".parse().unwrap()];
    // Pods alone say nothing of nodes.
    assert_eq!(findings(deny(), Some(&inventory)).len(), 1);
    inventory.nodes.push(crate::inventory::Node {
        name: "n".into(),
        labels: Vec::new(),
        addresses: vec!["192.168.0.1".parse().unwrap()],
        pod_cidrs: Vec::new(),
        place: inventory.workloads[0].place,
    });
    let found = findings(deny(), Some(&inventory));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn node_local_address() {
    check(
        shop().deny("web", "169.254.170.23/32 | fd00:ec2::23/128", ""),
        &["node-local-address: deny web -> 169.254.170.23/32 | fd00:ec2::23/128"],
    );
    check(
        shop().allow("web", "169.254.20.10/32", "53/any"),
        &["node-local-address: allow web -> 169.254.20.10/32:53/any"],
    );
    check(shop().deny("web", "169.254.169.254/32", ""), &[]);
    check(shop().deny("web", "169.0.0.0/8", ""), &[]);
}
