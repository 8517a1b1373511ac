//! Existing policies as a model: the interpreter on what they are lowered to, against the recorded
//! verdicts of Cilium's engine, against the judge, and by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "test code"
)]

mod by_hand;
mod corpus;
mod generate;
mod judged;
mod network;
mod pages;
mod support;
