//! Pieces of a normal form: what rule identity is hashed from. Names are qualified, the members of
//! a union sorted; nothing of layout is left.

use npl_syntax::ast::{AddrLit, PortLit, PortProto};
use smol_str::{SmolStr, format_smolstr};

pub(crate) fn quoted(text: &str) -> SmolStr {
    format_smolstr!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `10.0.0.0/8`, `10.0.0.1`; the empty text where the literal was wrong.
pub(crate) fn addr(addr: &AddrLit) -> SmolStr {
    match addr.net {
        Some(net) if addr.is_net => format_smolstr!("{net}"),
        Some(net) => format_smolstr!("{}", net.addr()),
        None => SmolStr::default(),
    }
}

/// One spelling for each port literal.
pub(crate) fn port(lit: &PortLit) -> SmolStr {
    let Some(value) = lit.value else {
        return SmolStr::default();
    };
    let proto = match value.proto {
        PortProto::Tcp => "",
        PortProto::Udp => "/udp",
        PortProto::Sctp => "/sctp",
        PortProto::Any => "/any",
    };
    match (value.low, value.high) {
        (0, u16::MAX) if proto.is_empty() => SmolStr::new_static("*/tcp"),
        (0, u16::MAX) => format_smolstr!("*{proto}"),
        (low, high) if low == high => format_smolstr!("{low}{proto}"),
        (low, high) => format_smolstr!("{low}-{high}{proto}"),
    }
}

/// The members of a union, in one order.
pub(crate) fn joined(mut members: Vec<SmolStr>, between: &str) -> SmolStr {
    if members.len() == 1 {
        return members.pop().unwrap_or_default();
    }
    members.sort();
    members.dedup();
    members.join(between).into()
}
