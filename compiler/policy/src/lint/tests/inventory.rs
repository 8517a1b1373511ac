//! Findings that need an inventory.

use npl_diagnostics::{FileId, Place, TextRange};

use super::{findings, shop};
use crate::{
    builder::{self, Builder},
    inventory::{
        ContainerPort, Inventory, Node, Proto, Service, ServiceKind, ServicePort, TargetPort,
    },
    lint,
};

const PLACE: Place = Place::in_file(FileId(1), TextRange::new(0, 0));

/// One pod for each of `shop`'s workloads, all listening on 8080.
fn running() -> Inventory {
    let mut out = builder::inventory(&["app=web", "app=api", "app=db"]);
    for pod in &mut out.workloads {
        pod.ports.push(ContainerPort {
            name: Some("http".into()),
            port: 8080,
            proto: Proto::Tcp,
        });
    }
    out
}

fn service(app: &str, port: u16, target: TargetPort) -> Service {
    Service {
        namespace: builder::NAMESPACE.into(),
        name: app.into(),
        kind: ServiceKind::ClusterIp,
        selector: Some(vec![("app".into(), app.into())]),
        ports: vec![ServicePort {
            name: None,
            port,
            proto: Proto::Tcp,
            target,
        }],
        cluster_ips: Vec::new(),
        addresses: Vec::new(),
        labels: Vec::new(),
        external_policy_cluster: false,
        place: PLACE,
    }
}

#[track_caller]
fn check(builder: Builder, inventory: &Inventory, expect: &[&str]) {
    assert_eq!(findings(builder, Some(inventory)), expect);
}

#[test]
fn selects_nothing_today() {
    let inventory = running();
    check(shop(), &inventory, &[]);
    check(
        shop().workload("new", "app=new"),
        &inventory,
        &["selects-nothing-today: new"],
    );
    let elsewhere = shop().workload("far", "app=web ns=data");
    check(elsewhere, &inventory, &["selects-nothing-today: far"]);
    // Of a foreign workload only where the inventory shows its namespace.
    check(
        shop().foreign("new", "app=new"),
        &inventory,
        &["selects-nothing-today: new"],
    );
    check(shop().foreign("far", "app=web ns=data"), &inventory, &[]);
}

#[test]
fn host_network_workload() {
    let mut inventory = running();
    inventory.workloads[1].host_network = true;
    check(shop(), &inventory, &["host-network-workload: api"]);
    let found = lint::check(&shop().build(), Some(&inventory));
    assert!(found[0].is_error(), "{found:?}");
    // A wide selector still owns the other pods.
    let found = lint::check(
        &Builder::new().workload("all", "").build(),
        Some(&inventory),
    );
    assert_eq!(found.len(), 1);
    assert!(!found[0].is_error(), "{found:?}");
}

/// A peer whose pods all are on the host network is met by no selector.
#[test]
fn a_foreign_workload_on_the_host_network() {
    let agent = || {
        Builder::new()
            .workload("db", "app=db")
            .foreign("agent", "app=web ns=shop")
            .allow("agent", "db", "5432")
    };
    let mut inventory = running();
    check(agent(), &inventory, &[]);
    for workload in &mut inventory.workloads {
        workload.host_network = workload.labels.iter().any(|(_, value)| value == "web");
    }
    check(agent(), &inventory, &["host-network-workload: agent"]);
}

#[test]
fn network_covers_cluster() {
    let mut inventory = running();
    inventory.nodes.push(Node {
        name: "n1".into(),
        labels: Vec::new(),
        addresses: vec!["192.168.10.11".parse().unwrap()],
        pod_cidrs: vec!["10.244.0.0/24".parse().unwrap()],
        place: PLACE,
    });
    inventory.services.push(Service {
        cluster_ips: vec!["10.96.0.7".parse().unwrap()],
        ..service("api", 80, TargetPort::Number(8080))
    });
    let to = |net: &str| shop().allow("web", net, "5432");
    for net in ["192.168.0.0/16", "10.244.0.0/16", "10.96.0.0/12"] {
        let text = format!("network-covers-cluster: allow web -> {net}:5432");
        check(to(net), &inventory, &[&text]);
    }
    check(to("192.168.0.0/16-192.168.10.0/24"), &inventory, &[]);
    check(to("172.16.0.0/12"), &inventory, &[]);
    let twice = to("192.168.0.0/16").allow("api", "192.168.0.0/16", "5432");
    let first = "network-covers-cluster: allow web -> 192.168.0.0/16:5432";
    check(twice, &inventory, &[first]);
}

#[test]
fn service_port_not_pod_port() {
    let mut inventory = running();
    inventory
        .services
        .push(service("api", 80, TargetPort::Number(8080)));
    inventory
        .services
        .push(service("db", 5432, TargetPort::Name("pg".into())));
    let text = "service-port-not-pod-port: allow web -> api:80";
    check(shop().allow("web", "api", "80"), &inventory, &[text]);
    let named = "service-port-not-pod-port: allow api -> db:5432";
    check(shop().allow("api", "db", "5432"), &inventory, &[named]);
    check(shop().allow("web", "api", "8080"), &inventory, &[]);
    // Not a port of any service: the container may listen on more than it lists.
    check(shop().allow("web", "api", "9090"), &inventory, &[]);
    check(shop().allow("web", "api", "80/udp"), &inventory, &[]);
    inventory.workloads[1].ports.clear();
    check(shop().allow("web", "api", "80"), &inventory, &[]);
}

#[test]
fn the_target_port_is_offered() {
    let mut inventory = running();
    let service = service("api", 80, TargetPort::Number(8080));
    inventory.services.push(service);
    let fixes = |ports: &str| {
        let model = shop().allow("web", "api", ports).build();
        let found = lint::check(&model, Some(&inventory)).remove(0);
        assert!(found.is_error());
        found.fixes
    };
    let one = fixes("80").remove(0);
    assert_eq!((one.edits[0].text.as_str(), one.safe), ("8080", false));
    assert!(
        fixes("80 443").is_empty(),
        "which of the two is meant is not known"
    );
}

#[test]
fn enters_elsewhere() {
    let mut inventory = running();
    inventory.services.push(Service {
        kind: ServiceKind::LoadBalancer,
        labels: Vec::new(),
        external_policy_cluster: true,
        ..service("web", 8080, TargetPort::Name("http".into()))
    });
    let text = "enters-elsewhere: allow world -> web:8080";
    check(shop().allow("world", "web", "8080"), &inventory, &[text]);
    check(
        shop()
            .allow("world", "web", "8080")
            .allow("remote_node", "web", "8080"),
        &inventory,
        &[],
    );
    check(
        shop().allow("world | remote_node", "web", "8080"),
        &inventory,
        &[],
    );
    check(shop().allow("world", "web", "9090"), &inventory, &[]);
    check(shop().allow("world", "api", "8080"), &inventory, &[]);
    inventory.services[0].external_policy_cluster = false;
    check(shop().allow("world", "web", "8080"), &inventory, &[]);
}
