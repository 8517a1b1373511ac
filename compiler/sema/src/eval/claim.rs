//! `assert`: the five claims, kind-checked (grammar.md §9). Whether they hold is decided in
//! `policy`.

use std::sync::Arc;

use npl_diagnostics::{TextRange, codes::kinds};
use npl_policy::{
    model::{self, ClaimKind, Set},
    port::PortSet,
};
use npl_syntax::ast::{self, Dest, Hops};

use crate::eval::{
    cx::Cx,
    ends::{Ends, Role, unite},
    lower::Around,
};

/// Hops of `cannot reach` without `within`.
const HOPS_DEFAULT: u8 = 1;

type To = (Arc<Set>, Option<Arc<PortSet>>);

impl Cx<'_> {
    pub(crate) fn claim(
        &mut self,
        claim: &ast::Claim,
        item: &ast::Item,
        around: &Around<'_>,
    ) -> Option<model::Claim> {
        let kind = match claim {
            ast::Claim::CannotReach { from, to, hops } => {
                let (from, (to, ports)) = self.pair(from, to)?;
                ClaimKind::CannotReach {
                    from: from.set,
                    to,
                    ports,
                    hops: count(hops.as_ref())?.unwrap_or(HOPS_DEFAULT),
                }
            }
            ast::Claim::CanReach { from, to } => {
                let (from, (to, ports)) = self.pair(from, to)?;
                ClaimKind::CanReach {
                    from: from.set,
                    to,
                    ports,
                }
            }
            ast::Claim::OnlyCanReach { from, to } => {
                let (from, (to_set, ports)) = self.pair(from, to)?;
                self.pods_only(&to_set, to.prim.span(), "what `only … can reach` speaks of")?;
                ClaimKind::OnlyCanReach {
                    from: from.set,
                    to: to_set,
                    ports,
                }
            }
            ast::Claim::Breach { of, within, hops } => self.breach(of, within, hops.as_ref())?,
            ast::Claim::Disjoint { left, right } => {
                let (a, b) = (
                    self.ends(left, Role::Member),
                    self.ends(right, Role::Member),
                );
                let what = "what `disjoint` compares";
                let mut only = |ends: &Option<Ends>, range| match ends {
                    Some(ends) => self.workloads_only(ends, range, what),
                    None => None,
                };
                let (fine, also) = (only(&a, left.span), only(&b, right.span));
                fine.and(also)?;
                let (a, b) = (a?, b?);
                ClaimKind::Disjoint {
                    left: a.set,
                    right: b.set,
                }
            }
        };
        Some(model::Claim {
            kind,
            text: around.text.of_claim(item, claim),
            file: around.file.clone(),
            place: self.at(item.span),
            applied_at: around.applied_at(),
        })
    }

    fn pair(&mut self, from: &ast::Set, to: &Dest) -> Option<(Ends, To)> {
        let from = self.ends(from, Role::Source);
        let to = self.claim_dest(to);
        Some((from?, to?))
    }

    fn breach(
        &mut self,
        of: &ast::Set,
        within: &[ast::Set],
        hops: Option<&Hops>,
    ) -> Option<ClaimKind> {
        let from = self.ends(of, Role::Source);
        let parts: Vec<_> = within.iter().map(|set| self.stays(set)).collect();
        let parts: Option<Vec<Arc<Set>>> = parts.into_iter().collect();
        let from = from?;
        self.workloads_only(&from, of.span, "what is breached")?;
        Some(ClaimKind::Breach {
            of: from.set,
            within: unite(parts?),
            hops: count(hops)?,
        })
    }

    /// One member of `stays within { … }`; a service is the pods behind it.
    fn stays(&mut self, set: &ast::Set) -> Option<Arc<Set>> {
        let ends = self.ends(set, Role::Destination)?;
        let mut parts = vec![ends.set];
        for service in &ends.services {
            let backends = self.backends(service, None, set.span)?;
            parts.extend(backends.into_iter().map(|backend| backend.set));
        }
        Some(unite(parts))
    }

    /// A destination with its ports; `None` for the ports means any.
    fn claim_dest(&mut self, dest: &Dest) -> Option<To> {
        let ends = self.end(&dest.prim, Role::Destination);
        let ports = match &dest.ports {
            Some(ports) => self.ports(ports).map(|found| Some(found.set)),
            None => Some(None),
        };
        let (ends, ports) = (ends?, ports?);
        if ends.services.is_empty() {
            return Some((ends.set, ports));
        }
        let range = dest.prim.span();
        let mut backends = Vec::new();
        for service in &ends.services {
            backends.extend(self.backends(service, dest.ports.as_ref(), range)?);
        }
        if ports.is_none() {
            let sets = backends.into_iter().map(|backend| backend.set);
            return Some((unite(std::iter::once(ends.set).chain(sets).collect()), None));
        }
        // One claim has one set of ports: the pods of every port must be the same ones.
        let same = backends.first().is_none_or(|first| {
            let pods = |set: &Set| -> Vec<_> { set.pods.iter().map(|p| p.pods.clone()).collect() };
            backends
                .iter()
                .all(|b| pods(&b.set) == pods(&first.set) && b.set.nets == first.set.nets)
        });
        if *ends.set != Set::default() || !same {
            let message = "the ports of this claim are not the same on all its pods";
            let found = self.found(&kinds::CLAIM_PORTS, range, message);
            self.report(found.help("write one claim for each workload, at its own port"));
            return None;
        }
        let ports = backends
            .iter()
            .fold(PortSet::default(), |sum, backend| sum.union(&backend.ports));
        let set = backends.into_iter().next().map(|backend| backend.set);
        Some((set.unwrap_or_default(), Some(Arc::new(ports))))
    }

    fn workloads_only(&mut self, ends: &Ends, range: TextRange, what: &str) -> Option<()> {
        if ends.services.is_empty() {
            return self.pods_only(&ends.set, range, what);
        }
        self.not_pods(range, what);
        None
    }

    fn pods_only(&mut self, set: &Set, range: TextRange, what: &str) -> Option<()> {
        if set.nets.is_empty() && set.names.is_empty() && set.entities.is_empty() {
            return Some(());
        }
        self.not_pods(range, what);
        None
    }

    fn not_pods(&mut self, range: TextRange, what: &str) {
        let message = format!("{what} must be workloads");
        let found = self.found(&kinds::CLAIM_NEEDS_WORKLOADS, range, message);
        self.report(found.help("name a workload, or a group of workloads"));
    }
}

/// `None` where the number was wrong and reported; `Some(None)` where none was given.
fn count(hops: Option<&Hops>) -> Option<Option<u8>> {
    match hops {
        Some(hops) => hops.count.map(Some),
        None => Some(None),
    }
}
