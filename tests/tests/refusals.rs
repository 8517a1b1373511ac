//! What an API server or Cilium refuses is an error of `check`, and what they take is none: odd
//! documents, each judged by the conformance engine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use npl_diagnostics::{Diagnostic, FileId};
use npl_targets::{
    import::{self, lint},
    yaml::read,
};
use npl_tests::engine::{DocumentAnswer, Engine};
use serde_json::json;

/// Bodies of a CiliumNetworkPolicy's `spec`, beside its subject.
const CILIUM: [&str; 40] = [
    "ingress: [{fromCIDR: [10.0.0.0/8]}]",
    "ingress: [{fromCIDR: [010.0.0.0/8]}]",
    "ingress: [{fromCIDR: [10.0.0.0/08]}]",
    "ingress: [{fromCIDRSet: [{cidr: 010.0.0.0/8}]}]",
    "ingress: [{fromCIDRSet: [{cidr: 10.0.0.0/8, except: [10.01.0.0/16]}]}]",
    "egress: [{toCIDR: [\"2001:db8::/032\"]}]",
    "egress: [{toCIDR: [\"::ffff:10.0.0.0/104\"]}]",
    "egressDeny: [{toEntities: [world], toFQDNs: [{matchName: a.com}]}]",
    "egressDeny: [{toEntities: [world], authentication: {mode: x}}]",
    "egressDeny: [{toEntities: [world], authentication: {mode: required}}]",
    "egressDeny: [{toEntities: [world], toPorts: [{ports: [{port: \"443\", protocol: UDP}], \
     serverNames: [a.com]}]}]",
    "ingress: [{fromEntities: [world], fromFQDNs: [{matchName: a.com}]}]",
    "ingress: [{fromEntities: [world], toServices: [{}]}]",
    "egress: [{toCIDRSet: [{cidrGroupRef: A_b}]}]",
    "egress: [{toCIDRSet: [{cidrGroupRef: \"\"}]}]",
    "egress: [{toCIDRSet: [{cidrGroupRef: good.name}]}]",
    "labels: [{value: b}]\ningress: [{}]",
    "labels: [{key: b}]\ningress: [{}]",
    "egress: [{toPorts: [{ports: [{port: \"80\", protocol: TCP}], listener: {envoyConfig: {kind: \
     Foo, name: a}, name: b}}]}]",
    "egress: [{toPorts: [{ports: [{port: \"80\", protocol: TCP}], listener: {envoyConfig: {kind: \
     CiliumEnvoyConfig, name: a}, name: \"\"}}]}]",
    "egress: [{toPorts: [{ports: [{port: \"80\", protocol: TCP}], listener: {envoyConfig: {kind: \
     CiliumEnvoyConfig, name: a}, name: b}}]}]",
    "egress: [{toPorts: [{ports: [{port: \"443\", protocol: TCP}], terminatingTLS: {certificate: 7, \
     secret: {name: a, namespace: b}}}]}]",
    "egress: [{toPorts: [{ports: [{port: \"8_0\", protocol: TCP}]}]}]",
    "egress: [{toPorts: [{ports: [{port: \"0120\", protocol: TCP}]}]}]",
    "egress: [{toPorts: [{ports: [{port: \"0x50\", protocol: TCP}]}]}]",
    "egress: [{toPorts: [{ports: [{port: 80, protocol: TCP}]}]}]",
    "egress: [{toPorts: [{ports: [{port: \"80\", protocol: tcp}]}]}]",
    "egress: [{toPorts: [{ports: [{port: \"65536\", protocol: TCP}]}]}]",
    "egress: [{toPorts: [{ports: [{port: \"80\", endPort: 70, protocol: TCP}]}]}]",
    "ingress: [{fromEndpoints: [{matchLabels: {\"unspec:app\": b}}]}]",
    "ingress: [{fromEndpoints: [{matchLabels: {\"k8s:app\": b}}]}]",
    "ingress: [{fromEndpoints: [{matchLabels: {\"a b\": b}}]}]",
    "ingress: [{fromEndpoints: [{matchLabels: {app: \"a b\"}}]}]",
    "egress: [{toFQDNs: [{matchName: 1.2.3.4}]}]",
    "egress: [{toPorts: [{ports: [{port: \"443\", protocol: TCP}], serverNames: [1.2.3.4]}]}]",
    "egress: [{icmps: [{fields: [{type: 8}]}]}]",
    "egress: [{icmps: [{fields: [{type: 256}]}]}]",
    "egress: [{toEntities: [world], toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: \
     [{path: \"/{id}\"}]}}]}]",
    "egress: [{toEntities: [world], toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: \
     [{path: \"/a(\"}]}}]}]",
    "enableDefaultDeny: {egress: false}\negress: []",
];

