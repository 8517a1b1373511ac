//! One item as a document. The tokens are those of a text that parses: the cursor follows the grammar
//! and checks nothing; what it does not know it still writes.

use super::{
    WIDTH,
    doc::{Doc, width},
    list,
    tokens::Token,
};
use crate::token::TokenKind as T;
use std::collections::VecDeque;

pub(super) struct Cursor<'t> {
    tokens: VecDeque<Token<'t>>,
}

/// How a bracketed list stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `{ a, b }`.
    Padded,
    /// `{a, b}`.
    Tight,
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

    fn kind(&self) -> Option<T> {
        self.peek(0)
    }

    fn peek(&self, ahead: usize) -> Option<T> {
        self.tokens.get(ahead).map(|t| t.kind)
    }

    fn is(&self, kind: T) -> bool {
        self.kind() == Some(kind)
    }

    /// The next token with its comments.
    fn token(&mut self, out: &mut Vec<Doc<'t>>) {
        if let Some(token) = self.tokens.pop_front() {
            out.extend(token.before.iter().map(|c| Doc::Own(c.text)));
            out.push(Doc::Text(token.text));
            out.extend(token.after.map(Doc::Trailing));
        }
    }

    fn spaced(&mut self, out: &mut Vec<Doc<'t>>) {
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

    fn import(&mut self, out: &mut Vec<Doc<'t>>) {
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

    fn workload(&mut self, word: T, mut out: Vec<Doc<'t>>) -> Doc<'t> {
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

    fn clause(&mut self, out: &mut Vec<Doc<'t>>) {
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

    fn namespace_clause(&mut self, out: &mut Vec<Doc<'t>>) {
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
    fn definition(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
        self.spaced(&mut out);
        self.spaced(&mut out);
        let mut value = vec![Doc::Line];
        self.defined(&mut value);
        out.push(Doc::Indent(value));
        Doc::group(out)
    }

    fn service(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
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

    fn param(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
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
    fn value(&mut self, out: &mut Vec<Doc<'t>>) {
        match self.kind() {
            Some(T::LBrace) => self.ports(out),
            Some(T::Int | T::Port) => self.token(out),
            _ => self.set(out),
        }
    }

    /// A set behind `=`, which has a line of its own when it needs more than one: its parts then stand
    /// below each other.
    fn defined(&mut self, out: &mut Vec<Doc<'t>>) {
        if matches!(self.kind(), Some(T::LBrace | T::Int | T::Port)) {
            return self.value(out);
        }
        let (mut set, rest) = self.parts();
        set.extend(rest);
        out.push(Doc::group(set));
    }

    fn template(&mut self, out: &mut Vec<Doc<'t>>) {
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

    fn arguments(&mut self, out: &mut Vec<Doc<'t>>) {
        self.list(out, Style::Tight, Self::value);
    }

    /// `{`, one entry to a line, `}`.
    fn body(
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

/// Rules, claims, flows.
impl<'t> Cursor<'t> {
    fn rule(&mut self, mut head: Vec<Doc<'t>>) -> Doc<'t> {
        let direction = matches!(self.kind(), Some(T::Ingress | T::Egress));
        let named = matches!(
            self.peek(1),
            Some(T::Arrow | T::Pipe | T::Except | T::Dot) | None
        );
        if direction && !named {
            self.spaced(&mut head);
        }
        head.push(Doc::Space);
        self.set(&mut head);
        let mut arrow = vec![Doc::Line];
        self.token(&mut arrow);
        arrow.push(Doc::Space);
        self.dest(&mut arrow);
        head.push(Doc::Indent(arrow));
        let mut out = vec![Doc::group(head)];
        let mut clauses = Vec::new();
        while let Some(kind) = self.kind() {
            clauses.push(Doc::Line);
            self.token(&mut clauses);
            clauses.push(Doc::Space);
            if kind == T::Via {
                self.via(&mut clauses);
            } else {
                self.token(&mut clauses);
            }
        }
        out.push(Doc::Indent(clauses));
        Doc::group(out)
    }

    fn via(&mut self, out: &mut Vec<Doc<'t>>) {
        self.path(out);
        if self.kind().is_some_and(|k| k == T::Str || k.is_name()) {
            out.push(Doc::Space);
            self.set(out);
        }
        if self.is(T::LBrace) {
            out.push(Doc::Space);
            self.block(out);
        }
    }

    fn claim(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
        let next = self.peek(1);
        let disjoint = self.is(T::Disjoint)
            && !matches!(
                next,
                Some(T::Can | T::Cannot | T::Pipe | T::Except | T::Dot)
            );
        match self.kind() {
            Some(T::Breach) => return self.breach(out),
            Some(T::Only) => self.spaced(&mut out),
            _ if disjoint => {
                self.spaced(&mut out);
                out.push(Doc::Space);
                self.set(&mut out);
                self.token(&mut out);
                let mut right = vec![Doc::Line];
                self.set(&mut right);
                out.push(Doc::Indent(right));
                return Doc::group(out);
            }
            _ => {}
        }
        out.push(Doc::Space);
        self.set(&mut out);
        let mut rest = vec![Doc::Line];
        self.token(&mut rest);
        self.spaced(&mut rest);
        rest.push(Doc::Space);
        self.dest(&mut rest);
        if self.is(T::Within) {
            rest.push(Doc::Line);
            self.hops(&mut rest);
        }
        out.push(Doc::Indent(rest));
        Doc::group(out)
    }

    fn breach(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
        self.spaced(&mut out);
        self.spaced(&mut out);
        out.push(Doc::Space);
        self.set(&mut out);
        self.spaced(&mut out);
        self.spaced(&mut out);
        out.push(Doc::Space);
        self.list(&mut out, Style::Padded, Self::set);
        if self.is(T::Within) {
            out.push(Doc::Space);
            self.hops(&mut out);
        }
        Doc::Concat(out)
    }

    fn hops(&mut self, out: &mut Vec<Doc<'t>>) {
        self.token(out);
        self.spaced(out);
        self.spaced(out);
    }

    pub(super) fn flow(&mut self) -> Doc<'t> {
        let mut head = Vec::new();
        self.end(&mut head);
        let mut arrow = vec![Doc::Line];
        self.token(&mut arrow);
        arrow.push(Doc::Space);
        if self.is(T::LBrace) {
            self.end(&mut arrow);
        } else {
            self.end_before_colon(&mut arrow);
        }
        if self.is(T::Colon) {
            self.token(&mut arrow);
            self.port(&mut arrow);
        }
        head.push(Doc::Indent(arrow));
        let mut rest = Vec::new();
        while self.kind().is_some_and(|k| k != T::Is) {
            rest.push(Doc::Line);
            self.token(&mut rest);
            if !self.is(T::Str) {
                self.spaced(&mut rest);
            }
            self.spaced(&mut rest);
        }
        rest.push(Doc::Line);
        self.token(&mut rest);
        self.spaced(&mut rest);
        Doc::group(vec![Doc::group(head), Doc::Indent(rest)])
    }

    fn end(&mut self, out: &mut Vec<Doc<'t>>) {
        if self.is(T::LBrace) {
            self.labels(out);
            if self.is(T::In) {
                self.spaced(out);
                self.spaced(out);
            }
        } else {
            self.prim(out);
        }
    }
}

/// The parts of which items are made.
impl<'t> Cursor<'t> {
    fn path(&mut self, out: &mut Vec<Doc<'t>>) {
        self.token(out);
        while self.is(T::Dot) && self.peek(1).is_some_and(T::is_name) {
            self.token(out);
            self.token(out);
        }
    }

    fn set(&mut self, out: &mut Vec<Doc<'t>>) {
        let (mut set, rest) = self.parts();
        if rest.is_empty() {
            out.append(&mut set);
        } else {
            set.push(Doc::Indent(rest));
            out.push(Doc::group(set));
        }
    }

    /// The first primary of a set, and the others with their signs. What `except` takes away stands
    /// deeper than what it is taken from.
    fn parts(&mut self) -> (Vec<Doc<'t>>, Vec<Doc<'t>>) {
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        self.prim(&mut first);
        self.union_rest(&mut rest);
        if self.is(T::Except) {
            if !rest.is_empty() {
                first.append(&mut rest);
                first = vec![Doc::group(first)];
            }
            let mut less = Vec::new();
            self.token(&mut less);
            let mut taken = vec![Doc::Line];
            self.prim(&mut taken);
            self.union_rest(&mut taken);
            less.push(Doc::Indent(taken));
            rest.push(Doc::Line);
            rest.push(Doc::group(less));
        }
        (first, rest)
    }

    fn union_rest(&mut self, out: &mut Vec<Doc<'t>>) {
        while self.is(T::Pipe) {
            out.push(Doc::Line);
            self.token(out);
            out.push(Doc::Space);
            self.prim(out);
        }
    }

    fn prim(&mut self, out: &mut Vec<Doc<'t>>) {
        match self.kind() {
            Some(T::LParen) => {
                let mut open = Vec::new();
                self.token(&mut open);
                let mut inner = vec![Doc::SoftLine];
                self.set(&mut inner);
                self.closer_comments(&mut inner);
                open.push(Doc::Indent(inner));
                open.push(Doc::SoftLine);
                self.token(&mut open);
                out.push(Doc::group(open));
            }
            Some(T::LBracket) => {
                self.token(out);
                self.token(out);
                self.token(out);
            }
            Some(kind) if kind.is_name() => self.path(out),
            _ => self.token(out),
        }
    }

    fn dest(&mut self, out: &mut Vec<Doc<'t>>) {
        self.end_before_colon(out);
        if self.is(T::Colon) {
            self.token(out);
            self.ports(out);
        }
    }

    /// A primary that a colon may follow: it must not run into an IPv6 address.
    fn end_before_colon(&mut self, out: &mut Vec<Doc<'t>>) {
        let first = self.tokens.front();
        let runs = first.is_some_and(|t| t.kind == T::Addr && t.text.contains(':'));
        self.prim(out);
        if runs && self.is(T::Colon) {
            out.push(Doc::Space);
        }
    }

    fn ports(&mut self, out: &mut Vec<Doc<'t>>) {
        if self.is(T::LBrace) {
            self.list(out, Style::Tight, Self::port);
        } else {
            self.port(out);
        }
    }

    fn port(&mut self, out: &mut Vec<Doc<'t>>) {
        if matches!(self.kind(), Some(T::Int | T::Port)) {
            self.token(out);
        } else {
            self.path(out);
        }
    }

    fn labels(&mut self, out: &mut Vec<Doc<'t>>) {
        self.list(out, Style::Padded, |cursor, out| {
            if cursor.is(T::Bang) {
                cursor.token(out);
            }
            cursor.token(out);
            if cursor.is(T::Colon) {
                cursor.token(out);
                cursor.spaced(out);
                return;
            }
            while matches!(cursor.kind(), Some(T::Not | T::In)) {
                cursor.spaced(out);
            }
            if cursor.is(T::LBracket) {
                out.push(Doc::Space);
                cursor.list(out, Style::Tight, Self::token);
            }
        });
    }

    fn block(&mut self, out: &mut Vec<Doc<'t>>) {
        let mut docs = Vec::new();
        self.token(&mut docs);
        let mut inner = Vec::new();
        while self.kind().is_some_and(|k| k != T::RBrace) {
            inner.push(if inner.is_empty() {
                Doc::Line
            } else {
                Doc::WideLine
            });
            if !self.is(T::Str) {
                self.token(&mut inner);
                inner.push(Doc::Space);
            }
            self.token(&mut inner);
        }
        self.closer_comments(&mut inner);
        let empty = inner.is_empty();
        docs.push(Doc::Indent(inner));
        docs.push(if empty { Doc::SoftLine } else { Doc::Line });
        self.token(&mut docs);
        out.push(Doc::group(docs));
    }

    /// Comments before a closing bracket belong to what it closes.
    fn closer_comments(&mut self, inner: &mut Vec<Doc<'t>>) {
        if let Some(close) = self.tokens.front_mut() {
            let comments = std::mem::take(&mut close.before);
            inner.extend(comments.iter().map(|c| Doc::Own(c.text)));
        }
    }

    /// Takes the comment behind the last entry of a list whose opener was taken, if no comma stands
    /// between them.
    fn last_comment(&mut self) -> Option<&'t str> {
        let mut depth = 1usize;
        let end = self.tokens.iter().position(|t| {
            if t.kind.is_opener() {
                depth += 1;
            } else if t.kind.is_closer() {
                depth = depth.saturating_sub(1);
            }
            depth == 0
        })?;
        let last = self.tokens.get_mut(end.checked_sub(1)?)?;
        (last.kind != T::Comma).then(|| last.after.take()).flatten()
    }

    /// A bracketed list with commas. Broken, it has one behind the last entry too.
    fn list(
        &mut self,
        out: &mut Vec<Doc<'t>>,
        style: Style,
        mut entry: impl FnMut(&mut Self, &mut Vec<Doc<'t>>),
    ) {
        let mut docs = Vec::new();
        self.token(&mut docs);
        // The comma behind the last entry stands before the comment behind it.
        let mut comment = self.last_comment();
        let mut inner = Vec::new();
        let gap = || match style {
            Style::Padded => Doc::Line,
            Style::Tight => Doc::SoftLine,
        };
        while self.kind().is_some_and(|k| !k.is_closer()) {
            inner.push(if inner.is_empty() { gap() } else { Doc::Line });
            entry(self, &mut inner);
            if !self.is(T::Comma) {
                inner.push(Doc::IfBroken(","));
                inner.extend(comment.take().map(Doc::Trailing));
                break;
            }
            let last = self.peek(1).is_some_and(T::is_closer);
            if let Some(comma) = self.tokens.pop_front() {
                inner.push(if last {
                    Doc::IfBroken(",")
                } else {
                    Doc::Text(",")
                });
                inner.extend(comma.after.map(Doc::Trailing));
            }
        }
        self.closer_comments(&mut inner);
        let empty = inner.is_empty();
        docs.push(Doc::Indent(inner));
        docs.push(if empty { Doc::SoftLine } else { gap() });
        self.token(&mut docs);
        out.push(Doc::group(docs));
    }
}
