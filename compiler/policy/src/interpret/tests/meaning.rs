//! One module of checks for each numbered section of language.md §5.

use super::{HOST, NODE, ip, judge, pod, shop, words};
use crate::{
    builder::Builder,
    interpret::{Answer, Assurance, Endpoint, Need},
    model::{ControlPlane, Direction, FlowPort, Model, Settings, Verdict},
};

const PORT: FlowPort = FlowPort::Tcp(80);

fn check(model: &Model, src: Endpoint, dst: Endpoint, expect: &str) {
    let verdict = judge(model, src.clone(), dst.clone(), PORT);
    assert_eq!(words(model, &verdict), expect, "{src} -> {dst}");
}

#[test]
fn section_1_only_owned_workloads_are_enforced() {
    let model = shop().build();
    check(
        &model,
        pod("app=other"),
        pod("app=another"),
        "allow (unselected | unselected)",
    );
    check(
        &model,
        pod("app=dns ns=kube-system"),
        ip("1.1.1.1"),
        "allow (unselected | unselected)",
    );
    check(
        &model,
        pod("app=web"),
        pod("app=other"),
        "deny (sealed web | unselected)",
    );
    // The same labels elsewhere are another pod.
    check(
        &model,
        pod("app=web ns=pay"),
        pod("app=other"),
        "allow (unselected | unselected)",
    );
}

#[test]
fn section_1_rules_of_foreign_subjects_bind_nowhere() {
    let model = shop().deny("dns", "world", "").build();
    check(
        &model,
        pod("app=dns ns=kube-system"),
        ip("1.1.1.1"),
        "allow (unselected | unselected)",
    );
}

#[test]
fn section_2_owned_workloads_seal_both_directions() {
    let model = shop().build();
    check(
        &model,
        pod("app=web"),
        pod("app=db"),
        "deny (sealed web | sealed db)",
    );
    check(
        &model,
        ip("1.1.1.1"),
        pod("app=db"),
        "deny (unselected | sealed db)",
    );
}

#[test]
fn section_2_open_does_not_seal_and_opens_no_pod_that_another_seals() {
    let model = Builder::new()
        .workload("api", "app=api")
        .open(Direction::Ingress)
        .workload("strict", "tier=strict")
        .build();
    check(
        &model,
        ip("1.1.1.1"),
        pod("app=api"),
        "allow (unselected | open api)",
    );
    check(
        &model,
        pod("app=api"),
        ip("1.1.1.1"),
        "deny (sealed api | unselected)",
    );
    let both = pod("app=api tier=strict");
    check(
        &model,
        ip("1.1.1.1"),
        both,
        "deny (unselected | sealed strict)",
    );
}

#[test]
fn section_2_a_deny_seals_nothing() {
    let model = Builder::new()
        .workload("api", "app=api")
        .open(Direction::Ingress)
        .open(Direction::Egress)
        .deny("all", "169.254.169.254/32", "")
        .build();
    check(
        &model,
        pod("app=api"),
        ip("169.254.169.254"),
        "deny (rule 0 | unselected)",
    );
    check(
        &model,
        pod("app=api"),
        ip("1.1.1.1"),
        "allow (open api | unselected)",
    );
    check(
        &model,
        pod("app=other"),
        ip("169.254.169.254"),
        "allow (unselected | unselected)",
    );
}

#[test]
fn section_2_stage_observe_closes_nothing() {
    let model = Builder::new()
        .workload("api", "app=api")
        .observed()
        .workload("strict", "tier=strict")
        .deny("api", "world", "")
        .build();
    check(
        &model,
        pod("app=api"),
        ip("1.1.1.1"),
        "allow (open api | unselected)",
    );
    // A pod that is also a workload under enforcement has that one's denies and seals.
    check(
        &model,
        pod("app=api tier=strict"),
        ip("1.1.1.1"),
        "deny (rule 0 | unselected)",
    );
}

#[test]
fn section_3_an_allow_opens_both_ends() {
    let model = shop().allow("web", "db", "80").build();
    check(
        &model,
        pod("app=web"),
        pod("app=db"),
        "allow (rule 0 | rule 0)",
    );
    check(
        &model,
        pod("app=db"),
        pod("app=web"),
        "deny (sealed db | sealed web)",
    );
    let port = judge(&model, pod("app=web"), pod("app=db"), FlowPort::Udp(80));
    assert_eq!(port.verdict, Answer::Deny);
}

