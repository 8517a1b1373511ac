//! Every type of scalar, every way to be refused, and the places.

use npl_diagnostics::{FileId, codes::import as codes};
use proptest::prelude::*;

use super::{Documents, Node, Value, limits, read};

fn documents(text: &str) -> Documents {
    read(FileId(0), text)
}

/// The one document of a text without findings.
fn one(text: &str) -> Node {
    let mut read = documents(text);
    assert_eq!(read.diagnostics, [], "{text}");
    assert_eq!(read.documents.len(), 1, "{text}");
    read.documents.remove(0)
}

/// The code and the text under the place of the only finding.
fn refused(text: &str) -> (&'static str, &str) {
    let read = documents(text);
    let [finding] = &read.diagnostics[..] else {
        panic!("{text}: {:?}", read.diagnostics);
    };
    (
        finding.code.id,
        text.get(finding.at.range.as_usize()).unwrap(),
    )
}

fn show(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.get().to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Str(value) => format!("{value:?}"),
        Value::Seq(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|e| format!("{}:{}", e.key, show(&e.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

#[test]
fn plain_words_are_typed_as_kubernetes_types_them() {
    for (text, want) in [
        ("on", "true"),
        ("Off", "false"),
        ("y", "true"),
        ("N", "false"),
        ("yes", "true"),
        ("No", "false"),
        ("oN", "\"oN\""),
        ("true", "true"),
        ("null", "null"),
        ("~", "null"),
        ("Null", "null"),
        ("nul", "\"nul\""),
        ("1", "1"),
        ("+1", "1"),
        ("-1", "-1"),
        ("1_000", "1000"),
        ("0x1F", "31"),
        ("010", "8"),
        ("0o10", "8"),
        ("0b11", "3"),
        ("-0b11", "-3"),
        ("08", "8"),
        ("1.5", "1.5"),
        ("1e3", "1000"),
        (".5", "0.5"),
        ("1.", "1"),
        (".", "\".\""),
        ("-x", "\"-x\""),
        ("1e", "\"1e\""),
        ("12:30:45", "\"12:30:45\""),
        ("2026-01-01", "\"2026-01-01\""),
        ("10.0.0.0/8", "\"10.0.0.0/8\""),
        ("0x", "\"0x\""),
        (".inf", "inf"),
        ("18446744073709551615", "18446744073709551615"),
        ("99999999999999999999", "100000000000000000000"),
        ("1e21", "1e21"),
        ("'on'", "\"on\""),
        ("\"1\"", "\"1\""),
        ("!!str 1", "\"1\""),
        ("!!int 1", "1"),
        ("!!float 1", "1"),
        ("!mine 1", "\"1\""),
        ("=", "\"=\""),
    ] {
        assert_eq!(
            show(&one(&format!("a: {text}\n"))),
            format!("{{a:{want}}}"),
            "{text}"
        );
    }
}

#[test]
fn json_is_read_too_with_tabs_and_escapes() {
    let text =
        "{\n\t\"a\": [1,\t2.5, null, true],\n\t\"b\": {\"c\": \"x\\u00e9\\/\\ud834\\udd1e\"}\n}";
    assert_eq!(
        show(&one(text)),
        "{a:[1,2.5,null,true],b:{c:\"x\u{e9}/\u{1d11e}\"}}"
    );
}

#[test]
fn keys_become_strings() {
    let text = "1: a\nfalse: b\non: c\n1.5: d\n\"2\": e\n";
    assert_eq!(
        show(&one(text)),
        "{1:\"a\",false:\"b\",true:\"c\",1.5:\"d\",2:\"e\"}"
    );
    assert_eq!(refused("1: a\n\"1\": b\n").0, codes::YAML_DUPLICATE_KEY.id);
}

#[test]
fn every_value_and_key_knows_its_place() {
    let text = "a: x\nb:\n- one\n- k: \"two\"\nc: {d: 3}\n";
    let node = one(text);
    let slice = |node: &Node| text.get(node.place().range.as_usize()).unwrap();
    assert_eq!(slice(&node), text.trim_end());
    assert_eq!(slice(node.get("a").unwrap()), "x");
    let list = node.get("b").unwrap();
    assert_eq!(slice(list), "one\n- k: \"two\"");
    assert_eq!(slice(&list.as_seq().unwrap()[1]), "k: \"two\"");
    assert_eq!(slice(node.get("c").unwrap()), "{d: 3}");
    let entry = &node.as_map().unwrap()[1];
    assert_eq!(text.get(entry.key_place().range.as_usize()).unwrap(), "b");
}

#[test]
fn aliases_and_merge_keys_are_expanded() {
    let text = "a: &x {k: 1, l: 2}\nb: *x\nc:\n  <<: *x\n  k: 3\nd: {\"<<\": 1}\n";
    assert_eq!(
        show(&one(text)),
        "{a:{k:1,l:2},b:{k:1,l:2},c:{k:3,l:2},d:{<<:1}}"
    );
    let two = "a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc:\n  <<: [*x, *y]\n";
    assert_eq!(show(&one(two)), "{a:{k:1},b:{k:2,l:2},c:{k:1,l:2}}");
}

/// As `go.yaml.in/yaml/v2` does, by which `kubectl` reads.
#[test]
fn a_merge_key_counts_in_the_order_of_the_file() {
    let shared = "x: &x {k: 1}\nz: &z {k: 2}\n";
    for (map, shown) in [
        ("{<<: *x, k: 3}", "{k:3}"),
        ("{<<: [*x, *z], k: 3}", "{k:3}"),
        ("{<<: [*x, *z]}", "{k:1}"),
        ("{k: 1, <<: *x}", "{k:1}"),
        ("{l: 1, <<: *x, k: 4, m: 5}", "{l:1,k:4,m:5}"),
    ] {
        let read = one(&format!("{shared}a: {map}\n"));
        assert_eq!(show(read.get("a").unwrap()), shown, "{map}");
    }
    for map in ["{k: 3, <<: *x}", "{k: 3, <<: [*x, *z]}", "{<<: *x, <<: *z}"] {
        let text = format!("{shared}a: {map}\n");
        let read = documents(&text);
        assert_eq!(read.documents, [], "readers differ: {map}");
        let found: Vec<_> = read.diagnostics.iter().map(|d| d.code.id).collect();
        assert_eq!(found, [codes::YAML_DUPLICATE_KEY.id], "{map}");
    }
}

#[test]
fn documents_follow_each_other_and_a_broken_one_stops_none() {
    let text = "a: 1\n---\n# nothing\n---\nb: \"x\n---\nc: 3\n...\n---\nd: 4\n";
    let read = documents(text);
    let shown: Vec<String> = read.documents.iter().map(show).collect();
    assert_eq!(shown, ["{a:1}", "{c:3}", "{d:4}"]);
    assert_eq!(read.diagnostics.len(), 1);
    assert_eq!(documents("").documents, []);
    assert_eq!(documents("---\n---\n").documents, []);
}

/// Each form was given to `k8s.io/apimachinery/pkg/util/yaml`.
#[test]
fn a_document_that_kubectl_never_sends_is_no_document() {
    for (text, kept, under) in [
        ("a: 1\n...\nb: 2\n", "{a:1}", "b: 2"),
        (
            "a: 1\n... # x\n# y\nb: 2\n---\nc: 3\n",
            "{a:1} {c:3}",
            "b: 2",
        ),
        ("...\na: 1\n", "", "a: 1"),
        ("---\n...\nb: 2\n", "", "b: 2"),
        ("a: 1\n--- {b: 2}\n", "{a:1}", "--- {b: 2}"),
        ("--- {a: 1}\n---\nb: 2\n", "{b:2}", "--- {a: 1}"),
        ("a: 1\n--- !!map\nb: 2\n", "{a:1}", "--- !!map"),
        ("%YAML 1.1\n---\na: 1\n", "", "---"),
    ] {
        let read = documents(text);
        let shown: Vec<String> = read.documents.iter().map(show).collect();
        assert_eq!(shown.join(" "), kept, "{text}");
        let found: Vec<_> = read.diagnostics.iter().collect();
        let [found] = found[..] else {
            panic!("{text}: {found:?}");
        };
        let at = found.at.range.as_usize();
        let shown = text.get(at).unwrap();
        assert_eq!((found.code.id, shown), (codes::YAML_SYNTAX.id, under));
    }
    for text in [
        "--- # first\na: 1\n...\n---\nb: 2\n...\n",
        "a: 1\n---   \r\nb: 2\n--- #\n# nothing\n",
        "\u{FEFF}---\na: |\n  ...\n  ---\n---\nb: 2\n",
        "a: 1\n...\n# x\n%YAML 1.1\n---\nb: 2\n",
    ] {
        let read = documents(text);
        assert_eq!(read.diagnostics, [], "{text}");
        assert_eq!(read.documents.len(), 2, "{text}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_at_its_place() {
    let (syntax, twice, limit) = (
        codes::YAML_SYNTAX.id,
        codes::YAML_DUPLICATE_KEY.id,
        codes::YAML_LIMIT.id,
    );
    assert_eq!(refused("a: 1\nb: 2\na: 3\n"), (twice, "a"));
    assert_eq!(refused("{\"a\": 1, \"a\": 2}"), (twice, "\"a\""));
    assert_eq!(refused("a:\n\tb: 1\n").0, syntax);
    assert_eq!(refused("a: [1, 2\n").0, syntax);
    assert_eq!(refused("a: *nobody\n").0, syntax);
    assert_eq!(refused("? [a]\n: b\n"), (syntax, "[a]"));
    assert_eq!(refused("a: &x [*x]\n"), (syntax, "*x"));
    assert_eq!(refused("a: !!int x\n"), (syntax, "x"));
    assert_eq!(refused("a: {<<: 1}\n"), (syntax, "1"));
    assert_eq!(refused(&"[".repeat(500)).0, limit);
    assert_eq!(refused(&"- ".repeat(500)).0, limit);
    let many: String = (0..30).map(|n| format!("k{n}: {n}\n")).collect();
    assert_eq!(refused(&format!("{many}k3: again\n")), (twice, "k3"));
}

#[test]
fn every_key_that_stands_twice_is_told() {
    let text = "a: {x: 1, x: 2, x: 3}\nb: 1\nb: 2\n---\nc: 3\n---\nd: 1\nd: [\n";
    let read = documents(text);
    let shown: Vec<String> = read.documents.iter().map(show).collect();
    assert_eq!(shown, ["{c:3}"]);
    let ids: Vec<&str> = read.diagnostics.iter().map(|d| d.code.id).collect();
    let twice = codes::YAML_DUPLICATE_KEY.id;
    // Behind a mistake of syntax nothing of the last document is seen.
    assert_eq!(ids, [twice, twice, twice, codes::YAML_SYNTAX.id]);
}

#[test]
fn a_template_gives_one_finding() {
    let text = "a: {{ .Values.x }}\n---\nb: {{ .Values.y }}\n---\nc: 1\n";
    let read = documents(text);
    assert_eq!(read.diagnostics.len(), 1);
    assert_eq!(
        read.diagnostics[0].message,
        "this is a template, not YAML yet"
    );
    assert_eq!(read.documents, []);
}

#[test]
fn aliases_do_not_multiply() {
    let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for n in 1..20 {
        let before = format!("*a{}", n - 1);
        text.push_str(&format!("a{n}: &a{n} [{}]\n", vec![before; 9].join(",")));
    }
    let (code, _) = refused(&text);
    assert_eq!(code, codes::YAML_LIMIT.id);
    let mut nested = String::from("a0: &a0 [x]\n");
    for n in 1..300 {
        nested.push_str(&format!("a{n}: &a{n} [*a{}]\n", n - 1));
    }
    assert_eq!(refused(&nested).0, codes::YAML_LIMIT.id);
}

/// Each value is one, however deep it lies: manifests are many levels deep.
#[test]
fn a_value_counts_once() {
    let count = limits::MAX_NODES / 80;
    let depth = 90;
    let text = "[".repeat(depth) + &"1,".repeat(count) + &"]".repeat(depth);
    let file = read(FileId(0), &text);
    assert!(file.diagnostics.is_empty(), "{:?}", file.diagnostics);
}

#[test]
fn a_file_over_the_limit_is_not_read() {
    let text = "#".repeat(limits::MAX_BYTES + 1);
    assert_eq!(
        documents(&text).diagnostics[0].code.id,
        codes::YAML_LIMIT.id
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever the bytes: no panic, and every place lies inside the text.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|[-:\\[\\]{}&*!|>'\"%@`,?# a\n\t0-9<~.]{0,80}") {
        let read = documents(&text);
        for finding in &read.diagnostics {
            prop_assert!(text.get(finding.at.range.as_usize()).is_some(), "{finding:?}");
        }
        let mut stack: Vec<&Node> = read.documents.iter().collect();
        while let Some(node) = stack.pop() {
            prop_assert!(text.get(node.place().range.as_usize()).is_some(), "{node:?}");
            match &node.value {
                Value::Seq(items) => stack.extend(items),
                Value::Map(entries) => stack.extend(entries.iter().map(|e| &e.value)),
                _ => {}
            }
        }
    }
}

/// A file has millions of them: what one takes is most of what reading takes.
#[test]
fn values_are_small() {
    assert_eq!(size_of::<Value>(), 24);
    assert_eq!(size_of::<Node>(), 40);
    assert_eq!(size_of::<super::Entry>(), 72);
}
