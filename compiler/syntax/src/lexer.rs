//! Text to tokens, losing nothing: the tokens of a text cover every byte of it, in order.
//! The lexer refuses nothing; what is wrong is a token of a bad kind, reported by whoever parses.

use crate::token::TokenKind;
use logos::Logos;
use npl_diagnostics::TextRange;

/// One token: it ends where the next one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub kind: TokenKind,
    pub start: u32,
}

/// The tokens of one text, trivia included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tokens {
    tokens: Vec<Token>,
    end: u32,
}

impl Tokens {
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<Token> {
        self.tokens.get(index).copied()
    }

    pub fn range(&self, index: usize) -> Option<TextRange> {
        let start = self.tokens.get(index)?.start;
        let end = self.tokens.get(index + 1).map_or(self.end, |t| t.start);
        Some(TextRange::new(start, end))
    }

    /// Every token with its range, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TokenKind, TextRange)> + '_ {
        let ends = self.tokens.iter().skip(1).map(|t| t.start);
        self.tokens
            .iter()
            .zip(ends.chain([self.end]))
            .map(|(t, end)| (t.kind, TextRange::new(t.start, end)))
    }

    /// The index of the token that holds the byte at `offset`.
    pub fn at(&self, offset: u32) -> Option<usize> {
        if offset >= self.end {
            return None;
        }
        self.tokens
            .partition_point(|t| t.start <= offset)
            .checked_sub(1)
    }
}

/// The tokens of a text. Texts over 4 GiB are the caller's to refuse: what lies behind is not
/// lexed.
pub fn lex(text: &str) -> Tokens {
    let text = text.get(..u32::MAX as usize).unwrap_or(text);
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 4);
    let mut lexer = TokenKind::lexer(text);
    let mut end = 0u32;
    while let Some(kind) = lexer.next() {
        let kind = match kind {
            Ok(TokenKind::Comment) => comment(lexer.slice()),
            Ok(kind) => kind,
            Err(()) => TokenKind::Bad,
        };
        let span = lexer.span();
        let start = offset(span.start);
        let run = kind == TokenKind::Bad && tokens.last().is_some_and(|t| t.kind == kind);
        if !run {
            tokens.push(Token { kind, start });
        }
        end = offset(span.end);
    }
    Tokens { tokens, end }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// `////` and more slashes are a plain comment: rulers are not documentation.
fn comment(text: &str) -> TokenKind {
    if text.starts_with("//!") {
        TokenKind::FileDoc
    } else if text.starts_with("///") && !text.starts_with("////") {
        TokenKind::DocComment
    } else {
        TokenKind::Comment
    }
}

/// A token that is not trivia, with what the trivia before it say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lexeme {
    pub(crate) kind: TokenKind,
    /// The first token of its line.
    pub(crate) new_line: bool,
    /// In the first column.
    pub(crate) column_one: bool,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Where the `///` comments before it start.
    pub(crate) doc: Option<u32>,
}

impl Lexeme {
    /// A token that the text does not hold.
    pub(crate) fn virtual_at(kind: TokenKind, at: u32) -> Self {
        Self {
            kind,
            new_line: false,
            column_one: false,
            start: at,
            end: at,
            doc: None,
        }
    }

    pub(crate) fn range(&self) -> TextRange {
        TextRange::new(self.start, self.end)
    }

    pub(crate) fn text<'t>(&self, text: &'t str) -> &'t str {
        slice(text, self.range())
    }

    /// Nothing between this token and the one that follows.
    pub(crate) fn touches(&self, next: &Self) -> bool {
        self.end == next.start
    }
}

/// The text of a range; empty where the range is none of the text.
pub(crate) fn slice(text: &str, range: TextRange) -> &str {
    text.get(range.as_usize()).unwrap_or_default()
}

/// The significant tokens of a text, and where `///` comments start that no token follows.
pub(crate) fn significant(text: &str, tokens: &Tokens) -> (Vec<Lexeme>, Option<u32>) {
    let mut sift = Sift::new(text, tokens.len() * 2 / 3);
    for (kind, range) in tokens.iter() {
        sift.see(kind, range);
    }
    (sift.lexemes, sift.doc)
}

/// The same straight from the text.
pub(crate) fn scan(text: &str) -> (Vec<Lexeme>, Option<u32>) {
    let text = text.get(..u32::MAX as usize).unwrap_or(text);
    let mut sift = Sift::new(text, text.len() / 5 + 1);
    let mut lexer = TokenKind::lexer(text);
    while let Some(kind) = lexer.next() {
        let kind = match kind {
            Ok(TokenKind::Comment) => comment(lexer.slice()),
            Ok(kind) => kind,
            Err(()) => TokenKind::Bad,
        };
        let span = lexer.span();
        sift.see(kind, TextRange::new(offset(span.start), offset(span.end)));
    }
    (sift.lexemes, sift.doc)
}

struct Sift<'t> {
    text: &'t str,
    lexemes: Vec<Lexeme>,
    new_line: bool,
    doc: Option<u32>,
}

impl<'t> Sift<'t> {
    fn new(text: &'t str, capacity: usize) -> Self {
        Self {
            text,
            lexemes: Vec::with_capacity(capacity),
            new_line: true,
            doc: None,
        }
    }

    fn see(&mut self, kind: TokenKind, range: TextRange) {
        match kind {
            TokenKind::Space => {
                self.new_line |= slice(self.text, range).as_bytes().contains(&b'\n');
            }
            TokenKind::DocComment => self.doc = self.doc.or(Some(range.start)),
            TokenKind::Comment | TokenKind::FileDoc => {}
            _ => self.push(kind, range),
        }
    }

    fn push(&mut self, kind: TokenKind, range: TextRange) {
        if kind == TokenKind::Bad
            && let Some(last) = self.lexemes.last_mut()
            && last.kind == kind
            && last.end == range.start
        {
            last.end = range.end;
            return;
        }
        let before = range.start.checked_sub(1).map(|at| at as usize);
        let first = |at| self.text.as_bytes().get(at) == Some(&b'\n');
        self.lexemes.push(Lexeme {
            kind,
            new_line: self.new_line,
            column_one: self.new_line && before.is_none_or(first),
            start: range.start,
            end: range.end,
            doc: self.doc.take(),
        });
        self.new_line = false;
    }
}

/// The documentation that the `///` lines of a stretch of trivia spell.
pub(crate) fn doc_text(trivia: &str, mark: &str) -> Option<smol_str::SmolStr> {
    let lines: Vec<&str> = trivia
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with(mark) && !line.starts_with("////"))
        .filter_map(|line| line.strip_prefix(mark))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n").into())
}
