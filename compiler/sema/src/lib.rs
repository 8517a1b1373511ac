//! Names, kinds, templates and lowering of NPL to the policy model, incrementally.

pub mod lowered;
pub mod scope;
pub mod value;
