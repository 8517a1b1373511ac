//! Every limit of this target; Cilium's own are named so.

/// Cilium: entries of one `ports` list.
pub const PORTS_MAX: usize = 40;

/// Cilium: entries of one `icmps` field list.
pub const ICMP_FIELDS_MAX: usize = 40;

/// Cilium: bytes of `log.value`.
pub const LOG_BYTES_MAX: usize = 32;

/// Kubernetes: bytes of an object's name.
pub const NAME_BYTES_MAX: usize = 253;

/// Kubernetes: bytes of the name part of a label key, and of a label value.
pub const LABEL_BYTES_MAX: usize = 63;

/// Bytes of one object before it is split.
pub const OBJECT_BYTES_MAX: usize = 256 * 1024;

/// Specs of one object before it is split.
pub const OBJECT_SPECS_MAX: usize = 500;

/// Label selectors that one conjunction may need ("absent or one of" is two).
pub const SELECTORS_MAX: usize = 64;

/// Pieces that the clauses of one workload, direction and peer may fall into.
pub const PIECES_MAX: usize = 1_000;

/// Bytes of an HTTP regular expression.
pub const REGEX_BYTES_MAX: usize = 4_096;
