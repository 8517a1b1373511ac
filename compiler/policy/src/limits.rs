//! Every limit of this crate. Passing one is an answer of its own (`TooLarge`, an error value),
//! never a silent cut: what cannot be decided inside them counts as not proved.

/// Disjuncts that one set may have after `except` (cilium-lowering.md §1).
pub const DISJUNCTS_MAX: usize = 64;

/// Disjuncts that may be alive while a union is being subtracted, before the result is counted.
pub const DISJUNCTS_WORK_MAX: usize = 4_096;

/// Steps of one question "does this union cover that cube".
pub const COVER_STEPS_MAX: usize = 65_536;

/// Steps of one question about a union of name patterns that uses every letter there is.
pub const NAME_STEPS_MAX: usize = 2_000_000;

/// Bytes of a name or a name pattern (RFC 1035 §2.3.4).
pub const NAME_BYTES_MAX: usize = 255;

/// Bytes of one label of a name (RFC 1035 §2.3.4).
pub const NAME_LABEL_BYTES_MAX: usize = 63;

/// Bytes of an HTTP path pattern.
pub const PATH_BYTES_MAX: usize = 255;

/// Names of one clause, patterns of its externals included.
pub const VIA_NAMES_MAX: usize = 256;

/// Entries of one block of a clause.
pub const HTTP_ENTRIES_MAX: usize = 256;

/// Workloads that one finding lists by name before it says how many more there are.
pub const LISTED_MAX: usize = 3;

/// Earlier rules that one rule is compared with when a wider or equal one is looked for.
pub const LINT_CANDIDATES_MAX: usize = 512;

/// Concrete flows that one stated flow may stand for.
pub const FLOW_CASES_MAX: usize = 200_000;

/// Requirements of blocks that the proof of one claim may go through.
pub const CLAIM_STEPS_MAX: usize = 2_000_000;

/// Pieces that the comparison of two models may cut.
pub const COMPARE_STEPS_MAX: usize = 20_000_000;
