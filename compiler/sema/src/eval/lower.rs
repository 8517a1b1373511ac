//! One item to rules, claims and tests; `apply` to those of the template's body.
//!
//! Refuses an `apply` of what is no template, a wrong number or kind of arguments, recursion, and
//! templates that nest too deep or make too much. A finding inside a body is told at the `apply`,
//! with the place in the body beside it; one that the body has whatever the arguments are is told
//! once, at the template.

use npl_diagnostics::{
    Diagnostic, Label, Place, TextRange,
    codes::{kinds, names},
};
use npl_syntax::ast::{Arg, Claim, Item, ItemKind, Path};
use smol_str::SmolStr;

use crate::{
    eval::{
        bound::Bound,
        cx::{Cx, dotted, kind_of},
        kind::Asked,
        limits::{APPLIED_ITEMS_MAX, BODY_ITEMS_MAX, TEMPLATE_DEPTH_MAX},
        rule::verdict,
        text::{self, Text},
    },
    limits::LABELS_MAX,
    lost::LostItem,
    lowered::Lowered,
    scope::Scope,
    value::{TemplateValue, Value},
};

/// Where an item stands, for what its rules remember.
pub(crate) struct Around<'a> {
    pub(crate) module: SmolStr,
    pub(crate) file: SmolStr,
    /// Of the `apply`.
    pub(crate) doc: Option<&'a SmolStr>,
    pub(crate) text: Text<'a>,
    frame: Option<&'a Frame<'a>>,
}

impl Around<'_> {
    /// The `apply` items on the way, innermost first.
    pub(crate) fn applied_at(&self) -> Vec<Place> {
        self.frames().map(|frame| frame.applied_at).collect()
    }

    fn frames(&self) -> impl Iterator<Item = &Frame<'_>> {
        std::iter::successors(self.frame, |frame| frame.outer)
    }
}

/// One template on the way from the item to a rule.
struct Frame<'a> {
    outer: Option<&'a Frame<'a>>,
    name: SmolStr,
    applied_at: Place,
    /// Findings say which template they are in: not where they are told at the template itself.
    prefix: bool,
}

/// What one `apply` may still make.
struct Budget {
    left: usize,
    passed: bool,
}

impl Budget {
    fn of(left: usize) -> Self {
        Self {
            left,
            passed: false,
        }
    }

    fn take(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.passed = true,
        }
        !self.passed
    }
}

pub(crate) fn lower(item: &Item, item_text: &str, scope: &dyn Scope) -> Lowered {
    let around = Around {
        module: scope.module(),
        file: scope.file(),
        doc: None,
        text: Text::Source(item_text),
        frame: None,
    };
    one(item, scope, &around, &mut Budget::of(APPLIED_ITEMS_MAX))
}

fn one(item: &Item, scope: &dyn Scope, around: &Around<'_>, budget: &mut Budget) -> Lowered {
    let mut cx = Cx::new(scope);
    let mut out = Lowered::default();
    match &item.kind {
        ItemKind::Rule(rule) => {
            out.rules.extend(cx.rule(rule, item, around));
            // At the outer end the text says which names it has.
            if around.frame.is_some() && !item.whole {
                cx.lose_rules(item.span, Some(verdict(rule)));
            }
        }
        ItemKind::Assert(claim) => {
            // What is left of a claim may say more than was meant, or less.
            let known = cx.claim(claim, item, around).filter(|_| item.whole);
            if known.is_none() && matches!(claim, Claim::Disjoint { .. }) {
                cx.lose(item.span, LostItem::Disjoint);
            }
            out.claims.extend(known);
        }
        ItemKind::Error if around.frame.is_some() => cx.lose_rules(item.span, None),
        // In a template's body a test is a finding of the template.
        ItemKind::Test { name, flows } if around.frame.is_none() => {
            out.tests.push(cx.test(name, flows, item, around));
        }
        ItemKind::Apply { path, args } => match apply(&mut cx, item, path, args, around, budget) {
            Some(applied) => out = applied,
            None => cx.lose_rules(item.span, None),
        },
        ItemKind::Template {
            name,
            formals,
            body,
        } if around.frame.is_none() => {
            let errors = formals.iter().map(|f| (f.name.node.clone(), Value::Error));
            let bound = Bound {
                base: scope,
                names: errors.collect(),
            };
            let frame = Frame {
                outer: None,
                name: scope.qualified(&name.node),
                applied_at: cx.at(item.span),
                prefix: false,
            };
            let budget = &mut Budget::of(BODY_ITEMS_MAX);
            cx.out = in_body(body, &bound, around, &frame, &[], budget).diagnostics;
            // How deep it stands depends on who applies it, and is told there.
            cx.out.retain(|d| d.code != &kinds::TEMPLATE_TOO_DEEP);
        }
        _ => {}
    }
    for workload in cx.foreign {
        if !out.named.iter().any(|w| w.name == workload.name) {
            out.named.push(workload);
        }
    }
    cx.out.append(&mut out.diagnostics);
    out.diagnostics = cx.out;
    out.lost.append(&mut cx.lost);
    out
}

