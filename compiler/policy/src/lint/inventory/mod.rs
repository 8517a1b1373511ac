//! Findings that only an inventory shows: what runs today, where it is, and how it is reached.
//!
//! The inventory is asked by label through an index; no question compares all with all.

mod addresses;
mod index;
mod services;
mod workloads;

use npl_diagnostics::{Diagnostic, Place};

use crate::{
    inventory::{Inventory, Node},
    lint::context::{Context, Found},
};

/// `workloads` takes what is said of declarations, `rules` what is said of rules.
pub(super) fn check(
    context: &Context<'_>,
    inventory: &Inventory,
    workloads: &mut Vec<Diagnostic<Place>>,
    rules: &mut Found,
) {
    let pods = index::Pods::new(inventory);
    workloads::check(context.model, &pods, workloads);
    workloads::foreign(context, &pods, workloads, rules);
    addresses::check(context, inventory, rules);
    services::check(context, &pods, rules);
}

/// The inventory says where pods or nodes are, not only that they run.
pub(super) fn shows_addresses(inventory: &Inventory) -> bool {
    let node = |n: &Node| !n.addresses.is_empty() || !n.pod_cidrs.is_empty();
    inventory.nodes.iter().any(node) || inventory.workloads.iter().any(|w| !w.addresses.is_empty())
}