/// Bodies of a NetworkPolicy's `spec`.
const KUBERNETES: [&str; 12] = [
    "podSelector: {}",
    "podSelector: {matchLabels: {\"k8s:app\": api}}",
    "podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {\"k8s:app\": api}}}]}]",
    "podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {\"$app\": api}}}]}]",
    "podSelector: {}\ningress: [{ports: [{port: HTTP}]}]",
    "podSelector: {}\ningress: [{ports: [{port: http}]}]",
    "podSelector: {}\ningress: [{ports: [{port: \"80\"}]}]",
    "podSelector: {}\npolicyTypes: [Ingress, Egress, Ingress]",
    "podSelector: {}\npolicyTypes: [ingress]",
    "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 010.0.0.0/8}}]}]",
    "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]",
    "podSelector: {}\negress: [{to: [{}]}]",
];

/// Bodies of a ClusterNetworkPolicy's `spec`, beside tier and subject.
const TIERED: [&str; 21] = [
    "priority: 10\ningress: [{action: Deny, from: [{namespaces: {matchLabels: {a: b}}}]}]",
    "priority: 1001\ningress: [{action: Deny, from: [{namespaces: {matchLabels: {a: b}}}]}]",
    "ingress: [{action: Deny, from: [{namespaces: {matchLabels: {a: b}}}]}]",
    "priority: 10\ningress: [{action: Deny}]",
    "priority: 10\ningress: [{action: Deny, from: []}]",
    "priority: 10\ningress: [{action: deny, from: [{namespaces: {matchLabels: {a: b}}}]}]",
    "priority: 10\ningress: [{action: Deny, from: [{pods: {podSelector: {}}}]}]",
    "priority: 10\ningress: [{action: Deny, from: [{pods: {namespaceSelector: {}}}]}]",
    "priority: 10\ningress: [{action: Deny, protocols: [], from: [{pods: {podSelector: {}}}]}]",
    "priority: 10\ningress: [{action: Deny, protocols: [{}], from: [{pods: {podSelector: {}}}]}]",
    "priority: 10\ningress: [{action: Deny, protocols: [{tcp: {}}], from: [{pods: {podSelector: \
     {}}}]}]",
    "priority: 10\ningress: [{action: Deny, protocols: [{tcp: {destinationPort: {number: 80}}}], \
     from: [{pods: {podSelector: {}}}]}]",
    "priority: 10\ningress: [{action: Deny, protocols: [{tcp: {destinationPort: {number: 80}}, udp: \
     {destinationPort: {number: 80}}}], from: [{pods: {podSelector: {}}}]}]",
    "priority: 10\ningress: [{action: Deny, protocols: [{tcp: {destinationPort: {range: {start: 80, \
     end: 80}}}}], from: [{pods: {podSelector: {}}}]}]",
    "priority: 10\ningress: [{action: Deny, protocols: [{tcp: {destinationPort: {range: {start: 80, \
     end: 81}}}}], from: [{pods: {podSelector: {}}}]}]",
    "priority: 10\negress: [{action: Deny, to: [{networks: [10.0.0.0/8]}]}]",
    "priority: 10\negress: [{action: Deny, to: [{networks: [010.0.0.0/8]}]}]",
    "priority: 10\negress: [{action: Deny, to: [{networks: []}]}]",
    "priority: 10\negress: [{action: Deny, to: [{networks: [10.0.0.0/8], namespaces: {}}]}]",
    "priority: 10\negress: [{action: Deny, to: [{}]}]",
    "priority: -1\negress: [{action: Deny, to: [{networks: [10.0.0.0/8]}]}]",
];

