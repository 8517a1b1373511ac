//! Stated flows: sets at the ends, missing ports, vacuity (grammar.md §9).

use super::shop;
use crate::{
    addr::Net,
    builder::{Builder, dns, inventory, tls},
    interpret::{Answer, FailedBy, FlowOutcome, Need, Needs, Runner, Side, tests_of},
    inventory::Inventory,
    model::{Facts, Model, Settings, Verdict},
};

fn run(model: &Model, inventory: Option<&Inventory>) -> FlowOutcome {
    let outcome = tests_of(model, inventory).remove(0);
    assert_eq!(outcome.passed(), outcome.flows[0].failed_by.is_none());
    outcome.flows.into_iter().next().unwrap()
}

fn check(built: Builder, expect: Option<FailedBy>) -> FlowOutcome {
    let outcome = run(&built.build(), None);
    assert_eq!(outcome.failed_by, expect);
    outcome
}

const NONE: Facts = Facts {
    sni: None,
    method: None,
    path: None,
    host: None,
    dns: None,
};

#[test]
fn a_workload_stands_for_its_canonical_pod() {
    let model = || shop().allow("web", "db", "5432");
    let passed = check(
        model().test("web", "db", "5432", NONE, Verdict::Allow),
        None,
    );
    assert_eq!(passed.cases, 1);
    assert_eq!(passed.rules.into_iter().collect::<Vec<_>>(), [0]);
    check(
        model().test("web", "db", "5433", NONE, Verdict::Allow),
        Some(FailedBy::Otherwise),
    );
    check(model().test("web", "db", "5433", NONE, Verdict::Deny), None);
}

#[test]
fn a_group_is_allowed_only_if_every_member_is() {
    let model = || shop().allow("web", "203.0.113.0/24", "80");
    let failed = check(
        model().test("web | db", "203.0.113.0/24", "80", NONE, Verdict::Allow),
        Some(FailedBy::Otherwise),
    );
    let shown = failed.shown.unwrap();
    assert_eq!(shown.flow.src.to_string(), "{app: \"db\"} in shop");
    check(
        model().test("web | db", "203.0.113.0/24", "80", NONE, Verdict::Deny),
        Some(FailedBy::Otherwise),
    );
}

#[test]
fn a_network_is_every_part_that_a_rule_can_tell() {
    let model = shop()
        .settings(Settings {
            control_plane: crate::model::ControlPlane::Nodes,
        })
        .allow("web", "10.0.0.0/8", "80")
        .deny("web", "10.9.0.0/16", "")
        .test("web", "10.0.0.0/8", "80", NONE, Verdict::Allow)
        .build();
    let failed = run(&model, None);
    assert_eq!(failed.failed_by, Some(FailedBy::Otherwise));
    assert_eq!(failed.shown.unwrap().flow.dst.to_string(), "10.9.0.0");
    let nets = [Net::plain("10.0.0.0/8".parse().unwrap())];
    assert!(!nets[0].is_empty());
}

#[test]
fn world_may_hold_the_api_server() {
    let model = shop()
        .allow("web", "world", "443")
        .deny("web", "kube_apiserver", "");
    check(
        model.test("web", "world", "443", NONE, Verdict::Allow),
        Some(FailedBy::Otherwise),
    );
}

#[test]
fn a_missing_fact_fails_a_test_by_its_name() {
    let model = || shop().allow_via("web", "db", "443", tls(&["a.example.com"]));
    let needs = Needs::of([Need::Fact(crate::http::Fact::Sni)]);
    for expect in [Verdict::Allow, Verdict::Deny] {
        let failed = check(
            model().test("web", "db", "443", NONE, expect),
            Some(FailedBy::DependsOn(needs.clone())),
        );
        assert_eq!(
            failed.failed_by.unwrap().reason(),
            "the verdict depends on `sni`"
        );
    }
    check(
        shop().allow_via("web", "dns", "53/any", dns(&["*"])).test(
            "web",
            "dns",
            "53/udp",
            NONE,
            Verdict::Allow,
        ),
        None,
    );
}

