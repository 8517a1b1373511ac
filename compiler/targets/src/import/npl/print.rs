//! The items of the program, in their order: the file's namespace, what is used, the pods, the
//! sets, the rules by the pods that they bind at.

use npl_policy::{
    http::{HttpEntry, HttpRule},
    model::{Entity, Model, Verdict, Via},
    name::NamePattern,
    port::PortSet,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{
    About, Item, Written, known,
    name::{Names, of_names, of_nets, of_pods},
    node::{Node, Nodes},
    piece::{Ends, Line, is_all},
    port::members,
    selector::{clauses, labels, one_namespace, quoted},
    shared::Shared,
};

/// The names of everything that lines speak of.
#[derive(Default)]
struct Named {
    pods: FxHashMap<usize, SmolStr>,
    nets: FxHashMap<usize, SmolStr>,
    names: FxHashMap<usize, SmolStr>,
    /// Paths of the standard library, sorted.
    uses: Vec<&'static str>,
}

impl Named {
    fn of(&self, node: Node) -> String {
        let name = match node {
            Node::Pods(at) => self.pods.get(&at),
            Node::Nets(at) => self.nets.get(&at),
            Node::Names(at) => self.names.get(&at),
            Node::Entity(entity) => return entity_name(entity).to_owned(),
        };
        name.map(ToString::to_string).unwrap_or_default()
    }
}

fn entity_name(entity: Entity) -> &'static str {
    match entity {
        Entity::All => "all",
        Entity::World => "world",
        Entity::Cluster => "cluster",
        Entity::Host => "host",
        Entity::RemoteNode => "remote_node",
        Entity::KubeApiserver => "kube_apiserver",
        Entity::Health => "health",
        Entity::CiliumIngress => "cilium_ingress",
    }
}

pub(super) fn program(
    model: &Model,
    about: &About<'_>,
    nodes: &Nodes,
    mut lines: Vec<Line>,
    mut names: Names<'_>,
) -> Written {
    let mut used: FxHashSet<Node> = lines
        .iter()
        .flat_map(|line| line.sources.iter().chain(&line.destinations))
        .copied()
        .collect();
    for (at, selector) in nodes.selectors.iter().enumerate() {
        if let Some((whole, minus)) = &selector.except
            && used.contains(&Node::Pods(at))
        {
            used.extend(minus.iter().chain([whole]).map(|at| Node::Pods(*at)));
        }
    }
    let named = name_all(about, nodes, &used, &mut names);
    for line in &mut lines {
        for set in [&mut line.sources, &mut line.destinations] {
            set.sort_by_cached_key(|node| (!matches!(node, Node::Pods(_)), named.of(*node)));
        }
    }
    lines.sort_by_cached_key(|line| order(line, nodes, &named));
    let shared = Shared::of(&lines, &mut names, |node| named.of(node));
    let file = common_namespace(nodes);
    let mut out = Written {
        head: about.head.to_vec(),
        ..Written::default()
    };
    let printer = Printer {
        model,
        about,
        nodes,
        named: &named,
        shared: &shared,
    };
    if let Some(namespace) = &file {
        let text = format!("namespace {}", about.words.name_or_quoted(namespace));
        out.items.push(Item {
            text,
            apart: !out.head.is_empty(),
            ..Item::default()
        });
    }
    section(
        &mut out.items,
        named.uses.iter().map(|path| plain(format!("use {path}"))),
    );
    printer.pods(file.as_deref(), &mut out);
    printer.sets(&mut out.items);
    printer.rules(&lines, &mut out.items);
    out.rules = lines.len();
    out
}

fn plain(text: String) -> Item {
    Item {
        text,
        ..Item::default()
    }
}

/// A run of items with a blank line before it.
fn section(items: &mut Vec<Item>, more: impl IntoIterator<Item = Item>) {
    for (at, mut item) in more.into_iter().enumerate() {
        item.apart |= at == 0;
        items.push(item);
    }
}

/// The namespace of more than half of the owned workloads.
fn common_namespace(nodes: &Nodes) -> Option<SmolStr> {
    let mut count: FxHashMap<&SmolStr, usize> = FxHashMap::default();
    let owned: Vec<_> = nodes.selectors.iter().filter(|s| s.owned).collect();
    for selector in &owned {
        if let Some(namespace) = one_namespace(&selector.cube) {
            *count.entry(namespace).or_default() += 1;
        }
    }
    let (namespace, most) = count
        .into_iter()
        .max_by_key(|(name, count)| (*count, *name))?;
    (most * 2 > owned.len()).then(|| namespace.clone())
}

