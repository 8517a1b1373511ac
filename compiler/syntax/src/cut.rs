//! Cutting a file into items. The cutter sees tokens only: at depth 0 a reserved item word starts
//! an item. It parses nothing and refuses nothing but what lies outside every item.

use crate::{
    lexer::{Lexeme, Tokens, doc_text, significant, slice},
    token::TokenKind as T,
};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};
use smol_str::SmolStr;

/// The word that opens an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemWord {
    Namespace,
    Use,
    Workload,
    /// `foreign workload`.
    Foreign,
    External,
    Network,
    Group,
    Service,
    Port,
    Param,
    Template,
    Apply,
    Allow,
    Deny,
    Assert,
    Test,
    /// What stands before the first item word of a file.
    Error,
}

impl ItemWord {
    pub(crate) const fn of(kind: T) -> Self {
        match kind {
            T::Namespace => Self::Namespace,
            T::Use => Self::Use,
            T::Workload => Self::Workload,
            T::Foreign => Self::Foreign,
            T::External => Self::External,
            T::Network => Self::Network,
            T::Group => Self::Group,
            T::Service => Self::Service,
            T::PortWord => Self::Port,
            T::Param => Self::Param,
            T::Template => Self::Template,
            T::Apply => Self::Apply,
            T::Allow => Self::Allow,
            T::Deny => Self::Deny,
            T::Assert => Self::Assert,
            T::Test => Self::Test,
            _ => Self::Error,
        }
    }

    /// Whether a name follows the word and is declared by it.
    pub const fn declares(self) -> bool {
        matches!(
            self,
            Self::Workload
                | Self::Foreign
                | Self::External
                | Self::Network
                | Self::Group
                | Self::Service
                | Self::Port
                | Self::Param
                | Self::Template
        )
    }
}

/// One item of a file, not parsed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RawItem {
    pub kind: ItemWord,
    /// The name that it declares, when that name follows its word.
    pub name: Option<SmolStr>,
    /// Its `///` comments included, up to the last token that is not trivia.
    pub range: TextRange,
}

/// The items of a file, in order, and what is wrong outside of them. All ranges are absolute.
pub fn cut(text: &str, tokens: &Tokens) -> (Vec<RawItem>, Vec<Diagnostic<TextRange>>) {
    let (lexemes, dangling) = significant(text, tokens);
    let mut diagnostics = Vec::new();
    let lexemes = match lexemes.as_slice() {
        [first, rest @ ..] if first.start == 0 && text.starts_with('\u{FEFF}') => {
            diagnostics.push(
                Diagnostic::new(
                    &syntax::BYTE_ORDER_MARK,
                    TextRange::new(0, 3),
                    "the file begins with a byte order mark",
                )
                .help("save the file as UTF-8 without a byte order mark")
                .fix("remove the mark", true, TextRange::new(0, 3), ""),
            );
            // A run of bad characters may go on behind the mark.
            let tail = Lexeme { start: 3, ..*first };
            let mut kept = vec![tail];
            kept.retain(|t| t.start < t.end);
            kept.extend_from_slice(rest);
            kept
        }
        _ => lexemes,
    };
    let items = split(text, &lexemes)
        .into_iter()
        .filter_map(|piece| raw_item(text, lexemes.get(piece.start..piece.end)?))
        .collect();
    if let Some(start) = dangling {
        diagnostics.push(unattached(text, start, text.len() as u32));
    }
    misplaced_file_docs(tokens, &lexemes, &mut diagnostics);
    hidden_text(text, &mut diagnostics);
    (items, diagnostics)
}

/// The documentation of the file: its `//!` lines.
pub fn file_doc(text: &str, tokens: &Tokens) -> Option<SmolStr> {
    let end = tokens
        .iter()
        .find(|(kind, range)| !kind.is_trivia() && !is_mark(text, *range))
        .map_or(text.len() as u32, |(_, range)| range.start);
    doc_text(
        slice(text, TextRange::new(0, end)).trim_start_matches('\u{FEFF}'),
        "//!",
    )
}

