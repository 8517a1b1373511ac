//! What only shows when several packages are looked at together: pods that two of them own
//! (language.md §5.1, cilium-lowering.md §3.7). No package can see this of itself.

use std::collections::{HashMap, HashSet};

use npl_diagnostics::{Diagnostic, Place, codes::cilium as codes};
use npl_policy::{
    addr::AddrSet,
    label::Cube,
    model::{EndRule, Entity, Model, Ownership, Set, Workload},
    overlap::OverlapIndex,
};

use super::{Located as _, Unit};

/// Findings for each of the units, in their order. Of two packages the later one hears of it.
pub(super) fn findings(units: &[Unit]) -> Vec<Vec<Diagnostic<Place>>> {
    let models: Vec<_> = units.iter().map(|unit| unit.host().model()).collect();
    let mut out: Vec<Vec<Diagnostic<Place>>> = units.iter().map(|_| Vec::new()).collect();
    for (i, (first, one)) in units.iter().zip(&models).enumerate() {
        let known: Vec<&Workload> = owned(one).collect();
        let cubes: Vec<&Cube> = known.iter().map(|workload| &*workload.pods).collect();
        let index = OverlapIndex::new(&cubes);
        let later = units.iter().zip(&models).zip(&mut out).skip(i + 1);
        for ((second, other), found) in later {
            let both = Both {
                units: [first, second],
                models: [one, other],
                known: &known,
                index: &index,
            };
            both.compare(found);
        }
    }
    out
}

/// Two packages, and the workloads that the first one owns.
struct Both<'a> {
    units: [&'a Unit; 2],
    models: [&'a Model; 2],
    known: &'a [&'a Workload],
    index: &'a OverlapIndex,
}

/// What pods of one predicate are in the first package: a workload that owns them too, and one of
/// which the rules clash, with these rules.
#[derive(Clone, Copy, Default)]
struct Shared<'a> {
    owner: Option<&'a Workload>,
    clash: Option<(&'a Workload, (&'a EndRule, &'a EndRule))>,
}

impl<'a> Both<'a> {
    fn compare(&self, found: &mut Vec<Diagnostic<Place>>) {
        let ([first, _], [one, other]) = (self.units, self.models);
        // Of a rule that binds at several workloads once.
        let clashes = found.iter().filter(|d| d.code == &codes::VIA_KINDS_CLASH);
        let mut told: HashSet<Place> = clashes.map(|d| d.at).collect();
        let mut by_cube: HashMap<&Cube, Shared<'a>> = HashMap::new();
        for workload in owned(other) {
            let shared = by_cube.entry(&workload.pods);
            let shared = *shared.or_insert_with(|| self.shared(&workload.pods));
            found.extend(shared.owner.map(|theirs| twice(first, theirs, workload)));
            if let Some((theirs, (a, b))) = shared.clash {
                let clash = clash_finding(first, (one, a), (other, b), theirs, workload);
                found.extend(clash.filter(|d| told.insert(d.at)));
            }
        }
    }

    fn shared(&self, pods: &Cube) -> Shared<'a> {
        let [one, other] = self.models;
        let groups = self.index.groups(pods).into_iter();
        let met = groups.filter_map(|group| {
            let theirs = self.index.cube(group)?;
            let first = *self.index.members(group).first()?;
            exists(&self.units, theirs, pods).then_some(*self.known.get(first)?)
        });
        let met: Vec<&Workload> = met.collect();
        let ours = match met.is_empty() {
            true => Vec::new(),
            false => via_ends(other, pods),
        };
        let clash = met.iter().copied().find_map(|theirs| {
            clashing(&via_ends(one, &theirs.pods), &ours).map(|pair| (theirs, pair))
        });
        Shared {
            owner: met.first().copied(),
            clash,
        }
    }
}

fn owned(model: &Model) -> impl Iterator<Item = &Workload> {
    model
        .workloads
        .iter()
        .filter(|workload| workload.ownership == Ownership::Owned)
}

