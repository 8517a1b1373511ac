//! `nplc import`: a model as text means the same as the model, at each end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::sync::Arc;

use npl_policy::{
    compare,
    interpret::Interpreter,
    model::{Checked, FlowPort, Model},
};
use npl_sema::{eval::prelude, files::MemoryFiles, names};
use npl_targets::{
    cilium::{self, EmitOptions},
    import::npl::{self, About, Words},
};
use npl_test_support::random::{self, Rng};
use npl_tests::flows;
use nplc::pipeline::{
    self, Request,
    import::{Import, Text, import},
};

const PROGRAMS: u64 = 300;
const FLOWS: usize = 200;

fn compile(text: &str) -> Result<Arc<Model>, String> {
    let files = MemoryFiles::new([("/main.npl", text)]);
    let request = Request {
        paths: vec!["/main.npl".to_owned()],
        ..Request::default()
    };
    let unit = pipeline::open(&files, &request).unwrap().remove(0);
    let analysis = unit.analyse();
    let errors: Vec<String> = analysis
        .diagnostics
        .iter()
        .filter(|finding| finding.is_error() && !finding.code.id.starts_with("NPL07"))
        .map(|finding| format!("{} {}", finding.code.id, finding.message))
        .collect();
    match errors.is_empty() {
        true => Ok(analysis.model),
        false => Err(errors.join("\n")),
    }
}

fn written(model: &Model) -> (String, Vec<npl::Unsaid>) {
    let taken: Vec<&str> = prelude::names().collect();
    let about = About {
        words: Words {
            is_name: names::is_identifier,
            skeleton: names::skeleton,
            taken: &taken,
        },
        head: &["Written from a model.".to_owned()],
        objects: &[],
        rules: &[],
        workloads: &[],
        addresses: &[],
    };
    let written = npl::write(model, &about);
    let text = written.text();
    let text = npl_syntax::format(&text).unwrap_or_else(|found| panic!("{found:#?}\n{text}"));
    (text, written.unsaid)
}

/// What differs between two models, on flows aimed at the random programs.
fn differences(a: &Model, b: &Model, seed: u64) -> Vec<String> {
    let (one, two) = (Interpreter::new(a), Interpreter::new(b));
    let mut out = Vec::new();
    for flow in flows::flows(&mut Rng::new(seed ^ 0x1234), FLOWS) {
        let (x, y) = (one.judge(&flow), two.judge(&flow));
        let same = x.egress.verdict == y.egress.verdict && x.ingress.verdict == y.ingress.verdict;
        if !same || x.verdict != y.verdict {
            out.push(format!("{flow:?}\n  before: {x:?}\n   after: {y:?}"));
        }
    }
    out
}

#[test]
fn a_model_as_text_means_the_same() {
    let (mut compiled, mut judged, mut regions) = (0, 0, 0);
    let mut failures = Vec::new();
    for seed in 0..PROGRAMS {
        let program = random::program(seed);
        let Ok(model) = compile(&program.text) else {
            continue;
        };
        let (text, unsaid) = written(&model);
        let arriving = |unsaid: &npl::Unsaid| unsaid.why.starts_with("`dns` cannot be checked");
        if unsaid.iter().any(arriving) {
            continue;
        }
        if !unsaid.is_empty() {
            failures.push(format!("seed {seed}\n{}\n{unsaid:?}", program.text));
            continue;
        }
        match compile(&text) {
            Err(errors) => {
                failures.push(format!("seed {seed}\n{}\n{text}\n{errors}", program.text))
            }
            Ok(again) => {
                (compiled, judged) = (compiled + 1, judged + FLOWS);
                match compare::compare(&model, &again) {
                    Ok(found) if found.differences.is_empty() => regions += found.regions,
                    found => {
                        failures.push(format!("seed {seed}\n{}\n{text}\n{found:#?}", program.text))
                    }
                }
                let found = differences(&model, &again, seed);
                if let Some(first) = found.first() {
                    failures.push(format!("seed {seed}\n{}\n{text}\n{first}", program.text));
                }
                assert_eq!(written(&model).0, text, "the same model, another text");
            }
        }
    }
    println!("{compiled} of {PROGRAMS} programs, {judged} flows, {regions} regions");
    assert!(compiled > PROGRAMS / 2);
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures
            .iter()
            .take(3)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n=====\n"),
    );
}