/// Names for owned pods first, those that say least first: they have the best claim to the word.
fn name_all(
    about: &About<'_>,
    nodes: &Nodes,
    used: &FxHashSet<Node>,
    names: &mut Names<'_>,
) -> Named {
    let mut out = Named::default();
    let mut library = |path: &'static str, names: &mut Names<'_>| {
        let name = path.rsplit('.').next().unwrap_or(path);
        names.reserve(name).then(|| {
            out.uses.push(path);
            SmolStr::new(name)
        })
    };
    let mut order: Vec<usize> = (0..nodes.selectors.len()).collect();
    order.sort_by_cached_key(|at| {
        let selector = nodes.selectors.get(*at);
        selector.map(|s| {
            let said = s.cube.labels().len() + s.cube.namespace_labels().len();
            (!s.owned, said, s.cube.clone())
        })
    });
    for at in order {
        let Some(selector) = nodes.selectors.get(at) else {
            continue;
        };
        if !selector.owned && !used.contains(&Node::Pods(at)) {
            continue;
        }
        let known = known::pods(&selector.cube).filter(|_| !selector.owned);
        let name = known.and_then(|path| library(path, names));
        let name = name.unwrap_or_else(|| names.take(&of_pods(&selector.cube)));
        out.pods.insert(at, name);
    }
    let mut all: Vec<_> = nodes.nets.iter().enumerate().collect();
    all.sort_by_key(|(_, nets)| *nets);
    for (at, nets) in all {
        if used.contains(&Node::Nets(at)) {
            let name = known::nets(nets).and_then(|path| library(path, names));
            let told = about.addresses.iter().find(|(_, told)| told == nets);
            let told = told.map(|(name, _)| name.as_str());
            out.nets
                .insert(at, name.unwrap_or_else(|| names.take(&of_nets(nets, told))));
        }
    }
    let mut all: Vec<_> = nodes.names.iter().enumerate().collect();
    all.sort_by_key(|(_, patterns)| *patterns);
    for (at, patterns) in all {
        if used.contains(&Node::Names(at)) {
            out.names.insert(at, names.take(&of_names(patterns)));
        }
    }
    out.uses.sort_unstable();
    out
}

/// The pods that a line binds at, which it stands with.
fn owner(line: &Line, nodes: &Nodes) -> Option<Node> {
    let (near, far) = match line.ends {
        Ends::Ingress => (&line.destinations, &line.sources),
        Ends::Both | Ends::Egress => (&line.sources, &line.destinations),
    };
    let mut owned = near.iter().chain(far).filter(|node| nodes.is_owned(**node));
    owned.next().copied()
}

fn order(line: &Line, nodes: &Nodes, named: &Named) -> (bool, SmolStr, String, bool, u32) {
    let owner = owner(line, nodes);
    let all = owner.is_some_and(is_all);
    let cube = match owner {
        Some(Node::Pods(at)) => nodes.selectors.get(at).map(|s| &s.cube),
        _ => None,
    };
    let namespace = cube.and_then(one_namespace).cloned().unwrap_or_default();
    let name = owner.map(|node| named.of(node)).unwrap_or_default();
    let first = line.rules.first().copied().unwrap_or_default();
    (!all, namespace, name, line.verdict == Verdict::Deny, first)
}

struct Printer<'a> {
    model: &'a Model,
    about: &'a About<'a>,
    nodes: &'a Nodes,
    named: &'a Named,
    shared: &'a Shared,
}

