//! The forms of a test report: text, JSON, JUnit XML, annotations.

use std::{collections::BTreeMap, fmt::Write as _};

use npl_diagnostics::render::clean;
use serde::Serialize;

use crate::{
    args::TestReport,
    ui::{Paint, paint},
};

/// One test block or assert, with what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Case {
    pub name: String,
    /// `test` or `assert`.
    pub kind: &'static str,
    pub file: String,
    pub line: u32,
    pub outcome: Outcome,
    /// Why it failed, or what a passed claim assumes; one sentence a line.
    pub says: Vec<Said>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Passed,
    Failed,
    /// This version cannot decide it; it is neither passed nor failed.
    Skipped,
}

/// One sentence, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Said {
    pub text: String,
    pub file: String,
    pub line: u32,
}

/// A rule that no flow of any test reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Rule {
    pub id: String,
    pub file: String,
    pub line: u32,
    pub text: String,
    pub covered: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    pub tests: Vec<Case>,
    /// Given with `--coverage` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Vec<Rule>>,
    /// What holds for the whole report.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Report {
    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.tests
            .iter()
            .filter(|case| case.outcome == outcome)
            .count()
    }

    pub(super) fn render(&self, format: TestReport, quiet: bool, color: bool) -> String {
        match format {
            TestReport::Full => self.text(!quiet, color),
            TestReport::Concise => self.text(false, color),
            TestReport::Json => self.json(),
            TestReport::Junit => self.junit(),
            TestReport::Github => self.github(),
        }
    }

    /// `N passed, N failed`, and what was skipped.
    fn closing(&self) -> String {
        let skipped = match self.count(Outcome::Skipped) {
            0 => String::new(),
            n => format!(", {n} skipped"),
        };
        format!(
            "{} passed, {} failed{skipped}\n",
            self.count(Outcome::Passed),
            self.count(Outcome::Failed)
        )
    }

    fn text(&self, every: bool, color: bool) -> String {
        let mut out = String::new();
        for case in &self.tests {
            let (word, ink) = match case.outcome {
                Outcome::Passed => ("ok", Paint::Good),
                Outcome::Failed => ("FAILED", Paint::Bad),
                Outcome::Skipped => ("skipped", Paint::Warn),
            };
            if case.outcome == Outcome::Passed && !every {
                continue;
            }
            // writing to a string does not fail
            let _ = writeln!(
                out,
                "{} {} {} ({}:{})",
                paint(color, ink, word),
                case.kind,
                clean(&case.name),
                clean(&case.file),
                case.line
            );
            for said in &case.says {
                let _ = writeln!(
                    out,
                    "    {}:{}: {}",
                    clean(&said.file),
                    said.line,
                    clean(&said.text)
                );
            }
        }
        if let Some(rules) = &self.coverage {
            out.push_str(&coverage(rules, color));
        }
        for note in self.notes.iter().filter(|_| every) {
            let _ = writeln!(out, "note: {note}");
        }
        out + &self.closing()
    }

    fn json(&self) -> String {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(flatten)]
            report: &'a Report,
            passed: usize,
            failed: usize,
            skipped: usize,
        }
        let document = Document {
            report: self,
            passed: self.count(Outcome::Passed),
            failed: self.count(Outcome::Failed),
            skipped: self.count(Outcome::Skipped),
        };
        // no map with keys that are not strings: this cannot fail
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }

    fn junit(&self) -> String {
        let mut files: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
        for case in &self.tests {
            files.entry(&case.file).or_default().push(case);
        }
        let count = |cases: &[&Case], what| cases.iter().filter(|c| c.outcome == what).count();
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"nplc\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
            self.tests.len(),
            self.count(Outcome::Failed),
            self.count(Outcome::Skipped),
        );
        for (file, cases) in files {
            let _ = writeln!(
                out,
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
                xml(file),
                cases.len(),
                count(&cases, Outcome::Failed),
                count(&cases, Outcome::Skipped),
            );
            for case in cases {
                out.push_str(&junit_case(case));
            }
            out.push_str("  </testsuite>\n");
        }
        out + "</testsuites>\n"
    }

    fn github(&self) -> String {
        let mut out = String::new();
        for case in self
            .tests
            .iter()
            .filter(|case| case.outcome == Outcome::Failed)
        {
            for said in &case.says {
                let _ = writeln!(
                    out,
                    "::error file={},line={},title={}::{}",
                    property(&said.file),
                    said.line,
                    property(&format!("{} {}", case.kind, case.name)),
                    data(&said.text),
                );
            }
        }
        out + &self.closing()
    }
}

