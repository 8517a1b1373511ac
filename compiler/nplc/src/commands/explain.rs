//! `nplc explain`: the page of a code; or what stands at FILE:LINE or under a rule id, in English.

mod becomes;
mod english;
mod rule;

use npl_diagnostics::{FileId, Place, Sources as _, codes, render::Format, suggest};
use npl_policy::{claims, model::Workload};
use npl_sema::host::ItemAt;
use npl_targets::cilium::seal_id;

use super::ask;
use crate::{
    args::Explain,
    pipeline::{Analysis, Gathered, Located as _, Unit},
    stop::{Answer, Result, Stop},
    ui::Ui,
};

pub(super) fn run(args: &Explain, ui: &Ui) -> Result<Answer> {
    if let Some(code) = codes::find(&args.what) {
        ui.out(code.page)?;
        return Ok(Answer::Yes);
    }
    if is_rule_id(&args.what) {
        return explain_id(args, ui);
    }
    match place(&args.what) {
        Some((file, line)) => explain_place(args, file, line, ui),
        None => Err(unknown(&args.what)),
    }
}

fn unknown(what: &str) -> Stop {
    let upper = what.to_ascii_uppercase();
    let ids = codes::all().map(|code| code.id);
    let names = codes::all().map(|code| code.name);
    let near = suggest(&upper, ids).or_else(|| suggest(what, names));
    let near = near
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    Stop::failed(format!(
        "`{what}` is no code, no rule id and no FILE:LINE{near}"
    ))
}

/// `r` and hexadecimal digits, or the id of a seal.
fn is_rule_id(what: &str) -> bool {
    let hex = |id: &str| id.len() >= 6 && id.bytes().all(|b| b.is_ascii_hexdigit());
    what.strip_prefix('r').is_some_and(hex) || what.starts_with("seal-") && !what.contains(':')
}

/// `FILE:LINE` or `FILE:LINE:COLUMN`, as findings are printed.
fn place(what: &str) -> Option<(&str, u32)> {
    let (head, last) = what.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    match head.rsplit_once(':') {
        Some((file, line)) => match line.parse() {
            Ok(line) if !file.is_empty() => Some((file, line)),
            _ => Some((head, last)),
        },
        None if head.is_empty() => None,
        None => Some((head, last)),
    }
}

fn explain_id(args: &Explain, ui: &Ui) -> Result<Answer> {
    let units = ask::open(&args.from.sources, &args.from.options, ui)?;
    let mut out = String::new();
    for unit in &units {
        let analysis = unit.analyse();
        let model = &analysis.model;
        for (i, found) in (0u32..).zip(&model.rules) {
            if found.id.starts_with(args.what.as_str()) {
                section(&mut out, &rule::explain(unit, &analysis, i));
            }
        }
        let seals = |workload: &&Workload| seal_id(workload) == args.what;
        for workload in model.workloads.iter().filter(seals) {
            section(&mut out, &explain_workload(unit, &analysis, workload));
        }
    }
    if out.is_empty() {
        return Err(Stop::failed(format!(
            "no rule of these sources has the id `{}`",
            args.what
        )));
    }
    ui.out(out)?;
    Ok(Answer::Yes)
}

fn explain_place(args: &Explain, file: &str, line: u32, ui: &Ui) -> Result<Answer> {
    let own = [file.to_owned()];
    let sources = match args.from.sources.as_slice() {
        [] => own.as_slice(),
        given => given,
    };
    let units = ask::open(sources, &args.from.options, ui)?;
    let mut out = String::new();
    let mut known = false;
    let mut sound = true;
    for unit in &units {
        let Some(id) = unit.file(file) else { continue };
        known = true;
        let analysis = unit.analyse();
        let item = unit.host().item_at(unit.host().path(id), line);
        let line = item
            .as_ref()
            .map_or(line, |item| documented(unit, item, line));
        let here = |place| unit.covers(place, id, line);
        let mut text = at_line(unit, &analysis, here);
        let item = item.filter(|item| here(Place::in_file(id, item.span.range)));
        if let Some(item) = &item
            && text.is_empty()
        {
            text = declaration(unit, &analysis, item, line);
        }
        let errors = errors(unit, &analysis, item.as_ref(), here);
        if !errors.diagnostics.is_empty() {
            sound = false;
            let head = match text.is_empty() {
                true => "It means nothing while this stands against it:",
                false => "This stands against it:",
            };
            if let Some(item) = item.filter(|_| text.is_empty()) {
                text = format!("{}:{line}: {}\n", unit.shown_path(id), item.text);
            }
            text.push_str(&format!("\n{head}\n\n"));
            text.push_str(&errors.render(Format::Full, ui.color_out));
        }
        section(&mut out, &text);
    }
    if !known {
        return Err(Stop::failed(format!("`{file}` is not among the sources")));
    }
    if out.is_empty() {
        return Err(Stop::failed(format!(
            "nothing at {file}:{line} has a meaning of its own: no declaration, rule, claim or test \
             stands there"
        )));
    }
    ui.out(out)?;
    Ok(Answer::of(sound))
}

