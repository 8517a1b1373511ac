//! What a port rule says above the port: HTTP, DNS, server names, TLS, listeners.

use npl_diagnostics::{Diagnostic, Place, codes::import as codes};
use regex::RegexBuilder;
use smol_str::{SmolStr, format_smolstr};

use super::{
    fields::{Findings, Object, nearest},
    names,
    ports::Context,
};
use crate::{
    import::{
        re2::translate,
        shape::{HttpMatch, Listener, Pattern, PortNumber, PortRule, Proto},
    },
    yaml::read::Node,
};

/// The kinds of rules above the port.
const RULES: [&str; 2] = ["http", "dns"];

/// Memory that one compiled expression may take, in bytes.
const MAX_REGEX: usize = 1 << 20;

pub(super) fn read(out: &mut Findings, object: Object<'_>, rule: &mut PortRule, context: Context) {
    rule.server_names = names::server_names(out, object);
    rule.terminating_tls = tls(out, object, "terminatingTLS");
    rule.originating_tls = tls(out, object, "originatingTLS");
    rule.listener = listener(out, object);
    if let Some(node) = object.get("rules") {
        rules(out, node, rule, context);
    }
    check(out, object.place, rule, context);
}

fn rules(out: &mut Findings, node: &Node, rule: &mut PortRule, context: Context) {
    let Some(object) = out.object(node, "rules") else {
        return;
    };
    let neither = object.get("http").is_none() && object.get("dns").is_none();
    match neither {
        true => no_rules(out, object),
        false => out.known(object, "rules", &RULES),
    }
    if object.get("http").is_some() && object.get("dns").is_some() {
        refuse(
            out,
            object.place,
            "one port rule has both `http` and `dns` rules",
        );
    }
    for item in out.items(object, "http") {
        rule.http.extend(http(out, item));
    }
    for item in out.items(object, "dns") {
        rule.dns.extend(names::name_match(out, item, "dns"));
    }
    if context.node && context.ingress && !(rule.http.is_empty() && rule.dns.is_empty()) {
        refuse(
            out,
            object.place,
            "a node's ingress cannot be filtered above the port",
        );
    } else if context.ingress && !rule.dns.is_empty() {
        refuse(out, object.place, "DNS rules do not exist on ingress");
    } else if context.node && !rule.http.is_empty() {
        refuse(
            out,
            object.place,
            "a node's egress cannot be filtered by HTTP",
        );
    }
}

/// What stands there instead is part of the same mistake.
fn no_rules(out: &mut Findings, object: Object<'_>) {
    let nothing = "`rules` has neither `http` nor `dns`";
    let other = object
        .entries
        .iter()
        .find(|entry| !RULES.contains(&&*entry.key));
    let Some(other) = other else {
        return refuse(out, object.place, nothing);
    };
    let (key, at) = (&other.key, other.key_place());
    let message = format!("{nothing}, and Cilium knows no `{key}`");
    let finding = Diagnostic::new(&codes::POLICY_BAD_L7, at, message);
    out.refuse_with(match nearest(key, &RULES) {
        Some(name) => finding.help(format!("did you mean `{name}`")).fix(
            format!("write `{name}`"),
            false,
            at,
            name,
        ),
        None => finding.help("remove it: Cilium 1.20 has rules of HTTP and DNS alone"),
    });
}

fn refuse(out: &mut Findings, at: Place, message: &str) {
    out.refuse(&codes::POLICY_BAD_L7, at, message);
}

fn check(out: &mut Findings, at: Place, rule: &PortRule, context: Context) {
    let filtered = !(rule.http.is_empty() && rule.dns.is_empty());
    if filtered && !rule.server_names.is_empty() && rule.terminating_tls.is_none() {
        let message = "`serverNames` stand beside L7 rules, but nothing terminates TLS";
        refuse(out, at, message);
    }
    if rule.listener.is_some() && (context.ingress || filtered) {
        let message = "a `listener` stands on ingress or beside L7 rules";
        refuse(out, at, message);
    }
    if !filtered {
        return;
    }
    if !rule.dns.is_empty() && rule.ports.is_empty() {
        refuse(out, at, "DNS rules need a port");
    }
    for port in &rule.ports {
        if rule.dns.is_empty() && port.proto != Proto::Tcp {
            refuse(
                out,
                at,
                "HTTP rules stand on a port that is not `protocol: TCP`",
            );
        }
        match port.number {
            PortNumber::Number(0) => refuse(out, at, "L7 rules stand on port 0"),
            PortNumber::Number(number) if !rule.dns.is_empty() && port.end > number => {
                refuse(out, at, "DNS rules stand on a range of ports");
            }
            _ => {}
        }
    }
}

