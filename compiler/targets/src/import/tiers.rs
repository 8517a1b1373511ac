//! ClusterNetworkPolicies, read back to be asked about flows.
//!
//! Only what the Kubernetes target can have made is read: `Deny` and `Accept`, peers that are pods
//! or networks, in the order that the API gives them: by priority, and in a policy from top to
//! bottom.

use ipnet::IpNet;
use npl_diagnostics::FileId;
use npl_policy::label::NAMESPACE_NAME_LABEL;
use smol_str::SmolStr;

use super::{
    judge::{Flow, FlowEnd, Pod},
    shape::{PortNumber, Proto},
};
use crate::yaml::read::{self, Node, Value};

/// The policies of some objects.
#[derive(Clone, Debug, Default)]
pub struct Tiers {
    /// By priority.
    policies: Vec<Policy>,
    /// Networks are matched against addresses inside the cluster too.
    whole_networks: bool,
}

/// Before every NetworkPolicy, or after all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    Admin,
    Baseline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    Accept,
    Deny,
}

#[derive(Clone, Debug)]
struct Policy {
    tier: Tier,
    priority: u16,
    subject: Selected,
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    ruling: Ruling,
    pods: Vec<Selected>,
    networks: Vec<IpNet>,
    /// `None`: everything.
    protocols: Option<Vec<(Proto, u16, u16)>>,
}

/// Pods, by their namespace and their own labels.
#[derive(Clone, Debug)]
struct Selected {
    namespaces: Vec<Requirement>,
    pods: Vec<Requirement>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: SmolStr,
    values: Vec<SmolStr>,
    /// The value is one of `values`; else it is none of them.
    one_of: bool,
    /// `values` do not count: the key is there, or is not.
    presence: bool,
}

impl Tiers {
    /// `whole_networks`: a network of the plugin holds pods and nodes by their addresses too.
    ///
    /// # Errors
    /// What is no such policy.
    pub fn read(texts: &[&str], whole_networks: bool) -> Result<Self, String> {
        let mut policies = Vec::new();
        for text in texts {
            let file = read::read(FileId(0), text);
            if let Some(finding) = file.diagnostics.first() {
                return Err(finding.message.clone());
            }
            for document in &file.documents {
                let read = policy(document);
                policies.push(read.ok_or("a ClusterNetworkPolicy says more than is ever written")?);
            }
        }
        policies.sort_by_key(|policy| policy.priority);
        Ok(Self {
            policies,
            whole_networks,
        })
    }

    /// What a tier says of a flow at one of its ends. Between policies of one priority the order is
    /// not defined: a deny counts.
    pub fn ruling(&self, tier: Tier, flow: &Flow, ingress: bool) -> Option<Ruling> {
        let (own, peer) = match ingress {
            true => (&flow.dst, &flow.src),
            false => (&flow.src, &flow.dst),
        };
        let FlowEnd::Pod(own) = own else {
            return None;
        };
        let mut found: Option<(u16, Ruling)> = None;
        for policy in self.policies.iter().filter(|policy| policy.tier == tier) {
            if found.is_some_and(|(priority, _)| priority < policy.priority) {
                break;
            }
            let rules = match ingress {
                true => &policy.ingress,
                false => &policy.egress,
            };
            let covers = |rule: &&Rule| rule.covers(peer, flow, self.whole_networks);
            let met = policy.subject.holds(own).then(|| rules.iter().find(covers));
            let Some(rule) = met.flatten() else {
                continue;
            };
            if found.is_none() || rule.ruling == Ruling::Deny {
                found = Some((policy.priority, rule.ruling));
            }
        }
        found.map(|(_, ruling)| ruling)
    }
}

impl Rule {
    fn covers(&self, peer: &FlowEnd, flow: &Flow, whole_networks: bool) -> bool {
        let every = |net: &IpNet| whole_networks && net.prefix_len() == 0;
        let networks = match peer {
            FlowEnd::Address { ip, .. } => self.networks.iter().any(|net| net.contains(ip)),
            // Its address is not known.
            _ => self.networks.iter().any(every),
        };
        let pods = match peer {
            FlowEnd::Pod(pod) => self.pods.iter().any(|selected| selected.holds(pod)),
            _ => false,
        };
        let port = match flow.port {
            PortNumber::Number(port) => port,
            PortNumber::Name(_) => return false,
        };
        let within = |(proto, low, high): &(Proto, u16, u16)| {
            *proto == flow.proto && (*low..=*high).contains(&port)
        };
        let protocols = self.protocols.as_ref();
        (pods || networks) && protocols.is_none_or(|list| list.iter().any(within))
    }
}

