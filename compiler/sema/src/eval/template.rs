//! `template`: formals, and what a body may hold. Its rules are checked twice: here whatever the
//! arguments (`Error` stands for each), and with them where it is applied.

use std::sync::Arc;

use npl_diagnostics::{Anchor, codes::kinds};
use npl_syntax::ast::{self, Item, ItemKind};

use crate::{
    eval::{cx::Cx, limits::FORMALS_MAX, prelude},
    value::{TemplateValue, Value},
};

impl Cx<'_> {
    pub(crate) fn template(
        &mut self,
        name: &ast::Name,
        formals: &[ast::Formal],
        body: &[Item],
    ) -> Value {
        let mut fine = self.within(formals.len(), FORMALS_MAX, "formals", name.span);
        for (at, formal) in formals.iter().enumerate() {
            fine &= self.formal(formal, formals.get(..at).unwrap_or_default());
        }
        for item in body {
            self.only_rules(item);
        }
        if !fine {
            return Value::Error;
        }
        let place = self.at(name.span);
        Value::Template(Arc::new(TemplateValue {
            name: self.scope.qualified(&name.node),
            formals: formals.to_vec(),
            body: Arc::new(body.to_vec()),
            item: match place.anchor {
                Anchor::Item(item) => item,
                Anchor::File(_) => 0,
            },
            place,
        }))
    }

    fn formal(&mut self, formal: &ast::Formal, before: &[ast::Formal]) -> bool {
        let name = &formal.name;
        // What its arguments have to be is then not judged.
        let mut fine = true;
        self.kind(&formal.kind);
        if let Some(first) = before.iter().find(|other| other.name.node == name.node) {
            let message = format!("the formal `{}` is declared twice", name.node);
            let found = self
                .found(&kinds::DUPLICATE_FORMAL, name.span, message)
                .also(self.at(first.name.span), "first here")
                .help("give one of them another name");
            self.report(found);
            fine = false;
        }
        if prelude::names().any(|known| known == name.node) {
            let message = format!("the formal `{}` takes a name of the prelude", name.node);
            let found = self
                .found(&kinds::FORMAL_SHADOWS, name.span, message)
                .help("give it another name");
            self.report(found);
            fine = false;
        }
        fine
    }

    fn only_rules(&mut self, item: &Item) {
        let what = match &item.kind {
            ItemKind::Rule(_) | ItemKind::Assert(_) | ItemKind::Apply { .. } | ItemKind::Error => {
                return;
            }
            ItemKind::Namespace(_) => "a `namespace` item",
            ItemKind::Use(_) => "a `use` item",
            ItemKind::Test { .. } => "a test",
            ItemKind::Workload(_)
            | ItemKind::External { .. }
            | ItemKind::Network { .. }
            | ItemKind::Group { .. }
            | ItemKind::Service { .. }
            | ItemKind::Port { .. }
            | ItemKind::Param { .. }
            | ItemKind::Template { .. } => "a declaration",
        };
        let message = format!("a template holds rules, claims and `apply`, and this is {what}");
        let found = self
            .found(&kinds::ITEM_IN_TEMPLATE, item.span, message)
            .help("move it out of the template; a declared thing is handed in as an argument");
        self.report(found);
    }
}
