//! `nplc check`: forms, exit codes, fixes, sources.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod common;

use common::{SHOP, Sandbox};
use npl_diagnostics::{Edit, TextRange, apply_edits};
use serde_json::Value;

const ONE_LINER: &str = "allow frontend -> api:443 via tls.sni \"api.example.com\"\n";

#[test]
fn a_clean_program_is_silent() {
    let ran = Sandbox::shop().run(&["check", "shop.npl"]).exits(0);
    assert_eq!(ran.out, "");
}

#[test]
fn the_one_liner_names_both_and_offers_declarations() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run_with(&["check", "-", "--format", "json"], ONE_LINER)
        .exits(1);
    let document = ran.json();
    assert_eq!(document["errors"], 2, "{document:#}");
    let findings = document["diagnostics"].as_array().unwrap();
    let mut edits = Vec::new();
    for name in ["frontend", "api"] {
        let finding = findings
            .iter()
            .find(|f| {
                f["message"]
                    .as_str()
                    .unwrap()
                    .contains(&format!("`{name}`"))
            })
            .unwrap_or_else(|| panic!("nothing about {name}: {document:#}"));
        let column = ONE_LINER.find(name).unwrap() + 1;
        assert_eq!(finding["start"]["column"], column);
        let fix = finding["fixes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|fix| fix.to_string().contains("workload"))
            .unwrap_or_else(|| panic!("no declaration of {name}: {document:#}"));
        assert_eq!(fix["safe"], false, "the namespace is a guess");
        for edit in fix["edits"].as_array().unwrap() {
            assert!(
                edit["text"]
                    .as_str()
                    .unwrap()
                    .contains("in namespace default")
            );
            edits.push(edit_of(edit));
        }
    }
    let fixed = apply_edits(ONE_LINER, edits).unwrap();
    let ran = sandbox.run_with(&["check", "-"], &fixed);
    assert_eq!(ran.code, Some(0), "{fixed}\n{}{}", ran.out, ran.err);
    let built = sandbox.run_with(&["build", "-"], &fixed).exits(0);
    assert!(built.out.contains("kind: CiliumNetworkPolicy"));
}

fn edit_of(edit: &Value) -> Edit<TextRange> {
    let offset = |end: &str| u32::try_from(edit[end]["offset"].as_u64().unwrap()).unwrap();
    Edit {
        at: TextRange::new(offset("start"), offset("end")),
        text: edit["text"].as_str().unwrap().to_owned(),
    }
}

#[test]
fn standard_input_has_a_name() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run_with(&["check", "-", "--format", "concise"], ONE_LINER)
        .exits(1);
    assert!(
        ran.out.starts_with("<stdin>:1:7: error[NPL0"),
        "{}",
        ran.out
    );
    sandbox.run_with(&["check", "-", "-"], SHOP).exits(2);
    sandbox.run_with(&["check", "-"], b"\xff\xfe").exits(2);
}

#[test]
fn every_form() {
    let sandbox = Sandbox::with(&[("my shop.npl", ONE_LINER)]);
    let check = |format| {
        sandbox
            .run(&["check", "my shop.npl", "--format", format])
            .exits(1)
    };
    let full = check("full");
    assert!(full.out.contains("my shop.npl:1:7") && full.out.contains("= help:"));
    let concise = check("concise").out;
    assert_eq!(concise.lines().count(), 2, "{concise}");
    let json = check("json").json();
    assert_eq!(json["diagnostics"][0]["file"], "my shop.npl");
    let sarif = check("sarif").json();
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "my%20shop.npl"
    );
    assert!(result["fixes"][0]["artifactChanges"][0]["replacements"].is_array());
    let rule = &sarif["runs"][0]["tool"]["driver"]["rules"][0];
    assert!(
        rule["help"]["markdown"]
            .as_str()
            .unwrap()
            .contains("## How to fix")
    );
    let github = check("github").out;
    assert!(
        github.starts_with("::error file=my shop.npl,line=1,"),
        "{github}"
    );
}

