//! The one diagnostic type of the toolchain, the registry of its codes, and the renderers.
//!
//! A `Diagnostic` is generic over how it points at source: `TextRange` inside one item (the
//! parser), [`Place`] (everything behind the parser: still relative to its item, so that an edit
//! elsewhere changes no diagnostic), and [`Span`] (absolute, for renderers only).
//! This crate refuses to know the language: it sees text, places and codes.

pub mod codes;
mod diagnostic;
mod place;

pub use codes::{Code, CodeInfo};
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Severity};
pub use place::{Anchor, FileId, Place, Span, TextRange};
