//! Regular expressions as Cilium reads them: Go's `regexp` checks them and Envoy's RE2 matches
//! them, and both take one syntax (re2/doc/syntax.txt; Go `regexp/syntax`, flags `Perl`).
//! [`translate`] writes the same expression as the `regex` crate reads it.
//!
//! The two differ where it matters: `{id}` is plain text there, `\d` is ASCII, `[a&&b]` is three
//! characters, `a**` is an error. What RE2 refuses is refused here.

mod class;

use std::iter::Peekable;

/// RE2 and Go: the most that a repetition may count to.
const REPEAT_MAX: u32 = 1000;

/// Two numbers with a comma, and the bracket: longer ones are past the most.
const COUNTS_CHARS_MAX: usize = 24;

/// Deeper groups are refused, as Go does (`maxHeight`).
const DEPTH_MAX: usize = 1000;

/// Characters of an expression with a look ahead.
type Chars<'t> = Peekable<std::str::Chars<'t>>;

/// The expression in the syntax of the `regex` crate; `None` where RE2 refuses it.
pub(crate) fn translate(text: &str) -> Option<String> {
    let mut job = Job {
        rest: text.chars().peekable(),
        out: String::with_capacity(text.len()),
        depth: 0,
        before: Before::Nothing,
        flags_at: None,
    };
    while let Some(c) = job.rest.next() {
        job.one(c)?;
    }
    (job.depth == 0).then_some(job.out)
}

/// What a repetition would repeat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Something,
    /// A repetition is not repeated again.
    Repetition,
}

struct Job<'t> {
    rest: Chars<'t>,
    out: String,
    depth: usize,
    before: Before,
    /// Where flags begin that nothing follows yet: a repetition repeats what stands before them.
    flags_at: Option<usize>,
}

impl Job<'_> {
    fn one(&mut self, c: char) -> Option<()> {
        match c {
            '\\' => return self.escape(),
            '[' => {
                let class = class::read(&mut self.rest)?;
                self.out.push_str(&class);
            }
            '(' => return self.open(),
            ')' => {
                self.depth = self.depth.checked_sub(1)?;
                self.out.push(')');
            }
            '|' => {
                self.out.push('|');
                (self.before, self.flags_at) = (Before::Nothing, None);
                return Some(());
            }
            '*' | '+' => return self.repeat(&c.to_string()),
            // A `?` could come to stand behind another repetition, and mean something else there.
            '?' => return self.repeat("{0,1}"),
            '{' => {
                if let Some(counts) = self.counts()? {
                    return self.repeat(&counts);
                }
                self.out.push_str(r"\{");
            }
            '.' | '^' | '$' => self.out.push(c),
            _ => literal(&mut self.out, c),
        }
        self.something();
        Some(())
    }

    fn something(&mut self) {
        (self.before, self.flags_at) = (Before::Something, None);
    }

    /// Between two repetitions this stands for something, though it matches nothing.
    fn nothing_much(&mut self) {
        if self.before == Before::Repetition {
            self.before = Before::Something;
        }
    }

    fn repeat(&mut self, how: &str) -> Option<()> {
        if self.before != Before::Something {
            return None;
        }
        let lazy = self.rest.next_if_eq(&'?').map_or("", |_| "?");
        match self.flags_at.as_mut() {
            Some(at) => {
                self.out.insert_str(*at, &format!("{how}{lazy}"));
                *at += how.len() + lazy.len();
            }
            None => self.out.extend([how, lazy]),
        }
        self.before = Before::Repetition;
        Some(())
    }

    /// `{2}`, `{2,}` or `{2,3}` behind its bracket. `Some(None)`: none of these, so that the
    /// bracket is plain text.
    fn counts(&mut self) -> Option<Option<String>> {
        let mut ahead = self.rest.clone();
        let body: String = ahead
            .by_ref()
            .take(COUNTS_CHARS_MAX)
            .take_while(|c| *c != '}')
            .collect();
        if body.len() == COUNTS_CHARS_MAX && body.bytes().all(|b| b.is_ascii_digit() || b == b',') {
            return None;
        }
        let closed = body.len() < COUNTS_CHARS_MAX
            && self.rest.clone().nth(body.chars().count()) == Some('}');
        let (low, high) = match body.split_once(',') {
            Some((low, high)) => (low, Some(high)),
            None => (&*body, None),
        };
        let number = |text: &str| {
            let plain = text.bytes().all(|b| b.is_ascii_digit());
            let padded = text.len() > 1 && text.starts_with('0');
            plain && !text.is_empty() && !padded
        };
        if !closed || !number(low) || high.is_some_and(|high| !high.is_empty() && !number(high)) {
            return Some(None);
        }
        let value = |text: &str| text.parse::<u32>().ok().filter(|n| *n <= REPEAT_MAX);
        let least = value(low)?;
        if let Some(high) = high.filter(|high| !high.is_empty())
            && value(high)? < least
        {
            return None;
        }
        self.rest = ahead;
        Some(Some(format!("{{{body}}}")))
    }

    fn open(&mut self) -> Option<()> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return self.deeper();
        }
        if self.rest.next_if_eq(&'P').is_some() && self.rest.peek() != Some(&'<') {
            return None;
        }
        if self.rest.next_if_eq(&'<').is_some() {
            let word = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
            let mut named = false;
            while self.rest.next_if(word).is_some() {
                named = true;
            }
            // Nobody asks for what a group held: its name is dropped.
            return (named && self.rest.next() == Some('>'))
                .then_some(())
                .and_then(|()| self.deeper());
        }
        self.flags()
    }

    /// `?i:` opens a group, `?i)` holds from here to the end of the one around it.
    fn flags(&mut self) -> Option<()> {
        let start = self.out.len() - 1;
        self.out.push('?');
        let (mut negative, mut after) = (false, false);
        loop {
            let c = self.rest.next()?;
            match c {
                'i' | 'm' | 's' | 'U' => after = true,
                '-' if !negative => (negative, after) = (true, false),
                ':' | ')' if negative && !after => return None,
                ':' => {
                    self.out.push(c);
                    return self.deeper();
                }
                ')' => {
                    self.out.push(c);
                    // The crate has no group without flags, and it says nothing.
                    if !after {
                        self.out.truncate(start);
                    }
                    self.flags_at = self.flags_at.or(Some(start));
                    self.nothing_much();
                    return Some(());
                }
                _ => return None,
            }
            self.out.push(c);
        }
    }

    fn deeper(&mut self) -> Option<()> {
        (self.before, self.flags_at) = (Before::Nothing, None);
        self.depth += 1;
        (self.depth <= DEPTH_MAX).then_some(())
    }

    fn escape(&mut self) -> Option<()> {
        let c = *self.rest.peek()?;
        match c {
            'A' | 'z' | 'b' | 'B' => {
                self.rest.next();
                self.out.extend(['\\', c]);
            }
            'Q' => {
                self.rest.next();
                return self.quoted();
            }
            _ => match class::escape(&mut self.rest)? {
                class::Escape::Char(c) => literal(&mut self.out, c),
                class::Escape::Class(class) => self.out.push_str(&format!("[{class}]")),
            },
        }
        self.something();
        Some(())
    }

    /// Up to `\E`, or to the end.
    fn quoted(&mut self) -> Option<()> {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                break;
            }
            literal(&mut self.out, c);
            self.something();
        }
        self.nothing_much();
        Some(())
    }
}

