//! Text that is no program: a diagnostic, never a panic, and work that grows with the text and not
//! with its square.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

#[path = "support/programs.rs"]
mod programs;
mod support;

use npl_syntax::{TokenKind, cut, format, lex, parse_arg, parse_file, parse_flow, parse_item};
use programs::Choices;
use proptest::prelude::*;

/// What must hold of any text at all.
fn stands(text: &str) {
    let tokens = lex(text);
    let mut end = 0;
    for (_, range) in tokens.iter() {
        assert_eq!(range.start, end, "tokens leave a gap in {text:?}");
        assert!(range.end > range.start);
        end = range.end;
    }
    assert_eq!(end as usize, text.len());
    let file = parse_file(text);
    for d in &file.diagnostics {
        let places = [d.at].into_iter().chain(d.labels.iter().map(|l| l.at));
        for at in places.chain(d.fixes.iter().flat_map(|f| f.edits.iter().map(|e| e.at))) {
            assert!(
                text.get(at.as_usize()).is_some(),
                "{:?} of {text:?}",
                d.message
            );
        }
    }
    // Every token that is no trivia stands in exactly one item.
    let covered = |at| {
        file.items
            .iter()
            .filter(|(raw, _)| raw.range.contains(at))
            .count()
    };
    for (kind, range) in tokens.iter() {
        let mark = range.start == 0 && text.starts_with('\u{FEFF}');
        if !kind.is_trivia() && !mark {
            assert_eq!(covered(range.start), 1, "{text:?}");
        }
    }
    let _ = (
        parse_flow(text),
        parse_arg(text),
        format(text),
        npl_syntax::one_line(text),
    );
    // An item depends on its text alone.
    for (raw, parsed) in &file.items {
        assert_eq!(&parse_item(&text[raw.range.as_usize()]), parsed);
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_text(text in "\\PC{0,80}") {
        stands(&text);
    }

    #[test]
    fn arbitrary_tokens(words in proptest::collection::vec(prop::sample::select(vec![
        "allow", "deny", "a", "->", ":", "80", "{", "}", "(", ")", "[", "]", "\"x\"", "test", "is",
        "allowed", "template", "workload", "via", "tls.sni", "|", "except", ",", "10.0.0.0/8", "\n",
        "// c\n", "/// d\n", "-", "/", "\"", "=", "in", "namespace", "not", "until", "2027-01-31",
        "because", "assert", "can", "cannot", "reach", "use", ".", "param", "::1", "*", "'", "#", "\0",
    ]), 0..60)) {
        stands(&words.join(" "));
        stands(&words.concat());
    }

    #[test]
    fn mutated_programs(
        choices in proptest::collection::vec(any::<u16>(), 0..300),
        cuts in proptest::collection::vec((any::<u16>(), 0usize..6, any::<char>()), 1..6),
    ) {
        let mut choices = Choices::new(&choices);
        let program = choices.program();
        let mut chars: Vec<char> = choices.scatter(&program).chars().collect();
        for (at, remove, insert) in cuts {
            let at = usize::from(at) % (chars.len() + 1);
            let end = (at + remove).min(chars.len());
            let with = if remove % 2 == 0 { vec![insert] } else { vec![] };
            chars.splice(at..end, with);
        }
        stands(&chars.into_iter().collect::<String>());
    }

    #[test]
    fn a_file_is_its_items(choices in proptest::collection::vec(any::<u16>(), 0..300)) {
        let mut choices = Choices::new(&choices);
        let program = choices.program();
        let text = choices.scatter(&program);
        stands(&text);
        let file = parse_file(&text);
        prop_assert!(!file.diagnostics.iter().any(|d| d.is_error()));
        // Something above an item changes nothing of it.
        let moved = format!("// above\n\n{text}");
        let again = parse_file(&moved);
        for ((_, one), (_, other)) in file.items.iter().zip(&again.items) {
            prop_assert_eq!(one, other);
        }
    }
}

#[test]
fn deep_brackets() {
    for open in ["(", "{", "[", "({["] {
        let text = format!("allow {} -> b:80\nallow a -> b:80", open.repeat(100_000));
        let file = parse_file(&text);
        let codes: Vec<_> = file.diagnostics.iter().map(|d| d.code.id).collect();
        assert_eq!(codes, ["NPL0105"]);
        assert_eq!(file.items.len(), 2);
    }
    let closed = format!("group g = {}a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(parse_file(&closed).diagnostics.len(), 1);
    let fits = format!("group g = {}a{}", "(".repeat(64), ")".repeat(64));
    assert_eq!(parse_file(&fits).diagnostics, []);
    assert!(format(&fits).is_ok());
    let closers = format!("allow a -> b:80 {}", ")".repeat(100_000));
    assert!(!parse_file(&closers).diagnostics.is_empty());
}

#[test]
fn ten_megabytes_of_noise() {
    let mut state = 1u32;
    let mut noise = String::new();
    while noise.len() < 10 << 20 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push(char::from((state >> 24) as u8 & 0x7F));
    }
    let file = parse_file(&noise);
    assert!(file.diagnostics.iter().any(|d| d.is_error()));
    // Bounded: a few for each item that the noise happens to hold.
    assert!(file.diagnostics.len() < 200 * (file.items.len() + 1));
}

#[test]
fn noise_of_one_kind() {
    let mega = 1 << 18;
    for part in [
        "\0",
        "\"",
        "\\\"",
        "/ ",
        "/*",
        "a:",
        "::",
        "'",
        "#",
        "-",
        "a.",
        "{}",
        "![",
        "allow ",
        "\u{FEFF}",
        "=",
        "0-",
        "a|",
        "a |\n",
        "permit a -> b\n",
        "allow x\npermit a -> b |\n",
        "{\na -> b\n",
        "a -> b is\n",
        "via a test ",
        "„a",
        "`a",
        "“\"",
        "- > ",
        "until 1/1/1",
        "workload a { not",
        "{ GET",
        " :\nh: string",
    ] {
        let text = part.repeat(mega / part.len());
        assert!(
            parse_file(&text).diagnostics.iter().any(|d| d.is_error()),
            "{part}"
        );
    }
}

/// Each token is seen once: the number of tokens of a text twice as long is twice the number.
#[test]
fn tokens_grow_with_the_text() {
    for part in ["\"\\", "a:b:c:", "1.1.", "a-b-", "/*", "::1", "1-1-"] {
        let count = |n: usize| lex(&part.repeat(n)).len();
        let (one, two) = (count(5_000), count(10_000));
        assert!(two <= 2 * one + 2, "{part}: {one} {two}");
    }
}

#[test]
fn line_ends_and_marks() {
    let unix = "workload a { x: \"y\" }\n/// Doc.\nallow a -> b:80\n";
    let dos = unix.replace('\n', "\r\n");
    let kinds = |text: &str| -> Vec<TokenKind> { lex(text).iter().map(|(kind, _)| kind).collect() };
    assert_eq!(kinds(unix), kinds(&dos));
    assert_eq!(parse_file(&dos).diagnostics, []);
    assert_eq!(
        parse_file(&dos).items[1].1.item.doc.as_deref(),
        Some("Doc.")
    );
    assert_eq!(format(&dos).unwrap(), unix);
    let marked = format!("\u{FEFF}{unix}");
    let codes: Vec<_> = parse_file(&marked)
        .diagnostics
        .iter()
        .map(|d| d.code.id)
        .collect();
    assert_eq!(codes, ["NPL0001"]);
    assert_eq!(format(&marked).unwrap(), unix);
    let open = "allow a -> b:80 because \"x\r\nallow c -> d:80\r\n";
    let codes: Vec<_> = parse_file(open)
        .diagnostics
        .iter()
        .map(|d| d.code.id)
        .collect();
    assert_eq!(codes, ["NPL0004"]);
}

#[test]
fn the_documentation_of_a_file() {
    let text = "//! One.\n//!\n//! Two.\n/// Not this.\nnamespace x\n";
    assert_eq!(parse_file(text).doc.as_deref(), Some("One.\n\nTwo."));
    assert_eq!(parse_file("namespace x").doc, None);
    let (raw, diagnostics) = cut(text, &lex(text));
    assert_eq!((raw.len(), diagnostics.len()), (1, 0));
    assert_eq!(&text[raw[0].range.as_usize()], "/// Not this.\nnamespace x");
}

/// The parser is given an item twice as long, and makes a tree twice as large.
#[test]
fn one_long_item() {
    let rule = |n: usize| format!("group g = {}", vec!["a.b"; n].join(" | "));
    let (one, two) = (parse_item(&rule(10_000)), parse_item(&rule(20_000)));
    assert!(one.diagnostics.is_empty() && two.diagnostics.is_empty());
    let broken = format!("{} | ->", rule(20_000));
    assert_eq!(parse_item(&broken).diagnostics.len(), 1);
    let labels = format!("workload w {{ {} }}", "a: \"x\" ".repeat(20_000));
    assert!(parse_item(&labels).diagnostics.len() <= 9);
}
