//! Edits that findings offer.

use npl_diagnostics::{Place, TextRange};

use crate::model::Rule;

/// A rule that was written where it stands, not by a template.
pub(super) fn is_own(rule: &Rule) -> bool {
    rule.applied_at.is_empty()
}

/// Behind the last word of the rule.
pub(super) fn after(rule: &Rule) -> Place {
    Place {
        range: TextRange::at(rule.place.range.end),
        ..rule.place
    }
}

/// Before the rule and its comment.
pub(super) fn before(rule: &Rule) -> Place {
    Place {
        range: TextRange::at(rule.place.range.start),
        ..rule.place
    }
}

/// Nothing stands behind the rule's ends: a clause may be written there.
pub(super) fn takes_clause(rule: &Rule) -> bool {
    let text = rule.text.as_str();
    let words = [" via ", " until ", " because "];
    is_own(rule) && !words.iter().any(|word| text.contains(word))
}
