//! Verdicts that wait for facts (grammar.md §9), and clauses at both ends (language.md §5.3, §5.5).

use super::{judge_with, pod, shop, words};
use crate::{
    builder::{dns, tls},
    http::{HttpRule, PathPattern},
    model::{Direction, Facts, FlowPort, Model, Verdict, Via},
};

fn check(model: &Model, facts: Facts, expect: &str) {
    let verdict = judge_with(
        model,
        pod("app=web"),
        pod("app=db"),
        FlowPort::Tcp(80),
        facts.clone(),
    );
    assert_eq!(words(model, &verdict), expect, "{facts:?}");
}

fn sni(name: &str) -> Facts {
    Facts {
        sni: Some(name.into()),
        ..Facts::default()
    }
}

fn get(path: &str) -> Facts {
    Facts {
        method: Some("GET".into()),
        path: Some(path.into()),
        ..Facts::default()
    }
}

fn http(method: &str, path: &str) -> Via {
    Via::Http(HttpRule {
        hosts: Vec::new(),
        entries: vec![crate::http::HttpEntry {
            method: Some(method.into()),
            path: PathPattern::parse(path).unwrap(),
        }],
    })
}

#[test]
fn a_name_that_is_not_given_decides() {
    let model = shop()
        .allow_via("web", "db", "80", tls(&["*.example.com"]))
        .build();
    check(&model, sni("a.example.com"), "allow (rule 0 | rule 0)");
    check(&model, sni("example.com"), "deny (sealed web | sealed db)");
    check(&model, sni(""), "deny (sealed web | sealed db)");
    check(&model, Facts::default(), "unknown sni (rule 0 | rule 0)");
}

#[test]
fn a_fact_fixes_what_the_flow_speaks() {
    let model = shop()
        .allow_via("web", "db", "80", http("GET", "/orders/*"))
        .build();
    check(&model, get("/orders/7"), "allow (rule 0 | rule 0)");
    check(&model, get("/orders"), "deny (sealed web | sealed db)");
    check(&model, sni("a"), "deny (sealed web | sealed db)");
    let post = Facts {
        method: Some("POST".into()),
        ..Facts::default()
    };
    check(&model, post, "deny (sealed web | sealed db)");
    let half = Facts {
        path: Some("/orders/7".into()),
        ..Facts::default()
    };
    check(&model, half, "unknown method (rule 0 | rule 0)");
}

#[test]
fn a_flow_without_facts_speaks_what_the_clause_expects() {
    let model = shop().allow_via("web", "db", "80", dns(&["*"])).build();
    check(&model, Facts::default(), "allow (rule 0 | rule 0)");
    check(&model, get("/"), "deny (sealed web | sealed db)");
    let model = shop()
        .allow_via("web", "db", "80", Via::Http(HttpRule::default()))
        .build();
    check(&model, Facts::default(), "allow (rule 0 | rule 0)");
}

#[test]
fn several_clauses_are_a_union_and_a_plain_rule_admits_all() {
    let model = shop()
        .allow_via("web", "db", "80", tls(&["a.example.com"]))
        .allow_via("web", "db", "80", tls(&["b.example.com"]))
        .build();
    check(&model, sni("b.example.com"), "allow (rule 1 | rule 1)");
    let model = shop()
        .allow_via("web", "db", "80", tls(&["a.example.com"]))
        .allow("web", "db", "80")
        .build();
    check(&model, Facts::default(), "allow (rule 1 | rule 1)");
}

#[test]
fn clauses_that_contradict_each_other_at_the_two_ends_admit_nothing() {
    let (out, into) = (Some(Direction::Egress), Some(Direction::Ingress));
    let two = |a: Via, b: Via| {
        shop()
            .rule(Verdict::Allow, out, "web", "db", "80", Some(a))
            .rule(Verdict::Allow, into, "web", "db", "80", Some(b))
            .build()
    };
    let model = two(tls(&["a.example.com"]), tls(&["b.example.com"]));
    check(&model, Facts::default(), "deny (rule 0 | rule 1)");
    let model = two(tls(&["a.example.com"]), tls(&["*.example.com"]));
    check(&model, Facts::default(), "unknown sni (rule 0 | rule 1)");
    let model = two(tls(&["a.example.com"]), http("GET", "/"));
    check(&model, Facts::default(), "deny (rule 0 | rule 1)");
}
