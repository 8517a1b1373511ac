//! Every operation against brute force: a universe of 3 keys with 3 values each, 2 namespaces with
//! a label, 2 accounts, and in each dimension absence and one value that nobody names, which stands
//! for all the others.

use std::sync::LazyLock;

use proptest::prelude::*;
use smol_str::SmolStr;

use super::*;
use crate::model::Pod;

const KEYS: [&str; 3] = ["app", "tier", "zone"];
const VALUES: [&str; 3] = ["a", "b", "c"];
/// A value that no generated predicate names.
const UNNAMED: &str = "unnamed";

fn options(values: &[&str]) -> Vec<Option<SmolStr>> {
    let mut out = vec![None];
    out.extend(values.iter().map(|&v| Some(SmolStr::new(v))));
    out.push(Some(UNNAMED.into()));
    out
}

fn labels(pairs: &[(&str, Option<SmolStr>)]) -> Vec<(SmolStr, SmolStr)> {
    let present = |(k, v): &(&str, Option<SmolStr>)| Some((SmolStr::new(k), v.clone()?));
    pairs.iter().filter_map(present).collect()
}

static UNIVERSE: LazyLock<Vec<Pod>> = LazyLock::new(universe);

fn universe() -> Vec<Pod> {
    let mut out = Vec::new();
    for x in options(&VALUES) {
        for y in options(&VALUES) {
            for z in options(&VALUES) {
                let own = labels(&[(KEYS[0], x.clone()), (KEYS[1], y.clone()), (KEYS[2], z)]);
                for namespace in ["shop", "data", UNNAMED] {
                    for team in options(&["pay"]) {
                        for account in ["default", UNNAMED] {
                            out.push(Pod {
                                namespace: namespace.into(),
                                namespace_labels: labels(&[("team", team.clone())]),
                                labels: own.clone(),
                                account: account.into(),
                            });
                        }
                    }
                }
            }
        }
    }
    out
}

fn members(cube: &Cube, universe: &[Pod]) -> Vec<bool> {
    universe.iter().map(|pod| cube.matches(pod)).collect()
}

fn union_members(cubes: &[Cube], universe: &[Pod]) -> Vec<bool> {
    let holds = |pod: &Pod| cubes.iter().any(|c| c.matches(pod));
    universe.iter().map(holds).collect()
}

fn zip(a: &[bool], b: &[bool], f: impl Fn(bool, bool) -> bool) -> Vec<bool> {
    a.iter().zip(b).map(|(&x, &y)| f(x, y)).collect()
}

fn values_over(named: &'static [&'static str]) -> impl Strategy<Value = Values> {
    let all: Vec<Option<SmolStr>> = options(named)
        .into_iter()
        .filter(|v| v.as_deref() != Some(UNNAMED))
        .collect();
    let n = all.len();
    (proptest::sample::subsequence(all, 0..=n), any::<bool>()).prop_map(|(list, negated)| {
        if negated {
            Values::all_but(list)
        } else {
            Values::finite(list)
        }
    })
}

fn any_cube() -> impl Strategy<Value = Cube> {
    let label = || prop_oneof![1 => Just(Values::ANY), 2 => values_over(&VALUES)];
    (
        (label(), label(), label()),
        prop_oneof![1 => Just(Values::ANY), 2 => values_over(&["data", "shop"])],
        prop_oneof![2 => Just(Values::ANY), 1 => values_over(&["pay"])],
        prop_oneof![3 => Just(Values::ANY), 1 => values_over(&["default"])],
    )
        .prop_map(|((x, y, z), namespace, team, account)| {
            Cube::every()
                .with_label(KEYS[0], &x)
                .with_label(KEYS[1], &y)
                .with_label(KEYS[2], &z)
                .with_namespace(&namespace)
                .with_namespace_label("team", &team)
                .with_account(&account)
        })
}

fn cubes(most: usize) -> impl Strategy<Value = Vec<Cube>> {
    proptest::collection::vec(any_cube(), 0..=most)
}

