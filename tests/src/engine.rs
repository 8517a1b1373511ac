//! Cilium's own policy engine, as a process that stays running and speaks JSON lines
//! (`tests/conformance/cilium`, a Go module).

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use npl_policy::{
    interpret::{Endpoint, Flow},
    model::{FlowPort, Pod},
};
use npl_test_support::skip::skipped;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::root;

pub struct Engine {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What the engine said to one request.
#[derive(Debug, Deserialize)]
pub struct Answer {
    #[serde(default)]
    pub error: String,
    pub documents: Vec<DocumentAnswer>,
    #[serde(default)]
    pub verdicts: Vec<Verdict>,
}

/// `stage` is `ok`, or the stage that refused: `decode`, `schema`, `cel`, `sanitize`.
#[derive(Debug, Deserialize)]
pub struct DocumentAnswer {
    pub kind: String,
    pub name: String,
    pub stage: String,
    #[serde(default)]
    pub error: String,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct Verdict {
    pub verdict: String,
    pub egress: String,
    pub ingress: String,
    #[serde(default)]
    pub needs: String,
    #[serde(default)]
    pub error: String,
}

impl Engine {
    /// Builds and starts the engine. `None` where this machine has no Go: said on standard error,
    /// and a failure in CI.
    pub fn start() -> Option<Self> {
        let folder = root().join("tests/conformance/cilium");
        let binary = root().join("target/conformance/judge");
        static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
        let built = BUILT.get_or_init(|| {
            let status = Command::new("go")
                .args(["build", "-o"])
                .arg(&binary)
                .arg(".")
                .current_dir(&folder)
                .status();
            match status {
                Ok(status) if status.success() => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
        if let Err(why) = built {
            skipped(format_args!(
                "Cilium's engine was not built ({why}); needs Go 1.26"
            ));
            return None;
        }
        let mut child = Command::new(binary)
            .env(
                "NPL_CLUSTER_NETWORK_POLICY_CRD",
                cluster_policy_crd(&folder),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let input = child.stdin.take()?;
        let output = BufReader::new(child.stdout.take()?);
        Some(Self {
            child,
            input,
            output,
        })
    }

    /// One request, one answer.
    ///
    /// # Errors
    /// The process ended, or its answer is none.
    pub fn ask(&mut self, request: &Value) -> Result<Answer, String> {
        let mut line = request.to_string();
        line.push('\n');
        self.input
            .write_all(line.as_bytes())
            .map_err(|e| e.to_string())?;
        self.input.flush().map_err(|e| e.to_string())?;
        let mut answer = String::new();
        self.output
            .read_line(&mut answer)
            .map_err(|e| e.to_string())?;
        serde_json::from_str(&answer).map_err(|e| format!("{e}: {answer}"))
    }

    /// The verdicts of flows under documents.
    ///
    /// # Errors
    /// As `ask`, and what the engine itself could not judge.
    pub fn judge(&mut self, documents: &[&str], flows: &[Flow]) -> Result<Answer, String> {
        let mut dns = Map::new();
        for flow in flows {
            for end in [&flow.src, &flow.dst] {
                if let Endpoint::Addr { ip, names, .. } = end {
                    for name in names {
                        add_address(&mut dns, name, &ip.to_string());
                    }
                }
            }
        }
        let flows: Vec<Value> = flows.iter().filter_map(flow_json).collect();
        let request = json!({"op": "judge", "documents": documents, "dns": dns, "flows": flows});
        let answer = self.ask(&request)?;
        if answer.error.is_empty() {
            Ok(answer)
        } else {
            Err(answer.error)
        }
    }
}

/// The CRD that the module of ClusterNetworkPolicy's types brings along; empty where it is not.
fn cluster_policy_crd(folder: &Path) -> String {
    let listed = Command::new("go")
        .args([
            "list",
            "-m",
            "-f",
            "{{.Dir}}",
            "sigs.k8s.io/network-policy-api",
        ])
        .current_dir(folder)
        .output();
    let text = listed.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let file = "config/crd/standard/policy.networking.k8s.io_clusternetworkpolicies.yaml";
    text.map_or_else(|_| String::new(), |dir| format!("{dir}/{file}"))
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn add_address(dns: &mut Map<String, Value>, name: &str, ip: &str) {
    let list = dns
        .entry(name.to_owned())
        .or_insert_with(|| Value::Array(Vec::new()));
    if let Some(list) = list.as_array_mut()
        && !list.iter().any(|have| have == ip)
    {
        list.push(Value::from(ip));
    }
}

/// The flow in the JSON shape of the command line; `None` for an end that the engine has no
/// identity for.
pub fn flow_json(flow: &Flow) -> Option<Value> {
    let (port, proto) = match flow.port {
        FlowPort::Tcp(port) => (port, "TCP"),
        FlowPort::Udp(port) => (port, "UDP"),
        FlowPort::Sctp(port) => (port, "SCTP"),
        FlowPort::Icmp4(kind) => (u16::from(kind), "ICMP"),
        FlowPort::Icmp6(kind) => (u16::from(kind), "ICMPv6"),
    };
    let mut out = Map::new();
    out.insert("src".to_owned(), peer(&flow.src)?);
    out.insert("dst".to_owned(), peer(&flow.dst)?);
    out.insert("port".to_owned(), Value::from(port));
    out.insert("proto".to_owned(), Value::from(proto));
    let facts = &flow.facts;
    if let Some(sni) = &facts.sni {
        out.insert("sni".to_owned(), Value::from(sni.as_str()));
    }
    if let Some(dns) = &facts.dns {
        out.insert("dns".to_owned(), Value::from(dns.as_str()));
    }
    let http: Map<String, Value> = [
        ("method", &facts.method),
        ("path", &facts.path),
        ("host", &facts.host),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), Value::from(value.as_ref()?.as_str()))))
    .collect();
    if !http.is_empty() {
        out.insert("http".to_owned(), Value::Object(http));
    }
    Some(Value::Object(out))
}

fn peer(end: &Endpoint) -> Option<Value> {
    Some(match end {
        Endpoint::Pod(pod) => pod_json(pod),
        Endpoint::Addr {
            ip,
            api_server: false,
            ..
        } => json!({"ip": ip.to_string()}),
        Endpoint::Addr {
            ip,
            api_server: true,
            ..
        } => {
            json!({"ip": ip.to_string(), "apiServer": true})
        }
        Endpoint::Host { api_server: false } => json!({"entity": "host"}),
        Endpoint::RemoteNode { api_server: false } => json!({"entity": "remote-node"}),
        Endpoint::RemoteNode { api_server: true } => json!({"entity": "kube-apiserver"}),
        Endpoint::Health => json!({"entity": "health"}),
        Endpoint::CiliumIngress => json!({"entity": "ingress"}),
        Endpoint::Itself | Endpoint::Host { .. } | Endpoint::KubeApiserver => return None,
    })
}

fn pod_json(pod: &Pod) -> Value {
    let map = |labels: &[(smol_str::SmolStr, smol_str::SmolStr)]| {
        let pairs = labels
            .iter()
            .map(|(k, v)| (k.to_string(), Value::from(v.as_str())));
        Value::Object(pairs.collect())
    };
    json!({
        "namespace": pod.namespace.as_str(),
        "labels": map(&pod.labels),
        "nsLabels": map(&pod.namespace_labels),
        "serviceAccount": pod.account.as_str(),
    })
}
