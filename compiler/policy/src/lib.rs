//! The meaning of a policy as plain data, and everything that is decided from it.
//!
//! This is the waist of the house: front ends make a [`Model`](model::Model), back ends take a
//! [`Checked`](model::Checked) one. Nothing here knows NPL's syntax, YAML, salsa or the kernel;
//! nothing here reads a file, a clock or the environment.

pub mod addr;
#[cfg(any(test, feature = "build"))]
pub mod builder;
pub mod claims;
pub mod compare;
pub mod http;
pub mod identity;
pub mod interpret;
mod interval;
pub mod inventory;
pub mod label;
pub mod limits;
pub mod lint;
pub mod model;
pub mod name;
pub mod overlap;
pub mod port;
mod unite;
