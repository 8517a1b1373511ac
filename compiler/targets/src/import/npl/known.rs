//! What the standard library declares and policies commonly name. Used only where it is equal, so
//! that a name changes no meaning; a test compares this list with the library.

use npl_policy::{
    addr::Net,
    label::{Cube, Values},
};

/// Path, label, value and namespace of a foreign workload of the library.
const PODS: [(&str, &str, &str, &str); 3] = [
    (
        "std.kubernetes.kube_dns",
        "k8s-app",
        "kube-dns",
        "kube-system",
    ),
    (
        "std.kubernetes.metrics_server",
        "k8s-app",
        "metrics-server",
        "kube-system",
    ),
    (
        "std.kubernetes.prometheus",
        "app.kubernetes.io/name",
        "prometheus",
        "monitoring",
    ),
];

const NETS: [(&str, &[&str]); 3] = [
    (
        "std.net.private",
        &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
    ),
    ("std.net.link_local", &["169.254.0.0/16", "fe80::/10"]),
    ("std.net.cgnat", &["100.64.0.0/10"]),
];

pub(super) fn pods(cube: &Cube) -> Option<&'static str> {
    PODS.iter().find_map(|(path, key, value, namespace)| {
        let known = Cube::every()
            .with_namespace(&Values::is(*namespace))
            .with_label(*key, &Values::is(*value));
        (known == *cube).then_some(*path)
    })
}

pub(super) fn nets(nets: &[Net]) -> Option<&'static str> {
    NETS.iter().find_map(|(path, texts)| {
        let mut known: Vec<Net> = texts
            .iter()
            .filter_map(|text| text.parse().ok())
            .map(Net::plain)
            .collect();
        known.sort();
        (known == nets).then_some(*path)
    })
}

/// Everything that may be written as a `use`: a path, and the same as a declaration.
pub fn declarations() -> Vec<(&'static str, String)> {
    let pods = PODS.iter().map(|(path, key, value, namespace)| {
        let text = format!("{{ \"{key}\": \"{value}\" }} in namespace {namespace}");
        (*path, format!("foreign workload own {text}"))
    });
    let nets = NETS
        .iter()
        .map(|(path, texts)| (*path, format!("network own = {}", texts.join(" | "))));
    pods.chain(nets).collect()
}
