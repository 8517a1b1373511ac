//! The `nplc` program: everything is in the library.

use std::process::ExitCode;

/// A build makes millions of small values on all cores; the system's allocator takes a fifth of its
/// time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    nplc::main(std::env::args_os())
}
