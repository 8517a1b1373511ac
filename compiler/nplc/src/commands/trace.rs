//! `nplc trace`: verdicts of flows, with the deciding rule of each end.

mod flow;
mod json;
mod judge;
mod show;

use std::io::{BufRead, BufReader, Read};

use npl_diagnostics::{Place, codes::import as codes};
use npl_policy::{
    interpret::{Answer as Verdict, By, Runner},
    model::TestFlow,
};

pub(super) use show::assurance_text;

use super::ask;
use crate::{
    args::{Expect, Findings, Options, StdinKind, Trace, TraceReport},
    fs::plain,
    pipeline::{Analysis, Gathered, Unit},
    stop::{Answer, Result, Stop},
    ui::Ui,
};
use flow::{Around, Asked, Dns, JsonFlow};
use judge::Judged;

/// How a command line names standard input.
const STDIN: &str = "-";

/// Verdicts are written in pieces of about this size.
const PIECE_BYTES: usize = 1 << 16;

pub(super) fn run(args: &Trace, ui: &Ui) -> Result<Answer> {
    let question = Question::of(args)?;
    let mut units = ask::open_with_policies(&question.sources, &question.options, ui)?;
    let [unit] = units.as_mut_slice() else {
        let names: Vec<String> = units
            .iter()
            .map(|unit| format!("`{}`", unit.name()))
            .collect();
        return Err(Stop::failed(format!(
            "a flow is traced in one program, and these sources are {}: {}",
            names.len(),
            names.join(", ")
        )));
    };
    let analysis = unit.analyse();
    if analysis.checked.is_none() {
        let mut gathered = Gathered::default();
        gathered.add(unit, &analysis.diagnostics);
        ask::aside(&gathered, Findings::Full, ui);
        return Ok(Answer::No);
    }
    let stated = match &question.flows {
        Flows::Stated(text) => Some((text, unit.parse_flow(text).map_err(Stop::Failed)?)),
        Flows::In(_) => None,
    };
    let tracer = Tracer {
        args,
        ui,
        unit,
        analysis: &analysis,
        runner: Runner::new(&analysis.model, analysis.inventory.as_deref()),
    };
    match (stated, &question.flows) {
        (Some((text, flow)), _) => tracer.one(text, &flow),
        (None, Flows::In(path) | Flows::Stated(path)) => tracer.many(path),
    }
}

/// What the words of the command line say.
struct Question {
    sources: Vec<String>,
    options: Options,
    flows: Flows,
}

enum Flows {
    /// In the language's words.
    Stated(String),
    /// A file of them.
    In(String),
}

impl Question {
    fn of(args: &Trace) -> Result<Self> {
        let mut sources = args.words.clone();
        let mut options = args.options.clone();
        let mut flows = args.flows.clone();
        if options.stdin_kind == StdinKind::Flows {
            let words = sources.len();
            sources.retain(|word| word != STDIN);
            match (words - sources.len(), &flows) {
                (1, None) => flows = Some(STDIN.to_owned()),
                (0, Some(path)) if path == STDIN => {}
                (0, _) => {
                    return Err(Stop::failed(
                        "`--stdin-kind flows` says what `-` holds, and no `-` is given",
                    ));
                }
                (1, Some(_)) => {
                    return Err(Stop::failed(
                        "the flows are given twice: with `--flows` and as `-`",
                    ));
                }
                _ => return Err(Stop::failed(ask::STDIN_TWICE)),
            }
            options.stdin_kind = StdinKind::Npl;
        }
        let flows = match (flows, sources.last()) {
            (Some(path), _) if path == STDIN && sources.iter().any(|word| word == STDIN) => {
                return Err(Stop::failed(ask::STDIN_TWICE));
            }
            (Some(path), _) => Flows::In(path),
            (None, Some(_)) => Flows::Stated(sources.pop().unwrap_or_default()),
            (None, None) => return Err(Stop::failed("no flow is given")),
        };
        Ok(Self {
            sources,
            options,
            flows,
        })
    }
}

struct Tracer<'a> {
    args: &'a Trace,
    ui: &'a Ui,
    unit: &'a Unit,
    analysis: &'a Analysis,
    runner: Runner<'a>,
}

