//! Names that a broken item was to bring in. Its own finding says what is wrong; that the names are
//! missing is the same mistake, so that nothing says it of each of their uses.

use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};
use npl_syntax::{
    ItemWord, TokenKind as T,
    ast::{ItemKind, UseWhat},
    is_reserved, lex,
};
use smol_str::{SmolStr, format_smolstr};

use super::{
    Db, SourceFile,
    cut::{Item, items, name_of, parse},
};

/// Stands for the name of a declaration that lacks one: nobody knows which.
pub(crate) const NAMELESS: &str = "";

/// Sorted, no duplicates. Those of a template's body too: that they stand there is the mistake.
#[salsa::tracked(returns(ref))]
pub(crate) fn intended(db: &dyn Db, file: SourceFile) -> Vec<SmolStr> {
    let mut out = Vec::new();
    for item in &items(db, file).items {
        if let ItemKind::Template { body, .. } = &parse(db, *item).item.kind {
            out.extend(body.iter().flat_map(|item| brought_in(&item.kind)).cloned());
            out.extend(
                body.iter()
                    .filter_map(name_of)
                    .map(|name| name.node.clone()),
            );
        }
        let errors = parse(db, *item).diagnostics.iter();
        let errors: Vec<_> = errors.filter(|d| d.is_error()).collect();
        if !errors.is_empty() {
            of_item(db, *item, &errors, &mut out);
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// The names that a `use` brings in.
fn brought_in(kind: &ItemKind) -> Vec<&SmolStr> {
    let ItemKind::Use(tree) = kind else {
        return Vec::new();
    };
    match &tree.what {
        UseWhat::Last => tree
            .path
            .segments
            .last()
            .map(|name| &name.node)
            .into_iter()
            .collect(),
        UseWhat::As(name) => vec![&name.node],
        UseWhat::Names(list) => list.iter().map(|name| &name.node).collect(),
    }
}

fn of_item(db: &dyn Db, item: Item<'_>, errors: &[&Diagnostic<TextRange>], out: &mut Vec<SmolStr>) {
    let (word, text) = (item.word(db), item.text(db));
    if word == ItemWord::Use {
        out.extend(names(text));
        if text.ends_with(" as") {
            out.push(NAMELESS.into());
        }
    } else if word.declares() && item.name(db).is_none() {
        let name = named_by(text).unwrap_or_else(|| NAMELESS.into());
        // `workload prot` was meant where nothing else of the file names `port`.
        if is_reserved(&name) && !named_elsewhere(db, item, &name) {
            out.push(NAMELESS.into());
        }
        out.push(name);
    }
    if word.declares() {
        out.extend(split_name(text).into_iter().flatten());
    }
    let stray = errors.iter().any(|d| d.code == &syntax::MISSING_KEYWORD);
    if (stray || !parse(db, item).item.whole) && word != ItemWord::Apply {
        declared_by_shape(text, word, out);
    }
    // `workload my.app { … }`: whichever part of it stands for the whole.
    for dotted in errors
        .iter()
        .filter(|d| d.code == &syntax::UNEXPECTED_TOKEN)
    {
        let written = text.get(dotted.at.as_usize()).unwrap_or_default();
        if word.declares() && written.contains('.') {
            out.push(SmolStr::new(written));
            out.extend(names(written));
        }
    }
    // `wrkload a { … }`: the finding knows which word was meant.
    for slip in errors.iter().filter(|d| d.code == &syntax::MISSING_KEYWORD) {
        let meant = slip.fixes.iter().flat_map(|fix| &fix.edits).next();
        let rest = text.get(slip.at.end as usize..).unwrap_or_default();
        // `workloada { … }`: the word is put in with a blank behind it.
        let meant = meant.map(|edit| match edit.text.as_str() {
            before @ "param " => before,
            text => text.trim_end(),
        });
        match meant {
            Some("use") => out.extend(names(rest)),
            Some(
                "workload" | "foreign" | "external" | "network" | "group" | "service" | "port"
                | "param" | "template",
            ) => out.extend(names(rest).next()),
            // `h: string = "x"`: the word is put in before the name.
            Some("param ") => {
                let whole = text.get(slip.at.start as usize..).unwrap_or_default();
                out.extend(names(whole).next());
            }
            _ => {}
        }
    }
}

/// What a text declares that does not parse: a name before `{`, `=` or the formals of a template,
/// and the last name of a path, which may be one of `use`.
fn declared_by_shape(text: &str, word: ItemWord, out: &mut Vec<SmolStr>) {
    let tokens: Vec<_> = lex(text).iter().filter(|(k, _)| !k.is_trivia()).collect();
    let kind = |at: usize| tokens.get(at).map(|(kind, _)| *kind);
    let formals = tokens.iter().position(|(kind, _)| *kind == T::RParen);
    let formals = formals.unwrap_or_default();
    let mut list = false;
    for (at, (own, range)) in tokens.iter().enumerate() {
        // `std.cloud.{metadata}`.
        list &= *own != T::RBrace;
        list |= *own == T::LBrace && at.checked_sub(1).and_then(kind) == Some(T::Dot);
        let next = kind(at + 1);
        let declares = match next {
            Some(T::LBrace | T::Equals) => true,
            Some(T::LParen) => kind(at + 2) == Some(T::RParen) || kind(at + 3) == Some(T::Colon),
            // The formals of a template that its body has lost.
            Some(T::Colon) => word == ItemWord::Template && at < formals,
            Some(T::Dot) => false,
            _ => at.checked_sub(1).and_then(kind) == Some(T::Dot),
        };
        if own.is_name() && (declares || list) {
            out.extend(text.get(range.as_usize()).map(SmolStr::new));
        }
    }
}

/// Whether another item of the file takes the same reserved word for a name.
fn named_elsewhere(db: &dyn Db, item: Item<'_>, name: &str) -> bool {
    let others = items(db, item.file(db)).items.iter();
    let mut others = others.filter(|other| **other != item);
    others.any(|other| {
        let mut errors = parse(db, *other).diagnostics.iter();
        let named = |at: TextRange| other.text(db).get(at.as_usize()) == Some(name);
        errors.any(|d| d.code == &syntax::RESERVED_WORD && named(d.at))
    })
}

/// `workload front end {`: the name with its two words put together.
fn split_name(text: &str) -> Option<[SmolStr; 3]> {
    let tokens = lex(text);
    let significant = tokens.iter().filter(|(kind, _)| !kind.is_trivia());
    let mut behind = significant
        .skip_while(|(kind, _)| *kind == T::Foreign)
        .skip(1);
    let [first, second, next] = [behind.next()?, behind.next()?, behind.next()?];
    let opens = matches!(next.0, T::LBrace | T::Equals | T::LParen | T::Colon);
    if !(first.0.is_word() && second.0.is_word() && opens) {
        return None;
    }
    let (a, b) = (
        text.get(first.1.as_usize())?,
        text.get(second.1.as_usize())?,
    );
    Some(["", "_", "-"].map(|between| format_smolstr!("{a}{between}{b}")))
}

/// The name that follows the word of a declaration, quoted or reserved.
fn named_by(text: &str) -> Option<SmolStr> {
    let tokens = lex(text);
    let significant = tokens.iter().filter(|(kind, _)| !kind.is_trivia());
    let mut behind = significant
        .skip_while(|(kind, _)| *kind == T::Foreign)
        .skip(1);
    let (kind, range) = behind.next()?;
    let name = text.get(range.as_usize())?.trim_matches('"');
    (kind.is_word() || kind == T::Str).then(|| SmolStr::new(name))
}

/// The names of a text, quoted ones too.
fn names(text: &str) -> impl Iterator<Item = SmolStr> {
    let tokens: Vec<SmolStr> = lex(text)
        .iter()
        .filter(|(kind, _)| kind.is_name() || *kind == T::Str)
        .filter_map(|(_, range)| text.get(range.as_usize()))
        .map(|name| SmolStr::new(name.trim_matches('"')))
        .collect();
    tokens.into_iter()
}
