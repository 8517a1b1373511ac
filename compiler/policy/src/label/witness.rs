//! The canonical pod of a predicate (grammar.md §9): the fewest labels, the first value that every
//! requirement permits, `x` where any will do.

use smol_str::{SmolStr, format_smolstr};

use crate::{
    label::{Cube, Values},
    model::Pod,
};

/// Kubernetes gives this account to a pod that names none.
const DEFAULT_ACCOUNT: &str = "default";
const ANY_VALUE: &str = "x";

impl Cube {
    /// A pod that meets this predicate; `None` if there is none.
    pub fn witness(&self) -> Option<Pod> {
        self.witness_beside(|_| false)
    }

    /// The same, and a namespace that the predicate does not name is none of those that `taken`
    /// holds: it is then a namespace of its own, with exactly the labels required.
    pub fn witness_beside(&self, taken: impl Fn(&str) -> bool) -> Option<Pod> {
        Some(Pod {
            namespace: pick(self.namespace(), ANY_VALUE, taken)??,
            account: pick(self.account(), DEFAULT_ACCOUNT, |_| false)??,
            labels: all(self.labels())?,
            namespace_labels: all(self.namespace_labels())?,
        })
    }
}

fn all(requirements: &[(SmolStr, Values)]) -> Option<Vec<(SmolStr, SmolStr)>> {
    let mut out = Vec::with_capacity(requirements.len());
    for (key, values) in requirements {
        if let Some(value) = pick(values, ANY_VALUE, |_| false)? {
            out.push((key.clone(), value));
        }
    }
    Some(out)
}

/// `None`: no value at all; `Some(None)`: absence.
fn pick(values: &Values, wish: &str, taken: impl Fn(&str) -> bool) -> Option<Option<SmolStr>> {
    if !values.is_negated() {
        return values.listed().first().cloned();
    }
    if values.contains(None) {
        return Some(None);
    }
    let free = |name: &str| values.contains(Some(name)) && !taken(name);
    if free(wish) {
        return Some(Some(wish.into()));
    }
    // Finitely many are excluded; `taken` is asked only as often as names it could hold.
    (2_u32..)
        .map(|n| format_smolstr!("{wish}{n}"))
        .find(|name| free(name))
        .map(Some)
}
