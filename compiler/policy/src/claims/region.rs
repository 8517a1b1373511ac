//! Boxes: a part of the sources, a part of the destinations, and ports; and the one question that
//! every safety claim comes down to: do these boxes together cover that one?

use smol_str::SmolStr;

use crate::{
    addr::AddrSet,
    label::{Cube, TooLarge, Values, compatible},
    limits::CLAIM_STEPS_MAX,
    model::{FlowPort, Pod},
    port::PortSet,
};

/// A part of one kind of endpoint. Regions of two kinds never meet in one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// No limit, whatever the kind.
    Any,
    /// All of a kind that has no parts.
    Whole,
    Pods(Cube),
    Addrs(AddrSet),
}

impl Region {
    fn is_empty(&self) -> bool {
        match self {
            Self::Any | Self::Whole => false,
            Self::Pods(cube) => cube.is_empty(),
            Self::Addrs(set) => set.is_empty(),
        }
    }

    pub(super) fn intersect(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, region) | (region, Self::Any) => region.clone(),
            (Self::Whole, Self::Whole) => Self::Whole,
            (Self::Pods(a), Self::Pods(b)) => Self::Pods(a.intersect(b)),
            (Self::Addrs(a), Self::Addrs(b)) => Self::Addrs(a.intersect(b)),
            _ => Self::Addrs(AddrSet::default()),
        }
    }

    pub(super) fn disjoint(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, region) | (region, Self::Any) => region.is_empty(),
            (Self::Whole, Self::Whole) => false,
            (Self::Pods(a), Self::Pods(b)) => a.disjoint(b),
            (Self::Addrs(a), Self::Addrs(b)) => a.disjoint(b),
            _ => true,
        }
    }

    fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Any) | (Self::Whole, Self::Whole) => true,
            (Self::Pods(a), Self::Pods(b)) => a.implies(b),
            (Self::Addrs(a), Self::Addrs(b)) => a.implies(b),
            _ => false,
        }
    }

    /// A region of one kind; of `Any` nothing smaller is ever taken.
    fn subtract(&self, other: &Self) -> Vec<Self> {
        match (self, other) {
            (_, Self::Any) | (Self::Whole, Self::Whole) => Vec::new(),
            (Self::Pods(a), Self::Pods(b)) => a.subtract(b).into_iter().map(Self::Pods).collect(),
            (Self::Addrs(a), Self::Addrs(b)) => {
                let left = a.subtract(b);
                if left.is_empty() {
                    Vec::new()
                } else {
                    vec![Self::Addrs(left)]
                }
            }
            _ => vec![self.clone()],
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) x: Region,
    pub(super) y: Region,
    pub(super) ports: PortSet,
}

impl Block {
    pub(super) fn intersect(&self, other: &Self) -> Option<Self> {
        let both = Self {
            x: self.x.intersect(&other.x),
            y: self.y.intersect(&other.y),
            ports: self.ports.intersect(&other.ports),
        };
        let empty = both.x.is_empty() || both.y.is_empty() || both.ports.is_empty();
        (!empty).then_some(both)
    }

    pub(super) fn disjoint(&self, other: &Self) -> bool {
        self.x.disjoint(&other.x) || self.y.disjoint(&other.y) || self.ports.disjoint(&other.ports)
    }

    fn implies(&self, other: &Self) -> bool {
        self.x.implies(&other.x) && self.y.implies(&other.y) && self.ports.implies(&other.ports)
    }

    /// Disjoint pieces.
    fn subtract(&self, other: &Self) -> Vec<Self> {
        let mut out: Vec<Self> = Vec::new();
        let (x, y) = (self.x.intersect(&other.x), self.y.intersect(&other.y));
        let ports = self.ports.subtract(&other.ports);
        if !ports.is_empty() {
            out.push(Self {
                x: x.clone(),
                y: y.clone(),
                ports,
            });
        }
        out.extend(self.y.subtract(&other.y).into_iter().map(|y| Self {
            x: x.clone(),
            y,
            ports: self.ports.clone(),
        }));
        out.extend(self.x.subtract(&other.x).into_iter().map(|x| Self {
            x,
            y: self.y.clone(),
            ports: self.ports.clone(),
        }));
        out
    }

    /// What a comparison with it costs: the requirements that are gone through.
    fn weight(&self) -> usize {
        let of = |region: &Region| match region {
            Region::Pods(cube) => cube.labels().len() + cube.namespace_labels().len(),
            Region::Any | Region::Whole | Region::Addrs(_) => 0,
        };
        1 + of(&self.x) + of(&self.y)
    }

    /// The block narrowed to one pod at each end, as far as these cuts can tell pods apart.
    fn probe(&self, cuts: &[&Cut]) -> Option<Self> {
        let one = |region: &Region, of: fn(&Block) -> &Region| match region {
            Region::Pods(cube) => {
                let cuts = cuts.iter().filter_map(|cut| match of(&cut.block) {
                    Region::Pods(cube) => Some(cube),
                    _ => None,
                });
                exactly(cube, cuts).map(Region::Pods)
            }
            other => Some(other.clone()),
        };
        Some(Self {
            x: one(&self.x, |block| &block.x)?,
            y: one(&self.y, |block| &block.y)?,
            ports: self.ports.clone(),
        })
    }

    /// Two pods of one namespace share its labels, and a flow has a port: else nothing is here.
    fn is_inhabited(&self) -> bool {
        let together = match (&self.x, &self.y) {
            (Region::Pods(x), Region::Pods(y)) => compatible(x, y),
            _ => true,
        };
        together && a_port(&self.ports).is_some()
    }
}

