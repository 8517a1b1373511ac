//! The NPL compiler's command line, as a library: files, the pipeline from sources to findings, the
//! commands, exit codes. Only this crate reads files, the clock and the environment, and only this
//! crate prints.

pub mod args;
mod clock;
pub mod commands;
pub mod fs;
pub mod pipeline;
mod stop;
mod ui;
mod write;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser as _;

pub use stop::{Answer, Result, Stop};
use ui::Ui;

/// The whole program; never panics to its caller, and never exits with another code than 0, 1 or 2.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()))
            .unwrap_or_default();
        let what = info
            .payload_as_str()
            .unwrap_or("no message")
            .replace('\n', " ");
        use std::io::Write as _;
        let line = format!("error: nplc is broken: {what} ({place}); please report this\n");
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
        std::process::exit(i32::from(stop::EXIT_FAILED));
    }));
    let cli = match args::Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error),
    };
    let ui = Ui::new(&cli.talk);
    let end = commands::run(&cli.command, &ui);
    match &end {
        Err(Stop::Failed(text)) => ui.failed(text),
        Err(Stop::Broken(gathered)) => commands::broken(gathered, &cli.command, &ui),
        _ => {}
    }
    stop::exit_code(&end)
}

/// An error of usage, or the help that was asked for, which has to arrive as any other result has.
fn unparsed(error: &clap::Error) -> ExitCode {
    use std::io::Write as _;
    let wrote = error.print().and_then(|()| std::io::stdout().flush());
    if error.use_stderr() {
        return ExitCode::from(stop::EXIT_FAILED);
    }
    let end = ui::arrived(wrote).map(|()| Answer::Yes);
    if let Err(Stop::Failed(text)) = &end {
        Ui::new(&args::Talk::PLAIN).failed(text);
    }
    stop::exit_code(&end)
}
