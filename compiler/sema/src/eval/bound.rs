//! The scope of a template's body: its file's, with the formals bound.

use npl_diagnostics::{Diagnostic, Place, TextRange};
use npl_policy::inventory::Inventory;
use npl_syntax::ast;
use smol_str::SmolStr;

use crate::{
    scope::{Given, Scope},
    value::{TemplateValue, Value},
};

pub(crate) struct Bound<'a> {
    pub(crate) base: &'a dyn Scope,
    pub(crate) names: Vec<(SmolStr, Value)>,
}

impl Scope for Bound<'_> {
    fn place(&self, range: TextRange) -> Place {
        self.base.place(range)
    }

    fn module(&self) -> SmolStr {
        self.base.module()
    }

    fn file(&self) -> SmolStr {
        self.base.file()
    }

    fn qualifier(&self) -> SmolStr {
        self.base.qualifier()
    }

    fn qualified(&self, name: &str) -> SmolStr {
        self.base.qualified(name)
    }

    fn owns(&self) -> bool {
        self.base.owns()
    }

    fn namespace(&self) -> Option<SmolStr> {
        self.base.namespace()
    }

    fn resolve(&self, path: &ast::Path, out: &mut Vec<Diagnostic<Place>>) -> Option<Value> {
        if let [one] = path.segments.as_slice()
            && let Some((_, value)) = self.names.iter().find(|(name, _)| *name == one.node)
        {
            return Some(value.clone());
        }
        self.base.resolve(path, out)
    }

    fn param(&self, name: &str) -> Option<Given> {
        self.base.param(name)
    }

    fn inventory(&self) -> Option<&Inventory> {
        self.base.inventory()
    }

    fn today(&self) -> Option<ast::Date> {
        self.base.today()
    }

    fn enter(&self, template: &TemplateValue) -> Box<dyn Scope + '_> {
        self.base.enter(template)
    }
}
