//! A flow as the judge takes it, and as JSON writes it (cli.md §3), and what it answers.

use std::net::IpAddr;

use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::import::shape::{PortNumber, Proto};

#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    pub src: End,
    pub dst: End,
    /// For ICMP the type.
    pub port: PortNumber,
    pub proto: Proto,
    pub facts: Facts,
}

/// One end of a flow.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Pod(Pod),
    Address {
        ip: IpAddr,
        /// What DNS answered with this address.
        names: Vec<SmolStr>,
        /// The API server is there.
        api_server: bool,
    },
    /// A DNS name; the cluster knows its addresses.
    Name(SmolStr),
    /// `host`, `remote-node`, `health` and so on, with the labels of the node where there are any.
    Entity {
        name: SmolStr,
        labels: Vec<(SmolStr, SmolStr)>,
        api_server: bool,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    pub namespace: SmolStr,
    pub namespace_labels: Vec<(SmolStr, SmolStr)>,
    pub labels: Vec<(SmolStr, SmolStr)>,
    /// `None`: `default`.
    pub account: Option<SmolStr>,
}

/// What is known above the port. `None`: not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Empty: TLS without a name.
    pub sni: Option<SmolStr>,
    pub method: Option<SmolStr>,
    pub path: Option<SmolStr>,
    pub host: Option<SmolStr>,
    pub dns: Option<SmolStr>,
}

/// What one end, or the whole, says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Allow,
    Deny,
    /// It depends on what the flow does not say.
    Unknown(Need),
}

/// What decides an unknown outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    Sni,
    Http,
    Dns,
    /// The addresses of a name are judged differently.
    Address,
    /// The policies of the endpoint contradict each other, so the agent keeps what it had before.
    Conflict,
}

impl Need {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sni => "sni",
            Self::Http => "http",
            Self::Dns => "dns",
            Self::Address => "address",
            Self::Conflict => "conflict",
        }
    }
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Both have to say yes.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Deny, _) | (_, Self::Deny) => Self::Deny,
            (Self::Unknown(need), _) | (_, Self::Unknown(need)) => Self::Unknown(need),
            (Self::Allow, Self::Allow) => Self::Allow,
        }
    }

    /// One yes is enough.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Allow, _) | (_, Self::Allow) => Self::Allow,
            (Self::Unknown(need), _) | (_, Self::Unknown(need)) => Self::Unknown(need),
            (Self::Deny, Self::Deny) => Self::Deny,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Outcome,
    pub egress: Outcome,
    pub ingress: Outcome,
}

impl Judgement {
    /// What decides, where the verdict is unknown.
    pub fn needs(&self) -> Option<Need> {
        match self.verdict {
            Outcome::Unknown(need) => Some(need),
            _ => None,
        }
    }
}

impl Flow {
    /// Reads the JSON shape of a flow. The error names the field.
    ///
    /// # Errors
    /// The field that is missing or wrong, as a sentence.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        let object = value.as_object().ok_or("a flow is a JSON object")?;
        let proto = match object.get("proto") {
            Some(name) => name
                .as_str()
                .and_then(Proto::from_name)
                .filter(|proto| *proto != Proto::Any)
                .ok_or("`proto` is not a protocol")?,
            None => Proto::Tcp,
        };
        Ok(Self {
            src: end(object, "src")?,
            dst: end(object, "dst")?,
            port: port(object)?,
            proto,
            facts: facts(object),
        })
    }
}

fn text(object: &Map<String, Value>, name: &str) -> Option<SmolStr> {
    object.get(name)?.as_str().map(SmolStr::new)
}

fn port(object: &Map<String, Value>) -> Result<PortNumber, String> {
    match object.get("port") {
        Some(Value::Number(number)) => number
            .as_u64()
            .and_then(|number| u16::try_from(number).ok())
            .map(PortNumber::Number)
            .ok_or_else(|| "`port` is not a port".to_owned()),
        Some(Value::String(name)) => Ok(PortNumber::Name(SmolStr::new(name))),
        _ => Err("a flow has no `port`".to_owned()),
    }
}

fn facts(object: &Map<String, Value>) -> Facts {
    let http = object.get("http").and_then(Value::as_object);
    let part = |name: &str| http.and_then(|http| text(http, name));
    Facts {
        sni: text(object, "sni"),
        method: part("method"),
        path: part("path"),
        host: part("host"),
        dns: text(object, "dns"),
    }
}

fn end(object: &Map<String, Value>, name: &str) -> Result<End, String> {
    let end = object
        .get(name)
        .and_then(Value::as_object)
        .ok_or_else(|| format!("a flow has no `{name}`"))?;
    if let Some(ip) = text(end, "ip") {
        let ip = ip
            .parse()
            .map_err(|_| format!("`{ip}` is not an address"))?;
        return Ok(End::Address {
            ip,
            names: Vec::new(),
            api_server: false,
        });
    }
    if let Some(name) = text(end, "fqdn") {
        return Ok(End::Name(name));
    }
    if let Some(name) = text(end, "entity") {
        return Ok(End::Entity {
            name,
            labels: labels(end, "labels"),
            api_server: false,
        });
    }
    let namespace = text(end, "namespace")
        .ok_or_else(|| format!("`{name}` is no pod, address, name or entity"))?;
    Ok(End::Pod(Pod {
        namespace,
        namespace_labels: labels(end, "nsLabels"),
        labels: labels(end, "labels"),
        account: text(end, "serviceAccount"),
    }))
}

fn labels(object: &Map<String, Value>, name: &str) -> Vec<(SmolStr, SmolStr)> {
    let pairs = object.get(name).and_then(Value::as_object);
    pairs
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((SmolStr::new(key), SmolStr::new(value.as_str()?))))
        .collect()
}
