//! Each shape as it is written, in full.

use npl_policy::{
    builder::{Builder, dns, tls},
    model::Direction,
};

use crate::support::{emit, http, http_on, names, observe, rules, specs};

/// The shop of the language reference, as far as its `frontend` goes.
fn shop() -> Builder {
    Builder::new()
        .workload("frontend", "app=frontend")
        .workload("api", "app=api tier=edge|web !legacy")
        .foreign("kube_dns", "k8s-app=kube-dns ns=kube-system")
        .allow("world", "frontend", "443")
        .allow_via("frontend", "api", "443", tls(&["api.example.com"]))
        .allow_via("all", "kube_dns", "53/any", dns(&["*"]))
        .deny("all", "169.254.169.254/32 | fd00:ec2::254/128", "")
}

#[test]
fn the_worked_example() {
    let output = emit(shop());
    insta::assert_snapshot!(output.objects[0].yaml);
    // The source checks the name, so the destination gets the port alone.
    insta::assert_snapshot!(rules(&output, "shop-api"));
}

#[test]
fn ports_in_every_form() {
    let output = emit(
        Builder::new()
            .workload("a", "app=a")
            .foreign("b", "app=b ns=data")
            .allow("a", "b", "80 443 8000-8100 53/any 9/udp */sctp icmp")
            .allow("a", "b", "")
            .allow("a", "b", "*/any"),
    );
    insta::assert_snapshot!(rules(&output, "shop-a"));
}

#[test]
fn peers_of_every_kind_are_rules_of_their_own() {
    let output = emit(
        Builder::new()
            .workload("a", "app=a")
            .foreign("b", "app=b ns=data")
            .foreign("c", "app=c ns.team=pay")
            .foreign("d", "!app ns=* account=runner")
            .allow_via("a", "world", "53/udp", dns(&["*"]))
            .allow(
                "a",
                "b | c | d | 10.0.0.0/8-10.1.0.0/16 | name:api.example.com | name:*.example.org | host",
                "443",
            ),
    );
    insta::assert_snapshot!(
        output.objects[0]
            .yaml
            .split("k8s:io")
            .next()
            .map(|_| rules(&output, "shop-a"))
            .unwrap()
    );
}

#[test]
fn http_and_grpc() {
    let output = emit(
        Builder::new()
            .workload("a", "app=a")
            .foreign("b", "app=b ns=data")
            .allow_via(
                "a",
                "b",
                "80",
                http(&[("GET", "/v1/*/x+y"), ("", "/static/**"), ("POST", "/")]),
            )
            .allow_via(
                "a",
                "b",
                "81",
                http_on(&["api.example.com", "**.x.io", "a-*.y.io"], &[]),
            ),
    );
    insta::assert_snapshot!(rules(&output, "shop-a"));
}

/// The item was once left out, and its list was a null, which is no rule at all.
#[test]
fn every_request_of_http_is_an_item() {
    let emitted = |via| {
        let builder = Builder::new()
            .workload("a", "app=a")
            .foreign("b", "app=b ns=data");
        let output = emit(builder.allow_via("a", "b", "80", via));
        let text = &output.objects[0].yaml;
        let from = text.lines().skip_while(|line| !line.ends_with(" http:"));
        let lines = from.take(2).map(str::trim);
        lines.collect::<Vec<_>>().join(" ")
    };
    // What `http { "/**" }` is in a model.
    assert_eq!(emitted(http_on(&[], &[])), "http: - {}");
    assert_eq!(emitted(http(&[("GET", "/**")])), "http: - method: \"GET\"");
}

#[test]
fn placement_is_by_namespace() {
    let output = emit(
        Builder::new()
            .workload("one", "app=one ns=a")
            .workload("two", "app=two ns=a|b")
            .workload("labelled", "app=l ns.team=pay")
            .workload("anywhere", "app=x ns=*"),
    );
    let places: Vec<_> = output
        .objects
        .iter()
        .map(|o| format!("{} {} {:?}", o.file_name, o.kind, o.namespace.as_deref()))
        .collect();
    insta::assert_snapshot!(places.join("\n"));
    insta::assert_snapshot!(output.objects[3].yaml);
}

#[test]
fn open_directions() {
    let output = emit(
        Builder::new()
            .workload("in_open", "app=a")
            .open(Direction::Ingress)
            .workload("both", "app=b")
            .open(Direction::Ingress)
            .open(Direction::Egress)
            .deny("both", "host", "80"),
    );
    assert_eq!(names(&output).len(), 2);
    insta::assert_snapshot!(output.objects[0].yaml);
    insta::assert_snapshot!(output.objects[1].yaml);
}

#[test]
fn a_deny_only_program_closes_nothing() {
    let output = emit(
        Builder::new()
            .workload("everything", "ns=*")
            .open(Direction::Ingress)
            .open(Direction::Egress)
            .deny("all", "169.254.169.254/32", ""),
    );
    insta::assert_snapshot!(output.objects[0].yaml);
}

#[test]
fn stage_observe_closes_nothing() {
    let output = observe(shop());
    insta::assert_snapshot!(output.objects[0].yaml);
    insta::assert_snapshot!(rules(&output, "shop-frontend"));
    assert_eq!(output.summary.denies_left_out.len(), 1);
    assert!(output.header.iter().any(|l| l.starts_with("Stage observe")));
}

#[test]
fn the_header_says_what_is_in_stage_observe() {
    let staged = |header: &[String]| {
        let line = header.iter().find(|line| line.contains("tage observe"));
        line.cloned()
    };
    let one = Builder::new().workload("a", "app=a").observed();
    let all = one.clone().workload("b", "app=b").observed();
    let two = one.clone().workload("b", "app=b");
    let whole = staged(&observe(two.clone()).header);
    assert!(
        whole
            .as_ref()
            .is_some_and(|line| line.starts_with("Stage observe: "))
    );
    assert_eq!(staged(&emit(all).header), whole);
    assert_eq!(staged(&emit(one).header), whole);
    assert_eq!(
        staged(&emit(two).header).as_deref(),
        Some("In stage observe, so not closed, and without denies and `via`: a.")
    );
    assert_eq!(staged(&emit(shop()).header), None);
}

#[test]
fn both_ends_of_one_rule_at_one_workload_are_one_spec() {
    let output = emit(
        Builder::new()
            .workload("a", "app=a")
            .allow("a", "a", "7000"),
    );
    let specs = specs(&output, "shop-a");
    assert_eq!(specs.len(), 2);
    assert!(specs[1].get("ingress").is_some() && specs[1].get("egress").is_some());
}

#[test]
fn what_except_leaves_is_bound_by_predicate() {
    let output = emit(
        Builder::new()
            .workload("api", "app=api")
            .workload("canary", "track=canary")
            .workload("db", "app=db ns=data")
            .allow("api except canary", "db", "5432"),
    );
    insta::assert_snapshot!(rules(&output, "shop-api"));
    insta::assert_snapshot!(rules(&output, "shop-db"));
    let api = specs(&output, "shop-api");
    insta::assert_snapshot!(api[1]["endpointSelector"]);
    // No canary is left in the part, so that it binds nowhere else.
    assert_eq!(specs(&output, "shop-canary").len(), 1);
}
