//! Rules and claims: destinations, ports, clauses.

use super::{Answer, Place, range};
use crate::{
    lexer::Lexeme,
    parse::{
        closer_of,
        lexical::{shown, slips::other_date},
    },
    token::TokenKind as T,
};
use npl_diagnostics::{Diagnostic, Edit, Fix, TextRange, codes::syntax, suggest};

/// `assert a can not reach b`.
pub(super) fn can_not(place: &Place<'_>) -> Option<Answer> {
    let (can, not) = (place.before(1)?, place.found()?);
    if can.kind != T::Can || not.kind != T::Not {
        return None;
    }
    let at = TextRange::new(can.start, not.end);
    let word = Lexeme {
        kind: T::Cannot,
        end: not.end,
        ..*can
    };
    let finding = Diagnostic::new(&syntax::UNEXPECTED_TOKEN, at, "`cannot` is one word")
        .help("write `cannot reach`")
        .fix("write `cannot`", true, at, "cannot");
    let mended = place.splice(place.at - 1..place.at + 1, &[word]);
    Some(Answer::mending(finding, mended))
}

/// `assert olny a can reach b`.
pub(super) fn claim_word(place: &Place<'_>) -> Option<Answer> {
    const AT: usize = 1;
    let word = place.tokens.get(AT).filter(|t| t.kind == T::Ident)?;
    let follows = place.found()?.kind;
    if place.word() != Some(T::Assert) || place.at != AT + 1 {
        return None;
    }
    let written = word.text(place.text);
    let (meant, kind) = match suggest(written, ["only", "breach", "disjoint"])? {
        "only" => ("only", T::Only),
        "breach" => ("breach", T::Breach),
        _ => ("disjoint", T::Disjoint),
    };
    let mended = place.splice(AT..AT + 1, &[Lexeme { kind, ..*word }]);
    if follows == T::Pipe || !place.passes(&mended, place.at) {
        return None;
    }
    let message = format!("`{}` begins no claim", shown(written));
    let finding = Diagnostic::new(&syntax::UNEXPECTED_TOKEN, word.range(), message)
        .help(format!("did you mean `{meant}`?"))
        .fix(format!("write `{meant}`"), false, word.range(), meant);
    Some(Answer::mending(finding, mended))
}

/// `until "2027-01-31"`.
pub(super) fn quoted_date(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    let text = found.text(place.text).trim_matches('"');
    let lexemes = crate::lexer::scan(text).0;
    let date = matches!(lexemes.as_slice(), [t] if t.kind == T::Date);
    if found.kind != T::Str || !place.expects("date") || !date {
        return None;
    }
    let finding = place
        .finding(&syntax::UNEXPECTED_TOKEN, "a date stands without quotes")
        .help(format!("write `until {text}`"))
        .fix("remove the quotes", true, found.range(), text);
    let bare = Lexeme {
        kind: T::Date,
        start: found.start + 1,
        end: found.end - 1,
        ..*found
    };
    Some(Answer::mending(
        finding,
        place.splice(place.at..place.at + 1, &[bare]),
    ))
}

/// `until 2030.01.31`.
pub(super) fn dotted_date(place: &Place<'_>) -> Option<Answer> {
    let found = place.found().filter(|t| t.kind == T::Addr)?;
    if !(place.expects("date") && place.before_is(T::Until)) {
        return None;
    }
    let finding = other_date(place.text, found.range())?;
    let mended = place.splice(place.at - 1..place.at + 1, &[]);
    Some(Answer::mending(finding, mended))
}

/// `http { GET "/a", POST "/b" }`.
pub(super) fn entry_comma(place: &Place<'_>) -> Option<Answer> {
    if !(place.is_rule() && place.found_is(T::Comma) && place.expects("}")) {
        return None;
    }
    let open = place
        .tokens
        .get(..place.at)?
        .iter()
        .rposition(|t| t.kind == T::LBrace)?;
    let before = place.tokens.get(..open)?;
    if !(place.expects("string") && before.iter().any(|t| t.kind == T::Via)) {
        return None;
    }
    let close = closer_of(place.tokens, open)?;
    let inner = place.tokens.get(open + 1..close)?;
    let commas = inner.iter().filter(|t| t.kind == T::Comma);
    let edits = commas
        .map(|comma| Edit {
            at: comma.range(),
            text: String::new(),
        })
        .collect();
    let kept: Vec<Lexeme> = inner
        .iter()
        .filter(|t| t.kind != T::Comma)
        .copied()
        .collect();
    let finding = place
        .finding(
            &syntax::ENTRY_COMMA,
            "no comma stands between the entries of a block",
        )
        .help("separate the entries by blanks")
        .fix_with(Fix {
            title: "remove the commas".into(),
            safe: true,
            edits,
        });
    Some(Answer::mending(
        finding,
        place.splice(open + 1..close, &kept),
    ))
}

