//! Rules: ends, ports, clauses, and what they lower to.

use super::*;
use npl_policy::model::{Direction, EndRule, Set, Via};
use std::sync::Arc;

const HEAD: &str = r#"
namespace shop
workload frontend { app: "frontend" }
workload api { app: "api" }
workload orders { app: "orders" }
foreign workload far { app: "far" }
group backends = api | orders
group outer = api | stripe_net
external stripe = "api.stripe.com" | "*.stripe.com"
network stripe_net = 192.0.2.0/24
network office = 198.51.100.0/24
port pg = 5432
port web = {80, 443}
port udp = 53/udp
template t() {}
"#;

fn with_head(text: &str) -> Outcome {
    // `outer` names a network that is declared after it: the head is put in order here.
    let head = HEAD.replacen("group outer = api | stripe_net\n", "", 1);
    check(&format!("{head}group outer = api | stripe_net\n{text}"))
}

fn set(set: &Set) -> String {
    let mut out: Vec<String> = set
        .pods
        .iter()
        .map(|p| p.workload.as_deref().unwrap_or("part").to_owned())
        .collect();
    out.extend(set.nets.iter().map(|n| n.cidr.to_string()));
    out.extend(set.names.iter().map(|n| n.pattern.to_string()));
    out.extend(set.entities.iter().map(|e| format!("{e:?}")));
    out.join("+")
}

fn end(end: &EndRule) -> String {
    let dir = match end.direction {
        Direction::Egress => "egress",
        Direction::Ingress => "ingress",
    };
    let both = if end.both_ends { "" } else { " (one end)" };
    let via = match end.via.as_deref() {
        Some(Via::Tls(names)) => format!(" tls {names:?}"),
        Some(Via::Dns(names)) => format!(" dns {names:?}"),
        Some(Via::Http(http)) => format!(
            " http {} hosts, {} entries",
            http.hosts.len(),
            http.entries.len()
        ),
        Some(Via::Grpc(http)) => format!(" grpc {} entries", http.entries.len()),
        None => String::new(),
    };
    let ports = match end.ports.all {
        true => "all".to_owned(),
        false => format!(
            "{:?}/{:?}",
            end.ports.tcp.as_slice(),
            end.ports.udp.as_slice()
        ),
    };
    format!(
        "{:?} {dir} {} with {} on {ports}{via}{both}",
        end.verdict,
        set(&end.subject),
        set(&end.peers)
    )
}

fn ends(text: &str) -> Vec<String> {
    let outcome = with_head(text);
    outcome
        .lowered
        .rules
        .iter()
        .flat_map(|rule| rule.ends.iter().map(end))
        .collect()
}

#[test]
fn a_rule_binds_at_both_ends() {
    assert_eq!(
        ends("allow frontend -> api:443"),
        [
            "Allow egress t.frontend with t.api on [(443, 443)]/[]",
            "Allow ingress t.api with t.frontend on [(443, 443)]/[]",
        ]
    );
    assert_eq!(
        ends("allow egress frontend -> api:443"),
        ["Allow egress t.frontend with t.api on [(443, 443)]/[] (one end)",]
    );
    assert_eq!(
        ends("deny ingress world -> api"),
        ["Deny ingress t.api with World on all (one end)",]
    );
}

#[test]
fn networks_and_entities_bind_nowhere_and_all_binds() {
    assert_eq!(
        ends("allow office -> api:{80, 53/udp}"),
        ["Allow ingress t.api with 198.51.100.0/24 on [(80, 80)]/[(53, 53)]",]
    );
    assert_eq!(
        ends("deny all -> stripe_net"),
        ["Deny egress All with 192.0.2.0/24 on all"]
    );
    assert_eq!(
        ends("allow far -> all:9090"),
        [
            "Allow egress t.far with All on [(9090, 9090)]/[]",
            "Allow ingress All with t.far on [(9090, 9090)]/[]",
        ]
    );
    assert_eq!(
        ends("allow outer -> orders:80"),
        [
            "Allow egress t.api with t.orders on [(80, 80)]/[]",
            "Allow ingress t.orders with t.api+192.0.2.0/24 on [(80, 80)]/[]",
        ]
    );
    assert_eq!(
        ends("allow frontend -> stripe:443 via tls.sni stripe"),
        [
            "Allow egress t.frontend with *.stripe.com+api.stripe.com on [(443, 443)]/[] tls [NamePattern(\"*.stripe.com\"), NamePattern(\"api.stripe.com\")]",
        ]
    );
}

