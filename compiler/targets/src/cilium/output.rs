//! What a build gives back, as plain data: texts and facts, no files.

use npl_diagnostics::Place;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// Whether the objects close anything (cilium-lowering.md §12). `Observe` is for the whole package;
/// `Workload::observed` stages single workloads under `Enforce`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Enforce,
    Observe,
}

/// What a build is told beside the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmitOptions {
    pub stage: Stage,
    /// `owner` of `npl.toml`: annotation `npl/owner`.
    pub owner: Option<String>,
    /// Claims that this version could not decide, for the header.
    pub claims_not_checked: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Facts that hold for every object, one a line, without comment marks.
    pub header: Vec<String>,
    /// In order: by workload, then namespace, then part.
    pub objects: Vec<Object>,
    /// What `npl-objects.json` says of rules; the caller turns places into lines.
    pub rules: Vec<RuleEntry>,
    pub summary: Summary,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// `ciliumnetworkpolicy-shop-shop-orders.yaml`.
    pub file_name: String,
    /// `CiliumNetworkPolicy`, `CiliumClusterwideNetworkPolicy`, or Kubernetes' own kinds.
    pub kind: &'static str,
    /// `None` for a clusterwide object.
    pub namespace: Option<SmolStr>,
    pub name: String,
    /// One YAML document without `---`, ends with a line feed.
    pub yaml: String,
}

/// One rule or seal and the objects that carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleEntry {
    /// `r3f9c21…`, or `seal-orders`.
    pub id: SmolStr,
    pub text: SmolStr,
    pub file: SmolStr,
    pub place: Place,
    /// Indices into `Output::objects`, ascending.
    pub objects: Vec<usize>,
}

/// What the reader of a build should know and no object shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rules whose deny specs stage observe leaves out: their ids.
    pub denies_left_out: Vec<SmolStr>,
    /// `foreign workload legacy` ends that rules name: enforced by nobody here.
    pub not_enforced_here: Vec<SmolStr>,
    pub workloads: usize,
    pub rules: usize,
    pub claims_not_checked: usize,
}

impl Output {
    /// What two targets made of one program, as one output.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        let offset = self.objects.len();
        self.header.extend(other.header);
        self.objects.extend(other.objects);
        let ids = self.rules.iter().map(|entry| entry.id.clone());
        let known: FxHashMap<SmolStr, usize> = ids.zip(0..).collect();
        for mut theirs in other.rules {
            theirs.objects.iter_mut().for_each(|at| *at += offset);
            let ours = known.get(&theirs.id).copied();
            match ours.and_then(|at| self.rules.get_mut(at)) {
                Some(entry) => entry.objects.extend(theirs.objects),
                None => self.rules.push(theirs),
            }
        }
        let left_out = other.summary.denies_left_out;
        self.summary.denies_left_out.extend(left_out);
        self
    }

    /// The value of `npl-objects.json`; `locate` gives the line (from 1) of a place.
    pub fn index(&self, mut locate: impl FnMut(Place) -> Option<u32>) -> serde_json::Value {
        use serde_json::json;
        let objects: Vec<_> = self
            .objects
            .iter()
            .map(|o| {
                json!({"file": o.file_name, "kind": o.kind, "namespace": o.namespace.as_deref(),
                       "name": o.name})
            })
            .collect();
        let rules: serde_json::Map<_, _> = self
            .rules
            .iter()
            .map(|r| {
                let files: Vec<_> = r
                    .objects
                    .iter()
                    .filter_map(|i| self.objects.get(*i))
                    .map(|o| o.file_name.as_str())
                    .collect();
                let value = json!({"file": r.file.as_str(), "line": locate(r.place),
                                   "text": r.text.as_str(), "objects": files});
                (r.id.to_string(), value)
            })
            .collect();
        json!({"header": self.header, "objects": objects, "rules": rules})
    }
}
