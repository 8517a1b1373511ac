//! Every finding of the target, where it must stand and where it must not.

use npl_diagnostics::{FileId, Place, TextRange};
use npl_policy::{
    builder::{Builder, dns, tls},
    model::{Direction, Verdict},
};
use npl_targets::cilium::{SettingEntry, SettingValue, Settings, Version};

use crate::support::{codes, codes_with, http, package};

fn place(at: u32) -> Place {
    Place::in_file(FileId(0), TextRange::new(at, at + 1))
}

fn entry(key: &str, value: SettingValue) -> SettingEntry {
    SettingEntry {
        key: key.to_owned(),
        value,
        place: place(1),
        key_place: place(0),
    }
}

/// The codes that a table of strings draws.
pub(crate) fn settings(entries: &[(&str, &str)]) -> Vec<&'static str> {
    let string = |(key, value): &(&str, &str)| entry(key, SettingValue::Str((*value).to_owned()));
    let entries: Vec<_> = entries.iter().map(string).collect();
    let (_, found) = Settings::from_table(&entries);
    found.iter().map(|d| d.code.name).collect()
}

const NONE: [&str; 0] = [];

fn version(major: u16, minor: u16) -> Settings {
    Settings {
        version: Version::new(major, minor),
        ..Settings::default()
    }
}

#[test]
fn settings_are_read() {
    let entries = [
        entry("version", SettingValue::Str("v1.19.3".to_owned())),
        entry("control-plane", SettingValue::Str("external".to_owned())),
        entry("via-ends", SettingValue::Str("both".to_owned())),
        entry("host-firewall", SettingValue::Bool(true)),
    ];
    let (settings, found) = Settings::from_table(&entries);
    assert_eq!(found, Vec::new());
    assert_eq!(settings.version, Version::new(1, 19));
    assert!(settings.host_firewall);
}

#[test]
fn an_unknown_key_suggests_the_nearest() {
    let (_, found) = Settings::from_table(&[entry("via-end", SettingValue::Bool(true))]);
    assert_eq!(found[0].code.name, "unknown-target-setting");
    assert_eq!(found[0].at, place(0));
    assert_eq!(found[0].fixes[0].edits[0].text, "via-ends");
}

#[test]
fn a_value_of_the_wrong_kind() {
    for (key, value) in [
        ("version", SettingValue::Int(1)),
        ("version", SettingValue::Str("latest".to_owned())),
        ("cluster-mesh", SettingValue::Str("yes".to_owned())),
        ("via-ends", SettingValue::Str("none".to_owned())),
        ("label-filter", SettingValue::Str("a(".to_owned())),
        ("control-plane", SettingValue::Other),
    ] {
        let (settings, found) = Settings::from_table(&[entry(key, value)]);
        assert_eq!(found[0].code.name, "target-setting-value", "{key}");
        assert_eq!(settings, Settings::default());
    }
}

#[test]
fn an_old_version() {
    assert_eq!(settings(&[("version", "1.17")]), ["version-too-old"]);
    assert_eq!(settings(&[("version", "1.18")]), NONE);
}

#[test]
fn a_mesh() {
    let (_, found) = Settings::from_table(&[entry("cluster-mesh", SettingValue::Bool(true))]);
    assert_eq!(found[0].code.name, "mesh-peers-not-covered");
    assert!(!found[0].is_error());
}

fn base() -> Builder {
    Builder::new()
        .workload("a", "app=a")
        .workload("b", "app=b")
        .foreign("f", "app=f ns=data")
        .allow_via("all", "f", "53/any", dns(&["*"]))
}

#[test]
fn patterns_of_newer_versions() {
    let deep = || base().allow("a", "name:**.x.io", "443");
    assert_eq!(codes_with(deep(), &version(1, 18)), ["needs-version"]);
    assert_eq!(codes_with(deep(), &version(1, 19)), NONE);
    let inner = || base().allow_via("a", "b", "443", tls(&["a*.x.io"]));
    assert_eq!(codes_with(inner(), &version(1, 19)), ["needs-version"]);
    assert_eq!(codes_with(inner(), &version(1, 20)), NONE);
    for old in ["x.io", "*.x.io", "**.x.io"] {
        let rule = base().allow_via("a", "b", "443", tls(&[old]));
        assert_eq!(codes_with(rule, &version(1, 18)), NONE, "{old}");
    }
}

