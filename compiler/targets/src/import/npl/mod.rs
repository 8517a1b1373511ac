//! A model as the text of a program: what `nplc import` writes.
//!
//! The text means what the model means at each end, and reads as a person would have written it:
//! pods named after their labels and declared once, rules that both ends say in one line, the rest
//! with the end that says it. What the language cannot say is [`Unsaid`], by name; it is never
//! written as something else. Knows the words of the language only as far as it is told
//! ([`Words`]); the text is then formatted by whoever knows the syntax.

mod clause;
mod known;
mod name;
mod node;
mod piece;
mod port;
mod print;
mod selector;
mod shared;

use npl_diagnostics::Place;
use npl_policy::{addr::Net, model::Model};
use smol_str::SmolStr;

pub use known::declarations as known_declarations;
pub use name::Words;

use name::Names;
use node::Nodes;

/// What is known of a model besides its meaning.
#[derive(Clone, Copy)]
pub struct About<'a> {
    pub words: Words<'a>,
    /// The head of the file, line by line.
    pub head: &'a [String],
    /// The objects that the model came from, as comments name them.
    pub objects: &'a [String],
    /// Which of them each rule of the model came from.
    pub rules: &'a [Option<usize>],
    /// Which of them each workload of the model came from.
    pub workloads: &'a [Option<usize>],
    /// Addresses that somebody named.
    pub addresses: &'a [(SmolStr, Vec<Net>)],
}

/// A program, item by item.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub head: Vec<String>,
    pub items: Vec<Item>,
    /// What is not in the text, in order.
    pub unsaid: Vec<Unsaid>,
    pub workloads: usize,
    pub foreign: usize,
    pub rules: usize,
}

/// One declaration or rule.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// `///` lines.
    pub doc: Vec<String>,
    /// `//` lines.
    pub comment: Vec<String>,
    pub text: String,
    /// The objects that it came from.
    pub objects: Vec<usize>,
    /// The first rule of the model that it says.
    pub rule: Option<u32>,
    /// A blank line stands before it.
    pub apart: bool,
}

/// What the language cannot say of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaid {
    /// Index into `Model::rules`.
    pub rule: Option<u32>,
    pub place: Option<Place>,
    pub object: Option<usize>,
    /// A clause, for the end of a sentence.
    pub why: String,
}

impl Written {
    /// The text, not formatted.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |parts: &[&str]| {
            let before = out.len();
            parts.iter().for_each(|part| out.push_str(part));
            out.truncate(before + out.get(before..).map_or(0, |line| line.trim_end().len()));
            out.push('\n');
        };
        for text in &self.head {
            line(&["//! ", text]);
        }
        for item in &self.items {
            if item.apart {
                line(&[]);
            }
            item.comment.iter().for_each(|text| line(&["// ", text]));
            item.doc.iter().for_each(|text| line(&["/// ", text]));
            line(&[&item.text]);
        }
        out
    }
}

/// The program that means what the model means.
pub fn write(model: &Model, about: &About<'_>) -> Written {
    let mut unsaid = Vec::new();
    let mut nodes = Nodes::owned(model, about.workloads, &mut unsaid);
    let lines = piece::lines(model, &mut nodes, about.rules, &mut unsaid);
    let names = Names::new(about.words);
    let mut out = print::program(model, about, &nodes, lines, names);
    out.unsaid = unsaid;
    out
}
