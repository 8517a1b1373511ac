//! Rules on externals: how much the name is worth (language.md §5.9), and what may stand behind it.

use std::net::IpAddr;

use ipnet::IpNet;
use npl_diagnostics::{Diagnostic, Place, codes::lints};

use crate::{
    addr::{AddrSet, metadata},
    lint::{
        context::{Context, End, Found, found},
        fixes,
    },
    model::{Direction, Rule, Verdict, Via},
};

/// Ports whose protocols begin in plain text and commonly stay so (IANA service names: ftp, telnet,
/// http, pop3, imap, ldap, mqtt, and the usual alternates of http).
const PLAINTEXT: &[u16] = &[21, 23, 80, 110, 143, 389, 1883, 8000, 8008, 8080, 8888];

/// Ports whose protocols begin with TLS (IANA service names: https, submissions, ldaps, domain-s,
/// ftps, imaps, pop3s, sips, amqps, secure-mqtt, and the usual alternates of https).
const TLS: &[u16] = &[
    443, 465, 636, 853, 989, 990, 993, 995, 5061, 5671, 6443, 8443, 8883, 9443,
];

/// A range with more ports than this names none of them.
const NAMED_RANGE_MAX: u16 = 1_024;

pub(super) fn check(context: &Context<'_>, out: &mut Found) {
    let mut unguarded: Option<(usize, &Rule, AddrSet)> = None;
    let mut more = 0_usize;
    let metadata = metadata();
    for (index, rule, ends) in context.rules() {
        let leaving = |end: &&End<'_>| {
            end.end.verdict == Verdict::Allow
                && end.end.direction == Direction::Egress
                && !end.end.peers.names.is_empty()
                && context.bound(end.subject).any
        };
        let Some(end) = ends.iter().find(leaving) else {
            continue;
        };
        if let Some(port) = plaintext(end) {
            out.push((index, on_plaintext(rule, end, port)));
        }
        if without_sni(end) {
            out.push((index, no_sni(rule, end)));
        }
        let open = context.undenied(metadata.clone(), end, &end.end.ports);
        if !open.is_empty() {
            more += usize::from(unguarded.is_some());
            unguarded = unguarded.or(Some((index, rule, open)));
        }
    }
    // One missing line is one finding, at the first rule that it leaves open.
    if let Some((index, rule, open)) = unguarded {
        out.push((index, rebinding(context, rule, &open, more)));
    }
}

/// A plaintext port that the end names.
fn plaintext(end: &End<'_>) -> Option<u16> {
    let ports = &end.end.ports;
    if matches!(end.end.via.as_deref(), Some(Via::Tls(_) | Via::Dns(_))) {
        return None;
    }
    let named = |port: u16| {
        let ranges = ports.tcp.as_slice().iter();
        ranges
            .filter(|(low, high)| high - low < NAMED_RANGE_MAX)
            .any(|(low, high)| (*low..=*high).contains(&port))
    };
    PLAINTEXT.iter().copied().find(|&port| named(port))
}

fn without_sni(end: &End<'_>) -> bool {
    let ports = &end.end.ports;
    let tls = |port: &u16| ports.tcp.contains(*port);
    end.end.via.is_none() && (ports.all || ports.udp.contains(443) || TLS.iter().any(tls))
}

/// The first external of an end, as it was declared.
fn name<'a>(end: &'a End<'_>) -> &'a str {
    let first = end.end.peers.names.first();
    let qualified = first.map_or("", |part| part.external.as_str());
    qualified
        .rsplit_once('.')
        .map_or(qualified, |(_, short)| short)
}

fn on_plaintext(rule: &Rule, end: &End<'_>, port: u16) -> Diagnostic<Place> {
    let message = format!("`{}` is reached in plain text on port {port}", name(end));
    let finding = found(&lints::EXTERNAL_PLAINTEXT, rule, message);
    let finding = match end.end.via.as_deref() {
        Some(Via::Http(http)) if !http.hosts.is_empty() => finding.note(
            "assurance: address and claimed name; whoever is on the path reads and changes the \
             rest",
        ),
        _ => finding.note(
            "assurance: address only; any other site on the same address is admitted, and whoever \
             is on the path reads and changes what passes",
        ),
    };
    finding.help("use the TLS port with `via tls.sni`; for plain HTTP at least add `via http.host`")
}

fn no_sni(rule: &Rule, end: &End<'_>) -> Diagnostic<Place> {
    let message = format!("`{}` is admitted by its address alone", name(end));
    let finding = found(&lints::EXTERNAL_WITHOUT_SNI, rule, message)
        .note(
            "assurance: address only; an attacker in the pod reaches every other site that shares \
             the address, and behind a CDN that may be a site of the attacker's own",
        )
        .help("add `via tls.sni` with the external's own name, which the client then has to claim");
    let tcp = end.end.ports.is_tcp_only();
    if !tcp || !fixes::takes_clause(rule) || end.end.peers.names.len() > crate::limits::LISTED_MAX {
        return finding;
    }
    let names: Vec<String> = end
        .end
        .peers
        .names
        .iter()
        .map(|part| format!("\"{}\"", part.pattern))
        .collect();
    let clause = format!(" via tls.sni {}", names.join(" | "));
    finding.fix(
        format!("add `{}`", clause.trim()),
        false,
        fixes::after(rule),
        clause,
    )
}

fn rebinding(context: &Context<'_>, rule: &Rule, open: &AddrSet, more: usize) -> Diagnostic<Place> {
    let list = listed(open);
    let message = format!("a name may answer with a metadata address, and no deny covers {list}");
    let mut finding = found(&lints::REBINDING, rule, message)
        .note("whoever controls the name controls its addresses; a deny wins over this rule");
    if more > 0 {
        finding = finding.note(format!("the same holds for {more} more rules on externals"));
    }
    deny_metadata(context, rule, finding)
}

/// Says what to add, and offers it where no rule of the file speaks of metadata yet.
pub(super) fn deny_metadata(
    context: &Context<'_>,
    rule: &Rule,
    finding: Diagnostic<Place>,
) -> Diagnostic<Place> {
    let mut rules = context.model.rules.iter().filter(|r| r.file == rule.file);
    let known = context.model.metadata.get(&rule.file);
    let (help, lines) = match known {
        Some(Some(name)) => (
            format!("add `deny all -> {name}`"),
            format!("\n\ndeny all -> {name}"),
        ),
        _ => (
            "add `use std.cloud.metadata` and `deny all -> metadata`".to_owned(),
            "\n\nuse std.cloud.metadata\ndeny all -> metadata".to_owned(),
        ),
    };
    let finding = finding.help(help);
    let taken = known.is_some_and(Option::is_none);
    if taken || !fixes::is_own(rule) || rules.any(|r| r.text.contains("metadata")) {
        return finding;
    }
    finding.fix(
        "deny the metadata addresses",
        false,
        fixes::after(rule),
        lines,
    )
}

/// `169.254.169.254 and fd00:ec2::254`.
pub(super) fn listed(set: &AddrSet) -> String {
    let words: Vec<String> = set.to_cidrs().iter().map(shown).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

fn shown(cidr: &IpNet) -> String {
    let addr: IpAddr = cidr.addr();
    if cidr.prefix_len() == cidr.max_prefix_len() {
        addr.to_string()
    } else {
        cidr.to_string()
    }
}
