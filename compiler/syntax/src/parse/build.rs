//! What the actions of the grammar call: literals to checked values, with what is wrong put aside.

use super::literal::{self, Finding};
use crate::{
    ast::{
        AddrLit, Arg, Block, Claim, Clause, Date, Dest, Dir, End, Fact, Flow, FlowEdge, Hops,
        ItemKind, Name, NameArg, Path, Port, PortLit, Ports, Prim, Rule, Set, Spanned, Str, Via,
    },
    lexer::slice,
};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};
use smol_str::SmolStr;

/// What one run of the parser makes.
pub(crate) enum Output {
    Item(Box<ItemKind>),
    Flow(Box<Flow>),
    Edge(Box<FlowEdge>),
    Arg(Arg),
}

/// What follows the destination of a rule.
#[derive(Default)]
pub(crate) struct Tail {
    pub(crate) via: Option<Via>,
    pub(crate) until: Option<Spanned<Option<Date>>>,
    pub(crate) because: Option<Str>,
}

/// One run of the parser over one text.
pub(crate) struct Build<'t> {
    text: &'t str,
    pub(crate) diagnostics: Vec<Finding>,
}

impl<'t> Build<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            diagnostics: Vec::new(),
        }
    }

    pub(crate) fn span(&self, start: u32, end: u32) -> TextRange {
        TextRange::new(start, end)
    }

    pub(crate) fn spanned<T>(&self, node: T, start: u32, end: u32) -> Spanned<T> {
        Spanned {
            node,
            span: TextRange::new(start, end),
        }
    }

    fn take<T>(&mut self, checked: Result<T, Box<Finding>>) -> Option<T> {
        checked
            .map_err(|finding| self.diagnostics.push(*finding))
            .ok()
    }

    pub(crate) fn name(&mut self, start: u32, end: u32) -> Name {
        let span = TextRange::new(start, end);
        let text = slice(self.text, span);
        if let Some(finding) = literal::name(text, span) {
            self.diagnostics.push(*finding);
        }
        Name {
            node: SmolStr::new(text),
            span,
        }
    }

    pub(crate) fn string(&mut self, start: u32, end: u32) -> Str {
        let span = TextRange::new(start, end);
        let (node, finding) = literal::string(slice(self.text, span), span);
        if let Some(finding) = finding {
            self.diagnostics.push(*finding);
        }
        Str { node, span }
    }

    pub(crate) fn port(&mut self, start: u32, end: u32) -> PortLit {
        let span = TextRange::new(start, end);
        let value = self.take(literal::port(slice(self.text, span), span));
        PortLit { value, span }
    }

    pub(crate) fn addr(&mut self, start: u32, end: u32, brackets: Option<(u32, u32)>) -> AddrLit {
        let span = TextRange::new(start, end);
        let text = slice(self.text, span);
        let value = self.take(literal::addr(text, span));
        AddrLit {
            net: value.map(|(net, _)| net),
            is_net: text.contains('/'),
            brackets: brackets.map(|(from, to)| TextRange::new(from, to)),
            span,
        }
    }

    pub(crate) fn date(&mut self, start: u32, end: u32) -> Spanned<Option<Date>> {
        let span = TextRange::new(start, end);
        let node = self.take(literal::date(slice(self.text, span), span));
        Spanned { node, span }
    }

    pub(crate) fn hops(&mut self, start: u32, end: u32, from: u32, to: u32) -> Hops {
        let number = TextRange::new(from, to);
        Hops {
            count: self.take(literal::hops(slice(self.text, number), number)),
            span: TextRange::new(start, end),
        }
    }

    pub(crate) fn open(
        &mut self,
        start: u32,
        first: Spanned<Dir>,
        second: Option<Spanned<Dir>>,
    ) -> Clause {
        if let Some(second) = second.as_ref().filter(|s| s.node == first.node) {
            self.repeated(first.span, second.span);
        }
        let end = second.as_ref().map_or(first.span.end, |s| s.span.end);
        let dirs = std::iter::once(first).chain(second).collect();
        Clause::Open(dirs, TextRange::new(start, end))
    }

    pub(crate) fn claim(&self, claim: Claim) -> Box<ItemKind> {
        Box::new(ItemKind::Assert(claim))
    }

    pub(crate) fn dest(&self, prim: Prim, ports: Option<Ports>, start: u32, end: u32) -> Box<Dest> {
        let span = TextRange::new(start, end);
        Box::new(Dest { prim, ports, span })
    }

    pub(crate) fn rule(
        &self,
        deny: bool,
        dir: Option<Spanned<Dir>>,
        source: Set,
        dest: Dest,
        tail: Option<Box<Tail>>,
    ) -> Box<ItemKind> {
        let Tail {
            via,
            until,
            because,
        } = tail.map(|tail| *tail).unwrap_or_default();
        Box::new(ItemKind::Rule(Rule {
            deny,
            dir,
            source,
            dest,
            via,
            until,
            because,
        }))
    }

    pub(crate) fn via(
        &self,
        start: u32,
        clause: Path,
        names: Vec<NameArg>,
        block: Option<Block>,
    ) -> Box<Via> {
        let mut span = TextRange::new(start, clause.span.end);
        for name in &names {
            span = span.cover(match name {
                NameArg::Str(text) => text.span,
                NameArg::Path(path) => path.span,
            });
        }
        if let Some(block) = &block {
            span = span.cover(block.span);
        }
        Box::new(Via {
            clause,
            names,
            block,
            span,
        })
    }

    /// A flow's own address: IPv6 must stand in brackets, or its last group may be the port.
    pub(crate) fn end_addr(&mut self, lit: AddrLit) -> End {
        let text = slice(self.text, lit.span);
        if lit.brackets.is_none() && text.contains(':') {
            let bracketed = bracketed(text);
            self.diagnostics.retain(|d| d.at != lit.span);
            self.diagnostics.push(
                Diagnostic::new(
                    &syntax::BARE_IPV6,
                    lit.span,
                    format!("the IPv6 address `{text}` stands without brackets"),
                )
                .with_label("where the address ends and a port begins cannot be seen")
                .help(format!("write `{bracketed}`"))
                .fix("put the address in brackets", false, lit.span, bracketed),
            );
        }
        End::Addr(lit)
    }

    pub(crate) fn edge(
        &self,
        from: End,
        to: End,
        port: Option<Port>,
        facts: Vec<Fact>,
        start: u32,
        end: u32,
    ) -> Box<FlowEdge> {
        let mut span = TextRange::new(start, end);
        if let Some(fact) = facts.last() {
            span = span.cover(fact.span);
        }
        Box::new(FlowEdge {
            from,
            to,
            port,
            facts,
            span,
        })
    }

    pub(crate) fn flow(&self, edge: Box<FlowEdge>, expect: Name) -> Box<Flow> {
        let FlowEdge {
            from,
            to,
            port,
            facts,
            span,
        } = *edge;
        Box::new(Flow {
            from,
            to,
            port,
            facts,
            span: span.cover(expect.span),
            expect,
        })
    }

    pub(crate) fn repeated_strings(&mut self, list: &[Str]) {
        self.repeats(list.iter().map(|s| (&s.node, s.span)));
    }

    pub(crate) fn repeated_ports(&mut self, list: &[Port]) {
        let text = self.text;
        let literals = list.iter().filter_map(|port| match port {
            Port::Lit(lit) => Some((slice(text, lit.span), lit.span)),
            Port::Path(_) => None,
        });
        self.repeats(literals);
    }

    fn repeats<K: Ord>(&mut self, list: impl Iterator<Item = (K, TextRange)>) {
        let mut seen: Vec<(K, TextRange)> = list.collect();
        if seen.len() < 2 {
            return;
        }
        seen.sort();
        let mut first: Option<&(K, TextRange)> = None;
        for entry in &seen {
            match first {
                Some(first) if first.0 == entry.0 => self.repeated(first.1, entry.1),
                _ => first = Some(entry),
            }
        }
    }

    fn repeated(&mut self, first: TextRange, again: TextRange) {
        let text = slice(self.text, again);
        let shown = text.trim_matches('"');
        self.diagnostics.push(
            Diagnostic::new(
                &syntax::REPEATED_ENTRY,
                again,
                format!("`{shown}` stands twice in one list"),
            )
            .also(first, "it stands here already")
            .help("remove one of them"),
        );
    }
}

/// `[2001:db8::1]:443` of `2001:db8::1:443` where the last group reads as a port, else `[…]`.
fn bracketed(text: &str) -> String {
    let split = text.rsplit_once(':').filter(|(address, port)| {
        port.len() > 1
            && port.parse::<u16>().is_ok_and(|n| n > 0)
            && address.parse::<std::net::Ipv6Addr>().is_ok()
    });
    match split {
        Some((address, port)) => format!("[{address}]:{port}"),
        None => format!("[{text}]"),
    }
}
