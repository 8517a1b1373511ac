//! The rules of one object as lines: one for each group of ports that has one clause.

use std::{collections::BTreeMap, sync::Arc};

use npl_diagnostics::{Diagnostic, Place, codes::import as codes};
use npl_policy::{label::Cube, model::Via};
use smol_str::SmolStr;

use super::{
    Cx, layer7, peers,
    peers::{Part, What},
    ports::{self, PortPart},
    refuse::{self, Refusal, refuse},
    selector::{Who, selects_bare_endpoints, who},
};
use crate::import::shape::{Authentication, End, Policy, Port, PortNumber, PortRule, Proto, Rule};

/// What one end rule is made of, before lines are merged as Cilium merges them.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Index into the policies.
    pub(super) object: usize,
    pub(super) ingress: bool,
    pub(super) deny: bool,
    /// Disjoint; together the subject.
    pub(super) subject: Vec<Arc<Cube>>,
    /// The subject of the YAML rule.
    pub(super) whole: Arc<Cube>,
    pub(super) peers: Vec<Part>,
    pub(super) ports: Vec<PortPart>,
    pub(super) via: Option<Via>,
    /// What `serverNames` close on protocols that have no TLS.
    pub(super) closed_by_names: bool,
    /// What no rule allows at its subject is closed.
    pub(super) sealed: bool,
    pub(super) place: Place,
    pub(super) doc: Option<SmolStr>,
}

/// One selector, and what a rule closes for it.
#[derive(Clone, Debug)]
pub(super) struct Seal {
    pub(super) object: usize,
    pub(super) subject: Arc<Cube>,
    pub(super) ingress: bool,
    pub(super) egress: bool,
    pub(super) place: Place,
    pub(super) doc: Option<SmolStr>,
}

/// One object, lowered by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    pub(super) seals: Vec<Seal>,
    pub(super) lines: Vec<Line>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) warnings: Vec<Diagnostic<Place>>,
}

pub(super) fn of_policy(cx: &Cx<'_>, object: usize, policy: &Policy) -> Lines {
    let mut out = Lines::default();
    for rule in &policy.rules {
        of_rule(cx, (object, policy), rule, &mut out);
    }
    out
}

fn of_rule(cx: &Cx<'_>, (object, policy): (usize, &Policy), rule: &Rule, out: &mut Lines) {
    if let Some(refusal) = cx.order.refusal(rule) {
        return out.refusals.push(refusal);
    }
    let subject = match subject(policy, rule) {
        Ok(Some(cube)) => Arc::new(cube),
        Ok(None) => {
            let message = "a rule selects no pod: no identity has the labels that it asks for";
            let finding = Diagnostic::new(&codes::IMPORT_SELECTS_NOBODY, rule.place, message);
            out.warnings
                .push(finding.help("select by labels that Cilium keeps, or remove the rule"));
            return;
        }
        Err(refusal) => return out.refusals.push(refusal),
    };
    if policy.namespace.is_empty() && selects_bare_endpoints(&rule.subject) {
        let message = "a rule also selects the `health` and `ingress` endpoints, which are no pods \
                       and stay as they are";
        let finding = Diagnostic::new(&codes::IMPORT_BARE_ENDPOINTS, rule.place, message);
        let help = "add the requirement that `k8s:io.kubernetes.pod.namespace` exists";
        out.warnings.push(finding.help(help));
    }
    let any = |ingress: bool| rule.ends.iter().any(|end| end.ingress == ingress);
    out.seals.push(Seal {
        object,
        subject: Arc::clone(&subject),
        ingress: rule.deny_ingress_by_default && any(true),
        egress: rule.deny_egress_by_default && any(false),
        place: policy.place,
        doc: rule.description.clone(),
    });
    for end in &rule.ends {
        let made = Maker {
            cx,
            object,
            subject: &subject,
            end,
            doc: &rule.description,
        };
        let closed = match end.ingress {
            true => rule.deny_ingress_by_default,
            false => rule.deny_egress_by_default,
        };
        match made.lines(&mut out.warnings) {
            Ok(mut lines) => {
                lines.iter_mut().for_each(|line| line.sealed = closed);
                let http = |line: &Line| matches!(line.via, Some(Via::Http(_) | Via::Grpc(_)));
                if !closed && lines.iter().any(http) {
                    out.warnings.push(open_listener(end.place));
                }
                out.lines.append(&mut lines);
            }
            Err(refusal) => out.refusals.push(refusal),
        }
    }
}

