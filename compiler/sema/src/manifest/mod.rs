//! `npl.toml`: what a package says of itself (cli.md §4), every value with its place.
//!
//! Reading never fails: what is wrong is reported, and the rest counts. Settings of targets are
//! handed on as they stand; this crate refuses to know what they mean, `control-plane` apart, on
//! which the meaning of a program depends.

mod lints;
pub mod read;
mod tables;

use camino::Utf8PathBuf;
use npl_diagnostics::{Place, codes::Code};
use npl_policy::model::ControlPlane;
use smol_str::SmolStr;

pub(crate) use lints::{not_a_lint, unknown_lint};
pub use read::read;
pub(crate) use tables::list;

/// The tables that `[target.…]` may hold.
pub const TARGETS: [&str; 3] = ["cilium", "kubernetes", "ebpf"];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// RFC 1123. Empty where it is missing (reported).
    pub name: SmolStr,
    /// Folders of sources; empty means the folder of `npl.toml`.
    pub source: Vec<PathEntry>,
    /// Of workloads that name none.
    pub namespace: Option<SmolStr>,
    pub owner: Option<SmolStr>,
    pub dependencies: Vec<Dependency>,
    pub inventory: Vec<PathEntry>,
    pub targets: Vec<TargetTable>,
    pub lints: Vec<LintLevel>,
    pub stage: Option<Stage>,
    pub envs: Vec<Env>,
    /// Of the environment that was picked; empty without one.
    pub params: Vec<Param>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathEntry {
    pub path: Utf8PathBuf,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The first segment of a `use` path.
    pub name: SmolStr,
    pub path: Utf8PathBuf,
    pub place: Place,
}

/// `[target.NAME]`, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetTable {
    pub name: SmolStr,
    pub place: Place,
    pub settings: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub key: SmolStr,
    /// Of the key.
    pub place: Place,
    pub value: SettingValue,
    pub value_place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    Bool(bool),
    Int(i64),
    Text(SmolStr),
    List(Vec<SettingValue>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Allow,
    Warn,
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintLevel {
    pub code: Code,
    pub level: Level,
    pub place: Place,
}

/// `[stage] observe`: workloads that close nothing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    All,
    Workloads(Vec<(SmolStr, Place)>),
}

/// `[env.NAME]`: `None` leaves what the package says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Env {
    pub name: SmolStr,
    pub place: Place,
    pub params: Vec<Param>,
    pub inventory: Option<Vec<PathEntry>>,
    pub targets: Vec<TargetTable>,
    pub stage: Option<Stage>,
}

/// The literal that an environment gives to a `param`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    pub name: SmolStr,
    pub value: SmolStr,
    pub place: Place,
    pub value_place: Place,
}

impl Manifest {
    /// The same package in one of its environments. `None`: it has none of this name.
    pub fn in_env(&self, name: &str) -> Option<Self> {
        let env = self.envs.iter().find(|env| env.name == name)?;
        let mut out = self.clone();
        out.params.clone_from(&env.params);
        if let Some(inventory) = &env.inventory {
            out.inventory.clone_from(inventory);
        }
        if env.stage.is_some() {
            out.stage.clone_from(&env.stage);
        }
        for table in &env.targets {
            match out.targets.iter_mut().find(|t| t.name == table.name) {
                Some(old) => *old = table.clone(),
                None => out.targets.push(table.clone()),
            }
        }
        Some(out)
    }

    pub fn target(&self, name: &str) -> Option<&TargetTable> {
        self.targets.iter().find(|table| table.name == name)
    }

    /// Where the API server is, as a target's table says; a wrong value is the target's to report.
    pub fn control_plane(&self) -> ControlPlane {
        let tables = ["cilium", "kubernetes"].into_iter();
        let tables = tables.filter_map(|name| self.target(name));
        let mut settings = tables.flat_map(|table| &table.settings);
        match settings
            .find(|s| s.key == "control-plane")
            .map(|s| &s.value)
        {
            Some(SettingValue::Text(text)) if text == "external" => ControlPlane::External,
            Some(SettingValue::Text(text)) if text == "nodes" => ControlPlane::Nodes,
            _ => ControlPlane::Unknown,
        }
    }
}
