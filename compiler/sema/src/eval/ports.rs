//! Ports: literals and names, to a set typed by protocol.
//!
//! Refuses names that are no ports. A port-less end is `PortSet::all`, made by whoever asks.

use std::sync::Arc;

use npl_diagnostics::{TextRange, codes::kinds};
use npl_policy::port::{PortSet, Ranges};
use npl_syntax::ast::{self, PortLit, PortProto};
use smol_str::{SmolStr, format_smolstr};

use crate::{
    eval::{
        cx::{Cx, dotted, kind_of},
        limits::PORTS_MAX,
        normal,
    },
    value::{PortValue, Value},
};

/// Evaluated ports, with what rule identity sees of them.
#[derive(Clone, Debug)]
pub(crate) struct PortsValue {
    pub(crate) set: Arc<PortSet>,
    pub(crate) normal: SmolStr,
}

impl Cx<'_> {
    pub(crate) fn port_item(&mut self, name: &ast::Name, ports: &ast::Ports) -> Value {
        match self.ports(ports) {
            Some(found) => Value::Port(Arc::new(PortValue {
                name: self.scope.qualified(&name.node),
                set: found.set,
            })),
            None => Value::Error,
        }
    }

    pub(crate) fn ports(&mut self, ports: &ast::Ports) -> Option<PortsValue> {
        if let [one] = ports.ports.as_slice() {
            return self.port(one);
        }
        if !self.within(ports.ports.len(), PORTS_MAX, "ports", ports.span) {
            return None;
        }
        let found: Vec<_> = ports.ports.iter().map(|port| self.port(port)).collect();
        let found: Option<Vec<PortsValue>> = found.into_iter().collect();
        let found = found?;
        let set = union(found.iter().map(|port| &*port.set));
        let members = found.into_iter().map(|port| port.normal).collect();
        Some(PortsValue {
            set: Arc::new(set),
            normal: format_smolstr!("{{{}}}", normal::joined(members, ", ")),
        })
    }

    pub(crate) fn port(&mut self, port: &ast::Port) -> Option<PortsValue> {
        match port {
            ast::Port::Lit(lit) => port_lit(lit),
            ast::Port::Path(path) => match self.resolve(path)? {
                Value::Port(value) => Some(PortsValue {
                    set: Arc::clone(&value.set),
                    normal: value.name.clone(),
                }),
                other => {
                    self.not_a_port(&dotted(path), &other, path.span);
                    None
                }
            },
        }
    }

    fn not_a_port(&mut self, name: &str, value: &Value, range: TextRange) {
        let message = format!("`{name}` is {}, not a port", kind_of(value));
        let found = self.found(&kinds::NOT_A_PORT, range, message);
        self.report(found.help("write a number, or the name of a `port` item"));
    }

    /// The set of one port once more, without findings; for the place of a finding.
    pub(crate) fn port_again(&self, port: &ast::Port) -> Option<Arc<PortSet>> {
        match port {
            ast::Port::Lit(lit) => port_lit(lit).map(|found| found.set),
            ast::Port::Path(path) => match self.scope.resolve(path, &mut Vec::new()) {
                Some(Value::Port(value)) => Some(Arc::clone(&value.set)),
                _ => None,
            },
        }
    }
}

/// `None` where the literal was wrong and reported.
pub(crate) fn port_lit(lit: &PortLit) -> Option<PortsValue> {
    let value = lit.value?;
    let (low, high) = (value.low, value.high);
    let set = match value.proto {
        PortProto::Tcp => PortSet::tcp(low, high),
        PortProto::Udp => PortSet::udp(low, high),
        PortProto::Sctp => PortSet::sctp(low, high),
        PortProto::Any => PortSet::any(low, high),
    };
    Some(PortsValue {
        set: Arc::new(set),
        normal: normal::port(lit),
    })
}

/// The union of sets that name ports and ICMP types, in one pass.
fn union<'s>(sets: impl Iterator<Item = &'s PortSet> + Clone) -> PortSet {
    let ranges = |pick: fn(&PortSet) -> &Ranges| {
        Ranges::new(
            sets.clone()
                .flat_map(|set| pick(set).as_slice().iter().copied()),
        )
    };
    let types = |pick: fn(&PortSet) -> &[u8]| {
        sets.clone()
            .flat_map(|set| pick(set).iter().copied())
            .collect::<Vec<u8>>()
    };
    if sets.clone().any(|set| set.all) {
        return PortSet::all();
    }
    PortSet {
        tcp: ranges(|set| &set.tcp),
        udp: ranges(|set| &set.udp),
        sctp: ranges(|set| &set.sctp),
        ..PortSet::icmp(types(|set| &set.icmp4), types(|set| &set.icmp6))
    }
}
