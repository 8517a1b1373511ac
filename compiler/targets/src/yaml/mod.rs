//! YAML, in and out. This module is the only user of the YAML crates.
//!
//! Writing is by hand for the one fixed shape that targets emit: what matters there is which
//! scalars are quoted, and that is [`mod@write`].

pub mod read;
pub mod write;
