//! Kubernetes manifests as an inventory: what runs in the cluster, as plain data.
//!
//! Takes what `kubectl get -o yaml|json`, Helm and Kustomize write. Only the fields that policy
//! needs are read: no secret, no environment variable ever enters the inventory. Kinds without
//! meaning for policy are skipped and counted; policies among the manifests are left to
//! [`crate::import`]. An object that lacks what its kind needs is an error, since a claim over a
//! cluster with a pod missing proves nothing.

pub(crate) mod objects;
mod services;
mod workloads;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;
use npl_diagnostics::{Code, Diagnostic, FileId, Place, codes::inventory as codes};
use npl_policy::{
    inventory::{Inventory, Labels, Namespace, Node as ClusterNode},
    label::NAMESPACE_NAME_LABEL,
};
use smol_str::SmolStr;

use self::objects::{at, flatten, kind, list, text};
use crate::{
    import,
    yaml::{
        self,
        read::{Documents, Node, Value},
    },
};

/// The namespace of an object that names none.
const DEFAULT_NAMESPACE: &str = "default";

/// What objects of Kubernetes have at their top.
const OBJECT_KEYS: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];

/// What a set of manifests holds.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    pub inventory: Inventory,
    pub diagnostics: Vec<Diagnostic<Place>>,
    /// Where policies stand that were found among the manifests.
    pub policies: Vec<Place>,
    /// Some object says what runs in the cluster, even if it is refused.
    pub says_something: bool,
    /// How many objects of which kind were left out.
    pub skipped: BTreeMap<SmolStr, usize>,
}

/// The inventory of some manifests, and what is wrong with them.
pub fn read(files: &[(FileId, &str)]) -> (Inventory, Vec<Diagnostic<Place>>) {
    let manifests = read_all(files);
    (manifests.inventory, manifests.diagnostics)
}

/// The same, with what else was found.
pub fn read_all(files: &[(FileId, &str)]) -> Manifests {
    let mut files = yaml::read::read_all(files);
    let mut diagnostics = yaml::read::take_findings(&mut files);
    let mut read = read_documents(&files);
    diagnostics.append(&mut read.diagnostics);
    Manifests {
        diagnostics,
        ..read
    }
}

/// The same, of files that are read already.
pub fn read_documents(files: &[(FileId, Documents)]) -> Manifests {
    let mut reader = Reader::default();
    for (_, read) in files {
        for object in read.documents.iter().flat_map(flatten) {
            reader.object(&object);
        }
    }
    reader.finish()
}

/// Takes out what is plainly no object of Kubernetes, such as a `package.json` beside manifests;
/// how many documents these were. What has one of the keys of an object may be a broken one.
pub fn take_strangers(read: &mut Documents) -> usize {
    let before = read.documents.len();
    read.documents.retain(meant_as_object);
    before - read.documents.len()
}

fn meant_as_object(document: &Node) -> bool {
    let has = |key: &str| document.get(key).is_some();
    // `Chart.yaml` has the `apiVersion` of Helm.
    if has("name") && has("version") && !has("kind") && !has("metadata") {
        return false;
    }
    let has_key = |node: &Node| OBJECT_KEYS.iter().any(|key| node.get(key).is_some());
    has_key(document) || document.as_seq().unwrap_or_default().iter().any(has_key)
}

#[derive(Default)]
struct Reader {
    out: Manifests,
    slices: services::Slices,
    /// ReplicaSets, Jobs and Pods that a controller made: its template stands for them.
    owned: Vec<npl_policy::inventory::PodTemplate>,
    /// Nodes that only a pod tells of, by name.
    hosts: BTreeMap<SmolStr, ClusterNode>,
}

/// What every object says of itself.
struct Metadata {
    name: SmolStr,
    namespace: SmolStr,
    labels: Labels,
    place: Place,
}

impl Reader {
    fn object(&mut self, node: &Node) {
        let Some(kind) = kind(node).cloned() else {
            self.bad(
                node.place(),
                "a document is not a Kubernetes object: it has no `kind`",
            );
            return;
        };
        if import::is_policy(node) {
            self.out.policies.push(node.place());
            return;
        }
        match (group(node), kind.as_str()) {
            ("", "Pod" | "Namespace" | "Service" | "Node" | "ServiceAccount")
            | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            | ("batch", "Job" | "CronJob")
            | ("discovery.k8s.io", "EndpointSlice") => self.known(node, &kind),
            _ => *self.out.skipped.entry(kind).or_default() += 1,
        }
    }

