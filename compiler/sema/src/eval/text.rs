//! Source text on one line: what rules, claims and flows show of themselves.
//!
//! An item of a file shows its own text, as the formatter would write it. An item of a template's
//! body is printed from its tree with the arguments put in, since that is what it means where it is
//! applied; so is a flow, which has no text of its own.

use std::fmt::Write;

use npl_syntax::ast::{self, Arg, Claim, Dest, End, NameArg, Path, Port, Prim, Set};
use smol_str::SmolStr;

use crate::eval::{cx::dotted, flow::FlowParts, normal};

/// What a formal is called where its template was applied.
pub(crate) type Substitution = (SmolStr, SmolStr);

#[derive(Clone, Copy)]
pub(crate) enum Text<'a> {
    /// The whole text of the item.
    Source(&'a str),
    /// The arguments of the template whose body the item stands in.
    Body(&'a [Substitution]),
}

impl Text<'_> {
    pub(crate) fn of_rule(self, item: &ast::Item, rule: &ast::Rule) -> SmolStr {
        match self {
            Text::Source(text) => one_line(text, item),
            Text::Body(names) => Printer::new(names).rule(rule),
        }
    }

    pub(crate) fn of_claim(self, item: &ast::Item, claim: &Claim) -> SmolStr {
        match self {
            Text::Source(text) => one_line(text, item),
            Text::Body(names) => Printer::new(names).claim(claim),
        }
    }

    pub(crate) fn names(&self) -> &[Substitution] {
        match self {
            Text::Source(_) => &[],
            Text::Body(names) => names,
        }
    }
}

fn one_line(text: &str, item: &ast::Item) -> SmolStr {
    let code = text.get(item.span.as_usize()).unwrap_or(text);
    npl_syntax::one_line(code).into()
}

pub(crate) fn of_flow(flow: &FlowParts<'_>) -> SmolStr {
    let mut printer = Printer::new(&[]);
    printer.flow(flow);
    printer.out.into()
}

/// An argument in the words of the place that applies.
pub(crate) fn of_arg(arg: &Arg, names: &[Substitution]) -> SmolStr {
    let mut printer = Printer::new(names);
    match arg {
        Arg::Set(set) => match (set.union.as_slice(), &set.except) {
            ([one], None) => printer.prim(one),
            _ => {
                printer.out.push('(');
                printer.set(set);
                printer.out.push(')');
            }
        },
        Arg::Port(lit) => printer.out.push_str(&normal::port(lit)),
    }
    printer.out.into()
}

struct Printer<'n> {
    names: &'n [Substitution],
    out: String,
}

impl<'n> Printer<'n> {
    fn new(names: &'n [Substitution]) -> Self {
        Self {
            names,
            out: String::new(),
        }
    }

    fn rule(mut self, rule: &ast::Rule) -> SmolStr {
        self.word(if rule.deny { "deny" } else { "allow" });
        if let Some(dir) = &rule.dir {
            self.word(match dir.node {
                ast::Dir::Ingress => "ingress",
                ast::Dir::Egress => "egress",
            });
        }
        self.set(&rule.source);
        self.out.push_str(" -> ");
        self.dest(&rule.dest);
        if let Some(via) = &rule.via {
            self.via(via);
        }
        if let Some(ast::Spanned { node: Some(d), .. }) = &rule.until {
            let _ = write!(self.out, " until {:04}-{:02}-{:02}", d.year, d.month, d.day);
        }
        if let Some(because) = &rule.because {
            let _ = write!(self.out, " because {}", normal::quoted(&because.node));
        }
        self.out.into()
    }

    fn claim(mut self, claim: &Claim) -> SmolStr {
        self.word("assert");
        match claim {
            Claim::CannotReach { from, to, hops } => {
                self.set(from);
                self.out.push_str(" cannot reach ");
                self.dest(to);
                self.hops(hops.as_ref());
            }
            Claim::CanReach { from, to } => {
                self.set(from);
                self.out.push_str(" can reach ");
                self.dest(to);
            }
            Claim::OnlyCanReach { from, to } => {
                self.word("only");
                self.set(from);
                self.out.push_str(" can reach ");
                self.dest(to);
            }
            Claim::Breach { of, within, hops } => {
                self.out.push_str("breach of ");
                self.set(of);
                self.out.push_str(" stays within {");
                for (at, set) in within.iter().enumerate() {
                    self.out.push_str(if at == 0 { " " } else { ", " });
                    self.set(set);
                }
                self.out.push_str(" }");
                self.hops(hops.as_ref());
            }
            Claim::Disjoint { left, right } => {
                self.word("disjoint");
                self.set(left);
                self.out.push_str(", ");
                self.set(right);
            }
        }
        self.out.into()
    }

