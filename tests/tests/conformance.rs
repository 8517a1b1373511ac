//! The emitter against Cilium's own policy engine: random programs are compiled, the engine
//! validates and judges the YAML, and the reference interpreter must say the same of every flow,
//! end by end.
//!
//! `NPL_CONFORMANCE_SEED` and `NPL_CONFORMANCE_PROGRAMS` choose another slice; a fresh seed is
//! printed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::collections::{BTreeMap, BTreeSet};

use npl_policy::{
    interpret::{Answer, Flow, Interpreter},
    model::Checked,
};
use npl_sema::files::MemoryFiles;
use npl_targets::cilium::{self, EmitOptions};
use npl_test_support::random::{self, CONSTRUCTS, Rng};
use npl_tests::{engine::Engine, flows};
use nplc::pipeline::{self, Request};

const PROGRAMS: u64 = 300;
const FLOWS: usize = 150;

struct Compiled {
    checked: Checked,
    documents: Vec<String>,
}

/// `None`: the program has errors, which is an answer too (an emitter may refuse).
fn compile(text: &str) -> Option<Compiled> {
    let files = MemoryFiles::new([("/main.npl", text)]);
    let request = Request {
        paths: vec!["/main.npl".to_owned()],
        ..Request::default()
    };
    let unit = pipeline::open(&files, &request).unwrap().remove(0);
    let analysis = unit.analyse();
    let checked = analysis.checked?;
    let options = EmitOptions::default();
    let output = cilium::emit(&checked, &analysis.settings, &options).ok()?;
    let documents = output
        .objects
        .into_iter()
        .map(|object| object.yaml)
        .collect();
    Some(Compiled { checked, documents })
}

fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Allow => "allow",
        Answer::Deny => "deny",
        Answer::Unknown(_) => "unknown",
    }
}

/// The differences of one program, as text.
fn compare(engine: &mut Engine, compiled: &Compiled, flows: &[Flow]) -> Vec<String> {
    let documents: Vec<&str> = compiled.documents.iter().map(String::as_str).collect();
    let answer = match engine.judge(&documents, flows) {
        Ok(answer) => answer,
        Err(error) => return vec![format!("the engine could not judge: {error}")],
    };
    let mut out: Vec<String> = answer
        .documents
        .iter()
        .filter(|document| document.stage != "ok")
        .map(|d| {
            format!(
                "{} {} was refused at {}: {}",
                d.kind, d.name, d.stage, d.error
            )
        })
        .collect();
    let interpreter = Interpreter::new(compiled.checked.model());
    for (flow, theirs) in flows.iter().zip(&answer.verdicts) {
        let ours = interpreter.judge(flow);
        let same = word(&ours.verdict) == theirs.verdict;
        if !same {
            out.push(format!(
                "{flow:?}\n    ours: {ours:?}\n  theirs: {theirs:?}"
            ));
        }
    }
    out
}

#[test]
fn emitted_policy_means_what_the_interpreter_says() {
    let Some(mut engine) = Engine::start() else {
        return;
    };
    let fresh = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(1, |d| d.as_secs());
    let number = |name: &str, default: u64| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let programs = number("NPL_CONFORMANCE_PROGRAMS", PROGRAMS);
    let fresh = number("NPL_CONFORMANCE_SEED", fresh);
    let mut failures = Vec::new();
    let mut covered: BTreeSet<&str> = BTreeSet::new();
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut compiled, mut judged) = (0_u64, 0);
    for seed in (0..programs).chain(fresh * 1_000_000..fresh * 1_000_000 + programs) {
        let program = random::program(seed);
        let Some(done) = compile(&program.text) else {
            continue;
        };
        compiled += 1;
        covered.extend(&program.constructs);
        let flows = flows::flows(&mut Rng::new(seed ^ 0x5EED), FLOWS);
        judged += flows.len();
        let interpreter = Interpreter::new(done.checked.model());
        for flow in &flows {
            *verdicts
                .entry(word(&interpreter.judge(flow).verdict))
                .or_default() += 1;
        }
        let differences = compare(&mut engine, &done, &flows);
        if !differences.is_empty() {
            let shown = differences
                .iter()
                .take(3)
                .cloned()
                .collect::<Vec<_>>()
                .join("\n");
            failures.push(format!("seed {seed}\n{}\n{shown}\n", program.text));
        }
    }
    println!(
        "{compiled} of {} programs compiled, {judged} flows judged {verdicts:?}, {} of {} constructs, fresh seed {fresh}",
        programs * 2,
        covered.len(),
        CONSTRUCTS.len(),
    );
    assert!(
        failures.is_empty(),
        "{} programs differ:\n{}",
        failures.len(),
        failures
            .iter()
            .take(4)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n"),
    );
    assert_eq!(
        covered.into_iter().collect::<Vec<_>>(),
        CONSTRUCTS,
        "a construct never compiled"
    );
}
