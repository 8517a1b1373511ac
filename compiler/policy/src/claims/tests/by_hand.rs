//! Claims whose answer can be read off the program.

use crate::{
    builder::{Builder, inventory, tls},
    claims::{
        Assumption, ClaimOutcome, Decision, NotChecked, Unenforced, decide, leaves_out_platform,
    },
    interpret::{By, Side},
    inventory::Inventory,
    model::{ClaimKind, ControlPlane, Direction, Settings, Verdict},
};

fn shop() -> Builder {
    Builder::new()
        .settings(Settings {
            control_plane: ControlPlane::Nodes,
        })
        .workload("frontend", "app=frontend")
        .workload("api", "app=api")
        .workload("db", "app=db")
        .foreign("dns", "app=dns ns=kube-system")
}

/// `frontend` and `admin` may be one pod, and only `admin` reaches `db`.
fn overlapping() -> Builder {
    Builder::new()
        .workload("frontend", "app=frontend")
        .workload("admin", "role=admin")
        .workload("db", "app=db")
        .allow("admin", "db", "5432")
}

/// The outcome of the first claim.
fn first(built: Builder, inventory: Option<&Inventory>) -> ClaimOutcome {
    decide(&built.build(), inventory).remove(0)
}

fn check(built: Builder, expect: &str) {
    let outcome = first(built, None);
    let got = match &outcome.decision {
        Decision::Holds => "holds".to_owned(),
        Decision::Fails(w) => format!("{} -> {}", w.flow.src, w.flow.dst),
        other => format!("{other:?}"),
    };
    assert_eq!(got, expect);
}

#[test]
fn what_no_rule_allows_is_not_reached() {
    check(shop().cannot_reach("frontend", "db", ""), "holds");
    check(
        shop()
            .allow("frontend", "db", "1-10")
            .cannot_reach("frontend", "db", "11"),
        "holds",
    );
    check(
        shop()
            .allow("frontend", "db", "1-10")
            .cannot_reach("frontend", "db", "10-20"),
        r#"{app: "frontend"} in shop -> {app: "db"} in shop"#,
    );
}

#[test]
fn both_ends_have_to_pass() {
    let out = Some(Direction::Egress);
    let one = || shop().rule(Verdict::Allow, out, "frontend", "db", "80", None);
    check(one().cannot_reach("frontend", "db", ""), "holds");
    let into = Some(Direction::Ingress);
    check(
        one()
            .rule(Verdict::Allow, into, "all", "db", "1-100", None)
            .cannot_reach("frontend", "db", ""),
        r#"{app: "frontend"} in shop -> {app: "db"} in shop"#,
    );
}

#[test]
fn several_denies_cover_together_what_none_covers_alone() {
    let model = shop()
        .allow("frontend", "db", "1-100")
        .deny("frontend", "db", "1-50")
        .deny("all", "db", "51-99");
    check(
        model.clone().cannot_reach("frontend", "db", "1-100"),
        r#"{app: "frontend"} in shop -> {app: "db"} in shop"#,
    );
    check(
        model
            .deny("every", "db", "100")
            .cannot_reach("frontend", "db", "1-100"),
        "holds",
    );
}

#[test]
fn a_deny_on_an_end_that_nobody_owns_is_not_enforced() {
    let into = Some(Direction::Ingress);
    let model = shop()
        .allow("frontend", "dns", "53")
        .rule(Verdict::Deny, into, "frontend", "dns", "53", None)
        .cannot_reach("frontend", "dns", "");
    check(
        model,
        r#"{app: "frontend"} in shop -> {app: "dns"} in kube-system"#,
    );
}

#[test]
fn clauses_that_no_flow_serves_at_both_ends_are_no_edge() {
    let (out, into) = (Some(Direction::Egress), Some(Direction::Ingress));
    let two = |a: &str, b: &str| {
        shop()
            .rule(
                Verdict::Allow,
                out,
                "frontend",
                "db",
                "443",
                Some(tls(&[a])),
            )
            .rule(
                Verdict::Allow,
                into,
                "frontend",
                "db",
                "443",
                Some(tls(&[b])),
            )
            .cannot_reach("frontend", "db", "")
    };
    check(two("a.io", "b.io"), "holds");
    check(
        two("a.io", "*.io"),
        r#"{app: "frontend"} in shop -> {app: "db"} in shop"#,
    );
}

