//! `fmt`, `explain`, `test`, `trace` and `init`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod common;

use common::{SHOP, Sandbox};
use serde_json::{Value, json};

const UGLY: &str = "namespace   shop\n\n\n\nworkload a{app:\"a\"}   // keep me\n";
const NEAT: &str = "namespace shop\n\nworkload a { app: \"a\" } // keep me\n";

#[test]
fn fmt_in_place_and_its_looks() {
    let sandbox = Sandbox::with(&[("a.npl", UGLY), ("d/b.npl", NEAT)]);
    let check = sandbox.run(&["fmt", "--check", "."]).exits(1);
    assert!(
        check.out.contains("a.npl") && !check.out.contains("b.npl"),
        "{}",
        check.out
    );
    let diff = sandbox.run(&["fmt", "--diff", "a.npl"]).exits(1);
    assert!(
        diff.out.contains("-namespace   shop\n+namespace shop\n"),
        "{}",
        diff.out
    );
    assert_eq!(sandbox.read("a.npl"), UGLY);
    sandbox.run(&["fmt"]).exits(0);
    assert_eq!(sandbox.read("a.npl"), NEAT);
    sandbox.run(&["fmt", "--check"]).exits(0);
}

#[test]
fn fmt_through_a_pipe() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run_with(&["fmt", "-"], UGLY).exits(0).out, NEAT);
    sandbox.run_with(&["fmt", "-", "--check"], UGLY).exits(1);
    sandbox.run_with(&["fmt", "-", "--check"], NEAT).exits(0);
    sandbox.run_with(&["fmt", "-", "x.npl"], NEAT).exits(2);
}

#[test]
fn fmt_leaves_a_broken_file_as_it_is() {
    let broken = "allow a -> -> b\n";
    let sandbox = Sandbox::with(&[("bad.npl", broken), ("ugly.npl", UGLY)]);
    let ran = sandbox.run(&["fmt", "."]).exits(1);
    assert!(ran.err.contains("bad.npl:1:"), "{}", ran.err);
    assert_eq!(sandbox.read("bad.npl"), broken);
    assert_eq!(sandbox.read("ugly.npl"), NEAT);
    let piped = sandbox.run_with(&["fmt", "-"], broken).exits(1);
    assert_eq!(piped.out, "");
}

#[test]
fn explain_codes() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(&["explain", "NPL0201"]).exits(0).out;
    assert!(page.starts_with("# NPL0201: ") && page.contains("## How to fix"));
    let name = page.lines().next().unwrap().split(": ").nth(1).unwrap();
    assert_eq!(sandbox.run(&["explain", name]).exits(0).out, page);
    assert_eq!(sandbox.run(&["explain", "npl0201"]).exits(0).out, page);
    let ran = sandbox.run(&["explain", "NPL0210x"]).exits(2);
    assert!(ran.err.contains("did you mean `NPL02"), "{}", ran.err);
}

#[test]
fn explain_a_place_and_an_id() {
    let sandbox = Sandbox::shop();
    let rule = sandbox.run(&["explain", "shop.npl:6"]).exits(0).out;
    for part in [
        "shop.npl:6: allow frontend -> api:443",
        "Lets `frontend` open connections to `api` on 443/tcp",
        "names `api.example.com` (SNI)",
        "Enforced leaving `frontend`",
        "CiliumNetworkPolicy shop/shop-frontend",
        "serverNames",
    ] {
        assert!(rule.contains(part), "{part}:\n{rule}");
    }
    let id = rule.lines().nth(1).unwrap().strip_prefix("rule ").unwrap();
    assert_eq!(sandbox.run(&["explain", id, "shop.npl"]).exits(0).out, rule);
    assert_eq!(sandbox.run(&["explain", "shop.npl:6:9"]).exits(0).out, rule);
    let workload = sandbox.run(&["explain", "shop.npl:3"]).exits(0).out;
    assert!(workload.contains("pods with label `app` = \"frontend\" in namespace `shop`"));
    assert!(workload.contains("sealed"), "{workload}");
    sandbox.write(
        "port.npl",
        SHOP.replace(":443 via", ":tls via") + "port tls = 443\n",
    );
    let last = SHOP.lines().count() + 1;
    let port = sandbox
        .run(&["explain", &format!("port.npl:{last}")])
        .exits(0)
        .out;
    assert!(
        port.contains("Rules that name `tls`:\n  port.npl:6: allow frontend"),
        "{port}"
    );
    sandbox.run(&["explain", "shop.npl:2"]).exits(2);
    sandbox.run(&["explain", "r000000", "shop.npl"]).exits(2);
}

