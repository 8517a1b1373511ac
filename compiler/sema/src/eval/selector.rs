//! Selectors: labels and namespace clauses to a predicate over pods.
//!
//! Refuses what Kubernetes would refuse as a label, one operator twice on one key, and a selector
//! that no pod can meet.

use npl_diagnostics::{
    TextRange,
    codes::{kinds, sets},
};
use npl_policy::label::{Cube, Values};
use npl_syntax::ast::{self, LabelOp, NsWhat};
use smol_str::SmolStr;

use crate::eval::{
    cx::Cx,
    kube,
    limits::{LABEL_VALUES_MAX, LABELS_MAX},
};

/// Whose labels they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Pod,
    Namespace,
}

impl Cx<'_> {
    /// Adds the labels of a pod to `cube`; `None` where one was reported.
    pub(crate) fn labels(&mut self, cube: Cube, labels: &ast::Labels) -> Option<Cube> {
        self.require(cube, labels, Of::Pod)
    }

    fn require(&mut self, mut cube: Cube, labels: &ast::Labels, of: Of) -> Option<Cube> {
        if !self.within(labels.labels.len(), LABELS_MAX, "labels", labels.span) {
            return None;
        }
        let mut fine = true;
        for (at, label) in labels.labels.iter().enumerate() {
            let before = labels.labels.get(..at).unwrap_or_default();
            let Some(values) = self.label(label) else {
                fine = false;
                continue;
            };
            if self.repeated(label, before) {
                fine = false;
                continue;
            }
            let key = label.key.node.clone();
            cube = match of {
                Of::Pod => cube.with_label(key, &values),
                Of::Namespace => cube.with_namespace_label(key, &values),
            };
            if fine && cube.is_empty() {
                self.impossible(label, before);
                fine = false;
            }
        }
        fine.then_some(cube)
    }

    fn label(&mut self, label: &ast::Label) -> Option<Values> {
        let mut fine = true;
        if let Err(why) = kube::label_key(&label.key.node) {
            let message = format!("`{}` is no label key: {why}", label.key.node);
            let found = self.found(&sets::BAD_LABEL_KEY, label.key.span, message);
            self.report(found.help("write the key that the pod's manifest has"));
            fine = false;
        }
        let listed = |list: &[ast::Str]| -> Vec<Option<SmolStr>> {
            list.iter().map(|v| Some(v.node.clone())).collect()
        };
        let values = match &label.op {
            LabelOp::Is(value) => {
                fine &= self.label_values(std::slice::from_ref(value), label.span);
                Values::is(value.node.clone())
            }
            LabelOp::In(list) => {
                fine &= self.label_values(list, label.span);
                Values::finite(listed(list))
            }
            // As in Kubernetes: a pod without the key is matched too.
            LabelOp::NotIn(list) => {
                fine &= self.label_values(list, label.span);
                Values::all_but(listed(list))
            }
            LabelOp::Exists => Values::present(),
            LabelOp::Absent => Values::absent(),
        };
        fine.then_some(values)
    }

    fn label_values(&mut self, values: &[ast::Str], range: TextRange) -> bool {
        let mut fine = self.within(values.len(), LABEL_VALUES_MAX, "values of one label", range);
        for value in values {
            if let Err(why) = kube::label_value(&value.node) {
                let message = format!("`{}` is no label value: {why}", value.node);
                let found = self.found(&sets::BAD_LABEL_VALUE, value.span, message);
                self.report(found.help("write the value that the pod's manifest has"));
                fine = false;
            }
        }
        fine
    }

    /// The same operator on the same key twice. Different operators on one key are a conjunction.
    fn repeated(&mut self, label: &ast::Label, before: &[ast::Label]) -> bool {
        let same = |other: &&ast::Label| {
            other.key.node == label.key.node
                && std::mem::discriminant(&other.op) == std::mem::discriminant(&label.op)
        };
        let Some(first) = before.iter().find(same) else {
            return false;
        };
        let message = format!("the label `{}` is required twice", label.key.node);
        let found = self
            .found(&sets::DUPLICATE_LABEL, label.span, message)
            .also(self.at(first.span), "first here")
            .help("remove one, or write one `in [\"…\", \"…\"]` where either value will do");
        self.report(found);
        true
    }

    fn impossible(&mut self, label: &ast::Label, before: &[ast::Label]) {
        let key = &label.key.node;
        let message = format!("no pod can meet what this selector says of `{key}`");
        let mut found = self.found(&sets::UNSATISFIABLE_SELECTOR, label.span, message);
        found = found.help("all conditions of a selector hold together: remove one of them");
        if let Some(other) = before.iter().find(|l| l.key.node == *key) {
            found = found.also(self.at(other.span), "contradicts this");
        }
        self.report(found);
    }

    /// Adds a namespace clause to `cube`.
    pub(crate) fn namespaces(&mut self, cube: Cube, clause: &ast::NsClause) -> Option<Cube> {
        match &clause.what {
            NsWhat::Any => Some(cube),
            NsWhat::Named(names) => {
                let limit = LABEL_VALUES_MAX;
                let mut fine = self.within(names.len(), limit, "namespaces", clause.span);
                for name in names {
                    fine &= self.namespace_name(&name.node, name.span);
                }
                let values = names.iter().map(|name| Some(name.node.clone()));
                fine.then(|| cube.with_namespace(&Values::finite(values)))
            }
            NsWhat::Labels(labels) => self.require(cube, labels, Of::Namespace),
        }
    }

    pub(crate) fn namespace_name(&mut self, name: &str, range: TextRange) -> bool {
        let Err(why) = kube::dns_label(name) else {
            return true;
        };
        let message = format!("`{name}` is no namespace: {why}");
        let found = self.found(&sets::BAD_NAMESPACE, range, message);
        self.report(found.help("write the namespace as `kubectl get namespaces` shows it"));
        false
    }

    /// The file's or the package's namespace, for what names none.
    pub(crate) fn default_namespace(
        &mut self,
        what: &str,
        name: &str,
        range: TextRange,
        insert_at: u32,
    ) -> Option<SmolStr> {
        if let Some(namespace) = self.scope.namespace() {
            return Some(namespace);
        }
        let message = format!("the {what} `{name}` is in no namespace");
        let found = self
            .found(&sets::NO_NAMESPACE, range, message)
            .help("write `in namespace …` after it, or one `namespace …` at the top of the file")
            .fix(
                "say `in namespace default`",
                false,
                self.at(TextRange::at(insert_at)),
                " in namespace default",
            );
        self.report(found);
        None
    }

    /// A clause that stands twice.
    pub(crate) fn twice(&mut self, what: &str, first: TextRange, again: TextRange) {
        let message = format!("`{what}` stands here twice");
        let found = self
            .found(&kinds::DUPLICATE_CLAUSE, again, message)
            .also(self.at(first), "first here")
            .help("keep one");
        self.report(found);
    }
}
