//! Cilium's label selectors: keys with a source (`k8s:`, `any:`, `reserved:` …) over identity
//! labels.

use smol_str::{SmolStr, format_smolstr};
use std::fmt::Write as _;

use super::pairs::Pairs;

/// A label of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label {
    pub source: SmolStr,
    pub key: SmolStr,
    pub value: SmolStr,
}

impl Label {
    pub fn new(source: &str, key: impl Into<SmolStr>, value: impl Into<SmolStr>) -> Self {
        Self {
            source: SmolStr::new(source),
            key: key.into(),
            value: value.into(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Operator {
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "In" => Self::In,
            "NotIn" => Self::NotIn,
            "Exists" => Self::Exists,
            "DoesNotExist" => Self::DoesNotExist,
            _ => return None,
        })
    }
}

/// One `matchExpressions` item; the key carries its source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expression {
    pub key: SmolStr,
    pub operator: Operator,
    pub values: Vec<SmolStr>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Key with its source → value.
    pub labels: Pairs,
    pub expressions: Vec<Expression>,
}

/// `app` and `unspec:app` → `any:app`; `k8s:app` stays, `$host` is `reserved:host`.
pub fn encode_key(default_source: &str, key: &str) -> SmolStr {
    match split_key(key) {
        ("", rest) => format_smolstr!("{default_source}:{rest}"),
        // Labels without a source are of any.
        ("unspec", rest) => format_smolstr!("any:{rest}"),
        (source, rest) => format_smolstr!("{source}:{rest}"),
    }
}

fn split_key(key: &str) -> (&str, &str) {
    if let Some(rest) = key.strip_prefix('$') {
        return ("reserved", rest);
    }
    key.split_once(':').unwrap_or(("", key))
}

impl Selector {
    /// `{key}` alone, as Cilium writes its reserved selectors.
    pub fn reserved(name: &str) -> Self {
        let key = format_smolstr!("reserved:{name}");
        Self {
            labels: Pairs::one(key, SmolStr::default()),
            expressions: Vec::new(),
        }
    }

    pub fn is_wildcard(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    pub fn has_key(&self, key: &str) -> bool {
        self.labels.contains_key(key) || self.expressions.iter().any(|e| e.key == key)
    }

    pub fn has_key_prefix(&self, prefix: &str) -> bool {
        self.labels.keys().any(|key| key.starts_with(prefix))
            || self.expressions.iter().any(|e| e.key.starts_with(prefix))
    }

    pub fn require(&mut self, key: &str, value: impl Into<SmolStr>) {
        self.labels.insert(SmolStr::new(key), value.into());
    }

    pub fn require_exists(&mut self, key: &str) {
        self.expressions.push(Expression {
            key: SmolStr::new(key),
            operator: Operator::Exists,
            values: Vec::new(),
        });
    }

    /// What Cilium compares when it asks whether two selectors are one: the text, not the meaning.
    pub fn spelling(&self) -> String {
        let mut out = String::new();
        for (key, value) in self.labels.iter() {
            let _ = write!(out, "{key}: {value},");
        }
        for expression in &self.expressions {
            let Expression {
                key,
                operator,
                values,
            } = expression;
            let _ = write!(out, "{{{key},{operator:?},{values:?}}}");
        }
        out
    }

    pub fn matches(&self, identity: &[Label]) -> bool {
        let labels = self
            .labels
            .iter()
            .all(|(key, want)| look_up(identity, key).is_some_and(|have| have == want));
        labels
            && self.expressions.iter().all(|expression| {
                let have = look_up(identity, &expression.key);
                let listed = have.is_some_and(|have| expression.values.contains(have));
                match expression.operator {
                    Operator::In => listed,
                    Operator::NotIn => !listed,
                    Operator::Exists => have.is_some(),
                    Operator::DoesNotExist => have.is_none(),
                }
            })
    }

    /// The same where one key may have several values, as an address in several CIDR groups has:
    /// one that fits is enough.
    pub fn matches_any(&self, identity: &[Label]) -> bool {
        let values = |encoded: &str| -> Vec<&SmolStr> {
            let (source, key) = split_key(encoded);
            let fits =
                |label: &&Label| label.key == key && (source == "any" || label.source == source);
            identity
                .iter()
                .filter(fits)
                .map(|label| &label.value)
                .collect()
        };
        let labels = self.labels.iter();
        let labels = labels.map(|(key, want)| values(key).contains(&want));
        let expressions = self.expressions.iter().map(|expression| {
            let have = values(&expression.key);
            let listed = have.iter().any(|value| expression.values.contains(value));
            match expression.operator {
                Operator::In => listed,
                Operator::NotIn => !listed,
                Operator::Exists => !have.is_empty(),
                Operator::DoesNotExist => have.is_empty(),
            }
        });
        labels.chain(expressions).all(|holds| holds)
    }

    /// The same over labels without a source, as services and CIDR groups have.
    pub fn matches_plain(&self, labels: &[(SmolStr, SmolStr)]) -> bool {
        let labels: Vec<Label> = labels
            .iter()
            .map(|(key, value)| Label::new("k8s", key.clone(), value.clone()))
            .collect();
        self.matches(&labels)
    }
}

fn look_up<'a>(identity: &'a [Label], encoded: &str) -> Option<&'a SmolStr> {
    let (source, key) = split_key(encoded);
    identity
        .iter()
        .find(|label| label.key == key && (source == "any" || label.source == source))
        .map(|label| &label.value)
}
