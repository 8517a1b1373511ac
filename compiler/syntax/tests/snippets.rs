//! Every snippet of the grammar: the tree of each that is valid, the diagnostics of each that is
//! not. What only names and kinds can decide (an address as an end of a rule, an unknown clause, a
//! `via` on a deny, a declaration in a template) parses here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

mod support;

use insta::assert_snapshot;
use npl_syntax::parse_file;

/// Parses without any diagnostic; the tree with the text that each range stands for.
fn tree(text: &str) -> String {
    let file = parse_file(text);
    assert_eq!(support::render(text, &file.diagnostics), "", "{text}");
    let items = file.items.iter().map(|(raw, parsed)| {
        let item = &text[raw.range.as_usize()];
        support::with_texts(&format!("{:?}", parsed.item.kind), item)
    });
    items.collect::<Vec<_>>().join("\n")
}

macro_rules! valid {
    ($($name:ident $text:literal;)*) => {
        $(#[test]
        fn $name() {
            assert_snapshot!(stringify!($name), tree($text));
        })*
    };
}

valid! {
    s01_the_signature_line r#"allow frontend -> api:443 via tls.sni "api.example.com""#;
    s02_ingress_as_a_name r#"workload ingress { app: "nginx" }
allow ingress -> api:80
allow egress ingress -> api:80"#;
    s03_except_and_ports "allow a | b except c -> (d | e):{80, 443, 53/udp, icmp.echo}";
    s05_one_workload r#"workload web { service: "x", "app.kubernetes.io/name": "web", tier not in ["a"], canary, !legacy }
    in namespace { team: "pay" } account "web" open ingress, egress"#;
    s08_an_exception_of_a_union "network corp = 10.0.0.0/8 | 192.168.0.0/16 | 2001:db8::/32 except 10.1.0.0/16";
    s10_an_address_is_semas "allow office -> 10.1.2.3:443";
    s11_ipv6_in_brackets r#"test "v6" { frontend -> [2001:db8::1]:443 is denied }"#;
    s12_until_and_because r#"allow a -> b:443 via tls.sni stripe | "x.example.com" until 2027-01-31 because "OPS-17""#;
    s13_an_unknown_clause_is_semas r#"allow a -> b:443 via tls.snii "x""#;
    s14_clashes_are_semas r#"allow a -> b:53/udp via tls.sni "x"
allow a -> b via http { GET "/" }
deny  a -> b:443 via tls.sni "x""#;
    s15_two_entries r#"allow api -> orders:8080 via http { GET "/orders/*"  POST "/orders" }"#;
    s16_a_template "template tls-client(who: workload, to: external) { allow who -> to:443 via tls.sni to }
apply tls-client(frontend, stripe)";
    s17_a_declaration_in_a_template_is_semas r#"template t(w: workload) { workload x { app: "x" } }"#;
    s18_claims "assert only orders can reach db:pg
assert breach of frontend stays within { api, (a | b except c) } within 3 hops
assert disjoint api, orders
assert disjoint cannot reach db";
    s19_flows r#"test "rules" {
  { app: "x" } in data -> "api.stripe.com":443 sni "api.stripe.com" is denied
  frontend -> db:pg is denied
  api -> orders:8080 http GET "/orders/7" is allowed
}"#;
    s23_all r#"deny all -> metadata
allow all -> kube_dns:53/any via dns "*""#;
    s25_two_items_on_a_line "use shop.payments.{db} use std.cloud.metadata as imds";
    every_other_form r#"namespace "test"
use a
foreign workload w {} in any namespace
workload v {} in namespace ["a", "b"] in namespace c
external e = ("*.x.io" | other) except "a.x.io"
service s = "svc" in namespace data
port p = {1, 2/udp, */tcp, *, 8000-8100/any}
param q: string
param r: network = 10.0.0.0/8 | [::1]
param s: port = 443/tcp
template t() {}
apply a.t(443, "x", a | b,)
assert x can reach y
assert x cannot reach (y | z):{80, q.r} within 16 hops
assert breach of a except b stays within {}
test "none" {}
allow ingress ingress -> egress:any
allow any | of -> hops via http.host "h" | other { "/a" any "/b" }
test "edges" { a -> 10.0.0.7 is allowed {} -> any.of:hops sni "" host "h" is denied }"#;
}

fn invalid(text: &str) -> String {
    support::check(text)
}

#[test]
fn s04_a_union_as_destination() {
    assert_snapshot!(invalid("allow a -> b | c:80"));
}

#[test]
fn s06_an_unquoted_key() {
    assert_snapshot!(invalid(r#"workload web { app.kubernetes.io/name: "web" }"#));
}

#[test]
fn s07_a_reserved_word() {
    assert_snapshot!(invalid("namespace test"));
}

#[test]
fn s09_networks() {
    assert_snapshot!(invalid("network n = 10.0.0.7/8\nnetwork m = 10.0.0.0/33"));
}

#[test]
fn s11_ipv6_without_brackets() {
    assert_snapshot!(invalid(
        r#"test "v6" { frontend -> 2001:db8::1:443 is denied }"#
    ));
}

#[test]
fn s15_commas_between_entries() {
    assert_snapshot!(invalid(
        r#"allow api -> orders:8080 via http { GET "/a", POST "/b" }"#
    ));
}

#[test]
fn s20_a_flow_with_two_ports() {
    assert_snapshot!(invalid(
        r#"test "t" { frontend -> backends:{80, 443} is allowed }"#
    ));
}

#[test]
fn s21_an_unclosed_brace() {
    let text = "workload x { app: \"x\"\nallow a -> b:80";
    assert_snapshot!(invalid(text));
    let file = parse_file(text);
    assert_eq!(file.items.len(), 2);
    assert_snapshot!(format!("{:?}", file.items[1].0));
    assert!(matches!(
        file.items[1].1.item.kind,
        npl_syntax::ast::ItemKind::Rule(_)
    ));
}

#[test]
fn s22_a_minus() {
    assert_snapshot!(invalid("allow a - b -> c:80"));
}

#[test]
fn s24_a_missing_keyword() {
    assert_snapshot!(invalid("allow frontend -> api:443 frontend -> api:80"));
}