#[test]
fn explain_says_which_error_stops_a_rule() {
    let text = "namespace shop\nworkload a { app: \"a\" }\nworkload b { app: \"b\" }\n\
        allow a -> b:80\n  until 2020-01-01 because \"x\"\nallow a -> nobody:81\n\
        assert a cannot reach b\nallow a -> b:82\n";
    let sandbox = Sandbox::with(&[("s.npl", text)]);
    for (line, code, other) in [
        (4, "NPL0314", "NPL0201"),
        (5, "NPL0314", "NPL0201"),
        (6, "NPL0201", "NPL0314"),
    ] {
        let ran = sandbox.run(&["explain", &format!("s.npl:{line}")]);
        let out = ran.exits(1).out;
        assert!(out.starts_with(&format!("s.npl:{line}: allow a -> ")));
        assert!(out.contains(code) && !out.contains(other), "{out}");
    }
    let ran = sandbox.run(&["explain", "s.npl:7"]).exits(1);
    assert!(ran.out.contains("It is not proved."), "{}", ran.out);
    assert!(ran.out.contains("This stands against it:"), "{}", ran.out);
    let ran = sandbox.run(&["explain", "s.npl:8"]).exits(0);
    assert!(ran.out.contains("nothing is emitted"), "{}", ran.out);
}

#[test]
fn explain_shows_each_end_on_each_target() {
    let text = "namespace shop\nworkload a { app: \"a\" }\nworkload b { app: \"b\" }\n\
        allow a -> b:80\ndeny b -> a\n";
    let toml = "[package]\nname = \"p\"\n";
    let both = "[target.cilium]\n[target.kubernetes]\ncluster-network-policy = true\n";
    let sandbox = Sandbox::with(&[("p/main.npl", text)]);
    let explain = |tables: &str, line: u32| {
        sandbox.write("p/npl.toml", format!("{toml}{tables}"));
        let place = format!("p/main.npl:{line}");
        sandbox.run(&["explain", &place]).exits(0).out
    };
    let cilium = explain("", 4);
    assert!(!cilium.contains("On kubernetes"), "{cilium}");
    for part in [
        "\n  CiliumNetworkPolicy shop/p-a\n\n    - ",
        "\n  CiliumNetworkPolicy shop/p-b\n\n    - ",
        "egress:",
        "ingress:",
    ] {
        assert!(cilium.contains(part), "{part}:\n{cilium}");
    }
    let kubernetes = explain("[target.kubernetes]\ncluster-network-policy = true\n", 4);
    assert!(!kubernetes.contains("ilium"), "{kubernetes}");
    assert!(
        kubernetes.ends_with(
            "\nOn kubernetes, in:\n  NetworkPolicy shop/p-a\n  NetworkPolicy shop/p-b\n"
        ),
        "{kubernetes}"
    );
    let deny = explain(both, 5);
    assert!(deny.contains("\nOn cilium, in:\n"), "{deny}");
    assert!(
        deny.contains("\nOn kubernetes, in:\n  ClusterNetworkPolicy "),
        "{deny}"
    );
}