/// Whole documents.
const WHOLE: [&str; 8] = [
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\n",
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop, \
     labels: {team: \"a b\"}}\nspec: {podSelector: {}}\n",
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop, \
     annotations: {rev: 7}}\nspec: {podSelector: {}}\n",
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop, \
     labels: {team: ab}, annotations: {rev: \"7\"}}\nspec: {podSelector: {}}\n",
    "apiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {name: g}\nspec: {}\n",
    "apiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {name: g}\nspec: {externalCIDRs: \
     [10.0.0.0/8]}\n",
    "apiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {name: g}\nspec: {externalCIDRs: \
     []}\n",
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\n",
];

fn document(head: &str, body: &str) -> String {
    let body: String = body.lines().map(|line| format!("  {line}\n")).collect();
    format!("{head}\nspec:\n{body}")
}

fn documents() -> Vec<String> {
    let named = "metadata: {name: p, namespace: shop}";
    let cilium = format!("apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n{named}");
    let plain = format!("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{named}");
    let tiered = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\n\
                  metadata: {name: p}";
    let subject = "endpointSelector: {matchLabels: {app: orders}}";
    let all = "tier: Admin\nsubject: {namespaces: {}}";
    let cilium = CILIUM.map(|body| document(&cilium, &format!("{subject}\n{body}")));
    let plain = KUBERNETES.map(|body| document(&plain, body));
    let tiered = TIERED.map(|body| document(tiered, &format!("{all}\n{body}")));
    let whole = WHOLE.map(str::to_owned);
    cilium
        .into_iter()
        .chain(plain)
        .chain(tiered)
        .chain(whole)
        .collect()
}

/// Fields that are no part of the object: Kubernetes drops them, or refuses the object, as it is
/// asked to (`kubectl --validate`). The engine decodes strictly.
fn has_unknown_field(theirs: &DocumentAnswer) -> bool {
    theirs.stage == "decode" && theirs.error.contains("unknown field")
}

/// Whether an unknown field is told, and the errors that say that the object is not enforced.
fn findings(text: &str) -> (bool, Vec<String>) {
    let files = [(FileId(0), text)];
    let mut read = read::read_all(&files);
    let mut found = read::take_findings(&mut read);
    let (policies, more) = import::read_documents(&read);
    found.extend(more);
    found.extend(lint::check(&files, &read, &policies));
    let unknown = found.iter().any(|f| f.code.name == "policy-unknown-field");
    let errors = found.into_iter().filter(Diagnostic::is_error);
    let errors = errors.filter(|error| !error.code.name.starts_with("import-"));
    let said = errors.map(|error| format!("{}: {}", error.code.id, error.message));
    (unknown, said.collect())
}

#[test]
fn what_is_refused_is_an_error_and_nothing_else() {
    let Some(mut engine) = Engine::start() else {
        return;
    };
    let (mut refused, mut taken, mut wrong) = (0, 0, Vec::new());
    for text in documents() {
        let request = json!({"op": "judge", "documents": [text], "dns": {}, "flows": []});
        let answer = engine.ask(&request).unwrap();
        let theirs = &answer.documents[0];
        let (unknown, ours) = findings(&text);
        let ok = theirs.stage == "ok" || has_unknown_field(theirs);
        if ok != ours.is_empty() || unknown != has_unknown_field(theirs) {
            wrong.push(format!("{text}ours: {ours:?}\nthe engine: {theirs:?}\n"));
        }
        refused += usize::from(!ok);
        taken += usize::from(ok);
    }
    println!("{refused} documents refused by all, {taken} taken by all");
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(refused > 0 && taken > 0);
}
