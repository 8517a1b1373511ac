//! The formatter: what it keeps, and that it is done after one pass.
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

use npl_syntax::{TokenKind, format, lex, one_line, parse_file};
use programs::Choices;
use proptest::prelude::*;

/// The tree without places.
fn tree(text: &str) -> String {
    let file = parse_file(text);
    let items: Vec<_> = file
        .items
        .iter()
        .map(|(raw, parsed)| (raw.kind, &raw.name, &parsed.item))
        .collect();
    support::without_places(&format!("{:?} {items:?}", file.doc))
}

fn texts(text: &str, keep: impl Fn(TokenKind) -> bool) -> Vec<&str> {
    let tokens = lex(text);
    let kept = tokens.iter().filter(|(kind, _)| keep(*kind));
    kept.map(|(_, range)| text[range.as_usize()].trim_end())
        .collect()
}

fn comments(text: &str) -> Vec<&str> {
    let mut out = texts(text, |k| k.is_trivia() && k != TokenKind::Space);
    out.sort_unstable();
    out
}

/// The tokens without commas: those before closing brackets come and go.
fn tokens(text: &str) -> Vec<&str> {
    let mut out = texts(text, |k| !k.is_trivia() && k != TokenKind::Comma);
    out.retain(|t| *t != "\u{FEFF}");
    out
}

fn holds(program: &str) {
    let once = match format(program) {
        Ok(once) => once,
        Err(diagnostics) => panic!("{program}\n{}", support::render(program, &diagnostics)),
    };
    assert_eq!(
        format(&once).unwrap(),
        once,
        "not done after one pass\n{program}"
    );
    assert_eq!(
        tree(&once),
        tree(program),
        "another tree\n{program}\n{once}"
    );
    assert_eq!(comments(&once), comments(program), "{program}\n{once}");
    assert_eq!(tokens(&once), tokens(program), "{program}\n{once}");
    assert!(!once.contains(['\r', '\t']), "{once}");
    assert!(!once.contains("\n\n\n"), "{once}");
    assert!(once.lines().all(|line| line.trim_end() == line), "{once}");
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
    fn keeps_tree_and_comments(choices in proptest::collection::vec(any::<u16>(), 0..500)) {
        let mut choices = Choices::new(&choices);
        let program = choices.program();
        holds(&program);
        holds(&choices.scatter(&program));
    }

    #[test]
    fn one_line_is_the_formatters(choices in proptest::collection::vec(any::<u16>(), 0..300)) {
        let mut choices = Choices::new(&choices);
        let item = choices.item(0);
        let scattered = choices.scatter(&item);
        let file = parse_file(&scattered);
        let line = one_line(&scattered[file.items[0].0.range.as_usize()]);
        prop_assert!(!line.contains(['\n', '\r']) && !line.contains("// c"));
        let formatted = format(&line).unwrap();
        let short = formatted.lines().count() == 1;
        if short {
            prop_assert_eq!(formatted.trim_end(), &line);
        }
        prop_assert_eq!(tree(&line), tree(&format(&item).unwrap()));
    }
}

fn check(program: &str, formatted: &str) {
    holds(program);
    pretty(&format(program).unwrap(), formatted);
}

fn pretty(found: &str, expected: &str) {
    assert!(found == expected, "found:\n{found}\nexpected:\n{expected}");
}

#[test]
fn refuses_what_does_not_parse() {
    let refused = format("allow a -> b | c:80\n").unwrap_err();
    assert_eq!(refused.len(), 1);
}

#[test]
fn a_warning_stops_nothing() {
    check(
        "\u{FEFF}namespace  x\n/// nothing follows\n",
        "namespace x\n/// nothing follows\n",
    );
}

#[test]
fn empty_files_stay_empty() {
    check("", "");
    check("\n \n", "");
    check("\n\n// only a comment", "// only a comment\n");
}

#[test]
fn one_item_to_a_line() {
    check(
        "use shop.payments.{db} use std.cloud.metadata as imds",
        "use shop.payments.{db}\nuse std.cloud.metadata as imds\n",
    );
}

#[test]
fn long_rules_break_before_their_clauses() {
    check(
        "allow a -> b:443 via tls.sni stripe | \"x.example.com\" until 2027-01-31 because \"a long reason, written out\"",
        "allow a -> b:443\n  via tls.sni stripe | \"x.example.com\"\n  until 2027-01-31\n  because \"a long reason, written out\"\n",
    );
}

#[test]
fn long_labels_stand_below_each_other() {
    check(
        "foreign workload ingress_nginx {\"app.kubernetes.io/name\": \"ingress-nginx\", \"app.kubernetes.io/component\": \"controller\"} in namespace ingress-nginx",
        "foreign workload ingress_nginx {\n  \"app.kubernetes.io/name\": \"ingress-nginx\",\n  \"app.kubernetes.io/component\": \"controller\",\n} in namespace ingress-nginx\n",
    );
}

#[test]
fn what_is_taken_away_stands_deeper() {
    check(
        "network public = 0.0.0.0/0 | 2000::/3 except 0.0.0.0/8 | 10.0.0.0/8 | 100.64.0.0/10 | 127.0.0.0/8 | 169.254.0.0/16 | 224.0.0.0/4",
        "network public =\n  0.0.0.0/0 | 2000::/3\n  except 0.0.0.0/8 | 10.0.0.0/8 | 100.64.0.0/10 | 127.0.0.0/8 | 169.254.0.0/16 | 224.0.0.0/4\n",
    );
}

#[test]
fn comments_stay_where_they_were() {
    check(
        "//! A file.\n\n\n\nnamespace shop // here\nallow a // one\n -> b // two\n :{80 // three\n ,443 } // four\ntest \"x\" { // five\n\n  // six\n a->b is denied // seven\n // eight\n}",
        "//! A file.\n\nnamespace shop // here\nallow a // one\n  -> b // two\n  :{\n    80, // three\n    443,\n  } // four\ntest \"x\" { // five\n  // six\n  a -> b is denied // seven\n  // eight\n}\n",
    );
}

#[test]
fn one_line_has_no_end() {
    let item = "/// Doc.\nallow a | b except c // why\n  -> (d|e):{80, 443,}\n  via http { GET \"/\" \"/x\" }\n";
    assert_eq!(
        one_line(item),
        "allow a | b except c -> (d | e):{80, 443} via http { GET \"/\"  \"/x\" }"
    );
}

/// The work is that of the text: ten times the text, ten times the lines, no more.
#[test]
fn long_lists_are_linear() {
    let union = |n: usize| format!("group g = {}\n", vec!["some_workload"; n].join(" | "));
    let lines = |n| format(&union(n)).unwrap().lines().count();
    assert_eq!(lines(20_000), 20_001);
}
