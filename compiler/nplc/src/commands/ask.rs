//! From the flags that commands share to a request; how findings are shown.

use std::io::Read as _;

use npl_diagnostics::render::Format;

use crate::{
    args::{Findings, Options, StdinKind},
    clock,
    fs::{Disk, plain},
    pipeline::{self, Gathered, Request, Unit},
    stop::{Result, Stop},
    ui::Ui,
};

pub(super) const FLOWS_ARE_NO_SOURCE: &str =
    "flows are no source: only `nplc trace SRC… - --stdin-kind flows` reads them";

pub(super) const STDIN_TWICE: &str = "standard input (`-`) can be read only once";

/// The programs that a command's sources name; policies in YAML are refused.
pub(super) fn open(sources: &[String], options: &Options, ui: &Ui) -> Result<Vec<Unit>> {
    let units = open_with_policies(sources, options, ui)?;
    units.iter().try_for_each(Unit::refuse_policies)?;
    Ok(units)
}

/// The same, for commands that take policies in YAML as readily as NPL.
pub(super) fn open_with_policies(
    sources: &[String],
    options: &Options,
    ui: &Ui,
) -> Result<Vec<Unit>> {
    threads(options.jobs)?;
    if options.stdin_kind == StdinKind::Flows {
        return Err(Stop::failed(FLOWS_ARE_NO_SOURCE));
    }
    let mut request = Request {
        paths: sources
            .iter()
            .filter(|path| *path != "-")
            .cloned()
            .collect(),
        stdin: None,
        stdin_manifests: None,
        inventory: options.inventory.clone(),
        env: options.env.clone(),
        today: options.as_of.or_else(clock::today),
        stage_observe: false,
    };
    let piped = sources.iter().filter(|path| *path == "-").count();
    if piped > 1 {
        return Err(Stop::failed(STDIN_TWICE));
    }
    if piped == 1 {
        let text = stdin()?;
        if options.stdin_kind == StdinKind::Npl {
            request.stdin = Some(text);
        } else {
            request.stdin_manifests = Some(text);
            // Standard input is a source: the current folder is asked about only by itself.
            if request.paths.is_empty() {
                request.stdin = Some(String::new());
            }
        }
    }
    let mut units = pipeline::open(&Disk, &request)?;
    for unit in &mut units {
        unit.set_jobs(options.jobs.map_or(0, usize::from));
        ui.detail(&unit.describe());
    }
    Ok(units)
}

fn stdin() -> Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Stop::at("standard input", plain(&error)))?;
    String::from_utf8(bytes).map_err(|error| {
        Stop::at(
            "standard input",
            format!("is not UTF-8: {}", error.utf8_error()),
        )
    })
}

/// Reads all of standard input as text.
pub(super) fn read_stdin() -> Result<String> {
    stdin()
}

/// One pool for the whole run. Its threads start with the first work that is shared out.
pub(super) fn threads(jobs: Option<u16>) -> Result<()> {
    let Some(jobs) = jobs else { return Ok(()) };
    rayon::ThreadPoolBuilder::new()
        .num_threads(usize::from(jobs))
        .build_global()
        .map_err(|error| Stop::failed(error.to_string()))
}

pub(super) fn format(findings: Findings) -> Format {
    match findings {
        Findings::Full => Format::Full,
        Findings::Concise => Format::Concise,
        Findings::Json => Format::Json,
        Findings::Sarif => Format::Sarif,
        Findings::Github => Format::Github,
    }
}

/// Findings beside another result: to standard error, where there are any.
pub(super) fn aside(gathered: &Gathered, findings: Findings, ui: &Ui) {
    if !gathered.diagnostics.is_empty() {
        ui.err(&gathered.render(format(findings), ui.color_err));
        ui.talk(&gathered.counts().to_string());
    }
}
