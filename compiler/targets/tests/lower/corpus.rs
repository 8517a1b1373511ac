//! Policies that others wrote, read in place from the folder that `NPL_CORPUS` names.

use std::{collections::BTreeMap, fs};

use npl_diagnostics::{Diagnostic, FileId};
use npl_policy::interpret::Interpreter;
use npl_targets::{
    import::judge::{Cluster, Flow},
    inventory,
};
use npl_test_support::skip::corpus;
use serde_json::Value;

use crate::support::{flows, lowered, said};

/// What of Cilium's examples is refused, and why.
const REFUSED: &[(&str, &str)] = &[
    // Looks at a header.
    ("policies/l7/http/http.yaml", "import-header-match"),
    // Its host is the expression `^external-service.org$`: any character for the dot, one case, no
    // port.
    ("policies/l7/http/l7_multi.yaml", "import-expression"),
    // Pods of another cluster.
    (
        "policies/kubernetes/clustermesh/cross-cluster-any-namespace-policy.yaml",
        "import-other-cluster",
    ),
    (
        "policies/kubernetes/clustermesh/cross-cluster-policy.yaml",
        "import-other-cluster",
    ),
    // Pods that have no labels yet.
    ("policies/l4/from_init.yaml", "import-entity"),
    // Refused by Cilium itself, so that nothing of it is enforced.
    ("policies/l3/requires/requires.yaml", "policy-removed-field"),
    (
        "policies/l3/entities/customnodes.yaml",
        "policy-needs-agent-flag",
    ),
    (
        "kubernetes/servicemesh/cnp-with-mutual-auth.yaml",
        "import-authentication",
    ),
    // Holds one policy twice; the last one counts, and its verdicts come out.
    (
        "kubernetes/connectivity-check/connectivity-check-proxy.yaml",
        "policy-duplicate",
    ),
    // Its paths are expressions whose dots stand for any character.
    (
        "kubernetes-grpc/cc-door-ingress-security.yaml",
        "import-expression",
    ),
    (
        "kubernetes-tls-inspection/l7-visibility-tls.yaml",
        "import-tls-interception",
    ),
    // `/_search/??.*` is also `/_searching`.
    ("kubernetes-es/es-sw-policy.yaml", "import-expression"),
];

#[test]
fn ciliums_examples_keep_their_verdicts_as_a_model() {
    let Some(folder) = corpus("cilium-examples") else {
        return;
    };
    let lines = fs::read_to_string(folder.join("verdicts.jsonl")).unwrap();
    let (mut judged, mut files) = (0, 0);
    let (mut wrong, mut refused) = (Vec::new(), Vec::new());
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let file = case["file"].as_str().unwrap();
        let text = fs::read_to_string(folder.join("yaml").join(file)).unwrap();
        let manifests = inventory::read_all(&[(FileId(0), &text)]);
        let read = lowered(&[&text], Some(&manifests.inventory));
        for finding in read.found.iter().filter(|d| Diagnostic::is_error(d)) {
            refused.push((file.to_owned(), finding.code.name.to_owned()));
        }
        for object in &read.lowered.refused {
            refused.push((file.to_owned(), object.codes.join(" ")));
        }
        if !read.lowered.refused.is_empty() {
            continue;
        }
        files += 1;
        let dns = case["dns"].as_object().unwrap();
        let ips = |ips: &Value| {
            let ips = ips.as_array().unwrap().iter();
            ips.map(|ip| ip.as_str().unwrap().parse().unwrap())
                .collect()
        };
        let cluster = Cluster {
            dns: dns
                .iter()
                .map(|(n, list)| (n.as_str().into(), ips(list)))
                .collect::<BTreeMap<_, _>>(),
            ..Cluster::default()
        };
        let interpreter = Interpreter::new(&read.lowered.model);
        for recorded in case["flows"].as_array().unwrap() {
            let flow = Flow::from_json(recorded).unwrap();
            let Some(flows) = flows(&flow, &cluster) else {
                wrong.push(format!("{file}: {recorded} has an end that no model has"));
                continue;
            };
            let got = said(&interpreter, &flows);
            let want = ["verdict", "egress", "ingress"].map(|n| recorded[n].as_str().unwrap());
            judged += 1;
            if got != want {
                wrong.push(format!("{file}: {recorded} is {got:?}"));
            }
        }
    }
    println!(
        "lowered corpus: {judged} verdicts of {files} files; {} refused",
        refused.len()
    );
    for finding in wrong.iter().take(20) {
        println!("  {finding}");
    }
    assert!(wrong.is_empty(), "{} verdicts differ", wrong.len());
    let held: Vec<(String, String)> = REFUSED
        .iter()
        .map(|(file, codes)| ((*file).to_owned(), (*codes).to_owned()))
        .collect();
    assert_eq!(refused, held);
}