#[test]
fn a_flow_without_a_port_has_one_verdict_on_all_of_them() {
    check(shop().test("web", "db", "", NONE, Verdict::Deny), None);
    check(
        shop()
            .allow("web", "db", "")
            .test("web", "db", "", NONE, Verdict::Allow),
        None,
    );
    check(
        shop()
            .allow("web", "db", "1-65535")
            .test("web", "db", "", NONE, Verdict::Allow),
        Some(FailedBy::PortNeeded),
    );
    check(
        shop()
            .allow("web", "db", "80")
            .test("web", "db", "", NONE, Verdict::Deny),
        Some(FailedBy::PortNeeded),
    );
}

#[test]
fn a_name_stands_for_an_address_that_only_it_has() {
    let model = || shop().allow("web", "name:*.example.com", "443");
    check(
        model().test("web", "dns:a.example.com", "443", NONE, Verdict::Allow),
        None,
    );
    check(
        model().test("web", "dns:example.com", "443", NONE, Verdict::Deny),
        None,
    );
    check(
        model().test("web", "name:*.example.com", "443", NONE, Verdict::Allow),
        None,
    );
    // An address has the name that a `dns` fact gives it, and no other.
    let named = Facts {
        dns: Some("a.example.com".into()),
        ..NONE
    };
    check(
        model().test("web", "ip:1.1.1.1", "443", NONE, Verdict::Deny),
        None,
    );
    check(
        model().test("web", "ip:1.1.1.1", "443", named, Verdict::Allow),
        None,
    );
}

#[test]
fn what_tests_nothing_fails() {
    check(
        shop().test("dns", "world", "53", NONE, Verdict::Allow),
        Some(FailedBy::NothingEnforces),
    );
    let model = shop().test("web", "db", "80", NONE, Verdict::Deny).build();
    let only_db = inventory(&["app=db"]);
    let failed = run(&model, Some(&only_db));
    assert_eq!(
        failed.failed_by,
        Some(FailedBy::SelectsNothing(Side::Source))
    );
}

#[test]
fn with_an_inventory_a_set_is_its_pods() {
    let model = Builder::new()
        .workload("web", "app=web")
        .workload("admin", "role=admin")
        .workload("db", "app=db")
        .allow("admin", "db", "80")
        .test("web", "db", "80", NONE, Verdict::Deny)
        .build();
    assert_eq!(run(&model, None).failed_by, None);
    let plain = inventory(&["app=web", "app=db"]);
    assert_eq!(run(&model, Some(&plain)).failed_by, None);
    let both = inventory(&["app=web", "app=web role=admin", "app=db"]);
    assert_eq!(
        run(&model, Some(&both)).failed_by,
        Some(FailedBy::Otherwise)
    );
}

#[test]
fn a_flow_of_the_command_line_expects_nothing() {
    let built = shop().allow("web", "db", "80");
    let flow = built.flow("pod:app=web", "pod:app=db", "81", NONE);
    let model = built.build();
    let outcome = Runner::new(&model, None).run(&flow);
    assert_eq!(outcome.failed_by, None);
    assert_eq!(outcome.answer, crate::interpret::Answer::Deny);
}

/// Networks that no rule names have borders of their own.
#[test]
fn a_network_stands_for_all_of_its_addresses() {
    let wide = shop().allow("web", "10.1.0.0/16", "443");
    let model = wide.build();
    let runner = Runner::new(&model, None);
    let asked = shop().test("web", "10.0.0.0/15", "443", NONE, Verdict::Allow);
    let asked = asked.build().tests.remove(0).flows.remove(0);
    let outcome = runner.run(&asked);
    assert_eq!(outcome.failed_by, Some(FailedBy::Otherwise));
    assert_eq!(outcome.answer, Answer::Unknown(Needs::of([Need::Member])));
}

/// A name that no rule admits answers with any address, also with one that a rule opens.
#[test]
fn a_name_may_answer_inside_of_a_network() {
    let model = || shop().allow("web", "10.0.0.0/8", "443");
    check(
        model().test("web", "dns:b.io", "443", NONE, Verdict::Deny),
        Some(FailedBy::Otherwise),
    );
    check(
        model().test("web", "dns:b.io", "444", NONE, Verdict::Deny),
        None,
    );
    // A deny of other pods opens nothing, and hides nothing.
    check(
        model()
            .deny("db", "10.0.0.0/8", "")
            .test("web", "dns:b.io", "443", NONE, Verdict::Deny),
        Some(FailedBy::Otherwise),
    );
    let closed = model().deny("all", "10.0.0.0/8", "");
    check(
        closed.test("web", "dns:b.io", "443", NONE, Verdict::Deny),
        None,
    );
}
