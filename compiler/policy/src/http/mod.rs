//! HTTP constraints: method, path pattern, host pattern (grammar.md §6), and what a `via` admits.
//!
//! A request's path is normalised before it is judged; one that cannot be normalised safely is
//! admitted by no entry.

mod normal;
mod parse;
mod path;
mod rule;
mod via;

#[cfg(test)]
mod tests;

use smol_str::SmolStr;

use crate::name::NamePattern;

pub use normal::{has_query, host_of, normalise_path};
pub use parse::{GrpcError, PathError, grpc_entry};
pub use rule::http_covers;
pub use via::{Admits, Fact, ViaKind};

/// What one `via http` admits: a request whose host one of `hosts` admits (none listed: any host)
/// and which one of `entries` admits (none listed: any request).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HttpRule {
    pub hosts: Vec<NamePattern>,
    pub entries: Vec<HttpEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HttpEntry {
    /// `None`: any method. Upper case as written.
    pub method: Option<SmolStr>,
    pub path: PathPattern,
}

/// `/a/*/b/**`: segments between slashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathPattern {
    pub segments: Vec<Segment>,
    /// `/a?`: only without a query. Existing policies say so, since their expressions cover the
    /// query too.
    pub bare: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// As it stands after normalisation; empty only as the last one (a trailing slash).
    Exact(SmolStr),
    /// `*`: one non-empty segment.
    Any,
    /// `**`, last only: the rest, empty included.
    Rest,
}