    fn known(&mut self, node: &Node, kind: &SmolStr) {
        self.out.says_something = true;
        let Some(meta) = self.metadata(node, kind) else {
            return;
        };
        match kind.as_str() {
            "Namespace" => self.namespace(meta),
            "Node" => self.node(node, meta),
            "Service" => self.service(node, meta),
            "EndpointSlice" => self.slice(node, &meta),
            // Accounts are named by pods; an account alone changes nothing.
            "ServiceAccount" => {}
            _ => self.workload(node, kind, meta),
        }
    }

    fn metadata(&mut self, node: &Node, kind: &str) -> Option<Metadata> {
        let Some(node_of_name) = at(node, "metadata.name") else {
            self.bad(node.place(), &format!("a {kind} has no name"));
            return None;
        };
        let place = node_of_name.place();
        let Some(name) = node_of_name.as_str().cloned() else {
            let found = node_of_name.kind();
            self.bad(
                place,
                &format!("the name of a {kind} is {found}, but a string belongs there"),
            );
            return None;
        };
        Some(Metadata {
            name,
            namespace: text(node, "metadata.namespace")
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| SmolStr::new_static(DEFAULT_NAMESPACE)),
            labels: self.labels(node, "metadata.labels"),
            place,
        })
    }

    /// Sorted by key. A value that is no string is what Kubernetes refuses.
    fn labels(&mut self, node: &Node, path: &str) -> Labels {
        let Some(map) = at(node, path) else {
            return Vec::new();
        };
        let Some(entries) = map.as_map() else {
            self.bad(map.place(), "labels are a map of strings");
            return Vec::new();
        };
        let mut labels = Vec::with_capacity(entries.len());
        for entry in entries {
            match &entry.value.value {
                Value::Str(value) => labels.push((entry.key.clone(), value.clone())),
                Value::Null => labels.push((entry.key.clone(), SmolStr::default())),
                _ => {
                    let key = &entry.key;
                    let message = format!(
                        "the label `{key}` is {}, but a string belongs there",
                        entry.value.kind()
                    );
                    let finding =
                        Diagnostic::new(&codes::MANIFEST_REFUSED, entry.value.place(), message);
                    self.out
                        .diagnostics
                        .push(finding.help("put the value in quotes"));
                }
            }
        }
        labels.sort_unstable();
        labels
    }

    fn bad(&mut self, at: Place, message: &str) {
        let code: Code = &codes::MANIFEST_REFUSED;
        let finding = Diagnostic::new(code, at, message);
        self.out.diagnostics.push(finding);
    }

    fn namespace(&mut self, meta: Metadata) {
        let mut labels = meta.labels;
        labels.retain(|(key, _)| key != NAMESPACE_NAME_LABEL);
        labels.push((SmolStr::new_static(NAMESPACE_NAME_LABEL), meta.name.clone()));
        labels.sort_unstable();
        self.out.inventory.namespaces.push(Namespace {
            name: meta.name,
            labels,
            place: meta.place,
        });
    }

    fn node(&mut self, node: &Node, meta: Metadata) {
        let mut addresses = Vec::new();
        for address in list(node, "status.addresses") {
            let is_ip = text(address, "type").is_some_and(|kind| kind.ends_with("IP"));
            if is_ip {
                addresses.extend(self.address(address, "address"));
            }
        }
        let mut pod_cidrs: Vec<IpNet> = Vec::new();
        let cidrs = list(node, "spec.podCIDRs");
        for cidr in cidrs.iter().chain(at(node, "spec.podCIDR")) {
            match cidr.as_str().and_then(|text| text.parse().ok()) {
                Some(net) => pod_cidrs.push(net),
                None => self.bad(cidr.place(), "this is not a range of addresses"),
            }
        }
        sort(&mut addresses);
        pod_cidrs.sort_unstable();
        pod_cidrs.dedup();
        self.out.inventory.nodes.push(ClusterNode {
            name: meta.name,
            labels: meta.labels,
            addresses,
            pod_cidrs,
            place: meta.place,
        });
    }

    /// An address in a field that may be absent or empty.
    fn address(&mut self, node: &Node, path: &str) -> Option<IpAddr> {
        let field = at(node, path)?;
        let content = field.as_str()?;
        if content.is_empty() || content == "None" {
            return None;
        }
        let address = content.parse().ok();
        if address.is_none() {
            self.bad(field.place(), &format!("`{content}` is not an address"));
        }
        address
    }

    fn finish(mut self) -> Manifests {
        self.join_slices();
        self.adopt();
        let inventory = &mut self.out.inventory;
        let named: BTreeSet<&SmolStr> = inventory.nodes.iter().map(|n| &n.name).collect();
        self.hosts.retain(|name, _| !named.contains(name));
        inventory
            .nodes
            .extend(std::mem::take(&mut self.hosts).into_values());
        name_every_namespace(inventory);
        inventory.namespaces.sort_by(|a, b| a.name.cmp(&b.name));
        inventory.workloads.sort_by(|a, b| {
            (&a.namespace, &a.name, &a.kind).cmp(&(&b.namespace, &b.name, &b.kind))
        });
        inventory
            .services
            .sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        inventory.nodes.sort_by(|a, b| a.name.cmp(&b.name));
        self.twice();
        self.out
    }

    /// The same object in two manifests: the last one counts, as with `kubectl apply`.
    fn twice(&mut self) {
        let inventory = &mut self.out.inventory;
        let mut found: Vec<(Place, Place, String)> = Vec::new();
        keep_last(
            &mut inventory.namespaces,
            |n| ("Namespace", "", &n.name),
            |n| n.place,
            &mut found,
        );
        keep_last(
            &mut inventory.workloads,
            |w| (&w.kind, &w.namespace, &w.name),
            |w| w.place,
            &mut found,
        );
        keep_last(
            &mut inventory.services,
            |s| ("Service", &s.namespace, &s.name),
            |s| s.place,
            &mut found,
        );
        keep_last(
            &mut inventory.nodes,
            |n| ("Node", "", &n.name),
            |n| n.place,
            &mut found,
        );
        for (first, second, what) in found {
            let message = format!("{what} is written twice, and the last one counts");
            let finding = Diagnostic::new(&codes::MANIFEST_TWICE, second, message)
                .also(first, "this one is replaced")
                .help("remove one of the two");
            self.out.diagnostics.push(finding);
        }
    }
}

