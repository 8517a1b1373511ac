//! What stands before the `spec` of an object, and what both kinds of objects write.

use std::fmt::Write as _;

use npl_policy::model::{Rule, Workload};
use sha2::{Digest as _, Sha256};
use smol_str::SmolStr;

use crate::{
    cilium::{
        EmitOptions,
        emit::seal_id as cilium_seal_id,
        name::{hex, label_value},
        render::{key, selector_body},
        shape::Selector,
    },
    kubernetes::plan::Plan,
    yaml::write::{quoted, scalar},
};

const DIGEST_DIGITS: usize = 32;

/// Bytes of an object's rules before it is split.
pub(super) const RULES_BYTES_MAX: usize = 256 * 1024;

/// The same id of a seal on every target.
pub(super) fn seal_id(workload: &Workload) -> SmolStr {
    cilium_seal_id(workload)
}

pub(super) struct Front<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) workload: &'a Workload,
    pub(super) options: &'a EmitOptions,
}

impl Front<'_> {
    /// The metadata of an object with this `spec`.
    pub(super) fn write(
        &self,
        (version, kind): (&str, &str),
        (name, namespace): (&str, Option<&str>),
        spec: &str,
    ) -> String {
        let mut out = String::with_capacity(spec.len() + 512);
        let _ = write!(
            out,
            "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: "
        );
        scalar(&mut out, name);
        if let Some(namespace) = namespace {
            out.push_str("\n  namespace: ");
            scalar(&mut out, namespace);
        }
        out.push_str("\n  labels:\n    app.kubernetes.io/managed-by: nplc\n");
        if let Some(package) = label_value(&self.plan.model.package) {
            out.push_str("    npl/package: ");
            scalar(&mut out, &package);
            out.push('\n');
        }
        out.push_str("  annotations:\n");
        let digest = digest(spec);
        let annotations = [
            ("npl/digest", Some(digest.as_str())),
            ("npl/owner", self.options.owner.as_deref()),
            ("npl/source", Some(self.workload.file.as_str())),
        ];
        for (name, value) in annotations {
            if let Some(value) = value {
                let _ = write!(out, "    {name}: ");
                quoted(&mut out, value);
                out.push('\n');
            }
        }
        out.push_str("spec:\n");
        out.push_str(spec);
        out
    }
}

/// Of the meaning: comments do not count.
fn digest(spec: &str) -> String {
    let mut hash = Sha256::new();
    let comment = |line: &&str| line.trim_start().starts_with("# ");
    for line in spec.lines().filter(|line| !comment(line)) {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hex(&hash.finalize(), DIGEST_DIGITS)
}

/// `name: {…}` at an indentation, behind what stands there already.
pub(super) fn selector(out: &mut String, indent: usize, name: &str, selector: &Selector) {
    if selector.labels.is_empty() && selector.expressions.is_empty() {
        out.push_str(name);
        out.push_str(": {}\n");
        return;
    }
    key(out, 0, name);
    selector_body(out, indent + 2, selector);
}

/// The rule in words, as a comment of one line.
pub(super) fn comment(out: &mut String, indent: usize, rule: &Rule) {
    crate::cilium::render::line(out, indent);
    out.push_str("# ");
    // What a reader of YAML could take for a line's end would end the comment.
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}');
    out.extend(rule.text.chars().map(|c| if breaks(c) { ' ' } else { c }));
    let _ = writeln!(out, " ({})", rule.id);
}
