//! What to write instead, where nothing more is known of a mistake than its place: the item as it
//! is written, by an example.

use super::{Place, Start};
use crate::token::TokenKind as T;

/// The help of a refusal that no explanation knows.
pub(super) fn help(place: &Place<'_>) -> String {
    if let Some(special) = special(place) {
        return special;
    }
    let (what, example) = match (place.start, place.word()) {
        (Start::Flow, _) => ("a flow", "frontend -> api:443 is allowed"),
        (Start::Edge, _) => ("a flow", "frontend -> api:443"),
        (Start::Arg, _) => return "write a name, a string, an address or a port".to_owned(),
        (Start::Item, Some(word)) => match of_item(word) {
            Some(known) => known,
            None => return "every item starts with a keyword, like `allow`".to_owned(),
        },
        (Start::Item, None) => return "every item starts with a keyword, like `allow`".to_owned(),
    };
    format!("{what} is written like `{example}`")
}

fn of_item(word: T) -> Option<(&'static str, &'static str)> {
    Some(match word {
        T::Namespace => ("the item", "namespace shop"),
        T::Use => ("an import", "use std.kubernetes.kube_dns"),
        T::Workload => ("a workload", "workload api { app: \"api\" }"),
        T::Foreign => (
            "a foreign workload",
            "foreign workload dns { k8s-app: \"kube-dns\" } in namespace kube-system",
        ),
        T::External => ("an external", "external stripe = \"api.stripe.com\""),
        T::Network => ("a network", "network office = 10.20.0.0/16"),
        T::Group => ("a group", "group backends = api | orders"),
        T::Service => ("a service", "service checkout = \"checkout\""),
        T::PortWord => ("a port", "port pg = 5432/tcp"),
        T::Param => ("a parameter", "param db: port = 5432/tcp"),
        T::Template => (
            "a template",
            "template t(w: workload) { allow w -> api:443 }",
        ),
        T::Apply => ("an `apply`", "apply t(frontend, 443)"),
        T::Allow => ("a rule", "allow frontend -> api:443"),
        T::Deny => ("a rule", "deny frontend -> api:443"),
        T::Assert => ("a claim", "assert frontend cannot reach db:5432"),
        T::Test => (
            "a test",
            "test \"a name\" { frontend -> api:443 is allowed }",
        ),
        _ => return None,
    })
}

/// Two that no example of the item answers.
fn special(place: &Place<'_>) -> Option<String> {
    match (place.word(), place.found()?.kind) {
        (Some(T::Use), T::As) => {
            let before = place.tokens.get(..place.at)?;
            let in_list = before.iter().any(|t| t.kind == T::LBrace);
            in_list.then(|| "an import of its own takes another name: `use m.x as y`".to_owned())
        }
        (Some(T::Apply), T::LBrace) => {
            Some("several ports as an argument have a name: `port web = {80, 443}`".to_owned())
        }
        _ => None,
    }
}
