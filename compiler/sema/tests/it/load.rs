//! From paths to programs.

use crate::common::{check, files, show, try_load};
use camino::Utf8PathBuf;
use npl_sema::{
    files::{MANIFEST_NAME, MemoryFiles},
    host::Host,
    limits::FILE_BYTES_MAX,
    load::{LoadRequest, Loaded, load},
};

fn request(paths: &[&str]) -> LoadRequest {
    LoadRequest {
        paths: paths.iter().map(Utf8PathBuf::from).collect(),
        ..LoadRequest::default()
    }
}

/// Each program as `name@root: module=path … | yaml …`.
fn shown(loaded: &Loaded) -> String {
    let mut out = Vec::new();
    for program in &loaded.programs {
        let own = &program.packages[0];
        let modules = own.modules.iter().map(|m| {
            let path = &program.texts[m.file.0 as usize].path;
            let root = if m.root { "*" } else { "" };
            format!("{}{root}={path}", m.name)
        });
        let modules: Vec<String> = modules.collect();
        let mut line = format!("{}@{}: {}", program.name, program.root, modules.join(" "));
        if !program.yaml.is_empty() {
            line += &format!(" | yaml {:?}", program.yaml);
        }
        if !program.inventory.is_empty() {
            line += &format!(" | inventory {:?}", program.inventory);
        }
        out.push(line);
    }
    out.join("\n")
}

#[track_caller]
fn loads(text: &str, paths: &[&str], expect: &str) {
    let loaded = try_load(text, &request(paths)).unwrap();
    crate::common::same(&shown(&loaded), expect);
}

#[track_caller]
fn fails(text: &str, request: &LoadRequest, expect: &str) {
    let error = try_load(text, request).map(|l| shown(&l)).unwrap_err();
    crate::common::same(&error.to_string(), expect);
}

const TREE: &str = r#"
//- /code/shop/npl.toml
[package]
name = "shop"
source = ["src", "gen"]
[inventory]
paths = ["k8s"]
//- /code/shop/src/main.npl
//- /code/shop/src/pay/db.npl
//- /code/shop/src/all.yaml
//- /code/shop/gen/rules.npl
//- /code/shop/k8s/pods.yaml
//- /code/shop/k8s/.hidden.yaml
//- /code/shop/notes/idea.npl
//- /code/My_Shop.npl
//- /code/other/a.npl
//- /code/other/b/c.npl
//- /code/other/b/d.yml
//- /code/other/readme.md
"#;

#[test]
fn a_path_in_a_source_folder_is_the_package() {
    let whole = "shop@/code/shop: rules=gen/rules.npl main*=src/main.npl pay.db=src/pay/db.npl \
                 | yaml [\"/code/shop/src/all.yaml\"] | inventory [\"/code/shop/k8s/pods.yaml\"]";
    for path in [
        "/code/shop",
        "/code/shop/npl.toml",
        "/code/shop/src",
        "/code/shop/src/pay",
        "/code/shop/src/pay/db.npl",
        "/code/shop/gen/rules.npl",
    ] {
        loads(TREE, &[path], whole);
    }
    loads(TREE, &["/code/shop/src", "/code/shop/gen"], whole);
}

#[test]
fn a_path_outside_the_source_folders_is_loose() {
    loads(
        TREE,
        &["/code/shop/notes/idea.npl"],
        "idea@/code/shop/notes: idea*=idea.npl",
    );
    loads(
        TREE,
        &["/code/My_Shop.npl"],
        "my-shop@/code: My_Shop*=My_Shop.npl",
    );
}

#[test]
fn a_yaml_file_that_is_named_stands_for_itself() {
    loads(
        TREE,
        &["/code/shop/src/all.yaml"],
        "all@/code/shop/src:  | yaml [\"/code/shop/src/all.yaml\"]",
    );
}

#[test]
fn manifests_beside_one_program_do_not_rename_it() {
    loads(
        "//- /w/shop.npl\n//- /w/pods.yaml\n",
        &["/w/shop.npl", "/w/pods.yaml"],
        "shop@/w: shop*=shop.npl | yaml [\"/w/pods.yaml\"]",
    );
}

