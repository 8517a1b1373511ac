//! `workload` and `foreign workload`: labels, namespaces, account, open directions.

use std::sync::Arc;

use npl_diagnostics::{
    TextRange,
    codes::{kinds, sets},
};
use npl_policy::{
    label::{Cube, Values},
    model::{Ownership, PodPart, Set},
};
use npl_syntax::ast::{self, Clause, Dir};

use crate::{
    eval::{cx::Cx, kube},
    value::{Value, WorkloadValue},
};

/// The clauses of one declaration, each at most once.
#[derive(Default)]
struct Clauses<'a> {
    namespace: Option<&'a ast::NsClause>,
    account: Option<&'a ast::Str>,
    open: Option<TextRange>,
    ingress: bool,
    egress: bool,
}

impl Cx<'_> {
    pub(crate) fn workload(&mut self, workload: &ast::Workload, doc: Option<&str>) -> Value {
        let found = self.out.len();
        let clauses = self.clauses(workload);
        let cube = self.pods(workload, &clauses);
        let (Some(cube), true) = (cube, self.out.len() == found) else {
            return Value::Error;
        };
        let name = self.scope.qualified(&workload.name.node);
        let ownership = match (self.scope.owns(), workload.foreign) {
            (false, _) => Ownership::Imported,
            (true, true) => Ownership::Foreign,
            (true, false) => Ownership::Owned,
        };
        let pods = Arc::new(cube);
        let part = PodPart {
            pods: Arc::clone(&pods),
            workload: Some(name.clone()),
            resolved: None,
        };
        Value::Workload(Arc::new(WorkloadValue {
            name,
            module: self.scope.module(),
            short: workload.name.node.clone(),
            pods,
            set: Arc::new(Set {
                pods: vec![part],
                ..Set::default()
            }),
            ownership,
            open_ingress: clauses.ingress,
            open_egress: clauses.egress,
            doc: doc.map(Into::into),
            file: self.scope.file(),
            place: self.at(workload.name.span),
            behind: self.at(TextRange::at(end(workload))),
        }))
    }

    fn pods(&mut self, workload: &ast::Workload, clauses: &Clauses<'_>) -> Option<Cube> {
        let cube = match clauses.namespace {
            Some(clause) => self.namespaces(Cube::every(), clause),
            None => {
                let end = workload.labels.span.end;
                let name = &workload.name;
                let namespace = self.default_namespace("workload", &name.node, name.span, end);
                namespace.map(|n| Cube::every().with_namespace(&Values::is(n)))
            }
        };
        // Labels are checked even where the place is wrong: those are two mistakes.
        let fine = cube.is_some();
        let cube = self.labels(cube.unwrap_or_else(Cube::every), &workload.labels)?;
        let cube = match clauses.account {
            Some(account) => {
                if let Err(why) = kube::subdomain(&account.node) {
                    let message = format!("`{}` is no service account: {why}", account.node);
                    let found = self.found(&sets::BAD_ACCOUNT, account.span, message);
                    let help = "write the name as `kubectl get serviceaccounts` shows it";
                    self.report(found.help(help));
                    return None;
                }
                cube.with_account(&Values::is(account.node.clone()))
            }
            None => cube,
        };
        fine.then_some(cube)
    }

    fn clauses<'w>(&mut self, workload: &'w ast::Workload) -> Clauses<'w> {
        let mut out = Clauses::default();
        for clause in &workload.clauses {
            match clause {
                Clause::Namespace(ns) => match out.namespace {
                    Some(first) => self.twice("in namespace", first.span, ns.span),
                    None => out.namespace = Some(ns),
                },
                Clause::Account(account) => match out.account {
                    Some(first) => self.twice("account", first.span, account.span),
                    None => out.account = Some(account),
                },
                Clause::Open(dirs, range) => match out.open {
                    Some(first) => self.twice("open", first, *range),
                    None => {
                        out.open = Some(*range);
                        self.open(workload, dirs, *range, &mut out);
                    }
                },
            }
        }
        out
    }

    fn open(
        &mut self,
        workload: &ast::Workload,
        dirs: &[ast::Spanned<Dir>],
        range: TextRange,
        out: &mut Clauses<'_>,
    ) {
        if workload.foreign {
            let name = &workload.name.node;
            let message = format!("the foreign workload `{name}` has nothing to open");
            let found = self
                .found(&kinds::FOREIGN_OPEN, range, message)
                .note("this package writes no policy for a foreign workload, so it closes nothing")
                .help("remove the clause")
                .fix("remove the clause", true, self.at(range), "");
            self.report(found);
            return;
        }
        // One direction twice in one list is the parser's finding.
        out.ingress = dirs.iter().any(|dir| dir.node == Dir::Ingress);
        out.egress = dirs.iter().any(|dir| dir.node == Dir::Egress);
    }
}

/// Where a declaration ends.
fn end(workload: &ast::Workload) -> u32 {
    let clause = |clause: &Clause| match clause {
        Clause::Namespace(ns) => ns.span.end,
        Clause::Account(account) => account.span.end,
        Clause::Open(_, range) => range.end,
    };
    let last = workload.clauses.last().map(clause);
    last.unwrap_or(workload.labels.span.end)
}
