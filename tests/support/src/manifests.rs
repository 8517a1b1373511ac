//! Generated policies in YAML that look like real ones: the input of the bench of `nplc import`.
//!
//! One policy a workload: who may come in, DNS with names, two neighbours, and now and then an
//! outside name with its server name, HTTP rules, a network or a deny; every tenth is a
//! NetworkPolicy. The same size gives the same text.

/// `count` policies in `files` files: names and texts.
pub fn policies(count: usize, files: usize) -> Vec<(String, String)> {
    let each = count.div_ceil(files.max(1));
    (0..files)
        .map(|file| {
            let mut text = String::new();
            for i in (file * each)..((file + 1) * each).min(count) {
                policy(&mut text, i, count);
            }
            (format!("p{file}.yaml"), text)
        })
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

const NETWORK_POLICY: &str = r#"---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: app-N
  namespace: HERE
spec:
  podSelector:
    matchLabels:
      app: app-N
  policyTypes: [Ingress]
  ingress:
  - from:
    - podSelector:
        matchLabels:
          app: app-BEFORE
    - ipBlock:
        cidr: 10.0.0.0/8
        except: [10.BYTE.0.0/16]
    ports:
    - protocol: TCP
      port: 8080
"#;

const CILIUM_POLICY: &str = r#"---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: app-N
  namespace: HERE
spec:
  description: "Policy of app-N."
  endpointSelector:
    matchLabels:
      app: app-N
  ingress:
  - fromEndpoints:
    - matchLabels:
        app: app-BEFORE
    toPorts:
    - ports:
      - port: "8080"
        protocol: TCP
  egress:
  - toEndpoints:
    - matchLabels:
        k8s-app: kube-dns
        k8s:io.kubernetes.pod.namespace: kube-system
    toPorts:
    - ports:
      - port: "53"
        protocol: ANY
      rules:
        dns:
        - matchPattern: "*"
  - toEndpoints:
    - matchLabels:
        app: app-NEXT
        k8s:io.kubernetes.pod.namespace: THERE
    toPorts:
    - ports:
      - port: "8080"
        protocol: TCP
"#;

const NAME: &str = r#"  - toFQDNs:
    - matchName: api-N.example.com
    toPorts:
    - ports:
      - port: "443"
        protocol: TCP
      serverNames: [api-N.example.com]
"#;

const HTTP: &str = r#"  - toEndpoints:
    - matchLabels:
        app: app-NEXT
    toPorts:
    - ports:
      - port: "9090"
        protocol: TCP
      rules:
        http:
        - method: GET
          path: /vN/[^/?#]+
"#;

const NETWORK: &str = r#"  - toCIDRSet:
    - cidr: 198.51.BYTE.0/24
    toPorts:
    - ports:
      - port: "5432"
        protocol: TCP
"#;

const DENY: &str = r"  egressDeny:
  - toCIDRSet:
    - cidr: 169.254.169.254/32
";

fn policy(out: &mut String, i: usize, count: usize) {
    let next = (i + 1) % count;
    let (whole, more) = match i % 10 {
        9 => (NETWORK_POLICY, ""),
        1 => (CILIUM_POLICY, NAME),
        3 => (CILIUM_POLICY, HTTP),
        5 => (CILIUM_POLICY, NETWORK),
        7 => (CILIUM_POLICY, DENY),
        _ => (CILIUM_POLICY, ""),
    };
    // Longer words first: one is a part of another.
    let words = [
        ("BEFORE", i.saturating_sub(1).to_string()),
        ("THERE", namespace(next)),
        ("HERE", namespace(i)),
        ("NEXT", next.to_string()),
        ("BYTE", (i % 250).to_string()),
        ("app-N\n", format!("app-{i}\n")),
        ("app-N.", format!("app-{i}.")),
        ("api-N.", format!("api-{i}.")),
        ("/vN/", format!("/v{i}/")),
    ];
    let filled = words
        .iter()
        .fold(format!("{whole}{more}"), |text, (word, value)| {
            text.replace(word, value)
        });
    out.push_str(&filled);
}

/// Where the policy of this number stands.
pub fn namespace(i: usize) -> String {
    format!("team-{}", i / 50)
}
