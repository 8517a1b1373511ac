//! Slips of the hand: what one token of a text becomes when it is mistyped, and the text with it.

use std::ops::Range;

/// A token that is neither a blank nor a comment.
pub struct Token {
    pub range: Range<usize>,
    /// Whether it is a word of the language.
    pub reserved: bool,
}

/// What a hand may make of the token at an index and of the blank behind it, by name.
pub fn slips(text: &str, tokens: &[Token], at: usize) -> Vec<(&'static str, String)> {
    let (Some(token), next) = (tokens.get(at), tokens.get(at + 1)) else {
        return Vec::new();
    };
    let here = &token.range;
    let part = |range: Range<usize>| text.get(range).unwrap_or_default();
    let (word, front, behind) = (
        part(here.clone()),
        part(0..here.start),
        part(here.end..text.len()),
    );
    let put = |with: &str| format!("{front}{with}{behind}");
    let mut out = vec![
        ("deleted", put("")),
        ("doubled", put(&format!("{word} {word}"))),
        ("comma behind", put(&format!("{word},"))),
        ("colon behind", put(&format!("{word}:"))),
        ("semicolon behind", put(&format!("{word};"))),
    ];
    if let Some(Token { range: next, .. }) = next {
        let between = part(here.end..next.start);
        let behind = part(next.end..text.len());
        let other = part(next.clone());
        if !between.contains('\n') && word != other {
            let gap = if between.is_empty() { " " } else { between };
            out.push(("swapped", format!("{front} {other}{gap}{word} {behind}")));
        }
        if !between.is_empty() && !between.contains("\n\n") && !between.contains("//") {
            out.push(("joined", format!("{front}{word}{other}{behind}")));
            out.push(("line", format!("{front}{word}\n{other}{behind}")));
        }
    }
    out.extend(others(word).iter().map(|other| ("replaced", put(other))));
    let written = match word.chars().next() {
        Some('"') => strings(word),
        Some(c) if c.is_alphabetic() && !word.contains(':') => words(word, token.reserved),
        _ => Vec::new(),
    };
    out.extend(written.into_iter().map(|(name, with)| (name, put(&with))));
    out
}

/// What stands in the place of a sign or a literal.
fn others(word: &str) -> &'static [&'static str] {
    match word {
        "->" => &["=>", "-", ">", "<-", ":", "→", "--", "to", "- >"],
        ":" => &["=", ";", "->", "::", " ", "=="],
        "," => &["|", ";", " ", ".", "and"],
        "|" => &[",", "||", "+", "or", "/", "&"],
        "=" => &[":", "==", ":=", " ", "->"],
        "." => &["/", ",", ":", " ", "::"],
        "!" => &["not", "-", "!!", "no"],
        "{" => &["(", "[", ":", "{{", "<"],
        "}" => &[")", "]", "}}", ">"],
        "(" => &["{", "[", "(("],
        ")" => &["}", "]", "))"],
        "[" => &["(", "{"],
        "]" => &[")", "}"],
        _ if is_number(word) => &[
            "\"80\"", "http", "tcp/80", "80:tcp", "80-", "99999", "80.", "-80",
        ],
        _ if is_address(word) => &[
            "\"10.0.0.0/8\"",
            "10.0.0.0-10.0.0.9",
            "10.0.0.0/8/8",
            "10.0.0/8",
            "10.0.0.0 /8",
        ],
        _ if is_date(word) => &[
            "\"2030-01-01\"",
            "2030/01/01",
            "01-01-2030",
            "tomorrow",
            "2030",
        ],
        _ => &[],
    }
}

fn is_date(word: &str) -> bool {
    word.len() == 10 && word.split('-').map(str::len).eq([4, 2, 2])
}

fn is_address(word: &str) -> bool {
    let plain = !word.starts_with('"') && word.len() > 1;
    plain && (word.contains(':') || word.matches('.').count() == 3)
}

/// A port, or several, with a protocol or without.
fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && !is_date(word) && !is_address(word)
}

/// A string with its quotes wrong.
fn strings(word: &str) -> Vec<(&'static str, String)> {
    let inner = word.trim_matches('"');
    let half = inner.char_indices().nth(inner.chars().count() / 2);
    let (a, b) = inner.split_at(half.map_or(0, |(i, _)| i));
    vec![
        ("bare", inner.to_owned()),
        ("single quotes", format!("'{inner}'")),
        ("curly quotes", format!("“{inner}”")),
        ("backquotes", format!("`{inner}`")),
        ("not closed", format!("\"{inner}")),
        ("not opened", format!("{inner}\"")),
        ("quote inside", format!("\"{a}\"{b}\"")),
        ("quoted word inside", format!("\"{a}\"x\"{b}\"")),
        ("two quotes", format!("\"\"{inner}\"\"")),
        ("half closed", format!("\"{inner}'")),
    ]
}

/// A word with its letters wrong.
fn words(word: &str, reserved: bool) -> Vec<(&'static str, String)> {
    let chars: Vec<char> = word.chars().collect();
    let mut twisted = chars.clone();
    let middle = (chars.len() / 2).min(chars.len().saturating_sub(2));
    if chars.len() > 1 {
        twisted.swap(middle, middle + 1);
    }
    let mut short = chars.clone();
    short.remove(chars.len() / 2);
    let (front, back) = chars.split_at(chars.len() / 2);
    let split: String = [front, &[' '], back].concat().iter().collect();
    vec![
        ("twisted", twisted.iter().collect()),
        ("short", short.iter().collect()),
        ("split", split),
        ("capital", word.to_uppercase()),
        ("quoted", format!("\"{word}\"")),
        ("reserved", if reserved { "a" } else { "port" }.to_owned()),
        ("plural", format!("{word}s")),
        ("starred", format!("{word}*")),
    ]
}