fn is_mark(text: &str, range: TextRange) -> bool {
    range.start == 0 && slice(text, range) == "\u{FEFF}"
}

fn raw_item(text: &str, lexemes: &[Lexeme]) -> Option<RawItem> {
    let (first, last) = (lexemes.first()?, lexemes.last()?);
    let turned = is_turned(lexemes);
    let kind = match lexemes.get(1).filter(|_| turned) {
        Some(word) => ItemWord::of(word.kind),
        None => ItemWord::of(first.kind),
    };
    let name_at = |at: usize| lexemes.get(at).is_some_and(|t| t.kind.is_name());
    let named = match kind {
        _ if turned => 0,
        ItemWord::Foreign if lexemes.get(1).is_some_and(|t| t.kind == T::Workload) => 2,
        // `foreign wrkload a`.
        ItemWord::Foreign if name_at(1) && name_at(2) => 2,
        // `param param h: string`.
        _ if lexemes.get(1).is_some_and(|t| t.kind == first.kind) && name_at(2) => 2,
        _ => 1,
    };
    let name = lexemes.get(named).filter(|_| kind.declares());
    let name = name.and_then(|t| name_in(t, text));
    Some(RawItem {
        kind,
        name,
        range: TextRange::new(first.doc.unwrap_or(first.start), last.end),
    })
}

/// The name that a token is; `network "x" = …` declares `x` too.
fn name_in(lexeme: &Lexeme, text: &str) -> Option<SmolStr> {
    let written = lexeme.text(text);
    if lexeme.kind.is_name() {
        return Some(SmolStr::new(written));
    }
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    let (tokens, _) = crate::lexer::scan(inner);
    let whole = matches!(tokens.as_slice(), [t] if t.kind.is_name() && t.text(inner) == inner);
    whole.then(|| SmolStr::new(inner))
}

/// A stretch of tokens that is one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Cuts tokens at the item words of depth 0.
pub(crate) fn split(text: &str, lexemes: &[Lexeme]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut depth = Depth {
        balanced: Depth::balances(lexemes),
        ..Depth::default()
    };
    for (index, lexeme) in lexemes.iter().enumerate() {
        if lexeme.kind.is_item_word() {
            let ended = !depth.balanced || never_inside(lexemes, start, index);
            if lexeme.column_one && ended && !is_key(lexemes, index) {
                depth.open.clear();
                depth.count = [0; 3];
            }
            if depth.open.is_empty() && lacks_brace(lexemes, start, index) {
                depth.see(T::LBrace);
            } else if let Some(first) =
                turned(lexemes, start, index).filter(|_| depth.open.is_empty())
            {
                if first > start {
                    pieces.push(Piece { start, end: first });
                    start = first;
                }
            } else if depth.open.is_empty() && index > start && !continues(lexemes, start, index) {
                let end = index - usize::from(misspelt_foreign(text, lexemes, start, index));
                pieces.push(Piece { start, end });
                start = end;
            }
        } else {
            depth.see(lexeme.kind);
        }
    }
    if start < lexemes.len() {
        pieces.push(Piece {
            start,
            end: lexemes.len(),
        });
    }
    pieces
}

/// Cuts the tokens of a body that parses: every item word outside of brackets begins an item, but
/// for `namespace` behind `in` and `workload` behind `foreign`.
pub(crate) fn split_kinds(kinds: impl Iterator<Item = T>) -> Vec<Piece> {
    let lexemes: Vec<Lexeme> = kinds.map(|kind| Lexeme::virtual_at(kind, 0)).collect();
    split("", &lexemes)
}

/// The brackets that are open at a token. Linear over the whole text: what is popped was pushed
/// once.
#[derive(Default)]
struct Depth {
    open: Vec<T>,
    count: [usize; 3],
    balanced: bool,
}

