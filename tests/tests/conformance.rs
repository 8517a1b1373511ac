//! The emitter against Cilium's own policy engine: random programs are compiled, the engine
//! validates and judges the YAML, and the reference interpreter must say the same of every flow,
//! of the program and of the YAML read back.
//!
//! `NPL_CONFORMANCE_SEED` and `NPL_CONFORMANCE_PROGRAMS` choose another slice, and
//! `NPL_CONFORMANCE_MINUTES` goes on for so long; a fresh seed is printed.
#![allow(clippy::panic, reason = "test code")]

use std::time::{Duration, Instant};

use npl_test_support::random::{self, Profile, Rng};
use npl_tests::{
    conformance::{Seen, Target, compile, differences, shrink},
    engine::Engine,
    flows,
};

const PROGRAMS: u64 = 300;
const FLOWS: usize = 150;

/// What is shown of a failed run.
const SHOWN: usize = 4;

/// Verdicts of the two ends that every run must meet.
const PAIRS: [(&str, &str); 6] = [
    ("allow", "allow"),
    ("allow", "deny"),
    ("allow", "unknown"),
    ("deny", "allow"),
    ("deny", "deny"),
    ("unknown", "allow"),
];

/// Findings of programs that compile which every run must meet: each stands for a shape in which
/// rules act on each other.
const FINDINGS: [&str; 4] = [
    "allow-never-applies",
    "http-closes-the-rest",
    "no-effect-while-open",
    "via-swallowed",
];

/// Programs that once differed, by name.
const DIFFERED: [(&str, &str); 5] = [
    (
        "a server name on every port",
        "namespace shop\nworkload a { app: \"a\" }\nworkload b { app: \"b\" }\nallow a -> b:*/tcp via \
         tls.sni \"x.io\"\nallow a -> b:53/udp\n",
    ),
    (
        "a request on every port",
        "namespace shop\nworkload a { app: \"a\" }\nworkload b { app: \"b\" }\nallow a -> b:*/tcp via \
         http { GET \"/x\" }\nallow a -> b:53/udp\n",
    ),
    (
        "the cluster beside a request to Cilium's ingress",
        "namespace shop\nworkload w0 { app: \"a\" }\nworkload w2 { app: \"a\", tier not in [\"x\"] } open \
         ingress, egress\nallow w2 -> cilium_ingress:80 via http.host \"shop.example.com\" { GET \
         \"/a/*\" }\nallow w0 -> cluster:80\n",
    ),
    (
        "the cluster beside a request from other nodes",
        "namespace shop\nworkload w2 { app: \"c\", tier not in [\"x\"] }\nworkload w3 { app: \"c\" } in \
         namespace { team: \"pay\" } open egress\nallow cluster -> w2:{80, 8000-8004}\nallow \
         remote_node -> w3:80 via http { GET \"/a/*\" }\n",
    ),
    (
        "the cluster beside a request to the node",
        "namespace shop\nworkload w0 { app: \"a\", !tier }\nworkload w2 { app: \"a\", tier not in \
         [\"x\"] } account \"robot\"\nallow w0 -> cluster:{80, 8000-8004}\nallow w2 -> host:80 via \
         http { GET \"/a/*\" POST \"/b\" }\n",
    ),
];

#[test]
fn programs_that_once_differed() {
    let Some(mut engine) = Engine::start() else {
        return;
    };
    let flows = flows::flows(&mut Rng::new(7), 4 * FLOWS);
    for (name, text) in DIFFERED {
        let compiled = compile(text, Target::Cilium).unwrap_or_else(|| panic!("{name}: refused"));
        let found = differences(&mut engine, &compiled, &flows, &mut Seen::default());
        assert!(found.is_empty(), "{name}\n{}", found.join("\n"));
    }
}

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The failure of a seed, on the smallest program that has it.
fn judge(engine: &mut Engine, profile: Profile, seed: u64, seen: &mut Seen) -> Option<String> {
    let target = match profile {
        Profile::Cilium => Target::Cilium,
        Profile::Kubernetes => Target::Kubernetes(seed),
    };
    let program = random::program_of(seed, profile);
    seen.programs += 1;
    let compiled = compile(&program.text, target)?;
    seen.constructs.extend(&program.constructs);
    let mut flows = flows::flows(&mut Rng::new(seed ^ 0x5EED), FLOWS);
    flows.retain(|flow| compiled.speaks_of(flow));
    let mut found = differences(engine, &compiled, &flows, seen);
    if found.is_empty() {
        return None;
    }
    let mut aside = Seen::default();
    let small = shrink(&program.text, &mut |text| {
        let Some(compiled) = compile(text, target) else {
            return false;
        };
        let still = differences(engine, &compiled, &flows, &mut aside);
        let differs = !still.is_empty();
        if differs {
            found = still;
        }
        differs
    });
    found.truncate(2);
    Some(format!("seed {seed}\n{small}{}\n", found.join("\n")))
}

