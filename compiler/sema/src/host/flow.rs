//! Flows as the command line states them, in the names of the package.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, FileId, Place, TextRange, codes::names, suggest};
use npl_policy::{inventory::Inventory, model::TestFlow};
use npl_syntax::ast;
use smol_str::SmolStr;

use super::Host;
use crate::{
    db::{self, ItemScope, World},
    eval,
    scope::{Given, Scope},
    value::{TemplateValue, Value},
};

/// How findings name the text of a flow.
const NAME: &str = "<flow>";

impl Host {
    /// `frontend -> api:443 sni "a"`. A name is that of any module; where several declare it, it is
    /// written with its module before it. Places count in a file of its own, until the next flow.
    pub fn parse_flow(&mut self, text: &str) -> Result<TestFlow, Vec<Diagnostic<Place>>> {
        let file = self.flow_file(text);
        let (edge, found) = npl_syntax::parse_flow(text);
        let in_flow = |range| Place::in_file(file, range);
        let mut errors: Vec<Diagnostic<Place>> =
            found.into_iter().map(|d| d.map(in_flow)).collect();
        let Some(edge) = edge.filter(|_| !errors.iter().any(Diagnostic::is_error)) else {
            return Err(errors);
        };
        let scope = FlowScope { host: self, file };
        let (flow, found) = eval::flow(&edge, &scope);
        errors.extend(found);
        match flow {
            Some(flow) if !errors.iter().any(Diagnostic::is_error) => Ok(flow),
            _ => Err(errors),
        }
    }

    fn flow_file(&mut self, text: &str) -> FileId {
        let id = match self.flow {
            Some(id) => id,
            None => {
                let id = self.add_source(NAME, text);
                self.flow = Some(id);
                id
            }
        };
        if let Some(slot) = self.texts.get_mut(id.0 as usize) {
            slot.text = Arc::from(text);
        }
        id
    }

    /// What a name means, in whichever module.
    fn anywhere(&self, name: &str) -> Vec<(SmolStr, Value)> {
        let db = &self.db;
        let mut out: Vec<(SmolStr, Value)> = Vec::new();
        let mut seen: Vec<u64> = Vec::new();
        let own = self.packages.first();
        for file in own.into_iter().flat_map(|p| p.files(db)) {
            if let Some(db::Binding::Item(item)) = db::module_scope(db, *file).get(name)
                && !seen.contains(&item.key(db))
            {
                seen.push(item.key(db));
                out.push((file.module(db).clone(), db::value(db, item).value.clone()));
            }
        }
        out
    }
}

struct FlowScope<'a> {
    host: &'a Host,
    file: FileId,
}

impl FlowScope<'_> {
    fn unknown(&self, path: &ast::Path, written: &str) -> Diagnostic<Place> {
        let db = &self.host.db;
        let place = self.place(path.span);
        let text = format!("`{written}` is not declared");
        let found = Diagnostic::new(&names::UNKNOWN_NAME, place, text);
        let own = self.host.packages.first();
        let files = own.into_iter().flat_map(|p| p.files(db));
        let mut known: Vec<&str> = files
            .flat_map(|file| db::module_scope(db, *file).names())
            .collect();
        for name in eval::prelude::names() {
            known.push(name);
        }
        match suggest(written, known) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                false,
                place,
                near,
            ),
            None => found.help("name a declaration of the package, or write `{ app: \"…\" } in …`"),
        }
    }
}

impl Scope for FlowScope<'_> {
    fn place(&self, range: TextRange) -> Place {
        Place::in_file(self.file, range)
    }

    fn module(&self) -> SmolStr {
        SmolStr::default()
    }

    fn file(&self) -> SmolStr {
        SmolStr::new_static(NAME)
    }

    fn qualifier(&self) -> SmolStr {
        self.host.program.name.clone()
    }

    fn owns(&self) -> bool {
        true
    }

    fn namespace(&self) -> Option<SmolStr> {
        self.host.manifest().namespace.clone()
    }

    fn resolve(&self, path: &ast::Path, out: &mut Vec<Diagnostic<Place>>) -> Option<Value> {
        let host = self.host;
        if let Some(found) = db::built_in(path) {
            return Some(found);
        }
        let segments: Vec<&str> = path.segments.iter().map(|s| s.node.as_str()).collect();
        let written = segments.join(".");
        if segments.len() > 1 {
            let own = host.packages.first();
            let any = own.and_then(|p| p.files(&host.db).first());
            let found = any.and_then(|file| db::find(&host.db, *file, &path.segments));
            if let Some(item) = found {
                return Some(db::value(&host.db, item).value.clone());
            }
            out.push(self.unknown(path, &written));
            return None;
        }
        let mut found = host.anywhere(&written);
        if found.len() > 1 {
            let modules: Vec<String> = found
                .iter()
                .map(|(module, _)| format!("`{module}.{written}`"))
                .collect();
            let text = format!("`{written}` means something else in each of several modules");
            let found = Diagnostic::new(&names::DUPLICATE_NAME, self.place(path.span), text)
                .help(format!("write {}", modules.join(" or ")));
            out.push(found);
            return None;
        }
        match found.pop() {
            Some((_, value)) => Some(value),
            None => {
                out.push(self.unknown(path, &written));
                None
            }
        }
    }

    fn param(&self, _: &str) -> Option<Given> {
        None
    }

    fn inventory(&self) -> Option<&Inventory> {
        World::get(&self.host.db)
            .inventory(&self.host.db)
            .as_deref()
    }

    fn today(&self) -> Option<ast::Date> {
        World::get(&self.host.db).today(&self.host.db)
    }

    fn enter(&self, template: &TemplateValue) -> Box<dyn Scope + '_> {
        let file = self.host.source_file(db::file_of(template.item));
        match file {
            Some(file) => Box::new(ItemScope {
                db: &self.host.db,
                file,
                key: template.item,
            }),
            None => Box::new(Self {
                host: self.host,
                file: self.file,
            }),
        }
    }
}
