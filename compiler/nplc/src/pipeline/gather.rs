//! Findings of several programs as one list over one set of files, ready to be rendered.

use std::{collections::BTreeMap, sync::Arc};

use npl_diagnostics::{
    Diagnostic, FileId, Sources, Span,
    render::{self, Counts, Format},
};

use super::Unit;

/// Holds only the files that a finding names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    pub diagnostics: Vec<Diagnostic>,
    files: Vec<(String, Arc<str>)>,
}

impl Gathered {
    pub fn add(&mut self, unit: &Unit, diagnostics: &[Diagnostic]) {
        self.add_from(diagnostics, &|file| {
            (unit.shown_path(file), unit.text(file))
        });
    }

    /// Findings in texts that belong to no unit.
    pub fn of(sources: &dyn Sources, diagnostics: &[Diagnostic]) -> Self {
        let mut out = Self::default();
        out.add_from(diagnostics, &|file| {
            (sources.path(file).to_owned(), Arc::from(sources.text(file)))
        });
        out
    }

    fn add_from(
        &mut self,
        diagnostics: &[Diagnostic],
        source: &dyn Fn(FileId) -> (String, Arc<str>),
    ) {
        let mut known: BTreeMap<FileId, FileId> = BTreeMap::new();
        for finding in diagnostics {
            let moved = finding.clone().map(|span| Span {
                file: *known
                    .entry(span.file)
                    .or_insert_with(|| self.file(source(span.file))),
                ..span
            });
            self.diagnostics.push(moved);
        }
    }

    fn file(&mut self, source: (String, Arc<str>)) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(source);
        id
    }

    pub fn counts(&self) -> Counts {
        Counts::of(&self.diagnostics)
    }

    pub fn render(&self, format: Format, color: bool) -> String {
        render::render(format, &self.diagnostics, self, color)
    }
}

impl Sources for Gathered {
    fn path(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |(path, _)| path)
    }

    fn text(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |(_, text)| text)
    }
}
