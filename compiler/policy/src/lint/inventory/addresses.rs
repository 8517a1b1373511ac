//! Networks against the addresses of the cluster.

use std::net::IpAddr;

use npl_diagnostics::{Diagnostic, Place, codes::inventory as codes};
use rustc_hash::FxHashSet;

use crate::{
    addr::{AddrSet, Net},
    inventory::Inventory,
    lint::context::{Context, Found, found},
    model::Rule,
};

/// A kind of address that a network does not hold, and why.
struct Held {
    set: AddrSet,
    what: &'static str,
    why: &'static str,
}

const NO_POD: &str = "a network holds no pod and no node, whatever its addresses";
const TRANSLATED: &str = "a Service's address is translated before policy is asked";
const API_SERVER: &str = "whether it counts as the network's depends on where the API server runs";

pub(super) fn check(context: &Context<'_>, inventory: &Inventory, out: &mut Found) {
    let kinds = kinds(inventory);
    // One network is one finding, at the first rule that names it.
    let mut seen: FxHashSet<&Net> = FxHashSet::default();
    for (index, rule, ends) in context.rules() {
        let sets = ends.iter().map(|end| &end.end.peers);
        let fresh: Vec<&Net> = sets
            .flat_map(|set| &set.nets)
            .filter(|net| seen.insert(*net))
            .collect();
        if let Some(finding) = fresh.iter().find_map(|net| covers(rule, net, &kinds)) {
            out.push((index, finding));
        }
    }
}

fn kinds(inventory: &Inventory) -> Vec<Held> {
    let pods = inventory.workloads.iter().flat_map(|w| &w.addresses);
    let nodes = inventory.nodes.iter().flat_map(|n| &n.addresses);
    let ranges = inventory.nodes.iter().flat_map(|n| &n.pod_cidrs);
    let api = |s: &&crate::inventory::Service| s.namespace == "default" && s.name == "kubernetes";
    let services = inventory.services.iter().filter(|s| !api(s));
    let of = |addrs: Vec<IpAddr>| AddrSet::from_addrs(addrs);
    let service_ips = services.flat_map(|s| &s.cluster_ips);
    let api_ips = inventory
        .services
        .iter()
        .filter(api)
        .flat_map(|s| s.cluster_ips.iter().chain(&s.addresses));
    let held = |set, what, why| Held { set, what, why };
    vec![
        held(of(nodes.copied().collect()), "the node address", NO_POD),
        held(of(pods.copied().collect()), "the pod address", NO_POD),
        held(
            AddrSet::from_cidrs(ranges.copied()),
            "the pod range",
            NO_POD,
        ),
        held(
            of(service_ips.copied().collect()),
            "the Service address",
            TRANSLATED,
        ),
        held(
            of(api_ips.copied().collect()),
            "the API server's address",
            API_SERVER,
        ),
    ]
}

fn covers(rule: &Rule, net: &Net, kinds: &[Held]) -> Option<Diagnostic<Place>> {
    let set = AddrSet::from_nets([net]);
    let met = |held: &Held| {
        if held.set.disjoint(&set) {
            return None;
        }
        let both = held.set.intersect(&set);
        let first = both.to_cidrs().into_iter().next()?;
        let address = if first.prefix_len() == first.max_prefix_len() {
            first.addr().to_string()
        } else {
            first.to_string()
        };
        Some((address, held.what, held.why))
    };
    let mut all = kinds.iter().filter_map(met);
    let (address, what, why) = all.next()?;
    let message = format!("the network `{}` holds {what} {address}", net.cidr);
    let mut finding = found(&codes::NETWORK_COVERS_CLUSTER, rule, message).note(why);
    for (address, what, why) in all {
        finding = finding.note(format!("it also holds {what} {address}: {why}"));
    }
    Some(finding.help(
        "name the workload, `host` or `remote_node` if these are meant, or take the range out with \
         `except`",
    ))
}
