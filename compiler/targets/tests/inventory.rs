//! Manifests as an inventory, field by field.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "test code"
)]

use npl_diagnostics::FileId;
use npl_policy::inventory::{Inventory, Proto, ServiceKind, TargetPort};
use npl_targets::inventory::{Manifests, read, read_all};

fn manifests(text: &str) -> Manifests {
    read_all(&[(FileId(0), text)])
}

/// The inventory of a text without findings.
fn inventory(text: &str) -> Inventory {
    let (inventory, diagnostics) = read(&[(FileId(0), text)]);
    assert_eq!(diagnostics, [], "{text}");
    inventory
}

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: not-this}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {tier: edge, app: web}}
    spec:
      serviceAccountName: web
      containers:
      - name: main
        env: [{name: SECRET, value: hush}]
        ports:
        - {name: http, containerPort: 8080}
        - {name: dns, containerPort: 53, protocol: UDP}
      - {name: side, ports: [{containerPort: 9090}]}
";

#[test]
fn a_template_gives_its_pods() {
    let inventory = inventory(DEPLOYMENT);
    let [web] = &inventory.workloads[..] else {
        panic!("{inventory:?}");
    };
    assert_eq!(
        (&*web.kind, &*web.namespace, &*web.name),
        ("Deployment", "shop", "web")
    );
    let labels: Vec<(&str, &str)> = web.labels.iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(labels, [("app", "web"), ("tier", "edge")]);
    assert_eq!(web.account, "web");
    assert!(!web.host_network);
    let ports: Vec<_> = web
        .ports
        .iter()
        .map(|p| (p.port, p.proto, p.name.as_deref()))
        .collect();
    assert_eq!(
        ports,
        [
            (53, Proto::Udp, Some("dns")),
            (8080, Proto::Tcp, Some("http")),
            (9090, Proto::Tcp, None)
        ]
    );
    // The namespace that it names exists, with the label that Kubernetes gives every namespace.
    assert_eq!(inventory.namespaces[0].name, "shop");
    assert_eq!(
        inventory.namespaces[0].labels[0].0,
        "kubernetes.io/metadata.name"
    );
}