#[test]
fn two_pods_of_one_namespace_share_its_labels() {
    let built = |peer: &str| {
        Builder::new()
            .workload("db", "app=db ns=shop")
            .foreign("peer", peer)
            .allow("peer", "db", "")
            .cannot_reach("peer", "db", "")
    };
    // A pod of a namespace with another label than the one its neighbour needs.
    let peer = "ns.team=a ns=shop";
    check(
        built(peer),
        r#"{} in shop {team: "a"} -> {app: "db"} in shop {team: "a"}"#,
    );
    let model = Builder::new()
        .workload("db", "app=db ns=shop ns.team=b")
        .foreign("peer", "ns=shop ns.team=a")
        .allow("peer", "db", "")
        .cannot_reach("peer", "db", "");
    check(model, "holds");
}

#[test]
fn an_overlap_is_named_and_may_be_assumed_away() {
    let outcome = first(overlapping().cannot_reach("frontend", "db", ""), None);
    let Decision::Fails(witness) = outcome.decision else {
        panic!("a pod may be both");
    };
    assert_eq!(
        witness.flow.src.to_string(),
        r#"{app: "frontend", role: "admin"} in shop"#
    );
    assert_eq!(witness.source_is_also, ["frontend", "admin"]);
    assert_eq!(witness.verdict.egress.by, By::Rule(0));

    let assumed = overlapping()
        .cannot_reach("frontend", "db", "")
        .disjoint("frontend", "admin")
        .disjoint("admin", "db");
    let outcome = first(assumed, None);
    assert_eq!(outcome.decision, Decision::Holds);
    assert_eq!(outcome.assumptions, [Assumption::Disjoint(1)]);
    assert!(outcome.holds() && !outcome.holds_strictly());
}

#[test]
fn a_disjointness_that_is_no_part_of_the_proof_is_not_listed() {
    let model = overlapping()
        .cannot_reach("frontend", "db", "80")
        .disjoint("frontend", "admin");
    assert_eq!(first(model, None).assumptions, []);
}

#[test]
fn an_inventory_shows_whether_a_pod_is_both() {
    let claim = || overlapping().cannot_reach("frontend", "db", "");
    let apart = inventory(&["app=frontend", "role=admin", "app=db"]);
    let outcome = first(claim(), Some(&apart));
    assert!(
        matches!(outcome.decision, Decision::HoldsHere(_)),
        "{outcome:?}"
    );
    let both = inventory(&["app=frontend", "app=frontend role=admin", "app=db"]);
    let outcome = first(claim(), Some(&both));
    let Decision::Fails(witness) = outcome.decision else {
        panic!("the inventory has such a pod");
    };
    assert_eq!(witness.source_named.as_deref(), Some("shop/w1"));
    let none = inventory(&["app=frontend"]);
    assert_eq!(
        first(claim(), Some(&none)).decision,
        Decision::Vacuous(Side::Destination)
    );
    // What holds for every pod that may exist needs no inventory.
    let proved = overlapping().cannot_reach("frontend", "db", "80");
    assert_eq!(first(proved, Some(&none)).decision, Decision::Holds);
}

#[test]
fn an_external_may_answer_with_any_address() {
    let base = || shop().allow("frontend", "name:api.stripe.com", "443");
    let outcome = first(base().cannot_reach("frontend", "203.0.113.0/24", ""), None);
    assert_eq!(outcome.decision, Decision::Holds);
    assert_eq!(
        outcome.assumptions,
        [Assumption::Answers {
            external: "api.stripe.com".into(),
            never: "203.0.113.0/24".into(),
        }]
    );
    let denied =
        base()
            .deny("all", "203.0.113.0/24", "")
            .cannot_reach("frontend", "203.0.113.0/24", "");
    assert_eq!(first(denied, None).assumptions, []);
    let elsewhere = base().cannot_reach("frontend", "203.0.113.0/24", "80");
    assert_eq!(first(elsewhere, None).assumptions, []);
    // It lies in `world`, whatever it answers.
    check(
        base().cannot_reach("frontend", "world", ""),
        r#"{app: "frontend"} in shop -> 203.0.113.7 (api.stripe.com)"#,
    );
    let shared = first(base().cannot_reach("frontend", "name:evil.io", ""), None);
    assert_eq!(
        shared.assumptions,
        [Assumption::Shared {
            external: "api.stripe.com".into(),
            other: "evil.io".into(),
        }]
    );
}

