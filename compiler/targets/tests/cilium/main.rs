//! The Cilium target, from models to YAML: shapes, traps, findings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod findings;
mod properties;
mod shapes;
mod support;
mod traps;
