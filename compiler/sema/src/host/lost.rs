//! What the items of the package lost to mistakes.

use std::sync::Arc;

use npl_diagnostics::{Place, TextRange, codes::syntax};
use npl_policy::model::{Direction, EndRule, Set, Verdict, Via};
use npl_syntax::{ItemWord, Parsed, TokenKind as T, ast::ItemKind, lex, mistyped_word, parse_item};

use super::Host;
use crate::{
    db::{self, Item, ItemScope, SourceFile},
    eval::{self, prelude},
    lost::{Lost, LostEnds, LostItem, LostRule},
    value::Value,
};

impl Host {
    /// What was written and is not in [`Host::model`], in order of (file, offset). A declaration
    /// that is wrong counts by the rules that use it, a workload by itself too.
    pub fn lost(&self) -> Vec<Lost> {
        let mut out = Vec::new();
        let own = self.packages.first();
        for file in own.into_iter().flat_map(|package| package.files(&self.db)) {
            for item in &db::items(&self.db, *file).items {
                self.of_item(*file, *item, &mut out);
            }
        }
        out
    }

    fn of_item(&self, file: SourceFile, item: Item<'_>, out: &mut Vec<Lost>) {
        let (db, word) = (&self.db, item.word(&self.db));
        let parsed = db::parse(db, item);
        let text = Text {
            scope: ItemScope {
                db,
                file,
                key: item.key(db),
            },
            all: item.text(db),
        };
        let at = item.place(db, parsed.item.span);
        let mut lose = |at: Place, what| out.push(Lost { at, what });
        let strays = parsed.diagnostics.iter();
        let strays = strays.filter(|d| d.code == &syntax::MISSING_KEYWORD);
        let strays: Vec<u32> = strays.map(|d| d.at.start).collect();
        let own = TextRange::new(0, strays.first().copied().unwrap_or(u32::MAX));
        match word {
            _ if parsed.item.whole => {}
            ItemWord::Allow | ItemWord::Deny => {
                let verdict = match word {
                    ItemWord::Deny => Verdict::Deny,
                    _ => Verdict::Allow,
                };
                let front = self.front(item, parsed).map(LostItem::Rule);
                lose(at, front.unwrap_or_else(|| text.rule(own, Some(verdict))));
            }
            ItemWord::Apply => lose(at, unknown()),
            ItemWord::Assert if text.holds(own, T::Disjoint) => lose(at, LostItem::Disjoint),
            ItemWord::Error if strays.is_empty() && text.names(own).next().is_some() => {
                lose(at, text.rule(own, None));
            }
            _ => {}
        }
        if word == ItemWord::Workload && !self.seals(file, item, parsed.item.whole) {
            lose(at, LostItem::Workload);
        }
        let ends = strays.iter().copied().skip(1).chain([u32::MAX]);
        for (start, end) in strays.iter().copied().zip(ends) {
            let range = TextRange::new(start, end);
            let at = item.place(db, TextRange::at(start));
            text.stray(range)
                .into_iter()
                .for_each(|what| lose(at, what));
        }
        if db::lowers(word) && word != ItemWord::Template {
            out.extend_from_slice(&db::lower(db, item).lost);
        }
    }

    /// Of a rule that goes wrong behind its arrow: its source is what it says.
    fn front(&self, item: Item<'_>, parsed: &Parsed) -> Option<LostRule> {
        let ItemKind::Rule(rule) = &parsed.item.kind else {
            return None;
        };
        let behind = rule.dest.span.start;
        let mut errors = parsed.diagnostics.iter().filter(|d| d.is_error());
        if errors.any(|d| d.at.start < behind) {
            return None;
        }
        let lowered = db::lower(&self.db, item);
        let known = with_ends(&lowered.rules.first()?.ends);
        let LostEnds::Pair { source, .. } = known.ends else {
            return None;
        };
        let verdict = match rule.deny {
            true => Verdict::Deny,
            false => Verdict::Allow,
        };
        Some(LostRule {
            ends: LostEnds::Pair { source, dest: None },
            ..LostRule::unknown(Some(verdict))
        })
    }

