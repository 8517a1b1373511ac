//! The NetworkPolicies of netpol-analyzer's tests: each is lowered or refused by name, and what is
//! lowered means what the judge says, for every pair of their pods.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use npl_diagnostics::{Diagnostic, FileId};
use npl_policy::{
    interpret::{Interpreter, pods_of},
    model::Pod,
};
use npl_targets::{
    import::{
        judge::{self, Cluster, Facts, FlowEnd, Judge, Outcome},
        read,
        shape::{PortNumber, Proto},
    },
    inventory,
};
use npl_test_support::skip::corpus;

use crate::support::{flows, lowered, said};

/// What is refused, by code, and how many objects: the AdminNetworkPolicies and
/// BaselineAdminNetworkPolicies, and no NetworkPolicy.
const REFUSED: &[(&str, usize)] = &[("import-tiered-policy", 44)];

fn yaml_below(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            yaml_below(&path, out);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            out.push(path);
        }
    }
}

fn end(pod: &Pod) -> FlowEnd {
    FlowEnd::Pod(judge::Pod {
        namespace: pod.namespace.clone(),
        namespace_labels: pod.namespace_labels.clone(),
        labels: pod.labels.clone(),
        account: Some(pod.account.clone()),
    })
}

#[test]
fn network_policies_of_others_are_lowered_or_refused_by_name() {
    let Some(folder) = corpus("netpol-analyzer") else {
        return;
    };
    let mut folders: Vec<PathBuf> = fs::read_dir(folder.join("tests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let mut refused: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut policies, mut judged, mut whole) = (0, 0, 0);
    for folder in &folders {
        let mut paths = Vec::new();
        yaml_below(folder, &mut paths);
        let texts: Vec<String> = paths
            .iter()
            .map(|p| fs::read_to_string(p).unwrap())
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let files: Vec<(FileId, &str)> = (0u32..).map(FileId).zip(texts.iter().copied()).collect();
        let manifests = inventory::read_all(&files);
        let found = lowered(&texts, Some(&manifests.inventory));
        for error in found.found.iter().filter(|d| Diagnostic::is_error(d)) {
            *refused.entry(error.code.name).or_default() += 1;
        }
        for object in &found.lowered.refused {
            for code in &object.codes {
                *refused.entry(code).or_default() += 1;
            }
        }
        let (read, _) = read(&files);
        policies += read.policies.len();
        if !found.lowered.refused.is_empty() || read.policies.is_empty() {
            continue;
        }
        whole += 1;
        let cluster = Cluster::of(&manifests.inventory);
        let judge = Judge::new(read);
        let interpreter = Interpreter::new(&found.lowered.model);
        let mut ends: Vec<FlowEnd> = pods_of(&manifests.inventory).map(|pod| end(&pod)).collect();
        for ip in [
            "1.2.3.4",
            "10.0.0.1",
            "192.168.1.1",
            "172.17.0.5",
            "2001:db8::1",
        ] {
            ends.push(FlowEnd::Address {
                ip: ip.parse().unwrap(),
                names: Vec::new(),
                api_server: false,
            });
        }
        for src in &ends {
            for dst in &ends {
                for (proto, port) in [
                    (Proto::Tcp, 80),
                    (Proto::Tcp, 443),
                    (Proto::Tcp, 5432),
                    (Proto::Tcp, 8080),
                    (Proto::Tcp, 9090),
                    (Proto::Udp, 53),
                    (Proto::Udp, 5353),
                    (Proto::Sctp, 9003),
                    (Proto::Icmp, 8),
                ] {
                    let flow = judge::Flow {
                        src: src.clone(),
                        dst: dst.clone(),
                        port: PortNumber::Number(port),
                        proto,
                        facts: Facts::default(),
                    };
                    let want = judge.judge(&cluster, &flow);
                    let want = [want.verdict, want.egress, want.ingress].map(Outcome::as_str);
                    let got = said(&interpreter, &flows(&flow, &cluster).unwrap());
                    assert_eq!(got, want, "{} {flow:?}", folder.display());
                    judged += 1;
                }
            }
        }
    }
    println!(
        "netpol-analyzer: {policies} policies in {} folders, {whole} folders judged with {judged} \
         flows; refused {refused:?}",
        folders.len()
    );
    let held: BTreeMap<&str, usize> = REFUSED.iter().copied().collect();
    assert_eq!(refused, held);
}
