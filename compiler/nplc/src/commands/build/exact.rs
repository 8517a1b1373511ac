//! The objects of one target, lowered to a model as `nplc import` lowers policies, against what
//! they are to mean.

use npl_diagnostics::{Diagnostic, FileId, codes::cilium as codes};
use npl_policy::{
    addr::{Net, node_local_addresses},
    compare::{self, Difference, Undecided},
    inventory::Inventory,
    model::{Direction, EndRule, Model},
};
use npl_targets::{
    cilium::{self, Object},
    import::{
        self,
        lower::{lower, lower_made},
    },
    kubernetes::{ClusterWideSeals, IpBlocks},
};

use crate::pipeline::Analysis;

/// How many regions are the same; the inner error says why that is not asked, the outer one what
/// differs.
type Answer = std::result::Result<std::result::Result<usize, &'static str>, String>;

pub(super) fn compare(
    analysis: &Analysis,
    inventory: Option<&Inventory>,
    (objects, tiered): (&[&Object], &[&str]),
) -> Answer {
    let ours = objects.iter().any(|o| o.kind.starts_with("Cilium"));
    if let Some(why) = known_to_differ(analysis, ours) {
        return Ok(Err(why));
    }
    let Some(checked) = &analysis.checked else {
        return Ok(Err("the program has errors"));
    };
    let meant = match ours {
        true => cilium::written(checked, &analysis.settings),
        false => checked.model().clone(),
    };
    let texts = objects.iter().map(|object| &*object.yaml);
    let texts = texts.chain(tiered.iter().copied());
    let files: Vec<(FileId, &str)> = (0u32..).map(FileId).zip(texts).collect();
    let (read, found) = import::read(&files);
    let path = |_| "output".into();
    let lowered = match ours {
        true => lower(&read, inventory, &path),
        false => lower_made(&read, analysis.kubernetes.ip_blocks == IpBlocks::Any, &path),
    };
    let all = found.iter().chain(&lowered.diagnostics);
    if let Some(error) = { all }.find(|found| Diagnostic::is_error(found)) {
        return Err(format!("what was made is not read back: {}", error.message));
    }
    let mut made = lowered.model;
    made.settings = meant.settings;
    match compare::compare(&meant, &made) {
        Ok(compared) => match compared.differences.first() {
            None => Ok(Ok(compared.regions)),
            Some(found) => Err(differs(found)),
        },
        Err(Undecided::Steps(_)) => Ok(Err("the comparison takes too many steps")),
        Err(Undecided::NoWitness(rule)) => Err(unshown(rule, &meant)),
    }
}

/// Where the target says something else on purpose.
fn known_to_differ(analysis: &Analysis, ours: bool) -> Option<&'static str> {
    let has = |code: npl_diagnostics::Code| analysis.diagnostics.iter().any(|f| f.code == code);
    if ours {
        return has(&codes::HTTP_CLOSES_THE_REST)
            .then_some("an HTTP rule closes other traffic (http-closes-the-rest)");
    }
    let settings = &analysis.kubernetes;
    if !settings.cluster_cidrs.is_empty() {
        return Some("`cluster-cidrs` are left out of networks");
    }
    if settings.cluster_wide_seals == ClusterWideSeals::Pods {
        return Some("`cluster-wide-seals` leaves open what cannot be named");
    }
    let held = |net: &Net| node_local_addresses().any(|(addr, _)| net.contains(addr));
    let nets = |end: &EndRule| end.peers.nets.iter().any(held);
    if settings.ip_blocks == IpBlocks::Any && analysis.model.ends.iter().any(nets) {
        return Some("networks leave out the addresses that the node itself answers");
    }
    settings
        .unchecked_dns
        .then_some("`unchecked-dns` lets a clause stand for everything on its port")
}

fn differs(found: &Difference) -> String {
    let end = match found.direction {
        Direction::Egress => "leaving the source",
        Direction::Ingress => "entering the destination",
    };
    format!(
        "source and output differ {end}, which is a fault of nplc; please report it\nflow: {:?}\n\
         source: {:?}\noutput: {:?}",
        found.flow, found.before, found.after
    )
}

fn unshown(rule: Option<u32>, model: &Model) -> String {
    let rule = rule.and_then(|rule| model.rules.get(rule as usize));
    let rule = rule.map_or("a seal", |rule| rule.text.as_str());
    format!("source and output may differ in `{rule}`, and no flow was found that shows it")
}
