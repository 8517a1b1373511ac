//! One random program, judged three ways: by the reference interpreter, by Cilium's engine on what
//! was emitted, and by the interpreter on what the emitted YAML is read back to.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use npl_diagnostics::{Diagnostic, FileId, codes::cilium as codes};
use npl_policy::{
    compare,
    interpret::{Answer, Endpoint, Flow, FlowVerdict, Interpreter},
    model::{Checked, Direction, Entity, Model, Via},
};
use npl_sema::files::MemoryFiles;
use npl_targets::{
    cilium::{self, EmitOptions},
    import,
    kubernetes::{self, ClusterWideSeals},
};
use nplc::pipeline::{self, Request};

use crate::engine::Engine;

/// A program that has no errors, and what it became.
#[derive(Debug)]
pub struct Compiled {
    pub checked: Checked,
    pub documents: Vec<String>,
    /// Names of the findings, each once.
    pub findings: BTreeSet<&'static str>,
    /// Told to be the addresses of pods and nodes.
    cluster_cidrs: Vec<IpNet>,
    /// Allows and seals of ClusterNetworkPolicies, by what those name: nodes are none of it.
    tiers: Tiers,
    /// What the objects are to mean, end by end.
    meant: Model,
    target: Target,
}

/// What ClusterNetworkPolicies say beside denies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tiers {
    pub accepts: bool,
    pub seals: bool,
    /// The seals close what comes from pods alone.
    pods: bool,
}

/// What a program is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Cilium,
    /// With settings that this number picks.
    Kubernetes(u64),
}

impl Target {
    /// The target's table, with what it tells of the cluster.
    fn manifest(self) -> Option<String> {
        let Self::Kubernetes(variant) = self else {
            return None;
        };
        let addresses = match variant % 3 {
            0 => r#"cluster-cidrs = ["10.0.0.0/16", "2600::/64"]"#,
            _ => r#"ip-blocks = "external""#,
        };
        let seals = match variant % 4 {
            0 => "pods",
            _ => "exact",
        };
        Some(format!(
            "[package]\nname = \"shop\"\n[target.kubernetes]\n{addresses}\n\
             cluster-network-policy = {}\ncluster-wide-seals = \"{seals}\"\n",
            variant % 2 == 0
        ))
    }
}

impl Compiled {
    /// The flow can be: an address that is told to be the cluster's is none of `world`. What no
    /// rule of a ClusterNetworkPolicy can name on Cilium is none of its flows.
    pub fn speaks_of(&self, flow: &Flow) -> bool {
        let Tiers {
            accepts,
            seals,
            pods,
        } = self.tiers;
        let pod = |end: &Endpoint| matches!(end, Endpoint::Pod(_));
        let address = |end: &Endpoint| matches!(end, Endpoint::Addr { .. });
        let to = pod(&flow.dst) || address(&flow.dst) || !(accepts || seals);
        let from = pod(&flow.src) || !(seals && pods);
        let outside = |end: &Endpoint| match end {
            Endpoint::Addr { ip, .. } => !self.cluster_cidrs.iter().any(|c| c.contains(ip)),
            _ => true,
        };
        to && from && outside(&flow.src) && outside(&flow.dst)
    }
}

/// `None`: the program has errors, which is an answer too (an emitter may refuse).
pub fn compile(text: &str, target: Target) -> Option<Compiled> {
    let manifest = target.manifest();
    let path = match manifest {
        Some(_) => "/",
        None => "/main.npl",
    };
    let manifest = manifest.map(|manifest| ("/npl.toml", manifest));
    let program = ("/main.npl", text.to_owned());
    let files = MemoryFiles::new(std::iter::once(program).chain(manifest));
    let request = Request {
        paths: vec![path.to_owned()],
        ..Request::default()
    };
    let mut units = pipeline::open(&files, &request).ok()?;
    let unit = units.pop()?;
    let analysis = unit.analyse();
    let findings = analysis.diagnostics.iter().map(|found| found.code.name);
    let findings = findings.collect();
    let checked = analysis.checked?;
    let options = EmitOptions::default();
    let output = match target {
        Target::Cilium => cilium::emit(&checked, &analysis.settings, &options),
        Target::Kubernetes(_) => kubernetes::emit(&checked, &analysis.kubernetes, &options),
    };
    let output = output.ok()?;
    let documents: Vec<String> = output.objects.into_iter().map(|o| o.yaml).collect();
    let any = |word: &str| documents.iter().any(|text| text.contains(word));
    let tiers = Tiers {
        accepts: any("    action: Accept\n"),
        seals: any("  tier: Baseline\n"),
        pods: analysis.kubernetes.cluster_wide_seals == ClusterWideSeals::Pods,
    };
    let meant = match target {
        Target::Cilium => cilium::written(&checked, &analysis.settings),
        Target::Kubernetes(_) => checked.model().clone(),
    };
    Some(Compiled {
        meant,
        target,
        tiers,
        checked,
        documents,
        findings,
        cluster_cidrs: analysis.kubernetes.cluster_cidrs,
    })
}

