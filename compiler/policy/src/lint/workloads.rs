//! Declarations that say the same twice.

use npl_diagnostics::{Diagnostic, Place, codes::lints};
use rustc_hash::FxHashMap;

use crate::{
    label::Cube,
    model::{Model, Ownership, Workload},
};

/// Two owned workloads with one predicate: a pod of one is a pod of the other.
pub(super) fn same_selector(model: &Model) -> Vec<Diagnostic<Place>> {
    let mut first: FxHashMap<&Cube, &Workload> = FxHashMap::default();
    let mut out = Vec::new();
    let owned = |w: &&Workload| w.ownership == Ownership::Owned;
    for workload in model.workloads.iter().filter(owned) {
        let earlier = *first.entry(&workload.pods).or_insert(workload);
        if earlier.name == workload.name {
            continue;
        }
        let message = format!(
            "`{}` selects exactly the pods of `{}`",
            workload.short, earlier.short
        );
        let finding = Diagnostic::new(&lints::SAME_SELECTOR, workload.place, message)
            .with_label("the same selector")
            .also(
                earlier.place,
                format!("`{}` is declared here", earlier.short),
            )
            .note("each of these pods has the rules of both")
            .help("keep one of the two, or add the label that tells their pods apart");
        out.push(finding);
    }
    out
}
