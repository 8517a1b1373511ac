//! Which names a file mentions: unknown ones are reported, known ones are used.

use npl_diagnostics::{
    Diagnostic, Nearest, Place, TextRange,
    codes::{names, syntax},
};
use npl_syntax::{ItemWord, Parsed, TokenKind as T, lex};
use rustc_hash::FxHashSet;

use super::{
    Db, Package, SourceFile,
    cut::{Item, declared, items, name_range, parse},
    evaluate::{may_mention, value},
    importing::Import,
    module::{Binding, module_scope},
    refs::{Ref, Wanted, refs},
    unknown::Unknowns,
};
use crate::{eval::prelude, value::Value};

/// Names mentioned in one file.
#[derive(PartialEq)]
pub(crate) struct Mentions {
    /// Keys of the declarations that the file mentions, other than in themselves; sorted.
    used: Vec<u64>,
    /// No mention is hidden by a syntax error.
    complete: bool,
    pub(crate) diagnostics: Vec<Diagnostic<Place>>,
}

#[salsa::tracked(returns(ref))]
pub(crate) fn mentions(db: &dyn Db, file: SourceFile) -> Mentions {
    let scope = module_scope(db, file);
    let mut walk = Walk {
        db,
        file,
        used: FxHashSet::default(),
        mentioned: FxHashSet::default(),
        words: FxHashSet::default(),
        near: None,
        unknown: Unknowns::default(),
        complete: true,
    };
    let own = file.package(db).owns(db);
    for item in &items(db, file).items {
        // A dependency's rules are not compiled here.
        if own || item.word(db).declares() {
            walk.item(*item);
        }
    }
    let Walk {
        mut used,
        mut mentioned,
        unknown,
        complete,
        ..
    } = walk;
    let (mut diagnostics, meant) = unknown.report(db, file, &scope.meant);
    // A name that was misspelt is used, if by another name.
    for name in meant {
        mentioned.insert(name);
        if let Some(Binding::Item(target)) = scope.get(name) {
            used.insert(target.key(db));
        }
    }
    // A dependency's leftovers are its own affair.
    if complete && own {
        for import in &scope.imports {
            if import.fine && import.target.is_some() && !mentioned.contains(import.name.as_str()) {
                diagnostics.push(unused_import(db, import));
            }
        }
    }
    // An import that nothing mentions is reported as such, and its target counts as used.
    used.extend(scope.imports.iter().filter_map(|i| Some(i.target?.key(db))));
    let mut used: Vec<u64> = used.into_iter().collect();
    used.sort_unstable();
    Mentions {
        used,
        complete,
        diagnostics,
    }
}

/// The names of one file, as they are met.
struct Walk<'db> {
    db: &'db dyn Db,
    file: SourceFile,
    used: FxHashSet<u64>,
    mentioned: FxHashSet<&'db str>,
    /// Of texts that do not parse: each is looked for once.
    words: FxHashSet<&'db str>,
    /// The names of the file, where such a word asks for them.
    near: Option<Nearest<'db>>,
    unknown: Unknowns<'db, 'db>,
    complete: bool,
}

impl<'db> Walk<'db> {
    fn item(&mut self, item: Item<'db>) {
        let db = self.db;
        let parsed = parse(db, item);
        if parsed.diagnostics.iter().any(Diagnostic::is_error) {
            // What was given up may have named anything; a line without its word names what it
            // names.
            self.complete &= parsed.item.whole || !may_mention(item.word(db));
            self.complete &= self.text(item);
            // The name that a reserved word stands for is gone.
            let reserved = |d: &Diagnostic<_>| d.code == &syntax::RESERVED_WORD;
            let hidden = may_mention(item.word(db)) && parsed.diagnostics.iter().any(reserved);
            self.complete &= !hidden;
        }
        let (paths, quoted) = refs(&parsed.item);
        for name in quoted {
            self.mention(item, name);
        }
        for found in paths {
            if !told_by_parser(parsed, item.text(db), found.path.span) {
                self.found(item, found);
            }
        }
    }

