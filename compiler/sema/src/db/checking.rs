//! Everything that is wrong with one file.

use std::sync::Arc;

use npl_diagnostics::{
    Diagnostic, Place, TextRange,
    codes::{sets, syntax},
};
use npl_syntax::ast::ItemKind;
use rustc_hash::FxHashMap;

use super::{
    Db, SourceFile,
    beside::Refused,
    cut::{Item, declared, items, parse},
    evaluate::{lower, lowers, value},
    ignoring::ignores,
    module::module_scope,
    usage::mentions,
};
use crate::limits::LABELS_MAX;

/// What nothing in the package uses is left out: that depends on all of it. Of a dependency: what
/// is wrong with its declarations, since its rules are not compiled here.
#[salsa::tracked(returns(ref))]
pub(crate) fn check(db: &dyn Db, file: SourceFile) -> Arc<[Diagnostic<Place>]> {
    let own = file.package(db).owns(db);
    let cut = items(db, file);
    let mut out: Vec<Diagnostic<Place>> = Vec::new();
    let in_file = |range| Place::in_file(file.id(db), range);
    out.extend(cut.diagnostics.iter().map(|d| d.clone().map(in_file)));
    for item in &cut.items {
        let parsed = parse(db, *item);
        let in_item = |range| item.place(db, range);
        let told = parsed.diagnostics.iter().cloned();
        let told = told.map(|d| not_a_name(db, *item, d));
        out.extend(told.map(|d| d.map(in_item)));
        let refused = Refused::of(item.text(db), parsed);
        let new = |d: &&Diagnostic<Place>| !refused.tells(d, in_item);
        let word = item.word(db);
        if word.declares() {
            let found = value(db, *item).diagnostics.iter();
            out.extend(found.filter(new).cloned());
        }
        if own && lowers(word) {
            let found = lower(db, *item).diagnostics.iter();
            out.extend(found.filter(new).cloned());
        }
    }
    let mut out = once_for_each_word(once_for_all_namespaces(db, file, out));
    let scope = module_scope(db, file).diagnostics.iter();
    out.extend(scope.filter(|d| !torn_import(db, file, d)).cloned());
    out.extend_from_slice(&mentions(db, file).diagnostics);
    if own {
        out.extend_from_slice(&ignores(db, file).diagnostics);
    } else {
        out.retain(Diagnostic::is_error);
    }
    out.into()
}

/// `use std.cloud.{meta data}`: of the two halves of a name neither is one.
fn torn_import(db: &dyn Db, file: SourceFile, found: &Diagnostic<Place>) -> bool {
    let at = found.at.range;
    let mut uses = declared(db, file).uses.iter();
    let item = uses.find(|item| item.place(db, at) == found.at);
    let errors = item.map(|item| parse(db, *item).diagnostics.iter());
    let mut errors = errors.into_iter().flatten();
    errors.any(|d| d.code == &syntax::MISSING_COMMA && (d.at == at || d.at.start == at.end + 1))
}

/// Quotes around a word that names something make another program of it: nobody but the author
/// knows which was meant.
fn not_a_name(
    db: &dyn Db,
    item: Item<'_>,
    mut found: Diagnostic<TextRange>,
) -> Diagnostic<TextRange> {
    if found.code != &syntax::UNQUOTED_STRING {
        return found;
    }
    let word = item.text(db).get(found.at.as_usize()).unwrap_or_default();
    let formal = match &parse(db, item).item.kind {
        ItemKind::Template { formals, .. } => formals.iter().any(|f| f.name.node == word),
        _ => false,
    };
    if formal || module_scope(db, item.file(db)).get(word).is_some() {
        for fix in &mut found.fixes {
            fix.safe = false;
        }
        found = found.note(format!(
            "`{word}` is declared, but a name cannot stand here: only text in quotes"
        ));
    }
    found
}

/// One `namespace` at the top of a file is missing, however many workloads are in none; nothing is
/// where there is one that is broken.
fn once_for_all_namespaces(
    db: &dyn Db,
    file: SourceFile,
    found: Vec<Diagnostic<Place>>,
) -> Vec<Diagnostic<Place>> {
    let (mut none, mut out): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|d| d.code == &sets::NO_NAMESPACE && !d.fixes.is_empty());
    let broken = |item: Item<'_>| !parse(db, item).item.whole;
    let meant = |d: &Diagnostic<Place>| {
        let meant = d.fixes.iter().flat_map(|fix| &fix.edits);
        d.code == &syntax::MISSING_KEYWORD && meant.into_iter().any(|e| e.text == "namespace")
    };
    let named = declared(db, file).namespaces.iter().any(|n| broken(n.item));
    // What the file begins with and nobody understands may have been one.
    let first = items(db, file).items.first().copied();
    let named = named || first.is_some_and(|i| parse(db, i).item.kind == ItemKind::Error);
    if none.is_empty() || named || out.iter().any(meant) {
        return out;
    }
    let mut first = none.remove(0);
    for more in none {
        if first.labels.len() < LABELS_MAX {
            first = first.also(more.at, "this is in none too");
        }
        let edits = more.fixes.into_iter().flat_map(|fix| fix.edits);
        if let Some(fix) = first.fixes.first_mut() {
            fix.edits.extend(edits);
        }
    }
    out.push(first);
    out
}

/// A reserved word that a declaration takes for its name is one mistake, wherever the file uses the
/// name: the other places are named beside the first.
fn once_for_each_word(found: Vec<Diagnostic<Place>>) -> Vec<Diagnostic<Place>> {
    let mut out: Vec<Diagnostic<Place>> = Vec::with_capacity(found.len());
    let mut first: FxHashMap<String, usize> = FxHashMap::default();
    for diagnostic in found {
        // Where the word can be quoted, each place is mended by itself.
        if diagnostic.code != &syntax::RESERVED_WORD || !diagnostic.fixes.is_empty() {
            out.push(diagnostic);
            continue;
        }
        match first
            .get(&diagnostic.message)
            .and_then(|at| out.get_mut(*at))
        {
            Some(one) if one.labels.len() < LABELS_MAX => {
                *one = one.clone().also(diagnostic.at, "also named here");
            }
            Some(_) => {}
            None => {
                first.insert(diagnostic.message.clone(), out.len());
                out.push(diagnostic);
            }
        }
    }
    out
}
