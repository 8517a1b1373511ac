//! What is said of characters that belong to no token, by what they were meant to be.

use super::{Finding, shown};
use crate::{lexer::Lexeme, token::TokenKind as T};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

/// What a bad token is.
pub(super) struct Seen {
    pub(super) finding: Finding,
    /// The kind that it was meant to be.
    pub(super) read_as: Option<T>,
    /// Whether what is left may fail to parse because of it.
    pub(super) damages: bool,
}

pub(super) fn look(text: &str, bad: &Lexeme) -> Seen {
    let run = bad.text(text);
    let (finding, read_as) = match bad.kind {
        T::OpenStr => (open_string(bad), Some(T::Str)),
        T::SingleQuoted => (single_quoted(bad, run), Some(T::Str)),
        T::HashComment => (hash_comment(bad), None),
        T::FatArrow => (fat_arrow(bad), Some(T::Arrow)),
        T::BlockComment => (block_comment(bad), None),
        _ => return run_of_characters(text, bad),
    };
    Seen {
        finding,
        read_as,
        damages: bad.kind == T::OpenStr || run == "/*",
    }
}

fn open_string(bad: &Lexeme) -> Finding {
    Diagnostic::new(
        &syntax::UNFINISHED_STRING,
        bad.range(),
        "this string is not closed on its line",
    )
    .help("close it with `\"`")
}

fn single_quoted(bad: &Lexeme, run: &str) -> Finding {
    let inner = run.trim_matches('\'');
    let finding = Diagnostic::new(
        &syntax::WRONG_QUOTES,
        bad.range(),
        "a string stands in double quotes",
    );
    if inner.contains(['"', '\\']) {
        return finding.help("write it between `\"` and `\"`");
    }
    let right = format!("\"{inner}\"");
    finding.help(format!("write `{}`", shown(&right))).fix(
        "use double quotes",
        true,
        bad.range(),
        right,
    )
}

fn hash_comment(bad: &Lexeme) -> Finding {
    let mark = TextRange::new(bad.start, bad.start + 1);
    Diagnostic::new(&syntax::WRONG_COMMENT, mark, "`#` does not begin a comment")
        .help("write `//`")
        .fix("begin the comment with `//`", true, mark, "//")
}

fn fat_arrow(bad: &Lexeme) -> Finding {
    Diagnostic::new(
        &syntax::STRAY_CHARACTER,
        bad.range(),
        "`=>` is not a sign of the language",
    )
    .help("write `->`")
    .fix("write `->`", true, bad.range(), "->")
}

fn block_comment(bad: &Lexeme) -> Finding {
    Diagnostic::new(
        &syntax::WRONG_COMMENT,
        TextRange::new(bad.start, bad.start + 2),
        "`/*` does not begin a comment",
    )
    .help("write `//` before each line of the comment")
}

fn run_of_characters(text: &str, bad: &Lexeme) -> Seen {
    let run = bad.text(text);
    let mut seen = Seen {
        finding: stray(bad, run),
        read_as: None,
        damages: true,
    };
    if matches!(run, "→" | "⇒" | "—>" | "–>") {
        seen.read_as = Some(T::Arrow);
        seen.damages = false;
    } else if run == ";" {
        seen.damages = false;
    }
    seen
}

fn stray(bad: &Lexeme, run: &str) -> Finding {
    let at = bad.range();
    let c = run.chars().next().unwrap_or_default();
    let alone = run.chars().nth(1).is_none();
    let invisible =
        c.is_control() || c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{FEFF}');
    if c.is_control() {
        let length = run.find(|c: char| !c.is_control()).unwrap_or(run.len());
        let mark = TextRange::new(at.start, at.start + length as u32);
        return Diagnostic::new(
            &syntax::CONTROL_CHARACTER,
            mark,
            format!(
                "the control character U+{:04X} stands in the text",
                u32::from(c)
            ),
        )
        .help("remove it; is this file text in UTF-8?")
        .fix("remove the character", false, mark, "");
    }
    if run.chars().all(|c| c == '-') {
        return Diagnostic::new(&syntax::MINUS_OPERATOR, at, "`-` is not an operator")
            .help("set difference is `except`; a flow is `->`; a name holds `-` without blanks");
    }
    let message = if invisible {
        format!("unexpected invisible character U+{:04X}", u32::from(c))
    } else if alone {
        format!("unexpected character `{c}`")
    } else {
        format!("unexpected characters `{}`", shown(run))
    };
    let finding = Diagnostic::new(&syntax::STRAY_CHARACTER, at, message);
    if invisible {
        return finding
            .help("write a plain space")
            .fix("write a plain space", false, at, " ");
    }
    match run {
        ";" => finding
            .help("nothing ends an item; the next item word begins the next one")
            .fix("remove it", true, at, ""),
        "→" | "⇒" | "—>" | "–>" => {
            finding.help("write `->`").fix("write `->`", true, at, "->")
        }
        "+" => finding.help("a union is `|`"),
        "&" | "&&" => finding.help("labels that hold together are separated by commas"),
        "/" => {
            finding.help("`/` stands inside a port like `443/tcp` or a network like `10.0.0.0/8`")
        }
        "\\" => finding.help("remove it; no line needs to be continued"),
        _ if "“”„‘’«»`'".contains(c) => {
            finding.help("a string stands between `\"` and `\"`")
        }
        _ if c.is_alphanumeric() => finding
            .help("a name is made of ASCII letters, digits, `_` and `-`; other text is quoted"),
        _ => finding.help("remove it"),
    }
}