#[test]
fn json_of_nothing_is_still_a_document() {
    let ran = Sandbox::shop()
        .run(&["check", "shop.npl", "--format", "json"])
        .exits(0);
    assert_eq!(
        ran.json(),
        serde_json::json!({"diagnostics": [], "errors": 0, "warnings": 0})
    );
}

#[test]
fn warnings_alone_are_clean() {
    let broad = SHOP.replace(
        "frontend -> api:443 via tls.sni \"api.example.com\"",
        "frontend -> api",
    );
    let broad = broad.split("test").next().unwrap();
    let sandbox = Sandbox::with(&[("shop.npl", broad)]);
    let ran = sandbox
        .run(&["check", "shop.npl", "--format", "json"])
        .exits(0);
    assert_eq!(ran.json()["errors"], 0);
    assert!(ran.json()["warnings"].as_u64().unwrap() > 0);
    assert!(ran.out.contains("broad-allow"), "{}", ran.out);
}

#[test]
fn lints_can_be_raised_and_lowered() {
    let broad = "workload a { app: \"a\" }\nworkload b { app: \"b\" }\nallow a -> b\n";
    let toml = |level: &str| {
        format!("[package]\nname = \"p\"\nnamespace = \"p\"\n[lints]\nbroad-allow = \"{level}\"\n")
    };
    for (level, code) in [("error", 1), ("allow", 0)] {
        let sandbox = Sandbox::with(&[("p/npl.toml", &toml(level)), ("p/main.npl", broad)]);
        let ran = sandbox.run(&["check", "p", "--format", "json"]).exits(code);
        let json = ran.json();
        assert_eq!(json["warnings"], 0, "{level}: {json:#}");
        assert_eq!(json["errors"], code, "{level}: {json:#}");
    }
}

#[test]
fn the_nearest_package_upwards() {
    let sandbox = Sandbox::with(&[
        (
            "p/npl.toml",
            "[package]\nname = \"p\"\nsource = [\"src\"]\nnamespace = \"p\"\n",
        ),
        ("p/src/main.npl", SHOP),
        ("p/src/deep/x.txt", ""),
    ]);
    let output = sandbox
        .command()
        .current_dir(sandbox.path("p/src/deep"))
        .args(["check", "-v"])
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(err.contains("program `p`"), "{err}");
}

#[test]
fn expired_rules_are_judged_by_the_day_given() {
    let text = SHOP.replace(
        "\"api.example.com\"\n\nassert",
        "\"api.example.com\" until 2027-01-31 because \"OPS-17\"\n\nassert",
    );
    let sandbox = Sandbox::with(&[("shop.npl", &text)]);
    sandbox
        .run(&["check", "shop.npl", "--as-of", "2027-01-31"])
        .exits(0);
    let ran = sandbox
        .run(&["check", "shop.npl", "--as-of", "2027-02-01"])
        .exits(1);
    assert!(ran.out.contains("2027-01-31"), "{}", ran.out);
}

#[test]
fn one_thread_and_two_say_the_same() {
    let mut text = String::from("namespace shop\n");
    for i in 0..200 {
        text.push_str(&format!(
            "workload w{i} {{ app: \"w{i}\" }}\nallow w{i} -> nowhere{i}:80\n"
        ));
    }
    let sandbox = Sandbox::with(&[("a.npl", &text), ("b.npl", &text.replace('w', "v"))]);
    let run = |jobs| {
        let ran = sandbox.run(&[
            "check", "a.npl", "b.npl", "--format", "json", "--jobs", jobs,
        ]);
        ran.exits(1).out
    };
    assert_eq!(run("1"), run("2"));
}

const POD: &str = "apiVersion: v1\nkind: Pod\n\
    metadata: {name: x, namespace: shop, labels: {app: other}}\nspec: {containers: []}\n";

