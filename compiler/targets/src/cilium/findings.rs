//! Findings of the plan, collected by rule and reported once each.

use std::collections::BTreeSet;

use npl_diagnostics::{
    Diagnostic, Place,
    codes::{cilium as codes, kinds},
};
use npl_policy::model::{Model, Rule};
use rustc_hash::FxHashSet;

/// One thing that is wrong with one rule, or with two. Rules are positions in `Model::rules`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Finding {
    NothingChecks(u32),
    DnsNeedsOwnedSource(u32),
    KindsClash(u32, u32),
    /// The first has the clause, the second none.
    ViaInexact(u32, u32),
    DnsInexact(u32, u32),
    TooManyPieces(u32),
    /// The first has HTTP entries, the second no clause.
    HttpClosesTheRest(u32, u32),
}

#[derive(Debug, Default)]
pub(super) struct Findings {
    found: BTreeSet<Finding>,
}

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        self.found.insert(finding);
    }

    pub(super) fn extend(&mut self, found: impl IntoIterator<Item = Finding>) {
        self.found.extend(found);
    }

    /// In order of kind, then rule; of several of one kind at one rule the first.
    pub(super) fn into_diagnostics(self, model: &Model) -> Vec<Diagnostic<Place>> {
        let mut seen = FxHashSet::default();
        let first = |f: &&Finding| seen.insert((std::mem::discriminant(*f), f.rule()));
        let all = self.found.iter().filter(first);
        all.filter_map(|finding| diagnostic(finding, model))
            .collect()
    }
}

impl Finding {
    /// The rule that it is reported at.
    pub(super) fn rule(&self) -> u32 {
        match self {
            Self::KindsClash(_, rule)
            | Self::NothingChecks(rule)
            | Self::DnsNeedsOwnedSource(rule)
            | Self::ViaInexact(rule, _)
            | Self::DnsInexact(rule, _)
            | Self::TooManyPieces(rule)
            | Self::HttpClosesTheRest(_, rule) => *rule,
        }
    }
}

fn diagnostic(finding: &Finding, model: &Model) -> Option<Diagnostic<Place>> {
    let rule = |index: u32| model.rules.get(index as usize);
    Some(match finding {
        Finding::NothingChecks(r) => nothing_checks(rule(*r)?),
        Finding::DnsNeedsOwnedSource(r) => dns_source(rule(*r)?),
        Finding::KindsClash(a, b) => kinds_clash(rule(*a)?, rule(*b)?),
        Finding::ViaInexact(via, plain) => via_inexact(rule(*via)?, rule(*plain)?),
        Finding::DnsInexact(dns, plain) => dns_inexact(rule(*dns)?, rule(*plain)?),
        Finding::TooManyPieces(r) => too_many_pieces(rule(*r)?),
        Finding::HttpClosesTheRest(http, plain) => {
            http_closes_the_rest(rule(*http)?, rule(*plain)?)
        }
    })
}

/// A finding at a rule; one from a template also says where it was applied.
pub(super) fn at(
    code: npl_diagnostics::Code,
    rule: &Rule,
    message: impl Into<String>,
) -> Diagnostic<Place> {
    let start = Diagnostic::new(code, rule.place, message);
    rule.applied_at
        .iter()
        .fold(start, |d, place| d.also(*place, "applied here"))
}

fn nothing_checks(rule: &Rule) -> Diagnostic<Place> {
    at(
        &codes::NOTHING_CHECKS_VIA,
        rule,
        format!(
            "no end checks the `via` of `{}` for some of its sources",
            rule.text
        ),
    )
    .note("these sources are not sealed by this package, and the destination is open for ingress")
    .help("remove `open ingress` from the destination, or give those sources a rule without `via`")
}

fn dns_source(rule: &Rule) -> Diagnostic<Place> {
    at(
        &kinds::DNS_NEEDS_OWNED_SOURCE,
        rule,
        format!(
            "`{}` has sources that are not owned and sealed here",
            rule.text
        ),
    )
    .note(
        "names are read on the way out of the pod that asks; the resolver's end cannot check them",
    )
    .help("name owned workloads as the source, and allow the others with a rule without `via`")
}

fn kinds_clash(a: &Rule, b: &Rule) -> Diagnostic<Place> {
    at(
        &codes::VIA_KINDS_CLASH,
        b,
        format!(
            "`{}` and `{}` ask for two kinds of `via` on one port",
            b.text, a.text
        ),
    )
    .also(a.place, "the other kind is here")
    .note(
        "one connection goes to one proxy: Cilium would refuse the policy of the whole pod, or let \
         one kind past the other",
    )
    .help("use one kind of `via` for these peers and ports, or give each kind a port of its own")
}

fn via_inexact(via: &Rule, plain: &Rule) -> Diagnostic<Place> {
    at(
        &codes::VIA_UNION_INEXACT,
        via,
        format!(
            "Cilium cannot keep the union of `{}` and `{}`",
            via.text, plain.text
        ),
    )
    .also(plain.place, "this rule admits all, without `via`")
    .note("both may hold for one pod, and on one peer Cilium would then demand the name for both")
    .help(
        "give both rules the same `via`, or make the workloads disjoint by a label or by `assert \
         disjoint`",
    )
}

fn dns_inexact(dns: &Rule, plain: &Rule) -> Diagnostic<Place> {
    at(
        &codes::DNS_UNION_INEXACT,
        dns,
        format!(
            "the DNS proxy would refuse names for `{}` that `{}` admits",
            dns.text, plain.text
        ),
    )
    .also(plain.place, "this rule admits the port in another way")
    .note("the proxy looks only at rules of exactly its port")
    .help("give the rule without `via` the very same port, or take the DNS port out of it")
}

fn too_many_pieces(rule: &Rule) -> Diagnostic<Place> {
    at(
        &codes::NOT_EXPRESSIBLE,
        rule,
        format!(
            "the ports of `{}` overlap those of too many other rules with `via`",
            rule.text
        ),
    )
    .help("give the rules for this peer the same ports, or ports that do not overlap")
}

fn http_closes_the_rest(http: &Rule, plain: &Rule) -> Diagnostic<Place> {
    at(
        &codes::HTTP_CLOSES_THE_REST,
        plain,
        format!(
            "where `{}` meets `{}`, only plain HTTP passes",
            plain.text, http.text
        ),
    )
    .also(http.place, "this rule sends the port to the HTTP proxy")
    .note(
        "a connection that both rules cover goes to Cilium's HTTP proxy: every request is admitted, \
         but TLS and other protocols are refused",
    )
    .help(
        "give both rules HTTP entries, keep their pods apart by a label or by `assert disjoint`, \
         or give HTTP a port of its own",
    )
}
