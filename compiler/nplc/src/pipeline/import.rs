//! Existing policies to a program: read, lowered, written as text, formatted, and compiled again.
//!
//! An object that cannot be said is refused by name. So is one whose program would have an error:
//! it is taken out and the rest is written anew, until what is left compiles.

use std::{collections::BTreeSet, fmt, sync::Arc};

use npl_diagnostics::{
    Anchor, Diagnostic, FileId, Place, Sources, Span, TextRange, codes::import as codes,
};
use npl_policy::{
    inventory::Inventory,
    model::{Checked, Model},
};
use npl_sema::{eval::prelude, files::MemoryFiles, limits::FILE_BYTES_MAX, names};
use npl_targets::{
    import::{
        self as yaml, Policies,
        lower::{Lowered, addresses_of, lower},
        npl::{self, About, Words, Written},
        shape::Policy,
    },
    inventory::take_strangers,
    yaml::read::{Documents, read_all, take_findings},
};
use smol_str::SmolStr;

use super::{Analysis, Gathered, Request, Unit};
use crate::stop::{Result, Stop};

/// One text that is read.
#[derive(Clone, Debug)]
pub struct Text {
    /// How it is named, from wherever its reader stands.
    pub path: String,
    pub text: String,
}

/// What is imported.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// Policies, and manifests among them.
    pub sources: Vec<Text>,
    /// Manifests only; policies in them are left alone.
    pub manifests: Vec<Text>,
    /// Paths of texts that were found in a folder, which may hold anything.
    pub walked: BTreeSet<String>,
    /// Of the file that is to be written, without its ending.
    pub name: String,
    /// What might have been meant as a policy, but is no object, does not stop the import.
    pub skip_refused: bool,
}

/// The program, and everything that was found on the way.
pub struct Imported {
    /// Formatted, with the refused objects listed at its head; `None` where nobody knows what a
    /// source holds.
    pub text: Option<String>,
    /// What is in the text, from the YAML.
    pub policies: Policies,
    /// The same as the model that the text was written from.
    pub model: Model,
    /// The same as the text means.
    pub again: Arc<Model>,
    pub checked: Option<Checked>,
    pub inventory: Option<Inventory>,
    pub refused: Vec<RefusedObject>,
    pub diagnostics: Vec<Diagnostic>,
    pub texts: Texts,
    /// Paths of texts that hold something else than objects of Kubernetes.
    pub strangers: Vec<String>,
    pub counts: Counts,
    /// What the text was compiled in. A command that ends here need not take it apart.
    _compiled: Vec<Unit>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub files: usize,
    pub objects: usize,
    pub workloads: usize,
    pub foreign: usize,
    pub rules: usize,
}

/// An object that is not in the program, with the names of the codes that say why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusedObject {
    pub file: String,
    /// `CiliumNetworkPolicy shop/orders`.
    pub object: String,
    pub codes: Vec<&'static str>,
}

impl fmt::Display for RefusedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}): {}",
            self.object,
            self.file,
            self.codes.join(", ")
        )
    }
}

/// The texts by `FileId`.
#[derive(Clone, Debug, Default)]
pub struct Texts(Vec<Text>);

impl Texts {
    fn span(&self, place: Place) -> Span {
        let file = match place.anchor {
            Anchor::File(file) => file,
            // Places in YAML hang on files.
            Anchor::Item(_) => FileId(u32::MAX),
        };
        Span {
            file,
            range: place.range,
        }
    }
}

impl Sources for Texts {
    fn path(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("", |text| &text.path)
    }

    fn text(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("", |text| &text.text)
    }
}

/// The name of the program while it is compiled.
const PROGRAM: &str = "imported.npl";

/// Rounds of taking out what does not compile; each takes out one object or more.
const ROUNDS_MAX: usize = 64;