/// A program becomes YAML, the YAML a program: the verdicts stay.
#[test]
fn what_is_emitted_comes_back() {
    let (mut programs, mut judged, mut refused) = (0, 0, 0);
    let mut failures = Vec::new();
    for seed in 0..PROGRAMS {
        let program = random::program(seed);
        let Some(checked) = checked(&program.text) else {
            continue;
        };
        let options = EmitOptions::default();
        let Ok(output) = cilium::emit(&checked, &cilium::Settings::default(), &options) else {
            continue;
        };
        let objects = output.objects.into_iter();
        let sources = objects
            .map(|o| Text {
                path: o.file_name,
                text: o.yaml,
            })
            .collect();
        let back = import(Import {
            sources,
            name: "back".to_owned(),
            ..Import::default()
        });
        let back = back.unwrap();
        let Some(text) = back.text.as_ref().filter(|_| back.refused.is_empty()) else {
            refused += 1;
            continue;
        };
        let found = compare::compare(&back.model, &back.again);
        if !found
            .as_ref()
            .is_ok_and(|found| found.differences.is_empty())
        {
            failures.push(format!("seed {seed}\n{}\n{text}\n{found:#?}", program.text));
        }
        programs += 1;
        let (one, two) = (
            Interpreter::new(checked.model()),
            Interpreter::new(&back.again),
        );
        for flow in flows::flows(&mut Rng::new(seed ^ 0x77), FLOWS) {
            // Cilium sends a port with an HTTP rule to its proxy, whole, and that takes no TLS.
            if flow.facts.sni.is_some() && flow.port == FlowPort::Tcp(80) {
                continue;
            }
            judged += 1;
            let (before, after) = (one.judge(&flow), two.judge(&flow));
            if before.verdict != after.verdict {
                failures.push(format!(
                    "seed {seed}\n{}\n{text}\n{flow:?}\n before: {before:?}\n  after: {after:?}",
                    program.text
                ));
                break;
            }
        }
    }
    println!("{programs} programs, {judged} flows, {refused} refused");
    assert!(programs > PROGRAMS / 3);
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures
            .iter()
            .take(3)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n=====\n"),
    );
}

fn checked(text: &str) -> Option<Checked> {
    let files = MemoryFiles::new([("/main.npl", text)]);
    let request = Request {
        paths: vec!["/main.npl".to_owned()],
        ..Request::default()
    };
    let unit = pipeline::open(&files, &request).unwrap().remove(0);
    unit.analyse().checked
}

#[test]
fn no_difference_escapes_the_comparison() {
    let (mut different, mut undecided) = (0, 0);
    for seed in 0..PROGRAMS {
        // The same declarations with one rule more or less, and two programs of nothing in common.
        let one = random::program(seed).text;
        let without = one
            .rsplit_once("\nallow ")
            .map_or("", |(before, _)| before)
            .to_owned()
            + "\n";
        for two in [without, random::program(seed + 1).text] {
            let (Ok(a), Ok(b)) = (compile(&one), compile(&two)) else {
                continue;
            };
            let seen = differences(&a, &b, seed);
            match compare::compare(&a, &b) {
                Ok(found) if found.differences.is_empty() => {
                    assert!(
                        seen.is_empty(),
                        "seed {seed}\n{one}\n---\n{two}\n{}",
                        seen[0]
                    );
                }
                Ok(_) => different += 1,
                Err(why) => {
                    println!("seed {seed}: {why:?}\n{one}\n---\n{two}");
                    undecided += 1;
                }
            }
        }
    }
    println!("{different} differ, {undecided} undecided");
    assert!(different > PROGRAMS / 2 && undecided * 50 < different);
}

#[test]
fn what_the_standard_library_says_is_what_the_writer_takes_it_for() {
    for (path, own) in npl::known_declarations() {
        let name = path.rsplit('.').next().unwrap();
        let side = |end: &str| {
            format!(
                "namespace x\n{own}\nuse {path}\nworkload w {{ app: \"w\" }}\nallow egress w -> {end}\n"
            )
        };
        let peers = |end: &str| {
            let model = compile(&side(end)).unwrap();
            let set = Arc::clone(&model.ends[0].peers);
            let pods: Vec<_> = set.pods.iter().map(|part| part.pods.clone()).collect();
            (pods, set.nets.clone())
        };
        assert_eq!(peers(name), peers("own"), "{path}");
    }
}
