//! `nplc check`: every finding, and nothing written.

use super::{ask, test::not_closed_yet};
use crate::{
    args::Check,
    pipeline::{self, Gathered},
    stop::{Answer, Result},
    ui::Ui,
};

pub(super) fn run(args: &Check, ui: &Ui) -> Result<Answer> {
    let units = ask::open_with_policies(&args.from.sources, &args.from.options, ui)?;
    let mut gathered = Gathered::default();
    let mut notes = Vec::new();
    for (unit, analysis) in units.iter().zip(pipeline::analyse_all(&units)) {
        gathered.add(unit, &analysis.diagnostics);
        if !analysis.claims.is_empty() {
            notes.extend(not_closed_yet(&analysis));
        }
    }
    ui.out(gathered.render(ask::format(args.format), ui.color_out))?;
    for note in notes {
        ui.talk(&note);
    }
    let counts = gathered.counts();
    ui.talk(&counts.to_string());
    Ok(Answer::of(counts.errors == 0))
}
