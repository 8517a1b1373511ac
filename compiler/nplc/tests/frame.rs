//! What every command shares: usage, exit codes, streams, colours.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod common;

use std::process::Stdio;

use common::{SHOP, Sandbox};

#[test]
fn usage_is_exit_code_two() {
    let sandbox = Sandbox::new();
    for args in [
        &["frobnicate"][..],
        &["check", "--no-such-flag"],
        &["check", "--format", "junit"],
        &["check", "--as-of", "2027-02-30"],
        &["check", "--jobs", "0"],
        &["trace"],
        &["explain"],
        &["fmt", "--check", "--diff"],
        &["man", "frobnicate"],
        &["completions", "csh"],
        &["check", "--stdin-kind", "flows"],
        &["build", "-", "--stdin-kind", "flows"],
        &["import", "-", "--stdin-kind", "flows"],
        &["trace", "x.npl", "a -> b:1", "--stdin-kind", "flows"],
        &["trace", "-", "-", "--stdin-kind", "flows"],
        &["trace", "-", "--flows", "x", "--stdin-kind", "flows"],
        &["trace", "-", "--flows", "-"],
        &["build", "-o", ""],
        &["import", "x.yaml", "-o", ""],
        &[],
    ] {
        let ran = sandbox.run(args).exits(2);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{args:?}");
    }
}

