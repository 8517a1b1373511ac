//! What the parser has refused of an item is not judged again: one text has one mistake. That what
//! stands right beside it is no clause, no end or no path is mostly the same mistake too.

use npl_diagnostics::{
    Code, Diagnostic, Place, TextRange,
    codes::{claims, kinds, sets, syntax},
};
use npl_syntax::Parsed;

/// Said of what stands in a place for something else.
const OUT_OF_PLACE: [Code; 13] = [
    &kinds::EXTERNAL_AS_SOURCE,
    &kinds::LITERAL_AS_END,
    &kinds::UNKNOWN_CLAUSE,
    &kinds::CLAUSE_SHAPE,
    &sets::EXCEPT_OUTSIDE,
    &sets::BAD_PATH,
    &sets::BAD_METHOD,
    &sets::EMPTY_BLOCK,
    &claims::UNKNOWN_VERDICT,
    &claims::FLOW_LABELS,
    &claims::UNKNOWN_FACT,
    &claims::BAD_FACT,
    &syntax::UNFINISHED_STRING,
];

/// Errors of the parser in one item, and the item's text.
pub(super) struct Refused<'a> {
    text: &'a str,
    errors: Vec<&'a Diagnostic<TextRange>>,
}

impl<'a> Refused<'a> {
    pub(super) fn of(text: &'a str, parsed: &'a Parsed) -> Self {
        let errors = parsed.diagnostics.iter().filter(|d| d.is_error());
        Self {
            text,
            errors: errors.collect(),
        }
    }

    /// Whether one of the errors has told what is found. `place` is where in the item a range is.
    pub(super) fn tells(
        &self,
        found: &Diagnostic<Place>,
        place: impl Fn(TextRange) -> Place,
    ) -> bool {
        self.errors.iter().any(|error| {
            // Where a comma is missing nobody knows how many arguments there are.
            let count = found.code == &kinds::WRONG_ARITY && error.code == &syntax::MISSING_COMMA;
            let own = place(found.at.range) == found.at;
            place(error.at) == found.at || count || (own && self.displaced(found, error.at))
        })
    }

    fn displaced(&self, found: &Diagnostic<Place>, error: TextRange) -> bool {
        if !OUT_OF_PLACE.contains(&found.code) {
            return false;
        }
        let at = found.at.range;
        if at.start <= error.end && error.start <= at.end {
            return true;
        }
        let (first, second) = match at.end <= error.start {
            true => (at.end, error.start),
            false => (error.end, at.start),
        };
        let between = self.text.get(first as usize..second as usize);
        let Some(between) = between.map(str::trim) else {
            return false;
        };
        // Up to its names or its block all is the clause.
        let clause = [&kinds::UNKNOWN_CLAUSE, &kinds::CLAUSE_SHAPE].contains(&found.code)
            && at.end <= error.start
            && !between.contains(['"', '{', '\n']);
        between.is_empty() || clause
    }
}
