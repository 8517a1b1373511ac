//! One module for each command.

mod ask;
mod build;
mod check;
mod completions;
mod explain;
mod fmt;
mod import;
mod init;
mod man;
mod test;
mod trace;

use crate::{
    args::{Command, Findings},
    pipeline::Gathered,
    stop::{Answer, Result},
    ui::Ui,
};

/// Shows what keeps a question from being asked, where and as the command shows its findings.
pub(crate) fn broken(gathered: &Gathered, command: &Command, ui: &Ui) {
    let format = match command {
        Command::Check(args) => {
            // Who reads a document there gets one. A closed pipe changes nothing any more.
            let format = ask::format(args.format);
            let _ = ui.out(gathered.render(format, ui.color_out));
            ui.talk(&gathered.counts().to_string());
            return;
        }
        Command::Build(args) => args.format,
        Command::Import(args) => args.format,
        _ => Findings::Full,
    };
    ask::aside(gathered, format, ui);
}

pub fn run(command: &Command, ui: &Ui) -> Result<Answer> {
    match command {
        Command::Init(args) => init::run(args, ui),
        Command::Check(args) => check::run(args, ui),
        Command::Build(args) => build::run(args, ui),
        Command::Fmt(args) => fmt::run(args, ui),
        Command::Explain(args) => explain::run(args, ui),
        Command::Test(args) => test::run(args, ui),
        Command::Trace(args) => trace::run(args, ui),
        Command::Completions(args) => completions::run(args, ui),
        Command::Import(args) => import::run(args, ui),
        Command::Man(args) => man::run(args, ui),
    }
}