#[test]
fn an_external_is_reached_through_world_and_through_the_internet_as_a_network() {
    let to = "name:api.stripe.com";
    check(
        shop()
            .allow("frontend", "world", "")
            .cannot_reach("frontend", to, ""),
        r#"{app: "frontend"} in shop -> 203.0.113.7 (api.stripe.com)"#,
    );
    check(
        shop()
            .allow("frontend", "0.0.0.0/0-10.0.0.0/8", "")
            .cannot_reach("frontend", to, ""),
        r#"{app: "frontend"} in shop -> 203.0.113.7 (api.stripe.com)"#,
    );
    let office = shop()
        .allow("frontend", "10.0.0.0/8", "")
        .cannot_reach("frontend", to, "");
    assert_eq!(first(office, None).assumptions.len(), 1);
    check(
        shop()
            .allow("frontend", "name:*.stripe.com", "")
            .cannot_reach("frontend", to, ""),
        r#"{app: "frontend"} in shop -> 203.0.113.7 (api.stripe.com)"#,
    );
}

#[test]
fn the_api_server_may_lie_in_world_until_the_settings_say() {
    let at = |control_plane| {
        shop()
            .settings(Settings { control_plane })
            .allow("frontend", "world", "443")
            .cannot_reach("frontend", "kube_apiserver", "")
    };
    let fails = r#"{app: "frontend"} in shop -> 203.0.113.7 (kube_apiserver)"#;
    check(at(ControlPlane::Unknown), fails);
    check(at(ControlPlane::External), fails);
    check(at(ControlPlane::Nodes), "holds");
    let denied = at(ControlPlane::Unknown).deny("all", "kube_apiserver", "");
    check(denied, "holds");
}

#[test]
fn the_own_node_is_no_edge_by_platform() {
    for who in ["host", "cluster", "all"] {
        check(shop().cannot_reach(who, "db", ""), "holds");
    }
    check(shop().only_can_reach("api", "db", ""), "holds");
}

#[test]
fn the_own_node_is_an_edge_by_a_rule_and_where_nothing_seals() {
    let edge = r#"host -> {app: "db"} in shop"#;
    let allowed = || shop().allow("host", "db", "80");
    check(allowed().cannot_reach("host", "db", ""), edge);
    check(allowed().cannot_reach("host", "db", "81"), "holds");
    check(allowed().only_can_reach("api", "db", ""), edge);
    check(allowed().can_reach("host", "db", "80"), "holds");
    check(
        allowed()
            .deny("host", "db", "")
            .cannot_reach("host", "db", ""),
        "holds",
    );
    check(
        shop()
            .workload("web", "app=web")
            .open(Direction::Ingress)
            .cannot_reach("host", "web", ""),
        r#"host -> {app: "web"} in shop"#,
    );
}

#[test]
fn a_report_says_where_a_claim_leaves_out_what_the_platform_lets_pass() {
    let said = |built: Builder| {
        let model = built.build();
        leaves_out_platform(&model, &model.claims[0])
    };
    assert!(said(shop().cannot_reach("host", "db", "")));
    assert!(said(shop().cannot_reach("cluster", "db", "")));
    assert!(said(shop().only_can_reach("api", "db", "")));
    assert!(!said(shop().only_can_reach("host | api", "db", "")));
    assert!(!said(shop().cannot_reach("api", "db", "")));
    assert!(!said(shop().cannot_reach("world", "db", "")));
    assert!(!said(shop().disjoint("api", "db")));
}

