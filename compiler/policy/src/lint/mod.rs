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

use npl_diagnostics::{Diagnostic, Place};

use crate::{inventory::Inventory, lint::context::Context, model::Model};

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
        inventory::check(&context, inventory, &mut out, &mut found);
    }
    found.sort_by_key(|(rule, found)| (*rule, found.code.id));
    out.extend(found.into_iter().map(|(_, diagnostic)| diagnostic));
    out
}
