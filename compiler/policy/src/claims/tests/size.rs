//! Claims over large models: what is looked at grows with what meets the claim, not with the model.

use std::fmt::Write;

use crate::{
    builder::Builder,
    claims::{Decision, decide},
    limits::CLAIM_STEPS_MAX,
};

/// Workloads in a row, each with an allow to the next.
fn chain(length: usize) -> Builder {
    let mut out = Builder::new();
    for i in 0..length {
        out = out.workload(&format!("w{i}"), &format!("app=w{i}"));
    }
    for i in 1..length {
        out = out.allow(&format!("w{}", i - 1), &format!("w{i}"), "80");
    }
    out.deny("all", "169.254.169.254/32", "")
}

#[test]
fn many_workloads_are_decided() {
    let model = chain(300)
        .cannot_reach("w1", "w5", "")
        .cannot_reach("w1", "w2", "")
        .only_can_reach("w1", "w2", "")
        .cannot_reach("all", "w7", "81")
        .build();
    let outcomes = decide(&model, None);
    let words: Vec<&str> = outcomes
        .iter()
        .map(|outcome| match outcome.decision {
            Decision::Holds => "holds",
            Decision::Fails(_) => "fails",
            _ => "other",
        })
        .collect();
    assert_eq!(words, ["holds", "fails", "holds", "holds"]);
}

#[test]
fn a_proof_that_is_too_large_counts_as_none() {
    // Each pair of keys doubles the pieces, and only the last two denies together cover them.
    let mut out = Builder::new()
        .workload("web", "app=web")
        .workload("db", "app=db");
    let mut tagged = String::new();
    for i in 0..24 {
        out = out.foreign(&format!("t{i}"), &format!("a{i}=1 b{i}=1"));
        let _ = write!(tagged, "t{i} | ");
    }
    let model = out
        .foreign("odd", "z=1")
        .foreign("even", "z!=1")
        .allow("web", "db", "80")
        .deny(&format!("{tagged}odd | even"), "db", "80")
        .cannot_reach("web", "db", "")
        .build();
    let outcome = decide(&model, None).remove(0);
    assert_eq!(outcome.decision, Decision::TooLarge(CLAIM_STEPS_MAX));
    assert!(!outcome.holds());
}