    /// Of two workloads with one name the first is in the model.
    fn seals(&self, file: SourceFile, item: Item<'_>, whole: bool) -> bool {
        let db = &self.db;
        let value = &db::value(db, item).value;
        whole && matches!(value, Value::Workload(_)) && db::declares(db, file, item)
    }
}

/// The text of an item, in its file.
struct Text<'h> {
    scope: ItemScope<'h>,
    all: &'h str,
}

impl Text<'_> {
    fn slice(&self, range: TextRange) -> &str {
        let end = (range.end as usize).min(self.all.len());
        let text = self.all.get(range.start as usize..end);
        text.unwrap_or_default()
    }

    fn holds(&self, range: TextRange, kind: T) -> bool {
        lex(self.slice(range)).iter().any(|(k, _)| k == kind)
    }

    fn begins(&self, range: TextRange, with: &[T]) -> bool {
        let tokens = lex(self.slice(range));
        let kinds = tokens.iter().map(|(kind, _)| kind);
        let kinds = kinds.filter(|kind| !kind.is_trivia()).take(with.len());
        kinds.eq(with.iter().copied())
    }

    /// Of a line that lacks its word; nothing if names alone are lost with it, whose users are
    /// silent.
    fn stray(&self, range: TextRange) -> Vec<LostItem> {
        match mistyped_word(self.slice(range)) {
            Some(ItemWord::Allow) => self.stray_rules(range, "allow"),
            Some(ItemWord::Deny) => self.stray_rules(range, "deny"),
            Some(ItemWord::Apply) => self.stray_rules(range, "apply"),
            Some(ItemWord::Workload) => vec![LostItem::Workload],
            Some(ItemWord::Assert) => {
                let disjoint = self.holds(range, T::Disjoint);
                disjoint.then_some(LostItem::Disjoint).into_iter().collect()
            }
            Some(_) => Vec::new(),
            None if !self.holds(range, T::Arrow) && self.holds(range, T::LBrace) => {
                vec![LostItem::Workload]
            }
            // `h: string = "x"`, a parameter.
            None if self.begins(range, &[T::Ident, T::Colon]) => Vec::new(),
            None => self.stray_rules(range, ""),
        }
    }

    /// The rules that it makes with a word in front, or with another one. Without a word it may be
    /// either.
    fn stray_rules(&self, range: TextRange, word: &str) -> Vec<LostItem> {
        let verdict = match word {
            "allow" => Some(Verdict::Allow),
            "deny" => Some(Verdict::Deny),
            _ => None,
        };
        let text = self.slice(range);
        let tokens: Vec<_> = lex(text).iter().filter(|(k, _)| !k.is_trivia()).collect();
        let follows = |kind: T| kind.is_name() || matches!(kind, T::Str | T::LParen);
        let rest = match tokens.as_slice() {
            [(T::Ident, first), (next, _), ..] if follows(*next) => first.end as usize,
            _ => 0,
        };
        let rest = text.get(rest..).unwrap_or_default();
        let written = if word.is_empty() { "allow" } else { word };
        let text = format!("{written} {rest}");
        let item = parse_item(&text).item;
        if !item.whole {
            return vec![self.rule(range, verdict)];
        }
        let lowered = eval::lower(&item, &text, &self.scope);
        let whole = lowered.rules.iter().map(|rule| LostRule {
            verdict: Some(rule.rule.verdict),
            ..with_ends(&rule.ends)
        });
        let lost = lowered.lost.into_iter().filter_map(|lost| match lost.what {
            LostItem::Rule(rule) => Some(rule),
            _ => None,
        });
        let either = |rule: LostRule| {
            LostItem::Rule(match word {
                "" => LostRule {
                    verdict: None,
                    ..rule
                },
                _ => rule,
            })
        };
        whole.chain(lost).map(either).collect()
    }

    /// A rule of which only the names are to be trusted.
    fn rule(&self, range: TextRange, verdict: Option<Verdict>) -> LostItem {
        let unknown = LostRule::unknown(verdict);
        LostItem::Rule(match self.ends(range) {
            Some(sets) if !sets.is_empty() => LostRule {
                ends: LostEnds::Among(sets),
                ..unknown
            },
            _ => unknown,
        })
    }

    /// What the names of a rule stand for; `None` if one of them may stand for anything.
    fn ends(&self, range: TextRange) -> Option<Vec<Arc<Set>>> {
        let mut out = Vec::new();
        let mut first = true;
        for (name, next) in self.names(range) {
            let known = self.scope.bound(name);
            let known = known.or_else(|| prelude::entity(name));
            // `permit a -> b`, `allow egress a ->`: a word that is no name of the file.
            let end = next.is_some_and(|n| n.is_name() || matches!(n, T::LParen | T::Str));
            let first = std::mem::take(&mut first);
            let word = end && (first || matches!(name, "ingress" | "egress"));
            match known {
                None if word => {}
                None | Some(Value::Error) => return None,
                Some(value) => out.extend(set_of(&value)?),
            }
        }
        Some(out)
    }

    /// The names up to the first clause, each with what stands behind it.
    fn names(&self, range: TextRange) -> impl Iterator<Item = (&str, Option<T>)> {
        let text = self.slice(range);
        let tokens: Vec<_> = lex(text).iter().filter(|(k, _)| !k.is_trivia()).collect();
        let clause = |kind: T| matches!(kind, T::Via | T::Until | T::Because);
        let end = tokens.iter().position(|(kind, _)| clause(*kind));
        let end = end.unwrap_or(tokens.len());
        (0..end).filter_map(move |index| {
            let (kind, range) = tokens.get(index)?;
            let next = tokens.get(index + 1).map(|(kind, _)| *kind);
            let name = text.get(range.as_usize())?;
            kind.is_name().then_some((name, next))
        })
    }
}

