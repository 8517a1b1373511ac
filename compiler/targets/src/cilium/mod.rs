//! NPL's meaning as CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy.
//!
//! An emitted object either means exactly what the source means, or is not emitted and a diagnostic
//! says why. [`check`] finds what Cilium cannot express or would misread; [`emit`] writes what is
//! left, from a checked program only. Both read the same plan, so that they cannot disagree.
//! Nothing here reads files; the caller writes what [`Output`] holds.

mod assumed;
mod bind;
mod emit;
mod express;
mod findings;
mod header;
mod l7;
mod label_filter;
mod learn;
pub mod limits;
mod name;
mod normal;
mod output;
mod peers;
mod plan;
mod ports;
mod render;
mod section;
mod selector;
mod settings;
mod shape;
mod via;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{
    inventory::Inventory,
    model::{Checked, Model},
};

pub use label_filter::LabelFilter;
pub use output::{EmitOptions, Object, Output, RuleEntry, Stage, Summary};
pub use settings::{DEFAULT, MINIMUM, SettingEntry, SettingValue, Settings, Version, ViaEnds};

/// Everything in the program that Cilium cannot express, or would misread, at its place.
pub fn check(
    model: &Model,
    settings: &Settings,
    inventory: Option<&Inventory>,
) -> Vec<Diagnostic<Place>> {
    // What an inventory shows is the same for every target: `policy` says it.
    let _ = inventory;
    planned(model, settings, Stage::Enforce).1
}

/// The objects of a checked program.
///
/// # Errors
/// The findings that stand against it, where the program was never given to [`check`].
pub fn emit(
    checked: &Checked,
    settings: &Settings,
    options: &EmitOptions,
) -> Result<Output, Vec<Diagnostic<Place>>> {
    let (plan, diagnostics) = planned(checked.model(), settings, options.stage);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let made = emit::emit(&plan, options);
    Ok(emit::output(&plan, options, made))
}

/// The plan with everything that speaks against it.
fn planned<'m>(
    model: &'m Model,
    settings: &'m Settings,
    stage: Stage,
) -> (plan::Plan<'m>, Vec<Diagnostic<Place>>) {
    let (plan, mut diagnostics) = plan::Plan::new(model, settings, stage);
    diagnostics.extend(express::check(&plan));
    diagnostics.extend(learn::check(&plan));
    (plan, diagnostics)
}
