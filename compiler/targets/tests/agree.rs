//! The emitted YAML, judged by a direct reading of Cilium's semantics, against the reference
//! interpreter on the model that it was made of: generated programs, flows aimed at their edges.
//!
//! `NPL_AGREE_SEED` and `NPL_AGREE_PROGRAMS` replace the seed and the number of programs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "test code"
)]

#[path = "agree/generate.rs"]
mod generate;

use std::{fmt::Write as _, sync::Arc};

use npl_diagnostics::{Diagnostic, codes::cilium as codes};
use npl_policy::{
    interpret::{Answer, Endpoint, Flow, FlowVerdict, Interpreter},
    model::{Checked, FlowPort, Model},
};
use npl_targets::{
    cilium::{EmitOptions, Settings, check, emit},
    import::{
        judge::{self, Cluster, FlowEnd, Judge, Judgement, Outcome},
        shape::{PortNumber, Proto},
    },
};

use self::generate::{Program, Rng};

const SEED: u64 = 20_261_123;
const PROGRAMS: u64 = 120;
const FLOWS: usize = 60;

/// The flow in the judge's own shape; `None` for what it cannot say.
fn converted(flow: &Flow) -> Option<judge::Flow> {
    let (proto, port) = match flow.port {
        FlowPort::Tcp(port) => (Proto::Tcp, port),
        FlowPort::Udp(port) => (Proto::Udp, port),
        FlowPort::Sctp(port) => (Proto::Sctp, port),
        FlowPort::Icmp4(kind) => (Proto::Icmp, kind.into()),
        FlowPort::Icmp6(kind) => (Proto::Icmpv6, kind.into()),
    };
    Some(judge::Flow {
        src: end(&flow.src)?,
        dst: end(&flow.dst)?,
        port: PortNumber::Number(port),
        proto,
        facts: judge::Facts {
            sni: flow.facts.sni.clone(),
            method: flow.facts.method.clone(),
            path: flow.facts.path.clone(),
            host: flow.facts.host.clone(),
            dns: flow.facts.dns.clone(),
        },
    })
}

fn end(end: &Endpoint) -> Option<FlowEnd> {
    let entity = |name: &str, api_server: bool| FlowEnd::Entity {
        name: name.into(),
        labels: Vec::new(),
        api_server,
    };
    Some(match end {
        Endpoint::Pod(pod) => FlowEnd::Pod(judge::Pod {
            namespace: pod.namespace.clone(),
            namespace_labels: pod.namespace_labels.clone(),
            labels: pod.labels.clone(),
            account: Some(pod.account.clone()),
        }),
        Endpoint::Addr {
            ip,
            names,
            api_server,
        } => FlowEnd::Address {
            ip: *ip,
            names: names.clone(),
            api_server: *api_server,
        },
        Endpoint::Host { api_server } => entity("host", *api_server),
        Endpoint::RemoteNode { api_server } => entity("remote-node", *api_server),
        Endpoint::Health => entity("health", false),
        Endpoint::CiliumIngress => entity("ingress", false),
        // It has no place of its own, and a pod reaches itself without the network.
        Endpoint::KubeApiserver | Endpoint::Itself => return None,
    })
}

/// Verdicts are compared whole: a clause may be checked at one end only.
fn agrees(model: &FlowVerdict, yaml: &Judgement) -> bool {
    let unknown = |answer: &Answer| matches!(answer, Answer::Unknown(_));
    match (&model.verdict, yaml.verdict) {
        (Answer::Allow, Outcome::Allow) | (Answer::Deny, Outcome::Deny) => true,
        (Answer::Unknown(_), Outcome::Unknown(need)) => need != judge::Need::Conflict,
        // Facts that the two ends need may exclude each other, which only the interpreter sees.
        (Answer::Deny, Outcome::Unknown(_)) => {
            unknown(&model.egress.verdict) && unknown(&model.ingress.verdict)
        }
        _ => false,
    }
}

/// Where a rule with HTTP entries and a plain one meet on a port, Cilium sends the port to its HTTP
/// listener, which takes no TLS: what the plain rule admits is closed. That errs on the safe side,
/// and the check says so: it is counted and not a difference.
fn closed_by_http_listener(
    model: &FlowVerdict,
    yaml: &Judgement,
    judge: &Judge,
    question: &judge::Flow,
) -> bool {
    let (Answer::Allow, Outcome::Deny) = (&model.verdict, yaml.verdict) else {
        return false;
    };
    let unsaid = judge::Flow {
        facts: judge::Facts::default(),
        ..question.clone()
    };
    question.facts.sni.is_some()
        && judge.judge(&Cluster::default(), &unsaid).verdict == Outcome::Allow
}

#[derive(Default)]
struct Count {
    /// See [`closed_by_http_listener`].
    closed: usize,
    programs: usize,
    refused: usize,
    flows: usize,
    allowed: usize,
    denied: usize,
    unknown: usize,
}

/// The first flow that the two disagree on, as text; `None` if there is none.
fn disagreement(program: &Program, flows: &[Flow], count: &mut Count) -> Option<String> {
    disagreement_with(program, flows, count, str::to_owned)
}

