//! Two mistakes in one program: what is found is what each of them gives alone.
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

const PROGRAM: &str = r#"namespace shop
use std.kubernetes.kube_dns
use std.cloud.metadata
workload web { app: "web" }
workload api { app: "api" }
workload db { app: "db" } in namespace data
workload jobs { app: "jobs" }
foreign workload old { app: "old" }
external stripe = "api.stripe.com"
network office = 10.20.0.0/16
group backends = api | db
port pg = 5432
template scrape(w: workload, p: port) { allow old -> w:p }
allow web -> api:443 via http { GET "/a" }
allow api -> db:pg
allow office -> web:8443
allow jobs -> backends:9000
allow api -> stripe:443 via tls.sni "api.stripe.com"
allow (web | api | db | jobs) -> kube_dns:53/any via dns "*"
deny all -> metadata
apply scrape(web, 9100)
apply scrape(db, 9101)
assert web cannot reach db
assert web can reach api:443
assert jobs can reach api:9000
assert only api can reach db:pg
assert disjoint web, db
test "t" {
  web -> api:443 http GET "/a" is allowed
  web -> db:5432 is denied
}
"#;

/// The line that a mistake replaces, and the mistake; of `+` the line that it stands below.
const MISTAKES: &[(&str, &str)] = &[
    ("use std.kubernetes", "use std.kuberetes.kube_dns"),
    ("use std.cloud", "use std.cloud.metadat"),
    ("use std.cloud", "use std/cloud/metadata"),
    ("+use std.cloud", "use std.net.privte"),
    ("workload web", "workload web { app: web }"),
    ("workload web", "workload web { app: \"we b\" }"),
    ("workload web", "workload web { app: \"web\""),
    ("workload web", "wrkload web { app: \"web\" }"),
    (
        "workload db",
        "workload db { app: \"db\" } in namespace test",
    ),
    (
        "workload db",
        "workload db { app: \"db\" } in namespce data",
    ),
    ("workload jobs", "workload jobs { app: \"jobs }"),
    ("workload jobs", "workload jobs { app = \"jobs\" }"),
    ("workload jobs", "workload jobs { app: in [\"jobs\"] }"),
    ("+workload jobs", "workload test { app: \"x\" }"),
    ("+workload jobs", "workload my.x { app: \"x\" }"),
    ("+workload jobs", "workload jobs { app: \"j2\" }"),
    ("foreign", "foreign wrkload old { app: \"old\" }"),
    (
        "foreign",
        "foreign workload old { app: \"old\" } open ingress",
    ),
    ("external", "external stripe = api.stripe.com"),
    ("external", "external stripe = “api.stripe.com”"),
    ("external", "external stripe = \"api stripe\""),
    ("network", "network office = 10.20.0.1/16"),
    ("network", "network \"office\" = 10.20.0.0/16"),
    ("port pg", "pg: port = 5432"),
    ("port pg", "port port pg = 5432"),
    ("network", "network office = 10.20.0.0/99"),
    ("group", "group backends = api, db"),
    ("group", "group backends = api | dbb"),
    ("group", "group backends = api |"),
    ("port pg", "port pg = 5432/tpc"),
    ("port pg", "port pg 5432"),
    (
        "template",
        "template scrape(w: workload, p: prt) { allow old -> w:p }",
    ),
    (
        "template",
        "template scrape(w: workload, p: port) { allow oldd -> w:p }",
    ),
    (
        "template",
        "template scrape(w: workload, p: port) { allow old w:p }",
    ),
    ("allow web", "allow web -> api:443 via htp { GET \"/a\" }"),
    ("allow web", "allow web -> api:443 via http GET \"/a\""),
    ("allow web", "allow web - > api:443 via http { GET \"/a\" }"),
    (
        "allow web",
        "allow web -> api:443 via http { GET \"/a\" } :",
    ),
    ("allow web", "alow web -> api:443 via http { GET \"/a\" }"),
    ("allow web", "permit web -> api:443 via http { GET \"/a\" }"),
    ("allow web", "web -> api:443 via http { GET \"/a\" }"),
    ("allow web", "allow web -> api:443 via http { GET \"a\" }"),
    ("allow web", "allow web -> apii:443 via http { GET \"/a\" }"),
    ("allow api -> db", "allow api -> db:pgg"),
    ("allow api -> db", "allow api => db:pg"),
    ("allow api -> db", "allow api -> db pg"),
    ("allow office", "allow office -> web:99999"),
    ("allow jobs", "allow jobs -> backends | web:9000"),
    ("allow jobs", "allow jobs -> backends:9000-80"),
    ("+allow jobs", "permit jobs -> old:80"),
    ("+allow jobs", "# a comment"),
    (
        "allow api -> stripe",
        "allow api -> stripe:443 via tls.snii \"api.stripe.com\"",
    ),
    (
        "allow api -> stripe",
        "allow api -> stripe:443 via tls sni \"api.stripe.com\"",
    ),
    (
        "allow api -> stripe",
        "allow api -> stripe:443/udp via tls.sni \"api.stripe.com\"",
    ),
    (
        "allow (",
        "allow (web | api | db | jobs -> kube_dns:53/any via dns \"*\"",
    ),
    (
        "allow (",
        "allow (web | api | db | jobs) -> kube_dns:53/any via dnss \"*\"",
    ),
    ("deny all", "dny all -> metadata"),
    ("deny all", "deny all -> metadta"),
    ("+deny all", "}"),
    ("+deny all", "external unused = \"a b\""),
    ("+deny all", "network unused2 = 10.0.0.1/8"),
    ("apply scrape(web", "apply scrap(web, 9100)"),
    ("apply scrape(web", "apply scrape(web)"),
    ("apply scrape(db", "aply scrape(db, 9101)"),
    ("assert web cannot", "assert web can not reach db"),
    ("assert web cannot", "assert web cannot reach dbbb"),
    (
        "assert web cannot",
        "assert web cannot reach db within 99 hops",
    ),
    ("assert web can r", "assert web can rech api:443"),
    ("assert only", "assert olny api can reach db:pg"),
    ("assert disjoint", "assrt disjoint web, db"),
    ("test", "test t {"),
    ("  web -> api", "  web -> api:443 http GET \"/a\" is alowed"),
    ("  web -> db", "  web -> is denied"),
];

