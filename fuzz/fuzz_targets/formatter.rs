//! See `npl_fuzz::formatter`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| npl_fuzz::formatter(text));
