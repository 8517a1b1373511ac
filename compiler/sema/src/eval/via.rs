//! `via`: which clause it is, what it takes, which ports it needs.
//!
//! Refuses unknown clauses, names or blocks that a clause does not take, ports that it cannot work
//! on, and what no request or name could match. Whether an end can check it is the rule's matter.

use std::sync::Arc;

use npl_diagnostics::{
    TextRange,
    codes::{kinds, sets},
    suggest,
};
use npl_policy::{
    http::{HttpEntry, HttpRule},
    model::Via,
    name::NamePattern,
    port::PortSet,
};
use npl_syntax::ast::{self, NameArg};
use smol_str::{SmolStr, format_smolstr};

use crate::{
    eval::{
        cx::{Cx, dotted, kind_of},
        limits::VIA_NAMES_MAX,
        normal,
        ports::PortsValue,
    },
    value::Value,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    TlsSni,
    Dns,
    Http,
    HttpHost,
    Grpc,
}

const CLAUSES: [(&str, Clause); 5] = [
    ("tls.sni", Clause::TlsSni),
    ("dns", Clause::Dns),
    ("http", Clause::Http),
    ("http.host", Clause::HttpHost),
    ("grpc", Clause::Grpc),
];

impl Clause {
    fn name(self) -> &'static str {
        let found = CLAUSES.iter().find(|(_, clause)| *clause == self);
        found.map_or("", |(name, _)| name)
    }

    fn takes_names(self) -> bool {
        matches!(self, Self::TlsSni | Self::Dns | Self::HttpHost)
    }

    fn takes_block(self) -> bool {
        matches!(self, Self::Http | Self::HttpHost | Self::Grpc)
    }

    fn needs_block(self) -> bool {
        matches!(self, Self::Http | Self::Grpc)
    }

    fn example(self) -> &'static str {
        match self {
            Self::TlsSni => "via tls.sni \"api.example.com\"",
            Self::Dns => "via dns \"*.example.com\"",
            Self::Http => "via http { GET \"/orders/*\" }",
            Self::HttpHost => "via http.host \"api.example.com\"",
            Self::Grpc => "via grpc { \"shop.Orders/*\" }",
        }
    }
}

/// Whether names may stand behind a clause; behind one that does not exist, none.
pub(crate) fn takes_names(clause: &ast::Path) -> bool {
    known(&dotted(clause)).is_some_and(Clause::takes_names)
}

fn known(name: &str) -> Option<Clause> {
    let found = CLAUSES.iter().find(|(known, _)| *known == name);
    found.map(|(_, clause)| *clause)
}

/// An evaluated clause.
pub(crate) struct ViaValue {
    pub(crate) via: Arc<Via>,
    pub(crate) clause: Clause,
    pub(crate) normal: SmolStr,
}

