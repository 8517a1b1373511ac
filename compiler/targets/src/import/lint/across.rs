//! What only shows among all policies: which names a pod may ask DNS for, and whether another
//! policy opens what a deny alone closes.

use std::net::IpAddr;

use npl_diagnostics::{Diagnostic, Place, codes::import as codes};
use rustc_hash::FxHashMap;

use super::{
    Context,
    node::{entry, get, items},
};
use crate::{
    import::{
        Policies, name,
        parse::scope::NAMESPACE,
        selector::{Operator, Selector},
        shape::{NameMatch, Rule},
    },
    yaml::read::Node,
};

/// The rules by the place of their `spec`, and those that ask DNS or open something by namespace.
pub(super) struct Learned<'a> {
    rules: FxHashMap<Place, &'a Rule>,
    asking: FxHashMap<&'a str, Vec<&'a Rule>>,
    opening: FxHashMap<(&'a str, bool), Vec<&'a Rule>>,
}

impl<'a> Learned<'a> {
    pub(super) fn of(policies: &'a Policies) -> Self {
        let mut out = Self {
            rules: FxHashMap::default(),
            asking: FxHashMap::default(),
            opening: FxHashMap::default(),
        };
        for rule in policies.policies.iter().flat_map(|policy| &policy.rules) {
            out.rules.insert(rule.place, rule);
            let space = namespace(&rule.subject);
            if dns(rule).next().is_some() {
                out.asking.entry(space).or_default().push(rule);
            }
            for ingress in [true, false] {
                let mut ends = rule.ends.iter();
                if ends.any(|end| end.ingress == ingress && !end.deny) {
                    out.opening.entry((space, ingress)).or_default().push(rule);
                }
            }
        }
        out
    }

    /// Names of one item of `egress` that no DNS rule of the same pods lets Cilium learn.
    pub(super) fn check(&self, context: &mut Context<'_>, spec: &Node, item: &Node) {
        let (Some(found), Some(rule)) = (entry(item, "toFQDNs"), self.rules.get(&spec.place()))
        else {
            return;
        };
        let space = namespace(&rule.subject);
        let near = [space, ""]
            .into_iter()
            .take(if space.is_empty() { 1 } else { 2 });
        let near = near.filter_map(|space| self.asking.get(space)).flatten();
        // A cluster-wide subject may be the same pods as any namespace's.
        let far = self.asking.values().flatten().filter(|_| space.is_empty());
        let asking: Vec<&NameMatch> = near
            .chain(far)
            .filter(|other| may_overlap(&rule.subject, &other.subject))
            .flat_map(|other| dns(other))
            .collect();
        let names = items(item, "toFQDNs").iter();
        let unlearned = names.filter_map(|node| {
            let wanted = wanted(node).filter(|wanted| !is_address(wanted))?;
            let covered = asking.iter().any(|have| covers(have, &wanted));
            (!covered).then_some((node, wanted.text))
        });
        // Without any DNS rule all names lack the same thing.
        let most = if asking.is_empty() { 1 } else { usize::MAX };
        for (node, name) in unlearned.take(most) {
            let message = match asking.is_empty() {
                true => format!("no DNS rule of these pods is here, so `{name}` has no addresses"),
                false => {
                    format!("no DNS rule of these pods covers `{name}`, so it has no addresses")
                }
            };
            let code = &codes::POLICY_NAME_NEVER_LEARNED;
            let finding = Diagnostic::new(code, node.place(), message)
                .also(found.key_place(), "matches what the DNS proxy has seen")
                .help("allow the resolver with `rules: {dns: [...]}` for the same pods");
            context.out.push(finding);
        }
    }
}

/// Whether another rule that may select the same pods allows something in this direction.
pub(super) fn opens(learned: &Learned<'_>, spec: Place, ingress: bool) -> bool {
    // What is refused says nothing here: its errors come first.
    let Some(rule) = learned.rules.get(&spec) else {
        return true;
    };
    let space = namespace(&rule.subject);
    learned
        .opening
        .iter()
        .filter(|((other, way), _)| *way == ingress && (*other == space || other.is_empty()))
        .chain(
            learned
                .opening
                .iter()
                .filter(|((_, way), _)| *way == ingress && space.is_empty()),
        )
        .flat_map(|(_, rules)| rules)
        .any(|other| may_overlap(&rule.subject, &other.subject))
}

fn dns(rule: &Rule) -> impl Iterator<Item = &NameMatch> {
    let ends = rule.ends.iter().filter(|end| !end.ingress && !end.deny);
    ends.flat_map(|end| &end.ports).flat_map(|ports| &ports.dns)
}

fn namespace(subject: &Selector) -> &str {
    subject
        .labels
        .get(NAMESPACE)
        .map_or("", |name| name.as_str())
}

fn wanted(node: &Node) -> Option<NameMatch> {
    let text = |name: &str| get(node, name).and_then(Node::as_str).cloned();
    let exact = text("matchName").map(|text| NameMatch { exact: true, text });
    exact.or_else(|| text("matchPattern").map(|text| NameMatch { exact: false, text }))
}

/// What no DNS rule helps, and is told by itself.
fn is_address(name: &NameMatch) -> bool {
    name.exact && name.text.parse::<IpAddr>().is_ok()
}

/// Whether a DNS rule may let a name be asked that is wanted.
fn covers(have: &NameMatch, wanted: &NameMatch) -> bool {
    match (have.exact, wanted.exact) {
        (_, true) => name::matches(have, &wanted.text),
        (true, false) => name::matches(wanted, &have.text),
        (false, false) => name::may_meet(have, wanted),
    }
}

/// False where two selectors plainly ask for different pods.
fn may_overlap(one: &Selector, other: &Selector) -> bool {
    agree(one, other) && agree(other, one)
}

fn agree(one: &Selector, other: &Selector) -> bool {
    one.labels.iter().all(|(key, value)| {
        let key = plain(key);
        let labels = other.labels.iter().filter(|(other, _)| plain(other) == key);
        let expressions = other.expressions.iter().filter(|e| plain(&e.key) == key);
        labels.into_iter().all(|(_, theirs)| theirs == value)
            && expressions.into_iter().all(|e| match e.operator {
                Operator::In => e.values.contains(value),
                Operator::NotIn => !e.values.contains(value),
                Operator::Exists => true,
                Operator::DoesNotExist => false,
            })
    })
}

fn plain(key: &str) -> &str {
    let rest = key
        .strip_prefix("any:")
        .or_else(|| key.strip_prefix("k8s:"));
    rest.unwrap_or(key)
}
