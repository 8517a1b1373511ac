//! One item as a document. The tokens are those of a text that parses: the cursor follows the
//! grammar and checks nothing; what it does not know it still writes.

use super::{
    WIDTH,
    doc::{Doc, width},
    list,
    parts::Style,
    tokens::Token,
};
use crate::token::TokenKind as T;
use std::collections::VecDeque;

pub(super) struct Cursor<'t> {
    pub(super) tokens: VecDeque<Token<'t>>,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(tokens: VecDeque<Token<'t>>) -> Self {
        Self { tokens }
    }

    /// What no rule of the grammar took.
    pub(super) fn rest(&mut self) -> Vec<Doc<'t>> {
        let mut out = Vec::new();
        while self.kind().is_some() {
            out.push(Doc::Space);
            self.token(&mut out);
        }
        out
    }

    pub(super) fn kind(&self) -> Option<T> {
        self.peek(0)
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<T> {
        self.tokens.get(ahead).map(|t| t.kind)
    }

    pub(super) fn is(&self, kind: T) -> bool {
        self.kind() == Some(kind)
    }

    /// The next token with its comments.
    pub(super) fn token(&mut self, out: &mut Vec<Doc<'t>>) {
        if let Some(token) = self.tokens.pop_front() {
            out.extend(token.before.iter().map(|c| Doc::Own(c.text)));
            out.push(Doc::Text(token.text));
            out.extend(token.after.map(Doc::Trailing));
        }
    }

    pub(super) fn spaced(&mut self, out: &mut Vec<Doc<'t>>) {
        out.push(Doc::Space);
        self.token(out);
    }

    pub(super) fn item(&mut self) -> Doc<'t> {
        let mut out = Vec::new();
        let Some(word) = self.kind() else {
            return Doc::Concat(out);
        };
        self.token(&mut out);
        match word {
            T::Namespace => self.spaced(&mut out),
            T::Use => self.import(&mut out),
            T::Foreign | T::Workload => return self.workload(word, out),
            T::External | T::Network | T::Group | T::PortWord => return self.definition(out),
            T::Service => return self.service(out),
            T::Param => return self.param(out),
            T::Template => self.template(&mut out),
            T::Apply => {
                out.push(Doc::Space);
                self.path(&mut out);
                self.arguments(&mut out);
            }
            T::Allow | T::Deny => return self.rule(out),
            T::Assert => return self.claim(out),
            T::Test => {
                self.spaced(&mut out);
                self.body(&mut out, list::flows);
            }
            _ => {}
        }
        Doc::Concat(out)
    }

    pub(super) fn import(&mut self, out: &mut Vec<Doc<'t>>) {
        out.push(Doc::Space);
        self.path(out);
        if self.is(T::Dot) {
            self.token(out);
            self.list(out, Style::Tight, Self::token);
        } else if self.is(T::As) {
            self.spaced(out);
            self.spaced(out);
        }
    }

    pub(super) fn workload(&mut self, word: T, mut out: Vec<Doc<'t>>) -> Doc<'t> {
        if word == T::Foreign {
            self.spaced(&mut out);
        }
        self.spaced(&mut out);
        out.push(Doc::Space);
        self.labels(&mut out);
        let fits = width(&out).is_some_and(|width| width <= WIDTH);
        let mut clauses = Vec::new();
        while matches!(self.kind(), Some(T::In | T::Account | T::Open)) {
            clauses.push(Doc::Line);
            self.clause(&mut clauses);
        }
        if fits {
            out.push(Doc::Indent(clauses));
            Doc::group(out)
        } else {
            // Broken labels: the clauses follow their brace.
            out.push(Doc::group(vec![Doc::Indent(clauses)]));
            Doc::Concat(out)
        }
    }

    pub(super) fn clause(&mut self, out: &mut Vec<Doc<'t>>) {
        match self.kind() {
            Some(T::In) => self.namespace_clause(out),
            Some(T::Open) => {
                self.token(out);
                self.spaced(out);
                if self.is(T::Comma) {
                    self.token(out);
                    self.spaced(out);
                }
            }
            _ => {
                self.token(out);
                self.spaced(out);
            }
        }
    }

    pub(super) fn namespace_clause(&mut self, out: &mut Vec<Doc<'t>>) {
        self.token(out);
        self.spaced(out);
        out.push(Doc::Space);
        match self.kind() {
            Some(T::LBracket) => self.list(out, Style::Tight, Self::token),
            Some(T::LBrace) => self.labels(out),
            _ => self.token(out),
        }
    }
}

