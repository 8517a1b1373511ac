//! Findings that only an inventory shows: what runs today, where it is, and how it is reached.
//!
//! The inventory is asked by label through an index; no question compares all with all.

mod addresses;
mod index;
mod services;
mod workloads;

use npl_diagnostics::{Diagnostic, Place};

pub(super) use self::index::Pods;
use crate::{
    inventory::{Inventory, Node},
    lint::context::{Context, Found},
    model::Model,
};

/// `out` takes what is said of declarations, `rules` what is said of rules.
pub(super) fn workloads(
    context: &Context<'_>,
    pods: &Pods<'_>,
    out: &mut Vec<Diagnostic<Place>>,
    rules: &mut Found,
) {
    let owned = workloads::owned(context.model);
    workloads::check(owned, pods, out);
    workloads::foreign(context, pods, out, rules);
}

pub(super) fn shown_workloads(model: &Model, pods: &Pods<'_>, out: &mut Vec<Diagnostic<Place>>) {
    let owned = workloads::owned(model);
    workloads::check(owned.filter(|w| pods.knows_place_of(&w.pods)), pods, out);
}

pub(super) fn rules(
    context: &Context<'_>,
    inventory: &Inventory,
    pods: &Pods<'_>,
    out: &mut Found,
) {
    addresses::check(context, inventory, out);
    services::check(context, pods, out);
}

/// The inventory says where nodes and pods are, not only that they run.
pub(super) fn shows_addresses(inventory: &Inventory) -> bool {
    let nodes = |test: fn(&Node) -> bool| inventory.nodes.iter().any(test);
    let pods = || inventory.workloads.iter().any(|w| !w.addresses.is_empty());
    nodes(|n| !n.addresses.is_empty()) && (nodes(|n| !n.pod_cidrs.is_empty()) || pods())
}
