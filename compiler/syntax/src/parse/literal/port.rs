//! Ports and hop counts.

use super::{Checked, Finding, Part, nearest};
use crate::{
    ast::{PortProto, PortValue},
    limits::MAX_HOPS,
};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

const PROTOCOLS: [&str; 4] = ["tcp", "udp", "sctp", "any"];

/// `443`, `443/udp`, `8000-8100/tcp`, `*/tcp`, `*`. A number alone is TCP, as in Kubernetes; `*`
/// alone is every port of every protocol that has ports, so that `deny a -> b:*` leaves no port
/// open.
pub(crate) fn port(text: &str, at: TextRange) -> Result<PortValue, Box<Finding>> {
    let (numbers, proto) = Part::new(text, at).split('/');
    let proto = proto.map(protocol).transpose();
    if numbers.text == "*" {
        return Ok(PortValue {
            low: 0,
            high: u16::MAX,
            proto: proto?.unwrap_or(PortProto::Any),
        });
    }
    let (low, high) = numbers.split('-');
    let low = number(low)?;
    let high = high.map(number).transpose()?.unwrap_or(low);
    if low > high {
        return Err(Box::new(
            Diagnostic::new(
                &syntax::PORT_RANGE,
                numbers.at,
                format!("the port range `{}` ends before it begins", numbers.text),
            )
            .help(format!("write `{high}-{low}`"))
            .fix(
                "swap the two numbers",
                false,
                numbers.at,
                format!("{high}-{low}"),
            ),
        ));
    }
    Ok(PortValue {
        low,
        high,
        proto: proto?.unwrap_or(PortProto::Tcp),
    })
}

fn number(part: Part<'_>) -> Checked<u16> {
    match part.number()?.and_then(|n| u16::try_from(n).ok()) {
        Some(n) if n > 0 => Ok(n),
        _ => Err(Box::new(
            Diagnostic::new(
                &syntax::PORT_RANGE,
                part.at,
                format!("port `{}` is not between 1 and 65535", part.text),
            )
            .help("write a port from 1 to 65535, or `*` for every port"),
        )),
    }
}

fn protocol(part: Part<'_>) -> Checked<PortProto> {
    match part.text {
        "tcp" => return Ok(PortProto::Tcp),
        "udp" => return Ok(PortProto::Udp),
        "sctp" => return Ok(PortProto::Sctp),
        "any" => return Ok(PortProto::Any),
        _ => {}
    }
    let lower = part.text.to_ascii_lowercase();
    let finding = Diagnostic::new(
        &syntax::UNKNOWN_PROTOCOL,
        part.at,
        format!("unknown protocol `{}`", part.text),
    );
    Err(Box::new(match nearest(&lower, &PROTOCOLS) {
        Some(word) if word == lower => finding
            .help(format!("protocols are lower case: write `{word}`"))
            .fix("write it in lower case", true, part.at, word),
        Some(word) => finding.help(format!("did you mean `{word}`?")).fix(
            format!("write `{word}`"),
            false,
            part.at,
            word,
        ),
        None if lower.starts_with("icmp") => {
            finding.help("ICMP has no ports: write a name of the module `icmp`, like `icmp.echo`")
        }
        None => finding.help("write `tcp`, `udp`, `sctp` or `any`"),
    }))
}

/// The `N` of `within N hops`.
pub(crate) fn hops(text: &str, at: TextRange) -> Result<u8, Box<Finding>> {
    match Part::new(text, at).number()? {
        Some(n) if (1..=u32::from(MAX_HOPS)).contains(&n) => Ok(n as u8),
        _ => Err(Box::new(
            Diagnostic::new(
                &syntax::HOP_COUNT,
                at,
                format!("`{text}` hops is not between 1 and {MAX_HOPS}"),
            )
            .help(format!("write a number of hops from 1 to {MAX_HOPS}")),
        )),
    }
}
