//! YAML, in both directions: [`read`] types scalars as Kubernetes does, `write` quotes what any
//! reader could misread. Nothing else in this crate knows how YAML is written.

pub mod read;
