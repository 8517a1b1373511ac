//! Slips of the hand and words of other languages: one finding each, and what its fix makes of the
//! text says what was meant.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

mod support;

use npl_syntax::parse_file;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fix {
    Safe,
    Guess,
}
use Fix::{Guess, Safe};

/// One finding, of which the one fix makes the other text; that one has no finding.
#[track_caller]
fn meant(text: &str, fix: Fix, expect: &str) {
    let found = parse_file(text).diagnostics;
    let shown = support::render(text, &found);
    let [finding] = found.as_slice() else {
        panic!("not one finding:\n{text}\n{shown}");
    };
    let [offered] = finding.fixes.as_slice() else {
        panic!("not one fix:\n{text}\n{shown}");
    };
    let fixed = support::apply(text, offered);
    assert_eq!(fixed, expect, "\n{shown}");
    assert_eq!(offered.safe, fix == Safe, "\n{text}\n{shown}");
    let left = parse_file(&fixed).diagnostics;
    assert!(left.is_empty(), "\n{}", support::render(&fixed, &left));
}

/// One finding, whose help holds the words.
#[track_caller]
fn told_once(text: &str, help: &str) {
    let found = parse_file(text).diagnostics;
    let shown = support::render(text, &found);
    assert_eq!(found.len(), 1, "\n{text}\n{shown}");
    let given = found[0].help.clone().unwrap();
    assert!(given.contains(help), "\n{text}\n{shown}");
}

#[test]
fn labels_in_the_words_of_other_languages() {
    for (labels, expect) in [
        ("not app", "!app"),
        ("x: \"y\", not app", "x: \"y\", !app"),
        ("not \"a.b/c\"", "!\"a.b/c\""),
        ("not app, x: \"y\"", "!app, x: \"y\""),
        ("not app: \"a\"", "app not in [\"a\"]"),
        ("!app: \"a\"", "app not in [\"a\"]"),
        ("not app in [\"a\"]", "app not in [\"a\"]"),
        ("app exists", "app"),
        ("app exists, x: \"y\"", "app, x: \"y\""),
        ("app not exists", "!app"),
        ("app notin [\"a\"]", "app not in [\"a\"]"),
        ("app NotIn [\"a\", \"b\"]", "app not in [\"a\", \"b\"]"),
        ("app not_in [\"a\"]", "app not in [\"a\"]"),
        ("app != \"a\"", "app not in [\"a\"]"),
        ("app!=\"a\"", "app not in [\"a\"]"),
        ("app != a", "app not in [\"a\"]"),
        ("app !== \"a\"", "app not in [\"a\"]"),
        ("app: in [\"a\"]", "app in [\"a\"]"),
        ("app: not in [\"a\"]", "app not in [\"a\"]"),
        ("app: notin [\"a\"]", "app not in [\"a\"]"),
        ("app = \"a\"", "app: \"a\""),
        ("app == \"a\"", "app: \"a\""),
        ("app: [\"a\", \"b\"]", "app in [\"a\", \"b\"]"),
        ("app = [\"a\", \"b\"]", "app in [\"a\", \"b\"]"),
        ("app in \"a\"", "app in [\"a\"]"),
        ("app not in \"a\"", "app not in [\"a\"]"),
        ("app in (a, \"b\")", "app in [\"a\", \"b\"]"),
        ("app notin (a, b)", "app not in [\"a\", \"b\"]"),
    ] {
        let item = |labels| format!("workload c {{ {labels} }} in namespace x");
        meant(&item(labels), Safe, &item(expect));
        let flow = |labels| format!("workload a {{ app: \"a\" }} in namespace {{ {labels} }}");
        meant(&flow(labels), Safe, &flow(expect));
    }
    // A value, or a second label: nobody knows.
    meant("workload c { app web }", Guess, "workload c { app, web }");
}

