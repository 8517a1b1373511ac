//! Generates the parser from `src/grammar.lalrpop`.

fn main() {
    let done = lalrpop::Configuration::new()
        .use_cargo_dir_conventions()
        .emit_rerun_directives(true)
        .process();
    if let Err(error) = done {
        println!("cargo::error=the grammar cannot be built: {error}");
    }
}
