//! What a rule says above the port, as the clauses of the model.
//!
//! Refuses what no clause says exactly: TLS that is opened, headers, listeners, and expressions
//! that are no path pattern.

use npl_diagnostics::{Place, codes::import as codes};
use npl_policy::{
    http::{HttpEntry, HttpRule},
    model::Via,
    name::NamePattern,
};
use smol_str::SmolStr;

use super::{
    expression,
    refuse::{Refusal, refuse},
};
use crate::import::shape::{HttpMatch, NameMatch, PortRule};

/// The clauses of one port rule, a union; `None` where it has none.
pub(super) fn clauses(rule: &PortRule, at: Place) -> Result<Option<Vec<Via>>, Refusal> {
    if rule.terminating_tls.is_some() || rule.originating_tls.is_some() {
        return Err(refuse(
            &codes::IMPORT_TLS_INTERCEPTION,
            at,
            "a rule has the proxy open TLS, which no clause says",
            "keep this policy in YAML",
        ));
    }
    if rule.listener.is_some() {
        return Err(refuse(
            &codes::IMPORT_LISTENER,
            at,
            "a rule hands its traffic to a listener of a CiliumEnvoyConfig",
            "keep this policy in YAML",
        ));
    }
    if !rule.dns.is_empty() {
        return Ok(Some(vec![Via::Dns(names(&rule.dns, at)?)]));
    }
    if !rule.http.is_empty() {
        return http(&rule.http, at).map(Some);
    }
    if !rule.server_names.is_empty() {
        let mut names = Vec::with_capacity(rule.server_names.len());
        for text in &rule.server_names {
            names.push(pattern(text, at)?);
        }
        return Ok(Some(vec![Via::Tls(names)]));
    }
    Ok(None)
}

fn names(list: &[NameMatch], at: Place) -> Result<Vec<NamePattern>, Refusal> {
    let mut out = list
        .iter()
        .map(|item| name(item, at))
        .collect::<Result<Vec<_>, _>>()?;
    out.sort();
    out.dedup();
    Ok(out)
}

/// One `matchName` or `matchPattern`.
pub(super) fn name(item: &NameMatch, at: Place) -> Result<NamePattern, Refusal> {
    pattern(&item.text, at)
}

/// Cilium reads a run of `*` as one, except a leading `**.`; the language has one spelling of each.
fn pattern(text: &str, at: Place) -> Result<NamePattern, Refusal> {
    let bad = || {
        refuse(
            &codes::IMPORT_NAME,
            at,
            format!("`{text}` is no pattern of names that DNS answers with"),
            "list the names, or use `*.` and `**.` before a domain",
        )
    };
    let stars = |text: &str| !text.is_empty() && text.bytes().all(|b| b == b'*');
    if stars(text) {
        return Ok(NamePattern::any());
    }
    let body = text.strip_suffix('.').unwrap_or(text);
    // `*.` is a name of one label.
    if stars(body) {
        return Err(bad());
    }
    let front = body.len() - body.trim_start_matches('*').len();
    let rest = body.get(front..).unwrap_or_default();
    let mut out = String::with_capacity(body.len());
    match (front, rest.starts_with('.')) {
        (0, _) => {}
        (1, _) | (_, false) => out.push('*'),
        (_, true) => out.push_str("**"),
    }
    for c in rest.chars() {
        if c != '*' || !out.ends_with('*') {
            out.push(c);
        }
    }
    NamePattern::parse(&out).map_err(|_| bad())
}

fn inexact(what: &str, text: &str, at: Place) -> Refusal {
    refuse(
        &codes::IMPORT_EXPRESSION,
        at,
        format!("no clause says exactly what the {what} `{text}` matches"),
        match expression::has_loose_dot(text) {
            true => "write `\\.` for a dot: `.` alone is any character",
            false => "keep this policy in YAML, or write whole segments",
        },
    )
}

/// Requests; one clause for each host that they name.
fn http(list: &[HttpMatch], at: Place) -> Result<Vec<Via>, Refusal> {
    let mut by_host: Vec<(Option<NamePattern>, Vec<HttpEntry>, bool)> = Vec::new();
    for item in list {
        if !item.headers.is_empty() || item.rewrites {
            return Err(refuse(
                &codes::IMPORT_HEADER_MATCH,
                at,
                "a rule looks at or changes the headers of a request, which no clause does",
                "keep this policy in YAML",
            ));
        }
        let bad = |what: &str, text: &SmolStr| inexact(what, text, at);
        let host = match &item.host {
            None => None,
            Some(text) => {
                Some(expression::host(&text.text).ok_or_else(|| bad("host", &text.text))?)
            }
        };
        let methods = match &item.method {
            None => vec![None],
            Some(text) => {
                expression::methods(&text.text).ok_or_else(|| bad("method", &text.text))?
            }
        };
        let paths = match &item.path {
            None => None,
            Some(text) => {
                Some(expression::paths(&text.text).ok_or_else(|| bad("path", &text.text))?)
            }
        };
        let any = item.path.is_none() && methods.iter().all(Option::is_none);
        let entries = paths
            .unwrap_or_else(|| vec![expression::every_path()])
            .into_iter()
            .flat_map(|path| {
                methods.iter().map(move |method| HttpEntry {
                    method: method.clone(),
                    path: path.clone(),
                })
            });
        match by_host.iter_mut().find(|(have, ..)| *have == host) {
            Some((_, have, all)) => {
                have.extend(entries);
                *all |= any;
            }
            None => by_host.push((host, entries.collect(), any)),
        }
    }
    Ok(by_host
        .into_iter()
        .map(|(host, mut entries, any)| {
            entries.sort();
            entries.dedup();
            if any {
                entries.clear();
            }
            Via::Http(HttpRule {
                hosts: host.into_iter().collect(),
                entries,
            })
        })
        .collect())
}