/// A line of an item's documentation speaks of the item.
fn documented(unit: &Unit, item: &ItemAt, line: u32) -> u32 {
    let first = unit
        .at(Place::in_file(item.span.file, item.span.range))
        .line;
    let lines = item.doc.iter().flat_map(|doc| doc.lines()).count();
    let above = first.saturating_sub(line) as usize;
    if above <= lines {
        first.max(line)
    } else {
        line
    }
}

/// The errors at a line. Where the item there is one that the model leaves out, those of the whole
/// item: a rule that ended, or names what does not exist, may say so on another of its lines.
fn errors(
    unit: &Unit,
    analysis: &Analysis,
    item: Option<&ItemAt>,
    here: impl Fn(Place) -> bool,
) -> Gathered {
    let left_out = item.filter(|item| {
        let model = &analysis.model;
        let rules = model.rules.iter().map(|rule| rule.place);
        let claims = model.claims.iter().map(|claim| claim.place);
        let mut places = rules.chain(claims);
        !places.any(|place| place.anchor == item.anchor)
    });
    let in_item = |at: npl_diagnostics::Span| {
        left_out.is_some_and(|item| {
            let range = item.span.range;
            at.file == item.span.file && range.start <= at.range.start && at.range.end <= range.end
        })
    };
    let all = analysis.diagnostics.iter().filter(|found| found.is_error());
    let found: Vec<_> = all
        .filter(|found| in_item(found.at) || here(Place::in_file(found.at.file, found.at.range)))
        .cloned()
        .collect();
    let mut out = Gathered::default();
    out.add(unit, &found);
    out
}

/// Everything of the model that stands where `here` says.
fn at_line(unit: &Unit, analysis: &Analysis, here: impl Fn(Place) -> bool) -> String {
    let model = &analysis.model;
    let mut out = String::new();
    for (i, found) in (0u32..).zip(&model.rules) {
        if here(found.place) || found.applied_at.iter().any(|place| here(*place)) {
            section(&mut out, &rule::explain(unit, analysis, i));
        }
    }
    for workload in model
        .workloads
        .iter()
        .filter(|workload| here(workload.place))
    {
        section(&mut out, &explain_workload(unit, analysis, workload));
    }
    for (claim, outcome) in model.claims.iter().zip(&analysis.claims) {
        if here(claim.place) || claim.applied_at.iter().any(|place| here(*place)) {
            let verdict = match (outcome.holds(), outcome.assumptions.is_empty()) {
                (true, true) => "It holds.",
                (true, false) => "It holds under assumptions:",
                (false, _) => "It is not proved.",
            };
            let at = unit.at(claim.place);
            let mut text = format!("{}:{}: {}\n\n{verdict}\n", at.file, at.line, claim.text);
            for assumption in &outcome.assumptions {
                let assumption = claims::assumption_text(&analysis.enforced, assumption);
                text.push_str(&format!("  {assumption}\n"));
            }
            section(&mut out, &text);
        }
    }
    for test in model.tests.iter().filter(|test| here(test.place)) {
        let at = unit.at(test.place);
        let flows = test
            .flows
            .iter()
            .map(|flow| format!("  {}\n", flow.text.trim()));
        section(
            &mut out,
            &format!(
                "{}:{}: test \"{}\" states the verdicts of {} flows; `nplc test` judges them.\n\n{}",
                at.file,
                at.line,
                test.name,
                test.flows.len(),
                flows.collect::<String>()
            ),
        );
    }
    out
}

