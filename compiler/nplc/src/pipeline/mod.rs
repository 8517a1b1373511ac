//! From paths to findings: the one way that every command takes.
//!
//! `open` loads programs and their inventories; [`Unit::analyse`] runs every check over one of
//! them. A target sees a program only as the `Checked` of an [`Analysis`]. Reading goes through
//! `Files`, so that tests run the same pipeline over memory.

mod across;
mod analyse;
mod gather;
pub mod import;
mod lost;
mod target;
mod unit;

use camino::Utf8PathBuf;
use npl_sema::{
    files::Files,
    load::{LoadRequest, load},
};
use npl_syntax::ast::Date;

pub use analyse::{Analysis, Make};
pub use gather::Gathered;
pub use target::{Plans, Target};
pub use unit::{At, Located, Unit};

use crate::stop::{Result, Stop};

/// What is asked about, whoever asks.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Sources; none means the nearest package, else the current folder.
    pub paths: Vec<String>,
    /// A source text from standard input.
    pub stdin: Option<String>,
    /// Manifests from standard input.
    pub stdin_manifests: Option<String>,
    pub inventory: Vec<String>,
    pub env: Option<String>,
    /// The day that `until` is judged by; `None` judges nothing.
    pub today: Option<Date>,
    pub stage_observe: bool,
}

/// The programs that the request names, each with its inventory.
pub fn open(files: &dyn Files, request: &Request) -> Result<Vec<Unit>> {
    for path in request.paths.iter().chain(&request.inventory) {
        unexpanded(files, path)?;
    }
    let paths = |list: &[String]| list.iter().map(Utf8PathBuf::from).collect();
    let loaded = load(
        files,
        &LoadRequest {
            paths: paths(&request.paths),
            stdin: request.stdin.clone(),
            env: request.env.clone(),
            today: request.today,
            stage_observe: request.stage_observe,
            inventory: paths(&request.inventory),
        },
    )
    .map_err(|error| Stop::failed(error.to_string()))?;
    let piped = request.stdin_manifests.as_deref();
    let open = |program| Unit::open(files, program, piped);
    loaded.programs.into_iter().map(open).collect()
}

/// Every check over each of the programs, and those that need to see several at once.
pub fn analyse_all(units: &[Unit]) -> Vec<Analysis> {
    let all = analyse_and::<()>(units, None);
    all.into_iter().map(|(analysis, _)| analysis).collect()
}

/// The same, with what `make` makes of each program that no error speaks against.
pub fn make_all<T: Send>(units: &[Unit], make: &Make<'_, T>) -> Vec<(Analysis, Option<T>)> {
    analyse_and(units, Some(make))
}

fn analyse_and<T: Send>(units: &[Unit], make: Option<&Make<'_, T>>) -> Vec<(Analysis, Option<T>)> {
    if let [only] = units {
        return vec![only.analyse_and(of_manifests(only), make)];
    }
    let across = across::findings(units);
    let pairs = units.iter().zip(across);
    pairs
        .map(|(unit, mut found)| {
            found.extend(of_manifests(unit));
            unit.analyse_and(found, make)
        })
        .collect()
}

/// Claims are asked of the policies in YAML too.
fn of_manifests(unit: &Unit) -> Vec<npl_diagnostics::Diagnostic<npl_diagnostics::Place>> {
    unit.of_manifests(!unit.host().model().claims.is_empty())
}

/// The shell hands a pattern on as it stands when nothing matches it.
pub fn unexpanded(files: &dyn Files, path: &str) -> Result<()> {
    let pattern = path.contains(['*', '?', '[']);
    if pattern && files.kind(path.into()).is_err() {
        return Err(Stop::at(
            path,
            "no such file or folder; the shell expands patterns, and this one matched nothing \
             or was quoted",
        ));
    }
    Ok(())
}