#[test]
fn the_set_of_a_name_is_shared() {
    let outcome = with_head("allow backends -> frontend:80\nallow backends -> frontend:81");
    let rules = &outcome.lowered.rules;
    assert!(Arc::ptr_eq(
        &rules[0].ends[0].subject,
        &rules[1].ends[0].subject
    ));
    assert!(Arc::ptr_eq(
        &rules[0].ends[0].subject,
        &rules[0].ends[1].peers
    ));
    assert!(Arc::ptr_eq(
        &rules[0].ends[0].peers,
        &rules[1].ends[0].peers
    ));
}

#[test]
fn what_a_rule_remembers() {
    let outcome = with_head("/// Why.\nallow   frontend->api:443 // now\n  because \"OPS-17\"");
    let rule = &outcome.lowered.rules[0].rule;
    assert_eq!(rule.text, "allow frontend -> api:443 because \"OPS-17\"");
    assert_eq!(
        (rule.doc.as_deref(), rule.because.as_deref()),
        (Some("Why."), Some("OPS-17"))
    );
    assert_eq!((rule.file.as_str(), rule.id.as_str()), ("main.npl", ""));
    assert!(rule.applied_at.is_empty());
}

#[test]
fn foreign_workloads_are_named() {
    let outcome = with_head("allow far -> api:80\nallow frontend -> api:80");
    let named: Vec<_> = outcome
        .lowered
        .named
        .iter()
        .map(|w| w.name.as_str())
        .collect();
    assert_eq!(named, ["t.far"]);
}

#[test]
fn ends_that_cannot_be() {
    with_head(
        r#"
allow stripe -> api:443 //~ external-as-source stripe
group mixed = api | stripe
allow mixed -> api:443 //~ external-as-source mixed
allow pg -> api:443 //~ not-an-end pg
allow frontend -> t:443 //~ not-an-end t
allow frontend -> 10.1.2.3:443 //~ literal-as-end 10.1.2.3
allow "x.io" | frontend -> api:443 //~ external-as-source "x.io"
allow frontend -> "x.io":443 //~ literal-as-end "x.io"
allow frontend -> (api | 10.0.0.0/8):443 //~ literal-as-end 10.0.0.0/8
allow frontend -> api:api //~ not-a-port api
deny frontend -> stripe //~ deny-external stripe
deny frontend -> mixed //~ deny-external mixed
allow nobody -> api:80 //~ unknown-name nobody
"#,
    );
}

#[test]
fn nothing_enforces() {
    with_head(
        r#"
allow world -> office:443 //~ nothing-enforces world -> office
allow far -> world:443 //~ nothing-enforces far -> world
allow egress far -> api:443 //~ nothing-enforces far
allow ingress frontend -> far:443 //~ nothing-enforces far
allow far -> api:443
allow egress frontend -> far:443
allow ingress world -> all:443
deny far -> (office | far) //~ nothing-enforces far -> (office | far
"#,
    );
}

