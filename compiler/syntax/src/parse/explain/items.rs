//! Words: reserved ones as names, mistyped ones, and items without their first word.

use super::{Answer, Place, range, run};
use crate::{
    cut::ItemWord,
    lexer::Lexeme,
    parse::{
        lexical::shown,
        literal::{Finding, nearest},
        piece::Start,
    },
    token::{ITEM_WORDS, TokenKind as T},
};
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

/// `namespace test`: the word was meant as a name if the item goes on behind it.
pub(super) fn reserved_word(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    if !found.kind.is_reserved() || !place.expects("name") || found.start == found.end {
        return None;
    }
    let mended = place.read_as(T::Ident);
    // A word that opens an item cannot go on one; a word of a clause may just follow a gap.
    let last = place.at + 1 == place.tokens.len();
    let meant = if found.kind.is_item_word() {
        place.passes(&mended, place.at + usize::from(!last))
    } else {
        place.parses(&mended)
    };
    if !meant {
        return None;
    }
    let word = found.text(place.text);
    let finding = place.finding(
        &syntax::RESERVED_WORD,
        format!("`{word}` is a reserved word, not a name"),
    );
    let quotable = place.before_is(T::Namespace) || place.before_is(T::In);
    let finding = if quotable && place.expects("string") {
        let quoted = format!("\"{word}\"");
        finding
            .help(format!("write `{quoted}`"))
            .fix("quote it", true, found.range(), quoted)
    } else {
        finding.help("choose another name")
    };
    Some(Answer::mending(finding, mended))
}

/// `in: "x"`: the two words that are no label keys without quotes.
pub(super) fn reserved_key(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    let begins =
        place.before_is(T::LBrace) || place.before_is(T::Comma) || place.before_is(T::Bang);
    let word = matches!(found.kind, T::In | T::Not);
    if !(word && begins && place.expects("string") && place.expects("external")) {
        return None;
    }
    let word = found.text(place.text);
    let quoted = format!("\"{word}\"");
    let message = format!("`{word}` is a reserved word, not a label key");
    let finding = place
        .finding(&syntax::RESERVED_WORD, message)
        .help(format!("write `{quoted}`"))
        .fix("quote it", true, found.range(), quoted);
    Some(Answer::mending(finding, place.read_as(T::Str)))
}

/// `workload my.app { … }`, `namespace my.ns`.
pub(super) fn dotted_name(place: &Place<'_>) -> Option<Answer> {
    let behind = match (place.kind(0)?, place.kind(1)) {
        (T::Foreign, Some(T::Workload)) => 3,
        (T::Namespace, _) => 2,
        (word, _) if ItemWord::of(word).declares() => 2,
        _ => return None,
    };
    let of_namespace = place.before(2).is_some_and(|t| t.kind == T::Namespace);
    let named = place.at == behind || of_namespace;
    if place.start != Start::Item || !named || !place.found_is(T::Dot) {
        return None;
    }
    let mut end = place.at;
    while place.kind(end) == Some(T::Dot) && place.kind(end + 1).is_some_and(T::is_word) {
        end += 2;
    }
    let tokens = place.tokens.get(place.at - 1..end)?;
    let at = range(tokens);
    let name = place.slice(tokens);
    let message = format!("`{}` is no name: a name holds no dot", shown(name));
    let finding = Diagnostic::new(&syntax::UNEXPECTED_TOKEN, at, message);
    let finding = match of_namespace {
        true => finding.help("write the namespace as `kubectl get namespaces` shows it"),
        false => {
            let joined = name.replace('.', "-");
            let help = format!("write `{}`", shown(&joined));
            finding.help(help.clone()).fix(help, false, at, joined)
        }
    };
    let mended = place.splice(place.at..end, &[]);
    Some(Answer::mending(finding, mended))
}

