//! Label predicates as Cilium's selectors: one spelling for each predicate (cilium-lowering.md §3,
//! §4.1).
//!
//! Two spellings of one selector are two selectors to Cilium, and then a rule with SNI is undone by
//! one without. A predicate that one selector cannot say ("absent or one of") becomes several.

use std::borrow::Cow;

use npl_policy::label::{Cube, Values};
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::{
    limits::{LABEL_BYTES_MAX, SELECTORS_MAX},
    settings::Settings,
    shape::{Operator, Requirement, Selector},
};

pub(super) const NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";
const ACCOUNT: &str = "k8s:io.cilium.k8s.policy.serviceaccount";
const NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";

/// The cubes of which a predicate is the union and each of which one selector can say. `None`: more
/// than [`SELECTORS_MAX`].
pub(crate) fn disjuncts(cube: &Cube) -> Option<Vec<Cow<'_, Cube>>> {
    let mixed = |(_, values): &&(SmolStr, Values)| is_mixed(values);
    let labels = cube.labels().iter().filter(mixed);
    let of_namespace = cube.namespace_labels().iter().filter(mixed);
    if labels.clone().next().is_none() && of_namespace.clone().next().is_none() {
        return Some(vec![Cow::Borrowed(cube)]);
    }
    let mut cubes = vec![cube.clone()];
    for (key, values) in labels {
        cubes = split(&cubes, values, |c, v| c.with_label(key.clone(), v))?;
    }
    for (key, values) in of_namespace {
        cubes = split(&cubes, values, |c, v| {
            c.with_namespace_label(key.clone(), v)
        })?;
    }
    Some(cubes.into_iter().map(Cow::Owned).collect())
}

/// Absence or one of some values: no single requirement says it.
fn is_mixed(values: &Values) -> bool {
    !values.is_negated() && values.listed().len() > 1 && values.contains(None)
}

fn split(
    cubes: &[Cube],
    values: &Values,
    with: impl Fn(Cube, &Values) -> Cube,
) -> Option<Vec<Cube>> {
    if cubes.len() * 2 > SELECTORS_MAX {
        return None;
    }
    let present = values.intersect(&Values::present());
    let each = |cube: &Cube| {
        [
            with(cube.clone(), &Values::absent()),
            with(cube.clone(), &present),
        ]
    };
    Some(cubes.iter().flat_map(each).collect())
}

/// A peer: its namespace is always explicit, also where it is the policy's own.
pub(super) fn peer(cube: &Cube) -> Selector {
    let mut out = Selector::default();
    for (key, values) in cube.labels() {
        push(&mut out, key.clone(), values);
    }
    push_namespace(&mut out, cube);
    push_account(&mut out, cube);
    sorted(out)
}

/// The subject of a namespaced policy: the namespace is the object's.
pub(super) fn subject_in_namespace(cube: &Cube) -> Selector {
    let mut out = Selector::default();
    for (key, values) in cube.labels() {
        push(&mut out, key.clone(), values);
    }
    for (key, values) in cube.namespace_labels() {
        push(&mut out, namespace_label(key), values);
    }
    push_account(&mut out, cube);
    sorted(out)
}

/// The subject of a clusterwide policy. It must say that it means pods: Cilium adds no namespace
/// there, and `{}` would seal the health and ingress endpoints.
pub(super) fn subject_clusterwide(cube: &Cube) -> Selector {
    peer(cube)
}

/// The same predicate in another spelling, which Cilium takes for another selector; `None` where
/// the redundant requirement stands already (cilium-lowering.md §6.2d).
pub(super) fn respelled(selector: &Selector) -> Option<Selector> {
    let extra = Requirement {
        key: SmolStr::new_static(NAMESPACE),
        operator: Operator::Exists,
    };
    if selector.expressions.contains(&extra) {
        return None;
    }
    let mut out = selector.clone();
    out.expressions.push(extra);
    Some(sorted(out))
}

fn push_namespace(out: &mut Selector, cube: &Cube) {
    let namespace = cube.namespace();
    push(out, SmolStr::new_static(NAMESPACE), namespace);
    for (key, values) in cube.namespace_labels() {
        push(out, namespace_label(key), values);
    }
    // A negative requirement alone would let what has no namespace through: the world, the host.
    if namespace.is_negated() && !is_only_present(namespace) {
        let exists = Requirement {
            key: SmolStr::new_static(NAMESPACE),
            operator: Operator::Exists,
        };
        if !out.expressions.contains(&exists) {
            out.expressions.push(exists);
        }
    }
}

