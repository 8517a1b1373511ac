//! The last step before findings are shown: levels, ignores, absolute positions, order.

use npl_diagnostics::{
    Anchor, Diagnostic, FileId, LineIndex, Place, Severity, Sources as _, Span, TextRange,
    codes::{Code, claims, config},
};
use npl_policy::lint::RULE_OF_TEMPLATE;
use rustc_hash::FxHashMap;

use super::Host;
use crate::{
    db::{self, Ignore},
    manifest::Level,
};

impl Host {
    /// Applies `[lints]` and `// nplc: ignore`, sorts by (path, offset, code) and takes repeats
    /// out. To be called once, with everything that was found: an ignore that silences nothing of
    /// it is itself reported, unless there are errors, which keep some checks from being made.
    pub fn finish(&self, found: Vec<Diagnostic<Place>>) -> Vec<Diagnostic<Span>> {
        let mut ignores = Ignoring::of(self);
        let mut out: Vec<Diagnostic<Span>> = Vec::with_capacity(found.len());
        for diagnostic in found {
            let silent = self.silent(&diagnostic) || ignores.silences(self, &diagnostic);
            if !silent {
                out.push(self.level(diagnostic).map(|place| self.resolve(place)));
            }
        }
        if !out.iter().any(Diagnostic::is_error) {
            let unused = ignores.unused();
            let unused = unused.into_iter().filter(|found| !self.silent(found));
            out.extend(unused.map(|found| self.level(found).map(|place| self.resolve(place))));
        }
        self.sort(&mut out);
        out.dedup();
        out
    }

    fn sort(&self, list: &mut [Diagnostic<Span>]) {
        list.sort_by(|a, b| {
            let key = |d: &Diagnostic<Span>| (d.at.range, d.code.id);
            let (left, right) = (self.path(a.at.file), self.path(b.at.file));
            left.cmp(right)
                .then_with(|| key(a).cmp(&key(b)))
                .then_with(|| a.message.cmp(&b.message))
        });
    }

    fn lint_level(&self, code: Code) -> Option<Level> {
        if self.strict && [&claims::CLAIM_ASSUMES, &claims::CLAIM_HOLDS_HERE].contains(&code) {
            return Some(Level::Error);
        }
        let levels = &self.manifest().lints;
        levels.iter().find(|l| l.code == code).map(|l| l.level)
    }

    fn silent(&self, diagnostic: &Diagnostic<Place>) -> bool {
        diagnostic.code.severity != Severity::Error
            && self.lint_level(diagnostic.code) == Some(Level::Allow)
    }

    fn level(&self, mut diagnostic: Diagnostic<Place>) -> Diagnostic<Place> {
        match self.lint_level(diagnostic.code) {
            Some(Level::Error) => diagnostic.severity = Severity::Error,
            Some(Level::Warn) if diagnostic.code.severity != Severity::Error => {
                diagnostic.severity = Severity::Warning;
            }
            _ => {}
        }
        diagnostic
    }
}

/// The ignores of the package under work, with what they silenced.
struct Ignoring {
    files: FxHashMap<FileId, OfFile>,
}

struct OfFile {
    list: Vec<(Ignore, bool)>,
    lines: LineIndex,
}

impl Ignoring {
    fn of(host: &Host) -> Self {
        let mut files = FxHashMap::default();
        let own = host.packages.first();
        for file in own.into_iter().flat_map(|p| p.files(&host.db)) {
            let list = &db::ignores(&host.db, *file).list;
            if !list.is_empty() {
                let id = file.id(&host.db);
                let of_file = OfFile {
                    list: list.iter().map(|ignore| (ignore.clone(), false)).collect(),
                    lines: LineIndex::new(host.text(id)),
                };
                files.insert(id, of_file);
            }
        }
        Self { files }
    }

    /// By an ignore at the finding's own place, or at the rule of the template that it is about: a
    /// rule is silenced where it stands, wherever its template is applied.
    fn silences(&mut self, host: &Host, diagnostic: &Diagnostic<Place>) -> bool {
        if self.files.is_empty() || diagnostic.code.severity == Severity::Error {
            return false;
        }
        let labels = diagnostic.labels.iter();
        let rule = labels.filter(|label| label.text == RULE_OF_TEMPLATE);
        let mut silenced = false;
        for place in rule.map(|label| label.at).chain([diagnostic.at]) {
            silenced |= self.silences_at(host, place, diagnostic.code);
        }
        silenced
    }

    fn silences_at(&mut self, host: &Host, place: Place, code: Code) -> bool {
        let span = host.resolve(place);
        let Some(of_file) = self.files.get_mut(&span.file) else {
            return false;
        };
        let text = host.text(span.file);
        let line = |at: u32| of_file.lines.position(text, at).line;
        let own = (line(span.range.start), line(span.range.end));
        let item = host.item_lines(place.anchor, line);
        let mut silenced = false;
        for (ignore, used) in &mut of_file.list {
            let at = of_file.lines.position(text, ignore.target).line;
            let meets = if ignore.own_line {
                at == own.0 || item.is_some_and(|(first, _)| at == first)
            } else {
                (own.0..=own.1).contains(&at)
                    || item.is_some_and(|(first, last)| at == first || at == last)
            };
            if meets && ignore.code == code {
                *used = true;
                silenced = true;
            }
        }
        silenced
    }

    fn unused(self) -> Vec<Diagnostic<Place>> {
        let mut out = Vec::new();
        for (id, of_file) in self.files {
            let unused = of_file.list.into_iter();
            for (ignore, _) in unused.filter(|(ignore, used)| ignore.whole && !used) {
                let place = Place::in_file(id, ignore.range);
                let text = format!("this ignore of `{}` silences nothing", ignore.code.name);
                let found = Diagnostic::new(&config::UNUSED_IGNORE, place, text)
                    .help("remove the comment")
                    .fix("remove the comment", true, place, "");
                out.push(found);
            }
        }
        out
    }
}

impl Host {
    /// The first and last line of the item that a place hangs on, comments before it left out.
    fn item_lines(&self, anchor: Anchor, line: impl Fn(u32) -> u32) -> Option<(u32, u32)> {
        let Anchor::Item(key) = anchor else {
            return None;
        };
        let file = self.source_file(db::file_of(key))?;
        let item = db::items(&self.db, file).find(key)?;
        let TextRange { start, end } = db::parse(&self.db, item)
            .item
            .span
            .shift(item.offset(&self.db));
        Some((line(start), line(end)))
    }
}
