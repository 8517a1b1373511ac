//! Files cut into items, and items parsed.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use npl_diagnostics::{Diagnostic, FileId, Place, TextRange};
use npl_syntax::{ItemWord, Parsed, ast};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use smol_str::SmolStr;

use super::{Db, SourceFile};

/// One item. It is the same item after an edit if it has the same word and name, or, without a
/// name, the same text; equal ones are told apart by their order.
#[salsa::tracked]
pub(crate) struct Item<'db> {
    /// The anchor of its places: the file's number, and what it is known by.
    #[returns(copy)]
    pub(crate) key: u64,
    #[returns(copy)]
    pub(crate) file: SourceFile,
    #[returns(copy)]
    pub(crate) word: ItemWord,
    pub(crate) name: Option<SmolStr>,
    #[tracked]
    pub(crate) text: Arc<str>,
    #[tracked]
    #[returns(copy)]
    pub(crate) offset: u32,
}

impl<'db> Item<'db> {
    pub(crate) fn place(self, db: &'db dyn Db, range: TextRange) -> Place {
        Place::in_item(self.key(db), range)
    }
}

/// A file, cut.
#[derive(salsa::SalsaValue, PartialEq, Eq)]
pub(crate) struct FileItems<'db> {
    /// In order of the text.
    pub(crate) items: Vec<Item<'db>>,
    /// Index into `items` by key; sorted.
    by_key: Vec<(u64, u32)>,
    /// Of what stands outside of items; counted from the start of the file.
    pub(crate) diagnostics: Vec<Diagnostic<TextRange>>,
}

impl<'db> FileItems<'db> {
    pub(crate) fn find(&self, key: u64) -> Option<Item<'db>> {
        let at = self.by_key.binary_search_by_key(&key, |(k, _)| *k).ok()?;
        let (_, index) = self.by_key.get(at)?;
        self.items.get(*index as usize).copied()
    }
}

/// Bits of a key that tell the items of one file apart.
const KEY_BITS: u32 = 40;

/// The file that holds the item of a key.
pub(crate) fn file_of(key: u64) -> FileId {
    FileId(u32::try_from(key >> KEY_BITS).unwrap_or(u32::MAX))
}

#[salsa::tracked(returns(ref))]
pub(crate) fn items<'db>(db: &'db dyn Db, file: SourceFile) -> FileItems<'db> {
    let text = file.text(db);
    let tokens = npl_syntax::lex(text);
    let (raw, diagnostics) = npl_syntax::cut(text, &tokens);
    let mut keys = Keys::of(file.id(db), raw.len());
    let mut items = Vec::with_capacity(raw.len());
    let mut by_key = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        let own = text.get(raw.range.as_usize()).unwrap_or_default();
        let key = keys.next(raw.kind, raw.name.as_deref().unwrap_or(own));
        by_key.push((key, u32::try_from(index).unwrap_or(u32::MAX)));
        items.push(Item::new(
            db,
            key,
            file,
            raw.kind,
            raw.name,
            Arc::from(own),
            raw.range.start,
        ));
    }
    by_key.sort_unstable();
    FileItems {
        items,
        by_key,
        diagnostics,
    }
}

/// Gives each item of a file a number of its own.
struct Keys {
    file: u64,
    seen: FxHashMap<u64, u32>,
    taken: FxHashSet<u64>,
}

impl Keys {
    fn of(file: FileId, count: usize) -> Self {
        Self {
            file: u64::from(file.0) << KEY_BITS,
            seen: FxHashMap::with_capacity_and_hasher(count, Default::default()),
            taken: FxHashSet::with_capacity_and_hasher(count, Default::default()),
        }
    }

    fn next(&mut self, word: ItemWord, known_by: &str) -> u64 {
        let base = hash((word, known_by));
        let occurrence = self.seen.entry(base).or_default();
        *occurrence += 1;
        let mut own = match *occurrence {
            1 => base,
            again => hash((base, again)),
        } >> (u64::BITS - KEY_BITS);
        // Two different items may meet in 40 bits: the later one moves on.
        while !self.taken.insert(own) {
            own = (own + 1) & ((1 << KEY_BITS) - 1);
        }
        self.file | own
    }
}

fn hash(what: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    what.hash(&mut hasher);
    hasher.finish()
}

#[salsa::tracked(returns(ref))]
pub(crate) fn parse<'db>(db: &'db dyn Db, item: Item<'db>) -> Parsed {
    npl_syntax::parse_item(item.text(db))
}

/// The names that a file declares, and its items that are about names.
#[derive(salsa::SalsaValue, PartialEq, Eq)]
pub(crate) struct Declared<'db> {
    /// Every item that declares a name, in order; of equal names all.
    pub(crate) all: Vec<Item<'db>>,
    /// Index into `all`; of equal names the first.
    by_name: FxHashMap<SmolStr, u32>,
    pub(crate) uses: Vec<Item<'db>>,
    /// `namespace` items, each with whether a declaration stands before it.
    pub(crate) namespaces: Vec<Namespace<'db>>,
}

#[derive(salsa::SalsaValue, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Namespace<'db> {
    pub(crate) item: Item<'db>,
    pub(crate) late: bool,
}

impl<'db> Declared<'db> {
    pub(crate) fn get(&self, name: &str) -> Option<Item<'db>> {
        let at = self.by_name.get(name)?;
        self.all.get(*at as usize).copied()
    }
}

#[salsa::tracked(returns(ref))]
pub(crate) fn declared<'db>(db: &'db dyn Db, file: SourceFile) -> Declared<'db> {
    let mut out = Declared {
        all: Vec::new(),
        by_name: FxHashMap::default(),
        uses: Vec::new(),
        namespaces: Vec::new(),
    };
    let mut began = false;
    for item in &items(db, file).items {
        match item.word(db) {
            ItemWord::Namespace => out.namespaces.push(Namespace {
                item: *item,
                late: began,
            }),
            ItemWord::Use => out.uses.push(*item),
            word if word.declares() => {
                began = true;
                if let Some(name) = item.name(db) {
                    let at = u32::try_from(out.all.len()).unwrap_or(u32::MAX);
                    out.by_name.entry(name.clone()).or_insert(at);
                    out.all.push(*item);
                }
            }
            _ => {}
        }
    }
    out
}

/// Whether the name of an item is this item's: of two with one name it is the first one's.
pub(crate) fn declares(db: &dyn Db, file: SourceFile, item: Item<'_>) -> bool {
    let name = item.name(db).as_deref();
    name.and_then(|name| declared(db, file).get(name)) == Some(item)
}

/// The name that an item declares, with its place.
pub(crate) fn name_of(item: &ast::Item) -> Option<&ast::Name> {
    use ast::ItemKind as K;
    match &item.kind {
        K::Workload(workload) => Some(&workload.name),
        K::External { name, .. }
        | K::Network { name, .. }
        | K::Group { name, .. }
        | K::Service { name, .. }
        | K::Port { name, .. }
        | K::Param { name, .. }
        | K::Template { name, .. } => Some(name),
        _ => None,
    }
}

/// Where the declared name of an item stands; its first byte where the item did not parse.
pub(crate) fn name_range(db: &dyn Db, item: Item<'_>) -> TextRange {
    name_of(&parse(db, item).item).map_or(TextRange::at(0), |name| name.span)
}