    fn found(&mut self, item: Item<'db>, found: Ref<'db>) {
        let scope = module_scope(self.db, self.file);
        let segments = found.path.segments.as_slice();
        let ([only], false) = (segments, found.wanted == Wanted::Nothing) else {
            // `office.x` means `office`, if it means anything.
            if let Some(first) = segments.first() {
                self.mention(item, &first.node);
            }
            qualified(self.db, self.file, item, &found, &mut self.unknown);
            return;
        };
        match scope.get(&only.node) {
            Some(_) => self.mention(item, &only.node),
            None if prelude::entity(&only.node).is_some() => {}
            None => self.unknown.add(self.db, item, found),
        }
    }

    /// A name that the file binds, in an item: of its own name no declaration makes a use.
    fn mention(&mut self, item: Item<'db>, name: &'db str) {
        let bound = module_scope(self.db, self.file).get(name);
        if bound.is_some() {
            self.mentioned.insert(name);
        }
        if let Some(Binding::Item(target)) = bound
            && target != item
        {
            self.used.insert(target.key(self.db));
        }
    }

    /// `off ice`, `allowoffice`: a name with a blank too many or too few.
    fn in_pieces(&mut self, item: Item<'db>, before: &str, word: &'db str) {
        let behind = BEFORE_ENDS.iter().filter_map(|w| word.strip_prefix(w));
        for name in behind {
            self.mention(item, name);
        }
        let whole = format!("{before}{word}");
        if let Some(Binding::Item(target)) = module_scope(self.db, self.file).get(&whole)
            && let Some(name) = target.name(self.db)
        {
            self.mention(item, name);
        }
    }

    /// Every word of a text that does not parse, or the name that is near to it, may be a mention.
    /// `false`: words may be hidden.
    fn text(&mut self, item: Item<'db>) -> bool {
        let text: &'db str = item.text(self.db);
        let own = item.name(self.db).as_deref();
        let tokens = lex(text);
        let mut before = "";
        let mut itself = 0;
        for (_, range) in tokens.iter().filter(|(kind, _)| kind.is_name()) {
            let word = text.get(range.as_usize()).unwrap_or_default();
            // A line without its word belongs to the item above, and may name it.
            itself += u32::from(own == Some(word));
            if itself > 1 {
                self.used.insert(item.key(self.db));
            }
            self.in_pieces(item, before, word);
            before = word;
            if own == Some(word) || !self.words.insert(word) {
                continue;
            }
            let scope = module_scope(self.db, self.file);
            // the name as it is bound; else the nearest one, which is mostly what was meant
            let names = || Nearest::new(scope.names());
            let name = match scope.get(word) {
                Some(_) => Some(word),
                None => self.near.get_or_insert_with(names).of(word),
            };
            if let Some(name) = name {
                self.mention(item, name);
            }
        }
        let hides = |kind| matches!(kind, T::OpenStr | T::SingleQuoted | T::BlockComment);
        !tokens.iter().any(|(kind, _)| hides(kind))
    }
}

/// Words that stand before an end.
const BEFORE_ENDS: [&str; 7] = [
    "allow", "deny", "assert", "only", "apply", "within", "except",
];

/// Where the parser stops at a name, or gives up behind it, that is what is wrong with the name.
fn told_by_parser(parsed: &Parsed, text: &str, name: TextRange) -> bool {
    let mut errors = parsed.diagnostics.iter().filter(|d| d.is_error());
    errors.any(|error| {
        let between = text.get(name.end as usize..error.at.start as usize);
        let behind = between.is_some_and(|between| between.trim().is_empty());
        // `allow from a -> b:80`: the word too many is mostly the one before.
        let words = [&syntax::UNEXPECTED_TOKEN, &syntax::MISSING_COMMA].contains(&error.code);
        // `a -> b:pgis allowed`.
        let written = text.get(name.as_usize()).unwrap_or_default();
        let glued = error.code == &syntax::MISSING_VERDICT && written.ends_with("is");
        // `… is deniedapi -> b:80`: the flow before it lacks its verdict.
        let verdict = ["allowed", "denied"].iter().any(|w| written.starts_with(w));
        let before = text.get(error.at.end as usize..name.start as usize);
        if verdict && before.is_some_and(|between| between.trim().is_empty()) {
            return true;
        }
        error.at.start == name.start || (behind && (words || glued || !parsed.item.whole))
    })
}

