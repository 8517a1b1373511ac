//! `assert disjoint A, B`: proved, refuted, or an assumption of other claims (grammar.md §9).

use smol_str::{SmolStr, format_smolstr};

use super::{Decision, space::entity_name};
use crate::{
    addr::AddrSet,
    interpret::pods_of,
    inventory::Inventory,
    label::{Cube, TooLarge, union_implies},
    model::{ClaimKind, Entity, Model, Set},
};

/// The overlaps that claims which are neither proved nor refuted take away.
pub(super) fn assumed(model: &Model, inventory: Option<&Inventory>) -> Vec<(usize, Cube)> {
    let mut out = Vec::new();
    for (index, claim) in model.claims.iter().enumerate() {
        let ClaimKind::Disjoint { left, right } = &claim.kind else {
            continue;
        };
        if decide(left, right, inventory) == Ok(Decision::Holds) {
            out.extend(overlaps(left, right).map(|cube| (index, cube)));
        }
    }
    out
}

/// The pods that both sets may hold.
fn overlaps<'s>(left: &'s Set, right: &'s Set) -> impl Iterator<Item = Cube> {
    let pairs = left
        .pods
        .iter()
        .flat_map(|l| right.pods.iter().map(move |r| (l, r)));
    pairs
        .filter(|(l, r)| !l.pods.disjoint(&r.pods))
        .map(|(l, r)| l.pods.intersect(&r.pods))
}

/// What is neither proved nor refuted is taken as given: each result that uses it lists it.
pub(super) fn decide(
    left: &Set,
    right: &Set,
    inventory: Option<&Inventory>,
) -> Result<Decision, TooLarge> {
    if let Some(shared) = shared_outside(left, right) {
        return Ok(Decision::Overlaps(shared));
    }
    if overlaps(left, right).next().is_none() {
        return Ok(Decision::Holds);
    }
    let cubes = |set: &Set| -> Vec<Cube> { set.pods.iter().map(|p| (*p.pods).clone()).collect() };
    let (l, r) = (cubes(left), cubes(right));
    if union_implies(&l, &r)? {
        return Ok(Decision::Overlaps("every pod of the first".into()));
    }
    if union_implies(&r, &l)? {
        return Ok(Decision::Overlaps("every pod of the second".into()));
    }
    let Some(inventory) = inventory else {
        return Ok(Decision::Holds);
    };
    let templates = inventory.workloads.iter().filter(|w| !w.host_network);
    let both = |list: &[Cube], pod: &crate::model::Pod| list.iter().any(|c| c.matches(pod));
    let mut found = templates.zip(pods_of(inventory));
    Ok(
        match found.find(|(_, pod)| both(&l, pod) && both(&r, pod)) {
            Some((template, _)) => Decision::Overlaps(format_smolstr!(
                "{} `{}/{}` of the inventory",
                template.kind,
                template.namespace,
                template.name
            )),
            None => Decision::Holds,
        },
    )
}

/// Networks and entities are what they are: no assumption tells them apart.
fn shared_outside(left: &Set, right: &Set) -> Option<SmolStr> {
    let nets = AddrSet::from_nets(&left.nets).intersect(&AddrSet::from_nets(&right.nets));
    if let Some(ip) = nets.witness() {
        return Some(format_smolstr!("the address {ip}"));
    }
    let name = |entity: Entity| format_smolstr!("`{}`", entity_name(entity));
    let same = left.entities.iter().find(|e| right.entities.contains(e));
    let wide = |a: &Set, b: &Set| {
        a.entities.iter().copied().find(|entity| match entity {
            Entity::All => true,
            Entity::World => !b.nets.is_empty() || !b.names.is_empty(),
            Entity::Cluster => {
                let inside = |e: &Entity| *e != Entity::World;
                !b.pods.is_empty() || b.entities.iter().any(inside)
            }
            _ => false,
        })
    };
    same.copied()
        .or_else(|| wide(left, right))
        .or_else(|| wide(right, left))
        .map(name)
}
