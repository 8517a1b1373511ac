//! Checked literals: the value of a literal, or what is wrong with it, with a place inside it. Of
//! one literal the first mistake is reported, and its value is then `None`.

mod addr;
mod date;
mod port;
mod text;

pub(super) use addr::addr;
pub(super) use date::date;
pub(super) use port::{hops, port};
pub(super) use text::{between, closers, name, string};

use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

pub(super) type Finding = Diagnostic<TextRange>;
type Checked<T> = Result<T, Box<Finding>>;

/// A part of a literal with its place.
#[derive(Clone, Copy, Debug)]
struct Part<'t> {
    text: &'t str,
    at: TextRange,
}

impl<'t> Part<'t> {
    fn new(text: &'t str, at: TextRange) -> Self {
        Self { text, at }
    }

    /// What stands before and behind the first `mark`.
    fn split(self, mark: char) -> (Self, Option<Self>) {
        let Some((left, right)) = self.text.split_once(mark) else {
            return (self, None);
        };
        let end = self.at.start + left.len() as u32;
        let start = end + mark.len_utf8() as u32;
        (
            Self::new(left, TextRange::new(self.at.start, end)),
            Some(Self::new(right, TextRange::new(start, self.at.end))),
        )
    }

    /// A number without leading zeros; `None` where it is too great for 32 bits.
    fn number(self) -> Checked<Option<u32>> {
        let bare = self.text.trim_start_matches('0');
        if self.text.len() > 1 && bare.len() < self.text.len() {
            let bare = if bare.is_empty() { "0" } else { bare };
            return Err(Box::new(
                Diagnostic::new(
                    &syntax::LEADING_ZERO,
                    self.at,
                    format!("the number `{}` begins with a zero", self.text),
                )
                .help(format!("write `{bare}`"))
                .fix("remove the leading zeros", false, self.at, bare),
            ));
        }
        Ok(self.text.parse().ok())
    }
}

/// The nearest of a few words: at most two edits away, and one of a short word.
pub(super) fn nearest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    words
        .iter()
        .map(|w| (distance(word, w), *w))
        .filter(|(d, w)| *d <= if w.len() < 5 { 1 } else { 2 })
        .min()
        .map(|(_, w)| w)
}

/// Edits between two short words, an exchange of neighbours counted as one. Words longer than a
/// name are far from everything.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > crate::limits::MAX_NAME || b.len() > crate::limits::MAX_NAME {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let replace = at(&row, j) + usize::from(x != y);
            let mut best = replace.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let crossed = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if crossed {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(usize::MAX)
}
