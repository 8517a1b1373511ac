//! Ports and protocols of a rule, each with the key by which Cilium merges rules.

use std::collections::BTreeSet;

use npl_policy::{
    inventory::{Inventory, PodTemplate, Proto as PodProto},
    label::{Cube, Values, subtract_all},
    port::{PortSet, Ranges},
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::import::shape::{Port, PortNumber, Proto};

/// One port of one protocol, spelled as Cilium compares it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PortPart {
    pub(super) key: Key,
    pub(super) set: PortSet,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) number: PortNumber,
    pub(super) end: u16,
    pub(super) proto: Proto,
}

impl Key {
    /// Envoy is not told of port 0 with an end.
    pub(super) fn unseen_by_proxy(&self) -> bool {
        self.number == PortNumber::Number(0) && self.end > 0
    }

    /// The DNS proxy looks only at filters of the exact port.
    pub(super) fn is_exact(&self) -> bool {
        match self.number {
            PortNumber::Number(number) => number > 0 && self.end <= number,
            PortNumber::Name(_) => true,
        }
    }
}

/// A rule without ports: every protocol, ICMP too.
pub(super) fn everything() -> PortPart {
    PortPart {
        key: Key {
            number: PortNumber::Number(0),
            end: 0,
            proto: Proto::Any,
        },
        set: PortSet::all(),
    }
}

/// The protocols that one item speaks of.
pub(super) fn protocols(port: &Port) -> &[Proto] {
    match &port.proto {
        Proto::Any => &[Proto::Tcp, Proto::Udp, Proto::Sctp],
        one => std::slice::from_ref(one),
    }
}

pub(super) fn key(port: &Port, proto: Proto) -> Key {
    Key {
        number: port.number.clone(),
        end: port.end,
        proto,
    }
}

/// The ports of a number; `None` for a protocol that has none.
pub(super) fn numbered(number: u16, end: u16, proto: Proto) -> Option<PortSet> {
    let (low, high) = match number {
        0 => (0, u16::MAX),
        low if end > low => (low, end),
        low => (low, low),
    };
    let ranges = || Ranges::new([(low, high)]);
    let types = || (0..=u8::MAX).filter(move |t| (low..=high).contains(&u16::from(*t)));
    Some(match proto {
        Proto::Tcp => PortSet {
            tcp: ranges(),
            ..PortSet::default()
        },
        Proto::Udp => PortSet {
            udp: ranges(),
            ..PortSet::default()
        },
        Proto::Sctp => PortSet {
            sctp: ranges(),
            ..PortSet::default()
        },
        Proto::Icmp => PortSet::icmp(types(), []),
        Proto::Icmpv6 => PortSet::icmp([], types()),
        _ => return None,
    })
}

/// Pods of the inventory that give a name one set of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Named {
    /// Disjoint.
    pub(super) pods: Vec<Cube>,
    pub(super) number: u16,
}

/// Pods of two templates that labels do not tell apart, and that number a name differently.
pub(super) struct Alike<'i>(pub(super) &'i PodTemplate, pub(super) &'i PodTemplate);

/// What pods of the inventory mean by the name of a port, as far as `wanted` holds them. Pods of
/// a template may have all labels of another, and more: they are theirs alone, whatever the other
/// one calls so. `together`: pods of one identity have all the ports that any of them has.
pub(super) fn named<'i>(
    inventory: &'i Inventory,
    name: &SmolStr,
    proto: Proto,
    wanted: &dyn Fn(&Cube) -> bool,
    together: bool,
) -> Result<Vec<Named>, Alike<'i>> {
    let templates = inventory.workloads.iter();
    let all: Vec<Calls<'_>> = templates
        .map(|template| Calls {
            pods: pods_of(template),
            numbers: numbers(template, name, proto),
            template,
        })
        .filter(|calls| wanted(&calls.pods))
        .collect();
    let within = Within::new(&all);
    let mut seen: FxHashSet<Named> = FxHashSet::default();
    let mut out: Vec<Named> = Vec::new();
    for calls in all.iter().filter(|calls| !calls.numbers.is_empty()) {
        let others = within.near(calls).filter_map(|at| all.get(at));
        let others = others.filter(|other| other.numbers != calls.numbers);
        let mut inner: Vec<Cube> = Vec::new();
        for other in others.filter(|other| other.pods.implies(&calls.pods)) {
            if other.pods != calls.pods {
                inner.push(other.pods.clone());
            } else if !together || other.template.account != calls.template.account {
                return Err(Alike(calls.template, other.template));
            }
        }
        let own = std::slice::from_ref(&calls.pods);
        let Ok(pods) = subtract_all(own, &inner) else {
            let other = all.iter().find(|other| inner.contains(&other.pods));
            return Err(Alike(
                calls.template,
                other.map_or(calls.template, |other| other.template),
            ));
        };
        for number in &calls.numbers {
            let found = Named {
                pods: pods.clone(),
                number: *number,
            };
            if seen.insert(found.clone()) {
                out.push(found);
            }
        }
    }
    Ok(out)
}

/// Templates by their namespaces and by each of their labels.
struct Within<'i> {
    by_namespace: FxHashMap<&'i SmolStr, Vec<usize>>,
    by_label: FxHashMap<(&'i SmolStr, &'i (SmolStr, SmolStr)), Vec<usize>>,
}

impl<'i> Within<'i> {
    fn new(all: &[Calls<'i>]) -> Self {
        let (mut by_namespace, mut by_label) = (FxHashMap::default(), FxHashMap::default());
        for (at, calls) in all.iter().enumerate() {
            let namespace = &calls.template.namespace;
            let list: &mut Vec<usize> = by_namespace.entry(namespace).or_default();
            list.push(at);
            for label in &calls.template.labels {
                let list: &mut Vec<usize> = by_label.entry((namespace, label)).or_default();
                list.push(at);
            }
        }
        Self {
            by_namespace,
            by_label,
        }
    }

    /// Those that may have all labels of a template: the fewest that have one of them.
    fn near(&self, calls: &Calls<'i>) -> impl Iterator<Item = usize> {
        let namespace = &calls.template.namespace;
        let labels = calls.template.labels.iter();
        let lists = labels.filter_map(|label| self.by_label.get(&(namespace, label)));
        let fewest = lists.min_by_key(|list| list.len());
        let found = fewest.or_else(|| self.by_namespace.get(namespace));
        found.into_iter().flatten().copied()
    }
}

/// What one template calls by a name.
struct Calls<'i> {
    pods: Cube,
    numbers: BTreeSet<u16>,
    template: &'i PodTemplate,
}

fn numbers(template: &PodTemplate, name: &SmolStr, proto: Proto) -> BTreeSet<u16> {
    let fits = |of: PodProto| match of {
        PodProto::Tcp => proto == Proto::Tcp,
        PodProto::Udp => proto == Proto::Udp,
        PodProto::Sctp => proto == Proto::Sctp,
    };
    let ports = template.ports.iter().filter(|port| {
        let have = port.name.as_ref();
        fits(port.proto) && have.is_some_and(|have| have.eq_ignore_ascii_case(name))
    });
    ports.map(|port| port.port).collect()
}

/// Pods that have all the labels of the template are taken for its pods.
pub(super) fn pods_of(template: &PodTemplate) -> Cube {
    let namespace = Values::is(template.namespace.clone());
    let mut cube = Cube::every().with_namespace(&namespace);
    for (key, value) in &template.labels {
        cube = cube.with_label(key.clone(), &Values::is(value.clone()));
    }
    cube
}
