//! What the parser would have taken, in words: names of terminals become what a user calls them,
//! and what is always possible goes unsaid when something is required.

use super::{Place, Start};
use crate::token::TokenKind as T;

/// More than this many alternatives are a list, not an answer.
const MOST: usize = 5;

/// `a name`, "`->` or `|`", "`via`, `until` or the next item".
pub(super) fn sentence(place: &Place<'_>) -> String {
    let mut words = nouns(place);
    let signs: Vec<&str> = signs(place);
    words.extend(signs.iter().map(|sign| format!("`{sign}`")));
    if place.start == Start::Item && place.complete() {
        words.truncate(MOST - 1);
        words.push("the next item".into());
    }
    words.truncate(MOST);
    match words.split_last() {
        None => "nothing more".into(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// The classes of terminals that are expected.
fn nouns(place: &Place<'_>) -> Vec<String> {
    let mut out: Vec<&str> = Vec::new();
    let name = place.expects("name");
    let set = name && place.expects("(");
    if is_kind(place) {
        out.push("a kind like `workload`");
    } else if name && place.expects("namespace") {
        out.push("a label");
    } else if set {
        out.extend(match place.word() {
            Some(T::External) => &["a string", "a name"][..],
            Some(T::Network) => &["an address", "a name"],
            Some(T::Apply | T::Param) | None => &["a name", "a string", "an address"],
            _ => &["a name"],
        });
    } else {
        if name {
            out.push("a name");
        }
        if place.expects("string") {
            out.push("a string");
        }
        if place.expects("address") && !place.before_is(T::LBracket) {
            out.push("an address");
        } else if place.expects("address") {
            out.push("an IPv6 address");
        }
    }
    if place.expects("port literal") {
        out.push("a port");
    } else if place.expects("number") {
        out.push("a number");
    }
    if place.expects("date") {
        out.push("a date like `2027-01-31`");
    }
    out.into_iter().map(str::to_owned).collect()
}

/// The signs and words that are expected, the required ones if there are any.
fn signs<'p>(place: &Place<'p>) -> Vec<&'p str> {
    const CLASSES: [&str; 6] = [
        "name",
        "string",
        "number",
        "port literal",
        "date",
        "address",
    ];
    let name = place.expects("name");
    let label = is_kind(place) || name && place.expects("namespace");
    let known: Vec<&str> = place
        .expected
        .iter()
        .copied()
        .filter(|e| !CLASSES.contains(e) && !e.starts_with("start "))
        // Where a name may stand, a word that is a name elsewhere is one more name.
        .filter(|e| !(name && is_contextual(e) || label && is_word(e)))
        .filter(|e| !(place.expects("address") && matches!(*e, "[" | "(")))
        .collect();
    let goes_on = |e: &&str| matches!(*e, "." | "|" | "except");
    let required: Vec<&str> = known.iter().copied().filter(|e| !goes_on(e)).collect();
    let mut out = if required.is_empty() && !name {
        known
    } else {
        required
    };
    out.sort_by_key(|e| rank(e));
    out
}

/// Behind the colon of a parameter.
fn is_kind(place: &Place<'_>) -> bool {
    place.expects("name") && place.expects("workload") && !place.expects("namespace")
}

fn is_word(terminal: &str) -> bool {
    terminal.starts_with(|c: char| c.is_ascii_lowercase())
}

fn is_contextual(terminal: &str) -> bool {
    const WORDS: [&str; 9] = [
        "ingress", "egress", "of", "reach", "stays", "hops", "disjoint", "account", "any",
    ];
    WORDS.contains(&terminal)
}

/// Signs in the order in which a sentence names them.
fn rank(terminal: &str) -> usize {
    const ORDER: [&str; 12] = [
        "->", "=", ":", ",", "(", ")", "{", "}", "]", "via", "until", "because",
    ];
    ORDER
        .iter()
        .position(|o| *o == terminal)
        .unwrap_or(ORDER.len())
}
