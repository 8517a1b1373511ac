//! Label predicates, exactly.
//!
//! A dimension of a pod (one label key, its namespace, one label of its namespace, its account) takes a
//! value or none. What a selector says of one dimension is a finite or cofinite set of such values
//! ([`Values`]), which is closed under every Boolean operation. A conjunction over dimensions is a
//! [`Cube`]; a union of cubes is a predicate. Values outside a finite set are taken to exist: Kubernetes
//! permits more label values than any program names.

use smol_str::SmolStr;

/// A finite or cofinite set of values of one dimension; `None` is "the key is absent".
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Values {
    /// The set is everything but `listed`.
    negated: bool,
    /// Sorted, no duplicates.
    listed: Vec<Option<SmolStr>>,
}

impl Values {
    /// Every value, and absence.
    pub const ANY: Self = Self {
        negated: true,
        listed: Vec::new(),
    };
    pub const NONE: Self = Self {
        negated: false,
        listed: Vec::new(),
    };

    pub fn finite(values: impl IntoIterator<Item = Option<SmolStr>>) -> Self {
        Self::of(false, values.into_iter().collect())
    }

    pub fn all_but(values: impl IntoIterator<Item = Option<SmolStr>>) -> Self {
        Self::of(true, values.into_iter().collect())
    }

    /// `key: "v"`.
    pub fn is(value: impl Into<SmolStr>) -> Self {
        Self::finite([Some(value.into())])
    }

    /// `key`.
    pub fn present() -> Self {
        Self::all_but([None])
    }

    /// `!key`.
    pub fn absent() -> Self {
        Self::finite([None])
    }

    fn of(negated: bool, mut listed: Vec<Option<SmolStr>>) -> Self {
        listed.sort();
        listed.dedup();
        Self { negated, listed }
    }

    pub fn is_negated(&self) -> bool {
        self.negated
    }

    pub fn listed(&self) -> &[Option<SmolStr>] {
        &self.listed
    }

    pub fn is_any(&self) -> bool {
        self.negated && self.listed.is_empty()
    }

    pub fn is_none(&self) -> bool {
        !self.negated && self.listed.is_empty()
    }

    pub fn contains(&self, value: Option<&str>) -> bool {
        let found = self.listed.iter().any(|v| v.as_deref() == value);
        found != self.negated
    }

    #[must_use]
    pub fn complement(&self) -> Self {
        Self {
            negated: !self.negated,
            listed: self.listed.clone(),
        }
    }

    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let keep = |from: &Self, test: &Self, want: bool| {
            from.listed
                .iter()
                .filter(|v| test.contains(v.as_deref()) == want)
                .cloned()
                .collect()
        };
        match (self.negated, other.negated) {
            (false, _) => Self {
                negated: false,
                listed: keep(self, other, true),
            },
            (true, false) => Self {
                negated: false,
                listed: keep(other, self, true),
            },
            (true, true) => {
                let both = self.listed.iter().chain(&other.listed).cloned().collect();
                Self::of(true, both)
            }
        }
    }

    pub fn implies(&self, other: &Self) -> bool {
        self.intersect(&other.complement()).is_none()
    }

    pub fn disjoint(&self, other: &Self) -> bool {
        self.intersect(other).is_none()
    }
}

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
