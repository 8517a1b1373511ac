//! Rules, claims and flows as documents: the ends on the first line, clauses below it when they do
//! not fit.

use super::{doc::Doc, item::Cursor, parts::Style};
use crate::token::TokenKind as T;

impl<'t> Cursor<'t> {
    pub(super) fn rule(&mut self, mut head: Vec<Doc<'t>>) -> Doc<'t> {
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

    pub(super) fn via(&mut self, out: &mut Vec<Doc<'t>>) {
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

    pub(super) fn claim(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
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

    pub(super) fn breach(&mut self, mut out: Vec<Doc<'t>>) -> Doc<'t> {
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

    pub(super) fn hops(&mut self, out: &mut Vec<Doc<'t>>) {
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

    pub(super) fn end(&mut self, out: &mut Vec<Doc<'t>>) {
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