/// Every result has to arrive, help as well.
#[test]
fn a_full_disk_is_told() {
    let sandbox = Sandbox::shop();
    for args in [
        &["--help"][..],
        &["--version"],
        &["check", "--help"],
        &["build", "shop.npl"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let Ok(full) = full else { return };
        let ran = sandbox.command().args(args).stdout(full).output().unwrap();
        let err = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{args:?} {err}");
        assert!(err.contains("No space left"), "{args:?} {err}");
    }
}

#[test]
fn help_and_version_are_answers() {
    let sandbox = Sandbox::new();
    assert!(
        sandbox
            .run(&["--help"])
            .exits(0)
            .out
            .contains("Usage: nplc")
    );
    assert!(
        sandbox
            .run(&["build", "--help"])
            .exits(0)
            .out
            .contains("--verify")
    );
    let version = sandbox.run(&["--version"]).exits(0).out;
    assert_eq!(version, format!("nplc {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_and_pages_come_from_the_same_tree() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let out = sandbox.run(&["completions", shell]).exits(0).out;
        assert!(
            out.contains("explain") && out.contains("coverage"),
            "{shell}"
        );
    }
    let page = sandbox.run(&["man"]).exits(0).out;
    assert!(page.contains(".TH nplc 1") && page.contains("explain"));
    let page = sandbox.run(&["man", "build"]).exits(0).out;
    assert!(
        page.contains("nplc\\-build") && page.contains("verify"),
        "{page}"
    );
    let version = concat!("\"nplc ", env!("CARGO_PKG_VERSION"), "\"");
    assert!(page.contains(version), "{page}");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let sandbox = Sandbox::shop();
    for args in [
        &["build", "shop.npl"][..],
        &["man"],
        &["completions", "bash"],
        &["explain", "NPL0201"],
        &["test", "shop.npl"],
        &["trace", "shop.npl", "frontend -> api:80"],
    ] {
        let mut child = sandbox
            .command()
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {err}");
        assert!(!err.contains("pipe"), "{args:?}: {err}");
    }
}

#[test]
fn colours_on_demand_only() {
    let sandbox = Sandbox::with(&[("bad.npl", "allow a -> b:80\n")]);
    let plain = sandbox.run(&["check", "bad.npl"]).exits(1);
    assert!(!plain.out.contains('\u{1b}'));
    let always = sandbox
        .run(&["check", "bad.npl", "--color", "always"])
        .exits(1);
    assert!(always.out.contains("\u{1b}["));
    let json = sandbox
        .run(&["check", "bad.npl", "--color", "always", "--format", "json"])
        .exits(1);
    assert!(!json.out.contains('\u{1b}'));
}

#[test]
fn a_pattern_that_no_shell_expanded() {
    let sandbox = Sandbox::shop();
    for args in [
        &["check", "k8s/*.npl"][..],
        &["fmt", "k8s/*.npl"],
        &["build", "shop.npl", "--inventory", "k8s/*.yaml"],
    ] {
        let ran = sandbox.run(args).exits(2);
        assert!(
            ran.err.contains("the shell expands patterns"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn unreadable_things_are_exit_code_two() {
    let sandbox = Sandbox::shop();
    std::os::unix::fs::symlink("nowhere.npl", sandbox.path("dangling.npl")).unwrap();
    std::os::unix::fs::symlink("loop.npl", sandbox.path("loop.npl")).unwrap();
    std::fs::create_dir(sandbox.path("folder.npl")).unwrap();
    sandbox.write("latin.npl", b"// caf\xe9\n");
    for path in [
        "missing.npl",
        "dangling.npl",
        "loop.npl",
        "latin.npl",
        "folder.npl",
    ] {
        for command in ["check", "build", "test", "fmt"] {
            let ran = sandbox.run(&[command, path]).exits(2);
            let stem = path.split('.').next().unwrap();
            assert!(ran.err.contains(stem), "{command} {path}: {}", ran.err);
            assert!(ran.out.is_empty(), "{command} {path}: {}", ran.out);
        }
    }
}

/// What a shell hands over as a path is read as standard input is.
#[test]
fn pipes_and_devices_are_read() {
    let sandbox = Sandbox::shop();
    sandbox.write(
        "pods.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n",
    );
    let bash = |script: &str| {
        let nplc = env!("CARGO_BIN_EXE_nplc");
        let mut command = std::process::Command::new("bash");
        let script = format!("set -o pipefail; nplc() {{ '{nplc}' \"$@\"; }}; {script}");
        let ran = command.current_dir(sandbox.root()).args(["-c", &script]);
        let ran = ran.output().unwrap();
        let err = String::from_utf8(ran.stderr).unwrap();
        (
            ran.status.code(),
            String::from_utf8(ran.stdout).unwrap(),
            err,
        )
    };
    for script in [
        "nplc check <(cat shop.npl)",
        "cat shop.npl | nplc check /dev/stdin",
        "nplc check /dev/stdin < shop.npl",
        "nplc check /dev/stdin <<< \"$(cat shop.npl)\"",
        "mkfifo pipe && { cat shop.npl > pipe & } && nplc check pipe",
        "nplc check shop.npl --inventory <(cat pods.yaml)",
        "nplc check shop.npl <(cat pods.yaml) --stdin-kind yaml",
        "nplc test <(cat shop.npl)",
        "nplc fmt --check <(cat shop.npl)",
    ] {
        let (code, _, err) = bash(script);
        assert_eq!(code, Some(0), "{script}: {err}");
    }
    let (code, out, err) = bash("nplc check <(echo 'allow a -> b:80')");
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("<stdin>:1:"), "{out}");
    let (code, _, err) = bash("nplc check <(cat shop.npl) <(cat shop.npl)");
    assert_eq!(code, Some(2));
    assert!(err.contains("only one source can be"), "{err}");
}

/// A link that leads nowhere is an error where it is named, and told where it is found.
#[test]
fn broken_links_below_a_folder_are_left_out() {
    let sandbox = Sandbox::with(&[("tree/shop.npl", SHOP)]);
    sandbox.write("tree/node_modules/x/readme.txt", "");
    let link = |to: &str, at: &str| {
        std::os::unix::fs::symlink(to, sandbox.path(at)).unwrap();
    };
    link("nowhere.npl", "tree/dangling.npl");
    link("round.npl", "tree/node_modules/x/round.npl");
    for command in ["check", "test", "fmt"] {
        let ran = sandbox.run(&[command, "tree"]).exits(0);
        for name in ["dangling.npl", "round.npl"] {
            assert!(ran.err.contains(name), "{command}: {}", ran.err);
        }
        sandbox.run(&[command, "tree/dangling.npl"]).exits(2);
    }
    std::fs::create_dir(sandbox.path("only")).unwrap();
    link("nowhere.npl", "only/dangling.npl");
    let ran = sandbox.run(&["check", "only"]).exits(2);
    assert!(ran.err.contains("no such file or folder"), "{}", ran.err);
    // Of an inventory nothing is left out.
    std::fs::create_dir(sandbox.path("k8s")).unwrap();
    sandbox.write(
        "k8s/a.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n",
    );
    link("nowhere.yaml", "k8s/b.yaml");
    sandbox
        .run(&["check", "tree", "--inventory", "k8s"])
        .exits(2);
    sandbox.write("pack/npl.toml", "[package]\nname = \"pack\"\n");
    sandbox.write("pack/shop.npl", SHOP);
    link("nowhere.npl", "pack/dangling.npl");
    let ran = sandbox.run(&["check", "pack"]).exits(0);
    assert!(ran.err.contains("dangling.npl"), "{}", ran.err);
}

#[test]
fn links_that_lead_round_in_folders_end() {
    let sandbox = Sandbox::with(&[("tree/shop.npl", SHOP)]);
    std::os::unix::fs::symlink("..", sandbox.path("tree/up")).unwrap();
    for command in ["check", "fmt"] {
        let ran = sandbox.run(&[command, "tree"]);
        assert!(matches!(ran.code, Some(0 | 2)), "{command}: {ran:?}");
    }
}

#[test]
fn names_with_blanks_and_letters_of_any_script() {
    let sandbox = Sandbox::with(&[("my policies/läden.npl", SHOP)]);
    sandbox.run(&["check", "my policies/läden.npl"]).exits(0);
    let ran = sandbox
        .run(&["build", "my policies/läden.npl", "-o", "the out"])
        .exits(0);
    assert!(sandbox.exists("the out/npl-objects.json"), "{}", ran.err);
}

#[test]
fn quiet_and_verbose() {
    let sandbox = Sandbox::shop();
    let quiet = sandbox.run(&["check", "-q", "shop.npl"]).exits(0);
    assert!(quiet.err.is_empty() && quiet.out.is_empty());
    let normal = sandbox.run(&["check", "shop.npl"]).exits(0);
    assert!(normal.err.contains("no findings"), "{}", normal.err);
    let verbose = sandbox.run(&["check", "-v", "shop.npl"]).exits(0);
    assert!(verbose.err.len() > normal.err.len());
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_place() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("latin.yaml"), b"a: 1\nb: caf\xe9\n").unwrap();
    std::fs::write(sandbox.path("wide.yaml"), b"\xff\xfea\x00:\x00").unwrap();
    std::fs::write(sandbox.path("latin.npl"), b"// caf\xe9\n").unwrap();
    for (command, file, place) in [
        ("check", "latin.yaml", "is not UTF-8: line 2, column 7"),
        ("import", "latin.yaml", "is not UTF-8: line 2, column 7"),
        (
            "check",
            "wide.yaml",
            "is UTF-16, not UTF-8: line 1, column 1",
        ),
        ("check", "latin.npl", "is not UTF-8: line 1, column 7"),
        ("fmt", "latin.npl", "is not UTF-8: line 1, column 7"),
    ] {
        let ran = sandbox.run(&[command, file]).exits(2);
        assert!(ran.err.contains(place), "{command} {file}: {}", ran.err);
        assert!(ran.err.contains("save the file as UTF-8"), "{}", ran.err);
    }
}
