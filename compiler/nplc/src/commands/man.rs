//! `nplc man [COMMAND]`: manual pages in roff, from the same tree as the help.

use clap::CommandFactory as _;
use npl_diagnostics::suggest;

use crate::{
    args::{Cli, Man},
    fs::plain,
    stop::{Answer, Result, Stop},
    ui::Ui,
};

pub(super) fn run(args: &Man, ui: &Ui) -> Result<Answer> {
    let mut root = Cli::command();
    root.build();
    // A command has no version of its own.
    let source = root.render_version().trim().to_owned();
    let page = match &args.command {
        None => root,
        Some(name) => {
            let Some(found) = root.find_subcommand(name) else {
                let names = root.get_subcommands().map(clap::Command::get_name);
                let near = suggest(name, names)
                    .map(|near| format!("; did you mean `{near}`?"))
                    .unwrap_or_default();
                return Err(Stop::failed(format!("there is no command `{name}`{near}")));
            };
            found.clone()
        }
    };
    let mut out = Vec::new();
    clap_mangen::Man::new(page)
        .source(source)
        .render(&mut out)
        .map_err(|error| Stop::failed(plain(&error)))?;
    ui.out(String::from_utf8_lossy(&out))?;
    Ok(Answer::Yes)
}
