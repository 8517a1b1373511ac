//! Rules above the port that never match.

use npl_diagnostics::{Diagnostic, Place, codes::import as codes};

use super::{
    Context,
    node::{get, items, text},
};
use crate::{
    import::re2::translate,
    yaml::read::{Node, Value},
};

/// The largest type that an ICMP packet can have.
const LAST_TYPE: i128 = 255;

/// A deny has ports alone: Kubernetes drops the rest.
pub(super) fn check(context: &mut Context<'_>, item: &Node, deny: bool) {
    for rule in items(item, "toPorts") {
        // Without ports nothing comes of the rest.
        if deny || items(rule, "ports").is_empty() {
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
                at.map_or(port.place(), |node| node.place()),
            ),
            (Some(_), at) => (
                "`serverNames` are read from TCP alone, and this port is then closed",
                at.map_or(port.place(), |node| node.place()),
            ),
        };
        let finding = Diagnostic::new(&codes::POLICY_SNI_WITHOUT_TCP, at, message);
        let finding = finding.help("write `protocol: TCP`");
        context.out.push(match get(port, "protocol") {
            Some(node) => finding.fix("write `TCP`", false, node.place(), "TCP"),
            None => finding,
        });
    }
}

fn request(context: &mut Context<'_>, http: &Node) {
    let found = [
        text_of(http, "method").and_then(method),
        text_of(http, "path").and_then(path),
        text_of(http, "host").and_then(host),
    ];
    context.out.extend(found.into_iter().flatten());
}

fn text_of<'n>(http: &'n Node, name: &str) -> Option<(&'n str, Place)> {
    let node = get(http, name)?;
    Some((node.as_str()?, node.place()))
}

fn odd(at: Place, message: String) -> Diagnostic<Place> {
    Diagnostic::new(&codes::POLICY_HTTP_PATTERN, at, message)
}

/// With what was probably meant.
fn meant(finding: Diagnostic<Place>, help: &str, meant: &str) -> Diagnostic<Place> {
    let at = finding.at;
    let text = format!("\"{}\"", meant.replace('\\', "\\\\"));
    finding
        .help(help)
        .fix(format!("write `{meant}`"), false, at, text)
}

fn method((method, at): (&str, Place)) -> Option<Diagnostic<Place>> {
    let word = method.bytes().all(|b| b.is_ascii_alphabetic());
    if !word || !method.bytes().any(|b| b.is_ascii_lowercase()) {
        return None;
    }
    let upper = method.to_ascii_uppercase();
    let message = format!("`{method}` never matches: methods are written in capitals");
    Some(meant(odd(at, message), &format!("write `{upper}`"), &upper))
}

fn path((path, at): (&str, Place)) -> Option<Diagnostic<Place>> {
    if path.ends_with("/*") {
        let message = format!("`{path}` matches no path below it: `/*` is a run of slashes");
        let better = format!("{}.*", path.trim_end_matches('*'));
        let help = "paths are regular expressions, and match as a whole";
        return Some(meant(odd(at, message), help, &better));
    }
    if let Some(whole) = placeholder(path) {
        let message = format!("`{whole}` is no placeholder: it matches these very characters");
        let better = path.replace(whole, "[^/?]+");
        let help = "paths are regular expressions, and one segment is `[^/?]+`";
        return Some(meant(odd(at, message), help, &better));
    }
    if path.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        let message = format!("`{path}` never matches: a path begins with `/`");
        let help = "write the whole path, with its `/`";
        return Some(meant(odd(at, message), help, &format!("/{path}")));
    }
    None
}

fn host((host, at): (&str, Place)) -> Option<Diagnostic<Place>> {
    if translate(host).is_some_and(|host| regex_syntax::parse(&host).is_ok()) {
        return None;
    }
    let message = format!("the host `{host}` is no regular expression, and Cilium does not say");
    Some(odd(at, message).help("any name below `x.io` is `.*\\.x\\.io`"))
}

/// `{id}`, as other tools write a part of a path that varies.
fn placeholder(path: &str) -> Option<&str> {
    let start = path.find("/{")? + 1;
    let end = start + path.get(start..)?.find('}')? + 1;
    let whole = path.get(start..end)?;
    let name = whole.get(1..whole.len() - 1)?;
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(word);
    is_name.then_some(whole)
}

fn every_type(written: &str) -> (String, &'static str) {
    let message = format!("Cilium reads the ICMP type {written} as every type of its family");
    let help = "replies to an allowed echo pass without a rule: remove it, or name the types";
    (message, help)
}

fn icmp(context: &mut Context<'_>, field: &Node) {
    let Some(node) = get(field, "type") else {
        return;
    };
    let v6 = text(field, "family") == Some("IPv6");
    let (message, help) = match &node.value {
        Value::Int(number) if number.get() > LAST_TYPE => (
            format!("no ICMP packet has the type {}", number.get()),
            "types are 0 to 255",
        ),
        // Cilium keeps the type where it keeps ports, and port 0 is every port.
        Value::Int(number) if number.get() == 0 => every_type("0"),
        Value::Str(name) if name == "EchoReply" && !v6 => every_type(name),
        _ => return,
    };
    let finding = Diagnostic::new(&codes::POLICY_ICMP_TYPE, node.place(), message);
    context.out.push(finding.help(help));
}
