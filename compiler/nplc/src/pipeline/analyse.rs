//! Every check over one program, in the order in which they build on each other.

use std::{collections::BTreeSet, sync::Arc};

use npl_diagnostics::{
    Code, Diagnostic, Place, Severity,
    codes::{claims as claim_codes, import as codes, kinds},
};
use npl_policy::{
    claims::{self, ClaimOutcome, Decision},
    inventory::Inventory,
    lint,
    model::{Checked, Model},
};
use npl_sema::manifest::Manifest;
use npl_targets::{cilium, kubernetes};

use super::{
    Unit, lost,
    target::{Plans, Settings, Target},
};

/// What is known of one program.
#[derive(Debug)]
pub struct Analysis {
    /// Every finding, with levels of `[lints]` and ignores applied, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// With the policies in YAML; targets see only what is written in the language.
    pub model: Arc<Model>,
    /// The same, with no workload in stage observe: what claims and tests speak of. A rollout that
    /// closes nothing yet would fail every one of them.
    pub enforced: Arc<Model>,
    /// `None` if an error speaks against the program.
    pub checked: Option<Checked>,
    /// Nothing but claims may have failed: tests can be run.
    pub sound: bool,
    pub claims: Vec<ClaimOutcome>,
    /// How many claims this version cannot decide.
    pub claims_not_checked: usize,
    pub inventory: Option<Arc<Inventory>>,
    pub settings: cilium::Settings,
    pub kubernetes: kubernetes::Settings,
}

/// What a command makes of a program from its plans for some targets; hears how many claims are not
/// checked.
pub struct Make<'a, T> {
    pub targets: &'a [Target],
    pub make: &'a Maker<'a, T>,
}

type Maker<'a, T> = dyn Fn(&Manifest, &Checked, &Plans<'_>, usize) -> T + Sync + 'a;

/// Findings on what policies in YAML mean, each with the lint that tells the same of their text.
const SAID_BY_LINTS: [(Code, Code); 8] = [
    (
        &codes::IMPORT_BARE_ENDPOINTS,
        &codes::POLICY_SELECTS_RESERVED,
    ),
    (&codes::IMPORT_NAMES_CLOSE, &codes::POLICY_SNI_WITHOUT_TCP),
    (&codes::IMPORT_NEEDS_INVENTORY, &codes::POLICY_SERVICE_HOLE),
    (&codes::IMPORT_EXPRESSION, &codes::POLICY_HTTP_PATTERN),
    (&codes::IMPORT_NAME, &codes::POLICY_NAME_PATTERN),
    (
        &codes::IMPORT_SELECTS_NOBODY,
        &codes::POLICY_LABEL_NOT_IN_IDENTITY,
    ),
    (
        &codes::IMPORT_SELECTS_NOBODY,
        &codes::POLICY_IMPOSSIBLE_NAME,
    ),
    (&codes::IMPORT_SELECTS_NOBODY, &codes::POLICY_ICMP_TYPE),
];

impl Unit {
    /// Runs every check. Lints, claims and targets are asked even where the program has errors: one
    /// run shows all of them, but for what is only missing where an item is broken.
    pub fn analyse(&self) -> Analysis {
        self.analyse_and::<()>(self.of_manifests(true), None).0
    }

    /// What reading and lowering say of manifests. What the model cannot hold of a policy speaks
    /// against every answer from it (`asked`), and is a note where nothing is asked of it.
    pub(super) fn of_manifests(&self, asked: bool) -> Vec<Diagnostic<Place>> {
        let lowered = self.lowered.iter().flat_map(|lowered| &lowered.diagnostics);
        let lowered = lowered
            // A refusal stands where the answer depends on it.
            .filter(|found| (asked && found.is_error()) || !self.said_by_a_lint(found));
        let unsaid = |found: &Diagnostic<Place>| {
            found.code.name.starts_with("import-") && !speaks_of_cilium(found.code)
        };
        // Two rules that meet at many places are told of once.
        let mut seen = BTreeSet::new();
        self.manifest_findings
            .iter()
            .chain(lowered)
            .filter(|found| seen.insert((found.code.id, found.at, found.message.clone())))
            .cloned()
            .map(|mut found| {
                if !asked && found.is_error() && unsaid(&found) {
                    found.severity = Severity::Note;
                }
                found
            })
            .collect()
    }