impl Printer<'_> {
    fn pods(&self, file: Option<&str>, out: &mut Written) {
        let mut all: Vec<_> = self
            .named
            .pods
            .iter()
            .filter_map(|(at, name)| Some((*at, name, self.nodes.selectors.get(*at)?)))
            .filter(|(_, name, s)| s.except.is_none() && (s.owned || !self.is_used(name)))
            .collect();
        all.sort_by_cached_key(|(_, name, s)| {
            (!s.owned, one_namespace(&s.cube).cloned(), (*name).clone())
        });
        let words = &self.about.words;
        for owned in [true, false] {
            let kind = if owned {
                "workload"
            } else {
                "foreign workload"
            };
            let some = all.iter().filter(|(_, _, s)| s.owned == owned);
            let items: Vec<Item> = some
                .map(|(_, name, selector)| {
                    let labels = labels(selector.cube.labels(), words);
                    let clauses = clauses(&selector.cube, file, words);
                    let open = match (selector.open_ingress, selector.open_egress) {
                        _ if !owned => "",
                        (true, true) => " open ingress, egress",
                        (true, false) => " open ingress",
                        (false, true) => " open egress",
                        (false, false) => "",
                    };
                    Item {
                        doc: self.docs(selector.docs.iter()),
                        comment: self.origins(&selector.objects),
                        text: format!("{kind} {name} {labels}{clauses}{open}"),
                        objects: selector.objects.clone(),
                        rule: None,
                        apart: false,
                    }
                })
                .collect();
            match owned {
                true => out.workloads = items.len(),
                false => out.foreign = items.len(),
            }
            section(&mut out.items, items);
        }
    }

    /// Whether the name comes from the standard library.
    fn is_used(&self, name: &str) -> bool {
        let mut uses = self.named.uses.iter();
        uses.any(|path| path.rsplit('.').next() == Some(name))
    }

    fn sets(&self, items: &mut Vec<Item>) {
        let mut nets: Vec<(&SmolStr, String)> = Vec::new();
        for (at, name) in &self.named.nets {
            let list = self
                .nodes
                .nets
                .get(*at)
                .map(Vec::as_slice)
                .unwrap_or_default();
            if !self.is_used(name) {
                nets.push((name, format!("network {name} = {}", nets_text(list))));
            }
        }
        nets.sort();
        section(items, nets.into_iter().map(|(_, text)| plain(text)));
        let mut names: Vec<(&SmolStr, String)> = Vec::new();
        for (at, name) in &self.named.names {
            let list = self
                .nodes
                .names
                .get(*at)
                .map(Vec::as_slice)
                .unwrap_or_default();
            names.push((name, format!("external {name} = {}", patterns(list))));
        }
        names.sort();
        section(items, names.into_iter().map(|(_, text)| plain(text)));
        let ports = self.shared.ports.iter().map(|(name, set)| {
            let list = members(set).unwrap_or_default().join(", ");
            plain(format!("port {name} = {{{list}}}"))
        });
        section(items, ports);
        let mut excepts: Vec<(&SmolStr, String)> = Vec::new();
        for (at, name) in &self.named.pods {
            let selector = self.nodes.selectors.get(*at);
            if let Some((whole, minus)) = selector.and_then(|s| s.except.as_ref()) {
                let minus: Vec<String> = minus
                    .iter()
                    .map(|at| self.named.of(Node::Pods(*at)))
                    .collect();
                let whole = self.named.of(Node::Pods(*whole));
                let text = format!("group {name} = {whole} except {}", minus.join(" | "));
                excepts.push((name, text));
            }
        }
        excepts.sort();
        section(items, excepts.into_iter().map(|(_, text)| plain(text)));
        let groups = self.shared.groups.iter().map(|(name, set)| {
            let list: Vec<String> = set.iter().map(|node| self.named.of(*node)).collect();
            plain(format!("group {name} = {}", list.join(" | ")))
        });
        section(items, groups);
    }

    fn rules(&self, lines: &[Line], items: &mut Vec<Item>) {
        let mut before: Option<(Option<Node>, Vec<usize>, Vec<String>)> = None;
        for line in lines {
            let rules = || {
                line.rules
                    .iter()
                    .filter_map(|at| self.model.rules.get(*at as usize))
            };
            let mut objects: Vec<usize> = Vec::new();
            for rule in &line.rules {
                let object = self.about.rules.get(*rule as usize).copied().flatten();
                objects.extend(object.filter(|object| !objects.contains(object)));
            }
            let owner = owner(line, self.nodes);
            // What stands at the declaration is not said again.
            let told = match owner {
                Some(Node::Pods(at)) => self.nodes.selectors.get(at).map(|s| &s.docs),
                _ => None,
            };
            let new = |doc: &&SmolStr| !told.is_some_and(|told| told.contains(doc));
            let docs = self.docs(rules().filter_map(|rule| rule.doc.as_ref()).filter(new));
            let (same_owner, same_objects, same_docs) = match &before {
                Some((o, objects_before, docs_before)) => {
                    let near = *o == owner;
                    (
                        near,
                        near && *objects_before == objects,
                        near && *docs_before == docs,
                    )
                }
                None => (false, false, false),
            };
            items.push(Item {
                doc: if same_docs && same_objects {
                    Vec::new()
                } else {
                    docs.clone()
                },
                comment: if same_objects {
                    Vec::new()
                } else {
                    self.origins(&objects)
                },
                text: self.line(line),
                objects: objects.clone(),
                rule: line.rules.first().copied(),
                apart: !same_owner,
            });
            before = Some((owner, objects, docs));
        }
    }

    fn line(&self, line: &Line) -> String {
        let verdict = match line.verdict {
            Verdict::Allow => "allow",
            Verdict::Deny => "deny",
        };
        let ends = match line.ends {
            Ends::Both => "",
            Ends::Egress => " egress",
            Ends::Ingress => " ingress",
        };
        let source = self.set(&line.sources, false);
        let destination = self.set(&line.destinations, true);
        let ports = self.ports(&line.ports);
        let via = line.via.as_deref().map(via).unwrap_or_default();
        let mut because = line
            .rules
            .iter()
            .filter_map(|at| self.model.rules.get(*at as usize));
        let because = because.find_map(|rule| rule.because.as_ref());
        let because = because
            .map(|text| format!(" because {}", quoted(text)))
            .unwrap_or_default();
        format!("{verdict}{ends} {source} -> {destination}{ports}{via}{because}")
    }

    fn set(&self, set: &[Node], brackets: bool) -> String {
        if let Some(group) = self.shared.group(set) {
            return group.to_string();
        }
        let all: Vec<String> = set.iter().map(|node| self.named.of(*node)).collect();
        match all.len() > 1 && brackets {
            true => format!("({})", all.join(" | ")),
            false => all.join(" | "),
        }
    }

    fn ports(&self, ports: &PortSet) -> String {
        if let Some(name) = self.shared.port(ports) {
            return format!(":{name}");
        }
        match members(ports).unwrap_or_default().as_slice() {
            [] => String::new(),
            [one] => format!(":{one}"),
            many => format!(":{{{}}}", many.join(", ")),
        }
    }

    fn origins(&self, objects: &[usize]) -> Vec<String> {
        let found = objects.iter().filter_map(|at| self.about.objects.get(*at));
        // By name: the order of documents is no part of what they say.
        let mut out: Vec<String> = found.map(|text| clean(text)).collect();
        out.sort_unstable();
        out
    }

    fn docs<'d>(&self, docs: impl Iterator<Item = &'d SmolStr>) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let mut seen: FxHashSet<&SmolStr> = FxHashSet::default();
        for doc in docs.filter(|doc| !doc.trim().is_empty()) {
            if seen.insert(doc) {
                out.extend(doc.trim().lines().map(|line| clean(line.trim_end())));
            }
        }
        out
    }
}

