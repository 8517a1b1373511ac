//! The texts of specs: what a rule is called, and its sections, each made once.

use std::{fmt::Write as _, sync::OnceLock};

use npl_policy::model::{Direction, Rule, Workload};
use sha2::{Digest as _, Sha256};
use smol_str::{SmolStr, format_smolstr};

use super::{Scope, subject_selectors};
use crate::{
    cilium::{
        bind::Owned,
        limits::LOG_BYTES_MAX,
        name::hex,
        plan::{EndId, Plan, Side},
        render, section,
    },
    yaml::write::{quoted, scalar},
};

/// Texts that many objects share, made by the first that needs them.
pub(super) struct Texts<'p, 'm> {
    pub(super) plan: &'p Plan<'m>,
    /// By position in `Model::rules`.
    heads: Vec<OnceLock<String>>,
    /// By end, with clauses and without.
    sections: Vec<[OnceLock<Option<String>>; 2]>,
}

impl<'p, 'm> Texts<'p, 'm> {
    pub(super) fn new(plan: &'p Plan<'m>) -> Self {
        Self {
            plan,
            heads: plan.model.rules.iter().map(|_| OnceLock::new()).collect(),
            sections: plan.ends.iter().map(|_| Default::default()).collect(),
        }
    }

    /// The items of an end's section as it was written, or without its clause.
    pub(super) fn items(&self, end: EndId, side: &Side) -> Option<&str> {
        let slot = self.sections.get(end)?.get(usize::from(side.stripped))?;
        let text = slot.get_or_init(|| {
            let section = section::written(self.plan, self.plan.ends.get(end)?, side.stripped)?;
            let mut out = String::new();
            render::section_items(&mut out, &section);
            Some(out)
        });
        text.as_deref()
    }

    /// Description, labels and log of a spec that stands for a rule alone.
    pub(super) fn head(&self, rule: u32) -> &str {
        let slot = self.heads.get(rule as usize);
        slot.map_or("", |slot| {
            slot.get_or_init(|| {
                let mut out = String::new();
                head(
                    &mut out,
                    self.plan.model.rules.get(rule as usize).as_slice(),
                );
                out
            })
        })
    }
}

pub(super) fn head(out: &mut String, rules: &[&Rule]) {
    let mut description = String::new();
    for rule in rules {
        if !description.is_empty() {
            description.push_str("; and ");
        }
        description.push_str(&rule.text);
        if let Some(doc) = &rule.doc {
            sentence(&mut description, doc);
        }
        if let Some(because) = &rule.because
            && !rule.text.contains(because.as_str())
        {
            let _ = write!(description, " (because {because})");
        }
    }
    let ids = rules.iter().map(|r| r.id.as_str());
    spec_front(out, &description, ids);
}

/// The start of a spec: what it stands for, in words, as labels and in the log.
fn spec_front<'i>(out: &mut String, description: &str, ids: impl Iterator<Item = &'i str> + Clone) {
    out.push_str("- description: ");
    quoted(out, description);
    out.push_str("\n  labels:\n");
    for id in ids.clone() {
        out.push_str("  - source: npl\n    key: rule\n    value: ");
        scalar(out, id);
        out.push('\n');
    }
    for id in ids.take(1) {
        out.push_str("  log:\n    value: ");
        scalar(out, id);
        out.push('\n');
    }
}

/// Adds a doc comment as one line.
fn sentence(out: &mut String, doc: &str) {
    out.push_str(". ");
    for (at, word) in doc.split_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}

/// `seal-orders`; inside a module with its path, and with a hash where that is too long.
pub fn seal_id(workload: &Workload) -> SmolStr {
    let mut full = String::from("seal-");
    if !workload.module.is_empty() {
        full.push_str(&workload.module.replace('.', "-"));
        full.push('-');
    }
    full.push_str(&workload.short);
    if full.len() <= LOG_BYTES_MAX {
        return full.into();
    }
    let hash = hex(&Sha256::digest(full.as_bytes()), 8);
    // Names are ASCII, so that every byte is a place to cut at.
    full.truncate(LOG_BYTES_MAX - hash.len() - 1);
    format_smolstr!("{full}-{hash}")
}

/// The spec that closes; `None` where both directions are open.
pub(super) fn seal(own: &Owned<'_>, id: &str, scope: &Scope<'_>) -> Option<String> {
    let (ingress, egress) = (own.seals(Direction::Ingress), own.seals(Direction::Egress));
    if !ingress && !egress {
        return None;
    }
    let direction = match (ingress, egress) {
        (true, true) => "",
        (true, false) => " for ingress",
        (false, _) => " for egress",
    };
    let verb = if own.observed {
        "to be sealed"
    } else {
        "sealed"
    };
    let mut description = format!("{verb}{direction} by `workload {}`", own.workload.short);
    if let Some(doc) = &own.workload.doc {
        sentence(&mut description, doc);
    }
    let mut out = String::new();
    for selector in subject_selectors(&own.workload.pods, scope) {
        spec_front(&mut out, &description, std::iter::once(id));
        render::endpoint_selector(&mut out, &selector);
        let closes = |seals: bool| seals && !own.observed;
        let _ = write!(
            out,
            "  enableDefaultDeny:\n    ingress: {}\n    egress: {}\n",
            closes(ingress),
            closes(egress)
        );
        if ingress {
            out.push_str("  ingress:\n  - {}\n");
        }
        if egress {
            out.push_str("  egress:\n  - {}\n");
        }
    }
    Some(out)
}
