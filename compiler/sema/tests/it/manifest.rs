//! `npl.toml`: every key, and every way to write it wrong.

use crate::common::check;
use npl_diagnostics::FileId;
use npl_policy::model::ControlPlane;
use npl_sema::manifest::{Level, SettingValue, Stage, read};

const WHOLE: &str = r#"
[package]
name = "shop"
source = ["src", "gen"]
namespace = "shop"
owner = "team-payments"

[dependencies]
platform = { path = "../platform" }

[inventory]
paths = ["k8s"]

[target.cilium]
version = "1.20"
cluster-mesh = false
control-plane = "external"
[target.kubernetes]
cluster-network-policy = false
list = ["a", 1]

[lints]
unused-import = "error"
NPL0208 = "allow"

[stage]
observe = ["frontend"]

[env.prod]
params = { api_host = "api.example.com" }
[env.prod.inventory]
paths = ["k8s-prod"]
[env.prod.target.cilium]
version = "1.19"
[env.staging]
params = { api_host = "api.staging.example.com" }
stage = { observe = "all" }
"#;

#[test]
fn every_key() {
    let (manifest, found) = read(FileId(0), WHOLE);
    assert_eq!(found, []);
    let m = manifest.unwrap();
    assert_eq!((m.name.as_str(), m.source.len()), ("shop", 2));
    assert_eq!(m.namespace.as_deref(), Some("shop"));
    assert_eq!(m.owner.as_deref(), Some("team-payments"));
    assert_eq!(m.dependencies[0].path, "../platform");
    assert_eq!(m.inventory[0].path, "k8s");
    assert_eq!(m.control_plane(), ControlPlane::External);
    let cilium = m.target("cilium").unwrap();
    assert_eq!(cilium.settings.len(), 3);
    assert_eq!(cilium.settings[1].value, SettingValue::Bool(false));
    let list = &m.target("kubernetes").unwrap().settings[1].value;
    assert!(matches!(list, SettingValue::List(items) if items.len() == 2));
    let levels: Vec<_> = m.lints.iter().map(|l| (l.code.name, l.level)).collect();
    assert_eq!(
        levels,
        [
            ("unused-import", Level::Error),
            ("unused-declaration", Level::Allow)
        ]
    );
    assert!(matches!(&m.stage, Some(Stage::Workloads(names)) if names.len() == 1));
    let place = m.dependencies[0].place.range;
    assert_eq!(&WHOLE[place.as_usize()], "{ path = \"../platform\" }");
}

#[test]
fn an_environment_replaces() {
    let m = read(FileId(0), WHOLE).0.unwrap();
    let prod = m.in_env("prod").unwrap();
    assert_eq!(prod.inventory[0].path, "k8s-prod");
    assert_eq!(prod.params[0].value, "api.example.com");
    let cilium = prod.target("cilium").unwrap();
    assert_eq!(cilium.settings.len(), 1);
    assert_eq!(prod.control_plane(), ControlPlane::Unknown);
    assert!(prod.target("kubernetes").is_some());
    let staging = m.in_env("staging").unwrap();
    assert_eq!(staging.stage, Some(Stage::All));
    assert_eq!(staging.inventory, m.inventory);
    assert!(m.in_env("dev").is_none());
}

/// Findings in `npl.toml` beside a source that has none.
#[track_caller]
fn wrong(toml: &str, expect: &str) {
    let source = "//- /main.npl\nworkload a { app: \"a\" } in namespace x\n";
    check(&format!("//- /npl.toml\n{toml}\n{source}"), expect);
}

#[test]
fn unknown_keys() {
    wrong(
        r#"
[package]
name = "shop"
ownr = "x"
[pakage]
[target.cilum]
[dependencies]
base = { paht = "x" }
[inventory]
files = []
[stage]
observ = "all"
[env.prod]
param = {}
color = 1
"#,
        r#"
npl.toml:4:1-5 error[unknown-key] unknown key `ownr` in `[package]`
  help: did you mean `owner`?
  fix: write `owner`: npl.toml:4:1-5="owner"
npl.toml:5:2-8 error[unknown-key] unknown key `pakage` in `npl.toml`
  help: did you mean `package`?
  fix: write `package`: npl.toml:5:2-8="package"
npl.toml:6:9-14 error[unknown-key] unknown key `cilum` in `[target]`
  help: did you mean `cilium`?
  fix: write `cilium`: npl.toml:6:9-14="cilium"
npl.toml:8:10-14 error[unknown-key] unknown key `paht` in a dependency
  help: did you mean `path`?
  fix: write `path`: npl.toml:8:10-14="path"
npl.toml:10:1-6 error[unknown-key] unknown key `files` in `[inventory]`
  help: the keys of `[inventory]` are `paths`
npl.toml:12:1-7 error[unknown-key] unknown key `observ` in `[stage]`
  help: did you mean `observe`?
  fix: write `observe`: npl.toml:12:1-7="observe"
npl.toml:14:1-6 error[unknown-key] unknown key `param` in `[env.prod]`
  help: did you mean `params`?
  fix: write `params`: npl.toml:14:1-6="params"
npl.toml:15:1-6 error[unknown-key] unknown key `color` in `[env.prod]`
  help: the keys of `[env.prod]` are `params`, `inventory`, `target` and `stage`
"#,
    );
}

