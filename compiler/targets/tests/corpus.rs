//! Cilium's own example policies, judged straight from their YAML, against the verdicts that
//! Cilium's policy engine gave for them.
//!
//! The corpus is not part of the project: `NPL_CORPUS` names its folder. Without it this test
//! judges nothing and says so; under CI that is a failure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "test code"
)]

use std::{collections::BTreeMap, fs, path::Path};

use npl_targets::import::judge::{Cluster, Flow, Judge};
use npl_test_support::skip::corpus;
use serde_json::Value;

/// Files whose every verdict must come out, of 73.
const REQUIRED_FILES: usize = 73;

#[derive(Default)]
struct Count {
    files: usize,
    right_files: usize,
    flows: usize,
    right_flows: usize,
}

#[test]
fn verdicts_of_ciliums_examples_come_out_of_their_yaml() {
    let Some(folder) = corpus("cilium-examples") else {
        return;
    };
    let lines = fs::read_to_string(folder.join("verdicts.jsonl")).unwrap();
    let mut count = Count::default();
    let mut wrong = Vec::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        judge_file(&folder.join("yaml"), &case, &mut count, &mut wrong);
    }
    println!(
        "corpus: {} of {} files wholly right, {} of {} verdicts",
        count.right_files, count.files, count.right_flows, count.flows
    );
    for finding in wrong.iter().take(40) {
        println!("  {finding}");
    }
    assert!(count.files > 0, "the corpus is empty");
    assert!(
        count.right_files >= REQUIRED_FILES.min(count.files),
        "{} of {} files have a wrong verdict",
        count.files - count.right_files,
        count.files
    );
}

fn judge_file(folder: &Path, case: &Value, count: &mut Count, wrong: &mut Vec<String>) {
    let file = case["file"].as_str().unwrap();
    let text = fs::read_to_string(folder.join(file)).unwrap();
    let (judge, _) = Judge::documents(&[&text]);
    let cluster = Cluster {
        dns: names(&case["dns"]),
        ..Cluster::default()
    };
    let before = wrong.len();
    for recorded in case["flows"].as_array().unwrap() {
        let flow = Flow::from_json(recorded).unwrap();
        let judged = judge.judge(&cluster, &flow);
        let got = [
            judged.verdict.as_str(),
            judged.egress.as_str(),
            judged.ingress.as_str(),
            judged.needs().map_or("", |need| need.as_str()),
        ];
        let text = |name: &str| recorded[name].as_str().unwrap_or("").to_owned();
        let want = [
            text("verdict"),
            text("egress"),
            text("ingress"),
            text("needs"),
        ];
        count.flows += 1;
        if got.iter().eq(want.iter()) {
            count.right_flows += 1;
        } else {
            wrong.push(format!("{file}: {recorded} is judged {got:?}"));
        }
    }
    count.files += 1;
    count.right_files += usize::from(wrong.len() == before);
}

fn names(value: &Value) -> BTreeMap<smol_str::SmolStr, Vec<std::net::IpAddr>> {
    let pairs = value.as_object().unwrap();
    pairs
        .iter()
        .map(|(name, ips)| {
            let ips = ips.as_array().unwrap();
            let ips = ips.iter().map(|ip| ip.as_str().unwrap().parse().unwrap());
            (name.as_str().into(), ips.collect())
        })
        .collect()
}