/// With an inventory a pod of it has to be both; without one, one may exist.
fn exists(units: &[&Unit], a: &Cube, b: &Cube) -> bool {
    let mut inventories = units
        .iter()
        .filter_map(|unit| unit.inventory.as_deref())
        .peekable();
    if inventories.peek().is_none() {
        return true;
    }
    inventories.any(|inventory| {
        let mut pods = npl_policy::interpret::pods_of(inventory);
        pods.any(|pod| a.matches(&pod) && b.matches(&pod))
    })
}

fn twice(first: &Unit, theirs: &Workload, ours: &Workload) -> Diagnostic<Place> {
    let at = first.at(theirs.place);
    let message = format!(
        "pods of `{}` may be pods of `{}` of another package, which owns them too",
        ours.short, theirs.name
    );
    Diagnostic::new(&codes::OWNED_TWICE, ours.place, message)
        .note(format!(
            "`{}` is declared at {}:{}",
            theirs.name, at.file, at.line
        ))
        .help("let one package own them, and declare them `foreign workload` in the other")
}

/// End rules with a clause that bind at some of the pods.
fn via_ends<'m>(model: &'m Model, pods: &Cube) -> Vec<&'m EndRule> {
    let binds = |set: &Set| {
        set.entities.contains(&Entity::All) || set.pods.iter().any(|part| !part.pods.disjoint(pods))
    };
    let clauses = model.ends.iter().filter(|end| end.via.is_some());
    clauses.filter(|end| binds(&end.subject)).collect()
}

/// Two rules of different kinds of clause that may cover one peer and port.
fn clashing<'m>(
    ours: &[&'m EndRule],
    theirs: &[&'m EndRule],
) -> Option<(&'m EndRule, &'m EndRule)> {
    ours.iter().find_map(|a| {
        let b = theirs.iter().find(|b| {
            let kinds =
                a.via.as_ref().map(|via| via.kind()) != b.via.as_ref().map(|via| via.kind());
            kinds
                && a.direction == b.direction
                && !a.ports.disjoint(&b.ports)
                && meet(&a.peers, &b.peers)
        })?;
        Some((*a, *b))
    })
}

/// Whether one endpoint may lie in both. What is not known to be apart meets.
fn meet(a: &Set, b: &Set) -> bool {
    let outside = |set: &Set| !set.nets.is_empty() || !set.names.is_empty();
    let pods = a
        .pods
        .iter()
        .any(|x| b.pods.iter().any(|y| !x.pods.disjoint(&y.pods)));
    let nets = !AddrSet::from_nets(&a.nets).disjoint(&AddrSet::from_nets(&b.nets));
    let names = (!a.names.is_empty() && outside(b)) || (!b.names.is_empty() && outside(a));
    let entity = |set: &Set, other: &Set| {
        set.entities.iter().any(|entity| match entity {
            Entity::World => outside(other) || !other.entities.is_empty(),
            Entity::Cluster => !other.pods.is_empty() || !other.entities.is_empty(),
            Entity::All => true,
            _ => !other.entities.is_empty() || !other.nets.is_empty(),
        })
    };
    pods || nets || names || entity(a, b) || entity(b, a)
}

fn clash_finding(
    first: &Unit,
    (one, a): (&Model, &EndRule),
    (other, b): (&Model, &EndRule),
    theirs: &Workload,
    ours: &Workload,
) -> Option<Diagnostic<Place>> {
    let rule = one.rules.get(a.rule as usize)?;
    let mine = other.rules.get(b.rule as usize)?;
    let at = first.at(rule.place);
    let message = format!(
        "`{}` and `{}` of another package may select one pod, and their rules have two kinds of \
         `via` on one peer and port",
        ours.short, theirs.name
    );
    let found = Diagnostic::new(&codes::VIA_KINDS_CLASH, mine.place, message)
        .note(format!(
            "the other rule is `{}` at {}:{}",
            rule.text, at.file, at.line
        ))
        .help("use one kind of clause in both packages, or let one of them own the pods");
    Some(found)
}
