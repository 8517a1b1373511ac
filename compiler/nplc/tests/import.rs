//! `nplc import`, as it is run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod common;

use common::Sandbox;
use npl_diagnostics::codes;

const SHOP: &str = r#"apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: frontend, namespace: shop}
spec:
  description: Pages for everybody.
  endpointSelector: {matchLabels: {app: frontend}}
  ingress:
  - fromEntities: [world]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
  egress:
  - toEndpoints: [{matchLabels: {app: api}}]
    toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
  - toEndpoints:
    - matchLabels: {k8s-app: kube-dns, "k8s:io.kubernetes.pod.namespace": kube-system}
    toPorts:
    - ports: [{port: "53", protocol: ANY}]
      rules: {dns: [{matchPattern: "*"}]}
  - toFQDNs: [{matchName: api.stripe.com}]
    toPorts: [{ports: [{port: "443", protocol: TCP}], serverNames: [api.stripe.com]}]
  egressDeny:
  - toCIDRSet: [{cidr: 169.254.169.254/32}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  policyTypes: [Ingress]
  ingress:
  - from:
    - podSelector: {matchLabels: {app: frontend}}
    - podSelector: {matchLabels: {app: batch}}
    ports: [{port: 8080}]
  - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
    ports: [{port: 9000, endPort: 9100}]
"#;

const HEADERS: &str = r#"apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: special, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: special}}
  ingress:
  - toPorts:
    - ports: [{port: "80", protocol: TCP}]
      rules: {http: [{method: GET, headers: ["X-My-Header: true"]}]}
"#;

const WRITTEN: &str = r#"//! Imported from `shop.yaml` by `nplc import`.

namespace shop

use std.kubernetes.kube_dns

// NetworkPolicy shop/api, shop.yaml
workload api { app: "api" } open egress
// CiliumNetworkPolicy shop/frontend, shop.yaml
/// Pages for everybody.
workload frontend { app: "frontend" }

foreign workload batch { app: "batch" }

network host-169-254-169-254 = 169.254.169.254
network net-10-0-0-0-8-except = 10.0.0.0/8 except 10.1.0.0/16

external stripe = "api.stripe.com"

// NetworkPolicy shop/api, shop.yaml
allow batch -> api:8080
allow net-10-0-0-0-8-except -> api:9000-9100

// CiliumNetworkPolicy shop/frontend, shop.yaml
allow world -> frontend:443
// CiliumNetworkPolicy shop/frontend, shop.yaml
// NetworkPolicy shop/api, shop.yaml
allow frontend -> api:8080
// CiliumNetworkPolicy shop/frontend, shop.yaml
allow frontend -> kube_dns:53/any via dns "*"
allow frontend -> stripe:443 via tls.sni "api.stripe.com"
deny frontend -> host-169-254-169-254
"#;

#[test]
fn a_program_that_a_person_could_have_written() {
    let sandbox = Sandbox::with(&[("k8s/shop.yaml", SHOP)]);
    let ran = sandbox
        .run(&["import", "k8s/shop.yaml", "-o", "shop.npl", "--verify"])
        .exits(0);
    assert_eq!(ran.out, "");
    assert!(
        ran.err.contains("read 2 objects in 1 file: 2 workloads"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("verified: program and YAML say the same"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.read("shop.npl"), WRITTEN);
    sandbox.run(&["fmt", "--check", "shop.npl"]).exits(0);
    let check = sandbox.run(&["check", "shop.npl"]).exits(0);
    assert!(!check.out.contains("error"), "{}", check.out);
    // Once more: the same bytes, from a folder and from standard input but for the names of files.
    sandbox
        .run(&["import", "k8s", "-o", "again.npl", "-q"])
        .exits(0);
    assert_eq!(
        sandbox
            .read("again.npl")
            .replace("k8s/shop.yaml", "shop.yaml"),
        WRITTEN
    );
    let piped = sandbox.run_with(&["import", "-"], SHOP).exits(0).out;
    assert_eq!(piped.replace("standard input", "shop.yaml"), WRITTEN);
}

#[test]
fn what_is_refused_is_an_error_and_listed() {
    let sandbox = Sandbox::with(&[("k8s/a.yaml", SHOP), ("k8s/b.yaml", HEADERS)]);
    let ran = sandbox.run(&["import", "k8s", "-o", "shop.npl", "--verify"]);
    let ran = ran.exits(1);
    assert!(ran.err.contains("k8s/b.yaml:7:5"), "{}", ran.err);
    assert!(ran.err.contains("may admit more"), "{}", ran.err);
    let first = sandbox.read("shop.npl");
    let line = "CiliumNetworkPolicy shop/special (k8s/b.yaml): import-header-match";
    assert!(
        ran.err.contains(&format!("1 object refused:\n  {line}\n")),
        "{}",
        ran.err
    );
    let args = [
        "import",
        "k8s",
        "-o",
        "shop.npl",
        "--skip-refused",
        "--verify",
    ];
    let ran = sandbox.run(&args).exits(0);
    assert!(ran.err.contains("1 object left out:"), "{}", ran.err);
    assert!(!ran.err.contains("may admit more"), "{}", ran.err);
    let text = sandbox.read("shop.npl");
    assert_eq!(text, first);
    assert!(text.contains(&format!("//! - {line}\n")), "{text}");
    sandbox.run(&["fmt", "--check", "shop.npl"]).exits(0);
}

#[test]
fn two_objects_of_one_name() {
    let sandbox = Sandbox::with(&[("k8s/a.yaml", HEADERS), ("k8s/b.yaml", HEADERS)]);
    let ran = sandbox.run(&["import", "k8s"]).exits(1);
    let line = "CiliumNetworkPolicy shop/special (k8s/a.yaml): policy-duplicate";
    assert!(ran.err.contains(line), "{}", ran.err);
}

#[test]
fn what_cannot_be_asked() {
    let sandbox = Sandbox::with(&[("a.yaml", "kind: [\n"), ("empty/x.txt", "")]);
    // A file that is no YAML is left out by no flag.
    let ran = sandbox
        .run(&["import", "a.yaml", "--skip-refused"])
        .exits(1);
    assert!(ran.err.contains("NPL1001"), "{}", ran.err);
    assert_eq!(ran.out, "");
    // What is no object of Kubernetes might have been meant as one.
    sandbox.write("more/a.yaml", SHOP);
    sandbox.write("more/b.json", "{\"metadata\": {\"name\": \"x\"}}");
    let ran = sandbox.run(&["import", "more"]).exits(1);
    assert!(ran.err.contains("NPL0820"), "{}", ran.err);
    assert_eq!(ran.out, "");
    sandbox.run(&["import", "more", "--skip-refused"]).exits(0);
    // What looks like none was not, unless somebody names it.
    sandbox.write("more/b.json", "{\"name\": \"x\"}");
    let ran = sandbox.run(&["import", "more", "-v"]).exits(0);
    let note = "no object of Kubernetes in `more/b.json`";
    assert!(ran.err.contains(note), "{}", ran.err);
    let ran = sandbox.run(&["import", "more", "more/b.json"]);
    assert!(ran.exits(1).err.contains("NPL0820"));
    // Beside a broken inventory nothing is asked.
    for inventory in ["a.yaml", "empty"] {
        let ran = sandbox.run(&["import", "more", "--inventory", inventory]);
        let ran = ran.exits(2);
        assert!(ran.err.contains(inventory), "{}", ran.err);
        assert_eq!(ran.out, "");
    }
    sandbox.run(&["import", "no.yaml"]).exits(2);
    sandbox.run(&["import", "empty"]).exits(2);
    sandbox.run(&["import"]).exits(2);
    sandbox.run(&["import", "a.yaml", "-o", "empty"]).exits(2);
}

/// The codes that only the writing of a program finds.
#[test]
fn pages() {
    for id in ["NPL1061", "NPL1062"] {
        let code = codes::all().find(|code| code.id == id).unwrap();
        for (title, wrong) in [("Wrong", true), ("Right", false)] {
            let section = code.page.split_once(&format!("\n## {title}\n")).unwrap().1;
            let body = section.split_once("```yaml\n//- /file.yaml\n").unwrap().1;
            let text = body.split_once("```").unwrap().0;
            let sandbox = Sandbox::with(&[("file.yaml", text)]);
            let args = ["import", "file.yaml", "--format", "concise", "-q"];
            let ran = sandbox.run(&args).exits(i32::from(wrong));
            let found: Vec<&str> = ran
                .err
                .lines()
                .filter(|line| line.contains("[NPL"))
                .collect();
            assert_eq!(found.len(), usize::from(wrong), "{id} {title}: {}", ran.err);
            assert!(
                found.iter().all(|line| line.contains(id)),
                "{id} {title}: {found:?}"
            );
        }
    }
}

/// A name that ends a comment must begin no item.
#[test]
fn a_line_break_in_a_name_stays_in_its_comment() {
    let bad = HEADERS.replace("name: special", "name: \"x\\nallow world -> world\"");
    let sandbox = Sandbox::with(&[("k8s/shop.yaml", SHOP), ("k8s/bad.yaml", &bad)]);
    let ran = sandbox.run(&["import", "k8s", "--skip-refused"]).exits(0);
    let items = ran
        .out
        .lines()
        .filter(|line| line.starts_with("allow world"));
    assert_eq!(items.collect::<Vec<_>>(), ["allow world -> frontend:443"]);
}

/// Shapes that once stopped the import, or its verification.
#[test]
fn shapes_that_once_could_not_be_imported() {
    let policy = |egress: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: p, namespace: \
             shop}}\nspec:\n  endpointSelector: {{matchLabels: {{app: a}}}}\n  egress:\n  - \
             toEndpoints: [{{matchLabels: {{app: b}}}}]\n{egress}"
        )
    };
    let ports = |ports: &str| policy(&format!("    toPorts: [{{ports: [{ports}]}}]\n"));
    let every = ports("{port: \"1\", endPort: 65535, protocol: TCP}");
    let joined = ports(
        "{port: \"1\", endPort: 79, protocol: TCP}, {port: \"80\", endPort: 65535, protocol: TCP}",
    );
    let echo = policy("    icmps: [{fields: [{type: 8}]}]\n");
    let ping = |cidr: &str, family: &str, kind: u8| {
        policy(&format!(
            "    toPorts: [{{ports: [{{port: \"80\", protocol: TCP}}]}}]\n  - toCIDR: [\"{cidr}\"]\n    icmps: \
             [{{fields: [{{family: {family}, type: {kind}}}]}}]\n"
        ))
    };
    let six = policy(
        "  - toCIDR: [\"2001:db8::/32\"]\n    toPorts: [{ports: [{port: \"443\", protocol: TCP}], \
         serverNames: [a.io]}]\n",
    );
    let resolvers = policy(
        "    toPorts: [{ports: [{port: \"53\"}, {port: \"5353\", protocol: UDP}], rules: {dns: \
         [{matchPattern: \"*\"}]}}]\n",
    );
    // What is dropped on UDP is closed anyway.
    let names = policy("    toPorts: [{ports: [{port: \"443\"}], serverNames: [a.io]}]\n");
    let mapped = policy("  - toCIDR: [\"::ffff:10.0.0.0/104\"]\n");
    let dropped =
        policy("") + "  egressDeny: [{toEntities: [world], toFQDNs: [{matchName: a.io}]}]\n";
    let groups = "apiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {name: g, labels: {a: \
                  b}}\nspec: {externalCIDRs: [10.0.0.0/8]}\n---\napiVersion: cilium.io/v2\nkind: \
                  CiliumCIDRGroup\nmetadata: {name: h, labels: {a: c}}\nspec: {externalCIDRs: \
                  [10.1.0.0/16]}\n---\n";
    let groups = groups.to_owned()
        + &policy("  - toCIDRSet: [{cidrGroupSelector: {matchLabels: {a: c}}}]\n");
    for (yaml, rule) in [
        (every, "allow a -> b:*/tcp"),
        (joined, "allow a -> b:*/tcp"),
        (echo, "allow a -> b:icmp.echo-v4"),
        (
            ping("10.0.0.0/8", "IPv4", 8),
            "allow a -> net-10-0-0-0-8:icmp.echo-v4",
        ),
        (
            ping("2001:db8::/32", "IPv6", 128),
            "allow a -> net-2001-db8-32:icmp.echo-v6",
        ),
        (six, "allow a -> net-2001-db8-32:443 via tls.sni \"a.io\""),
        (mapped, "allow a -> b"),
        (names, "allow a -> b:443 via tls.sni \"a.io\""),
        (resolvers.clone(), "allow a -> b:53/any via dns \"*\""),
        (resolvers, "allow a -> b:5353/udp via dns \"*\""),
        (dropped, "deny a -> world"),
        (groups, "allow a -> h"),
    ] {
        let sandbox = Sandbox::with(&[("p.yaml", &yaml)]);
        let ran = sandbox.run(&["import", "p.yaml", "--verify"]).exits(0);
        let found = ran.out.lines().any(|line| line == rule);
        assert!(found, "{rule}: {}{}", ran.out, ran.err);
        let denies = ran.out.lines().filter(|line| line.starts_with("deny"));
        let wanted = usize::from(rule.starts_with("deny"));
        assert_eq!(denies.count(), wanted, "{rule}: {}", ran.out);
    }
}

