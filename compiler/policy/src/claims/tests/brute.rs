//! Each safety claim against brute force, on random small models.

use std::fmt;

use proptest::{prelude::*, sample::select};

use super::universe::{Universe, classes, externals, outside, pods};
use crate::{
    builder::{Builder, tls},
    claims::{ClaimOutcome, Decision, Unenforced, decide},
    interpret::{Endpoint, holds},
    inventory::Inventory,
    model::{ClaimKind, ControlPlane, Direction, Model, Ownership, Set, Settings, Verdict},
    port::PortSet,
};

/// A program as text, so that a failing one reads like a program.
#[derive(Clone)]
struct Spec {
    workloads: Vec<(String, &'static str)>,
    rules: Vec<RuleSpec>,
    from: String,
    to: String,
    ports: &'static str,
    control_plane: ControlPlane,
}

#[derive(Clone, Debug)]
struct RuleSpec {
    deny: bool,
    only: Option<Direction>,
    from: String,
    to: String,
    ports: &'static str,
    sni: Option<&'static str>,
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\ncontrol plane: {:?}", self.control_plane)?;
        for (number, (labels, kind)) in self.workloads.iter().enumerate() {
            writeln!(f, "workload w{number} {{ {labels} }} {kind}")?;
        }
        for rule in &self.rules {
            let word = if rule.deny { "deny" } else { "allow" };
            let only = rule.only.map(|d| format!("{d:?} ")).unwrap_or_default();
            let sni = rule
                .sni
                .map(|n| format!(" via tls.sni {n}"))
                .unwrap_or_default();
            writeln!(
                f,
                "{word} {only}{} -> {}:[{}]{sni}",
                rule.from, rule.to, rule.ports
            )?;
        }
        writeln!(f, "claim: {} … {}:[{}]", self.from, self.to, self.ports)
    }
}

impl Spec {
    fn builder(&self) -> Builder {
        let mut out = Builder::new().settings(Settings {
            control_plane: self.control_plane,
        });
        for (number, (labels, kind)) in self.workloads.iter().enumerate() {
            let ownership = if *kind == "foreign" {
                Ownership::Foreign
            } else {
                Ownership::Owned
            };
            out = out.declare(&format!("w{number}"), labels, ownership);
            out = match *kind {
                "open ingress" => out.open(Direction::Ingress),
                "open egress" => out.open(Direction::Egress),
                "observed" => out.observed(),
                _ => out,
            };
        }
        for rule in &self.rules {
            let verdict = if rule.deny {
                Verdict::Deny
            } else {
                Verdict::Allow
            };
            let via = rule.sni.filter(|_| !rule.deny).map(|name| tls(&[name]));
            out = out.rule(verdict, rule.only, &rule.from, &rule.to, rule.ports, via);
        }
        out
    }
}

const REQUIREMENTS: &[&str] = &[
    "a=1", "a=2", "b=1", "c=1", "a=1|2", "a!=1", "b!=1|2", "a", "!a", "!b", "c=3",
];
const SPACES: &[&str] = &[
    "ns=n1",
    "ns=n2",
    "ns=*",
    "ns=n1|n2",
    "ns.team=1",
    "ns!=n1",
    "ns.team!=1",
];
const PORTS: &[&str] = &["80", "", "80 90/udp", "1-100", "90/udp", "icmp"];
const SOURCES: &[&str] = &[
    "w0",
    "w1",
    "w2",
    "all",
    "w0 | w1",
    "w0 except w1",
    "every",
    "every except w0",
    "world",
    "cluster",
    "10.0.0.0/8-10.1.0.0/16",
    "host",
    "kube_apiserver",
    "remote_node",
    "w1 | 10.1.0.0/16",
    "health",
];
const KINDS: &[&str] = &[
    "",
    "",
    "",
    "open ingress",
    "open egress",
    "foreign",
    "observed",
];

fn labels() -> impl Strategy<Value = String> {
    let requirements = prop::collection::vec(select(REQUIREMENTS), 0..3);
    (select(SPACES), requirements).prop_map(|(space, list)| format!("{space} {}", list.join(" ")))
}

fn source() -> impl Strategy<Value = String> {
    select(SOURCES).prop_map(str::to_owned)
}

fn destination() -> impl Strategy<Value = String> {
    prop_oneof![9 => source(), 1 => select(&["name:a.io", "name:*.b.io"][..]).prop_map(str::to_owned)]
}

fn rule() -> impl Strategy<Value = RuleSpec> {
    let only = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Direction::Ingress)),
        1 => Just(Some(Direction::Egress))
    ];
    let deny = prop::bool::weighted(0.35);
    let sni = prop_oneof![4 => Just(None), 1 => select(&[Some("x.io"), Some("y.io")][..])];
    let ends = (source(), destination());
    (deny, only, ends, select(PORTS), sni).prop_map(|(deny, only, (from, to), ports, sni)| {
        RuleSpec {
            deny,
            only,
            from,
            // A name cannot be denied: language.md §4.
            to: if deny && to.starts_with("name:") {
                "world".to_owned()
            } else {
                to
            },
            ports,
            sni,
        }
    })
}

/// Of `only`: what may be sealed, so that there is something to decide.
fn sealed_destination() -> impl Strategy<Value = String> {
    select(&["w0", "w1", "w0 | w1", "w0 except w1"][..]).prop_map(str::to_owned)
}