/// Of an `apply` whose template nobody knows: it may have held allows and denies of any ends, the
/// arguments among them or not. So it may mend a claim that needs a flow as well as one that
/// forbids it, and both are silent until it is known.
fn unknown() -> LostItem {
    LostItem::Rule(LostRule::unknown(None))
}

/// The rule of which these are the ends.
fn with_ends(ends: &[EndRule]) -> LostRule {
    let at = |direction| ends.iter().find(|end| end.direction == direction);
    let (egress, ingress) = (at(Direction::Egress), at(Direction::Ingress));
    // A service has other ports at each of its pods.
    if ends.len() > 2 {
        return LostRule::unknown(None);
    }
    let source = ingress.map(|end| &end.peers);
    let dest = egress.map(|end| &end.peers);
    LostRule {
        verdict: None,
        ends: LostEnds::Pair {
            source: source.or(egress.map(|end| &end.subject)).cloned(),
            dest: dest.or(ingress.map(|end| &end.subject)).cloned(),
        },
        ports: ends.first().map(|end| Arc::clone(&end.ports)),
        dns: ends
            .iter()
            .any(|e| matches!(e.via.as_deref(), Some(Via::Dns(_)))),
    }
}

/// `Some(None)`: it is no end.
fn set_of(value: &Value) -> Option<Option<Arc<Set>>> {
    Some(match value {
        Value::Workload(workload) => Some(Arc::clone(&workload.set)),
        Value::External(external) => Some(Arc::clone(&external.set)),
        Value::Network(network) => Some(Arc::clone(&network.set)),
        Value::Group(group) if group.services.is_empty() => Some(Arc::clone(&group.set)),
        Value::Entity(entity) => Some(prelude::entity_set(*entity)),
        Value::Port(_) | Value::Text(_) | Value::Template(_) => None,
        Value::Group(_) | Value::Service(_) | Value::Error => return None,
    })
}