impl Selected {
    fn holds(&self, pod: &Pod) -> bool {
        let find = |labels: &[(SmolStr, SmolStr)], key: &str| {
            let found = labels.iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.clone())
        };
        let of_namespace = |key: &str| match key {
            NAMESPACE_NAME_LABEL => Some(pod.namespace.clone()),
            _ => find(&pod.namespace_labels, key),
        };
        self.pods.iter().all(|r| r.met(find(&pod.labels, &r.key)))
            && self.namespaces.iter().all(|r| r.met(of_namespace(&r.key)))
    }
}

impl Requirement {
    fn met(&self, value: Option<SmolStr>) -> bool {
        match value {
            _ if self.presence => value.is_some() == self.one_of,
            Some(value) => self.values.contains(&value) == self.one_of,
            // As in Kubernetes: what is not there is not among the values.
            None => !self.one_of,
        }
    }
}

fn policy(node: &Node) -> Option<Policy> {
    let spec = node.get("spec")?;
    let tier = match spec.get("tier")?.as_str()?.as_str() {
        "Admin" => Tier::Admin,
        "Baseline" => Tier::Baseline,
        _ => return None,
    };
    let rules = |name: &str, peers: &str| match spec.get(name) {
        Some(list) => list.as_seq()?.iter().map(|r| rule(r, peers)).collect(),
        None => Some(Vec::new()),
    };
    Some(Policy {
        tier,
        priority: int(spec.get("priority")?)?,
        subject: selected(spec.get("subject")?.get("pods")?)?,
        ingress: rules("ingress", "from")?,
        egress: rules("egress", "to")?,
    })
}

fn rule(node: &Node, peers: &str) -> Option<Rule> {
    let ruling = match node.get("action")?.as_str()?.as_str() {
        "Accept" => Ruling::Accept,
        "Deny" => Ruling::Deny,
        _ => return None,
    };
    let mut out = Rule {
        ruling,
        pods: Vec::new(),
        networks: Vec::new(),
        protocols: None,
    };
    for peer in node.get(peers)?.as_seq()? {
        match (peer.get("pods"), peer.get("networks")) {
            (Some(pods), None) => out.pods.push(selected(pods)?),
            // Peers of ingress are pods only.
            (None, Some(list)) if peers == "to" => {
                for net in list.as_seq()? {
                    out.networks.push(net.as_str()?.parse().ok()?);
                }
            }
            _ => return None,
        }
    }
    if let Some(list) = node.get("protocols") {
        let protocols: Option<Vec<_>> = list.as_seq()?.iter().map(protocol).collect();
        out.protocols = Some(protocols?);
    }
    Some(out)
}

fn protocol(node: &Node) -> Option<(Proto, u16, u16)> {
    let [entry] = node.as_map()? else {
        return None;
    };
    let proto = Proto::from_name(&entry.key.to_ascii_uppercase())?;
    let port = entry.value.get("destinationPort")?;
    if let Some(number) = port.get("number") {
        let number = int(number)?;
        return Some((proto, number, number));
    }
    let range = port.get("range")?;
    Some((proto, int(range.get("start")?)?, int(range.get("end")?)?))
}

fn int(node: &Node) -> Option<u16> {
    match node.value {
        Value::Int(number) => u16::try_from(number.get()).ok(),
        _ => None,
    }
}

fn selected(node: &Node) -> Option<Selected> {
    Some(Selected {
        namespaces: requirements(node.get("namespaceSelector")?)?,
        pods: requirements(node.get("podSelector")?)?,
    })
}

