//! Names of objects. A name depends on the package, module and workload only: an edit elsewhere
//! that renamed an object would open what it sealed (cilium-lowering.md §2).

use npl_diagnostics::{Diagnostic, Place, codes::cilium as codes};
use npl_policy::model::Workload;
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::{
    limits::{LABEL_BYTES_MAX, NAME_BYTES_MAX},
    output::Object,
};

/// Hex digits of the hash that stands for what a name could not keep.
const HASH_DIGITS: usize = 8;

/// What `-1`, `-2` of a split object may take.
const PART_BYTES: usize = 6;

/// `shop-payments-api`; with a hash where characters were replaced or the name was cut.
pub(crate) fn object_name(package: &str, workload: &Workload) -> String {
    let parts = [package, &workload.module, &workload.short];
    let mut out = String::new();
    let mut exact = true;
    for part in parts.into_iter().filter(|p| !p.is_empty()) {
        if !out.is_empty() {
            out.push('-');
        }
        for c in part.chars() {
            match c {
                'a'..='z' | '0'..='9' | '-' => out.push(c),
                // A module's dots join like the rest.
                '.' => out.push('-'),
                'A'..='Z' => {
                    exact = false;
                    out.push(c.to_ascii_lowercase());
                }
                _ => {
                    exact = false;
                    out.push('-');
                }
            }
        }
    }
    let limit = NAME_BYTES_MAX - PART_BYTES;
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    exact &= out.len() <= limit && ends(out.chars().next()) && ends(out.chars().last());
    if exact {
        return out;
    }
    let full = parts.join("/");
    let hash = hex(&Sha256::digest(full.as_bytes()), HASH_DIGITS);
    out.truncate(limit - HASH_DIGITS - 1);
    let kept = out.trim_matches('-');
    if kept.is_empty() {
        return format!("npl-{hash}");
    }
    format!("{kept}-{hash}")
}

/// The name of another object of the same workload; a hash stands for what the ending takes the
/// room of.
pub(crate) fn with_ending(name: &str, ending: &str) -> String {
    let room = NAME_BYTES_MAX - PART_BYTES - ending.len();
    if name.len() <= room {
        return format!("{name}{ending}");
    }
    let hash = hex(&Sha256::digest(name.as_bytes()), HASH_DIGITS);
    let kept: String = name.chars().take(room - HASH_DIGITS - 1).collect();
    format!("{}-{hash}{ending}", kept.trim_end_matches('-'))
}

/// The first digits of a hash.
pub(crate) fn hex(bytes: &[u8], digits: usize) -> String {
    let nibbles = bytes.iter().flat_map(|b| [b >> 4, b & 0xF]);
    nibbles
        .filter_map(|n| char::from_digit(u32::from(n), 16))
        .take(digits)
        .collect()
}

/// A text as the value of a label, which takes fewer characters than a package's name may have.
pub(crate) fn label_value(text: &str) -> Option<String> {
    let fits = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let value: String = text.chars().map(fits).take(LABEL_BYTES_MAX).collect();
    let value = value.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    (!value.is_empty()).then(|| value.to_owned())
}

/// Of two objects with one name a cluster would keep the last.
///
/// # Errors
/// The first such pair, at the workload of the second.
pub(crate) fn name_clash<'m>(
    made: impl Iterator<Item = (&'m Object, &'m Workload)>,
) -> Result<(), Vec<Diagnostic<Place>>> {
    let mut taken: FxHashMap<(&str, Option<&str>, &str), &Workload> = FxHashMap::default();
    for (object, workload) in made {
        let key = (object.kind, object.namespace.as_deref(), &*object.name);
        if let Some(other) = taken.insert(key, workload) {
            let message = format!(
                "the workloads `{}` and `{}` would each make an object named `{}`",
                other.name, workload.name, object.name
            );
            return Err(vec![
                Diagnostic::new(&codes::OBJECT_NAME_CLASH, workload.place, message)
                    .also(other.place, "the other workload")
                    .help("rename one of the two workloads, or one of their modules"),
            ]);
        }
    }
    Ok(())
}
