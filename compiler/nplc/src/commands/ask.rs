//! From the flags that commands share to a request; how findings are shown.

use std::io::Read as _;

use camino::Utf8Path;
use npl_diagnostics::render::Format;
use npl_sema::files::is_yaml;

use crate::{
    args::{Findings, Options, StdinKind},
    clock,
    fs::{Disk, is_pipe, plain},
    pipeline::{self, Gathered, Request, Unit},
    stop::{Result, Stop},
    ui::Ui,
};

pub(super) const FLOWS_ARE_NO_SOURCE: &str =
    "flows are no source: only `nplc trace SRC… - --stdin-kind flows` reads them";

const PIPES: &str = "only one source can be standard input, a pipe or a device";

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
    let (piped, paths): (Vec<&String>, Vec<&String>) =
        sources.iter().partition(|path| is_piped(path));
    let mut request = Request {
        paths: paths.into_iter().cloned().collect(),
        stdin: None,
        stdin_manifests: None,
        inventory: options.inventory.clone(),
        env: options.env.clone(),
        today: options.as_of.or_else(clock::today),
        stage_observe: false,
    };
    if let [first, rest @ ..] = piped.as_slice() {
        if !rest.is_empty() {
            return Err(Stop::failed(match rest.iter().all(|path| path == first) {
                true if *first == "-" => STDIN_TWICE,
                _ => PIPES,
            }));
        }
        let text = read_piped(first)?;
        // The name of a pipe says more than a flag that is not given.
        let yaml = options.stdin_kind == StdinKind::Yaml || is_yaml(Utf8Path::new(first));
        if !yaml {
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
        unit.set_strict(options.strict);
        unit.set_jobs(options.jobs.map_or(0, usize::from));
        unit.left_out().for_each(|text| ui.talk(&text));
        ui.detail(&unit.describe());
    }
    Ok(units)
}

/// Whether a source is read once: standard input, a pipe, a device.
pub(super) fn is_piped(path: &str) -> bool {
    path == "-" || is_pipe(Utf8Path::new(path))
}

/// Reads all of such a source as text.
pub(super) fn read_piped(path: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let (name, read) = match path {
        "-" => (
            "standard input",
            std::io::stdin().lock().read_to_end(&mut bytes),
        ),
        _ => {
            let file = std::fs::File::open(path);
            (path, file.and_then(|mut file| file.read_to_end(&mut bytes)))
        }
    };
    read.map_err(|error| Stop::at(name, plain(&error)))?;
    Stop::utf8(name, bytes)
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
