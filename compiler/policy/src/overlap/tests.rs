//! The index against all pairs, and the number of cubes it looks at.

use proptest::prelude::*;

use super::*;

fn values() -> impl Strategy<Value = Values> {
    let listed = proptest::sample::subsequence(vec![None, Some("a"), Some("b"), Some("c")], 0..=3);
    (listed, any::<bool>()).prop_map(|(list, negated)| {
        let list = list.into_iter().map(|v| v.map(SmolStr::new));
        if negated {
            Values::all_but(list)
        } else {
            Values::finite(list)
        }
    })
}

fn cube() -> impl Strategy<Value = Cube> {
    let place = proptest::sample::select(vec![
        Values::ANY,
        Values::is("shop"),
        Values::is("data"),
        Values::all_but([Some("shop".into())]),
    ]);
    let some = || proptest::option::of(values());
    (some(), some(), some(), some(), place).prop_map(|(app, tier, team, account, place)| {
        let or_any = |v: Option<Values>| v.unwrap_or(Values::ANY);
        Cube::every()
            .with_label("app", &or_any(app))
            .with_label("tier", &or_any(tier))
            .with_namespace_label("team", &or_any(team))
            .with_account(&or_any(account))
            .with_namespace(&place)
    })
}

proptest! {
    #[test]
    fn finds_all_and_only_overlaps(
        cubes in proptest::collection::vec(cube(), 0..12),
        asked in cube(),
    ) {
        let refs: Vec<&Cube> = cubes.iter().collect();
        let index = OverlapIndex::new(&refs);
        let all = |test: &dyn Fn(&Cube) -> bool| -> Vec<usize> {
            (0..cubes.len()).filter(|&i| test(&cubes[i])).collect()
        };
        prop_assert_eq!(index.candidates(&asked), all(&|c| !c.disjoint(&asked)));
        let holders = all(&|c| !c.disjoint(&asked) && asked.implies(c));
        prop_assert_eq!(index.holders(&asked), holders);
        prop_assert_eq!(index.meets(&asked), !index.candidates(&asked).is_empty());
    }

    #[test]
    fn equal_cubes_are_one_group(
        kinds in proptest::collection::vec(cube(), 1..4),
        picks in proptest::collection::vec(0_usize..4, 0..12),
        asked in cube(),
    ) {
        let cubes: Vec<&Cube> = picks.iter().map(|pick| &kinds[pick % kinds.len()]).collect();
        let index = OverlapIndex::new(&cubes);
        for (at, cube) in cubes.iter().enumerate() {
            let group = index.group_at(at).unwrap();
            prop_assert_eq!(index.cube(group), Some(*cube));
            let same = (0..cubes.len()).filter(|other| cubes[*other] == *cube);
            prop_assert_eq!(index.members(group), same.collect::<Vec<_>>());
        }
        let every = |groups: Vec<GroupId>| {
            let all = groups.iter().flat_map(|group| index.members(*group));
            let mut all: Vec<usize> = all.copied().collect();
            all.sort_unstable();
            all
        };
        prop_assert_eq!(every(index.groups(&asked)), index.candidates(&asked));
        prop_assert_eq!(every(index.holding(&asked)), index.holders(&asked));
        for (group, firsts) in index.firsts(|at| at % 3).iter().enumerate() {
            let first = |key| index.members(group).iter().copied().find(|at| at % 3 == key);
            let mut wanted: Vec<usize> = (0..3).filter_map(first).collect();
            wanted.sort_unstable();
            prop_assert_eq!(firsts, &wanted);
        }
    }
}

#[test]
fn a_thousand_workloads_are_filed_apart() {
    let cubes: Vec<Cube> = (0..1_000)
        .map(|i| {
            Cube::every()
                .with_namespace(&Values::is(format!("ns{}", i % 3)))
                .with_label("app", &Values::is(format!("app{i}")))
                .with_label("tier", &Values::is("web"))
        })
        .collect();
    let index = OverlapIndex::new(&cubes.iter().collect::<Vec<_>>());
    let most = index
        .shelves
        .iter()
        .flat_map(|(_, shelf)| shelf.values().map(Vec::len))
        .max();
    assert_eq!((most, index.loose.len()), (Some(1), 0));
}
