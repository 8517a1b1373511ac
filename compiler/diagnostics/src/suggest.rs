//! "Did you mean": the nearest of a list of names.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
};

use crate::limits::{SUGGEST_COMPARED_MAX, SUGGEST_NAME_CHARS_MAX};

/// The candidate nearest to `name`, if one is near enough to be what was meant. Ties go to the name
/// that sorts first, so the answer does not depend on the order of the candidates.
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let want: Vec<char> = folded(name)?;
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        if candidate == name {
            continue;
        }
        let Some(have) = folded(candidate) else {
            continue;
        };
        let bound = best.map_or(usize::MAX, |(found, _)| found);
        let limit = allowed(want.len().max(have.len())).min(bound);
        let Some(found) = distance(&want, &have, limit) else {
            continue;
        };
        if best.is_none_or(|old| (found, candidate) < old) {
            best = Some((found, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The same list asked for many names: [`suggest`] for each, without looking at the whole list each
/// time.
pub struct Nearest<'a> {
    /// Of names that fold to one text the first two: the first may be the one that is asked for.
    names: Vec<(Vec<char>, [Option<&'a str>; 2])>,
    /// By each text that leaving out at most one character makes; of `names`, the indexes.
    without: HashMap<Vec<char>, Vec<usize>>,
    /// By number of characters.
    by_length: BTreeMap<usize, Vec<usize>>,
    /// How many more names may be compared one by one.
    left: Cell<usize>,
}

impl<'a> Nearest<'a> {
    pub fn new(candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let mut firsts: BTreeMap<Vec<char>, [Option<&'a str>; 2]> = BTreeMap::new();
        for candidate in candidates {
            if let Some(have) = folded(candidate) {
                let [first, second] = firsts.entry(have).or_default();
                match *first {
                    None => *first = Some(candidate),
                    Some(known) if candidate < known => {
                        *second = first.replace(candidate);
                    }
                    Some(known) if candidate == known => {}
                    Some(_) if second.is_none_or(|known| candidate < known) => {
                        *second = Some(candidate);
                    }
                    Some(_) => {}
                }
            }
        }
        let mut out = Self {
            names: firsts.into_iter().collect(),
            without: HashMap::new(),
            by_length: BTreeMap::new(),
            left: Cell::new(SUGGEST_COMPARED_MAX),
        };
        for (i, (have, _)) in out.names.iter().enumerate() {
            out.by_length.entry(have.len()).or_default().push(i);
            for text in with_one_left_out(have) {
                let list = out.without.entry(text).or_default();
                if list.last() != Some(&i) {
                    list.push(i);
                }
            }
        }
        out
    }

    /// What [`suggest`] answers. Only of a long list, asked for many names, it does not find the
    /// names that are more than one slip away.
    pub fn of(&self, name: &str) -> Option<&'a str> {
        let want = folded(name)?;
        let mut best = None;
        for text in with_one_left_out(&want) {
            for i in self.without.get(&text).into_iter().flatten() {
                self.compare(name, &want, *i, 1, &mut best);
            }
        }
        if best.is_some() {
            return best.map(|(_, candidate)| candidate);
        }
        // what is longer by the number of slips that it may hold
        let most = allowed(want.len() + 3);
        let lengths = want.len().saturating_sub(most)..=want.len() + most;
        for i in self.by_length.range(lengths).flat_map(|(_, list)| list) {
            let Some(left) = self.left.get().checked_sub(1) else {
                break;
            };
            self.left.set(left);
            let bound = best.map_or(most, |(found, _)| found);
            self.compare(name, &want, *i, bound, &mut best);
        }
        best.map(|(_, candidate)| candidate)
    }

    fn compare(
        &self,
        name: &str,
        want: &[char],
        i: usize,
        bound: usize,
        best: &mut Option<(usize, &'a str)>,
    ) {
        let Some((have, [first, second])) = self.names.get(i) else {
            return;
        };
        let limit = allowed(want.len().max(have.len())).min(bound);
        let other = first.filter(|known| *known != name).or(*second);
        if let Some(candidate) = other
            && let Some(found) = distance(want, have, limit)
            && best.is_none_or(|old| (found, candidate) < old)
        {
            *best = Some((found, candidate));
        }
    }
}

/// The text, and what leaving out one of its characters makes of it. Two texts that are one slip
/// apart have one of these in common.
fn with_one_left_out(text: &[char]) -> impl Iterator<Item = Vec<char>> {
    let one = |out: usize| {
        let kept = text.iter().enumerate().filter(move |(i, _)| *i != out);
        kept.map(|(_, c)| *c).collect()
    };
    (0..=text.len()).map(one)
}

/// How many slips a name of this length may hold and still be the same name: short names are near
/// to everything.
fn allowed(chars: usize) -> usize {
    match chars {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        _ => 3,
    }
}

/// Case and `-` against `_` do not tell names apart.
fn folded(name: &str) -> Option<Vec<char>> {
    if name.len() > SUGGEST_NAME_CHARS_MAX {
        return None;
    }
    let fold = |c: char| if c == '_' { '-' } else { c };
    Some(
        name.chars()
            .flat_map(char::to_lowercase)
            .map(fold)
            .collect(),
    )
}

/// Edit distance with transpositions of neighbours (optimal string alignment); `None` above
/// `limit`.
fn distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut least = (cell(&last, j) + usize::from(ca != cb))
                .min(cell(&last, j + 1) + 1)
                .min(cell(&row, j) + 1);
            let crossed = i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca);
            if crossed {
                least = least.min(cell(&before, j - 1) + 1);
            }
            row.push(least);
        }
        if row.iter().all(|cell| *cell > limit) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|found| *found <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand() {
        let names = ["frontend", "api", "orders", "postgres"];
        assert_eq!(suggest("fronted", names), Some("frontend"));
        assert_eq!(suggest("frotnend", names), Some("frontend"));
        assert_eq!(suggest("ordres", names), Some("orders"));
        assert_eq!(suggest("apii", names), Some("api"));
        assert_eq!(suggest("API", names), Some("api"));
        assert_eq!(suggest("stripe", names), None);
    }

    #[test]
    fn short_names_are_near_to_nothing() {
        assert_eq!(suggest("a", ["b", "c"]), None);
        assert_eq!(suggest("db", ["da"]), None);
        assert_eq!(suggest("db", ["DB"]), Some("DB"));
    }

    #[test]
    fn dashes_and_case_cost_nothing() {
        let names = ["kube_dns", "kube_dnx"];
        assert_eq!(suggest("kube-dns", names), Some("kube_dns"));
    }

    #[test]
    fn ties_go_to_the_first_in_order() {
        assert_eq!(suggest("cart", ["care", "card"]), Some("card"));
        assert_eq!(suggest("cart", ["card", "care"]), Some("card"));
    }

    #[test]
    fn itself_is_no_suggestion() {
        assert_eq!(suggest("api", ["api"]), None);
    }

    /// Names of few letters, so that many are near to many.
    fn names(seed: u32, count: usize) -> Vec<String> {
        let mut state = seed;
        let mut next = move |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        let letters = ['a', 'b', 'A', '-', '_', 'é'];
        let mut name = || {
            let length = next(13);
            let letter = |_| letters.get(next(6) as usize).copied().unwrap();
            (0..length).map(letter).collect()
        };
        (0..count).map(|_| name()).collect()
    }

    #[test]
    fn a_list_answers_as_each_name_alone() {
        for seed in 0..60 {
            let known = names(seed, 30);
            let list = Nearest::new(known.iter().map(String::as_str));
            for name in known.iter().chain(&names(seed + 1_000, 60)) {
                let alone = suggest(name, known.iter().map(String::as_str));
                assert_eq!(list.of(name), alone, "{name} of {known:?}");
            }
        }
    }

    #[test]
    fn a_long_list_is_not_read_for_each_of_many_names() {
        let known: Vec<String> = (0..5_000).map(|i| format!("workload{i:05}")).collect();
        let list = Nearest::new(known.iter().map(String::as_str));
        for i in 0..5_000 {
            assert!(list.of(&format!("outside-{i:05}")).is_none());
        }
        assert_eq!(list.left.get(), 0);
        assert_eq!(list.of("worklod00007"), Some("workload00007"));
    }

    #[test]
    fn transposition_counts_once() {
        assert_eq!(distance(&['a', 'b'], &['b', 'a'], 1), Some(1));
        assert_eq!(distance(&['a', 'b', 'c'], &['c', 'a', 'b'], 1), None);
        assert_eq!(distance(&[], &['a'], 1), Some(1));
    }
}
