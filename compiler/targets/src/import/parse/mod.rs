//! From YAML documents to policies in Cilium's shape. An object with any error is left out whole,
//! as the agent leaves it out; what is odd but accepted is a warning.

pub(crate) mod fields;
mod icmp;
mod kubernetes;
mod layer7;
mod names;
pub(crate) mod object_name;
pub(crate) mod peers;
mod ports;
mod rule;
pub(crate) mod scope;
pub(crate) mod selector;
mod tiered;

use ipnet::IpNet;
use npl_diagnostics::{Diagnostic, FileId, Place, Severity, codes::import as codes};
use smol_str::SmolStr;

use self::{
    fields::{Findings, Object},
    object_name::{TEMPLATE, bad_name, bad_namespace},
};
use super::shape::{CidrGroup, Policy, PolicyKind};
use crate::yaml::read::{Node, Value};

/// The kinds that only Cilium has. They are read whatever their version says, so that a wrong one
/// is refused and not overlooked.
const KINDS: [&str; 3] = [
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "CiliumCIDRGroup",
];

/// A NetworkPolicy of another group is somebody else's.
const NETWORK_POLICY: &str = "NetworkPolicy";
const NETWORK_POLICY_GROUPS: [&str; 3] = ["networking.k8s.io", "extensions", ""];

/// Policies in tiers, which come before or after all others.
const TIERED_GROUP: &str = "policy.networking.k8s.io";
const CLUSTER_NETWORK_POLICY: &str = "ClusterNetworkPolicy";
const REPLACED: [&str; 2] = ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy"];

/// Fields whose texts may speak of templates, or be expressions with braces.
const MAY_HAVE_BRACES: [&str; 3] = ["annotations", "description", "rules"];

/// What Kubernetes knows of every object (apimachinery `ObjectMeta`).
const METADATA: [&str; 15] = [
    "name",
    "namespace",
    "labels",
    "annotations",
    "generateName",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "finalizers",
    "ownerReferences",
    "managedFields",
    "selfLink",
];

/// The namespace of an object that names none.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// Whether a document is of a kind that this module reads, whatever its version.
pub fn is_policy(node: &Node) -> bool {
    let text = |name: &str| {
        node.get(name)
            .and_then(Node::as_str)
            .map_or("", |t| t.as_str())
    };
    let group = text("apiVersion")
        .split_once('/')
        .map_or("", |(group, _)| group);
    let kind = text("kind");
    KINDS.contains(&kind)
        || (kind == NETWORK_POLICY && NETWORK_POLICY_GROUPS.contains(&group))
        || ((kind == CLUSTER_NETWORK_POLICY || REPLACED.contains(&kind)) && group == TIERED_GROUP)
}

pub(super) enum Read {
    Policy(Policy),
    Group(CidrGroup),
}

/// Reads one object; `None` if it is refused. Call it for documents that [`is_policy`] takes.
pub(super) fn object(
    node: &Node,
    file: FileId,
    diagnostics: &mut Vec<Diagnostic<Place>>,
) -> Option<Read> {
    let mut out = Findings::default();
    if let Some(at) = template(node) {
        let finding = Diagnostic::new(&codes::YAML_SYNTAX, at, "this is a template, not YAML yet");
        let help = "render it first (`helm template`, `kustomize build`) and read the result";
        diagnostics.push(finding.help(help));
        return None;
    }
    let read = dispatch(&mut out, node, file);
    diagnostics.append(&mut out.list);
    read.filter(|_| !out.refused)
}

/// The first value that only a template has, in quotes.
fn template(node: &Node) -> Option<Place> {
    match &node.value {
        Value::Str(text) => {
            let action = text
                .split_once("{{")
                .map(|(_, rest)| rest.trim_start_matches(['-', ' ']));
            let opens = ['.', '$', '('];
            let words = ["include ", "template ", "tpl ", "default ", "quote "];
            let is = |rest: &str| {
                rest.contains("}}")
                    && (rest.starts_with(opens) || words.iter().any(|word| rest.starts_with(word)))
            };
            action.is_some_and(is).then_some(node.place())
        }
        Value::Seq(items) => items.iter().find_map(template),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .filter(|e| !MAY_HAVE_BRACES.contains(&&*e.key));
            entries.map(|entry| &entry.value).find_map(template)
        }
        _ => None,
    }
}

