//! The one diagnostic type of the toolchain, the registry of its codes, and the renderers.
//!
//! A `Diagnostic` is generic over how it points at source: `TextRange` inside one item (the
//! parser), [`Place`] (everything behind the parser: still relative to its item, so that an edit
//! elsewhere changes no diagnostic), and [`Span`] (absolute, for renderers only).
//! This crate refuses to know the language: it sees text, places and codes.

pub mod codes;
mod diagnostic;
mod fixes;
pub mod limits;
mod place;
pub mod render;
mod sources;
mod suggest;

pub use codes::{Code, CodeInfo};
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Severity};
pub use fixes::{FixError, apply_edits, apply_fixes};
pub use place::{Anchor, FileId, Place, Span, TextRange};
pub use sources::{LineIndex, Lines, Position, Sources, clamp};
pub use suggest::{Nearest, suggest};
