//! What every part of evaluation carries: the scope, the findings, the foreign workloads met.

use std::sync::Arc;

use npl_diagnostics::{Code, Diagnostic, Place, TextRange, codes::sets};
use npl_policy::model::{Ownership, Verdict};
use npl_syntax::ast;

use crate::{
    lost::{Lost, LostItem, LostRule},
    scope::Scope,
    value::{Value, WorkloadValue},
};

pub(crate) struct Cx<'a> {
    pub(crate) scope: &'a dyn Scope,
    pub(crate) out: Vec<Diagnostic<Place>>,
    /// In order of first use.
    pub(crate) foreign: Vec<Arc<WorkloadValue>>,
    pub(crate) lost: Vec<Lost>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(scope: &'a dyn Scope) -> Self {
        Self {
            scope,
            out: Vec::new(),
            foreign: Vec::new(),
            lost: Vec::new(),
        }
    }

    pub(crate) fn at(&self, range: TextRange) -> Place {
        self.scope.place(range)
    }

    /// A finding of this item, for further words.
    pub(crate) fn found(
        &self,
        code: Code,
        range: TextRange,
        message: impl Into<String>,
    ) -> Diagnostic<Place> {
        Diagnostic::new(code, self.at(range), message)
    }

    pub(crate) fn lose(&mut self, range: TextRange, what: LostItem) {
        let at = self.at(range);
        self.lost.push(Lost { at, what });
    }

    /// Of a rule, or of several, nothing is known but what they do.
    pub(crate) fn lose_rules(&mut self, range: TextRange, verdict: Option<Verdict>) {
        self.lose(range, LostItem::Rule(LostRule::unknown(verdict)));
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic<Place>) {
        self.out.push(diagnostic);
    }

    /// The value of a path; `None` where that was reported, here or at its declaration.
    pub(crate) fn resolve(&mut self, path: &ast::Path) -> Option<Value> {
        let value = self.scope.resolve(path, &mut self.out)?;
        (!matches!(value, Value::Error)).then_some(value)
    }

    pub(crate) fn meet(&mut self, workload: &Arc<WorkloadValue>) {
        let known = |w: &Arc<WorkloadValue>| Arc::ptr_eq(w, workload) || w.name == workload.name;
        if workload.ownership != Ownership::Owned && !self.foreign.iter().any(known) {
            self.foreign.push(Arc::clone(workload));
        }
    }

    /// Whether `count` is within the limit; reported where it is not.
    pub(crate) fn within(
        &mut self,
        count: usize,
        limit: usize,
        what: &str,
        range: TextRange,
    ) -> bool {
        if count > limit {
            let message = format!("{count} {what} are more than the limit of {limit}");
            let found = self.found(&sets::TOO_MANY, range, message);
            self.report(found.help("split it into several items"));
        }
        count <= limit
    }
}

/// A path as it is written.
pub(crate) fn dotted(path: &ast::Path) -> String {
    let mut out = String::new();
    for segment in &path.segments {
        if !out.is_empty() {
            out.push('.');
        }
        out.push_str(&segment.node);
    }
    out
}

/// What a value is, for messages: "a port".
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Workload(_) => "a workload",
        Value::External(_) => "an external",
        Value::Network(_) => "a network",
        Value::Group(_) => "a group",
        Value::Service(_) => "a service",
        Value::Port(_) => "a port",
        Value::Text(_) => "a string",
        Value::Entity(_) => "an entity",
        Value::Template(_) => "a template",
        Value::Error => "nothing",
    }
}
