//! Names, kinds, templates and lowering of NPL to the policy model, incrementally.
//!
//! [`load`] finds the programs that a command's paths name, through [`files`]; [`host`] keeps one
//! of them in a salsa database and answers: its diagnostics, its model, what stands where. `eval`
//! is the pure half: declarations and rules as functions of their tree and a [`scope`].
//! This crate refuses to know targets, the file system, the clock and the environment.

mod db;
pub mod eval;
pub mod files;
pub mod host;
pub mod limits;
pub mod load;
pub mod lost;
pub mod lowered;
pub mod manifest;
pub mod names;
pub mod scope;
mod stdlib;
pub mod value;
