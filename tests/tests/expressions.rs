//! Regular expressions of HTTP rules: what Cilium's engine refuses and what it matches is what the
//! judge of YAML refuses and matches, and what an imported program admits where one can say it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use npl_diagnostics::{Diagnostic, FileId};
use npl_policy::interpret::{Answer, Endpoint, Flow, Interpreter};
use npl_policy::model::{Facts, FlowPort, Pod};
use npl_targets::import::{
    self, Judge,
    judge::{self, Cluster},
};
use npl_test_support::random::Rng;
use npl_tests::engine::{Engine, flow_json};
use serde_json::{Value, json};

/// Expressions that people write.
const WRITTEN: [&str; 16] = [
    "/public",
    "/api/{id}",
    "/api/[^/]+",
    "/api/.*",
    "/a(/.*)?",
    r"/v\d+/x",
    "/v[0-9]{1,3}",
    "/(a|b)/c",
    "(?i)/A",
    "/a/*",
    "^/a$",
    r"/index\.html",
    "/x{,3}",
    r"/\Qa.b\E",
    "/a**",
    "/a(?=b)",
];

/// What random expressions are put together from.
const PIECES: [&str; 40] = [
    "/a",
    "/",
    "/b",
    "/{id}",
    "[^/]+",
    "[^/?#]+",
    ".*",
    ".",
    r"\d",
    r"\w+",
    "(",
    ")",
    "(?:",
    "|",
    "{2}",
    "{1,2}",
    "{,2}",
    "*",
    "+",
    "?",
    "[a-c]",
    "[]x]",
    "[^a]",
    "[a&&b]",
    "[[a]",
    "[[:alpha:]]",
    r"\Q",
    r"\E",
    r"\.",
    r"\101",
    r"\x62",
    "(?i)",
    "^",
    "$",
    "x",
    "{",
    "}",
    "]",
    r"\D",
    r"(\?.*)?",
];

const PATHS: [&str; 22] = [
    "/",
    "/a",
    "/A",
    "/b",
    "/c",
    "/ab",
    "/aa",
    "/a/",
    "/a/b",
    "/a/b/c",
    "/a/7",
    "/b/c",
    "/7",
    "/{id}",
    "/api/{id}",
    "/api/7",
    "/x",
    "/x{,3}",
    "/a.b",
    "/index.html",
    "/v12/x",
    "/a?x=1",
];

const RANDOM: u64 = 600;

fn expression(seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let pieces = 1 + rng.below(5);
    let mut out = String::from(if rng.chance(60) { "/" } else { "" });
    for _ in 0..pieces {
        out.push_str(rng.pick(&PIECES));
    }
    out
}

fn policy(path: &str) -> String {
    let path = path.replace('\'', "''");
    format!(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: web, namespace: \
         shop}}\nspec:\n  endpointSelector: {{matchLabels: {{app: web}}}}\n  ingress:\n  - \
         toPorts:\n    - ports: [{{port: \"80\", protocol: TCP}}]\n      rules:\n        http:\n        \
         - path: '{path}'\n"
    )
}

fn flows() -> Vec<Flow> {
    let pod = |app: &str| {
        Endpoint::Pod(Pod {
            namespace: "shop".into(),
            labels: vec![("app".into(), app.into())],
            account: "default".into(),
            ..Pod::default()
        })
    };
    let flow = |path: &&str| Flow {
        src: pod("asks"),
        dst: pod("web"),
        port: FlowPort::Tcp(80),
        facts: Facts {
            method: Some("GET".into()),
            path: Some((*path).into()),
            host: Some("web".into()),
            ..Facts::default()
        },
    };
    PATHS.iter().map(flow).collect()
}

#[derive(Default)]
struct Seen {
    refused: usize,
    judged: usize,
    said: usize,
    allowed: usize,
}

/// One expression, three ways.
fn compare(engine: &mut Engine, text: &str, flows: &[Flow], asked: &[Value], seen: &mut Seen) {
    let yaml = policy(text);
    let request = json!({"op": "judge", "documents": [yaml], "dns": {}, "flows": asked});
    let answer = engine.ask(&request).unwrap();
    let (read, found) = import::read(&[(FileId(0), yaml.as_str())]);
    let refused = found.iter().any(Diagnostic::is_error);
    let stage = &answer.documents[0];
    assert_eq!(refused, stage.stage != "ok", "{text}: {found:?} {stage:?}");
    if refused {
        seen.refused += 1;
        return;
    }
    let lowered = import::lower::lower(&read, None, &|_| "web.yaml".into());
    let said = !lowered.diagnostics.iter().any(Diagnostic::is_error);
    seen.said += usize::from(said);
    let judge = Judge::new(read);
    let interpreter = Interpreter::new(&lowered.model);
    for ((flow, asked), theirs) in flows.iter().zip(asked).zip(&answer.verdicts) {
        let question = judge::Flow::from_json(asked).unwrap();
        let of_yaml = judge.judge(&Cluster::default(), &question).verdict;
        assert_eq!(of_yaml.as_str(), theirs.verdict, "{text}\n{:?}", flow.facts);
        seen.judged += 1;
        seen.allowed += usize::from(theirs.verdict == "allow");
        if said {
            let word = match interpreter.judge(flow).verdict {
                Answer::Allow => "allow",
                Answer::Deny => "deny",
                Answer::Unknown(_) => "unknown",
            };
            assert_eq!(word, theirs.verdict, "{text}\n{:?}", flow.facts);
        }
    }
}

#[test]
fn expressions_mean_what_the_engine_makes_of_them() {
    let Some(mut engine) = Engine::start() else {
        return;
    };
    let flows = flows();
    let asked: Vec<Value> = flows.iter().filter_map(flow_json).collect();
    let mut seen = Seen::default();
    for text in WRITTEN {
        compare(&mut engine, text, &flows, &asked, &mut seen);
    }
    for seed in 0..RANDOM {
        compare(&mut engine, &expression(seed), &flows, &asked, &mut seen);
    }
    println!(
        "{} expressions: {} refused by all, {} flows judged alike, {} of them allowed; {} \
         expressions said by a program",
        WRITTEN.len() as u64 + RANDOM,
        seen.refused,
        seen.judged,
        seen.allowed,
        seen.said
    );
    assert!(seen.refused > 0 && seen.allowed > 0 && seen.said > 0);
}
