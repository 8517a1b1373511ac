//! Existing policies as the model: what Cilium does with them, not what the YAML looks like.
//!
//! Each selector of a subject becomes one owned workload, which seals what any rule of that
//! selector closes; each rule becomes end rules of its own end. Cilium's quirks are resolved on the
//! way: absent, empty and `[{}]` lists, ports without peers, services, named ports, and what rules
//! become when they are merged (`clash`). What the model cannot say is an error by name at its
//! place in the YAML, and then nothing of the object is lowered: a part of a policy is no policy.

mod assemble;
mod clash;
mod expression;
mod groups;
mod layer7;
mod lines;
mod names;
mod near;
mod order;
mod peers;
mod ports;
mod refuse;
mod selector;
mod text;

pub use groups::addresses_of;

use npl_diagnostics::{Diagnostic, FileId, Place};
use npl_policy::{inventory::Inventory, model::Model};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::{
    Policies,
    shape::{CidrGroup, PolicyKind},
};

/// What became of some policies.
#[derive(Clone, Debug, Default)]
pub struct Lowered {
    /// All of the objects that are not refused, and nothing of those that are.
    pub model: Model,
    /// Errors are the refusals; warnings say what Cilium reads otherwise than it looks.
    pub diagnostics: Vec<Diagnostic<Place>>,
    /// In the order of the policies.
    pub refused: Vec<Refused>,
}

/// An object that is not in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub kind: PolicyKind,
    pub namespace: SmolStr,
    pub name: SmolStr,
    pub place: Place,
    /// Names of the codes that speak against it; each has a diagnostic.
    pub codes: Vec<&'static str>,
}

/// What surrounds the policies.
struct Cx<'a> {
    inventory: Option<&'a Inventory>,
    groups: &'a [CidrGroup],
    order: order::Seen,
}

/// Lowers policies. `inventory` gives meaning to `toServices` and named ports; without one they are
/// refused. `path` names the files of places.
pub fn lower(
    policies: &Policies,
    inventory: Option<&Inventory>,
    path: &dyn Fn(FileId) -> SmolStr,
) -> Lowered {
    lower_with(policies, inventory, path, order::Seen::of(policies))
}

/// The same of what `nplc build` has made for Kubernetes, where seals of tier Baseline mean what
/// the API says. Cilium leaves open by them what its networks do not hold, such as nodes.
/// `whole_networks`: networks hold every address, so that all of them and all pods are everything.
pub fn lower_made(
    policies: &Policies,
    whole_networks: bool,
    path: &dyn Fn(FileId) -> SmolStr,
) -> Lowered {
    let mut policies = policies.clone();
    if whole_networks {
        policies.policies.iter_mut().for_each(order::widen);
    }
    let seen = order::Seen::of(&policies).made();
    lower_with(&policies, None, path, seen)
}

fn lower_with(
    policies: &Policies,
    inventory: Option<&Inventory>,
    path: &dyn Fn(FileId) -> SmolStr,
    order: order::Seen,
) -> Lowered {
    let cx = Cx {
        inventory,
        groups: &policies.groups,
        order,
    };
    let mut found: Vec<(usize, Diagnostic<Place>)> = Vec::new();
    let mut diagnostics = Vec::new();
    let (mut seals, mut all) = (Vec::new(), Vec::new());
    for (at, policy) in policies.policies.iter().enumerate() {
        let mut lines = lines::of_policy(&cx, at, policy);
        if lines.refusals.is_empty() {
            diagnostics.append(&mut lines.warnings);
            seals.append(&mut lines.seals);
            all.append(&mut lines.lines);
        }
        found.extend(lines.refusals.into_iter().map(|refusal| (at, *refusal)));
    }
    let mut merged = clash::merge(all);
    diagnostics.append(&mut merged.warnings);
    found.extend(
        merged
            .refused
            .into_iter()
            .map(|(at, refusal)| (at, *refusal)),
    );
    let model = assemble::model(policies, seals, merged.lines, path, &mut found);
    let gone: FxHashSet<usize> = found.iter().map(|(at, _)| *at).collect();
    let mut refused = Vec::with_capacity(gone.len());
    for (at, policy) in policies.policies.iter().enumerate() {
        if !gone.contains(&at) {
            continue;
        }
        let mut codes: Vec<&'static str> = found
            .iter()
            .filter(|(object, _)| *object == at)
            .map(|(_, finding)| finding.code.name)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        refused.push(Refused {
            kind: policy.kind,
            namespace: policy.namespace.clone(),
            name: policy.name.clone(),
            place: policy.place,
            codes,
        });
    }
    diagnostics.extend(found.into_iter().map(|(_, finding)| finding));
    Lowered {
        model,
        diagnostics,
        refused,
    }
}
