//! Classes and escapes of RE2. A class is written anew from its members: the `regex` crate knows
//! operators inside of brackets (`&&`, `--`, `~~`, a nested bracket) that are plain text there.

use super::Chars;

/// So far the end of a named class is looked for: many open brackets cost no square of their
/// number.
const AHEAD_CHARS_MAX: usize = 256;

/// What stands behind a backslash.
pub(super) enum Escape {
    Char(char),
    /// Members of a class, without its brackets.
    Class(String),
}

/// A class behind its `[`.
pub(super) fn read(rest: &mut Chars<'_>) -> Option<String> {
    let mut out = String::from("[");
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        let next = *rest.peek()?;
        match next {
            ']' if !first => break,
            '[' if is_named(rest) => named(rest, &mut out)?,
            _ => range(rest, &mut out)?,
        }
        first = false;
    }
    rest.next();
    out.push(']');
    Some(out)
}

/// `[:alpha:]`.
fn is_named(rest: &Chars<'_>) -> bool {
    let text: String = rest.clone().take(2).collect();
    let mut after = rest.clone().skip(2).take(AHEAD_CHARS_MAX);
    let mut last = ' ';
    text == "[:"
        && after.any(|c| {
            let ends = last == ':' && c == ']';
            last = c;
            ends
        })
}

fn named(rest: &mut Chars<'_>, out: &mut String) -> Option<()> {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
        "space", "upper", "word", "xdigit",
    ];
    let name: String = rest.by_ref().skip(2).take_while(|c| *c != ':').collect();
    let bare = name.strip_prefix('^').unwrap_or(&name);
    if rest.next() != Some(']') || !NAMES.contains(&bare) {
        return None;
    }
    out.push_str(&format!("[:{name}:]"));
    Some(())
}

/// One member, or two with what lies between them.
fn range(rest: &mut Chars<'_>, out: &mut String) -> Option<()> {
    let low = match member(rest)? {
        Escape::Char(low) => low,
        Escape::Class(class) => {
            out.push_str(&class);
            return Some(());
        }
    };
    let mut ahead = rest.clone();
    let spans = ahead.next() == Some('-') && ahead.peek().is_some_and(|c| *c != ']');
    let high = match spans {
        false => low,
        true => {
            rest.next();
            match member(rest)? {
                Escape::Char(high) => high,
                Escape::Class(_) => return None,
            }
        }
    };
    if high < low {
        return None;
    }
    out.push_str(&format!(
        "\\x{{{:x}}}-\\x{{{:x}}}",
        u32::from(low),
        u32::from(high)
    ));
    Some(())
}

fn member(rest: &mut Chars<'_>) -> Option<Escape> {
    match rest.next()? {
        '\\' => escape(rest),
        c => Some(Escape::Char(c)),
    }
}

/// Behind a backslash, in a class or outside of one.
pub(super) fn escape(rest: &mut Chars<'_>) -> Option<Escape> {
    let class = |text: &str| Some(Escape::Class(text.to_owned()));
    let c = rest.next()?;
    let plain = match c {
        'd' => return class("0-9"),
        'D' => return class("[^0-9]"),
        's' => return class(r"\t\n\f\r\x20"),
        'S' => return class(r"[^\t\n\f\r\x20]"),
        'w' => return class("0-9A-Za-z_"),
        'W' => return class("[^0-9A-Za-z_]"),
        'p' | 'P' => return property(rest, c == 'P'),
        'a' => '\u{7}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => hex(rest)?,
        '0'..='7' => octal(rest, c)?,
        _ if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
        _ => return None,
    };
    Some(Escape::Char(plain))
}

/// `\pL`, `\p{Greek}`, `\p{^Greek}`.
fn property(rest: &mut Chars<'_>, negated: bool) -> Option<Escape> {
    let name: String = match rest.next()? {
        '{' => {
            if !rest.clone().any(|c| c == '}') {
                return None;
            }
            rest.by_ref().take_while(|c| *c != '}').collect()
        }
        one => one.to_string(),
    };
    let (negated, name) = match name.strip_prefix('^') {
        Some(name) => (!negated, name),
        None => (negated, name.as_str()),
    };
    let word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let letter = if negated { 'P' } else { 'p' };
    (word && !name.is_empty()).then(|| Escape::Class(format!("\\{letter}{{{name}}}")))
}

fn hex(rest: &mut Chars<'_>) -> Option<char> {
    let digit = |c: Option<char>| c.and_then(|c| c.to_digit(16));
    if rest.next_if_eq(&'{').is_none() {
        let high = digit(rest.next())?;
        return char::from_u32(high * 16 + digit(rest.next())?);
    }
    let mut value = digit(rest.next())?;
    while rest.next_if_eq(&'}').is_none() {
        value = value.checked_mul(16)?.checked_add(digit(rest.next())?)?;
    }
    char::from_u32(value)
}

/// A digit alone is a reference to a group, which RE2 has not; but for `\0`.
fn octal(rest: &mut Chars<'_>, first: char) -> Option<char> {
    let is = |c: &char| ('0'..='7').contains(c);
    if first != '0' && !rest.peek().is_some_and(is) {
        return None;
    }
    let mut value = first.to_digit(8)?;
    for _ in 0..2 {
        if let Some(digit) = rest.next_if(is).and_then(|c| c.to_digit(8)) {
            value = value * 8 + digit;
        }
    }
    char::from_u32(value)
}
