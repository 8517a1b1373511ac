//! What a `via` admits, and how two of them relate.

use crate::{
    http::{HttpRule, has_query, host_of, normalise_path, rule::http_covers},
    model::{Facts, Via},
    name::{NamePattern, union_contains},
};

/// A fact of a flow that an answer may hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    Sni,
    Method,
    Path,
    Host,
    Dns,
}

impl Fact {
    /// As a test names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sni => "sni",
            Self::Method => "method",
            Self::Path => "path",
            Self::Host => "host",
            Self::Dns => "dns",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Admits {
    /// For every value of the facts that are not given.
    Yes,
    /// For none.
    No,
    /// For some: this is the first fact that decides.
    Depends(Fact),
}

/// Clauses of two kinds cannot stand on one pair of ends and port (cilium-lowering.md §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ViaKind {
    Tls,
    /// `http`, `http.host` and `grpc`.
    Http,
    Dns,
}

impl Via {
    pub fn kind(&self) -> ViaKind {
        match self {
            Self::Tls(_) => ViaKind::Tls,
            Self::Http(_) | Self::Grpc(_) => ViaKind::Http,
            Self::Dns(_) => ViaKind::Dns,
        }
    }

    /// A flow speaks TLS, HTTP or DNS, and a fact fixes which (grammar.md §9); without a fact it is
    /// taken to speak what this clause expects.
    pub fn admits(&self, facts: &Facts) -> Admits {
        let speaks = spoken(facts);
        if speaks.is_some_and(|kind| kind != self.kind()) {
            return Admits::No;
        }
        match self {
            Self::Tls(names) => admits_sni(names, facts.sni.as_deref()),
            Self::Http(rule) | Self::Grpc(rule) => admits_request(rule, facts),
            Self::Dns(names) => match facts.dns.as_deref() {
                Some(name) => known(names.iter().any(|n| n.matches(name))),
                None if names.iter().any(NamePattern::is_any) => Admits::Yes,
                None if names.is_empty() => Admits::No,
                None => Admits::Depends(Fact::Dns),
            },
        }
    }

    /// Everything that this clause admits is admitted by `other`.
    pub fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tls(a), Self::Tls(b)) | (Self::Dns(a), Self::Dns(b)) => {
                a.iter().all(|name| union_contains(b, name))
            }
            (Self::Http(a) | Self::Grpc(a), Self::Http(b) | Self::Grpc(b)) => http_covers(&[b], a),
            _ => false,
        }
    }

    /// Some flow is admitted by both.
    pub fn intersects(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tls(a), Self::Tls(b)) | (Self::Dns(a), Self::Dns(b)) => {
                a.iter().any(|x| b.iter().any(|y| x.intersects(y)))
            }
            (Self::Http(a) | Self::Grpc(a), Self::Http(b) | Self::Grpc(b)) => a.intersects(b),
            _ => false,
        }
    }

    /// One clause that admits exactly what the two do. `None`: they are of two kinds, or of `http`
    /// with neither the hosts nor the entries in common.
    pub fn union(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Tls(a), Self::Tls(b)) => Some(Self::Tls(names(a, b))),
            (Self::Dns(a), Self::Dns(b)) => Some(Self::Dns(names(a, b))),
            (Self::Grpc(a), Self::Grpc(b)) => a.unite(b).map(Self::Grpc),
            (Self::Http(a) | Self::Grpc(a), Self::Http(b) | Self::Grpc(b)) => {
                a.unite(b).map(Self::Http)
            }
            _ => None,
        }
    }
}

fn spoken(facts: &Facts) -> Option<ViaKind> {
    if facts.sni.is_some() {
        Some(ViaKind::Tls)
    } else if facts.method.is_some() || facts.path.is_some() || facts.host.is_some() {
        Some(ViaKind::Http)
    } else if facts.dns.is_some() {
        Some(ViaKind::Dns)
    } else {
        None
    }
}

fn known(yes: bool) -> Admits {
    if yes { Admits::Yes } else { Admits::No }
}

fn admits_sni(names: &[NamePattern], sni: Option<&str>) -> Admits {
    match sni {
        // TLS without a name, or a name that none of the patterns admits, is reset.
        Some(name) => known(names.iter().any(|n| n.matches(name))),
        None if names.is_empty() => Admits::No,
        None => Admits::Depends(Fact::Sni),
    }
}

fn admits_request(rule: &HttpRule, facts: &Facts) -> Admits {
    let mut depends = None;
    if !rule.hosts.is_empty() {
        match facts.host.as_deref().map(host_of) {
            Some(host) if !rule.hosts.iter().any(|h| h.matches(host)) => return Admits::No,
            Some(_) => {}
            None => depends = Some(Fact::Host),
        }
    }
    // The proxy forwards no path that it cannot normalise, whatever the entries.
    if facts
        .path
        .as_deref()
        .is_some_and(|path| normalise_path(path).is_none())
    {
        return Admits::No;
    }
    if !rule.entries.is_empty() {
        match admits_entry(rule, facts) {
            Admits::No => return Admits::No,
            Admits::Yes => {}
            Admits::Depends(fact) => depends = Some(fact),
        }
    }
    depends.map_or(Admits::Yes, Admits::Depends)
}

fn admits_entry(rule: &HttpRule, facts: &Facts) -> Admits {
    let path = match facts.path.as_deref().map(normalise_path) {
        Some(None) => return Admits::No,
        Some(Some(path)) => Some(path),
        None => None,
    };
    let query = facts.path.as_deref().is_some_and(has_query);
    let mut depends = None;
    for entry in &rule.entries {
        let method = match (&entry.method, &facts.method) {
            (None, _) => Some(true),
            (Some(want), Some(have)) => Some(want == have),
            (Some(_), None) => None,
        };
        match (
            method,
            path.as_deref().map(|p| entry.path.matches(p, query)),
        ) {
            (Some(true), Some(true)) => return Admits::Yes,
            (Some(false), _) | (_, Some(false)) => {}
            (None, _) => depends = depends.or(Some(Fact::Method)),
            (_, None) => depends = depends.or(Some(Fact::Path)),
        }
    }
    depends.map_or(Admits::No, Admits::Depends)
}

/// United, without those that another one holds.
fn names(a: &[NamePattern], b: &[NamePattern]) -> Vec<NamePattern> {
    let mut all = [a, b].concat();
    all.sort();
    all.dedup();
    let kept = |name: &&NamePattern| !all.iter().any(|wide| wide != *name && wide.contains(name));
    all.iter().filter(kept).cloned().collect()
}