/// What such an object says is plain: `check` refuses it, and it can be imported.
#[test]
fn a_bad_name_of_an_object_is_an_error_of_check_alone() {
    let bad = SHOP.replace("name: api,", "name: api_of_shop,");
    let sandbox = Sandbox::with(&[("k8s/shop.yaml", &bad)]);
    let checked = sandbox
        .run(&["check", "k8s", "--format", "concise"])
        .exits(1);
    let wanted = "k8s/shop.yaml:25:18: error[NPL1087]: `api_of_shop` is no name";
    assert!(checked.out.starts_with(wanted), "{}", checked.out);
    let ran = sandbox.run(&["import", "k8s", "--verify"]).exits(0);
    let rule = "allow frontend -> api:8080";
    assert!(ran.out.contains(rule), "{}{}", ran.out, ran.err);

    let template = SHOP.replace("name: api,", "name: '{{ .Release.Name }}',");
    let sandbox = Sandbox::with(&[("k8s/shop.yaml", &template)]);
    let ran = sandbox.run(&["import", "k8s"]).exits(1);
    assert!(ran.err.contains("render it first"), "{}", ran.err);
    let listed = "//! - NetworkPolicy shop/{{ .Release.Name }}";
    assert!(ran.out.contains(listed), "{}", ran.out);
}

