//! The standard library: ordinary NPL, embedded. `stdlib/std/net.npl` is the module `std.net`.

/// Module names with their texts, sorted.
pub(crate) static MODULES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/stdlib.rs"));

/// The first segment of its paths.
pub(crate) const NAME: &str = "std";
