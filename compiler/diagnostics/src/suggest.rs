//! "Did you mean": the nearest of a list of names.

use crate::limits::SUGGEST_NAME_CHARS_MAX;

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

    #[test]
    fn transposition_counts_once() {
        assert_eq!(distance(&['a', 'b'], &['b', 'a'], 1), Some(1));
        assert_eq!(distance(&['a', 'b', 'c'], &['c', 'a', 'b'], 1), None);
        assert_eq!(distance(&[], &['a'], 1), Some(1));
    }
}
