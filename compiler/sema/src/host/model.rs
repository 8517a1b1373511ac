//! The model: what every item adds, joined in order of (file, offset), with identities.

use std::sync::Arc;

use npl_diagnostics::Place;
use npl_policy::{
    identity::{self, Key},
    model::{Model, Ownership, Settings, Workload},
};
use rustc_hash::FxHashSet;

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
        let mut ids = identity::assign(&keys).into_iter();
        let ends = lowered.iter().flat_map(|l| &l.rules).map(|r| r.ends.len());
        out.rules.reserve(keys.len());
        out.ends.reserve(ends.sum());
        for item in &lowered {
            for rule in &item.rules {
                let number = u32::try_from(out.rules.len()).unwrap_or(u32::MAX);
                let mut own = rule.rule.clone();
                own.id = ids.next().unwrap_or_default();
                out.rules.push(own);
                out.ends.extend(rule.ends.iter().map(|end| {
                    let mut end = end.clone();
                    end.rule = number;
                    end
                }));
            }
            out.claims.extend_from_slice(&item.claims);
            out.tests.extend_from_slice(&item.tests);
        }
        out
    }

    /// What the items of the package add, in order; the workloads join the model at once.
    fn collect(&self, out: &mut Model) -> Vec<Arc<Lowered>> {
        let db = &self.db;
        let mut lowered = Vec::new();
        let own = self.packages.first();
        for file in own.into_iter().flat_map(|package| package.files(db)) {
            for item in &db::items(db, *file).items {
                let word = item.word(db);
                if word == npl_syntax::ItemWord::Workload {
                    if let Value::Workload(found) = &db::value(db, *item).value {
                        out.workloads.push(self.workload(found));
                    }
                } else if db::lowers(word) {
                    lowered.push(Arc::clone(db::lower(db, *item)));
                }
            }
        }
        let mut seen = FxHashSet::default();
        for named in lowered.iter().flat_map(|item| &item.named) {
            if named.ownership != Ownership::Owned && seen.insert(named.name.clone()) {
                out.workloads.push(self.workload(named));
            }
        }
        lowered
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
