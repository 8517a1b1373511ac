//! Names of objects, as the API server asks for them (RFC 1123; apimachinery `NameIsDNSSubdomain`
//! and `ValidateNamespaceName`): lower-case letters, digits and `-`; in names, dots too.

use npl_diagnostics::{Diagnostic, Place, codes::import as codes};

use super::selector::is_dns_label;

/// Bytes of an object's name, and of a namespace.
const NAME_BYTES_MAX: usize = 253;
const NAMESPACE_BYTES_MAX: usize = 63;

/// How a template begins that was not rendered.
pub(crate) const TEMPLATE: &str = "{{";

/// Whether an object, such as a service account, can have this name.
pub(crate) fn can_be_name(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX && text.split('.').all(is_dns_label)
}

pub(crate) fn can_be_namespace(text: &str) -> bool {
    text.len() <= NAMESPACE_BYTES_MAX && is_dns_label(text)
}

pub(crate) fn bad_name(what: &str, text: &str, at: Place) -> Option<Diagnostic<Place>> {
    finding(what, text, at, can_be_name(text), NAME_BYTES_MAX)
}

/// Absent and empty are the same.
pub(crate) fn bad_namespace(text: &str, at: Place) -> Option<Diagnostic<Place>> {
    let good = text.is_empty() || can_be_namespace(text);
    finding("namespace", text, at, good, NAMESPACE_BYTES_MAX)
}

fn finding(
    what: &str,
    text: &str,
    at: Place,
    good: bool,
    most: usize,
) -> Option<Diagnostic<Place>> {
    let new = |message| Diagnostic::new(&codes::POLICY_BAD_OBJECT_NAME, at, message);
    if text.len() > most {
        let bytes = text.len();
        let message = format!("the {what} has {bytes} bytes, and {most} are the most");
        return Some(new(message).help("shorten it"));
    }
    if good {
        return None;
    }
    let help = if text.contains(TEMPLATE) {
        "this is a template: render it first (`helm template`) and read the result"
    } else {
        "use lower-case letters, digits and `-`, with a letter or digit at both ends"
    };
    let message = format!("`{text}` is no {what} that Kubernetes takes");
    Some(new(message).help(help))
}