#[test]
fn what_no_policy_can_say() {
    let long_key = format!("{}=x", "k".repeat(60));
    assert_eq!(codes(base().workload("c", &long_key)), ["not-expressible"]);
    let fits = format!("{}=x", "k".repeat(59));
    assert_eq!(codes(base().workload("c", &fits)), NONE);
    let label = format!("app=c ns.{}=x", "k".repeat(29));
    assert_eq!(codes(base().workload("c", &label)), ["not-expressible"]);
    assert_eq!(
        codes(base().allow_via("a", "f", "54-60", dns(&["*"]))),
        ["not-expressible"]
    );
    assert_eq!(
        codes(base().allow_via("a", "b", "443/udp", tls(&["x"]))),
        ["not-expressible"]
    );
    // No entry is no limit: existing policies say `http: [{}]`, and so is it written.
    assert_eq!(codes(base().allow_via("a", "b", "80", http(&[]))), NONE);
    assert_eq!(codes(base().allow("a", "b", "0-9")), ["not-expressible"]);
}

#[test]
fn what_the_language_refuses_is_never_left_out() {
    // A front end that lets one of these through gets no policy, rather than one with a hole.
    assert_eq!(
        codes(base().deny("a", "name:x.io", "")),
        ["not-expressible"]
    );
    assert_eq!(
        codes(base().allow("name:x.io", "a", "80")),
        ["not-expressible"]
    );
    let clause = Some(tls(&["x.io"]));
    let deny = base().rule(Verdict::Deny, None, "a", "f", "443", clause);
    assert_eq!(codes(deny), ["not-expressible"]);
}

#[test]
fn objects_of_one_name() {
    let mut model = package(base());
    model.workloads[1].short = "a".into();
    let found = npl_targets::cilium::check(&model, &Settings::default(), None);
    assert_eq!(found[0].code.name, "object-name-clash");
    assert_eq!(found[0].at, model.workloads[1].place);
    // In two namespaces the same name is two objects.
    let apart = Builder::new()
        .workload("a", "app=a ns=x")
        .workload("c", "app=a ns=y");
    let mut model = package(apart);
    model.workloads[1].short = "a".into();
    assert!(npl_targets::cilium::check(&model, &Settings::default(), None).is_empty());
}

#[test]
fn a_clause_that_nothing_checks() {
    let open = |from: &str| {
        Builder::new()
            .workload("a", "app=a")
            .foreign("f", "app=f ns=data")
            .workload("b", "app=b")
            .open(Direction::Ingress)
            .allow_via(from, "b", "443", tls(&["x.io"]))
    };
    assert_eq!(codes(open("a | f")), ["nothing-checks-via"]);
    assert_eq!(codes(open("a")), NONE);
}

#[test]
fn dns_towards_an_owned_resolver() {
    let resolver = |from: &str| {
        Builder::new()
            .workload("a", "app=a")
            .workload("r", "app=r")
            .foreign("f", "app=f ns=data")
            .allow_via(from, "r", "53/any", dns(&["x.io"]))
    };
    assert_eq!(codes(resolver("a")), NONE);
    assert_eq!(codes(resolver("a | f")), ["dns-needs-owned-source"]);
    assert_eq!(codes(resolver("all")), ["dns-needs-owned-source"]);
}

#[test]
fn kinds_clash_across_workloads_that_overlap() {
    let two = |labels: &str| {
        Builder::new()
            .workload("a", "app=a")
            .workload("b", labels)
            .foreign("f", "app=f ns=data")
            .allow_via("a", "f", "443", tls(&["x.io"]))
            .allow_via("b", "f", "443", http(&[("GET", "/")]))
    };
    assert_eq!(codes(two("job=b")), ["via-kinds-clash"]);
    assert_eq!(codes(two("app=b")), NONE);
    assert_eq!(codes(two("job=b").disjoint("a", "b")), NONE);
}

#[test]
fn an_asserted_disjointness_stands_in_the_header() {
    let output = crate::support::emit(
        Builder::new()
            .workload("a", "app=a")
            .workload("b", "job=b")
            .disjoint("a", "b"),
    );
    assert!(
        output
            .header
            .iter()
            .any(|l| l.contains("no pod is both `a` and `b`"))
    );
}

