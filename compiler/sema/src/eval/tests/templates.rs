//! `template` and `apply`.

use super::*;

const HEAD: &str = r#"
namespace shop
workload frontend { app: "frontend" }
workload api { app: "api" }
workload cart { app: "cart" }
foreign workload far { app: "far" }
external stripe = "api.stripe.com"
network office = 192.0.2.0/24
port pg = 5432
"#;

fn with_head(text: &str) -> Outcome {
    check(&format!("{HEAD}{text}"))
}

#[test]
fn arguments_stand_in_the_rule() {
    let outcome = with_head(
        r#"
template client(who: workload, to: external, p: port, name: string, from: network) {
  /// Inner.
  allow who -> to:p via tls.sni name
  allow from -> who:p
  assert who can reach to:p
}
/// Outer.
apply client(frontend, "api.example.com", 8443, "x.example", 198.51.100.0/24)
apply client(frontend | api, stripe, pg, "x.example", office)
"#,
    );
    let rules = &outcome.lowered.rules;
    let texts: Vec<_> = rules.iter().map(|r| r.rule.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "allow frontend -> \"api.example.com\":8443 via tls.sni \"x.example\"",
            "allow 198.51.100.0/24 -> frontend:8443",
            "allow (frontend | api) -> stripe:pg via tls.sni \"x.example\"",
            "allow office -> (frontend | api):pg",
        ]
    );
    let forms: Vec<_> = rules.iter().map(|r| r.normal_form.as_str()).collect();
    assert_eq!(
        forms,
        [
            "allow t.frontend -> \"api.example.com\":8443 via tls.sni \"x.example\"",
            "allow 198.51.100.0/24 -> t.frontend:8443",
            "allow (t.api | t.frontend) -> t.stripe:t.pg via tls.sni \"x.example\"",
            "allow t.office -> (t.api | t.frontend):t.pg",
        ]
    );
    assert_eq!(rules[0].rule.doc.as_deref(), Some("Inner."));
    assert_eq!(rules[1].rule.doc.as_deref(), Some("Outer."));
    assert_eq!(rules[0].rule.applied_at.len(), 1);
    assert_ne!(
        rules[0].rule.applied_at[0].anchor,
        rules[0].rule.place.anchor
    );
    assert_eq!(outcome.lowered.claims.len(), 2);
    assert_eq!(
        outcome.lowered.claims[0].applied_at,
        rules[0].rule.applied_at
    );
    assert_eq!(
        outcome.lowered.claims[1].text,
        "assert (frontend | api) can reach stripe:pg"
    );
}

#[test]
fn templates_of_another_package_and_inner_ones() {
    let outcome = with_head(
        r#"
template outer(w: workload) {
  apply inner(w, 80)
  apply inner(w, 81)
}
apply outer(api)
//- /dep.npl
foreign workload dns {} in namespace kube-system
template inner(w: workload, p: port) { allow w -> dns:p }
"#,
    );
    let rules = &outcome.lowered.rules;
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[1].normal_form, "allow t.api -> dep.dns:81");
    assert_eq!(rules[0].rule.applied_at.len(), 2);
    let named: Vec<_> = outcome
        .lowered
        .named
        .iter()
        .map(|w| w.name.as_str())
        .collect();
    assert_eq!(named, ["dep.dns"]);
}

#[test]
fn arguments_of_the_wrong_kind_or_number() {
    with_head(r#"
template t(w: workload, e: external, n: network, p: port, s: string, g: group) {
  allow w -> e:p via tls.sni s
  allow w -> n:p
  allow g -> w:p
}
apply t(frontend, stripe, office, 80, "x", world)
apply t(office, api, stripe, api, api, pg) //~ kind-mismatch office //~ kind-mismatch api //~ kind-mismatch stripe //~ kind-mismatch api //~ kind-mismatch api //~ kind-mismatch pg
apply t(80, 10.0.0.1, "x", "x", 80, 10.9.9.9) //~ kind-mismatch 80 //~ address-as-name 10.0.0.1 //~ kind-mismatch "x" //~ kind-mismatch "x" //~ kind-mismatch 80 //~ literal-as-end 10.9.9.9
apply t(frontend | office, "a" | stripe, office | 10.0.0.0/8 except 10.1.0.0/16, pg, "x", api | stripe) //~ kind-mismatch frontend | office //~ external-as-source apply t
apply t(frontend) //~ wrong-arity t(frontend)
apply t(frontend, stripe, office, 80, "x", api, 1, 2) //~ wrong-arity 1
apply api() //~ not-a-template api
apply t(nobody, stripe, office, 80, "x", api) //~ unknown-name nobody
"#.replace("external-as-source apply t", "external-as-source t").as_str());
}

#[test]
fn a_finding_in_a_body_points_at_both_places() {
    let outcome = with_head(
        r#"
template t(from: group, p: port) {
  allow from -> api:p via http { GET "/" }
}
apply t(far, 80)
apply t(stripe, 80) //~ external-as-source t
apply t(frontend, 53/udp) //~ clause-needs-tcp t
"#,
    );
    let found = &outcome.diagnostics[1];
    assert_eq!(
        found.message,
        "in `t`: `http` needs TCP, and this port is not TCP only"
    );
    assert_eq!(found.label, "applied here");
    assert_eq!(found.labels.len(), 1);
    assert_ne!(found.labels[0].at.anchor, found.at.anchor);
    assert!(found.fixes.is_empty());
}

#[test]
fn what_a_body_has_wrong_by_itself_is_told_once() {
    with_head(
        r#"
template t(w: workload) {
  allow w -> api:80 via htpt { "/" } //~ unknown-clause htpt
  allow far -> world:80 //~ nothing-enforces far -> world
  allow w -> pg //~ not-an-end pg
  allow w -> api:81
}
apply t(frontend)
apply t(cart)
template unused(w: workload) { allow w -> nobody:80 } //~ unknown-name nobody
template outer(w: workload) { apply t(w) }
apply outer(frontend)
template bad_apply(w: workload) { apply t(w, w) } //~ wrong-arity w
apply bad_apply(frontend)
"#,
    );
}

#[test]
fn what_a_template_may_hold() {
    with_head(
        r#"
template t(w: workload) {
  workload x { app: "x" } //~ item-in-template workload x { app: "x" }
  use a.b //~ item-in-template use a.b
  namespace y //~ item-in-template namespace y
  test "t" { frontend -> api:80 is denied } //~ item-in-template test "t" { frontend -> api:80 is denied }
  allow w -> api:80
}
apply t(frontend)
template a(w: workload, w: port) {} //~ duplicate-formal w
template b(w: wrkload) {} //~ unknown-kind wrkload
template c(world: workload) {} //~ formal-shadows world
apply a(frontend, 80)
"#,
    );
}

#[test]
fn a_formal_is_nearer_than_a_name_of_the_file() {
    let outcome = with_head(
        r#"
template t(api: workload) { allow api -> cart:80 }
apply t(frontend)
"#,
    );
    assert_eq!(
        outcome.lowered.rules[0].normal_form,
        "allow t.frontend -> t.cart:80"
    );
}
