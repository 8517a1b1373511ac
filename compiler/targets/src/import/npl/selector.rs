//! Predicates over pods as the declaration of a workload says them.
//!
//! A declaration is one conjunction, so "absent or `a`" and two accounts become two declarations.
//! "Every account but `x`" is what no declaration says; a group says it, with `except`.

use std::fmt::Write as _;

use npl_policy::label::{Cube, NAMESPACE_NAME_LABEL, Values};
use smol_str::SmolStr;

use super::name::Words;

/// Cubes that declarations can say, or groups with `except`, which together hold what this one
/// holds.
pub(super) fn sayable(cube: &Cube) -> Vec<Cube> {
    let mut out = vec![Cube::every()];
    let mut narrow = |choices: Vec<Values>, with: &dyn Fn(Cube, &Values) -> Cube| {
        out = out
            .iter()
            .flat_map(|cube| choices.iter().map(|values| with(cube.clone(), values)))
            .collect();
    };
    narrow(vec![cube.namespace().clone()], &Cube::with_namespace);
    narrow(accounts(cube.account()), &Cube::with_account);
    for (key, values) in cube.namespace_labels() {
        narrow(choices(values), &|c, v| {
            c.with_namespace_label(key.clone(), v)
        });
    }
    for (key, values) in cube.labels() {
        narrow(choices(values), &|c, v| c.with_label(key.clone(), v));
    }
    out
}

fn accounts(values: &Values) -> Vec<Values> {
    if values.is_negated() {
        return vec![values.clone()];
    }
    let each = values.listed().iter().flatten();
    each.map(|name| Values::is(name.clone())).collect()
}

/// What `except` has to take out of the pods of any account, and those pods.
pub(super) fn without_accounts(cube: &Cube) -> Option<(Cube, Vec<Cube>)> {
    let out: Vec<&SmolStr> = cube.account().listed().iter().flatten().collect();
    if !cube.account().is_negated() || out.is_empty() {
        return None;
    }
    let mut whole = Cube::every().with_namespace(cube.namespace());
    for (key, values) in cube.namespace_labels() {
        whole = whole.with_namespace_label(key.clone(), values);
    }
    for (key, values) in cube.labels() {
        whole = whole.with_label(key.clone(), values);
    }
    let minus = out
        .into_iter()
        .map(|name| whole.clone().with_account(&Values::is(name.clone())));
    let minus = minus.collect();
    Some((whole, minus))
}

/// A value or absence: one requirement says the one, another the other.
fn choices(values: &Values) -> Vec<Values> {
    let some: Vec<_> = values
        .listed()
        .iter()
        .flatten()
        .cloned()
        .map(Some)
        .collect();
    let absence = values.listed().iter().any(Option::is_none);
    if values.is_negated() || !absence || some.is_empty() {
        return vec![values.clone()];
    }
    vec![Values::absent(), Values::finite(some)]
}

/// `{ app: "web", !legacy }`.
pub(super) fn labels(requirements: &[(SmolStr, Values)], words: &Words<'_>) -> String {
    let mut parts = Vec::new();
    for (key, values) in requirements {
        requirement(key, values, words, &mut parts);
    }
    match parts.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{ {} }}", parts.join(", ")),
    }
}

fn requirement(key: &str, values: &Values, words: &Words<'_>, out: &mut Vec<String>) {
    let key = words.key(key);
    let some: Vec<&SmolStr> = values.listed().iter().flatten().collect();
    let absence = values.listed().iter().any(Option::is_none);
    match (values.is_negated(), some.as_slice()) {
        (false, []) => out.push(format!("!{key}")),
        (false, [one]) => out.push(format!("{key}: {}", quoted(one))),
        (false, many) => out.push(format!("{key} in {}", list(many))),
        (true, some) => {
            if absence {
                out.push(key.clone());
            }
            if !some.is_empty() {
                out.push(format!("{key} not in {}", list(some)));
            }
        }
    }
}

/// The clauses behind the labels; nothing of the namespace where it is that of the file.
pub(super) fn clauses(cube: &Cube, file: Option<&str>, words: &Words<'_>) -> String {
    let mut out = String::new();
    let namespaces: Vec<&SmolStr> = cube.namespace().listed().iter().flatten().collect();
    let negated = cube.namespace().is_negated();
    if !cube.namespace_labels().is_empty() || (negated && !namespaces.is_empty()) {
        let mut all = cube.namespace_labels().to_vec();
        if !namespaces.is_empty() {
            let names = namespaces.iter().map(|name| Some(SmolStr::clone(name)));
            let values = match negated {
                true => Values::all_but(names),
                false => Values::finite(names),
            };
            all.push((SmolStr::new_static(NAMESPACE_NAME_LABEL), values));
        }
        let _ = write!(out, " in namespace {}", labels(&all, words));
    } else {
        match (negated, namespaces.as_slice()) {
            (true, _) => out.push_str(" in any namespace"),
            (false, [one]) if Some(one.as_str()) == file => {}
            (false, [one]) => {
                let _ = write!(out, " in namespace {}", words.name_or_quoted(one));
            }
            (false, many) => {
                let _ = write!(out, " in namespace {}", list(many));
            }
        }
    }
    if let [Some(account)] = cube.account().listed()
        && !cube.account().is_negated()
    {
        let _ = write!(out, " account {}", quoted(account));
    }
    out
}

/// The one namespace of a predicate, if it says one.
pub(super) fn one_namespace(cube: &Cube) -> Option<&SmolStr> {
    match cube.namespace().listed() {
        [Some(one)] if !cube.namespace().is_negated() => Some(one),
        _ => None,
    }
}

fn list(values: &[&SmolStr]) -> String {
    let all: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", all.join(", "))
}

/// As a string literal.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
