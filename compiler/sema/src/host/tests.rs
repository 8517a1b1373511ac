//! Which queries ran after which edit, exactly. What an edit costs is what stands here.

use std::sync::{Arc, Mutex};

use npl_test_support::fixture;
use salsa::{Database as _, EventKind, plumbing::FromId as _};

use super::{Host, build};
use crate::{
    db::{self, Database, Item, Package, SourceFile},
    files::MemoryFiles,
    load::{LoadRequest, load},
};

const PROGRAM: &str = r#"
//- /npl.toml
[package]
name = "shop"
namespace = "shop"
//- /main.npl
use edge.gateway
use std.kubernetes.kube_dns

workload api { app: "api" }
workload db { app: "db" }
group both = api | db

allow gateway -> api:443
allow api -> db:5432
allow both -> kube_dns:53/any via dns "*"
//- /edge.npl
use other.office

workload gateway { app: "gateway" }

allow office -> gateway:443
//- /other.npl
network office = 198.51.100.0/24
workload lone { app: "lone" }
"#;

struct Watched {
    host: Host,
    ran: Arc<Mutex<Vec<salsa::DatabaseKeyIndex>>>,
}

impl Watched {
    fn new() -> Self {
        let files = fixture::parse(PROGRAM);
        let files = MemoryFiles::new(files.into_iter().map(|f| (f.path, f.text)));
        let request = LoadRequest {
            paths: vec!["/".into()],
            ..LoadRequest::default()
        };
        let program = load(&files, &request).unwrap().programs.remove(0);
        let ran: Arc<Mutex<Vec<_>>> = Arc::default();
        let log = Arc::clone(&ran);
        let watch = Box::new(move |event: salsa::Event| {
            if let EventKind::WillExecute { database_key } = event.kind {
                log.lock().unwrap().push(database_key);
            }
        });
        let mut host = build::host(program, Some(watch));
        host.set_jobs(1);
        assert_eq!(host.finish(host.diagnostics()), []);
        for path in ["main.npl", "edge.npl", "other.npl"] {
            assert!(host.open(path));
        }
        let mut out = Self { host, ran };
        out.ask();
        out
    }

    /// Edits one file, asks for everything, and says what ran: `query of`, sorted.
    fn after(&mut self, path: &str, from: &str, to: &str) -> Vec<String> {
        let id = self.host.by_path[path];
        let text = self.host.source(id).unwrap().1;
        assert!(text.contains(from));
        assert!(self.host.set_text(path, &text.replacen(from, to, 1)));
        self.ask()
    }

    fn ask(&mut self) -> Vec<String> {
        self.host.finish(self.host.diagnostics());
        self.host.model();
        let ran = std::mem::take(&mut *self.ran.lock().unwrap());
        let db = &self.host.db;
        let mut out: Vec<String> = ran.into_iter().map(|key| named(db, key)).collect();
        out.sort();
        out
    }
}

/// `parse allow api -> db`, `items main.npl`.
fn named(db: &Database, key: salsa::DatabaseKeyIndex) -> String {
    let query = db.ingredient_debug_name(key.ingredient_index());
    let of_item = ["parse", "value", "lower"];
    let of_package = ["circles", "used", "check_package"];
    let what = if of_item.contains(&query.as_ref()) {
        let text = Item::from_id(key.key_index()).text(db);
        let words: Vec<&str> = text.split_whitespace().take(4).collect();
        words.join(" ")
    } else if of_package.contains(&query.as_ref()) {
        Package::from_id(key.key_index()).qualifier(db).to_string()
    } else {
        SourceFile::from_id(key.key_index()).path(db).to_string()
    };
    format!("{query} {what}")
}

#[test]
fn a_comment_on_top_parses_nothing() {
    let ran = Watched::new().after("main.npl", "use edge", "// A comment.\nuse edge");
    assert_eq!(ran, ["ignores main.npl", "items main.npl"]);
}

#[test]
fn white_space_between_items_parses_nothing() {
    let ran = Watched::new().after("main.npl", "\n\nallow", "\n\n\n\nallow");
    assert_eq!(ran, ["ignores main.npl", "items main.npl"]);
}

