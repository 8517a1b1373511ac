//! The salsa database: what was computed of a program, kept from one edit to the next.
//!
//! Granularity is the item (architecture.md §3.1): its text is a tracked field, its tree and
//! everything behind it count from its own start. Nothing but `Host::resolve` asks where in its
//! file an item stands, so an edit above it changes nothing that was computed from it.
//!
//! | query | of | holds |
//! |---|---|---|
//! | `items` | file | the file, cut |
//! | `parse` | item | its tree |
//! | `declared` | file | the names that it declares |
//! | `declarations` | package | the names that its files declare |
//! | `module_scope` | file | declared and imported names, with what is wrong with them |
//! | `intended` | file | names that its broken items were to bring in |
//! | `mentions` | file | names used, unknown ones reported |
//! | `circles` | package | declarations that stand for themselves |
//! | `value` | item | what a declaration stands for |
//! | `lower` | item | what a rule, claim, test or `apply` adds to the model |
//! | `used` | package | declarations that something mentions |
//! | `unused` | file | findings on those that nothing mentions |
//! | `check` | file | its other findings |

mod beside;
mod checking;
mod circle;
mod cut;
mod elsewhere;
mod evaluate;
mod ignoring;
mod importing;
mod intended;
mod module;
mod package;
mod refs;
mod scope;
mod unknown;
mod usage;

use std::sync::Arc;

use npl_diagnostics::FileId;
use npl_policy::inventory::Inventory;
use npl_syntax::ast::Date;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::manifest::Manifest;

pub(crate) use checking::check;
pub(crate) use circle::{Circles, circles, edges};
pub(crate) use cut::{Item, declares, file_of, items, parse};
pub(crate) use evaluate::{lower, lowers, value};
pub(crate) use ignoring::{Ignore, ignores};
pub(crate) use importing::{called, find};
pub(crate) use module::{Binding, module_scope};
pub(crate) use package::check_package;
pub(crate) use scope::{ItemScope, built_in};
pub(crate) use usage::unused;

pub(crate) use salsa::Database as Db;

#[salsa::db]
#[derive(Clone)]
pub(crate) struct Database {
    storage: salsa::Storage<Self>,
}

#[salsa::db]
impl salsa::Database for Database {}

/// Hears of every query that runs.
pub(crate) type Watch = Box<dyn Fn(salsa::Event) + Send + Sync>;

impl Database {
    pub(crate) fn new(watch: Option<Watch>) -> Self {
        Self {
            storage: salsa::Storage::new(watch),
        }
    }
}

/// One source file.
#[salsa::input]
pub(crate) struct SourceFile {
    #[returns(copy)]
    pub(crate) id: FileId,
    /// Relative to the program's root.
    pub(crate) path: SmolStr,
    /// As `use` names it.
    pub(crate) module: SmolStr,
    /// Its declarations are qualified by the package alone.
    #[returns(copy)]
    pub(crate) root: bool,
    #[returns(copy)]
    pub(crate) package: Package,
    pub(crate) text: Arc<str>,
}

/// The package under work, a dependency, or the standard library.
#[salsa::input]
pub(crate) struct Package {
    /// What qualified names begin with.
    pub(crate) qualifier: SmolStr,
    #[returns(copy)]
    pub(crate) owns: bool,
    pub(crate) manifest: Arc<Manifest>,
    /// Sorted by path.
    #[default]
    pub(crate) files: Vec<SourceFile>,
    /// By module name; of two files with one name, the first.
    #[default]
    pub(crate) modules: Arc<FxHashMap<SmolStr, SourceFile>>,
    /// What `circles` last answered. An input, kept up to date by the host, so that a value depends
    /// on the files of the whole package only when there is a circle.
    #[default]
    pub(crate) known_circles: Arc<Circles>,
    /// Dependencies, and `std`.
    #[default]
    pub(crate) others: Arc<Vec<(SmolStr, Package)>>,
}

/// What every package sees alike.
#[salsa::input(singleton)]
pub(crate) struct World {
    /// By `FileId`; `None` for what is no NPL.
    pub(crate) files: Vec<Option<SourceFile>>,
    pub(crate) inventory: Option<Arc<Inventory>>,
    #[returns(copy)]
    pub(crate) today: Option<Date>,
}
