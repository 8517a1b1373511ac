//! What evaluation may ask of its surroundings: the one seam between the pure half of this crate
//! (`eval`) and the incremental half (`db`).

use npl_diagnostics::{Diagnostic, Place, TextRange};
use npl_policy::inventory::Inventory;
use npl_syntax::ast;
use smol_str::SmolStr;

use crate::value::{TemplateValue, Value};

/// The value that the environment gives to a `param`, as text of a literal.
pub struct Given {
    pub text: SmolStr,
    /// Where `npl.toml` says so.
    pub at: Place,
}

/// The names and facts around one item.
pub trait Scope {
    /// Where a range of this item's tree is.
    fn place(&self, range: TextRange) -> Place;

    /// Module path, `.`-joined; empty for the root module.
    fn module(&self) -> SmolStr;

    /// Package-relative path of the file.
    fn file(&self) -> SmolStr;

    /// What qualified names begin with: the package for this package's modules, `std` or the
    /// dependency's name for others. `module` follows it.
    fn qualifier(&self) -> SmolStr;

    /// The qualified name of what is declared here: qualifier, module, name.
    fn qualified(&self, name: &str) -> SmolStr {
        let (qualifier, module) = (self.qualifier(), self.module());
        let parts = [qualifier.as_str(), module.as_str(), name];
        let mut out = String::new();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(part);
        }
        out.into()
    }

    /// Whether workloads declared here are owned: true in the package under work only.
    fn owns(&self) -> bool;

    /// The namespace of what names none: the file's, else the package's.
    fn namespace(&self) -> Option<SmolStr>;

    /// The value of a path. `None`: unknown, and reported to `out` with the nearest name.
    fn resolve(&self, path: &ast::Path, out: &mut Vec<Diagnostic<Place>>) -> Option<Value>;

    fn param(&self, name: &str) -> Option<Given>;

    fn inventory(&self) -> Option<&Inventory>;

    /// The day that `until` is judged by; `None` judges nothing.
    fn today(&self) -> Option<ast::Date>;

    /// The scope in which a template's body stands: its own file's names, its own places.
    fn enter(&self, template: &TemplateValue) -> Box<dyn Scope + '_>;
}
