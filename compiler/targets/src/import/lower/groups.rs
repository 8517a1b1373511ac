//! CIDR groups as networks.
//!
//! Refuses a group that is not among the sources: whom it holds is not known, and a deny of it
//! would be lost.

use std::collections::BTreeMap;

use ipnet::IpNet;
use npl_diagnostics::{Place, codes::import as codes};
use npl_policy::addr::Net;
use smol_str::SmolStr;

use super::{
    Cx,
    peers::visible,
    refuse::{Refusal, refuse},
};
use crate::import::{
    selector::{Operator, Selector},
    shape::CidrGroup,
};

/// How `toGroups` and `fromGroups` are spelled.
const CLOUD: &str = "group:aws";

/// Every group with what it holds, as a rule that names it alone has it. Groups of one name are
/// one.
pub fn addresses_of(groups: &[CidrGroup]) -> Vec<(SmolStr, Vec<Net>)> {
    let mut all: BTreeMap<&SmolStr, Vec<Net>> = BTreeMap::new();
    for group in groups {
        let nets = group.cidrs.iter().map(|cidr| Net::plain(*cidr));
        all.entry(&group.name)
            .or_default()
            .extend(nets.filter_map(visible));
    }
    let tidied = all.into_iter().map(|(name, mut nets)| {
        nets.sort();
        nets.dedup();
        (name.clone(), nets)
    });
    tidied.collect()
}

pub(super) fn named(
    cx: &Cx<'_>,
    name: &SmolStr,
    spelling: &str,
    except: &[IpNet],
    at: Place,
) -> Result<Vec<Net>, Refusal> {
    if spelling.starts_with(CLOUD) {
        return Err(refuse(
            &codes::IMPORT_CLOUD_GROUP,
            at,
            "the addresses of a security group are known to the cloud only",
            "keep this policy in YAML, or list the addresses",
        ));
    }
    let mut found = cx
        .groups
        .iter()
        .filter(|group| group.name == *name)
        .peekable();
    if found.peek().is_none() {
        return Err(refuse(
            &codes::IMPORT_GROUP_MISSING,
            at,
            format!("the CiliumCIDRGroup `{name}` is not among the sources"),
            "give its file too",
        ));
    }
    let cidrs = found.flat_map(|group| &group.cidrs);
    Ok(cidrs
        .map(|cidr| Net::new(*cidr, except.iter().copied()))
        .collect())
}

/// An address has the labels of every group that holds it, so only a selector that each group
/// meets or fails by itself is the union of groups.
pub(super) fn labelled(
    cx: &Cx<'_>,
    selector: &Selector,
    except: &[IpNet],
    at: Place,
) -> Result<Vec<Net>, Refusal> {
    let one = selector.labels.len() + selector.expressions.len() == 1;
    let positive = |op: Operator| matches!(op, Operator::In | Operator::Exists);
    if !one || !selector.expressions.iter().all(|e| positive(e.operator)) {
        return Err(refuse(
            &codes::IMPORT_CIDR_GROUP_SELECTOR,
            at,
            "a `cidrGroupSelector` joins or excludes labels, which no list of groups does",
            "name the groups with `cidrGroupRef`",
        ));
    }
    let mut groups = cx
        .groups
        .iter()
        .filter(|group| selector.matches_plain(&group.labels))
        .peekable();
    if groups.peek().is_none() {
        return Err(refuse(
            &codes::IMPORT_GROUP_MISSING,
            at,
            "no CiliumCIDRGroup among the sources has these labels",
            "give the files of the groups too",
        ));
    }
    let cidrs = groups.flat_map(|group| &group.cidrs);
    Ok(cidrs
        .map(|cidr| Net::new(*cidr, except.iter().copied()))
        .collect())
}
