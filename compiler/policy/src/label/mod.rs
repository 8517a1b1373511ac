//! Label predicates, exactly.
//!
//! A dimension of a pod (one label key, its namespace, one label of its namespace, its account)
//! takes a value or none. What a selector says of one dimension is a finite or cofinite set of such
//! values ([`Values`]), which is closed under every Boolean operation. A conjunction over
//! dimensions is a [`Cube`]; a union of cubes is a predicate. Values outside a finite set are taken
//! to exist: Kubernetes permits more label values than any program names.

mod cube;
mod union;
mod values;
mod witness;

#[cfg(test)]
mod tests;

pub use cube::{Cube, NAMESPACE_NAME_LABEL, compatible};
pub use union::{TooLarge, covers, implies_any, intersect_all, subtract_all, union_implies};
pub use values::Values;