#[test]
fn every_kind_that_makes_pods_is_read() {
    let pod = "{metadata: {labels: {app: x}}, spec: {hostNetwork: true, containers: [{name: c}]}}";
    for (version, kind, spec) in [
        ("apps/v1", "Deployment", format!("{{template: {pod}}}")),
        ("apps/v1", "StatefulSet", format!("{{template: {pod}}}")),
        ("apps/v1", "DaemonSet", format!("{{template: {pod}}}")),
        ("apps/v1", "ReplicaSet", format!("{{template: {pod}}}")),
        ("batch/v1", "Job", format!("{{template: {pod}}}")),
        (
            "batch/v1",
            "CronJob",
            format!("{{jobTemplate: {{spec: {{template: {pod}}}}}}}"),
        ),
    ] {
        let text =
            format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n");
        let inventory = inventory(&text);
        let workload = &inventory.workloads[0];
        assert_eq!(workload.kind, kind);
        assert_eq!(
            (&*workload.namespace, &*workload.account),
            ("default", "default")
        );
        assert!(workload.host_network, "{kind}");
    }
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: x}}\n\
                spec: {containers: [{name: c}]}\n\
                status: {podIP: 10.0.0.7, podIPs: [{ip: 10.0.0.7}, {ip: \"2001:db8::7\"}]}\n";
    let addresses = &inventory(text).workloads[0].addresses;
    assert_eq!(format!("{addresses:?}"), "[10.0.0.7, 2001:db8::7]");
}

/// `kubectl get pods` shows where nodes are; the node's own object says more.
#[test]
fn the_host_of_a_pod_is_a_node() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n\
               spec: {nodeName: n1, containers: [{name: c}]}\n\
               status: {podIP: 10.0.0.7, hostIP: 192.168.0.4}\n";
    let nodes = |text: &str| {
        let nodes = inventory(text).nodes;
        let shown = nodes
            .iter()
            .map(|n| format!("{} {:?}", n.name, n.addresses));
        shown.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(nodes(pod), "n1 [192.168.0.4]");
    let node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\n\
                status: {addresses: [{type: InternalIP, address: 192.168.0.5}]}\n";
    assert_eq!(nodes(&format!("{pod}{node}")), "n1 [192.168.0.5]");
}

#[test]
fn what_a_controller_made_adds_its_addresses_to_the_template() {
    let made = "---
apiVersion: v1
kind: Pod
metadata:
  name: web-7d9f-abcde
  namespace: shop
  labels: {app: web, tier: edge, pod-template-hash: 7d9f}
  ownerReferences: [{kind: ReplicaSet, name: web-7d9f, controller: true}]
spec:
  serviceAccountName: web
  containers: [{name: main, ports: [{name: http, containerPort: 8080}]}]
status: {podIP: 10.0.0.9}
---
apiVersion: v1
kind: Pod
metadata:
  name: lone-1
  ownerReferences: [{kind: Robot, name: lone, controller: true}]
spec: {containers: [{name: main}]}
";
    let inventory = inventory(&format!("{DEPLOYMENT}{made}"));
    let names: Vec<&str> = inventory.workloads.iter().map(|w| &*w.name).collect();
    assert_eq!(names, ["lone-1", "web"]);
    assert_eq!(
        format!("{:?}", inventory.workloads[1].addresses),
        "[10.0.0.9]"
    );
}

#[test]
fn services_have_their_defaults_and_addresses() {
    let text = "apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  clusterIP: 10.96.0.10
  selector: {app: web}
  ports: [{port: 80, targetPort: http}, {port: 53, protocol: UDP}, {port: 443, targetPort: 8443}]
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: shop}
spec: {clusterIP: None, clusterIPs: [None], ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {type: ExternalName, externalName: db.example.com}
---
apiVersion: v1
kind: Service
metadata: {name: edge}
spec: {type: NodePort, selector: {app: x}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: local}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: x}, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: headless-1, namespace: shop, labels: {kubernetes.io/service-name: headless}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.2]}, {addresses: [192.0.2.1]}]
";
    let inventory = inventory(text);
    let names: Vec<&str> = inventory.services.iter().map(|s| &*s.name).collect();
    assert_eq!(names, ["edge", "local", "outside", "headless", "web"]);
    let [edge, local, outside, headless, web] = &inventory.services[..] else {
        panic!("{inventory:?}");
    };
    assert!(edge.external_policy_cluster && !local.external_policy_cluster);
    assert_eq!(
        outside.kind,
        ServiceKind::ExternalName("db.example.com".into())
    );
    assert_eq!((&headless.selector, headless.cluster_ips.len()), (&None, 0));
    assert_eq!(
        format!("{:?}", headless.addresses),
        "[192.0.2.1, 192.0.2.2]"
    );
    assert_eq!(format!("{:?}", web.cluster_ips), "[10.96.0.10]");
    let ports: Vec<_> = web
        .ports
        .iter()
        .map(|p| (p.port, p.proto, p.target.clone()))
        .collect();
    assert_eq!(
        ports,
        [
            (53, Proto::Udp, TargetPort::Number(53)),
            (80, Proto::Tcp, TargetPort::Name("http".into())),
            (443, Proto::Tcp, TargetPort::Number(8443)),
        ]
    );
}

