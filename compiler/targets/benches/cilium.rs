//! The Cilium target on a program like a real one: ten rules a workload, three rules on `all`, 10 %
//! `via`, 5 % denies, 5 % of the workloads overlapping.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "bench code")]

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{
    builder::{Builder, dns, tls},
    model::{Checked, Model},
};
use npl_targets::cilium::{self, EmitOptions, Settings};

fn main() {
    divan::main();
}

fn program(workloads: usize) -> Model {
    let mut builder = Builder::new()
        .foreign("kube_dns", "k8s-app=kube-dns ns=kube-system")
        .foreign("scraper", "app=prometheus ns=monitoring");
    let namespaces = ["shop", "pay", "data"];
    for i in 0..workloads {
        let namespace = namespaces[(i / 10) % 3];
        let labels = if i % 20 == 19 {
            format!("part=p{} ns={namespace}", i - 1)
        } else {
            format!("app=w{i} part=p{i} tier=a|b ns={namespace}")
        };
        builder = builder.workload(&format!("w{i}"), &labels);
    }
    builder = builder
        .allow_via("all", "kube_dns", "53/any", dns(&["*"]))
        .allow("scraper", "all", "9090")
        .deny("all", "169.254.169.254/32 | fd00:ec2::254/128", "");
    for i in 0..workloads {
        for r in 0..10 {
            builder = rule(builder, i, r);
        }
    }
    builder.build()
}

fn rule(builder: Builder, i: usize, r: usize) -> Builder {
    let first = i / 10 * 10;
    let from = format!("w{i}");
    let to = format!("w{}", first + (i + 1 + r) % 10);
    let port = (8000 + r * 10).to_string();
    match (i * 10 + r) % 40 {
        3 | 13 => {
            let name = format!("{to}-{r}.example.com");
            builder.allow_via(&from, &to, &port, tls(&[&name]))
        }
        23 | 33 => {
            let name = format!("api{first}.example.com");
            builder.allow_via(&from, &format!("name:{name}"), "443", tls(&[&name]))
        }
        7 | 27 => builder.deny(&from, &to, &port),
        5 => builder.allow("198.51.100.0/24-198.51.100.128/25", &from, &port),
        15 => {
            let all: Vec<_> = (first + 1..first + 10).map(|w| format!("w{w}")).collect();
            builder.allow(
                &format!("{} except w{first}", all.join(" | ")),
                &from,
                &port,
            )
        }
        _ => builder.allow(&from, &to, &port),
    }
}

#[divan::bench(args = [100, 1_000])]
fn check(bencher: divan::Bencher<'_, '_>, workloads: usize) {
    let model = program(workloads);
    bencher.bench(|| cilium::check(&model, &Settings::default(), None));
}

#[divan::bench(args = [100, 1_000])]
fn emit(bencher: divan::Bencher<'_, '_>, workloads: usize) {
    let model = program(workloads);
    let none: &[Diagnostic<Place>] = &[];
    let checked = Checked::new(Arc::new(model), none).unwrap();
    let settings = Settings::default();
    let options = EmitOptions::default();
    let output = cilium::emit(&checked, &settings, &options).unwrap();
    let bytes: usize = output.objects.iter().map(|o| o.yaml.len()).sum();
    bencher
        .counter(divan::counter::BytesCount::new(bytes))
        .bench(|| cilium::emit(&checked, &settings, &options));
}
