//! Flows for the random programs: pods of their small universe, addresses on both sides of every
//! boundary, ports on the edges of every range, facts that some clause admits and some that none
//! does.

use std::net::IpAddr;

use npl_policy::{
    interpret::{Endpoint, Flow},
    model::{Facts, FlowPort, Pod},
};
use npl_test_support::random::{APPS, NAMESPACES, Rng, TIERS};
use smol_str::SmolStr;

const ADDRESSES: [(&str, &[&str]); 16] = [
    ("192.0.2.1", &[]),
    ("192.0.2.70", &[]),
    ("192.0.2.200", &[]),
    ("198.51.100.5", &[]),
    ("198.51.100.200", &[]),
    ("203.0.113.9", &["api.example.com"]),
    ("203.0.113.10", &["x.example.com"]),
    ("203.0.113.11", &["api.example.com", "other.test"]),
    ("203.0.113.12", &["a.b.cdn.example.net"]),
    ("203.0.113.13", &["a.b.example.com"]),
    ("8.8.8.8", &[]),
    ("2001:db8::1", &[]),
    ("2600::1", &[]),
    ("10.0.0.1", &[]),
    ("169.254.169.254", &[]),
    ("fd00:ec2::254", &[]),
];

const TCP: [u16; 15] = [
    80, 443, 8000, 8003, 8004, 8005, 8010, 8011, 8020, 8021, 7000, 7002, 53, 22, 8443,
];

const SNI: [&str; 6] = [
    "",
    "a.example.com",
    "z.example.com",
    "b.example.net",
    "api.example.com",
    "a.b.example.com",
];

const PATHS: [&str; 10] = [
    "*",
    "/",
    "/a/7",
    "/a/",
    "/a/7/8",
    "/b",
    "/c",
    "/c/d/e",
    "/shop.Orders/Place",
    "/shop.Orders/",
];

const DNS: [&str; 4] = [
    "api.example.com",
    "z.example.com",
    "a.b.example.com",
    "other.test",
];

/// `count` flows; the same random state gives the same.
pub fn flows(rng: &mut Rng, count: usize) -> Vec<Flow> {
    (0..count).map(|_| flow(rng)).collect()
}

fn flow(rng: &mut Rng) -> Flow {
    let pod_first = rng.chance(75);
    let (src, dst) = if pod_first {
        (Endpoint::Pod(pod(rng)), any_end(rng, false))
    } else {
        (any_end(rng, true), Endpoint::Pod(pod(rng)))
    };
    let port = port(rng, &dst);
    Flow {
        src,
        dst,
        port,
        facts: facts(rng, port),
    }
}

fn pod(rng: &mut Rng) -> Pod {
    if rng.chance(12) {
        return resolver();
    }
    let namespace = rng.pick(&NAMESPACES);
    let mut labels: Vec<(SmolStr, SmolStr)> = Vec::new();
    if rng.chance(90) {
        labels.push(("app".into(), rng.pick(&APPS).into()));
    }
    if rng.chance(50) {
        labels.push(("tier".into(), rng.pick(&TIERS).into()));
    }
    Pod {
        namespace: namespace.into(),
        namespace_labels: namespace_labels(namespace),
        labels,
        account: if rng.chance(20) { "robot" } else { "default" }.into(),
    }
}

fn resolver() -> Pod {
    Pod {
        namespace: "data".into(),
        namespace_labels: namespace_labels("data"),
        labels: vec![("app".into(), "dns".into())],
        account: "default".into(),
    }
}

/// Namespace `data` carries the label that programs select by; both carry their name.
fn namespace_labels(namespace: &str) -> Vec<(SmolStr, SmolStr)> {
    let mut out = vec![("kubernetes.io/metadata.name".into(), namespace.into())];
    if namespace == "data" {
        out.push(("team".into(), "pay".into()));
    }
    out
}

fn any_end(rng: &mut Rng, source: bool) -> Endpoint {
    match rng.below(10) {
        0..=4 => Endpoint::Pod(pod(rng)),
        5..=7 => {
            let (ip, names) = ADDRESSES
                .get(rng.below(ADDRESSES.len()))
                .copied()
                .unwrap_or_default();
            let ip: IpAddr = ip.parse().unwrap_or(IpAddr::from([8, 8, 4, 4]));
            Endpoint::Addr {
                ip,
                names: names.iter().copied().map(SmolStr::new).collect(),
                // A managed API server answers at an address of `world`.
                api_server: names.is_empty() && rng.chance(15),
            }
        }
        8 if source => Endpoint::Host { api_server: false },
        8 => Endpoint::Health,
        _ => match rng.below(3) {
            0 => Endpoint::RemoteNode { api_server: false },
            1 => Endpoint::RemoteNode { api_server: true },
            _ => Endpoint::CiliumIngress,
        },
    }
}

fn port(rng: &mut Rng, dst: &Endpoint) -> FlowPort {
    let v6 = matches!(
        dst,
        Endpoint::Addr {
            ip: IpAddr::V6(_),
            ..
        }
    );
    match rng.below(20) {
        0 if v6 => FlowPort::Icmp6(128),
        0 => FlowPort::Icmp4(8),
        1 if v6 => FlowPort::Icmp6(if rng.chance(50) { 1 } else { 3 }),
        1 => FlowPort::Icmp4(*[0, 3, 11].get(rng.below(3)).unwrap_or(&0)),
        2 => FlowPort::Udp(443),
        3 | 4 => FlowPort::Udp(53),
        5 => FlowPort::Sctp(if rng.chance(50) { 8000 } else { 8004 }),
        6 => FlowPort::Udp(if rng.chance(50) { 8003 } else { 8000 }),
        7 => FlowPort::Tcp(53),
        8..=10 => FlowPort::Tcp(443),
        11..=12 => FlowPort::Tcp(80),
        _ => FlowPort::Tcp(TCP.get(rng.below(TCP.len())).copied().unwrap_or(80)),
    }
}

/// Now and then what a port's clauses do not expect: TLS to an HTTP port, HTTP to a TLS port.
fn facts(rng: &mut Rng, port: FlowPort) -> Facts {
    let mut facts = Facts::default();
    let speaks = match port {
        FlowPort::Tcp(53) => port,
        FlowPort::Tcp(80) if rng.chance(25) => FlowPort::Tcp(443),
        FlowPort::Tcp(8443) => FlowPort::Tcp(443),
        FlowPort::Tcp(8000..=8010) if rng.chance(50) => {
            FlowPort::Tcp(if rng.chance(50) { 443 } else { 80 })
        }
        FlowPort::Tcp(_) if rng.chance(15) => FlowPort::Tcp(if rng.chance(50) { 443 } else { 80 }),
        port => port,
    };
    match speaks {
        FlowPort::Tcp(443) if rng.chance(80) => facts.sni = Some(rng.pick(&SNI).into()),
        FlowPort::Tcp(80) if rng.chance(80) => {
            facts.method = Some(rng.pick(&["GET", "POST", "DELETE"]).into());
            facts.path = Some(rng.pick(&PATHS).into());
            facts.host = Some(
                rng.pick(&["shop.example.com", "evil.example.com", "x.test"])
                    .into(),
            );
        }
        FlowPort::Udp(53) | FlowPort::Tcp(53) if rng.chance(80) => {
            facts.dns = Some(rng.pick(&DNS).into());
        }
        _ => {}
    }
    facts
}
