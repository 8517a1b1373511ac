//! Networks that do not hold what their addresses suggest.

use std::net::IpAddr;

use npl_diagnostics::{Diagnostic, Place, codes::lints};
use rustc_hash::FxHashMap;

use crate::{
    addr::{AddrSet, endpoints, known_nets, node_local_addresses, private},
    lint::context::{Context, End, Found, SetId, found},
    model::{Entity, Rule, Set, Verdict},
};

/// A network inside these was written for addresses of the node's own link.
const LINK: &[&str] = &["169.254.0.0/16", "fd00:ec2::/32"];

/// What is to be said of one set of peers; asked once for each set.
#[derive(Clone, Default)]
struct Facts {
    node_local: Option<(IpAddr, &'static str)>,
    private: Option<String>,
}

/// `placed`: an inventory shows where pods and nodes are, so that nothing has to be guessed.
pub(super) fn check(context: &Context<'_>, placed: bool, out: &mut Found) {
    let tables = (private().subtract(&endpoints()), known_nets(LINK));
    let mut memo: FxHashMap<SetId, Facts> = FxHashMap::default();
    for (index, rule, ends) in context.rules() {
        let has_nets = |end: &&End<'_>| !end.end.peers.nets.is_empty();
        let Some(end) = ends.iter().find(has_nets) else {
            continue;
        };
        let facts = memo
            .entry(end.peers)
            .or_insert_with(|| facts(&end.end.peers, &tables.0, &tables.1));
        if let Some((addr, what)) = facts.node_local {
            out.push((index, node_local(rule, addr, what)));
        }
        if rule.verdict != Verdict::Deny {
            continue;
        }
        if let Some(net) = facts.private.as_deref().filter(|_| !placed) {
            out.push((index, stops_no_pod(rule, net)));
        }
    }
}

fn facts(peers: &Set, private: &AddrSet, link: &AddrSet) -> Facts {
    let whole = |e: &Entity| matches!(e, Entity::All | Entity::Cluster);
    let holds_pods = peers.entities.iter().any(whole);
    let mut near = peers
        .nets
        .iter()
        .filter(|net| AddrSet::from_cidrs([net.cidr]).implies(link));
    let node_local = near.find_map(|net| node_local_addresses().find(|(a, _)| net.contains(*a)));
    let lies_private = |net: &&crate::addr::Net| {
        net.cidr.prefix_len() > 0 && !AddrSet::from_nets([*net]).disjoint(private)
    };
    let private = peers
        .nets
        .iter()
        .find(lies_private)
        .filter(|_| !holds_pods)
        .map(|net| net.cidr.to_string());
    Facts {
        node_local,
        private,
    }
}

fn node_local(rule: &Rule, addr: IpAddr, what: &str) -> Diagnostic<Place> {
    let message = format!("the node itself answers {addr} ({what}), and a network holds no node");
    found(&lints::NODE_LOCAL_ADDRESS, rule, message)
        .note("on Cilium these addresses are `host`, whatever a CIDR says")
        .help("write the rule on `host` and the port of the service, as in `host:{80, 2703}`")
}

fn stops_no_pod(rule: &Rule, net: &str) -> Diagnostic<Place> {
    let message = format!("denying `{net}` stops no pod and no node that has an address in it");
    found(&lints::DENY_STOPS_NO_POD, rule, message)
        .note("a network holds no pod and no node, whatever its addresses")
        .help("name the workloads, `cluster`, `host` or `remote_node` if these are meant")
}
