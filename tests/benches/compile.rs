//! How long a compile takes, cold and after an edit, on the generated program. `cargo bench -p
//! npl-tests`.
//!
//! `cold` is what `nplc build` to one file does, without the disk and without starting a process;
//! the whole process is timed by `tests/bench-process`. `edit` is one changed character inside a
//! rule.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench stops at what is broken"
)]

use std::hint::black_box;

use npl_policy::{
    claims,
    interpret::{Answer, Endpoint, Flow, Interpreter},
    lint,
    model::{Checked, Facts, FlowPort, Pod},
};
use npl_sema::{files::MemoryFiles, manifest::Manifest};
use npl_targets::cilium::{self, EmitOptions};
use npl_test_support::{manifests, program};
use nplc::pipeline::{
    self, Make, Plans, Request, Target, Unit,
    import::{Import, Text, import},
};

/// As in `nplc`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

fn files(workloads: usize, files: usize) -> MemoryFiles {
    let package = program::package(workloads, 10, files);
    MemoryFiles::new(
        package
            .into_iter()
            .map(|(path, text)| (format!("/{path}"), text)),
    )
}

fn open(files: &MemoryFiles) -> Unit {
    let request = Request {
        paths: vec!["/".to_owned()],
        ..Request::default()
    };
    pipeline::open(files, &request).unwrap().remove(0)
}

/// What is made is given back: a process ends without taking it apart, and so it is not timed.
fn build(files: &MemoryFiles) -> impl Sized {
    let request = Request {
        paths: vec!["/".to_owned()],
        ..Request::default()
    };
    let units = pipeline::open(files, &request).unwrap();
    let emit = |_: &Manifest, checked: &Checked, plans: &Plans<'_>, _| {
        plans
            .emit(checked, &EmitOptions::default())
            .expect("can be emitted")
    };
    let made = pipeline::make_all(
        &units,
        &Make {
            targets: &[Target::Cilium],
            make: &emit,
        },
    );
    let output = made.iter().filter_map(|(_, output)| output.as_ref());
    let bytes: usize = output
        .flat_map(|output| &output.objects)
        .map(|object| object.yaml.len())
        .sum();
    assert!(bytes > 0, "the generated program has no errors");
    (units, made)
}

/// Rules: ten for each workload.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 5)]
fn cold(bencher: divan::Bencher<'_, '_>, workloads: usize) {
    let files = files(workloads, workloads / 10);
    bencher.bench_local(|| build(&files));
}

/// Existing policies to a program, its compilation included; documents in files of ten.
#[divan::bench(args = [1_000, 10_000], sample_count = 5)]
fn import_policies(bencher: divan::Bencher<'_, '_>, count: usize) {
    let sources: Vec<Text> = manifests::policies(count, count / 10)
        .into_iter()
        .map(|(path, text)| Text { path, text })
        .collect();
    bencher
        .with_inputs(|| Import {
            sources: sources.clone(),
            name: "policy".to_owned(),
            ..Import::default()
        })
        .bench_local_values(|request| {
            let imported = import(request).unwrap();
            assert!(
                imported.text.is_some(),
                "every generated policy can be said"
            );
            // Not taken apart within the time, as in the command.
            imported
        });
}

/// A thousand flows over five hundred policies in YAML, reading them included.
#[divan::bench(sample_count = 5)]
fn thousand_flows(bencher: divan::Bencher<'_, '_>) {
    let policies = manifests::policies(500, 50);
    let texts = policies
        .into_iter()
        .map(|(path, text)| (format!("/{path}"), text));
    let files = MemoryFiles::new(texts);
    let pod = |number: usize| {
        Endpoint::Pod(Pod {
            namespace: manifests::namespace(number).into(),
            labels: vec![("app".into(), format!("app-{number}").into())],
            account: "default".into(),
            ..Pod::default()
        })
    };
    let flow = |at: usize| Flow {
        src: pod(at % 500),
        dst: pod((at % 500 + at / 500) % 500),
        port: FlowPort::Tcp(8080),
        facts: Facts::default(),
    };
    let flows: Vec<Flow> = (0..1_000).map(flow).collect();
    bencher.bench_local(|| {
        let analysis = open(&files).analyse();
        let interpreter = Interpreter::new(&analysis.model);
        let verdicts = flows.iter().map(|flow| interpreter.judge(flow).verdict);
        let allowed = verdicts.filter(|verdict| *verdict == Answer::Allow).count();
        assert!(allowed > 0 && allowed < flows.len(), "{allowed}");
    });
}

/// The file of module 7 in two versions that differ in one character of one rule.
fn versions() -> (String, String, String) {
    let package = program::package(1_000, 10, 100);
    let (path, before) = package
        .into_iter()
        .find(|(path, _)| path == "src/m7.npl")
        .unwrap();
    let at = before.rfind("allow w").unwrap();
    let (head, tail) = before.split_at(at);
    let after = format!("{head}{}", tail.replacen(":80", ":81", 1));
    assert_ne!(before, after);
    (path, before, after)
}

/// To new diagnostics of sema, inside the database.
#[divan::bench(sample_count = 50)]
fn edit_sema(bencher: divan::Bencher<'_, '_>) {
    let mut unit = open(&files(1_000, 100));
    let (path, before, after) = versions();
    black_box(unit.host().diagnostics());
    let mut flip = false;
    bencher.bench_local(|| {
        flip = !flip;
        let text = if flip { &after } else { &before };
        assert!(unit.host_mut().set_text(&path, text));
        black_box(unit.host().diagnostics().len())
    });
}

/// To new diagnostics of everything else: model, lints, claims, the target's check half.
#[divan::bench(sample_count = 20)]
fn edit_check_half(bencher: divan::Bencher<'_, '_>) {
    let mut unit = open(&files(1_000, 100));
    let (path, before, after) = versions();
    black_box(unit.host().diagnostics());
    let settings = unit.analyse().settings;
    let mut flip = false;
    bencher.bench_local(|| {
        flip = !flip;
        let text = if flip { &after } else { &before };
        assert!(unit.host_mut().set_text(&path, text));
        let model = unit.host().model();
        let mut found = lint::check(&model, None).len();
        found += claims::diagnostics(&model, &claims::decide(&model, None)).len();
        found += cilium::check(&model, &settings, None).len();
        black_box(found)
    });
}