/// What the program means in the cluster is not known then: nothing else is said.
#[test]
fn a_broken_inventory_stops_it() {
    let toml =
        "[package]\nname = \"shop\"\nsource = [\"src\"]\n[inventory]\npaths = [\"k8s.txt\"]\n";
    let sandbox = Sandbox::with(&[
        ("shop.npl", SHOP),
        ("p/npl.toml", toml),
        ("p/src/main.npl", SHOP),
        ("empty/readme.txt", "x"),
    ]);
    for (text, code) in [
        ("kind: [\n", "NPL1001"),
        ("a: 1\na: 2\n", "NPL1002"),
        ("a: 1\n", "NPL0820"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n",
            "NPL0820",
        ),
    ] {
        sandbox.write("inv.yaml", text);
        let given = ["--inventory", "inv.yaml"];
        let ran = sandbox.run(&[&["check", "shop.npl"][..], &given].concat());
        let ran = ran.exits(2);
        assert!(ran.out.contains(code), "{}", ran.out);
        assert_eq!(ran.out.matches("NPL").count(), 1, "{}", ran.out);
        let json = ["check", "shop.npl", "--format", "json"];
        let ran = sandbox.run(&[&json[..], &given].concat()).exits(2);
        assert_eq!(ran.json()["errors"], 1);
        let words = ["build", "shop.npl", "--format", "concise"];
        let ran = sandbox.run(&[&words[..], &given].concat()).exits(2);
        assert!(ran.err.starts_with("inv.yaml:") && ran.out.is_empty());
        let ran = sandbox.run(&[&["test", "shop.npl"][..], &given].concat());
        assert!(ran.exits(2).err.contains(code));
        sandbox.write("p/k8s.txt", text);
        let ran = sandbox.run(&["check", "p"]).exits(2);
        assert_eq!(ran.out.matches("NPL").count(), 1, "{}", ran.out);
    }
    let ran = sandbox.run(&["check", "shop.npl", "--inventory", "empty"]);
    assert!(ran.exits(2).err.contains("no YAML below `empty`"));
    sandbox.write("p/npl.toml", toml.replace("k8s.txt", "src"));
    let ran = sandbox.run(&["check", "p"]).exits(1);
    assert!(ran.out.contains("holds no YAML"), "{}", ran.out);
}

/// A folder of sources may hold anything; what is named is meant.
#[test]
fn what_is_no_manifest_in_a_folder() {
    let toml = "[package]\nname = \"shop\"\n";
    let sandbox = Sandbox::with(&[
        ("p/npl.toml", toml),
        ("p/main.npl", SHOP),
        ("p/docker-compose.yaml", "services: {web: {image: x}}\n"),
        ("p/package.json", "{\"name\": \"x\"}"),
        ("p/list.json", "[1, 2]"),
    ]);
    let ran = sandbox.run(&["check", "p", "-v"]).exits(0);
    let note = "no object of Kubernetes in: docker-compose.yaml, list.json, package.json";
    assert!(ran.err.contains(note), "{}", ran.err);
    for named in [
        &["check", "p", "p/package.json"][..],
        &["check", "p/package.json"],
    ] {
        let ran = sandbox.run(named).exits(1);
        assert!(ran.out.contains("NPL0820"), "{}", ran.out);
    }
    for text in ["metadata: {name: x}\n", "spec: {}\n", "- {kind: Pod}\n"] {
        sandbox.write("p/docker-compose.yaml", text);
        let ran = sandbox.run(&["check", "p"]).exits(1);
        assert!(ran.out.contains("NPL0820"), "{text}{}", ran.out);
    }
}

#[test]
fn a_name_that_is_not_utf8() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let name = |bytes: &'static [u8]| OsStr::from_bytes(bytes);
    for source in [&b"b\xe4d.npl"[..], b"b\xe4d.yaml"] {
        let sandbox = Sandbox::with(&[("tree/shop.npl", SHOP)]);
        std::fs::write(sandbox.path("tree").join(name(b"b\xe4d.txt")), "x").unwrap();
        sandbox.run(&["check", "tree"]).exits(0);
        std::fs::write(sandbox.path("tree").join(name(source)), "").unwrap();
        for command in ["check", "build", "fmt"] {
            if command == "fmt" && source.ends_with(b"yaml") {
                continue;
            }
            let ran = sandbox.run(&[command, "tree"]).exits(2);
            assert!(ran.err.contains("b\u{fffd}d."), "{}", ran.err);
        }
    }
}

