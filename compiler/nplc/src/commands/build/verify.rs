//! `--verify`: what was made is read again by readers that share no code with the emitter. One
//! judges flows around every rule, as the source does. The other lowers the objects to a model,
//! which is compared with the source at both ends of every flow, exactly. Where the target is known
//! to say something else (a finding tells of it), or the comparison is too large, the flows alone
//! are compared, and the result says so.

use std::net::IpAddr;

use npl_policy::{
    addr::node_local_addresses,
    interpret::{Answer as Meant, Endpoint, Flow, Interpreter},
    model::FlowPort,
};
use npl_targets::{
    cilium::{Object, Output},
    import::{
        Judge, Ruling, Tier, Tiers,
        judge::{Cluster, Facts, Flow as ReadFlow, FlowEnd, Outcome, Pod},
        shape::{PortNumber, Proto},
    },
    kubernetes::{self, ClusterWideSeals, IpBlocks},
};

use super::{exact, place::Goal, read_back, sample, stream};
use crate::{
    args::Stage,
    pipeline::{Analysis, Unit},
    stop::{Result, Stop},
    write::is_special,
};

/// What a verification has shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verified {
    documents: usize,
    /// Flows on which source and output give the same verdict.
    flows: usize,
    /// Regions of the two models that were shown to be the same.
    regions: usize,
    /// Why they were not compared.
    sampled: Option<&'static str>,
    /// Stage observe changes the meaning on purpose: there flows are not compared.
    observe: bool,
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "verified: the independent reader accepts all {} documents",
            self.documents
        )?;
        if self.observe {
            return f.write_str("; flows are not compared in stage observe");
        }
        write!(
            f,
            ", and gives the verdict of the source on all {} flows that were tried",
            self.flows
        )?;
        match self.sampled {
            None => write!(
                f,
                "; read back, they say what the source says at both ends of every flow ({} regions \
                 compared)",
                self.regions
            ),
            Some(why) => write!(f, "; every flow is not compared: {why}"),
        }
    }
}

/// Before anything is written. The error says where source and output differ.
pub(super) fn documents(
    outputs: &[(&Unit, Analysis, Output)],
    stage: Stage,
) -> std::result::Result<Verified, String> {
    let mut sum = Verified {
        observe: stage == Stage::Observe,
        ..Verified::default()
    };
    for (analysis, objects) in outputs
        .iter()
        .flat_map(|(_, analysis, output)| by_target(output).map(move |list| (analysis, list)))
        .filter(|(_, objects)| !objects.is_empty())
    {
        let tiered = |object: &&Object| object.kind == "ClusterNetworkPolicy";
        let (tiered, objects): (Vec<&Object>, Vec<&Object>) = objects.into_iter().partition(tiered);
        let in_tiers: Vec<&str> = tiered.iter().map(|object| &*object.yaml).collect();
        let whole_networks = analysis.kubernetes.ip_blocks == IpBlocks::Any;
        let tiers = Tiers::read(&in_tiers, whole_networks)
            .map_err(|why| format!("the independent reader refuses a document: {why}"))?;
        sum.documents += in_tiers.len();
        let texts: Vec<&str> = objects.iter().map(|object| &*object.yaml).collect();
        let files: Vec<_> = (0u32..).map(npl_diagnostics::FileId).zip(texts).collect();
        let (read, found) = npl_targets::import::read(&files);
        if let Some(finding) = found.iter().find(|finding| finding.is_error()) {
            return Err(format!(
                "the independent reader refuses a document: {}",
                finding.message
            ));
        }
        if read.policies.len() != objects.len() {
            return Err(format!(
                "{} objects were made, and the independent reader finds {}",
                objects.len(),
                read.policies.len()
            ));
        }
        sum.documents += objects.len();
        let staged = analysis
            .model
            .workloads
            .iter()
            .any(|workload| workload.observed);
        sum.observe |= staged;
        if !sum.observe {
            let inventory = analysis.inventory.as_deref();
            let texts = (objects.as_slice(), in_tiers.as_slice());
            match exact::compare(analysis, inventory, texts)? {
                Ok(regions) => sum.regions += regions,
                Err(why) => sum.sampled = Some(why),
            }
            let ours = objects.iter().any(|o| o.kind.starts_with("Cilium"));
            let flows = sample::flows(&analysis.model).into_iter();
            let flows = flows.filter(|flow| ours || speaks_of(&analysis.kubernetes, flow));
            sum.flows += compare(analysis, flows, (&Judge::new(read), &tiers))?;
        }
    }
    Ok(sum)
}

/// The objects of each target: each has the whole meaning.
fn by_target(output: &Output) -> impl Iterator<Item = Vec<&Object>> {
    let cilium = |object: &&Object| object.kind.starts_with("Cilium");
    let (ours, others) = output.objects.iter().partition(cilium);
    [ours, others].into_iter()
}

