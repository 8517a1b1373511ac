//! See `npl_fuzz::manifests`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| npl_fuzz::manifests(text));
