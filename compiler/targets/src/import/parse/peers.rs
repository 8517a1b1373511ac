//! The peers of one rule: exactly one kind of them, each item checked.

use std::net::IpAddr;

use ipnet::IpNet;
use npl_diagnostics::{Diagnostic, Place, codes::import as codes};
use smol_str::{SmolStr, format_smolstr};

use super::{
    fields::{Findings, Object},
    names,
    object_name::can_be_name,
    ports::Context,
    scope::Scope,
    selector::selector,
};
use crate::{
    import::{
        selector::Selector,
        shape::{Peer, Peers, ServiceRef},
    },
    yaml::read::Node,
};

/// The kinds of peers, without `from` or `to`.
const KINDS: [&str; 8] = [
    "Endpoints",
    "Nodes",
    "CIDR",
    "CIDRSet",
    "Entities",
    "Groups",
    "FQDNs",
    "Services",
];

pub(super) struct Read {
    pub(super) peers: Peers,
    /// Of the peers, one by one.
    pub(super) places: Vec<Place>,
    pub(super) services: Vec<ServiceRef>,
}

/// Reads the peers of one item. `Services` and `FQDNs` are only looked for where the item may have
/// them (`kinds`).
pub(super) fn peers(out: &mut Findings, item: Object<'_>, scope: &Scope, context: Context) -> Read {
    let side = if context.ingress { "from" } else { "to" };
    let mut read = Read {
        peers: Peers::These(Vec::new()),
        places: Vec::new(),
        services: Vec::new(),
    };
    let mut filled: Option<(SmolStr, Place)> = None;
    for kind in KINDS {
        // What an item of this list does not have, Kubernetes drops.
        let dropped = match kind {
            "FQDNs" => context.ingress || context.deny,
            "Services" => context.ingress,
            _ => false,
        };
        if dropped {
            continue;
        }
        let field = format_smolstr!("{side}{kind}");
        let Some(entry) = item.entry(&field) else {
            continue;
        };
        let items = out.list(&entry.value, &field);
        if items.is_empty() && entry.value.as_seq().is_none() {
            continue;
        }
        if items.is_empty() {
            empty(out, &mut read, kind, &field, entry.key_place());
            continue;
        }
        if let Some((other, at)) = &filled {
            let message = format!("one rule has both `{other}` and `{field}`");
            let finding = Diagnostic::new(&codes::POLICY_MIXED_PEERS, entry.key_place(), message)
                .also(*at, format!("`{other}` stands here"))
                .help("write one rule for each kind of peer");
            out.refuse_with(finding);
            continue;
        }
        filled = Some((field.clone(), entry.key_place()));
        each(out, &mut read, kind, &field, (items, scope));
    }
    read
}

/// An empty list selects nothing, except where Cilium forgets that it was there.
fn empty(out: &mut Findings, read: &mut Read, kind: &str, field: &str, at: Place) {
    if matches!(kind, "Groups" | "FQDNs" | "Services") {
        let message =
            format!("an empty `{field}` counts as absent, so with ports it selects everybody");
        let finding = Diagnostic::new(&codes::POLICY_EMPTY_PEERS, at, message);
        out.warn(finding.help("remove the rule, or list its peers"));
        return;
    }
    read.peers = Peers::Nothing;
    let message = format!("an empty `{field}` selects nobody");
    let finding = Diagnostic::new(&codes::POLICY_EMPTY_PEERS, at, message);
    out.warn(finding.help("remove the rule, or list its peers"));
}

fn each(
    out: &mut Findings,
    read: &mut Read,
    kind: &str,
    field: &str,
    (items, scope): (&[Node], &Scope),
) {
    let mut found = Vec::with_capacity(items.len());
    for node in items {
        match kind {
            "Endpoints" => {
                let selector = selector(out, node, field, "any");
                found.push(Peer::Labels(scope.peer(selector)));
            }
            "Nodes" => {
                selector(out, node, field, "any");
            }
            "CIDR" => found.extend(network(out, node, field)),
            "CIDRSet" => found.extend(network_set(out, node, field)),
            "Entities" => found.extend(entity(out, node, field, scope)),
            "Groups" => found.extend(group(out, node, field)),
            "FQDNs" => found.extend(names::name_match(out, node, field).map(Peer::Name)),
            _ => read.services.extend(service(out, node, field)),
        }
        // An entity is several peers at one place.
        read.places.resize(found.len(), node.place());
    }
    if kind == "Nodes" {
        let at = items
            .first()
            .map_or(Place::in_file(scope.file, Default::default()), |n| {
                n.place()
            });
        let message = format!("`{field}` needs the agent flag `--enable-node-selector-labels`");
        let finding = Diagnostic::new(&codes::POLICY_NEEDS_AGENT_FLAG, at, message);
        out.refuse_with(finding.help("use the entities `host` and `remote-node`"));
    }
    if let Peers::These(peers) = &mut read.peers {
        peers.append(&mut found);
    }
}

fn network(out: &mut Findings, node: &Node, field: &str) -> Option<Peer> {
    let text = out.string(node, field)?;
    let cidr = network_of(out, text, node.place())?;
    Some(Peer::Network {
        cidr,
        except: Vec::new(),
        spelling: format_smolstr!("cidr:{text}"),
    })
}

