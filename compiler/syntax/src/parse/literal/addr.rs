//! Addresses and networks. What an operating system would read in another way than a person does is
//! refused: leading zeros, IPv4 in IPv6, zones, bits beside the prefix.

use super::{Checked, Finding, Part};
use ipnet::IpNet;
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};
use std::net::{IpAddr, Ipv6Addr};

/// The network of the literal, and whether a prefix length was written.
pub(crate) fn addr(text: &str, at: TextRange) -> Result<(IpNet, bool), Box<Finding>> {
    let (address, prefix) = Part::new(text, at).split('/');
    let ip = ip(address)?;
    if let IpAddr::V6(six) = ip {
        no_mapped(address, prefix, six)?;
    }
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let Some(prefix) = prefix else {
        return Ok((IpNet::from(ip), false));
    };
    let net = prefix_length(prefix, most)?
        .and_then(|length| IpNet::new(ip, length).ok())
        .ok_or_else(|| wrong_prefix(prefix, most))?;
    if net.addr() != net.network() {
        let masked = net.trunc().to_string();
        return Err(Box::new(
            Diagnostic::new(
                &syntax::HOST_BITS,
                at,
                format!("`{text}` has host bits set"),
            )
            .with_label("these are not the first address of the network")
            .help(format!(
                "write `{masked}` for the network, or `{}` for the one address",
                address.text
            ))
            .fix(format!("write `{masked}`"), false, at, masked),
        ));
    }
    Ok((net, true))
}

fn ip(part: Part<'_>) -> Checked<IpAddr> {
    if let Ok(ip) = part.text.parse() {
        return Ok(ip);
    }
    let bad = |message: String| Diagnostic::new(&syntax::BAD_ADDRESS, part.at, message);
    let (before, zone) = part.split('%');
    if zone.is_some() {
        return Err(Box::new(
            bad(format!("`{}` names a zone", part.text))
                .help("a zone means something on one machine only; leave it out")
                .fix("remove the zone", false, part.at, before.text),
        ));
    }
    if part.text.contains(':') {
        return Err(Box::new(
            bad(format!("`{}` is not an IPv6 address", part.text)).help(
                "write eight groups of up to four hexadecimal digits; `::` once for groups of zero",
            ),
        ));
    }
    let octets: Vec<&str> = part.text.split('.').collect();
    if octets.len() == 4 && octets.iter().any(|o| o.len() > 1 && o.starts_with('0')) {
        let plain: Vec<&str> = octets
            .iter()
            .map(|o| match o.trim_start_matches('0') {
                "" => "0",
                bare => bare,
            })
            .collect();
        let plain = plain.join(".");
        let finding = Diagnostic::new(
            &syntax::LEADING_ZERO,
            part.at,
            format!("an octet of `{}` begins with a zero", part.text),
        )
        .note("some programs read such an octet as octal");
        return Err(Box::new(if plain.parse::<IpAddr>().is_ok() {
            finding.help(format!("write `{plain}`")).fix(
                "remove the leading zeros",
                false,
                part.at,
                plain,
            )
        } else {
            finding.help("write four decimal numbers from 0 to 255")
        }));
    }
    Err(Box::new(
        bad(format!("`{}` is not an IPv4 address", part.text))
            .help("write four decimal numbers from 0 to 255, like `10.0.0.7`"),
    ))
}

/// `::ffff:10.0.0.1` is an IPv4 address in disguise: no packet carries it.
fn no_mapped(part: Part<'_>, prefix: Option<Part<'_>>, six: Ipv6Addr) -> Checked<()> {
    let Some(four) = six.to_ipv4_mapped() else {
        return Ok(());
    };
    let finding = Diagnostic::new(
        &syntax::MAPPED_ADDRESS,
        part.at,
        format!("`{}` is an IPv4 address written as IPv6", part.text),
    );
    let length = prefix.map(|p| p.text.parse::<u8>().ok().and_then(|l| l.checked_sub(96)));
    let text = match length {
        None => four.to_string(),
        Some(Some(length)) if length <= 32 => format!("{four}/{length}"),
        Some(_) => return Err(Box::new(finding.help("write the IPv4 network"))),
    };
    let at = prefix.map_or(part.at, |p| part.at.cover(p.at));
    Err(Box::new(finding.help(format!("write `{text}`")).fix(
        format!("write `{text}`"),
        false,
        at,
        text,
    )))
}

fn prefix_length(part: Part<'_>, most: u8) -> Checked<Option<u8>> {
    if part.text.is_empty() || !part.text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong_prefix(part, most));
    }
    Ok(part.number()?.and_then(|n| u8::try_from(n).ok()))
}

fn wrong_prefix(part: Part<'_>, most: u8) -> Box<Finding> {
    let version = if most == 32 { "IPv4" } else { "IPv6" };
    let message = if part.text.is_empty() {
        "the prefix length is missing".to_owned()
    } else {
        format!("prefix length {} is not between 0 and {most}", part.text)
    };
    Box::new(
        Diagnostic::new(&syntax::PREFIX_LENGTH, part.at, message).help(format!(
            "write a prefix length from 0 to {most} for an {version} network"
        )),
    )
}
