//! Which sign may stand between which two tokens: what cannot stand need not be tried.

use crate::token::TokenKind as T;

/// Signs and words that may be missing, or stand in the place of others.
pub(super) const SIGNS: [(T, &str); 23] = [
    (T::Colon, ":"),
    (T::Comma, ","),
    (T::Arrow, "->"),
    (T::Equals, "="),
    (T::Pipe, "|"),
    (T::Dot, "."),
    (T::LBrace, "{"),
    (T::RBrace, "}"),
    (T::LParen, "("),
    (T::RParen, ")"),
    (T::LBracket, "["),
    (T::RBracket, "]"),
    (T::Is, "is"),
    (T::In, "in"),
    (T::Via, "via"),
    (T::Reach, "reach"),
    (T::Can, "can"),
    (T::Namespace, "namespace"),
    (T::Workload, "workload"),
    (T::Of, "of"),
    (T::Stays, "stays"),
    (T::Within, "within"),
    (T::Disjoint, "disjoint"),
];

fn value(kind: T) -> bool {
    kind.is_word() || matches!(kind, T::Str | T::Int | T::Port | T::Addr | T::Date)
}

fn end(kind: T) -> bool {
    kind.is_name() || matches!(kind, T::Str | T::Addr)
}

/// Whether the sign may stand between two tokens.
pub(super) fn between(before: Option<T>, sign: T, after: Option<T>) -> bool {
    let Some(before) = before else {
        return false;
    };
    let after_is = |fits: fn(T) -> bool| after.is_some_and(fits);
    match sign {
        T::Colon => {
            (before.is_word() || matches!(before, T::Str | T::Addr | T::RParen | T::RBracket))
                && after_is(|k| value(k) || k == T::LBrace)
        }
        T::Comma => {
            (value(before) || before.is_closer())
                && after_is(|k| value(k) || k.is_opener() || k == T::Bang)
        }
        T::Arrow => (end(before) || before.is_closer()) && after_is(|k| end(k) || k.is_opener()),
        T::Equals => before.is_name() && after_is(|k| value(k) || k.is_opener()),
        T::Pipe => (end(before) || before == T::RParen) && after_is(|k| end(k) || k == T::LParen),
        T::Dot => before.is_name() && after_is(|k| k.is_name() || k == T::LBrace),
        T::LBrace | T::LParen | T::LBracket => opener(before, sign, after),
        T::RBrace | T::RParen | T::RBracket => {
            value(before) || before.is_closer() || before.is_opener()
        }
        _ => word(before, sign, after),
    }
}

fn opener(before: T, sign: T, after: Option<T>) -> bool {
    let inside = after.is_some_and(|k| value(k) || k.is_opener() || k == T::Bang);
    let empty = after.is_some() && after == sign.closer();
    let front = match sign {
        T::LBracket => matches!(before, T::In | T::Arrow | T::LBrace | T::Equals),
        T::LParen => {
            before.is_word() || matches!(before, T::Arrow | T::Pipe | T::Equals | T::Comma)
        }
        _ => !before.is_opener() || before == T::LBrace,
    };
    front && (inside || empty)
}

fn word(before: T, sign: T, after: Option<T>) -> bool {
    let after_is = |kind: T| after == Some(kind);
    let name = after.is_some_and(T::is_name);
    match sign {
        T::Is => (value(before) || before.is_closer()) && name,
        T::In => {
            (value(before) || before == T::RBrace)
                && (name || matches!(after, Some(T::LBracket | T::Namespace)))
        }
        T::Via => (value(before) || before.is_closer()) && name,
        T::Reach => matches!(before, T::Can | T::Cannot),
        T::Can => after_is(T::Reach),
        T::Namespace => matches!(before, T::In | T::Any),
        T::Workload => before == T::Foreign,
        T::Of => before == T::Breach,
        T::Stays => after_is(T::Within),
        T::Disjoint => before == T::Assert && name,
        T::Within => before == T::Stays || after_is(T::Int),
        _ => false,
    }
}
