//! Existing policies as a source: CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy,
//! CiliumCIDRGroup and NetworkPolicy, read as Cilium reads them, and the [`Judge`] that says what
//! Cilium would say of a flow.
//!
//! What the agent or the API server refuses is an error here, and the object is left out whole, as
//! it is in a cluster. What they accept and read differently than it looks is a warning.

mod drift;
pub mod judge;
pub mod lint;
pub mod lower;
mod name;
pub mod npl;
mod pairs;
mod parse;
mod re2;
pub mod selector;
pub mod shape;
mod tiers;

use npl_diagnostics::{Diagnostic, FileId, Place, codes::import as codes};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

pub use self::{
    drift::drift,
    judge::Judge,
    parse::is_policy,
    tiers::{Ruling, Tier, Tiers},
};
use self::{
    parse::Read,
    shape::{CidrGroup, Policy},
};
use crate::{
    inventory::objects::{flatten, text},
    yaml::{self, read::Documents},
};

/// Every accepted object of some files, in their order.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    pub policies: Vec<Policy>,
    pub groups: Vec<CidrGroup>,
    /// Policies that are not among these: refused, of a kind that is not read, or replaced.
    pub left_out: Vec<LeftOut>,
}

/// A policy that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Kind, namespace and name as they are written; empty where they are not.
    pub kind: SmolStr,
    pub namespace: SmolStr,
    pub name: SmolStr,
    pub place: Place,
    /// Names of the codes that speak against it; none of a kind that is not read.
    pub codes: Vec<&'static str>,
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
    let each: Vec<_> = files
        .par_iter()
        .map(|(file, documents)| read_file(*file, documents))
        .collect();
    let mut policies = Policies::default();
    let mut diagnostics = Vec::new();
    for (mut read, mut found) in each {
        policies.policies.append(&mut read.policies);
        policies.groups.append(&mut read.groups);
        policies.left_out.append(&mut read.left_out);
        diagnostics.append(&mut found);
    }
    once_each(&mut policies, &mut diagnostics);
    (policies, diagnostics)
}

fn read_file(file: FileId, read: &Documents) -> (Policies, Vec<Diagnostic<Place>>) {
    let mut policies = Policies::default();
    let mut diagnostics = Vec::new();
    for document in &read.documents {
        for object in &flatten(document) {
            let object: &crate::yaml::read::Node = object;
            if !is_policy(object) {
                if is_other_policy(object) {
                    policies.left_out.push(left_out(object, &[]));
                }
                continue;
            }
            let before = diagnostics.len();
            match parse::object(object, file, &mut diagnostics) {
                Some(Read::Policy(policy)) => policies.policies.push(policy),
                Some(Read::Group(group)) => policies.groups.push(group),
                None => {
                    let found = diagnostics.get(before..).unwrap_or_default();
                    policies.left_out.push(left_out(object, found));
                }
            }
        }
    }
    (policies, diagnostics)
}

/// Kinds of other API groups that close or open what these policies do.
fn is_other_policy(object: &yaml::read::Node) -> bool {
    let version = text(object, "apiVersion").unwrap_or_default();
    let kind = text(object, "kind").unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let known = match group {
        "cilium.io" | "crd.projectcalico.org" | "projectcalico.org" | "crd.antrea.io" => {
            kind.ends_with("NetworkPolicy")
        }
        "security.istio.io" => kind == "AuthorizationPolicy",
        _ => false,
    };
    known && !kind.is_empty()
}

fn left_out(object: &yaml::read::Node, found: &[Diagnostic<Place>]) -> LeftOut {
    let errors = found.iter().filter(|finding| finding.is_error());
    let mut codes: Vec<&'static str> = errors.map(|finding| finding.code.name).collect();
    codes.sort_unstable();
    codes.dedup();
    let part = |path: &str| text(object, path).unwrap_or_default();
    LeftOut {
        kind: part("kind"),
        namespace: part("metadata.namespace"),
        name: part("metadata.name"),
        place: object.place(),
        codes,
    }
}

/// Two objects of one kind, namespace and name are one object in a cluster: the later replaces the
/// earlier, so what the earlier one says is lost. The version is no part of the name.
fn once_each(policies: &mut Policies, diagnostics: &mut Vec<Diagnostic<Place>>) {
    let of_policy = |policy: &Policy| Name {
        what: "policy",
        kind: policy.kind.name(),
        namespace: policy.namespace.clone(),
        name: policy.name.clone(),
        place: policy.place,
    };
    let of_group = |group: &CidrGroup| Name {
        what: "CIDR group",
        kind: "CiliumCIDRGroup",
        namespace: SmolStr::default(),
        name: group.name.clone(),
        place: group.place,
    };
    let Policies {
        policies,
        groups,
        left_out,
    } = policies;
    last_of_each(policies, of_policy, left_out, diagnostics);
    last_of_each(groups, of_group, left_out, diagnostics);
}

/// What tells an object from all others.
struct Name {
    what: &'static str,
    kind: &'static str,
    namespace: SmolStr,
    name: SmolStr,
    place: Place,
}

fn last_of_each<T>(
    objects: &mut Vec<T>,
    name: impl Fn(&T) -> Name,
    left_out: &mut Vec<LeftOut>,
    diagnostics: &mut Vec<Diagnostic<Place>>,
) {
    let mut last: FxHashMap<(&str, SmolStr, SmolStr), usize> = FxHashMap::default();
    let mut lost = vec![false; objects.len()];
    for (at, object) in objects.iter().enumerate() {
        let own = name(object);
        let key = (own.kind, own.namespace, own.name.clone());
        let Some(before) = last.insert(key, at) else {
            continue;
        };
        if let Some(lost) = lost.get_mut(before) {
            *lost = true;
        }
        let (what, name_of) = (own.what, &own.name);
        let message = format!("the {what} `{name_of}` is written twice, and the last one counts");
        let finding = Diagnostic::new(&codes::POLICY_DUPLICATE, own.place, message)
            .help("give one of the two another name");
        let first = objects.get(before).map(&name);
        diagnostics.push(match &first {
            Some(first) => finding.also(first.place, "this one is replaced"),
            None => finding,
        });
        left_out.extend(first.map(|first| LeftOut {
            kind: SmolStr::new_static(first.kind),
            namespace: first.namespace,
            name: first.name,
            place: first.place,
            codes: vec![codes::POLICY_DUPLICATE.name],
        }));
    }
    let mut lost = lost.into_iter();
    objects.retain(|_| !lost.next().unwrap_or_default());
}
