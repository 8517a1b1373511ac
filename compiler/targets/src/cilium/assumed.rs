//! `assert disjoint a, b`: taken as given where it only spares an error, and then said in the
//! header (cilium-lowering.md §6). Never where a clause is left out because of it (§6.1).

use std::sync::Arc;

use npl_policy::{
    label::Cube,
    model::{ClaimKind, Model, Set},
};

/// The asserted pairs, as predicates.
#[derive(Debug, Default)]
pub(super) struct Asserted {
    pairs: Vec<(Arc<Set>, Arc<Set>)>,
}

impl Asserted {
    pub(super) fn new(model: &Model) -> Self {
        let pairs = model.claims.iter().filter_map(|claim| match &claim.kind {
            ClaimKind::Disjoint { left, right } => Some((left.clone(), right.clone())),
            _ => None,
        });
        Self {
            pairs: pairs.collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The author says that no pod is in both.
    pub(super) fn apart(&self, a: &Cube, b: &Cube) -> bool {
        let within = |cube: &Cube, set: &Set| set.pods.iter().any(|p| cube.implies(&p.pods));
        self.pairs.iter().any(|(left, right)| {
            (within(a, left) && within(b, right)) || (within(a, right) && within(b, left))
        })
    }
}