/// Declarations with `=`.
impl<'t> Cursor<'t> {
    pub(super) fn definition(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
        self.spaced(&mut out);
        self.spaced(&mut out);
        let mut value = vec![Doc::Line];
        self.defined(&mut value);
        out.push(Doc::Indent(value));
        Doc::group(out)
    }

    pub(super) fn service(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
        self.spaced(&mut out);
        self.spaced(&mut out);
        self.spaced(&mut out);
        if self.is(T::In) {
            let mut clause = vec![Doc::Line];
            self.namespace_clause(&mut clause);
            out.push(Doc::Indent(clause));
        }
        Doc::group(out)
    }

    pub(super) fn param(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
        self.spaced(&mut out);
        self.token(&mut out);
        self.spaced(&mut out);
        if self.is(T::Equals) {
            self.spaced(&mut out);
            let mut value = vec![Doc::Line];
            self.defined(&mut value);
            out.push(Doc::Indent(value));
        }
        Doc::group(out)
    }

    /// A set, a port, a set of ports.
    pub(super) fn value(&mut self, out: &mut Vec<Doc<'t>>) {
        match self.kind() {
            Some(T::LBrace) => self.ports(out),
            Some(T::Int | T::Port) => self.token(out),
            _ => self.set(out),
        }
    }

    /// A set behind `=`, which has a line of its own when it needs more than one: its parts then
    /// stand below each other.
    pub(super) fn defined(&mut self, out: &mut Vec<Doc<'t>>) {
        if matches!(self.kind(), Some(T::LBrace | T::Int | T::Port)) {
            return self.value(out);
        }
        let (mut set, rest) = self.parts();
        set.extend(rest);
        out.push(Doc::group(set));
    }

    pub(super) fn template(&mut self, out: &mut Vec<Doc<'t>>) {
        self.spaced(out);
        self.list(out, Style::Tight, |cursor, out| {
            cursor.token(out);
            cursor.token(out);
            cursor.spaced(out);
        });
        self.body(out, |tokens, docs| {
            let pieces = crate::cut::split_kinds(tokens.iter().map(|t| t.kind));
            let lengths = pieces.iter().map(|piece| piece.end - piece.start);
            list::items(tokens, lengths, docs);
        });
    }

    pub(super) fn arguments(&mut self, out: &mut Vec<Doc<'t>>) {
        self.list(out, Style::Tight, Self::value);
    }

    /// `{`, one entry to a line, `}`.
    pub(super) fn body(
        &mut self,
        out: &mut Vec<Doc<'t>>,
        entries: impl FnOnce(VecDeque<Token<'t>>, &mut Vec<Doc<'t>>),
    ) {
        self.spaced(out);
        let mut depth = 1usize;
        let end = self.tokens.iter().position(|t| {
            if t.kind.is_opener() {
                depth += 1;
            } else if t.kind.is_closer() {
                depth -= 1;
            }
            depth == 0
        });
        let inner: VecDeque<_> = self
            .tokens
            .drain(..end.unwrap_or(self.tokens.len()))
            .collect();
        let mut docs = Vec::new();
        entries(inner, &mut docs);
        if let Some(close) = self.tokens.front_mut() {
            let last = std::mem::take(&mut close.before);
            list::comments(last, docs.is_empty(), &mut docs);
        }
        if !docs.is_empty() {
            docs.insert(0, Doc::Hard);
            out.push(Doc::Indent(docs));
        }
        self.token(out);
    }
}
