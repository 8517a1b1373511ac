//! What a finding calls void is void: without the rule the interpreter says the same of every flow.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::{
    builder::{self, Builder},
    interpret::{Endpoint, Flow, Interpreter},
    lint,
    model::{Direction, Facts, FlowPort, Model, Verdict},
};

/// Codes that say that a rule does nothing.
const VOID: [&str; 3] = [
    "redundant-rule",
    "allow-never-applies",
    "no-effect-while-open",
];

static FLOWS: LazyLock<Vec<Flow>> = LazyLock::new(|| {
    let pods = [
        "app=web",
        "app=web canary=y",
        "app=api",
        "app=db canary=y",
        "app=x",
    ];
    let mut ends: Vec<Endpoint> = pods
        .iter()
        .map(|labels| Endpoint::Pod(builder::pod(labels)))
        .collect();
    let ip = |text: &str| text.parse::<std::net::IpAddr>().unwrap();
    ends.extend([
        Endpoint::addr(ip("10.1.2.3")),
        Endpoint::addr(ip("203.0.113.7")),
        Endpoint::named(ip("203.0.113.8"), "a.io"),
        Endpoint::Host { api_server: false },
        Endpoint::RemoteNode { api_server: true },
    ]);
    let ports = [
        FlowPort::Tcp(80),
        FlowPort::Tcp(443),
        FlowPort::Udp(443),
        FlowPort::Icmp4(8),
    ];
    let mut out = Vec::new();
    for src in &ends {
        for dst in &ends {
            for port in ports {
                for sni in [None, Some("a.io"), Some("b.io")] {
                    out.push(Flow {
                        src: src.clone(),
                        dst: dst.clone(),
                        port,
                        facts: Facts {
                            sni: sni.map(Into::into),
                            ..Facts::default()
                        },
                    });
                }
            }
        }
    }
    out
});

#[derive(Clone, Debug)]
struct Line {
    verdict: Verdict,
    only: Option<Direction>,
    from: &'static str,
    to: &'static str,
    ports: &'static str,
    via: Option<&'static [&'static str]>,
}

fn line() -> impl Strategy<Value = Line> {
    let from = [
        "web",
        "api",
        "canary",
        "web | api",
        "all",
        "every",
        "10.0.0.0/8",
        "web | world",
    ];
    let to = [
        "web",
        "api",
        "dns",
        "canary | db",
        "web except canary",
        "world",
        "10.0.0.0/8",
        "10.1.0.0/16",
        "name:a.io",
        "name:*.io",
        "cluster",
        "host",
    ];
    let verdict = prop_oneof![3 => Just(Verdict::Allow), 1 => Just(Verdict::Deny)];
    let only = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Direction::Egress)),
        1 => Just(Some(Direction::Ingress)),
    ];
    let ports = prop_oneof![
        2 => Just("443"),
        1 => Just("80-500"),
        1 => Just("443/any"),
        1 => Just(""),
    ];
    let via: Vec<Option<&'static [&'static str]>> =
        vec![None, None, Some(&["a.io"]), Some(&["*.io"])];
    (
        verdict,
        only,
        proptest::sample::select(from.to_vec()),
        proptest::sample::select(to.to_vec()),
        ports,
        proptest::sample::select(via),
    )
        .prop_map(|(verdict, only, from, to, ports, via)| {
            // A deny carries no clause and names no external; a clause needs TCP.
            let deny = verdict == Verdict::Deny;
            Line {
                verdict,
                only,
                from,
                to: if deny && to.starts_with("name:") {
                    "world"
                } else {
                    to
                },
                ports,
                via: via.filter(|_| !deny && ports == "443"),
            }
        })
}

fn model(lines: &[Line], open: &[bool]) -> Model {
    let mut out = Builder::new();
    let owned = [
        ("web", "app=web"),
        ("api", "app=api"),
        ("db", "app=db"),
        ("canary", "canary"),
    ];
    for ((name, labels), open) in owned.iter().zip(open) {
        out = out.workload(name, labels);
        if *open {
            out = out.open(Direction::Egress);
        }
    }
    out = out.foreign("dns", "k8s-app=kube-dns ns=kube-system");
    for line in lines {
        let via = line.via.map(builder::tls);
        out = out.rule(line.verdict, line.only, line.from, line.to, line.ports, via);
    }
    out.build()
}

fn verdicts(model: &Model) -> Vec<crate::interpret::Answer> {
    let interpreter = Interpreter::new(model);
    FLOWS
        .iter()
        .map(|flow| interpreter.judge(flow).verdict)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_void_rule_changes_no_verdict(
        lines in proptest::collection::vec(line(), 1..6),
        open in proptest::collection::vec(any::<bool>(), 4),
    ) {
        let model = model(&lines, &open);
        let found = lint::check(&model, None);
        let void = found.iter().filter(|f| VOID.contains(&f.code.name));
        let rules: Vec<(usize, &str)> = void
            .filter_map(|f| {
                let rule = model.rules.iter().position(|r| r.place == f.at)?;
                Some((rule, f.code.name))
            })
            .collect();
        if rules.is_empty() {
            return Ok(());
        }
        let before = verdicts(&model);
        for (rule, code) in rules {
            let mut without = model.clone();
            without.ends.retain(|end| end.rule as usize != rule);
            let after = verdicts(&without);
            let changed = FLOWS.iter().zip(before.iter().zip(&after)).find(|(_, (a, b))| a != b);
            let text = &model.rules[rule].text;
            prop_assert!(changed.is_none(), "{code}: {text} decides {changed:?}");
        }
    }
}
