//! The names that an item mentions, by a walk over its tree. Names that a template gives to its own
//! arguments are left out: they are nobody else's.

use npl_syntax::{
    ItemWord,
    ast::{self, Arg, Claim, Dest, End, ItemKind, NameArg, Path, Port, Ports, Prim, Set},
};

use crate::eval::{is_fact, takes_names};

/// One mention.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ref<'a> {
    pub(crate) path: &'a Path,
    pub(crate) wanted: Wanted,
}

/// What may stand where a name is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// An end of a rule, a claim or a flow, or a member of a group.
    End,
    /// An argument of a template.
    Arg,
    /// The value of a `param`.
    Default,
    Port,
    Template,
    /// An external, a network, or a string.
    Literal,
    /// Behind a clause that takes no names or does not exist, or where a port is missing: that is
    /// what is wrong.
    Nothing,
}

impl Wanted {
    /// A workload may stand here.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::End | Self::Arg)
    }

    /// Whether what an item of this word declares may stand here.
    pub(crate) fn fits(self, word: ItemWord) -> bool {
        match self {
            Self::End => word.declares() && !matches!(word, ItemWord::Port | ItemWord::Template),
            Self::Arg | Self::Default => word.declares() && word != ItemWord::Template,
            Self::Port => matches!(word, ItemWord::Port | ItemWord::Param),
            Self::Template => word == ItemWord::Template,
            Self::Nothing => false,
            Self::Literal => matches!(
                word,
                ItemWord::External | ItemWord::Network | ItemWord::Group | ItemWord::Param
            ),
        }
    }
}

/// Every mention of an item, in order of the tree, and the strings that stand in the place of one.
pub(crate) fn refs(item: &ast::Item) -> (Vec<Ref<'_>>, Vec<&str>) {
    let mut walk = Walk {
        out: Vec::new(),
        quoted: Vec::new(),
        formals: &[],
    };
    walk.item(item);
    (walk.out, walk.quoted)
}

struct Walk<'a> {
    out: Vec<Ref<'a>>,
    quoted: Vec<&'a str>,
    formals: &'a [ast::Formal],
}

impl<'a> Walk<'a> {
    fn item(&mut self, item: &'a ast::Item) {
        match &item.kind {
            ItemKind::External { set, .. } | ItemKind::Network { set, .. } => {
                self.set(set, Wanted::Literal);
            }
            ItemKind::Group { set, .. } => self.set(set, Wanted::End),
            ItemKind::Port { ports, .. } => self.ports(ports),
            ItemKind::Param { default, .. } => {
                if let Some(Arg::Set(set)) = default {
                    self.set(set, Wanted::Default);
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
                self.path(path, Wanted::Template);
                for arg in args {
                    if let Arg::Set(set) = arg {
                        self.set(set, Wanted::Arg);
                    }
                }
            }
            ItemKind::Rule(rule) => {
                self.set(&rule.source, Wanted::End);
                self.dest(&rule.dest);
                if let Some(via) = &rule.via {
                    self.via(via);
                }
            }
            ItemKind::Assert(claim) => self.claim(claim),
            ItemKind::Test { flows, .. } => {
                for flow in flows {
                    self.flow(flow);
                }
            }
            ItemKind::Namespace(_)
            | ItemKind::Use(_)
            | ItemKind::Workload(_)
            | ItemKind::Service { .. }
            | ItemKind::Error => {}
        }
    }

    fn via(&mut self, via: &'a ast::Via) {
        let wanted = match takes_names(&via.clause) {
            true => Wanted::Literal,
            false => Wanted::Nothing,
        };
        for name in &via.names {
            if let NameArg::Path(path) = name {
                self.path(path, wanted);
            }
        }
    }

    fn flow(&mut self, flow: &'a ast::Flow) {
        for end in [&flow.from, &flow.to] {
            if let End::Path(path) = end {
                self.path(path, Wanted::End);
            }
        }
        if let Some(port @ Port::Path(path)) = &flow.port {
            let missing = flow.facts.first().is_some_and(|fact| is_fact(port, fact));
            let wanted = match missing {
                true => Wanted::Nothing,
                false => Wanted::Port,
            };
            self.path(path, wanted);
        }
    }

    fn claim(&mut self, claim: &'a Claim) {
        match claim {
            Claim::CannotReach { from, to, .. }
            | Claim::CanReach { from, to }
            | Claim::OnlyCanReach { from, to } => {
                self.set(from, Wanted::End);
                self.dest(to);
            }
            Claim::Breach { of, within, .. } => {
                self.set(of, Wanted::End);
                for set in within {
                    self.set(set, Wanted::End);
                }
            }
            Claim::Disjoint { left, right } => {
                self.set(left, Wanted::End);
                self.set(right, Wanted::End);
            }
        }
    }

    fn dest(&mut self, dest: &'a Dest) {
        self.prim(&dest.prim, Wanted::End);
        if let Some(ports) = &dest.ports {
            self.ports(ports);
        }
    }

    fn set(&mut self, set: &'a Set, wanted: Wanted) {
        for prim in set.union.iter().chain(set.except.iter().flatten()) {
            self.prim(prim, wanted);
        }
    }

    fn prim(&mut self, prim: &'a Prim, wanted: Wanted) {
        match prim {
            Prim::Path(path) => self.path(path, wanted),
            Prim::Paren(set) => self.set(set, wanted),
            Prim::Str(text) => self.quoted.push(&text.node),
            Prim::Addr(_) => {}
        }
    }

    fn ports(&mut self, ports: &'a Ports) {
        for port in &ports.ports {
            if let Port::Path(path) = port {
                self.path(path, Wanted::Port);
            }
        }
    }

    fn path(&mut self, path: &'a Path, wanted: Wanted) {
        if let [only] = path.segments.as_slice()
            && self.formals.iter().any(|f| f.name.node == only.node)
        {
            return;
        }
        self.out.push(Ref { path, wanted });
    }
}