#[test]
fn entries_of_http() {
    for (block, expect) in [
        ("GET POST \"/x\"", "GET \"/x\" POST \"/x\""),
        ("GET, POST \"/x\"", "GET \"/x\" POST \"/x\""),
        ("GET|HEAD|POST \"/x\"", "GET \"/x\" HEAD \"/x\" POST \"/x\""),
        (
            "GET, POST \"/x\", PUT \"/y\"",
            "GET \"/x\" POST \"/x\" PUT \"/y\"",
        ),
        (
            "\"/y\" GET POST \"/x\" PUT \"/z\"",
            "\"/y\" GET \"/x\" POST \"/x\" PUT \"/z\"",
        ),
    ] {
        let rule = |block| format!("allow a -> b:80 via http {{ {block} }}");
        meant(&rule(block), Guess, &rule(expect));
    }
    for (clause, expect) in [
        ("http GET \"/x\"", "http { GET \"/x\" }"),
        (
            "http GET \"/x\" POST \"/y\"",
            "http { GET \"/x\" POST \"/y\" }",
        ),
        (
            "http GET \"/x\", POST \"/y\"",
            "http { GET \"/x\" POST \"/y\" }",
        ),
        ("http GET, POST \"/x\"", "http { GET \"/x\" POST \"/x\" }"),
        ("http: GET \"/x\"", "http { GET \"/x\" }"),
        ("http: { GET \"/x\" }", "http { GET \"/x\" }"),
        ("http = { GET \"/x\" }", "http { GET \"/x\" }"),
        ("http(GET \"/x\")", "http { GET \"/x\" }"),
        ("http [GET \"/x\", \"/y\"]", "http { GET \"/x\" \"/y\" }"),
        ("grpc(\"p.S/M\")", "grpc { \"p.S/M\" }"),
        (
            "http.host \"a.io\" GET \"/x\"",
            "http.host \"a.io\" { GET \"/x\" }",
        ),
    ] {
        for behind in ["", " until 2027-01-31", " because \"x\""] {
            let rule = |clause| format!("allow a -> b:80 via {clause}{behind}");
            meant(&rule(clause), Safe, &rule(expect));
        }
    }
}

#[test]
fn names_of_a_clause() {
    for (clause, expect) in [
        ("tls sni \"x.com\"", "tls.sni \"x.com\""),
        (
            "tls sni \"x.com\" | \"y.com\"",
            "tls.sni \"x.com\" | \"y.com\"",
        ),
        ("tls sni e", "tls.sni e"),
        ("http host \"x.com\"", "http.host \"x.com\""),
        ("tls.sni: \"x\"", "tls.sni \"x\""),
        ("tls.sni = \"x\"", "tls.sni \"x\""),
        ("tls.sni=\"x\"", "tls.sni \"x\""),
        ("tls.sni == \"x\"", "tls.sni \"x\""),
        ("tls.sni = e", "tls.sni e"),
        ("tls.sni(\"x\")", "tls.sni \"x\""),
        ("tls.sni (\"x\" | e)", "tls.sni \"x\" | e"),
        ("tls.sni [\"x\", \"y\"]", "tls.sni \"x\" | \"y\""),
        ("tls.sni [\"x\", m.e,]", "tls.sni \"x\" | m.e"),
        ("tls.sni: [\"x\", \"y\"]", "tls.sni \"x\" | \"y\""),
        ("tls.sni in [\"x\", \"y\"]", "tls.sni \"x\" | \"y\""),
        ("dns *", "dns \"*\""),
        ("dns *.x.io", "dns \"*.x.io\""),
        ("tls sni: \"x\"", "tls.sni \"x\""),
        ("tls sni [\"x\", \"y\"]", "tls.sni \"x\" | \"y\""),
        ("http host = \"x\"", "http.host \"x\""),
        ("dns: *", "dns \"*\""),
        ("dns(\"*\")", "dns \"*\""),
    ] {
        for behind in ["", " until 2027-01-31", "\nallow c -> d:80"] {
            let rule = |clause| format!("allow a -> e:443 via {clause}{behind}");
            meant(&rule(clause), Safe, &rule(expect));
        }
    }
    meant("external e = *.x.io", Safe, "external e = \"*.x.io\"");
}

#[test]
fn an_argument_beside_another() {
    meant("apply t(a b)", Guess, "apply t(a, b)");
    meant("apply t(a, b c)", Guess, "apply t(a, b, c)");
}

