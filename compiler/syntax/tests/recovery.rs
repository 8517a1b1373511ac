//! Mistakes that stand beside one another: each is told, and each once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

use std::fmt::Write as _;

use npl_syntax::{ast::ItemKind, parse_file};

/// The code of each finding with the text that it points at.
#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let file = parse_file(text);
    let found = file.diagnostics.iter();
    let found: Vec<String> = found
        .map(|d| format!("{} {}", d.code.name, &text[d.at.as_usize()]))
        .collect();
    assert_eq!(found, expect, "\n{text}\n");
}

#[test]
fn a_rule_without_its_word_behind_a_broken_item() {
    for (broken, found) in [
        ("workload b { app: }", "unexpected-token }"),
        ("workload b { app: \"b\"", "unclosed-bracket {"),
        ("workload b { app: \"b }", "unfinished-string \"b }"),
        (
            "workload b { app: \"b\" } in namespce y",
            "unexpected-token namespce",
        ),
        ("group g = a | b c", "unexpected-token c"),
        ("network n = 10.0.0.0/8 |", "unexpected-token "),
        ("allow a ->", "unexpected-token "),
        ("allow a", "unexpected-token "),
        ("allow a -> (b", "unclosed-bracket ("),
        ("allow a -> b:80 to c", "unexpected-token to"),
        ("assert a can", "unexpected-token "),
        (
            "template t(w: workload) { allow w -> w: }",
            "unexpected-token ",
        ),
        ("test \"t\" { a -> b:80 }", "missing-verdict a -> b:80"),
        ("use a.{b", "unclosed-bracket {"),
        ("}", "unopened-bracket }"),
    ] {
        for (line, at) in [
            ("Allow b -> a:80", "Allow"),
            ("permit b -> a:80", "permit"),
            ("b -> a:80", "b"),
            ("(a | b) -> a:80", "("),
            ("wrkload c { app: \"c\" }", "wrkload"),
        ] {
            let missing = format!("missing-keyword {at}");
            let text = format!("{broken}\n{line}\nallow c -> d:99999\n");
            check(&text, &[found, &missing, "port-out-of-range 99999"]);
            // Two of them, one behind the other.
            let text = format!("{broken}\n{line}\npermit x -> y:1\n");
            check(&text, &[found, &missing, "missing-keyword permit"]);
        }
    }
}

#[test]
fn a_rule_without_its_word_behind_a_whole_item() {
    for (text, expect) in [
        (
            "allow a -> b:80\npermit c -> d:80\nfoo e -> f:80\nallow g -> h:80",
            &["missing-keyword permit", "missing-keyword foo"][..],
        ),
        (
            "permit c -> d:80\nfoo e -> f:80\nAllow g -> h:80",
            &[
                "missing-keyword permit",
                "missing-keyword foo",
                "missing-keyword Allow",
            ],
        ),
        (
            "template t(w: workload) {\n  allow w ->\n  permit w -> a:80\n  allow w -> b:80\n  \
             Allow w -> b:81\n}\nallow a -> b:80",
            &[
                "unexpected-token ",
                "missing-keyword permit",
                "missing-keyword Allow",
            ],
        ),
        (
            "workload b {\n  app: \"b\"\npermit b -> a:80\nworkload c { app: \"c\" }\n",
            &["unclosed-bracket {", "missing-keyword permit"],
        ),
    ] {
        check(text, expect);
    }
}

/// White space means nothing in what parses, and a set goes on behind its sign.
#[test]
fn lines_that_go_on() {
    for text in [
        "allow\na -> b:80",
        "allow a\n-> b:80",
        "allow a |\nb -> c:80\nvia\ntls.sni \"x\"",
        "template\nt(w: workload) { allow w -> a:80 }",
        "test \"t\" {\na -> b:80 is allowed\nb -> a:80 is denied\n}",
        "group g =\na |\nb",
        "allow a -> b:443 via tls.sni\nforein workload w { app: \"w\" }",
        "allow a -> any namespace x",
    ] {
        check(text, &[]);
    }
    check("allow a |\nb -> c:80 | d:81", &["union-destination |"]);
    check(
        "test \"t\" {\na -> b:80 is allowed\nb -> is denied\nc -> d:80 is denied\n}",
        &["unexpected-token is"],
    );
}

