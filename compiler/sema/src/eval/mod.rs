//! The pure half of this crate: declarations to values, rules to the model.
//!
//! Functions of a tree and a [`Scope`]: no salsa, no files. A name that does not exist is reported
//! by `Scope::resolve`; a declaration that is wrong is reported once, by [`declare`], and its value
//! is then [`Value::Error`], about which every user stays silent. Nothing here keeps state.

mod backends;
mod bound;
mod claim;
mod cx;
mod ends;
mod except;
mod facts;
mod flow;
mod http;
mod kind;
mod kube;
pub mod limits;
mod literals;
mod lower;
mod names;
mod network;
mod normal;
mod param;
mod ports;
pub mod prelude;
mod rule;
mod selector;
mod service;
mod template;
mod text;
mod via;
mod workload;

#[cfg(test)]
mod tests;

pub(crate) use backends::SERVICE_DECLARED;
pub(crate) use facts::is_fact;
pub(crate) use via::takes_names;

use npl_diagnostics::{Diagnostic, Place};
use npl_policy::model::TestFlow;
use npl_syntax::ast::{self, ItemKind};

use crate::{
    eval::{cx::Cx, flow::FlowParts},
    lowered::Lowered,
    scope::Scope,
    value::Value,
};

/// The value of a declaration. Items that declare nothing are `Error`, without a finding.
pub fn declare(item: &ast::Item, scope: &dyn Scope) -> (Value, Vec<Diagnostic<Place>>) {
    let mut cx = Cx::new(scope);
    let value = value(&mut cx, item);
    // Half a set is not what was meant: its users stay silent.
    let half = !item.whole
        && matches!(
            item.kind,
            ItemKind::External { .. }
                | ItemKind::Network { .. }
                | ItemKind::Group { .. }
                | ItemKind::Port { .. }
                | ItemKind::Param { .. }
        );
    (if half { Value::Error } else { value }, cx.out)
}

fn value(cx: &mut Cx<'_>, item: &ast::Item) -> Value {
    match &item.kind {
        ItemKind::Workload(workload) => cx.workload(workload, item.doc.as_deref()),
        ItemKind::External { name, set } => cx.external(name, set),
        ItemKind::Network { name, set } => cx.network(name, set),
        ItemKind::Group { name, set } => cx.group(name, set),
        ItemKind::Service {
            name,
            service,
            namespace,
        } => cx.service(name, service, namespace.as_ref()),
        ItemKind::Port { name, ports } => cx.port_item(name, ports),
        ItemKind::Param {
            name,
            kind,
            default,
        } => cx.param(name, kind, default.as_ref()),
        ItemKind::Template {
            name,
            formals,
            body,
        } => cx.template(name, formals, body),
        ItemKind::Namespace(_)
        | ItemKind::Use(_)
        | ItemKind::Apply { .. }
        | ItemKind::Rule(_)
        | ItemKind::Assert(_)
        | ItemKind::Test { .. }
        | ItemKind::Error => Value::Error,
    }
}

/// What a rule, an `apply`, a claim or a test contributes; of a template, the findings that its
/// body has whatever its arguments are. `item_text` is the item's whole source text.
pub fn lower(item: &ast::Item, item_text: &str, scope: &dyn Scope) -> Lowered {
    lower::lower(item, item_text, scope)
}

/// A flow of the command line.
pub fn flow(edge: &ast::FlowEdge, scope: &dyn Scope) -> (Option<TestFlow>, Vec<Diagnostic<Place>>) {
    let mut cx = Cx::new(scope);
    let flow = cx.flow(&FlowParts {
        from: &edge.from,
        to: &edge.to,
        port: edge.port.as_ref(),
        facts: &edge.facts,
        expect: None,
        span: edge.span,
    });
    (flow, cx.out)
}
