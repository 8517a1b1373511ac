//! Places to positions, positions to items.

use npl_diagnostics::{Anchor, FileId, LineIndex, Place, Span, TextRange};
use smol_str::SmolStr;

use super::Host;
use crate::db;

/// The item that stands at a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemAt {
    /// What places of this item hang on.
    pub anchor: Anchor,
    /// From its keyword to its end.
    pub span: Span,
    /// What it declares.
    pub name: Option<SmolStr>,
    /// Without the comments before it.
    pub text: SmolStr,
    /// The `///` lines before it.
    pub doc: Option<SmolStr>,
}

impl Host {
    /// Where a place is now. One of an item that an edit took away is the start of its file.
    pub fn resolve(&self, place: Place) -> Span {
        match place.anchor {
            Anchor::File(file) => Span {
                file,
                range: place.range,
            },
            Anchor::Item(key) => {
                let file = db::file_of(key);
                let found = self.source_file(file);
                let item = found.and_then(|f| db::items(&self.db, f).find(key));
                let range = item.map_or(TextRange::at(0), |item| {
                    place.range.shift(item.offset(&self.db))
                });
                Span { file, range }
            }
        }
    }

    /// The item at a line of a source; lines count from 1. Of several on one line the first; a line
    /// between two items belongs to none.
    pub fn item_at(&self, path: &str, line: u32) -> Option<ItemAt> {
        let id = *self.by_path.get(path)?;
        let file = self.source_file(id)?;
        let text = self.texts.get(id.0 as usize)?.text.clone();
        let range = LineIndex::new(&text).line_range(&text, line)?;
        let items = &db::items(&self.db, file).items;
        let at = items.partition_point(|item| {
            let length = item.text(&self.db).len();
            item.offset(&self.db) as usize + length <= range.start as usize
        });
        let item = *items.get(at)?;
        if item.offset(&self.db) > range.end {
            return None;
        }
        Some(self.item(id, item))
    }

    fn item(&self, file: FileId, item: db::Item<'_>) -> ItemAt {
        let db = &self.db;
        let tree = &db::parse(db, item).item;
        let own = tree.span;
        let text = item.text(db).get(own.as_usize()).unwrap_or_default();
        ItemAt {
            anchor: Anchor::Item(item.key(db)),
            span: Span {
                file,
                range: own.shift(item.offset(db)),
            },
            name: item.name(db).clone(),
            text: SmolStr::new(text),
            doc: tree.doc.clone(),
        }
    }
}
