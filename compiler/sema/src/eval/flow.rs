//! Flows of `test` blocks and of the command line: concrete ends, one port, facts, a verdict.
//!
//! Refuses ends and ports that stand for many, facts that no flow has together, and verdicts that
//! are neither `allowed` nor `denied`.

use std::sync::Arc;

use npl_diagnostics::{
    TextRange,
    codes::{claims, sets},
    suggest,
};
use npl_policy::{
    label::NAMESPACE_NAME_LABEL,
    model::{FlowEnd, FlowPort, Pod, Set, Test, TestFlow, Verdict},
    name::NamePattern,
    port::{PortSet, Ranges},
};
use npl_syntax::ast::{self, End, Fact, LabelOp, Port};
use smol_str::SmolStr;

use crate::{
    eval::{
        cx::{Cx, dotted},
        ends::Role,
        facts::is_fact,
        limits::FLOWS_MAX,
        literals,
        lower::Around,
        text,
    },
    value::ServiceValue,
};

/// The account of a pod that names none.
const DEFAULT_ACCOUNT: &str = "default";

/// A flow of a test (with a verdict) or of the command line (without).
pub(crate) struct FlowParts<'a> {
    pub(crate) from: &'a End,
    pub(crate) to: &'a End,
    pub(crate) port: Option<&'a Port>,
    pub(crate) facts: &'a [Fact],
    pub(crate) expect: Option<&'a ast::Name>,
    pub(crate) span: TextRange,
}

/// An end, or a service whose port is still to be translated.
enum EndValue {
    Plain(FlowEnd),
    Service(Arc<ServiceValue>),
}

