//! `nplc trace`: verdicts of flows, with the deciding rule of each end.

mod flow;
mod judge;
mod show;

use std::io::{BufRead, BufReader, Read};

use npl_policy::{
    interpret::{Answer as Verdict, Runner},
    model::TestFlow,
};

pub(super) use show::assurance_text;

use super::ask;
use crate::{
    args::{Expect, Findings, Trace, TraceReport},
    fs::plain,
    pipeline::{Analysis, Gathered, Unit},
    stop::{Answer, Result, Stop},
    ui::Ui,
};
use flow::{Around, Asked, Dns, JsonFlow};
use judge::Judged;

/// Verdicts are written in pieces of about this size.
const PIECE_BYTES: usize = 1 << 16;

pub(super) fn run(args: &Trace, ui: &Ui) -> Result<Answer> {
    let (sources, flow) = match (&args.flows, args.words.split_last()) {
        (Some(_), _) => (args.words.as_slice(), None),
        (None, Some((flow, sources))) => (sources, Some(flow)),
        (None, None) => return Err(Stop::failed("no flow is given")),
    };
    let mut units = ask::open_with_policies(sources, &args.options, ui)?;
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
    let stated = flow.map(|text| unit.parse_flow(text).map(|flow| (text.as_str(), flow)));
    let stated = stated.transpose().map_err(Stop::Failed)?;
    let tracer = Tracer {
        args,
        ui,
        unit,
        analysis: &analysis,
        runner: Runner::new(&analysis.model, analysis.inventory.as_deref()),
    };
    match (stated, &args.flows) {
        (Some((text, flow)), _) => tracer.one(text, &flow),
        (None, Some(path)) => tracer.many(path),
        (None, None) => Err(Stop::failed("no flow is given")),
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
        let judged = match stated.port {
            Some(port) if !dns.is_empty() => {
                judge::asked(&self.runner, &Asked::of(stated, port, around))
            }
            _ => judge::stated(&self.runner, stated),
        };
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
        let input: Box<dyn Read> = if path == "-" {
            Box::new(std::io::stdin().lock())
        } else {
            let file = std::fs::File::open(path);
            Box::new(file.map_err(|error| Stop::at(path, plain(&error)))?)
        };
        let mut out = String::new();
        let mut all = true;
        for (i, line) in BufReader::new(input).lines().enumerate() {
            let wrong = |why: String| Stop::Failed(format!("`{path}` line {}: {why}", i + 1));
            let line = line.map_err(|error| wrong(plain(&error)))?;
            if line.trim().is_empty() {
                continue;
            }
            let read: serde_json::Result<JsonFlow> = serde_json::from_str(&line);
            let judged = read
                .map_err(|error| error.to_string())
                .and_then(|flow| flow.asked(around))
                .and_then(|asked| judge::asked(&self.runner, &asked));
            let judged = match judged {
                Ok(judged) => judged,
                Err(why) => {
                    self.ui.out(&out)?;
                    return Err(wrong(why));
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

    fn dns(&self) -> Result<Dns> {
        let Some(path) = &self.args.dns else {
            return Ok(Dns::new());
        };
        let text = std::fs::read_to_string(path).map_err(|e| Stop::at(path, plain(&e)))?;
        flow::read_dns(&text).map_err(|why| Stop::at(path, why))
    }

    fn shown(&self, judged: &Judged, default: TraceReport) -> String {
        let model = &self.analysis.model;
        match self.args.format.unwrap_or(default) {
            TraceReport::Full => show::full(judged, model, self.unit, self.ui.color_out),
            TraceReport::Concise => show::concise(judged, self.ui.color_out) + "\n",
            TraceReport::Json => show::json_line(judged, model, self.unit) + "\n",
        }
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