#[test]
fn what_nothing_enforces_is_an_error() {
    let enforce = |built| first(built, None).decision;
    assert_eq!(
        enforce(shop().cannot_reach("dns", "world", "")),
        Decision::NothingEnforces(Unenforced::NoEnd)
    );
    assert_eq!(
        enforce(shop().only_can_reach("frontend", "world", "")),
        Decision::NothingEnforces(Unenforced::NotPods)
    );
    assert_eq!(
        enforce(shop().only_can_reach("frontend", "dns", "")),
        Decision::NothingEnforces(Unenforced::NotSealed("dns".into()))
    );
    let open = shop()
        .workload("cache", "app=cache")
        .open(Direction::Ingress);
    assert_eq!(
        enforce(open.only_can_reach("frontend", "cache", "")),
        Decision::NothingEnforces(Unenforced::NotSealed("cache".into()))
    );
    assert_eq!(
        enforce(shop().can_reach("dns", "world", "")),
        Decision::NothingEnforces(Unenforced::NoEnd)
    );
}

#[test]
fn only_speaks_of_everybody_else() {
    let base = || shop().allow("frontend", "db", "5432");
    check(base().only_can_reach("frontend", "db", ""), "holds");
    check(base().only_can_reach("frontend | api", "db", ""), "holds");
    check(
        base()
            .allow("dns", "db", "5432")
            .only_can_reach("frontend", "db", "5432"),
        r#"{app: "dns"} in kube-system -> {app: "db"} in shop"#,
    );
    check(
        base()
            .allow("10.0.0.0/8", "db", "")
            .only_can_reach("frontend | 10.1.0.0/16", "db", ""),
        r#"10.0.0.0 -> {app: "db"} in shop"#,
    );
    check(
        base()
            .allow("10.1.0.0/16", "db", "")
            .only_can_reach("frontend | 10.0.0.0/8", "db", ""),
        "holds",
    );
    check(
        base()
            .allow("every", "db", "80")
            .only_can_reach("frontend", "db", ""),
        r#"{} in x -> {app: "db"} in shop"#,
    );
}

#[test]
fn can_reach_is_about_every_pod_and_every_port() {
    let base = || {
        shop()
            .allow("frontend", "db", "80")
            .allow("api", "db", "80-90")
    };
    check(base().can_reach("frontend | api", "db", "80"), "holds");
    check(base().can_reach("frontend | api", "db", ""), "holds");
    check(
        base().can_reach("frontend | api", "db", "80-81"),
        r#"{app: "frontend"} in shop -> {app: "db"} in shop"#,
    );
    check(
        base().can_reach("frontend", "db | api", "80"),
        r#"{app: "frontend"} in shop -> {app: "api"} in shop"#,
    );
    let clause = shop().allow_via("frontend", "db", "443", tls(&["db.io"]));
    check(clause.can_reach("frontend", "db", "443"), "holds");
    let world = shop()
        .allow("frontend", "world", "443")
        .deny("all", "169.254.169.254/32", "");
    check(world.clone().can_reach("frontend", "world", "443"), "holds");
    check(
        world.can_reach("frontend", "169.254.0.0/16", "443"),
        r#"{app: "frontend"} in shop -> 169.254.169.254"#,
    );
}

#[test]
fn can_reach_is_about_every_member_of_an_entity() {
    let one = || shop().allow("api", "db", "80");
    let other = r#"{app: "frontend"} in shop -> {app: "db"} in shop"#;
    check(one().can_reach("all", "db", "80"), other);
    check(one().can_reach("cluster", "db", "80"), other);
    let office = || shop().allow("10.0.0.0/16", "db", "80");
    check(
        office().can_reach("world", "db", "80"),
        r#"203.0.113.7 -> {app: "db"} in shop"#,
    );
    check(office().can_reach("10.0.0.0/16", "db", "80"), "holds");
    // A deny excuses what it denies, and nothing else.
    let closed = || {
        shop()
            .allow("frontend", "0.0.0.0/0-10.0.0.0/8", "443")
            .allow("frontend", "::/0", "443")
    };
    let lacking = r#"{app: "frontend"} in shop -> 10.0.0.0"#;
    let world = |built: Builder| built.can_reach("frontend", "world", "443");
    check(world(closed()), lacking);
    check(world(closed().deny("10.0.0.0/8", "db", "22")), lacking);
    check(world(closed().deny("db", "10.0.0.0/8", "")), lacking);
    check(world(closed().deny("frontend", "10.0.0.0/8", "")), "holds");
    let everybody = shop().allow("all", "db", "80");
    check(everybody.can_reach("all", "db", "80"), "holds");
}

