//! What Kubernetes and Cilium accept in a policy, and ignore, or read otherwise than it looks
//! (reference/cilium-policy.md §1 and §2): lints of existing YAML, on their lines.
//!
//! Some look at one field, some (`across`) at all policies at once. None repeats what
//! [`super::read`] says already. A finding holds for a cluster with the agent's default flags.

mod across;
mod kubernetes;
mod layer7;
mod node;
mod object;
mod peers;
mod rule;
mod today;

use npl_diagnostics::{Diagnostic, FileId, Place};

pub use self::today::{beside, today};

use self::node::Texts;
use super::{Policies, is_policy};
use crate::{cilium::LabelFilter, inventory::objects::flatten, yaml::read::Documents};

/// What every lint may look at, and what they found.
struct Context<'a> {
    texts: Texts<'a>,
    labels: LabelFilter,
    out: Vec<Diagnostic<Place>>,
}

/// The lints of some files: their texts, what was read of them, and the policies among it.
pub fn check(
    texts: &[(FileId, &str)],
    files: &[(FileId, Documents)],
    policies: &Policies,
) -> Vec<Diagnostic<Place>> {
    let mut context = Context {
        texts: Texts::new(texts),
        labels: LabelFilter::default(),
        out: Vec::new(),
    };
    let learned = across::Learned::of(policies);
    for document in files.iter().flat_map(|(_, read)| &read.documents) {
        for object in &flatten(document) {
            let object: &crate::yaml::read::Node = object;
            if is_policy(object) {
                object::policy(&mut context, object, &learned);
            } else {
                object::other(&mut context, object);
            }
        }
    }
    context.out
}
