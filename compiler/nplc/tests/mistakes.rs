//! Programs with several mistakes: each is told, and told once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

mod common;

use std::collections::BTreeMap;

use common::Sandbox;

/// Programs, each behind a line of `====`. `//~ NPL0101` at the end of a line says what is found on
/// it; where the line can hold no comment, `//~^ NPL0101` below it says the same.
const PROGRAMS: &str = include_str!("mistakes.txt");

type Found = BTreeMap<usize, Vec<String>>;

/// The codes that a program is marked with, by line.
fn marked(program: &str) -> Found {
    let mut out = Found::new();
    for (number, line) in (1..).zip(program.lines()) {
        let Some((_, mark)) = line.split_once("//~") else {
            continue;
        };
        let (number, codes) = match mark.strip_prefix('^') {
            Some(codes) => (number - 1, codes),
            None => (number, mark),
        };
        let codes = codes.split_whitespace().map(str::to_owned);
        out.entry(number).or_default().extend(codes);
    }
    out
}

/// The codes that are found, by line.
fn found(sandbox: &Sandbox, program: &str) -> Found {
    let ran = sandbox.run_with(&["check", "-", "--format", "concise"], program);
    let mut out = Found::new();
    for line in ran.out.lines() {
        let mut parts = line.splitn(4, ':');
        let (_, number, _) = (parts.next(), parts.next().unwrap(), parts.next());
        let rest = parts.next().unwrap();
        let code = &rest[rest.find('[').unwrap() + 1..rest.find(']').unwrap()];
        let codes = out.entry(number.parse().unwrap()).or_default();
        codes.push(code.to_owned());
    }
    out
}

#[test]
fn each_mistake_is_told_once() {
    let sandbox = Sandbox::with(&[]);
    let programs: Vec<&str> = PROGRAMS.split("\n====\n").collect();
    assert!(programs.len() > 60);
    for program in programs {
        assert_eq!(found(&sandbox, program), marked(program), "\n{program}\n");
    }
}

/// One file of a package broken in a way that has nothing to do with the other.
#[test]
fn a_claim_is_told_beside_an_error_of_another_file() {
    let toml = "[package]\nname = \"p\"\nnamespace = \"x\"\n";
    let claims = "use b.b\nworkload a { app: \"a\" }\nallow a -> b:80\nassert a can reach b:81\n";
    for (other, codes) in [
        ("network unused = 10.0.0.1/8\n", &["NPL0015", "NPL0501"][..]),
        (
            "template t(w: workload) { allow w -> zz:81 }\n",
            &["NPL0201", "NPL0501"],
        ),
        (
            "workload c { app: \"c\" }\nalow b -> c:81\n",
            &["NPL0102", "NPL0501"],
        ),
        (
            "test \"t\" { b -> b:81 is alowed }\n",
            &["NPL0523", "NPL0501"],
        ),
        ("assert b can reach zz:81\n", &["NPL0201", "NPL0501"]),
        // These may be what the claim lacks.
        ("use a.aa\nallow aa -> b:81\n", &["NPL0201"]),
        ("use a.a\nalow a -> b:81\n", &["NPL0102"]),
        ("group g = b |\nuse a.a\nallow a -> g:81\n", &["NPL0101"]),
    ] {
        let b = format!("workload b {{ app: \"b\" }}\n{other}");
        let sandbox = Sandbox::with(&[("p/npl.toml", toml), ("p/a.npl", claims), ("p/b.npl", &b)]);
        let ran = sandbox.run(&["check", "p", "--format", "json"]);
        let document = ran.json();
        let found = document["diagnostics"].as_array().unwrap().iter();
        let errors = found.filter(|d| d["severity"] == "error");
        let mut errors: Vec<&str> = errors.map(|d| d["code"].as_str().unwrap()).collect();
        errors.sort_unstable();
        let mut codes = codes.to_vec();
        codes.sort_unstable();
        assert_eq!(errors, codes, "{other}\n{document:#}");
    }
}