fn requirements(node: &Node) -> Option<Vec<Requirement>> {
    let mut out = Vec::new();
    for entry in node
        .get("matchLabels")
        .map_or(Some(&[][..]), Node::as_map)?
    {
        out.push(Requirement {
            key: entry.key.clone(),
            values: vec![entry.value.as_str()?.clone()],
            one_of: true,
            presence: false,
        });
    }
    let expressions = node.get("matchExpressions");
    for item in expressions.map_or(Some(&[][..]), Node::as_seq)? {
        let (one_of, presence) = match item.get("operator")?.as_str()?.as_str() {
            "In" => (true, false),
            "NotIn" => (false, false),
            "Exists" => (true, true),
            "DoesNotExist" => (false, true),
            _ => return None,
        };
        let values = item.get("values").map_or(Some(&[][..]), Node::as_seq)?;
        let values: Option<Vec<SmolStr>> = values.iter().map(|v| v.as_str().cloned()).collect();
        out.push(Requirement {
            key: item.get("key")?.as_str()?.clone(),
            values: values?,
            one_of,
            presence,
        });
    }
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "test code")]
mod tests {
    use super::*;
    use crate::import::judge::Facts;

    const DENY: &str = r#"
kind: ClusterNetworkPolicy
spec:
  tier: Admin
  priority: 0
  subject:
    pods:
      namespaceSelector: {}
      podSelector:
        matchLabels:
          app: web
  egress:
  - action: Deny
    to:
    - networks:
      - "169.254.169.254/32"
    protocols:
    - tcp:
        destinationPort:
          range:
            start: 80
            end: 90
"#;

    fn flow(app: &str, ip: &str, port: u16) -> Flow {
        Flow {
            src: FlowEnd::Pod(Pod {
                namespace: "shop".into(),
                labels: vec![("app".into(), app.into())],
                ..Pod::default()
            }),
            dst: FlowEnd::Address {
                ip: ip.parse().unwrap(),
                names: Vec::new(),
                api_server: false,
            },
            port: PortNumber::Number(port),
            proto: Proto::Tcp,
            facts: Facts::default(),
        }
    }

    fn said(texts: &[&str], tier: Tier, flow: &Flow) -> Option<Ruling> {
        Tiers::read(texts, false).unwrap().ruling(tier, flow, false)
    }

    #[test]
    fn a_deny_covers_what_it_names() {
        let denied = |flow: &Flow| said(&[DENY], Tier::Admin, flow) == Some(Ruling::Deny);
        assert!(denied(&flow("web", "169.254.169.254", 80)));
        assert!(!denied(&flow("web", "169.254.169.254", 91)));
        assert!(!denied(&flow("web", "169.254.169.253", 80)));
        assert!(!denied(&flow("api", "169.254.169.254", 80)));
        let asked = flow("web", "169.254.169.254", 80);
        assert_eq!(said(&[DENY], Tier::Baseline, &asked), None);
    }

    #[test]
    fn the_lower_priority_comes_first_and_between_two_a_deny_counts() {
        let accept = DENY.replace("Deny", "Accept");
        let later = |text: &str| text.replace("priority: 0", "priority: 9");
        let asked = flow("web", "169.254.169.254", 80);
        let first = |texts: &[&str]| said(texts, Tier::Admin, &asked);
        assert_eq!(first(&[&accept, &later(DENY)]), Some(Ruling::Accept));
        assert_eq!(first(&[&later(&accept), DENY]), Some(Ruling::Deny));
        assert_eq!(first(&[&accept, DENY]), Some(Ruling::Deny));
    }

    #[test]
    fn every_address_may_hold_a_pod() {
        let text = DENY.replace("169.254.169.254/32", "0.0.0.0/0");
        let asked = Flow {
            dst: FlowEnd::Pod(Pod::default()),
            ..flow("web", "192.0.2.1", 80)
        };
        for (whole, wanted) in [(true, Some(Ruling::Deny)), (false, None)] {
            let tiers = Tiers::read(&[&text], whole).unwrap();
            assert_eq!(tiers.ruling(Tier::Admin, &asked, false), wanted);
        }
    }

    #[test]
    fn what_is_never_written_is_refused() {
        for (from, to) in [("Deny", "Pass"), ("Admin", "Edge")] {
            assert!(Tiers::read(&[&DENY.replace(from, to)], false).is_err());
        }
    }
}
