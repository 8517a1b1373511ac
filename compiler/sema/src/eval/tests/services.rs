//! Services through the inventory.

use super::*;
use npl_diagnostics::FileId;
use npl_policy::{
    inventory::{ContainerPort, PodTemplate, Proto, Service, ServiceKind, ServicePort, TargetPort},
    model::{ClaimKind, Direction, FlowEnd, FlowPort},
};

const PLACE: Place = Place::in_file(FileId(0), TextRange::new(0, 0));

const HEAD: &str = r#"
namespace shop
workload frontend { app: "frontend" }
service checkout = "checkout"
service bare = "bare"
service outside = "outside"
service lost = "lost"
service empty = "empty"
service mixed = "mixed"
service split = "split"
service headless = "headless"
group some = checkout | frontend
"#;

fn labels(pairs: &[(&str, &str)]) -> Vec<(SmolStr, SmolStr)> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).into(), (*v).into()))
        .collect()
}

fn service(
    name: &str,
    selector: Option<&[(&str, &str)]>,
    ports: &[(u16, Proto, TargetPort)],
) -> Service {
    Service {
        namespace: "shop".into(),
        name: name.into(),
        kind: ServiceKind::ClusterIp,
        selector: selector.map(labels),
        ports: ports
            .iter()
            .map(|(port, proto, target)| ServicePort {
                name: None,
                port: *port,
                proto: *proto,
                target: target.clone(),
            })
            .collect(),
        cluster_ips: Vec::new(),
        addresses: Vec::new(),
        labels: Vec::new(),
        external_policy_cluster: false,
        place: PLACE,
    }
}

fn pod(name: &str, label: &[(&str, &str)], port: u16) -> PodTemplate {
    PodTemplate {
        kind: "Deployment".into(),
        namespace: "shop".into(),
        name: name.into(),
        labels: labels(label),
        account: "default".into(),
        host_network: false,
        ports: vec![ContainerPort {
            name: Some("web".into()),
            port,
            proto: Proto::Tcp,
        }],
        addresses: Vec::new(),
        place: PLACE,
    }
}

fn world() -> World {
    use Proto::{Tcp, Udp};
    use TargetPort::{Name, Number};
    let mut services = vec![
        service(
            "checkout",
            Some(&[("app", "checkout")]),
            &[
                (443, Tcp, Number(8443)),
                (53, Udp, Number(5353)),
                (80, Tcp, Name("web".into())),
            ],
        ),
        service("bare", None, &[(443, Tcp, Number(8443))]),
        Service {
            kind: ServiceKind::ExternalName("x.example".into()),
            ..service("outside", None, &[])
        },
        service("empty", None, &[(443, Tcp, Number(8443))]),
        service(
            "mixed",
            Some(&[("tier", "m")]),
            &[(80, Tcp, Name("web".into()))],
        ),
        service(
            "split",
            Some(&[("tier", "s")]),
            &[(80, Tcp, Name("web".into()))],
        ),
        service("headless", Some(&[("app", "h")]), &[]),
    ];
    services[1].addresses = vec![
        "203.0.113.9".parse().unwrap(),
        "203.0.113.8".parse().unwrap(),
    ];
    services.sort_by(|a, b| a.name.cmp(&b.name));
    World {
        inventory: Some(Inventory {
            services,
            workloads: vec![
                pod("checkout", &[("app", "checkout"), ("x", "y")], 8080),
                pod("m1", &[("tier", "m"), ("app", "m1")], 8080),
                pod("m2", &[("tier", "m"), ("app", "m2")], 9090),
                pod("s1", &[("tier", "s")], 8080),
                pod("s2", &[("tier", "s"), ("app", "s2")], 9090),
            ],
            ..Inventory::default()
        }),
        ..World::default()
    }
}

fn with_head(text: &str) -> Outcome {
    check_in(&format!("{HEAD}{text}"), world)
}

/// Of the egress ends: labels that the peers need, what was resolved, TCP and UDP ports.
fn resolved(outcome: &Outcome) -> Vec<String> {
    let ends = outcome.lowered.rules.iter().flat_map(|rule| &rule.ends);
    ends.filter(|end| end.direction == Direction::Egress)
        .map(|end| {
            let pods: Vec<String> = end
                .peers
                .pods
                .iter()
                .map(|p| {
                    let keys: Vec<_> = p.pods.labels().iter().map(|(k, _)| k.as_str()).collect();
                    format!(
                        "{} [{}]",
                        p.resolved.as_deref().unwrap_or("-"),
                        keys.join(" ")
                    )
                })
                .collect();
            let nets: Vec<String> = end.peers.nets.iter().map(|n| n.cidr.to_string()).collect();
            let ports = match end.ports.all {
                true => "all".to_owned(),
                false => format!(
                    "{:?} {:?}",
                    end.ports.tcp.as_slice(),
                    end.ports.udp.as_slice()
                ),
            };
            format!("{}{} {ports}", pods.join(", "), nets.join(", "))
        })
        .collect()
}