#[test]
fn manifests_from_a_folder_and_from_standard_input() {
    let pod = POD;
    let sandbox = Sandbox::with(&[("shop.npl", SHOP), ("k8s/pod.yaml", pod)]);
    let nothing = |ran: &common::Ran| ran.out.matches("selects-nothing-today").count();
    let plain = sandbox
        .run(&["check", "shop.npl", "--format", "json"])
        .exits(0);
    assert_eq!(nothing(&plain), 0);
    let from_folder = sandbox.run(&[
        "check",
        "shop.npl",
        "--inventory",
        "k8s",
        "--format",
        "json",
    ]);
    assert!(nothing(&from_folder) > 0, "{}", from_folder.out);
    let piped = sandbox.run_with(
        &[
            "check",
            "shop.npl",
            "-",
            "--stdin-kind",
            "yaml",
            "--format",
            "json",
        ],
        pod,
    );
    assert_eq!(nothing(&piped), nothing(&from_folder));
}

#[test]
fn a_policy_in_yaml_is_not_passed_over() {
    let policy = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n\
        metadata: {name: x, namespace: shop}\nspec: {endpointSelector: {}, ingress: [{}]}\n";
    let sandbox = Sandbox::with(&[("shop.npl", SHOP), ("k8s/x.yaml", policy)]);
    sandbox.run(&["check", "shop.npl", "k8s/x.yaml"]).exits(0);
    let ran = sandbox.run(&["build", "shop.npl", "k8s/x.yaml"]).exits(2);
    assert!(
        ran.err.contains("x.yaml") && ran.err.contains("--inventory"),
        "{}",
        ran.err
    );
    sandbox
        .run(&["check", "shop.npl", "--inventory", "k8s"])
        .exits(0);
}

#[test]
fn pods_that_two_packages_own() {
    let toml = |name: &str| format!("[package]\nname = \"{name}\"\nnamespace = \"shop\"\n");
    let one = "workload web { app: \"web\" }\nworkload db { app: \"db\" }\n\
        allow web -> db:7000 via tls.sni \"db.example\"\n";
    let two = |declared: &str, port: u16| {
        format!(
            "{declared} {{ app: \"web\" }}\nforeign workload db {{ app: \"db\" }}\n\
             workload x {{ app: \"x\" }}\nallow egress front -> db:{port} via http {{ GET \"/\" }}\n\
             allow front -> x:80\n"
        )
    };
    let run = |text: &str, code: i32| {
        let sandbox = Sandbox::with(&[
            ("a/npl.toml", &toml("a")),
            ("a/main.npl", one),
            ("b/npl.toml", &toml("b")),
            ("b/main.npl", text),
        ]);
        let ran = sandbox.run(&["check", "a", "b", "--format", "concise"]);
        assert_eq!(ran.code, Some(code), "{}{}", ran.out, ran.err);
        ran.out
    };
    let both = run(&two("workload front", 5000), 0);
    assert!(both.contains("b/main.npl:1:10: warning[NPL0715]"), "{both}");
    let clash = run(&two("workload front", 7000), 1);
    assert!(clash.contains("b/main.npl:4:1: error[NPL0709]"), "{clash}");
    // A rule that binds at two of them clashes once.
    let twice = two("workload front", 7000) + "workload again { app: \"web\", tier: \"x\" }\n";
    let twice = run(
        &twice.replace("egress front ->", "egress front | again ->"),
        1,
    );
    assert_eq!(twice.matches("NPL0709").count(), 1, "{twice}");
    let foreign = two("foreign workload front", 5000)
        .replace("allow egress front -> db:5000 via http { GET \"/\" }\n", "");
    assert_eq!(
        run(
            &foreign.replace("foreign workload db { app: \"db\" }\n", ""),
            0
        ),
        ""
    );
}