/// Imports policies. Fails only where nothing can be asked, such as a name that is no file name.
pub fn import(request: Import) -> Result<Imported> {
    let (files, manifests) = (request.sources.len(), request.manifests.len());
    let mut all = request.sources;
    all.extend(request.manifests);
    let texts = Texts(all);
    let numbered = texts.0.iter().map(|text| text.text.as_str());
    let numbered: Vec<(FileId, &str)> = (0..).map(FileId).zip(numbered).collect();
    let mut documents = read_all(&numbered);
    let mut found = take_findings(&mut documents);
    let strangers = strangers(&texts, &mut documents, &request.walked);
    // A file that is not YAML says nothing of what it holds.
    let unread = found.iter().any(Diagnostic::is_error);
    let sources = documents.get(..files).unwrap_or_default();
    let (mut policies, more) = yaml::read_documents(sources);
    found.extend(more);
    found.extend(other_kinds(&policies));
    let read = npl_targets::inventory::read_documents(&documents);
    broken(&texts, files, found.iter().chain(&read.diagnostics))?;
    // What is no object, or a broken one, might have been meant as a policy.
    let broken = read.diagnostics.iter().any(Diagnostic::is_error);
    found.extend(read.diagnostics);
    // What comes next takes the room again.
    drop(documents);
    let some = manifests > 0 || read.inventory != Inventory::default();
    let inventory = some.then_some(read.inventory);
    let mut job = Job {
        texts: &texts,
        refused: policies
            .left_out
            .iter()
            .map(|left| refused_unread(&texts, left))
            .collect(),
        inventory: inventory.as_ref(),
        name: &request.name,
        found,
    };
    let objects = policies.policies.len() + policies.groups.len() + policies.left_out.len();
    let program = job.program(&mut policies)?;
    let (refused, found) = (job.refused, job.found);
    let mut diagnostics: Vec<Diagnostic> = found
        .into_iter()
        .map(|finding| finding.map(|place| texts.span(place)))
        .collect();
    diagnostics.sort_by_key(|finding| (finding.at, finding.code.id));
    diagnostics.dedup();
    let stopped = unread || (broken && !request.skip_refused);
    Ok(Imported {
        text: (!stopped).then_some(program.text),
        policies,
        model: program.model,
        again: program.analysis.model,
        checked: program.analysis.checked,
        inventory,
        counts: Counts {
            files,
            objects,
            workloads: program.written.workloads,
            foreign: program.written.foreign,
            rules: program.written.rules,
        },
        refused,
        diagnostics,
        texts,
        strangers,
        _compiled: program.units,
    })
}

fn other_kinds(policies: &Policies) -> impl Iterator<Item = Diagnostic<Place>> {
    let all = policies.left_out.iter();
    all.filter(|left| left.codes.is_empty()).map(|left| {
        let message = format!("a `{}` is a policy of a kind that is not read", left.kind);
        Diagnostic::new(&codes::IMPORT_OTHER_KIND, left.place, message)
            .help("say the same with a kind that is read, or keep it in YAML")
    })
}

/// The paths of what is plainly no object, and was found in a folder; taken out.
fn strangers(
    texts: &Texts,
    documents: &mut [(FileId, Documents)],
    walked: &BTreeSet<String>,
) -> Vec<String> {
    let mut out = Vec::new();
    for (file, read) in documents {
        let path = texts.path(*file);
        if walked.contains(path) && take_strangers(read) > 0 {
            out.push(path.to_owned());
        }
    }
    out
}

/// Nothing is asked beside a broken inventory, which comes after `files` sources.
fn broken<'a>(
    texts: &Texts,
    files: usize,
    found: impl Iterator<Item = &'a Diagnostic<Place>>,
) -> Result<()> {
    let broken: Vec<Diagnostic> = found
        .filter(|finding| finding.is_error())
        .map(|finding| finding.clone().map(|place| texts.span(place)))
        .filter(|finding| finding.at.file.0 as usize >= files)
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(Stop::Broken(Box::new(Gathered::of(texts, &broken))))
}

fn refused_unread(texts: &Texts, left: &yaml::LeftOut) -> RefusedObject {
    let codes = match left.codes.is_empty() {
        true => vec![codes::IMPORT_OTHER_KIND.name],
        false => left.codes.clone(),
    };
    RefusedObject {
        file: texts.path(texts.span(left.place).file).to_owned(),
        object: object_name(&left.kind, &left.namespace, &left.name),
        codes,
    }
}

fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}

fn object_name(kind: &str, namespace: &str, name: &str) -> String {
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!("{kind} {namespace}{slash}{name}")
}