#[test]
fn a_service_is_its_pods_at_their_port() {
    assert_eq!(
        resolved(&with_head("allow frontend -> checkout:443")),
        ["Service shop/checkout@443→8443 [app] [(8443, 8443)] []",]
    );
    assert_eq!(
        resolved(&with_head("allow frontend -> checkout:{53/any, 80}")),
        [
            "Service shop/checkout@80→8080 [app] [(8080, 8080)] []",
            "Service shop/checkout@53→5353 [app] [] [(5353, 5353)]",
        ]
    );
    assert_eq!(resolved(&with_head("allow frontend -> checkout")).len(), 3);
    assert_eq!(
        resolved(&with_head("allow frontend -> headless")),
        ["Service shop/headless [app] all"]
    );
}

#[test]
fn a_rule_on_a_service_binds_at_its_pods() {
    let outcome = with_head("allow world -> checkout:443");
    let end = &outcome.lowered.rules[0].ends[0];
    assert_eq!(end.direction, Direction::Ingress);
    assert_eq!(end.subject.pods[0].workload, None);
    assert_eq!(end.ports.tcp.as_slice(), [(8443, 8443)]);
}

#[test]
fn a_group_keeps_the_ports_of_each() {
    assert_eq!(
        resolved(&with_head("allow frontend -> some:443")),
        [
            "- [app] [(443, 443)] []",
            "Service shop/checkout@443→8443 [app] [(8443, 8443)] []",
        ]
    );
}

#[test]
fn a_named_target_port_may_differ_between_pods_that_labels_tell_apart() {
    assert_eq!(
        resolved(&with_head("allow frontend -> mixed:80")),
        [
            "Service shop/mixed@80→8080 [app tier] [(8080, 8080)] []",
            "Service shop/mixed@80→9090 [app tier] [(9090, 9090)] []",
        ]
    );
    with_head("allow frontend -> split:80 //~ service-target-unclear split");
}

#[test]
fn services_that_cannot_be_resolved() {
    with_head(
        r#"
allow frontend -> outside:443 //~ external-name-service outside
allow frontend -> lost:443 //~ unknown-service lost
allow frontend -> checkout:8443 //~ service-port-unknown 8443
allow frontend -> checkout:{443, 22} //~ service-port-unknown 22
allow frontend -> headless:80 //~ service-port-unknown 80
allow checkout -> frontend:80 //~ service-as-source checkout
allow some -> frontend:80 //~ service-as-source some
"#,
    );
    check(&format!(
        "{HEAD}allow frontend -> checkout:443 //~ service-needs-inventory checkout"
    ));
}

#[test]
fn pods_on_the_host_network_are_no_backends() {
    let text = format!("{HEAD}allow frontend -> checkout:443 //~ service-on-host-network checkout");
    check_in(&text, || {
        let mut world = world();
        let inventory = world.inventory.as_mut().unwrap();
        inventory.workloads[0].host_network = true;
        world
    });
}

#[test]
fn services_without_a_selector() {
    let outcome = with_head("allow frontend -> bare:443 //~ service-without-selector bare");
    assert_eq!(
        resolved(&outcome),
        ["203.0.113.8/32, 203.0.113.9/32 [(8443, 8443)] []"]
    );
    let outcome = with_head("allow frontend -> empty:443 //~ service-without-backends empty");
    assert!(
        outcome.lowered.rules[0].ends.is_empty(),
        "never a rule without a list of peers"
    );
}

#[test]
fn claims_and_flows_on_services() {
    let outcome = with_head(
        r#"
assert frontend can reach checkout:443
assert frontend cannot reach some
assert frontend can reach mixed:80 //~ claim-ports mixed
assert frontend can reach some:443 //~ claim-ports some
test "t" {
  frontend -> checkout:443 sni "a.example" is allowed
  frontend -> mixed:80 is allowed //~ flow-end mixed
  frontend -> some:80 is allowed //~ flow-end some
  frontend -> checkout:9 is allowed //~ service-port-unknown 9
}
"#,
    );
    let ClaimKind::CanReach {
        to,
        ports: Some(ports),
        ..
    } = &outcome.lowered.claims[0].kind
    else {
        panic!()
    };
    assert_eq!(
        (to.pods.len(), ports.tcp.as_slice()),
        (1, &[(8443, 8443)][..])
    );
    let ClaimKind::CannotReach {
        to, ports: None, ..
    } = &outcome.lowered.claims[1].kind
    else {
        panic!()
    };
    assert_eq!(to.pods.len(), 4);
    let flow = &outcome.lowered.tests[0].flows[0];
    assert_eq!(flow.port, Some(FlowPort::Tcp(8443)));
    assert!(matches!(&flow.to, FlowEnd::Set(set) if set.pods.len() == 1));
}
