//! `nplc build`: streams, files, folders, and what is left alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod common;

use common::{SHOP, Sandbox};

#[test]
fn one_stream_with_the_header_on_top() {
    let sandbox = Sandbox::shop();
    let out = sandbox.run(&["build", "shop.npl"]).exits(0).out;
    assert!(out.starts_with("# "), "{out}");
    assert!(out.contains("enable-policy=default"), "{out}");
    assert_eq!(out.matches("\nkind: Cilium").count(), 2, "{out}");
    assert_eq!(out.matches("\n---\n").count(), 2, "{out}");
    let file = sandbox
        .run(&["build", "shop.npl", "-o", "policy.yaml"])
        .exits(0);
    assert_eq!(file.out, "");
    assert_eq!(sandbox.read("policy.yaml"), out);
    assert_eq!(
        sandbox.run(&["build", "shop.npl", "-o", "-"]).exits(0).out,
        out
    );
}

#[test]
fn a_folder_with_one_file_an_object() {
    let sandbox = Sandbox::shop();
    sandbox.run(&["build", "shop.npl", "-o", "out"]).exits(0);
    let names = sandbox.list("out");
    assert_eq!(
        names,
        [
            "ciliumnetworkpolicy-shop-shop-api.yaml",
            "ciliumnetworkpolicy-shop-shop-frontend.yaml",
            "npl-objects.json"
        ]
    );
    let list: serde_json::Value =
        serde_json::from_str(&sandbox.read("out/npl-objects.json")).unwrap();
    let rules = list["rules"].as_object().unwrap();
    let rule = rules.values().find(|r| r["line"] == 6).unwrap();
    assert_eq!(rule["file"], "shop.npl");
    let id = rules.iter().find(|(_, r)| r["line"] == 6).unwrap().0;
    let object = sandbox.read("out/ciliumnetworkpolicy-shop-shop-frontend.yaml");
    assert!(object.contains(id.as_str()), "{object}");
    assert!(list["header"].as_array().is_some_and(|h| !h.is_empty()));
}

#[test]
fn only_former_objects_are_removed() {
    let sandbox = Sandbox::shop();
    sandbox.run(&["build", "shop.npl", "-o", "out"]).exits(0);
    sandbox.write("out/mine.yaml", "mine");
    let renamed = SHOP.replace("frontend", "web");
    sandbox.write("shop.npl", renamed);
    let ran = sandbox.run(&["build", "shop.npl", "-o", "out"]).exits(0);
    assert!(ran.err.contains("removed"), "{}", ran.err);
    let names = sandbox.list("out");
    assert!(!names.contains(&"ciliumnetworkpolicy-shop-shop-frontend.yaml".to_owned()));
    assert!(names.contains(&"ciliumnetworkpolicy-shop-shop-web.yaml".to_owned()));
    assert_eq!(sandbox.read("out/mine.yaml"), "mine");
}

/// What a build wrote is no source of the next one, wherever it lies.
#[test]
fn a_folder_among_the_sources() {
    let toml = "[package]\nname = \"shop\"\n[inventory]\npaths = [\".\"]\n";
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    let sandbox = Sandbox::with(&[
        ("p/npl.toml", toml),
        ("p/main.npl", SHOP),
        ("p/k8s/shop.yaml", namespace),
    ]);
    for goal in ["p/out", "p"] {
        for _ in 0..2 {
            sandbox.run(&["build", "p", "-o", goal]).exits(0);
            let ran = sandbox.run(&["check", "p", "-v"]).exits(0);
            assert!(ran.err.contains("a build wrote"), "{}", ran.err);
        }
    }
    let ran = sandbox.run(&["check", "p/out", "-v"]).exits(0);
    assert!(ran.err.contains("2 policies in YAML"), "{}", ran.err);
    // Loose files, and a folder of nothing else, which is named for its policies.
    let sandbox = Sandbox::with(&[("d/shop.npl", SHOP)]);
    for goal in ["d/out", "d"] {
        for _ in 0..2 {
            sandbox.run(&["build", "d", "-o", goal]).exits(0);
        }
    }
    let ran = sandbox.run(&["check", "d/out", "-v"]).exits(0);
    assert!(ran.err.contains("2 policies in YAML"), "{}", ran.err);
    sandbox.run(&["import", "d/out", "-o", "back.npl"]).exits(0);
    // Others' files beside them are read.
    let policy = sandbox.read("d/out/ciliumnetworkpolicy-shop-d-api.yaml");
    sandbox.write("d/out/mine.yaml", policy);
    let ran = sandbox.run(&["build", "d"]).exits(2);
    assert!(ran.err.contains("mine.yaml"), "{}", ran.err);
}

