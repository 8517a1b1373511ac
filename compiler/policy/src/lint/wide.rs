//! Allows wide enough to hold what nobody meant: the metadata service, the API server.

use ipnet::IpNet;
use npl_diagnostics::{Diagnostic, Place, codes::lints};

use crate::{
    addr::{AddrSet, Net, known_nets, metadata, private},
    lint::{
        context::{Context, End, Found, found},
        external::{deny_metadata, listed},
        fixes,
    },
    model::{ControlPlane, Direction, Entity, Rule, Verdict},
    port::PortSet,
};

/// A network inside these names metadata addresses on purpose.
const MEANT: &[&str] = &["169.254.0.0/16", "fd00:ec2::/32"];

/// A public prefix as short as this names nobody in particular.
const SHORT_V4: u8 = 8;
const SHORT_V6: u8 = 16;

pub(super) fn check(context: &Context<'_>, out: &mut Found) {
    let (private, meant, metadata) = (private(), known_nets(MEANT), metadata());
    for (index, rule, ends) in context.rules() {
        let leaving = |end: &&End<'_>| {
            end.end.verdict == Verdict::Allow
                && end.end.direction == Direction::Egress
                && (!end.end.peers.nets.is_empty() || !end.end.peers.entities.is_empty())
                && context.bound(end.subject).any
        };
        let Some(end) = ends.iter().find(leaving) else {
            continue;
        };
        let open = metadata_of(context, end, &metadata, &meant);
        if !open.is_empty() {
            let finding = metadata_reachable(rule, &open);
            out.push((index, deny_metadata(context, rule, finding)));
        }
        if let Some(by) = api_server(context, end, &private) {
            let sure = context.model.settings.control_plane == ControlPlane::External;
            out.push((index, reaches_api_server(rule, &by, sure)));
        }
    }
}

/// The metadata addresses that an end admits on port 80 and that no deny covers.
fn metadata_of(
    context: &Context<'_>,
    end: &End<'_>,
    metadata: &AddrSet,
    meant: &AddrSet,
) -> AddrSet {
    let http = PortSet::tcp(80, 80);
    if !http.implies(&end.end.ports) {
        return AddrSet::default();
    }
    let peers = &end.end.peers;
    let wide = |e: &Entity| matches!(e, Entity::All | Entity::World);
    let held = if peers.entities.iter().any(wide) {
        metadata.clone()
    } else {
        let nets = peers.nets.iter();
        let wide = nets.filter(|net| !AddrSet::from_cidrs([net.cidr]).implies(meant));
        AddrSet::from_nets(wide).intersect(metadata)
    };
    context.undenied(held, end, &http)
}

fn metadata_reachable(rule: &Rule, open: &AddrSet) -> Diagnostic<Place> {
    let message = format!("this allow holds the metadata service at {}", listed(open));
    found(&lints::METADATA_REACHABLE, rule, message)
        .note("a breached pod asks it for the credentials of the node")
}

/// The part of an end by which it may admit the API server, if no deny covers that.
fn api_server(context: &Context<'_>, end: &End<'_>, private: &AddrSet) -> Option<String> {
    if context.model.settings.control_plane == ControlPlane::Nodes {
        return None;
    }
    let usual = PortSet::tcp(443, 443).union(&PortSet::tcp(6443, 6443));
    let ports = end.end.ports.intersect(&usual);
    if ports.is_empty() {
        return None;
    }
    let peers = &end.end.peers;
    // Whoever names the API server means it.
    if peers.entities.contains(&Entity::KubeApiserver) {
        return None;
    }
    let by = if peers.entities.contains(&Entity::World) {
        "world".to_owned()
    } else if peers.entities.contains(&Entity::All) {
        "all".to_owned()
    } else {
        let net = peers.nets.iter().find(|net| may_hold(net, private))?;
        net.cidr.to_string()
    };
    let covered = context
        .denies_on(Direction::Egress, end.subject)
        .any(|deny| {
            // The allow admits it as an address of `world`, so a deny of `world` takes it too.
            let holds = |e: &Entity| {
                let wide = [Entity::All, Entity::Cluster, Entity::World];
                *e == Entity::KubeApiserver || wide.contains(e)
            };
            ports.implies(&deny.end.ports) && deny.end.peers.entities.iter().any(holds)
        });
    (!covered).then_some(by)
}

/// Wide enough that a control plane may lie in it: a whole private block, or a short prefix.
fn may_hold(net: &Net, private: &AddrSet) -> bool {
    let short = match net.cidr {
        IpNet::V4(cidr) => cidr.prefix_len() <= SHORT_V4,
        IpNet::V6(cidr) => cidr.prefix_len() <= SHORT_V6,
    };
    let set = AddrSet::from_nets([net]);
    let blocks = private.to_cidrs();
    let mut whole = blocks.iter().map(|block| AddrSet::from_cidrs([*block]));
    short || whole.any(|block| block.implies(&set))
}

fn reaches_api_server(rule: &Rule, by: &str, sure: bool) -> Diagnostic<Place> {
    let holds = if sure { "holds" } else { "may hold" };
    let message = format!("`{by}` {holds} the Kubernetes API server, and no deny covers it");
    let finding = found(&lints::WORLD_REACHES_APISERVER, rule, message)
        .note("a breached pod calls it with the token that is mounted into the pod")
        .help(
            "add `deny all -> kube_apiserver`, or set `control-plane = \"nodes\"` in the target's \
             table of npl.toml (such as `[target.cilium]`) if it runs on the cluster's own nodes",
        );
    if !fixes::is_own(rule) {
        return finding;
    }
    let line = "\ndeny all -> kube_apiserver";
    finding.fix("deny the API server", false, fixes::after(rule), line)
}