#[test]
fn a_union_that_cannot_be_respelled() {
    let two = |peer: &str, labels: &str| {
        Builder::new()
            .workload("a", "app=a")
            .workload("b", labels)
            .foreign("any", "app=f ns=*")
            .foreign("f", "app=f ns=data")
            .allow_via("a", peer, "443", tls(&["x.io"]))
            .allow("b", peer, "443")
    };
    for peer in ["192.0.2.0/24", "world", "any"] {
        assert_eq!(codes(two(peer, "job=b")), ["via-union-inexact"], "{peer}");
        assert_eq!(codes(two(peer, "app=b")), NONE, "{peer}");
    }
    assert_eq!(codes(two("f", "job=b")), NONE);
}

#[test]
fn an_entity_inside_another() {
    let one = base()
        .allow_via("a", "cluster", "443", tls(&["x.io"]))
        .allow("a", "host", "443");
    assert_eq!(codes(one), ["via-union-inexact"]);
    // The other way round the plain rule swallows the clause.
    let other = base()
        .allow_via("a", "host", "443", tls(&["x.io"]))
        .allow("a", "cluster", "443");
    assert_eq!(codes(other), NONE);
}

#[test]
fn a_dns_filter_sees_one_port() {
    let beside = |ports: &str, names: &[&str]| {
        Builder::new()
            .workload("a", "app=a")
            .foreign("r", "app=r")
            .foreign("t", "team=t")
            .allow_via("a", "r", "53/any", dns(names))
            .allow("a", "t", ports)
    };
    assert_eq!(codes(beside("50-60/udp", &["x.io"])), ["dns-union-inexact"]);
    assert_eq!(codes(beside("", &["x.io"])), ["dns-union-inexact"]);
    assert_eq!(codes(beside("53/udp", &["x.io"])), NONE);
    assert_eq!(codes(beside("54-60/udp", &["x.io"])), NONE);
    assert_eq!(codes(beside("", &["*"])), NONE);
}

#[test]
fn node_local_resolvers() {
    let host = Builder::new()
        .workload("a", "app=a")
        .allow_via("a", "host", "53/any", dns(&["*"]));
    assert_eq!(codes(host), ["node-local-dns"]);
    assert_eq!(
        codes(
            Builder::new()
                .workload("a", "app=a")
                .allow("a", "host", "53/any")
        ),
        NONE
    );
}

#[test]
fn a_name_is_learned_for_every_pod_that_may_use_it() {
    // The resolver rule binds at some of the pods only.
    let some = Builder::new()
        .workload("a", "app=a")
        .foreign("part", "app=a tier=x")
        .foreign("f", "app=f ns=data")
        .allow("a", "name:x.io", "443")
        .allow_via("part", "f", "53/any", dns(&["*"]));
    assert_eq!(codes(some), ["name-never-learned"]);
    // Another workload that holds all of them carries it.
    let wider = Builder::new()
        .workload("a", "app=a tier=x")
        .workload("b", "app=a")
        .foreign("f", "app=f ns=data")
        .allow("a", "name:x.io", "443")
        .allow_via("b", "f", "53/any", dns(&["*"]));
    assert_eq!(codes(wider), NONE);
}

/// Workloads of which each may select pods of every other, with rules for peers of their own.
fn crowd(count: usize) -> Builder {
    let mut all = Builder::new().foreign("g", "app=g");
    for i in 0..count {
        all = all
            .workload(&format!("w{i}"), &format!("l{i}=x"))
            .foreign(&format!("f{i}"), &format!("app=f{i}"))
            .allow_via(&format!("w{i}"), &format!("f{i}"), "443", tls(&["x.io"]));
    }
    all
}

#[test]
fn among_many_neighbours_the_few_of_one_peer_are_found() {
    let meeting = |count: usize| {
        let found = codes(
            crowd(count)
                .allow_via("w0", "g", "443", tls(&["x.io"]))
                .allow_via("w1", "g", "443", http(&[("GET", "/a")]))
                .allow("w2", "f3", "443"),
        );
        let names = found.into_iter().filter(|code| !code.starts_with("unused"));
        names.collect::<Vec<_>>()
    };
    let few = meeting(5);
    assert!(!few.is_empty());
    assert_eq!(few, meeting(300));
}