impl Depth {
    fn balances(lexemes: &[Lexeme]) -> bool {
        let mut open = Vec::new();
        for lexeme in lexemes {
            if lexeme.kind.is_opener() {
                open.push(lexeme.kind);
            } else if lexeme.kind.is_closer() && open.pop().and_then(T::closer) != Some(lexeme.kind)
            {
                return false;
            }
        }
        open.is_empty()
    }

    fn counter(&mut self, opener: T) -> Option<&mut usize> {
        self.count.get_mut(match opener {
            T::LBrace => 0,
            T::LParen => 1,
            _ => 2,
        })
    }

    fn see(&mut self, kind: T) {
        if kind.is_opener() {
            self.open.push(kind);
            self.counter(kind).map(|n| *n += 1).unwrap_or_default();
            return;
        }
        let opener = match kind {
            T::RBrace => T::LBrace,
            T::RParen => T::LParen,
            T::RBracket => T::LBracket,
            _ => return,
        };
        if self.counter(opener).is_none_or(|n| *n == 0) {
            return;
        }
        while let Some(top) = self.open.pop() {
            self.counter(top)
                .map(|n| *n = n.saturating_sub(1))
                .unwrap_or_default();
            if top == opener {
                return;
            }
        }
    }
}

/// Brackets of a file may match by chance, one left open above and one too many below. Those of an
/// item that is no template hold item words as keys of labels alone.
fn never_inside(lexemes: &[Lexeme], start: usize, index: usize) -> bool {
    let template = lexemes.get(start).is_some_and(|t| t.kind == T::Template);
    let next = lexemes.get(index + 1).map(|t| t.kind);
    let key = matches!(
        next,
        None | Some(T::Colon | T::Comma | T::RBrace | T::In | T::Not)
    );
    !template && !key
}

/// `service: "x"` inside labels that stand in the first column.
fn is_key(lexemes: &[Lexeme], index: usize) -> bool {
    lexemes.get(index + 1).is_some_and(|t| t.kind == T::Colon)
}

/// Whether the item word at `index` belongs to the item that starts at `start`.
fn continues(lexemes: &[Lexeme], start: usize, index: usize) -> bool {
    let kind_at = |at: Option<usize>| at.and_then(|at| lexemes.get(at)).map(|t| t.kind);
    let (Some(word), Some(previous)) = (lexemes.get(index), kind_at(index.checked_sub(1))) else {
        return false;
    };
    let before = kind_at(index.checked_sub(2));
    let exception = match word.kind {
        T::Namespace if previous == T::In => true,
        T::Namespace => {
            (before == Some(T::In) && (previous == T::Any || !word.new_line))
                || (!word.new_line && !begins_item(lexemes, index))
                // `workload a { … } ni namespace b`.
                || (!word.new_line
                    && matches!(kind_at(Some(start)), Some(T::Workload | T::Foreign))
                    && before == Some(T::RBrace)
                    && (previous.is_word() || previous == T::Str))
        }
        // `allow a -> b port 443`.
        T::PortWord if matches!(kind_at(Some(index + 1)), Some(T::Int | T::Port)) => {
            let rule = kind_at(Some(start));
            !word.new_line && matches!(rule, Some(T::Allow | T::Deny | T::Assert))
        }
        T::Workload if previous == T::Foreign => true,
        // `foreign; workload a`, `foreign a workload {`.
        T::Workload if before == Some(T::Foreign) => {
            let turned = previous.is_name() && kind_at(Some(index + 1)) == Some(T::LBrace);
            !word.new_line && (previous.is_bad() || turned)
        }
        T::Workload | T::External | T::Network | T::Group | T::Service | T::PortWord => {
            let param = kind_at(Some(start)) == Some(T::Param);
            // Without its colon too, on one line: the item's own parser says that it is missing.
            param
                && ((index == start + 3 && (previous == T::Colon || !word.new_line))
                    || (index == start + 2 && !word.new_line))
        }
        _ => false,
    };
    // A token that ends no item, with the word on the same line: the word was meant as a name, and
    // the item's own parser says so. No program that parses has such a place. A colon may also be
    // one too many, before a whole item.
    exception
        || (!word.new_line
            && lexemes.get(start..index).is_some_and(|before| {
                let named = names_follow(before) || previous == T::Colon;
                leaves_open(before) || (named && !begins_item(lexemes, index))
            }))
}

