//! What a fix would change, as the few lines that differ.

use std::borrow::Cow;

use similar::{ChangeTag, TextDiff};

use crate::{
    Fix, Lines, Span, TextRange, apply_edits, clamp,
    limits::{SHOWN_DIFF_CHARS_MAX, SHOWN_DIFF_LEAD_BYTES, SHOWN_DIFF_LINES_MAX},
};

/// One line that a fix removes or adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub file: crate::FileId,
    /// Its number: in the old text for a removed line, in the new text for an added one.
    pub line: u32,
    pub added: bool,
    /// Without its line end. Of a long line only what is near the edit, behind an ellipsis.
    pub text: String,
}

/// The lines that the fix changes, in order of place; at most [`SHOWN_DIFF_LINES_MAX`]. Only the
/// lines that an edit touches are compared, and of a long one what is near the edit, so that the
/// cost depends neither on the file's length nor on the line's.
pub fn changes(fix: &Fix, lines: &Lines<'_>) -> Vec<Change> {
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| (edit.at.file, edit.at.range.start));
    let mut out = Vec::new();
    let mut rest = edits.as_slice();
    while let Some(first) = rest.first() {
        let file = first.at.file;
        let mut block = touched(first.at, lines);
        let mut n = 1;
        while let Some(next) = rest.get(n).filter(|next| next.at.file == file) {
            let more = touched(next.at, lines);
            if more.start > block.end {
                break;
            }
            block = block.cover(more);
            n += 1;
        }
        let (group, behind) = rest.split_at(n);
        let relative = group.iter().map(|edit| crate::Edit {
            at: TextRange::new(
                edit.at.range.start.saturating_sub(block.start),
                edit.at.range.end.saturating_sub(block.start),
            ),
            text: edit.text.clone(),
        });
        let text = lines.text(file);
        let old = text.get(block.as_usize()).unwrap_or_default();
        let before = text.get(..block.start as usize).unwrap_or_default();
        let cut = !before.is_empty() && !before.ends_with('\n');
        if let Ok(new) = apply_edits(old, relative) {
            let span = Span {
                file,
                range: TextRange::at(block.start),
            };
            let first_line = lines.positions(span).0.line;
            match cut {
                true => {
                    let (old, new) = (format!("… {old}"), format!("… {new}"));
                    compare(file, first_line, &old, &new, &mut out);
                }
                false => compare(file, first_line, old, &new, &mut out),
            }
        }
        rest = behind;
    }
    out.truncate(SHOWN_DIFF_LINES_MAX);
    out
}

/// From the start of the first line of the span to the end of its last one, line end included; of a
/// long line only what is shown.
fn touched(span: Span, lines: &Lines<'_>) -> TextRange {
    let text = lines.text(span.file);
    let range = clamp(text, span.range);
    let (start, end) = (range.start as usize, range.end as usize);
    let lead = text.floor_char_boundary(start.saturating_sub(SHOWN_DIFF_LEAD_BYTES));
    let first = text
        .get(lead..start)
        .and_then(|before| before.rfind('\n'))
        .map_or(lead, |i| lead + i + 1);
    // enough for as many of the longest characters as a line shows, and one more
    let tail = text.ceil_char_boundary(end.saturating_add(4 * (SHOWN_DIFF_CHARS_MAX + 1)));
    let last = text
        .get(end..tail)
        .and_then(|behind| behind.find('\n'))
        .map_or(tail, |i| end + i + 1);
    TextRange::new(
        u32::try_from(first).unwrap_or(u32::MAX),
        u32::try_from(last).unwrap_or(u32::MAX),
    )
}

fn compare(file: crate::FileId, first: u32, old: &str, new: &str, out: &mut Vec<Change>) {
    // the last line of a file may lack its end, which is no change of that line
    let (old, new) = (ended(old), ended(new));
    let diff = TextDiff::from_lines(&*old, &*new);
    for change in diff.iter_all_changes() {
        let (index, added) = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => (change.old_index(), false),
            ChangeTag::Insert => (change.new_index(), true),
        };
        let index = u32::try_from(index.unwrap_or(0)).unwrap_or(u32::MAX);
        out.push(Change {
            file,
            line: first.saturating_add(index),
            added,
            text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
        });
    }
}

fn ended(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.ends_with('\n') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{text}\n"))
}
