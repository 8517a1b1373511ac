//! Every check over one program, in the order in which they build on each other.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::{
    claims::{self, ClaimOutcome, Decision},
    inventory::Inventory,
    lint,
    model::{Checked, Model},
};
use npl_sema::manifest::{Manifest, SettingValue, TargetTable};
use npl_targets::cilium;

use super::Unit;

/// What is known of one program.
#[derive(Debug)]
pub struct Analysis {
    /// Every finding, with levels of `[lints]` and ignores applied, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    pub model: Arc<Model>,
    /// The same, with no workload in stage observe: what claims and tests speak of. A rollout that
    /// closes nothing yet would fail every one of them.
    pub enforced: Arc<Model>,
    /// `None` if an error speaks against the program.
    pub checked: Option<Checked>,
    /// Nothing but claims may have failed: tests can be run.
    pub sound: bool,
    pub claims: Vec<ClaimOutcome>,
    /// How many claims this version cannot decide.
    pub claims_not_checked: usize,
    pub inventory: Option<Arc<Inventory>>,
    pub settings: cilium::Settings,
}

impl Unit {
    /// Runs every check. Lints, claims and targets are asked even where the program has errors: one
    /// run shows all of them.
    pub fn analyse(&self) -> Analysis {
        self.analyse_with(Vec::new())
    }

    /// The same, with findings that came from elsewhere: levels and ignores count for them too.
    pub(super) fn analyse_with(&self, mut found: Vec<Diagnostic<Place>>) -> Analysis {
        found.extend(self.manifest_findings.iter().cloned());
        found.extend(self.host.diagnostics());
        let model = self.host.model();
        let inventory = self.inventory.as_deref();
        // Neither looks at the other's findings, and both look at the whole model.
        let manifest = self.host.manifest();
        let ((settings, target), lints) = rayon::join(
            || target_findings(manifest, &model, inventory),
            || lint::check(&model, inventory),
        );
        found.extend(target);
        found.extend(lints);
        let sound = !found.iter().any(Diagnostic::is_error);
        let enforced = enforced(&model);
        let claims = claims::decide(&enforced, inventory);
        found.extend(claims::diagnostics(&enforced, &claims));
        let undecided = |outcome: &&ClaimOutcome| {
            matches!(
                outcome.decision,
                Decision::NotChecked(_) | Decision::TooLarge(_)
            )
        };
        let claims_not_checked = claims.iter().filter(undecided).count();
        let diagnostics = self.host.finish(found);
        Analysis {
            checked: Checked::new(Arc::clone(&model), &diagnostics),
            diagnostics,
            model,
            enforced,
            sound,
            claims,
            claims_not_checked,
            inventory: self.inventory.clone(),
            settings,
        }
    }
}

/// The check half of the targets that `npl.toml` has a table for; of cilium when it has none.
fn target_findings(
    manifest: &Manifest,
    model: &Model,
    inventory: Option<&Inventory>,
) -> (cilium::Settings, Vec<Diagnostic<Place>>) {
    let table = manifest.target("cilium");
    let entries = table.map(entries).unwrap_or_default();
    let (settings, mut found) = cilium::Settings::from_table(&entries);
    if table.is_some() || manifest.targets.is_empty() {
        found.extend(cilium::check(model, &settings, inventory));
    }
    (settings, found)
}

fn enforced(model: &Arc<Model>) -> Arc<Model> {
    if !model.workloads.iter().any(|workload| workload.observed) {
        return Arc::clone(model);
    }
    let mut out = Model::clone(model);
    for workload in &mut out.workloads {
        workload.observed = false;
    }
    Arc::new(out)
}

fn entries(table: &TargetTable) -> Vec<cilium::SettingEntry> {
    let value = |value: &SettingValue| match value {
        SettingValue::Text(text) => cilium::SettingValue::Str(text.to_string()),
        SettingValue::Bool(flag) => cilium::SettingValue::Bool(*flag),
        SettingValue::Int(n) => cilium::SettingValue::Int(*n),
        SettingValue::List(_) => cilium::SettingValue::Other,
    };
    table
        .settings
        .iter()
        .map(|setting| cilium::SettingEntry {
            key: setting.key.to_string(),
            value: value(&setting.value),
            place: setting.value_place,
            key_place: setting.place,
        })
        .collect()
}
