//! One mistake, one finding: what follows from a mistake is not told beside it.

use crate::common::{check, findings, fixes_help, host, same, show};

/// The findings without their helps and fixes.
fn brief(text: &str, expect: &str) {
    let host = host(text);
    let shown = show(&host, &findings(&host));
    let lines = shown.lines().filter(|line| !line.starts_with(' '));
    same(&lines.collect::<Vec<_>>().join("\n"), expect);
}

#[test]
fn names_of_a_broken_item_are_known() {
    brief(
        r#"
//- /main.npl
namespace shop
use lib.{db, web as w2}
workload a { app: "a" }
allow a -> db:80
allow a -> w2:80
//- /lib.npl
namespace shop
workload db { app: "db" }
workload web { app: "web" }
"#,
        "main.npl:2:18-20 error[unexpected-token] expected `,` or `}`, found `as`",
    );
    brief(
        r#"
namespace shop
workload b { app: "b" }
wrkload a { app: "a" }
allow a -> b:80
allow c -> b:80
"#,
        r#"
main.npl:3:1-8 error[missing-keyword] no item begins with `wrkload`
main.npl:5:7-8 error[unknown-name] `c` is not declared
"#,
    );
    // The same where another file wants it.
    brief(
        r#"
//- /main.npl
namespace shop
use lib.web
workload a { app: "a" }
allow a -> web:80
//- /lib.npl
namespace shop
wrkload web { app: "web" }
"#,
        "lib.npl:2:1-8 error[missing-keyword] no item begins with `wrkload`",
    );
    // A rule brings in no name.
    brief(
        r#"
namespace shop
workload b { app: "b" }
alow a -> b:80
allow a -> b:81
"#,
        r#"
main.npl:3:1-5 error[missing-keyword] no item begins with `alow`
main.npl:4:7-8 error[unknown-name] `a` is not declared
"#,
    );
}

#[test]
fn a_reserved_word_is_told_by_the_parser_alone() {
    brief(
        r#"
namespace shop
workload b { app: "b" }
workload can { app: "can" }
allow can -> b:80
allow b -> deny:80
"#,
        r#"
main.npl:3:10-13 error[reserved-word] `can` is a reserved word, not a name
main.npl:5:12-16 error[reserved-word] `deny` is a reserved word, not a name
"#,
    );
}

#[test]
fn a_text_that_is_too_long_is_not_judged() {
    let long = "x".repeat(300);
    let text = format!(
        "namespace shop\nworkload a {{ app: \"{long}\" }}\nexternal e = \"{long}\"\n\
         workload b {{ app: \"b\" }}\nallow b -> a:80 via tls.sni \"{long}\"\nallow b -> e:80\n"
    );
    brief(
        &text,
        r#"
main.npl:2:19-321 error[string-too-long] a string of 300 bytes is longer than 255
main.npl:3:14-316 error[string-too-long] a string of 300 bytes is longer than 255
main.npl:5:29-331 error[string-too-long] a string of 300 bytes is longer than 255
"#,
    );
}

#[test]
fn a_misspelt_import_is_no_confusable() {
    check(
        r#"
//- /main.npl
namespace shop
use lib.Db
workload db { app: "a" }
allow db -> Db:80
//- /lib.npl
namespace shop
workload db { app: "db" }
"#,
        r#"
main.npl:2:9-11 error[unknown-name] module `lib` declares no `Db`
  help: did you mean `db`?
  fix: write `db`: main.npl:2:9-11="db"
"#,
    );
}

#[test]
fn an_argument_that_fits_no_rule_is_told_once() {
    check(
        r#"
namespace shop
workload a { app: "a" }
foreign workload f { app: "f" }
foreign workload g { app: "g" }
template t(x: workload, y: workload) {
  allow x -> y:80
  deny x -> y:81
}
apply t(a, f)
apply t(g, f)
"#,
        r#"
main.npl:10:7-8 error[nothing-enforces] in `t`: nothing enforces this rule: neither end is owned
  main.npl:6:9-15 in the template's body
  main.npl:7:8-14 in the template's body
  help: one end must be a `workload` of this package, or `all`
"#,
    );
}

#[test]
fn a_service_without_an_inventory_is_told_once() {
    check(
        r#"
namespace shop
workload a { app: "a" }
service s = "s"
service t = "t"
allow a -> s:80
allow a -> s:81
deny a -> t:82
"#,
        r#"
main.npl:5:12-13 error[service-needs-inventory] the service `s` needs an inventory
  main.npl:3:9-10 declared here
  main.npl:6:12-13 also named here
  note: a rule on a Service is a rule on the pods behind it, at their own port
  help: give one with `--inventory` or in `npl.toml`, or name the workload
main.npl:7:11-12 error[service-needs-inventory] the service `t` needs an inventory
  main.npl:4:9-10 declared here
  note: a rule on a Service is a rule on the pods behind it, at their own port
  help: give one with `--inventory` or in `npl.toml`, or name the workload
"#,
    );
}

