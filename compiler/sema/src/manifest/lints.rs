//! `[lints]`: levels by code or name. An error is no lint: no level is lower than what it means.

use npl_diagnostics::{
    Diagnostic, Place, Severity,
    codes::{self, Code, config},
    suggest,
};

use super::{
    Level, LintLevel,
    tables::{Field, Reader},
};

pub(super) fn lint(reader: &mut Reader, field: &Field<'_, '_>) -> Option<LintLevel> {
    let level = level(reader, field);
    let code = match codes::find(field.key) {
        Some(code) => code,
        None => {
            reader.out.push(unknown_lint(field.key, field.place));
            return None;
        }
    };
    let level = level?;
    if code.severity == Severity::Error && level != Level::Error {
        reader.out.push(not_a_lint(code, field.place));
        return None;
    }
    Some(LintLevel {
        code,
        level,
        place: field.place,
    })
}

fn level(reader: &mut Reader, field: &Field<'_, '_>) -> Option<Level> {
    let name = format!("lints.{}", field.key);
    match field.value.get_ref().as_str() {
        Some("allow") => Some(Level::Allow),
        Some("warn") => Some(Level::Warn),
        Some("error") => Some(Level::Error),
        Some(other) => {
            let text = format!("`{name}` is `{other}`, which is no level");
            let place = reader.value_place(field.value);
            let found = Diagnostic::new(&config::WRONG_VALUE, place, text)
                .help("write `allow`, `warn` or `error`");
            reader.out.push(found);
            None
        }
        None => {
            reader.wrong(field.value, &name, "`allow`, `warn` or `error`");
            None
        }
    }
}

/// A name that no code has; also used for `// nplc: ignore`.
pub(crate) fn unknown_lint(name: &str, place: Place) -> Diagnostic<Place> {
    let found = Diagnostic::new(
        &config::UNKNOWN_LINT,
        place,
        format!("there is no lint `{name}`"),
    );
    let lints = codes::all().filter(|code| code.severity != Severity::Error);
    match suggest(name, lints.map(|code| code.name)) {
        Some(near) => found.help(format!("did you mean `{near}`?")).fix(
            format!("write `{near}`"),
            false,
            place,
            near,
        ),
        None => found.help("`nplc explain` lists the codes"),
    }
}

pub(crate) fn not_a_lint(code: Code, place: Place) -> Diagnostic<Place> {
    let text = format!("`{}` is an error and cannot be silenced", code.name);
    Diagnostic::new(&config::NOT_A_LINT, place, text).help(format!(
        "correct what it is about: `nplc explain {}`",
        code.id
    ))
}
