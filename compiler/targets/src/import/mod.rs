//! Existing policies as a source: CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy,
//! CiliumCIDRGroup and NetworkPolicy, read as Cilium reads them, and the [`Judge`] that says what
//! Cilium would say of a flow.
//!
//! What the agent or the API server refuses is an error here, and the object is left out whole, as
//! it is in a cluster. What they accept and read differently than it looks is a warning.

mod drift;
pub mod judge;
pub mod lower;
mod name;
pub mod npl;
mod parse;
pub mod selector;
pub mod shape;

use npl_diagnostics::{Diagnostic, FileId, Place, codes::import as codes};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

pub use self::{drift::drift, judge::Judge, parse::is_policy};
use self::{
    parse::Read,
    shape::{CidrGroup, Policy},
};
use crate::{
    inventory::objects::flatten,
    yaml::{self, read::Documents},
};

/// Every accepted object of some files, in their order.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    pub policies: Vec<Policy>,
    pub groups: Vec<CidrGroup>,
}

/// Reads the policies of some files; documents of other kinds are left alone.
pub fn read(files: &[(FileId, &str)]) -> (Policies, Vec<Diagnostic<Place>>) {
    let mut files = yaml::read::read_all(files);
    let mut diagnostics = yaml::read::take_findings(&mut files);
    let (policies, found) = read_documents(&files);
    diagnostics.extend(found);
    (policies, diagnostics)
}

/// The same, of files that are read already.
pub fn read_documents(files: &[(FileId, Documents)]) -> (Policies, Vec<Diagnostic<Place>>) {
    let mut policies = Policies::default();
    let mut diagnostics = Vec::new();
    for (file, read) in files {
        for document in &read.documents {
            for object in flatten(document) {
                if is_policy(object) {
                    match parse::object(object, *file, &mut diagnostics) {
                        Some(Read::Policy(policy)) => policies.policies.push(policy),
                        Some(Read::Group(group)) => policies.groups.push(group),
                        None => {}
                    }
                }
            }
        }
    }
    once_each(&mut policies, &mut diagnostics);
    (policies, diagnostics)
}

/// Two objects of one kind, namespace and name are one object in a cluster: the later replaces the
/// earlier, so the earlier one's rules are lost.
fn once_each(policies: &mut Policies, diagnostics: &mut Vec<Diagnostic<Place>>) {
    let mut last: FxHashMap<(shape::PolicyKind, SmolStr, SmolStr), usize> = FxHashMap::default();
    let mut lost = vec![false; policies.policies.len()];
    for (at, policy) in policies.policies.iter().enumerate() {
        let key = (policy.kind, policy.namespace.clone(), policy.name.clone());
        let Some(before) = last.insert(key, at) else {
            continue;
        };
        if let Some(lost) = lost.get_mut(before) {
            *lost = true;
        }
        let name = &policy.name;
        let message = format!("the policy `{name}` is written twice, and the last one counts");
        let finding = Diagnostic::new(&codes::POLICY_DUPLICATE, policy.place, message)
            .help("give one of the two another name");
        let first = policies.policies.get(before);
        diagnostics.push(match first {
            Some(first) => finding.also(first.place, "this one is replaced"),
            None => finding,
        });
    }
    let mut lost = lost.into_iter();
    policies
        .policies
        .retain(|_| !lost.next().unwrap_or_default());
}
