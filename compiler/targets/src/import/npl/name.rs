//! Names of what the text declares: said by what it selects, each once, never a word of the
//! language, and never two that a reader takes for one another.

use npl_policy::{addr::Net, label::Cube, name::NamePattern};
use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::selector::{one_namespace, quoted};

/// Label keys that name an application, the most telling first.
const NAMING: [&str; 12] = [
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "run",
    "io.kompose.service",
    "app.kubernetes.io/component",
    "component",
    "role",
    "class",
    "tier",
    "app.kubernetes.io/instance",
];

const NAME_BYTES_MAX: usize = 63;

/// What this module has to be told of the language, which it does not know.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// Whether a text is a name: well formed, and no reserved word.
    pub is_name: fn(&str) -> bool,
    /// What two names that a reader confuses have in common.
    pub skeleton: fn(&str) -> SmolStr,
    /// Names that mean something already.
    pub taken: &'a [&'a str],
}

impl Words<'_> {
    pub(super) fn name_or_quoted(&self, text: &str) -> String {
        match (self.is_name)(text) {
            true => text.to_owned(),
            false => quoted(text),
        }
    }

    /// A label key; reserved words are quoted too, which is right everywhere.
    pub(super) fn key(&self, key: &str) -> String {
        self.name_or_quoted(key)
    }
}

/// The names of one file.
pub(super) struct Names<'a> {
    words: Words<'a>,
    taken: FxHashSet<SmolStr>,
}

impl<'a> Names<'a> {
    pub(super) fn new(words: Words<'a>) -> Self {
        let taken = words.taken.iter().map(|name| (words.skeleton)(name));
        Self {
            taken: taken.collect(),
            words,
        }
    }

    /// The first of the candidates that is free, else the last one with a number.
    pub(super) fn take(&mut self, candidates: &[String]) -> SmolStr {
        let mut last = String::from("unnamed");
        for text in candidates {
            let Some(name) = identifier(text) else {
                continue;
            };
            if self.free(&name) {
                return self.keep(&name);
            }
            last = name;
        }
        let mut number = 2_u32;
        loop {
            let name = cut(
                &format!("{}-{number}", cut(&last, NAME_BYTES_MAX - 6)),
                NAME_BYTES_MAX,
            );
            if self.free(&name) {
                return self.keep(&name);
            }
            number += 1;
        }
    }

    /// Takes a name as it is; `false` if it is not free.
    pub(super) fn reserve(&mut self, name: &str) -> bool {
        self.taken.insert((self.words.skeleton)(name))
    }

    fn free(&self, name: &str) -> bool {
        (self.words.is_name)(name) && !self.taken.contains(&(self.words.skeleton)(name))
    }

    fn keep(&mut self, name: &str) -> SmolStr {
        self.taken.insert((self.words.skeleton)(name));
        SmolStr::new(name)
    }
}

/// The nearest name: runs of other characters become one hyphen.
fn identifier(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii_alphanumeric() || c == '_' {
            true => out.push(c),
            false if out.ends_with('-') || out.is_empty() => {}
            false => out.push('-'),
        }
    }
    let out = out.trim_matches('-');
    let out = match out.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("v{out}"),
        false => out.to_owned(),
    };
    (!out.is_empty()).then(|| cut(&out, NAME_BYTES_MAX))
}

/// Names are ASCII.
fn cut(text: &str, most: usize) -> String {
    let text: String = text.chars().take(most).collect();
    text.trim_end_matches('-').to_owned()
}

/// From the most telling to the most exact.
pub(super) fn of_pods(cube: &Cube) -> Vec<String> {
    let namespace = one_namespace(cube);
    let words = label_words(cube.labels());
    let base = match words.first() {
        Some(word) => word.clone(),
        None => of_namespace(cube),
    };
    let whole = words.join("-");
    let mut out = vec![base.clone()];
    if words.len() > 1 {
        out.push(whole.clone());
    }
    if let [(key, values)] = cube.labels()
        && !values.is_negated()
    {
        let short = key.rsplit('/').next().unwrap_or(key);
        out.push(format!("{short}-{base}"));
    }
    if let Some(namespace) = namespace {
        out.push(format!("{base}-{namespace}"));
        out.push(format!("{whole}-{namespace}"));
    } else if !words.is_empty() {
        let wide = match of_namespace(cube).as_str() {
            "every-pod" => "anywhere".to_owned(),
            wide => format!("in-{wide}"),
        };
        out.push(format!("{base}-{wide}"));
        out.push(format!("{whole}-{wide}"));
    }
    let accounts: Vec<&str> = cube
        .account()
        .listed()
        .iter()
        .flatten()
        .map(SmolStr::as_str)
        .collect();
    if !accounts.is_empty() {
        let word = if cube.account().is_negated() {
            "not-as"
        } else {
            "as"
        };
        out.insert(0, format!("{base}-{word}-{}", few(&accounts)));
    }
    out
}