/// A declaration that has no object of its own: its text, and the rules that name it, or that it
/// makes where it is applied.
fn declaration(unit: &Unit, analysis: &Analysis, item: &ItemAt, line: u32) -> String {
    let file: FileId = item.span.file;
    let mut out = format!("{}:{line}: {}\n", unit.shown_path(file), item.text);
    let Some(name) = &item.name else {
        return unnamed(unit, analysis, &item.text, out);
    };
    for line in item.doc.iter().flat_map(|doc| doc.lines()) {
        out.push_str(&format!("  {line}\n"));
    }
    let model = &analysis.model;
    let rules = model.rules.iter().map(|rule| (rule.place, &rule.text));
    let claims = model.claims.iter().map(|claim| (claim.place, &claim.text));
    let (what, none, found): (_, _, Vec<_>) = if item.text.starts_with("template") {
        let own = rules.chain(claims);
        (
            format!("Where it is applied, `{name}` makes:"),
            format!("Nothing applies `{name}`, so it makes no rule."),
            own.filter(|(place, _)| place.anchor == item.anchor)
                .collect(),
        )
    } else {
        (
            format!("Rules that name `{name}`:"),
            format!("No rule names `{name}`."),
            rules.filter(|(_, text)| names(text, name)).collect(),
        )
    };
    if found.is_empty() {
        return format!("{out}\n{none}\n");
    }
    out.push_str(&format!("\n{what}\n"));
    for (place, text) in found {
        let at = unit.at(place);
        out.push_str(&format!("  {}:{}: {text}\n", at.file, at.line));
    }
    out
}

fn names(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.split(|c| !word(c)).any(|part| part == name)
}

/// `namespace` and `use`, which declare nothing of their own.
fn unnamed(unit: &Unit, analysis: &Analysis, text: &str, mut out: String) -> String {
    if text.starts_with("namespace") {
        out.push_str("\nA workload of this file that names no namespace is in this one.\n");
        return out;
    }
    let Some(path) = text.strip_prefix("use ") else {
        return String::new();
    };
    let list = path.split_once('{').map_or(path, |(_, list)| list);
    for part in list.trim_end_matches('}').split(',') {
        let name = part.rsplit(" as ").next().unwrap_or(part);
        let name = name.rsplit('.').next().unwrap_or(name).trim();
        if name.is_empty() {
            continue;
        }
        let rules = analysis.model.rules.iter();
        let named: Vec<_> = rules.filter(|rule| names(&rule.text, name)).collect();
        out.push_str(&match named.is_empty() {
            true => format!("\nImports `{name}`.\n"),
            false => format!("\nImports `{name}`. Rules that name it:\n"),
        });
        for rule in named {
            let at = unit.at(rule.place);
            out.push_str(&format!("  {}:{}: {}\n", at.file, at.line, rule.text));
        }
    }
    out
}

fn section(out: &mut String, text: &str) {
    if !out.is_empty() && !text.is_empty() {
        out.push('\n');
    }
    out.push_str(text);
}

fn explain_workload(unit: &Unit, analysis: &Analysis, workload: &Workload) -> String {
    let at = unit.at(workload.place);
    let mut out = format!("{}:{}: workload {}\n", at.file, at.line, workload.name);
    if let Some(doc) = &workload.doc {
        for line in doc.lines() {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out.push('\n');
    out.push_str(&english::workload(workload));
    let model = &analysis.model;
    let mut seen = std::collections::BTreeSet::new();
    let binds = |set: &npl_policy::model::Set| {
        set.entities.contains(&npl_policy::model::Entity::All)
            || set
                .pods
                .iter()
                .any(|part| !part.pods.disjoint(&workload.pods))
    };
    for end in model.ends.iter().filter(|end| binds(&end.subject)) {
        if let Some(rule) = model.rules.get(end.rule as usize)
            && seen.insert(end.rule)
        {
            if seen.len() == 1 {
                out.push_str("\nRules that bind at its pods:\n");
            }
            let at = unit.at(rule.place);
            out.push_str(&format!("  {}:{}: {}\n", at.file, at.line, rule.text));
        }
    }
    out.push('\n');
    out.push_str(&becomes::on_targets(unit, analysis, &seal_id(workload)));
    out
}
