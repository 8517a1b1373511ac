//! Limits of one item. Passing one is the diagnostic `too-many`, `set-too-large`,
//! `template-too-deep` or `template-too-large`, at the place that passes it.

pub use npl_policy::limits::{HTTP_ENTRIES_MAX, VIA_NAMES_MAX};

/// Requirements of one selector.
pub const LABELS_MAX: usize = 64;

/// Values after one `in` or `not in`, and names after one `in namespace`.
pub const LABEL_VALUES_MAX: usize = 256;

/// Parts of one set: disjuncts of pods, prefixes, name patterns, entities and services together.
pub const SET_PARTS_MAX: usize = 4_096;

/// Disjuncts that `except` may leave of the pods of one set (cilium-lowering.md §1).
pub const EXCEPT_DISJUNCTS_MAX: usize = 64;

/// Pairs of members that one `except` compares.
pub const EXCEPT_PAIRS_MAX: usize = 65_536;

/// Ports of one rule, claim or `port` item.
pub const PORTS_MAX: usize = 256;

/// Formals of one template.
pub const FORMALS_MAX: usize = 32;

/// Templates that apply one another, one inside the next.
pub const TEMPLATE_DEPTH_MAX: usize = 16;

/// Rules and claims that one `apply` may make, those of inner templates included. Each `apply` on
/// the way counts as one too, so that templates that only apply templates end.
pub const APPLIED_ITEMS_MAX: usize = 10_000;

/// The same where a template is checked by itself, whatever its arguments.
pub const BODY_ITEMS_MAX: usize = 1_000;

/// Flows of one test.
pub const FLOWS_MAX: usize = 1_024;

/// Facts of one flow.
pub const FACTS_MAX: usize = 16;
