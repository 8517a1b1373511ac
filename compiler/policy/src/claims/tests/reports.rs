//! Findings as their readers see them.

use std::fmt::Write;

use crate::{
    builder::{Builder, inventory, tls},
    claims::{decide, diagnostics},
    inventory::Inventory,
    model::Direction,
};

/// Every finding: severity, name, message, notes, labels by declaration, help.
fn report(built: Builder, inventory: Option<&Inventory>) -> String {
    let model = built.build();
    let mut out = String::new();
    for d in diagnostics(&model, &decide(&model, inventory)) {
        let _ = writeln!(out, "{:?} {}: {}", d.severity, d.code.name, d.message);
        if !d.label.is_empty() {
            let _ = writeln!(out, "  here: {}", d.label);
        }
        for note in &d.notes {
            let _ = writeln!(out, "  {note}");
        }
        for label in &d.labels {
            let _ = writeln!(out, "  at item {}: {}", label.at.range.start, label.text);
        }
        if let Some(help) = &d.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}

fn overlapping() -> Builder {
    Builder::new()
        .workload("frontend", "app=frontend")
        .workload("admin", "role=admin")
        .workload("db", "app=db")
        .allow("admin", "db", "5432")
        .cannot_reach("frontend", "db", "")
}

#[test]
fn a_claim_that_holds_says_nothing() {
    let model = Builder::new()
        .workload("web", "app=web")
        .workload("db", "app=db")
        .cannot_reach("web", "db", "");
    assert_eq!(report(model, None), "");
}

#[test]
fn a_claim_about_the_own_node_says_what_the_platform_does() {
    let model = || Builder::new().workload("web", "app=web");
    let denied = report(model().can_reach("host", "web", "80"), None);
    assert!(denied.contains("by platform"), "{denied}");
    assert_eq!(report(model().cannot_reach("host", "web", ""), None), "");
}

#[test]
fn a_failed_claim_shows_its_flow() {
    let model = Builder::new()
        .workload("web", "app=web")
        .workload("db", "app=db")
        .open(Direction::Ingress)
        .allow_via("web", "world", "443", tls(&["a.io"]))
        .allow("web", "db", "80")
        .cannot_reach("web", "db", "")
        .cannot_reach("web", "203.0.113.0/24", "")
        .can_reach("db", "web", "80");
    insta::assert_snapshot!(report(model, None));
}

#[test]
fn an_overlap_is_told_with_its_labels() {
    insta::assert_snapshot!(report(overlapping(), None));
}

#[test]
fn a_closed_world_is_a_note() {
    let pods = inventory(&["app=frontend", "role=admin", "app=db"]);
    insta::assert_snapshot!(report(overlapping(), Some(&pods)));
}

#[test]
fn assumptions_are_listed() {
    let model = overlapping()
        .disjoint("frontend", "admin")
        .allow("frontend", "name:api.stripe.com", "443")
        .cannot_reach("frontend", "203.0.113.0/24", "");
    insta::assert_snapshot!(report(model, None));
}

#[test]
fn what_is_no_proof_is_told() {
    let model = Builder::new()
        .workload("web", "app=web")
        .open(Direction::Ingress)
        .workload("canary", "app=web track=canary")
        .foreign("dns", "app=dns ns=kube-system")
        .cannot_reach("dns", "world", "")
        .only_can_reach("dns", "web", "")
        .only_can_reach("dns", "world", "")
        .cannot_reach("web except web", "dns", "")
        .disjoint("web", "canary");
    insta::assert_snapshot!(report(model, None));
}
