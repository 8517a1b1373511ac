//! What holds for every program: the same bytes anywhere, names that stay, text that reads back.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    sync::Arc,
};

use npl_diagnostics::{FileId, Place, TextRange};
use npl_policy::{
    builder::{Builder, dns, tls},
    model::{Checked, Direction, Model},
};
use npl_targets::cilium::{self, EmitOptions, Output, Settings, limits};
use npl_test_support::skip::skipped;
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{emit, emit_with, names, package, read, specs};

fn program(workloads: usize) -> Builder {
    let mut builder = Builder::new()
        .foreign("dns", "k8s-app=kube-dns ns=kube-system")
        .workload("everything", "ns=*")
        .open(Direction::Ingress)
        .open(Direction::Egress);
    for i in 0..workloads {
        builder = builder.workload(&format!("w{i}"), &format!("part=p{}", i / 2));
    }
    builder = builder.allow_via("all", "dns", "53/any", dns(&["*"])).deny(
        "all",
        "169.254.169.254/32",
        "",
    );
    for i in 0..workloads {
        let (from, to) = (format!("w{i}"), format!("w{}", (i + 3) % workloads));
        builder = match i % 3 {
            0 => builder.allow_via(&from, &to, "443", tls(&["x.io"])),
            1 => builder.allow(&from, &to, "443"),
            _ => builder.allow(&format!("{from} | {to} except w0"), "world", "80"),
        };
    }
    builder
}

fn emit_on(threads: usize, model: &Model) -> Output {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| emit_with(model.clone(), &Settings::default(), &EmitOptions::default()))
}

#[test]
fn the_same_bytes_with_any_number_of_threads() {
    let model = package(program(60));
    assert_eq!(emit_on(1, &model), emit_on(2, &model));
    assert_eq!(emit_on(1, &model), emit_on(5, &model));
}

#[test]
fn a_moved_line_changes_no_byte() {
    let model = package(program(20));
    let mut moved = model.clone();
    let far = |at: &mut Place| {
        at.anchor = npl_diagnostics::Anchor::Item(99);
        at.range = TextRange::new(at.range.start + 777, at.range.end + 777);
    };
    moved.workloads.iter_mut().for_each(|w| far(&mut w.place));
    moved.rules.iter_mut().for_each(|r| far(&mut r.place));
    let options = EmitOptions::default();
    let before = emit_with(model, &Settings::default(), &options);
    let after = emit_with(moved, &Settings::default(), &options);
    assert_eq!(before.objects, after.objects);
    assert_eq!(before.header, after.header);
}

#[test]
fn every_rule_and_seal_is_in_the_index() {
    let output = emit(program(9));
    let index = output.index(|place| (place.anchor == anchor()).then_some(place.range.start));
    let rules = index["rules"].as_object().unwrap();
    for object in &output.objects {
        for spec in read(object)["specs"].as_array().unwrap() {
            let id = spec["log"]["value"].as_str().unwrap();
            assert!(id.len() <= limits::LOG_BYTES_MAX);
            let entry = &rules[id];
            assert_eq!(entry["file"], "main.npl");
            assert!(entry["line"].is_number());
            let files = entry["objects"].as_array().unwrap();
            assert!(
                files.contains(&Value::from(object.file_name.as_str())),
                "{id}"
            );
        }
    }
}

fn anchor() -> npl_diagnostics::Anchor {
    npl_diagnostics::Anchor::File(FileId(0))
}

#[test]
fn large_objects_are_split_and_each_part_is_sealed() {
    let mut builder = Builder::new().workload("hub", "app=hub");
    for i in 0..600 {
        builder = builder.foreign(&format!("f{i}"), &format!("app=f{i}"));
        builder = builder.allow(&format!("f{i}"), "hub", "80");
    }
    let output = emit(builder);
    assert_eq!(names(&output), ["shop-hub-1", "shop-hub-2"]);
    let mut total = 0;
    for object in &output.objects {
        let read = read(object);
        let specs = read["specs"].as_array().unwrap();
        total += specs.len() - 1;
        assert!(specs.len() <= limits::OBJECT_SPECS_MAX);
        assert!(object.yaml.len() <= limits::OBJECT_BYTES_MAX + 4_096);
        assert_eq!(specs[0]["enableDefaultDeny"]["ingress"], true);
        assert_eq!(specs[0]["labels"][0]["value"], "seal-hub");
    }
    assert_eq!(total, 600);
}

#[test]
fn names_depend_on_nothing_else() {
    let name = |module: &str, short: &str| {
        let mut model = package(Builder::new().workload("w", "app=w"));
        model.workloads[0].module = module.into();
        model.workloads[0].short = short.into();
        let output = emit_with(model, &Settings::default(), &EmitOptions::default());
        output.objects[0].name.clone()
    };
    assert_eq!(name("", "orders"), "shop-orders");
    assert_eq!(name("payments.eu", "api"), "shop-payments-eu-api");
    // Replaced and cut names carry a hash of the whole.
    let replaced = name("", "Api_v2");
    assert!(replaced.starts_with("shop-api-v2-") && replaced.len() == "shop-api-v2-".len() + 8);
    assert_ne!(name("", "Api_v2"), name("", "api_V2"));
    let long = "x".repeat(300);
    assert!(name("", &long).len() <= limits::NAME_BYTES_MAX - 6);
    assert_ne!(name("", &long), name("", &format!("{long}y")));
}

