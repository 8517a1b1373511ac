//! What Cilium adds to a selector: the namespace and the cluster that the author did not name.

use npl_diagnostics::FileId;
use smol_str::SmolStr;

use crate::import::selector::{Expression, Operator, Selector};

pub(crate) const NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";
const NAMESPACE_ANY: &str = "any:io.kubernetes.pod.namespace";
pub(crate) const NAMESPACE_LABELS: &str = "k8s:io.cilium.k8s.namespace.labels";
const NAMESPACE_LABELS_ANY: &str = "any:io.cilium.k8s.namespace.labels";
pub(crate) const CLUSTER: &str = "k8s:io.cilium.k8s.policy.cluster";
const CLUSTER_ANY: &str = "any:io.cilium.k8s.policy.cluster";
const INIT: &str = "reserved:init";

/// The name of the cluster that policies are judged in.
pub(crate) const LOCAL_CLUSTER: &str = "default";

/// Where one rule stands.
pub(crate) struct Scope {
    pub(crate) file: FileId,
    /// Empty: cluster-wide.
    pub(crate) namespace: SmolStr,
    /// The subject speaks of pods that have no labels yet.
    pub(crate) subject_is_init: bool,
}

impl Scope {
    /// `fromEndpoints` and `toEndpoints`: selectors of reserved labels stay as they are.
    pub(crate) fn peer(&self, mut selector: Selector) -> Selector {
        if selector.has_key_prefix("reserved:") {
            return selector;
        }
        if !selector.has_key(NAMESPACE) && !selector.has_key(NAMESPACE_ANY) {
            let by_label = selector.has_key_prefix(NAMESPACE_LABELS)
                || selector.has_key_prefix(NAMESPACE_LABELS_ANY);
            if self.namespace.is_empty() {
                if !self.subject_is_init {
                    selector.require_exists(NAMESPACE);
                }
            } else if !by_label {
                selector.require(NAMESPACE, self.namespace.clone());
            }
        }
        if !selector.has_key(CLUSTER) && !selector.has_key(CLUSTER_ANY) {
            selector.require(CLUSTER, LOCAL_CLUSTER);
        }
        selector
    }

    /// The subject of a namespaced policy lies in the policy's namespace, whatever it says.
    pub(crate) fn subject(&self, mut selector: Selector) -> Selector {
        if !self.namespace.is_empty() {
            selector.require(NAMESPACE, self.namespace.clone());
        }
        selector
    }

    pub(crate) fn is_init(selector: &Selector) -> bool {
        selector.has_key(INIT)
    }

    /// The pods of the entity `cluster`.
    #[expect(
        clippy::unused_self,
        reason = "the local cluster is a fact of the scope"
    )]
    pub(crate) fn local_cluster(&self) -> Selector {
        let mut selector = Selector::default();
        selector.require(CLUSTER, LOCAL_CLUSTER);
        selector
    }

    /// The pods of the entity `cluster-mesh`.
    pub(crate) fn any_cluster() -> Selector {
        Selector {
            labels: Default::default(),
            expressions: vec![Expression {
                key: SmolStr::new_static("any:io.cilium.k8s.policy.cluster"),
                operator: Operator::Exists,
                values: Vec::new(),
            }],
        }
    }
}
