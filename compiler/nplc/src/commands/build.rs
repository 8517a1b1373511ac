//! `nplc build`: check, decide the asserts, emit, write.

mod exact;
mod place;
mod sample;
mod verify;

pub(super) use sample::flows as flows_around;
pub(super) use verify::as_read;

use std::{borrow::Cow, collections::BTreeSet};

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::model::Checked;
use npl_sema::manifest::Manifest;
use npl_targets::cilium::{self, EmitOptions, Output};

use super::ask;
use crate::{
    args::{Build, Stage},
    fs::plain,
    pipeline::{self, Analysis, Gathered, Make, Plans, Target, Unit},
    stop::{Answer, Result, Stop},
    ui::Ui,
    write,
};
use place::{Goal, write_folder};

pub(super) fn run(args: &Build, ui: &Ui) -> Result<Answer> {
    let targets = targets(&args.target)?;
    let goal = Goal::of(&args.output)?;
    let units = ask::open(&args.from.sources, &args.from.options, ui)?;
    let mut gathered = Gathered::default();
    let mut outputs = Vec::new();
    let emit = |manifest: &Manifest, checked: &Checked, plans: &Plans<'_>, not_checked| {
        emit(manifest, checked, plans, not_checked, args.stage)
    };
    let make = Make {
        targets: &targets,
        make: &emit,
    };
    for (unit, (analysis, emitted)) in units.iter().zip(pipeline::make_all(&units, &make)) {
        gathered.add(unit, &analysis.diagnostics);
        match emitted {
            Some(Ok(output)) => outputs.push((unit, analysis, output)),
            Some(Err(found)) => gathered.add(unit, &unit.finish(found)),
            None => {}
        }
    }
    ask::aside(&gathered, args.format, ui);
    if outputs.len() < units.len() || gathered.counts().errors > 0 {
        return Ok(Answer::No);
    }
    spare_sources(&goal, &units)?;
    one_object_a_name(&outputs)?;
    let verified = match args.verify.then(|| verify::documents(&outputs, args.stage)) {
        None => None,
        Some(Ok(verified)) => Some(verified),
        Some(Err(why)) => {
            ui.failed(&format!("nothing was written: {why}"));
            return Ok(Answer::No);
        }
    };
    match &goal {
        Goal::Stdout => ui.out_pieces(&stream(&outputs))?,
        Goal::File(path) => {
            write::replace(path, &stream(&outputs))?;
            ui.talk(&format!("wrote `{path}`"));
        }
        Goal::Folder(path) => into_folder(path, &outputs, ui)?,
    }
    summary(&outputs, ui);
    if let Some(verified) = verified {
        verify::written(&goal, &outputs)?;
        ui.talk(&verified.to_string());
    }
    // The process ends here: taking a large program apart, value by value, is a tenth of a build.
    std::mem::forget(outputs);
    std::mem::forget(units);
    Ok(Answer::Yes)
}

/// The targets that are named, each once.
fn targets(named: &[String]) -> Result<Vec<Target>> {
    let mut out = Vec::new();
    for name in named {
        let target = Target::ALL.into_iter().find(|target| target.name() == name);
        let Some(target) = target else {
            let known = Target::ALL.map(Target::name).join(", ");
            return Err(Stop::failed(match name.as_str() {
                "ebpf" => {
                    format!("the target `{name}` is not in this version; it emits: {known}")
                }
                _ => format!("there is no target `{name}`; this version emits: {known}"),
            }));
        };
        if !out.contains(&target) {
            out.push(target);
        }
    }
    Ok(out)
}

/// The error is what only emitting found.
fn emit(
    manifest: &Manifest,
    checked: &Checked,
    plans: &Plans<'_>,
    claims_not_checked: usize,
    stage: Stage,
) -> std::result::Result<Output, Vec<Diagnostic<Place>>> {
    let options = EmitOptions {
        stage: match stage {
            Stage::Enforce => cilium::Stage::Enforce,
            Stage::Observe => cilium::Stage::Observe,
        },
        owner: manifest.owner.as_ref().map(ToString::to_string),
        claims_not_checked,
    };
    let mut output = plans.emit(checked, &options)?;
    one_file_a_name(&mut output);
    Ok(output)
}