/// Control characters and those that turn the direction of text stand in no comment.
fn clean(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{061C}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
            || matches!(c, '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    text.chars().map(|c| if odd(c) { ' ' } else { c }).collect()
}

fn nets_text(nets: &[npl_policy::addr::Net]) -> String {
    let one = |cidr: &ipnet::IpNet| match cidr.prefix_len() == cidr.max_prefix_len() {
        true => cidr.addr().to_string(),
        false => cidr.to_string(),
    };
    let parts: Vec<String> = nets
        .iter()
        .map(|net| {
            let cidr = one(&net.cidr);
            if net.except.is_empty() {
                return cidr;
            }
            let except: Vec<String> = net.except.iter().map(one).collect();
            let text = format!("{cidr} except {}", except.join(" | "));
            if nets.len() > 1 {
                format!("({text})")
            } else {
                text
            }
        })
        .collect();
    parts.join(" | ")
}

fn patterns(names: &[NamePattern]) -> String {
    let all: Vec<String> = names.iter().map(|name| quoted(name.as_str())).collect();
    all.join(" | ")
}

fn via(via: &Via) -> String {
    match via {
        Via::Tls(names) => format!(" via tls.sni {}", patterns(names)),
        Via::Dns(names) => format!(" via dns {}", patterns(names)),
        Via::Http(rule) => http(rule),
        Via::Grpc(rule) => {
            let all: Vec<String> = rule.entries.iter().map(grpc).collect();
            format!(" via grpc {{ {} }}", all.join(" "))
        }
    }
}

fn http(rule: &HttpRule) -> String {
    let entries: Vec<String> = rule.entries.iter().map(entry).collect();
    let block = format!("{{ {} }}", entries.join(" "));
    match (rule.hosts.as_slice(), entries.is_empty()) {
        ([], true) => " via http { \"/**\" }".to_owned(),
        ([], false) => format!(" via http {block}"),
        (hosts, true) => format!(" via http.host {}", patterns(hosts)),
        (hosts, false) => format!(" via http.host {} {block}", patterns(hosts)),
    }
}

fn entry(entry: &HttpEntry) -> String {
    let path = quoted(&entry.path.to_string());
    match &entry.method {
        Some(method) => format!("{method} {path}"),
        None => path,
    }
}

fn grpc(entry: &HttpEntry) -> String {
    quoted(entry.path.to_string().trim_start_matches('/'))
}
