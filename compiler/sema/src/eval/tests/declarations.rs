//! `workload`, `external`, `network`, `group`, `service`, `port`, `param`.

use super::*;
use npl_policy::{
    label::Values,
    model::{Entity, Ownership},
};

fn value(text: &str, name: &str) -> Value {
    let (world, outcome) = run(text, World::default());
    assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
    world.values[name].clone()
}

#[test]
fn a_workload_is_a_predicate() {
    let text = r#"
namespace shop
/// Renders.
workload web { app: "web", tier in ["a", "b"], zone not in ["x"], canary, !legacy,
  "app.kubernetes.io/name": "web" } account "web" open ingress, egress
"#;
    let Value::Workload(web) = value(text, "web") else {
        panic!()
    };
    assert_eq!(web.name, "t.web");
    assert_eq!(web.doc.as_deref(), Some("Renders."));
    assert!(web.open_ingress && web.open_egress);
    assert_eq!(web.ownership, Ownership::Owned);
    let pods = &web.pods;
    assert_eq!(pods.namespace(), &Values::is("shop"));
    assert_eq!(pods.account(), &Values::is("web"));
    let label = |key: &str| pods.label(key).clone();
    assert_eq!(label("app"), Values::is("web"));
    assert_eq!(
        label("tier"),
        Values::finite([Some("a".into()), Some("b".into())])
    );
    assert!(label("zone").contains(None) && !label("zone").contains(Some("x")));
    assert_eq!(
        (label("canary"), label("legacy")),
        (Values::present(), Values::absent())
    );
    assert_eq!(label("app.kubernetes.io/name"), Values::is("web"));
}

#[test]
fn places_of_a_workload() {
    let text = r#"
namespace shop
workload own {}
workload named {} in namespace data
workload several {} in namespace ["x", "y"]
workload by_label {} in namespace { team: "pay" }
workload by_name_label {} in namespace { "kubernetes.io/metadata.name": "pay" }
workload anywhere {} in any namespace
"#;
    let namespace = |name: &str| match value(text, name) {
        Value::Workload(w) => (
            w.pods.namespace().clone(),
            w.pods.namespace_labels().to_vec(),
        ),
        other => panic!("{other:?}"),
    };
    assert_eq!(namespace("own"), (Values::is("shop"), vec![]));
    assert_eq!(namespace("named"), (Values::is("data"), vec![]));
    let two = Values::finite([Some("x".into()), Some("y".into())]);
    assert_eq!(namespace("several"), (two, vec![]));
    let team = vec![("team".into(), Values::is("pay"))];
    assert_eq!(namespace("by_label"), (Values::present(), team));
    assert_eq!(namespace("by_name_label"), (Values::is("pay"), vec![]));
    assert_eq!(namespace("anywhere"), (Values::present(), vec![]));
}

