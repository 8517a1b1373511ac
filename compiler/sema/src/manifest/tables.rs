//! Reading TOML tables by hand: typed values, unknown keys with a suggestion, every finding with
//! the bytes that it is about.

use npl_diagnostics::{Diagnostic, FileId, Place, TextRange, codes::config, suggest};
use smol_str::SmolStr;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{PathEntry, SettingValue};

pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// Reports into `out`; `file` is `npl.toml`.
pub(super) struct Reader {
    pub(super) file: FileId,
    pub(super) out: Vec<Diagnostic<Place>>,
}

/// A key with its place and value.
pub(super) struct Field<'t, 'i> {
    pub(super) key: &'t str,
    pub(super) place: Place,
    pub(super) value: &'t Value<'i>,
}

impl Reader {
    pub(super) fn place(&self, span: std::ops::Range<usize>) -> Place {
        let at = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Place::in_file(self.file, TextRange::new(at(span.start), at(span.end)))
    }

    pub(super) fn value_place(&self, value: &Value<'_>) -> Place {
        self.place(value.span())
    }

    pub(super) fn fields<'t, 'i>(&self, table: &'t DeTable<'i>) -> Vec<Field<'t, 'i>> {
        let fields = table.iter().map(|(key, value)| Field {
            key: key.get_ref().as_ref(),
            place: self.place(key.span()),
            value,
        });
        fields.collect()
    }

    /// The fields of a value that must be a table. `name` is how messages call it.
    pub(super) fn table<'t, 'i>(&mut self, value: &'t Value<'i>, name: &str) -> Vec<Field<'t, 'i>> {
        match value.get_ref().as_table() {
            Some(table) => self.fields(table),
            None => {
                self.wrong(value, name, "a table");
                Vec::new()
            }
        }
    }

    pub(super) fn unknown(&mut self, field: &Field<'_, '_>, within: &str, known: &[&str]) {
        let key = field.key;
        let text = format!("unknown key `{key}` in {within}");
        let found = Diagnostic::new(&config::UNKNOWN_KEY, field.place, text);
        let found = match suggest(key, known.iter().copied()) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                false,
                field.place,
                near,
            ),
            None => found.help(format!("the keys of {within} are {}", list(known))),
        };
        self.out.push(found);
    }

    pub(super) fn wrong(&mut self, value: &Value<'_>, name: &str, want: &str) {
        let have = value.get_ref().type_str();
        let text = format!("`{name}` must be {want}, not {}", article(have));
        let place = self.value_place(value);
        self.out
            .push(Diagnostic::new(&config::WRONG_VALUE, place, text));
    }

    pub(super) fn text(&mut self, value: &Value<'_>, name: &str) -> Option<SmolStr> {
        match value.get_ref().as_str() {
            Some(text) => Some(SmolStr::new(text)),
            None => {
                self.wrong(value, name, "a string");
                None
            }
        }
    }

    pub(super) fn texts(&mut self, value: &Value<'_>, name: &str) -> Vec<(SmolStr, Place)> {
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(value, name, "an array of strings");
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in array.iter() {
            if let Some(text) = self.text(item, name) {
                out.push((text, self.value_place(item)));
            }
        }
        out
    }

    pub(super) fn paths(&mut self, value: &Value<'_>, name: &str) -> Vec<PathEntry> {
        let texts = self.texts(value, name).into_iter();
        let entries = texts.map(|(text, place)| PathEntry {
            path: text.as_str().into(),
            place,
        });
        entries.collect()
    }

    /// A setting of a target: its own checks are the target's.
    pub(super) fn setting(&mut self, value: &Value<'_>, name: &str) -> Option<SettingValue> {
        match value.get_ref() {
            DeValue::String(text) => Some(SettingValue::Text(SmolStr::new(text))),
            DeValue::Boolean(yes) => Some(SettingValue::Bool(*yes)),
            DeValue::Integer(n) => {
                let parsed = i64::from_str_radix(n.as_str(), n.radix()).ok();
                if parsed.is_none() {
                    let text = format!("`{name}` does not fit into 64 bits");
                    let place = self.value_place(value);
                    let found = Diagnostic::new(&config::WRONG_VALUE, place, text);
                    self.out.push(found);
                }
                parsed.map(SettingValue::Int)
            }
            DeValue::Array(array) => {
                let items = array.iter().map(|item| self.setting(item, name));
                items.collect::<Option<Vec<_>>>().map(SettingValue::List)
            }
            _ => {
                self.wrong(
                    value,
                    name,
                    "a string, a boolean, a whole number or an array of them",
                );
                None
            }
        }
    }
}

/// `a`, `b` and `c`, in backticks.
pub(crate) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}