/// `api:80, 443`.
pub(super) fn port_list(place: &Place<'_>) -> Option<Answer> {
    let port = |at: usize| matches!(place.kind(at), Some(T::Int | T::Port));
    let first = place.at.checked_sub(1)?;
    let mark = place.kind(first.checked_sub(1)?);
    let here = place.is_rule() || matches!(place.word(), Some(T::PortWord | T::Assert));
    let list = matches!(mark, Some(T::Colon | T::Equals)) && port(first);
    if !(here && list && place.found_is(T::Comma) && port(place.at + 1)) {
        return None;
    }
    let mut end = place.at;
    while place.kind(end) == Some(T::Comma) && port(end + 1) {
        end += 2;
    }
    let tokens = place.tokens.get(first..end)?;
    let at = range(tokens);
    let shape = format!("{{{}}}", place.slice(tokens));
    let mut with = vec![Lexeme::virtual_at(T::LBrace, at.start)];
    with.extend_from_slice(tokens);
    with.push(Lexeme::virtual_at(T::RBrace, at.end));
    let finding = place
        .finding(&syntax::UNEXPECTED_TOKEN, "a set of ports stands in braces")
        .help(format!("write `{}`", shown(&shape)))
        .fix("put the ports in braces", true, at, shape);
    Some(Answer::mending(finding, place.splice(first..end, &with)))
}

/// `because "x" until 2027-01-31`, `via … via …`.
pub(super) fn clause_order(place: &Place<'_>) -> Option<Answer> {
    let rank = |kind: T| match kind {
        T::Via => Some(0),
        T::Until => Some(1),
        T::Because => Some(2),
        _ => None,
    };
    let found = place.found()?;
    let mine = rank(found.kind)?;
    if !place.is_rule() || !place.complete() {
        return None;
    }
    let word = found.text(place.text);
    let before = place.tokens.get(..place.at)?;
    if before.iter().any(|t| t.kind == found.kind) {
        let finding = place.finding(
            &syntax::CLAUSE_ORDER,
            format!("a rule has one `{word}` at most"),
        );
        return Some(Answer::only(if found.kind == T::Via {
            finding.help("write a second rule: rules of one pair of ends are a union")
        } else {
            finding.help("remove one of them")
        }));
    }
    let target = before
        .iter()
        .position(|t| rank(t.kind).is_some_and(|r| r > mine))?;
    let after = place.tokens.get(place.at + 1..)?;
    let length = after
        .iter()
        .position(|t| rank(t.kind).is_some())
        .unwrap_or(after.len());
    let end = place.at + 1 + length;
    let clause = place.tokens.get(place.at..end)?;
    let (behind, text) = (place.tokens.get(target)?, place.slice(clause));
    let follower = behind.text(place.text);
    let mut finding = place
        .finding(
            &syntax::CLAUSE_ORDER,
            format!("`{word}` stands before `{follower}`"),
        )
        .help(format!("write the `{word}` clause before `{follower}`"));
    if !text.contains(['\n', '\r']) {
        let cut = TextRange::new(before.last()?.end, range(clause).end);
        finding = finding.fix_with(Fix {
            title: format!("move the `{word}` clause"),
            safe: true,
            edits: vec![
                Edit {
                    at: TextRange::at(behind.start),
                    text: format!("{text} "),
                },
                Edit {
                    at: cut,
                    text: String::new(),
                },
            ],
        });
    }
    let mut mended = place.tokens.get(..target)?.to_vec();
    mended.extend_from_slice(clause);
    mended.extend_from_slice(place.tokens.get(target..place.at)?);
    mended.extend_from_slice(place.tokens.get(end..)?);
    Some(Answer::mending(finding, mended))
}

/// `allow a -> b:443 tls.sni "x"`.
pub(super) fn missing_via(place: &Place<'_>) -> Option<Answer> {
    let found = place.found()?;
    let clause = found.text(place.text);
    let known = matches!(clause, "tls" | "http" | "grpc" | "dns");
    if !known || !place.is_rule() || !place.expects("via") {
        return None;
    }
    let mended = place.with_inserted(T::Via);
    if !place.parses(&mended) {
        return None;
    }
    let finding = place
        .finding(
            &syntax::UNEXPECTED_TOKEN,
            format!("`via` is missing before `{clause}`"),
        )
        .help(format!("write `via {clause}…`"))
        .fix("write `via`", true, TextRange::at(found.start), "via ");
    Some(Answer::mending(finding, mended))
}

/// What else people call a direction.
const OTHER_WORDS: [(&str, T); 7] = [
    ("in", T::Ingress),
    ("inbound", T::Ingress),
    ("incoming", T::Ingress),
    ("out", T::Egress),
    ("outbound", T::Egress),
    ("outgoing", T::Egress),
    ("outgress", T::Egress),
];

/// `allow egres a -> b:80`.
pub(super) fn direction(place: &Place<'_>) -> Option<Answer> {
    const AT: usize = 1;
    let word = place.tokens.get(AT)?;
    if !place.is_rule() || place.at != AT + 1 || !place.found()?.kind.is_name() {
        return None;
    }
    let written = word.text(place.text);
    let named = OTHER_WORDS.iter().find(|(other, _)| *other == written);
    let near = match suggest(written, ["ingress", "egress"]) {
        Some("ingress") => Some(T::Ingress),
        Some(_) => Some(T::Egress),
        None => None,
    };
    let kind = named.map(|(_, kind)| *kind).or(near)?;
    let meant = match kind {
        T::Ingress => "ingress",
        _ => "egress",
    };
    let mended = place.splice(AT..AT + 1, &[Lexeme { kind, ..*word }]);
    if !place.passes(&mended, place.at) {
        return None;
    }
    let message = format!("`{}` is no direction of a rule", shown(written));
    let finding = Diagnostic::new(&syntax::UNEXPECTED_TOKEN, word.range(), message)
        .help(format!("did you mean `{meant}`?"))
        .fix(format!("write `{meant}`"), false, word.range(), meant);
    Some(Answer::mending(finding, mended))
}
