//! Evaluation through a small scope: declarations in the order of their text, no modules.
//!
//! A fixture marks what it expects at the end of a line: `//~ code-name underlined text`. Marks and
//! findings must be equal, and each fix that a finding offers must make findings fewer.

mod claims;
mod declarations;
mod identity;
mod limits;
mod rules;
mod services;
mod templates;

use std::collections::BTreeMap;

use npl_diagnostics::{Anchor, Diagnostic, Place, TextRange, codes::names};
use npl_policy::inventory::Inventory;
use npl_syntax::{
    ast::{self, ItemKind},
    parse_file,
};
use smol_str::SmolStr;

use crate::{
    eval::{declare, lower, prelude},
    lowered::Lowered,
    scope::{Given, Scope},
    value::{TemplateValue, Value},
};

/// Everything that evaluation may ask for.
#[derive(Default)]
struct World {
    /// Item texts and trees, each with the offset of its text and whether this package owns it.
    items: Vec<(String, ast::Item, u32, bool)>,
    values: BTreeMap<SmolStr, Value>,
    params: BTreeMap<&'static str, &'static str>,
    namespace: Option<SmolStr>,
    inventory: Option<Inventory>,
    today: Option<ast::Date>,
}

#[derive(Clone, Copy)]
struct Here<'w> {
    world: &'w World,
    item: u64,
}

impl Scope for Here<'_> {
    fn place(&self, range: TextRange) -> Place {
        Place::in_item(self.item, range)
    }

    fn module(&self) -> SmolStr {
        SmolStr::default()
    }

    fn file(&self) -> SmolStr {
        "main.npl".into()
    }

    fn qualifier(&self) -> SmolStr {
        if self.owns() { "t" } else { "dep" }.into()
    }

    fn owns(&self) -> bool {
        self.world.items.get(self.item as usize).is_none_or(|i| i.3)
    }

    fn namespace(&self) -> Option<SmolStr> {
        self.world.namespace.clone()
    }

    fn resolve(&self, path: &ast::Path, out: &mut Vec<Diagnostic<Place>>) -> Option<Value> {
        let found = match path.segments.as_slice() {
            [one] => self
                .world
                .values
                .get(&one.node)
                .cloned()
                .or_else(|| prelude::entity(&one.node)),
            [module, one] if module.node == prelude::ICMP => prelude::icmp(&one.node),
            _ => None,
        };
        if found.is_none() {
            let at = self.place(path.span);
            out.push(Diagnostic::new(&names::UNKNOWN_NAME, at, "unknown name"));
        }
        found
    }

    /// There is no `npl.toml` here: its place is that of the parameter's name.
    fn param(&self, name: &str) -> Option<Given> {
        let (source, ..) = self.world.items.get(self.item as usize)?;
        let start = source.find(name)? as u32;
        Some(Given {
            text: (*self.world.params.get(name)?).into(),
            at: self.place(TextRange::new(start, start + name.len() as u32)),
        })
    }

    fn inventory(&self) -> Option<&Inventory> {
        self.world.inventory.as_ref()
    }

    fn today(&self) -> Option<ast::Date> {
        self.world.today
    }

    fn enter(&self, template: &TemplateValue) -> Box<dyn Scope + '_> {
        Box::new(Here {
            world: self.world,
            item: template.item,
        })
    }
}

/// What a text gives: findings and what was lowered.
struct Outcome {
    diagnostics: Vec<Diagnostic<Place>>,
    lowered: Lowered,
}