/// Without a `source`, everything below `npl.toml` is a source: an inventory of one environment would
/// count in all.
#[test]
fn an_inventory_below_the_sources_counts_where_its_table_does() {
    const PACKAGE: &str = r#"
//- /w/npl.toml
[package]
name = "shop"
[inventory]
paths = ["k1"]
[env.old.inventory]
paths = ["k2/pods.yaml"]
//- /w/shop.npl
//- /w/k1/pods.yaml
//- /w/k2/pods.yaml
//- /w/k2/more.yaml
"#;
    loads(
        PACKAGE,
        &["/w"],
        "shop@/w: shop*=shop.npl | yaml [\"/w/k2/more.yaml\"] | inventory [\"/w/k1/pods.yaml\"]",
    );
    let old = LoadRequest {
        env: Some("old".to_owned()),
        ..request(&["/w"])
    };
    let loaded = try_load(PACKAGE, &old).unwrap();
    crate::common::same(
        &shown(&loaded),
        "shop@/w: shop*=shop.npl | yaml [\"/w/k2/more.yaml\"] | inventory [\"/w/k2/pods.yaml\"]",
    );
}

#[test]
fn a_folder_is_a_package_named_after_it() {
    loads(
        TREE,
        &["/code/other"],
        "other@/code/other: a=a.npl b.c=b/c.npl | yaml [\"/code/other/b/d.yml\"]",
    );
}

#[test]
fn several_loose_paths_are_one_package() {
    loads(
        TREE,
        &["/code/other/b", "/code/My_Shop.npl"],
        "npl@/code: My_Shop=My_Shop.npl c=other/b/c.npl | yaml [\"/code/other/b/d.yml\"]",
    );
}

#[test]
fn packages_below_a_loose_folder_are_programs() {
    loads(
        TREE,
        &["/code"],
        "shop@/code/shop: rules=gen/rules.npl main*=src/main.npl pay.db=src/pay/db.npl \
         | yaml [\"/code/shop/src/all.yaml\"] | inventory [\"/code/shop/k8s/pods.yaml\"]\n\
         code@/code: My_Shop=My_Shop.npl other.a=other/a.npl other.b.c=other/b/c.npl \
         | yaml [\"/code/other/b/d.yml\"]",
    );
}

#[test]
fn yaml_beside_a_package_is_its_own() {
    loads(
        TREE,
        &["/code/shop", "/code/other/b/d.yml"],
        "shop@/code/shop: rules=gen/rules.npl main*=src/main.npl pay.db=src/pay/db.npl \
         | yaml [\"/code/shop/src/all.yaml\", \"/code/other/b/d.yml\"] \
         | inventory [\"/code/shop/k8s/pods.yaml\"]",
    );
}

#[test]
fn without_a_path_the_nearest_package_else_the_folder() {
    let at = |folder: &str| {
        let loaded = load(&files(TREE).at(folder), &LoadRequest::default()).unwrap();
        shown(&loaded)
    };
    assert!(at("/code/shop/notes").starts_with("shop@/code/shop:"));
    assert!(at("/code/other/b").starts_with("b@/code/other/b: c*=c.npl"));
}

#[test]
fn standard_input() {
    let request = LoadRequest {
        stdin: Some("allow a -> b:443".to_owned()),
        ..LoadRequest::default()
    };
    let loaded = load(&MemoryFiles::default(), &request).unwrap();
    crate::common::same(&shown(&loaded), "npl@/: stdin*=<stdin>");
    let host = Host::new(loaded.programs[0].clone());
    let found = show(&host, &crate::common::findings(&host));
    assert!(
        found.starts_with("<stdin>:1:7-8 error[unknown-name]"),
        "{found}"
    );
}

#[test]
fn the_inventory_of_the_command_replaces_that_of_the_package() {
    let request = LoadRequest {
        inventory: vec!["/code/other".into()],
        ..request(&["/code/shop"])
    };
    let loaded = try_load(TREE, &request).unwrap();
    assert_eq!(loaded.programs[0].inventory, ["/code/other/b/d.yml"]);
}

