//! Inclusion of a pattern in a union of patterns by the subset construction, for the rare union
//! that uses every letter there is. Bounded: past `NAME_STEPS_MAX` steps the answer is "not
//! proved".

use rustc_hash::FxHashSet;

use crate::{limits::NAME_STEPS_MAX, name::relate::Shape};

/// Where a reader of one pattern stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct State {
    /// Index into the union; 0 for the narrower pattern's own reader.
    pattern: u16,
    /// Labels are counted from 1; 0 is the run of labels that `**` stands for.
    label: u16,
    byte: u16,
    /// This label has a character already.
    begun: bool,
}

pub(super) fn covered(union: &[Shape<'_>], narrow: &Shape<'_>, alphabet: &[u8]) -> bool {
    let own = std::slice::from_ref(narrow);
    let mut first = Vec::new();
    for index in 0..union.len() {
        start(union, index, &mut first);
    }
    close(union, &mut first);
    let mut mine = Vec::new();
    start(own, 0, &mut mine);
    close(own, &mut mine);
    let mut open: Vec<(State, Vec<State>)> = mine
        .into_iter()
        .map(|state| (state, first.clone()))
        .collect();
    let mut seen: FxHashSet<(State, Vec<State>)> = open.iter().cloned().collect();
    let mut steps = 0;
    while let Some((state, set)) = open.pop() {
        if accepts(own, state) && !set.iter().any(|&s| accepts(union, s)) {
            return false;
        }
        for letter in alphabet.iter().copied().chain([b'.']) {
            steps += set.len() + 1;
            if steps > NAME_STEPS_MAX {
                return false;
            }
            let mut mine = Vec::new();
            step(own, state, letter, &mut mine);
            if mine.is_empty() {
                continue;
            }
            close(own, &mut mine);
            let mut next = Vec::new();
            for &s in &set {
                step(union, s, letter, &mut next);
            }
            close(union, &mut next);
            for state in mine {
                let pair = (state, next.clone());
                if seen.insert(pair.clone()) {
                    open.push(pair);
                }
            }
        }
    }
    true
}

fn start(union: &[Shape<'_>], index: usize, out: &mut Vec<State>) {
    let many = union.get(index).is_some_and(|shape| shape.many);
    out.push(State {
        pattern: u16::try_from(index).unwrap_or(u16::MAX),
        label: u16::from(!many),
        byte: 0,
        begun: false,
    });
}

/// What the pattern says at a state: `None` behind the last byte of the label.
fn byte_at(union: &[Shape<'_>], state: State) -> Option<u8> {
    let label = usize::from(state.label).checked_sub(1)?;
    let shape = union.get(usize::from(state.pattern))?;
    let text = shape.labels.get(label)?;
    text.get(usize::from(state.byte)).copied()
}

fn labels(union: &[Shape<'_>], state: State) -> usize {
    union
        .get(usize::from(state.pattern))
        .map_or(0, |shape| shape.labels.len())
}

/// A `*` may take nothing.
fn close(union: &[Shape<'_>], states: &mut Vec<State>) {
    let mut at = 0;
    while let Some(&state) = states.get(at) {
        if byte_at(union, state) == Some(b'*') {
            states.push(State {
                byte: state.byte + 1,
                ..state
            });
        }
        at += 1;
    }
    states.sort_unstable();
    states.dedup();
}

fn step(union: &[Shape<'_>], state: State, letter: u8, out: &mut Vec<State>) {
    if letter == b'.' {
        let done = state.begun && (state.label == 0 || byte_at(union, state).is_none());
        if done && usize::from(state.label) < labels(union, state) {
            out.push(State {
                label: state.label + 1,
                byte: 0,
                begun: false,
                ..state
            });
        }
        if done && state.label == 0 {
            out.push(State {
                begun: false,
                ..state
            });
        }
        return;
    }
    let begun = State {
        begun: true,
        ..state
    };
    match byte_at(union, state) {
        _ if state.label == 0 => out.push(begun),
        Some(b'*') => out.push(begun),
        Some(want) if want == letter => out.push(State {
            byte: state.byte + 1,
            ..begun
        }),
        _ => {}
    }
}

fn accepts(union: &[Shape<'_>], state: State) -> bool {
    state.begun
        && usize::from(state.label) == labels(union, state)
        && (state.label == 0 || byte_at(union, state).is_none())
}