/// The same, with the emitted YAML changed first.
fn disagreement_with(
    program: &Program,
    flows: &[Flow],
    count: &mut Count,
    change: fn(&str) -> String,
) -> Option<String> {
    let model: Arc<Model> = Arc::new(program.build());
    let settings = Settings::default();
    let findings = check(&model, &settings, None);
    if findings.iter().any(Diagnostic::is_error) {
        count.refused += 1;
        return None;
    }
    count.programs += 1;
    let checked = Checked::new(model.clone(), &findings).unwrap();
    let output = match emit(&checked, &settings, &EmitOptions::default()) {
        Ok(output) => output,
        Err(findings) => return Some(format!("check passes and emit refuses: {findings:?}")),
    };
    let yaml: Vec<String> = output
        .objects
        .iter()
        .map(|object| change(&object.yaml))
        .collect();
    let yaml: Vec<&str> = yaml.iter().map(String::as_str).collect();
    let (judge, odd) = Judge::documents(&yaml);
    if let Some(finding) = odd.first() {
        let message = &finding.message;
        return Some(format!(
            "the emitted YAML is odd: {message}\n{}",
            yaml.join("---\n")
        ));
    }
    let interpreter = Interpreter::new(&model);
    let told = findings
        .iter()
        .any(|finding| finding.code == &codes::HTTP_CLOSES_THE_REST);
    for flow in flows {
        let Some(question) = converted(flow) else {
            continue;
        };
        let said = interpreter.judge(flow);
        let judged = judge.judge(&Cluster::default(), &question);
        count.flows += 1;
        match said.verdict {
            Answer::Allow => count.allowed += 1,
            Answer::Deny => count.denied += 1,
            Answer::Unknown(_) => count.unknown += 1,
        }
        // The pod's own node passes by platform: a rule that no program writes is not told of.
        let platform = matches!(flow.src, Endpoint::Host { .. });
        if (told || platform) && closed_by_http_listener(&said, &judged, &judge, &question) {
            count.closed += 1;
        } else if !agrees(&said, &judged) {
            let mut text = format!("{flow:?}\nthe model says {said:?}\nCilium says {judged:?}\n");
            let _ = write!(text, "---\n{}", yaml.join("---\n"));
            return Some(text);
        }
    }
    None
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

#[test]
fn what_is_emitted_means_what_the_model_means() {
    let seed = number("NPL_AGREE_SEED", SEED);
    let programs = number("NPL_AGREE_PROGRAMS", PROGRAMS);
    let mut count = Count::default();
    for at in 0..programs {
        let mut rng = Rng::new(seed.wrapping_add(at));
        let program = Program::random(&mut rng);
        let flows = program.flows(&mut rng, FLOWS);
        let Some(first) = disagreement(&program, &flows, &mut count) else {
            continue;
        };
        let (program, text) = shrunk(program, &flows, first);
        panic!("seed {seed}, program {at}:\n{program}\n{text}");
    }
    println!(
        "agree: {} programs ({} refused by the target), {} flows: {} allowed, {} denied, {} unknown; \
         {} closed by an HTTP listener",
        count.programs,
        count.refused,
        count.flows,
        count.allowed,
        count.denied,
        count.unknown,
        count.closed
    );
    assert!(
        count.programs * 4 >= count.refused,
        "too few programs reach the target"
    );
    assert!(count.allowed > count.flows / 20, "too few flows pass");
    assert!(count.unknown > 0, "no flow waits for a fact");
}

/// Takes lines away while some flow still disagrees.
fn shrunk(mut program: Program, flows: &[Flow], mut text: String) -> (Program, String) {
    let mut count = Count::default();
    loop {
        let smaller = program.smaller().into_iter().find_map(|candidate| {
            let text = disagreement(&candidate, flows, &mut count)?;
            Some((candidate, text))
        });
        match smaller {
            Some((candidate, found)) => (program, text) = (candidate, found),
            None => return (program, text),
        }
    }
}

/// What is done to the YAML, in words and in deed.
type Change = (&'static str, fn(&str) -> String);

/// The comparison can fail: each of these changes to the YAML is noticed.
#[test]
fn a_change_of_the_yaml_is_noticed() {
    let changes: [Change; 4] = [
        ("an opened direction", |yaml| {
            yaml.replace("egress: true", "egress: false")
        }),
        ("a deny made an allow", |yaml| {
            yaml.replace("egressDeny:", "egress:")
        }),
        ("another port", |yaml| yaml.replace("\"443\"", "\"444\"")),
        ("another name", |yaml| {
            yaml.replace(".example.com", ".example.org")
        }),
    ];
    for (what, change) in changes {
        let mut count = Count::default();
        let noticed = (0..60).any(|at| {
            let mut rng = Rng::new(SEED.wrapping_add(at));
            let program = Program::random(&mut rng);
            let flows = program.flows(&mut rng, FLOWS);
            disagreement_with(&program, &flows, &mut count, change).is_some()
        });
        assert!(noticed, "{what} is not noticed");
    }
}
