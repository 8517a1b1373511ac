//! `a except b` over workloads and networks, by predicate: a pod that is both is out.
//!
//! Refuses externals, services and entities on either side, two kinds, a result of too many
//! disjuncts, and an empty one. A workload that shares no pod with what is taken out stays whole.

use std::sync::Arc;

use npl_diagnostics::codes::{kinds, sets};
use npl_policy::{addr::nets_except, label::subtract_all, model::PodPart};
use npl_syntax::ast::{self, Prim};

use crate::eval::{
    cx::{Cx, dotted},
    ends::{Union, cubes},
    limits::{EXCEPT_DISJUNCTS_MAX, EXCEPT_PAIRS_MAX},
};

impl Cx<'_> {
    pub(crate) fn except(
        &mut self,
        set: &ast::Set,
        except: &[Prim],
        mut left: Union,
        right: &Union,
    ) -> Option<Union> {
        self.one_kind(set, except, &left, right)?;
        let pairs = left.pods.len().saturating_mul(right.pods.len());
        let pairs = pairs.max(left.rest.nets.len().saturating_mul(right.rest.nets.len()));
        if pairs > EXCEPT_PAIRS_MAX {
            self.too_large(
                set,
                &format!("more than {EXCEPT_PAIRS_MAX} pairs of members"),
            );
            return None;
        }
        left.rest.nets = nets_except(&left.rest.nets, &right.rest.nets);
        left.pods = self.pods_except(set, left.pods, right)?;
        if left.is_empty() {
            let message = "`except` leaves nothing of this set";
            let found = self.found(&sets::EMPTY_SET, set.span, message);
            self.report(found.help("take out less: every member is inside what follows `except`"));
            return None;
        }
        Some(left)
    }

    fn pods_except(
        &mut self,
        set: &ast::Set,
        pods: Vec<(PodPart, bool)>,
        right: &Union,
    ) -> Option<Vec<(PodPart, bool)>> {
        let minus = cubes(&right.pods);
        let mut out = Vec::with_capacity(pods.len());
        let mut made = 0;
        for (part, owned) in pods {
            if minus.iter().all(|cube| part.pods.disjoint(cube)) {
                out.push((part, owned));
                continue;
            }
            let pieces = subtract_all(std::slice::from_ref(&*part.pods), &minus);
            let pieces = match pieces {
                Ok(pieces) if made + pieces.len() <= EXCEPT_DISJUNCTS_MAX => pieces,
                _ => {
                    let limit = format!("more than {EXCEPT_DISJUNCTS_MAX} alternatives");
                    self.too_large(set, &limit);
                    return None;
                }
            };
            made += pieces.len();
            out.extend(pieces.into_iter().map(|cube| {
                let part = PodPart {
                    pods: Arc::new(cube),
                    workload: None,
                    resolved: None,
                };
                (part, owned)
            }));
        }
        Some(out)
    }

    fn too_large(&mut self, set: &ast::Set, what: &str) {
        let message = format!("this `except` makes {what}");
        let found = self
            .found(&sets::SET_TOO_LARGE, set.span, message)
            .help("give the pods that are meant a label of their own, and select by it");
        self.report(found);
    }

    /// Both sides hold workloads, or both hold networks, and nothing else.
    fn one_kind(
        &mut self,
        set: &ast::Set,
        except: &[Prim],
        left: &Union,
        right: &Union,
    ) -> Option<()> {
        for (prims, union) in [(set.union.as_slice(), left), (except, right)] {
            if union.rest.names.is_empty() {
                continue;
            }
            let range = self.narrow(prims).map_or(set.span, |prim| prim.span());
            let found = self
                .found(
                    &kinds::EXTERNAL_IN_EXCEPT,
                    range,
                    "an external cannot stand under `except`",
                )
                .note("a name is enforced by the address it has, and another name may have it too")
                .help("list the externals that are meant");
            self.report(found);
            return None;
        }
        let pods = |union: &Union| union.only_pods();
        let nets = |union: &Union| union.only_nets();
        if (pods(left) && pods(right)) || (nets(left) && nets(right)) {
            return Some(());
        }
        let range = except.first().map_or(set.span, Prim::span);
        let message = match except {
            [Prim::Path(path)] => format!("`{}` cannot be taken out of this set", dotted(path)),
            _ => "these cannot be taken out of this set".to_owned(),
        };
        let found = self
            .found(&kinds::MIXED_EXCEPT, range, message)
            .note("both sides of `except` hold workloads, or both hold networks");
        let whole = match set.union.as_slice() {
            [Prim::Path(path)] => Some(dotted(path)),
            _ => None,
        };
        // Nothing is left of these that one side of a rule could hold.
        let whole = whole.filter(|name| matches!(name.as_str(), "all" | "cluster" | "world"));
        self.report(match whole {
            Some(name) => found.help(format!(
                "list what is meant, or allow `{name}` and deny the rest: a deny wins over every \
                 `allow`"
            )),
            None => found.help("write one set for each kind and unite them with `|`"),
        });
        None
    }

    /// The first primary that holds an external.
    fn narrow<'p>(&self, prims: &'p [Prim]) -> Option<&'p Prim> {
        let mut quiet = Vec::new();
        prims.iter().find(|prim| match prim {
            Prim::Path(path) => match self.scope.resolve(path, &mut quiet) {
                Some(crate::value::Value::External(_)) => true,
                Some(crate::value::Value::Group(group)) => !group.set.names.is_empty(),
                _ => false,
            },
            Prim::Paren(_) => false,
            Prim::Str(_) | Prim::Addr(_) => false,
        })
    }
}