#[test]
fn what_stands_before_a_stray_rule_is_whole() {
    let file = parse_file("workload a { app: \"a\" }\npermit a -> b:80\nallow a -> b:81\n");
    let kinds: Vec<bool> = file
        .items
        .iter()
        .map(|(_, parsed)| parsed.item.kind == ItemKind::Error)
        .collect();
    assert_eq!(kinds, [false, false]);
    // In a body what is lost leaves its place behind.
    let file = parse_file("template t(w: workload) {\n  allow w -> a:80\n  permit w -> b:80\n}");
    let ItemKind::Template { body, .. } = &file.items[0].1.item.kind else {
        panic!("{file:?}");
    };
    let kinds: Vec<bool> = body.iter().map(|i| i.kind == ItemKind::Error).collect();
    assert_eq!(kinds, [false, true]);
}

/// The word as a name in each place where a name may stand.
#[test]
fn a_reserved_word_as_a_name() {
    for word in ["test", "deny", "port", "in", "open", "group", "only"] {
        for place in [
            "namespace W",
            "workload W { app: \"b\" }",
            "workload W { app: \"b\" } in namespace x account \"y\"",
            "foreign workload W { app: \"b\" }",
            "workload b { app: \"b\" } in namespace W",
            "workload b { app: \"b\" } in namespace W account \"b\" open ingress",
            "foreign workload b { app: \"b\" } in namespace W",
            "external W = \"x.example\"",
            "network W = 10.0.0.0/8",
            "group W = a | b",
            "group g = a | W",
            "group g = W",
            "group g = a except W",
            "service W = \"svc\"",
            "service s = \"svc\" in namespace W",
            "port W = 80",
            "port p = {80, W}",
            "param W: string",
            "template W(w: workload) { allow w -> a:80 }",
            "template t(W: workload) { allow a -> a:80 }",
            "template t(w: workload, W: port) { allow a -> a:80 }",
            "apply W(a, b)",
            "apply t(W)",
            "apply t(a, W)",
            "use W.b",
            "use a.W",
            "use a.W.b",
            "use a.{b, W}",
            "use a.{W, b}",
            "use a.b as W",
            "allow W -> b:80",
            "allow a -> W:80",
            "allow a | W -> b:80",
            "allow a -> b:W",
            "allow a -> b:{80, W}",
            "allow a -> (b | W):80",
            "allow egress W -> b:80",
            "deny W -> b",
            "allow a -> b:443 via W \"x\"",
            "allow a -> b:443 via tls.W \"x\"",
            "allow a -> b:443 via tls.sni W",
            "allow a -> b:443 via tls.sni \"x\" | W",
            "allow a -> b:443 via http { W \"/x\" }",
            "assert W cannot reach b",
            "assert a cannot reach W",
            "assert a cannot reach W:80",
            "assert a can reach W:80",
            "assert only W can reach b",
            "assert breach of W stays within { a }",
            "assert breach of a stays within { a, W }",
            "assert disjoint W, b",
            "assert disjoint a, W",
            "test \"t\" { W -> b:80 is allowed }",
            "test \"t\" { a -> W:80 is allowed }",
            "test \"t\" { a -> b:W is allowed }",
            "test \"t\" { { app: \"x\" } in W -> b:80 is allowed }",
        ] {
            // `only W` and its like mean something else.
            if word == "only" && place.starts_with("assert W") {
                continue;
            }
            let text = place.replace('W', word);
            let before = "allow x -> y:80";
            let whole = format!("{before}\n{text}\n{before}\n");
            check(&whole, &[&format!("reserved-word {word}")]);
        }
    }
}

