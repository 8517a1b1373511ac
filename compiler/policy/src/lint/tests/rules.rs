//! Findings of `enforcement`, `wider`, `tls` and `workloads`.

use super::{all_findings, check, egress, findings, shop, tls};
use crate::{
    builder::{Builder, dns},
    lint,
    model::{Direction, Verdict},
};

#[test]
fn broad_allow() {
    check(
        shop().allow("web", "api", ""),
        &["broad-allow: allow web -> api"],
    );
    check(
        shop().allow("web", "api", "*/tcp").deny("web", "db", ""),
        &[],
    );
}

#[test]
fn redundant_rule_of_a_wider_one() {
    check(
        shop()
            .allow("web", "api", "80")
            .allow("web", "api", "70-90"),
        &["redundant-rule: allow web -> api:80"],
    );
    check(
        shop()
            .allow("web", "api", "80")
            .allow("web | db", "api | db", "80 443"),
        &["redundant-rule: allow web -> api:80"],
    );
    check(
        shop().allow("web", "api", "80").allow("web", "every", "80"),
        &["redundant-rule: allow web -> api:80"],
    );
    check(
        shop()
            .allow("web", "api", "80")
            .allow("web", "api", "81-90"),
        &[],
    );
    check(
        shop().allow("web", "api", "80").allow("db", "api", "80"),
        &[],
    );
    check(
        shop()
            .allow("web | db", "api", "80")
            .allow("web", "api | db", "80"),
        &[],
    );
}

#[test]
fn of_equal_rules_the_first_stays() {
    let twice = || shop().allow("web", "api", "80").allow("web", "api", "80");
    let model = twice().build();
    let found = lint::check(&model, None);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].at, model.rules[1].place);
    assert!(found[0].fixes[0].safe, "two equal rules: one may go unseen");
    assert_eq!(found[0].fixes[0].edits[0].text, "");
    check(
        twice().allow("web", "api", "80"),
        &[
            "redundant-rule: allow web -> api:80",
            "redundant-rule: allow web -> api:80",
        ],
    );
}

#[test]
fn one_end_is_no_replacement_for_both() {
    check(
        egress(shop().allow("web", "api", "80"), "web", "api", "80"),
        &["redundant-rule: allow egress web -> api:80"],
    );
    check(
        egress(shop().allow("web", "api", "80"), "web", "api", "70-90"),
        &[],
    );
}

#[test]
fn an_entity_that_binds_nowhere_holds_nothing_there() {
    let wide = |to: &str| shop().allow("web", "api", "80").allow("web", to, "80");
    check(wide("cluster"), &[]);
    check(
        wide("all"),
        &[
            "redundant-rule: allow web -> api:80",
            "metadata-reachable: allow web -> all:80",
        ],
    );
}

#[test]
fn redundant_clause() {
    let wide = |names: &[&str]| {
        shop()
            .allow_via("web", "api", "443", tls(&["a.io"]))
            .allow_via("web", "api", "443", tls(names))
    };
    let found = findings(wide(&["*.io"]), None);
    assert_eq!(found, ["redundant-rule: allow web -> api:443"]);
    check(wide(&["b.io"]), &[]);
}

#[test]
fn an_exception_with_a_day_does_not_hold_a_lasting_rule() {
    let mut model = shop()
        .allow("web", "api", "80")
        .allow("web", "api", "70-90")
        .build();
    model.rules[1].text = "allow web -> api:70-90 until 2027-01-31".into();
    assert!(lint::check(&model, None).is_empty());
}

#[test]
fn a_template_is_not_told_what_else_stands() {
    let mut model = shop()
        .allow("web", "api", "80")
        .allow("web", "api", "70-90")
        .build();
    model.rules[0].applied_at = vec![model.rules[1].place];
    assert!(lint::check(&model, None).is_empty());
}

#[test]
fn via_swallowed() {
    let clause = || shop().allow_via("web", "api", "443", tls(&["a.io"]));
    check(
        clause().allow("web", "api", "443"),
        &["via-swallowed: allow web -> api:443"],
    );
    check(
        clause().allow("web | db", "api", "400-500"),
        &["via-swallowed: allow web -> api:443"],
    );
    let pair = shop().allow_via("web", "api", "443 8443", tls(&["a.io"]));
    check(
        pair.allow("web", "api", "8443"),
        &["via-swallowed: allow web -> api:443 8443"],
    );
    check(clause().allow("web", "db", "443"), &[]);
    check(clause().allow("web", "api", "444"), &[]);
    // The destination still checks the clause.
    check(egress(clause(), "web", "api", "443"), &[]);
}

