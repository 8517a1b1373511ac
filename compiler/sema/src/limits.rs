//! Limits of packages, files and names. Passing one is an error that names it.

/// A source file longer than this is refused before it is lexed.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Files of one command, dependencies included.
pub const FILES_MAX: usize = 20_000;

/// Folders below one another that are looked into.
pub const FOLDER_DEPTH_MAX: usize = 64;

/// Packages that one package depends on, directly or not.
pub const PACKAGES_MAX: usize = 256;

/// Declarations that stand for one another, one inside the next: groups of groups, templates that
/// apply templates.
pub const NESTING_MAX: usize = 64;

/// Characters of a DNS label, hence of what is named after one (RFC 1123).
pub const DNS_LABEL_CHARS_MAX: usize = 63;

/// Names of a module that are listed beside one that it does not declare.
pub const NAMES_OFFERED_MAX: usize = 6;

/// Uses of one undeclared name that its diagnostic points at.
pub const LABELS_MAX: usize = 8;