#[test]
fn characters_of_other_keyboards() {
    for (text, expect) in [
        ("external x = “a.com”", "external x = \"a.com\""),
        ("external x = „a.com“", "external x = \"a.com\""),
        ("external x = “a.com\"", "external x = \"a.com\""),
        ("external x = ‘a.com’", "external x = \"a.com\""),
        ("external x = «*.a.com»", "external x = \"*.a.com\""),
        (
            "allow a -> b:80 because “it is so, really”",
            "allow a -> b:80 because \"it is so, really\"",
        ),
        (
            "allow a -> b:80 because “Überfällig”",
            "allow a -> b:80 because \"Überfällig\"",
        ),
        ("workload a { app: “a” }", "workload a { app: \"a\" }"),
        (
            "workload a { app in [“a”, “b”] }",
            "workload a { app in [\"a\", “b”] }",
        ),
        ("allow a - > b:80", "allow a -> b:80"),
        ("allow a - >b:80", "allow a ->b:80"),
        (
            "test \"t\" { a - > b:80 is denied }",
            "test \"t\" { a -> b:80 is denied }",
        ),
        (
            "allow a -> b:80 until 2030/01/01",
            "allow a -> b:80 until 2030-01-01",
        ),
        (
            "allow a -> b:80 until 2030/1/1 because \"x\"",
            "allow a -> b:80 until 2030-01-01 because \"x\"",
        ),
        (
            "allow a -> b:80 until 2030.01.01",
            "allow a -> b:80 until 2030-01-01",
        ),
    ] {
        let found = parse_file(text).diagnostics;
        // Each string by itself.
        if expect.contains('“') {
            assert_eq!(found.len(), 2, "{text}");
            assert_eq!(support::apply(text, &found[0].fixes[0]), expect);
        } else {
            meant(text, Safe, expect);
        }
    }
    told_once("allow a -> b:80 until 01/02/2030", "`2030-01-31`");
    told_once("allow a -> b:80 until 01.02.2030", "`2030-01-31`");
    told_once("allow a -> b:80 until 2030/13/01", "2030-01-31");
}

#[test]
fn declarations() {
    meant("network \"x\" = 10.0.0.0/8", Safe, "network x = 10.0.0.0/8");
    meant(
        "workload \"x\" { a: \"b\" }",
        Safe,
        "workload x { a: \"b\" }",
    );
    meant("param param h: string", Safe, "param h: string");
    meant(
        "network network n = 10.0.0.0/8",
        Safe,
        "network n = 10.0.0.0/8",
    );
    told_once("network \"x.y\" = 10.0.0.0/8", "`x-y`");
    for line in [
        "h: string = \"x\"",
        "h: string",
        "h: workload",
        "h: port = 80",
    ] {
        for before in [
            "workload a { app: \"a\" }",
            "allow a -> b:80",
            "group g = a | b",
        ] {
            let text = |line| format!("{before}\n{line}\nallow c -> d:80");
            meant(&text(line), Guess, &text(&format!("param {line}")));
        }
    }
}

#[test]
fn nothing_is_taken_out_of_everything() {
    for whole in ["all", "cluster", "world"] {
        told_once(
            &format!("allow a -> {whole} except b:80"),
            &format!("`allow a -> {whole}:80` and `deny a -> b:80`"),
        );
        let other = |item: &str| format!("{item} {whole} except b:80");
        told_once(&other("deny a ->"), "list what is denied");
        told_once(&other("assert a cannot reach"), "claim");
    }
}

/// Each of two mistakes has a fix of its own, and both can be applied.
#[test]
fn curly_quotes_beside_another_mistake() {
    for (text, expect) in [
        (
            "external x = “a.com”, ‘b.com’",
            "external x = \"a.com\" | \"b.com\"",
        ),
        (
            "workload w { app in [“a” “b”] }",
            "workload w { app in [\"a\", \"b\"] }",
        ),
    ] {
        let found = parse_file(text).diagnostics;
        let edits = found.iter().flat_map(|d| &d.fixes).flat_map(|f| &f.edits);
        let fixed = npl_diagnostics::apply_edits(text, edits.cloned().collect::<Vec<_>>());
        assert_eq!(fixed.unwrap(), expect);
        let shown = support::render(text, &found);
        assert!(!shown.contains("write `a.com |"), "{shown}");
    }
    // What is offered for the label has its quotes right.
    let found = parse_file("workload w { x != ‘b’ }").diagnostics;
    let help = found.iter().filter_map(|d| d.help.as_deref());
    assert!(help.eq(["write `x not in [\"b\"]`", "write `\"b\"`"]));
}