struct Job<'a> {
    texts: &'a Texts,
    inventory: Option<&'a Inventory>,
    name: &'a str,
    refused: Vec<RefusedObject>,
    found: Vec<Diagnostic<Place>>,
}

struct Program {
    text: String,
    written: Written,
    model: Model,
    analysis: Analysis,
    units: Vec<Unit>,
}

impl Job<'_> {
    /// The program of all policies that can be said; the others are taken out of `policies`.
    fn program(&mut self, policies: &mut Policies) -> Result<Program> {
        let mut warnings = Vec::new();
        for round in 0.. {
            let path = |file| SmolStr::new(self.texts.path(file));
            let lowered = lower(policies, self.inventory, &path);
            let (errors, other): (Vec<_>, Vec<_>) = lowered
                .diagnostics
                .iter()
                .cloned()
                .partition(Diagnostic::is_error);
            if round == 0 {
                warnings = other;
            }
            self.found.extend(errors);
            if self.take_out_lowered(policies, &lowered) {
                continue;
            }
            let origins = Origins::of(policies, self.texts);
            let rules: Vec<_> = lowered
                .model
                .rules
                .iter()
                .map(|rule| origins.object(rule.place))
                .collect();
            let workloads: Vec<_> = lowered
                .model
                .workloads
                .iter()
                .map(|w| origins.object(w.place))
                .collect();
            let written = self.write(&lowered.model, policies, &origins, &rules, &workloads);
            let mut gone = self.unsaid(&written, &lowered.model);
            let mut text = String::new();
            if gone.is_empty() {
                match npl_syntax::format(&written.text()) {
                    Ok(formatted) => text = formatted,
                    Err(found) => {
                        gone = self.unreadable(&written, &rules, &lowered.model, found)?
                    }
                }
            }
            if gone.is_empty() {
                small_enough(&text)?;
                let (analysis, units) = compile(self.name, &text)?;
                if analysis.checked.is_some() {
                    self.found.append(&mut warnings);
                    return Ok(Program {
                        text,
                        written,
                        model: lowered.model,
                        analysis,
                        units,
                    });
                }
                gone = self.uncompiled(&text, &written, &analysis, &rules, &lowered.model)?;
            }
            if round >= ROUNDS_MAX {
                gone.extend(0..policies.policies.len());
            }
            self.take_out(policies, &gone, codes::IMPORT_UNWRITABLE.name);
        }
        Err(Stop::failed("the import does not end"))
    }

    fn take_out_lowered(&mut self, policies: &mut Policies, lowered: &Lowered) -> bool {
        let mut gone: BTreeSet<usize> = BTreeSet::new();
        for refused in &lowered.refused {
            let mut all = policies.policies.iter();
            let at = all.position(|p| p.place == refused.place && p.kind == refused.kind);
            let Some((at, policy)) = at.zip(at.and_then(|at| policies.policies.get(at))) else {
                continue;
            };
            gone.insert(at);
            self.refused
                .push(self.refusal(policy, refused.codes.clone()));
        }
        remove(policies, &gone);
        !gone.is_empty()
    }

    fn take_out(&mut self, policies: &mut Policies, gone: &BTreeSet<usize>, code: &'static str) {
        for policy in gone.iter().filter_map(|at| policies.policies.get(*at)) {
            self.refused.push(self.refusal(policy, vec![code]));
        }
        remove(policies, gone);
    }

    fn refusal(&self, policy: &Policy, codes: Vec<&'static str>) -> RefusedObject {
        RefusedObject {
            file: self
                .texts
                .path(self.texts.span(policy.place).file)
                .to_owned(),
            object: object_name(policy.kind.name(), &policy.namespace, &policy.name),
            codes,
        }
    }

    fn write(
        &self,
        model: &Model,
        policies: &Policies,
        origins: &Origins,
        rules: &[Option<usize>],
        workloads: &[Option<usize>],
    ) -> Written {
        let taken: Vec<&str> = prelude::names().collect();
        let addresses = addresses_of(&policies.groups);
        let about = About {
            words: Words {
                is_name: names::is_identifier,
                skeleton: names::skeleton,
                taken: &taken,
            },
            head: &self.head(),
            objects: &origins.names,
            rules,
            workloads,
            addresses: &addresses,
        };
        npl::write(model, &about)
    }

    /// What the file is, and what is not in it.
    fn head(&self) -> Vec<String> {
        let mut files: Vec<&str> = self.texts.0.iter().map(|text| text.path.as_str()).collect();
        files.sort_unstable();
        let sources = match files.as_slice() {
            [one] => format!("`{one}`"),
            many => format!("{} files of existing policy", many.len()),
        };
        let mut out = vec![format!("Imported from {sources} by `nplc import`.")];
        if !self.refused.is_empty() {
            out.push(String::new());
            out.push(
                "Not in this program, which therefore admits more or less than they do:".into(),
            );
            let mut refused = self.refused.clone();
            refused.sort();
            out.extend(refused.iter().map(|object| format!("- {object}")));
        }
        // A line break in a name would end the comment, and begin an item.
        out.iter().map(|line| one_line(line)).collect()
    }

    /// The objects of what the writer could not say.
    fn unsaid(&mut self, written: &Written, model: &Model) -> BTreeSet<usize> {
        let mut gone = BTreeSet::new();
        for unsaid in &written.unsaid {
            gone.extend(unsaid.object);
            let rule = unsaid.rule.and_then(|rule| model.rules.get(rule as usize));
            if let Some(place) = unsaid.place.or(rule.map(|rule| rule.place)) {
                let message = format!("a policy cannot be written: {}", unsaid.why);
                let finding = Diagnostic::new(&codes::IMPORT_UNWRITABLE, place, message);
                self.found.push(finding.help("keep the policy in YAML"));
            }
        }
        gone
    }

    /// The objects of items that the language has no room for, such as a string that is too long.
    fn unreadable(
        &mut self,
        written: &Written,
        rules: &[Option<usize>],
        model: &Model,
        found: Vec<Diagnostic<TextRange>>,
    ) -> Result<BTreeSet<usize>> {
        let mut gone = BTreeSet::new();
        for item in &written.items {
            let Err(found) = npl_syntax::format(&item.text) else {
                continue;
            };
            let objects = objects_of(item, written);
            gone.extend(&objects);
            let why = found.first().map(|f| f.message.clone()).unwrap_or_default();
            if let Some(place) = place_of(item, &objects, rules, model) {
                let message = format!("a policy cannot be written: {why}");
                let finding = Diagnostic::new(&codes::IMPORT_UNWRITABLE, place, message);
                self.found.push(finding.help("keep it in YAML"));
            }
        }
        if gone.is_empty() {
            let why = found.first().map(|f| f.message.clone()).unwrap_or_default();
            return Err(Stop::failed(format!(
                "nplc wrote a program that it cannot read: {why}"
            )));
        }
        Ok(gone)
    }

    /// The objects behind the errors of the program.
    fn uncompiled(
        &mut self,
        text: &str,
        written: &Written,
        analysis: &Analysis,
        rules: &[Option<usize>],
        model: &Model,
    ) -> Result<BTreeSet<usize>> {
        let parsed = npl_syntax::parse_file(text);
        let starts: Vec<u32> = parsed
            .items
            .iter()
            .map(|(raw, _)| raw.range.start)
            .collect();
        let mut gone = BTreeSet::new();
        for error in analysis
            .diagnostics
            .iter()
            .filter(|finding| finding.is_error())
        {
            let at = starts.partition_point(|start| *start <= error.at.range.start);
            let item = at.checked_sub(1).and_then(|at| written.items.get(at));
            let objects = item
                .map(|item| objects_of(item, written))
                .unwrap_or_default();
            // Of two objects that say one line, each says it.
            gone.extend(&objects);
            let place = item.and_then(|item| place_of(item, &objects, rules, model));
            let (Some(place), Some(_)) = (place, item) else {
                continue;
            };
            let message = format!("a policy cannot be written: {}", error.message);
            let finding = Diagnostic::new(&codes::IMPORT_UNWRITABLE, place, message).note(format!(
                "the error of its program is {} ({})",
                error.code.id, error.code.name
            ));
            let help = error.help.clone();
            let help = help.unwrap_or_else(|| "keep it in YAML".to_owned());
            self.found.push(finding.help(help));
        }
        if gone.is_empty() {
            let error = analysis
                .diagnostics
                .iter()
                .find(|finding| finding.is_error());
            let error = error
                .map(|e| format!("{}: {}", e.code.id, e.message))
                .unwrap_or_default();
            return Err(Stop::failed(format!(
                "the imported program has an error that no object explains: {error}"
            )));
        }
        Ok(gone)
    }
}