#[test]
fn who_owns() {
    let text = r#"
workload own {} in namespace a
foreign workload far {} in namespace a
//- /dep.npl
workload theirs {} in namespace a
"#;
    let (world, _) = run(text, World::default());
    let of = |name: &str| match &world.values[name] {
        Value::Workload(w) => (w.ownership, w.name.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(of("own"), (Ownership::Owned, "t.own".into()));
    assert_eq!(of("far"), (Ownership::Foreign, "t.far".into()));
    assert_eq!(of("theirs"), (Ownership::Imported, "dep.theirs".into()));
}

#[test]
fn labels_that_kubernetes_refuses() {
    check(
        r#"
namespace shop
workload a { "app/": "x" } //~ bad-label-key "app/"
workload b { "/x": "y", "UP.io/x" } //~ bad-label-key "/x" //~ bad-label-key "UP.io/x"
workload c { app: "a b" } //~ bad-label-value "a b"
workload d { app in ["ok", "-no"] } //~ bad-label-value "-no"
workload e { app: "" }
"#,
    );
}

#[test]
fn selectors_that_contradict_themselves() {
    check(
        r#"
namespace shop
workload a { app: "x", app: "y" } //~ duplicate-label app: "y"
workload b { app: "x", !app } //~ unsatisfiable-selector !app
workload c { app in ["a", "b"], app not in ["a", "b"] } //~ unsatisfiable-selector app not in ["a", "b"]
workload d { app, app not in ["a"] }
workload e {} in namespace { team, !team } //~ unsatisfiable-selector !team
workload f { app, app } //~ duplicate-label app
"#,
    );
}

#[test]
fn places_and_accounts_that_kubernetes_refuses() {
    check(
        r#"
workload a {} in namespace "Shop" //~ bad-namespace "Shop"
workload b {} in namespace ["x", "a_b"] //~ bad-namespace "a_b"
workload c {} //~ no-namespace c
workload d {} in namespace x account "Web" //~ bad-account "Web"
service s = "db" //~ no-namespace s
service t = "DB" in namespace x //~ bad-service-name "DB"
service u = "db" in any namespace //~ service-namespace in any namespace
service v = "db" in namespace ["x", "y"] //~ service-namespace in namespace ["x", "y"]
service w = "db" in namespace ["x"]
"#,
    );
}

#[test]
fn clauses_stand_once() {
    check(
        r#"
workload a {} in namespace x in any namespace //~ duplicate-clause in any namespace
workload b {} in namespace x account "a" account "b" //~ duplicate-clause "b"
workload d {} in namespace x open ingress open egress //~ duplicate-clause open egress
foreign workload e {} in namespace x open egress //~ foreign-open open egress
"#,
    );
}

#[test]
fn externals_are_unions_of_names() {
    let text = r#"
external a = "API.Stripe.com." | "*.stripe.com"
external b = a | "b.example"
"#;
    let Value::External(b) = value(text, "b") else {
        panic!()
    };
    let names: Vec<_> = b.patterns.iter().map(|p| p.as_str()).collect();
    assert_eq!(names, ["*.stripe.com", "api.stripe.com", "b.example"]);
    assert_eq!(b.set.names.len(), 3);
    assert!(b.set.names.iter().all(|part| part.external == "t.b"));
}

#[test]
fn externals_that_are_none() {
    check(
        r#"
workload w {} in namespace x
external a = "10.0.0.1" //~ address-as-name "10.0.0.1"
external b = 10.0.0.1 //~ address-as-name 10.0.0.1
external c = "a b" | "a..b" | "a.**.b" //~ bad-name "a b" //~ bad-name "a..b" //~ bad-name "a.**.b"
external d = "*.x.io" except "a.x.io" //~ external-in-except "a.x.io"
external e = w //~ kind-mismatch w
external f = "*x.io" //~ loose-pattern "*x.io"
external g = "db.data.svc.cluster.local" //~ name-in-cluster "db.data.svc.cluster.local"
external h = "mycluster.local" | "*-cdn.x.io" | "**.x.io"
"#,
    );
}

#[test]
fn networks_are_prefixes_with_exceptions() {
    let text = "
network a = 10.0.0.0/8 | 2001:db8::/32 except 10.1.0.0/16
network b = a | 192.0.2.1
";
    let Value::Network(b) = value(text, "b") else {
        panic!()
    };
    let nets: Vec<_> = b
        .set
        .nets
        .iter()
        .map(|n| format!("{} {:?}", n.cidr, n.except))
        .collect();
    assert_eq!(
        nets,
        [
            "10.0.0.0/8 [10.1.0.0/16]",
            "192.0.2.1/32 []",
            "2001:db8::/32 []"
        ]
    );
}

#[test]
fn networks_that_are_none() {
    check(
        r#"
workload w {} in namespace x
network a = 10.0.0.0/8 except 11.0.0.0/8 //~ except-outside 11.0.0.0/8
network b = 10.0.0.0/8 except 10.0.0.0/8 //~ empty-set 10.0.0.0/8 except 10.0.0.0/8
network c = w //~ kind-mismatch w
network d = "10.0.0.0/8" //~ kind-mismatch "10.0.0.0/8"
network e = 0.0.0.0/0 //~ ipv4-only 0.0.0.0/0
network f = 0.0.0.0/0 | ::/0
network g = world //~ kind-mismatch world
"#,
    );
}

#[test]
fn an_exception_is_by_predicate() {
    let text = r#"
namespace shop
workload api { app: "api" }
workload web { app: "web" }
workload canary { track: "canary" }
group stable = (api | web) except canary
group same = api except web
"#;
    let Value::Group(stable) = value(text, "stable") else {
        panic!()
    };
    let parts: Vec<_> = stable
        .set
        .pods
        .iter()
        .map(|p| (p.workload.clone(), p.pods.label("track").clone()))
        .collect();
    let not = Values::is("canary").complement();
    assert_eq!(parts, [(None, not.clone()), (None, not)]);
    assert!(stable.owned);
    let Value::Group(same) = value(text, "same") else {
        panic!()
    };
    assert_eq!(
        same.set.pods[0].workload.as_deref(),
        Some("t.api"),
        "shares no pod, stays whole"
    );
}

#[test]
fn groups_mix_kinds_and_remember_who_is_foreign() {
    let text = r#"
namespace shop
workload api { app: "api" }
foreign workload far { app: "far" }
external stripe = "api.stripe.com"
network office = 192.0.2.0/24
group inner = far | office
group g = api | inner | stripe | world | api | world
"#;
    let Value::Group(g) = value(text, "g") else {
        panic!()
    };
    assert_eq!(
        (g.set.pods.len(), g.set.nets.len(), g.set.names.len()),
        (2, 1, 1)
    );
    assert_eq!(g.set.entities, [Entity::World]);
    let foreign: Vec<_> = g.foreign.iter().map(|w| w.name.as_str()).collect();
    assert_eq!(foreign, ["t.far"]);
    assert!(g.owned);
    let Value::Group(inner) = value(text, "inner") else {
        panic!()
    };
    assert!(!inner.owned);
}

#[test]
fn groups_that_are_none() {
    check(
        r#"
namespace shop
workload api { app: "api" }
workload part { app: "api", track: "a" }
external stripe = "api.stripe.com"
network office = 192.0.2.0/24
port pg = 5432
group a = api | pg //~ not-an-end pg
group b = api except office //~ mixed-except office
group c = all except api //~ mixed-except api
group d = api except stripe //~ external-in-except stripe
group e = stripe except api //~ external-in-except stripe
group f = part except api //~ empty-set part except api
group g = api | 10.0.0.1 //~ literal-as-end 10.0.0.1
group h = api | "x.io" //~ literal-as-end "x.io"
group i = (api | office) except office //~ mixed-except office
group j = office except office //~ empty-set office except office
"#,
    );
}

#[test]
fn ports() {
    let text = "
port web = {80, 443, 443/udp, 9000-9100}
port all = {web, icmp.echo, */sctp}
";
    let Value::Port(all) = value(text, "all") else {
        panic!()
    };
    assert_eq!(all.set.tcp.as_slice(), [(80, 80), (443, 443), (9000, 9100)]);
    assert_eq!(all.set.udp.as_slice(), [(443, 443)]);
    assert_eq!(all.set.sctp.as_slice(), [(0, 65535)]);
    assert_eq!(
        (&all.set.icmp4[..], &all.set.icmp6[..]),
        (&[8][..], &[128][..])
    );
    check(
        r#"
workload w {} in namespace x
port p = {80, w} //~ not-a-port w
"#,
    );
}

fn env(params: &[(&'static str, &'static str)]) -> World {
    World {
        params: params.iter().copied().collect(),
        ..World::default()
    }
}

#[test]
fn an_environment_gives_literals() {
    let text = r#"
param host: string = "a.example"
param bank: external = "a.example"
param nets: network
param p: port
external e = host
"#;
    let (world, outcome) = run(
        text,
        env(&[
            ("host", "b.example"),
            ("bank", "api.bank.example"),
            ("nets", "10.0.0.0/8 | 192.0.2.1"),
            ("p", "8443/tcp"),
        ]),
    );
    assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
    let Value::Text(host) = &world.values["host"] else {
        panic!()
    };
    assert_eq!(
        (host.text.as_str(), host.name.as_str()),
        ("b.example", "t.host")
    );
    let Value::External(bank) = &world.values["bank"] else {
        panic!()
    };
    assert_eq!(
        (bank.name.as_str(), bank.patterns[0].as_str()),
        ("t.bank", "api.bank.example")
    );
    let Value::Network(nets) = &world.values["nets"] else {
        panic!()
    };
    assert_eq!(nets.set.nets.len(), 2);
    let Value::Port(p) = &world.values["p"] else {
        panic!()
    };
    assert_eq!(p.set.tcp.as_slice(), [(8443, 8443)]);
    let Value::External(e) = &world.values["e"] else {
        panic!()
    };
    assert_eq!(e.patterns[0].as_str(), "b.example");
    let union = env(&[
        ("nets", "10.0.0.0/8"),
        ("p", "1"),
        ("bank", "\"x.example\" | \"y.example\""),
    ]);
    let (world, _) = run(text, union);
    let Value::External(bank) = &world.values["bank"] else {
        panic!()
    };
    assert_eq!(bank.patterns.len(), 2);
}

#[test]
fn values_that_an_environment_cannot_give() {
    let text = r#"
param a: port //~ bad-param-value a
param b: network = 10.0.0.0/8 //~ bad-param-value b
param c: external //~ bad-param-value c
param d: string //~ missing-param d
param e: workload //~ param-kind workload
param f: prot //~ unknown-kind prot
param g: port = "x" //~ kind-mismatch "x"
param h: external = "a b" //~ bad-name "a b"
param i: port //~ bad-param-value i
"#;
    check_in(text, || {
        env(&[
            ("a", "443/tpc"),
            ("b", "office"),
            ("c", "10.0.0.1"),
            ("i", "10.0.0.1"),
            ("f", "80"),
        ])
    });
}
