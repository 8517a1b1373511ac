//! How long the lints take, on a program like a real one and on one that an index by ends cannot
//! tell apart. `cargo bench -p npl-policy --features build`.

#![allow(clippy::unwrap_used, reason = "bench code")]

use npl_policy::{
    builder::{self, Builder},
    lint,
    model::Model,
};

fn main() {
    divan::main();
}

/// `workloads` workloads in three namespaces, ten rules each.
fn large(workloads: usize) -> Model {
    let mut out = Builder::new().deny("all", "169.254.169.254/32 | fd00:ec2::254/128", "");
    for i in 0..workloads {
        let overlap = if i % 20 == 0 { "" } else { " tier=a" };
        let labels = format!("app=a{i} ns=n{}{overlap}", i % 3);
        out = out.workload(&format!("w{i}"), &labels);
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

/// Everything between the same few ends.
fn crowded(rules: usize) -> Model {
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
    out.build()
}

/// Workloads, with ten rules each.
#[divan::bench(args = [1_000, 2_000, 4_000], sample_count = 5)]
fn large_program(bencher: divan::Bencher<'_, '_>, workloads: usize) {
    let model = large(workloads);
    bencher.bench_local(|| assert!(lint::check(&model, None).is_empty()));
}

#[divan::bench(args = [1_000, 2_000, 4_000], sample_count = 5)]
fn with_an_inventory(bencher: divan::Bencher<'_, '_>, workloads: usize) {
    let model = large(workloads);
    let pods = (0..workloads).map(|i| format!("app=a{i} ns=n{} tier=a", i % 3));
    let pods: Vec<String> = pods.collect();
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    let inventory = builder::inventory(&pods);
    bencher.bench_local(|| assert!(lint::check(&model, Some(&inventory)).is_empty()));
}

/// Rules.
#[divan::bench(args = [2_000, 4_000, 8_000], sample_count = 5)]
fn crowded_pairs(bencher: divan::Bencher<'_, '_>, rules: usize) {
    let model = crowded(rules);
    bencher.bench_local(|| lint::check(&model, None).len());
}