    fn flow(&mut self, flow: &FlowParts<'_>) {
        self.end(flow.from);
        self.out.push_str(" -> ");
        self.end(flow.to);
        if let Some(port) = flow.port {
            self.out.push(':');
            self.port(port);
        }
        for fact in flow.facts {
            let _ = write!(self.out, " {}", fact.key.node);
            if let Some(method) = &fact.method {
                let _ = write!(self.out, " {}", method.node);
            }
            let _ = write!(self.out, " {}", normal::quoted(&fact.value.node));
        }
        if let Some(expect) = flow.expect {
            let _ = write!(self.out, " is {}", expect.node);
        }
    }

    fn end(&mut self, end: &End) {
        match end {
            End::Path(path) => self.path(path),
            End::Str(text) => self.out.push_str(&normal::quoted(&text.node)),
            End::Addr(addr) => self.addr(addr),
            End::Pod {
                labels, namespace, ..
            } => {
                self.out.push('{');
                for (at, label) in labels.labels.iter().enumerate() {
                    self.out.push_str(if at == 0 { " " } else { ", " });
                    self.label(label);
                }
                self.out
                    .push_str(if labels.labels.is_empty() { "}" } else { " }" });
                if let Some(namespace) = namespace {
                    let _ = write!(self.out, " in {}", namespace.node);
                }
            }
        }
    }

    /// Labels of a flow are `key: "v"` only; what is not was reported.
    fn label(&mut self, label: &ast::Label) {
        let plain = label
            .key
            .node
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        match plain {
            true => self.out.push_str(&label.key.node),
            false => self.out.push_str(&normal::quoted(&label.key.node)),
        }
        if let ast::LabelOp::Is(value) = &label.op {
            let _ = write!(self.out, ": {}", normal::quoted(&value.node));
        }
    }

    fn word(&mut self, word: &str) {
        self.out.push_str(word);
        self.out.push(' ');
    }

    fn set(&mut self, set: &Set) {
        self.union(&set.union);
        if let Some(except) = &set.except {
            self.out.push_str(" except ");
            self.union(except);
        }
    }

    fn union(&mut self, prims: &[Prim]) {
        for (at, prim) in prims.iter().enumerate() {
            if at > 0 {
                self.out.push_str(" | ");
            }
            self.prim(prim);
        }
    }

    fn prim(&mut self, prim: &Prim) {
        match prim {
            Prim::Path(path) => self.path(path),
            Prim::Str(text) => self.out.push_str(&normal::quoted(&text.node)),
            Prim::Addr(addr) => self.addr(addr),
            Prim::Paren(set) => {
                self.out.push('(');
                self.set(set);
                self.out.push(')');
            }
        }
    }

    fn path(&mut self, path: &Path) {
        let formal = match path.segments.as_slice() {
            [one] => self.names.iter().find(|(name, _)| *name == one.node),
            _ => None,
        };
        match formal {
            Some((_, text)) => self.out.push_str(text),
            None => self.out.push_str(&dotted(path)),
        }
    }

    fn addr(&mut self, addr: &ast::AddrLit) {
        let text = normal::addr(addr);
        let _ = match addr.brackets.is_some() {
            true => write!(self.out, "[{text}]"),
            false => write!(self.out, "{text}"),
        };
    }

    fn dest(&mut self, dest: &Dest) {
        self.prim(&dest.prim);
        let Some(ports) = &dest.ports else { return };
        self.out.push(':');
        self.out.push_str(if ports.braced { "{" } else { "" });
        for (at, port) in ports.ports.iter().enumerate() {
            self.out.push_str(if at == 0 { "" } else { ", " });
            self.port(port);
        }
        self.out.push_str(if ports.braced { "}" } else { "" });
    }

    fn port(&mut self, port: &Port) {
        match port {
            Port::Lit(lit) => self.out.push_str(&normal::port(lit)),
            Port::Path(path) => self.path(path),
        }
    }

    fn via(&mut self, via: &ast::Via) {
        let _ = write!(self.out, " via {}", dotted(&via.clause));
        for (at, name) in via.names.iter().enumerate() {
            self.out.push_str(if at == 0 { " " } else { " | " });
            match name {
                NameArg::Str(text) => self.out.push_str(&normal::quoted(&text.node)),
                NameArg::Path(path) => self.path(path),
            }
        }
        let Some(block) = &via.block else { return };
        self.out.push_str(" {");
        for entry in &block.entries {
            if let Some(method) = &entry.method {
                let _ = write!(self.out, " {}", method.node);
            }
            let _ = write!(self.out, " {}", normal::quoted(&entry.text.node));
        }
        self.out.push_str(" }");
    }

    fn hops(&mut self, hops: Option<&ast::Hops>) {
        if let Some(count) = hops.and_then(|hops| hops.count) {
            let _ = write!(self.out, " within {count} hops");
        }
    }
}