#[test]
fn values_agree_with_sets_exhaustively() {
    let listed = [None, Some("a"), Some("b"), Some("c")];
    let all: Vec<Values> = (0_u8..16)
        .flat_map(|mask| {
            let chosen = |i: &usize| mask & (1 << i) != 0;
            let list = |_: ()| {
                let pick = |i: usize| listed[i].map(SmolStr::new);
                (0..4).filter(chosen).map(pick).collect::<Vec<_>>()
            };
            [Values::finite(list(())), Values::all_but(list(()))]
        })
        .collect();
    let points = [None, Some("a"), Some("b"), Some("c"), Some(UNNAMED)];
    let has = |v: &Values| points.map(|p| v.contains(p));
    for a in &all {
        assert_eq!(has(&a.complement()), has(a).map(|x| !x));
        assert_eq!(a.is_none(), has(a) == [false; 5]);
        assert_eq!(a.is_any(), has(a) == [true; 5]);
        for b in &all {
            let both = |f: fn(bool, bool) -> bool| {
                let (x, y) = (has(a), has(b));
                [0, 1, 2, 3, 4].map(|i| f(x[i], y[i]))
            };
            assert_eq!(has(&a.intersect(b)), both(|x, y| x && y), "{a:?} {b:?}");
            assert_eq!(has(&a.union(b)), both(|x, y| x || y), "{a:?} {b:?}");
            assert_eq!(has(&a.subtract(b)), both(|x, y| x && !y), "{a:?} {b:?}");
            assert_eq!(
                a.implies(b),
                both(|x, y| !x || y) == [true; 5],
                "{a:?} {b:?}"
            );
            assert_eq!(
                a.disjoint(b),
                both(|x, y| x && y) == [false; 5],
                "{a:?} {b:?}"
            );
            assert_eq!(a == b, has(a) == has(b), "one spelling: {a:?} {b:?}");
        }
    }
}

