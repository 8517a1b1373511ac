//! Port rules that select nothing, and rules above the port that never match.

use npl_diagnostics::{Diagnostic, codes::import as codes};

use super::{
    Context,
    node::{get, is_empty_list, items, text},
};
use crate::yaml::read::{Node, Value};

/// The largest type that an ICMP packet can have.
const LAST_TYPE: i128 = 255;

pub(super) fn check(context: &mut Context<'_>, item: &Node) {
    for rule in items(item, "toPorts") {
        if get(rule, "ports").is_none() || is_empty_list(rule, "ports") {
            let message = "an item of `toPorts` without `ports` selects nothing";
            let finding = Diagnostic::new(&codes::POLICY_PORTS_MISSING, rule.place, message);
            context
                .out
                .push(finding.help("list the ports; `\"0\"` is every port"));
            continue;
        }
        if get(rule, "serverNames").is_some() {
            server_names(context, rule);
        }
        if let Some(rules) = get(rule, "rules") {
            for http in items(rules, "http") {
                request(context, http);
            }
        }
    }
    for rule in items(item, "icmps") {
        for field in items(rule, "fields") {
            icmp(context, field);
        }
    }
}

fn server_names(context: &mut Context<'_>, rule: &Node) {
    for port in items(rule, "ports") {
        let (message, at) = match (text(port, "protocol"), get(port, "protocol")) {
            (Some("TCP"), _) => continue,
            (None | Some("ANY"), at) => (
                "`serverNames` stand on every protocol, and UDP to this port is then dropped",
                at.map_or(port.place, |node| node.place),
            ),
            (Some(_), at) => (
                "`serverNames` are read from TCP alone, and this port is then closed",
                at.map_or(port.place, |node| node.place),
            ),
        };
        let finding = Diagnostic::new(&codes::POLICY_SNI_WITHOUT_TCP, at, message);
        let finding = finding.help("write `protocol: TCP`");
        context.out.push(match get(port, "protocol") {
            Some(node) => finding.fix("write `TCP`", false, node.place, "TCP"),
            None => finding,
        });
    }
}

fn request(context: &mut Context<'_>, http: &Node) {
    if let Some(node) = get(http, "method")
        && let Some(method) = node.as_str()
        && method.bytes().all(|b| b.is_ascii_alphabetic())
        && method.bytes().any(|b| b.is_ascii_lowercase())
    {
        let upper = method.to_ascii_uppercase();
        let message = format!("`{method}` never matches: methods are written in capitals");
        let finding = Diagnostic::new(&codes::POLICY_HTTP_PATTERN, node.place, message)
            .help(format!("write `{upper}`"))
            .fix(
                format!("write `{upper}`"),
                false,
                node.place,
                format!("\"{upper}\""),
            );
        context.out.push(finding);
    }
    if let Some(node) = get(http, "path")
        && let Some(path) = node.as_str()
    {
        if path.ends_with("/*") {
            let meant = format!("{}.*", path.trim_end_matches('*'));
            let message = format!("`{path}` matches no path below it: `/*` is a run of slashes");
            let finding = Diagnostic::new(&codes::POLICY_HTTP_PATTERN, node.place, message)
                .help("paths are regular expressions, and match as a whole")
                .fix(
                    format!("write `{meant}`"),
                    false,
                    node.place,
                    format!("\"{meant}\""),
                );
            context.out.push(finding);
        } else if path.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let message = format!("`{path}` never matches: a path begins with `/`");
            let finding = Diagnostic::new(&codes::POLICY_HTTP_PATTERN, node.place, message)
                .help("write the whole path, with its `/`")
                .fix(
                    format!("write `/{path}`"),
                    false,
                    node.place,
                    format!("\"/{path}\""),
                );
            context.out.push(finding);
        }
    }
    if let Some(node) = get(http, "host")
        && let Some(host) = node.as_str()
        && regex::Regex::new(&format!("^(?:{host})$")).is_err()
    {
        let message =
            format!("the host `{host}` is no regular expression, and Cilium does not say");
        let finding = Diagnostic::new(&codes::POLICY_HTTP_PATTERN, node.place, message);
        context
            .out
            .push(finding.help("any name below `x.io` is `.*\\.x\\.io`"));
    }
}

fn icmp(context: &mut Context<'_>, field: &Node) {
    if let Some(node) = get(field, "type")
        && let Value::Int(number) = node.value
        && number > LAST_TYPE
    {
        let message = format!("no ICMP packet has the type {number}");
        let finding = Diagnostic::new(&codes::POLICY_ICMP_TYPE, node.place, message);
        context.out.push(finding.help("types are 0 to 255"));
    }
}