/// Of neighbours with one key the last stays.
fn keep_last<T>(
    list: &mut Vec<T>,
    key: impl Fn(&T) -> (&str, &str, &str),
    place: impl Fn(&T) -> Place,
    found: &mut Vec<(Place, Place, String)>,
) {
    list.dedup_by(|later, earlier| {
        if key(later) != key(earlier) {
            return false;
        }
        let (kind, namespace, name) = key(later);
        let what = match namespace {
            "" => format!("the {kind} `{name}`"),
            _ => format!("the {kind} `{namespace}/{name}`"),
        };
        found.push((place(earlier), place(later), what));
        std::mem::swap(later, earlier);
        true
    });
}

/// A namespace that objects name and no manifest declares exists too, with nothing but its own
/// label.
fn name_every_namespace(inventory: &mut Inventory) {
    let known: std::collections::BTreeSet<SmolStr> = inventory
        .namespaces
        .iter()
        .map(|n| n.name.clone())
        .collect();
    let pods = inventory.workloads.iter().map(|w| (&w.namespace, w.place));
    let services = inventory.services.iter().map(|s| (&s.namespace, s.place));
    let mut named: BTreeMap<SmolStr, Place> = BTreeMap::new();
    for (name, place) in pods.chain(services) {
        if !known.contains(name) {
            named.entry(name.clone()).or_insert(place);
        }
    }
    for (name, place) in named {
        let labels = vec![(SmolStr::new_static(NAMESPACE_NAME_LABEL), name.clone())];
        inventory.namespaces.push(Namespace {
            name,
            labels,
            place,
        });
    }
}

/// `apps` of `apps/v1`; the core group is empty.
fn group(node: &Node) -> &str {
    match node.get("apiVersion").and_then(Node::as_str) {
        Some(version) => version.split_once('/').map_or("", |(group, _)| group),
        None => "",
    }
}

fn sort<T: Ord>(list: &mut Vec<T>) {
    list.sort_unstable();
    list.dedup();
}
