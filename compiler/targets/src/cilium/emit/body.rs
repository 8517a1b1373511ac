//! Specs as whole objects: cut where they grow too large, with their metadata.

use std::fmt::Write as _;

use npl_policy::model::Rule;
use sha2::{Digest as _, Sha256};

use super::{
    Scope,
    texts::{Texts, head},
};
use crate::{
    cilium::{
        bind::Owned,
        limits::{OBJECT_BYTES_MAX, OBJECT_SPECS_MAX},
        name::{hex, label_value},
        output::{EmitOptions, Object},
    },
    yaml::write::{quoted, scalar},
};

/// What most specs need, for the first guess of an object's size.
const SPEC_BYTES: usize = 1_024;

/// Hex digits of `npl/digest`.
const DIGEST_DIGITS: usize = 32;

/// The specs of one object, cut where it grows too large.
pub(super) struct Body {
    seal: Option<String>,
    observed: bool,
    pub(super) text: String,
    hash: Sha256,
    specs: usize,
    rules: Vec<u32>,
    done: Vec<Part>,
}

pub(super) struct Part {
    text: String,
    digest: String,
    rules: Vec<u32>,
    pub(super) sealed: bool,
}

impl Body {
    pub(super) fn new(seal: Option<String>, observed: bool, specs: usize) -> Self {
        let mut out = Self {
            seal,
            observed,
            text: String::with_capacity((specs * SPEC_BYTES).min(OBJECT_BYTES_MAX)),
            hash: Sha256::new(),
            specs: 0,
            rules: Vec::new(),
            done: Vec::new(),
        };
        out.open();
        out
    }

    /// Every part begins with the seal.
    fn open(&mut self) {
        if self.observed {
            self.hash.update(b"observe");
        }
        if let Some(seal) = &self.seal {
            self.text.push_str(seal);
            self.specs += 1;
            let body = seal
                .split_once("  endpointSelector")
                .map_or("", |(_, rest)| rest);
            self.hash.update(body.as_bytes());
        }
    }

    /// Writes the front of a spec; gives where the spec begins and where its meaning does.
    pub(super) fn start(
        &mut self,
        texts: &Texts<'_, '_>,
        rule: u32,
        with: &[u32],
    ) -> (usize, usize) {
        let start = self.text.len();
        if with.is_empty() {
            self.text.push_str(texts.head(rule));
        } else {
            let rules = std::iter::once(&rule).chain(with);
            let rules: Vec<&Rule> = rules
                .filter_map(|r| texts.plan.model.rules.get(*r as usize))
                .collect();
            head(&mut self.text, &rules);
        }
        (start, self.text.len())
    }

    pub(super) fn end(&mut self, (start, meaning): (usize, usize), rule: u32, with: &[u32]) {
        let full = self.text.len() > OBJECT_BYTES_MAX || self.specs >= OBJECT_SPECS_MAX;
        let tail = full.then(|| self.text.split_off(start));
        let offset = meaning - start;
        if let Some(tail) = tail {
            self.close();
            self.open();
            self.hash
                .update(tail.as_bytes().get(offset..).unwrap_or_default());
            self.text.push_str(&tail);
        } else {
            self.hash
                .update(self.text.as_bytes().get(meaning..).unwrap_or_default());
        }
        self.specs += 1;
        self.rules
            .extend(std::iter::once(rule).chain(with.iter().copied()));
    }

    fn close(&mut self) {
        let mut rules = std::mem::take(&mut self.rules);
        rules.sort_unstable();
        rules.dedup();
        self.done.push(Part {
            text: std::mem::take(&mut self.text),
            digest: hex(&std::mem::take(&mut self.hash).finalize(), DIGEST_DIGITS),
            rules,
            sealed: self.seal.is_some(),
        });
        self.specs = 0;
    }

    pub(super) fn finish(mut self) -> Vec<Part> {
        if self.specs > 0 {
            self.close();
        }
        self.done
    }
}

/// What the metadata of a workload's objects says.
pub(super) struct Front<'a> {
    pub(super) own: &'a Owned<'a>,
    pub(super) options: &'a EmitOptions,
    pub(super) resolved: &'a Option<String>,
    pub(super) package: &'a str,
}

impl Front<'_> {
    pub(super) fn object(&self, scope: &Scope<'_>, name: String, part: Part) -> (Object, Vec<u32>) {
        let (kind, namespace) = match scope {
            Scope::Namespace(namespace) => ("CiliumNetworkPolicy", Some((*namespace).clone())),
            Scope::Cluster => ("CiliumClusterwideNetworkPolicy", None),
        };
        let mut yaml = String::with_capacity(part.text.len() + 512);
        let _ = write!(
            yaml,
            "apiVersion: cilium.io/v2\nkind: {kind}\nmetadata:\n  name: "
        );
        scalar(&mut yaml, &name);
        if let Some(namespace) = &namespace {
            yaml.push_str("\n  namespace: ");
            scalar(&mut yaml, namespace);
        }
        yaml.push_str("\n  labels:\n    app.kubernetes.io/managed-by: nplc\n");
        if let Some(package) = label_value(self.package) {
            yaml.push_str("    npl/package: ");
            scalar(&mut yaml, &package);
            yaml.push('\n');
        }
        yaml.push_str("  annotations:\n");
        let stage = self.own.observed.then_some("observe");
        let annotations = [
            ("npl/digest", Some(part.digest.as_str())),
            ("npl/owner", self.options.owner.as_deref()),
            ("npl/resolved", self.resolved.as_deref()),
            ("npl/source", Some(self.own.workload.file.as_str())),
            ("npl/stage", stage),
        ];
        for (key, value) in annotations {
            if let Some(value) = value {
                let _ = write!(yaml, "    {key}: ");
                quoted(&mut yaml, value);
                yaml.push('\n');
            }
        }
        yaml.push_str("specs:\n");
        yaml.push_str(&part.text);
        let file_name = match &namespace {
            Some(namespace) => format!("ciliumnetworkpolicy-{namespace}-{name}.yaml"),
            None => format!("ciliumclusterwidenetworkpolicy-{name}.yaml"),
        };
        let object = Object {
            file_name,
            kind,
            namespace,
            name,
            yaml,
        };
        (object, part.rules)
    }
}
