//! Clauses within what one rule may say.

use npl_policy::{
    http::HttpRule,
    limits::{HTTP_ENTRIES_MAX, VIA_NAMES_MAX},
    model::Via,
};

/// One rule cannot say it.
pub(super) fn is_too_large(via: &Via) -> bool {
    match via {
        Via::Tls(names) | Via::Dns(names) => names.len() > VIA_NAMES_MAX,
        Via::Http(rule) | Via::Grpc(rule) => {
            rule.hosts.len() > VIA_NAMES_MAX || rule.entries.len() > HTTP_ENTRIES_MAX
        }
    }
}

/// Clauses that together admit what this one does, each within the limits.
pub(super) fn parts(via: &Via) -> Vec<Via> {
    match via {
        Via::Tls(names) => pieces(names, VIA_NAMES_MAX).map(Via::Tls).collect(),
        Via::Dns(names) => pieces(names, VIA_NAMES_MAX).map(Via::Dns).collect(),
        Via::Http(rule) => requests(rule).into_iter().map(Via::Http).collect(),
        Via::Grpc(rule) => requests(rule).into_iter().map(Via::Grpc).collect(),
    }
}

/// A request needs one of the hosts and one of the entries, so each piece of the one list stands
/// with each of the other.
fn requests(rule: &HttpRule) -> Vec<HttpRule> {
    let hosts = pieces(&rule.hosts, VIA_NAMES_MAX);
    hosts
        .flat_map(|hosts| {
            pieces(&rule.entries, HTTP_ENTRIES_MAX).map(move |entries| HttpRule {
                hosts: hosts.clone(),
                entries,
            })
        })
        .collect()
}

/// An empty list says something too: it is one piece.
fn pieces<T: Clone>(list: &[T], most: usize) -> impl Iterator<Item = Vec<T>> {
    let none = list.is_empty().then(Vec::new);
    none.into_iter().chain(list.chunks(most).map(<[T]>::to_vec))
}
