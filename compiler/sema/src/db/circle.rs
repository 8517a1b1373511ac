//! Declarations that stand for themselves, and chains of them that are too long. Found for a whole
//! package at once, in linear time, so that evaluation never meets one.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, Place, codes::names};
use petgraph::{algo::kosaraju_scc, graph::DiGraph, prelude::NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{
    Db, Package, SourceFile,
    cut::{Item, declared, name_range, parse},
    module::{Binding, module_scope},
    refs::refs,
};
use crate::limits::NESTING_MAX;

/// Names shown of a circle.
const SHOWN: usize = 8;

/// What one declaration mentions of its own package.
#[derive(salsa::SalsaValue, PartialEq, Eq)]
pub(crate) struct Edges<'db> {
    item: Item<'db>,
    to: Vec<Item<'db>>,
}

/// Of the declarations of a file that mention others.
#[salsa::tracked(returns(ref))]
pub(crate) fn edges<'db>(db: &'db dyn Db, file: SourceFile) -> Vec<Edges<'db>> {
    let mut out = Vec::new();
    let scope = module_scope(db, file);
    for item in &declared(db, file).all {
        let (found, _) = refs(&parse(db, *item).item);
        let to = found
            .iter()
            .filter_map(|r| match r.path.segments.as_slice() {
                [only] => match scope.get(&only.node) {
                    Some(Binding::Item(to)) => Some(to),
                    _ => None,
                },
                _ => None,
            });
        let to: Vec<_> = to
            .filter(|to| to.file(db).package(db) == file.package(db))
            .collect();
        if !to.is_empty() {
            out.push(Edges { item: *item, to });
        }
    }
    out
}

/// Why a declaration has no value, by key.
pub(crate) type Circles = FxHashMap<u64, Verdict>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The names of its circle, from its first declaration on.
    Circle { first: u64, names: Arc<[SmolStr]> },
    /// Longer than the limit by one: those that stand on it are silent.
    TooDeep { report: bool },
}

#[salsa::tracked(returns(ref))]
pub(crate) fn circles<'db>(db: &'db dyn Db, package: Package) -> Circles {
    let mut graph: DiGraph<Item<'db>, ()> = DiGraph::new();
    let mut nodes: FxHashMap<u64, NodeIndex> = FxHashMap::default();
    let mut node = |graph: &mut DiGraph<Item<'db>, ()>, item: Item<'db>| {
        *nodes
            .entry(item.key(db))
            .or_insert_with(|| graph.add_node(item))
    };
    for file in package.files(db) {
        for edge in edges(db, *file) {
            let from = node(&mut graph, edge.item);
            for to in &edge.to {
                let to = node(&mut graph, *to);
                graph.add_edge(from, to, ());
            }
        }
    }
    judge(db, &graph)
}

fn judge<'db>(db: &'db dyn Db, graph: &DiGraph<Item<'db>, ()>) -> Circles {
    let mut out = Circles::default();
    let mut depth: Vec<usize> = vec![0; graph.node_count()];
    // What a component points at comes before it.
    for component in kosaraju_scc(graph) {
        let first = component.first().copied().unwrap_or_default();
        if component.len() > 1 || graph.contains_edge(first, first) {
            let (first, names) = round(db, graph, &component);
            for node in &component {
                if let Some(item) = graph.node_weight(*node) {
                    let names = Arc::clone(&names);
                    out.insert(item.key(db), Verdict::Circle { first, names });
                }
            }
            continue;
        }
        let below = graph
            .neighbors(first)
            .map(|to| depth.get(to.index()).copied());
        let own = below.flatten().max().map_or(0, |deepest| deepest + 1);
        if let Some(slot) = depth.get_mut(first.index()) {
            *slot = own;
        }
        if own >= NESTING_MAX
            && let Some(item) = graph.node_weight(first)
        {
            let report = own == NESTING_MAX;
            out.insert(item.key(db), Verdict::TooDeep { report });
        }
    }
    out
}

/// The first declaration of a circle in order of (file, text), and one way round from there.
fn round<'db>(
    db: &'db dyn Db,
    graph: &DiGraph<Item<'db>, ()>,
    component: &[NodeIndex],
) -> (u64, Arc<[SmolStr]>) {
    let name = |node: NodeIndex| {
        let item = graph.node_weight(node);
        item.and_then(|item| item.name(db).clone())
            .unwrap_or_default()
    };
    // Nodes are made in order of (file, text) of what mentions or is mentioned first.
    let Some(start) = component.iter().copied().min() else {
        return (0, Arc::from([]));
    };
    let inside: FxHashSet<NodeIndex> = component.iter().copied().collect();
    let mut names = vec![name(start)];
    let mut at = start;
    let mut seen = FxHashSet::from_iter([start]);
    while names.len() < SHOWN {
        let next = graph.neighbors(at).filter(|to| inside.contains(to));
        let next = next.min_by_key(|to| (*to != start, seen.contains(to), *to));
        let Some(next) = next.filter(|next| seen.insert(*next)) else {
            break;
        };
        names.push(name(next));
        at = next;
    }
    let first = graph.node_weight(start).map_or(0, |item| item.key(db));
    (first, Arc::from(names))
}

/// The finding at a declaration that has no value.
pub(crate) fn report(db: &dyn Db, item: Item<'_>, verdict: &Verdict) -> Option<Diagnostic<Place>> {
    let here = item.place(db, name_range(db, item));
    let own = item.name(db).as_deref().unwrap_or_default();
    match verdict {
        Verdict::Circle { first, names } => {
            // One finding for the whole circle.
            if *first != item.key(db) {
                return None;
            }
            let text = format!("`{own}` stands for itself");
            let round: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
            let found = Diagnostic::new(&names::CYCLIC_DECLARATION, here, text);
            let found = match round.as_slice() {
                [_] => found,
                _ => found.note(format!("the circle is {} and back", round.join(", "))),
            };
            Some(found.help("take it out of its own declaration"))
        }
        Verdict::TooDeep { report: true } => {
            let text = format!("`{own}` is the end of a chain of more than {NESTING_MAX} names");
            let found = Diagnostic::new(&names::NESTING_TOO_DEEP, here, text);
            Some(found.help("name the members directly"))
        }
        Verdict::TooDeep { report: false } => None,
    }
}
