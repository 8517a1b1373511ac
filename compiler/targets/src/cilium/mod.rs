//! NPL's meaning as CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy.
//!
//! An emitted object either means exactly what the source means, or is not emitted and a diagnostic
//! says why. [`check`] finds what Cilium cannot express or would misread; [`emit`] writes what is
//! left, from a checked program only. Both read the same plan, so that they cannot disagree.
//! Nothing here reads files; the caller writes what [`Output`] holds.

mod assumed;
mod beside;
mod bind;
mod class;
pub(crate) mod emit;
mod express;
mod filed;
mod findings;
mod header;
mod joint;
mod l7;
mod label_filter;
mod learn;
pub mod limits;
pub(crate) mod name;
mod normal;
mod output;
mod peers;
mod plan;
mod ports;
pub(crate) mod render;
mod section;
pub(crate) mod selector;
mod settings;
pub(crate) mod shape;
mod via;
mod written;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{
    inventory::Inventory,
    model::{Checked, Model},
};

pub use emit::seal_id;
pub use label_filter::LabelFilter;
pub use output::{EmitOptions, Object, Output, RuleEntry, Stage, Summary};
pub use settings::{
    DEFAULT, KEYS, MINIMUM, SettingEntry, SettingValue, Settings, Version, ViaEnds,
};

/// Everything in the program that Cilium cannot express, or would misread, at its place.
pub fn check(
    model: &Model,
    settings: &Settings,
    inventory: Option<&Inventory>,
) -> Vec<Diagnostic<Place>> {
    // What an inventory shows is the same for every target: `policy` says it.
    let _ = inventory;
    Planned::new(model, settings, Stage::Enforce).findings
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
    Planned::new(checked.model(), settings, options.stage).written(options)
}

/// What the objects of a checked program mean, end by end. That is what the program means, but a
/// clause that one of two ends checks stands at that end alone.
pub fn written(checked: &Checked, settings: &Settings) -> Model {
    let (plan, _) = plan::Plan::new(checked.model(), settings, Stage::Enforce);
    written::model(&plan)
}

/// A program as its objects will say it: what [`check`] finds and [`emit`] writes, worked out once
/// for both.
#[derive(Debug)]
pub struct Planned<'m> {
    plan: plan::Plan<'m>,
    stage: Stage,
    findings: Vec<Diagnostic<Place>>,
}

impl<'m> Planned<'m> {
    pub fn new(model: &'m Model, settings: &'m Settings, stage: Stage) -> Self {
        let (plan, mut findings) = plan::Plan::new(model, settings, stage);
        findings.extend(express::check(&plan));
        findings.extend(learn::check(&plan));
        Self {
            plan,
            stage,
            findings,
        }
    }

    /// As [`check`].
    pub fn findings(&self) -> &[Diagnostic<Place>] {
        &self.findings
    }

    pub fn into_findings(self) -> Vec<Diagnostic<Place>> {
        self.findings
    }

    /// As [`emit`]. Of another program or for another stage the plan is made anew.
    ///
    /// # Errors
    /// The findings that stand against it.
    pub fn emit(
        &self,
        checked: &Checked,
        options: &EmitOptions,
    ) -> Result<Output, Vec<Diagnostic<Place>>> {
        if std::ptr::eq(checked.model(), self.plan.model) && options.stage == self.stage {
            self.written(options)
        } else {
            emit(checked, self.plan.settings, options)
        }
    }

    fn written(&self, options: &EmitOptions) -> Result<Output, Vec<Diagnostic<Place>>> {
        if self.findings.iter().any(Diagnostic::is_error) {
            return Err(self.findings.clone());
        }
        let made = emit::emit(&self.plan, options);
        emit::name_clash(&self.plan, &made)?;
        Ok(emit::output(&self.plan, options, made))
    }
}