fn report(seen: &Seen, profile: Profile, fresh: u64) {
    println!(
        "{profile:?}: {} of {} programs compiled, {} flows judged by Cilium's engine, {} of them again from the \
         YAML read back, {} regions compared exactly; {} closed by the HTTP proxy as a finding says; {} of {} constructs; fresh \
         seed {fresh}",
        seen.compiled,
        seen.programs,
        seen.flows,
        seen.read_back,
        seen.regions,
        seen.closed,
        seen.constructs.len(),
        profile.constructs().len(),
    );
    println!(
        "in ClusterNetworkPolicies: allows of {} programs, seals of {}",
        seen.accepts, seen.seals
    );
    println!("verdicts (source, destination): {:?}", seen.pairs);
    println!("findings: {:?}", seen.findings);
}

#[test]
fn emitted_policy_means_what_the_interpreter_says() {
    run(Profile::Cilium, &PAIRS, &FINDINGS);
}

#[test]
fn kubernetes_policy_means_what_the_interpreter_says() {
    let plain = |(egress, ingress): &(&str, &str)| *egress != "unknown" && *ingress != "unknown";
    let pairs: Vec<_> = PAIRS.into_iter().filter(plain).collect();
    run(
        Profile::Kubernetes,
        &pairs,
        &["allow-never-applies", "no-effect-while-open"],
    );
}

/// A fixed slice, a fresh one, and more while there is time; `pairs` and `findings` must be met.
fn run(profile: Profile, pairs: &[(&str, &str)], findings: &[&str]) {
    let Some(mut engine) = Engine::start() else {
        return;
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let fresh = number("NPL_CONFORMANCE_SEED", now.map_or(1, |d| d.as_secs()));
    let programs = number("NPL_CONFORMANCE_PROGRAMS", PROGRAMS);
    let until = Instant::now() + Duration::from_secs(60 * number("NPL_CONFORMANCE_MINUTES", 0));
    let mut seen = Seen::default();
    let mut failures = Vec::new();
    let first = fresh.wrapping_mul(1_000_000);
    let fixed = 0..programs;
    for (at, seed) in fixed
        .chain((0..).map(|i| first.wrapping_add(i)))
        .enumerate()
    {
        let bounded = at as u64 >= programs * 2 && Instant::now() >= until;
        if bounded || failures.len() >= SHOWN {
            break;
        }
        failures.extend(judge(&mut engine, profile, seed, &mut seen));
    }
    report(&seen, profile, fresh);
    assert!(
        failures.is_empty(),
        "programs differ:\n{}",
        failures.join("\n")
    );
    let cluster_wide = seen.accepts > 0 && seen.seals > 0;
    assert!(cluster_wide || profile == Profile::Cilium, "no tier is met");
    let never = profile
        .constructs()
        .iter()
        .filter(|c| !seen.constructs.contains(*c));
    let never: Vec<_> = never.collect();
    assert!(never.is_empty(), "never compiled: {never:?}");
    let never: Vec<_> = pairs
        .iter()
        .filter(|p| !seen.pairs.contains_key(p))
        .collect();
    assert!(never.is_empty(), "verdicts never met: {never:?}");
    let never = findings.iter().filter(|f| !seen.findings.contains_key(*f));
    let never: Vec<_> = never.collect();
    assert!(never.is_empty(), "findings never met: {never:?}");
}
