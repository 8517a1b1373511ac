//! `nplc init`: a package that checks, tests green and builds. Replaces no file.

use camino::{Utf8Path, Utf8PathBuf};
use npl_sema::files::Files as _;

use crate::{
    args::Init,
    fs::{Disk, plain},
    stop::{Answer, Result, Stop},
    ui::Ui,
    write::Batch,
};

/// Path below the package, and content; `@NAME@` is the package's name.
const FILES: [(&str, &str); 3] = [
    ("npl.toml", include_str!("init/npl.toml")),
    ("src/main.npl", include_str!("init/main.npl")),
    ("ci.yml", include_str!("init/ci.yml")),
];

/// What a Kubernetes namespace's name may have (RFC 1123).
const NAME_BYTES_MAX: usize = 63;

pub(super) fn run(args: &Init, ui: &Ui) -> Result<Answer> {
    let folder = Utf8Path::new(&args.folder);
    for (name, _) in FILES {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(Stop::at(
                path,
                "exists already, and `init` replaces nothing",
            ));
        }
    }
    let make = |path: &Utf8Path| {
        std::fs::create_dir_all(path).map_err(|error| Stop::at(path, plain(&error)))
    };
    make(&folder.join("src"))?;
    let (name, why) = name_of(folder);
    let mut batch = Batch::default();
    for (path, text) in FILES {
        batch.add(&folder.join(path), &text.replace("@NAME@", &name))?;
    }
    batch.commit()?;
    for (path, _) in FILES {
        ui.out(format!("{}\n", shown(folder, path)))?;
    }
    let there = if args.folder == "." {
        String::new()
    } else {
        format!(" {}", quoted(&args.folder))
    };
    if let Some(why) = why {
        ui.talk(&format!(
            "the package and its namespace are named `{name}`, since {why}; rename them in \
             npl.toml and src/main.npl"
        ));
    }
    ui.talk(&format!(
        "made the package `{name}`; next: nplc check{there}, nplc test{there}, nplc build{there}"
    ));
    Ok(Answer::Yes)
}

/// As one word of a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ',');
    if word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn shown(folder: &Utf8Path, path: &str) -> Utf8PathBuf {
    if folder == "." {
        path.into()
    } else {
        folder.join(path)
    }
}

/// The folder's name as RFC 1123 has it (lower case letters, digits, `-`), or another one if that
/// says something else; and why it is not the folder's own.
fn name_of(folder: &Utf8Path) -> (String, Option<String>) {
    let found = Disk.canonical(folder).unwrap_or_else(|_| folder.to_owned());
    let own = found.file_name().unwrap_or_default();
    let mut name = String::new();
    for c in own.chars() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(NAME_BYTES_MAX);
    let name = name.trim_matches('-');
    let fallback = |why: String| (FALLBACK.to_owned(), Some(why));
    if own.is_empty() {
        return fallback("the folder has no name".to_owned());
    }
    // `été` would be `t`: what is left of such a word says nothing.
    if own.chars().any(|c| c.is_alphanumeric() && !c.is_ascii()) {
        return fallback(format!(
            "`{own}` has letters that a namespace cannot have (RFC 1123)"
        ));
    }
    // a flow writes the name bare, so it must be a word of the language that is not reserved
    if RESERVED.contains(&name) {
        return fallback(format!("`{name}` is a word of the language"));
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return fallback(format!("`{own}` does not begin with a letter"));
    }
    let why = (name != own).then(|| format!("`{own}` is no name of a namespace (RFC 1123)"));
    (name.to_owned(), why)
}

/// Stands where a folder's name cannot.
const FALLBACK: &str = "policy";

/// grammar.md §1: words that cannot stand where a name is expected.
const RESERVED: [&str; 30] = [
    "allow",
    "apply",
    "as",
    "assert",
    "because",
    "breach",
    "can",
    "cannot",
    "deny",
    "except",
    "external",
    "foreign",
    "group",
    "in",
    "is",
    "namespace",
    "network",
    "not",
    "only",
    "open",
    "param",
    "port",
    "service",
    "template",
    "test",
    "until",
    "use",
    "via",
    "within",
    "workload",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_folders() {
        for (folder, name, why) in [
            ("/x/shop", "shop", ""),
            (
                "/x/My Shop_2",
                "my-shop-2",
                "`My Shop_2` is no name of a namespace (RFC 1123)",
            ),
            (
                "/x/--a--",
                "a",
                "`--a--` is no name of a namespace (RFC 1123)",
            ),
            ("/x/test", "policy", "`test` is a word of the language"),
            ("/x/2shop", "policy", "`2shop` does not begin with a letter"),
            (
                "/x/été",
                "policy",
                "`été` has letters that a namespace cannot have (RFC 1123)",
            ),
            ("/", "policy", "the folder has no name"),
        ] {
            let (got, said) = name_of(Utf8Path::new(folder));
            assert_eq!(got, name, "{folder}");
            assert_eq!(said.unwrap_or_default(), why, "{folder}");
        }
    }

    #[test]
    fn words_of_a_shell() {
        for (word, text) in [
            ("my-shop/v1.2", "my-shop/v1.2"),
            ("läden", "läden"),
            ("My Dir", "'My Dir'"),
            ("a$b", "'a$b'"),
            ("it's", r"'it'\''s'"),
        ] {
            assert_eq!(quoted(word), text);
        }
    }
}
