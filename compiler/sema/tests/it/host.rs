//! What a host answers: edits, positions, flows, models.

use std::sync::Arc;

use npl_diagnostics::{Anchor, Sources as _};
use npl_policy::model::{FlowEnd, FlowPort, Ownership};
use npl_sema::host::Host;
use npl_test_support::program;
use proptest::prelude::*;

use crate::common::{findings, host, program_of, same, show};

const SHOP: &str = r#"
//- /npl.toml
[package]
name = "shop"
namespace = "shop"
//- /main.npl
use edge.gateway
use std.kubernetes.kube_dns
use std.ports.dns

/// Serves.
workload api { app: "api" }
workload db { app: "db" }

allow gateway -> api:443
/// Data.
allow api -> db:5432
allow api -> kube_dns:dns via dns "*"
assert only api can reach db:5432
//- /edge.npl
namespace edge
workload gateway { app: "gateway" }
foreign workload lone { app: "lone" }
allow lone -> gateway:80
"#;

#[test]
fn the_model_is_in_order() {
    let host = host(SHOP);
    same(&show(&host, &findings(&host)), "");
    let model = host.model();
    let workloads: Vec<_> = model.workloads.iter().map(|w| w.name.as_str()).collect();
    assert_eq!(
        workloads,
        [
            "shop.edge.gateway",
            "shop.api",
            "shop.db",
            "shop.edge.lone",
            "std.kubernetes.kube_dns"
        ]
    );
    assert_eq!(model.workloads[0].ownership, Ownership::Owned);
    let rules: Vec<_> = model
        .rules
        .iter()
        .map(|r| (r.module.as_str(), r.text.as_str()))
        .collect();
    assert_eq!(rules.len(), 4);
    assert_eq!(rules[0], ("edge", "allow lone -> gateway:80"));
    assert_eq!(rules[1], ("", "allow gateway -> api:443"));
    assert!(
        model
            .ends
            .iter()
            .all(|end| (end.rule as usize) < model.rules.len())
    );
    assert!(model.ends.is_sorted_by_key(|end| end.rule));
    assert_eq!(model.claims.len(), 1);
    let ids: std::collections::BTreeSet<_> = model.rules.iter().map(|r| &r.id).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn an_edit_is_seen_and_can_be_undone() {
    let mut host = host(SHOP);
    let text = host.text(host.files()[1].0).to_owned();
    let before = host.model();
    assert!(host.set_text("main.npl", &text.replace("db:5432", "bd:5432")));
    let shown = show(&host, &findings(&host));
    assert!(shown.contains("`bd` is not declared"), "{shown}");
    assert!(host.set_text("main.npl", &text));
    same(&show(&host, &findings(&host)), "");
    assert_eq!(host.model(), before);
    assert!(!host.set_text("other.npl", ""));
}

#[test]
fn a_comment_on_top_changes_no_model() {
    let mut host = host(SHOP);
    let text = host.text(host.files()[1].0).to_owned();
    let before = host.model();
    host.set_text("main.npl", &format!("// A comment.\n{text}"));
    assert_eq!(host.model(), before);
    let place = before.rules[1].place;
    let span = host.resolve(place);
    let found = &host.text(span.file)[span.range.as_usize()];
    assert!(found.starts_with("allow gateway"), "{found}");
}

#[test]
fn items_by_line() {
    let host = host(SHOP);
    let at = |line| host.item_at("main.npl", line);
    let api = at(6).unwrap();
    assert_eq!(api.name.as_deref(), Some("api"));
    assert_eq!(api.doc.as_deref(), Some("Serves."));
    assert_eq!(api.text, "workload api { app: \"api\" }");
    // Its documentation is part of it.
    assert_eq!(at(5), Some(api));
    let rule = at(11).unwrap();
    let model = host.model();
    let found = model
        .rules
        .iter()
        .find(|r| r.place.anchor == rule.anchor)
        .unwrap();
    assert_eq!(found.text, "allow api -> db:5432");
    assert!(matches!(rule.anchor, Anchor::Item(_)));
    assert_eq!(at(4), None);
    assert_eq!(at(99), None);
    assert_eq!(host.item_at("none.npl", 1), None);
}

#[test]
fn flows_of_the_command_line() {
    let mut host = host(SHOP);
    let flow = host
        .parse_flow("gateway -> api:443 sni \"a.example.com\"")
        .unwrap();
    assert_eq!(flow.port, Some(FlowPort::Tcp(443)));
    assert_eq!(flow.expect, None);
    assert!(matches!(&flow.from, FlowEnd::Set(set) if set.pods.len() == 1));
    assert!(host.parse_flow("edge.lone -> kube_dns:53/udp").is_ok());
    assert!(
        host.parse_flow("{ app: \"x\" } in shop -> 10.0.0.1:80")
            .is_ok()
    );
    for (text, expect) in [
        (
            "gatewy -> api:443",
            "<flow>:1:1-7 error[unknown-name] `gatewy` is not declared",
        ),
        ("gateway -> ", "<flow>:1:"),
        (
            "edge.gone -> api:1",
            "<flow>:1:1-10 error[unknown-name] `edge.gone` is not declared",
        ),
    ] {
        let error = host.parse_flow(text).unwrap_err();
        let found = host.finish(error);
        let shown = show(&host, &found);
        assert!(shown.contains(expect), "{shown}");
    }
}

#[test]
fn a_name_of_two_modules_is_told_apart_by_its_module() {
    let mut host = host(
        r#"
//- /a.npl
namespace x
workload api { app: "a" }
//- /b.npl
namespace x
workload api { app: "b" }
"#,
    );
    let error = host.parse_flow("api -> a.api:443").unwrap_err();
    assert_eq!(error[0].help.as_deref(), Some("write `a.api` or `b.api`"));
    assert!(host.parse_flow("a.api -> b.api:443").is_ok());
}

#[test]
fn of_two_workloads_with_one_name_the_first_counts() {
    let host = host("namespace x\nworkload a { app: \"1\" }\nworkload a { app: \"2\" }\n");
    let found = findings(&host);
    assert_eq!(found.len(), 1);
    assert_eq!(host.model().workloads.len(), 1);
}

#[test]
fn stages() {
    let observed = |stage: &str| {
        let text = SHOP.replace(
            "namespace = \"shop\"",
            &format!("namespace = \"shop\"\n{stage}"),
        );
        let model = host(&text).model();
        let names = model
            .workloads
            .iter()
            .filter(|w| w.observed)
            .map(|w| w.short.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(observed(""), [""; 0]);
    assert_eq!(
        observed("[stage]\nobserve = \"all\""),
        ["gateway", "api", "db"]
    );
    assert_eq!(
        observed("[stage]\nobserve = [\"db\", \"edge.gateway\"]"),
        ["gateway", "db"]
    );
    let mut program = crate::common::program(SHOP);
    program.stage_observe = true;
    let model = Host::new(program).model();
    assert_eq!(model.workloads.iter().filter(|w| w.observed).count(), 3);
}

/// A generated program with mistakes in it, answered by one thread and by several.
#[test]
fn threads_change_nothing() {
    let mut files = program::package(60, 6, 12);
    for (path, text) in &mut files {
        if path.ends_with("m3.npl") || path.ends_with("m7.npl") {
            text.push_str("allow nobody -> w1:1\nport unused = 1\nallow w36 -> w37:99999\n");
        }
    }
    let answer = |jobs: usize| {
        let mut host = Host::new(program_of(&files));
        host.set_jobs(jobs);
        let found = findings(&host);
        (show(&host, &found), host.model())
    };
    let (one, model) = answer(1);
    assert!(one.contains("`nobody` is not declared"));
    for _ in 0..3 {
        let (several, again) = answer(2);
        assert_eq!(one, several);
        assert_eq!(model, again);
    }
}

/// The model first, the findings first: the same answers.
#[test]
fn the_order_of_questions_changes_nothing() {
    let files = program::package(20, 4, 4);
    let first = Host::new(program_of(&files));
    let (model, found) = (first.model(), first.diagnostics());
    let second = Host::new(program_of(&files));
    assert_eq!(second.diagnostics(), found);
    assert_eq!(second.model(), model);
    assert!(Arc::ptr_eq(&second.model(), &second.model()));
}

/// One edit of a line: take it out, write it twice, change a word of it, begin it anew.
fn edited(text: &str, kind: u8, line: usize) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = line % lines.len().max(1);
    match kind % 6 {
        0 => {
            lines.remove(at);
        }
        1 => lines.insert(at, lines[at].clone()),
        2 => lines[at] = lines[at].replacen("w1", "w2", 1),
        3 => lines[at] = lines[at].replacen(' ', " { ", 1),
        4 => lines.insert(at, "// nplc: ignore unused-declaration (x)".to_owned()),
        _ => lines[at] = format!("group g{at} = g{} | w1 {}", at + 1, lines[at]),
    }
    lines.join("\n") + "\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is edited in whatever order, the answer is that of a program read afresh.
    #[test]
    fn edits_answer_as_a_fresh_host_does(
        edits in prop::collection::vec((0usize..4, any::<u8>(), any::<usize>()), 1..6)
    ) {
        let mut files = program::package(6, 3, 3);
        let mut host = Host::new(program_of(&files));
        host.set_jobs(1);
        for (file, kind, line) in edits {
            let (path, text) = &mut files[1 + file];
            *text = edited(text, kind, line);
            prop_assert!(host.set_text(path, text));
            let found = findings(&host);
            let fresh = Host::new(program_of(&files));
            prop_assert_eq!(show(&host, &found), show(&fresh, &findings(&fresh)));
            prop_assert_eq!(host.model(), fresh.model());
        }
    }
}
