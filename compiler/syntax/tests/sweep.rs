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

use npl_syntax::{TokenKind as T, lex, parse_file};

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

/// What a hand may make of the text between two tokens, by name.
fn slips(
    text: &str,
    tokens: &[(T, std::ops::Range<usize>)],
    at: usize,
) -> Vec<(&'static str, String)> {
    let (kind, here) = &tokens[at];
    let word = &text[here.clone()];
    let put = |with: &str| format!("{}{with}{}", &text[..here.start], &text[here.end..]);
    let mut out = vec![
        ("deleted", put("")),
        ("doubled", put(&format!("{word} {word}"))),
        ("comma behind", put(&format!("{word},"))),
        ("colon behind", put(&format!("{word}:"))),
        ("semicolon behind", put(&format!("{word};"))),
    ];
    if let Some((_, next)) = tokens.get(at + 1) {
        let between = &text[here.end..next.start];
        let (front, behind) = (&text[..here.start], &text[next.end..]);
        let other = &text[next.clone()];
        if !between.contains('\n') && word != other {
            let gap = if between.is_empty() { " " } else { between };
            out.push(("swapped", format!("{front} {other}{gap}{word} {behind}")));
        }
        if !between.is_empty() && !between.contains("\n\n") && !between.contains("//") {
            out.push(("joined", format!("{front}{word}{other}{behind}")));
            out.push(("line", format!("{front}{word}\n{other}{behind}")));
        }
    }
    out.extend(others(*kind).iter().map(|other| ("replaced", put(other))));
    let written = match kind {
        T::Str => strings(word),
        kind if kind.is_word() => words(word, kind.is_reserved()),
        _ => Vec::new(),
    };
    out.extend(written.into_iter().map(|(name, with)| (name, put(&with))));
    out
}

/// What stands in the place of a sign or a literal.
fn others(kind: T) -> &'static [&'static str] {
    match kind {
        T::Arrow => &["=>", "-", ">", "<-", ":", "→", "--", "to", "- >"],
        T::Colon => &["=", ";", "->", "::", " ", "=="],
        T::Comma => &["|", ";", " ", ".", "and"],
        T::Pipe => &[",", "||", "+", "or", "/", "&"],
        T::Equals => &[":", "==", ":=", " ", "->"],
        T::Dot => &["/", ",", ":", " ", "::"],
        T::Bang => &["not", "-", "!!", "no"],
        T::LBrace => &["(", "[", ":", "{{", "<"],
        T::RBrace => &[")", "]", "}}", ">"],
        T::LParen => &["{", "[", "(("],
        T::RParen => &["}", "]", "))"],
        T::LBracket => &["(", "{"],
        T::RBracket => &[")", "}"],
        T::Int | T::Port => &[
            "\"80\"", "http", "tcp/80", "80:tcp", "80-", "99999", "80.", "-80",
        ],
        T::Addr => &[
            "\"10.0.0.0/8\"",
            "10.0.0.0-10.0.0.9",
            "10.0.0.0/8/8",
            "10.0.0/8",
            "10.0.0.0 /8",
        ],
        T::Date => &[
            "\"2030-01-01\"",
            "2030/01/01",
            "01-01-2030",
            "tomorrow",
            "2030",
        ],
        _ => &[],
    }
}

/// A string with its quotes wrong.
fn strings(word: &str) -> Vec<(&'static str, String)> {
    let inner = word.trim_matches('"');
    let half = inner.char_indices().nth(inner.chars().count() / 2);
    let (a, b) = inner.split_at(half.map_or(0, |(i, _)| i));
    vec![
        ("bare", inner.to_owned()),
        ("single quotes", format!("'{inner}'")),
        ("curly quotes", format!("“{inner}”")),
        ("backquotes", format!("`{inner}`")),
        ("not closed", format!("\"{inner}")),
        ("not opened", format!("{inner}\"")),
        ("quote inside", format!("\"{a}\"{b}\"")),
        ("quoted word inside", format!("\"{a}\"x\"{b}\"")),
        ("two quotes", format!("\"\"{inner}\"\"")),
        ("half closed", format!("\"{inner}'")),
    ]
}

/// A word with its letters wrong.
fn words(word: &str, reserved: bool) -> Vec<(&'static str, String)> {
    let chars: Vec<char> = word.chars().collect();
    let mut twisted = chars.clone();
    let middle = (chars.len() / 2).min(chars.len().saturating_sub(2));
    if chars.len() > 1 {
        twisted.swap(middle, middle + 1);
    }
    let mut short = chars.clone();
    short.remove(chars.len() / 2);
    let split: String = [&chars[..chars.len() / 2], &[' '], &chars[chars.len() / 2..]]
        .concat()
        .iter()
        .collect();
    vec![
        ("twisted", twisted.iter().collect()),
        ("short", short.iter().collect()),
        ("split", split),
        ("capital", word.to_uppercase()),
        ("quoted", format!("\"{word}\"")),
        ("reserved", if reserved { "a" } else { "port" }.to_owned()),
        ("plural", format!("{word}s")),
        ("starred", format!("{word}*")),
    ]
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
            .map(|(kind, range)| (kind, range.as_usize()))
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
                    let from = text[..tokens[at].1.start].rfind('\n').map_or(0, |i| i + 1);
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