fn literal(out: &mut String, c: char) {
    let mut bytes = [0; 4];
    out.push_str(&regex::escape(c.encode_utf8(&mut bytes)));
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[track_caller]
    fn check(text: &str, matching: &[&str], others: &[&str]) {
        let translated = translate(text).unwrap_or_else(|| panic!("{text} is refused"));
        let regex = regex::Regex::new(&format!(r"\A(?:{translated})\z")).unwrap();
        for yes in matching {
            assert!(regex.is_match(yes), "{text} as {translated}: {yes}");
        }
        for no in others {
            assert!(!regex.is_match(no), "{text} as {translated}: {no}");
        }
    }

    #[test]
    fn what_reads_alike() {
        check("/a(/.*)?", &["/a", "/a/b"], &["/ab"]);
        check("(?i)/a|b{2,3}?", &["/A", "bbb"], &["b"]);
        check("(?P<x>a)(?<y>b)(?:c)", &["abc"], &["ab"]);
        check("a(?i)b(?-i)c", &["aBc"], &["aBC"]);
        check("", &[""], &["a"]);
        check("^a$", &["a"], &["ba"]);
        check(r"a(?i){2}b*\Q\E*", &["aaB", "aa"], &["Aa"]);
        check(r"\d+(?i)?a", &["a", "12A"], &["1"]);
    }

    #[test]
    fn what_reads_otherwise() {
        check("/api/{id}", &["/api/{id}"], &["/api/7"]);
        check("x{,3}y{01}", &["x{,3}y{01}"], &["xxy"]);
        check(r"\d\w\s", &["7_ "], &["\u{0667}_ ", "7é "]);
        check(r"[\D]", &["a", "\u{0667}"], &["7"]);
        check("[a&&b]", &["a", "&", "b"], &["c"]);
        check("[[a]b]", &["[b]", "ab]"], &["a", "b"]);
        check("[a~~b]", &["~", "a", "b"], &["d"]);
        check("[]a][^]a]", &["]b"], &["]]"]);
        check(r"\Qa.b\E.\<\_\/", &["a.bx<_/"], &["axbx<_/"]);
        check(r"\101\x41\x{e9}\07", &["AAé\u{7}"], &["A"]);
        check("[[:alpha:]-][[:^digit:]]", &["-x"], &["1x", "a1"]);
        check(r"\pL\p{^L}\P{L}", &["é11"], &["1é1"]);
        check("#/ ~", &["#/ ~"], &[]);
        check("(?)a", &["a"], &[]);
    }

    #[test]
    fn what_is_refused() {
        for text in [
            "(a",
            "a)",
            "a**",
            "a{2}{3}",
            "a+?+",
            "*a",
            "(*)",
            "|*",
            "a{2,1}",
            "a{1001}",
            "[a",
            "[z-a]",
            "[a--b]",
            r"\",
            r"\8",
            r"\1",
            r"\y",
            r"\Z",
            r"\C",
            "(?=a)",
            "(?!a)",
            "(?x)a",
            "(?P=n)",
            "(?i-)a",
            r"\p{Nonsense}",
            "[[:nonsense:]]",
            r"\xg",
            "(?<>a)",
        ] {
            let read = translate(text).map(|text| regex::Regex::new(&text).is_ok());
            assert!(!matches!(read, Some(true)), "{text}");
        }
    }
}