    /// The lint of the same trap has the better place, and a fix.
    fn said_by_a_lint(&self, found: &Diagnostic<Place>) -> bool {
        let meets = |lint: &Place| {
            let (a, b) = (found.at.range, lint.range);
            lint.anchor == found.at.anchor && a.start <= b.end && b.start <= a.end
        };
        let said = |lint: &Diagnostic<Place>| {
            SAID_BY_LINTS.contains(&(found.code, lint.code)) && meets(&lint.at)
        };
        self.manifest_findings.iter().any(said)
    }

    /// The program with its policies in YAML.
    fn united(&self, model: &Arc<Model>) -> Arc<Model> {
        let Some(lowered) = &self.lowered else {
            return Arc::clone(model);
        };
        let mut united = Model::clone(model);
        united.unite(lowered.model.clone());
        Arc::new(united)
    }

    /// The same, with findings that came from elsewhere (levels and ignores count for them too),
    /// and with what `make` makes: `None` where an error speaks against the program.
    pub(super) fn analyse_and<T: Send>(
        &self,
        mut found: Vec<Diagnostic<Place>>,
        make: Option<&Make<'_, T>>,
    ) -> (Analysis, Option<T>) {
        found.extend(self.host.diagnostics());
        let model = self.host.model();
        let inventory = self.inventory.as_deref();
        let united = self.united(&model);
        let enforced = enforced(&united);
        let claims = claims::decide(&enforced, inventory);
        let claims_not_checked = claims.iter().filter(undecided).count();
        let manifest = self.host.manifest();
        let (settings, settings_found) = Settings::of(manifest);
        found.extend(settings_found);
        let targets = match make {
            Some(make) => make.targets.to_vec(),
            None => Target::checked(manifest),
        };
        let so_far = &found;
        // Neither looks at the other's findings, and both look at the whole model. Most programs
        // have no errors: what is made of one that lints refuse is dropped.
        let ((target, made), lints) = rayon::join(
            || {
                let plans = Plans::new(&model, &settings, &targets);
                let findings = plans.findings();
                let make = make.filter(|_| !so_far.iter().any(Diagnostic::is_error));
                let made = make.and_then(|make| {
                    let checked = Checked::new(Arc::clone(&model), &findings)?;
                    Some((make.make)(manifest, &checked, &plans, claims_not_checked))
                });
                (findings, made)
            },
            || lint::check(&model, inventory),
        );
        // What no error speaks of is not lost.
        let lost = match found.iter().any(Diagnostic::is_error) {
            true => self.host.lost(),
            false => Vec::new(),
        };
        let asked = target.into_iter().chain(lints).collect();
        found.extend(lost::own_findings(asked, &model, &lost, |model| {
            let mut found = Plans::new(model, &settings, &targets).findings();
            found.extend(lint::check(model, inventory));
            found
        }));
        let sound = !found.iter().any(Diagnostic::is_error);
        let told = lost::own_claims(&claims, &enforced, &lost, inventory);
        let claimed = claims::diagnostics(&enforced, &told);
        let claimed = claimed.into_iter().filter(|d| !told_of_argument(&found, d));
        found.extend(claimed.collect::<Vec<_>>());
        let diagnostics = self.host.finish(found);
        let analysis = Analysis {
            checked: Checked::new(Arc::clone(&model), &diagnostics),
            diagnostics,
            model: united,
            enforced,
            sound,
            claims,
            claims_not_checked,
            inventory: self.inventory.clone(),
            settings: settings.cilium,
            kubernetes: settings.kubernetes,
        };
        let made = made.filter(|_| analysis.checked.is_some());
        (analysis, made)
    }
}

/// A claim of a template that nothing enforces, for an argument of which the rules beside it were
/// told the same.
fn told_of_argument(found: &[Diagnostic<Place>], claim: &Diagnostic<Place>) -> bool {
    let applied = |at: &Place| claim.labels.iter().any(|l| l.at.anchor == at.anchor);
    claim.code == &claim_codes::CLAIM_NOTHING_ENFORCES
        && found
            .iter()
            .any(|d| d.code == &kinds::NOTHING_ENFORCES && applied(&d.at))
}

/// Refused by lowering for what Cilium makes of it, not for what the language lacks.
fn speaks_of_cilium(code: Code) -> bool {
    code == &codes::IMPORT_CLAUSE_CLASH
}

fn undecided(outcome: &&ClaimOutcome) -> bool {
    matches!(
        outcome.decision,
        Decision::NotChecked(_) | Decision::TooLarge(_)
    )
}

fn enforced(model: &Arc<Model>) -> Arc<Model> {
    if !model.workloads.iter().any(|workload| workload.observed) {
        return Arc::clone(model);
    }
    let mut out = Model::clone(model);
    for workload in &mut out.workloads {
        workload.observed = false;
    }
    Arc::new(out)
}