/// A word that is almost the one that is expected: `becuase`.
pub(super) fn typo(place: &Place<'_>) -> Option<Answer> {
    let found = place.found().filter(|t| t.kind == T::Ident)?;
    let written = found.text(place.text);
    let words: Vec<&str> = place
        .expected
        .iter()
        .copied()
        .filter(|e| e.len() > 3 && e.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter(|e| !e.contains(' ') && !matches!(*e, "name" | "string" | "number" | "address"))
        .collect();
    let word = nearest(&written.to_ascii_lowercase(), &words)?;
    let mended = place.read_as(keyword(word)?);
    let end = place.at + 1 == place.tokens.len();
    if !place.passes(&mended, place.at + usize::from(!end)) {
        return None;
    }
    let finding = place
        .finding(
            &syntax::UNEXPECTED_TOKEN,
            format!("expected `{word}`, found `{written}`"),
        )
        .help(format!("did you mean `{word}`?"))
        .fix(format!("write `{word}`"), false, found.range(), word);
    Some(Answer::mending(finding, mended))
}

fn keyword(word: &str) -> Option<T> {
    let lexemes = crate::lexer::scan(word).0;
    lexemes.first().map(|t| t.kind).filter(|k| *k != T::Ident)
}

/// The item was complete before: what follows lacks the word that begins an item.
pub(super) fn missing_word(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    let begins = found.kind.is_name() || matches!(found.kind, T::Str | T::Addr | T::LParen);
    if place.start != Start::Item || !begins || !place.complete() {
        return None;
    }
    let rest = place.tokens.get(place.at..)?;
    if let Some(finding) = mistyped(place.text, rest) {
        return Some(Answer::only(finding));
    }
    let first = place.tokens.first()?;
    let mut again = vec![Lexeme::virtual_at(first.kind, found.start)];
    again.extend_from_slice(rest);
    let word = first.text(place.text);
    let shown = shown(found.text(place.text));
    let wanted = match run(place.text, Start::Item, &again) {
        Ok(_) => true,
        Err(refusal) => place.is_rule() && rest.iter().take(refusal.at).any(|t| t.kind == T::Arrow),
    };
    let finding = if wanted {
        place
            .finding(
                &syntax::MISSING_KEYWORD,
                format!("`{word}` is missing before `{shown}`"),
            )
            .help(format!(
                "every item starts with a keyword: write `{word} {shown} …`"
            ))
            .fix(
                format!("write `{word}`"),
                false,
                TextRange::at(found.start),
                format!("{word} "),
            )
    } else {
        let expected = super::expected::sentence(place);
        place
            .finding(
                &syntax::UNEXPECTED_TOKEN,
                format!("expected {expected}, found {}", place.found_text()),
            )
            .help("every item starts with a keyword, like `allow`, `workload` or `group`")
    };
    Some(Answer::only(finding))
}

/// Text before the first item of a file, or of a template's body.
pub(in crate::parse) fn no_item(text: &str, lexemes: &[Lexeme]) -> Finding {
    let known = mistyped(text, lexemes).or_else(|| glued(text, lexemes));
    if let Some(finding) = known.or_else(|| super::declarations::parameter(text, lexemes)) {
        return finding;
    }
    let first = lexemes.first();
    let found = first.map_or("", |t| t.text(text));
    let at = first.map(Lexeme::range).unwrap_or_default();
    let finding = Diagnostic::new(
        &syntax::MISSING_KEYWORD,
        at,
        format!("expected an item, found `{}`", shown(found)),
    );
    if lexemes.iter().any(|t| t.kind == T::Arrow) {
        let finding = finding.help("a rule begins with `allow` or `deny`");
        let end = |t: &Lexeme| t.kind.is_name() || matches!(t.kind, T::Str | T::LParen);
        let verb = first.is_some_and(|t| t.kind == T::Ident);
        if verb && lexemes.get(1).is_some_and(end) {
            return finding.fix("write `allow`", false, at, "allow");
        }
        return finding.fix("write `allow`", false, TextRange::at(at.start), "allow ");
    }
    finding.help("every item starts with a keyword, like `allow`, `workload` or `group`")
}

/// The item word that the first word of a text was meant to be, with a slip of the finger in it.
pub fn mistyped_word(text: &str) -> Option<ItemWord> {
    mistyped_item(text, &crate::lexer::scan(text).0)
}

pub(crate) fn mistyped_item(text: &str, lexemes: &[Lexeme]) -> Option<ItemWord> {
    keyword(meant(text, lexemes)?).map(ItemWord::of)
}

fn meant(text: &str, lexemes: &[Lexeme]) -> Option<&'static str> {
    let (first, second) = (lexemes.first()?, lexemes.get(1)?);
    let written = first.text(text);
    let follows = second.kind.is_name() || matches!(second.kind, T::Str | T::LParen | T::Workload);
    if first.kind != T::Ident || !follows || written.len() < 3 {
        return None;
    }
    nearest(&written.to_ascii_lowercase(), &ITEM_WORDS)
}

