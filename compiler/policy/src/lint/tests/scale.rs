//! A large model: what it draws. How long that takes is a bench (`benches/lint.rs`).

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
