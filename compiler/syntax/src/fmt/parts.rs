//! The parts of which items are made: paths, sets, labels, lists.

use super::{doc::Doc, item::Cursor};
use crate::token::TokenKind as T;

/// How a bracketed list stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `{ a, b }`.
    Padded,
    /// `{a, b}`.
    Tight,
}

impl<'t> Cursor<'t> {
    pub(super) fn path(&mut self, out: &mut Vec<Doc<'t>>) {
        self.token(out);
        while self.is(T::Dot) && self.peek(1).is_some_and(T::is_name) {
            self.token(out);
            self.token(out);
        }
    }

    pub(super) fn set(&mut self, out: &mut Vec<Doc<'t>>) {
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
    pub(super) fn parts(&mut self) -> (Vec<Doc<'t>>, Vec<Doc<'t>>) {
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

    pub(super) fn union_rest(&mut self, out: &mut Vec<Doc<'t>>) {
        while self.is(T::Pipe) {
            out.push(Doc::Line);
            self.token(out);
            out.push(Doc::Space);
            self.prim(out);
        }
    }

    pub(super) fn prim(&mut self, out: &mut Vec<Doc<'t>>) {
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

    pub(super) fn dest(&mut self, out: &mut Vec<Doc<'t>>) {
        self.end_before_colon(out);
        if self.is(T::Colon) {
            self.token(out);
            self.ports(out);
        }
    }

    /// A primary that a colon may follow: it must not run into an IPv6 address.
    pub(super) fn end_before_colon(&mut self, out: &mut Vec<Doc<'t>>) {
        let first = self.tokens.front();
        let runs = first.is_some_and(|t| t.kind == T::Addr && t.text.contains(':'));
        self.prim(out);
        if runs && self.is(T::Colon) {
            out.push(Doc::Space);
        }
    }

    pub(super) fn ports(&mut self, out: &mut Vec<Doc<'t>>) {
        if self.is(T::LBrace) {
            self.list(out, Style::Tight, Self::port);
        } else {
            self.port(out);
        }
    }

    pub(super) fn port(&mut self, out: &mut Vec<Doc<'t>>) {
        if matches!(self.kind(), Some(T::Int | T::Port)) {
            self.token(out);
        } else {
            self.path(out);
        }
    }

    pub(super) fn labels(&mut self, out: &mut Vec<Doc<'t>>) {
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

    pub(super) fn block(&mut self, out: &mut Vec<Doc<'t>>) {
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
    pub(super) fn closer_comments(&mut self, inner: &mut Vec<Doc<'t>>) {
        if let Some(close) = self.tokens.front_mut() {
            let comments = std::mem::take(&mut close.before);
            inner.extend(comments.iter().map(|c| Doc::Own(c.text)));
        }
    }

    /// Takes the comment behind the last entry of a list whose opener was taken, if no comma stands
    /// between them.
    pub(super) fn last_comment(&mut self) -> Option<&'t str> {
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
    pub(super) fn list(
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