#[test]
fn section_3_one_ended_rules_write_one_end() {
    let out = Some(Direction::Egress);
    let model = shop()
        .rule(Verdict::Allow, out, "web", "db", "80", None)
        .build();
    check(
        &model,
        pod("app=web"),
        pod("app=db"),
        "deny (rule 0 | sealed db)",
    );
    let into = Some(Direction::Ingress);
    let model = shop()
        .rule(Verdict::Allow, out, "web", "db", "80", None)
        .rule(Verdict::Allow, into, "web", "db", "80", None)
        .build();
    check(
        &model,
        pod("app=web"),
        pod("app=db"),
        "allow (rule 0 | rule 1)",
    );
}

#[test]
fn section_3_an_end_that_is_not_owned_is_not_checked() {
    let model = shop().allow("web", "dns", "80").build();
    check(
        &model,
        pod("app=web"),
        pod("app=dns ns=kube-system"),
        "allow (rule 0 | unselected)",
    );
}

#[test]
fn section_4_deny_wins_over_a_narrower_allow() {
    let model = shop()
        .allow("web", "203.0.113.7/32", "80")
        .deny("web", "203.0.113.0/24", "")
        .build();
    check(
        &model,
        pod("app=web"),
        ip("203.0.113.7"),
        "deny (rule 1 | unselected)",
    );
}

#[test]
fn section_5_rules_are_a_union() {
    let model = shop()
        .allow("web", "db", "81")
        .allow("web", "db", "80")
        .build();
    check(
        &model,
        pod("app=web"),
        pod("app=db"),
        "allow (rule 1 | rule 1)",
    );
}

#[test]
fn section_6_the_own_node_and_the_pod_itself_pass_by_platform() {
    let model = shop().build();
    check(&model, HOST, pod("app=db"), "allow (unselected | platform)");
    check(&model, NODE, pod("app=db"), "deny (unselected | sealed db)");
    check(&model, pod("app=db"), HOST, "deny (sealed db | unselected)");
    check(
        &model,
        pod("app=db"),
        Endpoint::Itself,
        "allow (platform | platform)",
    );
    // Another replica is another pod.
    check(
        &model,
        pod("app=db"),
        pod("app=db"),
        "deny (sealed db | sealed db)",
    );
}

#[test]
fn section_6_a_deny_removes_the_own_node() {
    let model = shop().deny("host", "db", "80").build();
    check(&model, HOST, pod("app=db"), "deny (unselected | rule 0)");
    check(
        &model,
        HOST,
        pod("app=web"),
        "allow (unselected | platform)",
    );
    let other = judge(&model, HOST, pod("app=db"), FlowPort::Tcp(81));
    assert_eq!(words(&model, &other), "allow (unselected | platform)");
}

#[test]
fn section_7_a_pod_that_is_two_workloads_has_the_rules_of_both() {
    let model = Builder::new()
        .workload("frontend", "app=frontend")
        .workload("admin", "role=admin")
        .workload("db", "app=db")
        .allow("admin", "db", "80")
        .build();
    check(
        &model,
        pod("app=frontend"),
        pod("app=db"),
        "deny (sealed frontend | sealed db)",
    );
    let both = pod("app=frontend role=admin");
    check(&model, both, pod("app=db"), "allow (rule 0 | rule 0)");
}

#[test]
fn section_7_except_is_by_predicate() {
    let model = Builder::new()
        .workload("api", "app=api")
        .workload("canary", "track=canary")
        .workload("db", "app=db")
        .allow("api except canary", "db", "80")
        .build();
    check(
        &model,
        pod("app=api"),
        pod("app=db"),
        "allow (rule 0 | rule 0)",
    );
    let both = pod("app=api track=canary");
    check(&model, both, pod("app=db"), "deny (sealed api | sealed db)");
}

