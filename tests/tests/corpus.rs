//! Cilium's own example policies, judged by the conformance engine from their YAML: every recorded
//! verdict must come out, so that what the engine says of emitted policy counts.
//!
//! The corpus is not part of the project: `NPL_CORPUS` names its folder. Without it nothing is
//! judged, which is said, and is a failure under CI.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use npl_test_support::skip::corpus;
use npl_tests::engine::Engine;
use serde_json::{Value, json};

#[test]
fn the_engine_gives_every_recorded_verdict() {
    let Some(folder) = corpus("cilium-examples") else {
        return;
    };
    let lines = std::fs::read_to_string(folder.join("verdicts.jsonl")).unwrap();
    let Some(mut engine) = Engine::start() else {
        return;
    };
    let (mut right, mut total) = (0, 0);
    let mut wrong = Vec::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let file = case["file"].as_str().unwrap();
        let yaml = std::fs::read_to_string(folder.join("yaml").join(file)).unwrap();
        let request = json!({"op": "judge", "documents": [yaml], "dns": case["dns"],
            "flows": case["flows"]});
        let answer = engine.ask(&request).unwrap();
        for (at, flow) in case["flows"].as_array().unwrap().iter().enumerate() {
            total += 1;
            let said = answer.verdicts.get(at).map(|v| v.verdict.as_str());
            if said == flow["verdict"].as_str() {
                right += 1;
            } else {
                wrong.push(format!("{file}: {flow}: {said:?} {}", answer.error));
            }
        }
    }
    println!("corpus: {right} of {total} verdicts by the conformance engine");
    assert!(total > 0, "the corpus is empty");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
