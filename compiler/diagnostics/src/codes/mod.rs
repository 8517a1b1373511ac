//! The registry: every code that any part of the toolchain reports, with its page.
//!
//! A code is permanent: its number and name never change meaning. Each area has a file; `all` is
//! their concatenation, in order of number. Each code has a page `codes/NPL####.md`.

#[macro_use]
mod registry;
pub mod cilium;
pub mod claims;
pub mod config;
pub mod import;
mod index;
pub mod inventory;
pub mod kinds;
pub mod kubernetes;
pub mod lints;
pub mod names;
pub mod sets;
pub mod syntax;

pub use index::index;
pub use registry::{CodeInfo, all, find};

/// A code as the rest of the toolchain holds it.
pub type Code = &'static CodeInfo;