fn spec(to: impl Strategy<Value = String>) -> impl Strategy<Value = Spec> {
    let control_plane = select(
        &[
            ControlPlane::Nodes,
            ControlPlane::External,
            ControlPlane::Unknown,
        ][..],
    );
    (
        prop::collection::vec((labels(), select(KINDS)), 3),
        prop::collection::vec(rule(), 0..6),
        source(),
        to,
        select(PORTS),
        control_plane,
    )
        .prop_map(|(workloads, rules, from, to, ports, control_plane)| Spec {
            workloads,
            rules,
            from,
            to,
            ports,
            control_plane,
        })
}

fn ports_of(text: &str) -> Option<PortSet> {
    (!text.is_empty()).then(|| crate::builder::port_set(text))
}

fn sets(model: &Model) -> [&Set; 2] {
    match &model.claims[0].kind {
        ClaimKind::CannotReach { from, to, .. } | ClaimKind::OnlyCanReach { from, to, .. } => {
            [from, to]
        }
        _ => unreachable!(),
    }
}

/// What stands for everything: pods of the universe, or those of an inventory.
fn ends(model: &Model, inventory: Option<&Inventory>) -> Vec<Endpoint> {
    let all = match inventory {
        Some(inventory) => crate::interpret::pods_of(inventory).collect(),
        None => pods(),
    };
    let classes = classes(model, sets(model), all)
        .into_iter()
        .map(Endpoint::Pod);
    classes.chain(outside(model)).collect()
}

fn agree(
    model: &Model,
    outcome: &ClaimOutcome,
    inventory: Option<&Inventory>,
    inside: bool,
    ports: Option<&PortSet>,
) -> Result<(), TestCaseError> {
    let [from, to] = sets(model);
    let universe = Universe::new(model, ports);
    let all = ends(model, inventory);
    let held = all.iter().filter(|end| holds(from, end) == inside);
    let sources: Vec<Endpoint> = held.cloned().collect();
    let mut destinations: Vec<Endpoint> =
        all.iter().filter(|end| holds(to, end)).cloned().collect();
    destinations.extend(
        externals(model, to)
            .into_iter()
            .filter(|end| holds(to, end)),
    );
    let edge = universe.edge(&sources, &destinations);
    match &outcome.decision {
        Decision::Holds | Decision::HoldsHere(_) => {
            prop_assert!(edge.is_none(), "it holds, but {edge:?} passes");
        }
        Decision::Fails(witness) => {
            prop_assert!(edge.is_some(), "it fails, but nothing passes: {witness:?}");
            prop_assert!(witness.verdict.verdict.possible(), "no flow: {witness:?}");
            prop_assert_eq!(holds(from, &witness.flow.src), inside, "{:?}", witness);
            prop_assert!(holds(to, &witness.flow.dst), "{witness:?}");
            prop_assert!(
                ports.is_none_or(|p| p.contains(witness.flow.port)),
                "{witness:?}"
            );
        }
        // `only` nobody: empty, and said to be, whatever passes.
        Decision::Vacuous(_) if !inside => {}
        Decision::Vacuous(_) => {
            prop_assert!(edge.is_none(), "it is vacuous, but {edge:?} passes");
        }
        Decision::NothingEnforces(Unenforced::NoEnd) => {
            let owned = model
                .workloads
                .iter()
                .filter(|w| w.ownership == Ownership::Owned);
            let owned: Vec<_> = owned.map(|w| &w.pods).collect();
            let pod = sources
                .iter()
                .chain(&destinations)
                .find_map(|end| match end {
                    Endpoint::Pod(pod) if owned.iter().any(|cube| cube.matches(pod)) => Some(pod),
                    _ => None,
                });
            prop_assert!(pod.is_none(), "nothing is owned, but {pod:?} is");
        }
        Decision::NothingEnforces(_) => {
            // Not sealed: somebody reaches what nothing seals, unless a deny stops it.
            prop_assert!(!inside, "a seal is what `only` asks for");
        }
        other => return Err(TestCaseError::fail(format!("undecided: {other:?}"))),
    }
    Ok(())
}

fn some_pods() -> impl Strategy<Value = Vec<String>> {
    let pod = (
        select(&["n1", "n2"][..]),
        select(&["1", "2"][..]),
        select(&["1", "2"][..]),
    );
    let pod = pod.prop_map(|(ns, a, b)| format!("ns={ns} ns.team=1 a={a} b={b}"));
    prop::collection::vec(pod, 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cannot_reach_is_what_brute_force_says(spec in spec(destination())) {
        let model = spec.builder().cannot_reach(&spec.from, &spec.to, spec.ports).build();
        let outcome = decide(&model, None).remove(0);
        agree(&model, &outcome, None, true, ports_of(spec.ports).as_ref())?;
    }

    #[test]
    fn only_can_reach_is_what_brute_force_says(spec in spec(sealed_destination())) {
        let model = spec.builder().only_can_reach(&spec.from, &spec.to, spec.ports).build();
        let outcome = decide(&model, None).remove(0);
        agree(&model, &outcome, None, false, ports_of(spec.ports).as_ref())?;
    }

    #[test]
    fn an_inventory_is_the_whole_of_a_closed_world(
        spec in spec(destination()),
        pods in some_pods(),
    ) {
        let texts: Vec<&str> = pods.iter().map(String::as_str).collect();
        let inventory = crate::builder::inventory(&texts);
        let model = spec.builder().cannot_reach(&spec.from, &spec.to, spec.ports).build();
        let outcome = decide(&model, Some(&inventory)).remove(0);
        agree(&model, &outcome, Some(&inventory), true, ports_of(spec.ports).as_ref())?;
        let model = spec.builder().only_can_reach(&spec.from, &spec.to, spec.ports).build();
        let outcome = decide(&model, Some(&inventory)).remove(0);
        agree(&model, &outcome, Some(&inventory), false, ports_of(spec.ports).as_ref())?;
    }
}
