//! `nplc completions SHELL`.

use clap::CommandFactory as _;

use crate::{
    args::{Cli, Completions},
    stop::{Answer, Result},
    ui::Ui,
};

pub(super) fn run(args: &Completions, ui: &Ui) -> Result<Answer> {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "nplc", &mut out);
    ui.out(String::from_utf8_lossy(&out))?;
    Ok(Answer::Yes)
}
