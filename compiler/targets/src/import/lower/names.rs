//! Names for what YAML leaves without one: workloads by their labels and namespace, externals by
//! their pattern. Each is an identifier of the language, unique, and the same for the same input.

use std::collections::{BTreeMap, BTreeSet};

use npl_policy::label::{Cube, Values};
use smol_str::{SmolStr, format_smolstr};

/// Label keys that name what a pod is, the best first.
const TELLING: [&str; 12] = [
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "id",
    "run",
    "component",
    "app.kubernetes.io/component",
    "service",
    "role",
    "tier",
    "app.kubernetes.io/instance",
];

/// Words that open an item, stand inside one, or name an entity (grammar.md §1, §5).
const TAKEN: [&str; 39] = [
    "namespace",
    "use",
    "workload",
    "foreign",
    "external",
    "network",
    "group",
    "service",
    "port",
    "param",
    "template",
    "apply",
    "allow",
    "deny",
    "assert",
    "test",
    "via",
    "in",
    "except",
    "open",
    "not",
    "as",
    "is",
    "can",
    "cannot",
    "within",
    "until",
    "because",
    "only",
    "breach",
    "all",
    "world",
    "cluster",
    "host",
    "remote_node",
    "kube_apiserver",
    "health",
    "cilium_ingress",
    "icmp",
];

/// Longest identifier of the language.
const NAME_MAX: usize = 63;

/// Gives each name once.
#[derive(Default)]
pub(super) struct Names {
    /// Folded as the language folds them: case, and `_` as `-`.
    used: BTreeSet<String>,
    /// The next number behind a name.
    next: BTreeMap<String, u32>,
}

impl Names {
    /// The first of the wishes that is free, else the last one with a number.
    fn first_free(&mut self, wishes: &[String]) -> SmolStr {
        for wish in wishes {
            if self.take(wish) {
                return SmolStr::new(wish);
            }
        }
        let last = wishes.last().map_or("pods", String::as_str);
        loop {
            let number = self.next.entry(last.to_owned()).or_insert(1);
            *number += 1;
            let tail = format!("-{number}");
            let name = format!("{}{tail}", cut(last, NAME_MAX - tail.len()));
            if self.take(&name) {
                return name.into();
            }
        }
    }

    fn take(&mut self, name: &str) -> bool {
        let folded = name.to_ascii_lowercase().replace('_', "-");
        let reserved = TAKEN.iter().any(|word| word.replace('_', "-") == folded);
        !reserved && !name.is_empty() && self.used.insert(folded)
    }

    /// A name for the pods of a predicate.
    pub(super) fn of_pods(&mut self, pods: &Cube) -> SmolStr {
        let labels = labels(pods);
        let place = place(pods);
        let mut wishes: Vec<String> = Vec::new();
        let mut wish = |text: String| {
            let text = identifier(&text);
            if !text.is_empty() && !wishes.contains(&text) {
                wishes.push(text);
            }
        };
        match labels.first() {
            None => {
                let whole = match place.as_str() {
                    "" => "everything".to_owned(),
                    place => format!("{place}-pods"),
                };
                wish(whole);
            }
            Some(first) => {
                wish(first.clone());
                let joined = labels.join("-");
                wish(joined.clone());
                if !place.is_empty() {
                    wish(format!("{place}-{first}"));
                    wish(format!("{place}-{joined}"));
                }
            }
        }
        self.first_free(&wishes)
    }
}

/// `api.example.com` → `api-example-com`; `*.example.com` → `any-example-com`.
pub(super) fn of_pattern(pattern: &str) -> SmolStr {
    let text = pattern.replace("**", "all").replace('*', "any");
    identifier(&text).into()
}

/// What the labels say, the most telling first.
fn labels(pods: &Cube) -> Vec<String> {
    let rank = |key: &str| {
        let found = TELLING.iter().position(|have| *have == key);
        found.unwrap_or(TELLING.len())
    };
    let mut said: Vec<(usize, String)> = Vec::new();
    for (key, values) in pods.labels() {
        let word = match (values.is_negated(), values.listed()) {
            (false, [Some(value)]) if !value.is_empty() => value.to_string(),
            (false, [Some(_)]) => short(key).to_owned(),
            (false, [None]) => format!("no-{}", short(key)),
            (false, many) => {
                let words: Vec<&str> = many.iter().flatten().map(SmolStr::as_str).collect();
                words.join("-or-")
            }
            (true, [None]) => format!("with-{}", short(key)),
            (true, many) => {
                let words: Vec<&str> = many.iter().flatten().map(SmolStr::as_str).collect();
                format!("not-{}", words.join("-or-"))
            }
        };
        let equal = !values.is_negated() && values.listed().len() == 1;
        said.push((rank(key) + if equal { 0 } else { TELLING.len() + 1 }, word));
    }
    said.sort_by_key(|(rank, _)| *rank);
    let mut out: Vec<String> = said.into_iter().map(|(_, word)| word).collect();
    if let Some(account) = single(pods.account()) {
        out.push(account.to_owned());
    }
    out
}

fn place(pods: &Cube) -> String {
    if let Some(name) = single(pods.namespace()) {
        return name.to_owned();
    }
    let listed: Vec<&str> = pods
        .namespace()
        .listed()
        .iter()
        .flatten()
        .map(SmolStr::as_str)
        .collect();
    if !pods.namespace().is_negated() {
        return listed.join("-or-");
    }
    if !listed.is_empty() {
        return format!("not-{}", listed.join("-or-"));
    }
    let labels = pods
        .namespace_labels()
        .iter()
        .map(|(key, values)| single(values).map_or_else(|| short(key).to_owned(), str::to_owned));
    labels.collect::<Vec<_>>().join("-")
}

fn single(values: &Values) -> Option<&str> {
    match (values.is_negated(), values.listed()) {
        (false, [Some(value)]) => Some(value),
        _ => None,
    }
}

/// A label key without its prefix.
fn short(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// Letters and digits, joined by single hyphens; a letter first.
fn identifier(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    let mut out = out.trim_matches('-').to_owned();
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out = format_smolstr!("n-{out}").to_string();
    }
    cut(&out, NAME_MAX).to_owned()
}

fn cut(text: &str, most: usize) -> &str {
    text.get(..most).unwrap_or(text).trim_end_matches('-')
}
