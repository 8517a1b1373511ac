//! `[target.kubernetes]` of `npl.toml`, checked.
//!
//! What NetworkPolicy leaves to the network plugin is asked here, never guessed: without an answer
//! the rules that depend on it are errors.

use ipnet::IpNet;
use npl_diagnostics::{Diagnostic, Place, codes::kubernetes as codes};
use npl_policy::{
    addr::{self, AddrSet, Net},
    model::ControlPlane,
};

use crate::cilium::{SettingEntry, SettingValue};

/// What the target is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Emit ClusterNetworkPolicy for denies, and for what holds in namespaces that are not named.
    pub cluster_network_policy: bool,
    pub cluster_wide_seals: ClusterWideSeals,
    /// The addresses of pods and nodes.
    pub cluster_cidrs: Vec<IpNet>,
    pub ip_blocks: IpBlocks,
    /// Of the denies in both tiers of ClusterNetworkPolicy; 0 comes first.
    pub priority: u16,
    pub control_plane: ControlPlane,
    /// `via dns "*"` stands for the whole port: queries are not told from other traffic.
    pub unchecked_dns: bool,
}

/// What the seal of a workload closes whose namespaces are not named. Ingress rules of a
/// ClusterNetworkPolicy name pods only, so that nodes and the world stay open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClusterWideSeals {
    /// Everything, or the workload is an error.
    #[default]
    Exact,
    /// Ingress from pods, and egress to pods and networks; the rest is left open.
    Pods,
}

/// What an `ipBlock` matches, which Kubernetes leaves to the plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpBlocks {
    /// Every address, those of pods and nodes included.
    #[default]
    Any,
    /// Addresses outside the cluster only, as on Cilium.
    External,
}

/// The keys of `[target.kubernetes]`.
pub const KEYS: [&str; 7] = [
    "cluster-network-policy",
    "cluster-wide-seals",
    "cluster-cidrs",
    "ip-blocks",
    "priority",
    "control-plane",
    "unchecked-dns",
];

/// The API: the last priority of a tier. Allows have it, so that every deny comes before them.
pub(super) const PRIORITY_LAST: u16 = 1_000;

/// Ranges that no pod and no node takes its address from: link-local (RFC 3927, RFC 4291 §2.5.6).
const LINK_LOCAL: &[&str] = &["169.254.0.0/16", "fe80::/10"];

impl Settings {
    /// Reads the table. On findings the settings hold defaults for what was wrong.
    pub fn from_table(entries: &[SettingEntry]) -> (Self, Vec<Diagnostic<Place>>) {
        let mut settings = Self::default();
        let mut out = Vec::new();
        for entry in entries {
            settings.read(entry, &mut out);
        }
        (settings, out)
    }

    fn read(&mut self, entry: &SettingEntry, out: &mut Vec<Diagnostic<Place>>) {
        match (entry.key.as_str(), &entry.value) {
            ("cluster-network-policy", SettingValue::Bool(flag)) => {
                self.cluster_network_policy = *flag;
            }
            ("unchecked-dns", SettingValue::Bool(flag)) => self.unchecked_dns = *flag,
            ("cluster-network-policy" | "unchecked-dns", _) => {
                out.push(bad(entry, "`true` or `false`"))
            }
            ("cluster-cidrs", SettingValue::List(list)) => match cidrs(list) {
                Some(cidrs) => self.cluster_cidrs = cidrs,
                None => out.push(bad(entry, CIDRS)),
            },
            ("cluster-cidrs", _) => out.push(bad(entry, CIDRS)),
            ("ip-blocks", SettingValue::Str(word)) if word == "any" => {
                self.ip_blocks = IpBlocks::Any;
            }
            ("ip-blocks", SettingValue::Str(word)) if word == "external" => {
                self.ip_blocks = IpBlocks::External;
            }
            ("ip-blocks", _) => out.push(bad(entry, "one of \"any\", \"external\"")),
            ("priority", SettingValue::Int(number)) => match u16::try_from(*number) {
                Ok(number) if number < PRIORITY_LAST => self.priority = number,
                _ => out.push(bad(entry, PRIORITIES)),
            },
            ("priority", _) => out.push(bad(entry, PRIORITIES)),
            ("cluster-wide-seals", SettingValue::Str(word)) if word == "exact" => {
                self.cluster_wide_seals = ClusterWideSeals::Exact;
            }
            ("cluster-wide-seals", SettingValue::Str(word)) if word == "pods" => {
                self.cluster_wide_seals = ClusterWideSeals::Pods;
            }
            ("cluster-wide-seals", _) => out.push(bad(entry, "one of \"exact\", \"pods\"")),
            ("control-plane", SettingValue::Str(word)) if word == "external" => {
                self.control_plane = ControlPlane::External;
            }
            ("control-plane", SettingValue::Str(word)) if word == "nodes" => {
                self.control_plane = ControlPlane::Nodes;
            }
            ("control-plane", SettingValue::Str(word)) if word == "unknown" => {
                self.control_plane = ControlPlane::Unknown;
            }
            ("control-plane", _) => {
                out.push(bad(entry, "one of \"external\", \"nodes\", \"unknown\""));
            }
            _ => out.push(unknown(entry)),
        }
    }

    /// What an `ipBlock` has to leave out, so that it holds no pod and no node. `None`: not known.
    pub(super) fn left_out(&self) -> Option<Vec<Net>> {
        match self.ip_blocks {
            IpBlocks::External => Some(Vec::new()),
            IpBlocks::Any if self.cluster_cidrs.is_empty() => None,
            IpBlocks::Any => Some(self.cluster_cidrs.iter().copied().map(Net::plain).collect()),
        }
    }
}

const PRIORITIES: &str = "a number from 0 to 999 (allows have 1000)";

const CIDRS: &str = "a list of prefixes, such as [\"10.244.0.0/16\", \"fd00:10:244::/56\"]";

/// `None` for what is no prefix, or none at all.
fn cidrs(list: &[String]) -> Option<Vec<IpNet>> {
    let parsed: Option<Vec<IpNet>> = list.iter().map(|text| text.parse().ok()).collect();
    parsed.filter(|cidrs| !cidrs.is_empty())
}

/// No pod and no node has an address of this network, wherever the cluster is.
pub(super) fn never_of_cluster(net: &Net) -> bool {
    let outside = addr::known_nets(LINK_LOCAL).union(&addr::endpoints());
    AddrSet::from_nets([net]).implies(&outside)
}

fn bad(entry: &SettingEntry, want: &str) -> Diagnostic<Place> {
    let message = format!(
        "the value of `{}` in `[target.kubernetes]` cannot be used",
        entry.key
    );
    Diagnostic::new(&codes::KUBERNETES_SETTING_VALUE, entry.place, message)
        .help(format!("`{}` takes {want}", entry.key))
}

fn unknown(entry: &SettingEntry) -> Diagnostic<Place> {
    let diagnostic = Diagnostic::new(
        &codes::UNKNOWN_KUBERNETES_SETTING,
        entry.key_place,
        format!("unknown key `{}` in `[target.kubernetes]`", entry.key),
    );
    match npl_diagnostics::suggest(&entry.key, KEYS) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
            format!("write `{near}`"),
            false,
            entry.key_place,
            near,
        ),
        None => diagnostic.help(format!("the keys are {}", KEYS.join(", "))),
    }
}
