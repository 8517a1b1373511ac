//! What a reader sees: each form, on the same findings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use insta::assert_snapshot;
use npl_diagnostics::{
    CodeInfo, Diagnostic, Edit, FileId, Fix, Severity, Sources, Span, TextRange,
    render::{Counts, Format, render},
};

static UNKNOWN: CodeInfo = CodeInfo {
    id: "NPL0201",
    name: "unknown-name",
    severity: Severity::Error,
    summary: "a name that nothing declares",
    page: "# NPL0201: unknown-name\n\nA name is used\nthat nothing declares.\n\n## Why it matters\n",
};

static BROAD: CodeInfo = CodeInfo {
    id: "NPL0601",
    name: "broad-allow",
    severity: Severity::Warning,
    summary: "an allow without ports",
    page: "# NPL0601: broad-allow\n\nNo ports.\n",
};

struct Files(Vec<(&'static str, String)>);

impl Sources for Files {
    fn path(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("", |(path, _)| path)
    }

    fn text(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("", |(_, text)| text)
    }
}

fn span(file: u32, start: u32, end: u32) -> Span {
    Span {
        file: FileId(file),
        range: TextRange::new(start, end),
    }
}

fn shop() -> Files {
    Files(vec![
        ("src/shop a.npl", "allow frontend -> api:443\n".to_owned()),
        ("k8s/é.yaml", "kind: Pod\nname: x\n".to_owned()),
    ])
}

fn findings() -> Vec<Diagnostic> {
    vec![
        Diagnostic::new(&UNKNOWN, span(0, 6, 14), "nothing declares `frontend`")
            .with_label("not declared")
            .also(span(1, 10, 14), "a pod of this name")
            .note("names are looked up in this file only")
            .help("declare it, or import it with `use`")
            .fix(
                "declare workload `frontend`",
                false,
                span(0, 0, 0),
                "workload frontend { app: \"frontend\" } in namespace default\n",
            ),
        Diagnostic::new(
            &BROAD,
            span(0, 18, 25),
            "this allows every port, 100%\nof them",
        )
        .fix_with(Fix {
            title: "name a port in both".to_owned(),
            safe: true,
            edits: vec![
                Edit {
                    at: span(0, 21, 25),
                    text: ":80".to_owned(),
                },
                Edit {
                    at: span(1, 16, 17),
                    text: "y".to_owned(),
                },
            ],
        }),
    ]
}

fn show(format: Format) -> String {
    render(format, &findings(), &shop(), false)
}

#[test]
fn full() {
    assert_snapshot!(show(Format::Full));
}

#[test]
fn concise() {
    assert_snapshot!(show(Format::Concise), @"
    src/shop a.npl:1:7: error[NPL0201]: nothing declares `frontend`
    src/shop a.npl:1:19: warning[NPL0601]: this allows every port, 100%␊of them
    ");
}

#[test]
fn github() {
    let lines = [
        "::error file=src/shop a.npl,line=1,endLine=1,col=7,endColumn=15,\
         title=NPL0201 unknown-name::nothing declares `frontend`\
         %0Ahelp: declare it, or import it with `use`",
        "::warning file=src/shop a.npl,line=1,endLine=1,col=19,endColumn=26,\
         title=NPL0601 broad-allow::this allows every port, 100%25%0Aof them",
        "",
    ];
    assert_eq!(show(Format::Github), lines.join("\n"));
}

#[test]
fn json() {
    let text = show(Format::Json);
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
    assert_snapshot!(text);
}

#[test]
fn sarif() {
    let value: serde_json::Value = serde_json::from_str(&show(Format::Sarif)).unwrap();
    let run = &value["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "NPL0201");
    assert_eq!(
        run["tool"]["driver"]["rules"][0]["fullDescription"]["text"],
        "A name is used that nothing declares."
    );
    assert_eq!(run["results"][1]["ruleIndex"], 1);
    assert_eq!(run["results"][1]["level"], "warning");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let result = &run["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/shop%20a.npl");
    assert_eq!(place["region"]["startColumn"], 7);
    assert_eq!(
        result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "k8s/%C3%A9.yaml"
    );
    assert_snapshot!(serde_json::to_string_pretty(&result["fixes"]).unwrap());
}

#[test]
fn colours_only_when_asked() {
    for format in [Format::Full, Format::Concise] {
        let with = render(format, &findings(), &shop(), true);
        assert!(with.contains("\u{1b}["));
        assert!(!show(format).contains('\u{1b}'));
    }
}

#[test]
fn control_characters_of_the_source_reach_no_terminal() {
    let files = Files(vec![(
        "a\u{1b}[2J.npl",
        "allow \u{1b}[31mé\0\u{202e} x\r\nb\r\u{9b}z\n".to_owned(),
    )]);
    let name = "\u{1b}]0;title\u{7}";
    let finding = Diagnostic::new(&UNKNOWN, span(0, 6, 18), format!("`{name}` is wrong"))
        .with_label(name)
        .also(span(0, 21, 22), name)
        .note(name)
        .help(name)
        .fix(name, true, span(0, 6, 7), name);
    for format in [Format::Full, Format::Concise, Format::Github] {
        let text = render(format, std::slice::from_ref(&finding), &files, false);
        let bad = |c: char| c != '\n' && c != '\r' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(bad), "{format:?}: {text:?}");
    }
    let json = render(Format::Json, std::slice::from_ref(&finding), &files, false);
    assert!(!json.contains('\u{1b}'), "JSON escapes them");
    let full = render(Format::Full, &[finding], &files, false);
    assert_snapshot!(full);
}

#[test]
fn spans_outside_the_text_are_clamped() {
    let bad = [
        span(0, 900, 1000),
        span(0, 20, 3),
        span(7, 0, 4),
        span(1, 4_000_000_000, 4_000_000_001),
    ];
    for at in bad {
        let finding = Diagnostic::new(&UNKNOWN, at, "out of place").also(at, "here too");
        for format in [
            Format::Full,
            Format::Concise,
            Format::Json,
            Format::Sarif,
            Format::Github,
        ] {
            let text = render(format, std::slice::from_ref(&finding), &shop(), false);
            assert!(text.contains("out of place"), "{format:?} lost the finding");
        }
    }
}

#[test]
fn a_line_too_long_to_show_is_named_only() {
    let files = Files(vec![("long.npl", "é ".repeat(1_000_000))]);
    let findings: Vec<_> = (0..2_000)
        .map(|i| Diagnostic::new(&UNKNOWN, span(0, i * 3, i * 3 + 2), "strange").help("look"))
        .collect();
    let text = render(Format::Full, &findings, &files, false);
    assert!(text.len() < 2_000 * 200, "{}", text.len());
    assert_eq!(text.matches("strange").count(), 2_000);
    assert!(
        text.contains("long.npl:1:3999: error[NPL0201]: strange"),
        "{text:.300}"
    );
    assert!(text.contains("= help: look"));
}

#[test]
fn counts_read_as_a_sentence() {
    let both = Counts::of(&findings());
    assert_eq!(both.to_string(), "1 error, 1 warning");
    assert_eq!(Counts::default().to_string(), "no findings");
    let many = Counts {
        errors: 2,
        warnings: 0,
        notes: 3,
    };
    assert_eq!(many.to_string(), "2 errors");
    let notes = Counts {
        notes: 3,
        ..Counts::default()
    };
    assert_eq!(notes.to_string(), "3 notes");
}

#[test]
fn a_fix_shows_the_beginning_of_long_lines_and_no_change_of_a_missing_line_end() {
    let files = Files(vec![
        ("long.npl", "x".repeat(10_000)),
        ("short.npl", "abc".to_owned()),
    ]);
    let long = Diagnostic::new(&UNKNOWN, span(0, 0, 1), "strange")
        .fix("write `y`", true, span(0, 0, 1), "y")
        .fix("add", true, span(1, 3, 3), "\nnew\n");
    let text = render(Format::Full, &[long], &files, false);
    assert!(text.len() < 1_000, "{}", text.len());
    assert!(
        text.contains(&format!("1 + y{} …", "x".repeat(199))),
        "{text}"
    );
    assert!(text.contains("in short.npl\n   2 + new\n"), "{text}");
    assert!(!text.contains("abc"), "{text}");
}

#[test]
fn a_fix_far_in_a_long_line_shows_what_is_near_it() {
    let files = Files(vec![(
        "long.npl",
        "é".repeat(400) + "abc" + &"x".repeat(400),
    )]);
    let far = Diagnostic::new(&UNKNOWN, span(0, 800, 803), "strange").fix(
        "write `new`",
        true,
        span(0, 800, 803),
        "one\nnew",
    );
    let text = render(Format::Full, &[far], &files, false);
    let before = "é".repeat(60);
    assert!(text.contains(&format!("1 - … {before}abcx")), "{text}");
    assert!(text.contains(&format!("1 + … {before}one\n")), "{text}");
    let cut = format!("2 + new{} …\n", "x".repeat(197));
    assert!(text.contains(&cut), "{text}");
}

/// Each finding costs the same wherever it is on its line: the work is bounded by a walk that steps
/// at most a few hundred bytes, so that this ends at all.
#[test]
fn many_findings_with_fixes_far_in_one_long_line() {
    let files = Files(vec![("long.npl", "é ".repeat(1_000_000))]);
    let findings: Vec<_> = (0..20_000)
        .map(|i| {
            let at = span(0, 2_700_000 + i * 3, 2_700_000 + i * 3 + 2);
            Diagnostic::new(&UNKNOWN, at, "strange").fix("write `e`", true, at, "e")
        })
        .collect();
    let text = render(Format::Full, &findings, &files, false);
    assert_eq!(text.matches("fix: write `e`").count(), 20_000);
    assert!(text.contains("long.npl:1:1800001: error[NPL0201]: strange"));
    assert!(text.len() < 20_000 * 1_200, "{}", text.len());
}
