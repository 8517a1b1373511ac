//! Conditions on labels in the words of other languages.

use super::{Answer, Place, Start, range};
use crate::{
    lexer::Lexeme,
    parse::{closer_of, lexical::shown, literal::between},
    token::TokenKind as T,
};
use npl_diagnostics::{Diagnostic, codes::syntax};

/// `{ app != "a" }`, `{ not app }`, `{ app: in ["a"] }`.
pub(super) fn condition(place: &Place<'_>) -> Option<Answer> {
    let labels = matches!(place.word(), Some(T::Workload | T::Foreign))
        || matches!(place.start, Start::Flow | Start::Edge);
    if !labels {
        return None;
    }
    let start = start(place)?;
    let mut reader = Reader {
        text: place.text,
        rest: place.tokens.get(start..)?,
    };
    let length = reader.rest.len();
    let meant = reader.label()?;
    let end = start + length - reader.rest.len();
    let tokens = place.tokens.get(start..end)?;
    let with = meant.tokens();
    let mended = place.splice(start..end, &with);
    if end < place.at || !place.passes(&mended, start + with.len() - 1) {
        return None;
    }
    let written = meant.written(place.text);
    let at = range(tokens);
    let message = format!(
        "`{}` is no condition on a label",
        shown(place.slice(tokens))
    );
    let finding = Diagnostic::new(&syntax::UNEXPECTED_TOKEN, at, message)
        .help(format!("write `{written}`"))
        .fix(format!("write `{written}`"), true, at, written);
    Some(Answer::mending(finding, mended))
}

/// Where the label begins in which the parser stopped.
fn start(place: &Place<'_>) -> Option<usize> {
    let mut index = place.at;
    loop {
        let before = index.checked_sub(1)?;
        match place.kind(before)? {
            T::LBrace | T::Comma => return Some(index),
            kind if kind.is_opener() || kind.is_closer() => return None,
            _ => index = before,
        }
    }
}

/// What a label was meant to say.
struct Meant {
    key: Lexeme,
    negated: bool,
    /// None: whether the key exists.
    values: Option<Vec<Lexeme>>,
}

impl Meant {
    fn tokens(&self) -> Vec<Lexeme> {
        let own = |kind| Lexeme::virtual_at(kind, self.key.end);
        let Some(values) = &self.values else {
            let bang = self.negated.then(|| own(T::Bang));
            return bang.into_iter().chain([self.key]).collect();
        };
        let mut out = vec![self.key];
        out.extend(self.negated.then(|| own(T::Not)));
        out.extend([own(T::In), own(T::LBracket)]);
        for (index, value) in values.iter().enumerate() {
            out.extend((index > 0).then(|| Lexeme::virtual_at(T::Comma, value.start)));
            out.push(*value);
        }
        let end = values.last().map_or(self.key.end, |t| t.end);
        out.push(Lexeme::virtual_at(T::RBracket, end));
        out
    }

    fn written(&self, text: &str) -> String {
        let key = self.key.text(text);
        let Some(values) = &self.values else {
            return format!("{}{key}", if self.negated { "!" } else { "" });
        };
        let value = |t: &Lexeme| match t.text(text) {
            quoted if quoted.starts_with('"') => quoted.to_owned(),
            bare => format!("\"{}\"", between(bare)),
        };
        let values: Vec<String> = values.iter().map(value).collect();
        let not = if self.negated { " not" } else { "" };
        format!("{key}{not} in [{}]", values.join(", "))
    }
}

/// Reads one label and what people write for it.
struct Reader<'p> {
    text: &'p str,
    rest: &'p [Lexeme],
}

impl Reader<'_> {
    fn peek(&self) -> Option<T> {
        self.rest.first().map(|t| t.kind)
    }

    fn take(&mut self) -> Option<Lexeme> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn eat(&mut self, kind: T) -> bool {
        let eaten = self.peek() == Some(kind);
        if eaten {
            self.take();
        }
        eaten
    }

    /// A word that has a meaning elsewhere.
    fn eat_word(&mut self, words: &[&str]) -> bool {
        let first = self.rest.first();
        let written = first.map(|t| t.text(self.text).to_ascii_lowercase());
        let eaten = written.is_some_and(|w| words.contains(&w.as_str()));
        if eaten {
            self.take();
        }
        eaten
    }

    fn label(&mut self) -> Option<Meant> {
        let mut not = 0u8;
        not += u8::from(self.eat(T::Not) || self.eat(T::Bang));
        let key = self.take().filter(|t| {
            let word = t.kind.is_word() && !matches!(t.kind, T::In | T::Not);
            word || t.kind == T::Str
        })?;
        let equals = self.sign(&mut not)?;
        not += u8::from(self.eat(T::Not));
        let mut listed = false;
        if self.eat_word(&["notin", "not_in", "not-in"]) {
            not += 1;
            listed = true;
        } else {
            listed |= self.eat(T::In);
        }
        let values = match self.peek()? {
            T::Comma | T::RBrace if !(listed || equals) => None,
            T::LBracket | T::LParen => Some(self.list()?),
            _ if !(listed || equals) => {
                self.eat_word(&["exists"]).then_some(())?;
                None
            }
            // `app = "a"` is a mistake of its own.
            _ if !listed && not == 0 => return None,
            _ => Some(vec![self.value()?]),
        };
        if not > 1 || !matches!(self.peek()?, T::Comma | T::RBrace) {
            return None;
        }
        Some(Meant {
            key,
            negated: not == 1,
            values,
        })
    }

    /// `:`, `=`, `==`, `!=`: whether there is one.
    fn sign(&mut self, not: &mut u8) -> Option<bool> {
        let unequal = self.eat(T::Bang);
        *not += u8::from(unequal);
        let sign = self.eat(T::Colon) | self.eat(T::Equals) | self.eat(T::Equals);
        (sign || !unequal).then_some(sign)
    }

    fn list(&mut self) -> Option<Vec<Lexeme>> {
        let close = closer_of(self.rest, 0)?;
        self.take()?;
        let behind = self.rest.get(close..)?;
        self.rest = self.rest.get(..close.checked_sub(1)?)?;
        let mut out = Vec::new();
        while !self.rest.is_empty() {
            out.push(self.value()?);
            if !self.eat(T::Comma) && !self.rest.is_empty() {
                return None;
            }
        }
        self.rest = behind;
        (!out.is_empty()).then_some(out)
    }

    /// A string, or what it would be between quotes.
    fn value(&mut self) -> Option<Lexeme> {
        let first = self.take()?;
        if first.kind == T::Str {
            return Some(first);
        }
        let part = |t: &Lexeme| {
            t.kind.is_word() || matches!(t.kind, T::Int | T::Port | T::Addr | T::Date | T::Dot)
        };
        let mut last = Some(first).filter(part)?;
        while let Some(next) = self.rest.first().filter(|t| part(t) && last.touches(t)) {
            last = *next;
            self.take();
        }
        Some(Lexeme {
            kind: T::Str,
            end: last.end,
            ..first
        })
    }
}