fn http(out: &mut Findings, node: &Node) -> Option<HttpMatch> {
    let object = out.object(node, "http")?;
    let fields = ["path", "method", "host", "headers", "headerMatches"];
    out.known(object, "http", &fields);
    let mut entry = HttpMatch {
        method: pattern(out, object, "method", true),
        path: pattern(out, object, "path", true),
        host: pattern(out, object, "host", false),
        headers: out.strings(object, "headers"),
        rewrites: false,
    };
    for item in out.items(object, "headerMatches") {
        match header_match(out, item) {
            Some(header) => entry.headers.push(header),
            // The request is changed and passes.
            None => entry.rewrites = true,
        }
    }
    Some(entry)
}

/// An empty pattern counts as absent. Cilium compiles path and method, and not the host.
fn pattern(out: &mut Findings, object: Object<'_>, name: &str, checked: bool) -> Option<Pattern> {
    let node = object.get(name)?;
    let text = out.string(node, name)?.clone();
    if text.is_empty() {
        return None;
    }
    let regex = translate(&text).and_then(|text| {
        let whole = format!(r"\A(?:{text})\z");
        RegexBuilder::new(&whole).size_limit(MAX_REGEX).build().ok()
    });
    if regex.is_none() && checked {
        let message = format!("`{text}` is not a regular expression of RE2");
        out.refuse(&codes::POLICY_BAD_L7, node.place(), message);
    }
    Some(Pattern { text, regex })
}

fn header_match(out: &mut Findings, node: &Node) -> Option<SmolStr> {
    let object = out.object(node, "headerMatches")?;
    out.known(
        object,
        "headerMatches",
        &["name", "value", "secret", "mismatch"],
    );
    let name = match object.get("name") {
        Some(node) => out.string(node, "name")?.clone(),
        None => SmolStr::default(),
    };
    if name.is_empty() {
        refuse(out, object.place, "a header match has no `name`");
        return None;
    }
    let Some(mismatch) = object.get("mismatch") else {
        return Some(format_smolstr!("{name}:"));
    };
    let action = out.string(mismatch, "mismatch")?;
    match action.as_str() {
        // These change the request and let it pass.
        "LOG" | "ADD" | "DELETE" | "REPLACE" => None,
        _ => {
            let message = format!("`{action}` is not an action of a header match");
            let finding = Diagnostic::new(&codes::POLICY_BAD_L7, mismatch.place(), message);
            out.refuse_with(finding.help("the actions are LOG, ADD, DELETE and REPLACE"));
            None
        }
    }
}

fn tls(out: &mut Findings, object: Object<'_>, name: &str) -> Option<SmolStr> {
    let node = object.get(name)?;
    let context = out.object(node, name)?;
    let fields = ["secret", "trustedCA", "certificate", "privateKey"];
    out.known(context, name, &fields);
    for name in ["trustedCA", "certificate", "privateKey"] {
        if let Some(node) = context.get(name) {
            out.string(node, name);
        }
    }
    let Some(secret) = context
        .get("secret")
        .and_then(|node| out.object(node, "secret"))
    else {
        refuse(out, context.place, "a TLS context has no `secret`");
        return None;
    };
    out.known(secret, "secret", &["namespace", "name"]);
    let mut field = |name: &str| {
        let node = secret.get(name)?;
        out.string(node, name).cloned()
    };
    let (namespace, name) = (field("namespace").unwrap_or_default(), field("name"));
    match name {
        Some(name) => Some(format_smolstr!("{namespace}/{name}")),
        None => {
            refuse(out, secret.place, "a secret has no `name`");
            None
        }
    }
}

fn listener(out: &mut Findings, object: Object<'_>) -> Option<Listener> {
    let node = object.get("listener")?;
    let object = out.object(node, "listener")?;
    out.known(object, "listener", &["envoyConfig", "name", "priority"]);
    let config = object
        .get("envoyConfig")
        .and_then(|node| out.object(node, "envoyConfig"));
    if let Some(node) = config.and_then(|config| config.get("kind")) {
        let kinds = ["CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig"];
        if !out
            .string(node, "kind")
            .is_some_and(|kind| kinds.contains(&kind.as_str()))
        {
            refuse(out, node.place(), "an `envoyConfig` is of no such kind");
        }
    }
    let config_name = config
        .and_then(|config| config.get("name"))
        .and_then(|node| out.string(node, "name").cloned());
    let name = object
        .get("name")
        .and_then(|node| out.string(node, "name").cloned());
    let priority = match object.get("priority") {
        Some(node) => match out
            .integer(node, "priority")
            .and_then(|n| u8::try_from(n).ok())
        {
            Some(priority) if (1..=100).contains(&priority) => priority,
            _ => {
                refuse(out, node.place(), "the priority of a listener is 1 to 100");
                0
            }
        },
        None => 0,
    };
    match (config_name, name) {
        (Some(config), Some(name)) if !name.is_empty() && !config.is_empty() => Some(Listener {
            name: format_smolstr!("{config}/{name}"),
            priority,
        }),
        _ => {
            refuse(
                out,
                object.place,
                "a listener lacks its `name` or its `envoyConfig`",
            );
            None
        }
    }
}
