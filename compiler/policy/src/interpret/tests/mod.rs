//! Language.md §5, section by section, on concrete flows.

mod facts;
mod meaning;
mod stated;

use crate::{
    builder::Builder,
    interpret::{Answer, By, Endpoint, Flow, FlowVerdict, Interpreter},
    model::{Facts, FlowPort, Model},
};

/// One flow over one model; ends as [`crate::builder::pod`] reads them, or endpoints.
pub(super) fn judge(model: &Model, src: Endpoint, dst: Endpoint, port: FlowPort) -> FlowVerdict {
    judge_with(model, src, dst, port, Facts::default())
}

pub(super) fn judge_with(
    model: &Model,
    src: Endpoint,
    dst: Endpoint,
    port: FlowPort,
    facts: Facts,
) -> FlowVerdict {
    Interpreter::new(model).judge(&Flow {
        src,
        dst,
        port,
        facts,
    })
}

pub(super) fn pod(labels: &str) -> Endpoint {
    Endpoint::Pod(crate::builder::pod(labels))
}

pub(super) fn ip(text: &str) -> Endpoint {
    Endpoint::addr(text.parse::<std::net::IpAddr>().unwrap())
}

pub(super) const HOST: Endpoint = Endpoint::Host { api_server: false };
pub(super) const NODE: Endpoint = Endpoint::RemoteNode { api_server: false };

/// `allow (rule 0 | sealed db)`: the verdict, then what decided at each end.
pub(super) fn words(model: &Model, verdict: &FlowVerdict) -> String {
    let name = |index: u32| model.workloads[index as usize].name.clone();
    let by = |by: By| match by {
        By::Rule(rule) => format!("rule {rule}"),
        By::Sealed(w) => format!("sealed {}", name(w)),
        By::Open(w) => format!("open {}", name(w)),
        By::Unselected => "unselected".to_owned(),
        By::Platform => "platform".to_owned(),
    };
    let answer = match &verdict.verdict {
        Answer::Allow => "allow".to_owned(),
        Answer::Deny => "deny".to_owned(),
        Answer::Unknown(needs) => {
            let names: Vec<&str> = needs.as_slice().iter().map(|n| n.as_str()).collect();
            format!("unknown {}", names.join("+"))
        }
    };
    format!(
        "{answer} ({} | {})",
        by(verdict.egress.by),
        by(verdict.ingress.by)
    )
}

/// Two workloads and a foreign one, with nothing between them.
pub(super) fn shop() -> Builder {
    Builder::new()
        .workload("web", "app=web")
        .workload("db", "app=db")
        .foreign("dns", "app=dns ns=kube-system")
}