impl Cx<'_> {
    pub(crate) fn test(
        &mut self,
        name: &ast::Str,
        flows: &[ast::Flow],
        item: &ast::Item,
        around: &Around<'_>,
    ) -> Test {
        let fine = self.within(flows.len(), FLOWS_MAX, "flows of one test", name.span);
        let flows = if fine { flows } else { &[] };
        let parts = flows.iter().map(|flow| FlowParts {
            from: &flow.from,
            to: &flow.to,
            port: flow.port.as_ref(),
            facts: &flow.facts,
            expect: Some(&flow.expect),
            span: flow.span,
        });
        Test {
            name: name.node.clone(),
            flows: parts.filter_map(|parts| self.flow(&parts)).collect(),
            file: around.file.clone(),
            place: self.at(item.span),
        }
    }

    pub(crate) fn flow(&mut self, flow: &FlowParts<'_>) -> Option<TestFlow> {
        let from = self.flow_end(flow.from, Role::Source);
        let to = self.flow_end(flow.to, Role::Destination);
        let v6 = [flow.from, flow.to].into_iter().any(is_v6);
        let facts = self.facts(flow);
        let missing = |port| flow.facts.first().is_some_and(|fact| is_fact(port, fact));
        let port = match flow.port {
            Some(port) if missing(port) => None,
            Some(port) => self.one_port(port, v6).map(Some),
            None => Some(None),
        };
        let expect = match flow.expect {
            Some(word) => self.expected(word).map(Some),
            None => Some(None),
        };
        let (from, to, port) = (from?, to?, port?);
        let from = match from {
            EndValue::Plain(end) => end,
            // Refused as a source before.
            EndValue::Service(_) => return None,
        };
        let (to, port) = match to {
            EndValue::Plain(end) => (end, port),
            EndValue::Service(service) => self.behind(&service, flow, port)?,
        };
        Some(TestFlow {
            from,
            to,
            port,
            facts: facts?,
            expect: expect?,
            text: text::of_flow(flow),
            place: self.at(flow.span),
        })
    }

    fn flow_end(&mut self, end: &End, role: Role) -> Option<EndValue> {
        let end = match end {
            End::Path(path) => {
                let prim = ast::Prim::Path(path.clone());
                let ends = self.end(&prim, role)?;
                match ends.services.as_slice() {
                    [] => FlowEnd::Set(ends.set),
                    [one] if *ends.set == Set::default() => {
                        return Some(EndValue::Service(Arc::clone(one)));
                    }
                    _ => {
                        let message =
                            format!("`{}` holds a service beside other ends", dotted(path));
                        let found = self.found(&claims::FLOW_END, path.span, message);
                        self.report(found.help("name the service, or the workload, itself"));
                        return None;
                    }
                }
            }
            End::Str(text) => self.flow_name(text, role)?,
            End::Addr(addr) => {
                let net = addr.net?;
                if addr.is_net && net.prefix_len() != net.max_prefix_len() {
                    let message = format!("`{net}` is a network, and a flow has one address");
                    let found = self.found(&claims::FLOW_END, addr.span, message);
                    self.report(found.help("write one address of it"));
                    return None;
                }
                FlowEnd::Addr(net.addr())
            }
            End::Pod {
                labels,
                namespace,
                span,
            } => FlowEnd::Pod(self.pod(labels, namespace.as_ref(), *span)?),
        };
        Some(EndValue::Plain(end))
    }

    fn flow_name(&mut self, text: &ast::Str, role: Role) -> Option<FlowEnd> {
        let pattern = self.pattern(&text.node, text.span, true)?;
        if role == Role::Source {
            self.report(literals::string_as_source(self, text));
            return None;
        }
        self.one_name(&pattern, text.span)?;
        Some(FlowEnd::Name(pattern.as_str().into()))
    }

    fn one_name(&mut self, pattern: &NamePattern, range: TextRange) -> Option<()> {
        if pattern.is_exact() {
            return Some(());
        }
        let message = format!("`{pattern}` stands for many names, and a flow has one");
        let found = self.found(&claims::FLOW_END, range, message);
        self.report(found.help("write one name that the pattern admits"));
        None
    }

    /// A pod of a flow has the labels that are written, and no others.
    fn pod(
        &mut self,
        labels: &ast::Labels,
        namespace: Option<&ast::Str>,
        span: TextRange,
    ) -> Option<Pod> {
        let mut fine = true;
        let mut have: Vec<(SmolStr, SmolStr)> = Vec::with_capacity(labels.labels.len());
        for label in &labels.labels {
            match &label.op {
                LabelOp::Is(value) => have.push((label.key.node.clone(), value.node.clone())),
                _ => {
                    let message = format!(
                        "a pod of a flow has a value for `{}`, or not the label at all",
                        label.key.node
                    );
                    let found = self.found(&claims::FLOW_LABELS, label.span, message);
                    self.report(found.help("write `key: \"value\"`, or leave the label out"));
                    fine = false;
                }
            }
        }
        fine = fine
            && self
                .labels(npl_policy::label::Cube::every(), labels)
                .is_some();
        let namespace = match namespace {
            Some(name) => self
                .namespace_name(&name.node, name.span)
                .then(|| name.node.clone()),
            None => self.scope.namespace().or_else(|| {
                let found = self
                    .found(&sets::NO_NAMESPACE, span, "this pod is in no namespace")
                    .help("write `in …` after its labels");
                self.report(found);
                None
            }),
        };
        have.sort();
        let namespace = namespace.filter(|_| fine)?;
        Some(Pod {
            namespace_labels: vec![(SmolStr::new_static(NAMESPACE_NAME_LABEL), namespace.clone())],
            namespace,
            labels: have,
            account: SmolStr::new_static(DEFAULT_ACCOUNT),
        })
    }

    fn one_port(&mut self, port: &Port, v6: bool) -> Option<FlowPort> {
        let found = self.port(port)?;
        if let Some(one) = single(&found.set, v6) {
            return Some(one);
        }
        let message = format!(
            "`{}` is more than one port, and a flow has one",
            found.normal
        );
        let diagnostic = self.found(&claims::FLOW_PORT, port.span(), message);
        self.report(
            diagnostic.help("write one number, with `/udp` or `/sctp` where it is not TCP"),
        );
        None
    }

    fn expected(&mut self, word: &ast::Name) -> Option<Verdict> {
        match word.node.as_str() {
            "allowed" => return Some(Verdict::Allow),
            "denied" => return Some(Verdict::Deny),
            _ => {}
        }
        let message = format!("`{}` is no verdict", word.node);
        let mut found = self.found(&claims::UNKNOWN_VERDICT, word.span, message);
        let near = suggest(&word.node, ["allowed", "denied"]).or(match word.node.as_str() {
            "allow" | "permitted" | "accepted" | "open" => Some("allowed"),
            "deny" | "blocked" | "dropped" | "refused" | "closed" => Some("denied"),
            _ => None,
        });
        if let Some(near) = near {
            let at = self.at(word.span);
            found = found.fix(format!("write `{near}`"), false, at, near);
        }
        self.report(found.help("a flow is `allowed` or `denied`"));
        None
    }

    /// A flow to a service is a flow to the pods behind it, at their port.
    fn behind(
        &mut self,
        service: &ServiceValue,
        flow: &FlowParts<'_>,
        port: Option<FlowPort>,
    ) -> Option<(FlowEnd, Option<FlowPort>)> {
        let at = flow.to.span();
        let ports = flow.port.map(|port| ast::Ports {
            ports: vec![port.clone()],
            braced: false,
            span: port.span(),
        });
        let backends = self.backends(service, ports.as_ref(), at)?;
        let translated = match (backends.as_slice(), port) {
            (_, None) => None,
            ([one], Some(asked)) => Some(single(&one.ports, false).unwrap_or(asked)),
            _ => {
                let message = format!(
                    "the service `{}` does not lead to one port of one set of pods",
                    service.short
                );
                let found = self.found(&claims::FLOW_END, at, message);
                self.report(found.help("name the workload and its port"));
                return None;
            }
        };
        let set = super::ends::unite(backends.into_iter().map(|b| b.set).collect());
        Some((FlowEnd::Set(set), translated))
    }
}

/// The one port of a set. A named ICMP port has types of both families: the end's family decides.
fn single(set: &PortSet, v6: bool) -> Option<FlowPort> {
    let one = |ranges: &Ranges| match ranges.as_slice() {
        [(low, high)] if low == high => Some(*low),
        _ => None,
    };
    let found = [
        one(&set.tcp).map(FlowPort::Tcp),
        one(&set.udp).map(FlowPort::Udp),
        one(&set.sctp).map(FlowPort::Sctp),
    ]
    .into_iter()
    .flatten()
    .next();
    if let Some(port) = found {
        return (*set == PortSet::of(port)).then_some(port);
    }
    let transport = [&set.tcp, &set.udp, &set.sctp];
    if set.all || transport.iter().any(|ranges| !ranges.as_slice().is_empty()) {
        return None;
    }
    match (set.icmp4.first(), set.icmp6.first()) {
        (_, Some(kind)) if v6 => Some(FlowPort::Icmp6(*kind)),
        (Some(kind), _) => Some(FlowPort::Icmp4(*kind)),
        (None, Some(kind)) => Some(FlowPort::Icmp6(*kind)),
        (None, None) => None,
    }
}

fn is_v6(end: &End) -> bool {
    match end {
        End::Addr(addr) => addr.net.is_some_and(|net| net.addr().is_ipv6()),
        End::Path(_) | End::Str(_) | End::Pod { .. } => false,
    }
}
