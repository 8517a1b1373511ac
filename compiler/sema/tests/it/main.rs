//! The public face of the crate: programs in, findings and models out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

mod common;
mod finish;
mod host;
mod load;
mod manifest;
mod mistakes;
mod names;