/// A prefix; host bits are masked away, as Cilium does.
pub(super) fn cidr(out: &mut Findings, text: &str, at: Place) -> Option<IpNet> {
    let Some(net) = prefix(text) else {
        let message = format!("`{text}` is not an address with a prefix length");
        let finding = Diagnostic::new(&codes::POLICY_BAD_NETWORK, at, message);
        let finding = match (text.parse::<IpAddr>(), text.parse::<IpNet>()) {
            (Ok(addr), _) => {
                let whole = IpNet::from(addr);
                finding.fix(format!("write `{whole}`"), true, at, whole.to_string())
            }
            // Some read such a number as octal.
            (_, Ok(net)) => finding.help("write numbers without zeros in front").fix(
                format!("write `{net}`"),
                false,
                at,
                net.to_string(),
            ),
            _ => finding.help("write it as `10.0.0.0/8` or `2001:db8::/32`"),
        };
        out.refuse_with(finding);
        return None;
    };
    let whole = net.trunc();
    if whole.addr() != net.addr() && !never_matches(&whole) {
        let message = format!("`{net}` has bits behind its prefix, and means `{whole}`");
        let title = format!("write `{whole}`");
        let finding = Diagnostic::new(&codes::POLICY_NETWORK_ODD, at, message)
            .help("write what it means, or the prefix length that was meant")
            .fix(title, true, at, format!("\"{whole}\""));
        out.warn(finding);
    }
    Some(whole)
}

/// A prefix whose addresses are meant to be met.
pub(super) fn network_of(out: &mut Findings, text: &str, at: Place) -> Option<IpNet> {
    let net = cidr(out, text, at)?;
    if never_matches(&net) {
        let message = "an IPv4 address written as IPv6 never matches: Cilium sees IPv4";
        let finding = Diagnostic::new(&codes::POLICY_NETWORK_ODD, at, message);
        out.warn(finding.help("write the IPv4 network"));
    }
    Some(net)
}

/// IPv4 addresses that are written as IPv6 (`::ffff:10.0.0.0`).
pub(crate) fn never_matches(net: &IpNet) -> bool {
    match net {
        IpNet::V6(six) => six.prefix_len() >= 96 && six.addr().to_ipv4_mapped().is_some(),
        IpNet::V4(_) => false,
    }
}

/// As Go's `netip.ParsePrefix`: no number has a zero in front.
pub(crate) fn prefix(text: &str) -> Option<IpNet> {
    let (addr, length) = text.split_once('/')?;
    let plain = length.bytes().all(|b| b.is_ascii_digit());
    if !plain || (length.len() > 1 && length.starts_with('0')) {
        return None;
    }
    IpNet::new(addr.parse::<IpAddr>().ok()?, length.parse().ok()?).ok()
}

fn network_set(out: &mut Findings, node: &Node, field: &str) -> Option<Peer> {
    let object = out.object(node, field)?;
    let fields = ["cidr", "cidrGroupRef", "cidrGroupSelector", "except"];
    out.known(object, field, &fields);
    let given = |name: &str| object.get(name).is_some();
    let count = usize::from(given("cidr"))
        + usize::from(given("cidrGroupRef"))
        + usize::from(given("cidrGroupSelector"));
    if count != 1 {
        let kinds = "`cidr`, `cidrGroupRef` and `cidrGroupSelector`";
        let message = format!("an item of `{field}` needs exactly one of {kinds}");
        out.refuse(&codes::POLICY_BAD_NETWORK, object.place, message);
        return None;
    }
    let excepts: Vec<(SmolStr, Place)> = out
        .items(object, "except")
        .iter()
        .filter_map(|node| Some((out.string(node, "except")?.clone(), node.place())))
        .collect();
    let except: Vec<IpNet> = excepts
        .iter()
        .filter_map(|(text, at)| cidr(out, text, *at))
        .collect();
    let tail = if excepts.is_empty() {
        String::new()
    } else {
        let texts: Vec<&str> = excepts.iter().map(|(text, _)| text.as_str()).collect();
        format!("-[{}]", texts.join(","))
    };
    if let Some(node) = object.get("cidrGroupRef") {
        let name = out.string(node, "cidrGroupRef")?.clone();
        if !can_be_name(&name) {
            let message = format!("`{name}` can be the name of no CIDR group");
            out.refuse(&codes::POLICY_BAD_NETWORK, node.place(), message);
            return None;
        }
        let spelling = format_smolstr!("cidrgroup:{name}{tail}");
        return Some(Peer::Group {
            name,
            except,
            spelling,
        });
    }
    if let Some(node) = object.get("cidrGroupSelector") {
        let selector = selector(out, node, "cidrGroupSelector", "k8s");
        let spelling = format_smolstr!("{}{tail}", selector.spelling());
        return Some(Peer::GroupLabels {
            selector,
            except,
            spelling,
        });
    }
    let node = object.get("cidr")?;
    let text = out.string(node, "cidr")?;
    let cidr = network_of(out, text, node.place())?;
    let spelled = except.iter().zip(&excepts);
    spelled.for_each(|(inner, (spelled, at))| exception(out, (&cidr, text), (inner, spelled, *at)));
    let spelling = format_smolstr!("cidr:{text}{tail}");
    Some(Peer::Network {
        cidr,
        except,
        spelling,
    })
}