/// A deny that is left out of allows is in the objects that leave it out; a workload, in those of its
/// parts too.
#[test]
fn explain_what_a_deny_changes() {
    let text = "namespace shop\nworkload a { app: \"a\" }\nworkload b { app: \"b\" }\n\
        workload canary { app: \"b\", track: \"canary\" }\n\
        allow a -> b:80-90\ndeny a -> canary:85\n";
    let toml = "[package]\nname = \"p\"\n[target.kubernetes]\n";
    let sandbox = Sandbox::with(&[("p/main.npl", text), ("p/npl.toml", toml)]);
    let explain = |line: u32| {
        let place = format!("p/main.npl:{line}");
        let out = sandbox.run(&["explain", &place]).exits(0).out;
        let (_, objects) = out.split_once("On kubernetes, in:\n").unwrap();
        objects.to_owned()
    };
    let deny = explain(6);
    assert!(deny.contains("NetworkPolicy shop/p-a\n"), "{deny}");
    let part = |line: &str| line.contains("NetworkPolicy shop/p-b-");
    assert!(deny.lines().any(part), "{deny}");
    let workload = explain(3);
    assert!(workload.contains("NetworkPolicy shop/p-b\n"), "{workload}");
    assert!(workload.lines().any(part), "{workload}");
}

/// Seals have their ids in modules too; lines that only introduce something mean it.
#[test]
fn explain_what_stands_at_every_line() {
    let main = "//! The shop.\n\nnamespace shop\n\nuse parts.{a, b}\n\nallow a -> b:80\nassert \
                disjoint a, b\nassert b cannot reach a\n";
    let parts = "namespace shop\n\n/// Takes orders.\nworkload a { app: \"a\" }\nworkload b { tier: \
                 \"b\" }\n";
    let toml = "[package]\nname = \"p\"\n\n[stage]\nobserve = [\"b\"]\n";
    let sandbox = Sandbox::with(&[
        ("p/npl.toml", toml),
        ("p/main.npl", main),
        ("p/parts.npl", parts),
        (
            "q.npl",
            "namespace s\nuse std.cloud.metadata\nworkload q { app: \"q\" }\ndeny all -> metadata\n",
        ),
    ]);
    let explain = |what: &str, from: &str| sandbox.run(&["explain", what, from]).exits(0).out;
    let seal = explain("p/parts.npl:4", "p");
    assert!(
        seal.contains("CiliumNetworkPolicy shop/p-parts-a"),
        "{seal}"
    );
    assert_eq!(explain("p/parts.npl:3", "p"), seal);
    assert_eq!(explain("seal-parts-a", "p"), seal);
    for (line, part) in [
        (3, "A workload of this file that names no namespace"),
        (
            5,
            "Imports `a`. Rules that name it:\n  p/main.npl:7: allow a -> b:80",
        ),
    ] {
        let text = explain(&format!("p/main.npl:{line}"), "p");
        assert!(text.contains(part), "{text}");
    }
    let std = explain("std/cloud.npl:9", "q.npl");
    assert!(std.contains("metadata"), "{std}");
    sandbox
        .run(&["explain", "std/none.npl:1", "q.npl"])
        .exits(2);
    let claim = explain("p/main.npl:9", "p");
    assert!(
        claim.contains("It holds under assumptions:\n  assuming `assert disjoint"),
        "{claim}"
    );
}

#[test]
fn explain_a_deny_that_a_stage_leaves_out() {
    let text = "namespace s\nuse std.cloud.metadata\nworkload a { app: \"a\" }\nworkload b { app: \
                \"b\" }\ndeny all -> metadata\n";
    let toml = "[package]\nname = \"p\"\n\n[stage]\nobserve = [\"b\"]\n";
    let sandbox = Sandbox::with(&[("p/npl.toml", toml), ("p/main.npl", text)]);
    let out = sandbox.run(&["explain", "p/main.npl:5", "p"]).exits(0).out;
    assert!(
        out.contains("Enforced leaving `a`.\nLeft out leaving `b`, in stage observe"),
        "{out}"
    );
}