/// The canonical pod of a predicate, as a predicate over every key that it or the others speak of.
fn exactly<'c>(cube: &Cube, others: impl Iterator<Item = &'c Cube>) -> Option<Cube> {
    let pod = cube.witness()?;
    let mut keys: Vec<&SmolStr> = cube.labels().iter().map(|(key, _)| key).collect();
    let mut of_namespace: Vec<&SmolStr> =
        cube.namespace_labels().iter().map(|(key, _)| key).collect();
    for other in others {
        keys.extend(other.labels().iter().map(|(key, _)| key));
        of_namespace.extend(other.namespace_labels().iter().map(|(key, _)| key));
    }
    Some(pod_cube(&pod, keys.into_iter(), of_namespace.into_iter()))
}

/// The predicate that holds a pod and what these keys cannot tell from it.
pub(super) fn pod_cube<'k>(
    pod: &Pod,
    keys: impl Iterator<Item = &'k SmolStr>,
    of_namespace: impl Iterator<Item = &'k SmolStr>,
) -> Cube {
    let value = |list: &[(SmolStr, SmolStr)], key: &SmolStr| {
        Values::finite([list.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone())])
    };
    let mut out = Cube::every()
        .with_namespace(&Values::is(pod.namespace.clone()))
        .with_account(&Values::is(pod.account.clone()));
    for key in keys {
        out = out.with_label(key.clone(), &value(&pod.labels, key));
    }
    for key in of_namespace {
        out = out.with_namespace_label(key.clone(), &value(&pod.namespace_labels, key));
    }
    out
}

/// A flow's port of the set, TCP first. Protocols without a port that is known here, and port 0,
/// are no flows.
pub(super) fn a_port(ports: &PortSet) -> Option<FlowPort> {
    let first = |ranges: &[(u16, u16)]| {
        let mut real = ranges.iter().filter(|(_, high)| *high > 0);
        real.next().map(|(low, _)| (*low).max(1))
    };
    if ports.all {
        return Some(FlowPort::Tcp(1));
    }
    first(ports.tcp.as_slice())
        .map(FlowPort::Tcp)
        .or_else(|| first(ports.udp.as_slice()).map(FlowPort::Udp))
        .or_else(|| first(ports.sctp.as_slice()).map(FlowPort::Sctp))
        .or_else(|| ports.icmp4.first().copied().map(FlowPort::Icmp4))
        .or_else(|| ports.icmp6.first().copied().map(FlowPort::Icmp6))
}

/// A block that is taken out, and the assumption that takes it out, if it is one.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) block: Block,
    /// Index of a `disjoint` claim.
    pub(super) assumed: Option<usize>,
}

/// Counts comparisons of one claim's proof; past the limit nothing is decided.
#[derive(Debug, Default)]
pub(super) struct Work {
    steps: usize,
}

impl Work {
    pub(super) fn step(&mut self, by: usize) -> Result<(), TooLarge> {
        self.steps = self.steps.saturating_add(by);
        if self.steps > CLAIM_STEPS_MAX {
            return Err(TooLarge {
                limit: CLAIM_STEPS_MAX,
            });
        }
        Ok(())
    }

    fn meeting<'c>(&mut self, block: &Block, cuts: &[&'c Cut]) -> Result<Vec<&'c Cut>, TooLarge> {
        self.step(cuts.len() * block.weight())?;
        Ok(cuts
            .iter()
            .filter(|cut| !cut.block.disjoint(block))
            .copied()
            .collect())
    }
}

/// What is left of `from` after all cuts: one inhabited block, the first that is found, or none.
/// The `disjoint` claims that took anything out are added to `used`.
pub(super) fn remainder(
    from: Block,
    cuts: &[&Cut],
    work: &mut Work,
    used: &mut Vec<usize>,
) -> Result<Option<Block>, TooLarge> {
    let meeting = work.meeting(&from, cuts)?;
    // One pod at each end, before every pod: most of what is left is found by a look at one.
    if meeting.len() >= PROBE_FROM
        && let Some(probe) = from.probe(&meeting)
        && let Some(left) = uncovered(probe, &meeting, work, &mut Vec::new())?
    {
        return Ok(Some(left));
    }
    uncovered(from, &meeting, work, used)
}

/// Fewer cuts than this are gone through at once.
const PROBE_FROM: usize = 8;

fn uncovered(
    from: Block,
    cuts: &[&Cut],
    work: &mut Work,
    used: &mut Vec<usize>,
) -> Result<Option<Block>, TooLarge> {
    // Depth first, so that memory stays small: a block, and the cuts that meet it.
    let mut open: Vec<(Block, Vec<&Cut>)> = vec![(from, cuts.to_vec())];
    while let Some((block, cuts)) = open.pop() {
        if !block.is_inhabited() {
            continue;
        }
        work.step(cuts.len() * block.weight())?;
        let whole = cuts.iter().find(|cut| block.implies(&cut.block));
        let Some(cut) = whole.or(cuts.first()) else {
            return Ok(Some(block));
        };
        used.extend(cut.assumed);
        let first = open.len();
        for piece in block.subtract(&cut.block) {
            let rest = work.meeting(&piece, &cuts)?;
            open.push((piece, rest));
        }
        // What the fewest cuts meet is looked at first: it is the likeliest to be left.
        if let Some(pieces) = open.get_mut(first..) {
            pieces.sort_by_key(|(_, rest)| std::cmp::Reverse(rest.len()));
        }
    }
    Ok(None)
}

/// Why a claim that holds may not: what was taken for granted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// `assert disjoint`, neither proved nor refuted: an index into `Model::claims`.
    Disjoint(usize),
    /// The external never answers with an address of this part of the other end.
    Answers { external: SmolStr, never: SmolStr },
    /// No address answers for both.
    Shared { external: SmolStr, other: SmolStr },
}
