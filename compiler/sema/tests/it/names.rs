//! Names: unknown, twice, confusable, unused; `use`; `namespace`.

use crate::common::{check, fixes_help};

#[test]
fn an_unknown_name_is_reported_once_and_a_declaration_is_offered() {
    let text = r#"
allow frontend -> api:443 via tls.sni "api.example.com"
allow frontend -> api:444
"#;
    check(
        text,
        r#"
main.npl:1:7-15 error[unknown-name] `frontend` is not declared
  main.npl:2:7-15 also named here
  help: declare it: `workload frontend { app: "frontend" } in namespace default`
  fix: declare `frontend`: main.npl:3:1-1="workload frontend { app: \"frontend\" } in namespace default\n"
main.npl:1:19-22 error[unknown-name] `api` is not declared
  main.npl:2:19-22 also named here
  help: declare it: `workload api { app: "api" } in namespace default`
  fix: declare `api`: main.npl:3:1-1="workload api { app: \"api\" } in namespace default\n"
"#,
    );
    fixes_help(text);
}

#[test]
fn the_namespace_is_guessed_only_where_nothing_names_one() {
    check(
        "namespace shop\nworkload api { app: \"api\" }\nallow frontend -> api:443",
        r#"
main.npl:3:7-15 error[unknown-name] `frontend` is not declared
  help: declare it: `workload frontend { app: "frontend" }`
  fix: declare `frontend`: main.npl:3:26-26="\nworkload frontend { app: \"frontend\" }\n"
"#,
    );
    check(
        r#"
//- /npl.toml
[package]
name = "shop"
namespace = "pay"
//- /main.npl
workload api { app: "api" }
allow _web -> api:443
"#,
        r#"
main.npl:2:7-11 error[unknown-name] `_web` is not declared
  help: declare it: `workload _web { app: "web" }`
  fix: declare `_web`: main.npl:3:1-1="workload _web { app: \"web\" }\n"
"#,
    );
}

#[test]
fn a_typo_names_the_nearest() {
    let text = r#"
namespace shop
workload frontend { app: "frontend" }
workload api { app: "api" }
port https = 443
allow fronted -> api:htps
"#;
    check(
        text,
        r#"
main.npl:5:7-14 error[unknown-name] `fronted` is not declared
  help: did you mean `frontend`?
  fix: write `frontend`: main.npl:5:7-14="frontend"
  fix: declare `fronted`: main.npl:6:1-1="workload fronted { app: \"fronted\" }\n"
main.npl:5:22-26 error[unknown-name] `htps` is not declared
  help: did you mean `https`?
  fix: write `https`: main.npl:5:22-26="https"
"#,
    );
}

#[test]
fn names_of_other_modules_are_offered_as_imports() {
    let text = r#"
//- /main.npl
namespace shop
workload api { app: "api" }
allow web -> api:443
allow api -> kube_dns:53/any via dns "*"
//- /edge.npl
namespace edge
workload web { app: "web" }
"#;
    check(
        text,
        r#"
main.npl:3:7-10 error[unknown-name] `web` is not declared
  help: `edge` declares it: import it with `use edge.web`
  fix: add `use edge.web`: main.npl:1:15-15="\n\nuse edge.web"
main.npl:4:14-22 error[unknown-name] `kube_dns` is not declared
  help: `std.kubernetes` declares it: import it with `use std.kubernetes.kube_dns`
  fix: add `use std.kubernetes.kube_dns`: main.npl:1:15-15="\n\nuse std.kubernetes.kube_dns"
"#,
    );
    fixes_help(text);
}

#[test]
fn a_qualified_name_is_to_be_imported() {
    let text = r#"
//! Docs of the file stay on top.
namespace shop
workload api { app: "api" }
deny api -> std.cloud.metadata
allow api -> api:icmp.ecko
allow api -> api:icmp.flood
deny api -> some.thing
"#;
    check(
        text,
        r#"
main.npl:4:13-31 error[unknown-name] `std.cloud.metadata` is not declared
  help: import it with `use std.cloud.metadata` and write `metadata`
  fix: add `use std.cloud.metadata`: main.npl:4:13-31="metadata", main.npl:2:15-15="\n\nuse std.cloud.metadata"
main.npl:5:18-27 error[unknown-name] `icmp.ecko` is not declared
  help: did you mean `icmp.echo`?
  fix: write `icmp.echo`: main.npl:5:18-27="icmp.echo"
main.npl:6:18-28 error[unknown-name] `icmp.flood` is not declared
  help: `icmp` holds `echo`, `unreachable` and `time-exceeded`, and each of one family with `-v4` or `-v6` behind it
main.npl:7:13-23 error[unknown-name] `some.thing` is not declared
  help: names of other files are imported with `use` and then named alone
"#,
    );
}