#[test]
fn clauses() {
    assert_eq!(
        ends(r#"allow api -> orders:8080 via http { GET "/orders/*" POST "/orders" "/health" }"#)
            [0],
        "Allow egress t.api with t.orders on [(8080, 8080)]/[] http 0 hosts, 3 entries",
    );
    assert_eq!(
        ends(r#"allow api -> orders:web via http.host "a.io" | stripe"#)[0],
        "Allow egress t.api with t.orders on [(80, 80), (443, 443)]/[] http 3 hosts, 0 entries",
    );
    assert_eq!(
        ends(r#"allow api -> orders:50051 via grpc { "shop.Orders/*" }"#)[1],
        "Allow ingress t.orders with t.api on [(50051, 50051)]/[] grpc 1 entries",
    );
    assert_eq!(
        ends(r#"allow egress all -> far:53/any via dns "*""#),
        ["Allow egress All with t.far on [(53, 53)]/[(53, 53)] dns [NamePattern(\"*\")] (one end)"],
    );
}

#[test]
fn clauses_that_cannot_be() {
    with_head(
        r#"
allow frontend -> api:443 via tls.snii "x.io" //~ unknown-clause tls.snii
allow frontend -> api:443 via sni "x.io" //~ unknown-clause sni
allow frontend -> api:443 via mtls "x.io" //~ unknown-clause mtls
allow frontend -> api:443 via tls.sni //~ clause-shape tls.sni
allow frontend -> api:443 via tls.sni "x.io" { "/" } //~ clause-shape { "/" }
allow frontend -> api:443 via http "x.io" { "/" } //~ clause-shape "x.io"
allow frontend -> api:443 via http //~ clause-shape http
allow frontend -> api:443 via http { } //~ empty-block { }
allow frontend -> api:443 via grpc { } //~ empty-block { }
allow frontend -> api via http { GET "/" } //~ clause-needs-port http
allow frontend -> api:53/udp via tls.sni "x.io" //~ clause-needs-tcp 53/udp
allow frontend -> api:{443, 443/any} via tls.sni "x.io" //~ clause-needs-tcp 443/any
allow frontend -> api:{80, udp, icmp.echo} via http { "/" } //~ clause-needs-tcp udp //~ clause-needs-tcp icmp.echo
allow frontend -> far:53-54/udp via dns "*" //~ clause-needs-port 53-54/udp
allow frontend -> far:{53, 54} via dns "*" //~ clause-needs-port {53, 54}
allow frontend -> far:{53/udp, 53} via dns "*"
allow frontend -> far:53/sctp via dns "*" //~ clause-needs-tcp 53/sctp
allow far -> api:53 via dns "*" //~ dns-needs-owned-source far
allow ingress frontend -> api:53 via dns "*" //~ dns-needs-owned-source ingress
deny frontend -> api:443 via tls.sni "x.io" //~ deny-with-via via tls.sni "x.io"
allow frontend -> api:443 via tls.sni "10.0.0.1" | "a b" //~ address-as-name "10.0.0.1" //~ bad-name "a b"
allow frontend -> api:443 via tls.sni api //~ kind-mismatch api
allow frontend -> api:443 via tls.sni "*x.io" //~ loose-pattern "*x.io"
"#,
    );
}

#[test]
fn entries_that_cannot_be() {
    with_head(
        r#"
allow frontend -> api:80 via http { get "/" } //~ bad-method get
allow frontend -> api:80 via http { GTE "/" } //~ bad-method GTE
allow frontend -> api:80 via http { FROB "/" PROPFIND "/" } //~ bad-method FROB
allow frontend -> api:80 via http { GET "orders" } //~ bad-path "orders"
allow frontend -> api:80 via http { "/a?b" "/a*" "/**/b" } //~ bad-path "/**/b" //~ bad-path "/a*" //~ bad-path "/a?b"
allow frontend -> api:80 via grpc { "/shop.Orders/Get" } //~ bad-grpc "/shop.Orders/Get"
allow frontend -> api:80 via grpc { POST "shop.Orders/Get" } //~ bad-grpc POST
"#,
    );
}

fn on(day: u8) -> World {
    World {
        today: Some(ast::Date {
            year: 2027,
            month: 1,
            day,
        }),
        ..World::default()
    }
}

#[test]
fn an_exception_ends() {
    let rule = "workload a {} in namespace x\nallow a -> a:22 until 2027-01-30 because \"OPS-17\"";
    let outcome = check_in(rule, || on(30));
    assert_eq!(outcome.lowered.rules.len(), 1, "its last day counts");
    let outcome = check_in(&format!("{rule} //~ expired-rule 2027-01-30"), || on(31));
    let found = &outcome.diagnostics[0];
    assert_eq!(found.message, "this rule ended on 2027-01-30");
    assert!(found.notes.iter().any(|note| note.contains("OPS-17")));
    assert_eq!(
        check(rule).lowered.rules.len(),
        1,
        "without a day nothing is judged"
    );
}

#[test]
fn one_mistake_gives_one_finding() {
    with_head(
        r#"
workload bad { "app/": "x" } //~ bad-label-key "app/"
group g = bad | api
allow g -> api:80
allow frontend -> bad:443 via tls.sni "x.io"
assert bad cannot reach g
"#,
    );
    // Two mistakes of one rule are two findings.
    with_head(
        r#"
allow pg -> api:frontend via tls.snii "x" //~ not-an-end pg //~ not-a-port frontend //~ unknown-clause tls.snii
"#,
    );
}