/// A slip in `-o` must not cost a source.
fn spare_sources(goal: &Goal, units: &[Unit]) -> Result<()> {
    let Goal::File(path) = goal else {
        return Ok(());
    };
    if units.iter().any(|unit| unit.file(path.as_str()).is_some()) {
        return Err(Stop::at(
            path,
            "is one of the sources, and is not overwritten",
        ));
    }
    Ok(())
}

/// Two packages of one name would make objects of one name, of which a cluster keeps the last.
fn one_object_a_name(outputs: &[(&Unit, Analysis, Output)]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for object in outputs.iter().flat_map(|(_, _, output)| &output.objects) {
        if !seen.insert((object.kind, &object.namespace, &object.name)) {
            let namespace = object.namespace.as_deref().unwrap_or("every namespace");
            return Err(Stop::failed(format!(
                "two packages make the object `{}` in {namespace}; give one of them another `name` \
                 in npl.toml",
                object.name
            )));
        }
    }
    Ok(())
}

/// `a-b` with `c`, and `a` with `b-c`, would be one file: the later of them gets a number.
fn one_file_a_name(output: &mut Output) {
    let mut seen = BTreeSet::new();
    for object in &mut output.objects {
        let stem = object.file_name.trim_end_matches(".yaml").to_owned();
        let mut number = 2;
        while !seen.insert(object.file_name.clone()) {
            object.file_name = format!("{stem}.{number}.yaml");
            number += 1;
        }
    }
}

/// Every document, the header as comments on top of each package's. In pieces: a large program's
/// output is not held twice.
pub(super) fn stream<'a>(outputs: &'a [(&Unit, Analysis, Output)]) -> Vec<Cow<'a, str>> {
    let mut out = Vec::new();
    for (_, _, output) in outputs {
        let header: String = output.header.iter().map(|line| comment(line)).collect();
        out.push(Cow::Owned(header));
        for object in &output.objects {
            out.extend([Cow::Borrowed("---\n"), Cow::Borrowed(&*object.yaml)]);
        }
    }
    out
}

fn comment(line: &str) -> String {
    let mut out = String::new();
    for part in line.lines() {
        out.push_str("# ");
        out.push_str(&npl_diagnostics::render::clean(part));
        out.push('\n');
    }
    out
}

fn into_folder(
    path: &camino::Utf8Path,
    outputs: &[(&Unit, Analysis, Output)],
    ui: &Ui,
) -> Result<()> {
    let [(unit, _, output)] = outputs else {
        return Err(Stop::failed(format!(
            "a folder holds the objects of one package, and these sources are {}; build each into \
             a folder of its own",
            outputs.len()
        )));
    };
    let files: Vec<(String, String)> = output
        .objects
        .iter()
        .map(|object| (object.file_name.clone(), object.yaml.clone()))
        .collect();
    let list = output.index(|place| Some(unit.line(place)));
    let done = write_folder(path, &files, &list)?;
    for name in &done.removed {
        ui.talk(&format!(
            "removed `{}`, which is made no more",
            path.join(name)
        ));
    }
    ui.talk(&format!(
        "`{path}`: {} written, {} unchanged, {} removed",
        done.written,
        done.unchanged,
        done.removed.len()
    ));
    Ok(())
}

/// What no object shows.
fn summary(outputs: &[(&Unit, Analysis, Output)], ui: &Ui) {
    for (_, analysis, output) in outputs {
        if !analysis.claims.is_empty()
            && let Some(note) = super::test::not_closed_yet(analysis)
        {
            ui.talk(&note);
        }
        for end in &output.summary.not_enforced_here {
            ui.talk(&format!("not enforced here: {end}"));
        }
        for id in &output.summary.denies_left_out {
            ui.talk(&format!("left out in stage observe: the deny of {id}"));
        }
    }
}

/// The content of a file that was just written.
fn read_back(path: &camino::Utf8Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Stop::at(path, plain(&error)))
}
