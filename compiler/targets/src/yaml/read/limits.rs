//! What one YAML file may cost. Passing a limit is a diagnostic, never a crash and never a silent
//! cut.

/// Bytes of one file.
pub const MAX_BYTES: usize = 100 * 1024 * 1024;

/// Nesting of maps and lists, aliases expanded.
pub const MAX_DEPTH: usize = 100;

/// Keys and values of one file. Ordinary manifests of `MAX_BYTES` hold about nine millions of them.
pub const MAX_NODES: usize = 16_000_000;

/// Values that anchors and aliases may copy in one file.
pub const MAX_ALIASED_NODES: usize = 100_000;
