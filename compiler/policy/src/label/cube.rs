//! Conjunctions of requirements over the labels, namespace and account of a pod.

use std::cmp::Ordering;

use smol_str::SmolStr;

use crate::{label::Values, model::Pod};

/// A conjunction of requirements; one per dimension. A dimension that is not mentioned is free.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cube {
    /// Sorted by key; never `Values::ANY`.
    labels: Vec<(SmolStr, Values)>,
    /// Of the namespace's name; absence is not a value of it.
    namespace: Values,
    /// Sorted by key; never `Values::ANY`.
    namespace_labels: Vec<(SmolStr, Values)>,
    /// Of the service account's name; absence is not a value of it.
    account: Values,
}

/// The label that Kubernetes puts on every namespace: its name.
pub const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl Cube {
    /// Every pod of every namespace.
    pub fn every() -> Self {
        Self {
            labels: Vec::new(),
            namespace: Values::present(),
            namespace_labels: Vec::new(),
            account: Values::present(),
        }
    }

    pub fn labels(&self) -> &[(SmolStr, Values)] {
        &self.labels
    }

    pub fn namespace(&self) -> &Values {
        &self.namespace
    }

    pub fn namespace_labels(&self) -> &[(SmolStr, Values)] {
        &self.namespace_labels
    }

    pub fn account(&self) -> &Values {
        &self.account
    }

    #[must_use]
    pub fn with_label(mut self, key: impl Into<SmolStr>, values: &Values) -> Self {
        require(&mut self.labels, key.into(), values);
        self
    }

    #[must_use]
    pub fn with_namespace(mut self, values: &Values) -> Self {
        self.namespace = self.namespace.intersect(values);
        self
    }

    /// The name label is the name: it becomes a requirement on the namespace itself.
    #[must_use]
    pub fn with_namespace_label(mut self, key: impl Into<SmolStr>, values: &Values) -> Self {
        let key = key.into();
        if key == NAMESPACE_NAME_LABEL {
            return self.with_namespace(values);
        }
        require(&mut self.namespace_labels, key, values);
        self
    }

    #[must_use]
    pub fn with_account(mut self, values: &Values) -> Self {
        self.account = self.account.intersect(values);
        self
    }

    /// No pod can meet it.
    pub fn is_empty(&self) -> bool {
        self.namespace.is_none()
            || self.account.is_none()
            || self
                .labels
                .iter()
                .chain(&self.namespace_labels)
                .any(|(_, v)| v.is_none())
    }

    /// What is said of one pod label; everything where nothing is.
    pub fn label(&self, key: &str) -> &Values {
        find(&self.labels, key)
    }

    /// What is said of one label of the namespace; everything where nothing is.
    pub fn namespace_label(&self, key: &str) -> &Values {
        find(&self.namespace_labels, key)
    }

    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self {
            labels: meet(&self.labels, &other.labels),
            namespace: self.namespace.intersect(&other.namespace),
            namespace_labels: meet(&self.namespace_labels, &other.namespace_labels),
            account: self.account.intersect(&other.account),
        }
    }

    /// No pod meets both.
    pub fn disjoint(&self, other: &Self) -> bool {
        self.is_empty()
            || other.is_empty()
            || self.namespace.disjoint(&other.namespace)
            || self.account.disjoint(&other.account)
            || apart(&self.labels, &other.labels)
            || apart(&self.namespace_labels, &other.namespace_labels)
    }

    /// Every pod that meets this one meets `other`.
    pub fn implies(&self, other: &Self) -> bool {
        self.is_empty()
            || (self.namespace.implies(&other.namespace)
                && self.account.implies(&other.account)
                && within(&self.labels, &other.labels)
                && within(&self.namespace_labels, &other.namespace_labels))
    }

    /// The pods of this one that are not in `other`, as disjoint pieces; none of them is empty.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Vec<Self> {
        if self.is_empty() {
            return Vec::new();
        }
        if self.disjoint(other) {
            return vec![self.clone()];
        }
        let mut pieces = Vec::new();
        // Invariant: `rest` is what agrees with `other` on every dimension cut so far.
        let mut rest = self.clone();
        let cut = |rest: &mut Self, pieces: &mut Vec<Self>, dimension: &Dimension<'_>| {
            let wanted = dimension.of(other);
            let outside = dimension.narrow(rest, &wanted.complement());
            if !outside.is_empty() {
                pieces.push(outside);
            }
            *rest = dimension.narrow(rest, wanted);
        };
        cut(&mut rest, &mut pieces, &Dimension::Namespace);
        for (key, _) in &other.namespace_labels {
            cut(&mut rest, &mut pieces, &Dimension::NamespaceLabel(key));
        }
        cut(&mut rest, &mut pieces, &Dimension::Account);
        for (key, _) in &other.labels {
            cut(&mut rest, &mut pieces, &Dimension::Label(key));
        }
        pieces
    }

    pub fn matches(&self, pod: &Pod) -> bool {
        self.namespace.contains(Some(&pod.namespace))
            && self.account.contains(Some(&pod.account))
            && admits(&self.labels, &pod.labels)
            && admits(&self.namespace_labels, &pod.namespace_labels)
    }
}