/// Pods that are told by where they are alone.
fn of_namespace(cube: &Cube) -> String {
    if let Some(namespace) = one_namespace(cube) {
        return format!("{namespace}-pods");
    }
    let labels = label_words(cube.namespace_labels());
    if let Some(first) = labels.first() {
        return format!("{first}-namespaces");
    }
    let named: Vec<&str> = cube
        .namespace()
        .listed()
        .iter()
        .flatten()
        .map(SmolStr::as_str)
        .collect();
    match (cube.namespace().is_negated(), named.as_slice()) {
        (true, []) => "every-pod".to_owned(),
        (true, named) => format!("outside-{}", few(named)),
        (false, named) => format!("{}-pods", few(named)),
    }
}

fn few(names: &[&str]) -> String {
    match names {
        [first, second] => format!("{first}-{second}"),
        [first, rest @ ..] if !rest.is_empty() => format!("{first}-and-{}-more", rest.len()),
        names => names.concat(),
    }
}

/// One word a requirement, the one that names the application first.
fn label_words(labels: &[(SmolStr, npl_policy::label::Values)]) -> Vec<String> {
    let rank = |key: &str| {
        NAMING
            .iter()
            .position(|known| *known == key)
            .unwrap_or(NAMING.len())
    };
    let mut parts: Vec<(bool, usize, String)> = Vec::new();
    for (key, values) in labels {
        let short = key.rsplit('/').next().unwrap_or(key);
        let some: Vec<&str> = values
            .listed()
            .iter()
            .flatten()
            .map(SmolStr::as_str)
            .collect();
        let absence = values.listed().iter().any(Option::is_none);
        let word = match (values.is_negated(), some.as_slice()) {
            (false, []) => format!("no-{short}"),
            (false, [one]) if one.is_empty() || is_flag(one) => match *one {
                "false" => format!("not-{short}"),
                _ => short.to_owned(),
            },
            (false, [one]) => (*one).to_owned(),
            (false, many) => few(many),
            (true, []) => format!("any-{short}"),
            (true, many) if absence => format!("any-{short}-not-{}", few(many)),
            (true, many) => format!("not-{}", few(many)),
        };
        let positive = !values.is_negated() && !some.is_empty();
        parts.push((!positive, rank(key), word));
    }
    parts.sort_by_key(|(negative, rank, _)| (*negative, *rank));
    parts.into_iter().map(|(_, _, word)| word).collect()
}

fn is_flag(value: &str) -> bool {
    matches!(value, "true" | "false" | "yes" | "enabled" | "1")
}

/// `office-addresses` where somebody named them, else by the first prefix.
pub(super) fn of_nets(nets: &[Net], known: Option<&str>) -> Vec<String> {
    if let Some(known) = known {
        return vec![known.to_owned(), format!("{known}-addresses")];
    }
    let first = match nets {
        [net] if net.except.is_empty() => {
            match (net.cidr.prefix_len(), net.cidr.addr().is_ipv4()) {
                (0, true) => return vec!["any-ipv4".to_owned()],
                (0, false) => return vec!["any-ipv6".to_owned()],
                _ => None,
            }
        }
        [a, b] if a.cidr.prefix_len() + b.cidr.prefix_len() == 0 && a.cidr != b.cidr => {
            Some("everywhere".to_owned())
        }
        _ => None,
    };
    let Some(net) = nets.first() else {
        return vec!["addresses".to_owned()];
    };
    let host = net.cidr.prefix_len() == net.cidr.max_prefix_len();
    let one = match host {
        true => format!("host-{}", net.cidr.addr()),
        false => format!("net-{}", net.cidr),
    };
    let mut out: Vec<String> = first.into_iter().collect();
    if !net.except.is_empty() {
        out.push(format!("{one}-except"));
    }
    match nets.len() {
        1 => out.push(one),
        many => out.push(format!("{one}-and-{}-more", many - 1)),
    }
    out
}

/// `api.stripe.com` is `stripe`, if nothing else is.
pub(super) fn of_names(patterns: &[NamePattern]) -> Vec<String> {
    let Some(first) = patterns.first() else {
        return vec!["names".to_owned()];
    };
    if first.is_any() {
        return vec!["any-name".to_owned()];
    }
    let plain = |text: &str| text.replace("**", "all").replace('*', "any");
    let labels: Vec<&str> = first.as_str().split('.').collect();
    let site = labels.len().checked_sub(2).and_then(|at| labels.get(at));
    let site = site.filter(|label| !label.contains('*') && label.len() > 3);
    let mut out: Vec<String> = site.map(|label| plain(label)).into_iter().collect();
    let whole = plain(first.as_str());
    match patterns.len() {
        1 => out.push(whole),
        many => out.push(format_smolstr!("{whole}-and-{}-more", many - 1).to_string()),
    }
    out
}
