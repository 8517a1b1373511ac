//! [`Scope`] over the database: what evaluation sees around one item.

use npl_diagnostics::{Diagnostic, Place, TextRange};
use npl_policy::inventory::Inventory;
use npl_syntax::ast;
use smol_str::SmolStr;

use super::{
    Db, SourceFile, World,
    cut::file_of,
    evaluate::value,
    module::{Binding, module_scope},
};
use crate::{
    eval::prelude,
    scope::{Given, Scope},
    value::{TemplateValue, Value},
};

#[derive(Clone, Copy)]
pub(crate) struct ItemScope<'db> {
    pub(crate) db: &'db dyn Db,
    pub(crate) file: SourceFile,
    pub(crate) key: u64,
}

impl ItemScope<'_> {
    /// The value of a name that the file declares or imports.
    pub(crate) fn bound(&self, name: &str) -> Option<Value> {
        match module_scope(self.db, self.file).get(name)? {
            Binding::Item(item) => Some(value(self.db, item).value.clone()),
            Binding::Broken => Some(Value::Error),
        }
    }
}

/// What needs no declaration.
pub(crate) fn built_in(path: &ast::Path) -> Option<Value> {
    match path.segments.as_slice() {
        [name] => prelude::entity(&name.node),
        [module, name] if module.node == prelude::ICMP => prelude::icmp(&name.node),
        _ => None,
    }
}

impl Scope for ItemScope<'_> {
    fn place(&self, range: TextRange) -> Place {
        Place::in_item(self.key, range)
    }

    fn module(&self) -> SmolStr {
        match self.file.root(self.db) {
            true => SmolStr::default(),
            false => self.file.module(self.db).clone(),
        }
    }

    fn file(&self) -> SmolStr {
        self.file.path(self.db).clone()
    }

    fn qualifier(&self) -> SmolStr {
        self.file.package(self.db).qualifier(self.db).clone()
    }

    fn owns(&self) -> bool {
        self.file.package(self.db).owns(self.db)
    }

    fn namespace(&self) -> Option<SmolStr> {
        let own = module_scope(self.db, self.file).namespace.clone();
        own.or_else(|| {
            let package = self.file.package(self.db);
            package.manifest(self.db).namespace.clone()
        })
    }

    /// Unknown names are reported once for a whole file, by the walk of `usage`: here they are
    /// silent.
    fn resolve(&self, path: &ast::Path, _: &mut Vec<Diagnostic<Place>>) -> Option<Value> {
        if let [name] = path.segments.as_slice()
            && let Some(found) = self.bound(&name.node)
        {
            return Some(found);
        }
        built_in(path)
    }

    fn param(&self, name: &str) -> Option<Given> {
        let package = self.file.package(self.db);
        let params = &package.manifest(self.db).params;
        let found = params.iter().find(|param| param.name == name);
        found.map(|param| Given {
            text: param.value.clone(),
            at: param.value_place,
        })
    }

    fn inventory(&self) -> Option<&Inventory> {
        World::get(self.db).inventory(self.db).as_deref()
    }

    fn today(&self) -> Option<ast::Date> {
        World::get(self.db).today(self.db)
    }

    fn enter(&self, template: &TemplateValue) -> Box<dyn Scope + '_> {
        let files = World::get(self.db).files(self.db);
        let file = files.get(file_of(template.item).0 as usize);
        Box::new(ItemScope {
            db: self.db,
            file: file.copied().flatten().unwrap_or(self.file),
            key: template.item,
        })
    }
}
