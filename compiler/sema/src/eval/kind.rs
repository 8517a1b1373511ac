//! The kinds that formals and parameters have, and what an argument of each may be.

use std::sync::Arc;

use npl_diagnostics::{TextRange, codes::kinds, suggest};
use npl_policy::model::Set;
use npl_syntax::ast::{self, Arg, Prim};
use smol_str::SmolStr;

use crate::{
    eval::{
        cx::{Cx, kind_of},
        ends::{Role, group_value},
        names::external_value,
        network::network_value,
        normal, ports, text,
    },
    value::{GroupValue, PortValue, TextValue, Value},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Workload,
    External,
    Network,
    Group,
    Service,
    Port,
    String,
}

const KINDS: [(&str, Kind); 7] = [
    ("workload", Kind::Workload),
    ("external", Kind::External),
    ("network", Kind::Network),
    ("group", Kind::Group),
    ("service", Kind::Service),
    ("port", Kind::Port),
    ("string", Kind::String),
];

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        let found = KINDS.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(name, _)| name)
    }

    /// Kinds that have literals: what an environment can give.
    pub(crate) fn has_literals(self) -> bool {
        matches!(
            self,
            Self::External | Self::Network | Self::Port | Self::String
        )
    }

    fn example(self) -> &'static str {
        match self {
            Self::Workload => "name a workload, or a group of workloads",
            Self::External => "name an external, or write a DNS name in quotes",
            Self::Network => "name a network, or write an address or a CIDR",
            Self::Group => "name whatever may be an end of a rule",
            Self::Service => "name a service",
            Self::Port => "write a port, or name one",
            Self::String => "write a text in quotes",
        }
    }

    /// A value that an argument of this kind may be as it stands.
    fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Workload, Value::Workload(_))
            | (Self::External, Value::External(_))
            | (Self::Network, Value::Network(_))
            | (Self::Service, Value::Service(_))
            | (Self::Port, Value::Port(_))
            | (Self::String, Value::Text(_))
            | (_, Value::Error) => true,
            (Self::Workload, Value::Group(group)) => only_pods(group),
            (Self::Group, value) => {
                !matches!(value, Value::Port(_) | Value::Text(_) | Value::Template(_))
            }
            _ => false,
        }
    }
}

fn only_pods(group: &GroupValue) -> bool {
    let rest = Set {
        pods: group.set.pods.clone(),
        ..Set::default()
    };
    group.services.is_empty() && *group.set == rest
}

/// Who asks for an argument, for the finding that refuses it.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    /// Where it is declared.
    pub(crate) at: Option<npl_diagnostics::Place>,
}

impl Cx<'_> {
    pub(crate) fn kind(&mut self, kind: &ast::Kind) -> Option<Kind> {
        if let Some((_, found)) = KINDS.iter().find(|(name, _)| *name == kind.node) {
            return Some(*found);
        }
        let message = format!("unknown kind `{}`", kind.node);
        let found = self.found(&kinds::UNKNOWN_KIND, kind.span, message);
        let names = KINDS.iter().map(|(name, _)| *name);
        let found = match suggest(&kind.node, names.clone()) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                false,
                self.at(kind.span),
                near,
            ),
            None => {
                let all: Vec<String> = names.map(|name| format!("`{name}`")).collect();
                found.help(format!("the kinds are {}", all.join(", ")))
            }
        };
        self.report(found);
        None
    }

    /// The value of an argument; `Error` where it was refused here or before.
    pub(crate) fn argument(&mut self, arg: &Arg, asked: Asked<'_>) -> Value {
        self.try_argument(arg, asked).unwrap_or(Value::Error)
    }

    fn try_argument(&mut self, arg: &Arg, asked: Asked<'_>) -> Option<Value> {
        let set = match arg {
            Arg::Port(lit) if asked.kind == Kind::Port => {
                let found = ports::port_lit(lit)?;
                let (name, set) = (found.normal, found.set);
                return Some(Value::Port(Arc::new(PortValue { name, set })));
            }
            Arg::Port(lit) => {
                lit.value?;
                self.mismatch("a port", arg, lit.span, asked);
                return None;
            }
            Arg::Set(set) => set,
        };
        if let ([Prim::Path(path)], None) = (set.union.as_slice(), &set.except) {
            let value = self.scope.resolve(path, &mut self.out)?;
            let text = matches!(value, Value::Text(_)) && asked.kind == Kind::External;
            if asked.kind.takes(&value) {
                return Some(value);
            }
            if !text {
                self.mismatch(kind_of(&value), arg, path.span, asked);
                return None;
            }
        }
        self.set_argument(arg, set, asked)
    }

    fn set_argument(&mut self, arg: &Arg, set: &ast::Set, asked: Asked<'_>) -> Option<Value> {
        match asked.kind {
            Kind::External => {
                let found = self.externals(set)?;
                let name = normal::joined(found.normal, " | ");
                Some(external_value(name, found.patterns))
            }
            Kind::Network => {
                let found = self.nets(set)?;
                Some(network_value(found.normal, found.nets))
            }
            Kind::String => match (set.union.as_slice(), &set.except) {
                ([Prim::Str(text)], None) => Some(Value::Text(Arc::new(TextValue {
                    name: normal::quoted(&text.node),
                    text: text.node.clone(),
                }))),
                _ => {
                    self.mismatch("not a string", arg, set.span, asked);
                    None
                }
            },
            Kind::Workload | Kind::Group => {
                let ends = self.ends(set, Role::Member)?;
                let name = ends.normal.clone();
                let value = group_value(name, ends, &self.foreign);
                if !asked.kind.takes(&value) {
                    self.mismatch("not made of workloads only", arg, set.span, asked);
                    return None;
                }
                Some(value)
            }
            Kind::Service | Kind::Port => {
                self.mismatch(
                    &format!("not a {}", asked.kind.name()),
                    arg,
                    set.span,
                    asked,
                );
                None
            }
        }
    }

    fn mismatch(&mut self, what: &str, arg: &Arg, range: TextRange, asked: Asked<'_>) {
        let written: SmolStr = text::of_arg(arg, &[]);
        let kind = asked.kind.name();
        let article = if kind == "external" { "an" } else { "a" };
        let message = format!(
            "`{written}` is {what}, and `{}` must be {article} {kind}",
            asked.name
        );
        let mut found = self.found(&kinds::KIND_MISMATCH, range, message);
        if let Some(at) = asked.at {
            found = found.also(at, format!("declared as {article} {kind} here"));
        }
        self.report(found.help(asked.kind.example()));
    }
}