#[test]
fn an_error_touches_nothing() {
    let sandbox = Sandbox::shop();
    sandbox.run(&["build", "shop.npl", "-o", "out"]).exits(0);
    sandbox
        .run(&["build", "shop.npl", "-o", "one.yaml"])
        .exits(0);
    let before = (sandbox.list("out"), sandbox.read("one.yaml"));
    sandbox.write("shop.npl", format!("{SHOP}allow web -> api:80\n"));
    for goal in ["out", "one.yaml", "-"] {
        let ran = sandbox.run(&["build", "shop.npl", "-o", goal]).exits(1);
        assert_eq!(ran.out, "");
        assert!(ran.err.contains("`web`"), "{}", ran.err);
    }
    assert_eq!((sandbox.list("out"), sandbox.read("one.yaml")), before);
}

#[test]
fn a_failed_assert_stops_it() {
    let sandbox = Sandbox::with(&[(
        "shop.npl",
        &SHOP.replace(
            "assert api cannot reach frontend",
            "assert frontend cannot reach api",
        ),
    )]);
    let ran = sandbox.run(&["build", "shop.npl", "-o", "out"]).exits(1);
    assert!(ran.err.contains("shop.npl:8"), "{}", ran.err);
    assert!(!sandbox.exists("out"));
}

#[test]
fn a_strangers_file_stops_it_before_anything_is_written() {
    let sandbox = Sandbox::shop();
    sandbox.write("out/ciliumnetworkpolicy-shop-shop-frontend.yaml", "mine");
    let ran = sandbox.run(&["build", "shop.npl", "-o", "out"]).exits(2);
    assert!(ran.err.contains("npl-objects.json"), "{}", ran.err);
    assert_eq!(
        sandbox.list("out"),
        ["ciliumnetworkpolicy-shop-shop-frontend.yaml"]
    );
}

#[test]
fn where_nothing_can_be_written() {
    let sandbox = Sandbox::shop();
    sandbox.write("file", "x");
    for goal in [
        "file/out",
        "missing/folder/x.yaml",
        "npl-objects.json/x.yaml",
    ] {
        let ran = sandbox.run(&["build", "shop.npl", "-o", goal]).exits(2);
        assert!(!ran.err.is_empty(), "{goal}");
    }
    std::fs::create_dir_all(sandbox.path("dir.yaml/npl-objects.json")).unwrap();
    sandbox
        .run(&["build", "shop.npl", "-o", "dir.yaml"])
        .exits(2);
    assert_eq!(sandbox.list("dir.yaml"), ["npl-objects.json"]);
}

#[test]
fn a_fifo_is_written_into() {
    let sandbox = Sandbox::shop();
    let made = std::process::Command::new("mkfifo")
        .arg(sandbox.path("pipe"))
        .status();
    assert!(made.unwrap().success());
    std::os::unix::fs::symlink("pipe", sandbox.path("link.yaml")).unwrap();
    let want = sandbox.run(&["build", "shop.npl"]).exits(0).out;
    for goal in ["pipe", "link.yaml"] {
        let path = sandbox.path("pipe");
        let reader = std::thread::spawn(move || std::fs::read_to_string(path).unwrap());
        sandbox
            .run(&["build", "shop.npl", "-o", goal, "--verify"])
            .exits(0);
        assert_eq!(reader.join().unwrap(), want);
        let kind = std::fs::metadata(sandbox.path("pipe")).unwrap().file_type();
        assert!(std::os::unix::fs::FileTypeExt::is_fifo(&kind));
    }
    // In a folder of objects it is a stranger's.
    let name = "ciliumnetworkpolicy-shop-shop-frontend.yaml";
    std::fs::create_dir(sandbox.path("out")).unwrap();
    std::fs::rename(sandbox.path("pipe"), sandbox.path("out").join(name)).unwrap();
    let ran = sandbox.run(&["build", "shop.npl", "-o", "out"]).exits(2);
    assert!(ran.err.contains("is not replaced"), "{}", ran.err);
}