/// A clause is said to limit nothing only where it limits nothing.
#[test]
fn via_swallowed_says_where() {
    let message = |wide: (&str, &str), ports: &str| {
        let clause = shop().allow_via("web", "api", ports, tls(&["a.io"]));
        let found = lint::check(&clause.allow(wide.0, "api", wide.1).build(), None);
        assert_eq!(found.len(), 1);
        found[0].message.clone()
    };
    assert_eq!(
        message(("web", "443"), "443"),
        "the clause limits nothing: `allow web -> api:443` admits everything on 443/tcp"
    );
    assert_eq!(
        message(("web", "443"), "443 8443"),
        "the clause limits nothing on 443/tcp: `allow web -> api:443` admits everything there"
    );
    assert_eq!(
        message(("web", "400-500"), "443 8443"),
        "the clause limits nothing on 443/tcp: `allow web -> api:400-500` admits everything \
         there"
    );
    // Two rules: the one that says most is named.
    let two = shop()
        .allow_via("web", "api", "443 8443", tls(&["a.io"]))
        .allow("web", "api", "8443")
        .allow("web", "api", "443 8443 9");
    let found = lint::check(&two.build(), None);
    let first = found.iter().find(|f| f.message.starts_with("the clause"));
    assert!(
        first.is_some_and(|f| f.message.contains("limits nothing: ")),
        "{found:?}"
    );
    let some = shop()
        .allow_via("web | db", "api", "443", tls(&["a.io"]))
        .allow("web", "api", "443");
    assert_eq!(
        lint::check(&some.build(), None)[0].message,
        "the clause does not limit all pods of this rule: `allow web -> api:443` admits \
         everything on 443/tcp between some of them"
    );
}

#[test]
fn allow_never_applies() {
    let one = || shop().allow("web", "api", "80");
    check(
        one().deny("web", "api", ""),
        &["allow-never-applies: allow web -> api:80"],
    );
    check(
        one().deny("all", "api", "80"),
        &[
            "allow-never-applies: allow web -> api:80",
            "breaks-probes: deny all -> api:80",
        ],
    );
    check(one().deny("web", "api", "81"), &[]);
    check(one().deny("web", "db", ""), &[]);
    // One end is enough where all its pods are ours.
    let end = |from: &str| {
        let deny = Verdict::Deny;
        let narrow = shop().allow(from, "api", "80");
        narrow.rule(deny, Some(Direction::Egress), from, "api", "", None)
    };
    check(end("web"), &["allow-never-applies: allow web -> api:80"]);
    check(end("all"), &[]);
    let deny = |from: &str| {
        let both = shop().allow(from, "api", "80");
        both.rule(
            Verdict::Deny,
            Some(Direction::Egress),
            "web",
            "api",
            "",
            None,
        )
    };
    check(deny("web | 203.0.113.0/24"), &[]);
    check(deny("web | db"), &[]);
}

#[test]
fn no_effect_while_open() {
    let open = |direction| Builder::new().workload("web", "app=web").open(direction);
    let foreign = |b: Builder| b.foreign("dns", "k8s-app=kube-dns ns=kube-system");
    check(
        foreign(open(Direction::Egress)).allow("web", "dns", "53"),
        &["no-effect-while-open: allow web -> dns:53"],
    );
    check(
        foreign(open(Direction::Ingress)).allow("web", "dns", "53"),
        &[],
    );
    // The other end is sealed.
    check(
        open(Direction::Egress)
            .workload("api", "app=api")
            .allow("web", "api", "80"),
        &[],
    );
    // A pod may be both, and then the other declaration seals it.
    check(
        foreign(open(Direction::Egress).workload("canary", "canary")).allow("web", "dns", "53"),
        &[],
    );
    check(
        foreign(open(Direction::Egress)).deny("web", "dns", "53"),
        &[],
    );
}