/// The program with some mistakes in it, and whose line each line is.
fn with(mistakes: &[usize]) -> (String, Vec<String>) {
    let (mut text, mut lines) = (String::new(), Vec::new());
    let mut put = |line: &str, whose: String| {
        text += &format!("{line}\n");
        lines.push(whose);
    };
    for line in PROGRAM.lines() {
        let here = |prefix: &str| line.starts_with(prefix);
        let replaced = mistakes.iter().find(|m| here(MISTAKES[**m].0));
        put(replaced.map_or(line, |m| MISTAKES[*m].1), line.to_owned());
        for more in mistakes {
            let (place, wrong) = MISTAKES[*more];
            if place.strip_prefix('+').is_some_and(here) {
                put(wrong, wrong.to_owned());
            }
        }
    }
    (text, lines)
}

/// The codes that are found, each with the line of the program on which it is.
fn found(sandbox: &Sandbox, mistakes: &[usize]) -> Vec<(String, String)> {
    let (text, lines) = with(mistakes);
    let ran = sandbox.run_with(&["check", "-", "--format", "concise"], &text);
    let found = ran.out.lines().map(|line| {
        let number: usize = line.split(':').nth(1).unwrap().parse().unwrap();
        let code = &line[line.find('[').unwrap() + 1..line.find(']').unwrap()];
        (lines[number - 1].clone(), code.to_owned())
    });
    let mut found: Vec<_> = found.collect();
    found.sort();
    found
}

/// How far apart the two of a pair stand in the list. Each step is one round over all mistakes.
const STEPS: [usize; 5] = [1, 7, 13, 26, 31];

#[test]
fn two_mistakes_are_two_findings() {
    let sandbox = Sandbox::with(&[]);
    assert_eq!(found(&sandbox, &[]), []);
    let alone: Vec<_> = (0..MISTAKES.len())
        .map(|one| {
            let found = found(&sandbox, &[one]);
            assert_eq!(found.len(), 1, "{}\n{found:?}", MISTAKES[one].1);
            found
        })
        .collect();
    for step in STEPS {
        for one in 0..MISTAKES.len() {
            let other = (one + step) % MISTAKES.len();
            if MISTAKES[one].0 == MISTAKES[other].0 && !MISTAKES[one].0.starts_with('+') {
                continue;
            }
            let mut both = [alone[one].clone(), alone[other].clone()].concat();
            both.sort();
            let (a, b) = (MISTAKES[one].1, MISTAKES[other].1);
            assert_eq!(found(&sandbox, &[one, other]), both, "{a}\n{b}");
        }
    }
}