/// What `enableDefaultDeny` leaves open passes by the proxy, too.
fn open_listener(at: Place) -> Diagnostic<Place> {
    let message = "the direction stays open, but no TLS passes on the ports of this HTTP rule, \
                   whose proxy takes none";
    Diagnostic::new(&codes::IMPORT_HTTP_LISTENER, at, message)
        .help("close the direction, or remove the HTTP rule, which filters nothing here")
}

/// The pods that a rule selects; `None` for none.
fn subject(policy: &Policy, rule: &Rule) -> Result<Option<Cube>, Refusal> {
    if rule.node {
        return Err(refuse::node_policy(rule.place));
    }
    match who(&rule.subject) {
        Who::Pods(cube) => Ok(Some(cube)),
        Who::Everybody => Ok(Some(Cube::every())),
        Who::Nobody => Ok(None),
        Who::OtherCluster => Err(refuse::other_cluster(rule.place)),
        // A namespaced policy selects pods of its namespace, which have no reserved label.
        Who::Reserved(_) | Who::Mixed if !policy.namespace.is_empty() => {
            Err(refuse::mixed_selector(rule.place))
        }
        Who::Reserved(name) => Err(refuse(
            &codes::IMPORT_ENTITY,
            rule.place,
            format!("the subject is the endpoint `{name}`, which no workload is"),
            "keep this policy in YAML",
        )),
        Who::Mixed => Err(refuse::mixed_selector(rule.place)),
    }
}

struct Maker<'a> {
    cx: &'a Cx<'a>,
    object: usize,
    subject: &'a Arc<Cube>,
    end: &'a End,
    doc: &'a Option<SmolStr>,
}