/// `template t(w: workload) allow …`: the body lacks its brace.
fn lacks_brace(lexemes: &[Lexeme], start: usize, index: usize) -> bool {
    let (Some(before), Some(word)) = (lexemes.get(start..index), lexemes.get(index)) else {
        return false;
    };
    let template = before.first().is_some_and(|t| t.kind == T::Template);
    let head = before
        .iter()
        .rev()
        .find(|t| !t.kind.is_bad() && t.kind != T::Colon);
    let bare = before.iter().all(|t| t.kind != T::LBrace);
    template && bare && !word.column_one && head.is_some_and(|t| t.kind == T::RParen)
}

/// `web allow -> api:80`, where the item begins: its word and what follows it are turned. No
/// program that parses has such a place.
fn turned(lexemes: &[Lexeme], start: usize, index: usize) -> Option<usize> {
    let at = index.checked_sub(1).filter(|at| *at >= start)?;
    let (first, word) = (lexemes.get(at)?, lexemes.get(index)?);
    let begins = first.new_line || at == start;
    let name = first.kind.is_name() || (first.kind == T::Str && word.kind == T::Test);
    let before = lexemes.get(start..at)?;
    let ended = before.is_empty() || !(leaves_open(before) || names_follow(before));
    let whole = is_turned(lexemes.get(at..).unwrap_or_default());
    (begins && name && !word.new_line && ended && whole).then_some(at)
}

/// Whether tokens begin with a name and the word of an item that would go on behind the name.
pub(crate) fn is_turned(lexemes: &[Lexeme]) -> bool {
    let [first, word, next, ..] = lexemes else {
        return false;
    };
    let name = first.kind.is_name() || first.kind == T::Str;
    let follows = match word.kind {
        T::Allow | T::Deny => matches!(next.kind, T::Arrow | T::Pipe | T::Except | T::Dot),
        T::Workload | T::Test => next.kind == T::LBrace,
        T::External | T::Network | T::Group | T::Service | T::PortWord => next.kind == T::Equals,
        T::Param => next.kind == T::Colon,
        T::Template | T::Apply => next.kind == T::LParen,
        T::Use => next.kind == T::Dot,
        T::Assert => matches!(next.kind, T::Can | T::Cannot | T::Pipe | T::Except),
        _ => false,
    };
    name && !word.new_line && follows
}

/// `forein workload a`, where the item before has ended: no program that parses has such a place.
fn misspelt_foreign(text: &str, lexemes: &[Lexeme], start: usize, index: usize) -> bool {
    let (Some(before), Some(word)) = (
        lexemes.get(start..index.saturating_sub(1)),
        lexemes.get(index.saturating_sub(1)..index + 1),
    ) else {
        return false;
    };
    let here = matches!(word, [a, b] if a.new_line && b.kind == T::Workload && !b.new_line);
    here && !before.is_empty()
        && !leaves_open(before)
        && !names_follow(before)
        && crate::parse::mistyped(text, word) == Some(ItemWord::Foreign)
}

