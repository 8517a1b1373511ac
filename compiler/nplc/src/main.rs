//! The `nplc` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    nplc::main(std::env::args_os())
}
