//! One slip of the hand after the other in real programs, through all of `nplc check`: mostly one
//! finding each. Those of the parser alone are swept more closely beside it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

mod common;

use std::path::Path;

use common::Sandbox;
use npl_test_support::slips::{Token, slips};

/// Each slip takes its turn once in so many.
const STEP: usize = 29;

/// Slips of a thousand that may give more than one finding.
const MOST_OF_1000: usize = 10;

fn tokens(text: &str) -> Vec<Token> {
    let tokens = npl_syntax::lex(text);
    let tokens = tokens.iter().filter(|(kind, _)| !kind.is_trivia());
    tokens
        .map(|(kind, range)| Token {
            range: range.as_usize(),
            reserved: kind.is_reserved(),
        })
        .collect()
}

#[test]
fn one_slip_is_one_finding() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let names: Vec<String> = match std::env::var("NPL_SWEEP_EXAMPLES") {
        Ok(names) => names.split(' ').map(str::to_owned).collect(),
        Err(_) => ["shop", "least-privilege", "remote-code-execution"]
            .map(str::to_owned)
            .to_vec(),
    };
    let step = std::env::var("NPL_SWEEP_STEP").map_or(STEP, |n| n.parse().unwrap());
    let sandbox = Sandbox::new();
    let (mut wrong, mut several, mut turn) = (0usize, Vec::new(), 0);
    for name in names {
        let program = std::fs::read_to_string(root.join(format!("{name}.npl"))).unwrap();
        let tokens = tokens(&program);
        for at in 0..tokens.len() {
            for (slip, text) in slips(&program, &tokens, at) {
                turn += 1;
                if turn % step != 0 {
                    continue;
                }
                let ran = sandbox.run_with(&["check", "-", "--format", "concise"], &text);
                // A note says what a claim holds under, of the program as it is now.
                let found = ran.out.lines().filter(|line| !line.contains(": note["));
                let found: Vec<_> = found.collect();
                wrong += usize::from(!found.is_empty());
                if found.len() > 1 {
                    let from = text[..tokens[at].range.start].rfind('\n');
                    let line = text[from.map_or(0, |i| i + 1)..]
                        .lines()
                        .next()
                        .unwrap_or_default();
                    several.push(format!(
                        "{name}, {slip}: {line}\n    {}",
                        found.join("\n    ")
                    ));
                }
            }
        }
    }
    println!("{} of {wrong}\n{}", several.len(), several.join("\n"));
    assert!(wrong > 100);
    assert!(several.len() * 1_000 <= wrong * MOST_OF_1000);
}