pub fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Allow => "allow",
        Answer::Deny => "deny",
        Answer::Unknown(_) => "unknown",
    }
}

/// What was seen, over all programs.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub programs: usize,
    pub compiled: usize,
    pub flows: usize,
    pub constructs: BTreeSet<&'static str>,
    /// By the verdicts of the source's end and of the destination's.
    pub pairs: BTreeMap<(&'static str, &'static str), usize>,
    /// Programs with each finding, of those that compile.
    pub findings: BTreeMap<&'static str, usize>,
    /// Allowed by the program, and closed by Cilium's HTTP proxy as a finding says.
    pub closed: usize,
    /// Flows that the YAML was asked about again after it was read back.
    pub read_back: usize,
    /// Regions in which program and YAML were shown to be the same at every flow.
    pub regions: usize,
    /// Programs with allows, and with seals, in ClusterNetworkPolicies.
    pub accepts: usize,
    pub seals: usize,
}

impl Seen {
    fn of(&mut self, compiled: &Compiled, verdicts: &[FlowVerdict]) {
        self.compiled += 1;
        self.flows += verdicts.len();
        self.accepts += usize::from(compiled.tiers.accepts);
        self.seals += usize::from(compiled.tiers.seals);
        for verdict in verdicts {
            let pair = (
                word(&verdict.egress.verdict),
                word(&verdict.ingress.verdict),
            );
            *self.pairs.entry(pair).or_default() += 1;
        }
        for finding in &compiled.findings {
            *self.findings.entry(finding).or_default() += 1;
        }
    }
}

/// The first differences of one program, as text; none where all say the same.
pub fn differences(
    engine: &mut Engine,
    compiled: &Compiled,
    flows: &[Flow],
    seen: &mut Seen,
) -> Vec<String> {
    let interpreter = Interpreter::new(compiled.checked.model());
    let ours: Vec<FlowVerdict> = flows.iter().map(|flow| interpreter.judge(flow)).collect();
    seen.of(compiled, &ours);
    let mut out = by_the_engine(engine, compiled, flows, &ours, seen);
    if out.is_empty() {
        out = read_back(compiled, flows, &ours, seen);
    }
    out
}

fn by_the_engine(
    engine: &mut Engine,
    compiled: &Compiled,
    flows: &[Flow],
    ours: &[FlowVerdict],
    seen: &mut Seen,
) -> Vec<String> {
    let documents: Vec<&str> = compiled.documents.iter().map(String::as_str).collect();
    let answer = match engine.judge(&documents, flows) {
        Ok(answer) => answer,
        Err(error) => return vec![format!("the engine could not judge: {error}")],
    };
    let refused = answer.documents.iter().filter(|d| d.stage != "ok");
    let mut out: Vec<String> = refused
        .map(|d| {
            format!(
                "{} {} was refused at {}: {}",
                d.kind, d.name, d.stage, d.error
            )
        })
        .collect();
    for ((flow, ours), theirs) in flows.iter().zip(ours).zip(&answer.verdicts) {
        if word(&ours.verdict) == theirs.verdict || facts_exclude(ours, &theirs.verdict) {
            continue;
        }
        if closed_by_http(compiled, flow, ours, &theirs.verdict) {
            seen.closed += 1;
            continue;
        }
        out.push(format!(
            "{flow:?}\n     ours: {ours:?}\n   Cilium: {theirs:?}"
        ));
    }
    out
}

/// What the two ends need may exclude each other: the interpreter sees it, and the engine judges
/// each end by itself.
fn facts_exclude(ours: &FlowVerdict, theirs: &str) -> bool {
    let unknown = |answer: &Answer| matches!(answer, Answer::Unknown(_));
    ours.verdict == Answer::Deny
        && theirs == "unknown"
        && unknown(&ours.egress.verdict)
        && unknown(&ours.ingress.verdict)
}