/// Every selector of at most one requirement a key, of the forms that the grammar has, in pairs.
#[test]
fn selectors_of_two_keys_agree_exhaustively() {
    let forms = [
        Values::ANY,
        Values::is("a"),
        Values::finite([Some("a".into()), Some("b".into())]),
        Values::all_but([Some("a".into())]),
        Values::present(),
        Values::absent(),
    ];
    let places = [Values::ANY, Values::is("shop"), Values::is("data")];
    let mut all = Vec::new();
    for x in &forms {
        for y in &forms {
            for place in &places {
                let cube = Cube::every().with_label("app", x).with_label("tier", y);
                all.push(cube.with_namespace(place));
            }
        }
    }
    let pods: Vec<Pod> = universe()
        .into_iter()
        .filter(|p| p.account == "default" && p.namespace_labels.is_empty())
        .filter(|p| !p.labels.iter().any(|(k, _)| k == KEYS[2]))
        .collect();
    let sets: Vec<Vec<bool>> = all.iter().map(|c| members(c, &pods)).collect();
    for (a, in_a) in all.iter().zip(&sets) {
        for (b, in_b) in all.iter().zip(&sets) {
            let both = zip(in_a, in_b, |x, y| x && y);
            assert_eq!(members(&a.intersect(b), &pods), both);
            assert_eq!(a.disjoint(b), !both.contains(&true), "{a:?} {b:?}");
            let outside = zip(in_a, in_b, |x, y| x && !y);
            assert_eq!(union_members(&a.subtract(b), &pods), outside);
            assert_eq!(a.implies(b), !outside.contains(&true), "{a:?} {b:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn two_cubes(a in any_cube(), b in any_cube()) {
        let pods = &*UNIVERSE;
        let (in_a, in_b) = (members(&a, pods), members(&b, pods));
        let both = zip(&in_a, &in_b, |x, y| x && y);
        prop_assert_eq!(members(&a.intersect(&b), pods), both.clone());
        prop_assert_eq!(a.is_empty(), !in_a.contains(&true));
        prop_assert_eq!(a.disjoint(&b), !both.contains(&true));
        let outside = zip(&in_a, &in_b, |x, y| x && !y);
        prop_assert_eq!(a.implies(&b), !outside.contains(&true));
        let pieces = a.subtract(&b);
        prop_assert_eq!(union_members(&pieces, pods), outside);
        for (i, x) in pieces.iter().enumerate() {
            prop_assert!(!x.is_empty());
            prop_assert!(pieces.iter().skip(i + 1).all(|y| x.disjoint(y)));
        }
    }

    #[test]
    fn unions(a in cubes(3), b in cubes(3)) {
        let pods = &*UNIVERSE;
        let (in_a, in_b) = (union_members(&a, pods), union_members(&b, pods));
        let outside = zip(&in_a, &in_b, |x, y| x && !y);
        prop_assert_eq!(union_implies(&a, &b), Ok(!outside.contains(&true)));
        if let Ok(left) = subtract_all(&a, &b) {
            prop_assert_eq!(union_members(&left, pods), outside);
        }
        let both = zip(&in_a, &in_b, |x, y| x && y);
        let met = intersect_all(&a, &b).unwrap();
        prop_assert_eq!(union_members(&met, pods), both);
        for cube in &a {
            let held = members(cube, pods).iter().zip(&in_b).all(|(x, y)| !x || *y);
            prop_assert_eq!(covers(&b, cube), Ok(held));
            prop_assert!(!implies_any(cube, &b) || held);
        }
    }

    #[test]
    fn a_witness_is_a_least_member(cube in any_cube()) {
        let witness = cube.witness();
        prop_assert_eq!(witness.is_none(), cube.is_empty());
        if let Some(pod) = witness {
            prop_assert!(cube.matches(&pod));
            let fewest = UNIVERSE
                .iter()
                .filter(|p| cube.matches(p))
                .map(|p| p.labels.len() + p.namespace_labels.len())
                .min();
            prop_assert_eq!(Some(pod.labels.len() + pod.namespace_labels.len()), fewest);
        }
        let away = cube.witness_beside(|name| name == "x");
        prop_assert!(away.is_none_or(|pod| pod.namespace != "x" && cube.matches(&pod)));
    }

    /// Two pods of one namespace have the same namespace labels.
    #[test]
    fn compatible_pods(a in any_cube(), b in any_cube()) {
        let pods = &*UNIVERSE;
        let kinds = |cube: &Cube| {
            let mut out: Vec<_> = pods
                .iter()
                .filter(|p| cube.matches(p))
                .map(|p| (p.namespace.clone(), p.namespace_labels.clone()))
                .collect();
            out.sort();
            out.dedup();
            out
        };
        // The unnamed namespace stands for many: two pods of it may be in different ones.
        let (left, right) = (kinds(&a), kinds(&b));
        let expected = left.iter().any(|x| {
            right.iter().any(|y| x.0 != y.0 || x.0 == UNNAMED || x.1 == y.1)
        });
        prop_assert_eq!(compatible(&a, &b), expected);
    }
}

#[test]
fn the_name_label_is_the_namespace() {
    let by_label = Cube::every().with_namespace_label(NAMESPACE_NAME_LABEL, &Values::is("shop"));
    assert_eq!(by_label, Cube::every().with_namespace(&Values::is("shop")));
    let nameless = Cube::every().with_namespace_label(NAMESPACE_NAME_LABEL, &Values::absent());
    assert!(
        nameless.is_empty(),
        "Kubernetes labels every namespace with its name"
    );
}

#[test]
fn witness_picks_what_is_not_excluded() {
    let cube = Cube::every()
        .with_label(
            "app",
            &Values::finite([Some("web".into()), Some("api".into())]),
        )
        .with_label("tier", &Values::present())
        .with_label("zone", &Values::all_but([None, Some("x".into())]))
        .with_label("canary", &Values::absent())
        .with_account(&Values::all_but([None, Some("default".into())]));
    let pod = cube.witness().unwrap();
    let text: Vec<String> = pod.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(text, ["app=api", "tier=x", "zone=x2"]);
    assert_eq!(
        (pod.namespace.as_str(), pod.account.as_str()),
        ("x", "default2")
    );
}

#[test]
fn too_many_disjuncts_are_said_not_cut() {
    let every = Cube::every().with_namespace(&Values::is("shop"));
    let out: Vec<Cube> = (0..80)
        .map(|i| {
            let cube = every.clone().with_label(format!("k{i}"), &Values::is("v"));
            cube.with_label(format!("l{i}"), &Values::is("v"))
        })
        .collect();
    let limit = crate::limits::DISJUNCTS_WORK_MAX;
    assert_eq!(subtract_all(&[every], &out), Err(TooLarge { limit }));
}