/// One pod of each can exist at the same time. Two pods of one namespace share that namespace's
/// labels; that binds only where both predicates name the same single namespace.
pub fn compatible(a: &Cube, b: &Cube) -> bool {
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let one_namespace =
        !a.namespace.is_negated() && a.namespace.listed().len() == 1 && a.namespace == b.namespace;
    !one_namespace || !apart(&a.namespace_labels, &b.namespace_labels)
}

/// One axis of the space of pods.
enum Dimension<'a> {
    Namespace,
    Account,
    NamespaceLabel(&'a SmolStr),
    Label(&'a SmolStr),
}

impl Dimension<'_> {
    fn of<'c>(&self, cube: &'c Cube) -> &'c Values {
        match self {
            Self::Namespace => &cube.namespace,
            Self::Account => &cube.account,
            Self::NamespaceLabel(key) => cube.namespace_label(key),
            Self::Label(key) => cube.label(key),
        }
    }

    fn narrow(&self, cube: &Cube, values: &Values) -> Cube {
        let cube = cube.clone();
        match self {
            Self::Namespace => cube.with_namespace(values),
            Self::Account => cube.with_account(values),
            Self::NamespaceLabel(key) => cube.with_namespace_label((*key).clone(), values),
            Self::Label(key) => cube.with_label((*key).clone(), values),
        }
    }
}

type Requirements = [(SmolStr, Values)];

/// What is said of a dimension that is not mentioned.
static FREE: Values = Values::ANY;

fn find<'a>(map: &'a Requirements, key: &str) -> &'a Values {
    map.binary_search_by(|(k, _)| k.as_str().cmp(key))
        .ok()
        .and_then(|i| map.get(i))
        .map_or(&FREE, |(_, values)| values)
}

/// The keys of both lists, once each, in order, with what each list says.
fn pairs<'a>(
    a: &'a Requirements,
    b: &'a Requirements,
) -> impl Iterator<Item = (&'a SmolStr, &'a Values, &'a Values)> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((x, _)), Some((y, _))) => x.cmp(y),
        };
        match order {
            Ordering::Less => a.next().map(|(k, v)| (k, v, &FREE)),
            Ordering::Greater => b.next().map(|(k, v)| (k, &FREE, v)),
            Ordering::Equal => a.next().zip(b.next()).map(|((k, v), (_, w))| (k, v, w)),
        }
    })
}

fn meet(a: &Requirements, b: &Requirements) -> Vec<(SmolStr, Values)> {
    pairs(a, b)
        .map(|(key, v, w)| (key.clone(), v.intersect(w)))
        .collect()
}

fn apart(a: &Requirements, b: &Requirements) -> bool {
    pairs(a, b).any(|(_, v, w)| v.disjoint(w))
}

fn within(a: &Requirements, b: &Requirements) -> bool {
    pairs(a, b).all(|(_, v, w)| v.implies(w))
}

fn admits(wanted: &Requirements, have: &[(SmolStr, SmolStr)]) -> bool {
    wanted.iter().all(|(key, values)| {
        let value = have.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        values.contains(value)
    })
}

fn require(map: &mut Vec<(SmolStr, Values)>, key: SmolStr, values: &Values) {
    if values.is_any() {
        return;
    }
    match map.binary_search_by(|(k, _)| k.cmp(&key)) {
        Ok(i) => {
            if let Some((_, have)) = map.get_mut(i) {
                *have = have.intersect(values);
            }
        }
        Err(i) => map.insert(i, (key, values.clone())),
    }
}