/// Nobody knows what an item with an error would have supplied.
#[test]
fn what_is_missing_is_not_told_beside_an_item_with_an_error() {
    let fine = "namespace shop\nuse std.cloud.metadata\nuse std.kubernetes.kube_dns\n\
        workload a { app: \"a\" }\nexternal e = \"x.example\"\n\
        allow a -> e:443 via tls.sni \"x.example\"\n\
        allow a -> kube_dns:53/any via dns \"*\"\ndeny all -> metadata\n";
    let codes = |text: &str| {
        let sandbox = Sandbox::with(&[("shop.npl", text)]);
        let ran = sandbox.run(&["check", "shop.npl", "--format", "json"]);
        let document = ran.json();
        let found = document["diagnostics"].as_array().unwrap().iter();
        let codes = found.map(|f| f["code"].as_str().unwrap().to_owned());
        codes.collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(codes(fine), none);
    for (right, wrong, code) in [
        ("std.cloud.", "std.clod.", "NPL0205"),
        ("deny all", "dny all", "NPL0102"),
        ("-> kube_dns:", "-> kube_dn:", "NPL0201"),
        ("workload a {", "wrkload a {", "NPL0102"),
    ] {
        assert_eq!(codes(&fine.replace(right, wrong)), [code], "{wrong}");
    }
    let claims = format!(
        "{fine}workload b {{ app: \"b\" }}\nallow b -> a:80\n\
        assert b can reach a:80\nassert b cannot reach a:80\n"
    );
    assert_eq!(codes(&claims), ["NPL0501"]);
    // The claim that lacks a rule is silent, the one that a rule breaks is not.
    assert_eq!(
        codes(&claims.replace("allow b ->", "alow b ->")),
        ["NPL0102"]
    );
    assert_eq!(
        codes(&format!("{claims}allow b ->\n")),
        ["NPL0501", "NPL0101"]
    );
    // Without an error both are told.
    assert_eq!(
        codes(&fine.replace("deny all -> metadata\n", "")),
        ["NPL0207", "NPL0607"]
    );
}

#[test]
fn a_claim_of_a_template_is_not_told_of_an_argument_again() {
    let text = "namespace shop\nworkload a { app: \"a\" }\nforeign workload f { app: \"f\" }\n\
        template t(x: workload, y: workload) {\n  allow x -> y:80\n  \
        assert x cannot reach y:81\n}\napply t(f, f)\n";
    let sandbox = Sandbox::with(&[("shop.npl", text)]);
    let ran = sandbox.run(&["check", "shop.npl", "--format", "concise"]);
    assert_eq!(ran.out.matches("NPL0305").count(), 1, "{}", ran.out);
    assert!(!ran.out.contains("NPL0503"), "{}", ran.out);
}

#[test]
fn the_fix_of_a_workload_that_is_only_denied_opens_it() {
    let text = "namespace shop\nuse std.cloud.metadata\n\
        workload web { app: \"web\" } account \"x\" // faces nobody\ndeny web -> metadata\n";
    let sandbox = Sandbox::with(&[("shop.npl", text)]);
    let ran = sandbox.run(&["check", "shop.npl", "--format", "json"]);
    let document = ran.json();
    let finding = &document["diagnostics"][0];
    assert_eq!(finding["code"], "NPL0619", "{document:#}");
    let edits = finding["fixes"][0]["edits"].as_array().unwrap();
    let fixed = apply_edits(text, edits.iter().map(edit_of).collect::<Vec<_>>()).unwrap();
    assert!(fixed.contains("account \"x\" open egress //"), "{fixed}");
    let ran = sandbox.run_with(&["check", "-"], &fixed).exits(0);
    assert_eq!(ran.out, "");
}

/// A rule of a template is silenced where it stands, wherever the template is applied.
#[test]
fn an_ignore_inside_a_template() {
    let text = |before: &str, behind: &str| {
        format!(
            "namespace s\nworkload a {{ app: \"a\" }}\nworkload b {{ app: \"b\" }}\n\
             template t(w: workload) {{\n{before}  allow w -> b{behind}\n}}\n\
             template u(w: workload) {{\n  apply t(w)\n}}\napply t(a)\napply u(b)\n"
        )
    };
    let mark = "// nplc: ignore broad-allow (OPS-1)";
    let sandbox = Sandbox::new();
    for text in [
        text(&format!("  {mark}\n"), ""),
        text("", &format!(" {mark}")),
    ] {
        let ran = sandbox.run_with(&["check", "-"], &text).exits(0);
        assert_eq!(ran.out, "");
    }
    let loud = sandbox.run_with(&["check", "-"], text("", "")).exits(0).out;
    assert_eq!(loud.matches("NPL0601").count(), 2, "{loud}");
    let other = text("  // nplc: ignore redundant-rule (OPS-1)\n", "");
    let other = sandbox.run_with(&["check", "-"], other).exits(0).out;
    assert!(
        other.contains("NPL0908") && other.contains("NPL0601"),
        "{other}"
    );
}

/// Findings call things as the file does.
#[test]
fn notes_of_claims_use_the_names_of_the_file() {
    let text = "namespace s\nuse std.kubernetes.kube_dns\nuse std.cloud.metadata\n\
        workload a { app: \"a\" } open ingress\nworkload b { app: \"b\" }\n\
        external x = \"x.example.com\"\nexternal y = \"y.example.com\"\n\
        allow b -> x:443 via tls.sni x\n\
        allow b -> kube_dns:53/any via dns \"x.example.com\"\n\
        deny all -> metadata\nassert b can reach a:80\nassert b cannot reach y\n";
    let out = Sandbox::new().run_with(&["check", "-"], text).exits(1).out;
    for want in [
        "at the source: `b` is sealed",
        "at the destination: `a` does not seal",
        "answers for both `x` and `y`",
    ] {
        assert!(out.contains(want), "{want}: {out}");
    }
    assert!(!out.contains("npl."), "{out}");
}

/// The mistake is in `npl.toml`, so its place is.
#[test]
fn a_value_of_an_environment_is_wrong_where_it_is_written() {
    let manifest = "[package]\nname = \"p\"\nnamespace = \"p\"\n\n[env.prod]\n\
                    params = { a = \"443/tpc\", b = \"10.0.0.0/33\" }\n";
    let text = "param a: port\nparam b: network\nworkload w { app: \"w\" }\nallow w -> b:a\n";
    let sandbox = Sandbox::with(&[("p/npl.toml", manifest), ("p/main.npl", text)]);
    let args = ["check", "p", "--env", "prod", "--format", "concise"];
    let ran = sandbox.run(&args).exits(1);
    for place in [
        "p/npl.toml:6:16: error[NPL0326]",
        "p/npl.toml:6:31: error[NPL0326]",
    ] {
        assert!(ran.out.contains(place), "{}{}", ran.out, ran.err);
    }
}

#[test]
fn foreign_selectors_against_the_inventory() {
    let text = "namespace shop\nuse std.kubernetes.{kube_dns}\nworkload api { app: \"api\" }\n\
                foreign workload prom { app: \"promethus\" } in namespace kube-system\n\
                foreign workload far { app: \"far\" } in namespace far\n\
                allow api -> kube_dns:53 via dns \"*\"\nallow api -> kube_dns:9153\n\
                allow prom -> api:80\nallow far -> api:81\n";
    let pod = |namespace: &str, app: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\n\
             metadata: {{name: p, namespace: {namespace}, labels: {{app: {app}}}}}\n\
             spec: {{containers: [{{name: main, image: example/main}}]}}\n"
        )
    };
    let pods = pod("shop", "api") + &pod("kube-system", "coredns");
    let sandbox = Sandbox::with(&[("d.npl", text), ("k8s/pods.yaml", &pods)]);
    let args = [
        "check",
        "d.npl",
        "--inventory",
        "k8s",
        "--format",
        "concise",
    ];
    let out = sandbox.run(&args).exits(0).out;
    // The imported one at the first rule that names it; nothing is known of `far`.
    let told: Vec<&str> = out.lines().filter(|l| l.contains("NPL0801")).collect();
    let [prom, dns] = told.as_slice() else {
        panic!("{out}")
    };
    assert!(
        prom.starts_with("d.npl:4:18: ") && prom.contains("`prom`"),
        "{prom}"
    );
    assert!(
        dns.starts_with("d.npl:6:1: ") && dns.contains("`kube_dns`"),
        "{dns}"
    );
}