#[test]
fn nodes_and_namespaces_have_their_labels() {
    let text = "apiVersion: v1
kind: Node
metadata: {name: n1, labels: {zone: a}}
spec: {podCIDR: 10.244.0.0/24, podCIDRs: [10.244.0.0/24, \"fd00::/64\"]}
status:
  addresses: [{type: InternalIP, address: 192.0.2.9}, {type: Hostname, address: n1}]
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: pay, kubernetes.io/metadata.name: lies}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
";
    let inventory = inventory(text);
    let node = &inventory.nodes[0];
    assert_eq!(format!("{:?}", node.addresses), "[192.0.2.9]");
    assert_eq!(
        format!("{:?}", node.pod_cidrs),
        "[10.244.0.0/24, fd00::/64]"
    );
    let labels = &inventory.namespaces[0].labels;
    let labels: Vec<(&str, &str)> = labels.iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(
        labels,
        [("kubernetes.io/metadata.name", "shop"), ("team", "pay")]
    );
}

#[test]
fn lists_are_opened_others_counted_and_policies_named() {
    let text = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}\n- {{apiVersion: v1, kind: ConfigMap, metadata: \
         {{name: c}}}}\n---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: \
         p}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n",
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"
    );
    let manifests = manifests(&text);
    assert_eq!(manifests.diagnostics, []);
    assert_eq!(manifests.inventory.namespaces.len(), 1);
    assert_eq!(manifests.policies.len(), 1);
    let skipped: Vec<(&str, usize)> = manifests.skipped.iter().map(|(k, n)| (&**k, *n)).collect();
    assert_eq!(skipped, [("ConfigMap", 1), ("Secret", 1)]);
}

#[test]
fn items_of_a_typed_list_need_no_kind() {
    let text = "kind: NamespaceList\napiVersion: v1\nitems:\n\
                - metadata: {name: a}\n- metadata: {name: b}\n";
    let manifests = manifests(text);
    assert_eq!(manifests.diagnostics, []);
    assert_eq!(manifests.inventory.namespaces.len(), 2);
}

#[test]
fn a_broken_manifest_is_an_error_at_its_place() {
    for (text, under, part) in [
        (
            "kind: Service\napiVersion: v1\nmetadata: {name: s}\nspec: {ports: [{targetPort: 1}]}\n",
            "{targetPort: 1}",
            "has no `port`",
        ),
        (
            "kind: Service\napiVersion: v1\nmetadata: {name: s}\nspec: {ports: [{port: 70000}]}\n",
            "70000",
            "1 to 65535",
        ),
        (
            "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: d}\nspec: {}\n",
            "d",
            "no pod template",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {labels: {}}\n",
            "",
            "has no name",
        ),
        ("a: 1\n", "a: 1", "no `kind`"),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: n}\n",
            "n",
            "is a boolean",
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: p, labels: {env: on}}\nspec: {}\n",
            "on",
            "a string belongs",
        ),
        (
            "kind: Node\napiVersion: v1\nmetadata: {name: n1}\nspec: {podCIDR: x}\n",
            "x",
            "range of addresses",
        ),
    ] {
        let manifests = manifests(text);
        let finding = manifests
            .diagnostics
            .first()
            .unwrap_or_else(|| panic!("{text}"));
        assert_eq!(finding.code.id, "NPL0820", "{text}");
        assert!(finding.message.contains(part), "{}", finding.message);
        if !under.is_empty() {
            assert_eq!(&text[finding.at.range.as_usize()], under, "{text}");
        }
    }
}

#[test]
fn of_two_manifests_of_one_object_the_last_counts() {
    let text = "kind: Namespace\napiVersion: v1\nmetadata: {name: a, labels: {x: first}}\n---\n\
                kind: Namespace\napiVersion: v1\nmetadata: {name: a, labels: {x: last}}\n";
    let manifests = manifests(text);
    assert_eq!(manifests.diagnostics.len(), 1);
    assert_eq!(manifests.diagnostics[0].code.id, "NPL0821");
    let labels = &manifests.inventory.namespaces[0].labels;
    assert!(
        labels
            .iter()
            .any(|(key, value)| key == "x" && value == "last")
    );
}

#[test]
fn the_order_of_files_does_not_show() {
    let one = "kind: Namespace\napiVersion: v1\nmetadata: {name: b}\n";
    let two = "kind: Namespace\napiVersion: v1\nmetadata: {name: a}\n";
    let names = |files: &[(FileId, &str)]| {
        let (inventory, _) = read(files);
        let names: Vec<String> = inventory
            .namespaces
            .iter()
            .map(|n| n.name.to_string())
            .collect();
        names
    };
    let (a, b) = (FileId(0), FileId(1));
    assert_eq!(names(&[(a, one), (b, two)]), names(&[(a, two), (b, one)]));
}
