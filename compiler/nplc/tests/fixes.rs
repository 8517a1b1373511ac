//! What is left of a program's findings once an offered fix is in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test code"
)]

mod common;

use common::Sandbox;
use npl_diagnostics::{Edit, TextRange, apply_edits};
use serde_json::Value;

fn findings(sandbox: &Sandbox, program: &str) -> Vec<Value> {
    let ran = sandbox.run_with(&["check", "-", "--format", "json"], program);
    ran.json()["diagnostics"].as_array().unwrap().clone()
}

fn codes(findings: &[Value]) -> Vec<&str> {
    findings
        .iter()
        .map(|d| d["code"].as_str().unwrap())
        .collect()
}

/// The program with the only fix of its finding with a code; none, where none is offered.
fn fixed(findings: &[Value], code: &str, program: &str) -> Option<String> {
    let finding = findings.iter().find(|d| d["code"] == code).unwrap();
    let fix = finding["fixes"].as_array()?.first()?;
    let edits = fix["edits"].as_array().unwrap().iter().map(|edit| {
        let offset = |end: &str| edit[end]["offset"].as_u64().unwrap() as u32;
        Edit {
            at: TextRange::new(offset("start"), offset("end")),
            text: edit["text"].as_str().unwrap().to_owned(),
        }
    });
    Some(apply_edits(program, edits.collect::<Vec<_>>()).unwrap())
}

#[test]
fn a_deny_of_metadata_imports_what_is_missing() {
    let rest = "use std.kubernetes.kube_dns\nworkload a { app: \"a\" }\n\
        external e = \"x.example\"\nallow a -> kube_dns:53/any via dns \"*\"\n\
        allow a -> e:443 via tls.sni \"x.example\"\n";
    let sandbox = Sandbox::with(&[]);
    for (import, deny, help) in [
        (
            "",
            "\n\nuse std.cloud.metadata\ndeny all -> metadata",
            "add `use",
        ),
        (
            "use std.cloud.metadata\n",
            "\n\ndeny all -> metadata",
            "add `deny all -> metadata`",
        ),
        (
            "use std.cloud.{metadata}\n",
            "\n\ndeny all -> metadata",
            "add `deny all",
        ),
        (
            "use std.cloud.metadata as imds\n",
            "\n\ndeny all -> imds",
            "add `deny all -> imds`",
        ),
    ] {
        let program = format!("namespace x\n{import}{rest}");
        let found = findings(&sandbox, &program);
        let finding = found.iter().find(|d| d["code"] == "NPL0607").unwrap();
        assert!(
            finding["help"].as_str().unwrap().starts_with(help),
            "{finding:#}"
        );
        let fixed = fixed(&found, "NPL0607", &program).unwrap();
        assert!(fixed.contains(deny), "{fixed}");
        assert_eq!(codes(&findings(&sandbox, &fixed)), [""; 0], "{fixed}");
    }
    // The name is another thing here.
    let taken = "workload metadata { app: \"m\" }\nassert a cannot reach metadata:80\n";
    let program = format!("namespace x\n{rest}{taken}");
    let found = findings(&sandbox, &program);
    assert_eq!(fixed(&found, "NPL0607", &program), None);
}

#[test]
fn a_network_takes_the_place_of_an_address_and_its_brackets() {
    let sandbox = Sandbox::with(&[]);
    for (written, expect) in [
        ("[2001:db8::1]", "net_2001_db8_1"),
        ("[ 2001:db8::1 ]", "net_2001_db8_1"),
        ("([2001:db8::1])", "(net_2001_db8_1)"),
        ("10.1.2.3", "net_10_1_2_3"),
    ] {
        let rule = |end: &str| format!("allow a -> {end}:443\n");
        let program = format!(
            "namespace x\nworkload a {{ app: \"a\" }}\n{}",
            rule(written)
        );
        let found = findings(&sandbox, &program);
        assert_eq!(codes(&found), ["NPL0304"]);
        let fixed = fixed(&found, "NPL0304", &program).unwrap();
        assert!(fixed.ends_with(&rule(expect)), "{fixed}");
        let left = findings(&sandbox, &fixed);
        assert!(
            left.iter().all(|d| d["severity"] != "error"),
            "{fixed}\n{left:#?}"
        );
    }
}
