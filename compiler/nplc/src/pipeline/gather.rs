//! Findings of several programs as one list over one set of files, ready to be rendered.

use std::{collections::BTreeMap, sync::Arc};

use npl_diagnostics::{
    Diagnostic, FileId, Sources, Span,
    render::{self, Counts, Format},
};

use super::Unit;

/// Holds only the files that a finding names.
#[derive(Debug, Default)]
pub struct Gathered {
    pub diagnostics: Vec<Diagnostic>,
    files: Vec<(String, Arc<str>)>,
}

impl Gathered {
    pub fn add(&mut self, unit: &Unit, diagnostics: &[Diagnostic]) {
        let mut known: BTreeMap<FileId, FileId> = BTreeMap::new();
        for finding in diagnostics {
            let moved = finding.clone().map(|span| Span {
                file: *known
                    .entry(span.file)
                    .or_insert_with(|| self.file(unit, span.file)),
                ..span
            });
            self.diagnostics.push(moved);
        }
    }

    fn file(&mut self, unit: &Unit, file: FileId) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push((unit.shown_path(file), unit.text(file)));
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
