//! `assert` and `test`.

use super::*;
use npl_policy::model::{ClaimKind, FlowEnd, FlowPort, Verdict};

const HEAD: &str = r#"
namespace shop
workload frontend { app: "frontend" }
workload api { app: "api" }
group both = frontend | api
external stripe = "api.stripe.com"
network office = 192.0.2.0/24
port pg = 5432
port many = {80, 443}
"#;

fn with_head(text: &str) -> Outcome {
    check(&format!("{HEAD}{text}"))
}

#[test]
fn claims_of_every_kind() {
    let outcome = with_head(
        r#"
assert frontend cannot reach api:pg within 3 hops
assert frontend cannot reach kube_apiserver
assert both can reach stripe:443
assert only office | frontend can reach both:{80, 443}
assert breach of both stays within { api, (frontend except api), stripe, world } within 2 hops
assert disjoint frontend, api
"#,
    );
    let claims = &outcome.lowered.claims;
    let ClaimKind::CannotReach {
        ports: Some(ports),
        hops: 3,
        ..
    } = &claims[0].kind
    else {
        panic!("{:?}", claims[0])
    };
    assert_eq!(ports.tcp.as_slice(), [(5432, 5432)]);
    assert!(matches!(
        &claims[1].kind,
        ClaimKind::CannotReach {
            ports: None,
            hops: 1,
            ..
        }
    ));
    assert!(matches!(&claims[2].kind, ClaimKind::CanReach { to, .. } if to.names.len() == 1));
    assert!(
        matches!(&claims[3].kind, ClaimKind::OnlyCanReach { from, .. } if from.nets.len() == 1)
    );
    let ClaimKind::Breach {
        within,
        hops: Some(2),
        ..
    } = &claims[4].kind
    else {
        panic!("{:?}", claims[4])
    };
    assert_eq!(
        (within.pods.len(), within.names.len(), within.entities.len()),
        (2, 1, 1)
    );
    assert!(matches!(&claims[5].kind, ClaimKind::Disjoint { .. }));
    assert_eq!(
        claims[0].text,
        "assert frontend cannot reach api:pg within 3 hops"
    );
}

#[test]
fn claims_that_cannot_be() {
    with_head(
        r#"
assert stripe can reach api //~ external-as-source stripe
assert frontend can reach pg //~ not-an-end pg
assert frontend cannot reach api:api //~ not-a-port api
assert frontend cannot reach 10.0.0.1:80 //~ literal-as-end 10.0.0.1
assert only frontend can reach office //~ claim-needs-workloads office
assert only frontend can reach world:80 //~ claim-needs-workloads world
assert breach of world stays within { api } //~ claim-needs-workloads world
assert breach of frontend stays within { api, pg } //~ not-an-end pg
assert disjoint frontend, office //~ claim-needs-workloads office
assert disjoint stripe, office //~ claim-needs-workloads stripe //~ claim-needs-workloads office
"#,
    );
}

#[test]
fn flows() {
    let outcome = with_head(
        r#"
test "t" {
  frontend -> api:443 sni "API.example.com" is allowed
  { app: "x", tier: "" } in data -> 192.0.2.7:53/udp dns "a.example" is denied
  office -> [2001:db8::1]:icmp.echo is denied
  198.51.100.1 -> api:icmp.echo is denied
  frontend -> "api.stripe.com":pg http GET "/x?y" host "h.example" is denied
  frontend -> api sni "" is denied
}
"#,
    );
    let test = &outcome.lowered.tests[0];
    assert_eq!(test.name, "t");
    let flows = &test.flows;
    assert_eq!(flows.len(), 6);
    assert_eq!(flows[0].port, Some(FlowPort::Tcp(443)));
    assert_eq!(flows[0].facts.sni.as_deref(), Some("api.example.com"));
    assert_eq!(flows[0].expect, Some(Verdict::Allow));
    assert_eq!(
        flows[0].text,
        "frontend -> api:443 sni \"API.example.com\" is allowed"
    );
    let FlowEnd::Pod(pod) = &flows[1].from else {
        panic!()
    };
    assert_eq!(
        (pod.namespace.as_str(), pod.account.as_str()),
        ("data", "default")
    );
    assert_eq!(
        pod.labels,
        [("app".into(), "x".into()), ("tier".into(), "".into())]
    );
    assert_eq!(flows[1].port, Some(FlowPort::Udp(53)));
    assert_eq!(flows[1].facts.dns.as_deref(), Some("a.example"));
    assert_eq!(flows[2].port, Some(FlowPort::Icmp6(128)));
    assert_eq!(flows[3].port, Some(FlowPort::Icmp4(8)));
    assert_eq!(flows[4].to, FlowEnd::Name("api.stripe.com".into()));
    let facts = &flows[4].facts;
    assert_eq!(
        (
            facts.method.as_deref(),
            facts.path.as_deref(),
            facts.host.as_deref()
        ),
        (Some("GET"), Some("/x?y"), Some("h.example"))
    );
    assert_eq!(
        (flows[5].port, flows[5].facts.sni.as_deref()),
        (None, Some(""))
    );
}

#[test]
fn flows_that_cannot_be() {
    with_head(
        r#"
test "t" {
  stripe -> api:443 is denied //~ external-as-source stripe
  "a.example" -> api:443 is denied //~ external-as-source "a.example"
  192.0.2.0/24 -> api:443 is denied //~ flow-end 192.0.2.0/24
  frontend -> "*.example":443 is denied //~ flow-end "*.example"
  { app } in data -> api:443 is denied //~ flow-labels app
  { "a/": "x" } in "Data" -> api:443 is denied //~ bad-label-key "a/" //~ bad-namespace "Data"
  frontend -> api:many is denied //~ flow-port many
  frontend -> api:53/any is denied //~ flow-port 53/any
  frontend -> api:80-81 is denied //~ flow-port 80-81
  frontend -> api:api is denied //~ not-a-port api
  frontend -> api:80 is blocked //~ unknown-verdict blocked
  frontend -> api:80 is alowed //~ unknown-verdict alowed
  frontend -> api:80 snii "x" is denied //~ unknown-fact snii
  frontend -> api:80 color "x" is denied //~ unknown-fact color
  frontend -> api:80 sni "a" sni "b" is denied //~ bad-fact sni "b"
  frontend -> api:80 sni "*.a" is denied //~ bad-fact "*.a"
  frontend -> api:80 sni GET "a" is denied //~ bad-fact GET
  frontend -> api:80 http GET "x" is denied //~ bad-fact "x"
  frontend -> api:80 http get "/x" is denied //~ bad-method get
  frontend -> api:80 sni "a" http GET "/x" is denied //~ facts-conflict http GET "/x"
  frontend -> api:80 dns "a" sni "a" is denied
  frontend -> pg:80 is denied //~ not-an-end pg
}
"#,
    );
    check("test \"t\" { { app: \"x\" } -> world:80 is denied //~ no-namespace { app: \"x\" }\n}");
}

#[test]
fn a_flow_of_the_command_line() {
    let (world, _) = run(HEAD, World::default());
    let here = Here {
        world: &world,
        item: 0,
    };
    let (edge, _) = npl_syntax::parse_flow("frontend->api:443 sni \"a.example\"");
    let (flow, found) = crate::eval::flow(&edge.unwrap(), &here);
    assert!(found.is_empty());
    let flow = flow.unwrap();
    assert_eq!(
        (flow.expect, flow.text.as_str()),
        (None, "frontend -> api:443 sni \"a.example\"")
    );
}
