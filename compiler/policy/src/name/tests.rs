//! Patterns against a matcher that shares no code with the crate: it spells every word out.

use proptest::prelude::*;

use super::*;
use crate::name::relate::{Shape, covered};

fn pattern(text: &str) -> NamePattern {
    NamePattern::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

/// All names up to `length` bytes over the letters.
fn names(letters: &[char], length: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut level = vec![String::new()];
    for _ in 0..length {
        level = level
            .iter()
            .flat_map(|w| letters.iter().map(move |c| format!("{w}{c}")))
            .collect();
        all.extend(level.iter().cloned());
    }
    let good = |n: &String| !n.is_empty() && n.split('.').all(|l| !l.is_empty());
    all.retain(good);
    all
}

/// By recursion over both texts, straight from the sentence in the grammar.
fn plain_match(pattern: &str, name: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let name: Vec<&str> = name.split('.').collect();
    let labels: Vec<&str> = pattern.split('.').collect();
    match labels.split_first() {
        Some((&"**", rest)) => (1..=name.len()).any(|n| fixed(rest, &name[n..])),
        _ => fixed(&labels, &name),
    }
}

fn fixed(labels: &[&str], name: &[&str]) -> bool {
    labels.len() == name.len() && labels.iter().zip(name).all(|(l, n)| one(l, n))
}

fn one(label: &str, text: &str) -> bool {
    match label.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|n| one(label.get(1..).unwrap(), text.get(n..).unwrap())),
        Some(c) => text
            .strip_prefix(c)
            .is_some_and(|rest| one(label.get(1..).unwrap(), rest)),
    }
}