impl Maker<'_> {
    fn lines(&self, warnings: &mut Vec<Diagnostic<Place>>) -> Result<Vec<Line>, Refusal> {
        self.authentication()?;
        let peers = peers::parts(self.cx, self.end)?;
        let mut out = Vec::new();
        if self.end.ports.is_empty() {
            out.extend(self.line(peers, vec![ports::everything()], None));
            return Ok(out);
        }
        for rule in &self.end.ports {
            self.port_rule(rule, &peers, &mut out, warnings)?;
        }
        Ok(joined(out))
    }

    fn authentication(&self) -> Result<(), Refusal> {
        match self.end.authentication {
            None | Some(Authentication::Disabled) => Ok(()),
            Some(Authentication::Required | Authentication::AlwaysFail) => Err(refuse(
                &codes::IMPORT_AUTHENTICATION,
                self.end.place,
                "a rule asks for mutual authentication, which no clause does",
                "keep this policy in YAML",
            )),
        }
    }

    fn line(&self, peers: Vec<Part>, ports: Vec<PortPart>, via: Option<Via>) -> Option<Line> {
        let some = !peers.is_empty() && !ports.is_empty();
        some.then(|| Line {
            object: self.object,
            ingress: self.end.ingress,
            deny: self.end.deny,
            subject: vec![Arc::clone(self.subject)],
            whole: Arc::clone(self.subject),
            peers,
            ports,
            via,
            closed_by_names: false,
            sealed: false,
            place: self.end.place,
            doc: self.doc.clone(),
        })
    }

    fn port_rule(
        &self,
        rule: &PortRule,
        peers: &[Part],
        out: &mut Vec<Line>,
        warnings: &mut Vec<Diagnostic<Place>>,
    ) -> Result<(), Refusal> {
        let clauses = layer7::clauses(rule, self.end.place)?;
        let tls = matches!(clauses.as_deref(), Some([Via::Tls(_)]));
        let (mut numbered, mut without_tls) = (Vec::new(), Vec::new());
        let mut apart = Vec::new();
        if tls {
            self.names_on_ports(rule)?;
        }
        for port in &rule.ports {
            for proto in ports::protocols(port) {
                if rule.is_unread(port, *proto) {
                    warnings.push(self.no_queries());
                    continue;
                }
                let key = ports::key(port, *proto);
                let PortNumber::Number(number) = &port.number else {
                    apart.push((key, tls && *proto != Proto::Tcp));
                    continue;
                };
                let Some(set) = ports::numbered(*number, port.end, *proto) else {
                    return Err(refuse(
                        &codes::IMPORT_PROTOCOL,
                        self.end.place,
                        "a rule names a protocol that has no ports and is not ICMP",
                        "keep this policy in YAML",
                    ));
                };
                let part = PortPart { key, set };
                match tls && *proto != Proto::Tcp {
                    true => without_tls.push(part),
                    false if part.set.is_empty() => {}
                    false => numbered.push(part),
                }
            }
        }
        if !without_tls.is_empty() || apart.iter().any(|(_, closed)| *closed) {
            warnings.push(self.names_close());
        }
        let mut add = |line: Option<Line>, closes: bool| {
            let Some(line) = line else { return };
            if closes {
                out.push(Line {
                    deny: true,
                    closed_by_names: true,
                    ..line
                });
                return;
            }
            match &clauses {
                None => out.push(line),
                Some(list) => out.extend(list.iter().map(|via| Line {
                    via: Some(via.clone()),
                    ..line.clone()
                })),
            }
        };
        add(self.line(peers.to_vec(), numbered, None), false);
        add(self.line(peers.to_vec(), without_tls, None), true);
        // A port without a protocol may be of any.
        let mut idle: BTreeMap<PortNumber, bool> = BTreeMap::new();
        for (key, closes) in apart {
            let lines = self.named(&key, peers)?;
            *idle.entry(key.number).or_insert(true) &= lines.is_empty();
            for line in lines {
                add(Some(line), closes);
            }
        }
        let idle = idle.into_iter().filter(|(_, idle)| *idle);
        let names = idle.filter(|_| self.are_known(peers));
        warnings.extend(names.map(|(name, _)| self.nobody_names(&name)));
        Ok(())
    }

    fn names_on_ports(&self, rule: &PortRule) -> Result<(), Refusal> {
        let whole = |port: &Port| port.number == PortNumber::Number(0);
        match rule.ports.iter().any(whole) {
            false => Ok(()),
            true => Err(refuse(
                &codes::IMPORT_PROTOCOL,
                self.end.place,
                "`serverNames` stand on port 0, where Cilium's proxy is told of every port",
                "name the ports",
            )),
        }
    }

    /// The inventory holds pods whose ports a name may be of.
    fn are_known(&self, peers: &[Part]) -> bool {
        let mut templates = self.cx.inventory.iter().flat_map(|i| &i.workloads);
        templates.any(|template| {
            let pods = ports::pods_of(template);
            match self.end.ingress {
                true => !self.subject.disjoint(&pods),
                false => peers.iter().any(|peer| within(peer, &pods).is_some()),
            }
        })
    }

    fn nobody_names(&self, number: &PortNumber) -> Diagnostic<Place> {
        let name = match number {
            PortNumber::Name(name) => name.as_str(),
            PortNumber::Number(_) => "",
        };
        let message = format!(
            "no container of these pods calls a port `{name}`, so the rule opens nothing by it"
        );
        Diagnostic::new(&codes::IMPORT_SELECTS_NOBODY, self.end.place, message)
            .help("name a port of the containers, with its protocol, or write its number")
    }

    fn no_queries(&self) -> Diagnostic<Place> {
        let message = "a `dns` rule stands on SCTP alone, by which no query comes, so it opens \
                       nothing";
        Diagnostic::new(&codes::IMPORT_SELECTS_NOBODY, self.end.place, message)
            .help("write `protocol: ANY`, or the SCTP port in a rule without `dns`")
    }

    /// The proxy takes TCP only, and Cilium sends the other protocols to it as well.
    fn names_close(&self) -> Diagnostic<Place> {
        let message = "`serverNames` stand on more than TCP, which closes the other protocols of \
                       these ports";
        Diagnostic::new(&codes::IMPORT_NAMES_CLOSE, self.end.place, message)
            .help("write `protocol: TCP`")
    }

    /// On ingress a named port is the pod's own, on egress that of each peer.
    fn named(&self, key: &ports::Key, peers: &[Part]) -> Result<Vec<Line>, Refusal> {
        let PortNumber::Name(name) = &key.number else {
            return Ok(Vec::new());
        };
        let Some(inventory) = self.cx.inventory else {
            return Err(refuse(
                &codes::IMPORT_NEEDS_INVENTORY,
                self.end.place,
                format!(
                    "the port `{name}` means what each pod calls so, and no inventory is given"
                ),
                "give the manifests of the pods, for example with `--inventory`, or write numbers",
            ));
        };
        let mut out = Vec::new();
        let ingress = self.end.ingress;
        let wanted = |pods: &Cube| match ingress {
            true => !self.subject.disjoint(pods),
            false => peers.iter().any(|peer| within(peer, pods).is_some()),
        };
        let found = ports::named(inventory, name, key.proto, &wanted, !ingress);
        for named in found.map_err(|alike| self.alike(name, &alike))? {
            let Some(set) = ports::numbered(named.number, 0, key.proto) else {
                continue;
            };
            let part = PortPart {
                key: key.clone(),
                set,
            };
            let pods = named.pods.iter();
            if self.end.ingress {
                let own = pods.map(|pods| self.subject.intersect(pods));
                let own = own.filter(|own| !own.is_empty()).map(Arc::new);
                let own: Vec<Arc<Cube>> = own.collect();
                if let (false, Some(line)) =
                    (own.is_empty(), self.line(peers.to_vec(), vec![part], None))
                {
                    out.push(Line {
                        subject: own,
                        ..line
                    });
                }
                continue;
            }
            let theirs = peers.iter().flat_map(|peer| {
                let pods = pods.clone();
                pods.filter_map(|pods| within(peer, pods))
            });
            out.extend(self.line(theirs.collect(), vec![part], None));
        }
        Ok(out)
    }

    fn alike(&self, name: &SmolStr, ports::Alike(one, other): &ports::Alike<'_>) -> Refusal {
        let message = format!(
            "the pods of `{}` and of `{}` do not call the same port `{name}`, and labels do not \
             tell them apart",
            one.name, other.name
        );
        let help = "give the pods labels of their own, or write numbers";
        refuse(
            &codes::IMPORT_NEEDS_INVENTORY,
            self.end.place,
            message,
            help,
        )
    }
}

/// Lines of one YAML rule that differ in their ports only are one.
fn joined(lines: Vec<Line>) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        let same = |have: &&mut Line| {
            have.via == line.via
                && have.deny == line.deny
                && have.closed_by_names == line.closed_by_names
                && have.subject == line.subject
                && have.peers == line.peers
        };
        let Some(have) = out.iter_mut().find(same) else {
            out.push(line);
            continue;
        };
        for port in line.ports {
            if !have.ports.contains(&port) {
                have.ports.push(port);
            }
        }
    }
    out
}

/// The pods of a peer that are also among `pods`; no other endpoint names its ports.
fn within(peer: &Part, pods: &Cube) -> Option<Part> {
    let what = match &peer.what {
        What::Everybody => pods.clone(),
        What::Pods(cube) => cube.intersect(pods),
        What::Reserved(_) | What::Nets(_) | What::Name(_) | What::Nobody => return None,
    };
    (!what.is_empty()).then(|| Part {
        spelling: peer.spelling.clone(),
        what: What::Pods(Arc::new(what)),
    })
}