#[test]
fn paths_that_cannot_be_read() {
    fails(
        TREE,
        &request(&["/code/none.npl", "/nowhere"]),
        r#"
cannot read `/code/none.npl`: no such file or folder
cannot read `/nowhere`: no such file or folder
"#,
    );
    fails(
        TREE,
        &request(&["/code/other/readme.md"]),
        r#"
`/code/other/readme.md` is neither NPL nor YAML; sources end in `.npl`, `.yaml`, `.yml` or `.json`
"#,
    );
    fails(
        "//- /empty/readme.md\n",
        &request(&["/empty"]),
        r#"
no `.npl` file and no YAML below `/empty`; name a source, or start a package with `nplc init`
"#,
    );
    let request = LoadRequest {
        inventory: vec!["/none".into()],
        ..request(&["/code/shop"])
    };
    fails(
        TREE,
        &request,
        "\ncannot read `/none`: no such file or folder\n",
    );
}

#[test]
fn text_that_is_not_utf8() {
    let mut files = MemoryFiles::default();
    files.write("/main.npl", b"namespace shop\nworkload \xFF {}");
    let error = load(&files, &request(&["/main.npl"])).unwrap_err();
    crate::common::same(
        &error.to_string(),
        r#"
`/main.npl` is not UTF-8: line 2, column 10; save the file as UTF-8
"#,
    );
}

#[test]
fn a_file_that_is_too_large() {
    let mut files = MemoryFiles::default();
    files.write("/main.npl", vec![b' '; FILE_BYTES_MAX + 1]);
    let error = load(&files, &request(&["/main.npl"])).unwrap_err();
    crate::common::same(
        &error.to_string(),
        r#"
`/main.npl` is larger than 16 MiB; split it into several files
"#,
    );
}

#[test]
fn links() {
    let mut files = files(TREE);
    files.link("/code/link.npl", "other/a.npl");
    let loaded = load(&files, &request(&["/code/link.npl"])).unwrap();
    crate::common::same(&shown(&loaded), "a@/code/other: a*=a.npl");
    let before = load(&files, &request(&["/code/other"])).unwrap();
    files.link("/code/other/b/up", "..");
    // All that it leads to is read where it lies.
    let loaded = load(&files, &request(&["/code/other"])).unwrap();
    crate::common::same(&shown(&loaded), &shown(&before));
    files.link("/round.npl", "round.npl");
    let error = load(&files, &request(&["/round.npl"])).unwrap_err();
    crate::common::same(
        &error.to_string(),
        r#"
cannot read `/round.npl`: its links lead round in a loop
"#,
    );
}

#[test]
fn environments() {
    let text = r#"
//- /npl.toml
[package]
name = "shop"
namespace = "shop"
[env.prod]
params = { p = "8443" }
//- /main.npl
param p: port = 443
workload a { app: "a" }
allow a -> a:p
"#;
    let with = |env: &str| LoadRequest {
        env: Some(env.to_owned()),
        ..request(&["/"])
    };
    let loaded = try_load(text, &with("prod")).unwrap();
    let model = Host::new(loaded.programs[0].clone()).model();
    assert_eq!(model.ends[0].ports.tcp.as_slice(), [(8443, 8443)]);
    fails(
        text,
        &with("prd"),
        r#"
package `shop` has no environment `prd`; did you mean `prod`?
"#,
    );
    fails(
        "namespace x\n",
        &LoadRequest {
            env: Some("prod".to_owned()),
            ..request(&["/main.npl"])
        },
        r#"
`/` is no package, so it has no environment `prod`; an environment is a table `[env.…]` of an `npl.toml`
"#,
    );
}

#[test]
fn dependencies() {
    let text = r#"
//- /shop/npl.toml
[package]
name = "shop"
namespace = "shop"
[dependencies]
base = { path = "../platform" }
tools = { path = "../tools" }
//- /shop/main.npl
use base.edge.gateway
use tools.scanner
workload api { app: "api" }
allow gateway -> api:443
allow scanner -> api:443
//- /platform/npl.toml
[package]
name = "platform"
namespace = "edge"
[dependencies]
tools = { path = "../tools" }
//- /platform/edge.npl
use tools.scanner
workload gateway { app: "gateway" }
workload other { app: "other" }
allow scanner -> gateway:1
allow nobody -> gateway:1
//- /tools/npl.toml
[package]
name = "tools"
//- /tools/tools.npl
workload scanner { app: "scanner" } in namespace tools
"#;
    let loaded = try_load(text, &request(&["/shop"])).unwrap();
    let host = Host::new(loaded.programs[0].clone());
    crate::common::same(&show(&host, &crate::common::findings(&host)), "");
    let model = host.model();
    let names: Vec<_> = model
        .workloads
        .iter()
        .map(|w| (w.name.as_str(), w.ownership))
        .collect();
    use npl_policy::model::Ownership::{Imported, Owned};
    assert_eq!(
        names,
        [
            ("shop.api", Owned),
            ("platform.edge.gateway", Imported),
            ("tools.scanner", Imported)
        ]
    );
    assert_eq!(model.rules.len(), 2);
}

