//! Findings about a program that is valid: what it says and surely does not mean, whatever the
//! target.
//!
//! Everything is asked through indexes, so that the work grows with the number of rules. What would
//! take longer than `limits::LINT_CANDIDATES_MAX` comparisons for one rule is left unsaid: a lint
//! proves nothing by its absence. One rule draws each code at most once.

mod context;
mod enforcement;
mod external;
mod fixes;
mod inventory;
mod network;
mod parts;
mod tls;
mod wide;
mod wider;
mod workloads;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use npl_diagnostics::{Diagnostic, Place, codes::lints};

use self::{context::Context, inventory::Pods};
use crate::{
    http::HttpRule,
    inventory::Inventory,
    model::{Model, Via},
};

/// The label at the rule of a template, of a finding that stands where the template is applied.
pub const RULE_OF_TEMPLATE: &str = "by this rule of the template";

/// Every finding of this module: those about workloads first, then those about rules in their
/// order.
pub fn check(model: &Model, inventory: Option<&Inventory>) -> Vec<Diagnostic<Place>> {
    let context = Context::new(model);
    let mut out = workloads::same_selector(model);
    out.extend(workloads::only_denied(&context));
    let mut found: Vec<(usize, Diagnostic<Place>)> = Vec::new();
    enforcement::check(&context, &mut found);
    wider::check(&context, &mut found);
    external::check(&context, &mut found);
    wide::check(&context, &mut found);
    tls::check(&context, &mut found);
    let placed = inventory.is_some_and(inventory::shows_addresses);
    network::check(&context, placed, &mut found);
    if let Some(inventory) = inventory {
        let pods = Pods::new(inventory);
        inventory::workloads(&context, &pods, &mut out, &mut found);
        inventory::rules(&context, inventory, &pods, &mut found);
    }
    in_order(out, found)
}

/// What an inventory says against a model that was read, not written as a program: its workloads
/// are the selectors of policies, and those whose namespace the inventory does not show are let be.
pub fn against(model: &Model, inventory: &Inventory) -> Vec<Diagnostic<Place>> {
    let context = Context::new(model);
    let mut out = Vec::new();
    let mut found = Vec::new();
    let pods = Pods::new(inventory);
    inventory::shown_workloads(model, &pods, &mut out);
    inventory::rules(&context, inventory, &pods, &mut found);
    in_order(out, found)
}

/// Of the lints on rules those that speak of policies whoever wrote them: clauses and allows that
/// do nothing beside others, and networks that meet nobody.
pub fn of_policies(model: &Model, inventory: Option<&Inventory>) -> Vec<Diagnostic<Place>> {
    let context = Context::new(model);
    let mut found = Vec::new();
    wider::check(&context, &mut found);
    tls::check(&context, &mut found);
    let placed = inventory.is_some_and(inventory::shows_addresses);
    network::check(&context, placed, &mut found);
    // A rule without `http` beside one with it is read as one that admits every request.
    let no_clause: BTreeSet<usize> = context
        .rules()
        .filter(|(_, _, ends)| ends.iter().any(|end| admits_all(end.end.via.as_deref())))
        .map(|(rule, _, _)| rule)
        .collect();
    found.retain(|(rule, d)| match d.code {
        // Policies that say the same are often generated, and harmless.
        code if code == &lints::REDUNDANT_RULE => false,
        code if code == &lints::VIA_SWALLOWED => !no_clause.contains(rule),
        _ => true,
    });
    in_order(Vec::new(), found)
}

fn admits_all(via: Option<&Via>) -> bool {
    matches!(via, Some(Via::Http(rule)) if *rule == HttpRule::default())
}

fn in_order(
    mut out: Vec<Diagnostic<Place>>,
    mut found: Vec<(usize, Diagnostic<Place>)>,
) -> Vec<Diagnostic<Place>> {
    found.sort_by_key(|(rule, found)| (*rule, found.code.id));
    out.extend(found.into_iter().map(|(_, diagnostic)| diagnostic));
    out
}
