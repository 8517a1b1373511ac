//! `network`: prefixes, `except` inside the union.

use std::sync::Arc;

use ipnet::IpNet;
use npl_diagnostics::codes::{kinds, sets};
use npl_policy::{
    addr::{AddrSet, Net, nets_except},
    model::Set,
};
use npl_syntax::ast::{self, Prim};
use smol_str::{SmolStr, format_smolstr};

use crate::{
    eval::{
        cx::{Cx, dotted, kind_of},
        limits::{EXCEPT_PAIRS_MAX, SET_PARTS_MAX},
        normal,
    },
    value::{NetworkValue, Value},
};

/// Prefixes with the text that rule identity sees.
pub(crate) struct Nets {
    pub(crate) nets: Vec<Net>,
    pub(crate) normal: SmolStr,
}

impl Cx<'_> {
    pub(crate) fn network(&mut self, name: &ast::Name, set: &ast::Set) -> Value {
        let Some(found) = self.nets(set) else {
            return Value::Error;
        };
        self.one_family(&found.nets, set);
        network_value(self.scope.qualified(&name.node), found.nets)
    }

    /// A set that must be addresses: of a declaration, or of an argument.
    pub(crate) fn nets(&mut self, set: &ast::Set) -> Option<Nets> {
        let (mut nets, mut members) = (Vec::new(), Vec::new());
        let mut fine = self.nets_into(&set.union, &mut nets, &mut members);
        let mut text = normal::joined(members, " | ");
        if let Some(except) = &set.except {
            let (mut minus, mut members) = (Vec::new(), Vec::new());
            fine &= self.nets_into(except, &mut minus, &mut members);
            if !fine || !self.all_inside(&nets, except) {
                return None;
            }
            if nets.len().saturating_mul(minus.len()) > EXCEPT_PAIRS_MAX {
                let message = "this `except` compares too many prefixes";
                let found = self.found(&sets::SET_TOO_LARGE, set.span, message);
                self.report(found.help("split the network"));
                return None;
            }
            nets = nets_except(&nets, &minus);
            if nets.is_empty() {
                let message = "`except` leaves nothing of this network";
                let found = self.found(&sets::EMPTY_SET, set.span, message);
                self.report(found.help("take out less"));
                return None;
            }
            text = format_smolstr!("({text} except {})", normal::joined(members, " | "));
        }
        fine &= self.within(nets.len(), SET_PARTS_MAX, "prefixes", set.span);
        nets.sort();
        nets.dedup();
        fine.then_some(Nets { nets, normal: text })
    }

    fn nets_into(
        &mut self,
        prims: &[Prim],
        nets: &mut Vec<Net>,
        normal: &mut Vec<SmolStr>,
    ) -> bool {
        let mut fine = true;
        for prim in prims {
            fine &= match prim {
                Prim::Addr(addr) => match addr.net {
                    Some(net) => {
                        nets.push(Net::plain(net));
                        normal.push(normal::addr(addr));
                        true
                    }
                    None => false,
                },
                Prim::Paren(inner) => match self.nets(inner) {
                    Some(found) => {
                        nets.extend(found.nets);
                        normal.push(found.normal);
                        true
                    }
                    None => false,
                },
                Prim::Path(path) => self.network_path(path, nets, normal),
                Prim::Str(text) => {
                    let message = format!("the string `{}` is no network", text.node);
                    let found = self.found(&kinds::KIND_MISMATCH, text.span, message);
                    self.report(
                        found.help("an address stands without quotes; a DNS name is an `external`"),
                    );
                    false
                }
            };
        }
        fine
    }

    fn network_path(
        &mut self,
        path: &ast::Path,
        nets: &mut Vec<Net>,
        normal: &mut Vec<SmolStr>,
    ) -> bool {
        match self.resolve(path) {
            Some(Value::Network(network)) => {
                nets.extend(network.set.nets.iter().cloned());
                normal.push(network.name.clone());
                true
            }
            Some(other) => {
                let message = format!("`{}` is {}, not a network", dotted(path), kind_of(&other));
                let found = self.found(&kinds::KIND_MISMATCH, path.span, message);
                self.report(found.help(
                    "a network is a union of addresses and networks; `group` unites other kinds",
                ));
                false
            }
            None => false,
        }
    }

    /// An exception that lies outside takes nothing out: the author thought it did.
    fn all_inside(&mut self, nets: &[Net], except: &[Prim]) -> bool {
        let whole = AddrSet::from_nets(nets);
        let mut fine = true;
        for prim in except {
            let Prim::Addr(addr) = prim else { continue };
            let Some(net) = addr.net else { continue };
            if AddrSet::from_cidrs([net]).implies(&whole) {
                continue;
            }
            let message = format!(
                "`{}` is not inside what it is taken out of",
                normal::addr(addr)
            );
            let found = self
                .found(&sets::EXCEPT_OUTSIDE, addr.span, message)
                .help("write a part of the union before `except`, or remove it");
            self.report(found);
            fine = false;
        }
        fine
    }

    /// `0.0.0.0/0` alone reads like "everywhere" and leaves IPv6 out.
    fn one_family(&mut self, nets: &[Net], set: &ast::Set) {
        let all_v4 = |net: &Net| matches!(net.cidr, IpNet::V4(v4) if v4.prefix_len() == 0);
        let v6 = |net: &Net| matches!(net.cidr, IpNet::V6(_));
        if nets.iter().any(all_v4) && !nets.iter().any(v6) {
            let found = self
                .found(
                    &sets::IPV4_ONLY,
                    set.span,
                    "`0.0.0.0/0` without an IPv6 prefix is IPv4 only",
                )
                .help("add `| ::/0`, or use the entity `world`, which is both");
            self.report(found);
        }
    }
}

pub(crate) fn network_value(name: SmolStr, nets: Vec<Net>) -> Value {
    Value::Network(Arc::new(NetworkValue {
        name,
        set: Arc::new(Set {
            nets,
            ..Set::default()
        }),
    }))
}
