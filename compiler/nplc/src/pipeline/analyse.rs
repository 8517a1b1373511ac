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

/// What a command makes of a program from cilium's plan of it; hears how many claims are not
/// checked.
pub type Make<'a, T> = dyn Fn(&Manifest, &Checked, &cilium::Planned<'_>, usize) -> T + Sync + 'a;

impl Unit {
    /// Runs every check. Lints, claims and targets are asked even where the program has errors: one
    /// run shows all of them.
    pub fn analyse(&self) -> Analysis {
        self.analyse_and::<()>(Vec::new(), None).0
    }

    /// The same, with findings that came from elsewhere (levels and ignores count for them too),
    /// and with what `make` makes: `None` where an error speaks against the program.
    pub(super) fn analyse_and<T: Send>(
        &self,
        mut found: Vec<Diagnostic<Place>>,
        make: Option<&Make<'_, T>>,
    ) -> (Analysis, Option<T>) {
        found.extend(self.manifest_findings.iter().cloned());
        found.extend(self.host.diagnostics());
        let model = self.host.model();
        let inventory = self.inventory.as_deref();
        let enforced = enforced(&model);
        let claims = claims::decide(&enforced, inventory);
        let claims_not_checked = claims.iter().filter(undecided).count();
        let manifest = self.host.manifest();
        let (settings, settings_found) = settings(manifest);
        found.extend(settings_found);
        let checks = manifest.target("cilium").is_some() || manifest.targets.is_empty();
        let so_far = &found;
        // Neither looks at the other's findings, and both look at the whole model. Most programs
        // have no errors: what is made of one that lints refuse is dropped.
        let ((target, made), lints) = rayon::join(
            || {
                if !checks && make.is_none() {
                    return (Vec::new(), None);
                }
                let planned = cilium::Planned::new(&model, &settings, cilium::Stage::Enforce);
                let make = make.filter(|_| !so_far.iter().any(Diagnostic::is_error));
                let made = make.and_then(|make| {
                    let checked = Checked::new(Arc::clone(&model), planned.findings())?;
                    Some(make(manifest, &checked, &planned, claims_not_checked))
                });
                (planned.into_findings(), made)
            },
            || lint::check(&model, inventory),
        );
        found.extend(target);
        found.extend(lints);
        let sound = !found.iter().any(Diagnostic::is_error);
        found.extend(claims::diagnostics(&enforced, &claims));
        let diagnostics = self.host.finish(found);
        let analysis = Analysis {
            checked: Checked::new(Arc::clone(&model), &diagnostics),
            diagnostics,
            model,
            enforced,
            sound,
            claims,
            claims_not_checked,
            inventory: self.inventory.clone(),
            settings,
        };
        let made = made.filter(|_| analysis.checked.is_some());
        (analysis, made)
    }
}

fn undecided(outcome: &&ClaimOutcome) -> bool {
    matches!(
        outcome.decision,
        Decision::NotChecked(_) | Decision::TooLarge(_)
    )
}

fn settings(manifest: &Manifest) -> (cilium::Settings, Vec<Diagnostic<Place>>) {
    let entries = manifest.target("cilium").map(entries).unwrap_or_default();
    cilium::Settings::from_table(&entries)
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
