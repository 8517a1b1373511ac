//! See `npl_fuzz::language`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| npl_fuzz::language(text));
