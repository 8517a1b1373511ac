//! Levels, ignores, order.

use crate::common::{check, findings, host, show};

#[test]
fn levels_by_name_and_by_number() {
    let with = |lints: &str| {
        let text = format!(
            "//- /npl.toml\n[package]\nname = \"shop\"\nnamespace = \"shop\"\n[lints]\n{lints}\n\
             //- /main.npl\nport pg = 1\nworkload a {{ app: \"a\" }}\n"
        );
        let host = host(&text);
        show(&host, &findings(&host))
    };
    assert!(with("").contains("warning[unused-declaration]"));
    assert_eq!(with("unused-declaration = \"allow\""), "");
    assert_eq!(with("NPL0208 = \"allow\""), "");
    assert!(with("unused-declaration = \"error\"").contains("error[unused-declaration]"));
}

#[test]
fn an_ignore_before_the_item_or_at_the_end_of_its_line() {
    check(
        r#"
namespace shop
workload a { app: "a" }

// nplc: ignore unused-declaration (before)
/// Documented.
port one = 1
port two = 2 // nplc: ignore NPL0208 (behind)
port three = {
  3,
} // nplc: ignore unused-declaration (behind the last line)
port four = 4
"#,
        r#"
main.npl:11:6-10 warning[unused-declaration] `four` is declared and never used
  help: use it in a rule, or remove it
"#,
    );
}

#[test]
fn an_ignore_needs_a_reason_and_a_lint() {
    check(
        r#"
namespace shop
workload a { app: "a" }
// nplc: ignore unused-declaration
port one = 1
// nplc: ignore unused-declaration ()
port two = 2
// nplc: ignore unused-decleration (typo)
port three = 3
// nplc: ignore unknown-name (an error)
allow a -> b:1
// nplc: silence unused-declaration (x)
// nplc says hello
"#,
        r#"
main.npl:3:1-35 error[ignore-without-reason] the ignore of `unused-declaration` gives no reason
  help: write `// nplc: ignore NAME (reason)`
main.npl:5:1-38 error[ignore-without-reason] the ignore of `unused-declaration` gives no reason
  help: write `// nplc: ignore NAME (reason)`
main.npl:7:17-35 error[unknown-lint] there is no lint `unused-decleration`
  help: did you mean `unused-declaration`?
  fix: write `unused-declaration`: main.npl:7:17-35="unused-declaration"
main.npl:8:6-11 warning[unused-declaration] `three` is declared and never used
  help: use it in a rule, or remove it
main.npl:9:17-29 error[not-a-lint] `unknown-name` is an error and cannot be silenced
  help: correct what it is about: `nplc explain NPL0201`
main.npl:10:12-13 error[unknown-name] `b` is not declared
  help: declare it: `workload b { app: "b" }`
  fix: declare `b`: main.npl:13:1-1="workload b { app: \"b\" }\n"
main.npl:11:1-40 error[ignore-without-reason] `nplc: silence` is no instruction
  help: write `// nplc: ignore NAME (reason)`
"#,
    );
}

#[test]
fn an_ignore_that_silences_nothing() {
    check(
        r#"
namespace shop
workload a { app: "a" }
// nplc: ignore unused-declaration (nothing here)
allow a -> a:1
// nplc: ignore unused-import (another lint)
port one = 1
"#,
        r#"
main.npl:3:1-50 warning[unused-ignore] this ignore of `unused-declaration` silences nothing
  help: remove the comment
  fix (safe): remove the comment: main.npl:3:1-50=""
main.npl:5:1-45 warning[unused-ignore] this ignore of `unused-import` silences nothing
  help: remove the comment
  fix (safe): remove the comment: main.npl:5:1-45=""
main.npl:6:6-9 warning[unused-declaration] `one` is declared and never used
  help: use it in a rule, or remove it
"#,
    );
}

#[test]
fn unused_ignores_are_not_reported_beside_errors() {
    check(
        r#"
namespace shop
workload a { app: "a" }
// nplc: ignore unused-declaration (nothing here)
allow a -> nobody:1
"#,
        r#"
main.npl:4:12-18 error[unknown-name] `nobody` is not declared
  help: declare it: `workload nobody { app: "nobody" }`
  fix: declare `nobody`: main.npl:5:1-1="workload nobody { app: \"nobody\" }\n"
"#,
    );
}
