//! `param`: a name that the environment of a build gives a value.
//!
//! Refuses kinds that have no literals, a value that is no literal of its kind, and no value at
//! all.

use std::sync::Arc;

use npl_diagnostics::{Diagnostic, codes::kinds};
use npl_syntax::ast::{self, Arg, Prim};
use smol_str::SmolStr;

use crate::{
    eval::{
        cx::Cx,
        kind::{Asked, Kind},
        names::external_value,
        network::network_value,
    },
    scope::Given,
    value::{PortValue, TextValue, Value},
};

impl Cx<'_> {
    pub(crate) fn param(
        &mut self,
        name: &ast::Name,
        kind: &ast::Kind,
        default: Option<&Arg>,
    ) -> Value {
        let Some(known) = self.kind(kind) else {
            return Value::Error;
        };
        if !known.has_literals() {
            let message = format!("a parameter cannot be a {}", known.name());
            let found = self
                .found(&kinds::PARAM_KIND, kind.span, message)
                .note("an environment gives texts, each read as a literal of its parameter's kind")
                .help("a parameter is an `external`, a `network`, a `port` or a `string`");
            self.report(found);
            return Value::Error;
        }
        let asked = Asked {
            kind: known,
            name: &name.node,
            at: None,
        };
        // The default is checked in every environment.
        let default = default.map(|arg| self.argument(arg, asked));
        let value = match self.scope.param(&name.node) {
            Some(given) => self.given(name, &given, asked),
            None => match default {
                Some(value) => value,
                None => {
                    self.missing(name);
                    Value::Error
                }
            },
        };
        renamed(value, self.scope.qualified(&name.node))
    }

    fn missing(&mut self, name: &ast::Name) {
        let message = format!("the parameter `{}` has no value", name.node);
        let found = self.found(&kinds::MISSING_PARAM, name.span, message).help(
            "choose an environment that gives one with `--env`, or write a default after `=`",
        );
        self.report(found);
    }

    /// The environment's text as a literal of the parameter's kind.
    fn given(&mut self, name: &ast::Name, given: &Given, asked: Asked<'_>) -> Value {
        let text = given.text.as_str();
        if asked.kind == Kind::String {
            return Value::Text(Arc::new(TextValue {
                name: SmolStr::default(),
                text: text.into(),
            }));
        }
        let before = self.out.len();
        let value = self.literal(text, name, asked);
        // What was found has ranges of the environment's text: it is told where that is.
        let why: Vec<_> = self.out.drain(before..).collect();
        if let Some(value) = value
            && value != Value::Error
        {
            self.out.extend(why.into_iter().map(|mut lint| {
                lint.at = given.at;
                lint.labels.clear();
                lint.fixes.clear();
                lint
            }));
            return value;
        }
        let kind = asked.kind.name();
        let article = if kind == "external" { "an" } else { "a" };
        let message = format!(
            "the environment gives `{}` the value `{text}`, which is not {article} {kind}",
            name.node
        );
        let mut found = Diagnostic::new(&kinds::BAD_PARAM_VALUE, given.at, message)
            .also(self.at(name.span), "the parameter");
        for line in why {
            found = found.note(line.message);
        }
        self.report(found.help(such_as(asked.kind)));
        Value::Error
    }

    fn literal(&mut self, text: &str, name: &ast::Name, asked: Asked<'_>) -> Option<Value> {
        if asked.kind == Kind::External && !text.trim_start().starts_with('"') {
            let pattern = self.pattern(text.trim(), name.span, false)?;
            return Some(external_value(SmolStr::default(), vec![pattern]));
        }
        let (arg, found) = npl_syntax::parse_arg(text);
        let arg = arg.filter(|arg| found.is_empty() && !names_something(arg))?;
        Some(self.argument(&arg, asked))
    }
}

/// What the environment could have given.
fn such_as(kind: Kind) -> &'static str {
    match kind {
        Kind::Port => "write a port, such as `443` or `53/udp`",
        Kind::Network => "write a network, such as `10.0.0.0/8`",
        Kind::External => "write a DNS name, such as `api.example.com`",
        _ => "write a literal of the parameter's kind",
    }
}

/// Holds a name, so it is no literal: an environment speaks of values, not of the program.
fn names_something(arg: &Arg) -> bool {
    fn in_set(set: &ast::Set) -> bool {
        let prims = set.union.iter().chain(set.except.iter().flatten());
        prims.into_iter().any(|prim| match prim {
            Prim::Path(_) => true,
            Prim::Paren(inner) => in_set(inner),
            Prim::Str(_) | Prim::Addr(_) => false,
        })
    }
    match arg {
        Arg::Set(set) => in_set(set),
        Arg::Port(_) => false,
    }
}

/// The value under the parameter's own name: a rule keeps its identity in every environment.
fn renamed(value: Value, name: SmolStr) -> Value {
    match value {
        Value::External(external) => external_value(name, external.patterns.clone()),
        Value::Network(network) => network_value(name, network.set.nets.clone()),
        Value::Port(port) => Value::Port(Arc::new(PortValue {
            name,
            set: Arc::clone(&port.set),
        })),
        Value::Text(text) => Value::Text(Arc::new(TextValue {
            name,
            text: text.text.clone(),
        })),
        other => other,
    }
}