/// Where the YAML says what an item says.
fn place_of(
    item: &npl::Item,
    objects: &[usize],
    rules: &[Option<usize>],
    model: &Model,
) -> Option<Place> {
    let of_object = |object: &usize| {
        let rule = rules.iter().position(|of| of == &Some(*object))?;
        u32::try_from(rule).ok()
    };
    let rule = item.rule.or_else(|| objects.first().and_then(of_object))?;
    model.rules.get(rule as usize).map(|rule| rule.place)
}

/// The objects of an item; of a declaration without any, those of the rules that name it.
fn objects_of(item: &npl::Item, written: &Written) -> Vec<usize> {
    if !item.objects.is_empty() {
        return item.objects.clone();
    }
    let words: Vec<&str> = item.text.split_whitespace().collect();
    let kinds = [
        "foreign", "workload", "network", "external", "port", "group",
    ];
    let Some(name) = words.iter().find(|word| !kinds.contains(word)) else {
        return Vec::new();
    };
    let part = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let mut out: Vec<usize> = written
        .items
        .iter()
        .filter(|other| other.text.split(part).any(|word| word == *name))
        .flat_map(|other| other.objects.iter().copied())
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

fn remove(policies: &mut Policies, gone: &BTreeSet<usize>) {
    let mut at = 0;
    policies.policies.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
}

/// `nplc` would not read what it wrote.
fn small_enough(text: &str) -> Result<()> {
    if text.len() <= FILE_BYTES_MAX {
        return Ok(());
    }
    const MIB: usize = 1024 * 1024;
    Err(Stop::failed(format!(
        "these policies make a program of {} MiB, and a file may have {}; import fewer at a time, \
         each part into a file of its own",
        text.len().div_ceil(MIB),
        FILE_BYTES_MAX / MIB
    )))
}

/// Compiles a text as `nplc check` would.
fn compile(name: &str, text: &str) -> Result<(Analysis, Vec<Unit>)> {
    let name = match names::is_identifier(name) {
        true => format!("/{name}.npl"),
        false => format!("/{PROGRAM}"),
    };
    let files = MemoryFiles::new([(&name, text)]);
    let request = Request {
        paths: vec![name],
        ..Request::default()
    };
    let units = super::open(&files, &request)?;
    let unit = units
        .first()
        .ok_or_else(|| Stop::failed("nothing was compiled"))?;
    Ok((unit.analyse(), units))
}

/// Which object a place of the YAML belongs to.
struct Origins {
    /// As comments name them.
    names: Vec<String>,
    /// File, first place, object; sorted.
    firsts: Vec<(FileId, u32, usize)>,
}

impl Origins {
    fn of(policies: &Policies, texts: &Texts) -> Self {
        let (mut names, mut firsts) = (Vec::new(), Vec::new());
        for (at, policy) in policies.policies.iter().enumerate() {
            let name = object_name(policy.kind.name(), &policy.namespace, &policy.name);
            let span = texts.span(policy.place);
            names.push(format!("{name}, {}", texts.path(span.file)));
            // Documents of one file follow one another, and so do their places.
            let rules = policy
                .rules
                .iter()
                .flat_map(|rule| rule.ends.iter().map(|end| end.place).chain([rule.place]));
            let first = rules
                .map(|place| place.range.start)
                .chain([span.range.start])
                .min();
            firsts.push((span.file, first.unwrap_or_default(), at));
        }
        firsts.sort_unstable();
        Self { names, firsts }
    }

    fn object(&self, place: Place) -> Option<usize> {
        let Anchor::File(file) = place.anchor else {
            return None;
        };
        let start = place.range.start;
        let before = self
            .firsts
            .partition_point(|(f, first, _)| (*f, *first) <= (file, start));
        let (found, _, object) = self.firsts.get(before.checked_sub(1)?)?;
        (*found == file).then_some(*object)
    }
}