/// Whether no item ends with these tokens of one.
fn leaves_open(before: &[Lexeme]) -> bool {
    let kind = |back: usize| Some(before.get(before.len().checked_sub(back)?)?.kind);
    let (Some(last), ahead) = (kind(1), kind(2)) else {
        return false;
    };
    let first = before.first().map(|t| t.kind);
    let second = before.len() == 2;
    match last {
        T::Arrow | T::Pipe | T::Equals | T::Dot | T::Comma => true,
        T::Namespace => before.len() == 1 || ahead == Some(T::In),
        T::Workload if ahead == Some(T::Foreign) => true,
        T::Of => ahead == Some(T::Breach),
        T::Reach => matches!(ahead, Some(T::Can | T::Cannot)),
        T::Disjoint => second && first == Some(T::Assert),
        T::Ingress | T::Egress => second && matches!(first, Some(T::Allow | T::Deny)),
        T::Account => {
            matches!(first, Some(T::Workload | T::Foreign))
                && !matches!(ahead, Some(T::Workload | T::Namespace))
        }
        kind if kind.is_item_word() => before.len() == 1,
        kind => kind.is_reserved(),
    }
}

/// `via tls.sni`: a clause may end there, and names mostly follow.
fn names_follow(before: &[Lexeme]) -> bool {
    let path = before.iter().rev();
    let mut path = path.skip_while(|t| t.kind.is_name() || t.kind == T::Dot);
    before.last().is_some_and(|t| t.kind.is_name()) && path.next().is_some_and(|t| t.kind == T::Via)
}

/// Whether what follows an item word may follow it in an item.
fn begins_item(lexemes: &[Lexeme], index: usize) -> bool {
    let (Some(word), Some(next)) = (lexemes.get(index), lexemes.get(index + 1)) else {
        return false;
    };
    let name = next.kind.is_name();
    match word.kind {
        T::Test => next.kind == T::Str,
        T::Namespace => name || next.kind == T::Str,
        T::Foreign => next.kind == T::Workload,
        T::Assert => name || matches!(next.kind, T::LParen | T::Only | T::Breach),
        T::Allow | T::Deny => name || matches!(next.kind, T::LParen | T::Str | T::Addr),
        _ => name,
    }
}

/// A `///` that no item follows.
pub(crate) fn unattached(text: &str, start: u32, end: u32) -> Diagnostic<TextRange> {
    let line = slice(text, TextRange::new(start, end));
    let length = line.find('\n').unwrap_or(line.len());
    let shown = line.get(..length).unwrap_or(line).trim_end().len() as u32;
    Diagnostic::new(
        &syntax::UNATTACHED_DOC,
        TextRange::new(start, start + shown),
        "this `///` comment documents nothing: no item follows it",
    )
    .help("write `//` for a plain comment")
    .fix(
        "make it a plain comment",
        true,
        TextRange::new(start, start + 3),
        "//",
    )
}

/// A `//!` behind the first item documents nothing.
fn misplaced_file_docs(
    tokens: &Tokens,
    lexemes: &[Lexeme],
    diagnostics: &mut Vec<Diagnostic<TextRange>>,
) {
    let Some(first) = lexemes.first() else {
        return;
    };
    let late = tokens
        .iter()
        .find(|(kind, range)| *kind == T::FileDoc && range.start > first.start);
    if let Some((_, range)) = late {
        let mark = TextRange::new(range.start, range.start + 3);
        diagnostics.push(
            Diagnostic::new(
                &syntax::UNATTACHED_DOC,
                mark,
                "a `//!` comment documents the file only before its first item",
            )
            .help("move it to the top of the file, or write `///` to document the next item")
            .fix("make it a plain comment", true, mark, "//"),
        );
    }
}

/// Characters that make a reviewer see another text than the compiler does.
fn hidden_text(text: &str, diagnostics: &mut Vec<Diagnostic<TextRange>>) {
    if text.is_ascii() {
        return;
    }
    let hidden = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let found = text.char_indices().find(|(_, c)| hidden(*c));
    if let Some((at, c)) = found {
        let at = TextRange::new(at as u32, (at + c.len_utf8()) as u32);
        diagnostics.push(
            Diagnostic::new(
                &syntax::BIDIRECTIONAL_TEXT,
                at,
                format!(
                    "the invisible character U+{:04X} makes text read in another order than it is \
                     compiled",
                    u32::from(c)
                ),
            )
            .help("remove it")
            .fix("remove the character", false, at, ""),
        );
    }
}