fn dispatch(out: &mut Findings, node: &Node, file: FileId) -> Option<Read> {
    let object = out.object(node, "object")?;
    let kind = object.get("kind").and_then(Node::as_str)?.clone();
    let fields = ["apiVersion", "kind", "metadata", "spec", "specs", "status"];
    out.known(object, &kind, &fields);
    if REPLACED.contains(&kind.as_str()) {
        let meta = metadata(out, object, &kind)?;
        tiered::replaced(out, meta.place, &kind, &meta.name);
        return None;
    }
    version(out, object, &kind);
    // Without one the object is refused, and its `spec` may have mistakes of its own.
    let meta = metadata(out, object, &kind);
    let meta = meta.unwrap_or_else(|| Metadata::unknown(object.place));
    let namespaced = |meta: &Metadata| {
        if meta.namespace.is_empty() {
            SmolStr::new_static(DEFAULT_NAMESPACE)
        } else {
            meta.namespace.clone()
        }
    };
    match kind.as_str() {
        "CiliumCIDRGroup" => cidr_group(out, object, meta).map(Read::Group),
        NETWORK_POLICY => {
            let namespace = namespaced(&meta);
            let empty;
            let spec = match object.get("spec") {
                Some(spec) => spec,
                None => {
                    out.warn(kubernetes::no_spec(object.place));
                    empty = node.with_value(Value::Map(Box::default()));
                    &empty
                }
            };
            let rules = kubernetes::rule(out, spec, &namespace)
                .into_iter()
                .collect();
            Some(policy(PolicyKind::Kubernetes, namespace, meta, rules))
        }
        CLUSTER_NETWORK_POLICY => {
            let spec = spec(out, object, &kind)?;
            let rules = tiered::rule(out, spec).into_iter().collect();
            let none = SmolStr::default();
            Some(policy(PolicyKind::KubernetesClusterwide, none, meta, rules))
        }
        "CiliumNetworkPolicy" => {
            let namespace = namespaced(&meta);
            let rules = cilium_rules(out, object, file, &namespace)?;
            Some(policy(PolicyKind::Cilium, namespace, meta, rules))
        }
        _ => {
            let rules = cilium_rules(out, object, file, &SmolStr::default())?;
            let none = SmolStr::default();
            Some(policy(PolicyKind::CiliumClusterwide, none, meta, rules))
        }
    }
}

fn policy(
    kind: PolicyKind,
    namespace: SmolStr,
    meta: Metadata,
    rules: Vec<super::shape::Rule>,
) -> Read {
    Read::Policy(Policy {
        kind,
        namespace,
        name: meta.name,
        rules,
        resolved: meta.resolved,
        place: meta.place,
    })
}

struct Metadata {
    name: SmolStr,
    namespace: SmolStr,
    labels: Vec<(SmolStr, SmolStr)>,
    resolved: Option<(SmolStr, Place)>,
    place: Place,
}

impl Metadata {
    fn unknown(place: Place) -> Self {
        Self {
            name: SmolStr::default(),
            namespace: SmolStr::default(),
            labels: Vec::new(),
            resolved: None,
            place,
        }
    }
}

fn version(out: &mut Findings, object: Object<'_>, kind: &str) {
    let fits: &[&str] = match kind {
        NETWORK_POLICY => &["networking.k8s.io/v1"],
        CLUSTER_NETWORK_POLICY => &[tiered::VERSION],
        "CiliumCIDRGroup" => &["cilium.io/v2", "cilium.io/v2alpha1"],
        _ => &["cilium.io/v2"],
    };
    let wanted = fits.first().copied().unwrap_or_default();
    let Some(node) = object.get("apiVersion") else {
        let message = format!("a `{kind}` has no `apiVersion`");
        let finding = Diagnostic::new(&codes::POLICY_WRONG_VERSION, object.place, message);
        out.refuse_with(finding.help(format!("add `apiVersion: {wanted}`")));
        return;
    };
    let Some(text) = out.string(node, "apiVersion") else {
        return;
    };
    if fits.contains(&text.as_str()) {
        return;
    }
    let message = format!("`{kind}` has no version `{text}`");
    let finding = Diagnostic::new(&codes::POLICY_WRONG_VERSION, node.place(), message).fix(
        format!("write `{wanted}`"),
        false,
        node.place(),
        wanted,
    );
    out.refuse_with(finding);
}