#[test]
fn an_edit_in_a_rule_runs_that_rule_and_the_aggregates_of_its_file() {
    let ran = Watched::new().after("main.npl", "db:5432", "db:5433");
    assert_eq!(
        ran,
        [
            "check main.npl",
            "declared main.npl",
            "ignores main.npl",
            "items main.npl",
            "lower allow api -> db:5433",
            "mentions main.npl",
            "parse allow api -> db:5433",
        ]
    );
}

#[test]
fn an_edit_of_labels_runs_what_depends_on_them() {
    let mut watched = Watched::new();
    let ran = watched.after("main.npl", "app: \"db\"", "app: \"postgres\"");
    assert_eq!(
        ran,
        [
            "check main.npl",
            "edges main.npl",
            "ignores main.npl",
            "items main.npl",
            "lower allow api -> db:5432",
            "lower allow both -> kube_dns:53/any",
            "mentions main.npl",
            "parse workload db { app:",
            "value group both = api",
            "value workload db { app:",
        ]
    );
}

#[test]
fn an_edit_reaches_other_files_through_what_they_name() {
    let mut watched = Watched::new();
    let ran = watched.after("edge.npl", "app: \"gateway\"", "app: \"gate\"");
    assert_eq!(
        ran,
        [
            "check edge.npl",
            "check main.npl",
            "edges edge.npl",
            "ignores edge.npl",
            "items edge.npl",
            "lower allow gateway -> api:443",
            "lower allow office -> gateway:443",
            "mentions edge.npl",
            "parse workload gateway { app:",
            "value workload gateway { app:",
        ]
    );
}

#[test]
fn a_new_rule_leaves_the_others_alone() {
    let mut watched = Watched::new();
    let ran = watched.after("main.npl", "allow api", "deny db -> api:1\nallow api");
    let lowered = ran
        .iter()
        .filter(|r| r.starts_with("lower") || r.starts_with("parse"));
    let lowered: Vec<_> = lowered.map(String::as_str).collect();
    assert_eq!(
        lowered,
        ["lower deny db -> api:1", "parse deny db -> api:1"]
    );
}

#[test]
fn the_same_text_runs_nothing() {
    let mut watched = Watched::new();
    let id = watched.host.by_path["main.npl"];
    let text = watched.host.source(id).unwrap().1;
    assert!(watched.host.set_text("main.npl", &text));
    assert_eq!(watched.ask(), [""; 0]);
}

#[test]
fn the_day_and_the_inventory_run_what_asks_for_them() {
    let mut watched = Watched::new();
    let day = npl_syntax::ast::Date {
        year: 2027,
        month: 1,
        day: 31,
    };
    watched.host.set_today(Some(day));
    let ran = watched.ask();
    assert!(ran.iter().all(|r| r.starts_with("lower allow")), "{ran:?}");
    watched.host.set_inventory(Some(Arc::default()));
    assert_eq!(watched.ask(), [""; 0]);
}

#[test]
fn std_is_read_as_far_as_it_is_used_and_never_again() {
    let mut watched = Watched::new();
    let edits = [
        ("main.npl", "api:443", "api:444"),
        ("main.npl", "use edge", "// x\nuse edge"),
        ("other.npl", "lone", "alone"),
    ];
    for (path, from, to) in edits {
        let ran = watched.after(path, from, to);
        let std = ran
            .iter()
            .filter(|r| r.contains("std") || r.contains("kube_dns {"));
        assert_eq!(std.count(), 0, "{ran:?}");
    }
}

#[test]
fn nothing_is_wrong_with_std() {
    let files = MemoryFiles::new([("/main.npl", "")]);
    let request = LoadRequest {
        paths: vec!["/main.npl".into()],
        ..LoadRequest::default()
    };
    let program = load(&files, &request).unwrap().programs.remove(0);
    let host = Host::new(program);
    let (db, std) = (&host.db, host.packages.last().unwrap());
    let files = std.files(db);
    assert!(db::circles(db, *std).is_empty());
    assert!(files.len() >= 5);
    for file in files {
        assert_eq!(**db::check(db, *file), []);
        for item in &db::items(db, *file).items {
            assert_eq!(db::lower(db, *item).diagnostics, []);
        }
    }
}
