//! `[target.cilium]` of `npl.toml`, checked (cilium-lowering.md §0).
//!
//! The table comes as plain entries with places, so that this crate knows no TOML. An unknown key,
//! a value of the wrong kind or a version that is too old is an error; nothing is guessed.

use npl_diagnostics::{Diagnostic, Place, codes::cilium as codes};
use npl_policy::model::ControlPlane;

use super::label_filter::LabelFilter;

/// One `key = value` of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingEntry {
    pub key: String,
    pub value: SettingValue,
    /// Of the value.
    pub place: Place,
    pub key_place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    Str(String),
    Bool(bool),
    Int(i64),
    /// An array of strings.
    List(Vec<String>),
    /// A table, a float or a date: no key takes one.
    Other,
}

/// `1.20`. A patch level is accepted and ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u16,
    pub minor: u16,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// `log` and the kept `enableDefaultDeny` came with it.
pub const MINIMUM: Version = Version::new(1, 18);
/// The version whose engine the lowering was checked against.
pub const DEFAULT: Version = Version::new(1, 20);
/// Before it a leading `**.` in names means `*.`.
pub(crate) const MULTI_LABEL_NAMES: Version = Version::new(1, 19);
/// Before it SNI knows exact names, `*.x` and `**.x` only.
pub(crate) const SNI_PATTERNS: Version = Version::new(1, 20);

impl Version {
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let number = |p: Option<&str>| {
            p.filter(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|s| s.parse().ok())
        };
        let (major, minor) = (number(parts.next())?, number(parts.next())?);
        let patch = parts.next();
        if patch.is_some() && number(patch).is_none() || parts.next().is_some() {
            return None;
        }
        Some(Self::new(major, minor))
    }
}

/// Where a `via` clause stands (§6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViaEnds {
    /// At the source, where that is proved to be enough.
    #[default]
    Source,
    Both,
}

/// What the target is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub version: Version,
    pub cluster_mesh: bool,
    pub node_labels: bool,
    pub host_firewall: bool,
    pub extended_protocols: bool,
    pub control_plane: ControlPlane,
    pub label_filter: LabelFilter,
    pub via_ends: ViaEnds,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: DEFAULT,
            cluster_mesh: false,
            node_labels: false,
            host_firewall: false,
            extended_protocols: false,
            control_plane: ControlPlane::Unknown,
            label_filter: LabelFilter::default(),
            via_ends: ViaEnds::Source,
        }
    }
}

/// The keys of `[target.cilium]`.
pub const KEYS: [&str; 8] = [
    "version",
    "cluster-mesh",
    "node-labels",
    "host-firewall",
    "extended-protocols",
    "control-plane",
    "label-filter",
    "via-ends",
];

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
        match entry.key.as_str() {
            "version" => self.read_version(entry, out),
            "cluster-mesh" => {
                flag(&mut self.cluster_mesh, entry, out);
                if self.cluster_mesh {
                    out.push(mesh(entry));
                }
            }
            "node-labels" => flag(&mut self.node_labels, entry, out),
            "host-firewall" => flag(&mut self.host_firewall, entry, out),
            "extended-protocols" => flag(&mut self.extended_protocols, entry, out),
            "control-plane" => {
                let words = [
                    ("external", ControlPlane::External),
                    ("nodes", ControlPlane::Nodes),
                    ("unknown", ControlPlane::Unknown),
                ];
                word(&mut self.control_plane, &words, entry, out);
            }
            "via-ends" => {
                let words = [("source", ViaEnds::Source), ("both", ViaEnds::Both)];
                word(&mut self.via_ends, &words, entry, out);
            }
            "label-filter" => match &entry.value {
                SettingValue::Str(text) => match LabelFilter::parse(text) {
                    Ok(filter) => self.label_filter = filter,
                    Err(why) => out.push(bad_value(entry, &why)),
                },
                _ => out.push(bad_value(
                    entry,
                    "a string, as the agent's `--labels` takes it",
                )),
            },
            _ => out.push(unknown_key(entry)),
        }
    }

    fn read_version(&mut self, entry: &SettingEntry, out: &mut Vec<Diagnostic<Place>>) {
        let parsed = match &entry.value {
            SettingValue::Str(text) => Version::parse(text),
            _ => None,
        };
        match parsed {
            None => out.push(bad_value(entry, "a string such as \"1.20\"")),
            Some(version) if version < MINIMUM => out.push(
                Diagnostic::new(
                    &codes::VERSION_TOO_OLD,
                    entry.place,
                    format!(
                        "Cilium {version} is older than {MINIMUM}, the oldest that is supported"
                    ),
                )
                .help(format!(
                    "upgrade Cilium to {MINIMUM} or later: older ones drop `enableDefaultDeny` \
                     silently, so that policy would close what it should leave open"
                )),
            ),
            Some(version) => self.version = version,
        }
    }
}

fn flag(field: &mut bool, entry: &SettingEntry, out: &mut Vec<Diagnostic<Place>>) {
    match entry.value {
        SettingValue::Bool(value) => *field = value,
        _ => out.push(bad_value(entry, "`true` or `false`")),
    }
}

fn word<T: Copy>(
    field: &mut T,
    words: &[(&str, T)],
    entry: &SettingEntry,
    out: &mut Vec<Diagnostic<Place>>,
) {
    let found = match &entry.value {
        SettingValue::Str(text) => words.iter().find(|(w, _)| w == text),
        _ => None,
    };
    match found {
        Some((_, value)) => *field = *value,
        None => {
            let list: Vec<_> = words.iter().map(|(w, _)| format!("\"{w}\"")).collect();
            out.push(bad_value(entry, &format!("one of {}", list.join(", "))));
        }
    }
}

fn bad_value(entry: &SettingEntry, want: &str) -> Diagnostic<Place> {
    Diagnostic::new(
        &codes::TARGET_SETTING_VALUE,
        entry.place,
        format!(
            "the value of `{}` in `[target.cilium]` cannot be used",
            entry.key
        ),
    )
    .help(format!("`{}` takes {want}", entry.key))
}

fn unknown_key(entry: &SettingEntry) -> Diagnostic<Place> {
    let diagnostic = Diagnostic::new(
        &codes::UNKNOWN_TARGET_SETTING,
        entry.key_place,
        format!("unknown key `{}` in `[target.cilium]`", entry.key),
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

fn mesh(entry: &SettingEntry) -> Diagnostic<Place> {
    Diagnostic::new(
        &codes::MESH_PEERS_NOT_COVERED,
        entry.place,
        "peers of other clusters of the mesh are not covered: rules speak of the local cluster",
    )
    .help("write policy for peers of other clusters beside this program, by hand")
}