/// Items below a line `//- /dep.npl` are another package's.
fn run(text: &str, mut world: World) -> (World, Outcome) {
    let mut out = Outcome {
        diagnostics: Vec::new(),
        lowered: Lowered::default(),
    };
    let border = text.find("//- /dep.npl").unwrap_or(text.len()) as u32;
    let parsed = parse_file(text);
    assert!(
        !parsed.diagnostics.iter().any(|d| d.is_error()),
        "{:#?}",
        parsed.diagnostics
    );
    for (raw, item) in parsed.items {
        let source = text.get(raw.range.as_usize()).unwrap().to_owned();
        let owned = raw.range.start < border;
        world
            .items
            .push((source, item.item, raw.range.start, owned));
    }
    for index in 0..world.items.len() {
        let here = Here {
            world: &world,
            item: index as u64,
        };
        let item = &world.items[index].1;
        if let ItemKind::Namespace(name) = &item.kind {
            world.namespace = Some(name.node.clone());
            continue;
        }
        let Some(name) = declared(item) else { continue };
        let (value, found) = declare(item, &here);
        out.diagnostics.extend(found);
        world.values.insert(name, value);
    }
    for (index, (source, item, _, owned)) in world.items.iter().enumerate() {
        if !owned {
            continue;
        }
        let here = Here {
            world: &world,
            item: index as u64,
        };
        let found = lower(item, source, &here);
        out.diagnostics.extend(found.diagnostics);
        out.lowered.rules.extend(found.rules);
        out.lowered.claims.extend(found.claims);
        out.lowered.tests.extend(found.tests);
        out.lowered.named.extend(found.named);
    }
    (world, out)
}

fn declared(item: &ast::Item) -> Option<SmolStr> {
    let name = match &item.kind {
        ItemKind::Workload(workload) => &workload.name,
        ItemKind::External { name, .. }
        | ItemKind::Network { name, .. }
        | ItemKind::Group { name, .. }
        | ItemKind::Service { name, .. }
        | ItemKind::Port { name, .. }
        | ItemKind::Param { name, .. }
        | ItemKind::Template { name, .. } => name,
        _ => return None,
    };
    Some(name.node.clone())
}

impl World {
    fn absolute(&self, place: Place) -> std::ops::Range<usize> {
        let Anchor::Item(item) = place.anchor else {
            panic!("{place:?}")
        };
        place.range.shift(self.items[item as usize].2).as_usize()
    }
}

/// Line number, code name and underlined text of each finding, in order.
fn shown(text: &str, world: &World, found: &[Diagnostic<Place>]) -> Vec<String> {
    let mut out: Vec<_> = found
        .iter()
        .map(|d| {
            let range = world.absolute(d.at);
            let before = text.get(..range.start).unwrap();
            let line = before.matches('\n').count() + 1;
            let under = text
                .get(range)
                .unwrap()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            (
                line,
                format!("{line}: {} {under}", d.code.name).trim().to_owned(),
            )
        })
        .collect();
    out.sort();
    out.into_iter().map(|(_, text)| text).collect()
}

fn wanted(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for mark in line.split("//~").skip(1) {
            out.push(format!("{}: {}", number + 1, mark.trim()));
        }
    }
    out
}

/// Findings equal the marks.
fn check(text: &str) -> Outcome {
    check_in(text, World::default)
}

fn check_in(text: &str, world: impl Fn() -> World) -> Outcome {
    let (after, outcome) = run(text, world());
    let found = shown(text, &after, &outcome.diagnostics);
    let mut want = wanted(text);
    let key = |line: &String| {
        let number = line.split(':').next().and_then(|n| n.parse::<usize>().ok());
        (number, line.clone())
    };
    want.sort_by_key(key);
    assert_eq!(found, want, "{:#?}", outcome.diagnostics);
    for diagnostic in &outcome.diagnostics {
        assert!(!diagnostic.message.ends_with('.'), "{}", diagnostic.message);
        assert!(
            diagnostic.help.is_some() || diagnostic.code.name == "unknown-name",
            "no help: {}",
            diagnostic.message
        );
        for fix in &diagnostic.fixes {
            let mut edits: Vec<_> = fix
                .edits
                .iter()
                .map(|edit| (after.absolute(edit.at), edit.text.as_str()))
                .collect();
            edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
            let mut fixed = text.to_owned();
            for (range, with) in edits {
                fixed.replace_range(range, with);
            }
            let (_, again) = run(&fixed, world());
            assert!(
                again.diagnostics.len() < outcome.diagnostics.len(),
                "the fix `{}` of `{}` helps nothing:\n{fixed}\n{:#?}",
                fix.title,
                diagnostic.message,
                again.diagnostics
            );
        }
    }
    outcome
}
