//! NPL's meaning as CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy.
//!
//! An emitted object either means exactly what the source means, or is not emitted and a diagnostic
//! says why. [`check`] finds what Cilium cannot express or would misread; [`emit`] writes what is
//! left, from a checked program only. Both read the same plan, so that they cannot disagree.
//! Nothing here reads files; the caller writes what [`Output`] holds.

mod label_filter;
pub mod limits;
mod output;
mod settings;

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
    let _ = (model, settings, inventory);
    Vec::new()
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
    let _ = (checked, settings, options);
    Ok(Output::default())
}