#[test]
fn explain_a_template() {
    let text = "namespace shop\nworkload a { app: \"a\" }\nworkload b { app: \"b\" }\n\
        template t(x: workload) {\n  allow a -> x:80\n}\napply t(b)\n\
        template unused(x: workload) {\n  allow a -> x:81\n}\n";
    let sandbox = Sandbox::with(&[("s.npl", text)]);
    let ran = sandbox.run(&["explain", "s.npl:4"]).exits(0);
    let made = "`t` makes:\n  s.npl:5: allow a -> b:80\n";
    assert!(ran.out.ends_with(made), "{}", ran.out);
    let ran = sandbox.run(&["explain", "s.npl:8"]).exits(0);
    assert!(ran.out.contains("Nothing applies `unused`"), "{}", ran.out);
}

#[test]
fn tests_run_like_a_test_runner() {
    let sandbox = Sandbox::shop();
    let ran = sandbox.run(&["test", "shop.npl"]).exits(0);
    assert_eq!(
        ran.out.lines().last(),
        Some("2 passed, 0 failed"),
        "{}",
        ran.out
    );
    let one = sandbox
        .run(&["test", "shop.npl", "--filter", "name decides"])
        .exits(0);
    assert_eq!(
        one.out.lines().last(),
        Some("1 passed, 0 failed"),
        "{}",
        one.out
    );
    let none = sandbox.run(&["test", "shop.npl", "--filter", "zzz", "-q"]);
    let none = none.exits(1);
    assert!(
        none.err.contains("`zzz` matches none of the 2 tests"),
        "{}",
        none.err
    );
    let covered = sandbox.run(&["test", "shop.npl", "--coverage"]).exits(0);
    assert!(
        covered.out.contains("coverage: 1 of 1 rules"),
        "{}",
        covered.out
    );
    // What a filter leaves out covers nothing.
    let other = sandbox
        .run(&["test", "shop.npl", "--coverage", "--filter", "zzz"])
        .exits(1);
    assert!(!other.out.contains("1 of 1 rules"), "{}", other.out);
}

