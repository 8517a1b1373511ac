//! `nplc fmt`: the one style. A file with a syntax error is left as it is.

use camino::{Utf8Path, Utf8PathBuf};
use npl_diagnostics::{Diagnostic, FileId, Sources, Span, TextRange, render};
use npl_sema::files::{FileKind, Files as _, MANIFEST_NAME, Outputs, is_npl, relative, walk};
use similar::TextDiff;

use super::ask;
use crate::{
    args::Fmt,
    fs::Disk,
    pipeline::unexpanded,
    stop::{Answer, Result, Stop},
    ui::{Paint, Ui, paint},
    write::Batch,
};

/// Unchanged lines around each change of a diff.
const DIFF_CONTEXT_LINES: usize = 3;

pub(super) fn run(args: &Fmt, ui: &Ui) -> Result<Answer> {
    if let Some(piped) = args.sources.iter().find(|path| ask::is_piped(path)) {
        if args.sources.len() > 1 {
            return Err(Stop::failed(format!(
                "`{piped}` is formatted to standard output, and goes with no other source"
            )));
        }
        return from_pipe(piped, args, ui);
    }
    let mut run = Run {
        args,
        ui,
        batch: Batch::default(),
        broken: Broken::default(),
        changed: 0,
        same: 0,
    };
    for path in sources(&args.sources, ui)? {
        run.file(&path)?;
    }
    run.finish()
}

/// Every `.npl` file that the paths name, each once, in order.
fn sources(paths: &[String], ui: &Ui) -> Result<Vec<Utf8PathBuf>> {
    let named: Vec<Utf8PathBuf> = if paths.is_empty() {
        vec![here()?]
    } else {
        paths.iter().map(Utf8PathBuf::from).collect()
    };
    let mut out = Vec::new();
    for path in named {
        unexpanded(&Disk, path.as_str())?;
        match Disk.kind(&path).map_err(|error| Stop::at(&path, error))? {
            FileKind::Folder => below(&path, &mut out, ui)?,
            FileKind::File if is_npl(&path) => out.push(path),
            FileKind::File => return Err(Stop::at(&path, "is no `.npl` file")),
            FileKind::Other => return Err(Stop::at(&path, "is neither a file nor a folder")),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|path| seen.insert(Disk.canonical(path).unwrap_or_else(|_| path.clone())));
    Ok(out)
}

/// The nearest package upwards, else the current folder.
fn here() -> Result<Utf8PathBuf> {
    let current = Disk
        .canonical(".".into())
        .map_err(|error| Stop::at(".", error))?;
    let package = current
        .ancestors()
        .find(|folder| Disk.kind(&folder.join(MANIFEST_NAME)) == Ok(FileKind::File));
    let found = relative(&current, package.unwrap_or(&current));
    Ok(if found.as_str().is_empty() {
        ".".into()
    } else {
        found
    })
}

fn below(folder: &Utf8Path, out: &mut Vec<Utf8PathBuf>, ui: &Ui) -> Result<()> {
    let before = out.len();
    let mut todo = vec![folder.to_owned()];
    while let Some(folder) = todo.pop() {
        let found = walk(&Disk, &folder, Outputs::LeaveOut);
        let found = found.map_err(|(path, error)| Stop::at(path, error))?;
        for (path, error) in found.broken.iter().filter(|(path, _)| is_npl(path)) {
            ui.talk(&format!("left out: cannot read `{path}`: {error}"));
        }
        out.extend(found.npl);
        todo.extend(found.packages);
    }
    if out.len() == before {
        return Err(Stop::at(folder, "holds no `.npl` file"));
    }
    if let Some(new) = out.get_mut(before..) {
        new.sort();
    }
    Ok(())
}

/// Standard input, or a pipe: there is no file to write into.
fn from_pipe(path: &str, args: &Fmt, ui: &Ui) -> Result<Answer> {
    let text = ask::read_piped(path)?;
    let mut broken = Broken::default();
    let formatted = match npl_syntax::format(&text) {
        Ok(formatted) => formatted,
        Err(found) => {
            broken.add("<stdin>", text, found);
            ui.err(&broken.render(args, ui.color_err));
            return Ok(Answer::No);
        }
    };
    let same = formatted == text;
    if args.diff {
        ui.out(diff("<stdin>", &text, &formatted, ui.color_out))?;
    } else if !args.check {
        ui.out(formatted)?;
        return Ok(Answer::Yes);
    }
    Ok(Answer::of(same))
}

struct Run<'a> {
    args: &'a Fmt,
    ui: &'a Ui,
    batch: Batch,
    broken: Broken,
    changed: usize,
    same: usize,
}

impl Run<'_> {
    fn file(&mut self, path: &Utf8Path) -> Result<()> {
        let bytes = Disk.read(path).map_err(|error| Stop::at(path, error))?;
        let text = Stop::utf8(path, bytes)?;
        let formatted = match npl_syntax::format(&text) {
            Ok(formatted) => formatted,
            Err(found) => {
                self.broken.add(path.as_str(), text, found);
                return Ok(());
            }
        };
        if formatted == text {
            self.same += 1;
            return Ok(());
        }
        self.changed += 1;
        if self.args.diff {
            self.ui
                .out(diff(path.as_str(), &text, &formatted, self.ui.color_out))
        } else if self.args.check {
            self.ui.out(format!("{}\n", render::clean(path.as_str())))
        } else {
            self.batch.add(path, &formatted)
        }
    }

    fn finish(self) -> Result<Answer> {
        let look_only = self.args.check || self.args.diff;
        self.batch.commit()?;
        if !self.broken.diagnostics.is_empty() {
            self.ui
                .err(&self.broken.render(self.args, self.ui.color_err));
        }
        let files = |n: usize| format!("{n} file{}", if n == 1 { "" } else { "s" });
        let would = if look_only {
            "would be formatted"
        } else {
            "formatted"
        };
        self.ui.talk(&format!(
            "{} {would}, {} as they should be{}",
            files(self.changed),
            files(self.same),
            match self.broken.files.len() {
                0 => String::new(),
                n => format!(", {} with syntax errors left as they are", files(n)),
            }
        ));
        let clean = self.broken.files.is_empty() && !(look_only && self.changed > 0);
        Ok(Answer::of(clean))
    }
}

fn diff(path: &str, old: &str, new: &str, color: bool) -> String {
    let diff = TextDiff::from_lines(old, new);
    let text = diff
        .unified_diff()
        .context_radius(DIFF_CONTEXT_LINES)
        .header(path, path)
        .to_string();
    if !color {
        return text;
    }
    let painted = text
        .split_inclusive('\n')
        .map(|line| match line.chars().next() {
            Some('+') => paint(color, Paint::Good, line),
            Some('-') => paint(color, Paint::Bad, line),
            _ => line.to_owned(),
        });
    painted.collect()
}

/// Files that were left alone, with what is wrong in them.
#[derive(Default)]
struct Broken {
    files: Vec<(String, String)>,
    diagnostics: Vec<Diagnostic>,
}

impl Broken {
    fn add(&mut self, path: &str, text: String, found: Vec<Diagnostic<TextRange>>) {
        let file = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let at = |range| Span { file, range };
        self.diagnostics
            .extend(found.into_iter().map(|finding| finding.map(at)));
        self.files.push((path.to_owned(), text));
    }

    fn render(&self, args: &Fmt, color: bool) -> String {
        render::render(ask::format(args.format), &self.diagnostics, self, color)
    }
}

impl Sources for Broken {
    fn path(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |(path, _)| path)
    }

    fn text(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |(_, text)| text)
    }
}