/// Cilium's own endpoints are no pods: a finding says that they stay as they are.
#[test]
fn a_policy_of_every_endpoint_is_verified() {
    let policy = "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: \
                  p}\nspec:\n  endpointSelector: {}\n  ingress: [{fromEntities: [health]}]\n  egress: \
                  [{toEntities: [ingress]}]\n";
    let sandbox = Sandbox::with(&[("p.yaml", policy), ("h.yaml", HEADERS)]);
    let ran = sandbox.run(&["import", "p.yaml", "--verify"]).exits(0);
    let told = "NPL1059";
    assert!(ran.err.contains(told), "{}", ran.err);
    let both = sandbox.run(&["import", "p.yaml", "h.yaml", "--verify"]);
    let part = "program and YAML without the refused object say the same";
    let both = both.exits(1);
    assert!(both.err.contains(part), "{}", both.err);
}

/// An object with a string that is too long for the language is refused, and the others are not; what
/// cannot be written is told at its own rule.
#[test]
fn what_cannot_be_written_is_told_at_its_rule() {
    let rule = |path: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: long, namespace: \
             shop}}\nspec:\n  endpointSelector: {{matchLabels: {{app: a}}}}\n  ingress:\n  - fromCIDR: \
             [192.0.2.0/24]\n  - toPorts: [{{ports: [{{port: \"80\", protocol: TCP}}], rules: {{http: \
             [{{path: \"/{path}\"}}]}}}}]\n"
        )
    };
    let sandbox = Sandbox::with(&[
        ("a.yaml", SHOP),
        ("long.yaml", &rule(&("x".repeat(253) + "/.*"))),
    ]);
    let args = ["import", ".", "--format", "concise", "-q"];
    let ran = sandbox.run(&args).exits(1);
    let wanted = "long.yaml:8:5: error[NPL1061]: a policy cannot be written: a string of 259 bytes";
    assert!(ran.err.contains(wanted), "{}", ran.err);
    assert!(
        ran.out.contains("allow frontend -> api:8080"),
        "{}",
        ran.out
    );
    let sandbox = Sandbox::with(&[("names.yaml", &rule("x").replace("fromCIDR: [192.0.2.0/24]\n  - toPorts", "fromCIDR: [192.0.2.0/24]\n  egress:\n  - toFQDNs: [{matchName: a.io}]\n    toPorts").replace(", rules: {http: [{path: \"/x\"}]}", ""))]);
    let ran = sandbox.run(&args).exits(1);
    assert!(
        ran.err.contains("names.yaml:9:5: error[NPL1061]"),
        "{}",
        ran.err
    );
}

/// A port by name of one Deployment, and another whose labels hold those of the first.
#[test]
fn a_named_port_goes_to_the_pods_that_have_it() {
    let deployment = |name: &str, labels: &str, port: u16| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec: {{template: {{metadata: {{labels: {labels}}}, spec: {{containers: \
             [{{name: c, ports: [{{name: http, containerPort: {port}}}]}}]}}}}}}\n"
        )
    };
    let one = deployment("a", "{app: a}", 8080);
    let other = deployment("a2", "{app: a, v: '2'}", 9090);
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                  metadata: {name: np, namespace: shop}\nspec:\n  \
                  podSelector: {matchLabels: {app: a}}\n  ingress: [{ports: [{port: http}]}]\n";
    let sandbox = Sandbox::with(&[
        ("p.yaml", policy),
        ("inv.yaml", &format!("{one}---\n{other}")),
    ]);
    let args = [
        "import",
        "--verify",
        "p.yaml",
        "--inventory",
        "inv.yaml",
        "-o",
        "p.npl",
    ];
    let ran = sandbox.run(&args).exits(0);
    assert!(ran.err.contains("verified"), "{}", ran.err);
    let text = sandbox.read("p.npl");
    for line in [
        "workload a-not-2 { app: \"a\", v not in [\"2\"] } open ingress, egress\n",
        "allow ingress all -> a-2:9090\n",
        "allow ingress all -> a-not-2:8080\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// One rule says 256 names and 256 entries at most; more of them are more rules.
#[test]
fn a_long_list_above_the_port_is_several_rules() {
    let policy = |toports: &[String]| {
        let rules: Vec<String> = toports
            .iter()
            .map(|ports| format!("  - toEndpoints: [{{matchLabels: {{app: b}}}}]\n    {ports}\n"))
            .collect();
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n\
             metadata: {{name: r, namespace: shop}}\nspec:\n  \
             endpointSelector: {{matchLabels: {{app: a}}}}\n  egress:\n{}",
            rules.concat()
        )
    };
    let list = |from: usize, to: usize, one: fn(usize) -> String| {
        (from..to).map(one).collect::<Vec<_>>().join(", ")
    };
    let dns = |from, to| {
        let names = list(from, to, |n| format!("{{matchName: h{n}.com}}"));
        format!("toPorts: [{{ports: [{{port: '53', protocol: ANY}}], rules: {{dns: [{names}]}}}}]")
    };
    let sni = |from, to| {
        let names = list(from, to, |n| format!("h{n}.com"));
        format!("toPorts: [{{ports: [{{port: '443', protocol: TCP}}], serverNames: [{names}]}}]")
    };
    let http = |from, to| {
        let paths = list(from, to, |n| format!("{{method: GET, path: '/p{n}/.*'}}"));
        format!("toPorts: [{{ports: [{{port: '80', protocol: TCP}}], rules: {{http: [{paths}]}}}}]")
    };
    for (what, text, rules) in [
        ("dns twice", policy(&[dns(0, 200), dns(200, 400)]), 2),
        ("dns", policy(&[dns(0, 300)]), 2),
        ("sni twice", policy(&[sni(0, 200), sni(200, 400)]), 2),
        ("sni", policy(&[sni(0, 600)]), 3),
        ("http twice", policy(&[http(0, 100), http(100, 200)]), 2),
        ("http", policy(&[http(0, 130)]), 2),
    ] {
        let sandbox = Sandbox::with(&[("r.yaml", &text)]);
        let args = ["import", "--verify", "r.yaml", "-o", "r.npl"];
        let ran = sandbox.run(&args).exits(0);
        let told = format!("1 workload and 1 foreign one, {rules} rules");
        assert!(ran.err.contains(&told), "{what}: {}", ran.err);
        assert!(ran.err.contains("verified"), "{what}: {}", ran.err);
    }
}

/// A group has its name where a rule has all of it, and nothing else has.
#[test]
fn a_cidr_group_names_its_networks() {
    let group = |cidrs: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {{name: corp}}\n\
             spec: {{externalCIDRs: [{cidrs}]}}\n---\n"
        )
    };
    let policy = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n\
                  metadata: {name: p, namespace: shop}\nspec:\n  \
                  endpointSelector: {matchLabels: {app: b}}\n  ingress:\n  \
                  - fromCIDRSet: [{cidrGroupRef: corp, except: [10.0.0.0/8]}]\n  \
                  - fromCIDRSet: [{cidrGroupRef: corp}]\n";
    let mapped = group("10.0.0.1/8, \"::ffff:1.2.3.0/120\", 192.168.0.0/16");
    let plain = group("192.168.0.0/16, 10.0.0.0/8");
    for groups in [mapped, plain] {
        let sandbox = Sandbox::with(&[("p.yaml", &(groups + policy))]);
        sandbox
            .run(&["import", "p.yaml", "-o", "p.npl", "--skip-refused"])
            .exits(0);
        let text = sandbox.read("p.npl");
        for line in [
            "network corp = 10.0.0.0/8 | 192.168.0.0/16\n",
            "network net-192-168-0-0-16 = 192.168.0.0/16\n",
            "allow corp -> b\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}

/// Two objects say the same of the end that a third one says the other end of.
#[test]
fn an_end_that_is_said_twice_is_one_rule() {
    let object = |name: &str, subject: &str, rule: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n\
             metadata: {{name: {name}, namespace: shop}}\nspec:\n  \
             endpointSelector: {{matchLabels: {{app: {subject}}}}}\n  {rule}\n---\n"
        )
    };
    let from = |ports: &str| {
        format!(
            "ingress: [{{fromEndpoints: [{{matchLabels: {{app: web}}}}], toPorts: [{{ports: \
             [{ports}]}}]}}]"
        )
    };
    let (one, two) = ("{port: '80', protocol: TCP}", "{port: '81', protocol: TCP}");
    let to = from(&format!("{one}, {two}"));
    let to = to.replace("ingress", "egress").replace("fromE", "toE");
    let text = object("a", "a", &from(one))
        + &object("b", "a", &from(one))
        + &object("c", "a", &from(&format!("{one}, {two}")))
        + &object("d", "web", &to.replace("app: web", "app: a"));
    let sandbox = Sandbox::with(&[("p.yaml", &text)]);
    let ran = sandbox.run(&["import", "--verify", "p.yaml", "-o", "p.npl"]);
    let ran = ran.exits(0);
    assert!(ran.err.contains("verified"), "{}", ran.err);
    let text = sandbox.read("p.npl");
    assert!(!text.contains("allow ingress"), "{text}");
    for object in ["shop/a", "shop/b", "shop/c", "shop/d"] {
        assert!(text.contains(object), "{object}\n{text}");
    }
}