/// An item word with a slip of the finger in it, in a place where an item may begin.
pub(in crate::parse) fn mistyped(text: &str, lexemes: &[Lexeme]) -> Option<Finding> {
    let word = meant(text, lexemes)?;
    let first = lexemes.first()?;
    let written = first.text(text);
    Some(
        Diagnostic::new(
            &syntax::MISSING_KEYWORD,
            first.range(),
            format!("no item begins with `{written}`"),
        )
        .help(format!("did you mean `{word}`?"))
        .fix(format!("write `{word}`"), false, first.range(), word),
    )
}

/// `workloadapi { … }`: a declaration without the blank behind its word.
fn glued(text: &str, lexemes: &[Lexeme]) -> Option<Finding> {
    let first = lexemes.first().filter(|t| t.kind == T::Ident)?;
    let written = first.text(text);
    let begins = |word: &&&str| {
        written
            .strip_prefix(**word)
            .is_some_and(|name| !name.is_empty())
    };
    let word = ITEM_WORDS.iter().find(begins)?;
    let at = TextRange::new(first.start, first.start + word.len() as u32);
    let mut tokens = vec![
        Lexeme::virtual_at(keyword(word)?, at.start),
        Lexeme {
            start: at.end,
            ..*first
        },
    ];
    tokens.extend_from_slice(lexemes.get(1..)?);
    if !ItemWord::of(tokens.first()?.kind).declares() || run(text, Start::Item, &tokens).is_err() {
        return None;
    }
    let message = format!("a blank is missing in `{}`", shown(written));
    let right = format!("{word} {}", written.get(word.len()..)?);
    Some(
        Diagnostic::new(&syntax::MISSING_KEYWORD, at, message)
            .help(format!("write `{}`", shown(&right)))
            .fix("write a blank", false, at, format!("{word} ")),
    )
}

fn is_word(sign: &str) -> bool {
    sign.starts_with(|c: char| c.is_ascii_lowercase())
}

/// One sign is missing, and with it everything parses.
pub(super) fn missing_sign(place: &Place<'_>) -> Option<Answer> {
    const SIGNS: [(&str, T); 8] = [
        ("->", T::Arrow),
        (":", T::Colon),
        ("=", T::Equals),
        ("is", T::Is),
        ("reach", T::Reach),
        ("namespace", T::Namespace),
        ("workload", T::Workload),
        ("|", T::Pipe),
    ];
    let (found, before) = (place.found()?, place.before(1)?);
    let (sign, mended) = SIGNS
        .iter()
        .filter(|(sign, _)| place.expects(sign) || *sign == "|")
        // Where a name may stand, a word would become one.
        .filter(|(sign, _)| !(is_word(sign) && place.expects("name")))
        .map(|(sign, kind)| (*sign, place.with_inserted(*kind)))
        .find(|(_, mended)| place.parses(mended))?;
    let expected = match sign {
        "|" => super::expected::sentence(place),
        _ => format!("`{sign}`"),
    };
    // `b 443` is `b:443`.
    let port = sign == ":" && matches!(found.kind, T::Int | T::Port) && !found.new_line;
    let gap = match port {
        true => TextRange::new(before.end, found.start),
        false => TextRange::at(before.end),
    };
    let text = if sign == ":" {
        ":".to_owned()
    } else {
        format!(" {sign}")
    };
    let finding = place
        .finding(
            &syntax::UNEXPECTED_TOKEN,
            format!("expected {expected}, found {}", place.found_text()),
        )
        .help(format!(
            "write `{sign}` behind `{}`",
            shown(before.text(place.text))
        ))
        .fix(format!("write `{sign}`"), false, gap, text);
    Some(Answer::mending(finding, mended))
}
