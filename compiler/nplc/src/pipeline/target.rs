//! The targets of this version: their names, their tables of `npl.toml`, their plans.

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::model::{Checked, Model};
use npl_sema::manifest::{Manifest, SettingValue, TargetTable};
use npl_targets::{
    cilium::{self, EmitOptions, Output, SettingEntry},
    kubernetes,
};

/// What this version emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Cilium,
    Kubernetes,
}

impl Target {
    pub const ALL: [Self; 2] = [Self::Cilium, Self::Kubernetes];

    /// As the command line and `npl.toml` name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cilium => "cilium",
            Self::Kubernetes => "kubernetes",
        }
    }

    /// The targets that `npl.toml` has a table for; cilium when it has none.
    pub(crate) fn checked(manifest: &Manifest) -> Vec<Self> {
        if manifest.targets.is_empty() {
            return vec![Self::Cilium];
        }
        let named = |target: &Self| manifest.target(target.name()).is_some();
        Self::ALL.into_iter().filter(named).collect()
    }
}

/// What the tables of the targets say.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) cilium: cilium::Settings,
    pub(super) kubernetes: kubernetes::Settings,
}

impl Settings {
    pub(super) fn of(manifest: &Manifest) -> (Self, Vec<Diagnostic<Place>>) {
        let table = |target: Target| manifest.target(target.name());
        let entries = |target: Target| table(target).map(entries).unwrap_or_default();
        let (cilium, mut found) = cilium::Settings::from_table(&entries(Target::Cilium));
        let table = kubernetes::Settings::from_table(&entries(Target::Kubernetes));
        let (kubernetes, more) = table;
        found.extend(more);
        (Self { cilium, kubernetes }, found)
    }
}

fn entries(table: &TargetTable) -> Vec<SettingEntry> {
    table
        .settings
        .iter()
        .map(|setting| SettingEntry {
            key: setting.key.to_string(),
            value: value(&setting.value),
            place: setting.value_place,
            key_place: setting.place,
        })
        .collect()
}

fn value(value: &SettingValue) -> cilium::SettingValue {
    match value {
        SettingValue::Text(text) => cilium::SettingValue::Str(text.to_string()),
        SettingValue::Bool(flag) => cilium::SettingValue::Bool(*flag),
        SettingValue::Int(n) => cilium::SettingValue::Int(*n),
        SettingValue::List(items) => {
            let text = |item: &SettingValue| match item {
                SettingValue::Text(text) => Some(text.to_string()),
                _ => None,
            };
            let texts: Option<Vec<String>> = items.iter().map(text).collect();
            texts.map_or(cilium::SettingValue::Other, cilium::SettingValue::List)
        }
    }
}

/// A program as the objects of each target will say it.
pub struct Plans<'m>(Vec<Plan<'m>>);

enum Plan<'m> {
    Cilium(Box<cilium::Planned<'m>>),
    Kubernetes(Box<kubernetes::Planned<'m>>),
}

impl<'m> Plans<'m> {
    pub(super) fn new(model: &'m Model, settings: &'m Settings, targets: &[Target]) -> Self {
        let stage = cilium::Stage::Enforce;
        let plan = |target: &Target| match target {
            Target::Cilium => {
                let planned = cilium::Planned::new(model, &settings.cilium, stage);
                Plan::Cilium(Box::new(planned))
            }
            Target::Kubernetes => {
                let planned = kubernetes::Planned::new(model, &settings.kubernetes, stage);
                Plan::Kubernetes(Box::new(planned))
            }
        };
        Self(targets.iter().map(plan).collect())
    }

    pub(super) fn findings(&self) -> Vec<Diagnostic<Place>> {
        let each = self.0.iter().flat_map(|plan| match plan {
            Plan::Cilium(planned) => planned.findings(),
            Plan::Kubernetes(planned) => planned.findings(),
        });
        each.cloned().collect()
    }

    /// What each target makes of the program, in the order in which they were named.
    ///
    /// # Errors
    /// What only emitting found.
    pub fn emit(
        &self,
        checked: &Checked,
        options: &EmitOptions,
    ) -> Result<Output, Vec<Diagnostic<Place>>> {
        let mut whole: Option<Output> = None;
        for plan in &self.0 {
            let output = match plan {
                Plan::Cilium(planned) => planned.emit(checked, options)?,
                Plan::Kubernetes(planned) => planned.emit(checked, options)?,
            };
            whole = Some(match whole {
                Some(before) => before.join(output),
                None => output,
            });
        }
        Ok(whole.unwrap_or_default())
    }
}