/// Over which the parser stumbles twice or more.
#[test]
fn one_sign_more_less_or_other() {
    let rule = |clause: &str| format!("allow a -> b:80 via {clause}");
    meant(
        &rule("http GET \"/x\" }"),
        Guess,
        &rule("http { GET \"/x\" }"),
    );
    for (text, expect) in [
        ("workload a { app; \"a\" }", "workload a { app: \"a\" }"),
        ("workload a { app: \"a\" >", "workload a { app: \"a\" }"),
        ("workload a app: \"a\" }", "workload a { app: \"a\" }"),
        (
            "workload a { x: \"a\" and y: \"b\" }",
            "workload a { x: \"a\" , y: \"b\" }",
        ),
        (
            "workload a { app in \"x\", \"y\"] }",
            "workload a { app in [\"x\", \"y\"] }",
        ),
        (
            "test \"t\" a -> b:80 is denied }",
            "test \"t\" { a -> b:80 is denied }",
        ),
        (
            "test \"t\"\n  a -> b:80 is denied\n}\nallow a -> b:80",
            "test \"t\" {\n  a -> b:80 is denied\n}\nallow a -> b:80",
        ),
        (
            "test \"t\" { a -> b:80 is, denied  b -> a is denied }",
            "test \"t\" { a -> b:80 is denied  b -> a is denied }",
        ),
        (
            "test \"t\" { a -> b:80 is is denied }",
            "test \"t\" { a -> b:80 is denied }",
        ),
        (
            "test \"t\" { a -> b:80 is \"denied\" }",
            "test \"t\" { a -> b:80 is denied }",
        ),
        (
            "template t(w: workload) allow w -> a:80 }",
            "template t(w: workload) { allow w -> a:80 }",
        ),
        (
            "template t(w: workload)\n  allow w -> a:80\n  allow w -> a:81\n}\nallow a -> b:80",
            "template t(w: workload) {\n  allow w -> a:80\n  allow w -> a:81\n}\nallow a -> b:80",
        ),
        ("allow a -> b 443", "allow a -> b:443"),
        ("assert a cannot reachdb", "assert a cannot reach db"),
        (
            "network n = 10.0.0.0/8except 10.1.0.0/16",
            "network n = 10.0.0.0/8 except 10.1.0.0/16",
        ),
        (
            "allow a -> b:53/udpvia dns \"*\"",
            "allow a -> b:53/udp via dns \"*\"",
        ),
    ] {
        meant(text, Guess, expect);
    }
    told_once("foreign a workload { x: \"y\" }", "foreign workload");
}

#[test]
fn a_quote_too_many_or_too_few() {
    for (text, expect) in [
        (
            "workload a { app: \"w\"eb\" }",
            "workload a { app: \"web\" }",
        ),
        (
            "workload a { app: \"\"web\"\" }",
            "workload a { app: \"web\" }",
        ),
        (
            "allow a -> b:80 because \"so \"it\" is\"",
            "allow a -> b:80 because \"so \\\"it\\\" is\"",
        ),
        (
            "allow a -> b:80 via http { GET \"/a  POST \"/b\" }",
            "allow a -> b:80 via http { GET \"/a\"  POST \"/b\" }",
        ),
        (
            "allow a -> b:80 via http { GET /a\"  POST \"/b\" }",
            "allow a -> b:80 via http { GET \"/a\"  POST \"/b\" }",
        ),
        (
            "workload a { x: \"a, y: \"b\" }",
            "workload a { x: \"a\", y: \"b\" }",
        ),
        (
            "test no way in { a -> b:80 is denied }",
            "test \"no way in\" { a -> b:80 is denied }",
        ),
    ] {
        meant(text, Guess, expect);
    }
}

#[test]
fn a_name_before_its_word() {
    for (text, expect) in [
        ("a allow -> b:80", "allow a -> b:80"),
        ("a workload { x: \"y\" }", "workload a { x: \"y\" }"),
        ("n network = 10.0.0.0/8", "network n = 10.0.0.0/8"),
        ("t apply(a)", "apply t(a)"),
        ("workloada { x: \"y\" }", "workload a { x: \"y\" }"),
        ("portpg = 5432", "port pg = 5432"),
    ] {
        meant(text, Guess, expect);
        let between = |item| format!("allow c -> d:80\n{item}\nallow e -> f:80\n");
        meant(&between(text), Guess, &between(expect));
    }
}

#[test]
fn a_key_without_quotes_before_another_sign() {
    for sign in [" =", " ==", "="] {
        let text = |key: &str, sign: &str| format!("workload a {{ {key}{sign} \"x\" }}");
        for key in ["app.kubernetes.io/name", "app.name"] {
            let quoted = format!("\"{key}\"");
            meant(&text(key, sign), Safe, &text(&quoted, ":"));
        }
    }
}

/// No single token explains these: each has its own finding.
#[test]
fn two_slips_are_two_findings() {
    for text in [
        "workload a { x; \"a\", y = \"b\" }",
        "allow a, b -> c:80, 81",
        "workload a { x: web, y: db }",
        "test \"t\" { a -> b:80 allowed\n  c -> d:80 denied }",
        "template t(w: workload) { allow w a:80  allow w b:80 }",
        "workload a { x: \"a\"\npermit b -> c:80",
        "test \"t\" {\n  a -> b is allowed\n  -> c is denied\n  -> d is denied\n}",
    ] {
        let found = parse_file(text).diagnostics;
        assert_eq!(found.len(), 2, "{text}\n{}", support::render(text, &found));
    }
}
