//! The names that an item mentions, by a walk over its tree. Names that a template gives to its own
//! arguments are left out: they are nobody else's.

use npl_syntax::ast::{
    self, Arg, Claim, Dest, End, ItemKind, NameArg, Path, Port, Ports, Prim, Set,
};

/// One mention.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ref<'a> {
    pub(crate) path: &'a Path,
    /// A workload may stand here.
    pub(crate) end: bool,
}

/// Every mention of an item, in order of the tree.
pub(crate) fn refs(item: &ast::Item) -> Vec<Ref<'_>> {
    let mut walk = Walk {
        out: Vec::new(),
        formals: &[],
    };
    walk.item(item);
    walk.out
}

struct Walk<'a> {
    out: Vec<Ref<'a>>,
    formals: &'a [ast::Formal],
}

impl<'a> Walk<'a> {
    fn item(&mut self, item: &'a ast::Item) {
        match &item.kind {
            ItemKind::External { set, .. } | ItemKind::Network { set, .. } => self.set(set, false),
            ItemKind::Group { set, .. } => self.set(set, true),
            ItemKind::Port { ports, .. } => self.ports(ports),
            ItemKind::Param { default, .. } => {
                if let Some(Arg::Set(set)) = default {
                    self.set(set, false);
                }
            }
            ItemKind::Template { formals, body, .. } => {
                let before = std::mem::replace(&mut self.formals, formals);
                for item in body {
                    self.item(item);
                }
                self.formals = before;
            }
            ItemKind::Apply { path, args } => {
                self.path(path, false);
                for arg in args {
                    if let Arg::Set(set) = arg {
                        self.set(set, true);
                    }
                }
            }
            ItemKind::Rule(rule) => {
                self.set(&rule.source, true);
                self.dest(&rule.dest);
                for name in rule.via.iter().flat_map(|via| &via.names) {
                    if let NameArg::Path(path) = name {
                        self.path(path, false);
                    }
                }
            }
            ItemKind::Assert(claim) => self.claim(claim),
            ItemKind::Test { flows, .. } => {
                for flow in flows {
                    self.flow(&flow.from, &flow.to, flow.port.as_ref());
                }
            }
            ItemKind::Namespace(_)
            | ItemKind::Use(_)
            | ItemKind::Workload(_)
            | ItemKind::Service { .. }
            | ItemKind::Error => {}
        }
    }

    fn flow(&mut self, from: &'a End, to: &'a End, port: Option<&'a Port>) {
        for end in [from, to] {
            if let End::Path(path) = end {
                self.path(path, true);
            }
        }
        if let Some(Port::Path(path)) = port {
            self.path(path, false);
        }
    }

    fn claim(&mut self, claim: &'a Claim) {
        match claim {
            Claim::CannotReach { from, to, .. }
            | Claim::CanReach { from, to }
            | Claim::OnlyCanReach { from, to } => {
                self.set(from, true);
                self.dest(to);
            }
            Claim::Breach { of, within, .. } => {
                self.set(of, true);
                for set in within {
                    self.set(set, true);
                }
            }
            Claim::Disjoint { left, right } => {
                self.set(left, true);
                self.set(right, true);
            }
        }
    }

    fn dest(&mut self, dest: &'a Dest) {
        self.prim(&dest.prim, true);
        if let Some(ports) = &dest.ports {
            self.ports(ports);
        }
    }

    fn set(&mut self, set: &'a Set, end: bool) {
        for prim in set.union.iter().chain(set.except.iter().flatten()) {
            self.prim(prim, end);
        }
    }

    fn prim(&mut self, prim: &'a Prim, end: bool) {
        match prim {
            Prim::Path(path) => self.path(path, end),
            Prim::Paren(set) => self.set(set, end),
            Prim::Str(_) | Prim::Addr(_) => {}
        }
    }

    fn ports(&mut self, ports: &'a Ports) {
        for port in &ports.ports {
            if let Port::Path(path) = port {
                self.path(path, false);
            }
        }
    }

    fn path(&mut self, path: &'a Path, end: bool) {
        if let [only] = path.segments.as_slice()
            && self.formals.iter().any(|f| f.name.node == only.node)
        {
            return;
        }
        self.out.push(Ref { path, end });
    }
}
