//! Generated policies in YAML that look like real ones: the input of the bench of `nplc import`.
//!
//! One policy a workload: who may come in, DNS with names, two neighbours, and now and then an
//! outside name with its server name, HTTP rules, a network or a deny; every tenth is a
//! NetworkPolicy. The same size gives the same text.

use std::fmt::Write;

/// `count` policies in `files` files: names and texts.
pub fn policies(count: usize, files: usize) -> Vec<(String, String)> {
    let each = count.div_ceil(files.max(1));
    (0..files)
        .map(|file| {
            let mut text = String::new();
            for i in (file * each)..((file + 1) * each).min(count) {
                match i % 10 {
                    9 => network_policy(&mut text, i),
                    _ => cilium_policy(&mut text, i, count),
                }
            }
            (format!("p{file}.yaml"), text)
        })
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn namespace(i: usize) -> String {
    format!("team-{}", i / 50)
}

fn network_policy(out: &mut String, i: usize) {
    let _ = write!(
        out,
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: app-{i}\n  \
         namespace: {}\nspec:\n  podSelector:\n    matchLabels:\n      app: app-{i}\n  policyTypes: \
         [Ingress]\n  ingress:\n  - from:\n    - podSelector:\n        matchLabels:\n          \
         app: app-{}\n    - ipBlock:\n        cidr: 10.0.0.0/8\n        except: [10.{}.0.0/16]\n    \
         ports:\n    - protocol: TCP\n      port: 8080\n",
        namespace(i),
        i - 1,
        i % 250,
    );
}

fn cilium_policy(out: &mut String, i: usize, count: usize) {
    let next = (i + 1) % count;
    let _ = write!(
        out,
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: app-{i}\n  \
         namespace: {namespace}\nspec:\n  description: \"Policy of app-{i}.\"\n  endpointSelector:\n    \
         matchLabels:\n      app: app-{i}\n  ingress:\n  - fromEndpoints:\n    - matchLabels:\n        \
         app: app-{before}\n    toPorts:\n    - ports:\n      - port: \"8080\"\n        protocol: \
         TCP\n  egress:\n  - toEndpoints:\n    - matchLabels:\n        k8s-app: kube-dns\n        \
         k8s:io.kubernetes.pod.namespace: kube-system\n    toPorts:\n    - ports:\n      - port: \
         \"53\"\n        protocol: ANY\n      rules:\n        dns:\n        - matchPattern: \"*\"\n  \
         - toEndpoints:\n    - matchLabels:\n        app: app-{next}\n        \
         k8s:io.kubernetes.pod.namespace: {there}\n    toPorts:\n    - ports:\n      - port: \
         \"8080\"\n        protocol: TCP\n",
        namespace = namespace(i),
        before = i.saturating_sub(1),
        there = namespace(next),
    );
    match i % 10 {
        1 => {
            let _ = write!(
                out,
                "  - toFQDNs:\n    - matchName: api-{i}.example.com\n    toPorts:\n    - ports:\n      \
                 - port: \"443\"\n        protocol: TCP\n      serverNames: [api-{i}.example.com]\n"
            );
        }
        3 => {
            let _ = write!(
                out,
                "  - toEndpoints:\n    - matchLabels:\n        app: app-{next}\n    toPorts:\n    - \
                 ports:\n      - port: \"9090\"\n        protocol: TCP\n      rules:\n        http:\n        \
                 - method: GET\n          path: /v{i}/[^/?#]+\n"
            );
        }
        5 => {
            let _ = write!(
                out,
                "  - toCIDRSet:\n    - cidr: 198.51.{}.0/24\n    toPorts:\n    - ports:\n      - port: \
                 \"5432\"\n        protocol: TCP\n",
                i % 250
            );
        }
        7 => out.push_str("  egressDeny:\n  - toCIDRSet:\n    - cidr: 169.254.169.254/32\n"),
        _ => {}
    }
}