#[test]
fn nothing_owned() {
    let none = Builder::new().foreign("dns", "k8s-app=kube-dns ns=kube-system");
    check(
        none.deny("all", "world", ""),
        &["nothing-owned: deny all -> world"],
    );
    check(shop().deny("all", "world", ""), &[]);
    let none = Builder::new().deny("all", "world", "").build();
    let fix = lint::check(&none, None).remove(0).fixes.remove(0);
    assert_eq!((fix.safe, fix.edits[0].at.range.len()), (false, 0));
}

#[test]
fn breaks_probes() {
    check(
        shop().deny("host", "web", ""),
        &["breaks-probes: deny host -> web"],
    );
    check(
        shop().deny("cluster", "web", ""),
        &["breaks-probes: deny cluster -> web"],
    );
    check(
        shop()
            .deny("remote_node", "web", "")
            .deny("web", "host", "80"),
        &[],
    );
    check(
        shop().deny("host", "dns | web", ""),
        &["breaks-probes: deny host -> dns | web"],
    );
}

#[test]
fn quic_bypasses_sni() {
    let clause = || shop().allow_via("web", "api", "443", tls(&["a.io"]));
    check(
        clause().allow("web", "api", "443/udp"),
        &["quic-bypasses-sni: allow web -> api:443"],
    );
    let other = clause().workload("canary", "canary");
    check(
        other.allow("canary", "api", "400-500/udp"),
        &["quic-bypasses-sni: allow web -> api:443"],
    );
    check(clause().allow("web", "api", "444/udp"), &[]);
    check(clause().allow("web", "db", "443/udp"), &[]);
    // `api` is sealed, and `cluster` opens it no way in.
    check(clause().allow("web", "cluster", "443/udp"), &[]);
    check(
        clause().allow_via("web", "dns", "443/udp", dns(&["*"])),
        &[],
    );
}

#[test]
fn not_tls_first() {
    let on = |ports: &str| shop().allow_via("api", "db", ports, tls(&["db.io"]));
    check(on("5432"), &["not-tls-first: allow api -> db:5432"]);
    check(on("443 25"), &["not-tls-first: allow api -> db:443 25"]);
    check(on("5433"), &[]);
    check(on("*/tcp"), &[]);
}

#[test]
fn only_denied() {
    #[track_caller]
    fn only(builder: Builder, expect: &[&str]) {
        assert_eq!(all_findings(builder, None), expect);
    }
    let denied = || shop().deny("web", "198.51.100.0/24", "");
    only(denied(), &["only-denied: web"]);
    only(
        shop().deny("web | api", "198.51.100.0/24", ""),
        &["only-denied: web", "only-denied: api"],
    );
    only(
        shop().deny("web", "db", ""),
        &["only-denied: web", "only-denied: db"],
    );
    // Something is allowed, or nothing is sealed.
    only(denied().allow("web", "api", "80"), &[]);
    only(denied().allow("all", "api", "80"), &[]);
    only(denied().allow("every", "api", "80"), &[]);
    only(
        Builder::new()
            .workload("web", "app=web")
            .open(Direction::Egress)
            .deny("web", "198.51.100.0/24", ""),
        &[],
    );
    // The other direction, or another workload, is no answer.
    only(denied().allow("api", "web", "80"), &["only-denied: web"]);
    // The deny is of everything, or takes away more than the seal does.
    only(shop().deny("all", "198.51.100.0/24", ""), &[]);
    only(shop().deny("web", "all", ""), &[]);
}

#[test]
fn same_selector() {
    check(
        Builder::new()
            .workload("web", "app=web")
            .workload("front", "app=web"),
        &["same-selector: front"],
    );
    check(
        Builder::new()
            .workload("web", "app=web")
            .workload("front", "app=web tier=a"),
        &[],
    );
    check(
        Builder::new()
            .workload("web", "app=web")
            .foreign("front", "app=web"),
        &[],
    );
}

#[test]
fn a_rule_of_a_template_is_found_where_it_is_applied() {
    let mut model = shop().allow("web", "api", "").build();
    let apply = model.workloads[0].place;
    model.rules[0].applied_at = vec![apply];
    let found = lint::check(&model, None);
    assert_eq!(found[0].at, apply);
    assert_eq!(found[0].labels[0].at, model.rules[0].place);
}
