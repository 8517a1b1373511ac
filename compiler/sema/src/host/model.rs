//! The model: what every item adds, joined in order of (file, offset), with identities.

use std::{collections::BTreeMap, sync::Arc};

use npl_diagnostics::Place;
use npl_policy::{
    identity::{self, Key},
    model::{EndRule, Model, Ownership, Rule, Settings, Workload},
};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::Host;
use crate::{
    db,
    lowered::Lowered,
    manifest::Stage,
    value::{Value, WorkloadValue},
};

impl Host {
    /// The meaning of the package under work. With errors it holds what could be understood.
    pub fn model(&self) -> Arc<Model> {
        if let Ok(known) = self.model.lock()
            && let Some(model) = known.as_ref()
        {
            return Arc::clone(model);
        }
        let model = Arc::new(self.join());
        if let Ok(mut known) = self.model.lock() {
            *known = Some(Arc::clone(&model));
        }
        model
    }

    fn join(&self) -> Model {
        // Works on all cores, and leaves everything computed.
        self.check();
        let mut out = Model {
            package: self.program.name.clone(),
            settings: Settings {
                control_plane: self.manifest().control_plane(),
            },
            metadata: self.metadata(),
            ..Model::default()
        };
        let lowered = self.collect(&mut out);
        let keys: Vec<Key<'_>> = lowered
            .iter()
            .flat_map(|item| &item.rules)
            .map(|rule| Key {
                module: &rule.rule.module,
                normal_form: &rule.normal_form,
            })
            .collect();
        let (ids, (rules, ends)) = if self.jobs == 1 {
            (identity::assign(&keys), rules(&lowered))
        } else {
            rayon::join(|| identity::assign(&keys), || rules(&lowered))
        };
        (out.rules, out.ends) = (rules, ends);
        for (rule, id) in out.rules.iter_mut().zip(ids) {
            rule.id = id;
        }
        for item in &lowered {
            out.claims.extend_from_slice(&item.claims);
            out.tests.extend_from_slice(&item.tests);
        }
        out
    }

    /// What the items of the package add, in order; the workloads join the model at once.
    fn collect(&self, out: &mut Model) -> Vec<Arc<Lowered>> {
        let db = &self.db;
        let mut lowered = Vec::new();
        let mut seen = FxHashSet::default();
        let own = self.packages.first();
        for file in own.into_iter().flat_map(|package| package.files(db)) {
            for item in &db::items(db, *file).items {
                let word = item.word(db);
                if word == npl_syntax::ItemWord::Workload {
                    // Of two with one name, which is an error, the first.
                    if let Value::Workload(found) = &db::value(db, *item).value
                        && seen.insert(found.name.clone())
                    {
                        out.workloads.push(self.workload(found));
                    }
                } else if db::lowers(word) {
                    lowered.push(Arc::clone(db::lower(db, *item)));
                }
            }
        }
        for named in lowered.iter().flat_map(|item| &item.named) {
            if named.ownership != Ownership::Owned && seen.insert(named.name.clone()) {
                out.workloads.push(self.workload(named));
            }
        }
        lowered
    }

    fn metadata(&self) -> BTreeMap<SmolStr, Option<SmolStr>> {
        let db = &self.db;
        let own = self.packages.first();
        let files = own.into_iter().flat_map(|package| package.files(db));
        files
            .filter_map(|file| {
                let called = db::called(db, *file, &["std", "cloud"], "metadata")?;
                Some((file.path(db).clone(), called))
            })
            .collect()
    }

    fn workload(&self, value: &WorkloadValue) -> Workload {
        Workload {
            name: value.name.clone(),
            module: value.module.clone(),
            short: value.short.clone(),
            pods: Arc::clone(&value.pods),
            ownership: value.ownership,
            open_ingress: value.open_ingress,
            open_egress: value.open_egress,
            observed: value.ownership == Ownership::Owned && self.observed(value),
            doc: value.doc.clone(),
            file: value.file.clone(),
            place: value.place,
            behind: value.behind,
        }
    }

    fn observed(&self, value: &WorkloadValue) -> bool {
        if self.program.stage_observe {
            return true;
        }
        match &self.manifest().stage {
            None => false,
            Some(Stage::All) => true,
            Some(Stage::Workloads(names)) => names.iter().any(|(name, _): &(_, Place)| {
                *name == value.short
                    || name
                        .strip_suffix(value.short.as_str())
                        .and_then(|module| module.strip_suffix('.'))
                        .is_some_and(|module| module == value.module)
            }),
        }
    }
}

/// The rules, numbered and without their identities, and what they mean at each end.
fn rules(lowered: &[Arc<Lowered>]) -> (Vec<Rule>, Vec<EndRule>) {
    let all = || lowered.iter().flat_map(|item| &item.rules);
    let mut rules = Vec::with_capacity(all().count());
    let mut ends = Vec::with_capacity(all().map(|rule| rule.ends.len()).sum());
    for rule in all() {
        let number = u32::try_from(rules.len()).unwrap_or(u32::MAX);
        rules.push(rule.rule.clone());
        ends.extend(rule.ends.iter().map(|end| {
            let mut end = end.clone();
            end.rule = number;
            end
        }));
    }
    (rules, ends)
}
