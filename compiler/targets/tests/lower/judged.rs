//! Random policies: the interpreter on the lowered model against the judge on the YAML.
//!
//! `NPL_LOWER_SEED` and `NPL_LOWER_PROGRAMS` replace the seed and the number of programs.

use std::collections::BTreeMap;

use npl_diagnostics::FileId;
use npl_policy::interpret::Interpreter;
use npl_targets::{
    import::judge::{Cluster, Facts, Flow, FlowEnd, Judge, Need, Outcome},
    inventory,
};
use npl_test_support::random::Rng;

use crate::{
    generate::{AROUND, Program, flow},
    support::{flows, lowered, said},
};

const SEED: u64 = 20_261_124;
const PROGRAMS: u64 = 800;
const FLOWS: usize = 60;

#[derive(Default)]
struct Count {
    programs: usize,
    refused: BTreeMap<String, usize>,
    flows: usize,
    allowed: usize,
    unknown: usize,
    closed: usize,
}

/// Cilium's HTTP listener takes no TLS, and its DNS proxy nothing but DNS: what a plain rule beside
/// them admits is closed there. That is said (`import-http-listener`), and no difference.
fn closed_by_proxy(
    (judge, cluster, flow): (&Judge, &Cluster, &Flow),
    got: [&str; 3],
    want: [&str; 3],
) -> bool {
    let unsaid = Flow {
        facts: Facts::default(),
        ..flow.clone()
    };
    let open = judge.judge(cluster, &unsaid);
    let facts = &flow.facts;
    let closed = |at: usize, open: Outcome| {
        got[at] == want[at] || (got[at] == "allow" && want[at] == "deny" && open == Outcome::Allow)
    };
    (facts.sni.is_some() || facts.method.is_some())
        && closed(1, open.egress)
        && closed(2, open.ingress)
}

/// A policy that selects everything selects endpoints of Cilium's own too, which no model has.
fn own_endpoint(end: &FlowEnd) -> bool {
    matches!(end, FlowEnd::Entity { name, .. } if name == "health" || name == "ingress" || name == "host")
}

fn disagreement(program: &Program, asked: &[Flow], count: &mut Count) -> Option<String> {
    let text = format!("{AROUND}---\n{}", program.text());
    let manifests = inventory::read_all(&[(FileId(0), &text)]);
    let read = lowered(&[&text], Some(&manifests.inventory));
    if let Some(error) = read.found.iter().find(|d| d.is_error()) {
        *count.refused.entry(error.code.name.to_owned()).or_default() += 1;
        return None;
    }
    if !read.lowered.refused.is_empty() {
        for refused in &read.lowered.refused {
            for code in &refused.codes {
                *count.refused.entry((*code).to_owned()).or_default() += 1;
            }
        }
        return None;
    }
    count.programs += 1;
    let (judge, _) = Judge::documents(&[&text]);
    let cluster = Cluster::of(&manifests.inventory);
    let interpreter = Interpreter::new(&read.lowered.model);
    for flow in asked {
        let Some(concrete) = flows(flow, &cluster) else {
            continue;
        };
        let judged = judge.judge(&cluster, flow);
        let mut want = [judged.verdict, judged.egress, judged.ingress];
        if own_endpoint(&flow.src) {
            want[1] = Outcome::Allow;
            want[0] = want[2];
        }
        if own_endpoint(&flow.dst) {
            want[2] = Outcome::Allow;
            want[0] = want[1];
        }
        let got = said(&interpreter, &concrete);
        count.flows += 1;
        count.allowed += usize::from(got[0] == "allow");
        count.unknown += usize::from(got[0] == "unknown");
        let conflict = want.contains(&Outcome::Unknown(Need::Conflict));
        let words = want.map(Outcome::as_str);
        // Facts that both ends need may exclude each other, which only the interpreter sees.
        let both = got[0] == "deny" && words[0] == "unknown" && got[1..] == ["unknown"; 2];
        if !conflict && (got == words || (both && got[1..] == words[1..])) {
            continue;
        }
        if !conflict && closed_by_proxy((&judge, &cluster, flow), got, words) {
            count.closed += 1;
            continue;
        }
        return Some(format!("{flow:?}\nthe model says {got:?}, Cilium {want:?}"));
    }
    None
}

fn shrunk(mut program: Program, asked: &[Flow], mut text: String) -> String {
    let mut count = Count::default();
    loop {
        let smaller = program.smaller().into_iter().find_map(|candidate| {
            let text = disagreement(&candidate, asked, &mut count)?;
            Some((candidate, text))
        });
        match smaller {
            Some((candidate, found)) => (program, text) = (candidate, found),
            None => return format!("{}\n{text}", program.text()),
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn a_lowered_policy_means_what_cilium_does() {
    let seed = number("NPL_LOWER_SEED", SEED);
    let mut count = Count::default();
    for at in 0..number("NPL_LOWER_PROGRAMS", PROGRAMS) {
        let mut rng = Rng::new(seed.wrapping_add(at));
        let program = Program::random(&mut rng);
        let asked: Vec<Flow> = (0..FLOWS).map(|_| flow(&mut rng)).collect();
        if let Some(first) = disagreement(&program, &asked, &mut count) {
            panic!(
                "seed {seed}, program {at}:\n{}",
                shrunk(program, &asked, first)
            );
        }
    }
    println!(
        "lowered: {} programs, {} flows: {} allowed, {} unknown, {} closed by a proxy; refused {:?}",
        count.programs, count.flows, count.allowed, count.unknown, count.closed, count.refused
    );
    assert!(count.allowed * 20 > count.flows, "too few flows pass");
}
