//! What rules of different workloads do to each other at pods that both select (cilium-lowering.md
//! §6.2): a pod may have one or both, so nothing is dropped or widened.

use npl_policy::{http::ViaKind, label::Cube};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    bind::{OwnedId, Subject},
    class::ClassId,
    filed::Filed,
    findings::Finding,
    joint::{Effect, Found, Joint, Place, Users},
    normal::{Entry, Table, any_name, clashes, same_key},
    peers::Peer,
    plan::Plan,
    selector::respelled,
};

/// Entries that have to be spelled in another way: positions in the table of their workload.
pub(super) type Respelled = FxHashMap<OwnedId, FxHashSet<usize>>;

/// More classes than this beside one are not gone through for each of its rules.
const NEIGHBOURS_MANY: usize = 256;

/// The rules of each class.
struct Met<'p> {
    joints: FxHashMap<ClassId, Joint<'p>>,
    /// Where some class is beside very many.
    everywhere: Option<Everywhere<'p>>,
}

/// The rules of all classes by peer: of ten thousand neighbours few have rules for one peer.
struct Everywhere<'p> {
    filed: Filed<'p>,
    /// By position there: the class, and where its rule stands among its own.
    from: Vec<(ClassId, usize)>,
}

/// Compares the rules with a clause with those of the neighbours of their workloads.
pub(super) fn compare(plan: &Plan<'_>, tables: &[Table<'_>]) -> (Respelled, Vec<Finding>) {
    let classes = &plan.binder.classes;
    let clauses = |id: &OwnedId| tables.get(*id).is_some_and(|table| table.clauses);
    let asking: Vec<ClassId> = (0..classes.count())
        .filter(|class| classes.members(*class).iter().any(clauses))
        .collect();
    let met = meet(plan, tables, &asking);
    let results: Vec<Found> = asking
        .into_par_iter()
        .map(|class| of_class(plan, &met, class))
        .collect();
    let mut spelled = Respelled::default();
    let mut findings = Vec::new();
    for found in results {
        for user in found.respelled {
            spelled.entry(user.owner).or_default().insert(user.at);
        }
        findings.extend(found.findings);
    }
    (spelled, findings)
}

fn meet<'p>(plan: &Plan<'_>, tables: &[Table<'p>], asking: &[ClassId]) -> Met<'p> {
    let classes = &plan.binder.classes;
    let many = asking
        .iter()
        .any(|class| classes.reach(*class) > NEIGHBOURS_MANY);
    let some = |class: &ClassId| {
        let mut members = classes.members(*class).iter();
        members.any(|id| tables.get(*id).is_some_and(|t| !t.entries.is_empty()))
    };
    let met: FxHashSet<ClassId> = match many {
        true => (0..classes.count()).filter(some).collect(),
        false => asking
            .iter()
            .map(|class| (class, neighbours(plan, *class)))
            .filter(|(_, beside)| !beside.is_empty())
            .flat_map(|(class, beside)| beside.into_iter().chain([*class]))
            .collect(),
    };
    let joints: FxHashMap<ClassId, Joint<'_>> = met
        .into_par_iter()
        .map(|class| {
            let members = classes.members(class).iter();
            let members = members.filter_map(|id| Some((*id, tables.get(*id)?)));
            (class, Joint::new(plan, members))
        })
        .collect();
    let everywhere = many.then(|| {
        let (mut entries, mut from) = (Vec::new(), Vec::new());
        let all = (0..classes.count()).filter_map(|class| Some((class, joints.get(&class)?)));
        for (class, joint) in all {
            for (at, (entry, _)) in joint.shapes().enumerate() {
                entries.push(*entry);
                from.push((class, at));
            }
        }
        let filed = Filed::new(plan, entries);
        Everywhere { filed, from }
    });
    Met { joints, everywhere }
}

/// The classes with workloads beside one of a class; its own only if it has several.
fn neighbours(plan: &Plan<'_>, class: ClassId) -> Vec<ClassId> {
    let classes = &plan.binder.classes;
    let several = classes.members(class).len() > 1;
    let mut all = classes.neighbours(class);
    all.retain(|other| several || *other != class);
    all
}

fn of_class(plan: &Plan<'_>, met: &Met<'_>, class: ClassId) -> Found {
    let mut found = Found::default();
    let classes = &plan.binder.classes;
    let (Some(own), Some(pods)) = (met.joints.get(&class), classes.cube(class)) else {
        return found;
    };
    let mut known: Option<Vec<ClassId>> = None;
    let several = classes.members(class).len() > 1;
    for (entry, users) in own.shapes().filter(|(entry, _)| entry.clause.is_some()) {
        let mut look = |neighbour: ClassId, (other, others): (&Entry<'_>, &Users)| {
            if let Some(effect) = effect(plan, entry, other)
                && let Some(theirs) = classes.cube(neighbour)
                && !narrowed(entry, pods).disjoint(narrowed(other, theirs))
            {
                found.say(effect, users, others, Place::Other);
            }
        };
        let by_peer = met
            .everywhere
            .as_ref()
            .filter(|all| all.filed.reach(plan, entry) < classes.reach(class));
        if let Some(all) = by_peer {
            for at in all.filed.meeting(plan, entry) {
                if let Some(&(neighbour, at)) = all.from.get(at)
                    && (several || neighbour != class)
                    && classes.are_neighbours(class, neighbour)
                    && let Some(shape) = met.joints.get(&neighbour).and_then(|j| j.shape(at))
                {
                    look(neighbour, shape);
                }
            }
            continue;
        }
        for neighbour in known.get_or_insert_with(|| neighbours(plan, class)) {
            let joint = met.joints.get(neighbour).into_iter();
            for shape in joint.flat_map(|joint| joint.meeting(plan, entry)) {
                look(*neighbour, shape);
            }
        }
    }
    found
}

/// The pods at which an entry of a class stands.
fn narrowed<'a>(entry: &Entry<'a>, class: &'a Cube) -> &'a Cube {
    match entry.subject {
        Subject::Whole => class,
        Subject::Part(cube) => cube,
    }
}

/// What a rule does to one with a clause at a pod that may have one or both of them.
pub(super) fn effect(plan: &Plan<'_>, entry: &Entry<'_>, other: &Entry<'_>) -> Option<Effect> {
    if clashes(entry, other) {
        return Some(Effect::KindsClash);
    }
    if other.clause.is_some() {
        return None;
    }
    match entry.clause.map(|v| v.kind())? {
        ViaKind::Dns => {
            let exact = any_name(entry) || same_key(entry.ports, other.ports);
            (!exact).then_some(Effect::DnsInexact)
        }
        ViaKind::Http => Some(Effect::HttpClosesTheRest),
        ViaKind::Tls if !plan.peers.share_selector(entry.peer, other.peer) => None,
        ViaKind::Tls => match plan.peers.get(entry.peer) {
            Some(Peer::Pods(_, selector)) if respelled(&selector.selector).is_some() => {
                Some(Effect::Respelled)
            }
            _ => Some(Effect::ViaInexact),
        },
    }
}
