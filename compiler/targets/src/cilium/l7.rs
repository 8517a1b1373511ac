//! `via` clauses as Cilium's `serverNames`, `http` and `dns` (cilium-lowering.md §6.4 to §6.7).
//!
//! Paths and hosts become regular expressions that the proxy matches against the whole text. Each
//! is compiled before it is written, since Cilium itself never looks at `host`.

use std::sync::Arc;

use npl_policy::{
    http::{HttpEntry, HttpRule, PathPattern, Segment},
    model::Via,
    name::NamePattern,
};

use super::{
    limits::REGEX_BYTES_MAX,
    shape::{EgressClause, HttpItem, IngressClause, NonEmpty},
};

/// What a clause admits at an egress end; `None` if it admits nothing at all.
pub(super) fn egress(clauses: &[Arc<Via>]) -> Option<EgressClause> {
    let dns = names(clauses, |via| match via {
        Via::Dns(names) => Some(names),
        _ => None,
    });
    match NonEmpty::new(dns) {
        Some(dns) => Some(EgressClause::Dns(dns)),
        None => ingress(clauses).map(EgressClause::Common),
    }
}

/// What a clause admits at an ingress end, where `dns` cannot stand.
pub(super) fn ingress(clauses: &[Arc<Via>]) -> Option<IngressClause> {
    if clauses.is_empty() {
        return Some(IngressClause::None);
    }
    let server_names = names(clauses, |via| match via {
        Via::Tls(names) => Some(names),
        _ => None,
    });
    if let Some(server_names) = NonEmpty::new(server_names) {
        return Some(IngressClause::ServerNames(server_names));
    }
    let mut items: Vec<HttpItem> = clauses
        .iter()
        .filter_map(|via| match &**via {
            Via::Http(rule) | Via::Grpc(rule) => Some(rule),
            _ => None,
        })
        .flat_map(http_items)
        .collect();
    items.sort();
    items.dedup();
    NonEmpty::new(items).map(IngressClause::Http)
}

fn names<'v>(
    clauses: &'v [Arc<Via>],
    of: impl Fn(&'v Via) -> Option<&'v Vec<NamePattern>>,
) -> Vec<NamePattern> {
    let lists = clauses.iter().filter_map(|via| of(via));
    let mut out: Vec<NamePattern> = lists.flatten().cloned().collect();
    out.sort();
    out.dedup();
    // `*` admits every name; what stands beside it only grows the policy.
    match out.iter().find(|n| n.is_any()) {
        Some(any) => vec![any.clone()],
        None => out,
    }
}

fn http_items(rule: &HttpRule) -> Vec<HttpItem> {
    let hosts: Vec<Option<String>> = match rule.hosts.as_slice() {
        [] => vec![None],
        hosts => hosts.iter().map(|h| Some(host_regex(h))).collect(),
    };
    let entries: Vec<Option<&HttpEntry>> = match rule.entries.as_slice() {
        [] => vec![None],
        entries => entries.iter().map(Some).collect(),
    };
    let item = |host: &Option<String>, entry: &Option<&HttpEntry>| HttpItem {
        method: entry.and_then(|e| e.method.as_deref()).map(quote),
        path: entry.map(|e| path_regex(&e.path)),
        host: host.clone(),
    };
    hosts
        .iter()
        .flat_map(|host| entries.iter().map(move |entry| item(host, entry)))
        .collect()
}

/// RE2 for a whole path with its query, after the proxy's normalisation.
pub(super) fn path_regex(path: &PathPattern) -> String {
    let mut out = String::new();
    for segment in &path.segments {
        match segment {
            Segment::Exact(text) => {
                out.push('/');
                out.push_str(&quote(text));
            }
            Segment::Any => out.push_str("/[^/?#]+"),
            Segment::Rest => out.push_str("(/[^?#]*)?"),
        }
    }
    if !path.bare {
        out.push_str(r"(\?.*)?");
    }
    out
}

/// RE2 for a host with an optional port.
pub(super) fn host_regex(name: &NamePattern) -> String {
    const LABEL: &str = "[-a-z0-9_]+";
    let labels = || format!(r"{LABEL}(\.{LABEL})*");
    let mut out = String::from("(?i)");
    if name.is_any() {
        out.push_str(&labels());
    } else {
        for (at, label) in name.as_str().split('.').enumerate() {
            if at > 0 {
                out.push_str(r"\.");
            }
            if at == 0 && label == "**" {
                out.push_str(&labels());
                continue;
            }
            for (run, text) in label.split('*').enumerate() {
                if run > 0 {
                    out.push_str("[-a-z0-9_]*");
                }
                out.push_str(&quote(text));
            }
        }
    }
    out.push_str("(:[0-9]+)?");
    out
}

/// The text itself, as a regular expression of RE2.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The first regular expression of a clause that RE2 would not take, with the reason.
pub(super) fn bad_regex(via: &Via) -> Option<String> {
    let (Via::Http(rule) | Via::Grpc(rule)) = via else {
        return None;
    };
    http_items(rule)
        .into_iter()
        .flat_map(|item| [item.method, item.path, item.host])
        .flatten()
        .find(|regex| {
            regex.len() > REGEX_BYTES_MAX || regex_syntax::Parser::new().parse(regex).is_err()
        })
}
