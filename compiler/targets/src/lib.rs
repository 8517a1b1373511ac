//! What a policy becomes, and what is read in its stead: one module for each format.
//!
//! Knows the model of `policy` and nothing of NPL's syntax. Nothing here opens a file: texts come
//! in, texts go out.

pub mod cilium;
pub mod import;
pub mod inventory;
pub mod kubernetes;
pub mod yaml;
