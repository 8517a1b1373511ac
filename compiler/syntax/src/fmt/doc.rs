//! Documents in the manner of Wadler: text, places where a line may break, and groups that break
//! whole or not at all. Comments end their line, so a group that holds one is broken.

use super::WIDTH;

#[derive(Debug)]
pub(super) enum Doc<'t> {
    Text(&'t str),
    Space,
    /// A blank, or a new line in a broken group.
    Line,
    /// Two blanks, or a new line in a broken group: between entries that no comma separates.
    WideLine,
    /// Nothing, or a new line in a broken group.
    SoftLine,
    /// A new line.
    Hard,
    /// An empty line.
    Blank,
    /// Only in a broken group.
    IfBroken(&'static str),
    /// A comment behind something on its line.
    Trailing(&'t str),
    /// A comment on a line of its own.
    Own(&'t str),
    Concat(Vec<Doc<'t>>),
    Indent(Vec<Doc<'t>>),
    /// The number is its width when nothing in it breaks; `None` where something must.
    Group(Option<usize>, Vec<Doc<'t>>),
}

impl<'t> Doc<'t> {
    pub(super) fn group(docs: Vec<Doc<'t>>) -> Self {
        Self::Group(width(&docs), docs)
    }

    /// The width on one line.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.chars().count()),
            Self::Space | Self::Line => Some(1),
            Self::WideLine => Some(2),
            Self::SoftLine | Self::IfBroken(_) => Some(0),
            Self::Hard | Self::Blank | Self::Trailing(_) | Self::Own(_) => None,
            Self::Concat(docs) | Self::Indent(docs) => width(docs),
            Self::Group(width, _) => *width,
        }
    }
}

pub(super) fn width(docs: &[Doc<'_>]) -> Option<usize> {
    docs.iter().map(Doc::width).sum()
}

const INDENT: usize = 2;

struct Printer {
    out: String,
    column: usize,
    /// Nothing stands on the line yet.
    fresh: bool,
    /// A comment was written: the line is over.
    ended: bool,
}

/// The text of a document; it ends with a new line unless it is empty.
pub(super) fn print(doc: &Doc<'_>) -> String {
    let mut printer = Printer {
        out: String::new(),
        column: 0,
        fresh: true,
        ended: false,
    };
    // What is still to be printed, last first: indentation, whether its group is broken, document.
    let mut todo: Vec<(usize, bool, &Doc<'_>)> = vec![(0, true, doc)];
    while let Some((indent, broken, doc)) = todo.pop() {
        match doc {
            Doc::Text(text) => printer.text(text, indent),
            Doc::IfBroken(text) if broken => printer.text(text, indent),
            Doc::IfBroken(_) => {}
            Doc::Space if printer.ended => printer.line(),
            Doc::Space => printer.blanks(1),
            Doc::Line | Doc::WideLine | Doc::SoftLine if broken || printer.ended => printer.line(),
            Doc::Line => printer.blanks(1),
            Doc::WideLine => printer.blanks(2),
            Doc::SoftLine => {}
            Doc::Hard => printer.line(),
            Doc::Blank => printer.blank(),
            Doc::Trailing(text) => {
                printer.blanks(1);
                printer.text(text, indent);
                printer.ended = true;
            }
            Doc::Own(text) => {
                printer.line();
                printer.text(text, indent);
                printer.ended = true;
            }
            Doc::Concat(docs) => todo.extend(docs.iter().rev().map(|d| (indent, broken, d))),
            Doc::Indent(docs) => {
                todo.extend(docs.iter().rev().map(|d| (indent + INDENT, broken, d)));
            }
            Doc::Group(width, docs) => {
                let breaks = broken && !printer.fits(*width, indent, &todo);
                todo.extend(docs.iter().rev().map(|d| (indent, breaks, d)));
            }
        }
    }
    printer.line();
    printer.out
}

impl Printer {
    fn text(&mut self, text: &str, indent: usize) {
        if self.ended {
            self.line();
        }
        if self.fresh {
            self.out.extend(std::iter::repeat_n(' ', indent));
            self.column = indent;
            self.fresh = false;
        }
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn blanks(&mut self, count: usize) {
        if !self.fresh {
            self.out.extend(std::iter::repeat_n(' ', count));
            self.column += count;
        }
    }

    /// Ends the line, if there is anything on it.
    fn line(&mut self) {
        if !self.fresh {
            let end = self.out.trim_end_matches(' ').len();
            self.out.truncate(end);
            self.out.push('\n');
        }
        self.fresh = true;
        self.ended = false;
        self.column = 0;
    }

    fn blank(&mut self) {
        self.line();
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Whether a group of this width fits with what follows it up to the next place that breaks.
    fn fits(&self, width: Option<usize>, indent: usize, todo: &[(usize, bool, &Doc<'_>)]) -> bool {
        let Some(width) = width else {
            return false;
        };
        let start = if self.fresh { indent } else { self.column };
        let mut left = match WIDTH.checked_sub(start + width) {
            Some(left) if !self.ended => left,
            Some(_) => return true,
            None => return false,
        };
        let mut rest: Vec<(bool, &Doc<'_>)> = Vec::new();
        for (_, broken, doc) in todo.iter().rev() {
            rest.push((*broken, doc));
            while let Some((broken, doc)) = rest.pop() {
                let takes = match doc {
                    Doc::Line | Doc::WideLine | Doc::SoftLine if broken => return true,
                    Doc::Hard | Doc::Blank | Doc::Trailing(_) | Doc::Own(_) => return true,
                    Doc::IfBroken(text) if broken => text.len(),
                    Doc::Concat(docs) | Doc::Indent(docs) => {
                        rest.extend(docs.iter().rev().map(|d| (broken, d)));
                        0
                    }
                    // A group may break at its own first place.
                    Doc::Group(_, docs) => {
                        rest.extend(docs.iter().rev().map(|d| (broken, d)));
                        0
                    }
                    other => other.width().unwrap_or(0),
                };
                match left.checked_sub(takes) {
                    Some(less) => left = less,
                    None => return false,
                }
            }
        }
        true
    }
}