/// `icmp.echo`; nothing else is known by a path of several segments.
fn qualified<'db, 'a>(
    db: &'db dyn Db,
    file: SourceFile,
    item: Item<'db>,
    found: &Ref<'a>,
    unknown: &mut Unknowns<'db, 'a>,
) {
    let known = match found.path.segments.as_slice() {
        _ if found.wanted == Wanted::Nothing => true,
        [module, name] => module.node == prelude::ICMP && prelude::icmp(&name.node).is_some(),
        _ => false,
    };
    if !known {
        unknown.add_path(db, file, item, found);
    }
}

fn unused_import(db: &dyn Db, import: &Import<'_>) -> Diagnostic<Place> {
    let text = format!("`{}` is imported and not used", import.name);
    let here = import.item.place(db, import.range);
    let found = Diagnostic::new(&names::UNUSED_IMPORT, here, text);
    let tree = &parse(db, import.item).item;
    let npl_syntax::ast::ItemKind::Use(tree_use) = &tree.kind else {
        return found;
    };
    let alone = match &tree_use.what {
        npl_syntax::ast::UseWhat::Names(list) => list.len() == 1,
        _ => true,
    };
    let found = found.help("use it, or remove the import");
    if alone {
        let whole = import.item.place(db, tree.span);
        return found.fix("remove the import", false, whole, "");
    }
    let text = import.item.text(db);
    let (mut start, mut end) = (import.range.start as usize, import.range.end as usize);
    // The comma goes with the name: the one behind it, or the one before the last name.
    let after = text.get(end..).unwrap_or_default();
    let blanks = after.len() - after.trim_start().len();
    if after.trim_start().starts_with(',') {
        let rest = after.trim_start().strip_prefix(',').unwrap_or_default();
        end += blanks + 1 + (rest.len() - rest.trim_start().len());
    } else {
        let before = text.get(..start).unwrap_or_default().trim_end();
        start = before.strip_suffix(',').map_or(start, str::len);
    }
    let at = |n| u32::try_from(n).unwrap_or(u32::MAX);
    let range = TextRange::new(at(start), at(end));
    found.fix("remove the name", false, import.item.place(db, range), "")
}

/// The same without the findings, so that a new finding in one file makes no other file's work
/// anew. `None`: a mention may be hidden.
#[salsa::tracked(returns(ref))]
fn used_in_file(db: &dyn Db, file: SourceFile) -> Option<Vec<u64>> {
    let found = mentions(db, file);
    found.complete.then(|| found.used.clone())
}

/// Keys of the declarations that some file of a package mentions; `None` where a syntax error may
/// hide a mention.
#[salsa::tracked(returns(ref))]
pub(crate) fn used(db: &dyn Db, package: Package) -> Option<FxHashSet<u64>> {
    let mut out = FxHashSet::default();
    for file in package.files(db) {
        out.extend(used_in_file(db, *file).as_ref()?);
    }
    Some(out)
}

/// Declarations of a file that nothing in its package mentions. An owned workload seals, and is
/// used by that alone.
#[salsa::tracked(returns(ref))]
pub(crate) fn unused(db: &dyn Db, file: SourceFile) -> Vec<Diagnostic<Place>> {
    let mut out = Vec::new();
    let Some(used) = used(db, file.package(db)) else {
        return out;
    };
    for item in &declared(db, file).all {
        let name = item.name(db).as_deref().unwrap_or_default();
        let first = declared(db, file).get(name) == Some(*item);
        if item.word(db) == ItemWord::Workload || !first || used.contains(&item.key(db)) {
            continue;
        }
        // What is wrong is not told twice.
        if value(db, *item).value == Value::Error {
            continue;
        }
        let text = format!("`{name}` is declared and never used");
        let here = item.place(db, name_range(db, *item));
        let found = Diagnostic::new(&names::UNUSED_DECLARATION, here, text)
            .help("use it in a rule, or remove it");
        out.push(found);
    }
    out
}