/// A pattern over `a`, `b` and `*`.
fn any_pattern() -> impl Strategy<Value = String> {
    let label = "[ab*]{1,3}".prop_map(|l| l.replace("**", "*").replace("**", "*"));
    let labels = proptest::collection::vec(label, 1..=3);
    (labels, proptest::bool::weighted(0.3)).prop_map(|(labels, many)| {
        let text = labels.join(".");
        if many { format!("**.{text}") } else { text }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn relations(a in any_pattern(), b in any_pattern()) {
        let all = names(&['a', 'b', 'c', '.'], 6);
        let (pa, pb) = (pattern(&a), pattern(&b));
        let mut inside = true;
        let mut meet = false;
        for name in &all {
            let (x, y) = (plain_match(&a, name), plain_match(&b, name));
            prop_assert_eq!(pa.matches(name), x, "{} on {}", a, name);
            inside &= !y || x;
            meet |= x && y;
        }
        // Words of six bytes tell patterns of at most three labels of three bytes apart only one
        // way: a found counterexample is final, a found common name too.
        if pa.contains(&pb) {
            prop_assert!(inside, "{} does not contain {}", a, b);
        }
        if meet {
            prop_assert!(pa.intersects(&pb), "{} meets {}", a, b);
        }
        let short = a.len() + b.len() <= 6;
        if short {
            prop_assert_eq!(pa.contains(&pb), inside, "{} contains {}", a, b);
            prop_assert_eq!(pa.intersects(&pb), meet, "{} meets {}", a, b);
        }
    }

    #[test]
    fn unions(list in proptest::collection::vec(any_pattern(), 1..4), b in any_pattern()) {
        let all = names(&['a', 'b', 'c', '.'], 6);
        let union: Vec<NamePattern> = list.iter().map(|t| pattern(t)).collect();
        let stray = all
            .iter()
            .find(|n| plain_match(&b, n) && !list.iter().any(|p| plain_match(p, n)));
        let held = union_contains(&union, &pattern(&b));
        if let Some(name) = stray {
            prop_assert!(!held, "{:?} does not hold {} of {}", list, name, b);
        } else if b.len() <= 4 && list.iter().all(|p| p.len() <= 4) {
            prop_assert!(held, "{:?} holds {}", list, b);
        }
    }

    /// Over two letters every letter is used, so the automaton has to answer.
    #[test]
    fn unions_over_two_letters(
        list in proptest::collection::vec(any_pattern(), 1..4),
        b in any_pattern(),
    ) {
        let all = names(&['a', 'b', '.'], 8);
        let union: Vec<NamePattern> = list.iter().map(|t| pattern(t)).collect();
        let narrow = pattern(&b);
        let shapes: Vec<Shape<'_>> = union.iter().map(Shape::of).collect();
        let held = covered(&shapes, &Shape::of(&narrow), b"ab");
        let stray = all
            .iter()
            .find(|n| plain_match(&b, n) && !list.iter().any(|p| plain_match(p, n)));
        if let Some(name) = stray {
            prop_assert!(!held, "{:?} does not hold {} of {}", list, name, b);
        } else if b.len() <= 4 && list.iter().all(|p| p.len() <= 4) {
            prop_assert!(held, "{:?} holds {}", list, b);
        }
    }
}

#[test]
fn a_run_needs_a_letter_of_its_own_to_escape() {
    // Over {a, b} whatever begins with `a` and ends with `b` holds `ab`; over all letters not.
    let (union, narrow) = ([pattern("*ab*")], pattern("a*b"));
    let shapes: Vec<Shape<'_>> = union.iter().map(Shape::of).collect();
    assert!(covered(&shapes, &Shape::of(&narrow), b"ab"));
    assert!(!union_contains(&union, &narrow));
}

#[test]
fn a_union_that_names_every_letter() {
    let last: Vec<NamePattern> = label::ALPHABET
        .iter()
        .map(|&c| pattern(&format!("*{}.io", char::from(c))))
        .collect();
    assert!(
        union_contains(&last, &pattern("*.io")),
        "every label ends in some letter"
    );
    assert!(!union_contains(&last[1..], &pattern("*.io")));
    assert!(!union_contains(&last, &pattern("**.io")));
}

#[test]
fn forms() {
    assert_eq!(pattern("API.Stripe.com.").as_str(), "api.stripe.com");
    assert_eq!(
        pattern("xn--bcher-kva.example").as_str(),
        "xn--bcher-kva.example"
    );
    assert!(pattern("*").is_any() && pattern("**").is_any() && !pattern("*.io").is_any());
    assert!(pattern("a_b.io").is_exact() && !pattern("a*.io").is_exact());
    for (text, name, want) in [
        ("*.x.io", "a.x.io", true),
        ("*.x.io", "x.io", false),
        ("*.x.io", "a.b.x.io", false),
        ("**.x.io", "a.b.x.io", true),
        ("**.x.io", "x.io", false),
        ("*x.io", "x.io", true),
        ("*x.io", "evilx.io", true),
        ("*", "anything.at.all", true),
        ("*", "", false),
        ("a.io", "A.IO.", true),
    ] {
        assert_eq!(pattern(text).matches(name), want, "{text} on {name}");
    }
}

#[test]
fn refused() {
    let long_label = format!("{}.io", "a".repeat(64));
    let long_name = vec!["abcdefg"; 33].join(".");
    for (text, error) in [
        ("", NameError::Empty),
        (".", NameError::EmptyLabel(0)),
        (".a", NameError::EmptyLabel(0)),
        ("a..b", NameError::EmptyLabel(2)),
        ("a b", NameError::Character(1)),
        ("höhe.de", NameError::Character(1)),
        ("https://a.io", NameError::Character(5)),
        ("1.2.3.4", NameError::Address),
        ("10.0.0.*", NameError::Address),
        ("2001:db8::1", NameError::Address),
        ("[::1]", NameError::Address),
        ("10.0.0.0/8", NameError::Address),
        ("a**.io", NameError::DoubleStar(1)),
        ("a.**.io", NameError::DoubleStar(2)),
        ("***.io", NameError::DoubleStar(0)),
        (&long_label, NameError::TooLong),
        (&long_name, NameError::TooLong),
    ] {
        assert_eq!(NamePattern::parse(text), Err(error), "{text}");
    }
}

#[test]
fn containment_of_known_pairs() {
    for (wide, narrow, want) in [
        ("*", "**.io", true),
        ("**.io", "*", false),
        ("**.io", "*.a.io", true),
        ("*.io", "**.io", false),
        ("**.*.io", "**.io", false),
        ("**.io", "**.*.io", true),
        ("*.github.com", "api.github.com", true),
        ("*a*", "*ba*", true),
        ("*ba*", "*a*", false),
        ("a*c", "a*b*c", true),
    ] {
        let held = pattern(wide).contains(&pattern(narrow));
        assert_eq!(held, want, "{wide} contains {narrow}");
    }
    let split = [pattern("*.x.io"), pattern("**.*.x.io")];
    assert!(union_contains(&split, &pattern("**.x.io")));
    assert!(!union_contains(&split[1..], &pattern("**.x.io")));
}
