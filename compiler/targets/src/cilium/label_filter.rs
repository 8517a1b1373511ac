//! Which label keys are part of a pod's identity (cilium-lowering.md §3.2).
//!
//! Cilium's agent drops labels by patterns that are regular expressions anchored at the start of
//! the key; `--labels` adds to its own list. A selector on a dropped key matches nobody, so whoever
//! asks here gets a plain yes or no for one key.

use std::sync::{Arc, LazyLock};

use regex::Regex;

/// The agent's own list: `!` drops.
const DEFAULTS: [&str; 20] = [
    r"reserved:.*",
    r"io\.kubernetes\.pod\.namespace",
    r"io\.cilium\.k8s\.namespace\.labels",
    r"app\.kubernetes\.io",
    r"io\.cilium\.k8s\.policy\.cluster",
    r"!io\.kubernetes",
    r"!kubernetes\.io",
    r"!statefulset\.kubernetes\.io/pod-name",
    r"!apps\.kubernetes\.io/pod-index",
    r"!batch\.kubernetes\.io/job-completion-index",
    r"!batch\.kubernetes\.io/controller-uid",
    r"!.*beta\.kubernetes\.io",
    r"!k8s\.io",
    r"!pod-template-generation",
    r"!pod-template-hash",
    r"!controller-revision-hash",
    r"!controller-uid",
    r"!annotation.*",
    r"!etcd_node",
    r"!topology\.kubernetes\.io",
];

/// The source of every label that Kubernetes gives.
const SOURCE: &str = "k8s";

/// The keys that Cilium writes itself; a pod's own label of that name never survives.
const RESERVED: [&str; 2] = ["io.cilium.k8s.", NAMESPACE_KEY];

const NAMESPACE_KEY: &str = "io.kubernetes.pod.namespace";

#[derive(Clone, Debug)]
struct Pattern {
    source: Option<String>,
    drops: bool,
    regex: Regex,
}

/// The agent's label filter, ready to be asked.
#[derive(Clone, Debug)]
pub struct LabelFilter {
    patterns: Arc<[Pattern]>,
    /// Some pattern of `--labels` includes: then only what is included stays.
    includes_only: bool,
    /// As given; empty for the default.
    text: String,
}

impl PartialEq for LabelFilter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for LabelFilter {}

/// Compiled once for a process: a compile takes longer than whatever a small program asks of them.
static DEFAULT_PATTERNS: LazyLock<Arc<[Pattern]>> =
    LazyLock::new(|| DEFAULTS.iter().filter_map(|p| pattern(p).ok()).collect());

impl Default for LabelFilter {
    fn default() -> Self {
        Self {
            patterns: Arc::clone(&DEFAULT_PATTERNS),
            includes_only: false,
            text: String::new(),
        }
    }
}

impl LabelFilter {
    /// Reads what the agent's `--labels` holds: patterns between spaces.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        let mut patterns = filter.patterns.to_vec();
        for word in text.split_whitespace() {
            let pattern = pattern(word)?;
            filter.includes_only |= !pattern.drops;
            patterns.push(pattern);
        }
        filter.patterns = patterns.into();
        if !filter.keeps(NAMESPACE_KEY) {
            return Err(format!(
                "patterns that keep `{NAMESPACE_KEY}`, without which no policy works"
            ));
        }
        text.trim().clone_into(&mut filter.text);
        Ok(filter)
    }

    /// Empty for Cilium's default.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a pod's own label of this key is part of its identity.
    pub fn keeps_pod_label(&self, key: &str) -> bool {
        !RESERVED.iter().any(|r| key.starts_with(r)) && self.keeps(key)
    }

    /// Whether a key as Cilium knows it (`io.cilium.k8s.namespace.labels.team`) stays.
    pub fn keeps(&self, key: &str) -> bool {
        let mut included = 0;
        let mut dropped = 0;
        for pattern in self.patterns.iter() {
            if pattern.source.as_deref().is_some_and(|s| s != SOURCE) {
                continue;
            }
            let Some(found) = pattern.regex.find(key).filter(|m| m.start() == 0) else {
                continue;
            };
            let length = found.end();
            if !pattern.drops {
                included = included.max(length);
            } else if dropped == 0 || length < dropped {
                dropped = length;
            }
        }
        (!self.includes_only && dropped == 0) || included > dropped
    }
}

fn pattern(word: &str) -> Result<Pattern, String> {
    let (source, rest) = match word.split_once(':') {
        Some((source, rest)) => (Some(source), rest),
        None => (None, word),
    };
    let drops = rest.starts_with('!');
    let body = rest.strip_prefix('!').unwrap_or(rest);
    if body.is_empty() {
        return Err(format!(
            "patterns with something in them, which `{word}` has not"
        ));
    }
    let regex =
        Regex::new(body).map_err(|_| format!("regular expressions, which `{body}` is not"))?;
    Ok(Pattern {
        source: source.filter(|s| !s.is_empty()).map(str::to_owned),
        drops,
        regex,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_drops_what_changes_with_every_pod() {
        let filter = LabelFilter::default();
        assert_eq!(filter.patterns.len(), DEFAULTS.len());
        for key in [
            "io.kubernetes.container",
            "kubernetes.io/arch",
            "statefulset.kubernetes.io/pod-name",
            "apps.kubernetes.io/pod-index",
            "batch.kubernetes.io/job-completion-index",
            "batch.kubernetes.io/controller-uid",
            "failure-domain.beta.kubernetes.io/zone",
            "k8s.io/x",
            "pod-template-generation",
            "pod-template-hash",
            "controller-revision-hash",
            "controller-uid",
            "annotations",
            "etcd_node",
            "topology.kubernetes.io/zone",
            "io.cilium.k8s.policy.cluster",
            "io.kubernetes.pod.namespace",
        ] {
            assert!(!filter.keeps_pod_label(key), "{key}");
        }
        for key in [
            "app",
            "app.kubernetes.io/name",
            "batch.kubernetes.io/job-name",
            "tier",
            "my-k8s.io/x",
            "example.com/kubernetes.io",
        ] {
            assert!(filter.keeps_pod_label(key), "{key}");
        }
        assert!(filter.keeps("io.cilium.k8s.namespace.labels.team"));
    }

    #[test]
    fn a_list_that_includes_keeps_only_that() {
        let filter = LabelFilter::parse("k8s:app k8s:!secret other:thing").unwrap();
        assert!(filter.keeps_pod_label("app"));
        assert!(!filter.keeps_pod_label("tier"));
        assert!(!filter.keeps_pod_label("secret"));
        assert!(!filter.keeps_pod_label("thing"));
    }

    #[test]
    fn a_list_that_only_drops_adds_to_the_default() {
        let filter = LabelFilter::parse("!tier").unwrap();
        assert!(filter.keeps_pod_label("app"));
        assert!(!filter.keeps_pod_label("tier"));
        assert!(!filter.keeps_pod_label("pod-template-hash"));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(LabelFilter::parse("a(").is_err());
        assert!(LabelFilter::parse("k8s:").is_err());
        assert!(LabelFilter::parse("!io.kubernetes.pod.namespace.*|!io.kub").is_ok());
        assert!(LabelFilter::parse("!i").is_ok());
    }
}