#[test]
fn dependencies_that_are_not_there() {
    let text = r#"
//- /npl.toml
[package]
name = "shop"
source = ["src"]
[dependencies]
gone = { path = "gone" }
plain = { path = "plain" }
[inventory]
paths = ["none"]
//- /plain/a.npl
"#;
    let loaded = try_load(text, &request(&["/"])).unwrap();
    let host = Host::new(loaded.programs[0].clone());
    crate::common::same(
        &show(&host, &crate::common::findings(&host)),
        r#"
npl.toml:3:11-16 error[missing-path] `src` is named as a source folder and is not there
  help: paths count from the folder of `npl.toml`
npl.toml:5:8-25 error[missing-path] `gone` is named as a dependency and is not there
  help: paths count from the folder of `npl.toml`
npl.toml:6:9-27 error[missing-path] dependency `plain` has no `npl.toml`
  help: its path must lead to a package
npl.toml:8:10-16 error[missing-path] `none` is named as an inventory and is not there
  help: paths count from the folder of `npl.toml`
"#,
    );
}

#[test]
fn packages_that_depend_on_themselves() {
    check(
        r#"
//- /npl.toml
[package]
name = "a"
source = ["src"]
[dependencies]
b = { path = "b" }
a = { path = "." }
//- /src/main.npl
//- /b/npl.toml
[package]
name = "b"
source = ["src"]
[dependencies]
a = { path = ".." }
//- /b/src/main.npl
"#,
        r#"
b/npl.toml:5:5-20 error[package-cycle] package `a` depends on itself
  note: the round is `a`, `b` and back to `a`
  help: move what both need into a package that depends on neither
npl.toml:6:5-19 error[package-cycle] package `a` depends on itself
  note: the round is `a` and back to `a`
  help: move what both need into a package that depends on neither
"#,
    );
}

#[test]
fn module_names_and_clashes() {
    check(
        r#"
//- /npl.toml
[package]
name = "shop"
source = ["x", "y"]
[dependencies]
base = { path = "base" }
//- /x/main.npl
//- /x/shop.npl
//- /x/a.npl
//- /y/a.npl
//- /x/2nd.npl
//- /x/port/b.npl
//- /x/base/c.npl
//- /x/std/d.npl
//- /base/npl.toml
[package]
name = "base"
"#,
        r#"
x/2nd.npl:1:1-1 error[module-name] `x/2nd.npl` gives no module name: `2nd` is not an identifier
  help: rename it: a letter or `_` first, then letters, digits, `_` and single `-`
x/base/c.npl:1:1-1 error[module-clash] module `base.c` has the name of a dependency
  npl.toml:5:8-25 the dependency
  help: rename one of them
x/port/b.npl:1:1-1 error[module-name] `x/port/b.npl` gives no module name: `port` is not an identifier
  help: rename it: a letter or `_` first, then letters, digits, `_` and single `-`
x/shop.npl:1:1-1 error[module-clash] `x/main.npl` and `x/shop.npl` are both the root module of package `shop`
  x/main.npl:1:1-1 the other file
  help: rename one of them
x/std/d.npl:1:1-1 error[shadows-prelude] module `std.d` takes the name of the built-in `std`
  help: rename the file or folder
y/a.npl:1:1-1 error[module-clash] `x/a.npl` and `y/a.npl` are both the module `a`
  x/a.npl:1:1-1 the other file
  help: rename one of them
"#,
    );
}

#[test]
fn a_package_in_a_source_folder_is_another_package() {
    let text = r#"
//- /npl.toml
[package]
name = "shop"
//- /main.npl
//- /sub/npl.toml
[package]
name = "sub"
//- /sub/x.npl
"#;
    loads(text, &["/"], "shop@/: main*=main.npl");
    loads(text, &["/sub/x.npl"], "sub@/sub: x=x.npl");
    assert_eq!(MANIFEST_NAME, "npl.toml");
}
