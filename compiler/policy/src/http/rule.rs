//! Entries and rules: membership, inclusion (of unions too), intersection.

use std::fmt;

use crate::{
    http::{HttpEntry, HttpRule, Segment, has_query, host_of, normalise_path},
    name::{NamePattern, union_contains},
};

impl HttpEntry {
    /// `"/**"` with any method.
    pub fn is_everything(&self) -> bool {
        self.method.is_none() && !self.path.bare && self.path.segments == [Segment::Rest]
    }

    fn method_holds(&self, other: &Self) -> bool {
        self.method.is_none() || self.method == other.method
    }

    /// `path` is normalised; `query`: one stood behind it.
    pub fn matches(&self, method: &str, path: &str, query: bool) -> bool {
        self.method.as_deref().is_none_or(|m| m == method) && self.path.matches(path, query)
    }

    /// Every request that `other` admits is admitted here.
    pub fn contains(&self, other: &Self) -> bool {
        self.method_holds(other) && self.path.contains(&other.path)
    }

    /// Some request is admitted by both.
    pub fn intersects(&self, other: &Self) -> bool {
        (self.method_holds(other) || other.method_holds(self)) && self.path.intersects(&other.path)
    }
}

impl fmt::Display for HttpEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(method) = &self.method {
            write!(f, "{method} ")?;
        }
        write!(f, "\"{}\"", self.path)
    }
}

impl HttpRule {
    /// `target` and `authority` as they stand in the request.
    pub fn matches(&self, method: &str, target: &str, authority: &str) -> bool {
        let host = host_of(authority);
        let host_ok = self.hosts.is_empty() || self.hosts.iter().any(|h| h.matches(host));
        host_ok && self.entry_matches(method, target)
    }

    /// No entries admit every request but those whose path cannot be normalised: the proxy forwards
    /// none of these.
    fn entry_matches(&self, method: &str, target: &str) -> bool {
        normalise_path(target).is_some_and(|path| {
            let admits = |entry: &HttpEntry| entry.matches(method, &path, has_query(target));
            self.entries.is_empty() || self.entries.iter().any(admits)
        })
    }

    /// Every request that `other` admits is admitted here.
    pub fn contains(&self, other: &Self) -> bool {
        http_covers(&[self], other)
    }

    /// Some request is admitted by both.
    pub fn intersects(&self, other: &Self) -> bool {
        let hosts = self.hosts.is_empty()
            || other.hosts.is_empty()
            || self
                .hosts
                .iter()
                .any(|a| other.hosts.iter().any(|b| a.intersects(b)));
        let entries = self.entries.is_empty()
            || other.entries.is_empty()
            || self
                .entries
                .iter()
                .any(|a| other.entries.iter().any(|b| a.intersects(b)));
        hosts && entries
    }

    /// One rule that admits exactly what the two do, if there is one.
    pub(super) fn unite(&self, other: &Self) -> Option<Self> {
        if self.contains(other) {
            return Some(self.clone());
        }
        if other.contains(self) {
            return Some(other.clone());
        }
        let same_hosts = sorted(&self.hosts) == sorted(&other.hosts);
        let same_entries = sorted(&self.entries) == sorted(&other.entries);
        match (same_hosts, same_entries) {
            (true, _) => Some(Self {
                hosts: sorted(&self.hosts),
                entries: joined(&self.entries, &other.entries),
            }),
            (_, true) => Some(Self {
                hosts: joined(&self.hosts, &other.hosts),
                entries: sorted(&self.entries),
            }),
            _ => None,
        }
    }
}

fn sorted<T: Clone + Ord>(list: &[T]) -> Vec<T> {
    let mut out = list.to_vec();
    out.sort();
    out.dedup();
    out
}

fn joined<T: Clone + Ord>(a: &[T], b: &[T]) -> Vec<T> {
    // An empty list is no limit, and no limit swallows any.
    if a.is_empty() || b.is_empty() {
        return Vec::new();
    }
    sorted(&[a, b].concat())
}

/// Every request that `rule` admits is admitted by one of `union`.
pub fn http_covers(union: &[&HttpRule], rule: &HttpRule) -> bool {
    if rule.entries.is_empty() {
        let every =
            |u: &&HttpRule| u.entries.is_empty() || u.entries.iter().any(HttpEntry::is_everything);
        let free = union.iter().copied().filter(every);
        return hosts_cover(free, &rule.hosts);
    }
    // Methods and segments have no end: a request with ones that no pattern names is admitted by an
    // entry only if that entry admits the whole box, so boxes are compared one by one.
    let longest = union
        .iter()
        .flat_map(|u| &u.entries)
        .map(|e| e.path.len())
        .max()
        .unwrap_or(0);
    rule.entries.iter().all(|entry| {
        let more = (longest + 1).saturating_sub(entry.path.len());
        entry.path.unrolled(more).into_iter().all(|path| {
            let piece = HttpEntry {
                method: entry.method.clone(),
                path,
            };
            let holds =
                |u: &HttpRule| u.entries.is_empty() || u.entries.iter().any(|e| e.contains(&piece));
            hosts_cover(union.iter().copied().filter(|u| holds(u)), &rule.hosts)
        })
    })
}

fn hosts_cover<'a>(rules: impl Iterator<Item = &'a HttpRule>, hosts: &[NamePattern]) -> bool {
    let mut all: Vec<NamePattern> = Vec::new();
    for rule in rules {
        if rule.hosts.is_empty() {
            return true;
        }
        all.extend(rule.hosts.iter().cloned());
    }
    // No limit on the host is any text, a name or not: only `*` is as wide.
    if hosts.is_empty() {
        return all.iter().any(NamePattern::is_any);
    }
    hosts.iter().all(|host| union_contains(&all, host))
}