/// The items of a body, one after another.
fn in_body(
    body: &[Item],
    scope: &dyn Scope,
    around: &Around<'_>,
    frame: &Frame<'_>,
    names: &[text::Substitution],
    budget: &mut Budget,
) -> Lowered {
    let mut out = Lowered::default();
    for item in body {
        if !budget.take() {
            break;
        }
        let inner = Around {
            module: around.module.clone(),
            file: around.file.clone(),
            doc: around.doc,
            text: Text::Body(names),
            frame: Some(frame),
        };
        let found = one(item, scope, &inner, budget);
        out.rules.extend(found.rules);
        out.claims.extend(found.claims);
        out.lost.extend(found.lost);
        for workload in found.named {
            if !out.named.iter().any(|w| w.name == workload.name) {
                out.named.push(workload);
            }
        }
        let nested = matches!(item.kind, ItemKind::Apply { .. });
        out.diagnostics
            .extend(found.diagnostics.into_iter().map(|mut d| {
                if !nested && frame.prefix {
                    d.message = format!("in `{}`: {}", last_segment(&frame.name), d.message);
                }
                d
            }));
    }
    out
}

fn apply(
    cx: &mut Cx<'_>,
    item: &Item,
    path: &Path,
    args: &[Arg],
    around: &Around<'_>,
    budget: &mut Budget,
) -> Option<Lowered> {
    let template = match cx.resolve(path)? {
        Value::Template(template) => template,
        other => {
            let message = format!("`{}` is {}, not a template", dotted(path), kind_of(&other));
            let found = cx.found(&kinds::NOT_A_TEMPLATE, path.span, message);
            cx.report(found.help("`apply` takes the name of a `template`"));
            return None;
        }
    };
    may_nest(cx, path, &template, around)?;
    let values = arguments(cx, item, path, args, &template);
    let texts: Vec<text::Substitution> = template
        .formals
        .iter()
        .zip(args)
        .map(|(formal, arg)| {
            (
                formal.name.node.clone(),
                text::of_arg(arg, around.text.names()),
            )
        })
        .collect();
    let frame = Frame {
        outer: around.frame,
        name: template.name.clone(),
        applied_at: cx.at(item.span),
        prefix: true,
    };
    let inner = Around {
        module: around.module.clone(),
        file: around.file.clone(),
        doc: item.doc.as_ref().or(around.doc),
        text: Text::Body(&texts),
        frame: around.frame,
    };
    let scope = cx.scope.enter(&template);
    let names = |values: Vec<Value>| {
        let names = template.formals.iter().map(|f| f.name.node.clone());
        names.zip(values).collect()
    };
    let bound = Bound {
        base: &*scope,
        names: names(values),
    };
    let mut out = in_body(&template.body, &bound, &inner, &frame, &texts, budget);
    if budget.passed && around.frame.is_none() {
        too_large(cx, path, &template);
        return None;
    }
    // Once on the way, at its outer end: what an inner body has by itself is in both answers.
    let outermost = around.frame.is_none_or(|frame| !frame.prefix);
    if outermost && !out.diagnostics.is_empty() && bound.owns() {
        let errors = vec![Value::Error; template.formals.len()];
        let bound = Bound {
            base: &*scope,
            names: names(errors),
        };
        // As far as the template itself is checked: what is known here was told there.
        let budget = &mut Budget::of(BODY_ITEMS_MAX);
        let known = in_body(&template.body, &bound, &inner, &frame, &texts, budget).diagnostics;
        let depends = |d: &Diagnostic<Place>| d.code == &kinds::TEMPLATE_TOO_DEEP;
        let same = |a: &Diagnostic<Place>, b: &Diagnostic<Place>| a.code == b.code && a.at == b.at;
        out.diagnostics
            .retain(|d| depends(d) || !known.iter().any(|other| same(d, other)));
    }
    let at = cx.at(path.span);
    let found = std::mem::take(&mut out.diagnostics);
    let found = found.into_iter().map(|d| relocate(d, at)).collect();
    out.diagnostics = joined(found);
    Some(out)
}

