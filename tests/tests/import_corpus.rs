//! Policies that others wrote, to a program and back: what Cilium's engine said of the YAML comes
//! out of the YAML that the program is compiled to; what is refused, and why, is held here.
//!
//! `NPL_CORPUS` names the folder; without it nothing is judged, which under CI is a failure.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use npl_policy::compare;
use npl_targets::{
    cilium::{self, EmitOptions},
    import::judge::{Cluster, Flow, Judge},
};
use npl_test_support::skip::corpus;
use npl_tests::engine::Engine;
use nplc::pipeline::import::{Import, Imported, Text, import};
use serde_json::{Value, json};

/// Objects that no program says, with the names of the codes that say why.
const REFUSED: [(&str, &str); 14] = [
    ("kubernetes-es/es-sw-policy.yaml", "import-expression"),
    (
        "kubernetes-grpc/cc-door-ingress-security.yaml",
        "import-expression",
    ),
    (
        "kubernetes-tls-inspection/l7-visibility-tls.yaml",
        "import-tls-interception",
    ),
    (
        "kubernetes/connectivity-check/connectivity-check-proxy.yaml",
        "policy-duplicate",
    ),
    (
        "kubernetes/servicemesh/cnp-with-mutual-auth.yaml",
        "import-authentication",
    ),
    // No rule lets Cilium learn the name that it allows: NPL0712.
    (
        "kubernetes/servicemesh/envoy/client-egress-l7-http.yaml",
        "import-unwritable",
    ),
    (
        "policies/kubernetes/clustermesh/cross-cluster-any-namespace-policy.yaml",
        "import-other-cluster",
    ),
    (
        "policies/kubernetes/clustermesh/cross-cluster-policy.yaml",
        "import-other-cluster",
    ),
    // Cilium refuses these two itself.
    (
        "policies/l3/entities/customnodes.yaml",
        "policy-needs-agent-flag",
    ),
    ("policies/l3/requires/requires.yaml", "policy-removed-field"),
    // Without an inventory nobody knows what is behind a Service.
    ("policies/l3/service/service.yaml", "import-needs-inventory"),
    ("policies/l4/from_init.yaml", "import-entity"),
    ("policies/l7/http/http.yaml", "import-header-match"),
    ("policies/l7/http/l7_multi.yaml", "import-expression"),
];

fn imported(texts: Vec<Text>) -> Imported {
    import(Import {
        sources: texts,
        name: "imported".to_owned(),
        skip_refused: true,
        ..Import::default()
    })
    .unwrap()
}

fn text(path: &Path) -> Text {
    Text {
        path: path.file_name().unwrap().to_string_lossy().into_owned(),
        text: fs::read_to_string(path).unwrap(),
    }
}

/// The program means what the YAML means, at every end.
fn proved(what: &str, imported: &Imported) -> usize {
    let text = imported
        .text
        .as_deref()
        .unwrap_or_else(|| panic!("{what}: no text"));
    assert_eq!(npl_syntax::format(text).as_deref(), Ok(text), "{what}");
    let found = compare::compare(&imported.model, &imported.again);
    let found = found.unwrap_or_else(|why| panic!("{what}: {why:?}\n{text}"));
    assert!(
        found.differences.is_empty(),
        "{what}\n{text}\n{:#?}",
        found.differences
    );
    found.regions
}

#[test]
fn verdicts_of_ciliums_examples_survive_the_way_through_a_program() {
    let Some(folder) = corpus("cilium-examples") else {
        return;
    };
    let lines = fs::read_to_string(folder.join("verdicts.jsonl")).unwrap();
    let mut engine = Engine::start();
    let (mut files, mut flows, mut by_the_engine, mut regions) = (0, 0, 0, 0);
    let mut refused: BTreeSet<(String, String)> = BTreeSet::new();
    let mut wrong = Vec::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let file = case["file"].as_str().unwrap();
        let imported = imported(vec![text(&folder.join("yaml").join(file))]);
        regions += proved(file, &imported);
        for object in &imported.refused {
            refused.insert((file.to_owned(), object.codes.join(", ")));
        }
        // What Cilium refuses or replaces is not enforced, and so the verdicts are without it.
        let unsaid = |codes: &[&str]| codes.iter().any(|code| code.starts_with("import-"));
        if imported.refused.iter().any(|object| unsaid(&object.codes)) {
            continue;
        }
        files += 1;
        let documents = emitted(file, &imported);
        flows += judge(file, &case, &documents, &mut wrong);
        if let Some(engine) = &mut engine {
            by_the_engine += ask(engine, file, &case, &documents, &mut wrong);
        }
    }
    println!(
        "corpus through NPL: {files} files, {flows} verdicts, {by_the_engine} of them by the \
         conformance engine too, {} files refused, {regions} regions",
        refused.len()
    );
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    let held = REFUSED.map(|(file, code)| (file.to_owned(), code.to_owned()));
    assert_eq!(refused.into_iter().collect::<Vec<_>>(), held);
    assert!(files > 0);
}