#[test]
fn section_9_an_external_is_an_address_with_a_name() {
    let model = shop()
        .allow("web", "name:api.stripe.com", "80")
        .allow_via(
            "web",
            "name:*.example.com",
            "80",
            crate::builder::tls(&["a.example.com"]),
        )
        .allow("web", "world", "81")
        .build();
    let stripe = Endpoint::named([203, 0, 113, 7], "api.stripe.com");
    let verdict = judge(&model, pod("app=web"), stripe, PORT);
    assert_eq!(words(&model, &verdict), "allow (rule 0 | unselected)");
    assert_eq!(verdict.assurance, Some(Assurance::Address));
    check(
        &model,
        pod("app=web"),
        ip("203.0.113.7"),
        "deny (sealed web | unselected)",
    );
    let example = Endpoint::named([203, 0, 113, 7], "a.example.com");
    let verdict = judge(&model, pod("app=web"), example.clone(), PORT);
    assert_eq!(verdict.assurance, Some(Assurance::ClaimedName));
    // A rule that does not go by the name says nothing of it.
    let verdict = judge(&model, pod("app=web"), example, FlowPort::Tcp(81));
    assert_eq!(words(&model, &verdict), "allow (rule 2 | unselected)");
    assert_eq!(verdict.assurance, None);
}

#[test]
fn section_11_networks_hold_no_pods_and_no_nodes() {
    let model = shop().allow("web", "0.0.0.0/0", "").build();
    check(
        &model,
        pod("app=web"),
        ip("10.0.0.1"),
        "allow (rule 0 | unselected)",
    );
    check(
        &model,
        pod("app=web"),
        ip("2001:db8::1"),
        "deny (sealed web | unselected)",
    );
    check(
        &model,
        pod("app=web"),
        pod("app=other"),
        "deny (sealed web | unselected)",
    );
    check(
        &model,
        pod("app=web"),
        NODE,
        "deny (sealed web | unselected)",
    );
}

#[test]
fn section_11_exceptions_of_a_network_are_out_of_it() {
    let model = shop().allow("web", "10.0.0.0/8-10.1.0.0/16", "").build();
    check(
        &model,
        pod("app=web"),
        ip("10.1.0.1"),
        "deny (sealed web | unselected)",
    );
    check(
        &model,
        pod("app=web"),
        ip("10.2.0.1"),
        "allow (rule 0 | unselected)",
    );
}

#[test]
fn section_11_world_cluster_and_all() {
    let model = shop()
        .allow("web", "world", "1")
        .allow("web", "cluster", "2")
        .allow("web", "all", "3")
        .build();
    let ends = [
        (ip("1.1.1.1"), "1 3"),
        (pod("app=x"), "2 3"),
        (HOST, "2 3"),
        (NODE, "2 3"),
        (Endpoint::Health, "2 3"),
        (Endpoint::CiliumIngress, "2 3"),
        (Endpoint::RemoteNode { api_server: true }, "2 3"),
        (
            Endpoint::Addr {
                ip: [1, 1, 1, 1].into(),
                names: Vec::new(),
                api_server: true,
            },
            "1 2 3",
        ),
    ];
    for (end, expect) in ends {
        let passes = |port: &u16| {
            let verdict = judge(&model, pod("app=web"), end.clone(), FlowPort::Tcp(*port));
            verdict.verdict == Answer::Allow
        };
        let ports: Vec<String> = [1, 2, 3]
            .iter()
            .filter(|p| passes(p))
            .map(ToString::to_string)
            .collect();
        assert_eq!(ports.join(" "), expect, "{end}");
    }
}

#[test]
fn section_11_the_api_server_may_be_anywhere_until_the_settings_say() {
    let at = |control_plane| {
        let model = shop()
            .settings(Settings { control_plane })
            .allow("web", "world", "80")
            .build();
        judge(&model, pod("app=web"), Endpoint::KubeApiserver, PORT).verdict
    };
    assert_eq!(at(ControlPlane::External), Answer::Allow);
    assert_eq!(at(ControlPlane::Nodes), Answer::Deny);
    let Answer::Unknown(needs) = at(ControlPlane::Unknown) else {
        panic!("the place decides");
    };
    assert_eq!(needs.as_slice(), [Need::ControlPlane]);
    let model = shop().allow("web", "kube_apiserver", "80").build();
    check(
        &model,
        pod("app=web"),
        Endpoint::KubeApiserver,
        "allow (rule 0 | unselected)",
    );
}

#[test]
fn section_11_all_binds_at_owned_ends_only() {
    let model = shop().allow("all", "all", "80").build();
    check(
        &model,
        pod("app=web"),
        ip("1.1.1.1"),
        "allow (rule 0 | unselected)",
    );
    check(
        &model,
        pod("app=web"),
        pod("app=db"),
        "allow (rule 0 | rule 0)",
    );
    check(
        &model,
        pod("app=x"),
        pod("app=db"),
        "allow (unselected | rule 0)",
    );
}
