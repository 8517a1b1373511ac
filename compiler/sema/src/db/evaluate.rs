//! Items evaluated: declarations to values, the rest to what they add to the model.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, Place};
use npl_syntax::{ItemWord, ast::ItemKind};

use super::{
    Db, ItemScope,
    circle::report,
    cut::{Item, parse},
};
use crate::{eval, lowered::Lowered, value::Value};

/// A declaration's value, and what is wrong with it.
#[derive(Debug, PartialEq)]
pub(crate) struct ItemValue {
    pub(crate) value: Value,
    pub(crate) diagnostics: Vec<Diagnostic<Place>>,
}

impl ItemValue {
    fn error(diagnostics: Vec<Diagnostic<Place>>) -> Self {
        Self {
            value: Value::Error,
            diagnostics,
        }
    }
}

#[salsa::tracked(returns(ref), cycle_result = circle)]
pub(crate) fn value<'db>(db: &'db dyn Db, item: Item<'db>) -> ItemValue {
    let tree = &parse(db, item).item;
    if matches!(tree.kind, ItemKind::Error) {
        return ItemValue::error(Vec::new());
    }
    let file = item.file(db);
    if may_mention(item.word(db))
        && let Some(verdict) = file.package(db).known_circles(db).get(&item.key(db))
    {
        return ItemValue::error(report(db, item, verdict).into_iter().collect());
    }
    let (value, diagnostics) = eval::declare(tree, &scope(db, item));
    ItemValue { value, diagnostics }
}

/// Never reached as long as `circles` knows every mention; a declaration without a value is the
/// safe answer if it ever is.
fn circle(_: &dyn Db, _: salsa::Id, _: Item<'_>) -> ItemValue {
    ItemValue::error(Vec::new())
}

/// Whether a declaration may mention others.
pub(crate) fn may_mention(word: ItemWord) -> bool {
    !matches!(
        word,
        ItemWord::Workload | ItemWord::Foreign | ItemWord::Service
    )
}

pub(crate) fn scope<'db>(db: &'db dyn Db, item: Item<'db>) -> ItemScope<'db> {
    ItemScope {
        db,
        file: item.file(db),
        key: item.key(db),
    }
}

#[salsa::tracked(returns(ref))]
pub(crate) fn lower<'db>(db: &'db dyn Db, item: Item<'db>) -> Arc<Lowered> {
    let tree = &parse(db, item).item;
    Arc::new(eval::lower(tree, item.text(db), &scope(db, item)))
}

/// Whether an item adds to the model, or may be wrong, beyond its value.
pub(crate) fn lowers(word: ItemWord) -> bool {
    matches!(
        word,
        ItemWord::Allow
            | ItemWord::Deny
            | ItemWord::Apply
            | ItemWord::Assert
            | ItemWord::Test
            | ItemWord::Template
    )
}
