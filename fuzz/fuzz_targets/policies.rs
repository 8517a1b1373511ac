//! See `npl_fuzz::policies`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| npl_fuzz::policies(text));