/// What the way out is, of each kind of place.
#[test]
fn a_reserved_word_has_a_way_out() {
    let mut out = String::new();
    for text in [
        "namespace test",
        "workload b { app: \"b\" } in namespace test",
        "service s = \"s\" in namespace group",
        "test \"t\" { { app: \"x\" } in test -> b:80 is denied }",
        "workload test { app: \"b\" }",
        "workload b { in: \"x\", not: \"y\" }",
        "workload b { in in [\"x\"], not }",
        "workload b { app: test }",
        "workload b { app: \"b\" } account test",
    ] {
        writeln!(out, "{text}").unwrap();
        for d in parse_file(text).diagnostics {
            let help = d.help.unwrap_or_default();
            let at = &text[d.at.as_usize()];
            writeln!(out, "  {} {at}: {}; {help}", d.code.id, d.message).unwrap();
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_name_with_a_dot() {
    for (text, expect) in [
        ("workload my.app { app: \"b\" }", "my.app"),
        (
            "foreign workload my.app.x { app: \"b\" } in namespace x",
            "my.app.x",
        ),
        ("external a.example = \"a.example\"", "a.example"),
        ("group my.g = a | b", "my.g"),
        ("port my.p = 80", "my.p"),
        ("param my.p: string", "my.p"),
        ("template my.t(w: workload) { allow w -> a:80 }", "my.t"),
        ("namespace my.ns", "my.ns"),
        (
            "workload b { app: \"b\" } in namespace my.ns open ingress",
            "my.ns",
        ),
    ] {
        check(text, &[&format!("unexpected-token {expect}")]);
        let file = parse_file(text);
        assert_ne!(file.items[0].1.item.kind, ItemKind::Error, "{text}");
    }
}

/// One brace left open and one too many below: the items between are no part of the first.
#[test]
fn brackets_that_match_by_chance() {
    for between in [
        "allow b -> a:80",
        "workload b { app: \"b\" }",
        "test \"t\" { a -> b:80 is allowed }",
        "group g = a | b",
        "use x.y",
    ] {
        let text = format!("workload a {{ app: \"a\"\n{between}\n}}\nallow c -> d:0\n");
        let expect = [
            "unclosed-bracket {",
            "unopened-bracket }",
            "port-out-of-range 0",
        ];
        check(&text, &expect);
    }
    // Keys of labels are item words too, and a template holds items.
    for text in [
        "workload a {\nservice: \"x\",\ntest in [\"y\"],\nallow,\nport\n}",
        "template t(w: workload) {\nallow w -> w:80\nassert w can reach w:80\n}",
    ] {
        check(text, &[]);
    }
}

#[test]
fn claims_with_a_misspelt_word() {
    for (text, expect) in [
        ("assert olny a can reach b:80", "olny"),
        ("assert breech of a stays within { b }", "breech"),
        ("assert disjiont a, b", "disjiont"),
    ] {
        check(text, &[&format!("unexpected-token {expect}")]);
        let file = parse_file(text);
        assert_ne!(file.items[0].1.item.kind, ItemKind::Error, "{text}");
    }
}

#[test]
fn a_string_that_swallows_the_brace_of_a_body() {
    let text = "test \"flows {\n  a -> b:80 is allowed\n  b -> is denied\n}\nallow c -> d:0\n";
    check(
        text,
        &[
            "unfinished-string \"flows {",
            "unexpected-token is",
            "port-out-of-range 0",
        ],
    );
    let text = "allow a -> b:80 via http { GET \"/x {\n}\nallow c -> d:0\n";
    check(text, &["unfinished-string \"/x {", "port-out-of-range 0"]);
}

/// Behind a colon stands a port, a kind or a string: what begins a whole item is none of them.
#[test]
fn an_item_behind_a_colon() {
    let bad = "port-out-of-range 99999";
    for (rule, found) in [
        ("allow b -> a:80 :", "unexpected-token :"),
        ("allow b -> a:80\n :", "unexpected-token :"),
        ("allow b -> a:80\n:", "unexpected-token :"),
        ("network n = 10.0.0.0/8 :", "unexpected-token :"),
        ("assert a can reach b:80 :", "unexpected-token :"),
        ("test \"t\" { a -> b:80 is denied } :", "unexpected-token :"),
        ("allow b -> a:", "unexpected-token "),
    ] {
        for item in [
            "allow a -> c:99999 via dns \"*\"",
            "deny (a | b) -> c:99999",
            "port p = 99999",
            "assert a can reach c:99999",
            "test \"u\" { a -> b:99999 is denied }",
        ] {
            check(&format!("{rule} {item}"), &[found, bad]);
        }
    }
    for (text, expect) in [
        ("allow a -> b:service", "reserved-word service"),
        (
            "allow a -> b: service via dns \"x\"",
            "reserved-word service",
        ),
        ("allow a -> b:port until 2027-01-31", "reserved-word port"),
        (
            "assert a cannot reach b:test within 2 hops",
            "reserved-word test",
        ),
    ] {
        check(text, &[expect]);
    }
    check(
        "param p: port = 80\nparam w: workload\nparam n: network = a",
        &[],
    );
}
