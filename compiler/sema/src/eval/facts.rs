//! Facts of a flow: `sni`, `http METHOD PATH`, `host`, `dns`.
//!
//! Refuses unknown facts, one twice, values that no flow could carry, and TLS beside HTTP: a flow
//! is one or the other.

use npl_diagnostics::{TextRange, codes::claims, suggest};
use npl_policy::model::Facts;
use npl_syntax::ast::{Fact, Port};
use smol_str::SmolStr;

use crate::eval::{cx::Cx, flow::FlowParts, http::is_method, limits::FACTS_MAX, normal};

const FACTS: [&str; 4] = ["sni", "http", "host", "dns"];

/// `a -> b: http GET "/x"`: the fact stands where the port is missing.
pub(crate) fn is_fact(port: &Port, first: &Fact) -> bool {
    let Port::Path(path) = port else {
        return false;
    };
    let http = matches!(path.segments.as_slice(), [only] if only.node == "http");
    http && is_method(&first.key.node)
}

impl Cx<'_> {
    pub(crate) fn facts(&mut self, flow: &FlowParts<'_>) -> Option<Facts> {
        let facts = flow.facts;
        if let (Some(port), Some(first)) = (flow.port, facts.first())
            && is_fact(port, first)
        {
            let message = "a port is missing before `http`";
            let found = self.found(&claims::FLOW_PORT, port.span(), message);
            self.report(found.help("write it behind the colon, for example `:8080 http`"));
            return None;
        }
        let range = facts.first().map_or(TextRange::at(0), |fact| fact.span);
        if !self.within(facts.len(), FACTS_MAX, "facts", range) {
            return None;
        }
        let mut out = Facts::default();
        let mut fine = true;
        for (at, fact) in facts.iter().enumerate() {
            let before = facts.get(..at).unwrap_or_default();
            fine &= self.known(fact) && self.once(fact, before);
            if fine {
                fine &= self.fact(fact, &mut out);
            }
        }
        let http = facts
            .iter()
            .find(|f| matches!(&*f.key.node, "http" | "host"));
        let sni = facts.iter().find(|f| f.key.node == "sni");
        if let (true, Some(http), Some(sni)) = (fine, http, sni) {
            let message = "a flow is TLS or HTTP, not both";
            let found = self
                .found(&claims::FACTS_CONFLICT, http.span, message)
                .also(self.at(sni.span), "this says TLS")
                .note("what runs inside TLS cannot be seen, so no rule judges it")
                .help("keep one of them");
            self.report(found);
            return None;
        }
        fine.then_some(out)
    }

    fn known(&mut self, fact: &Fact) -> bool {
        let name = fact.key.node.as_str();
        if FACTS.contains(&name) {
            return true;
        }
        let message = format!("unknown fact `{name}`");
        let found = self.found(&claims::UNKNOWN_FACT, fact.key.span, message);
        let found = match suggest(name, FACTS) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                false,
                self.at(fact.key.span),
                near,
            ),
            None => found.help("the facts are `sni`, `http`, `host` and `dns`"),
        };
        self.report(found);
        false
    }

    fn once(&mut self, fact: &Fact, before: &[Fact]) -> bool {
        let Some(first) = before.iter().find(|f| f.key.node == fact.key.node) else {
            return true;
        };
        let message = format!("the fact `{}` is given twice", fact.key.node);
        let found = self
            .found(&claims::BAD_FACT, fact.span, message)
            .also(self.at(first.span), "first here")
            .help("keep one");
        self.report(found);
        false
    }

    fn fact(&mut self, fact: &Fact, out: &mut Facts) -> bool {
        if let Some(method) = &fact.method {
            if fact.key.node != "http" {
                let message = format!("the fact `{}` has no method", fact.key.node);
                let found = self.found(&claims::BAD_FACT, method.span, message);
                self.report(found.help("a method stands after `http` only"));
                return false;
            }
            if self.method(method).is_none() {
                return false;
            }
            out.method = Some(method.node.clone());
        }
        let value = &fact.value;
        match fact.key.node.as_str() {
            // The empty name is TLS without one.
            "sni" if value.node.is_empty() => out.sni = Some(SmolStr::default()),
            "http" => {
                if !value.node.starts_with('/') {
                    let message =
                        format!("`{}` is no path: it does not begin with `/`", value.node);
                    let fixed = normal::quoted(&format!("/{}", value.node));
                    let found = self
                        .found(&claims::BAD_FACT, value.span, message)
                        .help("begin it with `/`")
                        .fix("begin it with `/`", false, self.at(value.span), fixed);
                    self.report(found);
                    return false;
                }
                out.path = Some(value.node.clone());
            }
            key => {
                let Some(name) = self.fact_name(&value.node, value.span) else {
                    return false;
                };
                match key {
                    "sni" => out.sni = Some(name),
                    "host" => out.host = Some(name),
                    _ => out.dns = Some(name),
                }
            }
        }
        true
    }

    fn fact_name(&mut self, text: &str, range: TextRange) -> Option<SmolStr> {
        let pattern = self.pattern(text, range, true)?;
        if pattern.is_exact() {
            return Some(pattern.as_str().into());
        }
        let message = format!("`{pattern}` stands for many names, and a fact is one");
        let found = self.found(&claims::BAD_FACT, range, message);
        self.report(found.help("write one name"));
        None
    }
}
