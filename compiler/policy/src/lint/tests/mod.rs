//! Each finding with a model that draws it and its nearest neighbour that does not.

mod inventory;
mod meaning;
mod rules;
mod scale;
mod wide;

use crate::{
    builder::Builder,
    inventory::Inventory,
    lint,
    model::{Direction, Verdict, Via},
};

/// The names of the findings, each with the rule or workload it is about; without `only-denied`,
/// which these small models draw wherever they deny: it has a test of its own.
fn findings(builder: Builder, inventory: Option<&Inventory>) -> Vec<String> {
    let mut out = all_findings(builder, inventory);
    out.retain(|found| !found.starts_with("only-denied"));
    out
}

fn all_findings(builder: Builder, inventory: Option<&Inventory>) -> Vec<String> {
    let model = builder.build();
    lint::check(&model, inventory)
        .into_iter()
        .map(|found| {
            let rule = model.rules.iter().find(|r| r.place == found.at);
            let workload = model.workloads.iter().find(|w| w.place == found.at);
            let about = match (rule, workload) {
                (Some(rule), _) => rule.text.as_str(),
                (_, Some(workload)) => workload.short.as_str(),
                _ => "?",
            };
            assert!(
                found.help.is_some(),
                "{} says what to do next",
                found.code.name
            );
            assert!(!found.message.ends_with('.'), "{}", found.message);
            format!("{}: {about}", found.code.name)
        })
        .collect()
}

#[track_caller]
fn check(builder: Builder, expect: &[&str]) {
    assert_eq!(findings(builder, None), expect);
}

/// `web`, `api` and `db` are ours; `dns` is not.
fn shop() -> Builder {
    Builder::new()
        .workload("web", "app=web")
        .workload("api", "app=api")
        .workload("db", "app=db")
        .foreign("dns", "k8s-app=kube-dns ns=kube-system")
}

/// The same, and nothing of `shop` reaches metadata.
fn guarded() -> Builder {
    shop().deny("all", "169.254.169.254/32 | fd00:ec2::254/128", "")
}

fn tls(names: &[&str]) -> Via {
    crate::builder::tls(names)
}

fn egress(builder: Builder, from: &str, to: &str, ports: &str) -> Builder {
    builder.rule(
        Verdict::Allow,
        Some(Direction::Egress),
        from,
        to,
        ports,
        None,
    )
}
