//! What one item contributes to the model.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::model::{Claim, EndRule, Rule, Test};
use smol_str::SmolStr;

use crate::{lost::Lost, value::WorkloadValue};

/// Rules, claims and tests of one item (several from an `apply`), in order, with its findings.
/// A `template` contributes findings only: what is wrong with its body whatever its arguments are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lowered {
    pub rules: Vec<LoweredRule>,
    pub claims: Vec<Claim>,
    pub tests: Vec<Test>,
    /// The foreign and imported workloads that the item names: they join the model through this.
    pub named: Vec<Arc<WorkloadValue>>,
    pub diagnostics: Vec<Diagnostic<Place>>,
    /// Rules and claims that a mistake took away.
    pub lost: Vec<Lost>,
}

/// A rule before it has its number and identity.
#[derive(Clone, Debug, PartialEq)]
pub struct LoweredRule {
    /// What its identity is hashed from, beside the module: the rule with names qualified, sets
    /// sorted, arguments put in; no comment and no white space reaches it.
    pub normal_form: SmolStr,
    /// `id` is still empty.
    pub rule: Rule,
    /// `EndRule::rule` is still 0.
    pub ends: Vec<EndRule>,
}
