//! Groups of ends and sets of ports that several rules use: declared once, under one name.

use npl_policy::port::PortSet;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{name::Names, node::Node, piece::Line, port::members};

/// A group of two is written out where it stands; a longer one is declared when it comes twice.
const GROUP_MEMBERS_MIN: usize = 3;
const PORTS_MIN: usize = 3;
const USES_MIN: usize = 2;

#[derive(Default)]
pub(super) struct Shared {
    pub(super) groups: Vec<(SmolStr, Vec<Node>)>,
    pub(super) ports: Vec<(SmolStr, PortSet)>,
    group_names: FxHashMap<Vec<Node>, SmolStr>,
    port_names: FxHashMap<PortSet, SmolStr>,
}

impl Shared {
    pub(super) fn of(lines: &[Line], names: &mut Names<'_>, text: impl Fn(Node) -> String) -> Self {
        let mut out = Self::default();
        let mut uses: FxHashMap<&[Node], (usize, usize)> = FxHashMap::default();
        let mut ports: FxHashMap<&PortSet, (usize, usize)> = FxHashMap::default();
        for (at, line) in lines.iter().enumerate() {
            for set in [&line.sources, &line.destinations] {
                if set.len() >= GROUP_MEMBERS_MIN {
                    uses.entry(set).or_insert((at, 0)).1 += 1;
                }
            }
            if members(&line.ports).is_some_and(|list| list.len() >= PORTS_MIN) {
                ports.entry(&line.ports).or_insert((at, 0)).1 += 1;
            }
        }
        let mut groups: Vec<_> = uses
            .into_iter()
            .filter(|(_, uses)| uses.1 >= USES_MIN)
            .collect();
        groups.sort_by_key(|(set, (first, _))| (*first, set.to_vec()));
        for (set, _) in groups {
            let first = set.first().map(|node| text(*node)).unwrap_or_default();
            let name = names.take(&[format!("{first}-and-{}-more", set.len() - 1)]);
            out.group_names.insert(set.to_vec(), name.clone());
            out.groups.push((name, set.to_vec()));
        }
        let mut ports: Vec<_> = ports
            .into_iter()
            .filter(|(_, uses)| uses.1 >= USES_MIN)
            .collect();
        ports.sort_by_key(|(_, (first, _))| *first);
        for (set, (first, _)) in ports {
            let line = lines.get(first);
            let to = line.and_then(|line| line.destinations.first());
            let to = to.map(|node| text(*node)).unwrap_or_default();
            let name = names.take(&[format!("{to}-ports")]);
            out.port_names.insert(set.clone(), name.clone());
            out.ports.push((name, set.clone()));
        }
        out
    }

    pub(super) fn group(&self, set: &[Node]) -> Option<&SmolStr> {
        self.group_names.get(set)
    }

    pub(super) fn port(&self, set: &PortSet) -> Option<&SmolStr> {
        self.port_names.get(set)
    }
}
