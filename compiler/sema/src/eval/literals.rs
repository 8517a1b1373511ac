//! A literal where a name must stand: the finding, and the fix that declares a name for it.

use npl_diagnostics::{Diagnostic, Edit, Fix, Place, TextRange, codes::kinds};
use npl_syntax::ast;

use crate::eval::{cx::Cx, normal};

/// Characters of a name (grammar.md §1).
const IDENT_CHARS_MAX: usize = 63;

pub(crate) fn addr_as_end(cx: &Cx<'_>, addr: &ast::AddrLit) -> Diagnostic<Place> {
    let text = normal::addr(addr);
    let message = format!("the address `{text}` cannot be an end of a rule, a claim or a group");
    let name = identifier("net_", &text);
    let whole = addr.brackets.unwrap_or(addr.span);
    let ranges = (addr.span, whole);
    declare(cx, ranges, message, "network", &name, &text)
}

pub(crate) fn string_as_end(cx: &Cx<'_>, text: &ast::Str) -> Diagnostic<Place> {
    let message = format!(
        "the string `{}` cannot be an end of a rule, a claim or a group",
        text.node
    );
    let name = identifier("", &text.node);
    declare(
        cx,
        (text.span, text.span),
        message,
        "external",
        &name,
        &normal::quoted(&text.node),
    )
}

/// Declaring it would not help: a name is no source.
pub(crate) fn string_as_source(cx: &Cx<'_>, text: &ast::Str) -> Diagnostic<Place> {
    let message = format!("the name `{}` cannot be a source", text.node);
    cx.found(&kinds::EXTERNAL_AS_SOURCE, text.span, message)
        .note("a connection that comes in shows an address, never the name it was found by")
        .help("declare a `network` of the addresses it comes from, or use `world`")
}

/// At a literal, and in place of it with its brackets.
fn declare(
    cx: &Cx<'_>,
    (at, whole): (TextRange, TextRange),
    message: String,
    kind: &str,
    name: &str,
    literal: &str,
) -> Diagnostic<Place> {
    let declaration = format!("{kind} {name} = {literal}");
    let edit = |range, text: String| Edit {
        at: cx.at(range),
        text,
    };
    cx.found(&kinds::LITERAL_AS_END, at, message)
        .note("rules and claims name what they speak of, so that a reader learns what it is")
        .help(format!("declare `{declaration}` and name that"))
        .fix_with(Fix {
            title: format!("declare `{name}`"),
            safe: false,
            edits: vec![
                edit(TextRange::at(0), format!("{declaration}\n")),
                edit(whole, name.to_owned()),
            ],
        })
}

/// A name made of a literal's letters and digits.
fn identifier(prefix: &str, text: &str) -> String {
    let mut out = String::from(prefix);
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            _ if out.ends_with('_') || out.is_empty() => {}
            _ => out.push('_'),
        }
    }
    let name = out.trim_end_matches('_');
    let name = match name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => name.to_owned(),
        false => format!("end_{name}"),
    };
    name.chars().take(IDENT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn names_of_literals() {
        assert_eq!(identifier("", "api.stripe.com"), "api_stripe_com");
        assert_eq!(identifier("", "*.npmjs.org"), "npmjs_org");
        assert_eq!(identifier("net_", "10.1.2.3"), "net_10_1_2_3");
        assert_eq!(identifier("net_", "10.0.0.0/8"), "net_10_0_0_0_8");
        assert_eq!(identifier("", "1.example"), "end_1_example");
    }
}
