//! Policies beside each other, and against what runs in the cluster, as far as an inventory shows
//! it.

use npl_diagnostics::{
    Code, Diagnostic, Place, Severity,
    codes::{inventory as codes, lints},
};
use npl_policy::{inventory::Inventory, lint, model::Model};

/// The lints of a program, of policies that were read: in the words of YAML. A policy means what it
/// says whatever runs today, so that none of them is an error.
pub fn today(model: &Model, inventory: &Inventory) -> Vec<Diagnostic<Place>> {
    let mut out = lint::against(model, inventory);
    for finding in &mut out {
        finding.severity = finding.severity.min(Severity::Warning);
        // They would write NPL.
        finding.fixes.clear();
        let code = finding.code.id;
        if code == codes::SELECTS_NOTHING_TODAY.id {
            finding.message = "the policy selects no pod of the inventory".to_owned();
            finding.notes = vec!["the pods that it was meant for are not closed by it".to_owned()];
            finding.help = Some(
                "compare the selector and the namespace with the labels of the pod template"
                    .to_owned(),
            );
        } else if code == codes::NETWORK_COVERS_CLUSTER.id {
            finding.help = Some(
                "select pods by their labels and nodes by `host` and `remote-node`, or take the \
                 range out with `except`"
                    .to_owned(),
            );
        }
    }
    out
}

/// What policies say that does nothing beside what others say, or at all.
pub fn beside(model: &Model, inventory: Option<&Inventory>) -> Vec<Diagnostic<Place>> {
    let mut out = lint::of_policies(model, inventory);
    for finding in &mut out {
        finding.severity = finding.severity.min(Severity::Warning);
        finding.fixes.clear();
        let help = HELP_IN_YAML.iter().find(|(code, _)| *code == finding.code);
        if let Some((_, help)) = help {
            finding.help = Some((*help).to_owned());
        }
    }
    out
}

/// What to do, where the words of the language would not help.
const HELP_IN_YAML: [(Code, &str); 3] = [
    (
        &lints::QUIC_BYPASSES_SNI,
        "open TCP only in the other rule: `protocol: TCP`",
    ),
    (
        &lints::DENY_STOPS_NO_POD,
        "select pods by their labels, or name `cluster`, `host` or `remote-node` in `toEntities` \
         if these are meant",
    ),
    (
        &lints::NODE_LOCAL_ADDRESS,
        "name `host` in `toEntities`, with the port of the service",
    ),
];
