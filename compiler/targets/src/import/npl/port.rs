//! Port sets as the language writes them.
//!
//! Of ICMP it knows a few names; every other type has none.

use npl_policy::port::{PortProto, PortSet, PortUnit, icmp_sets};

/// The members one by one; nothing for every port; `None` for what has no name.
pub(super) fn members(ports: &PortSet) -> Option<Vec<String>> {
    if ports.all {
        return Some(Vec::new());
    }
    let mut rest = ports.clone();
    let mut icmp = Vec::new();
    for (name, set) in icmp_sets() {
        if set.implies(&rest) {
            rest = rest.subtract(&set);
            icmp.push(format!("icmp.{name}"));
        }
    }
    let mut out = Vec::new();
    for unit in rest.units() {
        match unit {
            // Port 0 is none that a flow has.
            PortUnit::Range { high: 0, .. } => {}
            PortUnit::Range { proto, low, high } => out.push(range(proto, low, high)),
            PortUnit::All | PortUnit::Icmp4(_) | PortUnit::Icmp6(_) | PortUnit::Other => {
                return None;
            }
        }
    }
    out.append(&mut icmp);
    (!out.is_empty()).then_some(out)
}

fn range(proto: PortProto, low: u16, high: u16) -> String {
    let numbers = match (low.max(1), high) {
        (1, u16::MAX) => "*".to_owned(),
        (low, high) if low == high => low.to_string(),
        (low, high) => format!("{low}-{high}"),
    };
    match (proto, numbers.as_str()) {
        (PortProto::Tcp, "*") => "*/tcp".to_owned(),
        (PortProto::Tcp, _) => numbers,
        _ => format!("{numbers}/{}", proto.as_str()),
    }
}