#[test]
fn a_link_stays_a_link_and_the_mode_stays() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::shop();
    sandbox.write("real.yaml", "old");
    std::fs::set_permissions(sandbox.path("real.yaml"), PermissionsExt::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.yaml", sandbox.path("link.yaml")).unwrap();
    sandbox
        .run(&["build", "shop.npl", "-o", "link.yaml"])
        .exits(0);
    assert!(sandbox.path("link.yaml").is_symlink());
    assert!(sandbox.read("real.yaml").contains("kind: Cilium"));
    let mode = std::fs::metadata(sandbox.path("real.yaml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    let left: Vec<String> = sandbox
        .list(".")
        .into_iter()
        .filter(|n| n.starts_with(".nplc"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_same_bytes_with_any_number_of_threads_and_on_every_run() {
    let sandbox = Sandbox::shop();
    let run = |jobs| {
        sandbox
            .run(&["build", "shop.npl", "--jobs", jobs])
            .exits(0)
            .out
    };
    let first = run("1");
    assert_eq!(first, run("2"));
    assert_eq!(first, run("1"));
    let other = Sandbox::with(&[("elsewhere/shop.npl", SHOP)]);
    let out = other
        .run(&["build", "elsewhere/shop.npl", "--as-of", "2031-01-01"])
        .exits(0)
        .out;
    assert_eq!(first, out, "neither the folder nor the day may matter");
}

#[test]
fn a_comment_on_top_changes_no_object() {
    let sandbox = Sandbox::shop();
    sandbox.run(&["build", "shop.npl", "-o", "a"]).exits(0);
    sandbox.write("shop.npl", format!("// hello\n\n{SHOP}"));
    sandbox.run(&["build", "shop.npl", "-o", "b"]).exits(0);
    for name in sandbox
        .list("a")
        .iter()
        .filter(|name| name.ends_with("yaml"))
    {
        assert_eq!(
            sandbox.read(&format!("a/{name}")),
            sandbox.read(&format!("b/{name}"))
        );
    }
    assert_ne!(
        sandbox.read("a/npl-objects.json"),
        sandbox.read("b/npl-objects.json")
    );
}

#[test]
fn stage_observe_closes_nothing() {
    let sandbox = Sandbox::shop();
    let out = sandbox
        .run(&["build", "shop.npl", "--stage", "observe"])
        .exits(0)
        .out;
    assert!(
        !out.contains("ingress: true") && !out.contains("egress: true"),
        "{out}"
    );
    assert!(!out.contains("serverNames"), "{out}");
    let stage = "# Stage observe: nothing is closed";
    assert!(out.contains(stage), "{out}");
    let toml = "[package]\nname = \"shop\"\n[stage]\nobserve = ";
    let sandbox = Sandbox::with(&[("p/main.npl", SHOP)]);
    for (observe, line) in [
        ("\"all\"", stage),
        (
            "[\"api\"]",
            "# In stage observe, so not closed, and without denies and `via`: api.",
        ),
    ] {
        sandbox.write("p/npl.toml", format!("{toml}{observe}\n"));
        let out = sandbox.run(&["build", "p"]).exits(0).out;
        assert!(out.contains(line), "{out}");
    }
}

#[test]
fn targets_of_other_versions_are_usage_errors() {
    let sandbox = Sandbox::shop();
    for target in ["ebpf", "cilium,ebpf"] {
        let ran = sandbox
            .run(&["build", "shop.npl", "--target", target])
            .exits(2);
        assert!(ran.err.contains("not in this version"), "{}", ran.err);
    }
    sandbox
        .run(&["build", "shop.npl", "--target", "calico"])
        .exits(2);
    sandbox
        .run(&["build", "shop.npl", "--target", "cilium"])
        .exits(0);
}

#[test]
fn two_targets_make_the_objects_of_both() {
    let sandbox = Sandbox::shop();
    sandbox.write(
        "plain.npl",
        "namespace shop\nworkload api { app: \"api\" }\nworkload web { app: \"web\" }\n\
         allow web -> api:8080\n",
    );
    let both = ["build", "plain.npl", "--target", "cilium,kubernetes"];
    let words: Vec<&str> = both.into_iter().chain(["--verify", "-o", "out"]).collect();
    sandbox.run(&words).exits(0);
    assert_eq!(
        sandbox.list("out"),
        [
            "ciliumnetworkpolicy-shop-plain-api.yaml",
            "ciliumnetworkpolicy-shop-plain-web.yaml",
            "networkpolicy-shop-plain-api.yaml",
            "networkpolicy-shop-plain-web.yaml",
            "npl-objects.json"
        ]
    );
    let list: serde_json::Value =
        serde_json::from_str(&sandbox.read("out/npl-objects.json")).unwrap();
    let rules = list["rules"].as_object().unwrap();
    let rule = rules.values().find(|r| r["line"] == 4).unwrap();
    assert_eq!(rule["objects"].as_array().unwrap().len(), 4);
    let refused = sandbox.run(&["build", "shop.npl", "--target", "kubernetes"]);
    assert!(refused.exits(1).err.contains("NPL1103"));
}

#[test]
fn verify_says_what_it_verified() {
    let sandbox = Sandbox::shop();
    for goal in ["out", "one.yaml", "-"] {
        let ran = sandbox
            .run(&["build", "shop.npl", "--verify", "-o", goal])
            .exits(0);
        assert!(ran.err.contains("verified: "), "{}", ran.err);
    }
}

#[test]
fn a_source_is_not_overwritten() {
    let sandbox = Sandbox::shop();
    let ran = sandbox
        .run(&["build", "shop.npl", "-o", "./shop.npl"])
        .exits(2);
    assert!(ran.err.contains("one of the sources"), "{}", ran.err);
    assert_eq!(sandbox.read("shop.npl"), SHOP);
}

#[test]
fn two_packages_of_one_name() {
    let toml = "[package]\nname = \"shop\"\n";
    let sandbox = Sandbox::with(&[
        ("a/npl.toml", toml),
        ("a/main.npl", SHOP),
        ("b/npl.toml", toml),
        ("b/main.npl", SHOP),
    ]);
    let ran = sandbox.run(&["build", "a", "b"]).exits(2);
    assert!(
        ran.err.contains("two packages make the object"),
        "{}",
        ran.err
    );
    assert_eq!(ran.out, "");
    sandbox.write("b/npl.toml", toml.replace("shop", "other"));
    let ran = sandbox.run(&["build", "a", "b"]).exits(0);
    assert_eq!(ran.out.matches("\nkind: Cilium").count(), 4, "{}", ran.out);
    sandbox.run(&["build", "a", "b", "-o", "out"]).exits(2);
}

#[test]
fn namespaces_and_names_that_join_to_one_file() {
    let text = "workload shop-x { app: \"a\" } in namespace shop\n\
        workload x { app: \"b\" } in namespace shop-shop\nallow shop-x -> x:80\n";
    let sandbox = Sandbox::with(&[("shop.npl", text)]);
    sandbox.run(&["build", "shop.npl", "-o", "out"]).exits(0);
    assert_eq!(sandbox.list("out").len(), 3, "{:?}", sandbox.list("out"));
}

/// Names of objects that only show when they are made: numbers behind a name, and what is of the whole
/// cluster.
#[test]
fn objects_of_one_name_are_an_error_at_the_workload() {
    let manifest = "[package]\nname = \"shop\"\n[target.kubernetes]\ncluster-network-policy = true\n\
                    ip-blocks = \"external\"\n";
    let one =
        "namespace shop\nnetwork n = 192.0.2.0/24\nworkload b-c { app: \"b\" }\ndeny b-c -> n\n";
    let two = "namespace data\nnetwork n = 192.0.2.0/24\nworkload c { app: \"c\" }\ndeny c -> n\n";
    let sandbox = Sandbox::with(&[
        ("p/npl.toml", manifest),
        ("p/a.npl", one),
        ("p/a-b.npl", two),
    ]);
    let ran = sandbox
        .run(&[
            "build",
            "p",
            "--target",
            "kubernetes",
            "--format",
            "concise",
        ])
        .exits(1);
    let wanted = "p/a.npl:3:10: error[NPL0707]: the workloads `shop.a-b.c` and `shop.a.b-c` would \
                  each make an object named `shop-a-b-c`";
    assert!(ran.err.contains(wanted), "{}", ran.err);
    assert_eq!(ran.out, "");
}

/// Shapes of cluster-wide rules whose verification once failed, or once passed in vain.
#[test]
fn cluster_wide_rules_are_verified() {
    let tiers = "cluster-network-policy = true\n";
    let cidrs = "cluster-network-policy = true\ncluster-cidrs = [\"10.0.0.0/8\"]\ncontrol-plane = \
                 \"nodes\"\n";
    let pods = "cluster-network-policy = true\nip-blocks = \"external\"\ncluster-wide-seals = \
                \"pods\"\n";
    let every = "namespace a\nworkload every {} in any namespace open ingress\n";
    for (table, text, exact) in [
        (tiers, format!("{every}allow every -> all:79\n"), true),
        (
            tiers,
            format!("{every}network n = 169.254.0.0/16\nallow every -> n\n"),
            false,
        ),
        (
            cidrs,
            format!("{every}allow every -> all:443\ndeny every -> cluster\n"),
            false,
        ),
        (
            tiers,
            "namespace a\nworkload w { app: \"w\" } open egress\ndeny w -> all:22\n".to_owned(),
            true,
        ),
        (
            pods,
            "namespace a\nworkload every {} in any namespace\nworkload w { app: \"w\" }\n\
             network n = 192.0.2.0/24\nallow every -> n:443\nallow w -> every:80\n"
                .to_owned(),
            false,
        ),
    ] {
        let manifest = format!("[package]\nname = \"p\"\n[target.kubernetes]\n{table}");
        let sandbox = Sandbox::with(&[("p/npl.toml", &*manifest), ("p/main.npl", &text)]);
        let args = ["build", "p", "--target", "kubernetes", "--verify"];
        let ran = sandbox.run(&args).exits(0);
        let proved = ran.err.contains("at both ends of every flow");
        assert_eq!(proved, exact, "{text}{}", ran.err);
    }
}

/// A name that may be a file or a folder is asked back for.
#[test]
fn an_ending_that_is_not_yaml_is_refused() {
    let sandbox = Sandbox::shop();
    for name in ["newfile.json", "out.d/policy.yaml.gz"] {
        let ran = sandbox.run(&["build", "shop.npl", "-o", name]).exits(2);
        assert!(ran.err.contains("ends in `.yaml` or `.yml`"), "{}", ran.err);
        assert!(ran.err.contains(&format!("`{name}/`")), "{}", ran.err);
        assert!(!sandbox.exists(name));
    }
    sandbox.run(&["build", "shop.npl", "-o", "v1.2/"]).exits(0);
    // Now it is a folder.
    sandbox.run(&["build", "shop.npl", "-o", "v1.2"]).exits(0);
    assert!(sandbox.exists("v1.2/npl-objects.json"));
}

/// A spec is what Hubble names by the rule's id: two of one id would be one rule in two halves.
#[test]
fn a_service_of_several_ports_is_one_spec_of_its_rule() {
    let text = "namespace shop\nworkload frontend { app: \"frontend\" }\n\
                service e = \"api\"\nallow frontend -> e\n";
    let manifest = "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\n\
                    spec:\n  selector: {app: api}\n  ports:\n\
                    \x20 - {name: web, port: 443, targetPort: 9443}\n\
                    \x20 - {name: dns, port: 53, protocol: UDP}\n";
    let sandbox = Sandbox::with(&[("e.npl", text), ("k8s/api.yaml", manifest)]);
    let args = ["build", "e.npl", "--inventory", "k8s", "--verify"];
    let out = sandbox.run(&args).exits(0).out;
    assert_eq!(
        out.matches("description: \"allow frontend -> e\"").count(),
        1
    );
    // The seal's, and the rule's with both ports.
    assert_eq!(out.matches("\n  egress:\n").count(), 2, "{out}");
    for port in ["port: \"9443\"", "port: \"53\""] {
        assert_eq!(out.matches(port).count(), 1, "{out}");
    }
}

/// The description of an object is text, and no template that somebody forgot to render.
#[test]
fn a_doc_comment_may_speak_of_a_template() {
    let text = "/// Labels as in {{ .Values.app }} of the chart.\nworkload a { app: \"a\" } in namespace \
                x\nworkload b { app: \"b\" } in namespace x\nallow a -> b:80\n";
    let sandbox = Sandbox::with(&[("t.npl", text)]);
    let ran = sandbox
        .run(&["build", "t.npl", "--verify", "-o", "out"])
        .exits(0);
    let objects = sandbox.list("out").into_iter();
    let yaml: Vec<String> = objects
        .map(|name| sandbox.read(&format!("out/{name}")))
        .collect();
    let described = yaml.iter().any(|text| text.contains("{{ .Values.app }}"));
    assert!(described, "{}{}\n{yaml:?}", ran.out, ran.err);
}
