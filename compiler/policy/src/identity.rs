//! Stable identity of rules (architecture.md §3.7).
//!
//! The id of a rule is `r` and 12 hex digits of SHA-256 over its module, its normal form and its
//! ordinal among the rules of the same module and normal form, each with its length before it.
//!
//! What this guarantees:
//! - two rules of one program never have the same id: should the 48 bits of two different rules
//!   meet, the one that is later in (module, normal form, ordinal) is hashed again with a counter;
//! - an id depends on nothing else: moving a rule inside its module, editing or adding another
//!   rule,
//!   a comment or white space change no id. Exceptions are equal rules, which are told apart by
//!   their order, and the two rules of a collision, should one of them go away.
//!
//! It refuses to see source text: the normal form is made by whoever makes the model.

use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

/// Hex digits of an id after its `r`; with the letter it fits a label value and `log` (≤ 32 bytes).
pub const DIGITS: usize = 12;

/// What one rule's id is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key<'a> {
    pub module: &'a str,
    pub normal_form: &'a str,
}

/// The ids of the rules of one program, in the order of `keys`.
pub fn assign(keys: &[Key<'_>]) -> Vec<SmolStr> {
    assign_with(keys, hash)
}

type Hash = fn(Key<'_>, u32, u32) -> u64;

fn assign_with(keys: &[Key<'_>], hash: Hash) -> Vec<SmolStr> {
    let mut seen: FxHashMap<Key<'_>, u32> = FxHashMap::default();
    let ordinals: Vec<u32> = keys
        .iter()
        .map(|key| {
            let next = seen.entry(*key).or_default();
            *next += 1;
            *next - 1
        })
        .collect();
    let mut order: Vec<(Key<'_>, u32, usize)> = keys
        .iter()
        .zip(&ordinals)
        .enumerate()
        .map(|(index, (key, ordinal))| (*key, *ordinal, index))
        .collect();
    order.sort_unstable();
    let mut taken = FxHashSet::default();
    let mut out = vec![SmolStr::default(); keys.len()];
    for (key, ordinal, index) in order {
        let mut attempt = 0;
        let mut id = hash(key, ordinal, attempt);
        while !taken.insert(id) {
            attempt += 1;
            id = hash(key, ordinal, attempt);
        }
        if let Some(slot) = out.get_mut(index) {
            *slot = smol_str::format_smolstr!("r{id:0width$x}", width = DIGITS);
        }
    }
    out
}

/// The first 48 bits of the hash.
fn hash(key: Key<'_>, ordinal: u32, attempt: u32) -> u64 {
    let mut state = Sha256::new();
    for text in [key.module, key.normal_form] {
        state.update((text.len() as u64).to_le_bytes());
        state.update(text.as_bytes());
    }
    state.update(ordinal.to_le_bytes());
    if attempt > 0 {
        state.update(attempt.to_le_bytes());
    }
    let digest: [u8; 32] = state.finalize().into();
    digest
        .iter()
        .take(DIGITS / 2)
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(normal_form: &str) -> Key<'_> {
        Key {
            module: "shop",
            normal_form,
        }
    }

    #[test]
    fn an_id_is_r_and_twelve_hex_digits() {
        let ids = assign(&[key("allow a -> b:80")]);
        // SHA-256 over 4 as u64 LE, `shop`, 15 as u64 LE, the form, 0 as u32 LE; made elsewhere.
        assert_eq!(ids, ["r48a83092dfae"]);
    }

    #[test]
    fn moving_and_adding_rules_changes_no_id() {
        let (a, b, c) = (
            key("allow a -> b:80"),
            key("allow a -> c:80"),
            key("deny a -> d"),
        );
        let first = assign(&[a, b]);
        let second = assign(&[c, b, a]);
        assert_eq!(first[0], second[2]);
        assert_eq!(first[1], second[1]);
    }

    #[test]
    fn equal_rules_have_their_own_ids_in_order() {
        let a = key("allow a -> b:80");
        let other_module = Key { module: "pay", ..a };
        let ids = assign(&[a, a, other_module]);
        assert_ne!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
        assert_eq!(ids[0], assign(&[a])[0]);
    }

    #[test]
    fn the_border_between_module_and_form_is_part_of_the_id() {
        let left = Key {
            module: "ab",
            normal_form: "c",
        };
        let right = Key {
            module: "a",
            normal_form: "bc",
        };
        let ids = assign(&[left, right]);
        assert_ne!(ids[0], ids[1]);
    }

    #[test]
    fn a_collision_is_resolved_and_does_not_depend_on_the_order() {
        // A hash that knows only the attempt: every two rules collide.
        let weak: Hash = |_, _, attempt| u64::from(attempt);
        let (a, b, c) = (key("a"), key("b"), key("c"));
        let first = assign_with(&[a, b, c], weak);
        let second = assign_with(&[c, a, b], weak);
        assert_eq!(first[0], second[1]);
        assert_eq!(first[1], second[2]);
        assert_eq!(first[2], second[0]);
        assert_ne!(first[0], first[1]);
        assert_ne!(first[1], first[2]);
    }
}