impl Tracer<'_> {
    /// A flow in the language's words.
    fn one(&self, text: &str, stated: &TestFlow) -> Result<Answer> {
        let dns = self.dns()?;
        let around = Around {
            inventory: self.analysis.inventory.as_deref(),
            dns: &dns,
        };
        let judged = judge::asked(&self.runner, &Asked::of(stated, around));
        let judged = judged.map_err(|why| Stop::failed(format!("`{text}`: {why}")))?;
        self.ui.out(self.shown(&judged, TraceReport::Full))?;
        Ok(Answer::of(self.meets(&judged)))
    }

    /// Flows of a file, answered in their order.
    fn many(&self, path: &str) -> Result<Answer> {
        let dns = self.dns()?;
        let around = Around {
            inventory: self.analysis.inventory.as_deref(),
            dns: &dns,
        };
        let (input, named): (Box<dyn Read>, String) = if path == STDIN {
            (
                Box::new(std::io::stdin().lock()),
                "standard input".to_owned(),
            )
        } else {
            let file = std::fs::File::open(path);
            let file = file.map_err(|error| Stop::at(path, plain(&error)))?;
            (Box::new(file), format!("`{path}`"))
        };
        let mut out = String::new();
        let mut all = true;
        for (i, line) in BufReader::new(input).lines().enumerate() {
            let wrong = |column: Option<usize>, why: String| {
                let column = column.map(|column| format!(" column {column}"));
                let column = column.unwrap_or_default();
                Stop::Failed(format!("{named} line {}{column}: {why}", i + 1))
            };
            let line = line.map_err(|error| wrong(None, plain(&error)))?;
            if line.trim().is_empty() {
                continue;
            }
            let judged = match self.judged(&line, around) {
                Ok(judged) => judged,
                Err((column, why)) => {
                    self.ui.out(&out)?;
                    return Err(wrong(column, why));
                }
            };
            all &= self.meets(&judged);
            out.push_str(&self.shown(&judged, TraceReport::Json));
            if out.len() > PIECE_BYTES {
                self.ui.out(&out)?;
                out.clear();
            }
        }
        self.ui.out(&out)?;
        Ok(Answer::of(all))
    }

    /// One flow of a file; the error is the column, where it has one, and a sentence.
    fn judged(
        &self,
        line: &str,
        around: Around<'_>,
    ) -> std::result::Result<Judged, (Option<usize>, String)> {
        let at = |(key, why): (&str, String)| (json::column(line, key), why);
        let flow: JsonFlow = json::read(line).map_err(|wrong| (Some(wrong.column), wrong.why))?;
        if let Some((key, why)) = flow::slip(line) {
            return Err(at((&key, why)));
        }
        let asked = flow.asked(around).map_err(at)?;
        judge::asked(&self.runner, &asked).map_err(|why| (None, why))
    }

    fn dns(&self) -> Result<Dns> {
        let Some(path) = &self.args.dns else {
            return Ok(Dns::new());
        };
        let text = std::fs::read_to_string(path).map_err(|e| Stop::at(path, plain(&e)))?;
        flow::read_dns(&text).map_err(|wrong| {
            let json::Wrong { line, column, why } = wrong;
            Stop::Failed(format!("`{path}` line {line} column {column}: {why}"))
        })
    }

    fn shown(&self, judged: &Judged, default: TraceReport) -> String {
        let model = &self.analysis.model;
        match self.args.format.unwrap_or(default) {
            TraceReport::Full => {
                let mut out = show::full(judged, model, self.unit, self.ui.color_out);
                for note in self.beside_http(judged) {
                    out.push_str(&format!("  note: {note}\n"));
                }
                out
            }
            TraceReport::Concise => show::concise(judged, self.ui.color_out) + "\n",
            TraceReport::Json => show::json_line(judged, model, self.unit) + "\n",
        }
    }

    /// What Cilium's HTTP proxy does to the rules that decide, which the model does not hold.
    fn beside_http(&self, judged: &Judged) -> Vec<String> {
        let rule = |by: By| match by {
            By::Rule(i) => self.analysis.model.rules.get(i as usize),
            _ => None,
        };
        let ends = judged
            .first
            .iter()
            .flat_map(|case| [&case.egress, &case.ingress]);
        let places: Vec<Place> = ends.filter_map(|end| Some(rule(end.by)?.place)).collect();
        let found = self
            .unit
            .lowering()
            .iter()
            .filter(|d| d.code == &codes::IMPORT_HTTP_LISTENER);
        let mut notes: Vec<String> = found
            .filter(|d| places.contains(&d.at))
            .map(|d| format!("{} ({})", d.message, d.code.id))
            .collect();
        notes.dedup();
        notes
    }

    /// What is not known meets no expectation.
    fn meets(&self, judged: &Judged) -> bool {
        match self.args.expect {
            None => true,
            Some(Expect::Allow) => judged.answer == Verdict::Allow,
            Some(Expect::Deny) => judged.answer == Verdict::Deny,
        }
    }
}