/// A finding says that the HTTP proxy refuses what is no plain HTTP, or has no path that a route
/// takes (`OPTIONS *`); the pod's own node passes by platform, and meets the proxy without a
/// finding. Only where one end of the flow has a rule that sends this port to that proxy.
fn closed_by_http(compiled: &Compiled, flow: &Flow, ours: &FlowVerdict, theirs: &str) -> bool {
    let told = compiled.findings.contains(codes::HTTP_CLOSES_THE_REST.name)
        || matches!(flow.src, Endpoint::Host { .. });
    let facts = &flow.facts;
    let unrouted = facts
        .path
        .as_ref()
        .is_some_and(|path| !path.starts_with('/'));
    let other = facts.sni.is_some() || unrouted;
    told && other && ours.verdict == Answer::Allow && theirs == "deny" && proxied(compiled, flow)
}

fn proxied(compiled: &Compiled, flow: &Flow) -> bool {
    let model = compiled.checked.model();
    model.ends.iter().any(|end| {
        let own = match end.direction {
            Direction::Egress => &flow.src,
            Direction::Ingress => &flow.dst,
        };
        let Endpoint::Pod(pod) = own else {
            return false;
        };
        let everybody = end.subject.entities.contains(&Entity::All);
        let http = matches!(end.via.as_deref(), Some(Via::Http(_) | Via::Grpc(_)));
        let parts = &end.subject.pods;
        http && end.ports.contains(flow.port)
            && (everybody || parts.iter().any(|part| part.pods.matches(pod)))
    })
}

/// The emitted objects as a model of their own must mean what the program means.
fn read_back(
    compiled: &Compiled,
    flows: &[Flow],
    ours: &[FlowVerdict],
    seen: &mut Seen,
) -> Vec<String> {
    let again = match reimported(compiled) {
        Ok(model) => model,
        Err(text) => return vec![format!("what was emitted is not read back: {text}")],
    };
    let interpreter = Interpreter::new(&again);
    let mut out: Vec<String> = exactly(compiled, &again, seen).into_iter().collect();
    for (flow, ours) in flows.iter().zip(ours) {
        seen.read_back += 1;
        let theirs = interpreter.judge(flow);
        let theirs_word = word(&theirs.verdict);
        // What is read back says of the proxy what Cilium does.
        if word(&ours.verdict) != theirs_word && !closed_by_http(compiled, flow, ours, theirs_word)
        {
            out.push(format!(
                "{flow:?}\n       ours: {ours:?}\n  read back: {theirs:?}"
            ));
        }
    }
    out
}

/// The two models at both ends of every flow, where no setting or finding says that they differ.
fn exactly(compiled: &Compiled, again: &Model, seen: &mut Seen) -> Option<String> {
    let told = compiled.findings.contains(codes::HTTP_CLOSES_THE_REST.name);
    let open = compiled.tiers.seals && compiled.tiers.pods;
    if told || open || !compiled.cluster_cidrs.is_empty() {
        return None;
    }
    match compare::compare(&compiled.meant, again) {
        Ok(compared) => {
            seen.regions += compared.regions;
            let first = compared.differences.first();
            first.map(|difference| format!("compared exactly: {difference:?}"))
        }
        Err(why) => Some(format!("compared exactly: {why:?}")),
    }
}

fn reimported(compiled: &Compiled) -> Result<Model, String> {
    let files: Vec<(FileId, &str)> = (0..)
        .map(FileId)
        .zip(compiled.documents.iter().map(String::as_str))
        .collect();
    let (policies, mut found) = import::read(&files);
    let path = |_| "emitted.yaml".into();
    let lowered = match compiled.target {
        Target::Cilium => import::lower::lower(&policies, None, &path),
        Target::Kubernetes(_) => {
            import::lower::lower_made(&policies, !compiled.cluster_cidrs.is_empty(), &path)
        }
    };
    found.extend(lowered.diagnostics);
    match found.iter().find(|found| Diagnostic::is_error(found)) {
        Some(error) => Err(error.message.clone()),
        None => Ok(lowered.model),
    }
}

/// The smallest program, by whole lines, that still differs.
pub fn shrink(text: &str, differs: &mut dyn FnMut(&str) -> bool) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(at);
        if differs(&fewer.join("\n")) {
            lines = fewer;
            // What stood before may have been needed by what is gone.
            at = 0;
        } else {
            at += 1;
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::shrink;

    #[test]
    fn a_program_shrinks_to_what_differs() {
        let mut asked = 0;
        let shrunk = shrink("a\nb\nc\nd\ne\n", &mut |text| {
            asked += 1;
            text.contains('b') && text.contains('d')
        });
        assert_eq!(shrunk, "b\nd\n");
        assert!(asked < 20, "{asked}");
    }
}
