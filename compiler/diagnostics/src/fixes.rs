//! Applying fixes to a text. Refuses edits that overlap: which of them would win is a guess.

use crate::{Edit, FileId, Fix, TextRange};

/// Why a set of edits cannot be applied as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixError {
    /// Two different edits change the same bytes.
    Overlap(TextRange, TextRange),
    /// The range is not in the text, or cuts a character.
    OutOfText(TextRange),
}

impl std::fmt::Display for FixError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Overlap(a, b) => write!(
                f,
                "the changes at bytes {}..{} and {}..{} overlap",
                a.start, a.end, b.start, b.end
            ),
            Self::OutOfText(a) => {
                write!(
                    f,
                    "the change at bytes {}..{} is not in the text",
                    a.start, a.end
                )
            }
        }
    }
}

impl std::error::Error for FixError {}

/// The text of `file` with every edit of the fixes that concerns it.
pub fn apply_fixes<'a>(
    text: &str,
    file: FileId,
    fixes: impl IntoIterator<Item = &'a Fix>,
) -> Result<String, FixError> {
    let edits = fixes
        .into_iter()
        .flat_map(|fix| &fix.edits)
        .filter(|edit| edit.at.file == file)
        .map(|edit| Edit {
            at: edit.at.range,
            text: edit.text.clone(),
        });
    apply_edits(text, edits)
}

/// Edits that are equal count once (two findings may offer the same declaration). Insertions at one
/// point keep their order, and come before a replacement that starts there.
pub fn apply_edits(
    text: &str,
    edits: impl IntoIterator<Item = Edit<TextRange>>,
) -> Result<String, FixError> {
    let mut list: Vec<Edit<TextRange>> = edits.into_iter().collect();
    list.sort_by_key(|edit| (edit.at.start, edit.at.end));
    let list = without_repeats(list);
    let mut out = String::with_capacity(text.len());
    let mut last = TextRange::at(0);
    for edit in &list {
        if edit.at.start < last.end {
            return Err(FixError::Overlap(last, edit.at));
        }
        let kept = text.get(last.end as usize..edit.at.start as usize);
        let (Some(kept), Some(_)) = (kept, text.get(edit.at.as_usize())) else {
            return Err(FixError::OutOfText(edit.at));
        };
        out.push_str(kept);
        out.push_str(&edit.text);
        last = edit.at;
    }
    out.push_str(text.get(last.end as usize..).unwrap_or_default());
    Ok(out)
}

/// Of sorted edits: equal ones have the same range, so only neighbours need a look.
fn without_repeats(sorted: Vec<Edit<TextRange>>) -> Vec<Edit<TextRange>> {
    let mut out: Vec<Edit<TextRange>> = Vec::with_capacity(sorted.len());
    for edit in sorted {
        let mut near = out.iter().rev().take_while(|kept| kept.at == edit.at);
        if !near.any(|kept| *kept == edit) {
            out.push(edit);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit<TextRange> {
        Edit {
            at: TextRange::new(start, end),
            text: text.to_owned(),
        }
    }

    #[test]
    fn any_order_and_equal_edits_once() {
        let edits = [edit(4, 5, "E"), edit(0, 1, "A"), edit(4, 5, "E")];
        assert_eq!(apply_edits("abcde", edits).unwrap(), "AbcdE");
    }

    #[test]
    fn insertions_keep_their_order_before_a_replacement() {
        let edits = [edit(1, 2, "B"), edit(1, 1, "x"), edit(1, 1, "y")];
        assert_eq!(apply_edits("abc", edits).unwrap(), "axyBc");
    }

    #[test]
    fn overlap_is_refused() {
        let edits = [edit(0, 3, "x"), edit(2, 4, "y")];
        assert_eq!(
            apply_edits("abcde", edits),
            Err(FixError::Overlap(
                TextRange::new(0, 3),
                TextRange::new(2, 4)
            ))
        );
    }

    #[test]
    fn outside_the_text_is_refused() {
        for bad in [edit(3, 9, "x"), edit(9, 9, "x"), edit(2, 2, "x")] {
            assert!(matches!(
                apply_edits("aé∈", [bad]),
                Err(FixError::OutOfText(_))
            ));
        }
    }
}