#[test]
fn what_is_offered_fits_its_place() {
    let text = r#"
namespace shop
workload a { app: "a" }
port https = 443
allow a -> icmp:80
allow a -> apiserver:443
allow a -> htps:443
allow a -> a:https
"#;
    check(
        text,
        r#"
main.npl:4:12-16 error[unknown-name] `icmp` is not declared
  help: `icmp` names ports: write `icmp.echo` behind a `:`
main.npl:5:12-21 error[unknown-name] `apiserver` is not declared
  help: did you mean `kube_apiserver`?
  fix: write `kube_apiserver`: main.npl:5:12-21="kube_apiserver"
  fix: declare `apiserver`: main.npl:8:1-1="workload apiserver { app: \"apiserver\" }\n"
main.npl:6:12-16 error[unknown-name] `htps` is not declared
  help: declare it: `workload htps { app: "htps" }`
  fix: declare `htps`: main.npl:8:1-1="workload htps { app: \"htps\" }\n"
"#,
    );
    fixes_help(text);
}

#[test]
fn a_name_that_looks_alike_is_the_one_that_is_meant() {
    let text = r#"
namespace shop
use std.kubernetes.kube_dns
workload a { app: "a" }
allow a -> kube_dns:53/any
allow a -> kube-dns:53/tcp
"#;
    check(
        text,
        r#"
main.npl:5:12-20 error[unknown-name] `kube-dns` is not declared
  help: did you mean `kube_dns`?
  fix: write `kube_dns`: main.npl:5:12-20="kube_dns"
"#,
    );
    fixes_help(text);
    let text = r#"
namespace shop
workload a { app: "a" }
allow a -> kube-dns:53/any
deny a -> kube-dns:80
"#;
    check(
        text,
        r#"
main.npl:3:12-20 error[unknown-name] `kube-dns` is not declared
  main.npl:4:11-19 also named here
  help: `std.kubernetes` declares `kube_dns`: import it with `use std.kubernetes.kube_dns`
  fix: add `use std.kubernetes.kube_dns`: main.npl:3:12-20="kube_dns", main.npl:4:11-19="kube_dns", main.npl:1:15-15="\n\nuse std.kubernetes.kube_dns"
"#,
    );
    fixes_help(text);
}

#[test]
fn an_end_by_the_name_that_it_has_elsewhere_is_offered() {
    let helped = |name: &str, help: &str| {
        let text = format!(
            "\nnamespace shop\nworkload a {{ app: \"a\" }}\nallow a -> {name}:443\n\
             deny a -> {name}:80\n"
        );
        let host = host(&text);
        let found = findings(&host);
        let [found] = found.as_slice() else {
            panic!("{}", show(&host, &found));
        };
        assert_eq!(found.help.as_deref(), Some(help), "{name}");
        found
            .fixes
            .iter()
            .map(|fix| fix.title.clone())
            .collect::<Vec<_>>()
    };
    for (name, entity) in [
        ("apiserver", "kube_apiserver"),
        ("api-server", "kube_apiserver"),
        ("internet", "world"),
        ("localhost", "host"),
        ("nodes", "remote_node"),
        ("everything", "all"),
    ] {
        let fixes = helped(name, &format!("did you mean `{entity}`?"));
        let expect = [format!("write `{entity}`"), format!("declare `{name}`")];
        assert_eq!(fixes, expect, "{name}");
    }
    // Two names that look alike cannot both be declared.
    let fixes = helped("kube-apiserver", "did you mean `kube_apiserver`?");
    assert_eq!(fixes, ["write `kube_apiserver`"]);
    for (name, module, theirs) in [
        ("coredns", "std.kubernetes", "kube_dns"),
        ("imds", "std.cloud", "metadata"),
        ("promethus", "std.kubernetes", "prometheus"),
        ("metdata", "std.cloud", "metadata"),
    ] {
        let path = format!("{module}.{theirs}");
        let fixes = helped(
            name,
            &format!("did you mean `{theirs}`? import it with `use {path}`"),
        );
        let expect = [format!("add `use {path}`"), format!("declare `{name}`")];
        assert_eq!(fixes, expect, "{name}");
    }
    let help = "`std.cloud` declares it: import it with `use std.cloud.metadata`";
    assert_eq!(helped("metadata", help), ["add `use std.cloud.metadata`"]);
    // A name that is declared is nobody else's.
    brief(
        "\nnamespace shop\nworkload internet { app: \"a\" }\nallow internet -> internet:443\n",
        "",
    );
}

#[test]
fn a_reserved_word_in_a_path_is_told_once() {
    for (path, at) in [
        ("test.b", "2:5-9"),
        ("std.test.metadata", "2:9-13"),
        ("std.cloud.test", "2:15-19"),
        ("std.cloud.{metadata, test}", "2:26-30"),
        ("std.test.{metadata, x}", "2:9-13"),
        ("test", "2:5-9"),
    ] {
        let text = format!("\nnamespace shop\nuse {path}\nworkload a {{ app: \"a\" }}\n");
        let text = format!("{text}allow a -> (metadata | b | x):80\n");
        let host = host(&text);
        let found = findings(&host);
        let shown = show(&host, &found);
        let told = format!("main.npl:{at} error[reserved-word] `test` is a reserved word");
        assert!(shown.contains(&told), "{path}\n{shown}");
        assert!(
            !shown.contains("module") && shown.matches("`test`").count() == 1,
            "{path}\n{shown}"
        );
    }
}

#[test]
fn a_name_with_a_dot_is_told_where_it_is_declared() {
    for used in ["my.app", "my", "app"] {
        let text = format!(
            "\nnamespace shop\nworkload b {{ app: \"b\" }}\nworkload my.app {{ app: \"a\" }}\n\
             allow {used} -> b:80\n"
        );
        let expect = "main.npl:3:10-16 error[unexpected-token] `my.app` is no name: a name holds \
                      no dot";
        brief(&text, expect);
    }
}
