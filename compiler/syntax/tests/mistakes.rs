//! Mistakes that people make: one diagnostic for each, with its way out, and none for what stands
//! beside it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

mod support;

use insta::assert_snapshot;
use npl_syntax::{ast::ItemKind, parse_arg, parse_file, parse_flow};

/// The diagnostics of several texts, each by itself.
fn each(texts: &[&str]) -> String {
    let shown = texts
        .iter()
        .map(|text| format!("{text}\n{}", support::check(text)));
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn literals() {
    assert_snapshot!(each(&[
        "allow a -> b:443/tpc",
        "allow a -> b:443/TCP",
        "allow a -> b:443/icmp",
        "allow a -> b:0",
        "allow a -> b:65536/udp",
        "allow a -> b:9100-9000",
        "allow a -> b:080",
        "port p = {80, 443, 80}",
        "network n = 10.0.0.256",
        "network n = 10.0.0.010",
        "network n = 10.1",
        "network n = 10.0.0.0/",
        "network n = 10.0.0.0/08",
        "network n = 2001:db8::1/32",
        "network n = 2001:db8::/129",
        "network n = ::ffff:10.0.0.1",
        "network n = ::ffff:10.0.0.0/104",
        "network n = fe80::1%eth0",
        "network n = 1:2:3:4:5:6:7::8:9",
        "allow a -> b until 2027-02-29",
        "allow a -> b until 2027-13-01",
        "allow a -> b until 2027-1-1",
        "allow a -> b until \"2027-01-31\"",
        "assert a cannot reach b within 0 hops",
        "assert a cannot reach b within 17 hops",
        "workload w { a: \"x\\ny\" }",
        "workload w { a in [\"x\", \"x\"] } open egress, egress",
    ]));
}

#[test]
fn characters() {
    assert_snapshot!(each(&[
        "\u{FEFF}allow a -> b:80",
        "allow a -> b:80;",
        "allow a \0\0\0 -> b:80",
        "allow a\u{A0}-> b:80",
        "allow a → b:80",
        "allow a => b:80",
        "allow ä -> b:80",
        "allow a -> b:tcp/443",
        "use std/cloud/metadata",
        "# a comment\nallow a -> b:80",
        "/* a comment of allow */ allow a -> b:80",
        "workload w { a: 'x' }",
        "workload w { a: \"x }\nallow a -> b:80",
        "workload w { a: \"x\u{1}y\" }",
        "allow a -> b:80 // \u{202E}",
        "workload web- { a: \"x\" }",
    ]));
}

#[test]
fn documentation_of_nothing() {
    assert_snapshot!(each(&[
        "allow a -> b:80\n/// Nothing follows.\n",
        "allow a -> b:80\n//! Too late.\n",
        "template t() {\n  allow a -> b:80\n  /// Nothing follows.\n}",
    ]));
}

#[test]
fn rules() {
    assert_snapshot!(each(&[
        "allow",
        "allow a",
        "allow a ->",
        "allow a -> via tls.sni \"x\"",
        "allow a b:80",
        "allow a b -> c:80",
        "allow a, b -> c:80",
        "allow a -> b, c:80",
        "allow a -> b:80 | c:80",
        "allow a -> b:80 | c:81",
        "allow a -> b except c:80",
        "allow a -> (b, c):80",
        "allow a -> b:80, 443",
        "allow a -> b:{80 443}",
        "allow a -> b:443 tls.sni \"x\"",
        "allow egres a -> b:80",
        "allow inbound a -> b:80",
        "allow a -> b:443 via tls.sni \"x\", \"y\"",
        "allow a -> b:443 via tls.sni \"x\" via dns \"y\"",
        "allow a -> b:443 because \"x\" until 2027-01-31",
        "allow a -> b:443 becuase \"x\"",
        "allow a -> b:443 because OPS-17",
        "allow a -> b:443 to c",
        "allow test -> b:80",
        "alow a -> b:80",
        "a -> b:80",
        "permit a to b",
    ]));
}

#[test]
fn declarations() {
    assert_snapshot!(each(&[
        "workload w { a = \"x\", b == \"y\" }",
        "workload w { a: x, b: y.z.io }",
        "workload w { a: \"x\" b: \"y\" }",
        "workload w { a.b: \"x\", !c.d/e }",
        "workload w { , }",
        "workload w a: \"x\"",
        "workload w { a in \"x\" }",
        "workload w {} in namspace x",
        "workload w {} open both",
        "workload w {} account web",
        "workload service {}",
        "foreign w {}",
        "namespace\nworkload w {}",
        "external e = \"a\", \"b\"",
        "network n =",
        "service s = web",
        "port p = 80, 443",
        "param p workload",
        "param p: ",
        "use a.{b c}",
        "use a.*",
        "template t { allow a -> b:80 }",
        "apply t(a b)",
    ]));
}

#[test]
fn claims_and_tests() {
    assert_snapshot!(each(&[
        "assert a can not reach b",
        "assert a cannot b",
        "assert a reach b",
        "assert breach of a stays within b",
        "assert disjoint a, b, c",
        "assert a cannot reach b | c",
        "test x { a -> b is allowed }",
        "test \"x\" { a -> b:80 }",
        "test \"x\" { a -> b:80 is allow }",
        "test \"x\" { a -> b:80 allowed }",
        "test \"x\" { a | b -> c:80 is allowed }",
        "test \"x\" { a -> b:80 is allowed, c -> d:80 is denied }",
        "test \"x\" { ::1 -> a is denied }",
        "test \"x\" { a -> b:{80} is allowed }",
    ]));
}

#[test]
fn brackets() {
    assert_snapshot!(each(&[
        "allow (a | b -> c:80",
        "allow a -> b:80 }",
        "workload w { a in [\"x\" }",
        "template t() {\n  allow (a -> b:80\n  allow c -> d:99999\n}\nallow e -> f:0",
    ]));
}

/// What has been mended stands in the tree, so that names do not go missing behind a slip.
#[test]
fn mended_items_are_whole() {
    let mended = [
        "allow a -> b | c:80",
        "workload web { app.kubernetes.io/name: \"web\" }",
        "namespace test",
        "workload w { a: x b = \"y\" }",
        "workload w { a: \"x\"",
        "allow a -> b:443 because \"x\" until 2027-01-31 via tls.sni \"y\"",
        "allow a -> b:443 tls.sni \"x\"",
        "allow a -> b:80 c -> d:80",
        "assert a can not reach b",
        "port p = 80, 443",
    ];
    for text in mended {
        let file = parse_file(text);
        assert!(!file.diagnostics.is_empty());
        for (_, parsed) in &file.items {
            assert_ne!(parsed.item.kind, ItemKind::Error, "{text}");
        }
    }
}

/// A mistake costs its own rule, its own flow, nothing else.
#[test]
fn what_stands_beside_a_mistake_survives() {
    let text = r#"
workload a { x y }
template t(w: workload) {
  allow w -> a:80
  allow w -> -> a:80
  deny w -> a:81
}
test "t" {
  a -> b:80 is allowed
  a -> is denied
  a -> b:81
  b -> a:82 is denied
}
group g = a |
workload b {}
"#;
    let file = parse_file(text);
    assert_eq!(
        file.diagnostics.len(),
        5,
        "{}",
        support::render(text, &file.diagnostics)
    );
    let shapes: Vec<String> = file
        .items
        .iter()
        .map(|(raw, parsed)| match &parsed.item.kind {
            ItemKind::Template { body, .. } => {
                let errors = body.iter().filter(|i| i.kind == ItemKind::Error).count();
                format!("template of {} with {errors} broken", body.len())
            }
            ItemKind::Test { flows, .. } => format!("test of {}", flows.len()),
            kind => format!("{:?} {:?} {}", raw.kind, raw.name, *kind == ItemKind::Error),
        })
        .collect();
    assert_snapshot!(shapes.join("\n"));
}

#[test]
fn flows_of_the_command_line() {
    let (flow, diagnostics) = parse_flow("a -> 10.0.0.1:443 sni \"x\"");
    assert!(flow.is_some() && diagnostics.is_empty());
    for text in [
        "",
        "a",
        "a -> b is allowed",
        "a -> b:{80}",
        "a -> ::1:443",
        "a -> b:0",
        "allow a -> b",
    ] {
        assert!(!parse_flow(text).1.is_empty(), "{text}");
    }
    assert_snapshot!(support::render(
        "a -> b:{80, 81}",
        &parse_flow("a -> b:{80, 81}").1
    ));
    assert_snapshot!(support::render("a ->", &parse_flow("a ->").1));
}

#[test]
fn arguments() {
    for text in [
        "443/udp",
        "a.b | c",
        "10.0.0.0/8 except 10.1.0.0/16",
        "\"api.example.com\"",
        "*",
    ] {
        let (arg, diagnostics) = parse_arg(text);
        assert!(arg.is_some() && diagnostics.is_empty(), "{text}");
    }
    assert_snapshot!(support::render("a b", &parse_arg("a b").1));
    assert_snapshot!(support::render("10.0.0.0/33", &parse_arg("10.0.0.0/33").1));
    assert!(parse_arg("").0.is_none() && !parse_arg("").1.is_empty());
}

/// Nothing behind the parser has to complain of what a slip left in a string.
#[test]
fn mended_strings_hold_what_was_meant() {
    for text in [
        "workload w { app: 'web' }",
        "workload w { app: web }",
        "workload w { app: \"web }",
        "workload w { app: \"web\\\" }",
    ] {
        let file = parse_file(text);
        assert_eq!(file.diagnostics.len(), 1, "{text}");
        let ItemKind::Workload(workload) = &file.items[0].1.item.kind else {
            panic!("{text}");
        };
        let npl_syntax::ast::LabelOp::Is(value) = &workload.labels.labels[0].op else {
            panic!("{text}");
        };
        assert_eq!(value.node, "web", "{text}");
    }
}

#[test]
fn ports_in_another_order() {
    assert_snapshot!(each(&[
        "allow a -> b:80-81-82",
        "port p = {80, 2027-01-31}",
        "allow a -> b:tcp/80",
        "allow a -> b:{443, udp/53-54}",
        "workload w { tcp/80: \"x\" }",
    ]));
}

#[test]
fn every_unfinished_item_shows_how_it_is_written() {
    let texts = [
        "namespace",
        "use",
        "use m.{x as y}",
        "workload a",
        "foreign workload",
        "external e =",
        "network n =",
        "group g = a |",
        "service s",
        "port p =",
        "param p",
        "template t",
        "apply t",
        "apply t(a, {80})",
        "allow a ->",
        "deny all",
        "assert a",
        "test",
        "test \"t\" { a -> }",
    ];
    for text in texts {
        let found = parse_file(text).diagnostics;
        assert!(!found.is_empty(), "{text}");
        assert!(found.iter().all(|d| d.help.is_some()), "{text}: {found:?}");
    }
    assert_snapshot!(each(&texts));
}
