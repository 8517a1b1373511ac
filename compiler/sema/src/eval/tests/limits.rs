//! Every limit, one past it.

use super::*;
use crate::eval::limits::*;

fn many(count: usize, one: impl Fn(usize) -> String, between: &str) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(between)
}

/// Codes of the findings, without marks in the text.
fn codes(text: &str) -> Vec<&'static str> {
    let (_, outcome) = run(text, World::default());
    outcome.diagnostics.iter().map(|d| d.code.name).collect()
}

const HEAD: &str = "namespace shop\nworkload a { app: \"a\" }\nworkload b { app: \"b\" }\n";

fn at_and_past(limit: usize, code: &'static str, text: impl Fn(usize) -> String) {
    assert_eq!(codes(&text(limit)), [""; 0], "at the limit");
    assert_eq!(codes(&text(limit + 1)), [code], "past it");
}

#[test]
fn labels() {
    at_and_past(LABELS_MAX, "too-many", |n| {
        format!(
            "namespace x\nworkload w {{ {} }}",
            many(n, |i| format!("l{i}"), ", ")
        )
    });
    at_and_past(LABEL_VALUES_MAX, "too-many", |n| {
        let values = many(n, |i| format!("\"v{i}\""), ", ");
        format!("namespace x\nworkload w {{ l in [{values}] }}")
    });
    at_and_past(LABEL_VALUES_MAX, "too-many", |n| {
        let values = many(n, |i| format!("\"v{i}\""), ", ");
        format!("workload w {{}} in namespace [{values}]")
    });
}

#[test]
fn ports_names_and_entries() {
    at_and_past(PORTS_MAX, "too-many", |n| {
        format!(
            "{HEAD}allow a -> b:{{{}}}",
            many(n, |i| (i + 1).to_string(), ", ")
        )
    });
    at_and_past(VIA_NAMES_MAX, "too-many", |n| {
        format!(
            "{HEAD}allow a -> b:80 via tls.sni {}",
            many(n, |i| format!("\"n{i}\""), " | ")
        )
    });
    at_and_past(HTTP_ENTRIES_MAX, "too-many", |n| {
        format!(
            "{HEAD}allow a -> b:80 via http {{ {} }}",
            many(n, |i| format!("\"/{i}\""), " ")
        )
    });
}

#[test]
fn parts_of_a_set() {
    at_and_past(SET_PARTS_MAX, "too-many", |n| {
        format!(
            "external e = {}",
            many(n, |i| format!("\"n{i}.io\""), " | ")
        )
    });
    at_and_past(SET_PARTS_MAX, "too-many", |n| {
        let nets = many(n, |i| format!("10.{}.{}.0/24", i / 256, i % 256), " | ");
        format!("network e = {nets}")
    });
    at_and_past(SET_PARTS_MAX, "set-too-large", |n| {
        let workloads = many(n, |i| format!("workload w{i} {{ app: \"w{i}\" }}\n"), "");
        format!(
            "namespace x\n{workloads}group g = {}",
            many(n, |i| format!("w{i}"), " | ")
        )
    });
}

#[test]
fn alternatives_of_an_exception() {
    // Each workload of two labels doubles them: 2, 4, … 64 is the last that fits.
    let text = |n: usize| {
        let workloads = many(n, |i| format!("workload w{i} {{ a{i}, b{i} }}\n"), "");
        let minus = many(n, |i| format!("w{i}"), " | ");
        format!("namespace x\nworkload every {{}}\n{workloads}group g = every except ({minus})")
    };
    assert_eq!(codes(&text(6)), [""; 0]);
    assert_eq!(codes(&text(7)), ["set-too-large"]);
    // Far past it, still at once.
    assert_eq!(codes(&text(250)), ["set-too-large"]);
}

#[test]
fn pairs_of_an_exception() {
    let text = |n: usize| {
        let workloads = many(
            2 * n,
            |i| format!("workload w{i} {{ app: \"w{i}\" }}\n"),
            "",
        );
        let left = many(n, |i| format!("w{i}"), " | ");
        let right = many(n, |i| format!("w{}", n + i), " | ");
        format!("namespace x\n{workloads}group g = {left} except ({right})")
    };
    assert_eq!(codes(&text(256)), [""; 0]);
    assert_eq!(codes(&text(257)), ["set-too-large"]);
    let nets = |n: usize| {
        let left = many(n, |i| format!("10.{}.{}.0/24", i / 256, i % 256), " | ");
        let right = many(n, |i| format!("10.{}.{}.7", i / 256, i % 256), " | ");
        format!("network g = {left} except {right}")
    };
    assert_eq!(codes(&nets(256)), [""; 0]);
    assert_eq!(codes(&nets(257)), ["set-too-large"]);
}

#[test]
fn formals_flows_and_facts() {
    at_and_past(FORMALS_MAX, "too-many", |n| {
        format!(
            "template t({}) {{}}",
            many(n, |i| format!("f{i}: port"), ", ")
        )
    });
    at_and_past(FLOWS_MAX, "too-many", |n| {
        format!(
            "{HEAD}test \"t\" {{ {} }}",
            many(n, |i| format!("a -> b:{} is denied", i + 1), "\n")
        )
    });
    let facts = many(FACTS_MAX + 1, |_| "dns \"a\"".to_owned(), " ");
    assert_eq!(
        codes(&format!(
            "{HEAD}test \"t\" {{ a -> b:1 {facts} is denied }}"
        )),
        ["too-many"]
    );
}

/// A chain of `n` templates above the first.
fn chain(n: usize, times: usize) -> String {
    let mut text = format!(
        "{HEAD}template t0(w: workload) {{ {} }}\n",
        many(times, |i| format!("allow w -> b:{}", i + 1), "\n")
    );
    for i in 1..=n {
        let body = many(times, |_| format!("apply t{}(w)", i - 1), "\n");
        text.push_str(&format!("template t{i}(w: workload) {{ {body} }}\n"));
    }
    text
}

#[test]
fn templates_that_nest_or_multiply() {
    let deep = |n: usize| format!("{}apply t{n}(a)", chain(n, 1));
    assert_eq!(codes(&deep(15)), [""; 0]);
    assert_eq!(codes(&deep(16)), ["template-too-deep"]);
    let wide = |n: usize| format!("{}apply t{n}(a)", chain(n, 10));
    assert_eq!(codes(&wide(2)), [""; 0]);
    assert_eq!(codes(&wide(3)), ["template-too-large"]);
    // Ten to the fifteenth.
    assert_eq!(codes(&wide(14)), ["template-too-large"]);
}