/// How many flows were compared.
fn compare(
    analysis: &Analysis,
    flows: impl Iterator<Item = Flow>,
    (judge, tiers): (&Judge, &Tiers),
) -> std::result::Result<usize, String> {
    let interpreter = Interpreter::new(&analysis.model);
    let inventory = analysis.inventory.as_deref();
    let cluster = inventory.map(Cluster::of).unwrap_or_default();
    let mut count = 0;
    for flow in flows {
        let meant = interpreter.judge(&flow).verdict;
        let Some(asked) = as_read(&flow) else {
            continue;
        };
        let got = judged(&cluster, judge, tiers, &asked);
        match (&meant, got) {
            (Meant::Allow, Outcome::Allow) | (Meant::Deny, Outcome::Deny) => count += 1,
            (Meant::Allow, Outcome::Deny) | (Meant::Deny, Outcome::Allow) => {
                return Err(format!(
                    "source and output differ on a flow, which is a fault of nplc; please report \
                     it\nflow: {flow:?}\nsource: {meant:?}, output: {got:?}"
                ));
            }
            // what depends on a fact that the flow does not give is no verdict to compare
            _ => {}
        }
    }
    Ok(count)
}

/// Whether the target says something of a flow. What is told to be a pod's or a node's address is
/// none of a network, nor is what the node itself answers; and cluster-wide seals of pods leave
/// open what rules of tier Baseline cannot name.
fn speaks_of(settings: &kubernetes::Settings, flow: &Flow) -> bool {
    let any = settings.ip_blocks == IpBlocks::Any;
    let on_node = |ip: &IpAddr| any && node_local_addresses().any(|(addr, _)| addr == *ip);
    let inside = |end: &Endpoint| match end {
        Endpoint::Addr { ip, .. } => {
            settings.cluster_cidrs.iter().any(|cidr| cidr.contains(ip)) || on_node(ip)
        }
        _ => false,
    };
    let pods = settings.cluster_wide_seals == ClusterWideSeals::Pods;
    let pod = |end: &Endpoint| matches!(end, Endpoint::Pod(_));
    let address = |end: &Endpoint| matches!(end, Endpoint::Addr { .. });
    let named = pod(&flow.src) && (pod(&flow.dst) || address(&flow.dst));
    (named || !pods) && !inside(&flow.src) && !inside(&flow.dst)
}

/// Tier Admin, then the policies that have no tier where one of them selects the end, else tier
/// Baseline.
fn judged(cluster: &Cluster, judge: &Judge, tiers: &Tiers, flow: &ReadFlow) -> Outcome {
    let judgement = judge.judge(cluster, flow);
    let side = |ingress: bool, own: &FlowEnd, said: Outcome| {
        let ruled = tiers.ruling(Tier::Admin, flow, ingress).or_else(|| {
            let selected = judge.selects(cluster, own, ingress);
            (!selected).then(|| tiers.ruling(Tier::Baseline, flow, ingress))?
        });
        match ruled {
            Some(Ruling::Accept) => Outcome::Allow,
            Some(Ruling::Deny) => Outcome::Deny,
            None => said,
        }
    };
    let egress = side(false, &flow.src, judgement.egress);
    egress.and(side(true, &flow.dst, judgement.ingress))
}

/// The flow as the reader of YAML takes it.
pub(in crate::commands) fn as_read(flow: &Flow) -> Option<ReadFlow> {
    let (proto, port) = match flow.port {
        FlowPort::Tcp(port) => (Proto::Tcp, port),
        FlowPort::Udp(port) => (Proto::Udp, port),
        FlowPort::Sctp(port) => (Proto::Sctp, port),
        FlowPort::Icmp4(kind) => (Proto::Icmp, u16::from(kind)),
        FlowPort::Icmp6(kind) => (Proto::Icmpv6, u16::from(kind)),
    };
    Some(ReadFlow {
        src: end(&flow.src)?,
        dst: end(&flow.dst)?,
        port: PortNumber::Number(port),
        proto,
        facts: Facts {
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
        Endpoint::Pod(pod) => FlowEnd::Pod(Pod {
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
        Endpoint::Itself | Endpoint::KubeApiserver => return None,
    })
}

/// After writing: the files hold the bytes that were made.
pub(super) fn written(goal: &Goal, outputs: &[(&Unit, Analysis, Output)]) -> Result<()> {
    let differs = |path: &camino::Utf8Path| Stop::at(path, "does not hold what was written");
    match goal {
        Goal::Stdout => Ok(()),
        // Its reader has taken it already.
        Goal::File(path) if is_special(path) => Ok(()),
        Goal::File(path) => {
            let have = read_back(path)?;
            let rest = stream(outputs)
                .iter()
                .try_fold(&*have, |rest, piece| rest.strip_prefix(&**piece));
            match rest {
                Some("") => Ok(()),
                _ => Err(differs(path)),
            }
        }
        Goal::Folder(folder) => {
            for object in outputs.iter().flat_map(|(_, _, output)| &output.objects) {
                let path = folder.join(&object.file_name);
                if read_back(&path)? != object.yaml {
                    return Err(differs(&path));
                }
            }
            Ok(())
        }
    }
}
