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
    args::Command,
    stop::{Answer, Result},
    ui::Ui,
};

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
