//! One slip of the hand after the other, at every token of real programs: mostly one finding each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

use std::{collections::BTreeSet, path::Path};

use npl_syntax::{lex, parse_file};
use npl_test_support::slips::{Token, slips};

/// The examples, and what the pages of the codes show as right.
fn programs() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut out = Vec::new();
    let mut texts = |folder: &str, ending: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        let mut paths: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
        paths.retain(|p| p.extension().is_some_and(|e| e == ending));
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(path).unwrap();
            out.push((text, ending == "md"));
        }
    };
    texts("examples", "npl");
    texts("compiler/diagnostics/codes", "md");
    let right = |page: &str| {
        let right = page.split_once("## Right")?.1.split_once("```npl\n")?.1;
        Some(right.split_once("```")?.0.to_owned())
    };
    let out = out.into_iter();
    let out = out.filter_map(|(text, page)| if page { right(&text) } else { Some(text) });
    let out: BTreeSet<String> = out
        .filter(|text| parse_file(text).diagnostics.is_empty())
        .collect();
    out.into_iter().collect()
}

/// Each token of the programs takes its turn once in so many.
const STEP: usize = 7;

/// Slips of a hundred thousand that may give more than one finding: swapped brackets, words that
/// open an item within another one, and the like.
const MOST_OF_100000: usize = 500;

#[test]
fn one_slip_is_one_finding() {
    let (mut wrong, mut several) = (0usize, Vec::new());
    let step = std::env::var("NPL_SWEEP_STEP").map_or(STEP, |n| n.parse().unwrap());
    let mut turn = 0;
    for program in programs() {
        let tokens = lex(&program);
        let tokens: Vec<_> = tokens
            .iter()
            .filter(|(kind, _)| !kind.is_trivia())
            .map(|(kind, range)| Token {
                range: range.as_usize(),
                reserved: kind.is_reserved(),
            })
            .collect();
        for at in 0..tokens.len() {
            turn += 1;
            if turn % step != 0 {
                continue;
            }
            for (name, text) in slips(&program, &tokens, at) {
                let found = parse_file(&text).diagnostics;
                wrong += usize::from(!found.is_empty());
                if found.len() > 1 {
                    let from = text[..tokens[at].range.start]
                        .rfind('\n')
                        .map_or(0, |i| i + 1);
                    let line = text[from..].lines().next().unwrap_or_default();
                    let codes: Vec<_> = found.iter().map(|d| d.code.id).collect();
                    several.push(format!("{name}: {} {line}", codes.join(" ")));
                }
            }
        }
    }
    println!("{} of {wrong}\n{}", several.len(), several.join("\n"));
    assert!(wrong > 1_000);
    assert!(several.len() * 100_000 <= wrong * MOST_OF_100000);
}