#[test]
fn names_inside_a_template_are_checked_where_they_stand() {
    check(
        r#"
namespace shop
workload api { app: "api" }
workload web { app: "web" }
template t(w: workload) {
  allow w -> apy:443
}
apply t(web)
apply t(api)
"#,
        r#"
main.npl:5:14-17 error[unknown-name] `apy` is not declared
  help: did you mean `api`?
  fix: write `api`: main.npl:5:14-17="api"
  fix: declare `apy`: main.npl:9:1-1="workload apy { app: \"apy\" }\n"
"#,
    );
}

#[test]
fn duplicates_and_confusables() {
    check(
        r#"
namespace shop
use std.ports.https
workload api { app: "api" }
workload api { app: "api2" }
workload pay-api { app: "pay" }
workload Pay_API { app: "pay2" }
workload World { app: "world" }
port https = 8443
allow api -> pay-api:https
"#,
        r#"
main.npl:2:15-20 error[duplicate-name] `https` is imported and declared in this file
  main.npl:8:6-11 first here
  help: import it under another name with `as`
main.npl:4:10-13 error[duplicate-name] `api` is declared twice
  main.npl:3:10-13 first here
  help: rename one of them
main.npl:6:10-17 error[confusable-names] `Pay_API` and `pay-api` are too easily taken for one another
  main.npl:5:10-17 the other name
  help: choose a name that says what sets it apart
main.npl:7:10-15 error[confusable-names] `World` and `world` are too easily taken for one another
  note: `world` is a name of the prelude
  help: choose a name that says what sets it apart
"#,
    );
}

#[test]
fn the_prelude_cannot_be_shadowed() {
    check(
        r#"
namespace shop
use std.ports.https as icmp
workload host { app: "host" }
allow host -> world:443
"#,
        r#"
main.npl:2:24-28 error[shadows-prelude] `icmp` is a name of the prelude and means the same in every file
  help: choose another name
main.npl:3:10-14 error[shadows-prelude] `host` is a name of the prelude and means the same in every file
  help: choose another name
"#,
    );
}

#[test]
fn imports_that_lead_nowhere() {
    let text = r#"
namespace shop
use std.cloud.metadat
use std.clud.metadata
use std.ports
use std
use nothing
use nowhere.{a, b}
workload api { app: "api" }
deny api -> metadat
deny api -> metadata
deny api -> a
deny api -> b
"#;
    check(
        text,
        r#"
main.npl:2:15-22 error[unknown-name] module `std.cloud` declares no `metadat`
  help: did you mean `metadata`?
  fix: write `metadata`: main.npl:2:15-22="metadata"
main.npl:3:5-13 error[unknown-module] there is no module `std.clud`
  help: did you mean `std.cloud`?
  fix: write `std.cloud`: main.npl:3:5-13="std.cloud"
main.npl:4:5-14 error[module-as-name] `std.ports` is a module, and `use` brings in names
  help: name what you want from it, as in `use std.ports.http`
main.npl:5:5-8 error[module-as-name] `std` is a package, and `use` brings in names
  help: name what you want from it, as in `use std.module.name`
main.npl:6:5-12 error[unknown-module] there is no module `nothing`
  help: a path begins with `std`, a dependency of `npl.toml`, or a module of this package
main.npl:7:5-12 error[unknown-module] there is no module `nowhere`
  help: a path begins with `std`, a dependency of `npl.toml`, or a module of this package
"#,
    );
}

#[test]
fn what_is_imported_and_not_used() {
    let text = r#"
namespace shop
use std.cloud.metadata
use std.ports.{https, postgres, ssh}
workload api { app: "api" }
workload db { app: "db" }
allow api -> db:postgres
"#;
    check(
        text,
        r#"
main.npl:2:15-23 warning[unused-import] `metadata` is imported and not used
  help: use it, or remove the import
  fix: remove the import: main.npl:2:1-23=""
main.npl:3:16-21 warning[unused-import] `https` is imported and not used
  help: use it, or remove the import
  fix: remove the name: main.npl:3:16-23=""
main.npl:3:33-36 warning[unused-import] `ssh` is imported and not used
  help: use it, or remove the import
  fix: remove the name: main.npl:3:31-36=""
"#,
    );
    fixes_help(text);
}

