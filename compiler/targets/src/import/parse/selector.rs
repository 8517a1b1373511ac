//! Label selectors, checked as Kubernetes and Cilium's agent check them.

use npl_diagnostics::{Diagnostic, codes::import as codes};
use smol_str::SmolStr;

use super::fields::{Findings, Object};
use crate::{
    import::{
        pairs::Pairs,
        selector::{Expression, Operator, Selector, encode_key},
    },
    yaml::read::Node,
};

/// The source of the labels in Kubernetes' own policies.
const KUBERNETES: &str = "k8s";

/// Reads a selector; keys without a source get `source`.
pub(crate) fn selector(out: &mut Findings, node: &Node, what: &str, source: &str) -> Selector {
    let mut selector = Selector::default();
    let Some(object) = out.object(node, what) else {
        return selector;
    };
    out.known(object, what, &["matchLabels", "matchExpressions"]);
    let listed = object.get("matchLabels");
    let at = listed.map_or(object.place, Node::place);
    let map = listed.and_then(|node| out.object(node, "matchLabels"));
    let entries = map.map(|map| map.entries).unwrap_or_default();
    let mut labels = Vec::with_capacity(entries.len());
    for entry in entries {
        // A null would be dropped in silence, and a selector without it selects more.
        let Some(value) = out.string(&entry.value, &entry.key) else {
            continue;
        };
        bad_key(out, entry.key_place(), &entry.key, source);
        if !is_label_value(value) {
            let message = format!("`{value}` is not a label value");
            bad(out, entry.value.place(), &message);
        }
        labels.push((encode_key(source, &entry.key), value.clone()));
    }
    let (labels, doubled) = Pairs::sorted(labels);
    selector.labels = labels;
    for key in doubled {
        let message =
            format!("two keys of this selector are `{key}` to Cilium, which keeps either of them");
        bad(out, at, &message);
    }
    for item in out.items(object, "matchExpressions") {
        if let Some(expression) = expression(out, item, source) {
            selector.expressions.push(expression);
        }
    }
    selector
}

fn expression(out: &mut Findings, node: &Node, source: &str) -> Option<Expression> {
    let object = out.object(node, "matchExpressions")?;
    out.known(object, "matchExpressions", &["key", "operator", "values"]);
    let key = required(out, object, "key")?;
    let name = required(out, object, "operator")?;
    let Some(operator) = Operator::from_name(&name) else {
        let at = object.get("operator").map_or(object.place, |n| n.place());
        let finding = Diagnostic::new(
            &codes::POLICY_BAD_SELECTOR,
            at,
            format!("`{name}` is not an operator of a selector"),
        );
        out.refuse_with(finding.help("the operators are In, NotIn, Exists and DoesNotExist"));
        return None;
    };
    let values = out.strings(object, "values");
    bad_key(out, object.place, &key, source);
    for value in values.iter().filter(|value| !is_label_value(value)) {
        bad(
            out,
            object.place,
            &format!("`{value}` is not a label value"),
        );
    }
    let takes_values = matches!(operator, Operator::In | Operator::NotIn);
    if takes_values && values.is_empty() {
        bad(
            out,
            object.place,
            &format!("the operator `{name}` needs `values`"),
        );
    }
    if !takes_values && !values.is_empty() {
        bad(
            out,
            object.place,
            &format!("the operator `{name}` takes no `values`"),
        );
    }
    Some(Expression {
        key: encode_key(source, &key),
        operator,
        values,
    })
}

fn required(out: &mut Findings, object: Object<'_>, name: &str) -> Option<SmolStr> {
    let Some(node) = object.get(name) else {
        let message = format!("an item of `matchExpressions` has no `{name}`");
        out.refuse(&codes::POLICY_BAD_SELECTOR, object.place, message);
        return None;
    };
    out.string(node, name).cloned()
}

/// Kubernetes' own policies know labels of pods alone, without a source before the key.
fn bad_key(out: &mut Findings, at: npl_diagnostics::Place, key: &str, source: &str) {
    let plain = source == KUBERNETES && key.contains([':', '$']);
    if !plain && is_label_key(key) {
        return;
    }
    let finding = Diagnostic::new(
        &codes::POLICY_BAD_SELECTOR,
        at,
        format!("`{key}` is not a label key"),
    );
    out.refuse_with(match (plain, key.split_once(':')) {
        (true, Some((_, bare))) if is_label_key(bare) => finding.help(format!(
            "write `{bare}`: only Cilium's selectors name a source"
        )),
        _ => finding,
    });
}

fn bad(out: &mut Findings, at: npl_diagnostics::Place, message: &str) {
    out.refuse(&codes::POLICY_BAD_SELECTOR, at, message);
}

/// `prefix/name` with an optional source before it: a DNS name of at most 253 characters, and a
/// name of at most 63.
pub(crate) fn is_label_key(key: &str) -> bool {
    let key = key.strip_prefix('$').unwrap_or(key);
    let key = key.split_once(':').map_or(key, |(_, rest)| rest);
    // `cidr:` keys hold an address.
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let prefix_fits = prefix.is_none_or(|prefix| {
        !prefix.is_empty() && prefix.len() <= 253 && prefix.split('.').all(is_dns_label)
    });
    prefix_fits && !name.is_empty() && is_label_value(name)
}

pub(super) fn is_dns_label(label: &str) -> bool {
    let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    ends(label.bytes().next())
        && ends(label.bytes().next_back())
        && label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

pub(crate) fn is_label_value(value: &str) -> bool {
    let ends = |b: Option<u8>| b.is_none_or(|b| b.is_ascii_alphanumeric());
    value.len() <= 63
        && ends(value.bytes().next())
        && ends(value.bytes().next_back())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
