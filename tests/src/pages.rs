//! Fences of Markdown, and the pipeline run over what they hold.

use npl_diagnostics::Severity;
use npl_sema::files::MemoryFiles;
use npl_syntax::ast::Date;
use npl_test_support::fixture;
use nplc::pipeline::{self, Request};

/// One code fence: its info words and its text.
#[derive(Clone, Debug)]
pub struct Fence {
    pub info: Vec<String>,
    pub text: String,
    /// Line of the opening fence, from 1.
    pub line: usize,
}

/// The fences of a Markdown text.
pub fn fences(markdown: &str) -> Vec<Fence> {
    let mut out = Vec::new();
    let mut open: Option<Fence> = None;
    for (number, line) in markdown.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let info = info.split_whitespace().map(str::to_owned).collect();
                open = Some(Fence {
                    info,
                    text: String::new(),
                    line: number + 1,
                });
            }
            (Some(_), Some(_)) => out.extend(open.take()),
            (Some(fence), None) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, None) => {}
        }
    }
    out
}

/// The part of a page below `## title`, up to the next section.
pub fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let Some((_, rest)) = page.split_once(&format!("\n## {title}\n")) else {
        return "";
    };
    rest.split("\n## ").next().unwrap_or(rest)
}

/// What the pipeline finds in a fence: code, severity and message of each diagnostic.
///
/// # Errors
/// What makes the question impossible to ask (exit code 2).
pub fn findings(fence: &Fence) -> Result<Vec<(String, Severity, String)>, String> {
    let has = |word: &str| fence.info.iter().any(|info| info == word);
    let value = |key: &str| fence.info.iter().find_map(|info| info.strip_prefix(key));
    let text = if has("escapes") {
        fixture::unescape(&fence.text)
    } else {
        fence.text.clone()
    };
    let files = fixture::parse(&text);
    let package = files.iter().any(|file| file.path.ends_with("/npl.toml"));
    let sources = files.iter().map(|file| file.path.clone());
    let request = Request {
        paths: if package {
            vec!["/".to_owned()]
        } else {
            sources.collect()
        },
        env: value("env=").map(str::to_owned),
        today: value("as-of=").and_then(date),
        ..Request::default()
    };
    let memory = MemoryFiles::new(files.iter().map(|file| (&file.path, &file.text)));
    let units = pipeline::open(&memory, &request).map_err(|stop| format!("{stop:?}"))?;
    let mut out = Vec::new();
    for analysis in pipeline::analyse_all(&units) {
        for finding in analysis.diagnostics {
            out.push((
                finding.code.id.to_owned(),
                finding.severity,
                finding.message,
            ));
        }
    }
    Ok(out)
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    Some(Date { year, month, day })
}