#[test]
fn what_is_declared_and_not_used() {
    check(
        r#"
namespace shop
workload api { app: "api" }
workload db { app: "db" }
foreign workload old { app: "old" }
group both = api | db
network office = 198.51.100.0/24
port pg = 5432
template t(w: workload) { allow w -> db:5432 }
external stripe = "api.stripe.com"
// nplc: ignore unused-declaration (kept for the next release)
port later = 1
allow api -> db:5432
"#,
        r#"
main.npl:4:18-21 warning[unused-declaration] `old` is declared and never used
  help: use it in a rule, or remove it
main.npl:5:7-11 warning[unused-declaration] `both` is declared and never used
  help: use it in a rule, or remove it
main.npl:6:9-15 warning[unused-declaration] `office` is declared and never used
  help: use it in a rule, or remove it
main.npl:7:6-8 warning[unused-declaration] `pg` is declared and never used
  help: use it in a rule, or remove it
main.npl:8:10-11 warning[unused-declaration] `t` is declared and never used
  help: use it in a rule, or remove it
main.npl:9:10-16 warning[unused-declaration] `stripe` is declared and never used
  help: use it in a rule, or remove it
"#,
    );
}

#[test]
fn a_syntax_error_may_hide_a_use() {
    check(
        r#"
namespace shop
use std.ports.postgres
workload api { app: "api" }
port pg = 5432
allow api -> -> db:pg
"#,
        r#"
main.npl:5:14-16 error[unexpected-token] expected a name, found `->`
  help: a rule is written like `allow frontend -> api:443`
"#,
    );
}

#[test]
fn circles_are_one_finding_each() {
    check(
        r#"
//- /main.npl
namespace shop
use other.c
workload w { app: "w" }
group a = b | w
group b = c
group own = w | own
template t(x: workload) { apply t(x) }
allow a -> w:443
allow own -> w:443
apply t(w)
//- /other.npl
use main.a
group c = a
"#,
        r#"
main.npl:4:7-8 error[cyclic-declaration] `a` stands for itself
  note: the circle is `a`, `b`, `c` and back
  help: take it out of its own declaration
main.npl:6:7-10 error[cyclic-declaration] `own` stands for itself
  help: take it out of its own declaration
main.npl:7:10-11 error[cyclic-declaration] `t` stands for itself
  help: take it out of its own declaration
"#,
    );
}

#[test]
fn a_chain_has_a_limit() {
    let mut text = String::from("namespace shop\nworkload w { app: \"w\" }\ngroup g0 = w\n");
    for i in 1..5000 {
        text += &format!("group g{i} = g{}\n", i - 1);
    }
    text += "allow g4999 -> w:443\nallow g62 -> w:443";
    check(
        &text,
        r#"
main.npl:66:7-10 error[chain-too-long] `g63` is the end of a chain of more than 64 names
  help: name the members directly
"#,
    );
}

#[test]
fn namespace_items() {
    check(
        r#"
workload api { app: "api" } in namespace x
namespace shop
namespace pay
allow api -> api:443
"#,
        r#"
main.npl:2:1-15 error[misplaced-namespace] `namespace shop` stands below a declaration
  help: move it above the first declaration of the file
main.npl:3:1-14 error[misplaced-namespace] the file names a second namespace, `pay`
  main.npl:2:1-15 the first is here
  help: write `in namespace …` on the workloads that run elsewhere
"#,
    );
}

#[test]
fn a_namespace_that_kubernetes_refuses() {
    check(
        r#"
namespace "Foo_x"
workload a { app: "a" }
workload b { app: "b" } in namespace y
allow a -> b:1
"#,
        "main.npl:1:11-18 error[bad-namespace] `Foo_x` is no namespace that Kubernetes takes\n  \
         help: write the namespace as `kubectl get namespaces` shows it",
    );
}

#[test]
fn ten_thousand_uses_of_one_name_are_one_finding() {
    let text = "allow nobody -> nobody:1\n".repeat(5_000);
    let host = crate::common::host(&text);
    let found = crate::common::findings(&host);
    let unknown = found.iter().filter(|d| d.code.name == "unknown-name");
    assert_eq!(unknown.count(), 1);
}
