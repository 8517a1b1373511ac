//! One label of a pattern: literal runs with `*` between them.

/// Every character that a name's label may hold.
pub(super) const ALPHABET: &[u8] = b"-0123456789_abcdefghijklmnopqrstuvwxyz";

/// Stands for any run, where a word is made of a pattern; no name holds it.
pub(super) const FRESH: u8 = b'#';

/// `*` matches what `wild` accepts.
pub(super) fn matches(pattern: &[u8], text: &[u8], wild: impl Fn(u8) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how far it reaches: the only place worth going back to.
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                back = Some((p, t));
                p += 1;
            }
            (Some(want), Some(have)) if want == have => {
                p += 1;
                t += 1;
            }
            (None, None) => return true,
            _ => match back {
                Some((star, reach)) if text.get(reach).is_some_and(|&b| wild(b)) => {
                    back = Some((star, reach + 1));
                    p = star + 1;
                    t = reach + 1;
                }
                _ => return false,
            },
        }
    }
}

pub(super) fn is_label_byte(byte: u8) -> bool {
    byte == b'-' || byte == b'_' || byte.is_ascii_digit() || byte.is_ascii_lowercase()
}

/// Some non-empty label matches both.
pub(super) fn intersects(a: &[u8], b: &[u8]) -> bool {
    // `reach[j]`: a word exists that the bytes of `a` so far and `b[..j]` both match.
    let mut reach = vec![false; b.len() + 1];
    advance_stars(&mut reach, b, true);
    for &want in a {
        let mut next = vec![false; b.len() + 1];
        let mut carried = false;
        for (j, slot) in next.iter_mut().enumerate() {
            let here = reach.get(j).copied().unwrap_or(false);
            let before = j.checked_sub(1).and_then(|i| reach.get(i).copied());
            let last = j.checked_sub(1).and_then(|i| b.get(i).copied());
            *slot = if want == b'*' {
                // `*` of `a` takes any run of what `b` says.
                carried |= here;
                carried
            } else {
                // `*` of `b` takes the byte, or both say the same byte.
                (here && last == Some(b'*')) || (before == Some(true) && last == Some(want))
            };
        }
        advance_stars(&mut next, b, false);
        reach = next;
    }
    reach.last().copied().unwrap_or(false)
}

/// A `*` of `b` may take nothing: what holds before it holds after it.
fn advance_stars(reach: &mut [bool], b: &[u8], start: bool) {
    let mut held = start;
    if start && let Some(first) = reach.first_mut() {
        *first = true;
    }
    for (slot, &byte) in reach.iter_mut().skip(1).zip(b) {
        if held && byte == b'*' {
            *slot = true;
        }
        held = *slot;
    }
}
