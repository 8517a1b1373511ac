//! A large model: what it draws, and that the work grows with it.

use std::time::Instant;

use crate::{
    builder::{self, Builder},
    lint,
    model::Model,
};

/// `workloads` workloads in three namespaces, ten rules each.
fn large(workloads: usize) -> Model {
    let mut out = Builder::new().deny("all", "169.254.169.254/32 | fd00:ec2::254/128", "");
    for i in 0..workloads {
        let overlap = if i % 20 == 0 { "" } else { " tier=a" };
        out = out.workload(
            &format!("w{i}"),
            &format!("app=a{i} ns=n{}{overlap}", i % 3),
        );
    }
    let name = |i: usize| format!("w{}", i % workloads);
    for i in 0..workloads {
        for step in 1..=8 {
            let port = (8_000 + step).to_string();
            out = out.allow(&name(i), &name(i * 7 + step * 13), &port);
        }
        let to = format!("name:h{}.example.com", i % 50);
        out = out.allow_via(&name(i), &to, "443", builder::tls(&["*.example.com"]));
        let group = format!("{} | {}", name(i + 1), name(i + 2));
        out = out.deny(&name(i), &group, "22");
    }
    out.build()
}

#[test]
fn ordinary_rules_draw_nothing() {
    let found = lint::check(&large(60), None);
    let text: Vec<String> = found
        .iter()
        .map(|f| format!("{}: {}", f.code.name, f.message))
        .collect();
    assert_eq!(text, [""; 0]);
}

/// `cargo test --release -p npl-policy -- --ignored --nocapture lint_time`.
#[test]
#[ignore = "prints times and asserts none"]
fn lint_time() {
    for workloads in [1_000, 2_000, 4_000] {
        let model = large(workloads);
        let pods: Vec<String> = (0..workloads)
            .map(|i| format!("app=a{i} ns=n{} tier=a", i % 3))
            .collect();
        let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
        let inventory = builder::inventory(&pods);
        // The least of several runs: other work on the machine only adds to them.
        let best = |inventory| {
            let run = |_| {
                let start = Instant::now();
                assert!(lint::check(&model, inventory).is_empty());
                start.elapsed()
            };
            (0..10).map(run).min().unwrap()
        };
        println!(
            "{} rules: {:?}, with an inventory {:?}",
            model.rules.len(),
            best(None),
            best(Some(&inventory)),
        );
    }
}

/// Everything between the same few ends: what an index by ends cannot tell apart.
#[test]
#[ignore = "prints times and asserts none"]
fn lint_time_of_crowded_pairs() {
    for rules in [2_000_usize, 4_000, 8_000] {
        let mut out = Builder::new()
            .workload("web", "app=web")
            .workload("api", "app=api");
        for i in 0..rules {
            let port = (1_024 + 2 * i).to_string();
            let net = format!("198.{}.{}.0/24", 18 + i / 256 % 2, i % 256);
            let name = format!("name:h{i}*.example.com");
            out = match i % 5 {
                0 => out.allow("web", "api", &format!("{port}/any")),
                1 => out.allow_via("web", "api", &port, builder::tls(&["a.io"])),
                2 => out.deny("web", &net, &port),
                3 => out.allow("web", &name, &port),
                _ => out.allow("web", &net, &port),
            };
        }
        let model = out.build();
        let start = Instant::now();
        let found = lint::check(&model, None).len();
        println!(
            "{rules} crowded rules: {:?}, {found} findings",
            start.elapsed()
        );
    }
}