pub(crate) fn is_only_present(values: &Values) -> bool {
    *values == Values::present()
}

fn push_account(out: &mut Selector, cube: &Cube) {
    if !is_only_present(cube.account()) {
        push(out, SmolStr::new_static(ACCOUNT), cube.account());
    }
}

fn namespace_label(key: &str) -> SmolStr {
    format_smolstr!("k8s:{NAMESPACE_LABELS}{key}")
}

pub(crate) fn push(out: &mut Selector, key: SmolStr, values: &Values) {
    let named: Vec<SmolStr> = values.listed().iter().flatten().cloned().collect();
    let mut add = |operator| {
        out.expressions.push(Requirement {
            key: key.clone(),
            operator,
        });
    };
    match (values.is_negated(), values.contains(None)) {
        (false, true) => add(Operator::DoesNotExist),
        (false, false) => match <[SmolStr; 1]>::try_from(named) {
            Ok([value]) => out.labels.push((key, value)),
            Err(several) => add(Operator::In(several)),
        },
        (true, may_be_absent) => {
            if !may_be_absent {
                add(Operator::Exists);
            }
            if !named.is_empty() {
                add(Operator::NotIn(named));
            }
        }
    }
}

pub(crate) fn sorted(mut selector: Selector) -> Selector {
    selector.labels.sort();
    selector.expressions.sort();
    selector.expressions.dedup();
    selector
}

/// Why Cilium cannot select by a predicate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Unselectable {
    /// The key is not part of a pod's identity.
    Dropped(SmolStr),
    /// The key is too long once Cilium has put its prefix on it.
    LongKey(SmolStr),
    /// No label value can be this long.
    LongValue(SmolStr),
    /// It falls into more selectors than one object should hold.
    TooMany,
}

/// What the label filter says of each key, asked once.
pub(super) struct Keys<'s> {
    settings: &'s Settings,
    pod_labels: FxHashMap<SmolStr, bool>,
}

impl<'s> Keys<'s> {
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self {
            settings,
            pod_labels: FxHashMap::default(),
        }
    }

    fn pod_label(&mut self, key: &SmolStr) -> bool {
        match self.pod_labels.get(key) {
            Some(known) => *known,
            None => {
                let keeps = self.settings.label_filter.keeps_pod_label(key);
                self.pod_labels.insert(key.clone(), keeps);
                keeps
            }
        }
    }
}

/// The first reason, if any.
pub(super) fn unselectable(cube: &Cube, filter: &mut Keys<'_>) -> Option<Unselectable> {
    let own = cube.labels().iter().find_map(|(key, values)| {
        if !filter.pod_label(key) {
            return Some(Unselectable::Dropped(key.clone()));
        }
        long(key, "any.", values)
    });
    let of_namespace = |filter: &mut Keys<'_>| {
        cube.namespace_labels().iter().find_map(|(key, values)| {
            if !filter
                .settings
                .label_filter
                .keeps(&format!("{NAMESPACE_LABELS}{key}"))
            {
                return Some(Unselectable::Dropped(key.clone()));
            }
            long(key, "k8s.io.cilium.k8s.namespace.labels.", values)
        })
    };
    let account = || long_value(cube.account());
    let settings = filter.settings;
    let account_key = || {
        let asked = !is_only_present(cube.account());
        let key = ACCOUNT.trim_start_matches("k8s:");
        let keeps = || settings.label_filter.keeps(key);
        (asked && !keeps()).then(|| Unselectable::Dropped(key.into()))
    };
    own.or_else(|| of_namespace(filter))
        .or_else(account)
        .or_else(account_key)
}

/// Cilium checks keys after it has put the label's source in front.
fn long(key: &SmolStr, prefix: &str, values: &Values) -> Option<Unselectable> {
    let name = match key.rsplit_once('/') {
        Some((_, name)) => name.len(),
        None => prefix.len() + key.len(),
    };
    if name > LABEL_BYTES_MAX {
        return Some(Unselectable::LongKey(key.clone()));
    }
    long_value(values)
}

fn long_value(values: &Values) -> Option<Unselectable> {
    let long = values
        .listed()
        .iter()
        .flatten()
        .find(|v| v.len() > LABEL_BYTES_MAX);
    long.map(|v| Unselectable::LongValue(v.clone()))
}