#[test]
fn the_digest_is_of_the_meaning() {
    let digest = |model: Model| {
        let output = emit_with(model, &Settings::default(), &EmitOptions::default());
        read(&output.objects[0])["metadata"]["annotations"]["npl/digest"].clone()
    };
    let rule = |port: &str| package(Builder::new().workload("w", "app=w").allow("w", "w", port));
    let mut documented = rule("80");
    documented.rules[0].doc = Some("what it is for".into());
    assert_eq!(digest(rule("80")), digest(documented));
    assert_ne!(digest(rule("80")), digest(rule("81")));
}

#[test]
fn documentation_reaches_the_description_on_one_line() {
    let mut model = package(Builder::new().workload("w", "app=w").allow("w", "w", "80"));
    model.workloads[0].doc = Some("Renders pages.\nFaces the internet.".into());
    model.rules[0].doc = Some("A \"quoted\" line\nand \u{1b}[31mmore".into());
    model.rules[0].because = Some("OPS-17".into());
    let output = emit_with(model, &Settings::default(), &EmitOptions::default());
    let specs = specs(&output, "shop-w");
    assert_eq!(
        specs[0]["description"],
        "sealed by `workload w`. Renders pages. Faces the internet."
    );
    assert_eq!(
        specs[1]["description"],
        "allow w -> w:80. A \"quoted\" line and \u{1b}[31mmore (because OPS-17)"
    );
}

#[test]
fn nothing_is_emitted_from_a_program_with_findings() {
    let model = package(Builder::new().workload("w", "pod-template-hash=x"));
    let none: &[npl_diagnostics::Diagnostic<Place>] = &[];
    let checked = Checked::new(Arc::new(model), none).unwrap();
    let refused = cilium::emit(&checked, &Settings::default(), &EmitOptions::default());
    assert_eq!(refused.unwrap_err()[0].code.name, "label-not-in-identity");
}

/// What a reader of YAML 1.1 sees, as JSON; `None` where Python has no YAML module.
fn yaml_1_1(documents: &str) -> Option<Value> {
    const PROGRAM: &str = "import sys, json\ntry:\n    import yaml\nexcept ImportError:\n    \
                           sys.exit(3)\nprint(json.dumps(list(yaml.safe_load_all(sys.stdin.buffer))))";
    let python = std::env::var("NPL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let child = Command::new(python)
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        skipped("there is no Python to read YAML 1.1 with");
        return None;
    };
    child.stdin.take()?.write_all(documents.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    if output.status.code() == Some(3) {
        skipped("Python has no `yaml` module; `tests/run` installs it");
        return None;
    }
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn hostile() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "y",
        "N",
        "yes",
        "No",
        "on",
        "OFF",
        "true",
        "False",
        "null",
        "~",
        "1_000",
        "0x1F",
        "0o17",
        "017",
        "12:30:45",
        "1e3",
        ".inf",
        ".NaN",
        "2026-01-01",
        "=",
        "<<",
        "-",
        "?",
        ":",
        "",
        " ",
        "a: b",
        "a #b",
        "'",
        "\"",
        "\\",
        "%a",
        "@a",
        "`a",
        "{}",
        "[]",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "a\n b",
        "\t",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "\u{0}",
        "e\u{301}",
        "😀",
        "---",
        "...",
        "1.5",
        "+1",
        "0b1",
        "190:20:30",
        "685_230.15",
        "!!str",
        "null ",
    ]);
    prop_oneof![
        words.prop_map(str::to_owned),
        "[-A-Za-z0-9_./]{0,6}",
        proptest::collection::vec(any::<char>(), 0..8).prop_map(|c| c.into_iter().collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// Many at once, since each case starts a Python.
    #[test]
    fn scalars_read_back_as_they_were(texts in proptest::collection::vec(hostile(), 400)) {
        let mut yaml = String::from("---\n");
        for text in &texts {
            yaml.push_str("- ");
            npl_targets::yaml::write::scalar(&mut yaml, text);
            yaml.push_str(": ");
            npl_targets::yaml::write::scalar(&mut yaml, text);
            yaml.push('\n');
        }
        let expected: Vec<Value> = texts
            .iter()
            .map(|t| Value::Object([(t.clone(), Value::from(t.as_str()))].into_iter().collect()))
            .collect();
        let modern: Value = serde_saphyr::from_str(&yaml).unwrap();
        prop_assert_eq!(&modern, &Value::from(expected.clone()));
        if let Some(old) = yaml_1_1(&yaml) {
            prop_assert_eq!(&old[0], &Value::from(expected));
        }
    }
}

#[test]
fn a_reader_of_yaml_1_1_sees_the_same_objects() {
    let output = emit(
        program(6)
            .workload("on", "on=off y=no app=1_000 t=12:30 ns=n d=2026-01-01")
            .workload("null", "null=~ ns=on account=yes")
            .allow("on", "null", "1-2 53/any"),
    );
    let stream: String = output
        .objects
        .iter()
        .map(|o| format!("---\n{}", o.yaml))
        .collect();
    let modern: Vec<Value> = output.objects.iter().map(read).collect();
    if let Some(old) = yaml_1_1(&stream) {
        assert_eq!(old, Value::from(modern));
    }
}