#[test]
fn wrong_values() {
    wrong(
        r#"
[package]
name = "The Shop"
source = "src"
namespace = 1
owner = ["x"]
[dependencies]
std = { path = "x" }
"a b" = { path = "x" }
base = "../base"
[inventory]
paths = [1, "x"]
[target]
cilium = true
[target.kubernetes]
when = 1979-05-27
big = 99999999999999999999
[lints]
unused-import = "deny"
unused-declaration = 1
nonsense = "allow"
unknown-name = "warn"
[stage]
observe = "some"
[env]
prod = 1
"#,
        r#"
npl.toml:3:8-18 error[wrong-value] `The Shop` cannot be the name of a package
  help: use lower-case letters, digits and `-`, at most 63, a letter or digit at each end
npl.toml:4:10-15 error[wrong-value] `package.source` must be an array of strings, not a string
npl.toml:5:13-14 error[wrong-value] `package.namespace` must be a string, not an integer
npl.toml:6:9-14 error[wrong-value] `package.owner` must be a string, not an array
npl.toml:8:1-4 error[wrong-value] `std` cannot name a dependency
  help: use a name that can stand in `use`: an identifier, not `std`
npl.toml:9:1-6 error[wrong-value] `a b` cannot name a dependency
  help: use a name that can stand in `use`: an identifier, not `std`
npl.toml:10:8-17 error[wrong-value] `dependencies.base` must be a table, not a string
npl.toml:12:10-11 error[wrong-value] `inventory.paths` must be a string, not an integer
npl.toml:12:13-16 error[missing-path] `x` is named as an inventory and is not there
  help: paths count from the folder of `npl.toml`
npl.toml:14:10-14 error[wrong-value] `target.cilium` must be a table, not a boolean
npl.toml:16:8-18 error[wrong-value] `target.kubernetes.when` must be a string, a boolean, a whole number or an array of them, not a datetime
npl.toml:17:7-27 error[wrong-value] `target.kubernetes.big` does not fit into 64 bits
npl.toml:19:17-23 error[wrong-value] `lints.unused-import` is `deny`, which is no level
  help: write `allow`, `warn` or `error`
npl.toml:20:22-23 error[wrong-value] `lints.unused-declaration` must be `allow`, `warn` or `error`, not an integer
npl.toml:21:1-9 error[unknown-lint] there is no lint `nonsense`
  help: `nplc explain` lists the codes
npl.toml:22:1-13 error[not-a-lint] `unknown-name` is an error and cannot be silenced
  help: correct what it is about: `nplc explain NPL0201`
npl.toml:24:11-17 error[wrong-value] `stage.observe` must be `"all"` or an array of workloads, not a string
npl.toml:26:8-9 error[wrong-value] `env.prod` must be a table, not an integer
"#,
    );
}

#[test]
fn missing_keys() {
    wrong(
        "[package]\nnamespace = \"x\"",
        r#"
npl.toml:1:2-9 error[missing-key] `npl.toml` gives the package no name
  help: add `name = "…"` under `[package]`: it prefixes the names of emitted objects
"#,
    );
    wrong(
        "",
        r#"
npl.toml:1:1-1 error[missing-key] `npl.toml` gives the package no name
  help: add `name = "…"` under `[package]`: it prefixes the names of emitted objects
  fix: add a `[package]` table: npl.toml:1:1-1="[package]\nname = \"my-package\"\n\n"
"#,
    );
    wrong(
        "[package]\nname = \"x\"\n[dependencies]\nbase = {}",
        r#"
npl.toml:4:1-5 error[missing-key] dependency `base` has no path
  help: write `{ path = "../folder" }`
"#,
    );
}

#[test]
fn no_toml_at_all() {
    wrong(
        "[package\nname = \"x\"",
        r#"
npl.toml:1:9-9 error[manifest-syntax] `npl.toml` is not valid TOML: unclosed table, expected `]`
"#,
    );
    wrong(
        "[package]\nname = \"x\"\nname = \"y\"",
        r#"
npl.toml:3:1-5 error[manifest-syntax] `npl.toml` is not valid TOML: duplicate key
"#,
    );
}

#[test]
fn values_for_nothing() {
    wrong(
        r#"
[package]
name = "shop"
[stage]
observe = ["b", "main.a", "a"]
[env.prod]
params = { api = "1" }
stage = { observe = ["c"] }
"#,
        r#"
npl.toml:5:12-15 error[unknown-observed] the package owns no workload `b`
  help: declare it with `workload`, or remove it here
npl.toml:7:12-15 error[unknown-param] no file of the package declares the parameter `api`
  help: declare it with `param`, or remove it here
npl.toml:8:22-25 error[unknown-observed] the package owns no workload `c`
  help: declare it with `workload`, or remove it here
"#,
    );
}

#[test]
fn arbitrary_text_is_no_panic() {
    for text in [
        "\0",
        "=",
        "[[package]]",
        "package = 1",
        "[package]\nname = \"\"",
        "[target.cilium]\na.b.c = {}",
    ] {
        let _ = read(FileId(0), text);
    }
}
