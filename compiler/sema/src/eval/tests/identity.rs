//! The normal form: what a rule is, whatever its layout.

use super::*;

const HEAD: &str = r#"
namespace shop
workload a { app: "a" }
workload b { app: "b" }
workload c { app: "c" }
external stripe = "api.stripe.com"
network net = 192.0.2.0/24
port pg = 5432
"#;

fn form(rule: &str) -> String {
    let outcome = check(&format!("{HEAD}{rule}"));
    outcome.lowered.rules[0].normal_form.to_string()
}

#[test]
fn layout_comments_and_order_do_not_matter() {
    for (one, other) in [
        ("allow a -> b:80", "allow   a->b:80 // x\n"),
        ("allow a -> b:80", "/// Doc.\nallow a -> b:80 because \"x\""),
        ("allow a -> b:80", "allow a -> b:80 until 2030-01-01"),
        ("allow a -> b:80", "allow (a) -> ((b)):{80}"),
        ("allow a -> b:80", "allow a -> b:80/tcp"),
        ("allow a | b -> c:{80, 443}", "allow b | a -> c:{443, 80}"),
        (
            "allow a | b except c -> c:80",
            "allow (b | a) except c -> c:80",
        ),
        (
            "allow a -> b:80 via http { GET \"/a\" \"/b\" }",
            "allow a -> b:80 via http { \"/b\"\n GET \"/a\" }",
        ),
        (
            "allow a -> stripe:443 via tls.sni stripe | \"X.io\"",
            "allow a -> stripe:443 via tls.sni \"x.io.\" | stripe",
        ),
    ] {
        assert_eq!(form(one), form(other), "{one} | {other}");
    }
}

#[test]
fn another_rule_has_another_form() {
    let rules = [
        "allow a -> b:80",
        "deny a -> b:80",
        "allow b -> a:80",
        "allow a -> b:81",
        "allow a -> b:80/udp",
        "allow a -> b",
        "allow a -> b:pg",
        "allow a -> b:5432",
        "allow egress a -> b:80",
        "allow ingress a -> b:80",
        "allow a | b -> b:80",
        "allow a except b -> b:80",
        "allow a -> b:80 via http { \"/\" }",
        "allow a -> b:80 via http { GET \"/\" }",
        "allow a -> b:80 via http.host \"x\"",
        "allow a -> b:80 via tls.sni \"x\"",
        "allow a -> net:80",
        "allow a -> world:80",
    ];
    let forms: std::collections::BTreeSet<String> = rules.iter().map(|r| form(r)).collect();
    assert_eq!(forms.len(), rules.len(), "{forms:#?}");
}

#[test]
fn the_form_is_readable() {
    assert_eq!(
        form("deny egress a | b except c -> (net | world):{443, 53/udp, icmp.echo}"),
        "deny egress (t.a | t.b except t.c) -> (t.net | world):{443, 53/udp, icmp.echo}",
    );
}
