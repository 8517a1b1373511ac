//! `npl.toml` from text, key by key.

use npl_diagnostics::{Diagnostic, FileId, Place, codes::config};
use smol_str::SmolStr;
use toml::de::DeTable;

use super::{
    Dependency, Env, Manifest, Param, Setting, Stage, TARGETS, TargetTable,
    lints::lint,
    tables::{Field, Reader, Value},
};
use crate::{
    names::{is_identifier, is_rfc1123},
    stdlib,
};

/// The tables of the file.
pub const TOP: [&str; 7] = [
    "package",
    "dependencies",
    "inventory",
    "target",
    "lints",
    "stage",
    "env",
];
/// The keys of `[package]`.
pub const PACKAGE: [&str; 4] = ["name", "source", "namespace", "owner"];
/// The keys of `[env.NAME]`.
pub const ENV: [&str; 4] = ["params", "inventory", "target", "stage"];

/// The manifest, and what is wrong with it. `None`: the text is no TOML, and nothing of it counts.
pub fn read(file: FileId, text: &str) -> (Option<Manifest>, Vec<Diagnostic<Place>>) {
    let mut reader = Reader {
        file,
        out: Vec::new(),
    };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let place = reader.place(error.span().unwrap_or(0..0));
            let what = error.message().lines().next().unwrap_or_default();
            let text = format!("`npl.toml` is not valid TOML: {what}");
            reader
                .out
                .push(Diagnostic::new(&config::MANIFEST_SYNTAX, place, text));
            return (None, reader.out);
        }
    };
    let mut manifest = Manifest::default();
    let mut package = false;
    for field in reader.fields(table.get_ref()) {
        match field.key {
            "package" => {
                package = true;
                read_package(&mut reader, &mut manifest, &field);
            }
            "dependencies" => manifest.dependencies = dependencies(&mut reader, field.value),
            "inventory" => manifest.inventory = inventory(&mut reader, field.value, "inventory"),
            "target" => manifest.targets = targets(&mut reader, field.value, "target"),
            "lints" => {
                for field in reader.table(field.value, "lints") {
                    manifest.lints.extend(lint(&mut reader, &field));
                }
            }
            "stage" => manifest.stage = stage(&mut reader, field.value, "stage"),
            "env" => {
                for field in reader.table(field.value, "env") {
                    manifest.envs.push(env(&mut reader, &field));
                }
            }
            _ => reader.unknown(&field, "`npl.toml`", &TOP),
        }
    }
    if !package {
        let found = missing_name(reader.place(0..0)).fix(
            "add a `[package]` table",
            false,
            reader.place(0..0),
            "[package]\nname = \"my-package\"\n\n",
        );
        reader.out.push(found);
    }
    (Some(manifest), reader.out)
}

fn missing_name(place: Place) -> Diagnostic<Place> {
    Diagnostic::new(
        &config::MISSING_KEY,
        place,
        "`npl.toml` gives the package no name",
    )
    .help("add `name = \"…\"` under `[package]`: it prefixes the names of emitted objects")
}

fn read_package(reader: &mut Reader, manifest: &mut Manifest, field: &Field<'_, '_>) {
    let before = reader.out.len();
    let mut named = false;
    for field in reader.table(field.value, "package") {
        match field.key {
            "name" => {
                named = true;
                let name = reader.text(field.value, "package.name");
                manifest.name = name
                    .filter(|name| check_name(reader, &field, name))
                    .unwrap_or_default();
            }
            "source" => manifest.source = reader.paths(field.value, "package.source"),
            "namespace" => {
                let name = reader.text(field.value, "package.namespace");
                manifest.namespace = name.filter(|name| check_name(reader, &field, name));
            }
            "owner" => manifest.owner = reader.text(field.value, "package.owner"),
            _ => reader.unknown(&field, "`[package]`", &PACKAGE),
        }
    }
    let a_table = field.value.get_ref().is_table();
    // `nmae = "shop"` is one mistake.
    if !named && a_table && reader.out.len() == before {
        reader.out.push(missing_name(field.place));
    }
}

/// RFC 1123: what Kubernetes takes as a name.
fn check_name(reader: &mut Reader, field: &Field<'_, '_>, name: &str) -> bool {
    // `std` would qualify this package's names as the standard library's.
    if is_rfc1123(name) && (field.key != "name" || name != stdlib::NAME) {
        return true;
    }
    let place = reader.value_place(field.value);
    let text = format!("`{name}` cannot be the {} of a package", field.key);
    let found = Diagnostic::new(&config::WRONG_VALUE, place, text)
        .help("use lower-case letters, digits and `-`, at most 63, a letter or digit at each end");
    reader.out.push(found);
    false
}