#[test]
fn can_reach_is_not_broken_by_a_pod_that_may_exist() {
    let model = shop()
        .workload("locked", "tier=locked")
        .allow("frontend", "db", "80")
        .deny("locked", "all", "")
        .can_reach("frontend", "db", "80");
    check(model.clone(), "holds");
    let pods = inventory(&["app=frontend tier=locked", "app=db"]);
    let outcome = first(model, Some(&pods));
    assert!(
        matches!(outcome.decision, Decision::Fails(_)),
        "{outcome:?}"
    );
}

#[test]
fn disjoint_is_proved_refuted_or_given() {
    let disjoint = |built: Builder, pods: Option<&Inventory>| first(built, pods).decision;
    assert_eq!(
        disjoint(shop().disjoint("frontend", "db"), None),
        Decision::Holds
    );
    assert_eq!(
        disjoint(overlapping().disjoint("frontend", "admin"), None),
        Decision::Holds
    );
    let both = inventory(&["app=frontend role=admin"]);
    assert_eq!(
        disjoint(overlapping().disjoint("frontend", "admin"), Some(&both)),
        Decision::Overlaps("Deployment `shop/w0` of the inventory".into())
    );
    let inner = shop().workload("canary", "app=api track=canary");
    assert_eq!(
        disjoint(inner.clone().disjoint("api", "canary"), None),
        Decision::Overlaps("every pod of the second".into())
    );
    assert_eq!(
        disjoint(inner.disjoint("api except canary", "canary"), None),
        Decision::Holds
    );
    assert_eq!(
        disjoint(shop().disjoint("10.0.0.0/8", "10.1.0.0/16"), None),
        Decision::Overlaps("the address 10.1.0.0".into())
    );
    assert_eq!(
        disjoint(shop().disjoint("10.0.0.0/8", "world"), None),
        Decision::Overlaps("`world`".into())
    );
}

#[test]
fn a_refuted_disjointness_is_no_assumption() {
    let model = shop()
        .workload("canary", "app=api track=canary")
        .allow("canary", "db", "80")
        .cannot_reach("api", "db", "")
        .disjoint("api", "canary");
    let outcomes = decide(&model.build(), None);
    assert!(matches!(outcomes[0].decision, Decision::Fails(_)));
}

#[test]
fn what_this_version_does_not_decide_is_said() {
    let model = || shop().allow("frontend", "db", "80");
    let sets = model();
    let hops = |from: &str| {
        let kind = ClaimKind::CannotReach {
            from: sets.set(from).into(),
            to: sets.set("db").into(),
            ports: None,
            hops: 3,
        };
        first(model().claim(kind, "within 3 hops".into()), None).decision
    };
    assert_eq!(hops("api"), Decision::NotChecked(NotChecked::Hops(3)));
    assert!(matches!(hops("frontend"), Decision::Fails(_)));
    let breach = ClaimKind::Breach {
        of: sets.set("frontend").into(),
        within: sets.set("db").into(),
        hops: None,
    };
    let outcome = first(model().claim(breach, "breach".into()), None);
    assert_eq!(outcome.decision, Decision::NotChecked(NotChecked::Breach));
}

#[test]
fn an_empty_end_is_vacuous() {
    let model = shop().workload("nobody", "app=x !app");
    let outcome = first(model.cannot_reach("nobody", "db", ""), None);
    assert_eq!(outcome.decision, Decision::Vacuous(Side::Source));
}
