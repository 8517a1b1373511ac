//! `nplc import`: existing YAML to a program.

mod verify;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use npl_diagnostics::render;
use npl_sema::files::{FileKind, Files as _, yaml_below};
use rayon::prelude::*;

use super::ask;
use crate::{
    args::{Import as Args, StdinKind},
    fs::Disk,
    pipeline::{
        self,
        import::{Import, Imported, Text},
    },
    stop::{Answer, Result, Stop},
    ui::Ui,
    write::replace,
};
use verify::Failed;

/// What the program is called where nothing names it.
const NAME: &str = "policy";

pub(super) fn run(args: &Args, ui: &Ui) -> Result<Answer> {
    ask::threads(args.jobs)?;
    if args.stdin_kind == StdinKind::Flows {
        return Err(Stop::failed(ask::FLOWS_ARE_NO_SOURCE));
    }
    let output = goal(&args.output)?;
    let mut walked = BTreeSet::new();
    let sources = sources(args, &mut walked)?;
    let name = output
        .as_deref()
        .and_then(Utf8Path::file_stem)
        .unwrap_or(NAME);
    let imported = pipeline::import::import(Import {
        sources,
        manifests: inventory(&args.inventory, &mut walked)?,
        walked,
        name: name.to_owned(),
        skip_refused: args.skip_refused,
    })?;
    for path in &imported.strangers {
        ui.detail(&format!("no object of Kubernetes in `{path}`"));
    }
    let findings = &imported.diagnostics;
    if !findings.is_empty() {
        let format = ask::format(args.format);
        ui.err(&render::render(
            format,
            findings,
            &imported.texts,
            ui.color_err,
        ));
    }
    summary(&imported, args, ui);
    let Some(text) = &imported.text else {
        let shown = output
            .as_deref()
            .map_or("nothing is written", |_| "no file is written");
        ui.talk(&format!(
            "{shown}: what could not be read might have been a policy"
        ));
        return Ok(Answer::No);
    };
    if args.verify && !verified(&imported, ui) {
        return Ok(Answer::No);
    }
    match output {
        None => ui.out(text)?,
        Some(path) => {
            replace(&path, std::slice::from_ref(text))?;
        }
    }
    let whole = imported.refused.is_empty() || args.skip_refused;
    if !whole {
        ui.talk(
            "the program lists at its head what is not in it, and may admit more: keep those \
             objects in YAML; with `--skip-refused` the exit code is 0",
        );
    }
    // The process ends here: taking a large program apart, value by value, is for nobody.
    std::mem::forget(imported);
    Ok(if whole { Answer::Yes } else { Answer::No })
}

/// Says whether program and YAML mean the same.
fn verified(imported: &Imported, ui: &Ui) -> bool {
    match verify::verify(imported) {
        Ok(shown) => {
            ui.talk(&shown.to_string());
            return true;
        }
        Err(Failed::Differs(text)) => ui.err(&format!(
            "program and YAML differ, which is a fault of nplc; please report it\n{text}\n"
        )),
        Err(Failed::TooLarge(why)) => ui.err(&format!("not verified: {why}\n")),
    }
    false
}

/// What is to be imported, standard input included.
fn sources(args: &Args, walked: &mut BTreeSet<String>) -> Result<Vec<Text>> {
    let mut sources = read(&args.sources, walked)?;
    if args.sources.iter().any(|path| path == "-") {
        if args.stdin_kind != StdinKind::Yaml {
            return Err(Stop::failed(
                "`nplc import` reads YAML: give `--stdin-kind yaml`",
            ));
        }
        sources.push(Text {
            path: "standard input".to_owned(),
            text: ask::read_piped("-")?,
        });
    }
    if sources.is_empty() {
        return Err(Stop::failed("there is no YAML in what is given"));
    }
    Ok(sources)
}

fn summary(imported: &Imported, args: &Args, ui: &Ui) {
    let counts = imported.counts;
    let plural = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    ui.talk(&format!(
        "read {} in {}: {} and {}, {}",
        plural(counts.objects, "object"),
        plural(counts.files, "file"),
        plural(counts.workloads, "workload"),
        plural(counts.foreign, "foreign one"),
        plural(counts.rules, "rule"),
    ));
    if imported.refused.is_empty() {
        return;
    }
    let done = if args.skip_refused {
        "left out"
    } else {
        "refused"
    };
    let mut lines = format!("{} {done}:", plural(imported.refused.len(), "object"));
    let mut refused = imported.refused.clone();
    refused.sort();
    for object in refused {
        lines.push_str(&format!("\n  {object}"));
    }
    ui.err(&format!("{lines}\n"));
}

/// Where the program goes; `None`: standard output.
fn goal(output: &str) -> Result<Option<Utf8PathBuf>> {
    if output == "-" {
        return Ok(None);
    }
    let path = Utf8PathBuf::from(output);
    let folder = Disk.kind(&path).is_ok_and(|kind| kind == FileKind::Folder);
    if folder || output.ends_with('/') {
        return Err(Stop::at(output, "is a folder; name the file to write"));
    }
    Ok(Some(path))
}

/// The manifests of `--inventory`. A cluster in which nothing runs would say that no name leads
/// anywhere.
fn inventory(paths: &[String], walked: &mut BTreeSet<String>) -> Result<Vec<Text>> {
    for path in paths {
        let below = yaml_below(&Disk, Utf8Path::new(path));
        if below.is_ok_and(|below| below.is_empty()) {
            let why = "holds no YAML, and is named as the inventory";
            return Err(Stop::at(path, why));
        }
    }
    read(paths, walked)
}

/// The YAML files that paths name, each once, in order of their names. Adds to `walked` those that
/// only a folder names.
fn read(paths: &[String], walked: &mut BTreeSet<String>) -> Result<Vec<Text>> {
    let mut files: Vec<(Utf8PathBuf, String)> = Vec::new();
    let mut named = BTreeSet::new();
    for path in paths.iter().filter(|path| *path != "-") {
        pipeline::unexpanded(&Disk, path)?;
        let path = Utf8Path::new(path);
        let below = yaml_below(&Disk, path).map_err(|(at, error)| Stop::at(at, error))?;
        for file in below {
            let shown = shown(path, &file);
            match file == path {
                true => named.insert(shown.clone()),
                false => walked.insert(shown.clone()),
            };
            files.push((file, shown));
        }
    }
    walked.retain(|path| !named.contains(path));
    files.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    files.dedup_by(|a, b| a.0 == b.0);
    files
        .into_par_iter()
        .map(|(file, path)| {
            let bytes = Disk.read(&file).map_err(|error| Stop::at(&file, error))?;
            let text = Stop::utf8(&file, bytes)?;
            Ok(Text { path, text })
        })
        .collect()
}

/// A file as the program names it: from the folder that was given, never from the machine's root.
fn shown(given: &Utf8Path, file: &Utf8Path) -> String {
    let name = given.file_name().unwrap_or_default();
    match file.strip_prefix(given) {
        Ok(below) if below.as_str().is_empty() => file.file_name().unwrap_or_default().to_owned(),
        Ok(below) if name.is_empty() => below.to_string(),
        Ok(below) => format!("{name}/{below}"),
        Err(_) => file.to_string(),
    }
}