fn metadata(out: &mut Findings, object: Object<'_>, kind: &str) -> Option<Metadata> {
    let meta = object
        .get("metadata")
        .and_then(|node| out.object(node, "metadata"));
    let name = meta.and_then(|meta| meta.get("name"));
    let (Some(meta), Some(name)) = (meta, name) else {
        let message = format!("a `{kind}` has no name");
        out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
        return None;
    };
    out.known(meta, "metadata", &METADATA);
    let place = name.place();
    let name = out.string(name, "name")?.clone();
    // Another bad name is for the lints: what such an object says is plain, and can be imported.
    if name.contains(TEMPLATE)
        && let Some(finding) = bad_name("name", &name, place)
    {
        out.refuse_with(finding);
    }
    let namespace = match meta.get("namespace") {
        Some(node) => {
            let namespace = out.string(node, "namespace")?.clone();
            if let Some(finding) = bad_namespace(&namespace, node.place()) {
                out.refuse_with(finding);
            }
            namespace
        }
        None => SmolStr::default(),
    };
    let labels = out.string_map(meta, "labels");
    out.string_map(meta, "annotations");
    let resolved = meta
        .get("annotations")
        .and_then(|all| all.get("npl/resolved"));
    let resolved = resolved.and_then(|node| Some((node.as_str()?.clone(), node.place())));
    Some(Metadata {
        resolved,
        name,
        namespace,
        labels,
        place,
    })
}

fn spec<'a>(out: &mut Findings, object: Object<'a>, kind: &str) -> Option<&'a Node> {
    let spec = object.get("spec");
    if spec.is_none() {
        let message = format!("a `{kind}` has no `spec`");
        out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
    }
    spec
}

fn cilium_rules(
    out: &mut Findings,
    object: Object<'_>,
    file: FileId,
    namespace: &SmolStr,
) -> Option<Vec<super::shape::Rule>> {
    let specs = object.get("specs");
    if object.get("spec").is_none() && specs.is_none() {
        let message = "a policy has neither `spec` nor `specs`";
        out.refuse(&codes::POLICY_MISSING_FIELD, object.place, message);
        return None;
    }
    let mut rules = Vec::new();
    if let Some(node) = object.get("spec") {
        rules.extend(rule::rule(out, node, file, namespace));
    }
    if object.get("spec").is_none()
        && let Some(specs) = specs.filter(|specs| specs.as_seq().is_some_and(<[Node]>::is_empty))
    {
        let message = "`specs` is empty, so the policy has no rule and does nothing";
        let mut finding = Diagnostic::new(&codes::POLICY_NO_RULES, specs.place(), message);
        // The agent takes it.
        finding.severity = Severity::Warning;
        out.warn(finding.help("write a rule, or remove the object"));
    }
    for node in out.items(object, "specs") {
        rules.extend(rule::rule(out, node, file, namespace));
    }
    Some(rules)
}

fn cidr_group(out: &mut Findings, object: Object<'_>, meta: Metadata) -> Option<CidrGroup> {
    let spec = spec(out, object, "CiliumCIDRGroup")?;
    let spec = out.object(spec, "spec")?;
    out.known(spec, "spec", &["externalCIDRs"]);
    if spec.get("externalCIDRs").is_none() {
        let message = "a `CiliumCIDRGroup` has no `externalCIDRs`";
        out.refuse(&codes::POLICY_MISSING_FIELD, spec.place, message);
    }
    let cidrs: Vec<IpNet> = out
        .items(spec, "externalCIDRs")
        .iter()
        .filter_map(|node| {
            let text = out.string(node, "externalCIDRs")?;
            peers::network_of(out, text, node.place())
        })
        .collect();
    Some(CidrGroup {
        name: meta.name,
        labels: meta.labels,
        cidrs,
        place: meta.place,
    })
}
