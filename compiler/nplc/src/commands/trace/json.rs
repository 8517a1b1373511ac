//! JSON that people and their tools write: where it is wrong, and how, in words that do not speak
//! of this program.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// What is wrong with a text. Line and column count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub line: usize,
    pub column: usize,
    pub why: String,
}

/// Reads a whole text.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    serde_json::from_str(text).map_err(|error| {
        let line = text.lines().nth(error.line().saturating_sub(1));
        let before = line.unwrap_or_default().char_indices();
        let column = before.filter(|(at, _)| *at < error.column()).count();
        Wrong {
            line: error.line(),
            column: column.max(1),
            why: why(&error),
        }
    })
}

fn why(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    let text = text.strip_suffix(&place).unwrap_or(&text);
    if error.classify() != Category::Data {
        let text = match text {
            "expected value" | "expected ident" => "a JSON value is expected here".to_owned(),
            _ => text.replace("EOF while parsing", "it ends in the middle of"),
        };
        return format!("this is not JSON: {text}");
    }
    let given = ["invalid type: ", "invalid value: ", "invalid "];
    let given = given.into_iter().find_map(|head| text.strip_prefix(head));
    match given.and_then(|given| given.split_once(", expected ")) {
        Some((given, wanted)) => format!("{} where {} belongs", thing(given), thing(wanted)),
        None => text.to_owned(),
    }
}

/// A value as a reader of JSON calls it.
fn thing(text: &str) -> String {
    let words = [
        ("integer ", "the number "),
        ("floating point ", "the number "),
        ("boolean ", "the value "),
        ("string ", "the text "),
        ("sequence", "a list"),
        ("a sequence", "a list"),
        ("length ", "a list of length "),
        ("map", "an object"),
        ("a map", "an object"),
        ("a string", "a text"),
    ];
    let found = words
        .into_iter()
        .find_map(|(head, word)| Some((word, text.strip_prefix(head)?)));
    found.map_or_else(|| text.to_owned(), |(word, rest)| format!("{word}{rest}"))
}

/// The column of a key of the object that a line holds.
pub(super) fn column(line: &str, key: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut open: Option<usize> = None;
    let mut escaped = false;
    for ((at, c), column) in line.char_indices().zip(1..) {
        match (open, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(start), '"') => {
                open = None;
                let text = line.get(start..at);
                let rest = line.get(at + 1..).unwrap_or_default();
                let is_key = depth == 1 && rest.trim_start().starts_with(':');
                if is_key && text == Some(key) {
                    return Some(column - key.chars().count() - 1);
                }
            }
            (Some(_), _) => {}
            (None, '"') => open = Some(at + 1),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_keys() {
        let line = r#"{"a": {"dst": "\"dst\":"}, "é": "dst", "dst": 1}"#;
        assert_eq!(column(line, "dst"), Some(40));
        assert_eq!(column(line, "a"), Some(2));
        assert_eq!(column(line, "src"), None);
    }

    #[test]
    fn columns_of_what_is_no_json() {
        let read = |text: &str| read::<Vec<u8>>(text).unwrap_err();
        let wrong = read("[1,\n 2, x]");
        assert_eq!((wrong.line, wrong.column), (2, 5));
        assert_eq!(wrong.why, "this is not JSON: a JSON value is expected here");
        assert_eq!(
            read("[1").why,
            "this is not JSON: it ends in the middle of a list"
        );
        assert_eq!(read("[\"é\"]").column, 4);
        assert_eq!(read("{}").why, "an object where a list belongs");
    }
}
