//! Name patterns, and `external`.
//!
//! Refuses addresses, characters that no name holds, `except`, and what is no external. Warns of a
//! `*` that admits more names than it seems to, and of names that only the cluster answers.

use std::sync::Arc;

use npl_diagnostics::{
    TextRange,
    codes::{kinds, sets},
};
use npl_policy::{
    model::{NamePart, Set},
    name::{NameError, NamePattern},
};
use npl_syntax::ast::{self, Prim};
use smol_str::SmolStr;

use crate::{
    eval::{
        cx::{Cx, dotted, kind_of},
        limits::SET_PARTS_MAX,
        normal,
    },
    value::{ExternalValue, Value},
};

/// The domain that Kubernetes gives to its own names unless it is told otherwise.
const CLUSTER_DOMAIN: &str = "cluster.local";

/// Patterns with the text that rule identity sees, in the order of the source.
pub(crate) struct Patterns {
    pub(crate) patterns: Vec<NamePattern>,
    pub(crate) normal: Vec<SmolStr>,
}

impl Cx<'_> {
    /// A checked pattern; what is wrong with it is reported at `range`, a string literal or (not
    /// `literal`) a name that stands for one.
    pub(crate) fn pattern(
        &mut self,
        text: &str,
        range: TextRange,
        literal: bool,
    ) -> Option<NamePattern> {
        match NamePattern::parse(text) {
            Ok(pattern) => {
                self.loose(&pattern, range, literal);
                Some(pattern)
            }
            Err(NameError::Address) => {
                let message = format!("`{text}` is an address, not a name");
                let found = self
                    .found(&sets::ADDRESS_AS_NAME, range, message)
                    .help(format!("declare `network … = {text}` and name that"));
                self.report(found);
                None
            }
            Err(error) => {
                let message = format!("`{text}` is no DNS name: {}", why(error, text));
                let found = self.found(&sets::BAD_NAME, range, message);
                self.report(found.help(
                    "a name holds letters, digits, `-`, `_` and dots; `*` stands for a part",
                ));
                None
            }
        }
    }

    /// `*x.io` admits `evilx.io`.
    fn loose(&mut self, pattern: &NamePattern, range: TextRange, literal: bool) {
        let text = pattern.as_str();
        let Some(rest) = text.strip_prefix('*') else {
            return;
        };
        if !rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return;
        }
        let message = format!("`{text}` admits `evil{rest}` too");
        let mut found = self
            .found(&sets::LOOSE_PATTERN, range, message)
            .help(format!("write `*.{rest}` for the names below `{rest}`"));
        if literal {
            let (title, text) = (format!("write `*.{rest}`"), format!("\"*.{rest}\""));
            found = found.fix(title, false, self.at(range), text);
        }
        self.report(found);
    }

    pub(crate) fn external(&mut self, name: &ast::Name, set: &ast::Set) -> Value {
        match self.externals(set) {
            Some(found) => external_value(self.scope.qualified(&name.node), found.patterns),
            None => Value::Error,
        }
    }

    /// A set that must be names: of a declaration, or of an argument.
    pub(crate) fn externals(&mut self, set: &ast::Set) -> Option<Patterns> {
        let mut out = Patterns {
            patterns: Vec::new(),
            normal: Vec::new(),
        };
        let mut fine = self.externals_into(set, &mut out);
        fine &= self.within(out.patterns.len(), SET_PARTS_MAX, "names", set.span);
        fine.then_some(out)
    }

    fn externals_into(&mut self, set: &ast::Set, out: &mut Patterns) -> bool {
        if let Some(except) = &set.except {
            let range = except.first().map_or(set.span, Prim::span);
            let message = "an external cannot stand under `except`";
            let found = self
                .found(&kinds::EXTERNAL_IN_EXCEPT, range, message)
                .note("a name is enforced by the address it has, and another name may have it too")
                .help("list the names that are meant");
            self.report(found);
            return false;
        }
        let mut fine = true;
        for prim in &set.union {
            fine &= match prim {
                Prim::Paren(inner) => self.externals_into(inner, out),
                Prim::Str(text) => self.external_text(&text.node, text.span, None, out),
                Prim::Addr(addr) => {
                    if addr.net.is_some() {
                        self.addr_as_name(addr);
                    }
                    false
                }
                Prim::Path(path) => self.external_path(path, out),
            };
        }
        fine
    }

    fn addr_as_name(&mut self, addr: &ast::AddrLit) {
        let text = normal::addr(addr);
        let message = format!("`{text}` is an address, not a name");
        let found = self
            .found(&sets::ADDRESS_AS_NAME, addr.span, message)
            .help(format!("declare `network … = {text}` and name that"));
        self.report(found);
    }

    fn external_path(&mut self, path: &ast::Path, out: &mut Patterns) -> bool {
        match self.resolve(path) {
            Some(Value::External(external)) => {
                out.patterns.extend(external.patterns.iter().cloned());
                out.normal.push(external.name.clone());
                true
            }
            Some(Value::Text(text)) => {
                self.external_text(&text.text, path.span, Some(&text.name), out)
            }
            Some(other) => {
                let message = format!("`{}` is {}, not an external", dotted(path), kind_of(&other));
                let found = self.found(&kinds::KIND_MISMATCH, path.span, message);
                self.report(found.help("an external is a union of DNS names and externals"));
                false
            }
            None => false,
        }
    }

    fn external_text(
        &mut self,
        text: &str,
        range: TextRange,
        name: Option<&SmolStr>,
        out: &mut Patterns,
    ) -> bool {
        let Some(pattern) = self.pattern(text, range, name.is_none()) else {
            return false;
        };
        self.cluster_name(&pattern, range);
        out.normal.push(
            name.cloned()
                .unwrap_or_else(|| normal::quoted(pattern.as_str())),
        );
        out.patterns.push(pattern);
        true
    }

    /// An address that the cluster answers belongs to a pod or a Service, which no name rule meets.
    fn cluster_name(&mut self, pattern: &NamePattern, range: TextRange) {
        let text = pattern.as_str();
        let inside = text
            .strip_suffix(CLUSTER_DOMAIN)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if inside {
            let message = format!("`{text}` names something inside the cluster");
            let found = self
                .found(&sets::NAME_IN_CLUSTER, range, message)
                .note("a rule on a name admits addresses outside the cluster only")
                .help("declare the `workload` or the `service` and name that");
            self.report(found);
        }
    }
}

pub(crate) fn external_value(name: SmolStr, mut patterns: Vec<NamePattern>) -> Value {
    patterns.sort();
    patterns.dedup();
    let names = patterns
        .iter()
        .map(|pattern| NamePart {
            external: name.clone(),
            pattern: pattern.clone(),
        })
        .collect();
    Value::External(Arc::new(ExternalValue {
        set: Arc::new(Set {
            names,
            ..Set::default()
        }),
        patterns,
        name,
    }))
}

fn why(error: NameError, text: &str) -> String {
    match error {
        NameError::Empty => "it is empty".to_owned(),
        NameError::Address => "it is an address".to_owned(),
        NameError::TooLong => "it is too long".to_owned(),
        NameError::EmptyLabel(_) => "a part between its dots is empty".to_owned(),
        NameError::DoubleStar(_) => {
            "`**` may stand only as its whole first part, before a dot".to_owned()
        }
        NameError::Character(at) => match text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("{c:?} may not stand in it"),
            None => "a character may not stand in it".to_owned(),
        },
    }
}
