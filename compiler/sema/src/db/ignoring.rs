//! `// nplc: ignore NAME (reason)`: findings silenced where they stand.

use npl_diagnostics::{
    Diagnostic, FileId, Place, Severity, TextRange,
    codes::{self, Code, config},
};
use npl_syntax::TokenKind;

use super::{Db, SourceFile};
use crate::manifest::{not_a_lint, unknown_lint};

/// How such a comment begins, after `//` and blanks.
const MARK: &str = "nplc:";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ignore {
    pub(crate) code: Code,
    /// Of the comment, counted from the start of the file.
    pub(crate) range: TextRange,
    /// Start of the first token behind it, when it stands on a line of its own; its own place when
    /// something stands before it on its line.
    pub(crate) target: u32,
    pub(crate) own_line: bool,
    /// It gives its reason. One that does not is reported, and silences all the same: one mistake
    /// is one finding.
    pub(crate) whole: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ignores {
    pub(crate) list: Vec<Ignore>,
    /// Of the comments that are no valid ones.
    pub(crate) diagnostics: Vec<Diagnostic<Place>>,
}

#[salsa::tracked(returns(ref))]
pub(crate) fn ignores(db: &dyn Db, file: SourceFile) -> Ignores {
    let text = file.text(db);
    let mut out = Ignores::default();
    if !text.contains(MARK) {
        return out;
    }
    let tokens = npl_syntax::lex(text);
    let list: Vec<(TokenKind, TextRange)> = tokens.iter().collect();
    // From the end, so that the next token that is no trivia is known.
    let mut next = u32::try_from(text.len()).unwrap_or(u32::MAX);
    for (kind, range) in list.iter().rev() {
        if !kind.is_trivia() {
            next = range.start;
            continue;
        }
        let comment = text.get(range.as_usize()).unwrap_or_default();
        let body = comment.trim_start_matches('/').trim();
        let Some(rest) = body
            .strip_prefix(MARK)
            .filter(|_| *kind == TokenKind::Comment)
        else {
            continue;
        };
        let shown = TextRange::new(range.start, range.start + length(comment.trim_end()));
        let (code, found) = parse(comment.trim_end(), rest.trim(), file.id(db), shown);
        if let Some(code) = code {
            let own_line = starts_line(text, range.start);
            out.list.push(Ignore {
                code,
                range: shown,
                target: if own_line { next } else { range.start },
                own_line,
                whole: found.is_none(),
            });
        }
        out.diagnostics.extend(found);
    }
    out.list.reverse();
    out.diagnostics.reverse();
    out
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

fn starts_line(text: &str, at: u32) -> bool {
    let before = text.get(..at as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim().is_empty()
}

/// `ignore NAME (reason)`: what it silences, and what is wrong with it.
fn parse(
    comment: &str,
    text: &str,
    file: FileId,
    range: TextRange,
) -> (Option<Code>, Option<Diagnostic<Place>>) {
    let place = Place::in_file(file, range);
    let malformed = |message: String| {
        Diagnostic::new(&config::IGNORE_WITHOUT_REASON, place, message)
            .help("write `// nplc: ignore NAME (reason)`")
    };
    let rest = text
        .strip_prefix("ignore")
        .filter(|rest| rest.starts_with(char::is_whitespace))
        .map(str::trim_start);
    let Some(rest) = rest else {
        let word = text.split_whitespace().next().unwrap_or_default();
        return (
            None,
            Some(malformed(format!("`nplc: {word}` is no instruction"))),
        );
    };
    let name_end = rest.find(|c: char| c.is_whitespace() || c == '(');
    let (name, reason) = rest
        .split_at_checked(name_end.unwrap_or(rest.len()))
        .unwrap_or_default();
    // `rest` is the end of the comment.
    let start = range.start + length(comment) - length(rest);
    let at = Place::in_file(file, TextRange::new(start, start + length(name)));
    let Some(code) = codes::find(name) else {
        return (None, Some(unknown_lint(name, at)));
    };
    if code.severity == Severity::Error {
        return (None, Some(not_a_lint(code, at)));
    }
    let inner = reason
        .trim()
        .strip_prefix('(')
        .and_then(|reason| reason.strip_suffix(')'))
        .map(str::trim);
    let found = inner
        .is_none_or(str::is_empty)
        .then(|| malformed(format!("the ignore of `{}` gives no reason", code.name)));
    (Some(code), found)
}