fn junit_case(case: &Case) -> String {
    let said: Vec<String> = case
        .says
        .iter()
        .map(|said| format!("{}:{}: {}", said.file, said.line, said.text))
        .collect();
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{} {}\" file=\"{}\" line=\"{}\"",
        xml(&case.file),
        case.kind,
        xml(&case.name),
        xml(&case.file),
        case.line,
    );
    match case.outcome {
        Outcome::Passed => format!("{head}/>\n"),
        Outcome::Failed => format!(
            "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
            xml(case.says.first().map_or("", |said| &said.text)),
            xml(&said.join("\n")),
        ),
        Outcome::Skipped => format!(
            "{head}>\n      <skipped message=\"{}\"/>\n    </testcase>\n",
            xml(&said.join("\n")),
        ),
    }
}

fn coverage(rules: &[Rule], color: bool) -> String {
    let covered = rules.iter().filter(|rule| rule.covered).count();
    let mut out = format!("coverage: {covered} of {} rules\n", rules.len());
    for rule in rules.iter().filter(|rule| !rule.covered) {
        let _ = writeln!(
            out,
            "    {} {}:{}: {}",
            paint(color, Paint::Warn, "not tested"),
            clean(&rule.file),
            rule.line,
            clean(&rule.text)
        );
    }
    out
}

/// Text and attribute values. XML has no way to write most control characters.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push_str(&clean(&c.to_string())),
            c => out.push(c),
        }
    }
    out
}

fn data(text: &str) -> String {
    let escaped = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    clean(&escaped).into_owned()
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let said = |text: &str| Said {
            text: text.to_owned(),
            file: "a, b.npl".to_owned(),
            line: 3,
        };
        let case = |name: &str, outcome, says| Case {
            name: name.to_owned(),
            kind: "test",
            file: "a, b.npl".to_owned(),
            line: 2,
            outcome,
            says,
        };
        Report {
            tests: vec![
                case("one", Outcome::Passed, vec![]),
                case(
                    "two <&\">",
                    Outcome::Failed,
                    vec![said("x is denied\n100%")],
                ),
                case("three", Outcome::Skipped, vec![said("not decided")]),
            ],
            coverage: None,
            notes: vec!["of all".to_owned()],
        }
    }

    #[test]
    fn text_ends_with_the_counts() {
        assert_eq!(
            report().render(TestReport::Full, false, false),
            "ok test one (a, b.npl:2)\n\
             FAILED test two <&\"> (a, b.npl:2)\n    a, b.npl:3: x is denied␊100%\n\
             skipped test three (a, b.npl:2)\n    a, b.npl:3: not decided\n\
             note: of all\n\
             1 passed, 1 failed, 1 skipped\n"
        );
    }

    #[test]
    fn junit_is_escaped() {
        let text = report().render(TestReport::Junit, false, false);
        assert!(
            text.contains("<testsuites name=\"nplc\" tests=\"3\" failures=\"1\" skipped=\"1\">")
        );
        assert!(
            text.contains("name=\"test two &lt;&amp;&quot;&gt;\""),
            "{text}"
        );
        assert!(
            text.contains("<failure message=\"x is denied&#10;100%\">"),
            "{text}"
        );
        assert!(
            text.contains("<skipped message=\"a, b.npl:3: not decided\"/>"),
            "{text}"
        );
    }

    #[test]
    fn annotations_are_escaped() {
        assert_eq!(
            report().render(TestReport::Github, false, false),
            "::error file=a%2C b.npl,line=3,title=test two <&\">::x is denied%0A100%25\n\
             1 passed, 1 failed, 1 skipped\n"
        );
    }
}