#[test]
fn failed_tests_and_asserts_say_why() {
    let text = SHOP
        .replace(
            "sni \"evil.example.com\" is denied",
            "sni \"evil.example.com\" is allowed",
        )
        .replace(
            "assert api cannot reach frontend",
            "assert frontend cannot reach api",
        );
    let sandbox = Sandbox::with(&[("shop.npl", &text)]);
    let ran = sandbox.run(&["test", "shop.npl"]).exits(1);
    assert_eq!(
        ran.out.lines().last(),
        Some("0 passed, 2 failed"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("shop.npl:12"), "{}", ran.out);
    assert!(
        ran.out
            .contains("FAILED assert frontend cannot reach api (shop.npl:8)")
    );
    let json = sandbox
        .run(&["test", "shop.npl", "--format", "json"])
        .exits(1)
        .json();
    assert_eq!((&json["passed"], &json["failed"]), (&json!(0), &json!(2)));
    let junit = sandbox
        .run(&["test", "shop.npl", "--format", "junit"])
        .exits(1)
        .out;
    assert!(
        junit.contains("failures=\"2\"") && junit.contains("&quot;"),
        "{junit}"
    );
    let github = sandbox
        .run(&["test", "shop.npl", "--format", "github"])
        .exits(1)
        .out;
    assert!(
        github.contains("::error file=shop.npl,line=12,"),
        "{github}"
    );
}

#[test]
fn tests_of_a_program_with_errors_do_not_run() {
    let sandbox = Sandbox::with(&[("shop.npl", &format!("{SHOP}allow web -> api:80\n"))]);
    let ran = sandbox.run(&["test", "shop.npl"]).exits(1);
    assert!(ran.err.contains("`web`"), "{}", ran.err);
    assert_eq!(ran.out.lines().last(), Some("0 passed, 0 failed"));
}

#[test]
fn trace_one_flow() {
    let sandbox = Sandbox::shop();
    let flow = "frontend -> api:443 sni \"api.example.com\"";
    let full = sandbox.run(&["trace", "shop.npl", flow]).exits(0).out;
    assert!(
        full.starts_with("allow\n") && full.contains("shop.npl:6"),
        "{full}"
    );
    let json = sandbox
        .run(&["trace", "shop.npl", flow, "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(json["verdict"], "allow");
    assert_eq!(json["egress"]["by"], "rule");
    assert_eq!(json["egress"]["rule"]["file"], "shop.npl");
    assert_eq!(json["egress"]["rule"]["line"], 6);
    let denied = "frontend -> api:443 sni \"evil.example.com\"";
    let json = sandbox
        .run(&["trace", "shop.npl", denied, "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(
        (&json["verdict"], &json["egress"]["by"]),
        (&json!("deny"), &json!("sealed"))
    );
    sandbox
        .run(&["trace", "shop.npl", denied, "--expect", "allow"])
        .exits(1);
    sandbox
        .run(&["trace", "shop.npl", denied, "--expect", "deny"])
        .exits(0);
    let unknown = "frontend -> api:443";
    let json = sandbox
        .run(&["trace", "shop.npl", unknown, "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(
        (&json["verdict"], &json["needs"]),
        (&json!("unknown"), &json!("sni"))
    );
    for expect in ["allow", "deny"] {
        sandbox
            .run(&["trace", "shop.npl", unknown, "--expect", expect])
            .exits(1);
    }
}

#[test]
fn trace_of_what_is_no_flow() {
    let sandbox = Sandbox::shop();
    for flow in [
        "frontend -> nobody:80",
        "frontend",
        "",
        "frontend -> api:99999",
    ] {
        let ran = sandbox.run(&["trace", "shop.npl", flow]).exits(2);
        assert!(
            !ran.err.is_empty() && ran.out.is_empty(),
            "{flow}: {}",
            ran.out
        );
    }
}

#[test]
fn trace_flows_of_a_log() {
    let sandbox = Sandbox::shop();
    let pod = |app: &str| json!({"namespace": "shop", "labels": {"app": app}});
    let flow = |src: Value, dst: Value, sni: Value| {
        json!({"src": src, "dst": dst, "port": 443, "proto": "TCP", "sni": sni}).to_string()
    };
    let log = [
        flow(pod("frontend"), pod("api"), json!("api.example.com")),
        String::new(),
        flow(pod("frontend"), pod("api"), json!("")),
        flow(pod("frontend"), pod("api"), Value::Null),
        flow(json!({"ip": "192.0.2.7"}), pod("api"), Value::Null),
        flow(json!({"entity": "host"}), pod("api"), Value::Null),
        flow(pod("frontend"), json!({"fqdn": "x.example"}), Value::Null),
        flow(pod("stranger"), json!({"ip": "192.0.2.7"}), Value::Null),
    ]
    .join("\n");
    sandbox.write("flows.jsonl", &log);
    let ran = sandbox
        .run(&["trace", "shop.npl", "--flows", "flows.jsonl"])
        .exits(0);
    let verdicts: Vec<Value> = ran
        .out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let words: Vec<&str> = verdicts
        .iter()
        .map(|v| v["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(
        words,
        ["allow", "deny", "unknown", "deny", "allow", "deny", "allow"]
    );
    assert_eq!(verdicts[4]["ingress"]["by"], "platform");
    assert_eq!(verdicts[6]["egress"]["by"], "unselected");
    let piped = sandbox
        .run_with(&["trace", "shop.npl", "--flows", "-"], &log)
        .exits(0);
    assert_eq!(piped.out, ran.out);
    for words in [
        ["trace", "shop.npl", "-", "--stdin-kind", "flows"],
        ["trace", "-", "shop.npl", "--stdin-kind", "flows"],
    ] {
        assert_eq!(sandbox.run_with(&words, &log).exits(0).out, ran.out);
    }
    sandbox
        .run(&[
            "trace",
            "shop.npl",
            "--flows",
            "flows.jsonl",
            "--expect",
            "allow",
        ])
        .exits(1);
}

#[test]
fn flows_of_a_log_that_are_none() {
    let sandbox = Sandbox::shop();
    let good = r#"{"src": {"ip": "192.0.2.7"}, "dst": {"entity": "host"}, "port": 1}"#;
    sandbox.write("bad.jsonl", format!("{}\n{{\"src\": 1}}\n", good));
    let bad = sandbox
        .run(&["trace", "shop.npl", "--flows", "bad.jsonl"])
        .exits(2);
    assert_eq!(
        bad.err,
        "error: `bad.jsonl` line 2 column 9: the number `1` where a peer, which is an object as \
         {\"namespace\", \"labels\"} or {\"ip\"}, belongs\n"
    );
    let odd = r#"{"src": {"ip": "192.0.2.7"}, "dst": {}, "port": 1}"#;
    let ran = sandbox.run_with(&["trace", "shop.npl", "--flows", "-"], odd);
    let ran = ran.exits(2);
    let place = "standard input line 1 column 30: `dst` is one of";
    assert!(ran.err.contains(place), "{}", ran.err);
    assert_eq!(
        bad.out.lines().count(),
        1,
        "what was answered stays answered"
    );
}

#[test]
fn trace_with_addresses_of_names() {
    let text = "namespace bots\n\nuse std.cloud.metadata\nuse std.kubernetes.kube_dns\n\n\
        workload bot { app: \"bot\" }\nexternal api = \"api.example.com\"\n\n\
        allow bot -> api:443 via tls.sni \"api.example.com\"\n\
        allow bot -> kube_dns:53/any via dns \"api.example.com\"\ndeny all -> metadata\n";
    let sandbox = Sandbox::with(&[("bots.npl", text)]);
    sandbox.write("dns.json", r#"{"api.example.com": ["192.0.2.1"]}"#);
    let to = |dst: Value| {
        let src = json!({"namespace": "bots", "labels": {"app": "bot"}});
        json!({"src": src, "dst": dst, "port": 443, "sni": "api.example.com"}).to_string()
    };
    let log = [
        to(json!({"fqdn": "api.example.com"})),
        to(json!({"ip": "192.0.2.1"})),
        to(json!({"ip": "192.0.2.2"})),
    ]
    .join("\n");
    let args = [
        "trace", "bots.npl", "--flows", "-", "--dns", "dns.json", "--format", "json",
    ];
    let ran = sandbox.run_with(&args, log).exits(0);
    let verdicts: Vec<Value> = ran
        .out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let words: Vec<&str> = verdicts
        .iter()
        .map(|v| v["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["allow", "allow", "deny"]);
    assert_eq!(verdicts[0]["assurance"], "claimed-name");
    let flow = "bot -> 192.0.2.1:443 sni \"api.example.com\"";
    let one = sandbox.run(&[
        "trace", "bots.npl", flow, "--dns", "dns.json", "--expect", "allow",
    ]);
    one.exits(0);
    sandbox
        .run(&["trace", "bots.npl", flow, "--expect", "deny"])
        .exits(0);
}

#[test]
fn trace_of_a_name_whose_addresses_differ() {
    let text = "namespace bots\n\nuse std.cloud.metadata\n\nworkload bot { app: \"bot\" }\n\n\
        allow egress bot -> all:443\ndeny all -> metadata\n";
    let sandbox = Sandbox::with(&[("bots.npl", text)]);
    let dns = r#"{"odd.example": ["192.0.2.1", "169.254.169.254"],
        "bad.example": ["169.254.169.254"]}"#;
    sandbox.write("dns.json", dns);
    let to = |name: &str| {
        let src = json!({"namespace": "bots", "labels": {"app": "bot"}});
        json!({"src": src, "dst": {"fqdn": name}, "port": 443}).to_string()
    };
    let log = [to("odd.example"), to("bad.example")].join("\n");
    let args = ["trace", "bots.npl", "--flows", "-", "--dns", "dns.json"];
    let ran = sandbox.run_with(&args, log).exits(0);
    let said: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(said[0]["verdict"], "unknown");
    assert_eq!(said[0]["needs"], "address");
    assert_eq!(said[0]["egress"]["needs"], "address");
    assert_eq!(said[1]["verdict"], "deny");
    for flow in ["bot -> \"odd.example\":443", "bot -> \"odd.example\""] {
        let text = sandbox.run(&["trace", "bots.npl", flow, "--dns", "dns.json"]);
        let text = text.exits(0).out;
        let head = text.lines().next().unwrap();
        assert!(
            head.starts_with("unknown (depends on") && head.contains("address"),
            "{text}"
        );
        let one_port = flow.ends_with(":443");
        assert!(text.contains("169.254.169.254 ") || !one_port, "{text}");
    }
}

/// The reasons are those of flows with the verdict that stands above them.
#[test]
fn reasons_agree_with_the_headline() {
    let sandbox = Sandbox::shop();
    let ran = sandbox.run(&["trace", "shop.npl", "frontend -> api"]);
    let text = ran.exits(0).out;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "unknown (depends on sni, port)");
    let kinds: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|l| l.contains(", as "))
        .collect();
    assert_eq!(kinds.len(), 2, "{text}");
    let some = |start: &str| {
        kinds
            .iter()
            .any(|kind| kind.trim_start().starts_with(start))
    };
    assert!(
        some("deny, as ") && some("unknown (depends on sni), as "),
        "{text}"
    );
    assert!(text.contains("shop.npl:6"), "{text}");
    let json = sandbox
        .run(&["trace", "shop.npl", "frontend -> api", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(json["verdict"], "unknown");
    assert_eq!(json["egress"]["verdict"], "unknown");
    assert_eq!(json["egress"]["rule"]["line"], 6);
}

/// Whose name is not the folder's is told so.
#[test]
fn init_says_why_a_name_is_another() {
    let sandbox = Sandbox::new();
    for (folder, why) in [
        ("été", Some("named `policy`, since `été` has letters")),
        (
            "test",
            Some("named `policy`, since `test` is a word of the language"),
        ),
        (
            "My Shop",
            Some("named `my-shop`, since `My Shop` is no name"),
        ),
        ("shop", None),
    ] {
        let ran = sandbox.run(&["init", folder]).exits(0);
        match why {
            Some(why) => assert!(ran.err.contains(why), "{}", ran.err),
            None => assert!(!ran.err.contains("since"), "{}", ran.err),
        }
        sandbox.run(&["check", folder]).exits(0);
    }
}

#[test]
fn init_makes_a_package_that_works() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["init", "my shop"]).exits(0);
    assert!(ran.err.contains("nplc test 'my shop'"), "{}", ran.err);
    let check = sandbox
        .run(&["check", "my shop", "--format", "json"])
        .exits(0);
    assert_eq!(check.json()["warnings"], 0, "{}", check.out);
    let test = sandbox.run(&["test", "my shop", "--coverage"]).exits(0);
    assert_eq!(
        test.out.lines().last(),
        Some("3 passed, 0 failed"),
        "{}",
        test.out
    );
    sandbox.run(&["fmt", "--check", "my shop"]).exits(0);
    sandbox
        .run(&["build", "my shop", "--verify", "-o", "out"])
        .exits(0);
    let before = sandbox.read("my shop/npl.toml");
    let again = sandbox.run(&["init", "my shop"]).exits(2);
    assert!(again.err.contains("exists already"), "{}", again.err);
    assert_eq!(sandbox.read("my shop/npl.toml"), before);
}