impl Cx<'_> {
    /// The clause of an `allow`. `ports` is `None` where they were wrong and reported.
    pub(crate) fn via(
        &mut self,
        via: &ast::Via,
        dest: &ast::Dest,
        ports: Option<&PortsValue>,
    ) -> Option<ViaValue> {
        let clause = self.clause(via)?;
        let mut fine = self.shape(via, clause);
        let names = self.via_names(via, clause);
        let entries = match &via.block {
            Some(block) if clause.takes_block() => self.entries(block, clause == Clause::Grpc),
            _ => Some((Vec::new(), Vec::new())),
        };
        fine &= match (&dest.ports, ports) {
            (None, _) => {
                self.needs_port(via, dest, clause);
                false
            }
            (Some(_), None) => false,
            (Some(written), Some(ports)) => self.fits(clause, written, &ports.set),
        };
        let ((patterns, mut texts), (mut entries, more)) = (names?, entries?);
        // `"/**"` is every request: no entry limits it, as `http: [{}]` of existing policies says.
        if clause != Clause::Grpc && entries.iter().any(HttpEntry::is_everything) {
            entries.clear();
        }
        if !fine {
            return None;
        }
        texts.sort();
        texts.dedup();
        let mut text = format_smolstr!("{} {}", clause.name(), texts.join("|"));
        if !more.is_empty() {
            text = format_smolstr!("{text} {{{}}}", normal::joined(more, " "));
        }
        let http = |hosts| HttpRule { hosts, entries };
        let value = match clause {
            Clause::TlsSni => Via::Tls(patterns),
            Clause::Dns => Via::Dns(patterns),
            Clause::Http | Clause::HttpHost => Via::Http(http(patterns)),
            Clause::Grpc => Via::Grpc(http(patterns)),
        };
        Some(ViaValue {
            via: Arc::new(value),
            clause,
            normal: text,
        })
    }

    fn clause(&mut self, via: &ast::Via) -> Option<Clause> {
        let name = dotted(&via.clause);
        if let Some(clause) = known(&name) {
            return Some(clause);
        }
        let names = CLAUSES.iter().map(|(name, _)| *name);
        let mut found = self.found(
            &kinds::UNKNOWN_CLAUSE,
            via.clause.span,
            format!("unknown clause `{name}`"),
        );
        let near = suggest(&name, names.clone()).or_else(|| short_name(&name));
        found = match near {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                false,
                self.at(via.clause.span),
                near,
            ),
            None => {
                let all: Vec<String> = names.map(|name| format!("`{name}`")).collect();
                found.help(format!("the clauses are {}", all.join(", ")))
            }
        };
        self.report(found);
        None
    }

    /// Names and a block, where the clause takes them and only there.
    fn shape(&mut self, via: &ast::Via, clause: Clause) -> bool {
        let name = clause.name();
        let (at, message) = match (&via.names[..], &via.block) {
            ([first, ..], _) if !clause.takes_names() => {
                (name_span(first), format!("`{name}` takes no names"))
            }
            (_, Some(block)) if !clause.takes_block() => {
                (block.span, format!("`{name}` takes no block"))
            }
            ([], _) if clause.takes_names() => (via.clause.span, format!("`{name}` needs a name")),
            (_, None) if clause.needs_block() => (
                via.clause.span,
                format!("`{name}` needs a block of entries"),
            ),
            (_, Some(block)) if block.entries.is_empty() => {
                let message = format!("this `{name}` block admits nothing");
                let found = self.found(&sets::EMPTY_BLOCK, block.span, message);
                self.report(
                    found.help(
                        "list what is allowed, or remove the rule: without it nothing passes",
                    ),
                );
                return false;
            }
            _ => return true,
        };
        let found = self.found(&kinds::CLAUSE_SHAPE, at, message);
        self.report(found.help(format!("for example `{}`", clause.example())));
        false
    }

    /// `b443` of `b:443`, which nothing declares: its port is told with its name.
    fn holds_port(&self, dest: &ast::Dest) -> bool {
        let ast::Prim::Path(path) = &dest.prim else {
            return false;
        };
        let name = path.segments.last().map_or("", |name| name.node.as_str());
        let end = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let known = self.scope.resolve(path, &mut Vec::new());
        known.is_none() && name.len() > end.len() + 1
    }

    fn needs_port(&mut self, via: &ast::Via, dest: &ast::Dest, clause: Clause) {
        if self.holds_port(dest) {
            return;
        }
        let name = clause.name();
        let example = match clause {
            Clause::Dns => "53/any",
            Clause::TlsSni => "443",
            _ => "8080",
        };
        let message = format!("`{name}` needs a port");
        let found = self
            .found(&kinds::CLAUSE_NEEDS_PORT, via.clause.span, message)
            .also(self.at(dest.prim.span()), "this has none")
            .help(format!(
                "write the port after the destination, for example `:{example}`"
            ));
        self.report(found);
    }

    /// The protocol of every port, at the port that breaks it.
    fn fits(&mut self, clause: Clause, written: &ast::Ports, set: &PortSet) -> bool {
        if clause == Clause::Dns {
            return self.one_dns_port(written, set);
        }
        if set.is_tcp_only() {
            return true;
        }
        let name = clause.name();
        for port in &written.ports {
            if self.port_again(port).is_none_or(|set| set.is_tcp_only()) {
                continue;
            }
            let message = format!("`{name}` needs TCP, and this port is not TCP only");
            let mut found = self.found(&kinds::CLAUSE_NEEDS_TCP, port.span(), message);
            found =
                found.help("write a bare number for TCP; rules for other protocols stand apart");
            if let ast::Port::Lit(lit) = port
                && let Some(value) = lit.value
                && value.low == value.high
            {
                let at = self.at(lit.span);
                found = found.fix("make it TCP", false, at, value.low.to_string());
            }
            self.report(found);
        }
        false
    }

    fn one_dns_port(&mut self, written: &ast::Ports, set: &PortSet) -> bool {
        let icmp = !set.icmp4.is_empty() || !set.icmp6.is_empty();
        let mut numbers = [&set.tcp, &set.udp, &set.sctp]
            .into_iter()
            .flat_map(|ranges| ranges.as_slice().iter().copied());
        let first = numbers.next();
        let single = first.is_some_and(|(low, high)| low == high)
            && numbers.all(|range| Some(range) == first);
        if !single || icmp || set.all {
            let message = "`dns` needs one single port";
            let found = self.found(&kinds::CLAUSE_NEEDS_PORT, written.span, message);
            self.report(found.help("write the port of the resolver's pods, for example `53/any`"));
            return false;
        }
        if set.tcp.as_slice().is_empty() && set.udp.as_slice().is_empty() {
            let message = "`dns` needs UDP or TCP";
            let found = self.found(&kinds::CLAUSE_NEEDS_TCP, written.span, message);
            self.report(found.help("write `/udp`, or `/any` for both UDP and TCP"));
            return false;
        }
        true
    }

    fn via_names(
        &mut self,
        via: &ast::Via,
        clause: Clause,
    ) -> Option<(Vec<NamePattern>, Vec<SmolStr>)> {
        if !clause.takes_names() {
            return Some((Vec::new(), Vec::new()));
        }
        let (mut patterns, mut texts) = (Vec::new(), Vec::new());
        let mut fine = true;
        for name in &via.names {
            fine &= match name {
                NameArg::Str(text) => match self.pattern(&text.node, text.span, true) {
                    Some(pattern) => {
                        texts.push(normal::quoted(pattern.as_str()));
                        patterns.push(pattern);
                        true
                    }
                    None => false,
                },
                NameArg::Path(path) => self.via_path(path, &mut patterns, &mut texts),
            };
        }
        fine &= self.within(patterns.len(), VIA_NAMES_MAX, "names", via.span);
        patterns.sort();
        patterns.dedup();
        fine.then_some((patterns, texts))
    }

    fn via_path(
        &mut self,
        path: &ast::Path,
        patterns: &mut Vec<NamePattern>,
        texts: &mut Vec<SmolStr>,
    ) -> bool {
        match self.resolve(path) {
            Some(Value::External(external)) => {
                patterns.extend(external.patterns.iter().cloned());
                texts.push(external.name.clone());
                true
            }
            Some(Value::Text(text)) => match self.pattern(&text.text, path.span, false) {
                Some(pattern) => {
                    patterns.push(pattern);
                    texts.push(text.name.clone());
                    true
                }
                None => false,
            },
            Some(other) => {
                let message = format!("`{}` is {}, not a name", dotted(path), kind_of(&other));
                let found = self.found(&kinds::KIND_MISMATCH, path.span, message);
                self.report(found.help("write a DNS name in quotes, or name an `external`"));
                false
            }
            None => false,
        }
    }
}

/// What people write who know the thing and not its clause.
fn short_name(name: &str) -> Option<&'static str> {
    match name {
        "sni" | "tls" | "tls.name" | "https" => Some("tls.sni"),
        "host" => Some("http.host"),
        "dns.name" => Some("dns"),
        _ => None,
    }
}

fn name_span(name: &NameArg) -> TextRange {
    match name {
        NameArg::Str(text) => text.span,
        NameArg::Path(path) => path.span,
    }
}