fn dependencies(reader: &mut Reader, value: &Value<'_>) -> Vec<Dependency> {
    let mut out = Vec::new();
    for field in reader.table(value, "dependencies") {
        let known = is_identifier(field.key) && field.key != stdlib::NAME && field.key != "icmp";
        if !known {
            let text = format!("`{}` cannot name a dependency", field.key);
            let found = Diagnostic::new(&config::WRONG_VALUE, field.place, text)
                .help("use a name that can stand in `use`: an identifier, not `std`");
            reader.out.push(found);
        }
        let name = format!("dependencies.{}", field.key);
        let before = reader.out.len();
        let mut path = None;
        for inner in reader.table(field.value, &name) {
            match inner.key {
                "path" => path = reader.text(inner.value, &name),
                _ => reader.unknown(&inner, "a dependency", &["path"]),
            }
        }
        match path {
            Some(path) if known => out.push(Dependency {
                name: SmolStr::new(field.key),
                path: path.as_str().into(),
                place: reader.value_place(field.value),
            }),
            None if reader.out.len() == before => {
                let text = format!("dependency `{}` has no path", field.key);
                let found = Diagnostic::new(&config::MISSING_KEY, field.place, text)
                    .help("write `{ path = \"../folder\" }`");
                reader.out.push(found);
            }
            _ => {}
        }
    }
    out
}

fn inventory(reader: &mut Reader, value: &Value<'_>, name: &str) -> Vec<super::PathEntry> {
    let mut out = Vec::new();
    for field in reader.table(value, name) {
        match field.key {
            "paths" => out = reader.paths(field.value, &format!("{name}.paths")),
            _ => reader.unknown(&field, &format!("`[{name}]`"), &["paths"]),
        }
    }
    out
}

fn targets(reader: &mut Reader, value: &Value<'_>, name: &str) -> Vec<TargetTable> {
    let mut out = Vec::new();
    for field in reader.table(value, name) {
        if !TARGETS.contains(&field.key) {
            reader.unknown(&field, &format!("`[{name}]`"), &TARGETS);
            continue;
        }
        let inner = format!("{name}.{}", field.key);
        let mut settings = Vec::new();
        for setting in reader.table(field.value, &inner) {
            let name = format!("{inner}.{}", setting.key);
            if let Some(value) = reader.setting(setting.value, &name) {
                settings.push(Setting {
                    key: SmolStr::new(setting.key),
                    place: setting.place,
                    value,
                    value_place: reader.value_place(setting.value),
                });
            }
        }
        out.push(TargetTable {
            name: SmolStr::new(field.key),
            place: field.place,
            settings,
        });
    }
    out
}

fn stage(reader: &mut Reader, value: &Value<'_>, name: &str) -> Option<Stage> {
    let mut out = None;
    for field in reader.table(value, name) {
        if field.key != "observe" {
            reader.unknown(&field, &format!("`[{name}]`"), &["observe"]);
            continue;
        }
        out = match field.value.get_ref().as_str() {
            Some("all") => Some(Stage::All),
            Some(_) => {
                let want = "`\"all\"` or an array of workloads";
                reader.wrong(field.value, &format!("{name}.observe"), want);
                None
            }
            None => {
                let names = reader.texts(field.value, &format!("{name}.observe"));
                Some(Stage::Workloads(names))
            }
        };
    }
    out
}

fn env(reader: &mut Reader, field: &Field<'_, '_>) -> Env {
    let name = format!("env.{}", field.key);
    let mut out = Env {
        name: SmolStr::new(field.key),
        place: field.place,
        params: Vec::new(),
        inventory: None,
        targets: Vec::new(),
        stage: None,
    };
    for field in reader.table(field.value, &name) {
        let inner = format!("{name}.{}", field.key);
        match field.key {
            "params" => out.params = params(reader, field.value, &inner),
            "inventory" => out.inventory = Some(inventory(reader, field.value, &inner)),
            "target" => out.targets = targets(reader, field.value, &inner),
            "stage" => out.stage = stage(reader, field.value, &inner),
            _ => reader.unknown(&field, &format!("`[{name}]`"), &ENV),
        }
    }
    out
}

fn params(reader: &mut Reader, value: &Value<'_>, name: &str) -> Vec<Param> {
    let mut out = Vec::new();
    for field in reader.table(value, name) {
        let inner = format!("{name}.{}", field.key);
        if let Some(value) = reader.text(field.value, &inner) {
            out.push(Param {
                name: SmolStr::new(field.key),
                value,
                place: field.place,
                value_place: reader.value_place(field.value),
            });
        }
    }
    out
}