/// The finding at the `apply`, with its place in the body beside it. A fix would edit the body for
/// everybody who applies it, so it is left out.
fn relocate(found: Diagnostic<Place>, at: Place) -> Diagnostic<Place> {
    let there = Label {
        at: found.at,
        text: match found.label.is_empty() {
            true => "in the template's body".to_owned(),
            false => found.label,
        },
    };
    Diagnostic {
        at,
        label: "applied here".to_owned(),
        labels: std::iter::once(there).chain(found.labels).collect(),
        fixes: Vec::new(),
        ..found
    }
}

/// One argument that fits no rule of the body is one mistake: the rules are named beside it.
fn joined(found: Vec<Diagnostic<Place>>) -> Vec<Diagnostic<Place>> {
    let mut out: Vec<Diagnostic<Place>> = Vec::with_capacity(found.len());
    for one in found {
        let same = |d: &&mut Diagnostic<Place>| {
            d.code == one.code && d.at == one.at && d.message == one.message
        };
        match out.iter_mut().find(same) {
            Some(first) if first.labels.len() < LABELS_MAX => first.labels.extend(one.labels),
            Some(_) => {}
            None => out.push(one),
        }
    }
    out
}

fn may_nest(
    cx: &mut Cx<'_>,
    path: &Path,
    template: &TemplateValue,
    around: &Around<'_>,
) -> Option<()> {
    let name = dotted(path);
    if around.frames().any(|frame| frame.name == template.name) {
        let message = format!("the template `{name}` applies itself");
        let found = cx.found(&names::CYCLIC_DECLARATION, path.span, message);
        cx.report(found.help("take one `apply` out of the circle"));
        return None;
    }
    if around.frames().count() >= TEMPLATE_DEPTH_MAX {
        let message =
            format!("the template `{name}` is applied more than {TEMPLATE_DEPTH_MAX} levels deep");
        let found = cx.found(&kinds::TEMPLATE_TOO_DEEP, path.span, message);
        cx.report(found.help("write the rules of the inner templates where they are needed"));
        return None;
    }
    Some(())
}

fn too_large(cx: &mut Cx<'_>, path: &Path, template: &TemplateValue) {
    let message = format!("this `apply` makes more than {APPLIED_ITEMS_MAX} rules and claims");
    let found = cx
        .found(&kinds::TEMPLATE_TOO_LARGE, path.span, message)
        .also(template.place, "declared here")
        .help("apply smaller templates, or use a `group` instead of many rules");
    cx.report(found);
}

/// The values of the arguments; where their number is wrong, nobody knows which is which.
fn arguments(
    cx: &mut Cx<'_>,
    item: &Item,
    path: &Path,
    args: &[Arg],
    template: &TemplateValue,
) -> Vec<Value> {
    let inside = cx.scope.enter(template);
    let want = template.formals.len();
    if args.len() != want {
        let message = format!(
            "the template `{}` takes {want} argument{}, and {} {} given",
            dotted(path),
            if want == 1 { "" } else { "s" },
            args.len(),
            if args.len() == 1 { "is" } else { "are" },
        );
        let at = match args.get(want) {
            Some(first) => first.span(),
            None => TextRange::new(path.span.start, item.span.end.max(path.span.end)),
        };
        let shown: Vec<String> = template
            .formals
            .iter()
            .map(|f| format!("{}: {}", f.name.node, f.kind.node))
            .collect();
        let found = cx
            .found(&kinds::WRONG_ARITY, at, message)
            .also(template.place, "declared here")
            .help(format!("it takes ({})", shown.join(", ")));
        cx.report(found);
        return vec![Value::Error; want];
    }
    let mut out = Vec::with_capacity(want);
    for (formal, arg) in template.formals.iter().zip(args) {
        // A kind that is unknown was reported at the template.
        let Some(kind) = Cx::new(&*inside).kind(&formal.kind) else {
            out.push(Value::Error);
            continue;
        };
        let asked = Asked {
            kind,
            name: &formal.name.node,
            at: Some(inside.place(formal.name.span)),
        };
        out.push(cx.argument(arg, asked));
    }
    out
}

fn last_segment(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
