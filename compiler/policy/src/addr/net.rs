//! One prefix with prefixes taken out: the form in which a network is declared and emitted.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::addr::AddrSet;

/// One prefix with the prefixes taken out of it; `except` lies inside `cidr`, sorted, no
/// duplicates, none inside another. By meaning a network holds no pod and no node (language.md
/// §5.11).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Net {
    pub cidr: IpNet,
    pub except: Vec<IpNet>,
}

impl Net {
    /// Masks host bits away; of `except` only what lies inside the prefix is kept. An exception
    /// that holds the whole prefix leaves a net that is empty.
    pub fn new(cidr: IpNet, except: impl IntoIterator<Item = IpNet>) -> Self {
        let cidr = cidr.trunc();
        let inside: Vec<IpNet> = except
            .into_iter()
            .map(|e| e.trunc())
            .filter_map(|e| match (cidr.contains(&e), e.contains(&cidr)) {
                (true, _) => Some(e),
                (false, true) => Some(cidr),
                (false, false) => None,
            })
            .collect();
        Self {
            cidr,
            except: outermost(inside),
        }
    }

    /// A prefix without exceptions.
    pub fn plain(cidr: IpNet) -> Self {
        Self::new(cidr, [])
    }

    pub fn contains(&self, addr: IpAddr) -> bool {
        // Of the exceptions only the last that does not begin behind the address may hold it.
        let at = self.except.partition_point(|e| e.network() <= addr);
        let last = at.checked_sub(1).and_then(|at| self.except.get(at));
        self.cidr.contains(&addr) && !last.is_some_and(|e| e.contains(&addr))
    }

    /// The exceptions together hold the whole prefix.
    pub fn is_empty(&self) -> bool {
        !self.except.is_empty() && AddrSet::from_nets([self]).is_empty()
    }
}

/// The addresses of `from` that are in none of `minus`. A net that nothing was taken from keeps its
/// declared form; the others keep their prefix and gain exceptions where that can say it.
pub fn nets_except(from: &[Net], minus: &[Net]) -> Vec<Net> {
    let mut left: Vec<Net> = from.iter().filter(|n| !n.is_empty()).cloned().collect();
    // Plain prefixes are taken out together: there may be thousands.
    for run in minus.chunk_by(|a, b| a.except.is_empty() && b.except.is_empty()) {
        left = match run {
            [out] if !out.except.is_empty() => {
                left.iter().flat_map(|net| without(net, out)).collect()
            }
            plain => {
                let out = outermost(plain.iter().map(|net| net.cidr).collect());
                left.into_iter()
                    .filter_map(|net| outside(net, &out))
                    .collect()
            }
        };
    }
    left
}

/// Sorted, without those inside another.
fn outermost(mut nets: Vec<IpNet>) -> Vec<IpNet> {
    // A prefix sorts before those inside it.
    nets.sort_unstable();
    let mut out: Vec<IpNet> = Vec::with_capacity(nets.len());
    for net in nets {
        if !out.last().is_some_and(|wider| wider.contains(&net)) {
            out.push(net);
        }
    }
    out
}

/// `net` without prefixes of which none is inside another; `out` is sorted.
fn outside(net: Net, out: &[IpNet]) -> Option<Net> {
    let at = out.partition_point(|o| *o < net.cidr);
    let (before, after) = out.split_at_checked(at)?;
    if before.last().is_some_and(|o| o.contains(&net.cidr)) {
        return None;
    }
    let inside = after.iter().take_while(|o| net.cidr.contains(*o));
    let inside: Vec<IpNet> = inside.copied().collect();
    if inside.is_empty() {
        return Some(net);
    }
    let net = Net::new(net.cidr, net.except.into_iter().chain(inside));
    (!net.is_empty()).then_some(net)
}

/// `net` without `out`: outside the prefix of `out`, and inside the exceptions of `out`.
fn without(net: &Net, out: &Net) -> Vec<Net> {
    let meets = net.cidr.contains(&out.cidr) || out.cidr.contains(&net.cidr);
    if !meets {
        return vec![net.clone()];
    }
    let mut pieces = Vec::new();
    if !out.cidr.contains(&net.cidr) {
        let except = net.except.iter().copied().chain([out.cidr]);
        pieces.push(Net::new(net.cidr, except));
    }
    for kept in &out.except {
        if net.cidr.contains(kept) {
            pieces.push(Net::new(*kept, net.except.iter().copied()));
        } else if kept.contains(&net.cidr) {
            pieces.push(net.clone());
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}
