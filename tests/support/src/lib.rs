//! Fixtures and generated programs that several crates' tests and benches share.
//!
//! Knows text only: no crate of the compiler, so that each of them can use it in its own tests.

pub mod fixture;
pub mod manifests;
pub mod program;
pub mod random;
pub mod skip;
pub mod slips;