/// The YAML that the program of one file is compiled to.
fn emitted(file: &str, imported: &Imported) -> Vec<String> {
    let checked = imported.checked.as_ref().unwrap();
    let emitted = cilium::emit(
        checked,
        &cilium::Settings::default(),
        &EmitOptions::default(),
    );
    let emitted = emitted.unwrap_or_else(|found| panic!("{file}: {found:?}"));
    emitted
        .objects
        .into_iter()
        .map(|object| object.yaml)
        .collect()
}

/// The verdicts of Cilium's engine on it.
fn ask(
    engine: &mut Engine,
    file: &str,
    case: &Value,
    documents: &[String],
    wrong: &mut Vec<String>,
) -> usize {
    let request = json!({"op": "judge", "documents": documents, "dns": case["dns"],
        "flows": case["flows"]});
    let answer = engine.ask(&request).unwrap();
    let recorded = case["flows"].as_array().unwrap();
    for (flow, theirs) in recorded.iter().zip(&answer.verdicts) {
        if Some(theirs.verdict.as_str()) != flow["verdict"].as_str() {
            wrong.push(format!("{file}: {flow} is to the engine {theirs:?}"));
        }
    }
    answer.verdicts.len()
}

/// The verdicts of the reader of YAML on it.
fn judge(file: &str, case: &Value, documents: &[String], wrong: &mut Vec<String>) -> usize {
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    let (judge, found) = Judge::documents(&documents);
    assert!(
        found.iter().all(|finding| !finding.is_error()),
        "{file}: {found:?}"
    );
    let cluster = Cluster {
        dns: names(&case["dns"]),
        ..Cluster::default()
    };
    let recorded = case["flows"].as_array().unwrap();
    for flow in recorded {
        let judged = judge.judge(&cluster, &Flow::from_json(flow).unwrap());
        if Some(judged.verdict.as_str()) != flow["verdict"].as_str() {
            wrong.push(format!("{file}: {flow} is judged {:?}", judged.verdict));
        }
    }
    recorded.len()
}

fn names(value: &Value) -> BTreeMap<smol_str::SmolStr, Vec<std::net::IpAddr>> {
    let pairs = value.as_object().unwrap().iter();
    pairs
        .map(|(name, ips)| {
            let ips = ips.as_array().unwrap().iter();
            (
                name.as_str().into(),
                ips.map(|ip| ip.as_str().unwrap().parse().unwrap())
                    .collect(),
            )
        })
        .collect()
}

#[test]
fn network_policies_of_another_tools_tests_become_programs() {
    let Some(folder) = corpus("netpol-analyzer/tests") else {
        return;
    };
    let (mut folders, mut rules, mut regions) = (0, 0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut all: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    all.sort();
    for path in all.iter().filter(|path| path.is_dir()) {
        let mut files = Vec::new();
        below(path, &mut files);
        let imported = imported(files.iter().map(|path| text(path)).collect());
        if imported.text.is_none() {
            *reasons.entry("not YAML".to_owned()).or_default() += 1;
            continue;
        }
        regions += proved(&path.display().to_string(), &imported);
        (folders, rules) = (folders + 1, rules + imported.counts.rules);
        for object in &imported.refused {
            *reasons.entry(object.codes.join(", ")).or_default() += 1;
        }
    }
    println!("{folders} folders, {rules} rules, {regions} regions; refused: {reasons:?}");
    assert!(folders > 0);
    // Policies in tiers; two named ports whose pods only a label tells apart that Cilium ignores.
    let known = [("import-tiered-policy", 44), ("import-unwritable", 2)];
    let known = known.map(|(why, count)| (why.to_owned(), count));
    assert_eq!(reasons, BTreeMap::from(known));
}

fn below(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let yaml = path
            .extension()
            .is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        if path.is_dir() {
            below(&path, out);
        } else if yaml {
            out.push(path);
        }
    }
}