/// An exception that takes nothing away, or all.
fn exception(
    out: &mut Findings,
    (cidr, text): (&IpNet, &str),
    (inner, spelled, at): (&IpNet, &str, Place),
) {
    if !cidr.contains(inner) {
        let message = format!("the exception `{spelled}` lies outside `{text}`");
        let finding = Diagnostic::new(&codes::POLICY_BAD_NETWORK, at, message);
        out.refuse_with(finding.help("remove it: it takes nothing away"));
    } else if inner == cidr {
        let message = "the exception takes the whole network away, so this selects nobody";
        let finding = Diagnostic::new(&codes::POLICY_NETWORK_ODD, at, message);
        out.warn(finding.help("remove the network, or make the exception smaller"));
    }
}

fn entity(out: &mut Findings, node: &Node, field: &str, scope: &Scope) -> Vec<Peer> {
    let Some(name) = out.string(node, field) else {
        return Vec::new();
    };
    let reserved: &[&str] = match name.as_str() {
        "all" => return vec![Peer::Labels(Selector::default())],
        "world" => &["world", "world-ipv4", "world-ipv6"],
        "cluster" | "cluster-mesh" => &[
            "host",
            "remote-node",
            "init",
            "ingress",
            "health",
            "unmanaged",
            "kube-apiserver",
        ],
        "host" | "init" | "ingress" | "unmanaged" | "remote-node" | "health" | "none"
        | "kube-apiserver" => &[name.as_str()],
        _ => {
            unknown_entity(out, name, node.place());
            return Vec::new();
        }
    };
    let mut peers: Vec<Peer> = reserved
        .iter()
        .map(|name| Peer::Labels(Selector::reserved(name)))
        .collect();
    match name.as_str() {
        "cluster" => peers.push(Peer::Labels(scope.local_cluster())),
        "cluster-mesh" => peers.push(Peer::Labels(Scope::any_cluster())),
        _ => {}
    }
    peers
}

fn unknown_entity(out: &mut Findings, name: &str, at: Place) {
    let known = "all, world, cluster, cluster-mesh, host, init, ingress, unmanaged, remote-node, \
                 health, none and kube-apiserver";
    let message = format!("`{name}` is not an entity");
    let finding = Diagnostic::new(&codes::POLICY_BAD_ENTITY, at, message);
    out.refuse_with(match name {
        "world-ipv4" => finding.help("use `toCIDR` with `0.0.0.0/0`"),
        "world-ipv6" => finding.help("use `toCIDR` with `::/0`"),
        _ => finding.help(format!("the entities are {known}")),
    });
}

/// Groups become a CiliumCIDRGroup that the operator fills; without it they hold nothing.
fn group(out: &mut Findings, node: &Node, field: &str) -> Option<Peer> {
    let object = out.object(node, field)?;
    out.known(object, field, &["aws"]);
    let aws = object.get("aws")?;
    let object = out.object(aws, "aws")?;
    let names = [
        "labels",
        "securityGroupsIds",
        "securityGroupsNames",
        "region",
    ];
    out.known(object, "aws", &names);
    let mut spelling = String::from("group:aws");
    for (key, value) in out.string_map(object, "labels") {
        spelling.push_str(&format!(";{key}={value}"));
    }
    for name in ["securityGroupsIds", "securityGroupsNames"] {
        for item in out.strings(object, name) {
            spelling.push_str(&format!(";{name}={item}"));
        }
    }
    Some(Peer::Group {
        name: SmolStr::new(&spelling),
        except: Vec::new(),
        spelling: SmolStr::new(spelling),
    })
}

fn service(out: &mut Findings, node: &Node, field: &str) -> Option<ServiceRef> {
    let object = out.object(node, field)?;
    out.known(object, field, &["k8sService", "k8sServiceSelector"]);
    if let Some(node) = object.get("k8sServiceSelector") {
        let object = out.object(node, "k8sServiceSelector")?;
        out.known(object, "k8sServiceSelector", &["selector", "namespace"]);
        let namespace = text(out, object, "namespace");
        let Some(node) = object.get("selector") else {
            let message = "`k8sServiceSelector` has no `selector`";
            out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
            return None;
        };
        let selector = selector(out, node, "selector", "any");
        return Some(ServiceRef::Labels {
            namespace,
            selector,
        });
    }
    let node = object.get("k8sService")?;
    let object = out.object(node, "k8sService")?;
    out.known(object, "k8sService", &["serviceName", "namespace"]);
    let namespace = text(out, object, "namespace");
    let name = text(out, object, "serviceName");
    Some(ServiceRef::Named { namespace, name })
}

fn text(out: &mut Findings, object: Object<'_>, name: &str) -> SmolStr {
    object
        .get(name)
        .and_then(|node| out.string(node, name))
        .cloned()
        .unwrap_or_default()
}
