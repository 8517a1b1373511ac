//! NPL's meaning as `networking.k8s.io/v1` NetworkPolicy and, where `npl.toml` says so,
//! `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy.
//!
//! NetworkPolicy only allows: a pod that an object selects is sealed, and the rules of all objects
//! unite. So a deny is taken out of every allow that may hold for one of its pods, or becomes a
//! ClusterNetworkPolicy of tier Admin; what neither can say exactly is an error at the deny. Of
//! pods whose namespaces are not named, allows stand in tier Admin and seals in tier Baseline.
//! Names, requests, server names, nodes, service accounts and ICMP have no counterpart and are
//! errors at the rule. As in `cilium`, [`check`] and [`emit`] read one plan, so that what is
//! checked is what is written.

mod cluster;
mod emit;
mod findings;
mod header;
mod lower;
mod plan;
mod selector;
mod settings;
mod subtract;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::model::{Checked, Model};

pub use crate::cilium::{EmitOptions, Object, Output, RuleEntry, Stage, Summary};
pub use settings::{ClusterWideSeals, IpBlocks, KEYS, Settings};

/// Everything in the program that this target cannot express, at its place.
pub fn check(model: &Model, settings: &Settings) -> Vec<Diagnostic<Place>> {
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

/// A program as its objects will say it: what [`check`] finds and [`emit`] writes, worked out once
/// for both.
pub struct Planned<'m> {
    plan: plan::Plan<'m>,
    stage: Stage,
    findings: Vec<Diagnostic<Place>>,
}

impl<'m> Planned<'m> {
    pub fn new(model: &'m Model, settings: &'m Settings, stage: Stage) -> Self {
        let (plan, findings) = plan::Plan::new(model, settings, stage);
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
        emit::output(&self.plan, options)
    }
}
